/**
 * What it costs to find out which pages of a VM were written, by the way that it is found out: beside the dirty log, which knows
 * it for nothing.
 *
 *                     first write of a page since the last harvest      a harvest
 *   write-protection  a fault                                           protects each of them again
 *   dirty-bits        nothing                                           looks at the entry of every mapped page
 *   modification log  an entry; the 512th fills the buffer: an exit     takes what is left in the buffer
 *   ring              an entry of the log; each time that the ring is   takes what is left in the ring
 *                     full another exit, out to the process that reads it
 *
 * What the guest pays is processor time on the bill of the access; what the hypervisor does is counted, and takes no processor.
 *
 * Source: Intel's page-modification log (512 entries, logged at the dirty bit's 0 → 1); KVM's dirty ring. Cost: O(1) a first write.
 */
import {
  setVmTrackBuffered,
  setVmTrackExits,
  setVmTrackHostNs,
  setVmTrackNs,
  setVmTrackScanned,
  setVmTrackTraps,
  vmGrantedPages,
  vmTrackBuffered,
  vmTrackExits,
  vmTrackHostNs,
  vmTrackNs,
  vmTrackRing,
  vmTrackScanned,
  vmTracking,
  vmTrackTraps,
  largeCount,
  mmuCount,
  setVmTlbStale,
  vmLargePages,
  worldTrackEntryPs,
  worldTrackFlushNs,
  worldTrackFullNs,
  worldTrackRingNs,
  worldTrackTrapNs,
} from "../layout";
import { billWork } from "./bill";

/** vmTracking. */
export const enum Tracking {
  None = 0,
  WriteProtection = 1,
  DirtyBits = 2,
  ModificationLog = 3,
  Ring = 4,
}

/** Entries of a page-modification log: one page of 8-byte addresses. */
export const LOG_ENTRIES: u32 = 512;

/** A page of a VM is written for the first time since its log was last harvested. */
export function trackWrite(vm: u32): void {
  const kind = vmTracking(vm);
  if (kind == Tracking.WriteProtection) {
    setVmTrackTraps(vm, vmTrackTraps(vm) + 1);
    charge(vm, worldTrackTrapNs(0));
    return;
  }
  if (kind < <u8>Tracking.ModificationLog) return;
  const entries = vmTrackBuffered(vm) + 1;
  setVmTrackBuffered(vm, entries);
  if (entries % LOG_ENTRIES == 0) exit(vm, worldTrackFullNs(0));
  const size = kind == Tracking.Ring ? vmTrackRing(vm) : LOG_ENTRIES;
  if (entries < size) return;
  if (kind == Tracking.Ring) exit(vm, worldTrackRingNs(0));
  setVmTrackBuffered(vm, 0);
}

function exit(vm: u32, ns: u64): void {
  setVmTrackExits(vm, vmTrackExits(vm) + 1);
  charge(vm, ns);
}

function charge(vm: u32, ns: u64): void {
  billWork(ns);
  setVmTrackNs(vm, vmTrackNs(vm) + ns);
}

/**
 * The log of a VM is harvested.
 *
 * @param pages  that were written since
 */
export function trackHarvest(vm: u32, pages: u32): void {
  const kind = vmTracking(vm);
  if (kind == Tracking.None) return;
  const entries = kind == Tracking.DirtyBits ? mappedEntries(vm) : pages;
  countScan(vm, entries);
  setVmTrackBuffered(vm, 0);
}

/** The accessed bits of a VM are read and cleared. */
export function trackAccessed(vm: u32): void {
  countScan(vm, mappedEntries(vm));
}

function countScan(vm: u32, entries: u32): void {
  // What TLBs know of the entries is void.
  if (mmuCount() > 0) setVmTlbStale(vm, 1);
  const ns = (<u64>entries * <u64>worldTrackEntryPs(0)) / 1000 + worldTrackFlushNs(0);
  setVmTrackScanned(vm, vmTrackScanned(vm) + <u64>entries);
  setVmTrackHostNs(vm, vmTrackHostNs(vm) + ns);
}

/** Entries that map a VM's pages: one for a large page. */
function mappedEntries(vm: u32): u32 {
  const large = largeCount() > 0 ? vmLargePages(vm) : 0;
  return vmGrantedPages(vm) - large * (LOG_ENTRIES - 1);
}
