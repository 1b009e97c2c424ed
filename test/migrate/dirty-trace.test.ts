// Goal: measured dirtying is replayed exactly, tables of counts are read with bounds, damaged files refused by byte or line.
// Method: series made by hand; the measured ones where they are, held against window counts made by another program.

import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replay } from "../../src/migrate/dirty-replay.ts";
import { type DirtySeries, parseDirtySeries, seriesOf } from "../../src/migrate/dirty-series.ts";
import { dirtyTraceOf, planMigration, readDirtyTrace } from "../../src/migrate/index.ts";
import { predictDowntimes, windowPages } from "../../src/migrate/writable-working-set.ts";

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];

/** Bytes of a series whose samples are lists of pages in increasing order. */
function packed(span: number, samples: readonly (readonly number[])[], everyMs = 100): Uint8Array {
  const body = samples.flatMap((pages, index) => {
    let end = 0;
    const runs = pages.flatMap((page) => {
      const gap = page - end;
      end = page + 1;
      return [...varint(gap), ...varint(1)];
    });
    return [...varint(index === 0 ? 0 : everyMs), ...varint(pages.length), ...runs];
  });
  return Uint8Array.from([
    68,
    84,
    90,
    49,
    ...varint(everyMs),
    ...varint(span),
    ...varint(samples.length),
    ...body,
  ]);
}
const made = (span: number, samples: readonly (readonly number[])[]): DirtySeries =>
  parseDirtySeries(packed(span, samples), "made");

describe("bitmap series", () => {
  const series = made(300, [[0, 1, 2], [5, 6], [6, 200], []]);

  test("the first sample is dropped; unions, cut intervals, and from the start again", () => {
    const dirtying = replay(series);
    expect(series.samples.length).toBe(3);
    expect([0.1, 0.2, 0.3, 5].map((seconds) => dirtying.distinct(0, seconds))).toEqual([2, 3, 3, 3]);
    expect(dirtying.distinct(0.05, 0.05)).toBe(1);
    expect(dirtying.distinct(0.2, 0.1)).toBe(0);
    expect(dirtying.distinct(0.2, 0.2)).toBe(2);
    expect(dirtying.hotPages).toBe(3);
  });

  test("waiting pages leave in the order of memory and are not counted twice", () => {
    const set = replay(series).waitingSet(0);
    expect(set.add(0, 0.1)).toBe(2);
    set.take(1);
    expect(set.pages).toBe(1);
    expect(set.add(0.1, 0.1)).toBe(1);
    set.take(1.5);
    expect(set.pages).toBeCloseTo(0.5);
    set.take(10);
    expect(set.pages).toBe(0);
  });

  test("damaged: magic, cut off, pages beyond the span, rest, no samples", () => {
    const good = packed(10, [[1], [2], [3]]);
    const cases: [Uint8Array, RegExp][] = [
      [good.with(0, 0x45), /^made: expected a series that begins DTZ1/],
      [good.slice(0, -1), /expected a gap|a run's length|a number of runs/],
      [packed(2, [[1], [2]]), /expected pages below 2, got page 2/],
      [Uint8Array.from([...good, 0]), /expected the end, got more bytes/],
      [packed(10, [[1]]), /expected at least two samples/],
      [Uint8Array.from([68, 84, 90, 49, 100, 10, 255, 255, 255, 127]), /expected samples/],
    ];
    for (const [bytes, message] of cases) expect(() => parseDirtySeries(bytes, "made")).toThrow(message);
  });

  test("property: distinct pages are those of a Set, in any window", () => {
    const pages = fc.uniqueArray(fc.nat(20), { maxLength: 12 }).map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        fc.array(pages, { minLength: 2, maxLength: 12 }),
        fc.nat(30),
        fc.nat(30),
        (samples, first, count) => {
          const dirtying = replay(made(21, [[], ...samples]));
          const set = new Set<number>();
          for (let i = 0; i < Math.min(count, samples.length); i += 1) {
            for (const page of samples[(first + i) % samples.length]!) set.add(page);
          }
          expect(dirtying.distinct(first / 10, count / 10)).toBe(set.size);
        },
      ),
    );
  });
});

test("predicted downtimes: rounds never make them longer than the memory takes, and they follow the arithmetic", () => {
  // 100 pages written over and over: the second round sends them, and so on.
  const pages = Array.from({ length: 100 }, (_, page) => page);
  const series = made(100, [[], pages, pages, pages, pages]);
  const told = predictDowntimes(series, {
    bandwidthsBitsPerS: [4096 * 8 * 1000],
    roundsMax: 2,
    memoryPages: 500,
  });
  expect(told.map(({ rounds, downtimeNs }) => [rounds, downtimeNs.mean])).toEqual([
    [0, 500e6],
    [1, 100e6],
    [2, 100e6],
  ]);
});

