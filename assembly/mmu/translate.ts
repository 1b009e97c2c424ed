/**
 * An access: a virtual address becomes a frame, or a fault.
 *
 *   TLB, first level ──> second level ──> page walk: native, shadow or nested ──> monitor, and again
 *
 * A TLB entry serves an access if it grants it and, for a write, is dirty; else it is dropped and the walk decides, as the architecture
 * has it. Translations follow the pmap before a walk and before a run of accesses.
 *
 * Cost: a compare where the page is the last one; a set of each level and a walk at the most.
 */
import {
  lookupAddress,
  lookupAddressAt,
  lookupCount,
  mmuAccesses,
  mmuAsid,
  mmuControls,
  mmuFrameSum,
  mmuGlobalAsid,
  mmuMode,
  mmuSecondHits,
  mmuTlb,
  mmuTlbMisses,
  mmuVm,
  mmuWalks,
  ppnMpn,
  setMmuAccesses,
  setMmuFault,
  setMmuFrameSum,
  setMmuSecondHits,
  setMmuTlbMisses,
  setMmuWalks,
  setTlbLastData,
  setTlbLastTag,
  setTlbOwner,
  setTlbSizes,
  tlbLastData,
  tlbLastTag,
  tlbOwner,
  tlbPartSets,
  tlbSizes,
  tlbSlotData,
  vmPpnFirst,
  vmTlbStale,
  worldTlbTagged,
} from "../layout";
import { NO_MPN } from "../memory/frames";
import { find, insert, Part, remove, tagOf } from "./cache";
import {
  Control,
  DIRTY,
  GLOBAL,
  isCanonical,
  Kind,
  Mode,
  NO_ROW,
  ONCE,
  pageOf,
  permits,
  PRESENT,
  RESTART,
  sizeOf,
} from "./entry";
import { flushStale, follow, hasChanged } from "./follow";
import { bring, isInside } from "./guest-memory";
import { walkGuest } from "./guest-walk";
import { shadowFault } from "./monitor";
import { emptyTlb, Fault, noFrame, outside, protectionFault } from "./registers";
import { walkShadow } from "./shadow-walk";
import { walkTwoDimensional } from "./two-dimensional";

const KINDS: u64 = 7;
const GLOBAL_PAGES: u32 = 8;
/** A walk starts again for each level of each dimension that is not there yet, and a few times more. */
const ATTEMPTS: u32 = 64;

/**
 * Translates one address.
 *
 * @param kind  bits: 1 write, 2 user, 4 fetch
 * @returns     the frame; NO_MPN if the access faults: `mmuFault` says how
 */
export function access(cx: u32, address: u64, kind: u32): u32 {
  enter(cx);
  setMmuAccesses(cx, mmuAccesses(cx) + 1);
  return accessPage(cx, address, kind);
}

/**
 * Translates a run of addresses that stand in `lookup`.
 *
 * @returns how many of them faulted
 */
export function run(cx: u32, first: u32, count: u32): u32 {
  assert(first + count <= lookupCount());
  enter(cx);
  setMmuAccesses(cx, mmuAccesses(cx) + count);
  let sum = mmuFrameSum(cx);
  let faults: u32 = 0;
  const end = lookupAddressAt(first + count);
  for (let at = lookupAddressAt(first); at < end; at += 8) {
    const word = load<u64>(at);
    const frame = accessPage(cx, word & ~KINDS, <u32>(word & KINDS));
    if (frame == NO_MPN) faults += 1;
    sum = rotl<u64>(sum, 1) + frame;
  }
  setMmuFrameSum(cx, sum);
  return faults;
}

/** Addresses of one run that fault are what the caller looks at one by one: the first that does, from a row on. */
export function runToFault(cx: u32, first: u32, count: u32): u32 {
  assert(first + count <= lookupCount());
  enter(cx);
  for (let row = first; row < first + count; ++row) {
    const word = lookupAddress(row);
    setMmuAccesses(cx, mmuAccesses(cx) + 1);
    if (accessPage(cx, word & ~KINDS, <u32>(word & KINDS)) == NO_MPN) return row;
  }
  return first + count;
}

/** What has to be done before a virtual processor goes on. */
function enter(cx: u32): void {
  if (hasChanged()) follow();
  const unit = mmuTlb(cx);
  if (tlbOwner(unit) != cx + 1) {
    // Without tags nobody may see another's entries.
    if (worldTlbTagged(0) == 0 && tlbOwner(unit) != 0) emptyTlb(unit);
    setTlbOwner(unit, cx + 1);
    setTlbLastTag(unit, 0);
  }
  if (vmTlbStale(mmuVm(cx))) flushStale(mmuVm(cx));
}

function accessPage(cx: u32, address: u64, kind: u32): u32 {
  const controls = mmuControls(cx);
  if (!isCanonical(address, controls)) {
    protectionFault(cx);
    return NO_MPN;
  }
  const unit = mmuTlb(cx);
  const tag = tagOf(address >> 12, 0, mmuAsid(cx));
  const data = tag == tlbLastTag(unit) ? tlbLastData(unit) : lookUp(cx, unit, address, tag);
  if (data != 0) {
    if (mayUse(cx, data, kind, controls)) {
      setMmuFault(cx, <u8>Fault.None);
      return frameBehind(cx, pageOf(data, address), kind);
    }
    forget(cx, unit, address);
  }
  setMmuTlbMisses(cx, mmuTlbMisses(cx) + 1);
  return translatePage(cx, unit, address, kind, tag);
}

