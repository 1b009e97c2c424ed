/**
 * A guest's own page faults: a page of a program or file is needed and no physical page holds it.
 *
 *   program, never there      a page of zeroes; none has to be written if one was zeroed before
 *   program, in swap space    read from the guest's disk
 *   file                      read from the guest's disk
 *
 * Source: any textbook; Linux 2.6 … 5.8, mm/memory.c. Cost: O(1), and what reclaiming costs when free pages are few.
 */
import {
  logicalContent,
  logicalEvicted,
  logicalFlags,
  regionContent,
  regionFile,
  regionFirst,
  setLogicalPpn,
  setPpnGuest,
  setPpnLogical,
  setVmFileReads,
  setVmGuestEvictions,
  setVmGuestFaults,
  setVmGuestOom,
  setVmGuestSwapIns,
  vmActiveListed,
  vmDisk,
  vmEvicted,
  vmFileReads,
  vmFreeLow,
  vmFreePages,
  vmGuestEvictions,
  vmGuestFaults,
  vmGuestOom,
  vmGuestSwapIns,
  vmGuestSwapPages,
  vmGuestSwapUsed,
  vmInactiveListed,
  vmZeroedPages,
} from "../layout";
import { billedAt, billGuestWait } from "../memory/bill";
import { diskRead } from "../memory/disk";
import { deviceWrite, writePage } from "../memory/fault";
import { poolContent } from "../memory/load";
import { NO_PAGE, Page, popFree, popZeroed, pushFree, pushInactive } from "./lists";
import { forgetCopy, Logical, reclaim } from "./replacement";

/**
 * Takes a free page of a guest; it is in no list then.
 *
 * @param zeroed  a page known to be zero rather than another one
 * @returns       NO_PAGE if there is nothing left to evict
 */
export function allocatePage(vm: u32, zeroed: bool): u32 {
  if (vmFreePages(vm) < vmFreeLow(vm)) reclaim(vm);
  const first = zeroed ? popZeroed(vm) : popFree(vm);
  if (first != NO_PAGE) return first;
  return zeroed ? popFree(vm) : popZeroed(vm);
}

/**
 * Brings a logical page in that is in no physical page.
 *
 * @param write  it will be written at once
 * @returns      its physical page; NO_PAGE if the guest, or the host, has none to give
 */
export function faultIn(vm: u32, region: u32, logical: u32, write: bool): u32 {
  setVmGuestFaults(vm, vmGuestFaults(vm) + 1);
  const flags = <u32>logicalFlags(logical);
  const fresh = (flags & (Logical.File | Logical.Copy)) == 0;
  const zeroed = vmZeroedPages(vm);
  const ppn = allocatePage(vm, fresh);
  if (ppn == NO_PAGE) {
    setVmGuestOom(vm, vmGuestOom(vm) + 1);
    return NO_PAGE;
  }
  const isZero = vmZeroedPages(vm) < zeroed;
  if (!(fresh ? isZero || writePage(ppn, 0) : readIn(vm, region, logical, ppn))) {
    pushFree(vm, ppn);
    return NO_PAGE;
  }
  notePressure(vm, logical, flags);
  setLogicalPpn(logical, ppn);
  setPpnLogical(ppn, logical);
  const alone = write || leavesSwap(vm, flags);
  if (alone) forgetCopy(vm, logical);
  setPpnGuest(ppn, <u8>(alone ? Page.Dirty : 0));
  pushInactive(vm, ppn);
  return ppn;
}

/** Whether a page read from swap space gives up its copy there: it does where more than half of the space is in use. */
function leavesSwap(vm: u32, flags: u32): bool {
  return (flags & Logical.Copy) != 0 && 2 * <u64>vmGuestSwapUsed(vm) > <u64>vmGuestSwapPages(vm);
}

/** Reads a page from the guest's disk. */
function readIn(vm: u32, region: u32, logical: u32, ppn: u32): bool {
  const flags = <u32>logicalFlags(logical);
  const known = (flags & (Logical.Copy | Logical.Changed)) != 0;
  const first = regionFirst(region);
  const content = known ? logicalContent(logical) : poolContent(regionContent(region), logical - first);
  if (!deviceWrite(ppn, content)) return false;
  billGuestWait(diskRead(vmDisk(vm), 1, billedAt()));
  if (regionFile(region) != 0) setVmFileReads(vm, vmFileReads(vm) + 1);
  else setVmGuestSwapIns(vm, vmGuestSwapIns(vm) + 1);
  return true;
}

/** A page that comes back after fewer evictions than the guest has pages: with twice its memory it would not have left. */
function notePressure(vm: u32, logical: u32, flags: u32): void {
  if ((flags & Logical.Evicted) == 0) return;
  const since = vmEvicted(vm) - logicalEvicted(logical);
  if (since > vmActiveListed(vm) + vmInactiveListed(vm)) return;
  setVmGuestEvictions(vm, vmGuestEvictions(vm) + 1);
}
