/**
 * Page compression: a 4 KiB page as one LZ4 block, and back.
 *
 *   block    = sequence …, the last one without offset and match
 *   sequence = token | longer literal length | literals | offset u16 | longer match length
 *   token    = literal length (15: bytes follow, 255 each until one is less) << 4 | match length - 4 (the same)
 *   match    : the `length` bytes that stand `offset` before here, which may overlap what they make
 *
 * The search is LZ4's own fast one, byte for byte what `LZ4_compress_default` of liblz4 makes of 4096 bytes: a table from
 * the hash of four bytes to the place they were last seen at, one candidate, steps that grow while nothing is found.
 *
 * Here we let `bound` be exact: a page fits if its block has at most so many bytes; liblz4 wants a few bytes more.
 *
 * Source: lz4_Block_format.md and lz4.c 1.9 of github.com/lz4/lz4. Cost: one pass, no allocation; the table is cleared for
 * each page, so that a page's block depends on the page alone. One thread of a memory may compress at a time.
 */
import { SCRATCH } from "../layout";
import { below, mix64 } from "../prng";
import { PAGE_BYTES, PAGE_SHIFT, apart, fits } from "./page-run";

/** Slots of the table at the start of the scratch: 2^13 places of 16 bits. */
const TABLE_BITS: u32 = 13;
const TABLE_BYTES: usize = 2 << TABLE_BITS;
/** Behind the table: room for a block that nobody wants but for its size. */
const ROOM: usize = SCRATCH + TABLE_BYTES;

const MATCH_MIN: usize = 4;
/** In a token: the length goes on in bytes. */
const LONG: usize = 15;
/** The last bytes of a block are literals, and no match begins in the last bytes of a page: the format asks for both. */
const LITERALS_LAST: usize = 5;
const MATCH_START_LAST: usize = 12;
/** Places tried before the step to the next one grows by one. */
const TRIES_PER_STEP_SHIFT: u32 = 6;

/**
 * How a match with a small offset repeats: row `offset` has the lanes of the bytes before it that the next 16 bytes are.
 * Row 0, which is no offset, has for each offset after how many of the 16 bytes the pattern begins again.
 */
// prettier-ignore
const PATTERNS: usize = memory.data<u8>([
   0, 16, 16, 15, 16, 15, 12, 14, 16,  9, 10, 11, 12, 13, 14, 15,
   0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
   0,  1,  0,  1,  0,  1,  0,  1,  0,  1,  0,  1,  0,  1,  0,  1,
   0,  1,  2,  0,  1,  2,  0,  1,  2,  0,  1,  2,  0,  1,  2,  0,
   0,  1,  2,  3,  0,  1,  2,  3,  0,  1,  2,  3,  0,  1,  2,  3,
   0,  1,  2,  3,  4,  0,  1,  2,  3,  4,  0,  1,  2,  3,  4,  0,
   0,  1,  2,  3,  4,  5,  0,  1,  2,  3,  4,  5,  0,  1,  2,  3,
   0,  1,  2,  3,  4,  5,  6,  0,  1,  2,  3,  4,  5,  6,  0,  1,
   0,  1,  2,  3,  4,  5,  6,  7,  0,  1,  2,  3,  4,  5,  6,  7,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  0,  1,  2,  3,  4,  5,  6,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  0,  1,  2,  3,  4,  5,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10,  0,  1,  2,  3,  4,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11,  0,  1,  2,  3,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12,  0,  1,  2,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13,  0,  1,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,  0,
], 16);

/**
 * Compresses one page.
 *
 * @param page   first byte of the page
 * @param out    where the block goes, apart from the page; bytes behind the block and below `bound` may change
 * @param bound  bytes that it may have there, below 4096; no byte behind them is written
 * @returns      bytes of the block, or 4096: it would be longer than `bound`
 */
export function compressPage(page: usize, out: usize, bound: u32): u32 {
  assert(fits(page, PAGE_BYTES));
  assert(fits(out, bound));
  assert(bound < <u32>PAGE_BYTES);
  assert(apart(page, PAGE_BYTES, out, bound));
  return compress(page, out, out + bound);
}