/** Whether an entry serves an access without a walk. */
function mayUse(cx: u32, data: u64, kind: u32, controls: u32): bool {
  if ((kind & Kind.Write) != 0 && (data & DIRTY) == 0) return false;
  return permits(data, kind, mmuMode(cx) == Mode.Shadow ? controls | Control.WriteProtect : controls);
}

/** Looks through the TLB; what the second level knows goes to the first. @returns 0 if nothing is there */
function lookUp(cx: u32, unit: u32, address: u64, tag: u64): u64 {
  const sizes = tlbSizes(unit);
  const asid = mmuAsid(cx);
  for (let level: u32 = Part.First; level <= <u32>Part.Second; level += Part.Second) {
    for (let size: u32 = 0; size < 3; ++size) {
      if ((sizes & (1 << size)) == 0) continue;
      const number = address >> (12 + 9 * <u64>size);
      let own = tagOf(number, size, asid);
      let row = find(unit, level + size, number, own);
      if (row == NO_ROW && (sizes & GLOBAL_PAGES) != 0) {
        own = tagOf(number, size, mmuGlobalAsid(cx));
        row = find(unit, level + size, number, own);
      }
      if (row == NO_ROW) continue;
      const data = tlbSlotData(row);
      if (level == Part.Second) {
        setMmuSecondHits(cx, mmuSecondHits(cx) + 1);
        insert(unit, Part.First + size, number, own, data);
      }
      remember(unit, size, tag, data);
      return data;
    }
  }
  return 0;
}

/** Walks, as often as it takes. */
function translatePage(cx: u32, unit: u32, address: u64, kind: u32, tag: u64): u32 {
  const mode = mmuMode(cx);
  for (let attempt: u32 = 0; attempt < ATTEMPTS; ++attempt) {
    if (hasChanged()) follow();
    if (vmTlbStale(mmuVm(cx))) flushStale(mmuVm(cx));
    setMmuWalks(cx, mmuWalks(cx) + 1);
    const data = walk(cx, mode, address, kind);
    if (data == RESTART) continue;
    if ((data & PRESENT) == 0) return NO_MPN;
    // The page may have changed under the walk: what it set may have broken a shared table.
    if (mode == Mode.Nested && hasChanged()) continue;
    setMmuFault(cx, <u8>Fault.None);
    const frame = frameBehind(cx, pageOf(data, address), kind);
    if ((data & ONCE) == 0 && frame != NO_MPN) enterTlb(cx, unit, address, data, tag);
    return frame;
  }
  noFrame(cx);
  return NO_MPN;
}

function walk(cx: u32, mode: u32, address: u64, kind: u32): u64 {
  if (mode == Mode.Native) return walkGuest(cx, address, kind, true);
  if (mode == Mode.Nested) return walkTwoDimensional(cx, address, kind);
  const data = walkShadow(cx, address, kind);
  return (data & PRESENT) != 0 ? data : shadowFault(cx, address, kind);
}

/** Frame of a page that a translation leads to: without virtualisation memory is the VM's, wherever the pmap has it. */
function frameBehind(cx: u32, page: u64, kind: u32): u32 {
  if (mmuMode(cx) != Mode.Native) return <u32>page;
  const vm = mmuVm(cx);
  if (!isInside(vm, page)) {
    outside(cx);
    return NO_MPN;
  }
  const ppn = vmPpnFirst(vm) + <u32>page;
  if (!bring(ppn, (kind & Kind.Write) != 0)) {
    noFrame(cx);
    return NO_MPN;
  }
  return ppnMpn(ppn);
}

/** Puts what a walk has found into both levels. */
function enterTlb(cx: u32, unit: u32, address: u64, data: u64, tag: u64): void {
  const size = sizeOf(data);
  const number = address >> (12 + 9 * <u64>size);
  const isGlobal = (data & GLOBAL) != 0;
  const own = tagOf(number, size, isGlobal ? mmuGlobalAsid(cx) : mmuAsid(cx));
  insert(unit, Part.First + size, number, own, data);
  insert(unit, Part.Second + size, number, own, data);
  setTlbSizes(unit, tlbSizes(unit) | (1 << size) | (isGlobal ? GLOBAL_PAGES : 0));
  remember(unit, size, tag, data);
}

/** The page last found: it stands in the first level, as the one used last. */
function remember(unit: u32, size: u32, tag: u64, data: u64): void {
  if (tlbPartSets(Part.First + size) == 0) return;
  setTlbLastTag(unit, tag);
  setTlbLastData(unit, data);
}

/** Drops what a TLB knows of one address, in the current address space and among global pages. */
export function forget(cx: u32, unit: u32, address: u64): void {
  forgetOf(unit, address, mmuAsid(cx));
  forgetOf(unit, address, mmuGlobalAsid(cx));
}

/** Drops what a TLB knows of one address of an address space. */
export function forgetOf(unit: u32, address: u64, asid: u32): void {
  setTlbLastTag(unit, 0);
  for (let size: u32 = 0; size < 3; ++size) {
    if ((tlbSizes(unit) & (1 << size)) == 0) continue;
    const number = address >> (12 + 9 * <u64>size);
    const tag = tagOf(number, size, asid);
    remove(unit, Part.First + size, number, tag);
    remove(unit, Part.Second + size, number, tag);
  }
}
