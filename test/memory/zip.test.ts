// Goal: the compression cache keeps to its cap and its rule, passes its oldest pages on, and gives every page back as it went.
// Method: contents whose modelled size is chosen by the two cut points: all to a quarter, all to a half, none; bytes by hand.

import { describe, expect, test } from "vitest";
import { pagesWith, shortage } from "../support/shortage.ts";
import { BUILDS, type Build, coreOf, FLAG } from "../support/world.ts";

const FOREVER = 10n ** 15n;
const PAGES = 100;

interface Sizes {
  readonly quarter?: number;
  readonly half?: number;
  readonly cap?: number;
  readonly swapPages?: number;
  readonly content?: "ids" | "bytes";
}

/** A VM of 100 pages; of its memory `cap` may be its cache. */
function zipping(build: Build, { quarter = 0, half = 0, cap = 100_000, swapPages, content = "ids" }: Sizes) {
  const reclaim = { zipPpm: cap, zipQuarterPpm: quarter, zipHalfPpm: half, shareFirst: false };
  // Frames to spare: nobody is kept waiting at the door.
  const given = { vms: [{ pages: PAGES }], pages: 104, reclaim, content };
  const core = coreOf(shortage({ ...given, ...(swapPages === undefined ? {} : { swapPages }) }), build);
  core.wasm.bill_open(0n);
  for (let ppn = 0; ppn < PAGES; ppn += 1) core.wasm.fault_writePage(ppn, BigInt(5000 + ppn));
  return core;
}

