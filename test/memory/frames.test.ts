// Goal: the lowest free frame goes first, zone by zone; blocks, lists and counters follow; out of frames is an answer.
// Method: one host of two zones by hand, then frees in any order.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { baseOf } from "../support/twin.ts";
import { BUILDS, coreOf, NO_MPN } from "../support/world.ts";

const POISON = 0xdbdb_dbdb_dbdb_dbdbn;

describe.each(BUILDS)("frames, %s core", (build) => {
  test("a host of two nodes gives its first zone, then its second, then none", () => {
    // 1025 pages: 512 on node 0, 513 on node 1; zones begin at blocks.
    const { wasm, columns } = coreOf(
      { hosts: [{ memoryPages: 1025, nodes: 2 }], vms: [{ pages: 1025 }] },
      build,
    );
    expect([...columns.zoneFirst]).toEqual([0, 512]);
    expect([...columns.zonePages]).toEqual([512, 513]);
    expect([...columns.zoneNode]).toEqual([0, 1]);
    expect([...columns.blockFreePages]).toEqual([512, 512, 1]);
    expect([...columns.blockZone]).toEqual([0, 1, 1]);
    const given = Array.from({ length: 1025 }, () => wasm.frames_allocate(0) >>> 0);
    expect(given).toEqual(Array.from({ length: 1025 }, (_, at) => at));
    expect(wasm.frames_allocate(0) >>> 0).toBe(NO_MPN);
    expect([columns.hostUsedPages[0], ...columns.zoneFreePages]).toEqual([1025, 0, 0]);
    expect([...columns.blockFreePages]).toEqual([0, 0, 0]);
  });

  test("a freed frame is poisoned and is the next to go", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 600 }] }, build);
    for (let at = 0; at < 600; at += 1) wasm.frames_allocate(0);
    columns.mpnContent.setBig(530, 99n);
    expect(wasm.frames_release(0, 530)).toBe(0);
    expect(wasm.frames_release(0, 20)).toBe(0);
    expect(columns.mpnContent.big(530)).toBe(POISON);
    expect([...columns.blockFreePages]).toEqual([1, 1]);
    expect(wasm.frames_allocate(0)).toBe(20);
    expect(wasm.frames_allocate(0)).toBe(530);
    expect(wasm.frames_allocate(0) >>> 0).toBe(NO_MPN);
  });

  test("freed real bytes are poisoned to the last", () => {
    const { wasm, columns } = coreOf({ content: "bytes", vms: [{ pages: 3 }] }, build);
    wasm.fault_writePage(1, 77n);
    wasm.fault_dropPage(1);
    expect(columns.mpnBytes.subarray(0, 4096).every((byte) => byte === 0xdb)).toBe(true);
  });

  test("a block is whole exactly while all of its 512 frames are free", () => {
    const core = coreOf({ vms: [{ pages: 1024 }] }, build);
    const { wasm, columns } = core;
    const bits = baseOf(core, columns.blockWordBits);
    const whole = (): number[] => [0, 1].filter((block) => wasm.bits_hasBit(bits, block));
    expect(whole()).toEqual([0, 1]);
    wasm.frames_allocate(0);
    expect(whole()).toEqual([1]);
    wasm.frames_allocate(0);
    wasm.frames_release(0, 0);
    expect(whole()).toEqual([1]);
    wasm.frames_release(0, 1);
    expect(whole()).toEqual([0, 1]);
  });

  test("one of two references leaves, the frame stays", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 4 }] }, build);
    const mpn = wasm.frames_allocate(0);
    wasm.refcount_increment(mpn);
    columns.mpnContent.setBig(mpn, 5n);
    expect(wasm.frames_release(0, mpn)).toBe(1);
    expect([columns.mpnContent.big(mpn), columns.hostUsedPages[0]]).toEqual([5n, 1]);
  });

  test("rejects: a frame of another host, and one that is free", () => {
    const { wasm } = coreOf({ hosts: [4, 4], vms: [{ pages: 4 }, { pages: 4, host: 1 }] }, build);
    const mpn = wasm.frames_allocate(1);
    expect(mpn).toBe(512);
    expect(() => wasm.frames_release(0, mpn)).toThrow(/assembly\/memory\/frames\.ts:\d+/);
    expect(() => wasm.frames_release(0, 2)).toThrow(/assembly\/memory\/refcount\.ts:\d+/);
  });
});

test("property: the order of frees leaves no trace", () => {
  const small = { vms: [{ pages: 1000 }] };
  const frees = fc.uniqueArray(fc.nat({ max: 999 }), { maxLength: 200 });
  fc.assert(
    fc.property(frees, (order) => {
      const bits = [order, [...order].sort((a, b) => a - b)].map((mpns) => {
        const { wasm, columns } = coreOf(small);
        for (let at = 0; at < 1000; at += 1) wasm.frames_allocate(0);
        for (const mpn of mpns) wasm.frames_release(0, mpn);
        return [...columns.frameWordBits.words, ...columns.blockFreePages, ...columns.blockWordBits.words];
      });
      expect(bits[0]).toEqual(bits[1]);
    }),
    { seed: 512, numRuns: 30 },
  );
});
