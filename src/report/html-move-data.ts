/**
 * The numbers that the plots of migrations draw: how many are on their way, and what each that works in rounds has left.
 *
 *   left   rounds[0].pages ─╮  at the begin of the rounds          between ends of rounds a straight line; 0 before and after
 *                           ╰─ remainingPages at the end of each
 */
import { visible } from "./names.ts";
import type { MigrationResult, Result } from "./result.ts";

export interface MovesView {
  /** Migrations that were under way at some time since the point before. */
  readonly running: readonly number[];
  /** Pages left, of those in rounds. */
  readonly left: readonly { readonly name: string; readonly pages: readonly number[] }[];
  /** Migrations with rounds that are not drawn. */
  readonly more: number;
}

/** Series of a view, for the size of the file. */
export const MOVE_SERIES = 2;

/**
 * @param migrations  those of the view
 * @param at          moments that are drawn, in ns
 * @param most        migrations drawn one by one
 * @returns           undefined if none of them began
 */
export function movesView(
  { simulatedNs }: Result,
  migrations: readonly MigrationResult[],
  at: readonly number[],
  most: number,
): MovesView | undefined {
  const begun = migrations.filter(({ phases }) => phases.length > 0);
  if (begun.length === 0) return undefined;
  const spans = begun.map((migration) => spanOf(migration, simulatedNs));
  const running = at.map((now, i) => {
    const since = at[i - 1] ?? -1;
    return spans.filter(([from, to]) => from <= now && to > since).length;
  });
  const inRounds = begun.filter(({ rounds }) => rounds.length > 0);
  const left = inRounds.slice(0, most).map((migration) => ({
    name: `${visible(migration.vm)} to ${visible(migration.to)}`,
    pages: leftOf(migration, at),
  }));
  return { running, left, more: inRounds.length - left.length };
}

function spanOf({ phases, totalNs, outcome }: MigrationResult, endNs: number): readonly [number, number] {
  const from = phases[0]!.atNs;
  return [from, outcome === "running" ? endNs : from + totalNs];
}

function leftOf({ phases, rounds }: MigrationResult, at: readonly number[]): number[] {
  const begin = phases.find(({ phase }) => phase === "rounds")?.atNs ?? phases[0]!.atNs;
  let round = 0;
  let from = begin;
  return at.map((now) => {
    while (round < rounds.length && now >= from + rounds[round]!.ns) {
      from += rounds[round]!.ns;
      round += 1;
    }
    const current = rounds[round];
    if (now < begin || current === undefined) return 0;
    const before = rounds[round - 1]?.remainingPages ?? current.pages;
    return Math.round(before + ((current.remainingPages - before) * (now - from)) / current.ns);
  });
}
