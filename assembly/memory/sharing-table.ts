/**
 * The page-sharing table: one global hash table of hint frames and shared frames, eight bytes an entry.
 *
 *   entry = tag (32 bits) | kind (1 bit) | row + 1 (31 bits)        kind 0: hint, row a PPN; 1: shared frame, row an MPN
 *
 * Linear probing over slots kept in ascending order: the home slot grows with the tag, so the whole table is sorted
 * and its bytes depend only on the set of entries, not on the order in which they came. A search ends at the first
 * larger tag; a removal moves its successors back. No wrap-around: the table ends in spare slots.
 *
 * Source: ESX'02 §4.3 (hint and shared frames in one chained table, 16 bytes each; here 8, open addressing).
 * Cost: about 2.5 slots per search at the highest load in use (0.75), mostly within one cache line.
 */
import { setSlotEntry, setWorldTableEntries, slotCount, slotEntry, worldTableEntries } from "../layout";

/** Spare slots behind the last home slot. */
export const SPARE_SLOTS: u32 = 1024;
export const SHARED: u64 = 0x8000_0000;
const ROW: u64 = 0x7fff_ffff;

export function makeEntry(tag: u32, kind: u64, row: u32): u64 {
  assert(row < 0x7fff_ffff);
  return ((<u64>tag) << 32) | kind | (<u64>(row + 1));
}

export function entryTag(entry: u64): u32 {
  return <u32>(entry >> 32);
}

export function entryRow(entry: u64): u32 {
  return <u32>(entry & ROW) - 1;
}

export function isSharedEntry(entry: u64): bool {
  return (entry & SHARED) != 0;
}

/** Slot where entries of a tag would stand if nothing were in their way. */
export function homeSlot(tag: u32): u32 {
  return <u32>((<u64>tag * <u64>homeSlots()) >> 32);
}

/** Slots that may be the home of a tag. */
export function homeSlots(): u32 {
  return slotCount() - SPARE_SLOTS;
}

/** First slot that holds an entry at or above `entry`, or the empty slot where it belongs. */
export function seekEntry(entry: u64): u32 {
  let slot = homeSlot(entryTag(entry));
  for (; slot < slotCount(); ++slot) {
    const there = slotEntry(slot);
    if (there == 0 || there >= entry) return slot;
  }
  return unreachable(); // the sweep keeps the load below what fills the spare slots
}

/** First slot with this tag, or the slot where it belongs. */
export function seekTag(tag: u32): u32 {
  return seekEntry((<u64>tag) << 32);
}

/** Puts an entry in its place, moving larger ones on. */
export function insertEntry(entry: u64): void {
  const slot = seekEntry(entry);
  assert(slotEntry(slot) != entry);
  putEntry(slot, entry);
  setWorldTableEntries(0, worldTableEntries(0) + 1);
}

/** Puts an entry in the slot where it belongs, moving larger ones on; the caller counts it. */
export function putEntry(slot: u32, entry: u64): void {
  let moving = entry;
  for (let at = slot; at < slotCount(); ++at) {
    const there = slotEntry(at);
    setSlotEntry(at, moving);
    if (there == 0) return;
    moving = there;
  }
  unreachable(); // see seekEntry
}

/** Takes the entry of a slot out, moving back those that were displaced past it. */
export function removeSlot(slot: u32): void {
  assert(slotEntry(slot) != 0);
  let hole = slot;
  for (let next = slot + 1; next < slotCount(); ++next) {
    const there = slotEntry(next);
    if (there == 0 || homeSlot(entryTag(there)) >= next) break;
    setSlotEntry(hole, there);
    hole = next;
  }
  setSlotEntry(hole, 0);
  setWorldTableEntries(0, worldTableEntries(0) - 1);
}

/** True when another entry should wait for a sweep: 15 of 16 slots are taken. */
export function isTableFull(): bool {
  return tableRoom() <= 0;
}

/** Entries that may still come before a sweep. */
export function tableRoom(): i32 {
  const homes = homeSlots();
  return <i32>(homes - (homes >> 4) - worldTableEntries(0));
}

/** Takes an entry out that is known to be there. */
export function removeEntry(entry: u64): void {
  const slot = seekEntry(entry);
  assert(slotEntry(slot) == entry);
  removeSlot(slot);
}
