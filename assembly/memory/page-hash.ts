/**
 * Page hash: XXH3-64 of a 4 KiB page (seed 0), and XXH64 of any bytes. Both bit-exact with the published algorithms.
 *
 *   page = 4 blocks of 16 stripes of 8 lanes of 64 bits; per lane, over the stripes s of a block:
 *     acc[l] += low32(data[s,l] ^ key[s,l]) * high32(data[s,l] ^ key[s,l])      the products
 *     acc[l ^ 1] += data[s,l]                                                   the data, to the neighbour lane
 *   between blocks  acc[l] = (acc[l] ^ acc[l] >> 47 ^ key[l]) * prime           the scramble
 *   at the end      sum of fold128((acc[2i] ^ k) * (acc[2i+1] ^ k')), avalanche
 *
 * Sums commute, and that is all the speed there is:
 *   - The data sums of lanes 0 … 5 are kept apart and swapped to the neighbour lane once a block, not once a stripe.
 *   - Wasm multiplies 32 x 32 -> 64 bits only with `extmul`, which wants the low halves in one vector and the high ones
 *     in another. So two stripes are taken together: two shuffles part them, and both results go to the same lanes.
 *   - Lanes 6 and 7 run in scalar registers, whose units would idle beside the vector units: 0.92 of native SSE2
 *     against 0.79 with vectors alone; half of the lanes in scalar are 0.71 (docs/memory/page-hash.md).
 *
 * Here we hash one length of XXH3 only: its short-input branches have no use for pages.
 *
 * Source: the xxHash specification, doc/xxhash_spec.md of github.com/Cyan4973/xxHash. Cost: one pass, no allocation.
 */
import { PAGE_BYTES, PAGE_SHIFT, apart, fits, reach } from "./page-run";

const PRIME32_1: u64 = 0x9e3779b1;
const PRIME32_2: u64 = 0x85ebca77;
const PRIME32_3: u64 = 0xc2b2ae3d;
const PRIME64_1: u64 = 0x9e3779b185ebca87;
const PRIME64_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME64_3: u64 = 0x165667b19e3779f9;
const PRIME64_4: u64 = 0x85ebca77c2b2ae63;
const PRIME64_5: u64 = 0x27d4eb2f165667c5;
const PRIME_MX: u64 = 0x165667919e3779f9;

/** The default secret of XXH3: 192 bytes that never change, so every instance may write them again. */
const SECRET: usize = memory.data<u8>(
  [
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde,
    0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79,
    0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46,
    0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb,
    0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2,
    0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8, 0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c,
    0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59,
    0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3,
    0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb, 0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3,
    0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8,
    0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb,
    0xca, 0xbb, 0x4b, 0x40, 0x7e,
  ],
  16,
);

const STRIPE: usize = 64;
const PAIR: usize = 2 * STRIPE;
const BLOCK: usize = 16 * STRIPE;
/** Keys of the page's last stripe, of the scramble and of the merge: offsets in the secret. */
const KEY_LAST: usize = 121;
const KEY_SCRAMBLE: usize = 128;
const KEY_MERGE: usize = 11;

/**
 * Hashes one page: XXH3-64 of its 4096 bytes, seed 0.
 *
 * @param address  first byte of the page; its 4096 bytes lie in memory
 * @returns        the hash
 */
