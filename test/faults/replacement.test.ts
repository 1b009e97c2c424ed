// Goal: every policy counts what its book says, and keeps the laws of its kind.
// Method: traces a reader can follow; then, on any trace, the naive twins, and what theory knows.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  lruCurve,
  REPLACEMENT_POLICIES,
  type ReplacementPolicy,
  replacementFaults,
  usualFrames,
} from "../../src/faults/index.ts";
import { randomWords } from "../../src/faults/yardsticks.ts";
import { pageTraceOf } from "../../src/trace/index.ts";
import { type Reference, replacementModel, scanOpt } from "../model/replacement.ts";

/** Pages as digits, written ones behind a `w`: `12w3`. */
function referencesOf(text: string): Reference[] {
  return [...text.matchAll(/(w?)(\d)/g)].map(([, w, page]) => ({ page: Number(page), write: w === "w" }));
}

const traceOf = (references: readonly Reference[]) =>
  pageTraceOf(
    references.map(({ page }) => page),
    references.map(({ write }) => write),
  );

function countsOf(policy: ReplacementPolicy, references: readonly Reference[], frames: number, seed = 1) {
  const [result] = replacementFaults(traceOf(references), { frames: [frames], policies: [policy], seed });
  const { faults, writeBacks } = result!;
  return { faults, writeBacks };
}

describe("by hand", () => {
  // Belady, Nelson, Shedler 1969.
  const belady = referencesOf("123412512345");

  test.each([
    ["fifo", 3, 9],
    ["fifo", 4, 10],
    ["lru", 3, 10],
    ["lru", 4, 8],
    ["opt", 3, 7],
    ["opt", 4, 6],
    ["clock", 3, 9],
    ["mru", 4, 6],
  ] as const)("%s with %i frames: %i faults", (policy, frames, faults) => {
    expect(countsOf(policy, belady, frames).faults).toBe(faults);
  });

  test("a victim is written back if it was written since it was loaded, however often; nothing is at the end", () => {
    // 1 is written twice, leaves dirty, comes back clean and leaves clean; 2 and 3 are dirty at the end.
    const references = referencesOf("w1w121w2w3123w2");
    expect(countsOf("lru", referencesOf("w1w1231w2"), 1)).toEqual({ faults: 5, writeBacks: 1 });
    expect(countsOf("fifo", references, 9)).toEqual({ faults: 3, writeBacks: 0 });
    expect(countsOf("lru", referencesOf("w12131"), 2)).toEqual({ faults: 3, writeBacks: 0 });
    expect(countsOf("fifo", referencesOf("w12131"), 2)).toEqual({ faults: 4, writeBacks: 1 });
  });

  test("clock: loading sets the bit, so that the first hand that comes by clears them all", () => {
    // 4 comes: all bits fall, 1 leaves. 2 is used: its bit is set; 5 passes 2 over and takes 3.
    expect(countsOf("clock", referencesOf("12342523"), 3).faults).toBe(6);
    expect(countsOf("fifo", referencesOf("12342523"), 3).faults).toBe(7);
  });

  test("lfu: fewest uses since loading, among equals the oldest use", () => {
    // 4 comes: 2 and 3 have two uses each, 2 the older last one. 2 comes again: 4, dirty, has one.
    expect(countsOf("lfu", referencesOf("11122w33w4123"), 3)).toEqual({ faults: 5, writeBacks: 1 });
  });

  test("mru keeps a loop that LRU loses whole", () => {
    const loop = referencesOf("12345".repeat(20));
    expect(countsOf("lru", loop, 4).faults).toBe(100);
    expect(countsOf("mru", loop, 4).faults).toBeLessThan(30);
  });

  test("arc and 2q keep what is used twice from what passes by once", () => {
    const passing = Array.from({ length: 400 }, (_, at) => ({ page: 100 + at, write: false }));
    const mixed = passing.flatMap((one, at) => [
      { page: at % 5, write: false },
      one,
      { page: at % 5, write: false },
    ]);
    const lru = countsOf("lru", mixed, 8).faults;
    expect(lru).toBe(800);
    expect(countsOf("arc", mixed, 8).faults).toBeLessThan(450);
    expect(countsOf("2q", mixed, 8).faults).toBeLessThan(700);
  });

  test("random: every seed its own run, the same seed the same", () => {
    const references = referencesOf("1234567812345678".repeat(20));
    const runs = [1, 2, 3, 2 ** 40].map((seed) => countsOf("random", references, 4, seed).faults);
    expect(new Set(runs).size).toBeGreaterThan(1);
    expect(countsOf("random", references, 4, 2 ** 40).faults).toBe(runs[3]);
  });

  test("results come policy by policy, frames in the order given", () => {
    const results = replacementFaults(traceOf(belady), { frames: [4, 3], policies: ["fifo", "lru"] });
    expect(results.map(({ policy, frames, faults }) => [policy, frames, faults])).toEqual([
      ["fifo", 4, 10],
      ["fifo", 3, 9],
      ["lru", 4, 8],
      ["lru", 3, 10],
    ]);
    expect(replacementFaults(traceOf(belady)).map(({ frames }) => frames)).toEqual(
      Array.from({ length: 4 }, () => [1, 2, 3, 4]).flat(),
    );
    expect(usualFrames({ pageNumbers: new Float64Array(65) })).toEqual([4, 8, 16, 32, 64]);
  });

  test.each([
    [{ frames: [0] }, /^frames\[0\]: expected a whole number of at least 1, got 0$/],
    [{ frames: [3, 1.5] }, /^frames\[1\].*got 1\.5$/],
    [{ frames: [Number.NaN] }, /got NaN/],
    [{ frames: [1], policies: ["best" as "lru"] }, /^policies\[0\]: expected one of lru, fifo, .*got best$/],
    [{ frames: [1], seed: -1 }, /^seed: expected/],
  ])("refuses %j", (options, says) => {
    expect(() => replacementFaults(traceOf(belady), options)).toThrow(says);
  });

  test("a trace without references has no faults", () => {
    const results = replacementFaults(pageTraceOf([]), { frames: [3], policies: REPLACEMENT_POLICIES });
    expect(results.map(({ faults, writeBacks }) => faults + writeBacks)).toEqual(results.map(() => 0));
  });
});