function compress(page: usize, out: usize, limit: usize): u32 {
  memory.fill(SCRATCH, 0, TABLE_BYTES); // place 0 in every slot: that of the first four bytes too
  const startsEnd = page + PAGE_BYTES - MATCH_START_LAST + 1;
  const matchesEnd = page + PAGE_BYTES - LITERALS_LAST;
  let to = out;
  let done = page; // all before this is in the block
  let next = page + 1;
  do {
    let at: usize;
    let match: usize;
    let step: usize = 1;
    let tries: u32 = 1 << TRIES_PER_STEP_SHIFT;
    let slot = slotOf(next);
    do {
      at = next;
      next += step;
      step = tries++ >> TRIES_PER_STEP_SHIFT;
      if (next > startsEnd) return finish(page, out, to, done, limit);
      match = page + load<u16>(slot);
      store<u16>(slot, <u16>(at - page));
      slot = slotOf(next);
    } while (load<u32>(match) != load<u32>(at));
    while (at > done && match > page && load<u8>(at - 1) == load<u8>(match - 1)) {
      --at;
      --match;
    }
    do {
      const length = MATCH_MIN + equalBytes(at + MATCH_MIN, match + MATCH_MIN, matchesEnd);
      const count = at - done;
      if (count < LONG && length < LONG + MATCH_MIN && to + 32 <= limit) {
        to = putShort(to, done, count, at - match, length);
      } else {
        to = putSequence(to, limit, done, count, at - match, length);
        if (to == 0) return <u32>PAGE_BYTES;
      }
      at += length;
      done = at;
      if (at >= startsEnd) break;
      store<u16>(slotOf(at - 2), <u16>(at - 2 - page));
      slot = slotOf(at);
      match = page + load<u16>(slot);
      store<u16>(slot, <u16>(at - page));
    } while (load<u32>(match) == load<u32>(at));
    next = at + 1;
  } while (next <= startsEnd);
  return finish(page, out, to, done, limit);
}

/** Where the place of the four bytes at `at` stands. */
function slotOf(at: usize): usize {
  return SCRATCH + (((load<u32>(at) * 2654435761) >> (32 - TABLE_BITS)) << 1);
}

/** How many bytes from `a` on, to `end` at most, are those from `b` on; `b` stands before `a`. */
function equalBytes(a: usize, b: usize, end: usize): usize {
  const from = a;
  for (; a + 8 <= end; a += 8, b += 8) {
    const differ = load<u64>(a) ^ load<u64>(b);
    if (differ != 0) return a - from + <usize>(ctz<u64>(differ) >> 3);
  }
  for (; a < end; ++a, ++b) {
    if (load<u8>(a) != load<u8>(b)) break;
  }
  return a - from;
}

/** Writes a sequence both of whose lengths fit the token where there is room for 32 bytes; returns the end of it. */
function putShort(to: usize, literals: usize, count: usize, offset: usize, length: usize): usize {
  store<u8>(to, <u8>((count << 4) | (length - MATCH_MIN)));
  store<u64>(to, load<u64>(literals), 1);
  if (count > 8) store<u64>(to, load<u64>(literals, 8), 9);
  store<u16>(to + count, <u16>offset, 1);
  return to + count + 3;
}

/** Writes literals and match to `to`; returns the end of it, or 0: it would lie behind `limit`. */
function putSequence(
  to: usize,
  limit: usize,
  literals: usize,
  count: usize,
  offset: usize,
  length: usize,
): usize {
  const extra = length - MATCH_MIN;
  let token: u32 = 0;
  let at = to + 1;
  if (count >= LONG) {
    if (at + lengthBytes(count) + count > limit) return 0;
    token = (<u32>LONG) << 4;
    at = putLength(at, count - LONG);
  } else {
    if (at + count + 2 > limit) return 0;
    token = (<u32>count) << 4;
  }
  copyLiterals(at, literals, count, limit);
  at += count;
  if (at + 2 + lengthBytes(extra) > limit) return 0;
  store<u16>(at, <u16>offset);
  at += 2;
  if (extra >= LONG) {
    token |= <u32>LONG;
    at = putLength(at, extra - LONG);
  } else {
    token |= <u32>extra;
  }
  store<u8>(to, <u8>token);
  return at;
}

