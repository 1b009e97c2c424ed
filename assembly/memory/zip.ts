/**
 * The compression cache: pages that compress to half or less stay in memory, two to four of them in a frame, up to a
 * part of the VM's size; the oldest go on to the swap file.
 *
 *   page ──compress──▶ ≤ 2 KiB: the cache ──full: the oldest──▶ swap file
 *                      > 2 KiB: the swap file at once
 *
 * Space is counted in KiB: an entry takes 1 or 2. Contents held as ids have a modelled size that depends on the id alone.
 *
 * Here an entry that has left is noticed when it comes to be the oldest; a page that left and came back may be taken for its
 * own older self and go early.
 *
 * Source: vSphere (2:1 rule, Mem.MemZipMaxPct). Cost: a compression a page with bytes, else O(log64 slots).
 */
import {
  hostSwapUsed,
  hostZipFrames,
  mpnBytesAt,
  mpnContent,
  ppnFlags,
  ppnMpn,
  setHostSwapUsed,
  setHostZipFrames,
  setPpnFlags,
  setPpnMpn,
  setVmCompressedPages,
  setVmSwapOuts,
  setVmSwappedPages,
  setVmZipFrames,
  setVmZipHead,
  setVmZips,
  setVmZipTail,
  setVmZipUnits,
  setWorldZipEvicted,
  setZipPpn,
  swapBytesAt,
  swapContent,
  vmCompressedPages,
  vmHost,
  vmSwapOuts,
  vmSwappedPages,
  vmZipFirst,
  vmZipFrames,
  vmZipHead,
  vmZipRows,
  vmZips,
  vmZipTail,
  vmZipUnits,
  worldBytesForm,
  worldZipEvicted,
  worldZipHalfPpm,
  worldZipQuarterPpm,
  zipPpn,
} from "../layout";
import { freeFrames } from "./frames";
import { compressedSize, modelledSize } from "./page-compress";
import { Flag, vmOf } from "./pmap";
import { freeSlot, NO_SLOT, swapRoom, toSlot } from "./swap";

const MILLION: u32 = 1_000_000;
/** What compresses to more goes to the swap file. */
const MOST_BYTES: u32 = 2048;
/** KiB of a frame. */
const FRAME: u32 = 4;
/** No content: it does not compress. */
const TOO_LARGE: u32 = 0;

/** KiB that a content takes compressed, 1 or 2; 0: more. */
function unitsOfId(id: u64): u32 {
  return unitsOf(modelledSize(id, worldZipQuarterPpm(0), worldZipHalfPpm(0), MILLION));
}

function unitsOfBytes(page: usize): u32 {
  return unitsOf(compressedSize(page, MOST_BYTES));
}

function unitsOf(bytes: u32): u32 {
  return bytes > MOST_BYTES ? TOO_LARGE : (bytes + 1023) >> 10;
}

function unitsOfFrame(mpn: u32): u32 {
  return worldBytesForm(0) ? unitsOfBytes(mpnBytesAt(mpn)) : unitsOfId(mpnContent(mpn));
}

function unitsInSlot(slot: u32): u32 {
  return worldBytesForm(0) ? unitsOfBytes(swapBytesAt(slot)) : unitsOfId(swapContent(slot));
}

/**
 * Compresses a mapped page of its own frame, if that is worth it and there is room.
 *
 * @returns false if it was not: the page is as it was
 */
