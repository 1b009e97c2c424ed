/**
 * Which pages a guest gives up when it runs out of free ones: two lists, as Linux has them.
 *
 *   a fault ──▶ inactive ─────────────────▶ tail: not referenced   ──▶ evicted
 *                  ▲ │ tail: referenced
 *                  │ ▼
 *                active ◀─┐ tail: referenced, goes round again
 *                  └──────┘
 *
 * The inactive list is kept as long as the active one: it is refilled from the tail of that. What brings a page in does
 * not count as a reference to it, so that a page used once leaves before one used twice.
 *
 *   of a file, unchanged        dropped
 *   of a file, changed          written to the disk
 *   of a program, with a copy   dropped
 *   of a program, changed       written to swap space, if there is room
 *   of a program, never written dropped: it is zero
 *
 * Reading a page to write it out is an access like any other: if the host has paged it out, it comes back first. That is
 * double paging.
 *
 * Here pages are free as soon as their write has begun, and all writes of one call are one request each to files and to
 * swap space. Who is below the minimum waits for them.
 *
 * Source: Linux 2.6 … 5.8, mm/vmscan.c (shrink_active_list, shrink_inactive_list). Cost: O(1) a page looked at, at most
 * LOOKS pages a call; all of them, three times, where nothing is free.
 */
import {
  logicalFlags,
  mpnContent,
  ppnGuest,
  ppnLogical,
  ppnMpn,
  setLogicalContent,
  setLogicalEvicted,
  setLogicalFlags,
  setLogicalPpn,
  setPpnGuest,
  setVmEvicted,
  setVmFileWrites,
  setVmGuestSwapOuts,
  setVmGuestSwapUsed,
  setVmStuck,
  vmActiveListed,
  vmActiveTail,
  vmDisk,
  vmEvicted,
  vmFileWrites,
  vmFreeHigh,
  vmFreeMin,
  vmFreePages,
  vmGuestSwapOuts,
  vmGuestSwapPages,
  vmGuestSwapUsed,
  vmInactiveListed,
  vmInactiveTail,
  vmStuck,
} from "../layout";
import { billedAt, billGuestWait } from "../memory/bill";
import { diskWrite } from "../memory/disk";
import { deviceRead } from "../memory/fault";
import { NO_PAGE, Page, pushActive, pushFree, pushInactive, unlink } from "./lists";

/** logicalFlags. */
export const enum Logical {
  /** Its swap space has a copy; the copy is good unless the page is dirty. */
  Copy = 1,
  /** The disk has other contents than the file came with. */
  Changed = 2,
  /** Of a file. */
  File = 4,
  /** Has been evicted. */
  Evicted = 8,
}

/** Pages looked at in one call, unless nothing at all is free. */
const LOOKS: u32 = 1024;

/** Frees pages up to the high mark, if it can. Whoever allocates below the minimum waits for what is written. */
export function reclaim(vm: u32): void {
  if (vmStuck(vm) != 0) return;
  const waits = vmFreePages(vm) < vmFreeMin(vm);
  const begun = billedAt();
  const swapped = vmGuestSwapOuts(vm);
  const written = vmFileWrites(vm);
  const listed = vmActiveListed(vm) + vmInactiveListed(vm);
  let looks: u32 = 0;
  while (vmFreePages(vm) < vmFreeHigh(vm)) {
    if (looks >= (vmFreePages(vm) > 0 ? LOOKS : 3 * listed)) break;
    // The host kept it waiting for a page: what is left can wait too.
    if (billedAt() > begun && vmFreePages(vm) > vmFreeMin(vm)) break;
    looks += 1;
    if (vmInactiveListed(vm) < vmActiveListed(vm)) refill(vm);
    else if (!shrink(vm)) break;
  }
  if (vmFreePages(vm) == 0) setVmStuck(vm, 1);
  const pages = <u32>(vmGuestSwapOuts(vm) - swapped);
  const filePages = <u32>(vmFileWrites(vm) - written);
  let done: u64 = 0;
  const at = billedAt();
  if (pages > 0) done = diskWrite(vmDisk(vm), pages, at);
  if (filePages > 0) done = diskWrite(vmDisk(vm), filePages, at);
  if (waits && done > 0) billGuestWait(done);
}

