/** A table of the text report with its title above and its notes below. */
import type { Column } from "./columns.ts";
import { ZERO_RANK } from "./cpu-columns.ts";
import { wrap } from "./names.ts";
import { type TextContext, table } from "./table.ts";

/** A table with the notes that belong to it. */
export function tableLines<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  context: TextContext,
  more: { readonly total?: Row | undefined; readonly notes?: readonly string[] } = {},
): string[] {
  const { width, paint } = context;
  const total = more.total === undefined ? {} : { total: more.total };
  const { lines, hidden } = table(columns, rows, { width, paint, ...total });
  const zero = columns.filter(({ rank }) => rank >= ZERO_RANK).map((column) => column.title);
  const notes = [
    ...(more.notes ?? []),
    ...listed(
      "no room for",
      hidden.filter((name) => !zero.includes(name)),
    ),
    ...listed(
      "zero throughout",
      hidden.filter((name) => zero.includes(name)),
    ),
  ]
    .flatMap((line) => wrap(line, width))
    .map(paint.dim);
  const head = title === "" ? [] : wrap(title, width);
  return [...head, ...lines, ...notes];
}

function listed(what: string, titles: readonly string[]): string[] {
  return titles.length > 0 ? [`${what}: ${titles.join(", ")}`] : [];
}
