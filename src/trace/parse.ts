/**
 * From the bytes of a trace to its references, chunk by chunk; a chunk may end anywhere in a line.
 *
 * The first line that is a reference tells the format. Empty lines and comments (`#`) stand for nothing; nor do, in
 * lackey's output, the lines of valgrind itself (`==PID==`). Cost: 20 to 60 ns a line, one chunk in memory.
 */
import { LINE_OF, LineReader, TRACE_FORMATS, type TraceFormat } from "./format.ts";
import { REFERENCES_MAX, TraceBuilder } from "./page-trace.ts";
import { printable, TraceError } from "./trace-error.ts";

export interface ParseOptions {
  /** Absent: the first reference tells. */
  readonly format?: TraceFormat | undefined;
  /** Leaves bad lines out instead of throwing. */
  readonly lenient?: boolean | undefined;
}

/** A line that was left out. */
export interface SkippedLine {
  readonly line: number;
  readonly text: string;
}

/** Longer lines belong to no trace. */
const LINE_BYTES_MAX = 4096;
const SHOWN_MAX = 40;
/** So many of the lines left out are kept. */
const SKIPPED_KEPT = 5;
const NEWLINE = 10;
const TAB = 9;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;
const EQUALS = 61;

export class TraceParser {
  readonly builder = new TraceBuilder();
  readonly #file: string;
  readonly #isLenient: boolean;
  /** Whether the user named the format. */
  readonly #isNamed: boolean;
  readonly #reader = new LineReader();
  #format: TraceFormat | undefined;
  #line = 0;
  #skippedLines = 0;
  readonly #skipped: SkippedLine[] = [];
  /** Begin of a line whose end is in a chunk to come. */
  #rest = new Uint8Array(0);

  /** @param file  as faults name it */
  constructor(file: string, { format, lenient = false }: ParseOptions = {}) {
    this.#file = file;
    this.#format = format;
    this.#isNamed = format !== undefined;
    this.#isLenient = lenient;
  }

  /** Undefined until a reference or an option has told. */
  get format(): TraceFormat | undefined {
    return this.#format;
  }

  /** Lines begun. */
  get line(): number {
    return this.#line;
  }

  get skippedLines(): number {
    return this.#skippedLines;
  }

  /** The first few lines left out. */
  get skipped(): readonly SkippedLine[] {
    return this.#skipped;
  }

  /** Reads the lines that end in `chunk`, which the caller may use again afterwards. Throws TraceError. */
  push(chunk: Uint8Array): void {
    let from = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      const head = chunk.subarray(0, end < 0 ? chunk.length : end);
      const joined = new Uint8Array(this.#rest.length + head.length);
      joined.set(this.#rest);
      joined.set(head, this.#rest.length);
      this.#rest = joined;
      if (end < 0) {
        this.#checkRest();
        return;
      }
      this.#take(joined, 0, joined.length);
      this.#rest = new Uint8Array(0);
      from = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end < 0) break;
      this.#take(chunk, from, end);
      from = end + 1;
    }
    this.#rest = chunk.slice(from);
    this.#checkRest();
  }

  /** Reads the last line, if nothing ended it. Throws TraceError. */
  finish(): void {
    if (this.#rest.length > 0) this.#take(this.#rest, 0, this.#rest.length);
    this.#rest = new Uint8Array(0);
    if (this.builder.count > 0) return;
    const line =
      this.#line === 0 ? "an empty file" : `${this.#line} ${this.#line === 1 ? "line" : "lines"} without any`;
    throw new TraceError({ file: this.#file, expected: "at least one page reference", got: line });
  }

  /** One line, without what ends it. */
  #take(bytes: Uint8Array, start: number, end: number): void {
    this.#line += 1;
    let from = start;
    let to = end;
    while (to > from && isBlank(bytes[to - 1]!)) to -= 1;
    while (from < to && isBlank(bytes[from]!)) from += 1;
    if (this.#line === 1 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf)
      from += 3;
    if (from >= to || bytes[from] === HASH) return;
    const { builder } = this;
    if (this.#understands(bytes, from, to)) {
      if (builder.count === REFERENCES_MAX) this.#fail(`at most ${REFERENCES_MAX} references`, "more");
      builder.add(this.#reader.page, this.#reader.write);
    } else if (!this.#isOfValgrind(bytes, from)) this.#refuse(bytes, from, to);
  }

  #understands(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#format !== undefined)
      return this.#reader.read(this.#format, bytes, { from, to, letters: this.#isNamed });
    this.#format = TRACE_FORMATS.find((format) =>
      this.#reader.read(format, bytes, { from, to, letters: false }),
    );
    return this.#format !== undefined;
  }

  #isOfValgrind(bytes: Uint8Array, from: number): boolean {
    const mayBe = this.#format === undefined || this.#format === "lackey";
    return mayBe && bytes[from] === EQUALS && bytes[from + 1] === EQUALS;
  }

  #refuse(bytes: Uint8Array, from: number, to: number): void {
    const text = shown(bytes, from, to);
    if (this.#isLenient) {
      this.#skippedLines += 1;
      if (this.#skipped.length < SKIPPED_KEPT) this.#skipped.push({ line: this.#line, text });
      return;
    }
    if (this.#line === 1) this.#refusePacked(bytes, from);
    const any = "a page reference, such as 0041fR, 41f7a0 W, 41f S or  L 1ffe50,8";
    this.#fail(this.#format === undefined ? any : LINE_OF[this.#format], text);
  }

  /** What is packed in another way than gzip. */
  #refusePacked(bytes: Uint8Array, from: number): void {
    const found = PACKED.find(({ magic }) => magic.every((byte, at) => bytes[from + at] === byte));
    if (found === undefined) return;
    const hint = `unpack it: ${found.command} FILE | ballast faults -`;
    throw new TraceError({ file: this.#file, expected: "text, plain or as gzip", got: found.name, hint });
  }

  #checkRest(): void {
    if (this.#rest.length <= LINE_BYTES_MAX) return;
    this.#line += 1;
    if (this.#line === 1) this.#refusePacked(this.#rest, 0);
    this.#fail("lines of a page reference each", `a line of more than ${LINE_BYTES_MAX} bytes`);
  }

  #fail(expected: string, got: string): never {
    throw new TraceError({ file: this.#file, line: this.#line, expected, got });
  }
}

const PACKED = [
  { name: "zstd data", magic: [0x28, 0xb5, 0x2f, 0xfd], command: "zstd -dc" },
  { name: "xz data", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], command: "xz -dc" },
  { name: "bzip2 data", magic: [0x42, 0x5a, 0x68], command: "bzip2 -dc" },
] as const;

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}

/** A line for people, in quotes. */
function shown(bytes: Uint8Array, from: number, to: number): string {
  const text = new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 4 * SHOWN_MAX)));
  const letters = [...text];
  return `"${printable(letters.length > SHOWN_MAX ? `${letters.slice(0, SHOWN_MAX - 1).join("")}…` : text)}"`;
}
