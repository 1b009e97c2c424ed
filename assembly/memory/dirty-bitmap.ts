/**
 * Dirty bitmaps as plain words: take the set bits out, in order, and count bits. One bit a page, 64 a word.
 *
 *   words      0010…  0000…  1000…            out   2  64+64
 *   words then 0000…  0000…  0000…
 *
 * A block of 64 words is taken in one of four ways, by how many bits the block before it held: bits lie in clusters, and
 * a wrong guess costs speed only.
 *
 *   < 12        the words that are not zero are listed without a branch, then taken
 *   < 96        two bits of every word are written whether they are there or not; a third and later ones in a loop
 *   < 768       the same, eight at a time
 *   more        a table says where the bits of each byte are
 *
 * Source: as simdjson's flatten_bits has it (write first, count later); the table is well known.
 * Cost: see docs/memory/dirty-bitmap.md; a summary level is not worth its upkeep.
 */
import { fits } from "./page-run";

/** Words that are taken in one way. */
const BLOCK: u32 = 64;
const BLOCK_BYTES: usize = 512;
/** Where a block of 64 words lists those that are not zero: behind all that it can yield. */
const LIST_BYTES: usize = 64 * 64 * 4;

const FEW: u32 = 12;
const SOME: u32 = 96;
const MANY: u32 = 768;

