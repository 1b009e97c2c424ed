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
  setTlbSlotTag,
  tlbSetFirst,
  tlbSetUsed,
  tlbSetValid,
  tlbSlotFirst,
  tlbSlotTag,
  tlbSlotTagAt,
  tlbSlotData,
  tlbSlotDataAt,
  tlbSetUsedAt,
  tlbSetValidAt,
  tlbShapeWordAt,
} from "../layout";
import { NO_ROW, WHOLE_SHIFT } from "./entry";

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
/** Bytes of tags that are looked through without stopping: 16 ways. */
const FEW: u32 = 128;
const PAGE_BITS: u64 = 0x1fff_ffff_ffff;

/** Tag of a page, `number` in pages of its size. */
export function tagOf(number: u64, size: u32, asid: u32): u64 {
  return VALID | ((<u64>asid) << ASID_SHIFT) | ((<u64>size) << 45) | (number & PAGE_BITS);
}

/** Address space, + 1, that a tag belongs to; 0: an empty entry. */
export function asidOf(tag: u64): u32 {
  return (<u32>(tag >> ASID_SHIFT)) & 0xffff;
}

/** Where the shape of a part stands: eight words. */
function shapeOf(unit: u32, part: u32): usize {
  return tlbShapeWordAt(((unit << 4) + part) << 3);
}

/**
 * Looks for an entry, and notes that it was used.
 *
 * @param key  what chooses the set
 * @returns    its row, NO_ROW none
 */
@inline
export function find(unit: u32, part: u32, key: u64, tag: u64): u32 {
  const shape = shapeOf(unit, part);
  if (load<u32>(shape, 20) == 0) return NO_ROW;
  const set = (<u32>key) & load<u32>(shape, 8);
  const bytes = load<u32>(shape, 12);
  const from = load<u32>(shape) + set * bytes;
  const at = tlbSlotTagAt(0) + <usize>from;
  const wanted = i64x2.splat(tag);
  const usedAt = tlbSetUsedAt(0) + <usize>(load<u32>(shape, 4) + (set << 3));
  if (bytes <= FEW) {
    // All of them, and one branch at the end: where a hit is, nobody can guess.
    let hits: u32 = 0;
    for (let way: u32 = 0; way < bytes; way += 32) {
      const low = i64x2.eq(v128.load(at + way), wanted);
      const high = i64x2.eq(v128.load(at + way, 16), wanted);
      hits |= (i64x2.bitmask(low) | (i64x2.bitmask(high) << 2)) << (way >> 3);
    }
    if (hits == 0) return NO_ROW;
    const hit = ctz<u32>(hits);
    use(usedAt, hit, load<u64>(shape, 24));
    return (from >> 3) + hit;
  }
  let way: usize = 0;
  // Eight at a time, until they are among them; then four.
  for (; way + 64 <= <usize>bytes; way += 64) {
    const near = v128.or(i64x2.eq(v128.load(at + way), wanted), i64x2.eq(v128.load(at + way, 16), wanted));
    const far = v128.or(i64x2.eq(v128.load(at + way, 32), wanted), i64x2.eq(v128.load(at + way, 48), wanted));
    if (i64x2.bitmask(v128.or(near, far)) != 0) break;
  }
  for (; way < <usize>bytes; way += 32) {
    const low = i64x2.eq(v128.load(at + way), wanted);
    const high = i64x2.eq(v128.load(at + way, 16), wanted);
    if (i64x2.bitmask(v128.or(low, high)) == 0) continue;
    const hit = ((<u32>way) >> 3) + ctz<u32>(i64x2.bitmask(low) | (i64x2.bitmask(high) << 2));
    use(usedAt, hit, load<u64>(shape, 24));
    return (from >> 3) + hit;
  }
  return NO_ROW;
}

/** Puts an entry that is not there into its set. */
@inline
export function insert(unit: u32, part: u32, key: u64, tag: u64, data: u64): void {
  const shape = shapeOf(unit, part);
  if (load<u32>(shape, 20) == 0) return;
  const set = (<u32>key) & load<u32>(shape, 8);
  const ways = load<u32>(shape, 16);
  const setOffset = <usize>(load<u32>(shape, 4) + (set << 3));
  const validAt = tlbSetValidAt(0) + setOffset;
  const usedAt = tlbSetUsedAt(0) + setOffset;
  const valid = load<u64>(validAt);
  const every = load<u64>(shape, 24);
  const free = ~valid & every;
  // One way alone counts as used for ever.
  const way = min<u32>(<u32>ctz(free != 0 ? free : ~load<u64>(usedAt)), ways - 1);
  const offset = <usize>(load<u32>(shape) + set * load<u32>(shape, 12) + (way << 3));
  store<u64>(tlbSlotTagAt(0) + offset, tag);
  store<u64>(tlbSlotDataAt(0) + offset, data);
  if (free != 0) store<u64>(validAt, valid | ((<u64>1) << way));
  use(usedAt, way, every);
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

/** Takes out, from a part that holds pages of one size, what is a part of the guest's page that an address lies in. */
export function removeParts(unit: u32, part: u32, size: u32, address: u64, asid: u32): void {
  const stride = tlbPartStride(part);
  const number = (address >> (12 + 9 * <u64>size)) & PAGE_BITS;
  for (let set: u32 = 0; set < tlbPartSets(part); ++set) {
    if (tlbSetValid(tlbSetFirst(unit) + tlbPartSetFirst(part) + set) == 0) continue;
    const row = tlbSlotFirst(unit) + tlbPartFirst(part) + set * stride;
    for (let way: u32 = 0; way < tlbPartWays(part); ++way) {
      const tag = tlbSlotTag(row + way);
      if (asidOf(tag) != asid) continue;
      const whole = (<u32>(tlbSlotData(row + way) >> WHOLE_SHIFT)) & 3;
      if (whole <= size) continue;
      const below = 9 * <u64>(whole - size);
      if ((tag & PAGE_BITS) >> below == number >> below) clear(unit, part, set, way);
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


@inline
function use(usedAt: usize, way: u32, every: u64): void {
  const bit = (<u64>1) << way;
  const before = load<u64>(usedAt);
  if (before & bit) return;
  const used = before | bit;
  store<u64>(usedAt, used == every ? bit : used);
}
