/**
 * Latency histograms of guests, as the core fills them: 1024 buckets, 32 for each doubling from 1.024 µs to 73 minutes.
 * Twin of the bounds in assembly/guest/latency.ts.
 */

/** Buckets of a VM. */
export const BUCKETS = 1024;

/**
 * Least latency that a bucket stands for.
 *
 * @param bucket  0 … 1024; the last is where the histogram ends
 * @returns       ns; 0 for bucket 0, which also holds all below 1.024 µs
 */
export function bucketFromNs(bucket: number): number {
  if (bucket === 0) return 0;
  return (32 + (bucket % 32)) * 2 ** (5 + Math.floor(bucket / 32));
}

/**
 * Latency that a part of the operations did not exceed: the end of the bucket in which the operation of that rank is.
 * Too high by 1/32 at the most from 1.024 µs to 73 minutes, never too low.
 *
 * @param counts  operations of each bucket
 * @param p       0 < p ≤ 1: 0.5 the median, 0.99 the p99
 * @param maxNs   the longest latency there was: nothing above it is returned
 * @returns       ns; undefined if there was no operation
 */
export function quantile(counts: ArrayLike<number>, p: number, maxNs = Infinity): number | undefined {
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket += 1) total += counts[bucket]!;
  if (total === 0) return undefined;
  // Counts are exact, a product with p is not: 0.07 · 100 shall be 7, not 8.
  const rank = Math.min(total, Math.max(1, Math.ceil(p * total * (1 - 2 ** -50))));
  let seen = 0;
  for (let bucket = 0; bucket < counts.length; bucket += 1) {
    seen += counts[bucket]!;
    if (seen >= rank) return Math.min(maxNs, bucketFromNs(bucket + 1) - 1);
  }
  return maxNs;
}