/** Writes what is left of the page as literals; returns the bytes of the block, or 4096. */
function finish(page: usize, out: usize, to: usize, literals: usize, limit: usize): u32 {
  const count = page + PAGE_BYTES - literals;
  if (to + 1 + lengthBytes(count) + count > limit) return <u32>PAGE_BYTES;
  store<u8>(to, <u8>(min(count, LONG) << 4));
  const at = count >= LONG ? putLength(to + 1, count - LONG) : to + 1;
  memory.copy(at, literals, count);
  return <u32>(at + count - out);
}

/** Bytes that a length takes beside the token. */
function lengthBytes(length: usize): usize {
  return length >= LONG ? (length - LONG) / 255 + 1 : 0;
}

function putLength(to: usize, rest: usize): usize {
  for (; rest >= 255; rest -= 255) store<u8>(to++, 255);
  store<u8>(to++, <u8>rest);
  return to;
}

/** Copies literals that are followed by twelve bytes of their page at least, eight at a time where there is room. */
function copyLiterals(to: usize, from: usize, count: usize, limit: usize): void {
  if (to + count + 8 > limit) {
    memory.copy(to, from, count);
    return;
  }
  for (const end = to + count; to < end; to += 8, from += 8) store<u64>(to, load<u64>(from));
}

/**
 * Decompresses one page. Reads nothing but the block, writes nothing but the page, whatever the block holds.
 *
 * @param block  first byte of the block
 * @param bytes  how many it has
 * @param out    where the 4096 bytes of the page go, apart from the block
 * @returns      true if the block is one page; else the bytes at `out` are of no use
 */
export function decompressPage(block: usize, bytes: u32, out: usize): bool {
  assert(fits(block, bytes));
  assert(fits(out, PAGE_BYTES));
  assert(apart(block, bytes, out, PAGE_BYTES));
  const end = block + bytes;
  const pageEnd = out + PAGE_BYTES;
  let at = block;
  let to = out;
  while (at < end) {
    const token = <usize>load<u8>(at++);
    let count = token >> 4;
    let length = (token & LONG) + MATCH_MIN;
    let offset: usize;
    if (count < LONG && end - at >= 16 && pageEnd - to >= 32) {
      // Most sequences are short, and near no end: copied whole words at a time, whatever their lengths.
      v128.store(to, v128.load(at));
      to += count;
      offset = <usize>load<u16>(at + count);
      at += count + 2;
      if (length <= 16 && offset != 0 && offset <= to - out) {
        let next = v128.load(to - offset);
        if (offset < 16) next = i8x16.swizzle(next, v128.load(PATTERNS + offset * 16));
        v128.store(to, next);
        to += length;
        continue;
      }
    } else {
      if (count == LONG) {
        const more = moreLength(at, end);
        count += more;
        at += bytesOfMore(more);
      }
      if (at > end || count > end - at || count > pageEnd - to) return false;
      takeLiterals(to, at, count, end, pageEnd);
      at += count;
      to += count;
      // Only the last sequence ends here.
      if (at == end) return to == pageEnd;
      if (end - at < 2) return false;
      offset = <usize>load<u16>(at);
      at += 2;
    }
    if (offset == 0 || offset > to - out) return false;
    if (length == LONG + MATCH_MIN) {
      const more = moreLength(at, end);
      length += more;
      at += bytesOfMore(more);
    }
    if (at > end || length > pageEnd - to) return false;
    repeat(to, offset, length, pageEnd);
    to += length;
  }
  return false;
}

/** What the bytes at `at` add to a length; more than a page where they do not end before `end`. */
function moreLength(at: usize, end: usize): usize {
  let more: usize = 0;
  while (at < end && more <= PAGE_BYTES) {
    const byte = <usize>load<u8>(at++);
    more += byte;
    if (byte < 255) return more;
  }
  return 255 * PAGE_BYTES;
}

function bytesOfMore(more: usize): usize {
  return more / 255 + 1;
}

