/**
 * CSV with a header, each cell with its place: quotes, `,` `;` or tab, CRLF, a byte-order mark.
 *
 * Source: RFC 4180; the delimiter is the one that the header has most of. Cost: one pass, a string a cell.
 */
import { PlaceError } from "./place-error.ts";

export interface Cell {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface Table {
  readonly file: string;
  readonly header: readonly Cell[];
  /** Each as long as the header. */
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Reads a table. Rows of nothing are left out.
 *
 * @param file  as the user named it
 * @throws PlaceError if there is no header, a quote has no end, or a row has more or fewer cells than the header
 */
export function readTable(text: string, file: string): Table {
  const content = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const [header, ...rows] = splitRows(content, file, delimiterOf(content));
  if (header === undefined) {
    throw new PlaceError([
      { file, line: 1, column: 1, path: "", expected: "a header", got: "an empty file" },
    ]);
  }
  const repeated = header.filter(
    ({ text }, at) => text !== "" && header.findIndex((cell) => cell.text === text) < at,
  );
  const twice = repeated.map(({ text, line, column }) => {
    return { file, line, column, path: "", expected: "each column once", got: `${text} again` };
  });
  const uneven = rows
    .filter((row) => row.length !== header.length)
    .map((row) => ({
      file,
      line: row[0]!.line,
      column: row[Math.min(row.length - 1, header.length)]!.column,
      path: "",
      expected: `${header.length} cells, as in the header`,
      got: String(row.length),
    }));
  const faults = [...twice, ...uneven];
  if (faults.length > 0) throw new PlaceError(faults);
  return { file, header, rows };
}

function delimiterOf(text: string): string {
  const header = text.slice(0, (text.search(/[\r\n]/) + text.length + 1) % (text.length + 1));
  const counts = [",", ";", "\t"].map((mark) => [mark, header.split(mark).length] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function splitRows(text: string, file: string, delimiter: string): Cell[][] {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let [line, lineStart] = [1, 0];
  for (let at = 0; at <= text.length; ) {
    while (text[at] === " ") at += 1;
    const start = { line, column: at - lineStart + 1 };
    let value: string;
    if (text[at] === '"') {
      const end = closingQuote(text, at, file, start);
      value = text.slice(at + 1, end).replaceAll('""', '"');
      for (let i = text.indexOf("\n", at); i >= 0 && i < end; i = text.indexOf("\n", i + 1)) {
        line += 1;
        lineStart = i + 1;
      }
      at = end + 1;
      const next = text[at];
      if (next !== undefined && next !== delimiter && next !== "\n" && next !== "\r") {
        const got = JSON.stringify(next);
        throw new PlaceError([
          {
            file,
            line,
            column: at - lineStart + 1,
            path: "",
            expected: "the end of the cell after a quote",
            got,
          },
        ]);
      }
    } else {
      let end = at;
      while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r")
        end += 1;
      value = text.slice(at, end).trim();
      at = end;
    }
    row.push({ text: value, ...start });
    if (text[at] === delimiter) {
      at += 1;
      continue;
    }
    if (row.length > 1 || row[0]!.text !== "") rows.push(row);
    row = [];
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
    line += 1;
    lineStart = at;
  }
  return rows;
}

function closingQuote(
  text: string,
  from: number,
  file: string,
  { line, column }: Omit<Cell, "text">,
): number {
  for (let at = from + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) {
      throw new PlaceError([
        { file, line, column, path: "", expected: "a quote that ends", got: "the end of the file" },
      ]);
    }
    if (text[at + 1] !== '"') return at;
  }
}
