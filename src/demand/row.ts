/** A row of a trace, whatever it comes from: a line of text, a JSON object, a row of Parquet or SQLite. */
import { type Fields, parseNumber } from "./fields.ts";

/** A row that is not what its trace says it is; becomes an error with file, line and column, or is skipped. */
export class BadRow extends Error {
  override readonly name = "BadRow";
  readonly column: number | undefined;
  readonly expected: string;
  readonly got: string;

  constructor(column: number | undefined, expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.column = column;
    this.expected = expected;
    this.got = got;
  }
}

/** The names of a table's columns. */
export class Columns {
  readonly names: readonly string[];
  readonly #at = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.names = names;
    for (const [at, name] of names.entries()) {
      const plain = plainName(name);
      if (!this.#at.has(plain)) this.#at.set(plain, at);
    }
  }

  /** The first column of any of these names, however written; −1 none. */
  find(...names: readonly string[]): number {
    for (const name of names) {
      const at = this.#at.get(plainName(name));
      if (at !== undefined) return at;
    }
    return -1;
  }

  /** As `find`. Throws BadRow where there is none. */
  need(...names: readonly string[]): number {
    const at = this.find(...names);
    if (at >= 0) return at;
    const shown = this.names.slice(0, NAMES_SHOWN).join(", ");
    const more = this.names.length > NAMES_SHOWN ? ` and ${this.names.length - NAMES_SHOWN} more` : "";
    throw new BadRow(undefined, `a column ${names[0]}`, shown === "" ? "no header" : `${shown}${more}`);
  }
}

const NAMES_SHOWN = 12;

/** Letters and digits only, small: `CPU usage [MHZ]` is `cpuusagemhz`; a unit of memory is the same with an i. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("%", "percent")
    .replaceAll("#", "number")
    .replace(/\bmib\b/g, "mb")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

export abstract class Row {
  /** From 1; of what has no lines, the number of the row. */
  abstract readonly line: number;
  abstract readonly count: number;
  /** NaN for nothing and for what is no number. */
  abstract number(column: number): number;
  /** Empty for nothing. */
  abstract text(column: number): string;
  abstract isEmpty(column: number): boolean;
  abstract fail(column: number, expected: string, got?: string): never;

  /** A number within bounds; `absent` for an empty field, an error for anything else. */
  within(column: number, least: number, most: number, { what, absent }: Within): number {
    if (absent !== undefined && this.isEmpty(column)) return absent;
    const value = this.number(column);
    if (value >= least && value <= most) return value;
    const range = most === Number.POSITIVE_INFINITY ? `from ${least}` : `from ${least} to ${most}`;
    return this.fail(column, `${what}, a number ${range}`);
  }

  /** Text that is not empty. */
  named(column: number, what: string): string {
    const text = this.text(column);
    return text === "" ? this.fail(column, what) : text;
  }
}

export interface Within {
  /** Such as "CPU in percent". */
  readonly what: string;
  /** What an empty field counts for; absent: empty is an error. */
  readonly absent?: number;
}

/** A line of text. */
export class TextRow extends Row {
  readonly fields: Fields;

  constructor(fields: Fields) {
    super();
    this.fields = fields;
  }

  get line(): number {
    return this.fields.line;
  }
  get count(): number {
    return this.fields.count;
  }
  number(column: number): number {
    return this.fields.number(column);
  }
  text(column: number): string {
    return this.fields.text(column);
  }
  isEmpty(column: number): boolean {
    return this.fields.isEmpty(column);
  }
  fail(column: number, expected: string, got?: string): never {
    const text = this.text(column);
    throw new BadRow(this.fields.column(column), expected, got ?? (text === "" ? "nothing" : text));
  }
}

/** Values by the place of their column, of any type. */
export class ValueRow extends Row {
  line = 0;
  values: readonly unknown[] = [];

  get count(): number {
    return this.values.length;
  }
  number(column: number): number {
    const value = this.values[column];
    if (typeof value === "number") return value;
    if (typeof value === "bigint") return Number(value);
    if (value instanceof Date) return value.getTime();
    const text = this.text(column);
    const bytes = new TextEncoder().encode(text);
    return parseNumber(bytes, 0, bytes.length);
  }
  text(column: number): string {
    const value = this.values[column];
    if (value === undefined || value === null) return "";
    if (value instanceof Date) return String(value.getTime());
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  isEmpty(column: number): boolean {
    return this.text(column) === "";
  }
  fail(column: number, expected: string, got?: string): never {
    throw new BadRow(column < 0 ? undefined : column + 1, expected, got ?? (this.text(column) || "nothing"));
  }
}
