/**
 * The trace behind examples/sort-and-count.trace.gz: a program that sorts 16 Ki numbers and counts them in a table, its
 * accesses noted once a cache line, beside some to its code and its stack.
 *
 *   code 0x400   stack 0x7ff   numbers 0x1000 (32 pages)   second half of the sort 0x1100 (32)   table 0x2000 (64)
 */
import { randomWords } from "../../src/faults/yardsticks.ts";

const COUNT = 16_384;
const LINE = 8;
const PER_PAGE = 512;
const SLOTS = 32_768;
const [CODE, STACK, NUMBERS, OTHER, TABLE] = [0x400, 0x7ff, 0x1000, 0x1100, 0x2000];

/** The trace as text, in packed form. */
export function sortAndCountTrace(): string {
  const lines: string[] = [];
  const note = (page: number, write = false): void => {
    lines.push(`${page.toString(16).padStart(5, "0")}${write ? "W" : "R"}\n`);
  };
  const draw = randomWords(42);
  const numbers = Array.from({ length: COUNT }, () => draw() % 5000);
  numbers.forEach((_, at) => {
    if (at % LINE === 0) note(NUMBERS + at / PER_PAGE - (at % PER_PAGE) / PER_PAGE, true);
  });
  const sorted = sort(numbers, note);
  count(sorted, note);
  return lines.join("");
}

type Note = (page: number, write?: boolean) => void;

const pageOf = (base: number, at: number): number => base + Math.floor(at / PER_PAGE);

/** Merges runs twice as long each time, to and fro between two arrays. */
function sort(numbers: readonly number[], note: Note): number[] {
  let [from, to] = [[...numbers], new Array<number>(COUNT).fill(0)];
  let [source, target] = [NUMBERS, OTHER];
  for (let run = 1; run < COUNT; run *= 2) {
    note(CODE + 1);
    for (let begin = 0; begin < COUNT; begin += 2 * run) {
      if (begin % 64 === 0) note(STACK, true);
      let [left, right] = [begin, begin + run];
      for (let out = begin; out < begin + 2 * run; out += 1) {
        const isLeft = left < begin + run && (right >= begin + 2 * run || from[left]! <= from[right]!);
        const at = isLeft ? left : right;
        if (at % LINE === 0) note(pageOf(source, at));
        to[out] = from[at]!;
        if (out % LINE === 0) note(pageOf(target, out), true);
        if (isLeft) left += 1;
        else right += 1;
      }
    }
    [from, to] = [to, from];
    [source, target] = [target, source];
  }
  return from;
}

/** Counts equal numbers in an open-addressing table, where neighbours lie far apart. */
function count(numbers: readonly number[], note: Note): void {
  for (const [at, number] of numbers.entries()) {
    if (at % LINE === 0) note(pageOf(NUMBERS, at));
    const slot = Math.imul(number, 0x9e3779b1) >>> 17;
    if (at % 4 === 0) note(CODE + 2);
    note(TABLE + Math.floor(slot / (SLOTS / 64)), at % 3 === 0);
  }
}
