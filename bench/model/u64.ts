/** 64-bit words as two 32-bit halves, for twins over typed arrays: BigInt would measure BigInt. */

/** Halves of the last result. */
export let high = 0;
export let low = 0;

/** Upper half of a 32 × 32 bit product. */
export function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const first = (Math.imul(a1, b0) >>> 0) + ((Math.imul(a0, b0) >>> 0) >>> 16);
  const second = (Math.imul(a0, b1) >>> 0) + (first & 0xffff);
  return ((Math.imul(a1, b1) >>> 0) + Math.floor(first / 65_536) + Math.floor(second / 65_536)) >>> 0;
}

function multiply(bHigh: number, bLow: number): void {
  const carried = mulHigh(low, bLow);
  high = (carried + Math.imul(high, bLow) + Math.imul(low, bHigh)) >>> 0;
  low = Math.imul(low, bLow) >>> 0;
}

function xorShift(by: number): void {
  low = (low ^ ((low >>> by) | (high << (32 - by)))) >>> 0;
  high = (high ^ (high >>> by)) >>> 0;
}

/** `mix64` of assembly/prng.ts; the result stands in `high` and `low`. */
export function mixHalves(valueHigh: number, valueLow: number): void {
  high = valueHigh >>> 0;
  low = valueLow >>> 0;
  xorShift(30);
  multiply(0xbf58476d, 0x1ce4e5b9);
  xorShift(27);
  multiply(0x94d049bb, 0x133111eb);
  xorShift(31);
}
