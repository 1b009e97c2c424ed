// Goal: two pages are equal exactly when all their bytes are.
// Method: one byte changed at any place; then runs and rows against the naive twin.
import fc from "fast-check";
import { expect, test } from "vitest";
import { equalModel } from "../model/memory/page-compare.ts";
import { ARENA, PAGE, rawCore, sanityBytes } from "../support/raw-core.ts";

const PAGES = 4;
const A = ARENA;
const B = A + PAGES * PAGE;
const OUT = B + PAGES * PAGE;
const ROWS = OUT + 64;
const { wasm, memory, bytes } = rawCore(2 * PAGES * PAGE + 4096);
const marks = bytes.subarray(OUT, OUT + 8);
const aRows = new Uint32Array(memory.buffer, ROWS, 8);
const bRows = new Uint32Array(memory.buffer, ROWS + 32, 8);
const content = sanityBytes(PAGES * PAGE);

function fill(changed: readonly (number | undefined)[]): void {
  bytes.set(content, A);
  bytes.set(content, B);
  changed.forEach((at, page) => {
    if (at !== undefined) bytes[B + page * PAGE + at]! ^= 1;
  });
}

test("one changed byte tells two pages apart, at either end", () => {
  fill([undefined, 0, 4095, undefined]);
  wasm.pageCompare_compareRun(A, B, PAGES, OUT);
  expect([...marks.subarray(0, PAGES)]).toEqual([1, 0, 0, 1]);
});

test("each of the 4096 bytes is looked at, and a page equals itself", () => {
  fill([]);
  for (let at = 0; at < PAGE; at += 1) {
    bytes[B + at]! ^= 0x80;
    wasm.pageCompare_compareRun(A, B, 1, OUT);
    expect(marks[0], `byte ${at}`).toBe(0);
    bytes[B + at]! ^= 0x80;
  }
  wasm.pageCompare_compareRun(A, A, PAGES, OUT);
  expect([...marks.subarray(0, PAGES)]).toEqual([1, 1, 1, 1]);
});

test("property: runs and rows agree with the twin", () => {
  const page = (row: number) => bytes.subarray(A + row * PAGE, A + (row + 1) * PAGE);
  const byte = fc.option(fc.nat(PAGE - 1), { nil: undefined });
  const pair = fc.tuple(fc.nat(2 * PAGES - 1), fc.nat(2 * PAGES - 1));
  fc.assert(
    fc.property(
      fc.array(byte, { minLength: PAGES, maxLength: PAGES }),
      fc.array(pair, { maxLength: 8 }),
      (changed, pairs) => {
        fill(changed);
        wasm.pageCompare_compareRun(A, B, PAGES, OUT);
        const run = changed.map((_, row) => Number(equalModel(page(row), page(PAGES + row))));
        expect([...marks.subarray(0, PAGES)]).toEqual(run);
        aRows.set(pairs.map(([a]) => a));
        bRows.set(pairs.map(([, b]) => b));
        wasm.pageCompare_compareRows(A, ROWS, ROWS + 32, pairs.length, OUT);
        const expected = pairs.map(([a, b]) => Number(equalModel(page(a), page(b))));
        expect([...marks.subarray(0, pairs.length)]).toEqual(expected);
      },
    ),
  );
});

test("rejects: a run or a row outside the memory aborts at the assert", () => {
  const end = memory.buffer.byteLength;
  expect(() => wasm.pageCompare_compareRun(A, end - PAGE + 1, 1, OUT)).toThrow(/page-compare\.ts:\d+/);
  expect(() => wasm.pageCompare_compareRun(end, B, 1, OUT)).toThrow(/page-compare\.ts:\d+/);
  aRows[0] = 0;
  bRows[0] = 0x000f_ffff;
  expect(() => wasm.pageCompare_compareRows(A, ROWS, ROWS + 32, 1, OUT)).toThrow(/page-compare\.ts:\d+/);
});
