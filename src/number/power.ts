/**
 * Natural logarithm, exponential and power in software: `Math.log`, `Math.exp` and `Math.pow` may differ in the last
 * bit between engines, these cannot, since + − × ÷ are exact by IEEE 754. Relative error below 1e-14.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** @param x  positive and finite */
export function log(x: number): number {
  if (!(x > 0) || x === Infinity) throw new RangeError(`log: expected a positive finite number, got ${x}`);
  let mantissa = x;
  let exponent = 0;
  while (mantissa >= Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  }
  // ln m = 2 artanh((m − 1) / (m + 1)); |s| < 0.172, so eleven terms reach the last bit.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let term = 23; term >= 3; term -= 2) sum = (sum + 1 / term) * square;
  return exponent * LN2_HIGH + (2 * s * (1 + sum) + exponent * LN2_LOW);
}

/** @param x  in [−700, 700] */
export function exp(x: number): number {
  if (!(x >= -700 && x <= 700)) throw new RangeError(`exp: expected a number in [-700, 700], got ${x}`);
  const twos = Math.round(x / Math.LN2);
  const rest = x - twos * LN2_HIGH - twos * LN2_LOW;
  // |rest| < 0.347: sixteen terms of the series reach the last bit.
  let sum = 1;
  for (let term = 16; term >= 1; term -= 1) sum = 1 + (sum * rest) / term;
  let result = sum;
  for (let step = 0; step < Math.abs(twos); step += 1) result = twos > 0 ? result * 2 : result / 2;
  return result;
}

/** x to the power of y, for positive x. */
export function power(x: number, y: number): number {
  return y === 0 ? 1 : exp(y * log(x));
}
