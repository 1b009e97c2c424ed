// Goal: victims are drawn uniformly from the pages that have frames of their own, and sharing comes before paging.
// Method: the same VM asked for a page thousands of times, each given back, and a chi-square; boots of zeroed pages.

import { describe, expect, test } from "vitest";
import { pagesWith, shortage } from "../support/shortage.ts";
import { BUILDS, coreOf, worldOf } from "../support/world.ts";

const FOREVER = 10n ** 15n;

/** How often each page is the victim, each rescued again. */
function drawn(pages: number, mapped: readonly number[], draws: number): number[] {
  const core = coreOf(shortage({ vms: [{ pages }], pages, reclaim: { shareFirst: false } }), "release");
  const { wasm, columns } = core;
  for (const ppn of mapped) wasm.fault_writePage(ppn, BigInt(ppn + 1));
  const counts = new Array<number>(pages).fill(0);
  for (let draw = 0; draw < draws; draw += 1) {
    expect(wasm.victims_takePages(0, 1, 0n)).toBe(1);
    const [victim] = pagesWith(columns.ppnFlags, "leaving") as [number];
    counts[victim]! += 1;
    wasm.fault_readPage(victim);
    wasm.victims_pagesWritten(0, FOREVER);
  }
  return counts;
}

function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

describe("victims", () => {
  test("all pages mapped: uniform", () => {
    const counts = drawn(
      50,
      Array.from({ length: 50 }, (_, ppn) => ppn),
      5000,
    );
    // 49 degrees of freedom: 99.9 % of draws lie below 85.4, and as many above 23.98.
    expect(chiSquare(counts)).toBeLessThan(85.4);
    expect(chiSquare(counts)).toBeGreaterThan(23.98);
  });

  test("a tenth mapped, in a lump: uniform among those", () => {
    const mapped = Array.from({ length: 20 }, (_, at) => 90 + at);
    const counts = drawn(200, mapped, 4000);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4000);
    const own = mapped.map((ppn) => counts[ppn]!);
    expect(own.reduce((sum, count) => sum + count, 0)).toBe(4000);
    // 19 degrees of freedom.
    expect(chiSquare(own)).toBeLessThan(43.8);
  });

  test("one page in a thousand is found", () => {
    expect(drawn(1000, [777], 3)[777]).toBe(3);
  });
});

describe.each(BUILDS)("share before swap, %s core", (build) => {
  test("a page on a shared frame is no victim", () => {
    const { wasm, columns } = coreOf(shortage({ vms: [{ pages: 20 }], pages: 20 }), build);
    for (let ppn = 0; ppn < 20; ppn += 1) wasm.fault_writePage(ppn, ppn < 12 ? 5n : BigInt(100 + ppn));
    for (let ppn = 0; ppn < 12; ppn += 1) wasm.pageSharing_visitPage(ppn);
    expect(columns.vmCowPages[0]).toBe(12);
    expect(wasm.victims_takePages(0, 20, 0n)).toBe(8);
    wasm.victims_pagesWritten(0, FOREVER);
    expect(pagesWith(columns.ppnFlags, "swapped")).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  });

  const zeroed = (shareFirst: boolean) => {
    const { wasm, columns } = coreOf(
      shortage({ vms: [{ pages: 200 }], pages: 200, reclaim: { shareFirst } }),
      build,
    );
    for (let ppn = 0; ppn < 200; ppn += 1) wasm.fault_writePage(ppn, ppn < 160 ? 0n : BigInt(ppn));
    wasm.victims_takePages(0, 150, 0n);
    wasm.victims_pagesWritten(0, FOREVER);
    return columns;
  };

  test("zero pages are shared, not written; without it they are written out", () => {
    const first = zeroed(true);
    const [shared, out] = [first.vmSharedFirst.get(0), first.vmSwapOuts.get(0)];
    expect(shared + out).toBeGreaterThanOrEqual(149);
    expect(out).toBeLessThan(45);
    expect(shared).toBeGreaterThan(100);
    // What was chosen first of its kind waits to leave when the second comes: then both stay.
    expect(pagesWith(first.ppnFlags, "swapped").filter((ppn) => ppn < 160)).toEqual([]);
    const without = zeroed(false);
    expect([without.vmSharedFirst.get(0), without.vmSwapOuts.get(0)]).toEqual([0, 150]);
  });

  test("pages that the scan has seen, and found alone, are found by those that it has not", () => {
    const { wasm, columns } = coreOf(shortage({ vms: [{ pages: 2 }], pages: 2 }), build);
    wasm.fault_writePage(0, 5n);
    wasm.pageSharing_visitPage(0);
    wasm.fault_writePage(1, 5n);
    expect(wasm.victims_takePages(0, 2, 0n)).toBeGreaterThan(0);
    wasm.victims_pagesWritten(0, FOREVER);
    expect([columns.hostUsedPages[0], columns.vmGrantedPages[0], columns.vmSwappedPages[0]]).toEqual([
      1, 2, 0,
    ]);
  });
});

test("a reclaiming host shares before it pages out, and pages out what is left, until the target is met", async () => {
  const given = shortage({
    vms: [{ pages: 600, mem: { shares: 1000, minPages: 0, maxPages: 200 } }],
    pages: 600,
    swapPages: 600,
  });
  const world = await worldOf(given, {
    images: { v0: BigUint64Array.from({ length: 600 }, (_, ppn) => (ppn < 350 ? 0n : BigInt(ppn))) },
  });
  while (world.advance(10_000_000_000) !== "until");
  const { columns } = world;
  expect(columns.vmSharedFirst.get(0)).toBeGreaterThan(200);
  const used = columns.vmGrantedPages[0]! - columns.hostSharedPages[0]! + columns.hostCommonPages[0]!;
  expect(used).toBeLessThanOrEqual(200);
  expect(used).toBeGreaterThan(190);
});
