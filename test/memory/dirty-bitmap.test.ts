// Goal: exactly the set bits are taken out, in order, and counted; none are left.
// Method: an example by hand; then words of every density, so that each way to take a block is gone, against the twin.
import fc from "fast-check";
import { expect, test } from "vitest";
import { countBitsModel, takeBitsModel, takeHalvesModel } from "../model/memory/dirty-bitmap.ts";
import { ARENA, rawCore } from "../support/raw-core.ts";

const WORDS = 400;
const AT = ARENA;
const OTHER = AT + WORDS * 8;
const OUT = OTHER + WORDS * 8;
const ROOM = 64 * WORDS + 4160;
const { wasm, memory, bytes } = rawCore(2 * WORDS * 8 + ROOM * 4);
const words = new BigUint64Array(memory.buffer, AT, WORDS);
const other = new BigUint64Array(memory.buffer, OTHER, WORDS);
const halves = new Uint32Array(memory.buffer, AT, 2 * WORDS);
const out = new Uint32Array(memory.buffer, OUT, ROOM);

test("two bits of three words", () => {
  words.set([4n, 0n, 1n << 63n]);
  expect(wasm.dirtyBitmap_takeBits(AT, 3, 1000, OUT)).toBe(2);
  expect([...out.subarray(0, 2)]).toEqual([1002, 1000 + 2 * 64 + 63]);
  expect([...words.subarray(0, 3)]).toEqual([0n, 0n, 0n]);
});

/** Words whose density changes from block to block. */
const word = (ppm: number): fc.Arbitrary<bigint> =>
  fc
    .array(fc.nat(999_999), { minLength: 64, maxLength: 64 })
    .map((draws) => draws.reduce((sum, draw, bit) => (draw < ppm ? sum | (1n << BigInt(bit)) : sum), 0n));
const stretch = fc
  .constantFrom(0, 1_000, 10_000, 100_000, 500_000, 1_000_000)
  .chain((ppm) => fc.array(word(ppm), { minLength: 20, maxLength: 100 }));
const bitmap = fc.array(stretch, { minLength: 1, maxLength: 6 }).map((all) => all.flat().slice(0, WORDS));

test("property: what is taken out is what the twin finds, and nothing is left", () => {
  fc.assert(
    fc.property(bitmap, fc.nat(1 << 20), (given, base) => {
      words.set(given);
      const copy = BigUint64Array.from(given);
      const found = takeBitsModel(copy, base * 64);
      const count = wasm.dirtyBitmap_takeBits(AT, given.length, base * 64, OUT);
      expect([...out.subarray(0, count)]).toEqual(found);
      expect(words.subarray(0, given.length).every((rest) => rest === 0n)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("property: bits are counted, and moved into another set", () => {
  fc.assert(
    fc.property(bitmap, bitmap, (from, to) => {
      const count = Math.min(from.length, to.length);
      words.fill(0n);
      words.set(from.slice(0, count));
      other.set(to.slice(0, count));
      const union = to.slice(0, count).map((bits, at) => bits | from[at]!);
      const bits = takeBitsModel(BigUint64Array.from(union)).length;
      expect(wasm.dirtyBitmap_countBits(AT, count)).toBe(countBitsModel(halves));
      expect(wasm.dirtyBitmap_moveBits(AT, OTHER, count)).toBe(bits);
      expect([...other.subarray(0, count)]).toEqual(union);
      expect(wasm.dirtyBitmap_countBits(AT, count)).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("the two twins agree", () => {
  const given = BigUint64Array.from({ length: 10 }, (_, i) => BigInt(i) * 0x0123_4567_89ab_cdefn);
  const small = new Uint32Array(given.slice().buffer);
  const found = new Uint32Array(640);
  const count = takeHalvesModel(small, 0, small.length, found);
  expect([...found.subarray(0, count)]).toEqual(takeBitsModel(given));
});

test("rejects: words or results outside the memory abort at the assert", () => {
  const end = memory.buffer.byteLength;
  expect(() => wasm.dirtyBitmap_takeBits(end - 8, 2, 0, OUT)).toThrow(/dirty-bitmap\.ts:\d+/);
  expect(() => wasm.dirtyBitmap_takeBits(AT, 1, 0, end - 64)).toThrow(/dirty-bitmap\.ts:\d+/);
  expect(() => wasm.dirtyBitmap_countBits(end, 1)).toThrow(/dirty-bitmap\.ts:\d+/);
  expect(bytes.length).toBe(end);
});
