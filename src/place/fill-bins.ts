/**
 * Bin by bin: one bin is open, and takes the item with room that suits it best, until none fits; then the next.
 *
 *   dot  most  Σ α·w²·r·a          l2  least  Σ α·(w·(r − a))²          α = mean of w·r over all items
 *
 * Source: Panigrahy et al. 2011 (dot product, norm-based greedy). Cost: O(items² × dimensions) at worst.
 */

import { fillRest } from "./fill-items.ts";
import { meanSizes } from "./item-order.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";
import { dropBroken } from "./units.ts";

/** Places all items that find room. */
export function fillBins(room: Room, measure: "dot" | "l2"): void {
  const { problem } = room;
  const means = meanSizes(problem);
  const factors = problem.weights.map((w, d) => w * w * means[d]!);
  fillEach(room, measure, factors);
  if (problem.rules === undefined) return;
  dropBroken(room);
  fillRest(room);
}

function fillEach(room: Room, measure: "dot" | "l2", factors: Float64Array): void {
  const { problem } = room;
  let left = Uint32Array.from({ length: problem.items }, (_, item) => item);
  if (Number.isFinite(problem.bins)) {
    for (let place = 0; place < problem.bins && left.length > 0; place += 1) {
      fillOne(room, room.binAt(place), left, measure, factors);
      left = left.filter((item) => room.assignment[item] === NO_BIN);
    }
    return;
  }
  for (let bin = openForAny(room, left); bin !== NO_BIN; bin = openForAny(room, left)) {
    fillOne(room, bin, left, measure, factors);
    left = left.filter((item) => room.assignment[item] === NO_BIN);
  }
}

function openForAny(room: Room, left: Uint32Array): number {
  for (const item of left) {
    const bin = room.openFor(item);
    if (bin !== NO_BIN) return bin;
  }
  return NO_BIN;
}

function fillOne(
  room: Room,
  bin: number,
  left: Uint32Array,
  measure: "dot" | "l2",
  factors: Float64Array,
): void {
  for (;;) {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const item of left) {
      if (room.assignment[item] !== NO_BIN || !room.fits(item, bin)) continue;
      const score = measure === "dot" ? dot(room, item, bin, factors) : l2(room, item, bin, factors);
      if (score > bestScore) [best, bestScore] = [item, score];
    }
    if (best < 0) return;
    room.put(best, bin);
  }
}

function dot(room: Room, item: number, bin: number, factors: Float64Array): number {
  const { dimensions, sizes }: Problem = room.problem;
  const at = room.view(item, bin);
  let sum = 0;
  for (let d = 0; d < dimensions; d += 1) {
    sum += factors[d]! * sizes[item * dimensions + d]! * room.free[at + d]!;
  }
  return sum;
}

function l2(room: Room, item: number, bin: number, factors: Float64Array): number {
  const { dimensions, sizes }: Problem = room.problem;
  const at = room.view(item, bin);
  let sum = 0;
  for (let d = 0; d < dimensions; d += 1) {
    const gap = sizes[item * dimensions + d]! - room.free[at + d]!;
    sum -= factors[d]! * gap * gap;
  }
  return sum;
}
