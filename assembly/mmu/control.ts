/**
 * What a guest's kernel does to its translations: CR3, control registers, INVLPG, INVPCID.
 *
 *   load of CR3   without PCID: entries that are not global go; with: those of the new PCID, unless bit 63 of the value keeps them
 *   INVLPG        the page, all parts of it that nested tables have split it into, in the current address space and among global ones, and all paging-structure caches of that space
 *   INVPCID       0 one address of a PCID, 1 a PCID, 2 all, global pages too, 3 all but global pages
 *   CR0, CR4, EFER    everything goes
 *
 * With shadow tables each of these is an exit, and what the guest may have written unseen is synchronised. Nested paging lets the guest do
 * it all by itself.
 *
 * Source: the processors' manuals. Cost: O(entries of a TLB) where many go.
 */
import {
  mmuAsid,
  mmuControls,
  mmuCr3Loads,
  mmuGlobalAsid,
  mmuInvalidations,
  mmuMode,
  mmuRoot,
  mmuTlb,
  mmuVm,
  setMmuControls,
  setMmuCr3,
  setMmuCr3Loads,
  setMmuInvalidations,
  setMmuRoot,
  setShadowPins,
  setTlbLastTag,
  shadowPins,
  shadowUnsynced,
  vmPpnFirst,
  worldPhysicalBits,
  worldShadowUnsynced,
  worldTlbTagged,
  tlbPartSets,
  tlbCount,
} from "../layout";
import { Part, removeAsid, removeAsidFrom } from "./cache";
import { Control, FRAME, frameOf, indexOf, isCanonical, Mode, NO_ROW, PRESENT } from "./entry";
import { dropShadows, flushStale, follow, hasChanged } from "./follow";
import { bring, isInside } from "./guest-memory";
import { countExit, emptyTlb, levelsOf, protectionFault, rootOf, tagKnown, tagSpace } from "./registers";
import { synchroniseAll } from "./shadow-fill";
import { drop, entryAt, mapsPage } from "./shadow-lists";
import { shadowFor, ShadowKind } from "./shadow-pool";
import { forget, forgetOf, forgetParts } from "./translate";

const KEEP: u64 = 0x8000_0000_0000_0000;
const PCIDS: u32 = 4096;

/** Takes up a virtual processor whose columns have been written: tags, and a root for shadow tables. */
export function open(cx: u32): void {
  tagSpace(cx);
  setMmuRoot(cx, NO_ROW);
  takeRoot(cx);
}

/** Leaves a virtual processor's root to eviction. */
export function close(cx: u32): void {
  leaveRoot(cx);
}

/**
 * Loads CR3.
 *
 * @param value  bit 63: keep what the TLB has of the new PCID
 * @returns      false: a #GP, because bits are set that must not be
 */
export function loadCr3(cx: u32, value: u64): bool {
  const hasPcid = (mmuControls(cx) & Control.Pcid) != 0;
  const kept = hasPcid ? value & ~KEEP : value;
  const physical = (((<u64>1) << worldPhysicalBits(0)) - 1) & FRAME;
  if ((kept & ~(physical | 0xfff)) != 0) {
    protectionFault(cx);
    return false;
  }
  setMmuCr3Loads(cx, mmuCr3Loads(cx) + 1);
  setMmuCr3(cx, kept);
  tagSpace(cx);
  const unit = mmuTlb(cx);
  setTlbLastTag(unit, 0);
  if (worldTlbTagged(0) == 0) emptyButGlobal(cx, unit);
  else if (!hasPcid || (value & KEEP) == 0) removeAsid(unit, mmuAsid(cx));
  if (mmuMode(cx) == Mode.Shadow) {
    countExit(cx);
    if (hasChanged()) follow();
    if (worldShadowUnsynced(0) != 0) synchroniseAll(cx);
    takeRoot(cx);
  }
  return true;
}

/** Drops a page's translation. */
export function invalidatePage(cx: u32, address: u64): void {
  setMmuInvalidations(cx, mmuInvalidations(cx) + 1);
  if (mmuMode(cx) == Mode.Shadow) {
    countExit(cx);
    if (worldShadowUnsynced(0) != 0) dropUnsynced(cx, address);
  }
  if (!isCanonical(address, mmuControls(cx))) return;
  const unit = mmuTlb(cx);
  forget(cx, unit, address);
  forgetParts(unit, address, mmuAsid(cx));
  forgetParts(unit, address, mmuGlobalAsid(cx));
  dropStructures(unit, mmuAsid(cx));
}

