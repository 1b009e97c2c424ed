// Goal: minFree is the published table's; states follow each other in order, at the page, and do not flap.
// Method: the table; ramps down and up page by page; noise; random walks against the rule said once more.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  actionsOf,
  MEMORY_STATES,
  memoryThresholds,
  minFreeBytes,
  nextState,
  type StatesProfile,
} from "../../src/controls/memory-states.ts";

const MIB = 2 ** 20;
const profiles: readonly StatesProfile[] = ["esx2", "esx4", "esx6"];

/** States that a series of free pages goes through, each with the free pages at which it was entered. */
function walk(profile: StatesProfile, memoryPages: number, free: Iterable<number>): [string, number][] {
  const thresholds = memoryThresholds(profile, memoryPages);
  const seen: [string, number][] = [];
  let state = 0;
  for (const pages of free) {
    const next = nextState(thresholds, state, pages);
    if (next !== state) seen.push([MEMORY_STATES[next]!, pages]);
    state = next;
  }
  return seen;
}

function* ramp(from: number, to: number): Generator<number> {
  const step = from < to ? 1 : -1;
  for (let pages = from; pages !== to + step; pages += step) yield pages;
}

describe("minFree", () => {
  test.each([
    [4, 245.76],
    [8, 409.6],
    [16, 655.36],
    [28, 901.12],
    [64, 1269.76],
    [96, 1597.44],
    [128, 1925.12],
    [512, 5857.28],
  ])("%d GB: %d MB", (gb, mb) => {
    expect(minFreeBytes(gb * 1024 * MIB) / MIB).toBeCloseTo(mb, 6);
  });

  test("130607 MB: 1920.47 MB, shown as 1920; below 4 GB 6 %", () => {
    expect(minFreeBytes(130_607 * MIB) / MIB).toBeCloseTo(1920.47, 6);
    expect(minFreeBytes(1024 * MIB) / MIB).toBeCloseTo(61.44, 9);
    expect(minFreeBytes(0)).toBe(0);
  });
});

describe("ramps, page by page", () => {
  test("esx2 of 100,000 pages: down at 4, 2, 1 %, up above 2, 4, 6 % and a quarter of the way", () => {
    const free = [...ramp(10_000, 0), ...ramp(0, 10_000)];
    expect(walk("esx2", 100_000, free)).toEqual([
      ["soft", 3999],
      ["hard", 1999],
      ["low", 999],
      ["hard", 2251],
      ["soft", 4501],
      ["high", 6501],
    ]);
  });

  test("esx4 of 1 GB: 64, 32, 16 % of minFree, which is 6 % = 15728.64 pages", () => {
    expect(walk("esx4", 262_144, [...ramp(20_000, 0), ...ramp(0, 20_000)])).toEqual([
      ["soft", 10_066], // 10066.3296
      ["hard", 5033], // 5033.1648
      ["low", 2516], // 2516.5824
      ["hard", 5663], // 32 % and a quarter of 16: 36 % = 5662.3104
      ["soft", 11_325], // 72 % = 11324.6208
      ["high", 17_145], // 109 % = 17144.2176
    ]);
  });

  test("esx6 of 130607 MB: five states, clear below 1920.47 MB, high again above 475 % of it", () => {
    const pages = 130_607 * 256;
    const minFree = 1920.47 * 256;
    const states = walk("esx6", pages, [...ramp(600_000, 0), ...ramp(0, 2_500_000)]);
    expect(states.map(([state]) => state)).toEqual([
      ...["clear", "soft", "hard", "low"],
      ...["hard", "soft", "clear", "high"],
    ]);
    const at = [1, 0.64, 0.32, 0.16].map((part) => Math.ceil(part * minFree) - 1);
    const back = [0.36, 0.72, 1.09, 4.75].map((part) => Math.floor(part * minFree) + 1);
    expect(states.map(([, free]) => free)).toEqual([...at, ...back]);
    expect(memoryThresholds("esx6", pages).breakLargeBelowPages).toBe(Math.ceil(4 * minFree));
  });

  test("several states at once: straight to the worst, and back to the best", () => {
    expect(walk("esx6", 262_144, [100_000, 1, 100_000])).toEqual([
      ["low", 1],
      ["high", 100_000],
    ]);
    expect(walk("esx2", 100_000, [3000, 500, 3000, 5000])).toEqual([
      ["soft", 3000],
      ["low", 500],
      ["hard", 3000],
      ["soft", 5000],
    ]);
  });
});

