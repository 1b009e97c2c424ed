/**
 * Local search after the greedy: empty one bin after the other.
 *
 *   pool     items of the bin that is to go, last in first out
 *   insert   an item of the pool goes into the fullest bin that it fits
 *   eject    where it fits nowhere, it takes the place of one or two others, who go into the pool instead: those with
 *            the least sum of size × how often they found no place
 *   shake    after an ejection items move to other bins or change places, mostly so that full bins become fuller: that
 *            leaves room together, and the next look is a new one
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
import { isBetter, type Packed, snapshotOf } from "./units.ts";

export interface SearchOptions {
  /** Looks at an item in a bin before it ends. */
  readonly effort: number;
  readonly seed: number;
  /** No packing has fewer bins: ends there. */
  readonly bound: number;
}

/** Moves tried after an ejection. */
const SHAKES = 64;
/** A look by trial, where rules decide, is worth so many of the others. */
const TRIAL = 40;
/** One in so many moves is made for its own sake. */
const ANY_MOVE = 16;
/** Pairs are looked at in bins of so many items at most. */
const PAIRED_MAX = 24;

/**
 * Lowers the number of items without a bin, then of bins in use.
 *
 * @param room  a packing; left in any state
 * @returns     the best packing seen; the given one if there is no better
 */
export function searchFewer(room: Room, options: SearchOptions): Packed {
  let best = snapshotOf(room);
  const search = new Search(room, options, (packed) => {
    if (isBetter(packed, best)) best = packed;
  });
  const homeless = [...room.assignment.keys()].filter((item) => room.assignment[item] === NO_BIN);
  if (homeless.length > 0) {
    if (!search.settle(homeless)) return best;
    search.report();
  }
  search.keepUsed();
  while (room.used > options.bound && search.settle(search.dissolve(search.lightest()))) search.report();
  return best;
}

class Search {
  readonly #room: Room;
  readonly #seen: (packed: Packed) => void;
  readonly #problem: Problem;
  /** Items of each bin. */
  readonly #members: number[][];
  /** Per item how often it found no place, and one. */
  readonly #hardness: Uint32Array;
  readonly #keys: Float64Array;
  /** Per bin the sum of its items' sizes. */
  readonly #loads: Float64Array;
  /** Bins that may be used. */
  #bins: number[];
  /** Whether some items had no bin to begin with: then fewer of them are better. */
  #isPartial: boolean;
  #effort: number;
  #chance: number;
  // The best ejection of the look that goes on: a bin, and one or two of its items.
  #bin = NO_BIN;
  #first = -1;
  #second = -1;
  #cost = Number.POSITIVE_INFINITY;
  #ties = 0;

  constructor(room: Room, { effort, seed }: SearchOptions, seen: (packed: Packed) => void) {
    this.#room = room;
    this.#seen = seen;
    this.#problem = room.problem;
    this.#effort = effort;
    this.#isPartial = room.placed < this.#problem.items;
    this.#chance = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
    this.#members = Array.from({ length: room.isOpen.length }, () => []);
    for (const [item, bin] of room.assignment.entries()) if (bin !== NO_BIN) this.#members[bin]!.push(item);
    this.#hardness = new Uint32Array(this.#problem.items).fill(1);
    this.#keys = itemKeys(this.#problem, "sum");
    this.#loads = Float64Array.from(this.#members, (items) =>
      items.reduce((sum, item) => sum + this.#keys[item]!, 0),
    );
    this.#bins = [...this.#members.keys()].filter(
      (bin) => room.held[bin]! > 0 || Number.isFinite(this.#problem.bins),
    );
  }

  /** Shows the packing as it stands. */
  report(): void {
    this.#seen(snapshotOf(this.#room));
  }

