// Goal: lengths follow their law, are the same everywhere, and never fall below zero.
// Method: the logarithm against Math.log; means and variances; the sum of twelve by hand from the twin's stream.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mix64, nextState } from "../model/prng.ts";
import type { GuestExports } from "../support/guest-machine.ts";
import { rawCore } from "../support/raw-core.ts";

const wasm = rawCore(0).wasm as unknown as GuestExports;
const CONSTANT = 0;
const UNIFORM = 1;
const EXPONENTIAL = 2;
const NORMAL = 3;

/** Lengths one after the other from a stream. */
function lengths(kind: number, mean: number, spread: number, count: number, seed = 1n): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    const next = BigInt.asIntN(64, nextState(state));
    const length = Number(wasm.draw_length(kind, BigInt(mean), BigInt(spread), next));
    state = BigInt.asUintN(64, wasm.draw_stateAfter(kind, BigInt.asIntN(64, state)));
    return length;
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((x) => (x - mean) ** 2)));
}

describe("logarithm", () => {
  const found = (draw: bigint): number => {
    const value = BigInt.asUintN(64, wasm.draw_minusLogarithm(BigInt.asIntN(64, draw)));
    return Number(value) / 2 ** 57;
  };
  /** −ln of the number that the draw's 32 leading bits stand for, one half behind them. */
  const exact = (draw: bigint): number => {
    const bits = draw.toString(2);
    const leading = Number(`0b${bits.padEnd(32, "0").slice(0, 32)}`) * 2 + 1;
    const [ratio, zeros] = [leading / 2 ** 33, 64 - bits.length];
    // Near 1 the difference is what counts: log1p keeps it.
    return zeros === 0 && ratio > 0.75 ? -Math.log1p(ratio - 1) : zeros * Math.LN2 - Math.log(ratio);
  };
  const error = (draw: bigint): number => Math.abs(found(draw) / exact(draw) - 1);

  test("property: relative error below 10^-7 for draws of any length", () => {
    const draw = fc
      .tuple(fc.bigInt({ min: 1n << 63n, max: (1n << 64n) - 1n }), fc.nat({ max: 63 }))
      .map(([bits, zeros]) => bits >> BigInt(zeros));
    fc.assert(
      fc.property(draw, (bits) => {
        expect(error(bits)).toBeLessThan(1e-7);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test("property: as good for numbers just below 1", () => {
    const draw = fc.tuple(fc.nat({ max: 62 }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
    fc.assert(
      fc.property(draw, ([shift, bits]) => {
        expect(error((1n << 64n) - 1n - (bits >> BigInt(shift + 1)))).toBeLessThan(1e-7);
      }),
      { seed: 2, numRuns: 5000 },
    );
  });

  test("ends: the least and the greatest draw", () => {
    expect(found((1n << 64n) - 1n)).toBeCloseTo(2 ** -33, 17);
    expect(found(0n)).toBeCloseTo(64 * Math.LN2, 6);
  });
});

describe("laws", () => {
  const COUNT = 200_000;

  test("constant: the mean, and the stream stays where it is", () => {
    expect(lengths(CONSTANT, 7_000_000, 5, 3)).toEqual([7_000_000, 7_000_000, 7_000_000]);
    expect(wasm.draw_stateAfter(CONSTANT, 42n)).toBe(42n);
  });

  test("exponential: mean and deviation are the mean; e^-1 of all are longer, e^-4 longer than four", () => {
    const drawn = lengths(EXPONENTIAL, 1_000_000, 0, COUNT);
    // 5 standard errors of a mean of COUNT: 1.1 %; of the deviation: twice that, its fourth moment is 9.
    expect(Math.abs(meanOf(drawn) / 1e6 - 1)).toBeLessThan(0.0112);
    expect(Math.abs(deviationOf(drawn) / 1e6 - 1)).toBeLessThan(0.0159);
    for (const times of [1, 4]) {
      const part = drawn.filter((length) => length > times * 1e6).length / COUNT;
      const law = Math.exp(-times);
      expect(Math.abs(part - law)).toBeLessThan(5 * Math.sqrt((law * (1 - law)) / COUNT));
    }
  });

  test("uniform: between its ends, both of them reached, mean in the middle", () => {
    const small = lengths(UNIFORM, 10, 3, 1000);
    expect([...new Set(small)].sort((a, b) => a - b)).toEqual([7, 8, 9, 10, 11, 12, 13]);
    const drawn = lengths(UNIFORM, 5_000_000, 5_000_000, COUNT);
    expect(Math.abs(meanOf(drawn) / 5e6 - 1)).toBeLessThan(0.0065);
    expect(Math.abs((deviationOf(drawn) / 5e6) * Math.sqrt(3) - 1)).toBeLessThan(0.0065);
  });

  test("normal: mean and deviation as asked; the sum of twelve numbers of the stream", () => {
    const drawn = lengths(NORMAL, 10_000_000, 1_000_000, COUNT);
    expect(Math.abs(meanOf(drawn) - 10e6)).toBeLessThan((5 * 1e6) / Math.sqrt(COUNT));
    expect(Math.abs(deviationOf(drawn) / 1e6 - 1)).toBeLessThan(0.008);
    let state = 1n;
    let sum = 0;
    for (let pair = 0; pair < 6; pair += 1) {
      state = nextState(state);
      const draw = mix64(state);
      sum += Number(draw >> 32n) + Number(draw & 0xffff_ffffn) + 1;
    }
    expect(Math.abs(drawn[0]! - (10e6 + 1e6 * (sum / 2 ** 32 - 6)))).toBeLessThanOrEqual(1);
  });

  test("nothing is below zero", () => {
    for (const kind of [UNIFORM, NORMAL]) {
      const drawn = lengths(kind, 100, 1000, 10_000);
      expect(Math.min(...drawn)).toBe(0);
      expect(Math.max(...drawn)).toBeLessThan(6100);
    }
  });

  test("means of days are as exact", () => {
    const mean = 2 ** 53 - 1;
    const small = lengths(EXPONENTIAL, 1_000_000_000, 0, 100, 9n);
    const large = lengths(EXPONENTIAL, mean, 0, 100, 9n);
    large.forEach((length, index) => {
      expect(Math.abs(length / mean - small[index]! / 1e9)).toBeLessThan(1e-9);
    });
  });

  test("rejects: a mean beyond what times can be", () => {
    expect(() => wasm.draw_length(EXPONENTIAL, 1n << 53n, 0n, 1n)).toThrow(/draw\.ts:\d+/);
  });
});
