/**
 * Fewer samples that draw the same picture: every bucket keeps the lowest and the highest value of each series, in the
 * order in which they came, so that no peak and no dip is lost.
 *
 *   samples  . : . | ' . ,      two points a bucket, at its first and its last moment,
 *   kept     .   ' | ' ,        common to all series
 *
 * Cost: O(samples) a series.
 */

/** Where the buckets begin; one more than there are buckets. */
export interface Buckets {
  readonly starts: readonly number[];
  /** Moments of the points that are left: as given if nothing had to go. */
  readonly at: readonly number[];
}

/**
 * Divides `at` into buckets so that at most `points` are left.
 *
 * @param at      rising moments
 * @param points  at least 4; series of up to this length are kept whole
 */
export function bucketsFor(at: readonly number[], points: number): Buckets {
  if (at.length <= points) return { starts: [], at };
  const count = Math.floor(points / 2);
  const starts = Array.from({ length: count + 1 }, (_, i) => Math.floor((i * at.length) / count));
  const kept: number[] = [];
  for (let i = 0; i < count; ++i) kept.push(at[starts[i]!]!, at[starts[i + 1]! - 1]!);
  return { starts, at: kept };
}

/** Values of one series at the moments of `buckets`; the first and the last sample are kept exactly. */
export function downsample(values: readonly number[], { starts }: Buckets): readonly number[] {
  if (starts.length === 0) return values;
  const kept: number[] = [];
  for (let i = 0; i + 1 < starts.length; ++i) {
    let lowest = starts[i]!;
    let highest = lowest;
    for (let at = lowest + 1; at < starts[i + 1]!; ++at) {
      if (values[at]! < values[lowest]!) lowest = at;
      if (values[at]! > values[highest]!) highest = at;
    }
    kept.push(values[Math.min(lowest, highest)]!, values[Math.max(lowest, highest)]!);
  }
  kept[0] = values[0]!;
  kept[kept.length - 1] = values.at(-1)!;
  return kept;
}
