/**
 * The pool of shadow tables: which are made of which guest table, what is traced, and who goes when the pool is full.
 *
 *   guest table (ppn) ── one shadow table for each level that it is used at ── traced: no entry maps it writable
 *   large page of the guest ── split into tables of 4 KiB entries where the host's memory, or a trace, wants that
 *
 * Traced means that a write of the guest to the table faults, so that the shadow table can follow. A table that the guest writes to
 * though nothing leads to it any more was one: it is dropped, and the page traced no more.
 *
 * Eviction goes round the pool: what has been used since the last look is passed over once, roots in use and tables of the current
 * fill always.
 *
 * Cost: O(1) but for eviction, which drops 512 entries.
 */
import {
  shadowEntryNext,
  extentTraced,
  extentVm,
  mmuEvictions,
  mmuShadowsMade,
  ppnReverse,
  ppnShadow,
  setExtentTraced,
  setMmuEvictions,
  setMmuShadowsMade,
  setPpnShadow,
  setShadowKind,
  setShadowLevel,
  setShadowNext,
  setShadowPpn,
  setShadowRecent,
  setShadowStamp,
  setShadowUnsynced,
  setVmTlbStale,
  setWorldShadowHand,
  setWorldShadowUnsynced,
  setWorldShadowUsed,
  shadowBytesAt,
  shadowCount,
  shadowKind,
  shadowLevel,
  shadowNext,
  shadowParents,
  shadowPins,
  shadowPpn,
  shadowRecent,
  shadowStamp,
  shadowUnsynced,
  worldShadowFill,
  worldShadowHand,
  worldShadowUnsynced,
  worldShadowUsed,
} from "../layout";
import { LARGE, NO_ROW, WRITABLE } from "./entry";
import { drop, entryAt } from "./shadow-lists";

export const enum ShadowKind {
  Free = 0,
  /** Of a guest table. */
  Table = 1,
  /** Of a large page that is split. */
  Split = 2,
}

/** Shadow table of a page, a level and a kind; NO_ROW if there is none. */
export function findShadow(ppn: u32, level: u32, kind: u32): u32 {
  for (let next = ppnShadow(ppn); next != 0; next = shadowNext(next - 1)) {
    const row = next - 1;
    if (shadowLevel(row) == level && shadowKind(row) == kind) return row;
  }
  return NO_ROW;
}

/** Whether writes to a page have to be seen. */
export function isTraced(ppn: u32): bool {
  for (let next = ppnShadow(ppn); next != 0; next = shadowNext(next - 1)) {
    if (shadowKind(next - 1) == ShadowKind.Table && shadowUnsynced(next - 1) == 0) return true;
  }
  return false;
}

/**
 * Shadow table of a page, made if there is none.
 *
 * @returns NO_ROW if the pool is too small for the current fill
 */
export function shadowFor(cx: u32, ppn: u32, level: u32, kind: u32): u32 {
  let row = findShadow(ppn, level, kind);
  if (row == NO_ROW) {
    row = freeRow(cx);
    if (row == NO_ROW) return NO_ROW;
    const traced = isTraced(ppn);
    memory.fill(shadowBytesAt(row), 0, 4096);
    setShadowPpn(row, ppn);
    setShadowKind(row, <u8>kind);
    setShadowLevel(row, <u8>level);
    setShadowNext(row, ppnShadow(ppn));
    setPpnShadow(ppn, row + 1);
    setWorldShadowUsed(0, worldShadowUsed(0) + 1);
    setMmuShadowsMade(cx, mmuShadowsMade(cx) + 1);
    if (kind == ShadowKind.Table && !traced) trace(ppn);
  }
  setShadowRecent(row, 1);
  setShadowStamp(row, worldShadowFill(0));
  return row;
}

/** From now on no entry maps a page writable. */
function trace(ppn: u32): void {
  setExtentTraced(ppn >> 9, <u16>(<u32>extentTraced(ppn >> 9) + 1));
  for (let next = ppnReverse(ppn); next != 0; next = shadowEntryNext(next - 1)) {
    const at = entryAt(next - 1);
    const entry = load<u64>(at);
    if ((entry & LARGE) == 0) store<u64>(at, entry & ~WRITABLE);
  }
  dropLarge(ppn);
  setVmTlbStale(extentVm(ppn >> 9), 1);
}

function untrace(ppn: u32): void {
  setExtentTraced(ppn >> 9, <u16>(<u32>extentTraced(ppn >> 9) - 1));
}

/** Drops entries of 2 MiB that map a page. */
export function dropLarge(ppn: u32): void {
  let next = ppnReverse(ppn & ~(<u32>511));
  while (next != 0) {
    const entry = next - 1;
    next = shadowEntryNext(entry);
    if ((load<u64>(entryAt(entry)) & LARGE) != 0) drop(entry);
  }
}

