// Goal: hint, share, break, forbid, as ESX did: each step of the published algorithm by hand.
// Method: a few pages of known content, visited one by one; the anything-goes part is twin.test.ts.

import { describe, expect, test } from "vitest";
import { BUILDS, type Build, coreOf, FLAG, type SmallScenario } from "../support/world.ts";

const [SKIPPED, HINTED, SHARED, FALSE_MATCH] = [0, 1, 2, 3];

/** Pages of one VM with these contents. */
function memoryOf(contents: readonly bigint[], build: Build, small: Partial<SmallScenario> = {}) {
  const core = coreOf({ vms: [{ pages: contents.length }], ...small }, build);
  contents.forEach((id, ppn) => {
    core.wasm.fault_writePage(ppn, id);
  });
  const { columns } = core;
  const host = () => ({
    used: columns.hostUsedPages[0],
    shared: columns.hostSharedPages[0],
    common: columns.hostCommonPages[0],
    hints: columns.hostHintPages[0],
  });
  return { ...core, host, visit: (ppn: number) => core.wasm.pageSharing_visitPage(ppn) };
}

describe.each(BUILDS)("page sharing, %s core", (build) => {
  test("three equal pages end on the first one's frame", () => {
    const { visit, columns, wasm, host } = memoryOf([7n, 7n, 9n, 7n], build);
    expect([0, 1, 2, 3].map(visit)).toEqual([HINTED, SHARED, HINTED, SHARED]);
    expect([...columns.ppnMpn.subarray(0, 4)]).toEqual([0, 0, 2, 0]);
    expect([0, 1, 2, 3].map((mpn) => wasm.refcount_of(mpn))).toEqual([3, 0, 1, 0]);
    expect(host()).toEqual({ used: 2, shared: 3, common: 1, hints: 1 });
    expect([0, 1, 2, 3].map((ppn) => columns.ppnFlags[ppn]! & FLAG.cow)).toEqual([2, 2, 0, 2]);
    wasm.recount_vm(0);
    expect([columns.vmSharedPages[0], columns.vmSavedFraction[0]]).toEqual([3, 2]);
  });

  test("a second visit skips: shared or hinted, there is nothing to do", () => {
    const { visit, host } = memoryOf([7n, 7n, 9n], build);
    [0, 1, 2].forEach(visit);
    const before = host();
    expect([0, 1, 2].map(visit)).toEqual([SKIPPED, SKIPPED, SKIPPED]);
    expect(host()).toEqual(before);
  });

  test("a write to a shared page breaks it with a private copy; the others keep theirs", () => {
    const { visit, columns, wasm, host } = memoryOf([7n, 7n, 7n], build);
    [0, 1, 2].forEach(visit);
    expect(wasm.fault_writePage(1, 8n)).toBe(1);
    expect([...columns.ppnMpn.subarray(0, 3)]).toEqual([0, 1, 0]);
    expect([columns.mpnContent.big(0), columns.mpnContent.big(1)]).toEqual([7n, 8n]);
    expect(host()).toEqual({ used: 2, shared: 2, common: 1, hints: 0 });
    expect(columns.vmCowBreaks.get(0)).toBe(1);
  });

  test("the last page on a shared frame is shared no more, keeps the frame, and forgets the file at its write", () => {
    const { visit, columns, wasm, host } = memoryOf([7n, 7n], build);
    [0, 1].forEach(visit);
    wasm.fault_writePage(0, 1n);
    expect(host()).toEqual({ used: 2, shared: 0, common: 0, hints: 0 });
    expect(columns.worldTableEntries[0]).toBe(1);
    expect(columns.ppnFlags[1]! & FLAG.cow).toBe(FLAG.cow);
    wasm.fault_writePage(1, 2n);
    expect(columns.ppnMpn[1]).toBe(0);
    expect(columns.ppnFlags[1]! & FLAG.cow).toBe(0);
    expect([columns.worldTableEntries[0], columns.vmCowBreaks.get(0)]).toEqual([0, 2]);
  });

  test("a frame whose pages have all but one left is found and shared again", () => {
    const { visit, wasm, host } = memoryOf([7n, 7n], build);
    [0, 1].forEach(visit);
    wasm.fault_writePage(0, 1n);
    wasm.fault_writePage(0, 7n);
    expect(visit(0)).toBe(SHARED);
    expect(host()).toEqual({ used: 1, shared: 2, common: 1, hints: 0 });
  });

  test("a stale hint is dropped when somebody else comes by, not before", () => {
    const { visit, columns, wasm, host } = memoryOf([7n, 7n], build);
    expect(visit(0)).toBe(HINTED);
    wasm.fault_writePage(0, 8n);
    expect(host().hints).toBe(1);
    expect(visit(1)).toBe(HINTED);
    expect(host().hints).toBe(1);
    expect(columns.worldHintsDropped.get(0)).toBe(1);
    expect(visit(0)).toBe(HINTED);
    expect(host().hints).toBe(2);
  });

  test("a hint of a page that is gone is stale", () => {
    const { visit, columns, wasm } = memoryOf([7n, 7n], build);
    visit(0);
    wasm.fault_dropPage(0);
    expect(visit(1)).toBe(HINTED);
    expect(columns.worldHintsDropped.get(0)).toBe(1);
  });

  test("one hash bit: a page that matches the hash but not the content is ineligible until it is written", () => {
    // The lowest id whose hash has the lowest bit of the zero page's.
    const { visit, columns, wasm, host } = memoryOf([0n, 0n, 0n], build, { sharing: { hashBits: 1 } });
    const partner = [1n, 2n, 3n, 4n, 5n, 6n].find((id) => {
      const probe = memoryOf([0n, id], build, { sharing: { hashBits: 1 } });
      return [0, 1].map(probe.visit)[1] === FALSE_MATCH;
    });
    wasm.fault_writePage(1, partner!);
    expect([0, 1, 2].map(visit)).toEqual([HINTED, FALSE_MATCH, SHARED]);
    expect(columns.ppnFlags[1]! & FLAG.ineligible).toBe(FLAG.ineligible);
    expect(columns.vmFalseMatches.get(0)).toBe(1);
    expect(visit(1)).toBe(SKIPPED);
    wasm.fault_writePage(1, 0n);
    expect(columns.ppnFlags[1]! & FLAG.ineligible).toBe(0);
    expect(visit(1)).toBe(SHARED);
    expect(host()).toEqual({ used: 1, shared: 3, common: 1, hints: 0 });
  });

  test("two hosts: equal pages do not meet", () => {
    const small = { hosts: [2, 2], vms: [{ pages: 2 }, { pages: 2, host: 1 }] };
    const { wasm, columns } = coreOf(small, build);
    for (const ppn of [0, 1, 512, 513]) wasm.fault_writePage(ppn, 5n);
    expect([0, 512, 1, 513].map((ppn) => wasm.pageSharing_visitPage(ppn))).toEqual([1, 1, 2, 2]);
    expect([...columns.hostCommonPages]).toEqual([1, 1]);
    expect([...columns.hostUsedPages]).toEqual([1, 1]);
  });

  test.each([
    ["none", 1],
    ["group", 3],
    ["vm", 4],
  ] as const)("salting %s: four tenants end on %i frames", (salting, frames) => {
    const vms = [
      { pages: 1, salt: "red" },
      { pages: 1, salt: "red" },
      { pages: 1, salt: "blue" },
    ];
    const { wasm, columns } = coreOf(
      { vms: [...vms, { pages: 1 }, { pages: 1 }], sharing: { salting } },
      build,
    );
    for (let vm = 0; vm < 5; vm += 1) wasm.fault_readPage(512 * vm);
    for (let vm = 0; vm < 5; vm += 1) wasm.pageSharing_visitPage(512 * vm);
    expect(columns.hostUsedPages[0]).toBe(frames);
  });

  test.each([
    ["another tenant", 512, 1, 2],
    ["another host", 1024, 2, 512],
  ])(
    "tags that collide with those of %s, the salt being forged equal, make nobody share",
    (_, ppn, vm, mpn) => {
      const vms = [
        { pages: 2, salt: "red" },
        { pages: 2, salt: "blue" },
        { pages: 2, salt: "red", host: 1 },
      ];
      const { wasm, columns } = coreOf({ hosts: [10, 10], vms, sharing: { salting: "group" } }, build);
      for (const page of [0, 1, ppn]) wasm.fault_writePage(page, 7n);
      for (const page of [0, 1]) wasm.pageSharing_visitPage(page);
      columns.vmSalt.setBig(vm, columns.vmSalt.big(0));
      expect(wasm.pageSharing_visitPage(ppn)).toBe(HINTED);
      expect([columns.ppnMpn[ppn], wasm.refcount_of(0)]).toEqual([mpn, 2]);
    },
  );

  test("out of frames: a shared page that cannot be broken stays shared, with its content", () => {
    const { visit, wasm, columns, host } = memoryOf([7n, 7n], build, { hosts: [2], vms: [{ pages: 3 }] });
    [0, 1].forEach(visit);
    expect(wasm.fault_writePage(2, 3n)).toBe(1);
    expect(wasm.fault_writePage(1, 4n)).toBe(0);
    expect(columns.mpnContent.big(columns.ppnMpn[1]!)).toBe(7n);
    expect(host()).toEqual({ used: 2, shared: 2, common: 1, hints: 0 });
    expect(columns.vmCowBreaks.get(0)).toBe(0);
  });

  test("real bytes share like ids do, and are compared in full", () => {
    const { visit, columns, host } = memoryOf([7n, 7n, 9n], build, { content: "bytes" });
    // The same hash, as far as the core knows, but one byte apart.
    expect(visit(0)).toBe(HINTED);
    columns.mpnBytes[4096 + 4095]! ^= 1;
    columns.mpnHash.setBig(1, columns.mpnHash.big(0));
    expect(visit(1)).toBe(FALSE_MATCH);
    columns.mpnBytes[4096 + 4095]! ^= 1;
    columns.ppnFlags[1]! &= ~(FLAG.visited | FLAG.ineligible);
    columns.vmUnvisitedPages[0]! += 1;
    expect(visit(1)).toBe(SHARED);
    expect(host().shared).toBe(2);
  });
});
