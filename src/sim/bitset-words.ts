/** Words of the core's hierarchical bitset; the twin of `bitsetWords` in assembly/bits.ts. */
export function bitsetWords(bits: number): number {
  let words = 0;
  let level = bits;
  do {
    level = Math.ceil(level / 64);
    words += level;
  } while (level > 1);
  return words;
}
