// Goal: what is paged out comes back as it went, a page that is touched on its way stays, no place in the file is lost.
// Method: single pages by hand through the doors that the host itself uses; then anything, with the free slots counted.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Core } from "../../src/core/boot.ts";
import { mix64 } from "../model/prng.ts";
import { pagesWith, shortage } from "../support/shortage.ts";
import { BUILDS, type Build, coreOf, FLAG, NO_MPN } from "../support/world.ts";

const FOREVER = 10n ** 15n;

function swapping(
  build: Build,
  given: { pages?: number; host?: number; swapPages?: number; content?: "ids" | "bytes" } = {},
) {
  const { pages = 8, host = pages, ...rest } = given;
  const core = coreOf(
    shortage({ vms: [{ pages }], pages: host, ...rest, reclaim: { clusterPages: 4, shareFirst: false } }),
    build,
  );
  core.wasm.bill_open(0n);
  return core;
}

/** Content behind a page, in a frame or in a slot, as the one word that tells contents apart. */
function wordOf({ columns }: Core, ppn: number): bigint {
  const row = columns.ppnMpn[ppn]!;
  const mapped = (columns.ppnFlags[ppn]! & FLAG.mapped) !== 0;
  const ids = mapped ? columns.mpnContent : columns.swapContent;
  if (ids.length > 0) return ids.big(row);
  const bytes = mapped ? columns.mpnBytes : columns.swapBytes;
  return new DataView(bytes.buffer, bytes.byteOffset + 4096 * row, 4096).getBigUint64(0, true);
}

function freeSlots({ columns, wasm }: Core): number {
  const base = columns.swapWordBits.words.byteOffset;
  let count = 0;
  for (let slot = 0; slot < columns.hostSlotCount[0]!; slot += 1)
    count += wasm.bits_hasBit(base, slot) ? 1 : 0;
  return count;
}

