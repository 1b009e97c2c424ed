/**
 * From bytes to rows, chunk by chunk; a chunk may end anywhere in a line.
 *
 * Empty lines and comments (`#`) stand for nothing. A row that its reader refuses is an error with file, line and column,
 * or, leniently, is skipped and counted. Memory: one chunk and one line.
 */
import { printable, TraceError } from "../trace/index.ts";
import { Fields } from "./fields.ts";
import { BadRow, Columns, type Row, TextRow, ValueRow } from "./row.ts";

/** What takes the rows of one file. */
export interface RowReader {
  /** Told once before the first row; throws BadRow where a column is missing. */
  columns(columns: Columns): void;
  row(row: Row): void;
  /** After the last row. */
  end?(): void;
}

export interface ScanOptions {
  /** As faults name it. */
  readonly file: string;
  /** Names of the columns of a file without header; absent: its first line has them. */
  readonly names?: readonly string[] | undefined;
  /** Paths that later objects of JSON may have although the first has not. */
  readonly paths?: readonly string[] | undefined;
  readonly lenient?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onChunk?: ((bytes: number) => void) | undefined;
}

/** A row that was left out. */
export interface SkippedRow {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface ScanTally {
  rows: number;
  skippedRows: number;
  /** The first few. */
  readonly skipped: SkippedRow[];
}

const LINE_BYTES_MAX = 1 << 26;
const SKIPPED_KEPT = 5;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;
const BRACE = 123;
const SHOWN_MAX = 60;

/** Reads lines of text or JSON. Throws TraceError, or the signal's reason. */
export async function scanLines(
  chunks: AsyncIterable<Uint8Array>,
  reader: RowReader,
  options: ScanOptions,
  tally: ScanTally,
): Promise<void> {
  const scanner = new LineScanner(reader, options, tally);
  for await (const chunk of chunks) {
    options.signal?.throwIfAborted();
    scanner.push(chunk);
    options.onChunk?.(chunk.length);
  }
  scanner.finish();
}

/** The byte that parts the fields of a line: the one of `,` `;` tab that it has most of. */
export function delimiterOf(line: string): number {
  const best = [",", ";", "\t"].reduce((most, mark) =>
    line.split(mark).length > line.split(most).length ? mark : most,
  );
  // Some write both: `; TAB`.
  return (line.includes(";\t") ? ";" : best).charCodeAt(0);
}

class LineScanner {
  readonly #reader: RowReader;
  readonly #options: ScanOptions;
  readonly #tally: ScanTally;
  readonly #fields = new Fields();
  readonly #text = new TextRow(this.#fields);
  readonly #json = new ValueRow();
  #names: readonly string[] | undefined;
  #delimiter = 0;
  #isJson = false;
  #line = 0;
  #rest = new Uint8Array(0);

