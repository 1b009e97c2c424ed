/** The random streams of assembly/prng.ts in BigInt, word for word from the paper's formula. */

const GOLDEN = 0x9e3779b97f4a7c15n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export const SUBSYSTEM = { scan: 1, stream: 2, image: 3, pool: 4, salt: 5 } as const;

export function mix64(value: bigint): bigint {
  let z = value;
  z = u64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = u64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

export function nextState(state: bigint): bigint {
  return u64(state + GOLDEN);
}

export function seedStream(seed: bigint, subsystem: number, row: bigint): bigint {
  return mix64(u64(mix64(u64(seed + GOLDEN * BigInt(subsystem))) + GOLDEN * (row + 1n)));
}

/** Scales the upper half of a draw to [0, bound). */
export function below(draw: bigint, bound: number): number {
  return Number(((draw >> 32n) * BigInt(bound)) >> 32n);
}

export function poolContent(pool: bigint, index: number): bigint {
  const id = mix64(u64(pool + GOLDEN * (BigInt(index) + 1n)));
  return id === 0n ? 1n : id;
}

/** Position `index` of the permutation of [0, count) with this key. */
export function permute(index: number, count: number, key: bigint): number {
  if (count < 2) return 0;
  const bits = BigInt((count - 1).toString(2).length);
  const mask = (1n << bits) - 1n;
  const shift = bits / 2n + 1n;
  const low = key & 0xffff_ffffn;
  const high = key >> 32n;
  let value = BigInt(index);
  do {
    value = (value * 0x9e3779b1n + low) & mask;
    value ^= value >> shift;
    value = (value * 0x85ebca77n + high) & mask;
    value ^= value >> shift;
    value = (value * 0xc2b2ae3dn) & mask;
    value ^= value >> shift;
  } while (value >= BigInt(count));
  return Number(value);
}

/** First 64 bits of the page that a content id expands to; they differ where ids do. */
export function firstWord(id: bigint): bigint {
  return id === 0n ? 0n : mix64(nextState(id));
}

/** The page that a content id expands to. */
export function expandPage(id: bigint): Uint8Array {
  const words = new BigUint64Array(512);
  let state = id;
  for (let word = 0; id !== 0n && word < 512; word += 1) {
    state = nextState(state);
    words[word] = mix64(state);
  }
  return new Uint8Array(words.buffer);
}
