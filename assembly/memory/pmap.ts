/**
 * The pmap: physical page to machine page, per VM, with what is known about each page.
 *
 *   VM w:  ppn 512 -> mpn 8   mapped copy-on-write visited
 *          ppn 513 -> none
 *
 * Source: ESX'02 §2. State: ppnMpn, ppnFlags, the counters of mapped and unvisited pages. Cost: O(1).
 */
import {
  extentVm,
  hostCowPages,
  hostGrantedPages,
  hostLargestUse,
  largeCount,
  ppnFlags,
  setHostCowPages,
  setHostGrantedPages,
  setHostLargestUse,
  setMpnPpn,
  setPpnFlags,
  setPpnMpn,
  setVmCowPages,
  setVmGrantedPages,
  setVmUnvisitedPages,
  vmCowPages,
  vmGrantedPages,
  vmHost,
  vmUnvisitedPages,
} from "../layout";
import { noteChange } from "./changes";
import { logs, logWrite } from "./dirty-log";
import { NO_MPN } from "./frames";
import { trackWrite } from "./harvest";
import { releaseHeld } from "./held-back";

export const enum Flag {
  /** A machine page is behind it. */
  Mapped = 1,
  /** Its frame is on file as shared; a write breaks it. */
  Cow = 2,
  /** Its content is known to be zero. */
  Zero = 4,
  /** The guest has accessed it. */
  Touched = 8,
  /** The guest has written to it. */
  Dirty = 16,
  Ballooned = 32,
  Swapped = 64,
  /** It matched another page's hash but not its content; not scanned until it is written. */
  Ineligible = 128,
  /** The scan has seen it since its last write. */
  Visited = 256,
  /** Somebody has touched it since active memory was last estimated. */
  Recent = 512,
  /** The guest's processors have: devices do not set it. */
  Accessed = 1024,
  /** It is watched for activity. */
  Watched = 2048,
  /** It is on its way to the swap device, and mapped still. */
  Leaving = 4096,
  /** It is in the compression cache. */
  Compressed = 8192,
  /** A write of it is under way, whether it still wants to leave or not. */
  Queued = 16384,
  /** Its entry in the compression cache has been kept; only while entries are put together. */
  Kept = 32768,
}

/** What an access by the guest's processors leaves behind. */
export const TOUCHED: u32 = Flag.Touched | Flag.Recent | Flag.Accessed;

/** What is lost with the frame. */
const UNMAPPED: u32 = Flag.Mapped | Flag.Cow | Flag.Zero | Flag.Ineligible | Flag.Visited | Flag.Leaving;

/** VM that a physical page belongs to. */
export function vmOf(ppn: u32): u32 {
  return extentVm(ppn >> 9);
}

/** Points an unmapped page at a frame of which the caller holds a reference. */
export function mapPage(ppn: u32, mpn: u32, flags: u32): void {
  pointPage(ppn, mpn, flags);
  countMapped(vmOf(ppn), 1);
}

/** The same for one of many pages; the caller counts them. */
export function pointPage(ppn: u32, mpn: u32, flags: u32): void {
  const before = <u32>ppnFlags(ppn);
  assert((before & Flag.Mapped) == 0);
  // Nothing was there that a translation could hold.
  putFrame(ppn, mpn);
  setPpnFlags(
    ppn,
    <u16>((before & ~(Flag.Swapped | Flag.Compressed | Flag.Ballooned | Flag.Visited)) | flags | Flag.Mapped),
  );
}

/** Gives a page another frame, which nobody else maps. */
export function repointPage(ppn: u32, mpn: u32): void {
  noteChange(ppn);
  putFrame(ppn, mpn);
}

function putFrame(ppn: u32, mpn: u32): void {
  setPpnMpn(ppn, mpn);
  if (largeCount() > 0) setMpnPpn(mpn, ppn);
}

/** Counts pages of a VM that have come to be mapped. */
export function countMapped(vm: u32, pages: u32): void {
  const host = vmHost(vm);
  setVmGrantedPages(vm, vmGrantedPages(vm) + pages);
  const granted = hostGrantedPages(host) + pages;
  setHostGrantedPages(host, granted);
  if (granted > hostLargestUse(host)) setHostLargestUse(host, granted);
  countUnvisited(vm, pages);
}

/** Counts pages of a VM that have come to be copy-on-write, or have ceased to. */
export function countCow(vm: u32, change: i32): void {
  const host = vmHost(vm);
  setVmCowPages(vm, vmCowPages(vm) + change);
  setHostCowPages(host, hostCowPages(host) + change);
}

/** Takes a mapped page off its frame; the caller drops the reference. */
export function unmapPage(ppn: u32): void {
  const vm = vmOf(ppn);
  const host = vmHost(vm);
  const flags = <u32>ppnFlags(ppn);
  assert((flags & Flag.Mapped) != 0);
  noteChange(ppn);
  setPpnMpn(ppn, NO_MPN);
  if (flags & Flag.Cow) countCow(vm, -1);
  setPpnFlags(ppn, <u16>(flags & ~UNMAPPED));
  setVmGrantedPages(vm, vmGrantedPages(vm) - 1);
  setHostGrantedPages(host, hostGrantedPages(host) - 1);
  if ((flags & Flag.Visited) == 0) countUnvisited(vm, -1);
}

/** The scan has seen a page of a VM that it had not. */
export function markVisited(ppn: u32, vm: u32): void {
  assert(((<u32>ppnFlags(ppn)) & Flag.Visited) == 0);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | Flag.Visited));
  countUnvisited(vm, -1);
}

/** A page's content has changed: what was found out about the old one no longer holds. */
export function markWritten(ppn: u32, zero: bool): void {
  const flags = <u32>ppnFlags(ppn);
  if (flags & Flag.Visited) countUnvisited(vmOf(ppn), 1);
  releaseHeld(ppn);
  const kept = flags & ~(Flag.Visited | Flag.Ineligible | Flag.Zero);
  setPpnFlags(ppn, <u16>(kept | Flag.Touched | Flag.Dirty | (zero ? Flag.Zero : 0)));
  if (logs() && logWrite(ppn)) trackWrite(vmOf(ppn));
}

/** Counts pages that the scan has yet to see. */
export function countUnvisited(vm: u32, change: i32): void {
  setVmUnvisitedPages(vm, vmUnvisitedPages(vm) + change);
}