  constructor(reader: RowReader, options: ScanOptions, tally: ScanTally) {
    this.#reader = reader;
    this.#options = options;
    this.#tally = tally;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      const head = chunk.subarray(0, end < 0 ? chunk.length : end);
      const joined = new Uint8Array(this.#rest.length + head.length);
      joined.set(this.#rest);
      joined.set(head, this.#rest.length);
      this.#rest = joined;
      if (joined.length > LINE_BYTES_MAX) {
        this.#line += 1;
        this.#fail(new BadRow(undefined, "lines of text", `a line of more than ${LINE_BYTES_MAX} bytes`));
      }
      if (end < 0) return;
      this.#rest = new Uint8Array(0);
      this.#take(joined, 0, joined.length);
      from = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end < 0) break;
      this.#take(chunk, from, end);
      from = end + 1;
    }
    this.#rest = chunk.slice(from);
  }

  finish(): void {
    if (this.#rest.length > 0) this.#take(this.#rest, 0, this.#rest.length);
    this.#rest = new Uint8Array(0);
    this.#guarded(() => this.#reader.end?.(), true);
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    this.#line += 1;
    let [from, to] = [start, end];
    while (to > from && (bytes[to - 1] === RETURN || bytes[to - 1] === SPACE)) to -= 1;
    if (this.#line === 1 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf)
      from += 3;
    if (from >= to || bytes[from] === HASH) return;
    if (this.#names === undefined && this.#begin(bytes, from, to)) return;
    this.#tally.rows += 1;
    if (this.#isJson) this.#guarded(() => this.#takeJson(bytes, from, to), false);
    else {
      this.#fields.line = this.#line;
      this.#fields.split(bytes, from, to, this.#delimiter);
      this.#guardedRow(this.#text);
    }
  }

  /** Learns the form and the columns from the first line; whether that line is used up. */
  #begin(bytes: Uint8Array, from: number, to: number): boolean {
    const { names } = this.#options;
    this.#isJson = bytes[from] === BRACE;
    const line = new TextDecoder().decode(bytes.subarray(from, to));
    if (this.#isJson) {
      const first = this.#guarded(() => flattened(parseObject(line)), true)!;
      this.#names = [...new Set([...first.keys(), ...(this.#options.paths ?? [])])];
    } else {
      this.#delimiter = delimiterOf(line);
      this.#fields.line = this.#line;
      this.#fields.split(bytes, from, to, this.#delimiter);
      this.#names = names ?? Array.from({ length: this.#fields.count }, (_, at) => this.#fields.text(at));
    }
    const columns = new Columns(this.#names);
    this.#guarded(() => this.#reader.columns(columns), true);
    return !this.#isJson && names === undefined;
  }

  #takeJson(bytes: Uint8Array, from: number, to: number): void {
    const values = flattened(parseObject(new TextDecoder().decode(bytes.subarray(from, to))));
    this.#json.line = this.#line;
    this.#json.values = this.#names!.map((name) => values.get(name));
    this.#reader.row(this.#json);
  }

  #guardedRow(row: Row): void {
    try {
      this.#reader.row(row);
    } catch (fault) {
      if (!(fault instanceof BadRow)) throw fault;
      this.#refuse(fault, false);
    }
  }

  #guarded<Result>(read: () => Result, isFatal: boolean): Result | undefined {
    try {
      return read();
    } catch (fault) {
      if (!(fault instanceof BadRow)) throw fault;
      this.#refuse(fault, isFatal);
      return undefined;
    }
  }

  #refuse(fault: BadRow, isFatal: boolean): void {
    if (isFatal || this.#options.lenient !== true) this.#fail(fault);
    skip(this.#tally, this.#options.file, this.#line, fault);
  }

  #fail({ column, expected, got }: BadRow): never {
    throw new TraceError({
      file: this.#options.file,
      line: this.#line,
      column,
      expected,
      got: shortened(got),
    });
  }
}

/** Counts a row that is left out. */
export function skip(tally: ScanTally, file: string, line: number, { expected, got }: BadRow): void {
  tally.skippedRows += 1;
  const reason = `expected ${expected}, got ${shortened(got)}`;
  if (tally.skipped.length < SKIPPED_KEPT) tally.skipped.push({ file, line, reason });
}

/** A value of a file for people: one line, not too long. */
export function shortened(text: string): string {
  const letters = [...printable(text)];
  return letters.length > SHOWN_MAX ? `${letters.slice(0, SHOWN_MAX - 1).join("")}…` : letters.join("");
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new BadRow(undefined, "a JSON object a line", shortened(line));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new BadRow(undefined, "a JSON object a line", shortened(line));
}

/** Nested objects by their path: `average_usage.cpus`. */
export function flattened(object: Readonly<Record<string, unknown>>, before = ""): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const isNested =
      typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (isNested) {
      for (const [path, one] of flattened(value as Record<string, unknown>, `${before}${name}.`))
        flat.set(path, one);
    } else flat.set(`${before}${name}`, value);
  }
  return flat;
}