/**
 * Drops translations by PCID.
 *
 * @param kind  0 one address of a PCID, 1 a PCID, 2 all, 3 all but global pages
 * @returns     false: a #GP
 */
export function invalidatePcid(cx: u32, kind: u32, pcid: u32, address: u64): bool {
  const controls = mmuControls(cx);
  const unknown = kind > 3 || pcid >= PCIDS || (kind < 2 && pcid != 0 && (controls & Control.Pcid) == 0);
  if (unknown || (kind == 0 && !isCanonical(address, controls))) {
    protectionFault(cx);
    return false;
  }
  setMmuInvalidations(cx, mmuInvalidations(cx) + 1);
  if (mmuMode(cx) == Mode.Shadow) {
    countExit(cx);
    if (worldShadowUnsynced(0) != 0) synchroniseAll(cx);
  }
  const unit = mmuTlb(cx);
  setTlbLastTag(unit, 0);
  if (kind < 2) {
    const tag = tagKnown(mmuVm(cx), pcid);
    if (tag == 0) return true;
    if (kind == 1) {
      removeAsid(unit, tag);
    } else {
      forgetOf(unit, address, tag);
      forgetParts(unit, address, tag);
      dropStructures(unit, tag);
    }
    return true;
  }
  for (let other: u32 = 0; other < PCIDS; ++other) {
    const tag = tagKnown(mmuVm(cx), other);
    if (tag != 0) removeAsid(unit, tag);
  }
  if (kind == 2) removeAsid(unit, mmuGlobalAsid(cx));
  return true;
}

/** Sets control bits; all that a TLB and the shadow tables have of the VM goes. */
export function setControls(cx: u32, controls: u32): void {
  setMmuControls(cx, controls);
  const vm = mmuVm(cx);
  if (mmuMode(cx) == Mode.Shadow) {
    countExit(cx);
    leaveRoot(cx);
    dropShadows(vm, 1);
  }
  tagSpace(cx);
  flushStale(vm);
  takeRoot(cx);
}

/** Without tags: what is not global goes, whomever it belongs to. */
function emptyButGlobal(cx: u32, unit: u32): void {
  assert(unit < tlbCount());
  for (let pcid: u32 = 0; pcid < PCIDS; ++pcid) {
    const tag = tagKnown(mmuVm(cx), pcid);
    if (tag != 0) removeAsid(unit, tag);
  }
}

/** Drops the paging-structure caches of an address space. */
function dropStructures(unit: u32, asid: u32): void {
  for (let part: u32 = Part.Walk; part < <u32>Part.Nested; ++part) {
    if (tlbPartSets(part) != 0) removeAsidFrom(unit, part, asid);
  }
}

/** Pins the shadow table of the root in CR3. */
function takeRoot(cx: u32): void {
  leaveRoot(cx);
  if (mmuMode(cx) != Mode.Shadow) return;
  const vm = mmuVm(cx);
  const gfn = rootOf(cx);
  if (!isInside(vm, gfn)) return;
  const ppn = vmPpnFirst(vm) + <u32>gfn;
  if (!bring(ppn, false)) return;
  if (hasChanged()) follow();
  const row = shadowFor(cx, ppn, levelsOf(cx), ShadowKind.Table);
  if (row == NO_ROW) return;
  setShadowPins(row, <u16>(<u32>shadowPins(row) + 1));
  setMmuRoot(cx, row);
}

function leaveRoot(cx: u32): void {
  const row = mmuRoot(cx);
  if (row == NO_ROW) return;
  setShadowPins(row, <u16>(<u32>shadowPins(row) - 1));
  setMmuRoot(cx, NO_ROW);
}

/** Drops the entry of an address in a lowest table that the guest may have written to unseen. */
function dropUnsynced(cx: u32, address: u64): void {
  let row = mmuRoot(cx);
  if (row == NO_ROW || !isCanonical(address, mmuControls(cx))) return;
  for (let level = levelsOf(cx); ; --level) {
    const entry = (row << 9) + indexOf(address, level);
    const word = load<u64>(entryAt(entry));
    if ((word & PRESENT) == 0) return;
    if (mapsPage(entry)) {
      if (shadowUnsynced(row) != 0) drop(entry);
      return;
    }
    row = <u32>frameOf(word);
  }
}
