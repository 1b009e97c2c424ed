/**
 * Nested page tables: guest-physical page to frame, as the processor reads them.
 *
 *   level 1   [ one table an extent: 512 pages of the VM ]        row = first of the level + gfn >> 9 · level
 *   level 2   [ one table for 512 of them ] …                     the last level is one table, the root
 *
 * So every VM's tables have their place from the start, and none is ever looked for. They are filled on violations, from the pmap;
 * what changes there is taken out again (follow.ts).
 *
 * An extent on 512 frames that lie side by side, none of them shared, may be one entry of 2 MiB; 512 such extents one of 1 GiB.
 *
 * Cost: one entry a level; a violation of a large page looks at 512 places of the pmap.
 */
import {
  largeBlock,
  largeCount,
  mmuNestedAsid,
  mmuTlb,
  nestedPageBytesAt,
  tlbPartSets,
  ppnFlags,
  ppnMpn,
  setTlbSlotData,
  tlbSlotData,
  vmNestedFirst,
  vmPpnCount,
  vmPpnFirst,
  worldNestedLargest,
  worldNestedLevels,
} from "../layout";
import { NO_MPN } from "../memory/frames";
import { Flag } from "../memory/pmap";
import { find, insert, Part, tagOf } from "./cache";
import {
  ACCESSED,
  DIRTY,
  frameOf,
  LARGE,
  NO_ROW,
  OUTSIDE,
  pagesOf,
  PRESENT,
  RIGHTS,
  SIZE_SHIFT,
  USER,
  VIOLATION,
  WRITABLE,
} from "./entry";
import { countReference } from "./registers";

/** References of nested levels are counted behind the guest's. */
const NESTED_LEVELS: u32 = 8;

/** First nested table of a level of a VM. */
function firstOf(vm: u32, level: u32): u32 {
  let row = vmNestedFirst(vm);
  let tables = (vmPpnCount(vm) + 511) >> 9;
  for (let below: u32 = 1; below < level; ++below) {
    row += tables;
    tables = (tables + 511) >> 9;
  }
  return row;
}

function entryAt(row: u32, gfn: u32, level: u32): usize {
  return nestedPageBytesAt(row) + ((<usize>(((<u64>gfn) >> (9 * (<u64>level - 1))) & 511)) << 3);
}

/**
 * Translates a page inside of the VM's memory as the processor does.
 *
 * @returns a translation of up to 4 KiB, 2 MiB or 1 GiB; VIOLATION if the tables do not grant it, OUTSIDE if they never will
 */
export function translateNested(cx: u32, vm: u32, gfn: u64, write: bool): u64 {
  if (gfn >= <u64>vmPpnCount(vm)) return OUTSIDE;
  const unit = mmuTlb(cx);
  const asid = mmuNestedAsid(cx);
  const tag = tagOf(gfn, 0, asid);
  const known = find(unit, Part.Nested, gfn, tag);
  const needed = write ? PRESENT | WRITABLE | DIRTY : PRESENT;
  if (known != NO_ROW && (tlbSlotData(known) & needed) == needed) return tlbSlotData(known);
  const data = walkNested(cx, unit, vm, <u32>gfn, write);
  if (data == VIOLATION || tlbPartSets(Part.Nested) == 0) return data;
  if (known == NO_ROW) insert(unit, Part.Nested, gfn, tag, data);
  else setTlbSlotData(known, data);
  return data;
}

/** The walk itself, with the caches of nested paging structures. */
function walkNested(cx: u32, unit: u32, vm: u32, gfn: u32, write: bool): u64 {
  const asid = mmuNestedAsid(cx);
  let level = worldNestedLevels(0);
  let table = NO_ROW;
  for (let near: u32 = 2; near <= level; ++near) {
    const part = Part.NestedWalk + near - 2;
    if (tlbPartSets(part) == 0) continue;
    const number = (<u64>gfn) >> (9 * (<u64>near - 1));
    const row = find(unit, part, number, tagOf(number, 0, asid));
    if (row == NO_ROW) continue;
    table = <u32>frameOf(tlbSlotData(row));
    level = near - 1;
    break;
  }
  if (table == NO_ROW) table = firstOf(vm, level);
  for (;;) {
    const at = entryAt(table, gfn, level);
    const entry = load<u64>(at);
    countReference(cx, NESTED_LEVELS + level);
    if ((entry & PRESENT) == 0) return VIOLATION;
    if (level == 1 || (entry & LARGE) != 0) return foundNested(at, entry, level, write);
    if ((entry & ACCESSED) == 0) store<u64>(at, entry | ACCESSED);
    table = <u32>frameOf(entry);
    const part = Part.NestedWalk + level - 2;
    const number = (<u64>gfn) >> (9 * (<u64>level - 1));
    insert(unit, part, number, tagOf(number, 0, asid), PRESENT | ((<u64>table) << 12));
    level -= 1;
  }
  return unreachable(); // the last level ends the walk
}

function foundNested(at: usize, entry: u64, level: u32, write: bool): u64 {
  if (write && (entry & WRITABLE) == 0) return VIOLATION;
  const marked = entry | ACCESSED | (write ? DIRTY : 0);
  if (marked != entry) store<u64>(at, marked);
  const size = (<u64>level - 1) << SIZE_SHIFT;
  return PRESENT | (entry & WRITABLE) | USER | (marked & DIRTY) | size | (frameOf(entry) << 12);
}

