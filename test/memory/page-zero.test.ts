// Goal: exactly the pages of zeroes are marked.
// Method: one byte set at any place; then runs and rows against the naive twin.
import fc from "fast-check";
import { expect, test } from "vitest";
import { isZeroModel } from "../model/memory/page-zero.ts";
import { ARENA, PAGE, rawCore } from "../support/raw-core.ts";

const PAGES = 5;
const IN = ARENA;
const OUT = IN + PAGES * PAGE;
const ROWS = OUT + 64;
const { wasm, memory, bytes } = rawCore(PAGES * PAGE + 4096);
const marks = bytes.subarray(OUT, OUT + 8);
const rows = new Uint32Array(memory.buffer, ROWS, 8);

function fill(set: readonly (number | undefined)[]): void {
  bytes.fill(0, IN, OUT);
  set.forEach((at, page) => {
    if (at !== undefined) bytes[IN + page * PAGE + at] = 1;
  });
}

test("a page is zero until its first or its last byte is set", () => {
  fill([undefined, 0, 4095, undefined, 127]);
  wasm.pageZero_zeroRun(IN, PAGES, OUT);
  expect([...marks.subarray(0, PAGES)]).toEqual([1, 0, 0, 1, 0]);
});

test("each of the 4096 bytes is looked at", () => {
  bytes.fill(0, IN, OUT);
  for (let at = 0; at < PAGE; at += 1) {
    bytes[IN + at] = 0x80;
    wasm.pageZero_zeroRun(IN, 1, OUT);
    expect(marks[0], `byte ${at}`).toBe(0);
    bytes[IN + at] = 0;
  }
  wasm.pageZero_zeroRun(IN, 1, OUT);
  expect(marks[0]).toBe(1);
});

test("property: runs and rows agree with the twin", () => {
  const byte = fc.option(fc.nat(PAGE - 1), { nil: undefined });
  const pages = fc.array(byte, { minLength: PAGES, maxLength: PAGES });
  fc.assert(
    fc.property(pages, fc.array(fc.nat(PAGES - 1), { maxLength: 8 }), (set, order) => {
      fill(set);
      const expected = set.map((_, page) =>
        Number(isZeroModel(bytes.subarray(IN + page * PAGE, IN + (page + 1) * PAGE))),
      );
      wasm.pageZero_zeroRun(IN, PAGES, OUT);
      expect([...marks.subarray(0, PAGES)]).toEqual(expected);
      rows.set(order);
      wasm.pageZero_zeroRows(IN, ROWS, order.length, OUT);
      expect([...marks.subarray(0, order.length)]).toEqual(order.map((page) => expected[page]));
    }),
  );
});

test("rejects: a run or a row outside the memory aborts at the assert", () => {
  const end = memory.buffer.byteLength;
  expect(() => wasm.pageZero_zeroRun(end - PAGE + 1, 1, OUT)).toThrow(/page-zero\.ts:\d+/);
  expect(() => wasm.pageZero_zeroRun(IN, 2, end - 1)).toThrow(/page-zero\.ts:\d+/);
  rows[0] = 0x000f_ffff;
  expect(() => wasm.pageZero_zeroRows(IN, ROWS, 1, OUT)).toThrow(/page-zero\.ts:\d+/);
});