/** Drops every entry that maps a page. */
export function dropMappings(ppn: u32): void {
  while (ppnReverse(ppn) != 0) drop(ppnReverse(ppn) - 1);
  dropLarge(ppn);
}

/** What a guest table holds may have changed altogether: its shadow tables begin anew. */
export function dropTables(ppn: u32): void {
  for (let next = ppnShadow(ppn); next != 0; next = shadowNext(next - 1)) {
    if (shadowKind(next - 1) == ShadowKind.Table) dropEntries(next - 1);
  }
}

function dropEntries(row: u32): void {
  for (let index: u32 = 0; index < 512; ++index) drop((row << 9) + index);
}

/** The guest has written an entry of a table: what was made of it goes. */
export function dropEntry(ppn: u32, index: u32): void {
  for (let next = ppnShadow(ppn); next != 0; next = shadowNext(next - 1)) {
    const row = next - 1;
    if (shadowKind(row) == ShadowKind.Table && shadowUnsynced(row) == 0) drop((row << 9) + index);
  }
}

/** Drops the shadow tables of a page that nothing leads to. */
export function dropOrphans(ppn: u32): void {
  let next = ppnShadow(ppn);
  while (next != 0) {
    const row = next - 1;
    next = shadowNext(row);
    const isOrphan = shadowParents(row) == 0 && shadowPins(row) == 0;
    if (isOrphan && shadowKind(row) == ShadowKind.Table) evict(row);
  }
}

/** Lets the guest write to its lowest tables unseen, until they are synchronised. */
export function letWrite(ppn: u32): void {
  for (let next = ppnShadow(ppn); next != 0; next = shadowNext(next - 1)) {
    const row = next - 1;
    if (shadowKind(row) != ShadowKind.Table || shadowUnsynced(row) != 0) continue;
    setShadowUnsynced(row, 1);
    setWorldShadowUnsynced(0, worldShadowUnsynced(0) + 1);
  }
  untrace(ppn);
}

/** A shadow table agrees with its guest table again, and the guest's writes are seen. */
export function markSynced(row: u32): void {
  const ppn = shadowPpn(row);
  const traced = isTraced(ppn);
  setShadowUnsynced(row, 0);
  setWorldShadowUnsynced(0, worldShadowUnsynced(0) - 1);
  if (!traced) trace(ppn);
}

/** Whether all shadow tables of a page are of the lowest level. */
export function isLowest(ppn: u32): bool {
  for (let next = ppnShadow(ppn); next != 0; next = shadowNext(next - 1)) {
    if (shadowKind(next - 1) == ShadowKind.Table && shadowLevel(next - 1) != 1) return false;
  }
  return true;
}

/** Takes a table out of the pool. */
export function evict(row: u32): void {
  const ppn = shadowPpn(row);
  const traced = isTraced(ppn);
  dropEntries(row);
  while (shadowParents(row) != 0) drop(shadowParents(row) - 1);
  if (ppnShadow(ppn) == row + 1) {
    setPpnShadow(ppn, shadowNext(row));
  } else {
    let before = ppnShadow(ppn) - 1;
    while (shadowNext(before) != row + 1) before = shadowNext(before) - 1;
    setShadowNext(before, shadowNext(row));
  }
  setShadowKind(row, <u8>ShadowKind.Free);
  if (shadowUnsynced(row) != 0) {
    setShadowUnsynced(row, 0);
    setWorldShadowUnsynced(0, worldShadowUnsynced(0) - 1);
  }
  if (traced && !isTraced(ppn)) untrace(ppn);
  setWorldShadowUsed(0, worldShadowUsed(0) - 1);
  // Caches of paging structures know tables by their place in the pool.
  setVmTlbStale(extentVm(ppn >> 9), 1);
}

/** A free table, by eviction if need be. */
function freeRow(cx: u32): u32 {
  const rows = shadowCount();
  const full = worldShadowUsed(0) == rows;
  let row = worldShadowHand(0);
  // Twice round: what is passed over the first time goes the second.
  for (let looked: u32 = 0; looked < 2 * rows; ++looked) {
    const found = full ? mayEvict(row) : shadowKind(row) == ShadowKind.Free;
    const next = row + 1 == rows ? 0 : row + 1;
    if (found) {
      setWorldShadowHand(0, next);
      if (full) {
        evict(row);
        setMmuEvictions(cx, mmuEvictions(cx) + 1);
      }
      return row;
    }
    row = next;
  }
  return NO_ROW;
}

function mayEvict(row: u32): bool {
  if (shadowPins(row) != 0 || shadowStamp(row) == worldShadowFill(0)) return false;
  if (shadowRecent(row) == 0) return true;
  setShadowRecent(row, 0);
  return false;
}
