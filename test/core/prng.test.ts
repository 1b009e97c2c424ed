// Goal: the streams are SplitMix64 as published, `permute` is a bijection for every size and key.
// Method: published outputs, every small size exhausted, large sizes sampled, the BigInt twin.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mix64, nextState, permute, seedStream } from "../model/prng.ts";
import { rawCore } from "../support/raw-core.ts";

const { wasm } = rawCore(0);
const permuted = (index: number, count: number, key: bigint): number =>
  wasm.prng_permute(index, count, BigInt.asIntN(64, key)) >>> 0;

test("the twin is SplitMix64: the first draws of seed 1234567, as Vigna's splitmix64.c prints them", () => {
  let state = 1_234_567n;
  const draws = Array.from({ length: 3 }, () => {
    state = nextState(state);
    return mix64(state);
  });
  expect(draws).toEqual([6_457_827_717_110_365_317n, 3_203_168_211_198_807_973n, 9_817_491_932_198_370_423n]);
});

test("property: streams start where the twin starts them", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.nat({ max: 9 }),
      fc.nat(),
      (seed, room, row) => {
        const found = wasm.prng_seedStream(BigInt.asIntN(64, seed), room, BigInt(row));
        expect(BigInt.asUintN(64, found)).toBe(seedStream(seed, room, BigInt(row)));
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test("streams of neighbouring seeds, rooms and rows differ", () => {
  const starts = new Set<bigint>();
  for (let seed = 0n; seed < 10n; seed += 1n) {
    for (let room = 0; room < 10; room += 1) {
      for (let row = 0n; row < 10n; row += 1n) starts.add(wasm.prng_seedStream(seed, room, row));
    }
  }
  expect(starts.size).toBe(1000);
});

describe("permute", () => {
  const keys = [0n, 1n, 0x2545f4914f6cdd1dn, 2n ** 64n - 1n, 0xdead_beef_0000_0001n];

  test("is a bijection on every range of up to 600", () => {
    for (const key of keys) {
      for (let count = 1; count <= 600; count += 1) {
        const seen = new Uint8Array(count);
        for (let index = 0; index < count; index += 1) seen[permuted(index, count, key)]! += 1;
        expect(seen.every((times) => times === 1)).toBe(true);
      }
    }
  });

  test.each([1023, 1024, 1025, 65_535, 65_536, 65_537, 300_007])("is a bijection on %i", (count) => {
    for (const key of keys) {
      const seen = new Uint8Array(count);
      for (let index = 0; index < count; index += 1) seen[permuted(index, count, key)]! += 1;
      expect(seen.indexOf(0)).toBe(-1);
    }
  });

  test("other keys give other orders, and hardly a page stays in place", () => {
    const order = (key: bigint): number[] => Array.from({ length: 1000 }, (_, at) => permuted(at, 1000, key));
    expect(order(1n)).not.toEqual(order(2n));
    expect(order(12_345n).filter((to, from) => to === from).length).toBeLessThan(10);
  });

  test("property: equals its twin, up to 2^32 − 1", () => {
    const count = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 2 ** 31, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(
        count,
        fc.nat({ max: 2 ** 31 - 1 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (n, at, key) => {
          expect(permuted(at % n, n, key)).toBe(permute(at % n, n, key));
          expect(permuted(at % n, n, key)).toBeLessThan(n);
        },
      ),
      { seed: 2, numRuns: 500 },
    );
  });
});
