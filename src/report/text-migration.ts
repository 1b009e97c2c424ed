/** The part of the text report about VMs that moved: a line each, and the rounds of those that had some. */
import type { Column } from "./columns.ts";
import { formatBytes, formatDuration, formatRate } from "./format.ts";
import { visible, wrap } from "./names.ts";
import type { MigrationResult, MigrationRoundResult, Result } from "./result.ts";
import { type TextContext, table } from "./table.ts";

/** Rounds of a migration that are shown: the first ones, and the last. */
const ROUNDS_SHOWN = 12;

interface RoundRow extends MigrationRoundResult {
  readonly round: string;
}

const COLUMNS: readonly Column<RoundRow>[] = [
  { title: "round", about: "Its number.", kind: "name", rank: 0, value: ({ round }) => round },
  { title: "pages", about: "Pages sent.", kind: "count", rank: 0, value: ({ pages }) => pages },
  {
    title: "sent",
    about: "Bytes sent.",
    kind: "number",
    format: formatBytes,
    rank: 1,
    value: ({ bytes }) => bytes,
  },
  {
    title: "took",
    about: "How long.",
    kind: "number",
    format: formatDuration,
    rank: 0,
    value: ({ ns }) => ns,
  },
  { title: "dirtied", about: "Dirtied meanwhile.", kind: "count", rank: 0, value: (row) => row.dirtiedPages },
  {
    title: "left",
    about: "To be sent at its end.",
    kind: "count",
    rank: 0,
    value: (row) => row.remainingPages,
  },
];

/** Nothing where nobody was to move. */
export function migrationSections({ migrations }: Result, context: TextContext): string[][] {
  return migrations.map((migration) => [
    ...wrap(sentence(migration), context.width),
    ...(migration.rounds.length === 0 ? [] : roundLines(migration, context)),
  ]);
}

function sentence(migration: MigrationResult): string {
  const { from, to, mode, outcome, reason, bytesSent, totalNs, downtimeNs, remoteFaults } = migration;
  const vm = visible(migration.vm);
  const way = `${vm}, ${visible(from)} to ${visible(to)}, ${mode}`;
  if (outcome === "refused") return `${way}: refused, ${reason}.`;
  if (outcome === "waiting") return `${way}: not begun.`;
  const rate = totalNs > 0 ? `, ${formatRate(Math.round((bytesSent * 8e3) / totalNs), "Mbit")}` : "";
  const faults = remoteFaults > 0 ? `, ${remoteFaults} accesses waited for a page` : "";
  const sent = `${formatBytes(bytesSent)} in ${formatDuration(totalNs)}${rate}`;
  return `${way}: ${outcome}, ${sent}; it stood still for ${formatDuration(downtimeNs)}${faults}; ${reason}.`;
}

function roundLines({ rounds }: MigrationResult, context: TextContext): readonly string[] {
  const rows = rounds.map((round, at): RoundRow => ({ ...round, round: String(at + 1) }));
  const shown =
    context.all || rows.length <= ROUNDS_SHOWN ? rows : [...rows.slice(0, ROUNDS_SHOWN - 1), rows.at(-1)!];
  return table(COLUMNS, shown, { width: context.width, paint: context.paint }).lines;
}
