/**
 * The host's swap file: slots, pages on their way out, pages that come back.
 *
 *   beginPageOut ──▶ leaving (mapped still, a touch rescues it) ──▶ finishPageOuts: paged out, its frame is free
 *                                                      pageIn ◀── a touch: the vCPU waits for the device
 *
 * A page on its way out has its slot's place in the file booked. Slots of compressed pages are of the same kind; they only
 * hold the content, the frames are counted elsewhere (zip.ts).
 *
 * Here slots have no places on the device: a cluster of pages is one write, whichever slots it gets.
 *
 * Source: ESX'02 §3.3. State: ppnMpn of a page without a frame is its slot. Cost: O(log64 slots) a page.
 */
import { bitsetWords, clearBit, NO_BIT, nextSet, setBit } from "../bits";
import {
  hostCount,
  hostPageOutFirst,
  hostPageOutHead,
  hostPageOutTail,
  hostSlotCount,
  hostSwapCount,
  hostSwapDisk,
  hostSwapFirst,
  hostSwapUsed,
  mpnBytesAt,
  mpnContent,
  pageOutCount,
  pageOutDoneNs,
  pageOutPpn,
  ppnFlags,
  ppnMpn,
  setHostPageOutHead,
  setHostPageOutTail,
  setHostSwapUsed,
  setMpnContent,
  setMpnHash,
  setPageOutDoneNs,
  setPageOutPpn,
  setPpnFlags,
  setPpnMpn,
  setSwapContent,
  setSwapWordBits,
  setVmLeavingPages,
  setVmSwapOuts,
  setVmSwappedPages,
  swapBytesAt,
  swapContent,
  swapCount,
  swapWordBitsAt,
  swapWordCount,
  vmHost,
  vmLeavingPages,
  vmSwapOuts,
  vmSwappedPages,
  worldBytesForm,
} from "../layout";
import { PAGE_BYTES } from "./content";
import { releaseFrame } from "./frames";
import { leaveShared } from "./page-sharing";
import { Flag, unmapPage, vmOf } from "./pmap";

/** Rows of a host's ring of page-outs; src/sim/plan-memory.ts says so too. */
export const PAGE_OUTS: u32 = 1024;
export const NO_SLOT: u32 = 0xffff_ffff;

/** Makes every slot free, once at boot. */
export function buildSwap(): void {
  if (swapCount() == 0) return;
  assert(bitsetWords(swapCount()) <= swapWordCount());
  for (let host: u32 = 0; host < hostCount(); ++host) {
    const first = hostSwapFirst(host);
    for (let at: u32 = 0; at < hostSlotCount(host); at += 64) {
      const left = hostSlotCount(host) - at;
      setBit(swapWordBitsAt(0), swapCount(), first + at);
      setSwapWordBits((first + at) / 64, left >= 64 ? ~(<u64>0) : ((<u64>1) << left) - 1);
    }
  }
}

/** The host's lowest free slot, taken; there is one for every page that may be paged out or compressed. */
export function takeSlot(host: u32): u32 {
  const slot = nextSet(swapWordBitsAt(0), swapCount(), hostSwapFirst(host));
  assert(slot != NO_BIT && slot < hostSwapFirst(host) + hostSlotCount(host));
  clearBit(swapWordBitsAt(0), swapCount(), slot);
  return slot;
}

export function freeSlot(slot: u32): void {
  setBit(swapWordBitsAt(0), swapCount(), slot);
}

export function storeInSlot(slot: u32, mpn: u32): void {
  if (worldBytesForm(0)) memory.copy(swapBytesAt(slot), mpnBytesAt(mpn), PAGE_BYTES);
  else setSwapContent(slot, mpnContent(mpn));
}

/** Copies a slot's content into another. */
export function copySlot(to: u32, from: u32): void {
  if (worldBytesForm(0)) memory.copy(swapBytesAt(to), swapBytesAt(from), PAGE_BYTES);
  else setSwapContent(to, swapContent(from));
}

/** A page without a frame is in a slot of its host's file, whose place is taken already. */
export function pointAtSlot(ppn: u32, slot: u32): void {
  const vm = vmOf(ppn);
  setPpnMpn(ppn, slot);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | Flag.Swapped));
  setVmSwappedPages(vm, vmSwappedPages(vm) + 1);
}

export function loadFromSlot(mpn: u32, slot: u32): void {
  if (worldBytesForm(0)) {
    memory.copy(mpnBytesAt(mpn), swapBytesAt(slot), PAGE_BYTES);
    setMpnHash(mpn, 0);
  } else {
    setMpnContent(mpn, swapContent(slot));
  }
}

/** Pages that a host could still page out: places in the file. */
export function swapRoom(host: u32): u32 {
  return hostSwapDisk(host) == NO_SLOT ? 0 : hostSwapCount(host) - hostSwapUsed(host);
}