/** One page off the active list's tail: round again if it has been referenced, else to the inactive list. */
function refill(vm: u32): void {
  const ppn = vmActiveTail(vm);
  const referenced = ((<u32>ppnGuest(ppn)) & Page.Referenced) != 0;
  unlink(vm, ppn);
  if (referenced) keep(vm, ppn);
  else pushInactive(vm, ppn);
}

/** A page that is in use, out of its list: it goes to the active one. A copy of what it held before is given up. */
function keep(vm: u32, ppn: u32): void {
  if (((<u32>ppnGuest(ppn)) & Page.Dirty) != 0) forgetCopy(vm, ppnLogical(ppn));
  pushActive(vm, ppn);
}

/**
 * One page off the inactive list's tail: to the active list if it has been referenced, else evicted, or round again.
 *
 * @returns false if there is none
 */
function shrink(vm: u32): bool {
  const ppn = vmInactiveTail(vm);
  if (ppn == NO_PAGE) return false;
  const referenced = ((<u32>ppnGuest(ppn)) & Page.Referenced) != 0;
  const evicted = !referenced && save(vm, ppn);
  unlink(vm, ppn);
  if (evicted) {
    leave(vm, ppn);
    pushFree(vm, ppn);
  } else if (referenced) keep(vm, ppn);
  else pushInactive(vm, ppn);
  return true;
}

/** The logical page that a physical page holds is there no more. */
function leave(vm: u32, ppn: u32): void {
  const logical = ppnLogical(ppn);
  const evicted = vmEvicted(vm) + 1;
  setVmEvicted(vm, evicted);
  setLogicalPpn(logical, NO_PAGE);
  setLogicalEvicted(logical, evicted);
  setLogicalFlags(logical, <u8>((<u32>logicalFlags(logical)) | Logical.Evicted));
}

/**
 * Sees to it that what a page holds can be had again.
 *
 * @returns false if that is not possible: the page stays
 */
function save(vm: u32, ppn: u32): bool {
  if (((<u32>ppnGuest(ppn)) & Page.Dirty) == 0) return true;
  const logical = ppnLogical(ppn);
  const flags = <u32>logicalFlags(logical);
  if ((flags & (Logical.File | Logical.Copy)) == 0 && vmGuestSwapUsed(vm) >= vmGuestSwapPages(vm)) {
    return false;
  }
  if (!deviceRead(ppn)) return false;
  setLogicalContent(logical, mpnContent(ppnMpn(ppn)));
  setPpnGuest(ppn, <u8>((<u32>ppnGuest(ppn)) & ~Page.Dirty));
  if (flags & Logical.File) {
    setLogicalFlags(logical, <u8>(flags | Logical.Changed));
    setVmFileWrites(vm, vmFileWrites(vm) + 1);
    return true;
  }
  if ((flags & Logical.Copy) == 0) setVmGuestSwapUsed(vm, vmGuestSwapUsed(vm) + 1);
  setLogicalFlags(logical, <u8>(flags | Logical.Copy));
  setVmGuestSwapOuts(vm, vmGuestSwapOuts(vm) + 1);
  return true;
}

/** Gives up the copy of a logical page in swap space, if there is one. */
export function forgetCopy(vm: u32, logical: u32): void {
  const flags = <u32>logicalFlags(logical);
  if ((flags & Logical.Copy) == 0) return;
  setLogicalFlags(logical, <u8>(flags & ~Logical.Copy));
  setVmGuestSwapUsed(vm, vmGuestSwapUsed(vm) - 1);
}
