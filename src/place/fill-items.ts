/**
 * Item by item: each goes to the bin that the heuristic likes best among the open ones with room. Where none has, the
 * bin that it likes best among the others is opened. First fit takes the first with room, open or not.
 *
 * Source: seed 002; Johnson 1974 for first and next fit and their decreasing forms. Cost: O(items × bins × dimensions).
 */
import type { Fitness } from "./fitness.ts";
import type { Heuristic } from "./heuristics.ts";
import { itemOrder } from "./item-order.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";

type ItemHeuristic = Extract<Heuristic, { readonly kind: "first" | "next" | "score" }>;

/** Places all items that find room. */
export function fillItems(room: Room, heuristic: ItemHeuristic): void {
  const order = itemOrder(room.problem, heuristic.order);
  if (heuristic.kind === "next") {
    fillNext(room, order);
    return;
  }
  const fitness = heuristic.kind === "score" ? heuristic.fitness : undefined;
  for (const item of order) {
    const bin = fitness === undefined ? firstFit(room, item) : bestFit(room, item, fitness);
    if (bin !== NO_BIN) room.put(item, bin);
  }
}

/** The first bin with room, opened if need be. */
function firstFit(room: Room, item: number): number {
  const { bins } = room.problem;
  if (Number.isFinite(bins)) {
    for (let place = 0; place < bins; place += 1) {
      const bin = room.binAt(place);
      if (room.fits(item, bin)) return bin;
    }
    return NO_BIN;
  }
  for (let bin = 0; bin < room.top; bin += 1) {
    if (room.fits(item, bin)) return bin;
  }
  return room.openFor(item);
}

/** The open bin with room that scores highest, the lowest of equals; if none has room, the best of the others. */
function bestFit(room: Room, item: number, fitness: Fitness): number {
  const open = bestOf(room, item, fitness, 1);
  if (open !== NO_BIN) return open;
  if (!Number.isFinite(room.problem.bins)) return room.openFor(item);
  return bestOf(room, item, fitness, 0);
}

function bestOf(room: Room, item: number, fitness: Fitness, isOpen: 0 | 1): number {
  const { dimensions, sizes, weights, bins }: Problem = room.problem;
  const end = isOpen === 1 ? room.top : bins;
  let best = NO_BIN;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < end; bin += 1) {
    if (room.isOpen[bin] !== isOpen || !room.fits(item, bin)) continue;
    const score = fitness(dimensions, sizes, item * dimensions, room.free, bin * dimensions, weights);
    if (score > bestScore) [best, bestScore] = [bin, score];
  }
  return best;
}

/** Only the last opened bin may be chosen; where it has no room, the next that has. */
function fillNext(room: Room, order: Uint32Array): void {
  const { bins } = room.problem;
  let last = NO_BIN;
  let place = -1;
  for (const item of order) {
    if (last === NO_BIN || !room.fits(item, last)) {
      const next = room.openFor(item, place + 1);
      if (next === NO_BIN) continue;
      last = next;
      for (place += 1; place < bins && Number.isFinite(bins) && room.binAt(place) !== last; ) place += 1;
    }
    room.put(item, last);
  }
}
