/** `ballast reproduce [ID…]`: published experiments, run again. */
import type { Command } from "commander";
import { EXPERIMENTS, type Experiment, nearest, type Reproduction, type Row, reproduce } from "../index.ts";
import { EXIT, Exit, UsageError } from "./fail.ts";

const EXAMPLES = `
Examples:
  $ ballast reproduce
  $ ballast reproduce esx02-fig5 --json
  $ ballast reproduce --list`;

/** How the tags of the facts read in the table. */
const SURE = { S: "published", R: "reference run", K: "approximate", "?": "shape only" } as const;

export function registerReproduce(program: Command): void {
  program
    .command("reproduce")
    .description("run published experiments again: published, simulated, error")
    .argument("[id...]", "experiments; all of them if absent")
    .option("--list", "only say which there are")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(ids: readonly string[], options: { list?: boolean; json?: boolean }): Promise<void> {
  const chosen = ids.length === 0 ? EXPERIMENTS : ids.map(find);
  if (options.list) {
    const rows = chosen.map(({ id, title, source }) => ({ id, title, source }));
    process.stdout.write(
      options.json
        ? `${JSON.stringify(rows)}\n`
        : rows.map((row) => `${row.id}  ${row.title} (${row.source})\n`).join(""),
    );
    return;
  }
  const done: Reproduction[] = [];
  for (const experiment of chosen) {
    const reproduction = await reproduce(experiment);
    done.push(reproduction);
    if (!options.json) process.stdout.write(`${text(reproduction)}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(done.length === 1 ? done[0] : done)}\n`);
  if (done.some(({ rows }) => rows.some(({ ok }) => !ok))) throw new Exit(EXIT.false);
}

function find(id: string): Experiment {
  const found = EXPERIMENTS.find((experiment) => experiment.id === id);
  if (found !== undefined) return found;
  const known = EXPERIMENTS.map((experiment) => experiment.id);
  const meant = nearest(id, known);
  throw new UsageError(
    `reproduce: expected one of ${known.join(", ")}, got ${id || "nothing"}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  );
}

function text({ id, title, source, rows }: Reproduction): string {
  const cells = rows.map(cellsOf);
  const head = ["", "published", "", "simulated", "error", "tolerance", ""];
  const widths = head.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  return [`${id}  ${title}`, `  ${source}`, "", line(head), ...cells.map(line), ""].join("\n");
}

function cellsOf({ what, published, sure, simulated, unit, error, tolerance, ok }: Row): string[] {
  const digits = (value: number): string => `${Number(value.toFixed(2))} ${unit}`;
  return [
    what,
    digits(published),
    SURE[sure],
    digits(simulated),
    signed(Number(error.toFixed(2))),
    `±${tolerance}`,
    ok ? "ok" : "FAILS",
  ];
}

const signed = (value: number): string => `${value > 0 ? "+" : ""}${value}`;
