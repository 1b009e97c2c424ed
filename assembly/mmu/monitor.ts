/**
 * What the monitor does when an access traps: fills nested and shadow tables, passes guests their own faults, writes in their stead.
 *
 *   nested violation    the page is brought if it is not there, copied if it is shared and written to, and entered; the access
 *                       starts again. Outside of the VM's memory there is nothing: it reads as all ones.
 *   shadow fault        the guest's tables decide. They fault: the guest gets its fault. They grant it: what is missing is filled
 *                       (a hidden fault), or the page is a table that is traced (a trace fault)
 *
 * Cost: O(levels).
 */
import {
  mmuEmulated,
  mmuHiddenFaults,
  mmuReflected,
  mmuTraceFaults,
  mmuViolations,
  mmuVm,
  ppnMpn,
  setMmuEmulated,
  setMmuHiddenFaults,
  setMmuReflected,
  setMmuTraceFaults,
  setMmuViolations,
  vmPpnFirst,
  vmShadowLazy,
} from "../layout";
import { DIRTY, FAULT, Kind, ONCE, pageOf, PRESENT, RESTART, RIGHTS, WRITABLE } from "./entry";
import { follow, hasChanged } from "./follow";
import { bring, isInside } from "./guest-memory";
import { walkGuest } from "./guest-walk";
import { enterNested } from "./nested";
import { countExit, noFrame, outside } from "./registers";
import { fillShadow } from "./shadow-fill";
import { dropOrphans, isLowest, isTraced, letWrite } from "./shadow-pool";

/** A nested violation of a page inside of the VM's memory; @returns RESTART, or FAULT for lack of a frame */
export function enterViolation(cx: u32, gfn: u64, write: bool): u64 {
  const vm = mmuVm(cx);
  setMmuViolations(cx, mmuViolations(cx) + 1);
  countExit(cx);
  if (!bring(vmPpnFirst(vm) + <u32>gfn, write)) return noFrame(cx);
  if (hasChanged()) follow();
  enterNested(vm, <u32>gfn);
  return RESTART;
}

/** A nested violation of an address outside of the VM's memory. */
export function outsideViolation(cx: u32): void {
  setMmuViolations(cx, mmuViolations(cx) + 1);
  countExit(cx);
}

/**
 * The processor's walk of the shadow tables has failed.
 *
 * @returns RESTART: they have been filled; a translation for this access only; FAULT
 */
export function shadowFault(cx: u32, address: u64, kind: u32): u64 {
  countExit(cx);
  const guest = walkGuest(cx, address, kind, false);
  if ((guest & PRESENT) == 0) {
    setMmuReflected(cx, mmuReflected(cx) + 1);
    return FAULT;
  }
  const vm = mmuVm(cx);
  const gfn = pageOf(guest, address);
  if (!isInside(vm, gfn)) return outside(cx);
  const ppn = vmPpnFirst(vm) + <u32>gfn;
  const write = (kind & Kind.Write) != 0;
  if (!bring(ppn, write)) return noFrame(cx);
  if (hasChanged()) follow();
  if (write && noteTableWrite(cx, ppn, false)) return emulate(cx, ppn, guest);
  // With CR0.WP clear a supervisor may write to what is read-only, which no shadow entry can say.
  if (write && (guest & WRITABLE) == 0) return emulate(cx, ppn, guest);
  if (!fillShadow(cx, address, guest)) return emulate(cx, ppn, guest);
  // On a host of hardly any frames, reading the tables may have taken the page away again.
  if (hasChanged()) follow();
  setMmuHiddenFaults(cx, mmuHiddenFaults(cx) + 1);
  return RESTART;
}

/** The monitor makes an access in the guest's stead. */
function emulate(cx: u32, ppn: u32, guest: u64): u64 {
  setMmuEmulated(cx, mmuEmulated(cx) + 1);
  const rights = guest & ~(RIGHTS | DIRTY) & 0x8000_0000_0000_0105;
  return PRESENT | rights | ONCE | ((<u64>ppnMpn(ppn)) << 12);
}

/**
 * The guest writes to a page that may be one of its tables: a trace fault if so.
 *
 * @param exits  whether it is an exit by itself
 * @returns      whether the page is traced still, so that the monitor has to write
 */
export function noteTableWrite(cx: u32, ppn: u32, exits: bool): bool {
  if (!isTraced(ppn)) return false;
  if (exits) countExit(cx);
  setMmuTraceFaults(cx, mmuTraceFaults(cx) + 1);
  // It may have been a table, and be none any more.
  dropOrphans(ppn);
  if (!isTraced(ppn)) return false;
  if (vmShadowLazy(mmuVm(cx)) != 0 && isLowest(ppn)) {
    letWrite(ppn);
    return false;
  }
  return true;
}
