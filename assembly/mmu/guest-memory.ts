/**
 * Guest-physical memory as page walks see it: entries read and written where the pmap says that they are.
 *
 *   gfn  ->  ppn = first of the VM + gfn  ->  pmap: mpn  ->  word
 *
 * Outside of the VM's memory everything reads as all ones, and writes are lost. A page that is not there is brought;
 * a shared one that is written to gets a frame of its own.
 *
 * Cost: three loads where the page is there.
 */
import { ppnFlags, ppnMpn, vmPpnCount, vmPpnFirst } from "../layout";
import { readPage, rewritePage } from "../memory/fault";
import { logs, logWrite } from "../memory/dirty-log";
import { Flag, markWritten } from "../memory/pmap";
import { ALL_ONES } from "./entry";
import { setWord, wordOf } from "./words";

export function isInside(vm: u32, gfn: u64): bool {
  return gfn < <u64>vmPpnCount(vm);
}

/**
 * Makes a page of the VM's memory one that can be read, or written to.
 *
 * @returns false if that needs a frame and the host has none
 */
export function bring(ppn: u32, write: bool): bool {
  const flags = <u32>ppnFlags(ppn);
  // On its way to the swap device it is there still, and stays.
  if ((flags & (Flag.Mapped | Flag.Leaving)) != Flag.Mapped) return write ? rewritePage(ppn) : readPage(ppn);
  return !write || (flags & Flag.Cow) == 0 || rewritePage(ppn);
}

/** Whether a page's entries can be read without more ado. */
export function isThere(ppn: u32): bool {
  return ((<u32>ppnFlags(ppn)) & Flag.Mapped) != 0;
}

/**
 * An entry of a table; of one outside of the VM's memory all ones.
 *
 * A table that the host has taken meanwhile, perhaps for a page that this very walk has brought, is brought again; 0 if there is no
 * frame for it.
 */
export function guestWord(vm: u32, gfn: u64, index: u32): u64 {
  if (!isInside(vm, gfn)) return ALL_ONES;
  const ppn = vmPpnFirst(vm) + <u32>gfn;
  if (!isThere(ppn) && !bring(ppn, false)) return 0;
  return wordOf(ppnMpn(ppn), index << 3);
}

/**
 * Writes an entry.
 *
 * @returns false if that needs a frame, or room for bytes, and there is none
 */
export function setGuestWord(vm: u32, gfn: u64, index: u32, value: u64): bool {
  if (!isInside(vm, gfn)) return true;
  const ppn = vmPpnFirst(vm) + <u32>gfn;
  if (!bring(ppn, true) || !setWord(ppn, index << 3, value)) return false;
  if (logs()) logWrite(ppn);
  // What the scan has seen of the page no longer holds.
  const flags = <u32>ppnFlags(ppn);
  if ((flags & (Flag.Visited | Flag.Ineligible | Flag.Zero | Flag.Dirty)) != Flag.Dirty)
    markWritten(ppn, false);
  return true;
}
