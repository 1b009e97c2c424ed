/** The naive twin of assembly/memory/dirty-bitmap.ts: a bit at a time. */

/** Numbers of the set bits of words, ascending; the words are zero afterwards. */
export function takeBitsModel(words: BigUint64Array, base = 0): number[] {
  const found: number[] = [];
  words.forEach((word, at) => {
    for (let bit = 0; bit < 64; bit += 1) {
      if ((word >> BigInt(bit)) & 1n) found.push(base + at * 64 + bit);
    }
    words[at] = 0n;
  });
  return found;
}

/** The same with numbers of 32 bits, fast enough to be benched: what it finds goes to `out`. */
export function takeHalvesModel(halves: Uint32Array, from: number, to: number, out: Uint32Array): number {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const half = halves[at]!;
    for (let bit = 0; bit < 32; bit += 1) {
      if ((half >>> bit) & 1) {
        out[count] = at * 32 + bit;
        count += 1;
      }
    }
    halves[at] = 0;
  }
  return count;
}

/** Set bits of words. */
export function countBitsModel(halves: Uint32Array): number {
  let count = 0;
  for (let at = 0; at < halves.length; at += 1) {
    let half = halves[at]!;
    for (; half !== 0; half &= half - 1) count += 1;
  }
  return count;
}
