/**
 * Nested paging: every guest-physical address that the walk of the guest's tables meets goes through the nested tables first.
 *
 *        nested 4 3 2 1   nested 4 3 2 1        nested 4 3 2 1   nested 4 3 2 1   nested 4 3 2 1
 *   CR3 ────────────────> 4 ──────────────> 3 ... ───────────> 1 ───────────────> page
 *                         └ guest entry                        └ guest entry        n·m + m nested, n guest references
 *
 * Caches of paging structures hold the frames of guest tables here, so that a hit saves the nested walks to them as well. A violation
 * ends the walk; the monitor enters what is missing, and the access starts again.
 *
 * Source: Bhargava et al., ASPLOS 2008 (two-dimensional walks). Cost: (n + 1)(m + 1) − 1 references.
 */
import { mmuControls, mmuVm, tlbSlotData, vmPpnCount, worldPhysicalBits } from "../layout";
import {
  ACCESSED,
  ALL_ONES,
  DIRTY,
  frameOf,
  indexOf,
  Kind,
  LARGE,
  NO_EXECUTE,
  NO_ROW,
  OUTSIDE,
  pageOf,
  permits,
  PRESENT,
  reservedBits,
  RESTART,
  RIGHTS,
  SIZE_SHIFT,
  sizeOf,
  VIOLATION,
  WHOLE_SHIFT,
  WRITABLE,
} from "./entry";
import { guestWord, setGuestWord } from "./guest-memory";
import { isCurrent, nearestTable, noteTable, translation } from "./guest-walk";
import { enterViolation, outsideViolation } from "./monitor";
import { markNestedDirty, translateNested } from "./nested";
import { countReference, levelsOf, noFrame, outside, pageFault, rootOf } from "./registers";
import { wordOf } from "./words";

/** No frame: the table lies outside of the VM's memory. */
const NOWHERE: u64 = ALL_ONES;

/** @returns a translation to a frame, RESTART if tables have been filled on the way or caches are out of date, FAULT */
export function walkTwoDimensional(cx: u32, address: u64, kind: u32): u64 {
  const vm = mmuVm(cx);
  const controls = mmuControls(cx);
  const physicalBits = worldPhysicalBits(0);
  let level = levelsOf(cx);
  let rights: u64 = RIGHTS;
  let accessed: u64 = ACCESSED;
  let gfn = rootOf(cx);
  let frame: u64 = 0;
  const near = nearestTable(cx, address);
  if (near != NO_ROW) {
    const data = tlbSlotData(near);
    rights = data & (RIGHTS | NO_EXECUTE);
    frame = frameOf(data);
    level = (<u32>(data >> SIZE_SHIFT)) & 7;
  } else {
    const table = translateNested(cx, vm, gfn, false);
    if (table == VIOLATION) return enterViolation(cx, gfn, false);
    frame = table == OUTSIDE ? NOWHERE : pageOf(table, gfn << 12);
  }
  for (;;) {
    if (frame == NOWHERE) outsideViolation(cx);
    const entry = frame == NOWHERE ? ALL_ONES : wordOf(<u32>frame, indexOf(address, level) << 3);
    countReference(cx, level);
    if ((entry & PRESENT) == 0) return pageFault(cx, address, kind, false, false);
    if ((entry & reservedBits(entry, level, controls, physicalBits)) != 0) {
      return pageFault(cx, address, kind, true, true);
    }
    rights = (rights & entry & RIGHTS) | ((rights | entry) & NO_EXECUTE);
    accessed &= entry;
    if (level == 1 || (entry & LARGE) != 0) {
      return foundGuest(cx, address, kind, level, entry, rights, accessed, near != NO_ROW);
    }
    gfn = frameOf(entry);
    level -= 1;
    const table = translateNested(cx, vm, gfn, false);
    if (table == VIOLATION) return enterViolation(cx, gfn, false);
    frame = table == OUTSIDE ? NOWHERE : pageOf(table, gfn << 12);
    if (accessed != 0 && frame != NOWHERE) {
      noteTable(cx, address, level + 1, PRESENT | rights | (frame << 12) | ((<u64>level) << SIZE_SHIFT));
    }
  }
  return unreachable(); // the last level ends the walk
}

/** The guest's entry of the page has been found: rights, accessed and dirty bits, and the page's own place. */
function foundGuest(
  cx: u32,
  address: u64,
  kind: u32,
  level: u32,
  entry: u64,
  rights: u64,
  accessed: u64,
  cached: bool,
): u64 {
  const vm = mmuVm(cx);
  const controls = mmuControls(cx);
  const guest = translation(entry, level, rights, controls);
  if (!permits(guest, kind, controls)) return pageFault(cx, address, kind, true, false);
  const write = (kind & Kind.Write) != 0;
  const soiled = write && (entry & DIRTY) == 0;
  if (accessed == 0 || soiled) {
    if (cached && !isCurrent(cx, address, level, entry)) return RESTART;
    const marked = markNested(cx, address, level, soiled);
    if (marked != PRESENT) return marked;
  }
  const gfn = pageOf(guest, address);
  const data = translateNested(cx, vm, gfn, write);
  if (data == VIOLATION) return enterViolation(cx, gfn, write);
  if (data == OUTSIDE) {
    outsideViolation(cx);
    return outside(cx);
  }
  return combine(address, gfn, guest, data, soiled, level);
}

/** The smaller page of the two, with the rights of the guest's and D where both have it. */
function combine(address: u64, gfn: u64, guest: u64, nested: u64, soiled: bool, level: u32): u64 {
  const size = min<u32>(sizeOf(nested), level - 1);
  const pages = ((<u64>1) << (9 * <u64>size)) - 1;
  const frame = pageOf(nested, gfn << 12) & ~pages;
  const writable = nested & WRITABLE;
  // Bit 6 is D, bit 1 W.
  const dirty = (soiled ? DIRTY : guest & DIRTY) & nested & (writable << 5);
  const kept = guest & ~(DIRTY | (WRITABLE ^ writable) | ((<u64>3) << SIZE_SHIFT)) & 0x8000_0000_0000_0fff;
  const whole: u64 = size < level - 1 ? (<u64>level - 1) << WHOLE_SHIFT : 0;
  return kept | whole | dirty | ((<u64>size) << SIZE_SHIFT) | (frame << 12);
}

/** Sets A on the guest's way to a page, and D in the last entry; @returns PRESENT, else what the access comes to */
function markNested(cx: u32, address: u64, last: u32, dirty: bool): u64 {
  const vm = mmuVm(cx);
  let gfn = rootOf(cx);
  for (let level = levelsOf(cx); level >= last; --level) {
    if (gfn >= <u64>vmPpnCount(vm)) return PRESENT;
    const index = indexOf(address, level);
    const entry = guestWord(vm, gfn, index);
    const marked = entry | ACCESSED | (dirty && level == last ? DIRTY : 0);
    if (marked != entry) {
      if (!markNestedDirty(vm, <u32>gfn)) return enterViolation(cx, gfn, true);
      if (!setGuestWord(vm, gfn, index, marked)) return noFrame(cx);
    }
    gfn = frameOf(entry);
  }
  return PRESENT;
}
