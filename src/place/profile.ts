/**
 * What a bin holds over time: intervals with a size each.
 *
 *   peak(from, to) = most that is held at once within [from, to), per dimension
 *
 * It can only rise where an interval begins, so those moments and `from` are looked at.
 * Cost: O(intervals² × dimensions) for a bin of so many at once.
 */

/** For ever. */
export const ALWAYS = Number.POSITIVE_INFINITY;

export interface Interval {
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

export class Profile {
  readonly intervals: Interval[] = [];
  readonly #sizes: Float64Array;
  readonly #dimensions: number;
  readonly #sum: Float64Array;

  constructor(sizes: Float64Array, dimensions: number) {
    this.#sizes = sizes;
    this.#dimensions = dimensions;
    this.#sum = new Float64Array(dimensions);
  }

  add(interval: Interval): void {
    this.intervals.push(interval);
  }

  remove(item: number): void {
    const index = this.intervals.findIndex((interval) => interval.item === item);
    this.intervals.splice(index, 1);
  }

  /** Writes the most that is held at once in each dimension to `out`, at `at`. */
  peak(from: number, to: number, out: Float64Array, at: number): void {
    const dimensions = this.#dimensions;
    const near = this.intervals.filter((interval) => interval.from < to && interval.to > from);
    out.fill(0, at, at + dimensions);
    this.#raise(near, from, out, at);
    for (const { from: moment } of near) if (moment > from) this.#raise(near, moment, out, at);
  }

  #raise(near: readonly Interval[], moment: number, out: Float64Array, at: number): void {
    const dimensions = this.#dimensions;
    const sum = this.#sum.fill(0);
    for (const { item, from, to } of near) {
      if (from > moment || to <= moment) continue;
      for (let d = 0; d < dimensions; d += 1) sum[d]! += this.#sizes[item * dimensions + d]!;
    }
    for (let d = 0; d < dimensions; d += 1) out[at + d] = Math.max(out[at + d]!, sum[d]!);
  }
}
