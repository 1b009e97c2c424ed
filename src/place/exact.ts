/**
 * The exact optimum of small problems by branch and bound, without a solver package.
 *
 *   items come hardest first; each is tried in every bin in use, and in one of each kind that is not
 *   cut   a node from which even the rest's sum needs as many bins as the best packing has
 *         bins that hold as much of the same kind as another that was tried: one of them is enough
 *         an item alike to the one before comes no earlier than that one
 *
 * The order of items is that of FFD by their largest part of a bin; the first packing is the local search's, so often the
 * bound closes the case at once. Nodes are counted, not seconds: the same input ends the same anywhere.
 *
 * Source: Martello and Toth 1990 (branch and bound for bins), here for vectors. Cost: exponential; up to 20 or 30 items.
 */
import { fittingItems, lowerBound } from "./lower-bound.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN } from "./room.ts";

export interface ExactResult {
  /** Fewest bins for all items that fit any; what was found if it was not proved. */
  readonly bins: number;
  /** Whether no packing has fewer. */
  readonly isProved: boolean;
  /** Per item its bin, −1 where it fits none. */
  readonly assignment: Int32Array;
}

export interface ExactOptions {
  /** Places looked at before it gives up; 5 million if absent. */
  readonly nodes?: number;
}

const NODES = 5_000_000;

/**
 * Looks for the fewest bins.
 *
 * @param problem  without rules
 * @param start    a packing to begin from, all items that fit placed
 */
export function exactPacking(
  problem: Problem,
  start: Int32Array,
  { nodes = NODES }: ExactOptions = {},
): ExactResult {
  const search = new BranchAndBound(problem, start, nodes);
  search.run();
  return { bins: search.best, isProved: search.nodes >= 0, assignment: search.assignment };
}

class BranchAndBound {
  best: number;
  assignment: Int32Array;
  nodes: number;
  readonly #problem: Problem;
  readonly #order: readonly number[];
  readonly #bound: number;
  readonly #free: Float64Array;
  readonly #kinds: Int32Array;
  readonly #held: Int32Array;
  readonly #home: Int32Array;
  /** Per place in the order and dimension what items from there on ask for. */
  readonly #rest: Float64Array;
  readonly #rows: number;

  constructor(problem: Problem, start: Int32Array, nodes: number) {
    const { dimensions, sizes, units, bins, capacities } = problem;
    this.#problem = problem;
    this.nodes = nodes;
    this.assignment = start.slice();
    const used = new Set(start);
    used.delete(NO_BIN);
    this.best = used.size;
    const hardness = (item: number): number => {
      let most = 0;
      for (let d = 0; d < dimensions; d += 1)
        most = Math.max(most, sizes[item * dimensions + d]! / units[d]!);
      return most;
    };
    const key = new Map([...fittingItems(problem)].map((item) => [item, hardness(item)]));
    const same = (a: number, b: number): number => {
      for (let d = 0; d < dimensions; d += 1) {
        const gap = sizes[b * dimensions + d]! - sizes[a * dimensions + d]!;
        if (gap !== 0) return gap;
      }
      return a - b;
    };
    this.#order = [...key.keys()].sort((a, b) => key.get(b)! - key.get(a)! || same(a, b));
    this.#bound = lowerBound(problem).bins;
    this.#rows = Number.isFinite(bins) ? bins : this.best;
    this.#free = new Float64Array(this.#rows * dimensions);
    for (let at = 0; at < this.#free.length; at += 1) this.#free[at] = capacities[at % capacities.length]!;
    const kinds = new Map<string, number>();
    this.#kinds = Int32Array.from({ length: this.#rows }, (_, bin) => {
      const name = this.#free.subarray(bin * dimensions, (bin + 1) * dimensions).join();
      const kind = kinds.get(name) ?? kinds.size;
      kinds.set(name, kind);
      return kind;
    });
    this.#held = new Int32Array(this.#rows);
    this.#home = new Int32Array(problem.items).fill(NO_BIN);
    this.#rest = new Float64Array((this.#order.length + 1) * dimensions);
    for (let at = this.#order.length - 1; at >= 0; at -= 1) {
      for (let d = 0; d < dimensions; d += 1) {
        const above = this.#rest[(at + 1) * dimensions + d]!;
        this.#rest[at * dimensions + d] = above + sizes[this.#order[at]! * dimensions + d]!;
      }
    }
  }

  run(): void {
    if (this.best > this.#bound) this.#visit(0, 0);
  }

  #visit(at: number, used: number): void {
    if (this.best <= this.#bound || this.nodes < 0) return;
    this.nodes -= 1;
    if (at === this.#order.length) {
      this.best = used;
      this.assignment = this.#home.slice();
      return;
    }
    if (this.#mustOpen(at) + used >= this.best) return;
    const item = this.#order[at]!;
    // Alike items are in the order of their bins.
    const first = at > 0 && this.#isAlike(item, this.#order[at - 1]!) ? this.#home[this.#order[at - 1]!]! : 0;
    const tried = new Set<string>();
    for (let bin = first; bin < this.#rows; bin += 1) {
      const opens = this.#held[bin] === 0 ? 1 : 0;
      if (used + opens >= this.best || !this.#fits(item, bin)) continue;
      const state = this.#stateOf(bin, opens);
      if (tried.has(state)) continue;
      tried.add(state);
      this.#move(item, bin, 1);
      this.#visit(at + 1, used + opens);
      this.#move(item, bin, -1);
    }
  }

  /** Bins that the rest needs beside those in use, by the sum of each dimension. */
  #mustOpen(at: number): number {
    const { dimensions, units } = this.#problem;
    let most = 0;
    for (let d = 0; d < dimensions; d += 1) {
      let free = 0;
      for (let bin = 0; bin < this.#rows; bin += 1) {
        if (this.#held[bin]! > 0) free += this.#free[bin * dimensions + d]!;
      }
      const over = (this.#rest[at * dimensions + d]! - free) / units[d]!;
      most = Math.max(most, Math.ceil(over - 1e-9));
    }
    return most;
  }

  #isAlike(a: number, b: number): boolean {
    const { dimensions, sizes } = this.#problem;
    for (let d = 0; d < dimensions; d += 1) {
      if (sizes[a * dimensions + d] !== sizes[b * dimensions + d]) return false;
    }
    return true;
  }

  /** Bins of one kind with the same room are one choice, but that alike items count on their order. */
  #stateOf(bin: number, opens: number): string {
    if (opens === 1) return `kind ${this.#kinds[bin]}`;
    const { dimensions } = this.#problem;
    return this.#free.subarray(bin * dimensions, (bin + 1) * dimensions).join();
  }

  #fits(item: number, bin: number): boolean {
    const { dimensions, sizes, slack } = this.#problem;
    for (let d = 0; d < dimensions; d += 1) {
      if (sizes[item * dimensions + d]! > this.#free[bin * dimensions + d]! + slack[d]!) return false;
    }
    return true;
  }

  #move(item: number, bin: number, sign: 1 | -1): void {
    const { dimensions, sizes } = this.#problem;
    for (let d = 0; d < dimensions; d += 1)
      this.#free[bin * dimensions + d]! -= sign * sizes[item * dimensions + d]!;
    this.#held[bin]! += sign;
    this.#home[item] = sign === 1 ? bin : NO_BIN;
  }
}
