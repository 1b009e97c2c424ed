/**
 * The lists that a guest with an operating system keeps its physical pages in; every page of it is in exactly one.
 *
 *   free      ─▶ ppn ─▶ ppn          singly linked; what stands there is not known
 *   zeroed    ─▶ ppn ─▶ ppn          the same, known to be zero
 *   balloon   ─▶ ppn                 held by the balloon driver
 *   active    ⇄ ppn ⇄ ppn ⇄ ppn     head: came last, tail: came first
 *   inactive  ⇄ ppn ⇄ ppn
 *   kernel                           no list
 *
 * Cost: O(1).
 */
import {
  ppnGuest,
  ppnNext,
  ppnPrevious,
  setPpnGuest,
  setPpnLogical,
  setPpnNext,
  setPpnPrevious,
  setVmActiveHead,
  setVmActiveListed,
  setVmActiveTail,
  setVmBalloonHead,
  setVmFreeHead,
  setVmFreePages,
  setVmInactiveHead,
  setVmInactiveListed,
  setVmInactiveTail,
  setVmStuck,
  setVmZeroedHead,
  setVmZeroedPages,
  vmActiveHead,
  vmActiveListed,
  vmActiveTail,
  vmBalloonHead,
  vmFreeHead,
  vmFreePages,
  vmInactiveHead,
  vmInactiveListed,
  vmInactiveTail,
  vmZeroedHead,
  vmZeroedPages,
} from "../layout";

/** No page, no row. */
export const NO_PAGE: u32 = 0xffff_ffff;

/** ppnGuest. */
export const enum Page {
  /** Accessed since the guest last looked. */
  Referenced = 1,
  /** Written since it was last read from, or written to, the guest's disk. */
  Dirty = 2,
  /** On the active list. */
  Active = 4,
  Free = 8,
  /** Free, and zero. */
  Zeroed = 16,
  Kernel = 32,
  Balloon = 64,
}

/** Empties all lists of a VM. */
export function clearLists(vm: u32): void {
  setVmFreeHead(vm, NO_PAGE);
  setVmZeroedHead(vm, NO_PAGE);
  setVmBalloonHead(vm, NO_PAGE);
  setVmActiveHead(vm, NO_PAGE);
  setVmActiveTail(vm, NO_PAGE);
  setVmInactiveHead(vm, NO_PAGE);
  setVmInactiveTail(vm, NO_PAGE);
  setVmFreePages(vm, 0);
  setVmZeroedPages(vm, 0);
  setVmActiveListed(vm, 0);
  setVmInactiveListed(vm, 0);
}

/** A page holds nothing of the guest any more. */
export function pushFree(vm: u32, ppn: u32): void {
  setPpnLogical(ppn, NO_PAGE);
  setPpnNext(ppn, vmFreeHead(vm));
  setPpnGuest(ppn, <u8>Page.Free);
  setVmFreeHead(vm, ppn);
  setVmFreePages(vm, vmFreePages(vm) + 1);
  setVmStuck(vm, 0);
}

/** The same, and the page is zero. */
export function pushZeroed(vm: u32, ppn: u32): void {
  setPpnLogical(ppn, NO_PAGE);
  setPpnNext(ppn, vmZeroedHead(vm));
  setPpnGuest(ppn, <u8>Page.Zeroed);
  setVmZeroedHead(vm, ppn);
  setVmFreePages(vm, vmFreePages(vm) + 1);
  setVmZeroedPages(vm, vmZeroedPages(vm) + 1);
}

/** Takes the first page off the free list; NO_PAGE if it is empty. */
export function popFree(vm: u32): u32 {
  const ppn = vmFreeHead(vm);
  if (ppn == NO_PAGE) return NO_PAGE;
  assert(ppnGuest(ppn) == Page.Free);
  setVmFreeHead(vm, ppnNext(ppn));
  setVmFreePages(vm, vmFreePages(vm) - 1);
  return ppn;
}

/** Takes the first page off the zeroed list; NO_PAGE if it is empty. */
export function popZeroed(vm: u32): u32 {
  const ppn = vmZeroedHead(vm);
  if (ppn == NO_PAGE) return NO_PAGE;
  assert(ppnGuest(ppn) == Page.Zeroed);
  setVmZeroedHead(vm, ppnNext(ppn));
  setVmZeroedPages(vm, vmZeroedPages(vm) - 1);
  setVmFreePages(vm, vmFreePages(vm) - 1);
  return ppn;
}

/** Gives a page that is in no list to the balloon driver. */
export function pushBalloon(vm: u32, ppn: u32): void {
  setPpnLogical(ppn, NO_PAGE);
  setPpnNext(ppn, vmBalloonHead(vm));
  setPpnGuest(ppn, <u8>Page.Balloon);
  setVmBalloonHead(vm, ppn);
}

/** Takes the page that came last from the balloon driver; NO_PAGE if it has none. */
export function popBalloon(vm: u32): u32 {
  const ppn = vmBalloonHead(vm);
  if (ppn == NO_PAGE) return NO_PAGE;
  assert(ppnGuest(ppn) == Page.Balloon);
  setVmBalloonHead(vm, ppnNext(ppn));
  return ppn;
}

/** Puts a page that is in no list at the head of the active one, not referenced. */
export function pushActive(vm: u32, ppn: u32): void {
  const head = vmActiveHead(vm);
  setPpnGuest(ppn, <u8>(((<u32>ppnGuest(ppn)) & Page.Dirty) | Page.Active));
  setPpnNext(ppn, head);
  setPpnPrevious(ppn, NO_PAGE);
  if (head == NO_PAGE) setVmActiveTail(vm, ppn);
  else setPpnPrevious(head, ppn);
  setVmActiveHead(vm, ppn);
  setVmActiveListed(vm, vmActiveListed(vm) + 1);
}

/** Puts a page that is in no list at the head of the inactive one, not referenced. */
export function pushInactive(vm: u32, ppn: u32): void {
  const head = vmInactiveHead(vm);
  setPpnGuest(ppn, <u8>((<u32>ppnGuest(ppn)) & Page.Dirty));
  setPpnNext(ppn, head);
  setPpnPrevious(ppn, NO_PAGE);
  if (head == NO_PAGE) setVmInactiveTail(vm, ppn);
  else setPpnPrevious(head, ppn);
  setVmInactiveHead(vm, ppn);
  setVmInactiveListed(vm, vmInactiveListed(vm) + 1);
}

/** Takes a page out of the active or the inactive list, whichever it is in. */
export function unlink(vm: u32, ppn: u32): void {
  const next = ppnNext(ppn);
  const previous = ppnPrevious(ppn);
  const active = ((<u32>ppnGuest(ppn)) & Page.Active) != 0;
  if (next != NO_PAGE) setPpnPrevious(next, previous);
  else if (active) setVmActiveTail(vm, previous);
  else setVmInactiveTail(vm, previous);
  if (previous != NO_PAGE) setPpnNext(previous, next);
  else if (active) setVmActiveHead(vm, next);
  else setVmInactiveHead(vm, next);
  if (active) setVmActiveListed(vm, vmActiveListed(vm) - 1);
  else setVmInactiveListed(vm, vmInactiveListed(vm) - 1);
}
