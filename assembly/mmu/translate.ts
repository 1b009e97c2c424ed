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
  tlbLastDataAt,
  tlbLastTag,
  tlbLastTagAt,
  tlbOwner,
  tlbPartSets,
  tlbSizes,
  tlbSlotData,
  vmPpnFirst,
  vmTlbStale,
  worldTlbTagged,
  ppnFlags,
  SCRATCH,
  vmPpnCount,
} from "../layout";
import { Flag } from "../memory/pmap";
import { NO_MPN } from "../memory/frames";
import { find, insert, Part, remove, removeParts, tagOf } from "./cache";
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
  PRESENT,
  RESTART,
  sizeOf,
  WHOLE_SHIFT,
  KINDS,
  listRights,
  frameOf,
  mayUse,
} from "./entry";
import { flushStale, follow, hasChanged } from "./follow";
import { bring, isInside } from "./guest-memory";
import { walkGuest } from "./guest-walk";
import { shadowFault } from "./monitor";
import { emptyTlb, Fault, noFrame, outside, protectionFault } from "./registers";
import { walkShadow } from "./shadow-walk";
import { walkTwoDimensional } from "./two-dimensional";

/** Bits of an address within its page. */
const OFFSET: u64 = 4095;
const GLOBAL_PAGES: u32 = 8;
/** Parts of larger pages of the guest's. */
const PARTS: u32 = 16;
/** Sizes of pages that a TLB has seen: 4 KiB, and nothing global. */
const ONLY_SMALL: u32 = 1;
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
  const controls = mmuControls(cx);
  const unit = mmuTlb(cx);
  const isNative = mmuMode(cx) == Mode.Native;
  listRights(mmuMode(cx) == Mode.Shadow ? controls | Control.WriteProtect : controls);
  const lastAt = tlbLastTagAt(unit);
  const dataAt = tlbLastDataAt(unit);
  const vm = mmuVm(cx);
  let sum = mmuFrameSum(cx);
  let faults: u32 = 0;
  // The page last found, its frame, and the kinds of access that it is known to grant.
  let known: u64 = 0;
  let kinds: u32 = 0;
  let frame: u32 = NO_MPN;
  const end = lookupAddressAt(first + count);
  for (let at = lookupAddressAt(first); at < end; at += 8) {
    const word = load<u64>(at);
    const kind = <u32>(word & KINDS);
    const key = word | OFFSET;
    if (key != known || ((kinds >> kind) & 1) == 0) {
      const asBefore = key == known;
      known = 0;
      frame = NO_MPN;
      if (key == load<u64>(lastAt)) frame = frameGranted(isNative, vm, load<u64>(dataAt), word);
      if (frame != NO_MPN) {
        known = key;
        kinds = (asBefore ? kinds : 0) | (1 << kind);
      } else {
        const found = key != load<u64>(lastAt) && tlbSizes(unit) == ONLY_SMALL && isCanonical(word, controls);
        if (found) frame = accessSmall(cx, unit, vm, isNative, word);
        else frame = accessPage(cx, word & ~KINDS, kind);
        if (frame == NO_MPN) faults += 1;
      }
    }
    sum = rotl<u64>(sum, 1) + frame;
  }
  setMmuFrameSum(cx, sum);
  return faults;
}

/** An access where the TLB has seen pages of 4 KiB only: what it grants without more ado is granted here. */
@inline
function accessSmall(cx: u32, unit: u32, vm: u32, isNative: bool, word: u64): u32 {
  const address = word & ~KINDS;
  const data = lookUpSmall(cx, unit, address);
  if (data != 0) {
    const frame = frameGranted(isNative, vm, data, word);
    if (frame != NO_MPN) {
      setMmuFault(cx, <u8>Fault.None);
      return frame;
    }
  }
  return serve(cx, unit, address, <u32>(word & KINDS), data);
}

/** Frame of the page last found if that is plain to see: its entry grants the access, and the page is there; else NO_MPN. */
@inline
function frameGranted(isNative: bool, vm: u32, data: u64, word: u64): u32 {
  const rights = SCRATCH + ((<usize>(word & KINDS)) << 4);
  if (((data ^ load<u64>(rights)) & load<u64>(rights, 8)) != 0) return NO_MPN;
  const page = sizeOf(data) == 0 ? frameOf(data) : pageOf(data, word);
  return isNative ? frameThere(vm, page) : <u32>page;
}

/** Frame of a page of the VM's own memory, in one step where it is there. */
@inline
function frameOwn(cx: u32, vm: u32, page: u64, kind: u32): u32 {
  const frame = frameThere(vm, page);
  return frame != NO_MPN ? frame : frameBehind(cx, page, kind);
}

/** The same if it is there, and nobody else's; NO_MPN if more has to be done. */
@inline
function frameThere(vm: u32, page: u64): u32 {
  if (page >= <u64>vmPpnCount(vm)) return NO_MPN;
  const ppn = vmPpnFirst(vm) + <u32>page;
  return ((<u32>ppnFlags(ppn)) & (Flag.Mapped | Flag.Cow | Flag.Leaving)) == Flag.Mapped
    ? ppnMpn(ppn)
    : NO_MPN;
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
  settle(cx);
  const unit = mmuTlb(cx);
  if (tlbOwner(unit) != cx + 1) {
    // Without tags nobody may see another's entries.
    if (worldTlbTagged(0) == 0 && tlbOwner(unit) != 0) emptyTlb(unit);
    setTlbOwner(unit, cx + 1);
    setTlbLastTag(unit, 0);
  }
}