/** Traces with locality, loops and jumps over few pages. */
const references = fc
  .array(
    fc.record({
      page: fc.integer({ min: 0, max: 14 }),
      write: fc.boolean(),
      times: fc.integer({ min: 1, max: 4 }),
      span: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((runs): Reference[] =>
    runs.flatMap(({ page, write, times, span }) =>
      Array.from({ length: times * span }, (_, at) => ({
        page: (page + (at % span)) % 15,
        write: write && at % 3 === 0,
      })),
    ),
  );
const frames = fc.integer({ min: 1, max: 17 });

describe("properties", () => {
  test.each(REPLACEMENT_POLICIES)("%s counts what its naive twin counts", (policy) => {
    fc.assert(
      fc.property(references, frames, fc.nat(), (all, count, seed) => {
        const { faults, writeBacks } = replacementModel(policy, all, count, randomWords(seed));
        expect(countsOf(policy, all, count, seed)).toEqual({ faults, writeBacks });
      }),
      { numRuns: 400 },
    );
  });

  test("opt: no policy has fewer faults; write-backs lie between those of the best and the worst choice of ties", () => {
    fc.assert(
      fc.property(references, frames, (all, count) => {
        const results = replacementFaults(traceOf(all), { frames: [count], policies: REPLACEMENT_POLICIES });
        const opt = results.find(({ policy }) => policy === "opt")!;
        for (const { faults } of results) expect(faults).toBeGreaterThanOrEqual(opt.faults);
        const [clean, dirty] = [scanOpt(all, count, "clean"), scanOpt(all, count, "dirty")];
        expect([clean.faults, dirty.faults]).toEqual([opt.faults, opt.faults]);
        expect(opt.writeBacks).toBeGreaterThanOrEqual(clean.writeBacks);
        expect(opt.writeBacks).toBeLessThanOrEqual(dirty.writeBacks);
      }),
    );
  });

  test("opt is as good as trying every victim", () => {
    const short = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(short, fc.integer({ min: 1, max: 4 }), (pages, count) => {
        const all = pages.map((page) => ({ page, write: false }));
        expect(countsOf("opt", all, count).faults).toBe(fewest(pages, count));
      }),
    );
  });

  test("lru and opt never fault more with more frames; first references fault with any", () => {
    fc.assert(
      fc.property(references, (all) => {
        const counts = Array.from({ length: 17 }, (_, index) => index + 1);
        const results = replacementFaults(traceOf(all), { frames: counts, policies: ["lru", "opt"] });
        results.forEach(({ policy, faults }, at) => {
          const before = results[at - 1];
          if (before?.policy === policy) expect(faults).toBeLessThanOrEqual(before.faults);
        });
        const distinct = new Set(all.map(({ page }) => page)).size;
        expect(results.at(-1)!.faults).toBe(distinct);
        expect(results[16]).toMatchObject({ faults: distinct, writeBacks: 0 });
      }),
    );
  });

  test("lru: the pages with c frames are among those with c + 1", () => {
    // Equal faults at c and c + 1 over every prefix step: a reference that hits with c hits with c + 1.
    fc.assert(
      fc.property(references, frames, (all, count) => {
        let [few, many] = [0, 0];
        for (let length = 1; length <= Math.min(all.length, 60); length += 1) {
          const { faults } = lruCurve(traceOf(all.slice(0, length)));
          const at = (frames: number): number => faults[Math.min(frames, faults.length - 1)]!;
          const [fewNow, manyNow] = [at(count), at(count + 1)];
          if (fewNow === few) expect(manyNow).toBe(many);
          [few, many] = [fewNow, manyNow];
        }
      }),
      { numRuns: 30 },
    );
  });

  test("the curve holds where time slots are used up again and again", () => {
    // 3000 pages, 200,000 references: the slots close up a dozen times.
    const draw = randomWords(7);
    const pages = Array.from(
      { length: 200_000 },
      (_, at) => (at + (draw() % 8 === 0 ? draw() % 3000 : at % 7)) % 3000,
    );
    const all = pages.map((page, at) => ({ page, write: at % 5 === 0 }));
    const { faults, writeBacks } = lruCurve(traceOf(all));
    for (const count of [1, 7, 100, 1500, 2999]) {
      expect([faults[count], writeBacks[count]]).toEqual(mapLru(all, count));
    }
  });
});

/** Least faults of any choice of victims. */
function fewest(pages: readonly number[], count: number): number {
  let states = new Map<string, number>([["", 0]]);
  for (const page of pages) {
    const next = new Map<string, number>();
    const keep = (set: number[], faults: number): void => {
      const key = set.toSorted().join();
      next.set(key, Math.min(faults, next.get(key) ?? Infinity));
    };
    for (const [key, faults] of states) {
      const set = key === "" ? [] : key.split(",").map(Number);
      if (set.includes(page)) keep(set, faults);
      else if (set.length < count) keep([...set, page], faults + 1);
      else for (const victim of set) keep([...set.filter((one) => one !== victim), page], faults + 1);
    }
    states = next;
  }
  return Math.min(...states.values());
}

/** LRU by the order in which a Map keeps its keys. */
function mapLru(all: readonly Reference[], count: number): [number, number] {
  const held = new Map<number, boolean>();
  let [faults, writeBacks] = [0, 0];
  for (const { page, write } of all) {
    const dirty = held.get(page);
    if (dirty === undefined) {
      faults += 1;
      if (held.size === count) {
        const [victim, wasDirty] = held.entries().next().value!;
        if (wasDirty) writeBacks += 1;
        held.delete(victim);
      }
    } else held.delete(page);
    held.set(page, write || dirty === true);
  }
  return [faults, writeBacks];
}
