/**
 * A set of integers below `bits` that finds the next member in a few steps: a 64-ary tree of words.
 *
 *   level 1        [ 0 1 ]             bit i: word i of the level below is not empty
 *   level 0   [ 0000 ][ 0100 ]         bit i: i is in the set
 *
 * All levels stand one after another from `base`, level 0 first. Cost: O(log64 bits) words per call.
 */

/** What `nextSet` answers where there is none. */
export const NO_BIT: u32 = 0xffff_ffff;

/** Words that a set of `bits` integers takes, all levels together. */
export function bitsetWords(bits: u32): u32 {
  let words: u32 = 0;
  let level = bits;
  do {
    level = (level + 63) >> 6;
    words += level;
  } while (level > 1);
  return words;
}

export function hasBit(base: usize, index: u32): bool {
  return ((load<u64>(base + (((<usize>index) >> 6) << 3)) >> (index & 63)) & 1) != 0;
}

/** Adds `index`, in [0, bits). */
export function setBit(base: usize, bits: u32, index: u32): void {
  assert(index < bits);
  let level = base;
  let size = bits;
  let position = index;
  for (;;) {
    const at = level + (((<usize>position) >> 6) << 3);
    const before = load<u64>(at);
    store<u64>(at, before | ((<u64>1) << (position & 63)));
    size = (size + 63) >> 6;
    if (before != 0 || size <= 1) return;
    level += (<usize>size) << 3;
    position >>= 6;
  }
}

/** Takes `index`, in [0, bits), out. */
export function clearBit(base: usize, bits: u32, index: u32): void {
  assert(index < bits);
  let level = base;
  let size = bits;
  let position = index;
  for (;;) {
    const at = level + (((<usize>position) >> 6) << 3);
    const after = load<u64>(at) & ~((<u64>1) << (position & 63));
    store<u64>(at, after);
    size = (size + 63) >> 6;
    if (after != 0 || size <= 1) return;
    level += (<usize>size) << 3;
    position >>= 6;
  }
}

/**
 * The least member at or after `from`.
 *
 * @returns NO_BIT if there is none
 */
export function nextSet(base: usize, bits: u32, from: u32): u32 {
  let level = base;
  let size = bits;
  let position = from;
  let climbed: u32 = 0;
  // Up, until a word holds something at or after the position.
  for (;;) {
    if (position >= size) return NO_BIT;
    const word = load<u64>(level + (((<usize>position) >> 6) << 3)) >> (position & 63);
    if (word != 0) {
      position += <u32>ctz(word);
      break;
    }
    size = (size + 63) >> 6;
    if (size <= 1) return NO_BIT;
    level += (<usize>size) << 3;
    position = (position >> 6) + 1;
    climbed += 1;
  }
  // Down again, to the least member below.
  while (climbed > 0) {
    climbed -= 1;
    level = base + ((<usize>levelWordsBefore(bits, climbed)) << 3);
    position = (position << 6) + <u32>ctz(load<u64>(level + ((<usize>position) << 3)));
  }
  return position;
}

/** Words of the levels below `level`. */
function levelWordsBefore(bits: u32, level: u32): u32 {
  let words: u32 = 0;
  let size = bits;
  for (let below: u32 = 0; below < level; ++below) {
    size = (size + 63) >> 6;
    words += size;
  }
  return words;
}
