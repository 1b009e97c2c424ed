/**
 * Published packing instances as text.
 *
 *   .vbp        dimensions | capacities | n | n lines: sizes … copies        whole files of numbers, white space between
 *   OR-Library  count | for each: name | capacity n best | n sizes           several problems in one file
 *   BPPLIB      n | capacity | n sizes                                       one dimension
 *
 * Published triplet instances hold sizes below 0: an item that makes room for others. They are read from .vbp only.
 * BPPLIB's other form, with `size copies` on a line, is told by the number of numbers.
 */
import { PlaceError, type PlaceFault } from "./place-error.ts";
import { makeProblem, type Problem } from "./problem.ts";

export type InstanceFormat = "vbp" | "or-library" | "bpplib";

export interface Instance {
  /** From the file, if it names its problems. */
  readonly name: string | undefined;
  readonly format: InstanceFormat;
  /** Bins of the best known packing, if the file says so. */
  readonly bestKnown: number | undefined;
  readonly problem: Problem;
}

interface Word {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const SIZE_MAX = 1e15;
const ITEMS_MAX = 10_000_000;
const DIMENSIONS_MAX = 1000;

/**
 * Reads all problems of a file.
 *
 * @param file    as the user named it, for messages and to tell the format
 * @param format  absent: told by the extension and the first lines
 * @throws PlaceError with line and column
 */
export function readInstances(text: string, file: string, format?: InstanceFormat): Instance[] {
  const reader = new Reader(text.startsWith("\uFEFF") ? text.slice(1) : text, file);
  const kind = format ?? sniff(reader, file);
  if (kind === "or-library") return readOrLibrary(reader);
  return [kind === "vbp" ? readVbp(reader) : readBpplib(reader)];
}

/** A problem name in the third place or before tells OR-Library; a third number that is a count of rows tells .vbp. */
function sniff(reader: Reader, file: string): InstanceFormat {
  if (/\.vbp(?:\.gz)?$/i.test(file)) return "vbp";
  const { words } = reader;
  const second = words[1];
  if (second === undefined) return "bpplib";
  if (!isNumber(second.text)) return "or-library";
  const onLine = words.filter(({ line }) => line === second.line).length;
  const [first] = words;
  if (first!.line !== second.line && Number(first!.text) === onLine && onLine > 1) return "vbp";
  // A line of three numbers after a count: capacity, items, best; the name before it may look like a number.
  const third = words[2];
  if (third !== undefined && first!.line !== second.line && second.line !== third.line) {
    const row = words.filter(({ line }) => line === third.line);
    if (row.length === 3 && words.length >= 5 + Number(row[1]!.text)) return "or-library";
  }
  return "bpplib";
}

function readVbp(reader: Reader): Instance {
  const dimensions = reader.count("dimensions", 1, DIMENSIONS_MAX);
  const capacities = Float64Array.from({ length: dimensions }, (_, d) => reader.number(`capacity ${d + 1}`));
  const rows = reader.count("items", 0, ITEMS_MAX);
  const sizes: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const item = Array.from({ length: dimensions }, (_, d) =>
      reader.number(`item ${row + 1}, size ${d + 1}`, -SIZE_MAX),
    );
    const copies = reader.count(`item ${row + 1}, copies`, 0, ITEMS_MAX);
    reader.room(sizes.length / dimensions + copies);
    for (let copy = 0; copy < copies; copy += 1) for (const size of item) sizes.push(size);
  }
  reader.end();
  return instance("vbp", undefined, undefined, dimensions, sizes, capacities);
}

function readBpplib(reader: Reader): Instance {
  const rows = reader.count("items", 0, ITEMS_MAX);
  const capacity = reader.number("capacity");
  const pairs = rows > 0 && reader.words.length === 2 + 2 * rows;
  const sizes: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const size = reader.number(`item ${row + 1}`);
    const copies = pairs ? reader.count(`item ${row + 1}, copies`, 0, ITEMS_MAX) : 1;
    reader.room(sizes.length + copies);
    for (let copy = 0; copy < copies; copy += 1) sizes.push(size);
  }
  reader.end();
  return instance("bpplib", undefined, undefined, 1, sizes, Float64Array.of(capacity));
}

function readOrLibrary(reader: Reader): Instance[] {
  const count = reader.count("problems", 0, ITEMS_MAX);
  const all: Instance[] = [];
  for (let problem = 0; problem < count; problem += 1) {
    const name = reader.word(`name of problem ${problem + 1}`).text;
    const capacity = reader.number(`${name}, capacity`);
    const items = reader.count(`${name}, items`, 0, ITEMS_MAX);
    const best = reader.count(`${name}, best known bins`, 0, ITEMS_MAX);
    const sizes = Array.from({ length: items }, (_, item) => reader.number(`${name}, item ${item + 1}`));
    all.push(instance("or-library", name, best, 1, sizes, Float64Array.of(capacity)));
  }
  reader.end();
  return all;
}

function instance(
  format: InstanceFormat,
  name: string | undefined,
  bestKnown: number | undefined,
  dimensions: number,
  sizes: readonly number[],
  capacities: Float64Array,
): Instance {
  return {
    name,
    format,
    bestKnown,
    problem: makeProblem(dimensions, Float64Array.from(sizes), capacities, true),
  };
}

const isNumber = (text: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);

/** Words of a text, one after the other, with their places. */
class Reader {
  readonly words: readonly Word[];
  readonly #file: string;
  readonly #last: { readonly line: number; readonly column: number };
  #next = 0;

  constructor(text: string, file: string) {
    this.#file = file;
    const words: Word[] = [];
    const lines = text.split(/\r?\n/);
    for (const [index, line] of lines.entries()) {
      for (const match of line.matchAll(/\S+/g)) {
        words.push({ text: match[0], line: index + 1, column: match.index + 1 });
      }
    }
    this.words = words;
    this.#last = { line: lines.length, column: lines.at(-1)!.length + 1 };
  }

  word(what: string): Word {
    const word = this.words[this.#next];
    if (word === undefined) throw this.#fault(this.#last, what, "a value", "the end of the file");
    this.#next += 1;
    return word;
  }

  /** @param least  0 or below */
  number(what: string, least = 0): number {
    const word = this.word(what);
    const value = isNumber(word.text) ? Number(word.text) : Number.NaN;
    if (value >= least && value <= SIZE_MAX) return value;
    throw this.#fault(word, what, `a number from ${least} to ${SIZE_MAX}`, word.text);
  }

  count(what: string, least: number, most: number): number {
    const word = this.word(what);
    const value = isNumber(word.text) ? Number(word.text) : Number.NaN;
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.#fault(word, what, `a whole number from ${least} to ${most}`, word.text);
  }

  /** Copies must not make more items than there may be. */
  room(items: number): void {
    if (items <= ITEMS_MAX) return;
    throw this.#fault(this.words[this.#next - 1]!, "items", `at most ${ITEMS_MAX}`, String(items));
  }

  end(): void {
    const word = this.words[this.#next];
    if (word !== undefined) throw this.#fault(word, "", "the end of the file", word.text);
  }

  #fault(
    { line, column }: { line: number; column: number },
    path: string,
    expected: string,
    got: string,
  ): PlaceError {
    const fault: PlaceFault = { file: this.#file, line, column, path, expected, got };
    return new PlaceError([fault]);
  }
}
