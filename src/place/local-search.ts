/**
 * Local search after the greedy: empty one bin after the other.
 *
 *   pool     items of the bin that is to go, last in first out
 *   insert   an item of the pool goes where it fits
 *   eject    where it fits nowhere, it takes the place of one or two others, who go into the pool instead: those that
 *            have been hardest to place the least often, by count
 *   shake    after an ejection some items move to other bins, so that the next look is a new one
 *
 * A bin is gone once the pool is empty; when the effort is used up, the last whole packing stands. Chance comes from a
 * seed, effort is counted in looks, not in seconds: the same input gives the same packing anywhere.
 *
 * Source: guided ejection search, Nagata and Bräysy 2009 (for vehicles; here bins). Cost: at most `effort` looks at an
 * item in a bin.
 */
import { itemKeys } from "./item-order.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";

export interface SearchOptions {
  /** Looks at an item in a bin before it ends. */
  readonly effort: number;
  readonly seed: number;
  /** No packing has fewer bins: ends there. */
  readonly bound: number;
}

/** Moves tried after an ejection. */
const SHAKES = 4;
/** Pairs are looked at in bins of so many items at most. */
const PAIRED_MAX = 24;

/**
 * Lowers the number of items without a bin, then of bins in use.
 *
 * @param room  a packing; left in any state
 * @returns     per item its bin
 */
export function searchFewer(room: Room, options: SearchOptions): Int32Array {
  const search = new Search(room, options);
  let best = room.assignment.slice();
  const homeless = [...best.keys()].filter((item) => best[item] === NO_BIN);
  if (homeless.length > 0) {
    if (!search.settle(homeless)) return search.fewestHomeless ?? best;
    best = room.assignment.slice();
  }
  search.keepUsed();
  while (room.used > options.bound && search.settle(search.dissolve(search.lightest()))) {
    best = room.assignment.slice();
  }
  return best;
}

class Search {
  /** The assignment with the fewest items in the pool so far, if the first had more. */
  fewestHomeless: Int32Array | undefined;
  readonly #room: Room;
  readonly #problem: Problem;
  /** Items of each bin. */
  readonly #members: number[][];
  /** Per item how often it found no place, and one. */
  readonly #hardness: Uint32Array;
  readonly #keys: Float64Array;
  /** Bins that may be used. */
  #bins: number[];
  #effort: number;
  #chance: number;
  // The best ejection of the look that goes on: a bin, and one or two of its items.
  #bin = NO_BIN;
  #first = -1;
  #second = -1;
  #cost = Number.POSITIVE_INFINITY;
  #ties = 0;

  constructor(room: Room, { effort, seed }: SearchOptions) {
    this.#room = room;
    this.#problem = room.problem;
    this.#effort = effort;
    this.#chance = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
    this.#members = Array.from({ length: room.isOpen.length }, () => []);
    for (const [item, bin] of room.assignment.entries()) if (bin !== NO_BIN) this.#members[bin]!.push(item);
    this.#hardness = new Uint32Array(this.#problem.items).fill(1);
    this.#keys = itemKeys(this.#problem, "sum");
    this.#bins = [...this.#members.keys()].filter(
      (bin) => room.held[bin]! > 0 || Number.isFinite(this.#problem.bins),
    );
  }

  /** From now on only bins that hold something may be used. */
  keepUsed(): void {
    this.#bins = this.#bins.filter((bin) => this.#room.held[bin]! > 0);
  }

  /** The bin in use that holds least. */
  lightest(): number {
    let best = NO_BIN;
    let least = Number.POSITIVE_INFINITY;
    for (const bin of this.#bins) {
      const load = this.#members[bin]!.reduce((sum, item) => sum + this.#keys[item]!, 0);
      if (load < least) [best, least] = [bin, load];
    }
    return best;
  }

