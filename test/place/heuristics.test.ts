// Goal: each heuristic puts items where its formula says.
// Method: the seed's formulas by hand; the published counts of generated instances; small packings one can draw.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cosine, type Fitness, l2Difference, l2Ratio, loosest, tightest } from "../../src/place/fitness.ts";
import { HEURISTIC_NAMES, type HeuristicName } from "../../src/place/heuristics.ts";
import { packVectors } from "../../src/place/pack-vectors.ts";
import { minstdItems } from "./minstd.ts";

describe("by hand: r = (1,2) against a = (2,4) and (4,2)", () => {
  const of = (fitness: Fitness, room: number[]): number =>
    fitness(2, Float64Array.of(1, 2), 0, Float64Array.from(room), 0, Float64Array.of(1, 1));

  test.each<[string, Fitness, number, number]>([
    ["cosine", cosine, 1, 0.8],
    ["L2 difference, the least wins", l2Difference, -5, -9],
    ["L2 ratio, the most wins", l2Ratio, 1, 1.25],
    ["tightest", tightest, -6, -6],
    ["loosest", loosest, 6, 6],
  ])("%s", (_, fitness, first, second) => {
    expect(of(fitness, [2, 4])).toBeCloseTo(first, 12);
    expect(of(fitness, [4, 2])).toBeCloseTo(second, 12);
  });

  test.each<[HeuristicName, number]>([
    ["cosine", 0],
    ["l2-difference", 0],
    ["l2-ratio", 1],
    ["first-fit", 0],
  ])("%s chooses host %i", (heuristic, host) => {
    const hosts = [
      [2, 4],
      [4, 2],
    ];
    expect([...packVectors([[1, 2]], hosts, heuristic).assignment]).toEqual([host]);
    expect([...packVectors([[1, 2]], hosts, heuristic, { spread: true }).assignment]).toEqual([host]);
  });

  test("a full bin, or an item of nothing, has cosine 0", () => {
    expect(of(cosine, [0, 0])).toBe(0);
    expect(cosine(2, Float64Array.of(0, 0), 0, Float64Array.of(1, 2), 0, Float64Array.of(1, 1))).toBe(0);
  });
});

test("tightest is best fit: least free; loosest is worst fit: most free", () => {
  // 6 and 5 open a bin each; 3 fits both.
  const bin = (heuristic: HeuristicName): number => packVectors([6, 5, 3], 10, heuristic).assignment[2]!;
  expect(["tightest", "best-fit", "loosest", "worst-fit"].map((name) => bin(name as HeuristicName))).toEqual([
    0, 0, 1, 1,
  ]);
});

test("next fit never looks back; first fit does", () => {
  expect([...packVectors([6, 5, 4], 10, "next-fit").assignment]).toEqual([0, 1, 1]);
  expect([...packVectors([6, 5, 4], 10, "first-fit").assignment]).toEqual([0, 1, 0]);
});

test("11 bins against 9: 6 of 51, 6 of 27, 6 of 26, 12 of 23 in bins of 100", () => {
  const items = [...Array(6).fill(51), ...Array(6).fill(27), ...Array(6).fill(26), ...Array(12).fill(23)];
  const ffd = packVectors(items, 100, "ffd");
  expect([ffd.bins, ffd.lowerBound, ffd.gap]).toEqual([11, 9, 2 / 9]);
  expect(packVectors(items, 100, "local-search").bins).toBe(9);
});

const NAMES: readonly HeuristicName[] = [
  "first-fit",
  "tightest",
  "loosest",
  "cosine",
  "l2-difference",
  "l2-ratio",
  "ffd-sum",
  "ffd-product",
  "ffd-average-sum",
  "dot-product",
  "l2-greedy",
];

// Facts of clusters, paragraph 5: exact counts of a reference program.
test.each([
  { seed: 1, n: 100, d: 2, low: 5, high: 50, bound: 27, bins: [30, 29, 32, 30, 29, 29, 29, 29, 29, 28, 28] },
  {
    seed: 2,
    n: 200,
    d: 2,
    low: 1,
    high: 100,
    bound: 102,
    bins: [121, 118, 131, 123, 119, 118, 114, 113, 114, 114, 113],
  },
  { seed: 3, n: 200, d: 4, low: 1, high: 60, bound: 65, bins: [76, 75, 83, 75, 75, 75, 72, 74, 71, 71, 71] },
])("published counts of the generated instance $seed", ({ seed, n, d, low, high, bound, bins }) => {
  const items = minstdItems(seed, n, d, low, high);
  const capacity = Array<number>(d).fill(100);
  expect(NAMES.map((name) => packVectors(items, capacity, name).bins)).toEqual(bins);
  expect(packVectors(items, capacity, "ffd").bins).toBe(packVectors(items, capacity, "ffd-sum").bins);
  const continuous = Math.max(
    ...capacity.map((_, k) => Math.ceil(items.reduce((sum, item) => sum + item[k]!, 0) / 100)),
  );
  expect(continuous).toBe(bound);
  expect(packVectors(items, capacity, "local-search", { effort: 500_000 }).bins).toBeLessThanOrEqual(
    Math.min(...bins),
  );
});

test("what has no unit counts alike: sizes in other units give the same packing", () => {
  const items = minstdItems(5, 60, 2, 1, 60);
  const scaled = items.map(([cpu, memory]) => [cpu!, memory! * 2 ** 20]);
  for (const name of HEURISTIC_NAMES) {
    const options = { effort: 20_000 };
    const own = packVectors(items, [100, 100], name, options);
    expect(packVectors(scaled, [100, 100 * 2 ** 20], name, options).bins, name).toBe(own.bins);
  }
});