/** Pages on their way out for which there is room. */
export function pageOutRoom(host: u32): u32 {
  if (pageOutCount() == 0) return 0;
  return min(swapRoom(host), PAGE_OUTS - (hostPageOutHead(host) - hostPageOutTail(host)));
}

/** Puts a mapped page of its own frame on its way out; its date comes with its cluster's (`datePageOuts`). */
export function beginPageOut(ppn: u32, host: u32): void {
  const vm = vmOf(ppn);
  const head = hostPageOutHead(host);
  assert(head - hostPageOutTail(host) < PAGE_OUTS);
  assert(((<u32>ppnFlags(ppn)) & (Flag.Mapped | Flag.Cow | Flag.Queued)) == Flag.Mapped);
  const row = hostPageOutFirst(host) + (head % PAGE_OUTS);
  setPageOutPpn(row, ppn);
  setPageOutDoneNs(row, ~(<u64>0));
  setHostPageOutHead(host, head + 1);
  setHostSwapUsed(host, hostSwapUsed(host) + 1);
  setVmLeavingPages(vm, vmLeavingPages(vm) + 1);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | Flag.Leaving | Flag.Queued));
}

/** Says when the pages that were put on their way last will have been written. */
export function datePageOuts(host: u32, pages: u32, doneNs: u64): void {
  const head = hostPageOutHead(host);
  for (let back: u32 = 1; back <= pages; ++back) {
    setPageOutDoneNs(hostPageOutFirst(host) + ((head - back) % PAGE_OUTS), doneNs);
  }
}

/** A page on its way out is touched: it stays, and may be chosen again when this write is over. */
export function rescue(ppn: u32): void {
  const vm = vmOf(ppn);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~Flag.Leaving));
  setVmLeavingPages(vm, vmLeavingPages(vm) - 1);
}

/**
 * Pages that have been written by now lose their frames.
 *
 * @returns when the next ones will have been; 2^64 − 1: none are on their way
 */
export function finishPageOuts(host: u32, at: u64): u64 {
  let tail = hostPageOutTail(host);
  const head = hostPageOutHead(host);
  let next = ~(<u64>0);
  for (; tail != head; ++tail) {
    const row = hostPageOutFirst(host) + (tail % PAGE_OUTS);
    if (pageOutDoneNs(row) > at) {
      next = pageOutDoneNs(row);
      break;
    }
    const ppn = pageOutPpn(row);
    const flags = (<u32>ppnFlags(ppn)) & ~Flag.Queued;
    setPpnFlags(ppn, <u16>flags);
    if ((flags & (Flag.Leaving | Flag.Cow)) == Flag.Leaving) leave(ppn, host);
    else {
      // It has been touched or dropped since, or has come to be shared, which saves more.
      if (flags & Flag.Leaving) rescue(ppn);
      setHostSwapUsed(host, hostSwapUsed(host) - 1);
    }
  }
  setHostPageOutTail(host, tail);
  return next;
}

/** A page whose place in the file is booked goes there: what its frame holds is in a slot from now on. */
function leave(ppn: u32, host: u32): void {
  const vm = vmOf(ppn);
  setVmLeavingPages(vm, vmLeavingPages(vm) - 1);
  setVmSwappedPages(vm, vmSwappedPages(vm) + 1);
  setVmSwapOuts(vm, vmSwapOuts(vm) + 1);
  toSlot(ppn, host, Flag.Swapped);
}

/** Pages out at once: for whoever cannot wait for a page to leave in its own time. */
export function pageOutNow(ppn: u32, host: u32): void {
  const vm = vmOf(ppn);
  setHostSwapUsed(host, hostSwapUsed(host) + 1);
  setVmLeavingPages(vm, vmLeavingPages(vm) + 1);
  leave(ppn, vmHost(vm));
}

/** Takes a mapped page off its frame into a slot. */
export function toSlot(ppn: u32, host: u32, flag: u32): void {
  const slot = takeSlot(host);
  const mpn = ppnMpn(ppn);
  storeInSlot(slot, mpn);
  if ((<u32>ppnFlags(ppn)) & Flag.Cow) leaveShared(ppn);
  else releaseFrame(host, mpn);
  unmapPage(ppn);
  setPpnMpn(ppn, slot);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | flag));
}

/** The file forgets a page that was paged out. */
export function forgetSwapped(ppn: u32): void {
  const vm = vmOf(ppn);
  const host = vmHost(vm);
  freeSlot(ppnMpn(ppn));
  setPpnMpn(ppn, NO_SLOT);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~Flag.Swapped));
  setVmSwappedPages(vm, vmSwappedPages(vm) - 1);
  setHostSwapUsed(host, hostSwapUsed(host) - 1);
}
