/**
 * Lengths of runs, sleeps and gaps: drawn from a random stream, in integers only.
 *
 *   constant      mean
 *   uniform       mean − spread … mean + spread, each as likely
 *   exponential   mean · −ln(u)
 *   normal        mean + spread · (sum of twelve uniform numbers − 6); nothing beyond 6 standard deviations
 *
 * What would be below zero is zero.
 *
 * Logarithm: u = m · 2^−z with m in (½, 1), the 32 leading bits of a draw; with s = (1 − m) / (1 + m),
 * −ln(u) = z · ln 2 + 2 · (s + s³/3 + s⁵/5 + …). Ten terms; relative error below 10^-7 for every draw, so that small
 * values are as good as large ones.
 *
 * Source: Abramowitz, Stegun, 4.1.27 (the series). Cost: about 10 ns for an exponential length.
 */
import { mix64, nextState } from "../prng";

/** opDraw, sourceDraw, irqDraw. */
export const enum Draw {
  Constant = 0,
  Uniform = 1,
  Exponential = 2,
  Normal = 3,
}

/** ln 2, in 2^-57. */
const LN2: u64 = 0x0162_e42f_efa3_9ef3;
const LOW: u64 = 0xffff_ffff;

/** Upper 64 bits of a product. */
function highOfProduct(a: u64, b: u64): u64 {
  const aLow = a & LOW;
  const bLow = b & LOW;
  const aHigh = a >> 32;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  return aHigh * bHigh + (middle >> 32) + ((aLow * bHigh + (middle & LOW)) >> 32);
}

/**
 * −ln(u) for the u in (0, 1) that a draw stands for.
 *
 * @returns in 2^-57; at most 64 · ln 2
 */
export function minusLogarithm(draw: u64): u64 {
  const bits = max<u64>(draw, 1);
  const zeros = clz(bits);
  // m = odd / 2^33, the middle of the interval that the leading bits leave open.
  const odd = (((bits << zeros) >> 32) << 1) | 1;
  const below = ((<u64>1) << 33) - odd;
  const shift = clz(below); // 32 … 63
  const ratio = (below << shift) / (((<u64>1) << 33) + odd); // s · 2^shift
  const least = ratio >> (shift - 32); // s · 2^32
  const square = (least * least) >> 32;
  let series: u64 = 0; // (1 + s²/3 + s⁴/5 + …) · 2^30
  for (let term: u64 = 10; term > 0; --term) {
    series = ((<u64>1) << 30) / (2 * term - 1) + ((series * square) >> 32);
  }
  return zeros * LN2 + ((ratio * series) >> (shift - 28));
}

/** Sum of twelve uniform numbers less its mean, in standard deviations: sign apart, in 2^-32. */
function normalDeviation(state: u64): i64 {
  let sum: u64 = 0;
  let next = state;
  for (let pair = 0; pair < 6; ++pair) {
    const draw = mix64(next);
    sum += (draw >> 32) + (draw & LOW);
    next = nextState(next);
  }
  // Each is the middle of its interval: twelve halves of 2^-32.
  return <i64>(sum + 6) - ((<i64>6) << 32);
}

/**
 * A length, from the state that follows the stream's present one.
 *
 * @param mean    below 2^53
 * @param spread  below 2^53
 * @param state   `nextState` of the stream
 */
export function drawLength(kind: u32, mean: u64, spread: u64, state: u64): u64 {
  if (kind == Draw.Constant) return mean;
  assert(mean < (<u64>1) << 53);
  assert(spread < (<u64>1) << 53);
  if (kind == Draw.Exponential) return (highOfProduct(mean << 8, minusLogarithm(mix64(state))) + 1) >> 1;
  if (kind == Draw.Uniform)
    return lessAtLeastZero(mean + highOfProduct(mix64(state), 2 * spread + 1), spread);
  const deviation = normalDeviation(state);
  const size = highOfProduct(spread << 11, (<u64>abs(deviation)) << 21);
  return deviation < 0 ? lessAtLeastZero(mean, size) : mean + size;
}

function lessAtLeastZero(value: u64, less: u64): u64 {
  return value > less ? value - less : 0;
}

/** State of a stream after it has given a length. */
export function stateAfter(kind: u32, state: u64): u64 {
  if (kind == Draw.Constant) return state;
  let next = nextState(state);
  if (kind != Draw.Normal) return next;
  for (let pair = 1; pair < 6; ++pair) next = nextState(next);
  return next;
}
