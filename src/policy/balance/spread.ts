/**
 * What consolidation reads out of a host's recent load: how widely it spreads, and where it is heading.
 *
 *   IQR   x[round(3/4 (n+1))] − x[round(1/4 (n+1))]                 of the sorted values
 *   MAD   median |x − median x|
 *   line  least squares through the last values, at a time ahead
 *
 * Sums run in the order in which the published experiments ran them, so that a threshold met by a hair is met here too.
 *
 * Source: Beloglazov & Buyya, CCPE'12 §6; facts §10. Cost: O(n log n), n of 30 at most.
 */

/** The three-quarter less the one-quarter value; `values` are sorted in place. */
export function interquartileRange(values: Float64Array): number {
  values.sort();
  const at = (part: number): number => values[Math.round(part * (values.length + 1)) - 1] ?? 0;
  return at(0.75) - at(0.25);
}

/** Median of the distances to the median; `values` are overwritten. */
export function medianDeviation(values: Float64Array): number {
  const middle = median(values);
  for (let i = 0; i < values.length; i += 1) values[i] = Math.abs(middle - values[i]!);
  return median(values);
}

/** The middle value, or the mean of the two in the middle; `values` are sorted in place; 0 of none. */
function median(values: Float64Array): number {
  values.sort();
  const place = (values.length + 1) / 2;
  const below = Math.floor(place);
  const lower = values[below - 1] ?? values[0] ?? 0;
  if (place >= values.length) return values[values.length - 1] ?? 0;
  return lower + (place - below) * (values[below]! - lower);
}

/**
 * Least squares through points 1 … n, at another.
 *
 * @param newestFirst  values, the newest first; at least `count`
 * @param count        how many of them, from 2
 * @param at           where to look, in steps: `count` is the newest value's own place
 */
export function lineAt(newestFirst: Float64Array, count: number, at: number): number {
  let [meanX, meanY, squares, products, sumX, sumY] = [0, 0, 0, 0, 0, 0];
  for (let n = 0; n < count; n += 1) {
    const x = n + 1;
    const y = newestFirst[count - n - 1]!;
    if (n === 0) {
      meanX = x;
      meanY = y;
    } else {
      const part = n / (1 + n);
      const dx = x - meanX;
      const dy = y - meanY;
      squares += dx * dx * part;
      products += dx * dy * part;
      meanX += dx / (1 + n);
      meanY += dy / (1 + n);
    }
    sumX += x;
    sumY += y;
  }
  const slope = products / squares;
  return (sumY - slope * sumX) / count + slope * at;
}
