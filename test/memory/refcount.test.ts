// Goal: reference counts go past 16 bits and back, and the overflow table keeps several of them apart.
// Method: the border 65,534 … 65,537 by hand, then frames that collide in a table of few rows, against a Map.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUILDS, coreOf } from "../support/world.ts";

describe.each(BUILDS)("refcount, %s core", (build) => {
  test("65,534 is the last of 16 bits; 65,535 and more stand in the overflow table", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 10 }] }, build);
    columns.mpnRefcount[7] = 65_533;
    expect(wasm.refcount_increment(7)).toBe(65_534);
    expect([...columns.overflowMpn]).toEqual([0, 0]);
    expect(wasm.refcount_increment(7)).toBe(65_535);
    expect(columns.mpnRefcount[7]).toBe(65_535);
    expect([...columns.overflowPpns].sort()).toEqual([0, 65_535]);
    expect(wasm.refcount_increment(7)).toBe(65_536);
    expect(wasm.refcount_increment(7)).toBe(65_537);
    expect(wasm.refcount_of(7)).toBe(65_537);
    for (const left of [65_536, 65_535]) expect(wasm.refcount_decrement(7)).toBe(left);
    expect(columns.mpnRefcount[7]).toBe(65_535);
    expect(wasm.refcount_decrement(7)).toBe(65_534);
    expect(columns.mpnRefcount[7]).toBe(65_534);
    expect([...columns.overflowMpn, ...columns.overflowPpns]).toEqual([0, 0, 0, 0]);
    expect(wasm.refcount_of(7)).toBe(65_534);
  });

  test("rejects: a frame without references loses none", () => {
    const { wasm } = coreOf({ vms: [{ pages: 10 }] }, build);
    expect(() => wasm.refcount_decrement(3)).toThrow(/assembly\/memory\/refcount\.ts:\d+/);
  });
});

test("property: frames in a crowded overflow table keep their counts", () => {
  // 4 * 65,536 pages could make 4 such frames: 10 rows. Here up to 9 frames are large, so that probes meet.
  const { wasm, columns } = coreOf({ hosts: [512], vms: [{ pages: 4 * 65_536 }] }, "release");
  expect(columns.overflowMpn.length).toBe(10);
  const step = fc.record({
    mpn: fc.nat({ max: 8 }).map((row) => 10 * row + 3),
    up: fc.nat({ max: 4 }).map((draw) => draw < 3),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
      columns.overflowMpn.fill(0);
      columns.overflowPpns.fill(0);
      columns.mpnRefcount.fill(65_534);
      const counts = new Map<number, number>();
      for (const { mpn, up } of steps) {
        const count = (counts.get(mpn) ?? 65_534) + (up ? 1 : -1);
        counts.set(mpn, count);
        expect(up ? wasm.refcount_increment(mpn) : wasm.refcount_decrement(mpn)).toBe(count);
      }
      for (const [mpn, count] of counts) expect(wasm.refcount_of(mpn)).toBe(count);
      const large = [...counts.values()].filter((count) => count >= 65_535).length;
      expect(columns.overflowMpn.filter((tagged) => tagged > 0).length).toBe(large);
    }),
    { seed: 65_535, numRuns: 200 },
  );
});

test("70,000 zero pages of one VM end on one frame, and leave it again", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 70_000 }] }, "release");
  for (let ppn = 0; ppn < 70_000; ppn += 1) {
    wasm.fault_readPage(ppn);
    wasm.pageSharing_visitPage(ppn);
  }
  expect(columns.hostUsedPages[0]).toBe(1);
  expect([columns.hostSharedPages[0], columns.hostCommonPages[0]]).toEqual([70_000, 1]);
  expect(wasm.refcount_of(0)).toBe(70_000);
  wasm.recount_vm(0);
  expect(columns.vmSharedPages[0]).toBe(70_000);
  expect(columns.vmSavedFraction[0]).toBeCloseTo(69_999, 4);
  for (let ppn = 0; ppn < 5_000; ppn += 1) wasm.fault_writePage(ppn, BigInt(ppn + 1));
  expect(wasm.refcount_of(0)).toBe(65_000);
  expect(columns.mpnRefcount[0]).toBe(65_000);
  expect([columns.hostUsedPages[0], columns.hostSharedPages[0]]).toEqual([5_001, 65_000]);
  expect(columns.overflowMpn.every((tagged) => tagged === 0)).toBe(true);
});