/** Sets A and D of a page whose place the processor knows already; @returns false if it may not be written to */
export function markNestedDirty(vm: u32, gfn: u32): bool {
  let table = firstOf(vm, worldNestedLevels(0));
  for (let level = worldNestedLevels(0); ; --level) {
    const at = entryAt(table, gfn, level);
    const entry = load<u64>(at);
    if ((entry & PRESENT) == 0) return false;
    if (level == 1 || (entry & LARGE) != 0) return foundNested(at, entry, level, true) != VIOLATION;
    table = <u32>frameOf(entry);
  }
  return unreachable(); // the last level ends the walk
}

/** Frame behind the first page of an extent whose 512 frames lie side by side, all the VM's own; NO_MPN if they do not. */
export function frameOfExtent(firstPpn: u32): u32 {
  // Where hosts make large pages, they know which are.
  if (largeCount() > 0) return largeBlock(firstPpn >> 9) == 0 ? NO_MPN : (largeBlock(firstPpn >> 9) - 1) << 9;
  const mpn = ppnMpn(firstPpn);
  if ((mpn & 511) != 0) return NO_MPN;
  const wanted = Flag.Mapped | Flag.Cow;
  for (let at: u32 = 0; at < 512; ++at) {
    if (ppnMpn(firstPpn + at) != mpn + at) return NO_MPN;
    if (((<u32>ppnFlags(firstPpn + at)) & wanted) != Flag.Mapped) return NO_MPN;
  }
  return mpn;
}

/** The same for a GiB of the VM's memory. */
function frameOfGibibyte(firstPpn: u32): u32 {
  const mpn = frameOfExtent(firstPpn);
  if (mpn == NO_MPN || (mpn & 0x3_ffff) != 0) return NO_MPN;
  for (let at: u32 = 512; at < 0x4_0000; at += 512) {
    if (frameOfExtent(firstPpn + at) != mpn + at) return NO_MPN;
  }
  return mpn;
}

/** Largest leaf, by level, that a page inside of the VM's memory can have. */
function leafLevel(vm: u32, gfn: u32): u32 {
  const first = vmPpnFirst(vm);
  const pages = vmPpnCount(vm);
  const largest = worldNestedLargest(0);
  const gibibyte = gfn & ~(<u32>0x3_ffff);
  if (largest >= 3 && pages >= 0x4_0000 && gibibyte <= pages - 0x4_0000) {
    if (frameOfGibibyte(first + gibibyte) != NO_MPN) return 3;
  }
  const extent = gfn & ~(<u32>511);
  const isWhole = pages >= 512 && extent <= pages - 512;
  return largest >= 2 && isWhole && frameOfExtent(first + extent) != NO_MPN ? 2 : 1;
}

/** Enters every page that is mapped in the pmap. */
export function populateNested(vm: u32): void {
  const pages = vmPpnCount(vm);
  for (let gfn: u32 = 0; gfn < pages;) {
    const there = ((<u32>ppnFlags(vmPpnFirst(vm) + gfn)) & Flag.Mapped) != 0;
    gfn += there ? <u32>pagesOf(enterNested(vm, gfn)) : 1;
  }
}

/**
 * Enters a page that is mapped in the pmap.
 *
 * @returns level of its entry
 */
export function enterNested(vm: u32, gfn: u32): u32 {
  const leaf = leafLevel(vm, gfn);
  let table = firstOf(vm, worldNestedLevels(0));
  for (let level = worldNestedLevels(0); level > leaf; --level) {
    const below = firstOf(vm, level - 1) + <u32>((<u64>gfn) >> (9 * (<u64>level - 1)));
    const at = entryAt(table, gfn, level);
    const entry = load<u64>(at);
    // A large page that is one no more makes room for the table below.
    if ((entry & PRESENT) == 0 || (entry & LARGE) != 0) {
      memory.fill(nestedPageBytesAt(below), 0, 4096);
      store<u64>(at, PRESENT | RIGHTS | ((<u64>below) << 12));
    }
    table = below;
  }
  const base = gfn & ~(<u32>(pagesOf(leaf) - 1));
  const ppn = vmPpnFirst(vm) + base;
  const own = leaf > 1 || ((<u32>ppnFlags(ppn)) & Flag.Cow) == 0;
  const entry = PRESENT | USER | (own ? WRITABLE : 0) | (leaf > 1 ? LARGE : 0) | ((<u64>ppnMpn(ppn)) << 12);
  store<u64>(entryAt(table, gfn, leaf), entry);
  return leaf;
}

/** Takes a page out, with the large page that it may be part of. */
export function leaveNested(vm: u32, gfn: u32): void {
  let table = firstOf(vm, worldNestedLevels(0));
  for (let level = worldNestedLevels(0); ; --level) {
    const at = entryAt(table, gfn, level);
    const entry = load<u64>(at);
    if ((entry & PRESENT) == 0) return;
    if (level == 1 || (entry & LARGE) != 0) {
      store<u64>(at, 0);
      return;
    }
    table = <u32>frameOf(entry);
  }
}

/** Takes out everything that a table of level 1 holds, so that its extent can become a large page. */
export function leaveExtent(vm: u32, gfn: u32): void {
  let table = firstOf(vm, worldNestedLevels(0));
  for (let level = worldNestedLevels(0); level >= 2; --level) {
    const at = entryAt(table, gfn, level);
    const entry = load<u64>(at);
    if ((entry & PRESENT) == 0) return;
    if (level == 2 || (entry & LARGE) != 0) {
      store<u64>(at, 0);
      return;
    }
    table = <u32>frameOf(entry);
  }
}

/** Takes out all that a VM has: the next accesses enter it anew. */
export function leaveAll(vm: u32): void {
  memory.fill(nestedPageBytesAt(firstOf(vm, worldNestedLevels(0))), 0, 4096);
}