/** For each byte the numbers of its set bits, ascending, then zeroes. */
// biome-ignore format: a table
const BITS: usize = memory.data<u32>(
  [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0,
    0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0,
    0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0,
    2, 3, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0,
    0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 0,
    0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 1, 2, 4, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 1, 3,
    4, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 0, 0, 0, 2, 3, 4, 0, 0, 0, 0, 0, 0, 2, 3, 4, 0, 0, 0, 0, 1, 2, 3, 4, 0,
    0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0,
    0, 1, 5, 0, 0, 0, 0, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0, 2, 5, 0, 0, 0, 0, 0, 1, 2, 5, 0, 0, 0, 0, 0, 0, 1, 2,
    5, 0, 0, 0, 0, 3, 5, 0, 0, 0, 0, 0, 0, 0, 3, 5, 0, 0, 0, 0, 0, 1, 3, 5, 0, 0, 0, 0, 0, 0, 1, 3, 5, 0, 0,
    0, 0, 2, 3, 5, 0, 0, 0, 0, 0, 0, 2, 3, 5, 0, 0, 0, 0, 1, 2, 3, 5, 0, 0, 0, 0, 0, 1, 2, 3, 5, 0, 0, 0, 4,
    5, 0, 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0, 1, 4, 5, 0, 0, 0, 0, 0, 0, 1, 4, 5, 0, 0, 0, 0, 2, 4, 5, 0,
    0, 0, 0, 0, 0, 2, 4, 5, 0, 0, 0, 0, 1, 2, 4, 5, 0, 0, 0, 0, 0, 1, 2, 4, 5, 0, 0, 0, 3, 4, 5, 0, 0, 0, 0,
    0, 0, 3, 4, 5, 0, 0, 0, 0, 1, 3, 4, 5, 0, 0, 0, 0, 0, 1, 3, 4, 5, 0, 0, 0, 2, 3, 4, 5, 0, 0, 0, 0, 0, 2,
    3, 4, 5, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0,
    0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 2, 6, 0, 0, 0, 0, 0, 0, 0, 2, 6, 0, 0, 0, 0, 0,
    1, 2, 6, 0, 0, 0, 0, 0, 0, 1, 2, 6, 0, 0, 0, 0, 3, 6, 0, 0, 0, 0, 0, 0, 0, 3, 6, 0, 0, 0, 0, 0, 1, 3, 6,
    0, 0, 0, 0, 0, 0, 1, 3, 6, 0, 0, 0, 0, 2, 3, 6, 0, 0, 0, 0, 0, 0, 2, 3, 6, 0, 0, 0, 0, 1, 2, 3, 6, 0, 0,
    0, 0, 0, 1, 2, 3, 6, 0, 0, 0, 4, 6, 0, 0, 0, 0, 0, 0, 0, 4, 6, 0, 0, 0, 0, 0, 1, 4, 6, 0, 0, 0, 0, 0, 0,
    1, 4, 6, 0, 0, 0, 0, 2, 4, 6, 0, 0, 0, 0, 0, 0, 2, 4, 6, 0, 0, 0, 0, 1, 2, 4, 6, 0, 0, 0, 0, 0, 1, 2, 4,
    6, 0, 0, 0, 3, 4, 6, 0, 0, 0, 0, 0, 0, 3, 4, 6, 0, 0, 0, 0, 1, 3, 4, 6, 0, 0, 0, 0, 0, 1, 3, 4, 6, 0, 0,
    0, 2, 3, 4, 6, 0, 0, 0, 0, 0, 2, 3, 4, 6, 0, 0, 0, 1, 2, 3, 4, 6, 0, 0, 0, 0, 1, 2, 3, 4, 6, 0, 0, 5, 6,
    0, 0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 1, 5, 6, 0, 0, 0, 0, 0, 0, 1, 5, 6, 0, 0, 0, 0, 2, 5, 6, 0, 0,
    0, 0, 0, 0, 2, 5, 6, 0, 0, 0, 0, 1, 2, 5, 6, 0, 0, 0, 0, 0, 1, 2, 5, 6, 0, 0, 0, 3, 5, 6, 0, 0, 0, 0, 0,
    0, 3, 5, 6, 0, 0, 0, 0, 1, 3, 5, 6, 0, 0, 0, 0, 0, 1, 3, 5, 6, 0, 0, 0, 2, 3, 5, 6, 0, 0, 0, 0, 0, 2, 3,
    5, 6, 0, 0, 0, 1, 2, 3, 5, 6, 0, 0, 0, 0, 1, 2, 3, 5, 6, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0,
    0, 0, 1, 4, 5, 6, 0, 0, 0, 0, 0, 1, 4, 5, 6, 0, 0, 0, 2, 4, 5, 6, 0, 0, 0, 0, 0, 2, 4, 5, 6, 0, 0, 0, 1,
    2, 4, 5, 6, 0, 0, 0, 0, 1, 2, 4, 5, 6, 0, 0, 3, 4, 5, 6, 0, 0, 0, 0, 0, 3, 4, 5, 6, 0, 0, 0, 1, 3, 4, 5,
    6, 0, 0, 0, 0, 1, 3, 4, 5, 6, 0, 0, 2, 3, 4, 5, 6, 0, 0, 0, 0, 2, 3, 4, 5, 6, 0, 0, 1, 2, 3, 4, 5, 6, 0,
    0, 0, 1, 2, 3, 4, 5, 6, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 1,
    7, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 1, 2, 7, 0, 0, 0, 0, 0, 0, 1, 2, 7, 0,
    0, 0, 0, 3, 7, 0, 0, 0, 0, 0, 0, 0, 3, 7, 0, 0, 0, 0, 0, 1, 3, 7, 0, 0, 0, 0, 0, 0, 1, 3, 7, 0, 0, 0, 0,
    2, 3, 7, 0, 0, 0, 0, 0, 0, 2, 3, 7, 0, 0, 0, 0, 1, 2, 3, 7, 0, 0, 0, 0, 0, 1, 2, 3, 7, 0, 0, 0, 4, 7, 0,
    0, 0, 0, 0, 0, 0, 4, 7, 0, 0, 0, 0, 0, 1, 4, 7, 0, 0, 0, 0, 0, 0, 1, 4, 7, 0, 0, 0, 0, 2, 4, 7, 0, 0, 0,
    0, 0, 0, 2, 4, 7, 0, 0, 0, 0, 1, 2, 4, 7, 0, 0, 0, 0, 0, 1, 2, 4, 7, 0, 0, 0, 3, 4, 7, 0, 0, 0, 0, 0, 0,
    3, 4, 7, 0, 0, 0, 0, 1, 3, 4, 7, 0, 0, 0, 0, 0, 1, 3, 4, 7, 0, 0, 0, 2, 3, 4, 7, 0, 0, 0, 0, 0, 2, 3, 4,
    7, 0, 0, 0, 1, 2, 3, 4, 7, 0, 0, 0, 0, 1, 2, 3, 4, 7, 0, 0, 5, 7, 0, 0, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0, 0,
    0, 1, 5, 7, 0, 0, 0, 0, 0, 0, 1, 5, 7, 0, 0, 0, 0, 2, 5, 7, 0, 0, 0, 0, 0, 0, 2, 5, 7, 0, 0, 0, 0, 1, 2,
    5, 7, 0, 0, 0, 0, 0, 1, 2, 5, 7, 0, 0, 0, 3, 5, 7, 0, 0, 0, 0, 0, 0, 3, 5, 7, 0, 0, 0, 0, 1, 3, 5, 7, 0,
    0, 0, 0, 0, 1, 3, 5, 7, 0, 0, 0, 2, 3, 5, 7, 0, 0, 0, 0, 0, 2, 3, 5, 7, 0, 0, 0, 1, 2, 3, 5, 7, 0, 0, 0,
    0, 1, 2, 3, 5, 7, 0, 0, 4, 5, 7, 0, 0, 0, 0, 0, 0, 4, 5, 7, 0, 0, 0, 0, 1, 4, 5, 7, 0, 0, 0, 0, 0, 1, 4,
    5, 7, 0, 0, 0, 2, 4, 5, 7, 0, 0, 0, 0, 0, 2, 4, 5, 7, 0, 0, 0, 1, 2, 4, 5, 7, 0, 0, 0, 0, 1, 2, 4, 5, 7,
    0, 0, 3, 4, 5, 7, 0, 0, 0, 0, 0, 3, 4, 5, 7, 0, 0, 0, 1, 3, 4, 5, 7, 0, 0, 0, 0, 1, 3, 4, 5, 7, 0, 0, 2,
    3, 4, 5, 7, 0, 0, 0, 0, 2, 3, 4, 5, 7, 0, 0, 1, 2, 3, 4, 5, 7, 0, 0, 0, 1, 2, 3, 4, 5, 7, 0, 6, 7, 0, 0,
    0, 0, 0, 0, 0, 6, 7, 0, 0, 0, 0, 0, 1, 6, 7, 0, 0, 0, 0, 0, 0, 1, 6, 7, 0, 0, 0, 0, 2, 6, 7, 0, 0, 0, 0,
    0, 0, 2, 6, 7, 0, 0, 0, 0, 1, 2, 6, 7, 0, 0, 0, 0, 0, 1, 2, 6, 7, 0, 0, 0, 3, 6, 7, 0, 0, 0, 0, 0, 0, 3,
    6, 7, 0, 0, 0, 0, 1, 3, 6, 7, 0, 0, 0, 0, 0, 1, 3, 6, 7, 0, 0, 0, 2, 3, 6, 7, 0, 0, 0, 0, 0, 2, 3, 6, 7,
    0, 0, 0, 1, 2, 3, 6, 7, 0, 0, 0, 0, 1, 2, 3, 6, 7, 0, 0, 4, 6, 7, 0, 0, 0, 0, 0, 0, 4, 6, 7, 0, 0, 0, 0,
    1, 4, 6, 7, 0, 0, 0, 0, 0, 1, 4, 6, 7, 0, 0, 0, 2, 4, 6, 7, 0, 0, 0, 0, 0, 2, 4, 6, 7, 0, 0, 0, 1, 2, 4,
    6, 7, 0, 0, 0, 0, 1, 2, 4, 6, 7, 0, 0, 3, 4, 6, 7, 0, 0, 0, 0, 0, 3, 4, 6, 7, 0, 0, 0, 1, 3, 4, 6, 7, 0,
    0, 0, 0, 1, 3, 4, 6, 7, 0, 0, 2, 3, 4, 6, 7, 0, 0, 0, 0, 2, 3, 4, 6, 7, 0, 0, 1, 2, 3, 4, 6, 7, 0, 0, 0,
    1, 2, 3, 4, 6, 7, 0, 5, 6, 7, 0, 0, 0, 0, 0, 0, 5, 6, 7, 0, 0, 0, 0, 1, 5, 6, 7, 0, 0, 0, 0, 0, 1, 5, 6,
    7, 0, 0, 0, 2, 5, 6, 7, 0, 0, 0, 0, 0, 2, 5, 6, 7, 0, 0, 0, 1, 2, 5, 6, 7, 0, 0, 0, 0, 1, 2, 5, 6, 7, 0,
    0, 3, 5, 6, 7, 0, 0, 0, 0, 0, 3, 5, 6, 7, 0, 0, 0, 1, 3, 5, 6, 7, 0, 0, 0, 0, 1, 3, 5, 6, 7, 0, 0, 2, 3,
    5, 6, 7, 0, 0, 0, 0, 2, 3, 5, 6, 7, 0, 0, 1, 2, 3, 5, 6, 7, 0, 0, 0, 1, 2, 3, 5, 6, 7, 0, 4, 5, 6, 7, 0,
    0, 0, 0, 0, 4, 5, 6, 7, 0, 0, 0, 1, 4, 5, 6, 7, 0, 0, 0, 0, 1, 4, 5, 6, 7, 0, 0, 2, 4, 5, 6, 7, 0, 0, 0,
    0, 2, 4, 5, 6, 7, 0, 0, 1, 2, 4, 5, 6, 7, 0, 0, 0, 1, 2, 4, 5, 6, 7, 0, 3, 4, 5, 6, 7, 0, 0, 0, 0, 3, 4,
    5, 6, 7, 0, 0, 1, 3, 4, 5, 6, 7, 0, 0, 0, 1, 3, 4, 5, 6, 7, 0, 2, 3, 4, 5, 6, 7, 0, 0, 0, 2, 3, 4, 5, 6,
    7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 1, 2, 3, 4, 5, 6, 7,
  ],
  64,
);