function accessPage(cx: u32, address: u64, kind: u32): u32 {
  const controls = mmuControls(cx);
  if (!isCanonical(address, controls)) {
    protectionFault(cx);
    return NO_MPN;
  }
  const unit = mmuTlb(cx);
  const key = address | OFFSET;
  let data: u64 = 0;
  if (key == tlbLastTag(unit)) data = tlbLastData(unit);
  else data = tlbSizes(unit) == ONLY_SMALL ? lookUpSmall(cx, unit, address) : lookUp(cx, unit, address);
  return serve(cx, unit, address, kind, data);
}

/** What comes of an access: `data` is what the TLB knows, 0 nothing. */
function serve(cx: u32, unit: u32, address: u64, kind: u32, data: u64): u32 {
  if (data != 0) {
    const controls = mmuControls(cx);
    const rules = mmuMode(cx) == Mode.Shadow ? controls | Control.WriteProtect : controls;
    if (mayUse(data, kind, rules)) {
      setMmuFault(cx, <u8>Fault.None);
      const page = pageOf(data, address);
      return mmuMode(cx) == Mode.Native ? frameOwn(cx, mmuVm(cx), page, kind) : <u32>page;
    }
    forget(cx, unit, address);
  }
  setMmuTlbMisses(cx, mmuTlbMisses(cx) + 1);
  return translatePage(cx, unit, address, kind);
}

/** The same as `lookUp` where the TLB has seen pages of 4 KiB only, none of them global. */
@inline
function lookUpSmall(cx: u32, unit: u32, address: u64): u64 {
  const number = address >> 12;
  const tag = tagOf(number, 0, mmuAsid(cx));
  let row = find(unit, Part.First, number, tag);
  let data: u64 = 0;
  if (row != NO_ROW) {
    data = tlbSlotData(row);
  } else {
    row = find(unit, Part.Second, number, tag);
    if (row == NO_ROW) return 0;
    data = tlbSlotData(row);
    setMmuSecondHits(cx, mmuSecondHits(cx) + 1);
    insert(unit, Part.First, number, tag, data);
  }
  remember(unit, 0, address, data);
  return data;
}

/** Looks through the TLB; what the second level knows goes to the first. @returns 0 if nothing is there */
function lookUp(cx: u32, unit: u32, address: u64): u64 {
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
      remember(unit, size, address, data);
      return data;
    }
  }
  return 0;
}

/** Walks, as often as it takes. */
function translatePage(cx: u32, unit: u32, address: u64, kind: u32): u32 {
  const mode = mmuMode(cx);
  for (let attempt: u32 = 0; attempt < ATTEMPTS; ++attempt) {
    setMmuWalks(cx, mmuWalks(cx) + 1);
    const data = walk(cx, mode, address, kind);
    // Whatever the walk has changed, no access after it may find anything stale.
    const settled = !settle(cx);
    if (data == RESTART) continue;
    if ((data & PRESENT) == 0) return NO_MPN;
    if ((data & ONCE) == 0 && !settled) continue;
    setMmuFault(cx, <u8>Fault.None);
    const page = pageOf(data, address);
    const frame = mode == Mode.Native ? frameOwn(cx, mmuVm(cx), page, kind) : <u32>page;
    if ((data & ONCE) == 0 && frame != NO_MPN) enterTlb(cx, unit, address, data);
    return frame;
  }
  noFrame(cx);
  return NO_MPN;
}

/** Lets translations follow the pmap, and TLBs the tables; @returns whether anything had to. */
function settle(cx: u32): bool {
  const changed = hasChanged();
  if (changed) follow();
  if (!vmTlbStale(mmuVm(cx))) return changed;
  flushStale(mmuVm(cx));
  return true;
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
@inline
function enterTlb(cx: u32, unit: u32, address: u64, data: u64): void {
  const size = sizeOf(data);
  const number = address >> (12 + 9 * <u64>size);
  const isGlobal = (data & GLOBAL) != 0;
  const own = tagOf(number, size, isGlobal ? mmuGlobalAsid(cx) : mmuAsid(cx));
  insert(unit, Part.First + size, number, own, data);
  insert(unit, Part.Second + size, number, own, data);
  const isPart = ((data >> WHOLE_SHIFT) & 3) != 0;
  setTlbSizes(unit, tlbSizes(unit) | (1 << size) | (isGlobal ? GLOBAL_PAGES : 0) | (isPart ? PARTS : 0));
  remember(unit, size, address, data);
}

/** The page last found: it stands in the first level, as the one used last. */
@inline
function remember(unit: u32, size: u32, address: u64, data: u64): void {
  if (tlbPartSets(Part.First + size) == 0) return;
  setTlbLastTag(unit, address | OFFSET);
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

/** Drops the parts of the guest's large page that an address lies in: whoever invalidates one of its addresses means them all. */
export function forgetParts(unit: u32, address: u64, asid: u32): void {
  if ((tlbSizes(unit) & PARTS) == 0) return;
  for (let size: u32 = 0; size < 2; ++size) {
    removeParts(unit, Part.First + size, size, address, asid);
    removeParts(unit, Part.Second + size, size, address, asid);
  }
}