test("first fit over hosts of a list: by number, and some VMs find none", () => {
  const hosts = [
    [2, 2],
    [8, 8],
    [4, 4],
  ];
  const packing = packVectors(
    [
      [3, 1],
      [2, 2],
      [6, 6],
      [4, 4],
      [9, 1],
    ],
    hosts,
    "first-fit",
  );
  expect([...packing.assignment]).toEqual([1, 0, -1, 1, -1]);
  expect([packing.bins, packing.unplaced, packing.gap]).toEqual([2, 2, null]);
});

test("a host is opened when no open one has room: the one that the heuristic likes best", () => {
  const hosts = [
    [2, 2],
    [8, 8],
    [4, 4],
  ];
  const items = [
    [2, 1],
    [1, 1],
  ];
  const place = (name: HeuristicName): number[] => [...packVectors(items, hosts, name).assignment];
  expect(["tightest", "loosest"].map((name) => place(name as HeuristicName))).toEqual([
    [0, 2],
    [1, 1],
  ]);
});

test("spread: every host may be chosen from the start", () => {
  const hosts = { capacity: [10, 10], count: 3 };
  const place = (spread: boolean): number[] => [
    ...packVectors(
      [
        [2, 2],
        [2, 2],
        [2, 2],
      ],
      hosts,
      "loosest",
      { spread },
    ).assignment,
  ];
  expect(place(false)).toEqual([0, 0, 0]);
  expect(place(true)).toEqual([0, 1, 2]);
});

test("ten times 0.1 fits into 1", () => {
  expect(packVectors(Array(20).fill(0.1), 1, "first-fit").bins).toBe(2);
  expect(packVectors(Array(20).fill(0.1), 1, "first-fit").lowerBound).toBe(2);
});

describe("property: any heuristic", () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ min: 0, max: 12, noNaN: true }));
  const problem = fc.integer({ min: 1, max: 4 }).chain((d) =>
    fc.record({
      items: fc.array(fc.array(size, { minLength: d, maxLength: d }), { maxLength: 25 }),
      hosts: fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: d, maxLength: d }), {
        minLength: 1,
        maxLength: 12,
      }),
      counted: fc.boolean(),
      spread: fc.boolean(),
      name: fc.constantFrom(...HEURISTIC_NAMES),
    }),
  );

  test("fills no bin above its capacity, leaves no item that fits an unused bin, needs at least the bound", () => {
    fc.assert(
      fc.property(problem, ({ items, hosts, counted, spread, name }) => {
        const bins = counted ? hosts : hosts[0]!;
        const packing = packVectors(items, bins, name, { spread: spread && counted, effort: 3000 });
        const used = new Map<number, number[]>();
        const capacityOf = (bin: number): number[] => (counted ? hosts[bin]! : hosts[0]!);
        for (const [item, bin] of packing.assignment.entries()) {
          if (bin < 0) continue;
          const sum = used.get(bin) ?? capacityOf(bin).map(() => 0);
          used.set(
            bin,
            sum.map((value, d) => value + items[item]![d]!),
          );
        }
        for (const [bin, sum] of used) {
          for (const [d, value] of sum.entries())
            expect(value).toBeLessThanOrEqual(capacityOf(bin)[d]! + 1e-7);
        }
        expect(packing.bins).toBe(used.size);
        const fits = (item: number[], room: number[]): boolean => item.every((value, d) => value <= room[d]!);
        for (const [item, bin] of packing.assignment.entries()) {
          if (bin >= 0) continue;
          const free = counted ? hosts.filter((_, host) => !used.has(host)) : [hosts[0]!];
          // Next fit goes past bins that have no room for the item at hand, and past the item that no later one has.
          if (name !== "next-fit") expect(free.some((room) => fits(items[item]!, room))).toBe(false);
        }
        if (packing.unplaced === 0) expect(packing.bins).toBeGreaterThanOrEqual(packing.lowerBound);
      }),
      { numRuns: 400 },
    );
  });
});

test.each<[string, unknown, unknown, string]>([
  ["items[1][0]: expected a number from 0 to 1e15, got NaN", [[1], [Number.NaN]], [10], "ffd"],
  ["items[0][1]: expected a number from 0 to 1e15, got -1", [[1, -1]], [10, 10], "ffd"],
  ["items[0]: expected 2 numbers, one a dimension, got 1", [[1]], [10, 10], "ffd"],
  ["items[0][0]: expected a number from 0 to 1e15, got a string", [["1"]], [10], "ffd"],
  ["bins[1]: expected 2 numbers, one a dimension, got 1", [[1, 1]], [[10, 10], [10]], "ffd"],
  ["bins[0].count: expected a whole number from 0, got 1.5", [[1]], [{ capacity: [1], count: 1.5 }], "ffd"],
  ["bins: expected at least one bin of at least one dimension, got none", [[1]], [], "ffd"],
])("rejects: %s", (message, items, bins, heuristic) => {
  expect(() => packVectors(items as number[][], bins as number[], heuristic as HeuristicName)).toThrow(
    message,
  );
});

test("rejects: a heuristic of another name, and says which was meant", () => {
  expect(() => packVectors([[1]], [2], "cosin" as HeuristicName)).toThrow(
    /got cosin; did you mean cosine\?$/,
  );
});