/** Copies literals, 16 bytes at a time where neither block nor page ends too soon. */
function takeLiterals(to: usize, from: usize, count: usize, end: usize, pageEnd: usize): void {
  if (count + 16 > end - from || count + 16 > pageEnd - to) {
    memory.copy(to, from, count);
    return;
  }
  for (const stop = to + count; to < stop; to += 16, from += 16) v128.store(to, v128.load(from));
}

/** Writes `length` bytes, each the one that stands `offset` before it; 16 at a time while the page has room. */
function repeat(to: usize, offset: usize, length: usize, pageEnd: usize): void {
  const stop = to + length;
  const wide = min(stop, pageEnd - 15);
  if (offset < 16 && to < wide) {
    const pattern = i8x16.swizzle(v128.load(to - offset), v128.load(PATTERNS + offset * 16));
    const step = <usize>load<u8>(PATTERNS + offset);
    for (; to < wide; to += step) v128.store(to, pattern);
  } else {
    for (; to < wide; to += 16) v128.store(to, v128.load(to - offset));
  }
  for (; to < stop; ++to) store<u8>(to, load<u8>(to - offset));
}

/**
 * Compresses a page for its size alone.
 *
 * @param page   first byte of the page
 * @param bound  bytes of a block that are looked for, below 4096
 * @returns      bytes of its block, or 4096: more than `bound`
 */
export function compressedSize(page: usize, bound: u32): u32 {
  return compressPage(page, ROOM, bound);
}

/**
 * Compresses a run of pages for their sizes alone.
 *
 * @param address  first byte of the first page
 * @param pages    consecutive pages
 * @param bound    bytes of a block that are looked for, below 4096
 * @param out      where a u32 a page is written, as `compressedSize` returns; apart from the pages
 */
export function sizeRun(address: usize, pages: u32, bound: u32, out: usize): void {
  assert(fits(address, (<u64>pages) << PAGE_SHIFT));
  assert(fits(out, (<u64>pages) << 2));
  assert(bound < <u32>PAGE_BYTES);
  assert(apart(address, (<u64>pages) << PAGE_SHIFT, out, (<u64>pages) << 2));
  for (let i: u32 = 0; i < pages; ++i) {
    const size = compress(address + ((<usize>i) << PAGE_SHIFT), ROOM, ROOM + bound);
    store<u32>(out + ((<usize>i) << 2), size);
  }
}

/** Bytes of a zero page's block: nothing is smaller. */
export const ZERO_PAGE_SIZE: u32 = 26;
/** Keeps the draw apart from that of the content's hash. */
const SIZE_SALT: u64 = 0x7a69_7065_6470_6167;

/**
 * Bytes of the block that stands for a content id: drawn from the id alone, so that equal contents have equal sizes.
 *
 *   a part  quarter          of the contents has  27 … 1024 bytes, the larger of two draws
 *           half - quarter                      1025 … 2048, the smaller of two
 *           whole - half                        2049 … 4095, each equally likely
 *           the rest                            4096: does not compress
 *
 * So sizes crowd around 1024, as they do in real memories (docs/memory/page-compress.md).
 *
 * @param id          content; 0 is the zero page
 * @param quarterPpm  part of all contents with blocks of at most 1024 bytes
 * @param halfPpm     with at most 2048; not less than `quarterPpm`
 * @param wholePpm    with less than 4096; not less than `halfPpm`, at most 1_000_000
 * @returns           26 … 4096
 */
export function modelledSize(id: u64, quarterPpm: u32, halfPpm: u32, wholePpm: u32): u32 {
  assert(quarterPpm <= halfPpm);
  assert(halfPpm <= wholePpm);
  assert(wholePpm <= 1_000_000);
  if (id == 0) return ZERO_PAGE_SIZE;
  const draw = mix64(id + SIZE_SALT);
  const part = below(draw, 1_000_000);
  if (part >= wholePpm) return <u32>PAGE_BYTES;
  const x = (<u32>draw) & 0xffff;
  const y = (<u32>draw) >> 16;
  if (part < quarterPpm) return 27 + ((max(x, y) * (1024 - 26)) >> 16);
  if (part < halfPpm) return 1025 + ((min(x, y) * (2048 - 1024)) >> 16);
  return 2049 + ((x * (4095 - 2048)) >> 16);
}
