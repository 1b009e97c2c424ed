/**
 * Item by item: each goes to the bin that the heuristic likes best among the open ones with room. Where none has, the
 * bin that it likes best among the others is opened. First fit takes the first with room, open or not.
 *
 * Source: seed 002; Johnson 1974 for first and next fit and their decreasing forms. Cost: O(items × bins × dimensions).
 */
import type { Fitness } from "./fitness.ts";
import type { Heuristic, Order } from "./heuristics.ts";
import { itemOrder } from "./item-order.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";
import { type Choose, placeUnit, unitsOf } from "./units.ts";

type ItemHeuristic = Extract<Heuristic, { readonly kind: "first" | "next" | "score" }>;

/** Places all items that find room. */
export function fillItems(room: Room, heuristic: ItemHeuristic): void {
  const order = arrivalOrder(room.problem, heuristic.order);
  placeAll(room, order, chooser(room, heuristic));
}

/** Places what has no bin yet, by first fit. */
export function fillRest(room: Room): void {
  const order = arrivalOrder(room.problem, "given").filter((item) => room.assignment[item] === NO_BIN);
  placeAll(room, order, (item) => firstFit(room, item));
}

function placeAll(room: Room, order: Uint32Array, choose: Choose): void {
  const { rules } = room.problem;
  if (rules?.requests === undefined && rules?.affinity === undefined) {
    for (const item of order) {
      const bin = choose(item);
      if (bin !== NO_BIN) room.put(item, bin);
    }
    return;
  }
  const units = unitsOf(room.problem);
  const rank = new Map([...order].map((item, at) => [item, at]));
  const done = new Set<readonly number[]>();
  for (const item of order) {
    const unit = units[item] ?? [item];
    if (done.has(unit)) continue;
    done.add(unit);
    const left = unit.filter((one) => rank.has(one)).sort((a, b) => rank.get(a)! - rank.get(b)!);
    placeUnit(room, left, choose);
  }
}

/** As asked for; what is given in no order of size comes when it begins. */
function arrivalOrder(problem: Problem, order: Order): Uint32Array {
  const times = problem.rules?.times;
  const rows = itemOrder(problem, order);
  if (times === undefined || order !== "given") return rows;
  const start = (item: number): number => times[item]?.start ?? 0;
  return rows.sort((a, b) => start(a) - start(b) || a - b);
}

function chooser(room: Room, heuristic: ItemHeuristic): Choose {
  if (heuristic.kind === "first") return (item) => firstFit(room, item);
  if (heuristic.kind === "score") {
    const { fitness } = heuristic;
    return (item) => bestFit(room, item, fitness);
  }
  return nextFit(room);
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
  return room.closed > 0 ? bestOf(room, item, fitness, 0) : NO_BIN;
}

function bestOf(room: Room, item: number, fitness: Fitness, isOpen: 0 | 1): number {
  const { dimensions, sizes, weights, bins }: Problem = room.problem;
  const end = isOpen === 1 ? room.top : bins;
  let best = NO_BIN;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let bin = 0; bin < end; bin += 1) {
    if (room.isOpen[bin] !== isOpen || !room.fits(item, bin)) continue;
    const score = fitness(dimensions, sizes, item * dimensions, room.free, room.view(item, bin), weights);
    if (score > bestScore) [best, bestScore] = [bin, score];
  }
  return best;
}

/** Only the last opened bin may be chosen; where it has no room, the next that has. */
function nextFit(room: Room): Choose {
  const { bins } = room.problem;
  let last = NO_BIN;
  let place = -1;
  return (item) => {
    if (last !== NO_BIN && room.fits(item, last)) return last;
    const next = room.openFor(item, place + 1);
    if (next === NO_BIN) return NO_BIN;
    last = next;
    for (place += 1; place < bins && Number.isFinite(bins) && room.binAt(place) !== last; ) place += 1;
    return last;
  };
}
