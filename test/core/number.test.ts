// Goal: logarithm, exponential and power in software are right to 1e-13.
// Method: exact cases, then Math's own functions over the whole range.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp, log, power } from "../../src/number/power.ts";

const near = (got: number, want: number, scale = Math.abs(want)): void => {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-13 * Math.max(scale, 1e-300));
};

test("exact: log 1 = 0, exp 0 = 1, x^0 = 1, 1^y = 1", () => {
  expect(log(1)).toBe(0);
  expect(exp(0)).toBe(1);
  expect(power(123, 0)).toBe(1);
  expect(power(1, 3.7)).toBe(1);
});

test("powers of two come within 1e-13", () => {
  for (let n = -40; n <= 40; n += 1) near(power(2, n), 2 ** n);
});

describe("property: within 1e-13 of Math", () => {
  const options = { seed: 3, numRuns: 3000 };
  const positive = fc.double({ min: 1e-300, max: 1e300, noNaN: true });

  test("log", () => {
    fc.assert(
      fc.property(positive, (x) => near(log(x), Math.log(x))),
      options,
    );
    // Near 1, where digits cancel.
    for (let k = -2000; k <= 2000; k += 1) near(log(1 + k * 1e-6), Math.log(1 + k * 1e-6));
  });

  test("exp", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => near(exp(x), Math.exp(x))),
      options,
    );
  });

  test("power, as zipf uses it: ranks up to 2^31, exponents up to 4", () => {
    const exponent = fc.double({ min: 0.001, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), exponent, (rank, s) =>
        near(power(rank, -s), rank ** -s),
      ),
      options,
    );
  });
});

test.each([0, -1, Number.NaN, Infinity])("rejects: log of %d", (x) => {
  expect(() => log(x)).toThrow(RangeError);
});

test.each([701, -701, Number.NaN])("rejects: exp of %d", (x) => {
  expect(() => exp(x)).toThrow(RangeError);
});