/**
 * Takes all set bits of a run of words out.
 *
 * @param words  address of the first, 8 bytes each
 * @param count  how many
 * @param base   number of the first word's first bit
 * @param out    where the numbers of the bits go, 4 bytes each: room for 64 · count + 4160 of them
 * @returns      how many
 */
export function takeBits(words: usize, count: u32, base: u32, out: usize): u32 {
  assert(fits(words, (<u64>count) << 3));
  assert(fits(out, ((<u64>count) << 8) + 16640));
  const blocks = count / BLOCK;
  let at = words;
  let first = base;
  let to = out;
  let density: u32 = 0;
  for (let block: u32 = 0; block < blocks; ++block) {
    const from = to;
    if (density < FEW) to = takeFew(at, first, to);
    else if (density < SOME) to = takeSome(at, first, to);
    else if (density < MANY) to = takeMany(at, first, to);
    else to = takeMost(at, first, to);
    density = <u32>((to - from) >> 2);
    at += BLOCK_BYTES;
    first += BLOCK << 6;
  }
  const end = words + ((<usize>count) << 3);
  for (; at < end; at += 8) {
    to = takeWord(at, first, to);
    first += 64;
  }
  return <u32>((to - out) >> 2);
}

/** One word, likely with one bit at the most. */
function takeWord(at: usize, first: u32, to: usize): usize {
  let word = load<u64>(at);
  store<u64>(at, 0);
  const bits = <u32>popcnt(word);
  store<u32>(to, first + <u32>ctz(word));
  if (bits > 1) {
    word &= word - 1;
    takeRest(word, first, to + 4);
  }
  return to + ((<usize>bits) << 2);
}

