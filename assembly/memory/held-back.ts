/**
 * Pages inside large pages that are held back from sharing: what the scan found out about them, kept for the time when the
 * large page is broken. One bit a page.
 *
 *   visit: equal to a page on file, but one of the two is inside an unbroken large page  ─▶  bit set, not shared
 *   write: the content is another                                                        ─▶  bit cleared
 *   the large page is broken                                                             ─▶  bits cleared, pages unvisited
 *
 * Source: ESX hashes the pages inside large pages and keeps hints of them, but shares none of them. Cost: O(1).
 */
import {
  extentVm,
  heldWordBits,
  largeBlock,
  largeCount,
  largeHeld,
  setHeldWordBits,
  setLargeHeld,
  setVmLargeHeld,
  vmLargeHeld,
} from "../layout";

/** Whether a page is part of an unbroken large page. */
export function isLarge(ppn: u32): bool {
  return largeCount() > 0 && largeBlock(ppn >> 9) != 0;
}

/** Notes that a page could be shared if it were not inside a large page; others are left as they are. */
export function holdBack(ppn: u32): void {
  if (!isLarge(ppn)) return;
  const bit = (<u64>1) << (ppn & 63);
  const word = heldWordBits(ppn >> 6);
  if (word & bit) return;
  setHeldWordBits(ppn >> 6, word | bit);
  countHeld(ppn >> 9, 1);
}

/** A page is written: it may equal no other any more. */
export function releaseHeld(ppn: u32): void {
  if (largeCount() == 0) return;
  const bit = (<u64>1) << (ppn & 63);
  const word = heldWordBits(ppn >> 6);
  if ((word & bit) == 0) return;
  setHeldWordBits(ppn >> 6, word & ~bit);
  countHeld(ppn >> 9, -1);
}

/** @returns whether the page was held back; it is not any more */
export function takeHeld(ppn: u32): bool {
  const held = ((heldWordBits(ppn >> 6) >> (ppn & 63)) & 1) != 0;
  if (held) releaseHeld(ppn);
  return held;
}

function countHeld(extent: u32, change: i32): void {
  const vm = extentVm(extent);
  setLargeHeld(extent, <u16>(<i32>largeHeld(extent) + change));
  setVmLargeHeld(vm, vmLargeHeld(vm) + change);
}