describe("tables", () => {
  const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join("\n"));
  const intervals = [
    "t_ms,dirty_pages,new_pages,cumulative_distinct_pages",
    "0,50,50,50",
    "100,10,2,52",
    "200,8,0,52",
    "300,9,1,53",
  ];

  test("per interval: exact for one, in bounds for more", () => {
    const { mean, low, high } = dirtyTraceOf(text(intervals), "i.csv");
    expect(mean.distinct(0, 0.1)).toBeCloseTo(9);
    expect(low.distinct(0, 0.3)).toBeCloseTo(10);
    expect(mean.distinct(0, 0.3)).toBeCloseTo(3 + 8);
    expect(high.distinct(0, 0.3)).toBeCloseTo(27);
  });

  test("per window: mean, least, largest, of the program asked for", () => {
    const windows = [
      "program,window_ms,windows,mean_distinct_dirty_pages,min,max",
      "a,100,9,10,5,20",
      "b,100,9,1,1,1",
    ];
    const { mean, low, high } = dirtyTraceOf(text(windows), "w.csv", { program: "a" });
    expect([mean, low, high].map((one) => one.distinct(0, 0.1))).toEqual([10, 5, 20]);
    expect(() => dirtyTraceOf(text(windows), "w.csv")).toThrow(
      /w\.csv:1: expected --program a\|b, got none, of several/,
    );
    expect(() => dirtyTraceOf(text(windows), "w.csv", { program: "c" })).toThrow(
      /expected one of a, b, got c/,
    );
  });

  test("bad rows are told by their line", () => {
    expect(() => dirtyTraceOf(text(["a,b", "1,2"]), "x.csv")).toThrow(
      /x\.csv:1: expected a DTZ1 series, or columns t_ms/,
    );
    expect(() => dirtyTraceOf(text([intervals[0]!, "0,1,1"]), "x.csv")).toThrow(
      /x\.csv:2: expected 4 columns, got 3/,
    );
    expect(() => dirtyTraceOf(text([...intervals, "400,x,0,1"]), "x.csv")).toThrow(
      /x\.csv:6: expected a number in dirty_pages, got x/,
    );
    expect(() => dirtyTraceOf(text([...intervals, "300,1,0,1"]), "x.csv")).toThrow(
      /x\.csv:6: expected a later time/,
    );
    expect(() => dirtyTraceOf(text([""]), "x.csv")).toThrow(/got nothing/);
    expect(() => dirtyTraceOf(Uint8Array.of(1, 0, 2), "x.csv")).toThrow(/got other bytes/);
  });

  test("a trace larger than the VM is refused", () => {
    const dirtying = replay(made(300, [[], [299], [1]]));
    const plan = (memory: string): unknown => planMigration({ memory, bandwidth: "1Gbit/s", dirtying });
    expect(() => plan("4KiB")).toThrow(/dirtying {2}expected at most the memory's 1 pages, got 2 pages/);
    expect(() => plan("8KiB")).not.toThrow();
  });

  test("an empty series is none", () => {
    expect(() => seriesOf("x", 1, [])).toThrow(/at least two samples/);
  });
});

const folder = new URL("../../../shared/oracles/dirty/", import.meta.url);
const isThere = existsSync(new URL("gcc.dtz.zst", folder));
if (!isThere) console.warn("skipped: ../shared/oracles/dirty is not here");

describe.skipIf(!isThere)("measured programs", () => {
  const [, ...rows] = isThere
    ? readFileSync(new URL("wws_windows.csv", folder), "utf8").trim().split(/\r?\n/)
    : [];

  test.each(["gcc", "python", "xz"])(
    "%s: windows as counted elsewhere, the same from its counts within 15 %",
    async (program) => {
      const { series } = await readDirtyTrace(new URL(`${program}.dtz.zst`, folder).pathname);
      const found = windowPages(series!).map(
        ({ windowNs, windows, pages }) =>
          `${program},${windowNs / 1e6},${windows},${pages.mean.toFixed(1)},${pages.min},${pages.max}`,
      );
      expect(found).toEqual(rows.filter((row) => row.startsWith(`${program},`)));
      const counts = await readDirtyTrace(new URL(`${program}.csv`, folder).pathname);
      for (const { windowNs, pages } of windowPages(series!)) {
        const estimate = counts.mean.distinct(0, windowNs / 1e9);
        expect(Math.abs(estimate / pages.mean - 1), `${windowNs / 1e6} ms`).toBeLessThan(0.15);
      }
    },
  );
});