function takeRest(word: u64, first: u32, to: usize): void {
  let rest = word;
  let next = to;
  do {
    store<u32>(next, first + <u32>ctz(rest));
    next += 4;
    rest &= rest - 1;
  } while (rest != 0);
}

function takeFew(at: usize, first: u32, to: usize): usize {
  const list = to + LIST_BYTES;
  let end = list;
  for (let word = at; word < at + BLOCK_BYTES; word += 32) {
    store<u32>(end, <u32>word);
    end += (<usize>(load<u64>(word) != 0)) << 2;
    store<u32>(end, <u32>(word + 8));
    end += (<usize>(load<u64>(word, 8) != 0)) << 2;
    store<u32>(end, <u32>(word + 16));
    end += (<usize>(load<u64>(word, 16) != 0)) << 2;
    store<u32>(end, <u32>(word + 24));
    end += (<usize>(load<u64>(word, 24) != 0)) << 2;
  }
  let next = to;
  for (let row = list; row < end; row += 4) {
    const word = <usize>load<u32>(row);
    next = takeWord(word, first + ((<u32>(word - at)) << 3), next);
  }
  return next;
}

function takeSome(at: usize, first: u32, to: usize): usize {
  let base = first;
  let next = to;
  for (let address = at; address < at + BLOCK_BYTES; address += 8) {
    let word = load<u64>(address);
    store<u64>(address, 0);
    const bits = <u32>popcnt(word);
    store<u32>(next, base + <u32>ctz(word));
    word &= word - 1;
    store<u32>(next, base + <u32>ctz(word), 4);
    if (bits > 2) takeRest(word & (word - 1), base, next + 8);
    next += (<usize>bits) << 2;
    base += 64;
  }
  return next;
}

