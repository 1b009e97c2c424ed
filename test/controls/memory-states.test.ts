// Goal: minFree is the published table's; states follow each other in order, at the page, and do not flap.
// Method: the table; ramps down and up page by page; noise; random walks against the rule said once more.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MEMORY_STATES,
  type MemoryThresholds,
  memoryThresholds,
  minFreeBytes,
  nextState,
  type StatesKind,
} from "../../src/controls/memory-states.ts";

const MIB = 2 ** 20;
const HYSTERESIS = 5000;
const kinds: readonly StatesKind[] = ["fixed", "min-free", "min-free-5"];

/** States that a series of free pages goes through, each with the free pages at which it was entered. */
function walk(kind: StatesKind, memoryPages: number, free: Iterable<number>): [string, number][] {
  const thresholds = memoryThresholds(kind, memoryPages, HYSTERESIS);
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
  test("fixed, 100,000 pages: down at 4, 2, 1 %, up above 2, 4, 6 % and half a percent", () => {
    const free = [...ramp(10_000, 0), ...ramp(0, 10_000)];
    expect(walk("fixed", 100_000, free)).toEqual([
      ["soft", 3999],
      ["hard", 1999],
      ["low", 999],
      ["hard", 2501],
      ["soft", 4501],
      ["high", 6501],
    ]);
  });

  test("min-free, 1 GB: 64, 32, 16 % of minFree, which is 6 % = 15728.64 pages", () => {
    expect(walk("min-free", 262_144, [...ramp(20_000, 0), ...ramp(0, 20_000)])).toEqual([
      ["soft", 10_066], // 10066.3296
      ["hard", 5033], // 5033.1648
      ["low", 2516], // 2516.5824
      ["hard", 6344], // 32 % = 5033.1648, and the margin, 1310.72
      ["soft", 11_378], // 10066.3296 + 1310.72
      ["high", 17_040], // 15728.64 + 1310.72
    ]);
  });

  test("min-free-5, 130607 MB: five states, clear below 1920.47 MB, high again above 400 % of it", () => {
    const pages = 130_607 * 256;
    const minFree = 1920.47 * 256;
    const states = walk("min-free-5", pages, [...ramp(600_000, 0), ...ramp(0, 2_100_000)]);
    expect(states.map(([state]) => state)).toEqual([
      ...["clear", "soft", "hard", "low"],
      ...["hard", "soft", "clear", "high"],
    ]);
    const at = [1, 0.64, 0.32, 0.16].map((part) => Math.ceil(part * minFree) - 1);
    const margin = (0.005 * minFree) / 0.06;
    const back = [0.32, 0.64, 1, 4].map((part) => Math.floor(part * minFree + margin) + 1);
    expect(states.map(([, free]) => free)).toEqual([...at, ...back]);
  });

  test("several states at once: straight to the worst, and back to the best", () => {
    expect(walk("min-free-5", 262_144, [100_000, 1, 100_000])).toEqual([
      ["low", 1],
      ["high", 100_000],
    ]);
    expect(walk("fixed", 100_000, [3000, 500, 3000, 5000])).toEqual([
      ["soft", 3000],
      ["low", 500],
      ["hard", 3000],
      ["soft", 5000],
    ]);
  });
});

test("goal: reclaiming to it leaves soft, one page less does not", () => {
  for (const kind of kinds) {
    const thresholds = memoryThresholds(kind, 262_144, HYSTERESIS);
    const { goalPages } = thresholds;
    expect(MEMORY_STATES[nextState(thresholds, 2, goalPages)]).toBe(kind === "min-free-5" ? "clear" : "high");
    expect(MEMORY_STATES[nextState(thresholds, 2, goalPages - 1)]).toBe("soft");
  }
});

const hosts = fc.record({
  kind: fc.constantFrom(...kinds),
  memoryPages: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 201, max: 2 ** 26 })),
  hysteresisPpm: fc.constantFrom(0, 1, HYSTERESIS, 100_000),
});
const boundsOf = ({ clear, soft, hard, low }: MemoryThresholds) => [clear, soft, hard, low];
/** Number of the worst state whose threshold is above so many free pages. */
const worstAt = (thresholds: MemoryThresholds, free: number): number =>
  boundsOf(thresholds).findLastIndex(({ below }) => free < below) + 1;

test("property: a state once chosen stands while free memory does; it is never better than free memory allows", () => {
  fc.assert(
    fc.property(
      hosts,
      fc.array(fc.double({ min: 0, max: 0.4, noNaN: true }), { maxLength: 40 }),
      ({ kind, memoryPages, hysteresisPpm }, parts) => {
        const thresholds = memoryThresholds(kind, memoryPages, hysteresisPpm);
        let state = 0;
        for (const part of parts) {
          const free = Math.floor(part * memoryPages);
          state = nextState(thresholds, state, free);
          expect(nextState(thresholds, state, free)).toBe(state);
          const worst = worstAt(thresholds, free);
          expect(state).toBeGreaterThanOrEqual(worst);
          if (state > worst) expect(free).toBeLessThan(boundsOf(thresholds)[state - 1]!.above);
          if (kind !== "min-free-5") expect(MEMORY_STATES[state]).not.toBe("clear");
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("property: noise that does not cross the way from a threshold to the return does not flap", () => {
  fc.assert(
    fc.property(
      hosts,
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 60 }),
      ({ kind, memoryPages, hysteresisPpm }, number, parts) => {
        const thresholds = memoryThresholds(kind, memoryPages, hysteresisPpm);
        const { below, above } = boundsOf(thresholds)[number]!;
        // All that free memory may be: from just below the threshold to just short of the return.
        const [from, to] = [Math.max(0, below - 1), Math.max(0, above - 1)];
        let state = 0;
        const seen = parts.map((part) => {
          state = nextState(thresholds, state, from + Math.floor(part * (to - from)));
          return state;
        });
        // States only get worse, and no worse than the lowest point asks for.
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        expect(state).toBeLessThanOrEqual(worstAt(thresholds, from));
      },
    ),
    { numRuns: 500 },
  );
});

test.each<[string, () => unknown]>([
  ["memoryPages: expected a whole number of pages, got 1.5", () => memoryThresholds("fixed", 1.5, 0)],
  ["memoryPages: expected a number from 0, got -1", () => memoryThresholds("fixed", -1, 0)],
  ["hysteresisPpm: expected 0 to 1000000, got 1000001", () => memoryThresholds("fixed", 100, 1_000_001)],
  ["memoryBytes: expected a number from 0, got NaN", () => minFreeBytes(Number.NaN)],
])("rejects: %s", (message, call) => {
  expect(call).toThrow(new RangeError(message));
});
