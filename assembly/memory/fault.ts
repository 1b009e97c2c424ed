/**
 * What an access to a guest's memory does: composes frames, pmap, sharing, swap and compression, and bills the price.
 *
 *   of an unmapped page      a zeroed frame, or 512 at once as a large page
 *   of a ballooned page      the same; it is popped
 *   of a page paged out      a frame, and a wait for the device
 *   of a compressed page     a frame, and the work to decompress it
 *   of one on its way out    it stays
 *   write of a shared page   a frame of its own, and the work of a copy
 *   of a watched page        the first since it is watched is a fault, and counts
 *
 * Where the host has no frame left, one is taken from a VM at once, and whoever needs it waits (reclaim at the door).
 *
 * Cost: O(1), a load and a compare for a page at hand; a copy of 4 KiB where a shared page of real bytes is broken.
 */
import {
  eventAt,
  hostAlarmBelow,
  hostSwapDisk,
  moveCount,
  ppnFlags,
  ppnMpn,
  setPpnFlags,
  setVmBalloonPages,
  setVmFaults,
  setVmPops,
  setVmSampleFaults,
  setVmSampleTouched,
  setVmSwapIns,
  setVmUnzips,
  vmBalloonPages,
  vmFaults,
  vmHost,
  vmPops,
  vmRemote,
  vmSampleFaults,
  vmSampleTouched,
  vmSwapIns,
  vmUnzips,
  worldCopyNs,
  worldMapNs,
  worldUnzipNs,
  worldZeroNs,
} from "../layout";
import { reclaimEvent } from "../events";
import { fetchRemote, forgetRemote, isRemote } from "../migration/remote";
import { schedule } from "../queue";
import { billedAt, billHostWait, billWork } from "./bill";
import { noteOverwrite } from "./changes";
import { fillContent, isZeroContent, zeroContent } from "./content";
import { logs, logWrite } from "./dirty-log";
import { diskRead } from "./disk";
import { allocateFrame, BLOCK_PAGES, freeFrames, NO_MPN, releaseFrame } from "./frames";
import { backExtent, breakAround } from "./large-page";
import { breakShared, leaveShared } from "./page-sharing";
import { Flag, mapPage, markWritten, TOUCHED, unmapPage, vmOf } from "./pmap";
import { forgetSwapped, loadFromSlot, rescue } from "./swap";
import { giveFrame } from "./victims";
import { forgetCompressed } from "./zip";

/** What an access by a device leaves behind: access bits do not see it. */
const BY_DEVICE: u32 = Flag.Touched | Flag.Recent;
const AT_HAND: u32 = Flag.Mapped | TOUCHED;
const WRITABLE: u32 = Flag.Mapped | Flag.Recent | Flag.Accessed;

/** Whether a read of a page changes nothing and costs nothing. */
export function isAtHand(ppn: u32): bool {
  return ((<u32>ppnFlags(ppn)) & (AT_HAND | Flag.Leaving)) == AT_HAND;
}

/**
 * A guest reads a page.
 *
 * @returns false if that needed a frame and the host has none
 */
export function readPage(ppn: u32): bool {
  return isAtHand(ppn) || present(ppn, TOUCHED);
}

/**
 * A guest overwrites a page with the content that `id` stands for; 0 is the zero page.
 *
 * @returns false if that needed a frame and the host has none; the page keeps its content then
 */
export function writePage(ppn: u32, id: u64): bool {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & (WRITABLE | Flag.Cow | Flag.Leaving)) != WRITABLE && !writable(ppn, TOUCHED)) return false;
  fillContent(ppnMpn(ppn), id);
  noteOverwrite(ppn);
  markWritten(ppn, id == 0);
  return true;
}

/**
 * A guest overwrites a page with what stood there: nothing changes but that a shared page is shared no more.
 *
 * @returns false if that needed a frame and the host has none
 */
export function rewritePage(ppn: u32): bool {
  if (!writable(ppn, TOUCHED)) return false;
  markWritten(ppn, ((<u32>ppnFlags(ppn)) & Flag.Zero) != 0);
  return true;
}

/** A device of the guest reads a page, to write it somewhere: as `readPage`. */
export function deviceRead(ppn: u32): bool {
  return present(ppn, BY_DEVICE);
}

/** A device of the guest overwrites a page: as `writePage`. */
export function deviceWrite(ppn: u32, id: u64): bool {
  if (!writable(ppn, BY_DEVICE)) return false;
  fillContent(ppnMpn(ppn), id);
  noteOverwrite(ppn);
  markWritten(ppn, id == 0);
  return true;
}

/** Makes a page one that a read finds there, and notes that it was touched. */
function present(ppn: u32, marks: u32): bool {
  if (((<u32>ppnFlags(ppn)) & Flag.Mapped) == 0 && !bring(ppn)) return false;
  const flags = <u32>ppnFlags(ppn);
  if (flags & Flag.Leaving) rescue(ppn);
  if ((flags & (Flag.Watched | Flag.Recent)) == Flag.Watched) noteWatched(ppn);
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) | marks));
  return true;
}

