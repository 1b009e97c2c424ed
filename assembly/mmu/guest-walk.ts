/**
 * The walk through a guest's page tables, as the architecture has it.
 *
 *   CR3 -> [ level 4 ] -> [ 3 ] -> [ 2 ] -> [ 1 ] -> page        rights: what all levels grant
 *             ^ paging-structure caches know tables below levels 5 … 2, and skip the levels above
 *
 * A walk that faults sets no bit. One that succeeds sets A in every entry that it went through, and D in the last if the access
 * writes. A level that is not present ends the walk at once; so do reserved bits; rights are looked at when the page is found.
 *
 * A walk that began at what a cache knows, and has bits to set, looks first whether the tables lead there still: a guest may have
 * changed them and not have said so yet. If they do not, the caches lose the address, and the walk starts again.
 *
 * The processor walks so without virtualisation; the monitor does when it looks for what to shadow.
 *
 * Source: the processors' manuals. Cost: one entry a level.
 */
import {
  mmuAsid,
  mmuControls,
  mmuTlb,
  mmuVm,
  tlbPartSets,
  ppnMpn,
  tlbSlotData,
  vmPpnCount,
  vmPpnFirst,
  worldPhysicalBits,
} from "../layout";
import { find, insert, Part, remove, tagOf } from "./cache";
import {
  ACCESSED,
  ALL_ONES,
  Control,
  DIRTY,
  FRAME,
  frameOf,
  GLOBAL,
  indexOf,
  Kind,
  LARGE,
  NO_EXECUTE,
  NO_ROW,
  pagesOf,
  permits,
  PRESENT,
  reservedBits,
  RESTART,
  RIGHTS,
  SIZE_SHIFT,
} from "./entry";
import { bring, guestWord, isThere, setGuestWord } from "./guest-memory";
import { countReference, levelsOf, noFrame, pageFault, rootOf } from "./registers";
import { wordOf } from "./words";

/** Row of the paging-structure cache that saves most of a walk; NO_ROW none does. The level it leads to: see `levelBelow`. */
@inline
export function nearestTable(cx: u32, address: u64): u32 {
  const levels = levelsOf(cx);
  const unit = mmuTlb(cx);
  const asid = mmuAsid(cx);
  for (let level: u32 = 2; level <= levels; ++level) {
    const part = Part.Walk + level - 2;
    const number = address >> (12 + 9 * (<u64>level - 1));
    const row = find(unit, part, number, tagOf(number, 0, asid));
    if (row != NO_ROW) return row;
  }
  return NO_ROW;
}

/** Notes the table below a level: frame and rights in the form of an entry. */
@inline
export function noteTable(cx: u32, address: u64, level: u32, data: u64): void {
  const part = Part.Walk + level - 2;
  const number = address >> (12 + 9 * (<u64>level - 1));
  insert(mmuTlb(cx), part, number, tagOf(number, 0, mmuAsid(cx)), data);
}

/** Forgets the tables on the way to an address. */
function forgetTables(cx: u32, address: u64): void {
  for (let level: u32 = 2; level <= levelsOf(cx); ++level) {
    const part = Part.Walk + level - 2;
    if (tlbPartSets(part) == 0) continue;
    const number = address >> (12 + 9 * (<u64>level - 1));
    remove(mmuTlb(cx), part, number, tagOf(number, 0, mmuAsid(cx)));
  }
}

/**
 * Whether a walk that began at what a cache knows has come where the tables lead; else what the caches know of the address goes.
 *
 * @param entry  what the walk has found, at level `last`
 */
export function isCurrent(cx: u32, address: u64, last: u32, entry: u64): bool {
  const vm = mmuVm(cx);
  const controls = mmuControls(cx);
  let gfn = rootOf(cx);
  for (let level = levelsOf(cx); level > last; --level) {
    const word = guestWord(vm, gfn, indexOf(address, level));
    const leads = (word & (PRESENT | LARGE)) == PRESENT;
    if (!leads || (word & reservedBits(word, level, controls, worldPhysicalBits(0))) != 0) {
      forgetTables(cx, address);
      return false;
    }
    gfn = frameOf(word);
  }
  if (guestWord(vm, gfn, indexOf(address, last)) == entry) return true;
  forgetTables(cx, address);
  return false;
}