export function compressPage(ppn: u32, pagesOut: bool): bool {
  const vm = vmOf(ppn);
  if (vmZipRows(vm) == 0) return false;
  const units = unitsOfFrame(ppnMpn(ppn));
  if (units == TOO_LARGE) return false;
  const most = vmZipRows(vm);
  while (vmZipUnits(vm) + units > most) {
    if (!dropOldest(vm, pagesOut)) return false;
  }
  if (vmZipHead(vm) - vmZipTail(vm) == 2 * most) keepLive(vm);
  const host = vmHost(vm);
  if (freeFrames(host) == 0 && (vmZipUnits(vm) + units + FRAME - 1) / FRAME > vmZipFrames(vm) + 1)
    return false;
  toSlot(ppn, host, Flag.Compressed);
  const head = vmZipHead(vm);
  setZipPpn(rowOf(vm, head), ppn);
  setVmZipHead(vm, head + 1);
  setVmZips(vm, vmZips(vm) + 1);
  setVmCompressedPages(vm, vmCompressedPages(vm) + 1);
  countUnits(vm, <i32>units);
  return true;
}

function countUnits(vm: u32, change: i32): void {
  const units = vmZipUnits(vm) + change;
  const frames = (units + FRAME - 1) / FRAME;
  const host = vmHost(vm);
  setHostZipFrames(host, hostZipFrames(host) + frames - vmZipFrames(vm));
  setVmZipFrames(vm, frames);
  setVmZipUnits(vm, units);
}

/** Row of an entry: a ring of two a KiB of the cache. */
function rowOf(vm: u32, entry: u32): u32 {
  return vmZipFirst(vm) + (entry % (2 * vmZipRows(vm)));
}

/** Forgets entries of pages that have left; half of a full ring at the least. Of two of a page the newer one stands. */
function keepLive(vm: u32): void {
  const tail = vmZipTail(vm);
  const head = vmZipHead(vm);
  let kept = head;
  for (let entry = head; entry != tail; --entry) {
    const ppn = zipPpn(rowOf(vm, entry - 1));
    const flags = <u32>ppnFlags(ppn);
    if ((flags & (Flag.Compressed | Flag.Kept)) != Flag.Compressed) continue;
    setPpnFlags(ppn, <u16>(flags | Flag.Kept));
    kept -= 1;
    setZipPpn(rowOf(vm, kept), ppn);
  }
  for (let entry = kept; entry != head; ++entry) {
    const ppn = zipPpn(rowOf(vm, entry));
    setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~Flag.Kept));
  }
  setVmZipTail(vm, kept);
}

/** Takes the oldest entry out; if it is there still, into the swap file. */
function dropOldest(vm: u32, pagesOut: bool): bool {
  if (vmZipHead(vm) == vmZipTail(vm)) return false;
  const tail = vmZipTail(vm);
  const ppn = zipPpn(rowOf(vm, tail));
  const flags = <u32>ppnFlags(ppn);
  if (flags & Flag.Compressed) {
    const host = vmHost(vm);
    if (!pagesOut || swapRoom(host) == 0) return false;
    countUnits(vm, -(<i32>unitsInSlot(ppnMpn(ppn))));
    setPpnFlags(ppn, <u16>((flags & ~Flag.Compressed) | Flag.Swapped));
    setVmCompressedPages(vm, vmCompressedPages(vm) - 1);
    setVmSwappedPages(vm, vmSwappedPages(vm) + 1);
    setVmSwapOuts(vm, vmSwapOuts(vm) + 1);
    setHostSwapUsed(host, hostSwapUsed(host) + 1);
    setWorldZipEvicted(0, worldZipEvicted(0) + 1);
  }
  setVmZipTail(vm, tail + 1);
  return true;
}

/** Entries that went to the swap file since somebody last asked: writes that a device has to do. */
export function takeEvicted(): u32 {
  const pages = worldZipEvicted(0);
  setWorldZipEvicted(0, 0);
  return pages;
}

/** A compressed page is wanted back or gone: its entry and its slot are free. */
export function forgetCompressed(ppn: u32): void {
  const vm = vmOf(ppn);
  const slot = ppnMpn(ppn);
  countUnits(vm, -(<i32>unitsInSlot(slot)));
  freeSlot(slot);
  setPpnMpn(ppn, NO_SLOT);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~Flag.Compressed));
  setVmCompressedPages(vm, vmCompressedPages(vm) - 1);
}
