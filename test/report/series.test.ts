// Goal: pictures of a series show its peaks and its ends, in blocks, in dots, and thinned out.
// Method: examples by hand; then, on any series, lowest and highest survive.
import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsFor, downsample } from "../../src/report/downsample.ts";
import { brailleLine, resample, sparkline } from "../../src/report/sparkline.ts";

test("blocks stand on zero", () => {
  expect(sparkline([0, 1, 2, 3], [0, 2, 4, 7], 4)).toBe("▁▃▅█");
  expect(sparkline([0, 1], [5, 5], 2)).toBe("██");
  expect(sparkline([0, 1], [0, 0], 2)).toBe("▁▁");
  expect(sparkline([], [], 8)).toBe("");
  expect(sparkline([0], [3], 3)).toBe("███");
});

test("samples that are not evenly spaced stand where their time is", () => {
  expect(resample([0, 9, 10], [1, 2, 3], 11)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3]);
});

test("dots go from the lower left to the upper right, and steps are joined", () => {
  expect(brailleLine([0, 1, 2, 3], [0, 1, 2, 3], 2, 1)).toEqual(["⡠⠊"]);
  expect(brailleLine([0, 1], [0, 7], 1, 2)).toEqual(["⢸", "⡸"]);
  expect(brailleLine([], [], 4, 4)).toEqual([]);
});

test("short series are kept whole", () => {
  const buckets = bucketsFor([0, 1, 2], 10);
  expect(buckets.at).toEqual([0, 1, 2]);
  expect(downsample([5, 6, 7], buckets)).toEqual([5, 6, 7]);
});

test("a single spike among a million samples is still there", () => {
  const at = Array.from({ length: 1_000_000 }, (_, i) => i);
  const values = at.map((i) => (i === 654_321 ? 99 : 1));
  const buckets = bucketsFor(at, 1000);
  const kept = downsample(values, buckets);
  expect(kept.length).toBe(1000);
  expect(buckets.at.length).toBe(1000);
  expect(Math.max(...kept)).toBe(99);
  expect(buckets.at.at(-1)).toBe(999_999);
});

test("property: lowest, highest, first and last of the inside survive, and times still rise", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 9, maxLength: 300 }),
      fc.integer({ min: 4, max: 8 }),
      (values, points) => {
        const at = values.map((_, i) => i * 10);
        const buckets = bucketsFor(at, points);
        const kept = downsample(values, buckets);
        expect(kept.length).toBe(buckets.at.length);
        expect(kept.length).toBeLessThanOrEqual(points);
        expect([kept[0], kept.at(-1)]).toEqual([values[0], values.at(-1)]);
        const inner = values.slice(buckets.starts[1]!, buckets.starts.at(-2)!);
        for (const value of [Math.min(...inner), Math.max(...inner)]) {
          if (inner.length > 0) expect(kept).toContain(value);
        }
        for (let i = 1; i < buckets.at.length; ++i)
          expect(buckets.at[i]!).toBeGreaterThanOrEqual(buckets.at[i - 1]!);
      },
    ),
  );
});