function takeMany(at: usize, first: u32, to: usize): usize {
  let base = first;
  let next = to;
  for (let address = at; address < at + BLOCK_BYTES; address += 8) {
    let word = load<u64>(address);
    store<u64>(address, 0);
    const end = next + ((<usize>popcnt(word)) << 2);
    let put = next;
    do {
      store<u32>(put, base + <u32>ctz(word));
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 4);
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 8);
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 12);
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 16);
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 20);
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 24);
      word &= word - 1;
      store<u32>(put, base + <u32>ctz(word), 28);
      word &= word - 1;
      put += 32;
    } while (put < end);
    next = end;
    base += 64;
  }
  return next;
}

function takeMost(at: usize, first: u32, to: usize): usize {
  const eight = i32x4.splat(8);
  let base = i32x4.splat(first);
  let next = to;
  for (let address = at; address < at + BLOCK_BYTES; address += 8) {
    const word = load<u64>(address);
    store<u64>(address, 0);
    // Byte k of the product: four times the bits of the bytes 0 … k, so that no store waits for the one before.
    const ends = i64x2.extract_lane(i8x16.popcnt(i64x2.splat(word)), 0) * <u64>0x0404_0404_0404_0404;
    takeByte(word, base, next);
    base = i32x4.add(base, eight);
    takeByte(word >> 8, base, next + ((<usize>ends) & 255));
    base = i32x4.add(base, eight);
    takeByte(word >> 16, base, next + ((<usize>(ends >> 8)) & 255));
    base = i32x4.add(base, eight);
    takeByte(word >> 24, base, next + ((<usize>(ends >> 16)) & 255));
    base = i32x4.add(base, eight);
    takeByte(word >> 32, base, next + ((<usize>(ends >> 24)) & 255));
    base = i32x4.add(base, eight);
    takeByte(word >> 40, base, next + ((<usize>(ends >> 32)) & 255));
    base = i32x4.add(base, eight);
    takeByte(word >> 48, base, next + ((<usize>(ends >> 40)) & 255));
    base = i32x4.add(base, eight);
    takeByte(word >> 56, base, next + ((<usize>(ends >> 48)) & 255));
    base = i32x4.add(base, eight);
    next += (<usize>popcnt(word)) << 2;
  }
  return next;
}

/** The bits of the lowest byte, and zeroes behind them. */
function takeByte(word: u64, base: v128, to: usize): void {
  const numbers = BITS + (((<usize>word) & 255) << 5);
  v128.store(to, i32x4.add(base, v128.load(numbers)));
  v128.store(to, i32x4.add(base, v128.load(numbers, 16)), 16);
}

/**
 * Counts the set bits of a run of words.
 *
 * @param words  address of the first, 8 bytes each
 * @param count  how many
 */
export function countBits(words: usize, count: u32): u32 {
  assert(fits(words, (<u64>count) << 3));
  const whole = words + ((<usize>(count & ~3)) << 3);
  const end = words + ((<usize>count) << 3);
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  let at = words;
  for (; at < whole; at += 32) {
    a += popcnt(load<u64>(at));
    b += popcnt(load<u64>(at, 8));
    c += popcnt(load<u64>(at, 16));
    d += popcnt(load<u64>(at, 24));
  }
  for (; at < end; at += 8) a += popcnt(load<u64>(at));
  return <u32>(a + b + c + d);
}

/**
 * Moves the set bits of a run of words into another: `to |= from; from = 0`.
 *
 * @returns bits that `to` has now
 */
export function moveBits(from: usize, to: usize, count: u32): u32 {
  assert(fits(from, (<u64>count) << 3));
  assert(fits(to, (<u64>count) << 3));
  const end = from + ((<usize>count) << 3);
  let bits: u64 = 0;
  let target = to;
  for (let at = from; at < end; at += 8) {
    const word = load<u64>(at) | load<u64>(target);
    store<u64>(at, 0);
    store<u64>(target, word);
    bits += popcnt(word);
    target += 8;
  }
  return <u32>bits;
}

/**
 * Takes the bits of a long run out block by block, always to the same place: for the bench.
 *
 * @returns a digest of how many there were and where
 */
export function takeRun(words: usize, count: u32, out: usize): u32 {
  let digest: u32 = 0;
  for (let at: u32 = 0; at < count; at += 1024) {
    const taken = takeBits(words + ((<usize>at) << 3), min<u32>(1024, count - at), at << 6, out);
    digest = digest * 31 + taken;
    if (taken > 0)
      digest ^= load<u32>(out + ((<usize>(taken - 1)) << 2)) ^ load<u32>(out + ((<usize>(taken >> 1)) << 2));
  }
  return digest;
}