describe.each(BUILDS)("swap, %s core", (build) => {
  test.each(["ids", "bytes"] as const)("out and back as %s: content, frames, places, the wait", (content) => {
    const core = swapping(build, { content });
    const { wasm, columns } = core;
    for (let ppn = 0; ppn < 8; ppn += 1) wasm.fault_writePage(ppn, BigInt(100 + ppn));
    const before = Array.from({ length: 8 }, (_, ppn) => wordOf(core, ppn));

    expect(wasm.victims_takePages(0, 4, 0n)).toBe(4);
    const out = pagesWith(columns.ppnFlags, "leaving");
    expect(out.length).toBe(4);
    expect([columns.vmLeavingPages[0], columns.hostSwapUsed[0], columns.hostUsedPages[0]]).toEqual([4, 4, 8]);

    // 5 µs and four pages of 1 µs.
    wasm.victims_pagesWritten(0, 8999n);
    expect(columns.vmSwappedPages[0]).toBe(0);
    wasm.victims_pagesWritten(0, 9000n);
    expect([columns.vmSwappedPages[0], columns.vmLeavingPages[0]]).toEqual([4, 0]);
    expect([columns.hostUsedPages[0], columns.vmGrantedPages[0], columns.hostSwapUsed[0]]).toEqual([4, 4, 4]);
    expect(pagesWith(columns.ppnFlags, "swapped")).toEqual(out);
    expect(freeSlots(core)).toBe(4);
    expect(Array.from({ length: 8 }, (_, ppn) => wordOf(core, ppn))).toEqual(before);

    wasm.bill_open(20_000n);
    expect(wasm.fault_readPage(out[0]!)).toBe(1);
    expect(columns.worldBillHostNs.get(0)).toBe(31_000);
    for (const ppn of out) expect(wasm.fault_readPage(ppn)).toBe(1);
    expect(Array.from({ length: 8 }, (_, ppn) => wordOf(core, ppn))).toEqual(before);
    expect([columns.vmSwapIns.get(0), columns.vmSwapOuts.get(0), columns.hostSwapUsed[0]]).toEqual([4, 4, 0]);
    expect(freeSlots(core)).toBe(8);
  });

  test("a write to a page that is out leaves the new content; one of zeroes is known to be zero again", () => {
    const core = swapping(build);
    const { wasm, columns } = core;
    for (let ppn = 0; ppn < 8; ppn += 1) wasm.fault_writePage(ppn, ppn < 4 ? 0n : 9n);
    wasm.victims_takePages(0, 8, 0n);
    wasm.victims_pagesWritten(0, FOREVER);
    expect(columns.vmSwappedPages[0]).toBe(8);
    wasm.fault_writePage(5, 77n);
    expect(wordOf(core, 5)).toBe(77n);
    wasm.fault_readPage(2);
    expect(columns.ppnFlags[2]! & FLAG.zero).toBe(FLAG.zero);
    wasm.fault_readPage(6);
    expect(columns.ppnFlags[6]! & FLAG.zero).toBe(0);
  });

  test("touched on its way it stays, and its place is given back when the write is over", () => {
    const core = swapping(build);
    const { wasm, columns } = core;
    for (let ppn = 0; ppn < 8; ppn += 1) wasm.fault_writePage(ppn, BigInt(ppn));
    wasm.victims_takePages(0, 2, 0n);
    const [read, write] = pagesWith(columns.ppnFlags, "leaving") as [number, number];
    wasm.fault_readPage(read);
    wasm.fault_writePage(write, 50n);
    expect([columns.vmLeavingPages[0], columns.hostSwapUsed[0]]).toEqual([0, 2]);
    wasm.victims_pagesWritten(0, FOREVER);
    expect([columns.vmSwappedPages[0], columns.hostSwapUsed[0], columns.hostUsedPages[0]]).toEqual([0, 0, 8]);
    expect([wordOf(core, read), wordOf(core, write)]).toEqual([BigInt(read), 50n]);
    expect(columns.vmSwapOuts.get(0)).toBe(0);
  });

  test("rescued, it is no victim until its write is over; then it may leave, and be rescued, again", () => {
    const { wasm, columns } = swapping(build, { pages: 3 });
    for (let ppn = 0; ppn < 3; ppn += 1) wasm.fault_writePage(ppn, 1n);
    expect(wasm.victims_takePages(0, 3, 0n)).toBe(3);
    for (let ppn = 0; ppn < 3; ppn += 1) wasm.fault_readPage(ppn);
    expect(wasm.victims_takePages(0, 3, 1000n)).toBe(0);
    wasm.victims_pagesWritten(0, 8000n);
    expect(wasm.victims_takePages(0, 3, 10_000n)).toBe(3);
    wasm.fault_readPage(1);
    wasm.victims_pagesWritten(0, FOREVER);
    expect(pagesWith(columns.ppnFlags, "swapped")).toEqual([0, 2]);
    expect(columns.hostSwapUsed[0]).toBe(2);
  });

  test("dropped on its way, and mapped again on the same frame: the old write takes nothing away", () => {
    const { wasm, columns } = swapping(build, { pages: 2 });
    wasm.fault_writePage(0, 5n);
    wasm.victims_takePages(0, 1, 0n);
    wasm.fault_dropPage(0);
    expect([columns.vmLeavingPages[0], columns.hostSwapUsed[0]]).toEqual([0, 1]);
    wasm.fault_writePage(0, 6n);
    expect(columns.ppnMpn[0]).toBe(0);
    wasm.victims_pagesWritten(0, FOREVER);
    expect([columns.vmSwappedPages[0], columns.hostSwapUsed[0], columns.mpnContent.big(0)]).toEqual([
      0,
      0,
      6n,
    ]);
  });

  test("a page that comes to be shared on its way stays: that saved its frame", () => {
    const { wasm, columns } = swapping(build, { pages: 2 });
    wasm.fault_writePage(0, 5n);
    wasm.victims_takePages(0, 1, 0n);
    expect(columns.vmLeavingPages[0]).toBe(1);
    wasm.fault_writePage(1, 5n);
    wasm.pageSharing_visitPage(1);
    wasm.pageSharing_visitPage(0);
    expect(columns.hostUsedPages[0]).toBe(1);
    wasm.victims_pagesWritten(0, FOREVER);
    expect([columns.vmLeavingPages[0], columns.vmSwappedPages[0], columns.hostSwapUsed[0]]).toEqual([
      0, 0, 0,
    ]);
    expect(columns.vmGrantedPages[0]).toBe(2);
  });

  test("dropping a page that is out gives its slot back", () => {
    const core = swapping(build);
    for (let ppn = 0; ppn < 8; ppn += 1) core.wasm.fault_writePage(ppn, 3n);
    core.wasm.victims_takePages(0, 8, 0n);
    core.wasm.victims_pagesWritten(0, FOREVER);
    expect(freeSlots(core)).toBe(0);
    for (let ppn = 0; ppn < 8; ppn += 1) core.wasm.fault_dropPage(ppn);
    expect(freeSlots(core)).toBe(8);
    expect([...core.columns.ppnMpn.subarray(0, 8)]).toEqual(new Array(8).fill(NO_MPN));
    expect([core.columns.hostSwapUsed[0], core.columns.vmSwappedPages[0]]).toEqual([0, 0]);
  });

  test("a full file, or none, takes no more", () => {
    const full = swapping(build, { swapPages: 3 });
    for (let ppn = 0; ppn < 8; ppn += 1) full.wasm.fault_writePage(ppn, 3n);
    expect(full.wasm.victims_takePages(0, 8, 0n)).toBe(3);
    full.wasm.victims_pagesWritten(0, FOREVER);
    expect(full.wasm.victims_takePages(0, 8, FOREVER)).toBe(0);
    expect(full.columns.vmSwappedPages[0]).toBe(3);

    const none = swapping(build, { swapPages: 0 });
    for (let ppn = 0; ppn < 8; ppn += 1) none.wasm.fault_writePage(ppn, 3n);
    expect(none.wasm.victims_takePages(0, 8, 0n)).toBe(0);
  });

  test("at the door: who finds no frame gets one, waits for the write, and nothing is lost", () => {
    const core = swapping(build, { pages: 40, host: 20 });
    const { wasm, columns } = core;
    for (let ppn = 0; ppn < 20; ppn += 1) wasm.fault_writePage(ppn, BigInt(1000 + ppn));
    wasm.bill_open(0n);
    expect(wasm.fault_writePage(30, 7n)).toBe(1);
    // Eight pages in one write: 5 µs and 8 of 1 µs.
    expect(columns.worldBillHostNs.get(0)).toBe(13_000);
    expect([columns.vmSwappedPages[0], columns.hostUsedPages[0]]).toEqual([8, 13]);
    for (let ppn = 0; ppn < 20; ppn += 1) expect(wordOf(core, ppn)).toBe(BigInt(1000 + ppn));
  });

  test("at the door of a host whose file is full: the access is refused, the page keeps what it held", () => {
    const core = swapping(build, { pages: 40, host: 20, swapPages: 2 });
    const { wasm, columns } = core;
    const done = Array.from({ length: 40 }, (_, ppn) => wasm.fault_writePage(ppn, BigInt(1 + ppn)));
    expect(done.filter((way) => way === 1).length).toBe(22);
    expect(columns.vmSwappedPages[0]).toBe(2);
    const held = Array.from({ length: 22 }, (_, ppn) => wordOf(core, ppn));
    expect(held).toEqual(Array.from({ length: 22 }, (_, ppn) => BigInt(1 + ppn)));
  });
});