/**
 * Walks the guest's tables.
 *
 * @param counted  the processor walks: with its caches, and references count
 * @returns        a translation to a guest-physical page, FAULT if the access faults (`mmuFault` says how), RESTART if the
 *                 caches are out of date
 */
export function walkGuest(cx: u32, address: u64, kind: u32, counted: bool): u64 {
  const vm = mmuVm(cx);
  const first = vmPpnFirst(vm);
  const pages = <u64>vmPpnCount(vm);
  const controls = mmuControls(cx);
  const physicalBits = worldPhysicalBits(0);
  let level = levelsOf(cx);
  let gfn = rootOf(cx);
  let rights: u64 = RIGHTS;
  let accessed: u64 = ACCESSED;
  let cached = false;
  if (counted) {
    const near = nearestTable(cx, address);
    if (near != NO_ROW) {
      cached = true;
      const data = tlbSlotData(near);
      rights = data & (RIGHTS | NO_EXECUTE);
      gfn = frameOf(data);
      level = (<u32>(data >> SIZE_SHIFT)) & 7;
    }
  }
  for (;;) {
    let entry = ALL_ONES;
    if (gfn < pages) {
      const ppn = first + <u32>gfn;
      if (!isThere(ppn) && !bring(ppn, false)) return noFrame(cx);
      entry = wordOf(ppnMpn(ppn), indexOf(address, level) << 3);
    }
    if (counted) countReference(cx, level);
    if ((entry & PRESENT) == 0) return pageFault(cx, address, kind, false, false);
    if ((entry & reservedBits(entry, level, controls, physicalBits)) != 0) {
      return pageFault(cx, address, kind, true, true);
    }
    rights = (rights & entry & RIGHTS) | ((rights | entry) & NO_EXECUTE);
    accessed &= entry;
    if (level == 1 || (entry & LARGE) != 0) {
      return found(cx, address, kind, level, entry, rights, accessed, cached);
    }
    gfn = frameOf(entry);
    level -= 1;
    // Whoever goes by the cache sets no A above: only tables whose entries have theirs are noted.
    if (counted && accessed != 0) {
      noteTable(cx, address, level + 1, PRESENT | rights | (gfn << 12) | ((<u64>level) << SIZE_SHIFT));
    }
  }
  return unreachable(); // the last level ends the walk
}

/** The end of a walk: rights, accessed and dirty bits. */
@inline
function found(
  cx: u32,
  address: u64,
  kind: u32,
  level: u32,
  entry: u64,
  rights: u64,
  accessed: u64,
  cached: bool,
): u64 {
  const controls = mmuControls(cx);
  const data = translation(entry, level, rights, controls);
  if (!permits(data, kind, controls)) return pageFault(cx, address, kind, true, false);
  const soiled = (kind & Kind.Write) != 0 && (entry & DIRTY) == 0;
  if (accessed == 0 || soiled) {
    if (cached && !isCurrent(cx, address, level, entry)) return RESTART;
    if (!markPath(cx, address, level, soiled)) return noFrame(cx);
  }
  return soiled ? data | DIRTY : data;
}

/** What a walk finds, in the form that caches hold. */
export function translation(entry: u64, level: u32, rights: u64, controls: u32): u64 {
  const base = frameOf(entry) & ~(pagesOf(level) - 1);
  const global = controls & Control.Global ? entry & GLOBAL : 0;
  return PRESENT | rights | global | (entry & DIRTY) | ((<u64>level - 1) << SIZE_SHIFT) | (base << 12);
}

/**
 * Sets A in every entry on the way to a page, and D in the last.
 *
 * @param last  level of the last
 * @returns     false if a table cannot be written to for lack of a frame
 */
export function markPath(cx: u32, address: u64, last: u32, dirty: bool): bool {
  const vm = mmuVm(cx);
  let gfn = rootOf(cx);
  for (let level = levelsOf(cx); level >= last; --level) {
    const index = indexOf(address, level);
    const entry = guestWord(vm, gfn, index);
    const marked = entry | ACCESSED | (dirty && level == last ? DIRTY : 0);
    if (marked != entry && !setGuestWord(vm, gfn, index, marked)) return false;
    gfn = (entry & FRAME) >> 12;
  }
  return true;
}
