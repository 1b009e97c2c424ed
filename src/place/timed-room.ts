/**
 * Bins over time: an item takes its room from when it begins to when it is over, and may begin late if it has a deadline.
 *
 *   begins   as early as the bin and the quotas have room for all its time: at its start, or, if it has a duration and a
 *            deadline, when one that is in the way is over
 *   free     for scores: what the bin has left at the fullest moment of that time
 *
 * Cost: O(items of the bin² × dimensions) for each begin tried.
 */
import type { Problem } from "./problem.ts";
import { ALWAYS, Profile } from "./profile.ts";
import { Room } from "./room.ts";
import type { TimeRule } from "./rules.ts";

const NEVER = -1;

export class TimedRoom extends Room {
  readonly #profiles = new Map<number, Profile>();
  readonly #times: readonly (TimeRule | undefined)[];
  readonly #starts: Float64Array;
  readonly #peak: Float64Array;

  constructor(problem: Problem, spread: boolean, order?: Uint32Array) {
    super(problem, spread, order);
    this.#times = problem.rules?.times ?? [];
    this.#starts = new Float64Array(problem.items);
    this.#peak = new Float64Array(problem.dimensions);
  }

  override fits(item: number, bin: number): boolean {
    return this.#earliest(item, bin) !== NEVER;
  }

  override view(item: number, bin: number): number {
    const { dimensions } = this.problem;
    const from = this.#earliest(item, bin);
    this.#profileOf(bin).peak(from, this.#endOf(item, from), this.#peak, 0);
    for (let d = 0; d < dimensions; d += 1) {
      this.free[bin * dimensions + d] = this.#capacity(bin, d) - this.#peak[d]!;
    }
    return bin * dimensions;
  }

  override startOf(item: number): number {
    return this.#starts[item]!;
  }

  override put(item: number, bin: number): void {
    const from = this.#earliest(item, bin);
    const to = this.#endOf(item, from);
    this.#starts[item] = from;
    this.#profileOf(bin).add({ item, from, to });
    this.rules?.put(item, bin, from, to);
    this.count(item, bin);
  }

  override take(item: number): void {
    const bin = this.assignment[item]!;
    const from = this.#starts[item]!;
    this.#profileOf(bin).remove(item);
    this.rules?.take(item, from, this.#endOf(item, from));
    this.discount(item, bin);
  }

  #capacity(bin: number, d: number): number {
    const { bins, capacities, dimensions } = this.problem;
    return capacities[(Number.isFinite(bins) ? bin * dimensions : 0) + d]!;
  }

  #profileOf(bin: number): Profile {
    let profile = this.#profiles.get(bin);
    if (profile === undefined) {
      profile = new Profile(this.problem.sizes, this.problem.dimensions);
      this.#profiles.set(bin, profile);
    }
    return profile;
  }

  #endOf(item: number, from: number): number {
    const { end, duration } = this.#times[item] ?? {};
    return end ?? (duration === undefined ? ALWAYS : from + duration);
  }

  /** The earliest begin at which all fits; −1: there is none. */
  #earliest(item: number, bin: number): number {
    const { start = 0, duration, deadline } = this.#times[item] ?? {};
    if (this.#fitsFrom(item, bin, start)) return start;
    if (duration === undefined || deadline === undefined) return NEVER;
    const last = deadline - duration;
    // A quota may be freed by any item, so every end within reach is tried.
    const ends = new Set<number>();
    for (const profile of this.rules === undefined ? [this.#profileOf(bin)] : this.#profiles.values()) {
      for (const { to } of profile.intervals) if (to > start && to <= last) ends.add(to);
    }
    for (const from of [...ends].sort((a, b) => a - b)) if (this.#fitsFrom(item, bin, from)) return from;
    return NEVER;
  }

  #fitsFrom(item: number, bin: number, from: number): boolean {
    const { dimensions, sizes, slack } = this.problem;
    const to = this.#endOf(item, from);
    for (let d = 0; d < dimensions; d += 1) {
      if (sizes[item * dimensions + d]! > this.#capacity(bin, d) + slack[d]!) return false;
    }
    this.#profileOf(bin).peak(from, to, this.#peak, 0);
    for (let d = 0; d < dimensions; d += 1) {
      if (this.#peak[d]! + sizes[item * dimensions + d]! > this.#capacity(bin, d) + slack[d]!) return false;
    }
    return this.rules === undefined || this.rules.allows(item, bin, from, to);
  }
}

/** Bins of a problem, over time if its items have times. */
export function makeRoom(problem: Problem, spread: boolean, order?: Uint32Array): Room {
  const Kind = problem.rules?.times === undefined ? Room : TimedRoom;
  return new Kind(problem, spread, order);
}
