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
  const { distances, parts, squares, sumX } = axisOf(count);
  let meanY = 0;
  let products = 0;
  let sumY = 0;
  for (let n = 0; n < count; n += 1) {
    const y = newestFirst[count - n - 1]!;
    const dy = y - meanY;
    if (n === 0) meanY = y;
    else {
      products += distances[n]! * dy * parts[n]!;
      meanY += dy / (1 + n);
    }
    sumY += y;
  }
  const slope = products / squares;
  return (sumY - slope * sumX) / count + slope * at;
}

/** What the points 1 … n alone make of a line, in the order of its sums. */
interface Axis {
  /** To the mean of those before. */
  readonly distances: Float64Array;
  readonly parts: Float64Array;
  readonly squares: number;
  readonly sumX: number;
}

const axes = new Map<number, Axis>();

function axisOf(count: number): Axis {
  const made = axes.get(count);
  if (made !== undefined) return made;
  const distances = new Float64Array(count);
  const parts = new Float64Array(count);
  let [meanX, squares, sumX] = [1, 0, 1];
  for (let n = 1; n < count; n += 1) {
    const distance = n + 1 - meanX;
    parts[n] = n / (1 + n);
    distances[n] = distance;
    squares += distance * distance * parts[n]!;
    meanX += distance / (1 + n);
    sumX += n + 1;
  }
  const axis = { distances, parts, squares, sumX };
  axes.set(count, axis);
  return axis;
}

/**
 * The same, but values far from the line weigh less: two more rounds with bisquare weights.
 *
 *   weight = (1 − (r / 6s)²)²     r: distance from the line, s: the median of these; 0 beyond 6s
 */
export function robustLineAt(newestFirst: Float64Array, count: number, at: number): number {
  const weights = new Float64Array(count).fill(1);
  const far = new Float64Array(count);
  let [base, slope] = weightedLine(newestFirst, weights);
  for (let round = 0; round < 2; round += 1) {
    for (let n = 0; n < count; n += 1) {
      far[n] = Math.abs(newestFirst[count - n - 1]! - (base + slope * (n + 1)));
    }
    const width = 6 * median(far.slice());
    if (width === 0) break;
    for (let n = 0; n < count; n += 1) {
      const part = far[n]! / width;
      weights[n] = part < 1 ? (1 - part * part) * (1 - part * part) : 0;
    }
    [base, slope] = weightedLine(newestFirst, weights);
  }
  return base + slope * at;
}

function weightedLine(newestFirst: Float64Array, weights: Float64Array): [base: number, slope: number] {
  const count = weights.length;
  let [all, meanX, meanY] = [0, 0, 0];
  for (let n = 0; n < count; n += 1) {
    all += weights[n]!;
    meanX += weights[n]! * (n + 1);
    meanY += weights[n]! * newestFirst[count - n - 1]!;
  }
  meanX /= all;
  meanY /= all;
  let [squares, products] = [0, 0];
  for (let n = 0; n < count; n += 1) {
    const dx = n + 1 - meanX;
    squares += weights[n]! * dx * dx;
    products += weights[n]! * dx * (newestFirst[count - n - 1]! - meanY);
  }
  const slope = squares > 0 ? products / squares : 0;
  return [meanY - slope * meanX, slope];
}
