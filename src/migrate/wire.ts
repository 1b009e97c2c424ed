/**
 * What pages cost on the wire, and in which order memory is first sent.
 *
 *   qemu     normal 4096 + 10 bytes, zero 9 bytes     others: normal 4096, zero nothing
 *
 *   0 ... normal and zero pages, evenly mixed ... | zero pages of the video memory | end
 *
 * Here we take up to 16 MiB of the zero pages to lie at the end under rule qemu, where QEMU's standard video memory is:
 * they wait as 16 MiB when the remainder is looked at, and go over in no time.
 *
 * Source: QEMU's ram.c as measured (`../shared/oracles/migration`: 4106 and 9 bytes). Cost: O(1).
 */
import type { Migration } from "./migration.ts";

const VIDEO_PAGES = 4096;
/** Where the page's content is to be had, and which page it is. */
const REFERENCE_BYTES = 16;

export interface PageCost {
  readonly normal: number;
  /** Of a page that was sent before. */
  readonly again: number;
  readonly zero: number;
}

/** Bytes that a page costs. */
export function pageCost({ rule, pageBytesFirst, pageBytesAgain }: Migration): PageCost {
  const header = rule === "qemu" ? 10 : 0;
  return { normal: pageBytesFirst + header, again: pageBytesAgain + header, zero: rule === "qemu" ? 9 : 0 };
}

/** The memory as it is sent for the first time. */
export interface FirstPass {
  /** Bytes to send until so many pages are through. */
  bytesUntil(pages: number): number;
  /** Pages through after so many bytes. */
  pagesAfter(bytes: number): number;
  /** How many of the first pages are zero. */
  zerosUntil(pages: number): number;
}

/** Lays out the first pass. */
export function firstPass(migration: Migration): FirstPass {
  const { memoryPages, zeroPages, referencePages, rule } = migration;
  const { normal, zero } = pageCost(migration);
  const atEnd = rule === "qemu" ? Math.min(zeroPages, VIDEO_PAGES) : 0;
  const mixed = memoryPages - atEnd;
  const zeroPart = mixed > 0 ? (zeroPages - atEnd) / mixed : 0;
  const referencePart = mixed > 0 ? referencePages / mixed : 0;
  const mixedCost =
    zeroPart * zero + (1 - zeroPart - referencePart) * normal + referencePart * REFERENCE_BYTES;
  const bytesUntil = (pages: number): number =>
    Math.min(pages, mixed) * mixedCost + Math.max(0, pages - mixed) * zero;
  return {
    bytesUntil,
    pagesAfter(bytes) {
      const mixedBytes = mixed * mixedCost;
      if (bytes < mixedBytes) return bytes / mixedCost;
      return zero > 0 ? Math.min(memoryPages, mixed + (bytes - mixedBytes) / zero) : memoryPages;
    },
    zerosUntil: (pages) => Math.min(pages, mixed) * zeroPart + Math.max(0, pages - mixed),
  };
}
