/**
 * Large pages: 512 physical pages backed by one 2 MiB block of frames.
 *
 *   first touch of an empty extent, a whole block free  ─▶  backed: 512 frames at once, zeroed
 *   a page of it is to be shared, paged out, ballooned  ─▶  broken: 512 mappings of 4 KiB, every page where it was
 *   512 private pages                                   ─▶  formed, by moving what is not in its place (defragment.ts)
 *
 * A large page takes what it backs from the host whether the guest touches it or not; inside it nothing is copy-on-write.
 *
 * Here breaking takes no time and no frame: tables of mappings are not modelled by this file.
 *
 * Source: ESX `Mem.AllocGuestLargePage`; large pages are broken when free memory runs short. State: largeBlock.
 * Cost: O(512) for each that is backed or broken.
 */
import {
  extentVm,
  hostLargeAbove,
  hostLargeBelow,
  hostState,
  largeBlock,
  largeCount,
  largeHeld,
  ppnFlags,
  setLargeBlock,
  setPpnFlags,
  setVmLargeBacked,
  setVmLargeFormed,
  setVmLargePages,
  setVmLargeShared,
  setVmLargeTaken,
  vmDirtyLog,
  vmHost,
  vmLargeBacked,
  vmLargeFormed,
  vmLargeMode,
  vmLargePages,
  vmLargeShared,
  vmLargeTaken,
  vmPpnCount,
  vmPpnFirst,
  worldLargeLevel,
} from "../layout";
import { noteExtent } from "./changes";
import { zeroContent } from "./content";
import { logs } from "./dirty-log";
import { allocateBlock, BLOCK_PAGES, freeFrames, NO_MPN } from "./frames";
import { isLarge, takeHeld } from "./held-back";
import { countMapped, countUnvisited, Flag, pointPage, vmOf } from "./pmap";
import { mostPages, usedPages } from "./use";

/** vmLargeMode. */
const enum Backing {
  Never = 0,
  /** While the host has memory to spare. */
  Auto = 1,
  /** As long as it has a whole block. */
  Always = 2,
}

/** Why a large page is broken. */
export const enum Break {
  /** A page of it is shared. */
  Shared = 0,
  /** A page of it is taken away: by the balloon, for swapping, for compression. */
  Taken = 1,
}

/** Somebody else holds what the page has. */
const ELSEWHERE: u32 = Flag.Swapped | Flag.Compressed | Flag.Ballooned;

/** Whether free memory is so short that large pages are broken for sharing. */
export function breaksForSharing(host: u32): bool {
  return freeFrames(host) < hostLargeBelow(host) || <u32>hostState(host) >= worldLargeLevel(0);
}

/** Whether a host has so much free memory that making a large page does not bring it into need. */
export function hasPlenty(host: u32): bool {
  if (freeFrames(host) < hostLargeAbove(host) + BLOCK_PAGES) return false;
  return worldLargeLevel(0) == 0 || !breaksForSharing(host);
}

/** Whether a VM's pages are tracked one by one. */
export function isTracked(vm: u32): bool {
  return logs() && vmDirtyLog(vm) != 0;
}

/** Whether a VM may have one more large page, of pages that it has not yet. */
function mayBack(vm: u32): bool {
  const mode = vmLargeMode(vm);
  if (mode == Backing.Never || isTracked(vm)) return false;
  const most = mostPages(vm);
  const use = usedPages(vm);
  if (use > most || most - use < BLOCK_PAGES) return false;
  return mode == Backing.Always || hasPlenty(vmHost(vm));
}

/** Whether all of an extent is memory of its VM that nothing stands behind. */
function isEmpty(extent: u32, vm: u32): bool {
  const first = extent << 9;
  if (first + BLOCK_PAGES > vmPpnFirst(vm) + vmPpnCount(vm)) return false;
  for (let ppn = first; ppn < first + BLOCK_PAGES; ++ppn) {
    if ((<u32>ppnFlags(ppn)) & (Flag.Mapped | ELSEWHERE)) return false;
  }
  return true;
}

/**
 * Backs the extent of a page that has nothing behind it by a large page, zeroed.
 *
 * @returns false if that may not be, or there is no whole block; nothing has changed then
 */
