// Goal: the bounds are bounds, and as good as the published ones.
// Method: Martello and Toth's own cases by hand; on small problems nothing packs into fewer, tried exhaustively.
import fc from "fast-check";
import { expect, test } from "vitest";
import { lowerBound, martelloToth } from "../../src/place/lower-bound.ts";
import { readProblem } from "../../src/place/problem.ts";
import { fewestBins } from "../model/place/fewest-bins.ts";

test("L2 by hand: five items above half and three that none of them takes", () => {
  // 7 7 7 | 4 4 4 in bins of 10: sum 33 needs 4, but no 4 goes beside a 7, and two of them share a bin.
  expect(martelloToth(Float64Array.of(7, 7, 7, 4, 4, 4), 10)).toBe(5);
  expect(lowerBound(readProblem([7, 7, 7, 4, 4, 4], 10))).toEqual({
    bins: 5,
    continuous: 4,
    l2: 5,
    clique: 4,
  });
});

test("L2 counts items above half even where K is 0", () => {
  expect(martelloToth(Float64Array.of(51, 51, 51), 100)).toBe(3);
  expect(martelloToth(new Float64Array(0), 100)).toBe(0);
});

test("a clique over several dimensions: no two fit, although no dimension alone says so", () => {
  const items = [
    [6, 1, 6],
    [6, 6, 1],
    [1, 6, 6],
  ];
  expect(lowerBound(readProblem(items, [10, 10, 10]))).toEqual({ bins: 3, continuous: 2, l2: 2, clique: 3 });
});

test("hosts that differ: the largest first, and mixes of what is asked for", () => {
  const hosts = [
    [8, 2],
    [2, 8],
    [8, 2],
    [2, 8],
  ];
  // Each dimension alone would do with two hosts; together there are 10 a host, and 32 are asked for.
  expect(lowerBound(readProblem(Array(16).fill([1, 1]), hosts)).continuous).toBe(4);
});

test("items that fit no bin are left out", () => {
  expect(lowerBound(readProblem([[5], [50]], [10])).bins).toBe(1);
  expect(lowerBound(readProblem([], [10])).bins).toBe(0);
});

test("property: never above the fewest bins there are", () => {
  const vectors = (d: number, max: number) =>
    fc.array(fc.integer({ min: 0, max }), { minLength: d, maxLength: d });
  const problem = fc.integer({ min: 1, max: 3 }).chain((d) =>
    fc.record({
      items: fc.array(vectors(d, 10), { maxLength: 7 }),
      hosts: fc.array(vectors(d, 14), { minLength: 1, maxLength: 5 }),
      counted: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(problem, ({ items, hosts, counted }) => {
      const own = readProblem(items, counted ? hosts : hosts[0]!);
      const fewest = fewestBins(items, counted ? hosts : items.map(() => hosts[0]!));
      if (fewest !== undefined) expect(lowerBound(own).bins).toBeLessThanOrEqual(fewest);
    }),
    { numRuns: 500 },
  );
});
