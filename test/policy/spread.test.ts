// Goal: what consolidation reads out of a host's history is what a hand calculation gives.
// Method: small examples; R² against the square of the correlation, which it is for one other.

import { expect, test } from "vitest";
import { rSquared } from "../../src/policy/balance/regression.ts";
import { interquartileRange, lineAt, medianDeviation } from "../../src/policy/balance/spread.ts";

test("IQR of 1 … 12: places round(3.25) and round(9.75) of the sorted values", () => {
  const values = Float64Array.from([12, 3, 1, 2, 4, 6, 5, 7, 9, 8, 11, 10]);
  expect(interquartileRange(values)).toBe(10 - 3);
});

test("MAD: 1 1 2 2 4 6 9 has median 2, distances 1 1 0 0 2 4 7, median 1", () => {
  expect(medianDeviation(Float64Array.from([9, 1, 2, 6, 1, 4, 2]))).toBe(1);
});

test("a line through 0.1 … 1.0, newest first, is at 1.1 a step ahead", () => {
  const newestFirst = Float64Array.from({ length: 10 }, (_, back) => (10 - back) / 10);
  expect(lineAt(newestFirst, 10, 11)).toBeCloseTo(1.1, 12);
});

test("R² of one other is the correlation squared; none without others or with too few values", () => {
  const x = Float64Array.from([1, 2, 3, 4, 5]);
  const y = Float64Array.from([2, 1, 4, 3, 5]);
  expect(rSquared(y, [x])).toBeCloseTo(0.8 ** 2, 12);
  expect(rSquared(y, [])).toBeUndefined();
  expect(rSquared(y.slice(0, 2), [x.slice(0, 2), y.slice(0, 2)])).toBeUndefined();
  expect(rSquared(y, [new Float64Array(5)])).toBeUndefined();
});
