/** What the columns of a table are: names, counts, times, numbers with a unit or without. */
import { readBytes, readMhz, readNs } from "../scenario/units.ts";
import type { Table } from "./csv.ts";

const NAME_COLUMNS = ["name", "vm", "vm name", "host", "host name", "id", "sn", "instance_type"];
const COUNT_COLUMN = "count";
/** Columns of VMs that say when they run. */
export const TIME_COLUMNS = ["start", "end", "duration", "deadline"] as const;

/** The number of a column, letters large or small; −1 none. */
export function columnOf({ header }: Table, name: string): number {
  return header.findIndex(({ text }) => text.toLowerCase() === name.toLowerCase());
}

/** The column that holds names; the first if none is called so. */
export function nameColumn(table: Table): number {
  for (const name of NAME_COLUMNS) {
    const column = columnOf(table, name);
    if (column >= 0) return column;
  }
  return 0;
}

/** The column that says how many alike rows a row stands for; −1 none. */
export function countColumn(table: Table): number {
  return columnOf(table, COUNT_COLUMN);
}

/**
 * Whether a column is of numbers: its first row that has anything there is one, or half of them are. The others are then
 * told as wrong, not the column left out without a word; `NaN` stands for a number that went wrong.
 */
export function isNumeric(table: Table, column: number): boolean {
  const texts = table.rows.map((row) => row[column]!.text).filter((text) => text !== "");
  const isNumber = (text: string) => amountOf(text) !== undefined || NO_NUMBER.test(text);
  if (texts.length === 0) return false;
  return isNumber(texts[0]!) || texts.filter(isNumber).length >= texts.length / 2;
}

const NO_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i;

export interface Amount {
  readonly value: number;
  readonly unit: "none" | "size" | "frequency";
}

const BARE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** `2`, `0.5`, `4GiB` in bytes, `2.6GHz` in MHz; undefined: no amount. */
export function amountOf(text: string): Amount | undefined {
  if (BARE.test(text)) return { value: Number(text), unit: "none" };
  const bytes = readBytes(text);
  if (typeof bytes === "number") return { value: bytes, unit: "size" };
  const mhz = readMhz(text);
  return typeof mhz === "number" ? { value: mhz, unit: "frequency" } : undefined;
}

/** Seconds of `90`, `90s`, `2h`; undefined: no time. */
export function secondsOf(text: string): number | undefined {
  if (BARE.test(text)) return Number(text);
  const ns = readNs(text);
  return typeof ns === "number" ? ns / 1e9 : undefined;
}
