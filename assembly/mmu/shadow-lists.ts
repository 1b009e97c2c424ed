/**
 * Who points where among shadow tables: a list a physical page of the entries that map it, a list a table of those that lead to it.
 *
 *   ppnReverse -> entry <-> entry <-> entry         every entry of the pool has its two links from the start, so nothing is
 *   shadowParents -> entry <-> entry                ever allocated, and as many can point to one page as there are entries
 *
 * The first of a list says whose it is: `HEAD | page` or `HEAD | table` instead of the entry before.
 *
 * Cost: O(1).
 */
import {
  shadowEntryNext,
  shadowEntryPrevious,
  ppnReverse,
  setShadowEntryNext,
  setShadowEntryPrevious,
  setPpnReverse,
  setShadowParents,
  shadowBytesAt,
  shadowLevel,
  shadowParents,
} from "../layout";
import { LARGE, PRESENT } from "./entry";

const HEAD: u32 = 0x8000_0000;

/** Address of an entry of the pool; entry `index` of table `row` is number row · 512 + index. */
export function entryAt(entry: u32): usize {
  return shadowBytesAt(0) + ((<usize>entry) << 3);
}

/** Whether an entry that is present maps a page, rather than leading to a table. */
export function mapsPage(entry: u32): bool {
  return shadowLevel(entry >> 9) == 1 || (load<u64>(entryAt(entry)) & LARGE) != 0;
}

/** Adds an entry to those that map a page; a large one stands with the first page that it maps. */
export function linkPage(entry: u32, ppn: u32): void {
  linkBefore(entry, ppnReverse(ppn), HEAD | ppn);
  setPpnReverse(ppn, entry + 1);
}

/** Adds an entry to those that lead to a table. */
export function linkTable(entry: u32, row: u32): void {
  linkBefore(entry, shadowParents(row), HEAD | row);
  setShadowParents(row, entry + 1);
}

function linkBefore(entry: u32, next: u32, head: u32): void {
  setShadowEntryPrevious(entry, head);
  setShadowEntryNext(entry, next);
  if (next != 0) setShadowEntryPrevious(next - 1, entry + 1);
}

/** Empties an entry and takes it out of its list. */
export function drop(entry: u32): void {
  const at = entryAt(entry);
  if ((load<u64>(at) & PRESENT) == 0) return;
  const next = shadowEntryNext(entry);
  const previous = shadowEntryPrevious(entry);
  if (next != 0) setShadowEntryPrevious(next - 1, previous);
  if ((previous & HEAD) == 0) setShadowEntryNext(previous - 1, next);
  else if (mapsPage(entry)) setPpnReverse(previous & ~HEAD, next);
  else setShadowParents(previous & ~HEAD, next);
  store<u64>(at, 0);
}

/** Page that an entry maps: the head of its list knows. */
export function pageMapped(entry: u32): u32 {
  let at = entry;
  while ((shadowEntryPrevious(at) & HEAD) == 0) at = shadowEntryPrevious(at) - 1;
  return shadowEntryPrevious(at) & ~HEAD;
}