describe.each(BUILDS)("zip, %s core", (build) => {
  test("what compresses to a quarter: four to a frame, up to the cap; the oldest go on to the swap file", () => {
    const { wasm, columns } = zipping(build, { quarter: 1_000_000, half: 1_000_000 });
    expect(wasm.victims_takePages(0, 40, 0n)).toBe(40);
    // 10 % of 100 pages are 10 frames of 4 KiB.
    expect([columns.vmCompressedPages[0], columns.vmZipUnits[0], columns.vmZipFrames[0]]).toEqual([
      40, 40, 10,
    ]);
    expect([columns.hostUsedPages[0], columns.hostZipFrames[0]]).toEqual([60, 10]);
    expect(columns.vmSwappedPages[0]).toBe(0);
    const oldest = [...columns.zipPpn.subarray(0, 3)];
    expect(wasm.victims_takePages(0, 3, 0n)).toBe(3);
    expect([columns.vmCompressedPages[0], columns.vmSwappedPages[0], columns.vmZipFrames[0]]).toEqual([
      40, 3, 10,
    ]);
    expect(pagesWith(columns.ppnFlags, "swapped")).toEqual(oldest.toSorted((a, b) => a - b));
    // What goes on is written, in one go.
    expect([columns.diskWrites.get(0), columns.diskWrittenPages.get(0)]).toEqual([1, 3]);
    expect([columns.vmZips.get(0), columns.vmSwapOuts.get(0)]).toEqual([43, 3]);
  });

  test("what compresses to a half: two to a frame", () => {
    const { wasm, columns } = zipping(build, { half: 1_000_000 });
    wasm.victims_takePages(0, 50, 0n);
    expect([columns.vmCompressedPages[0], columns.vmZipUnits[0], columns.vmZipFrames[0]]).toEqual([
      20, 40, 10,
    ]);
    expect([columns.vmSwappedPages[0], columns.vmLeavingPages[0]]).toEqual([30, 0]);
  });

  test("what compresses to more goes to the swap file at once", () => {
    const { wasm, columns } = zipping(build, {});
    wasm.victims_takePages(0, 50, 0n);
    expect([columns.vmCompressedPages[0], columns.vmLeavingPages[0]]).toEqual([0, 50]);
  });

  test("no cache, nothing compressed", () => {
    const { wasm, columns } = zipping(build, { quarter: 1_000_000, half: 1_000_000, cap: 0 });
    wasm.victims_takePages(0, 50, 0n);
    expect([columns.vmCompressedPages[0], columns.vmLeavingPages[0]]).toEqual([0, 50]);
  });

  test("a touch decompresses: content, work but no wait, its KiB are free again", () => {
    const { wasm, columns } = zipping(build, { quarter: 1_000_000, half: 1_000_000 });
    wasm.victims_takePages(0, 9, 0n);
    expect(columns.vmZipFrames[0]).toBe(3);
    wasm.bill_open(1000n);
    const out = pagesWith(columns.ppnFlags, "compressed");
    wasm.fault_readPage(out[0]!);
    expect(columns.worldBillWorkNs.get(0)).toBe(columns.worldMapNs.get(0) + columns.worldUnzipNs.get(0));
    expect(columns.worldBillHostNs.get(0)).toBe(1000);
    expect([columns.vmZipUnits[0], columns.vmZipFrames[0], columns.vmUnzips.get(0)]).toEqual([8, 2, 1]);
    for (const ppn of out) {
      wasm.fault_readPage(ppn);
      expect(columns.mpnContent.big(columns.ppnMpn[ppn]!)).toBe(BigInt(5000 + ppn));
    }
    expect([columns.hostZipFrames[0], columns.vmCompressedPages[0], columns.hostUsedPages[0]]).toEqual([
      0,
      0,
      PAGES,
    ]);
  });

  test("dropped, a compressed page leaves neither KiB nor slot", () => {
    const { wasm, columns } = zipping(build, { quarter: 1_000_000, half: 1_000_000, swapPages: 0 });
    wasm.victims_takePages(0, 40, 0n);
    for (let ppn = 0; ppn < PAGES; ppn += 1) wasm.fault_dropPage(ppn);
    expect([columns.vmZipUnits[0], columns.hostZipFrames[0], columns.hostUsedPages[0]]).toEqual([0, 0, 0]);
    const base = columns.swapWordBits.words.byteOffset;
    for (let slot = 0; slot < columns.hostSlotCount[0]!; slot += 1)
      expect(wasm.bits_hasBit(base, slot)).not.toBe(0);
  });

  test("without a swap file a full cache takes no more", () => {
    const { wasm, columns } = zipping(build, { quarter: 1_000_000, half: 1_000_000, swapPages: 0 });
    expect(wasm.victims_takePages(0, 60, 0n)).toBe(40);
    expect([columns.vmCompressedPages[0], columns.vmSwappedPages[0]]).toEqual([40, 0]);
  });

  test("entries of pages that left make room: a page may come and go for ever", () => {
    const { wasm, columns } = zipping(build, { quarter: 1_000_000, half: 1_000_000, swapPages: 0 });
    for (let round = 0; round < 100; round += 1) {
      expect(wasm.victims_takePages(0, 30, 0n)).toBe(30);
      expect(columns.vmZipUnits[0]).toBe(30);
      for (const ppn of pagesWith(columns.ppnFlags, "compressed")) wasm.fault_readPage(ppn);
    }
    expect(columns.vmZipUnits[0]).toBe(0);
  });

  test("a page of bytes takes what it compresses to; zeroes a quarter, noise does not fit", () => {
    const core = zipping(build, { content: "bytes" });
    const { wasm, columns } = core;
    for (let ppn = 0; ppn < 50; ppn += 1) wasm.fault_writePage(ppn, 0n);
    wasm.victims_takePages(0, PAGES, 0n);
    wasm.victims_pagesWritten(0, FOREVER);
    const compressed = pagesWith(columns.ppnFlags, "compressed");
    expect(compressed.length).toBe(40);
    expect(compressed.every((ppn) => ppn < 50)).toBe(true);
    expect(columns.vmZipUnits[0]).toBe(40);
    expect(columns.vmSwappedPages[0]).toBe(60);
    wasm.fault_readPage(compressed[0]!);
    expect(columns.ppnFlags[compressed[0]!]! & FLAG.zero).toBe(FLAG.zero);
  });
});
