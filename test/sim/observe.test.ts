// Goal: saved pages are whole per VM and add up to the host's.
// Method: thirds by hand, then any references against the sum.

import fc from "fast-check";
import { expect, test } from "vitest";
import { apportion } from "../../src/sim/observe.ts";

test.each([
  [[0.5, 0.5], 1, [1, 0]],
  [[4 / 3, 2 / 3], 2, [1, 1]],
  [[2 / 3, 2 / 3, 2 / 3], 2, [1, 1, 0]],
  [[1.25, 1.75, 1], 4, [1, 2, 1]],
  [[0, 0], 0, [0, 0]],
  [[], 0, []],
  [[2.9999999999, 0.0000000001], 3, [3, 0]],
  [[3.0000000001, 1.9999999999], 5, [3, 2]],
])("%j of %i pages", (fractions, total, whole) => {
  expect(apportion(fractions, total)).toEqual(whole);
});

test("property: frames shared any way add up, and nobody is off by a page", () => {
  const frame = fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
      const fractions = new Array<number>(6).fill(0);
      for (const vms of frames) for (const vm of vms) fractions[vm]! += 1 - 1 / vms.length;
      const total = frames.reduce((sum, vms) => sum + vms.length - 1, 0);
      const whole = apportion(fractions, total);
      expect(whole.reduce((a, b) => a + b, 0)).toBe(total);
      whole.forEach((pages, vm) => {
        expect(Math.abs(pages - fractions[vm]!)).toBeLessThan(1 + 1e-9);
      });
    }),
    { seed: 11, numRuns: 300 },
  );
});