  /** Empties a bin for good. */
  dissolve(bin: number): number[] {
    this.#bins = this.#bins.filter((other) => other !== bin);
    const items = this.#members[bin]!.splice(0);
    for (const item of items) this.#room.take(item);
    return items.sort((a, b) => this.#keys[a]! - this.#keys[b]! || a - b);
  }

  /**
   * Finds places for a pool of items.
   *
   * @returns  false: the effort is used up, and some are left
   */
  settle(pool: number[]): boolean {
    let fewest = pool.length;
    while (pool.length > 0) {
      if (this.#effort <= 0) return false;
      const item = pool.pop()!;
      if (this.#insert(item)) {
        if (pool.length < fewest) {
          fewest = pool.length;
          if (fewest > 0) this.fewestHomeless = this.#room.assignment.slice();
        }
        continue;
      }
      this.#hardness[item]! += 1;
      if (!this.#findEjection(item)) {
        pool.unshift(item);
        this.#shake();
        continue;
      }
      const [bin, first, second] = [this.#bin, this.#first, this.#second];
      this.#take(first);
      pool.push(first);
      if (second >= 0) {
        this.#take(second);
        pool.push(second);
      }
      this.#put(item, bin);
      for (let i = 0; i < SHAKES; i += 1) this.#shake();
    }
    return true;
  }

  #insert(item: number): boolean {
    let best = NO_BIN;
    let ties = 0;
    this.#effort -= this.#bins.length;
    for (const bin of this.#bins) {
      if (!this.#room.fits(item, bin)) continue;
      ties += 1;
      if (this.#below(ties) === 0) best = bin;
    }
    if (best !== NO_BIN) this.#put(item, best);
    return best !== NO_BIN;
  }

  /** Looks for the one or two items whose place `item` can take, least hard in sum. */
  #findEjection(item: number): boolean {
    this.#cost = Number.POSITIVE_INFINITY;
    for (const bin of this.#bins) this.#lookInto(item, bin);
    return this.#cost < Number.POSITIVE_INFINITY;
  }

  #lookInto(item: number, bin: number): void {
    const members = this.#members[bin]!;
    const count = members.length;
    this.#effort -= count;
    for (const first of members) {
      const cost = this.#hardness[first]!;
      if (cost <= this.#cost && this.#fitsWithout(item, bin, first, -1)) this.#offer(bin, first, -1, cost);
    }
    if (count > PAIRED_MAX) return;
    for (let i = 1; i < count; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const [first, second] = [members[i]!, members[j]!];
        const cost = this.#hardness[first]! + this.#hardness[second]!;
        if (cost > this.#cost) continue;
        this.#effort -= 1;
        if (this.#fitsWithout(item, bin, first, second)) this.#offer(bin, first, second, cost);
      }
    }
  }

  #offer(bin: number, first: number, second: number, cost: number): void {
    this.#ties = cost < this.#cost ? 1 : this.#ties + 1;
    if (this.#below(this.#ties) !== 0) return;
    [this.#bin, this.#first, this.#second, this.#cost] = [bin, first, second, cost];
  }

  /** Whether an item fits once one or two others have left. */
  #fitsWithout(item: number, bin: number, first: number, second: number): boolean {
    const { dimensions, sizes, slack } = this.#problem;
    const free = this.#room.free;
    for (let d = 0; d < dimensions; d += 1) {
      let room = free[bin * dimensions + d]! + slack[d]! + sizes[first * dimensions + d]!;
      if (second >= 0) room += sizes[second * dimensions + d]!;
      if (sizes[item * dimensions + d]! > room) return false;
    }
    return true;
  }

  /** Moves an item by chance to another bin, or lets it change places with one there. */
  #shake(): void {
    if (this.#bins.length < 2) return;
    this.#effort -= 2;
    const from = this.#bins[this.#below(this.#bins.length)]!;
    const to = this.#bins[this.#below(this.#bins.length)]!;
    const members = this.#members[from]!;
    if (from === to || members.length === 0) return;
    const item = members[this.#below(members.length)]!;
    if (this.#room.fits(item, to)) {
      if (!this.#mayLeave(item, from)) return;
      this.#take(item);
      this.#put(item, to);
      return;
    }
    const others = this.#members[to]!;
    if (others.length === 0) return;
    const other = others[this.#below(others.length)]!;
    if (!this.#fitsWithout(item, to, other, -1) || !this.#fitsWithout(other, from, item, -1)) return;
    this.#take(item);
    this.#take(other);
    this.#put(item, to);
    this.#put(other, from);
  }

  /** Whether the others still fit once an item has left: sizes may be below 0. */
  #mayLeave(item: number, bin: number): boolean {
    const { dimensions, sizes, slack } = this.#problem;
    for (let d = 0; d < dimensions; d += 1) {
      const size = sizes[item * dimensions + d]!;
      if (size < 0 && this.#room.free[bin * dimensions + d]! + size < -slack[d]!) return false;
    }
    return true;
  }

  #put(item: number, bin: number): void {
    this.#room.put(item, bin);
    this.#members[bin]!.push(item);
  }

  #take(item: number): void {
    const members = this.#members[this.#room.assignment[item]!]!;
    members.splice(members.indexOf(item), 1);
    this.#room.take(item);
  }

  /** A number from 0 to below `count`. */
  #below(count: number): number {
    let x = this.#chance;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#chance = x >>> 0;
    return this.#chance % count;
  }
}
