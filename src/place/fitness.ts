/**
 * How well an item suits a bin: r the item's size, a what the bin has free, weights w that make dimensions comparable.
 *
 *   cosine         Σ w²·r·a / (|w·r| · |w·a|)      most: the item that is shaped like the room
 *   l2-difference  Σ (w·(r − a))²                  least: room that the item fills
 *   l2-ratio       Σ r / a                         most: of each resource, the part that the item takes of the room
 *   tightest       Σ w·a                           least free, as the field says "best fit"
 *   loosest        Σ w·a                           most free, as the field says "worst fit"
 *
 * By hand, all weights 1: r = (1,2) against a = (2,4) and (4,2): cosine 1 and 0.8, L2 difference 5 and 9, L2 ratio 1 and
 * 1.25. A bin with nothing free, or an item of nothing, has cosine 0; 0 / 0 counts 0 in the ratio.
 *
 * Source: seed 002 (cosine, the L2 norms); Panigrahy, Talwar, Uyeda, Wieder 2011 for weights. Here we keep the field's
 * meaning of best and worst fit, which the seed swaps. Cost: O(dimensions).
 */

/** A score, higher is better, of an item at `i` of `sizes` against room at `a` of `free`. */
export type Fitness = (
  dimensions: number,
  sizes: Float64Array,
  i: number,
  free: Float64Array,
  a: number,
  weights: Float64Array,
) => number;

/** The cosine of the angle between item and room, 0 … 1. */
export const cosine: Fitness = (dimensions, sizes, i, free, a, weights) => {
  let dot = 0;
  let item = 0;
  let room = 0;
  for (let d = 0; d < dimensions; d += 1) {
    const r = sizes[i + d]! * weights[d]!;
    const f = Math.max(0, free[a + d]!) * weights[d]!;
    dot += r * f;
    item += r * r;
    room += f * f;
  }
  return dot > 0 ? dot / Math.sqrt(item * room) : 0;
};

/** Minus the square of the distance between item and room. */
export const l2Difference: Fitness = (dimensions, sizes, i, free, a, weights) => {
  let sum = 0;
  for (let d = 0; d < dimensions; d += 1) {
    const gap = (free[a + d]! - sizes[i + d]!) * weights[d]!;
    sum += gap * gap;
  }
  return -sum;
};

/** The sum of the parts that the item takes of what is free. */
export const l2Ratio: Fitness = (dimensions, sizes, i, free, a) => {
  let sum = 0;
  for (let d = 0; d < dimensions; d += 1) {
    const r = sizes[i + d]!;
    if (r > 0) sum += r / free[a + d]!;
  }
  return sum;
};

/** What is free, over all dimensions. */
export const loosest: Fitness = (dimensions, _sizes, _i, free, a, weights) => {
  let sum = 0;
  for (let d = 0; d < dimensions; d += 1) sum += free[a + d]! * weights[d]!;
  return sum;
};

/** Minus what is free. */
export const tightest: Fitness = (dimensions, sizes, i, free, a, weights) =>
  -loosest(dimensions, sizes, i, free, a, weights);