test("property: whatever is done, a slot is free or one page's, and contents are what was last written", () => {
  const step = fc.tuple(fc.nat(5), fc.nat(63), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200, size: "max" }),
      fc.nat(40),
      fc.nat(64),
      (steps, frames, swapPages) => {
        const small = shortage({ vms: [{ pages: 64 }], pages: 20 + frames, swapPages });
        const core = coreOf(small, "release");
        const { wasm, columns } = core;
        const held = new Map<number, bigint>();
        let at = 0n;
        for (const [kind, page, content] of steps) {
          at += mix64(content) % 20_000n;
          wasm.bill_open(at);
          if (kind === 0 && wasm.fault_readPage(page) === 1) held.set(page, held.get(page) ?? 0n);
          if (kind === 1 && wasm.fault_writePage(page, content) === 1) held.set(page, content);
          if (kind === 2) {
            wasm.fault_dropPage(page);
            held.delete(page);
          }
          if (kind === 3) wasm.victims_takePages(0, page, at);
          if (kind === 4) wasm.victims_pagesWritten(0, at);
          if (kind === 5) wasm.pageSharing_visitPage(page);
        }
        for (const [ppn, content] of held) expect(wordOf(core, ppn)).toBe(content);
        const out = pagesWith(columns.ppnFlags, "swapped");
        expect(new Set(out.map((ppn) => columns.ppnMpn[ppn])).size).toBe(out.length);
        expect(columns.vmSwappedPages[0]).toBe(out.length);
        if (swapPages > 0) expect(freeSlots(core)).toBe(columns.hostSlotCount[0]! - out.length);
        const rows = (columns.hostPageOutHead[0]! - columns.hostPageOutTail[0]!) >>> 0;
        expect(columns.hostSwapUsed[0]).toBe(out.length + rows);
        for (let ppn = 0; ppn < 64; ppn += 1) {
          if (!held.has(ppn)) expect(columns.ppnMpn[ppn]).toBe(NO_MPN);
        }
      },
    ),
    { numRuns: 200 },
  );
});