  /** From now on only bins that hold something may be used. */
  keepUsed(): void {
    this.#bins = this.#bins.filter((bin) => this.#room.held[bin]! > 0);
    this.#isPartial = false;
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
          if (fewest > 0 && this.#isPartial) this.report();
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
    let least = Number.POSITIVE_INFINITY;
    const { dimensions, units } = this.#problem;
    this.#effort -= this.#bins.length;
    for (const bin of this.#bins) {
      if (!this.#room.fits(item, bin)) continue;
      const at = this.#room.view(item, bin);
      let free = 0;
      for (let d = 0; d < dimensions; d += 1) free += this.#room.free[at + d]! / units[d]!;
      if (free < least) [best, least] = [bin, free];
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
      const cost = this.#hardness[first]! * this.#keys[first]!;
      if (cost <= this.#cost && this.#fitsWithout(item, bin, first, -1)) this.#offer(bin, first, -1, cost);
    }
    if (count > PAIRED_MAX) return;
    for (let i = 1; i < count; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const [first, second] = [members[i]!, members[j]!];
        const cost =
          this.#hardness[first]! * this.#keys[first]! + this.#hardness[second]! * this.#keys[second]!;
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
    if (this.#problem.rules !== undefined) return this.#fitsByTrial(item, bin, first, second);
    const { dimensions, sizes, slack } = this.#problem;
    const free = this.#room.free;
    for (let d = 0; d < dimensions; d += 1) {
      let room = free[bin * dimensions + d]! + slack[d]! + sizes[first * dimensions + d]!;
      if (second >= 0) room += sizes[second * dimensions + d]!;
      if (sizes[item * dimensions + d]! > room) return false;
    }
    return true;
  }

  /** The same where rules decide too: the others leave, one looks, they come back. */
  #fitsByTrial(item: number, bin: number, first: number, second: number): boolean {
    const room = this.#room;
    const home = room.assignment[item]!;
    this.#effort -= TRIAL;
    if (home !== NO_BIN) room.take(item);
    room.take(first);
    if (second >= 0) room.take(second);
    const fits = room.fits(item, bin);
    if (second >= 0) room.put(second, bin);
    room.put(first, bin);
    if (home !== NO_BIN) room.put(item, home);
    return fits;
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
    if (this.#fitsAway(item, to)) {
      if (!this.#isWorth(item, from, to, -1) || !this.#mayLeave(item, from)) return;
      this.#take(item);
      this.#put(item, to);
      return;
    }
    const others = this.#members[to]!;
    if (others.length === 0) return;
    const other = others[this.#below(others.length)]!;
    if (!this.#isWorth(item, from, to, other)) return;
    if (this.#problem.rules === undefined) {
      if (!this.#fitsWithout(item, to, other, -1) || !this.#fitsWithout(other, from, item, -1)) return;
      this.#take(item);
      this.#take(other);
    } else if (!this.#partWith(item, from, other, to)) {
      return;
    }
    this.#put(item, to);
    this.#put(other, from);
  }

  /** Whether a move makes full bins fuller, which leaves room elsewhere; now and then any move is. */
  #isWorth(item: number, from: number, to: number, other: number): boolean {
    const moved = this.#keys[item]! - (other < 0 ? 0 : this.#keys[other]!);
    const gain = moved * (this.#loads[to]! - this.#loads[from]! + moved);
    return gain > 0 || this.#below(ANY_MOVE) === 0;
  }

  /** Whether an item that is somewhere may move: rules must not see it in both places. */
  #fitsAway(item: number, to: number): boolean {
    const room = this.#room;
    if (this.#problem.rules === undefined) return room.fits(item, to);
    const from = room.assignment[item]!;
    room.take(item);
    const fits = room.fits(item, to);
    room.put(item, from);
    return fits;
  }

  /** Takes both out if each may go where the other was. */
  #partWith(item: number, from: number, other: number, to: number): boolean {
    const room = this.#room;
    this.#take(item);
    this.#take(other);
    let fits = room.fits(item, to);
    if (fits) {
      room.put(item, to);
      fits = room.fits(other, from);
      room.take(item);
    }
    if (!fits) {
      this.#put(other, to);
      this.#put(item, from);
    }
    return fits;
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
    this.#loads[bin]! += this.#keys[item]!;
    this.#members[bin]!.push(item);
  }

  #take(item: number): void {
    const bin = this.#room.assignment[item]!;
    const members = this.#members[bin]!;
    members.splice(members.indexOf(item), 1);
    this.#loads[bin]! -= this.#keys[item]!;
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