/** Makes a page one that a write can go to. */
function writable(ppn: u32, marks: u32): bool {
  if (!present(ppn, marks)) return false;
  if (((<u32>ppnFlags(ppn)) & Flag.Cow) == 0) return true;
  if (!breakShared(ppn)) {
    if (!giveFrame(vmOf(ppn)) || !breakShared(ppn)) return false;
  }
  countFault(vmOf(ppn), worldMapNs(0) + worldCopyNs(0));
  alarm(vmHost(vmOf(ppn)));
  return true;
}

/** The first touch of a page that is watched for activity. */
function noteWatched(ppn: u32): void {
  const vm = vmOf(ppn);
  setVmSampleTouched(vm, vmSampleTouched(vm) + 1);
  setVmSampleFaults(vm, vmSampleFaults(vm) + 1);
  countFault(vm, worldMapNs(0));
}

function countFault(vm: u32, work: u64): void {
  setVmFaults(vm, vmFaults(vm) + 1);
  billWork(work);
}

/** Puts a frame behind a page that has none, with what the page holds. */
function bring(ppn: u32): bool {
  const vm = vmOf(ppn);
  const host = vmHost(vm);
  // Pages that are still elsewhere come one by one.
  const whole = moveCount() == 0 || vmRemote(vm) == 0;
  if (whole && backExtent(ppn)) {
    countFault(vm, worldMapNs(0) + worldZeroNs(0) * BLOCK_PAGES);
    alarm(host);
    return true;
  }
  let mpn = allocateFrame(host);
  if (mpn == NO_MPN) {
    if (!giveFrame(vm)) return false;
    mpn = allocateFrame(host);
    if (mpn == NO_MPN) return false;
  }
  if (moveCount() > 0 && isRemote(ppn)) {
    fetchRemote(ppn, mpn);
    countFault(vm, worldMapNs(0));
    mapPage(ppn, mpn, isZeroContent(mpn) ? Flag.Zero : 0);
    alarm(host);
    return true;
  }
  const flags = <u32>ppnFlags(ppn);
  if (flags & Flag.Swapped) {
    loadFromSlot(mpn, ppnMpn(ppn));
    forgetSwapped(ppn);
    setVmSwapIns(vm, vmSwapIns(vm) + 1);
    billHostWait(diskRead(hostSwapDisk(host), 1, billedAt()));
    countFault(vm, worldMapNs(0));
    mapPage(ppn, mpn, isZeroContent(mpn) ? Flag.Zero : 0);
  } else if (flags & Flag.Compressed) {
    loadFromSlot(mpn, ppnMpn(ppn));
    forgetCompressed(ppn);
    setVmUnzips(vm, vmUnzips(vm) + 1);
    countFault(vm, worldMapNs(0) + worldUnzipNs(0));
    mapPage(ppn, mpn, isZeroContent(mpn) ? Flag.Zero : 0);
  } else {
    if (flags & Flag.Ballooned) pop(ppn, vm);
    zeroContent(mpn);
    countFault(vm, worldMapNs(0) + worldZeroNs(0));
    mapPage(ppn, mpn, Flag.Zero);
  }
  alarm(host);
  return true;
}

/** The guest touches a page that its balloon driver holds, or held before the guest was reset. */
function pop(ppn: u32, vm: u32): void {
  setPpnFlags(ppn, <u16>((<u32>ppnFlags(ppn)) & ~Flag.Ballooned));
  setVmBalloonPages(vm, vmBalloonPages(vm) - 1);
  setVmPops(vm, vmPops(vm) + 1);
}

/** Free memory has fallen below what the next worse state begins at: the host looks at once. */
function alarm(host: u32): void {
  if (freeFrames(host) >= hostAlarmBelow(host)) return;
  const at = billedAt();
  if (eventAt(reclaimEvent(host)) > at) schedule(reclaimEvent(host), at);
}

/** Takes whatever is behind a page away: its frame, its slot, its place in the balloon. */
export function dropPage(ppn: u32): void {
  const flags = <u32>ppnFlags(ppn);
  if (moveCount() > 0 && isRemote(ppn)) forgetRemote(ppn);
  if (logs() && (flags & (Flag.Mapped | Flag.Swapped | Flag.Compressed)) != 0) logWrite(ppn);
  if (flags & Flag.Mapped) {
    breakAround(ppn);
    if (flags & Flag.Leaving) rescue(ppn);
    if (flags & Flag.Cow) leaveShared(ppn);
    else releaseFrame(vmHost(vmOf(ppn)), ppnMpn(ppn));
    unmapPage(ppn);
  } else if (flags & Flag.Swapped) forgetSwapped(ppn);
  else if (flags & Flag.Compressed) forgetCompressed(ppn);
}
