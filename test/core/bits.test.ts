// Goal: the hierarchical bitset is a set of integers that finds the next member, across words and levels.
// Method: worked examples at the borders of words and levels, then random operations against a Set.

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { bitsetWords } from "../../src/sim/bitset-words.ts";
import { ARENA, type RawCore, rawCore } from "../support/raw-core.ts";

const NONE = -1; // 2^32 − 1 as it arrives

let core: RawCore;
beforeEach(() => {
  core = rawCore(8 * 5000);
});

const wordsFrom = (count: number): bigint[] => [...new BigUint64Array(core.memory.buffer, ARENA, count)];

describe("bitsetWords", () => {
  test.each([
    [0, 0],
    [1, 1],
    [64, 1],
    [65, 2 + 1],
    [4096, 64 + 1],
    [4097, 65 + 2 + 1],
    [262_144, 4096 + 64 + 1],
    [262_145, 4097 + 65 + 2 + 1],
  ])("%i bits take %i words, in the core and in the plan", (bits, words) => {
    expect(core.wasm.bitsetWords(bits)).toBe(words);
    expect(bitsetWords(bits)).toBe(words);
  });
});

test("bits 63 and 64 of 130 stand in two words, and the level above knows both", () => {
  const { wasm } = core;
  wasm.bits_setBit(ARENA, 130, 63);
  wasm.bits_setBit(ARENA, 130, 64);
  expect(wordsFrom(4)).toEqual([1n << 63n, 1n, 0n, 0b11n]);
  wasm.bits_clearBit(ARENA, 130, 63);
  expect(wordsFrom(4)).toEqual([0n, 1n, 0n, 0b10n]);
  wasm.bits_clearBit(ARENA, 130, 64);
  expect(wordsFrom(4)).toEqual([0n, 0n, 0n, 0n]);
});

test("clearing one of two bits of a word leaves the level above as it was", () => {
  core.wasm.bits_setBit(ARENA, 130, 3);
  core.wasm.bits_setBit(ARENA, 130, 5);
  core.wasm.bits_clearBit(ARENA, 130, 3);
  expect(wordsFrom(4)).toEqual([1n << 5n, 0n, 0n, 1n]);
});

test("nextSet climbs two levels and comes down again", () => {
  const bits = 300_000;
  const { wasm } = core;
  wasm.bits_setBit(ARENA, bits, 0);
  wasm.bits_setBit(ARENA, bits, 299_999);
  expect(wasm.bits_nextSet(ARENA, bits, 0)).toBe(0);
  expect(wasm.bits_nextSet(ARENA, bits, 1)).toBe(299_999);
  expect(wasm.bits_nextSet(ARENA, bits, 262_143)).toBe(299_999);
  expect(wasm.bits_nextSet(ARENA, bits, 299_999)).toBe(299_999);
  expect(wasm.bits_nextSet(ARENA, bits, 300_000)).toBe(NONE);
  wasm.bits_clearBit(ARENA, bits, 299_999);
  expect(wasm.bits_nextSet(ARENA, bits, 1)).toBe(NONE);
});

test.each([1, 63, 64, 65, 4095, 4096, 4097, 4161])("the last of %i bits is found from everywhere", (bits) => {
  const { wasm } = core;
  wasm.bits_setBit(ARENA, bits, bits - 1);
  for (let from = 0; from < bits; from += 1) expect(wasm.bits_nextSet(ARENA, bits, from)).toBe(bits - 1);
  expect(wasm.bits_nextSet(ARENA, bits, bits)).toBe(NONE);
});

test("property: a bitset is a Set", () => {
  const sequence = fc.array(fc.record({ isSet: fc.boolean(), index: fc.nat() }), { maxLength: 80 });
  const bits = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 4000, max: 300_000 }));
  fc.assert(
    fc.property(bits, sequence, fc.array(fc.nat(), { maxLength: 20 }), (size, steps, looks) => {
      new Uint8Array(core.memory.buffer, ARENA).fill(0);
      const members = new Set<number>();
      for (const { isSet, index } of steps) {
        const at = index % size;
        if (isSet) {
          members.add(at);
          core.wasm.bits_setBit(ARENA, size, at);
        } else {
          members.delete(at);
          core.wasm.bits_clearBit(ARENA, size, at);
        }
      }
      const sorted = [...members].sort((a, b) => a - b);
      for (const look of [0, ...sorted, ...sorted.map((at) => at + 1), ...looks.map((at) => at % size)]) {
        expect(core.wasm.bits_nextSet(ARENA, size, look)).toBe(sorted.find((at) => at >= look) ?? NONE);
        expect(core.wasm.bits_hasBit(ARENA, Math.min(look, size - 1)) !== 0).toBe(
          members.has(Math.min(look, size - 1)),
        );
      }
    }),
    { seed: 64, numRuns: 300 },
  );
});

test("rejects: an index outside aborts at the assert, in the release build", () => {
  expect(() => core.wasm.bits_setBit(ARENA, 100, 100)).toThrow(/assembly\/bits\.ts:\d+/);
  expect(() => core.wasm.bits_clearBit(ARENA, 100, 100)).toThrow(/assembly\/bits\.ts:\d+/);
});
