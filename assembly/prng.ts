/**
 * Random streams: SplitMix64, one state per (seed, subsystem, row), so that a new draw in one place shifts no other.
 *
 *   state += 0x9e3779b97f4a7c15;  draw = mix64(state)
 *
 * Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, §5. Cost: about 1 ns.
 */

const GOLDEN: u64 = 0x9e3779b97f4a7c15;

export const enum Subsystem {
  Scan = 1,
  Stream = 2,
  Image = 3,
  Pool = 4,
  Salt = 5,
  Guest = 6,
  Arrival = 7,
  Irq = 8,
  Sample = 9,
  Lottery = 10,
  Page = 11,
  File = 12,
}

/** A bijection of 64 bits in which every input bit moves about half of the output bits. */
export function mix64(value: u64): u64 {
  let z = value;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** First state of the stream of a subsystem's row. */
export function seedStream(seed: u64, subsystem: u32, row: u64): u64 {
  return mix64(mix64(seed + GOLDEN * <u64>subsystem) + GOLDEN * (row + 1));
}

/** State after one draw; the draw itself is `mix64` of it. */
export function nextState(state: u64): u64 {
  return state + GOLDEN;
}

/** State of draw `index` of the stream that begins behind `state`, from 0. */
export function wordState(state: u64, index: u32): u64 {
  return state + GOLDEN * (<u64>index + 1);
}

/** Scales the upper half of a draw to [0, bound). */
export function below(draw: u64, bound: u32): u32 {
  return <u32>(((draw >> 32) * <u64>bound) >> 32);
}

/**
 * Position `index` of a pseudo-random permutation of [0, count).
 *
 * Two invertible rounds on the next power of two, walked until the value is inside: two steps on average at the most.
 */
export function permute(index: u32, count: u32, key: u64): u32 {
  if (count < 2) return 0;
  const bits = 32 - clz<u32>(count - 1);
  const mask: u32 = bits == 32 ? 0xffff_ffff : ((<u32>1) << bits) - 1;
  const shift = (bits >> 1) + 1;
  const low = <u32>key;
  const high = <u32>(key >> 32);
  let value = index;
  do {
    value = (value * 0x9e3779b1 + low) & mask;
    value ^= value >> shift;
    value = (value * 0x85ebca77 + high) & mask;
    value ^= value >> shift;
    value = (value * 0xc2b2ae3d) & mask;
    value ^= value >> shift;
  } while (value >= count);
  return value;
}