test("goal: reclaiming to it leaves soft, one page less does not", () => {
  for (const profile of profiles) {
    const thresholds = memoryThresholds(profile, 262_144);
    const { goalPages } = thresholds;
    expect(MEMORY_STATES[nextState(thresholds, 2, goalPages)]).toBe(profile === "esx6" ? "clear" : "high");
    expect(MEMORY_STATES[nextState(thresholds, 2, goalPages - 1)]).toBe("soft");
  }
});

test("actions: nothing in high; ballooning in soft; paging in hard; VMs wait in low", () => {
  for (const profile of profiles) {
    const done = (state: (typeof MEMORY_STATES)[number]) =>
      Object.entries(actionsOf(profile, state))
        .filter(([, is]) => is)
        .map(([action]) => action);
    expect(done("high")).toEqual([]);
    expect(done("soft")).toContain("balloon");
    expect(done("soft")).not.toContain("swap");
    expect(done("hard")).toContain("swap");
    expect(done("hard")).not.toContain("block");
    expect(done("low")).toContain("block");
    expect(done("clear")).toEqual(profile === "esx6" ? ["breakLarge", "share"] : []);
    expect(done("hard").includes("compress")).toBe(profile !== "esx2");
  }
});

const hosts = fc.record({
  profile: fc.constantFrom(...profiles),
  memoryPages: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 201, max: 2 ** 26 })),
  marginPpm: fc.constantFrom(0, 1, 250_000, 1_000_000),
});

test("property: a state once chosen stands while free memory does; it is never better than free memory allows", () => {
  fc.assert(
    fc.property(
      hosts,
      fc.array(fc.double({ min: 0, max: 0.4, noNaN: true }), { maxLength: 40 }),
      ({ profile, memoryPages, marginPpm }, parts) => {
        const thresholds = memoryThresholds(profile, memoryPages, marginPpm);
        const { enterBelowPages, leaveAbovePages } = thresholds;
        let state = 0;
        for (const part of parts) {
          const free = Math.floor(part * memoryPages);
          state = nextState(thresholds, state, free);
          expect(nextState(thresholds, state, free)).toBe(state);
          const worst = enterBelowPages.findLastIndex((pages) => free < pages);
          expect(state).toBeGreaterThanOrEqual(worst);
          if (state > worst) expect(free).toBeLessThanOrEqual(leaveAbovePages[state]!);
          if (profile !== "esx6") expect(MEMORY_STATES[state]).not.toBe("clear");
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("property: noise narrower than the way between threshold and return changes a state once at most", () => {
  fc.assert(
    fc.property(
      hosts,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 60 }),
      ({ profile, memoryPages, marginPpm }, threshold, parts) => {
        const thresholds = memoryThresholds(profile, memoryPages, marginPpm);
        const [low, high] = [thresholds.enterBelowPages[threshold]!, thresholds.leaveAbovePages[threshold]!];
        // All that free memory may be without crossing both: from just below the one up to the other.
        const [from, to] = [Math.max(0, low - 1), high];
        const worse = thresholds.enterBelowPages.findLastIndex((pages) => from < pages);
        let state = 0;
        let changes = 0;
        for (const part of parts) {
          const next = nextState(thresholds, state, from + Math.floor(part * (to - from)));
          changes += next === state ? 0 : 1;
          state = next;
        }
        // On its way down it may stop at a state between.
        expect(changes).toBeLessThanOrEqual(worse);
      },
    ),
    { numRuns: 500 },
  );
});

test.each<[string, () => unknown]>([
  ["memoryPages: expected a whole number of pages, got 1.5", () => memoryThresholds("esx2", 1.5)],
  ["memoryPages: expected a number from 0, got -1", () => memoryThresholds("esx2", -1)],
  ["marginPpm: expected 0 to 1000000, got 1000001", () => memoryThresholds("esx2", 100, 1_000_001)],
  ["memoryBytes: expected a number from 0, got NaN", () => minFreeBytes(Number.NaN)],
])("rejects: %s", (message, call) => {
  expect(call).toThrow(new RangeError(message));
});
