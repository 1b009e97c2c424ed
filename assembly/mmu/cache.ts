/**
 * The parts of a TLB: sets of ways with tags, all of one kind.
 *
 *   0 1 2     first level: pages of 4 KiB, 2 MiB, 1 GiB      6 … 9    paging structures: tables below levels 2 … 5
 *   3 4 5     second level                                   10       nested translations of 4 KiB
 *                                                            11 … 14  nested paging structures, levels 2 … 5
 *
 * Two parts may be one: then they have the same entries. Replacement is pseudo-LRU: a bit a way says that it was used;
 * when all are set, all but the last are cleared; the lowest way with nothing in it goes first, then the lowest unset.
 *
 *   tag     1 | ASID 16 | size 2 | page 45          (63 … 0; paging structures have no size)
 *
 * Cost: one compare for two ways.
 */
import {
  tlbPartCount,
  tlbPartFirst,
  tlbPartSetFirst,
  tlbPartSets,
  tlbPartStride,
  tlbPartWays,
  setTlbSetUsed,
  setTlbSetValid,
  setTlbSlotData,
  setTlbSlotTag,
  tlbSetFirst,
  tlbSetUsed,
  tlbSetValid,
  tlbSlotFirst,
  tlbSlotTag,
  tlbSlotTagAt,
} from "../layout";
import { NO_ROW } from "./entry";

export const enum Part {
  First = 0,
  Second = 3,
  /** Tables below level 2; level 3 is the next part. */
  Walk = 6,
  Nested = 10,
  /** Nested tables below level 2. */
  NestedWalk = 11,
  Count = 15,
}

const ASID_SHIFT: u64 = 47;
const VALID: u64 = 0x8000_0000_0000_0000;
const PAGE_BITS: u64 = 0x1fff_ffff_ffff;

/** Tag of a page, `number` in pages of its size. */
export function tagOf(number: u64, size: u32, asid: u32): u64 {
  return VALID | ((<u64>asid) << ASID_SHIFT) | ((<u64>size) << 45) | (number & PAGE_BITS);
}

/** Address space, + 1, that a tag belongs to; 0: an empty entry. */
export function asidOf(tag: u64): u32 {
  return (<u32>(tag >> ASID_SHIFT)) & 0xffff;
}

/**
 * Looks for an entry, and notes that it was used.
 *
 * @param key  what chooses the set
 * @returns    its row, NO_ROW none
 */
export function find(unit: u32, part: u32, key: u64, tag: u64): u32 {
  const sets = tlbPartSets(part);
  if (sets == 0) return NO_ROW;
  const set = (<u32>key) & (sets - 1);
  const stride = tlbPartStride(part);
  const row = tlbSlotFirst(unit) + tlbPartFirst(part) + set * stride;
  const at = tlbSlotTagAt(row);
  const wanted = i64x2.splat(tag);
  for (let way: u32 = 0; way < stride; way += 4) {
    const four = at + ((<usize>way) << 3);
    const low = i64x2.eq(v128.load(four), wanted);
    const high = i64x2.eq(v128.load(four, 16), wanted);
    if (!v128.any_true(v128.or(low, high))) continue;
    const hit = way + ctz<u32>(i64x2.bitmask(low) | (i64x2.bitmask(high) << 2));
    use(tlbSetFirst(unit) + tlbPartSetFirst(part) + set, hit, tlbPartWays(part));
    return row + hit;
  }
  return NO_ROW;
}

/** Puts an entry that is not there into its set. */
export function insert(unit: u32, part: u32, key: u64, tag: u64, data: u64): void {
  const sets = tlbPartSets(part);
  if (sets == 0) return;
  const set = (<u32>key) & (sets - 1);
  const ways = tlbPartWays(part);
  const setRow = tlbSetFirst(unit) + tlbPartSetFirst(part) + set;
  const valid = tlbSetValid(setRow);
  const free = ~valid & all(ways);
  // One way alone counts as used for ever.
  const way = min<u32>(<u32>ctz(free != 0 ? free : ~tlbSetUsed(setRow)), ways - 1);
  const row = tlbSlotFirst(unit) + tlbPartFirst(part) + set * tlbPartStride(part) + way;
  setTlbSlotTag(row, tag);
  setTlbSlotData(row, data);
  setTlbSetValid(setRow, valid | ((<u64>1) << way));
  use(setRow, way, ways);
}

/** Takes an entry out if it is there. */
export function remove(unit: u32, part: u32, key: u64, tag: u64): void {
  const row = find(unit, part, key, tag);
  if (row == NO_ROW) return;
  const set = (<u32>key) & (tlbPartSets(part) - 1);
  clear(unit, part, set, row - tlbSlotFirst(unit) - tlbPartFirst(part) - set * tlbPartStride(part));
}

/** Takes out whatever belongs to one address space. */
export function removeAsid(unit: u32, asid: u32): void {
  for (let part: u32 = 0; part < tlbPartCount(); ++part) removeAsidFrom(unit, part, asid);
}

/** The same, from one part. */
export function removeAsidFrom(unit: u32, part: u32, asid: u32): void {
  const stride = tlbPartStride(part);
  for (let set: u32 = 0; set < tlbPartSets(part); ++set) {
    if (tlbSetValid(tlbSetFirst(unit) + tlbPartSetFirst(part) + set) == 0) continue;
    const row = tlbSlotFirst(unit) + tlbPartFirst(part) + set * stride;
    for (let way: u32 = 0; way < tlbPartWays(part); ++way) {
      if (asidOf(tlbSlotTag(row + way)) == asid) clear(unit, part, set, way);
    }
  }
}

/** Takes out one entry, by its place in the part. */
export function removeTag(unit: u32, part: u32, place: u32): void {
  const stride = tlbPartStride(part);
  clear(unit, part, place / stride, place % stride);
}

/** Empties a part. */
export function removeAll(unit: u32, part: u32): void {
  const stride = tlbPartStride(part);
  for (let set: u32 = 0; set < tlbPartSets(part); ++set) {
    const setRow = tlbSetFirst(unit) + tlbPartSetFirst(part) + set;
    if (tlbSetValid(setRow) == 0) continue;
    setTlbSetValid(setRow, 0);
    setTlbSetUsed(setRow, 0);
    const row = tlbSlotFirst(unit) + tlbPartFirst(part) + set * stride;
    memory.fill(tlbSlotTagAt(row), 0, (<usize>stride) << 3);
  }
}

function clear(unit: u32, part: u32, set: u32, way: u32): void {
  const setRow = tlbSetFirst(unit) + tlbPartSetFirst(part) + set;
  const bit = (<u64>1) << way;
  setTlbSlotTag(tlbSlotFirst(unit) + tlbPartFirst(part) + set * tlbPartStride(part) + way, 0);
  setTlbSetValid(setRow, tlbSetValid(setRow) & ~bit);
  setTlbSetUsed(setRow, tlbSetUsed(setRow) & ~bit);
}

function use(setRow: u32, way: u32, ways: u32): void {
  const bit = (<u64>1) << way;
  const used = tlbSetUsed(setRow) | bit;
  setTlbSetUsed(setRow, used == all(ways) ? bit : used);
}

/** A bit for each way. */
function all(ways: u32): u64 {
  return ~(<u64>0) >> (64 - <u64>ways);
}
