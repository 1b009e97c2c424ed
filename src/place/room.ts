/**
 * Bins while they are being filled: what each has free, which are open, who lies where.
 *
 *   open      bins that hold something, or may be chosen before they do (`spread`)
 *   unopened  the rest; where no open bin has room, one of them is opened
 *
 * Ties go to the lowest bin. Cost: O(dimensions) a change; bins that are as many as needed grow by doubling.
 */
import type { Problem } from "./problem.ts";
import { RuleState } from "./rule-state.ts";

/** Nowhere. */
export const NO_BIN = -1;

export class Room {
  readonly problem: Problem;
  /** What is free, bins × dimensions. */
  free: Float64Array;
  /** Per bin, 1 if it is open. */
  isOpen: Uint8Array;
  /** Bins from here on are not open. */
  top = 0;
  /** Bins that hold an item. */
  used = 0;
  /** Counted bins that are not open. */
  closed = 0;
  /** Items that have a bin. */
  placed = 0;
  /** Items in each bin. */
  held: Uint32Array;
  /** Per item its bin, −1 nowhere. */
  readonly assignment: Int32Array;
  /** Counted bins in the order in which they are opened. */
  readonly order: Uint32Array | undefined;
  readonly rules: RuleState | undefined;

  /**
   * @param spread  every bin may be chosen from the start; only where bins are counted
   * @param order   in which counted bins are opened; as given if absent
   */
  constructor(problem: Problem, spread: boolean, order?: Uint32Array) {
    this.problem = problem;
    this.order = order;
    this.rules = problem.rules === undefined ? undefined : new RuleState(problem, problem.rules);
    const rows = Number.isFinite(problem.bins) ? problem.bins : 16;
    this.free = new Float64Array(rows * problem.dimensions);
    this.isOpen = new Uint8Array(rows);
    this.held = new Uint32Array(rows);
    if (Number.isFinite(problem.bins)) {
      this.free.set(problem.capacities);
      if (spread) this.top = this.isOpen.fill(1).length;
      else this.closed = rows;
    }
    this.assignment = new Int32Array(problem.items).fill(NO_BIN);
  }

  /** Whether a bin has room for an item. */
  fits(item: number, bin: number): boolean {
    const { dimensions, sizes, slack } = this.problem;
    const [i, a] = [item * dimensions, bin * dimensions];
    for (let d = 0; d < dimensions; d += 1) {
      if (sizes[i + d]! > this.free[a + d]! + slack[d]!) return false;
    }
    return this.rules === undefined || this.rules.allows(item, bin);
  }

  /** Where in `free` the room of a bin stands that an item would find there. */
  view(_item: number, bin: number): number {
    return bin * this.problem.dimensions;
  }

  /** When an item begins, in seconds; 0 where there is no time. */
  startOf(_item: number): number {
    return 0;
  }

  /** Puts an item into a bin that has room for it, which opens the bin. */
  put(item: number, bin: number): void {
    const { dimensions, sizes } = this.problem;
    const [i, a] = [item * dimensions, bin * dimensions];
    for (let d = 0; d < dimensions; d += 1) this.free[a + d]! -= sizes[i + d]!;
    this.rules?.put(item, bin);
    this.count(item, bin);
  }

  /** Takes an item out of its bin. */
  take(item: number): void {
    const bin = this.assignment[item]!;
    const { dimensions, sizes } = this.problem;
    const [i, a] = [item * dimensions, bin * dimensions];
    for (let d = 0; d < dimensions; d += 1) this.free[a + d]! += sizes[i + d]!;
    this.rules?.take(item);
    this.discount(item, bin);
  }

  protected count(item: number, bin: number): void {
    if (this.isOpen[bin] === 0) this.#open(bin);
    if (this.held[bin] === 0) this.used += 1;
    this.held[bin]! += 1;
    this.placed += 1;
    this.assignment[item] = bin;
  }

  protected discount(item: number, bin: number): void {
    this.held[bin]! -= 1;
    this.placed -= 1;
    if (this.held[bin] === 0) this.used -= 1;
    this.assignment[item] = NO_BIN;
  }

  /**
   * The first bin that is not open and that an item fits into.
   *
   * @param from  place in the order of bins to begin at
   * @returns     −1 if there is none
   */
  openFor(item: number, from = 0): number {
    if (!Number.isFinite(this.problem.bins)) return this.#openNext(item);
    for (let place = from; place < this.problem.bins; place += 1) {
      const bin = this.binAt(place);
      if (this.isOpen[bin] === 1 || !this.fits(item, bin)) continue;
      return bin;
    }
    return NO_BIN;
  }

  /** The counted bin at a place in the order. */
  binAt(place: number): number {
    return this.order === undefined ? place : this.order[place]!;
  }

  #openNext(item: number): number {
    const { dimensions, capacities, sizes } = this.problem;
    for (let d = 0; d < dimensions; d += 1) {
      if (sizes[item * dimensions + d]! > capacities[d]! + this.problem.slack[d]!) return NO_BIN;
    }
    const bin = this.top;
    if (bin === this.isOpen.length) this.#grow();
    this.free.set(capacities, bin * dimensions);
    this.#open(bin);
    return bin;
  }

  #open(bin: number): void {
    if (this.isOpen[bin] === 0) this.closed -= 1;
    this.isOpen[bin] = 1;
    this.top = Math.max(this.top, bin + 1);
  }

  #grow(): void {
    const larger = <Column extends Float64Array | Uint8Array | Uint32Array>(old: Column): Column => {
      const fresh = new (old.constructor as new (length: number) => Column)(2 * old.length);
      fresh.set(old);
      return fresh;
    };
    this.free = larger(this.free);
    this.isOpen = larger(this.isOpen);
    this.held = larger(this.held);
  }
}