export function hashPage(address: usize): u64 {
  let a0 = i64x2(PRIME32_3, PRIME64_1);
  let a1 = i64x2(PRIME64_2, PRIME64_3);
  let a2 = i64x2(PRIME64_4, PRIME32_2);
  let a6 = PRIME64_5;
  let a7 = PRIME32_1;

  const last = address + PAGE_BYTES - PAIR;
  for (let at = address; ;) {
    let s0 = i64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let key = SECRET;
    for (const stop = at + BLOCK; at < stop; at += PAIR, key += 16) {
      const next = at == last ? SECRET + KEY_LAST : key + 8;
      const x0 = v128.load(at);
      const y0 = v128.load(at, 64);
      a0 = i64x2.add(a0, products(v128.xor(x0, v128.load(key)), v128.xor(y0, v128.load(next))));
      s0 = i64x2.add(i64x2.add(s0, x0), y0);
      const x1 = v128.load(at, 16);
      const y1 = v128.load(at, 80);
      a1 = i64x2.add(a1, products(v128.xor(x1, v128.load(key, 16)), v128.xor(y1, v128.load(next, 16))));
      s1 = i64x2.add(i64x2.add(s1, x1), y1);
      const x2 = v128.load(at, 32);
      const y2 = v128.load(at, 96);
      a2 = i64x2.add(a2, products(v128.xor(x2, v128.load(key, 32)), v128.xor(y2, v128.load(next, 32))));
      s2 = i64x2.add(i64x2.add(s2, x2), y2);
      const x6 = load<u64>(at, 48);
      const y6 = load<u64>(at, 112);
      a6 += product(x6 ^ load<u64>(key, 48)) + product(y6 ^ load<u64>(next, 48));
      const x7 = load<u64>(at, 56);
      const y7 = load<u64>(at, 120);
      a7 += product(x7 ^ load<u64>(key, 56)) + product(y7 ^ load<u64>(next, 56));
      a6 += x7 + y7;
      a7 += x6 + y6;
    }
    a0 = i64x2.add(a0, swapLanes(s0));
    a1 = i64x2.add(a1, swapLanes(s1));
    a2 = i64x2.add(a2, swapLanes(s2));
    if (at > last) break;
    a0 = scramble(a0, KEY_SCRAMBLE);
    a1 = scramble(a1, KEY_SCRAMBLE + 16);
    a2 = scramble(a2, KEY_SCRAMBLE + 32);
    a6 = scrambleLane(a6, KEY_SCRAMBLE + 48);
    a7 = scrambleLane(a7, KEY_SCRAMBLE + 56);
  }
  const sum = mergeVector(a0, 0) + mergeVector(a1, 16) + mergeVector(a2, 32) + mergeLanes(a6, a7, 48);
  return avalanche(<u64>PAGE_BYTES * PRIME64_1 + sum);
}

/** Low half times high half of each lane of two keyed vectors, added. */
function products(x: v128, y: v128): v128 {
  const low = v128.shuffle<i32>(x, y, 0, 2, 4, 6);
  const high = v128.shuffle<i32>(x, y, 1, 3, 5, 7);
  return i64x2.add(i64x2.extmul_low_i32x4_u(low, high), i64x2.extmul_high_i32x4_u(low, high));
}

/** Low half times high half of one keyed lane. */
function product(keyed: u64): u64 {
  return (keyed & 0xffffffff) * (keyed >> 32);
}

function swapLanes(lanes: v128): v128 {
  return v128.shuffle<i64>(lanes, lanes, 1, 0);
}

function scramble(lanes: v128, key: usize): v128 {
  const mixed = v128.xor(v128.xor(lanes, i64x2.shr_u(lanes, 47)), v128.load(SECRET + key));
  return i64x2.mul(mixed, i64x2.splat(PRIME32_1));
}

function scrambleLane(lane: u64, key: usize): u64 {
  return (lane ^ (lane >> 47) ^ load<u64>(SECRET + key)) * PRIME32_1;
}

/** The merge of a vector's two lanes. */
function mergeVector(lanes: v128, key: usize): u64 {
  return mergeLanes(i64x2.extract_lane(lanes, 0), i64x2.extract_lane(lanes, 1), key);
}

/** Two keyed lanes multiplied to 128 bits, folded to 64 by xor of the halves. */
function mergeLanes(even: u64, odd: u64, key: usize): u64 {
  const a = even ^ load<u64>(SECRET + KEY_MERGE + key);
  const b = odd ^ load<u64>(SECRET + KEY_MERGE + key + 8);
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow;
  const cross = (low >> 32) + (middle & 0xffffffff) + aLow * bHigh; // at most 2^64 - 1
  const upper = (middle >> 32) + (cross >> 32) + aHigh * bHigh;
  return upper ^ ((cross << 32) | (low & 0xffffffff));
}

function avalanche(hash: u64): u64 {
  hash = (hash ^ (hash >> 37)) * PRIME_MX;
  return hash ^ (hash >> 32);
}

/**
 * Hashes bytes with XXH64.
 *
 * @param address  first byte
 * @param bytes    how many, from 0
 * @param seed     any
 * @returns        the hash
 */
