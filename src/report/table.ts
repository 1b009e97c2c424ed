/**
 * Plain tables for a terminal: numbers to the right, names to the left, two spaces between, never wider than told.
 *
 * Where the width does not suffice, names are cut to 24 columns, then columns go (highest rank first), then names are
 * cut further. Whoever prints the table says which columns went.
 */
import type { Column } from "./columns.ts";
import { formatCount, formatPages, formatPercent } from "./format.ts";
import { displayWidth, padEnd, padStart, truncate, visible } from "./names.ts";

/** Ways to emphasise; picocolors' `createColors()` is one. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const same = (text: string): string => text;

/** Leaves every text as it is. */
export const plain: Paint = { bold: same, dim: same, green: same, yellow: same };

/** What every section of the text report needs to know. */
export interface TextContext {
  readonly width: number;
  readonly paint: Paint;
  /** Whether nothing is folded. */
  readonly all: boolean;
}

/** One cell as text: bytes for pages, groups of three for counts. */
export function cell<Row>(column: Column<Row>, row: Row): string {
  const value = column.value(row);
  if (typeof value === "string") return visible(value);
  if (Number.isNaN(value)) return NONE;
  if (column.format !== undefined) return column.format(value);
  if (column.kind === "pages") return formatPages(value);
  if (column.kind === "percent") return formatPercent(value, 1);
  return formatCount(value);
}

export interface TableOptions<Row> {
  readonly width: number;
  readonly paint?: Paint;
  /** A last row below a rule. */
  readonly total?: Row;
}

export interface TableText {
  readonly lines: readonly string[];
  /** Titles of the columns that found no room. */
  readonly hidden: readonly string[];
}

/** Stands for a number that there is not. */
const NONE = "–";
const GAP = 2;
const NAME_WIDTH = 24;
const NAME_WIDTH_MIN = 6;

/** Lays rows out under their titles in at most `width` columns. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions<Row>,
): TableText {
  const paint = options.paint ?? plain;
  const all = options.total === undefined ? rows : [...rows, options.total];
  const texts = columns.map((column) => all.map((row) => cell(column, row)));
  const widths = columns.map((column, index) =>
    texts[index]!.reduce((widest, text) => Math.max(widest, displayWidth(text)), displayWidth(column.title)),
  );
  const kept = fit(columns, widths, options.width);

  const line = (of: (index: number) => string): string =>
    kept
      .map((index) => {
        const width = widths[index]!;
        const text = truncate(of(index), width);
        return columns[index]!.kind === "name" ? padEnd(text, width) : padStart(text, width);
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const lines = [paint.dim(line((index) => columns[index]!.title))];
  for (let row = 0; row < rows.length; ++row) lines.push(line((index) => texts[index]![row]!));
  if (options.total !== undefined) {
    lines.push(paint.dim("─".repeat(spread(kept.map((index) => widths[index]!)))));
    lines.push(paint.bold(line((index) => texts[index]![rows.length]!)));
  }
  const hidden = columns.filter((_, index) => !kept.includes(index)).map((column) => column.title);
  return { lines, hidden };
}

/** Chooses the columns that stay and shrinks `widths` of the names in place. */
function fit<Row>(columns: readonly Column<Row>[], widths: number[], room: number): number[] {
  let kept = columns.map((_, index) => index);
  const total = (): number => spread(kept.map((index) => widths[index]!));
  const names = kept.filter((index) => columns[index]!.kind === "name");
  const shrinkTo = (least: number): void => {
    for (const index of names) {
      widths[index] = Math.min(widths[index]!, Math.max(least, widths[index]! - Math.max(0, total() - room)));
    }
  };
  shrinkTo(NAME_WIDTH);
  while (total() > room) {
    const rank = Math.max(...kept.map((index) => columns[index]!.rank));
    if (rank === 0) break;
    kept = kept.filter((index) => columns[index]!.rank !== rank);
  }
  shrinkTo(NAME_WIDTH_MIN);
  return kept;
}

function spread(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, widths.length - 1);
}
