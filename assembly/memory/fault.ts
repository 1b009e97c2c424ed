/**
 * What an access of a guest does to memory: composes frames, pmap and page sharing.
 *
 *   read  of an unmapped page    a zeroed frame
 *   write of an unmapped page    a zeroed frame, then the write
 *   write of a shared page       a frame of its own, then the write
 *
 * Cost: O(1); a copy of 4 KiB where a shared page of real bytes is broken.
 */
import { ppnFlags, ppnMpn, setPpnFlags, vmHost } from "../layout";
import { fillContent, zeroContent } from "./content";
import { allocateFrame, NO_MPN, releaseFrame } from "./frames";
import { breakShared, leaveShared } from "./page-sharing";
import { Flag, mapPage, markWritten, unmapPage, vmOf } from "./pmap";

/**
 * A guest reads a page.
 *
 * @returns false if that needed a frame and the host has none
 */
export function readPage(ppn: u32): bool {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & Flag.Mapped) == 0) return backWithZeroes(ppn, Flag.Touched);
  if ((flags & Flag.Touched) == 0) setPpnFlags(ppn, <u16>(flags | Flag.Touched));
  return true;
}

/**
 * A guest overwrites a page with the content that `id` stands for; 0 is the zero page.
 *
 * @returns false if that needed a frame and the host has none; the page keeps its content then
 */
export function writePage(ppn: u32, id: u64): bool {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & Flag.Mapped) == 0) {
    if (!backWithZeroes(ppn, Flag.Touched)) return false;
  } else if (flags & Flag.Cow) {
    if (!breakShared(ppn)) return false;
  }
  fillContent(ppnMpn(ppn), id);
  markWritten(ppn, id == 0);
  return true;
}

/**
 * A guest overwrites a page with what stood there: nothing changes but that a shared page is shared no more.
 *
 * @returns false if that needed a frame and the host has none
 */
export function rewritePage(ppn: u32): bool {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & Flag.Mapped) == 0) return writePage(ppn, 0);
  if (flags & Flag.Cow && !breakShared(ppn)) return false;
  markWritten(ppn, (flags & Flag.Zero) != 0);
  return true;
}

/** Puts a zeroed frame behind an unmapped page. */
function backWithZeroes(ppn: u32, flags: u32): bool {
  const mpn = allocateFrame(vmHost(vmOf(ppn)));
  if (mpn == NO_MPN) return false;
  zeroContent(mpn);
  mapPage(ppn, mpn, flags | Flag.Zero);
  return true;
}

/** Takes whatever is behind a page away; an unmapped one stays so. */
export function dropPage(ppn: u32): void {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & Flag.Mapped) == 0) return;
  if (flags & Flag.Cow) leaveShared(ppn);
  else releaseFrame(vmHost(vmOf(ppn)), ppnMpn(ppn));
  unmapPage(ppn);
}