export function xxh64(address: usize, bytes: u32, seed: u64): u64 {
  let at = address;
  let hash = seed + PRIME64_5;
  if (bytes >= 32) {
    let a = seed + PRIME64_1 + PRIME64_2;
    let b = seed + PRIME64_2;
    let c = seed;
    let d = seed - PRIME64_1;
    for (const stop = address + (bytes & ~31); at < stop; at += 32) {
      a = mix(a, load<u64>(at));
      b = mix(b, load<u64>(at, 8));
      c = mix(c, load<u64>(at, 16));
      d = mix(d, load<u64>(at, 24));
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = join(join(join(join(hash, a), b), c), d);
  }
  return finish(hash + bytes, at, address + bytes);
}

/** One lane of XXH64 takes eight bytes in. */
function mix(lane: u64, data: u64): u64 {
  return rotl<u64>(lane + data * PRIME64_2, 31) * PRIME64_1;
}

/** One lane of XXH64 goes into the hash. */
function join(hash: u64, lane: u64): u64 {
  return (hash ^ mix(0, lane)) * PRIME64_1 + PRIME64_4;
}

/** The last 0 … 31 bytes of XXH64, and the avalanche. */
function finish(hash: u64, at: usize, end: usize): u64 {
  for (; at + 8 <= end; at += 8) {
    hash = rotl<u64>(hash ^ mix(0, load<u64>(at)), 27) * PRIME64_1 + PRIME64_4;
  }
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * PRIME64_1), 23) * PRIME64_2 + PRIME64_3;
    at += 4;
  }
  for (; at < end; ++at) {
    hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * PRIME64_5), 11) * PRIME64_1;
  }
  hash = (hash ^ (hash >> 33)) * PRIME64_2;
  hash = (hash ^ (hash >> 29)) * PRIME64_3;
  return hash ^ (hash >> 32);
}

/**
 * Hashes a run of pages with XXH3-64.
 *
 * @param address  first byte of the first page
 * @param pages    consecutive pages
 * @param out      where one u64 a page is written; apart from the pages
 */
export function hashRun(address: usize, pages: u32, out: usize): void {
  checkRun(address, pages, out);
  for (let i: u32 = 0; i < pages; ++i) {
    store<u64>(out + ((<usize>i) << 3), hashPage(address + ((<usize>i) << PAGE_SHIFT)));
  }
}

/**
 * Hashes a run of pages with XXH64, seed 0.
 *
 * @param address  first byte of the first page
 * @param pages    consecutive pages
 * @param out      where one u64 a page is written; apart from the pages
 */
export function xxh64Run(address: usize, pages: u32, out: usize): void {
  checkRun(address, pages, out);
  for (let i: u32 = 0; i < pages; ++i) {
    store<u64>(out + ((<usize>i) << 3), xxh64(address + ((<usize>i) << PAGE_SHIFT), <u32>PAGE_BYTES, 0));
  }
}

/**
 * Hashes pages given by number with XXH3-64.
 *
 * @param base   first byte of page 0
 * @param rows   address of u32 page numbers, relative to `base`
 * @param count  how many
 * @param out    where one u64 a row is written; apart from the pages
 */
export function hashRows(base: usize, rows: usize, count: u32, out: usize): void {
  assert(fits(rows, (<u64>count) << 2));
  const pages = reach(rows, count);
  assert(fits(base, pages << PAGE_SHIFT));
  assert(fits(out, (<u64>count) << 3));
  assert(apart(out, (<u64>count) << 3, rows, (<u64>count) << 2));
  for (let i: u32 = 0; i < count; ++i) {
    const row = load<u32>(rows + ((<usize>i) << 2));
    store<u64>(out + ((<usize>i) << 3), hashPage(base + ((<usize>row) << PAGE_SHIFT)));
  }
}

/** What must hold before a run is hashed. */
function checkRun(address: usize, pages: u32, out: usize): void {
  assert(fits(address, (<u64>pages) << PAGE_SHIFT));
  assert(fits(out, (<u64>pages) << 3));
  assert(apart(address, (<u64>pages) << PAGE_SHIFT, out, (<u64>pages) << 3));
}