export function backExtent(ppn: u32): bool {
  if (largeCount() == 0) return false;
  const vm = vmOf(ppn);
  const extent = ppn >> 9;
  if (!mayBack(vm) || !isEmpty(extent, vm)) return false;
  const mpn = allocateBlock(vmHost(vm));
  if (mpn == NO_MPN) return false;
  const first = extent << 9;
  for (let at: u32 = 0; at < BLOCK_PAGES; ++at) {
    zeroContent(mpn + at);
    pointPage(first + at, mpn + at, Flag.Zero);
  }
  countMapped(vm, BLOCK_PAGES);
  noteBacked(extent, mpn);
  return true;
}

/**
 * A whole block of frames for pages of an image, if the VM may have it.
 *
 * @param ppn   the first page that is to be mapped; the caller maps 512
 * @param left  pages that the image has from there on
 * @returns     its first frame; NO_MPN: pages go one by one
 */
export function takeBlockFor(ppn: u32, left: u32): u32 {
  if (largeCount() == 0 || ppn % BLOCK_PAGES != 0 || left < BLOCK_PAGES) return NO_MPN;
  const vm = vmOf(ppn);
  if (!mayBack(vm) || !isEmpty(ppn >> 9, vm)) return NO_MPN;
  const mpn = allocateBlock(vmHost(vm));
  if (mpn != NO_MPN) noteBacked(ppn >> 9, mpn);
  return mpn;
}

/** Frame of a page inside a large page. */
export function frameInLarge(ppn: u32): u32 {
  return (largeBlock(ppn >> 9) - 1) * BLOCK_PAGES + (ppn % BLOCK_PAGES);
}

function noteBacked(extent: u32, mpn: u32): void {
  const vm = extentVm(extent);
  setLargeBlock(extent, mpn / BLOCK_PAGES + 1);
  setVmLargePages(vm, vmLargePages(vm) + 1);
  setVmLargeBacked(vm, vmLargeBacked(vm) + 1);
}

/** Pages that stand in their places in one block have become a large page. */
export function noteFormed(extent: u32, block: u32): void {
  const vm = extentVm(extent);
  assert(largeBlock(extent) == 0);
  noteExtent(extent);
  setLargeBlock(extent, block + 1);
  setVmLargePages(vm, vmLargePages(vm) + 1);
  setVmLargeFormed(vm, vmLargeFormed(vm) + 1);
}

/** Breaks a large page: its pages are where they were. Those held back from sharing have yet to be visited. */
export function breakLarge(extent: u32, why: Break): void {
  const vm = extentVm(extent);
  if (why == Break.Shared) setVmLargeShared(vm, vmLargeShared(vm) + 1);
  else setVmLargeTaken(vm, vmLargeTaken(vm) + 1);
  forget(extent);
}

/** Breaks the large page around a page, if there is one, because the page is going to be taken away. */
export function breakAround(ppn: u32): void {
  if (isLarge(ppn)) breakLarge(ppn >> 9, Break.Taken);
}

/** Breaks all large pages of a VM, so that its pages can be tracked one by one; none is made while its writes are logged. */
export function breakAll(vm: u32): void {
  if (largeCount() == 0) return;
  const end = (vmPpnFirst(vm) + vmPpnCount(vm)) >> 9;
  for (let extent = vmPpnFirst(vm) >> 9; extent < end; ++extent) {
    if (largeBlock(extent) != 0) breakLarge(extent, Break.Taken);
  }
}

/** A VM is powered off: its large pages go with it, and count as broken by nobody. */
export function forgetLarge(vm: u32): void {
  if (largeCount() == 0) return;
  const end = (vmPpnFirst(vm) + vmPpnCount(vm)) >> 9;
  for (let extent = vmPpnFirst(vm) >> 9; extent < end; ++extent) {
    if (largeBlock(extent) != 0) forget(extent);
  }
}

function forget(extent: u32): void {
  const vm = extentVm(extent);
  assert(largeBlock(extent) != 0);
  const first = extent << 9;
  for (let ppn = first; ppn < first + BLOCK_PAGES && largeHeld(extent) > 0; ++ppn) {
    if (!takeHeld(ppn)) continue;
    const flags = <u32>ppnFlags(ppn);
    if ((flags & Flag.Visited) == 0) continue;
    setPpnFlags(ppn, <u16>(flags & ~Flag.Visited));
    countUnvisited(vm, 1);
  }
  noteExtent(extent);
  setLargeBlock(extent, 0);
  setVmLargePages(vm, vmLargePages(vm) - 1);
}
