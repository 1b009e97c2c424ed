/**
 * Which pages of a VM have been written since somebody last looked: a bitmap a VM whose log is on.
 *
 *   openLog     the log is on, no bit is set
 *   logWrite    sets a bit; the first write of a page since the last harvest is the one that costs
 *   harvest     moves the bits to another set, and clears them
 *   closeLog    off again, no bit is set
 *
 * Bits are set by `markWritten` and where a page's content is lost (pmap, fault). Worlds in which no log is ever
 * needed have no words, and ask nothing but their number.
 *
 * Source: NSDI'05 §4 (log-dirty mode). Cost: a load and a store a write; a harvest reads a bit a page.
 */
import {
  dirtyWordBits,
  dirtyWordBitsAt,
  dirtyWordCount,
  extentVm,
  setDirtyWordBits,
  setVmDirtyLog,
  setVmLoggedPages,
  vmDirtyLog,
  vmLoggedPages,
  vmPpnCount,
  vmPpnFirst,
} from "../layout";
import { moveBits } from "./dirty-bitmap";
import { trackHarvest } from "./harvest";

/** Whether this world keeps logs at all. */
export function logs(): bool {
  return dirtyWordCount() > 0;
}

/** Words of a VM's bitmap; its pages begin with one. */
export function wordsOf(vm: u32): u32 {
  return (vmPpnCount(vm) + 63) >> 6;
}

/** First word of a VM's bitmap. */
export function firstWordOf(vm: u32): u32 {
  return vmPpnFirst(vm) >> 6;
}

/**
 * A page's content has changed, or is lost; ask `logs()` first.
 *
 * @returns true if it is the first change since the last harvest
 */
export function logWrite(ppn: u32): bool {
  const word = ppn >> 6;
  const bit = (<u64>1) << (ppn & 63);
  const before = dirtyWordBits(word);
  if (before & bit) return false;
  const vm = extentVm(ppn >> 9);
  if (!vmDirtyLog(vm)) return false;
  setDirtyWordBits(word, before | bit);
  setVmLoggedPages(vm, vmLoggedPages(vm) + 1);
  return true;
}

/** Whether a page has been written since the last harvest. */
export function isLogged(ppn: u32): bool {
  return ((dirtyWordBits(ppn >> 6) >> (ppn & 63)) & 1) != 0;
}

/** Begins to log a VM's writes; no page counts as written. */
export function openLog(vm: u32): void {
  assert(logs());
  clearLog(vm);
  setVmDirtyLog(vm, 1);
}

/** Ends it; no page counts as written. */
export function closeLog(vm: u32): void {
  setVmDirtyLog(vm, 0);
  clearLog(vm);
}

function clearLog(vm: u32): void {
  memory.fill(dirtyWordBitsAt(firstWordOf(vm)), 0, (<usize>wordsOf(vm)) << 3);
  setVmLoggedPages(vm, 0);
}

/**
 * Adds the pages that have been written to a set, and begins anew.
 *
 * @param set  address of as many words as `wordsOf`
 * @returns    pages of the set now
 */
export function harvest(vm: u32, set: usize): u32 {
  assert(vmDirtyLog(vm) != 0);
  trackHarvest(vm, vmLoggedPages(vm));
  setVmLoggedPages(vm, 0);
  return moveBits(dirtyWordBitsAt(firstWordOf(vm)), set, wordsOf(vm));
}
