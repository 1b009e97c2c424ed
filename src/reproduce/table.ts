/** Rows of a reproduction as text: published, how sure, simulated, error, tolerance, verdict. */
import type { Row } from "./experiment.ts";

/** How the tags of the facts read in the table. */
const SURE = { S: "published", R: "reference run", K: "approximate", "?": "shape only" } as const;

export const HEAD: readonly string[] = ["", "published", "", "simulated", "error", "tolerance", ""];

/** The cells of a row, under `HEAD`. */
export function cellsOf({
  what,
  published,
  sure,
  simulated,
  unit,
  error,
  tolerance,
  bound,
  ok,
}: Row): string[] {
  const digits = (value: number): string => `${Number(value.toFixed(2))} ${unit}`.trimEnd();
  return [
    what,
    digits(published),
    SURE[sure],
    digits(simulated),
    signed(Number(error.toFixed(2))),
    bound ?? `±${Number(tolerance.toFixed(2))}`,
    ok ? "ok" : "FAILS",
  ];
}

const signed = (value: number): string => `${value > 0 ? "+" : ""}${value}`;

/** Rows under each other, in columns. */
export function tableText(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((each) => each[column]!.length)));
  return cells
    .map((each) =>
      each
        .map((cell, column) =>
          column === 0 || column === 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
