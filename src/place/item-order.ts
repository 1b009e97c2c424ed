/**
 * The order in which items come, largest first; equal ones stay in the order given.
 *
 *   n = size / unit        sum  Σ n          product  Π n          average-sum  Σ mean(n)·n
 *
 * The unit of a dimension is its largest capacity. Sizes are divided before they are added up, as published counts were
 * made: sums that are equal on paper may differ in the last bit, and the order with them.
 *
 * Source: Panigrahy et al. 2011. Cost: O(items × (dimensions + log items)).
 */
import type { Order } from "./heuristics.ts";
import type { Problem } from "./problem.ts";

/** Item numbers in the order in which they are to be placed. */
export function itemOrder(problem: Problem, order: Order): Uint32Array {
  const rows = Uint32Array.from({ length: problem.items }, (_, item) => item);
  if (order === "given") return rows;
  const keys = itemKeys(problem, order);
  return rows.sort((a, b) => keys[b]! - keys[a]! || a - b);
}

/** The size of each item as one number. */
export function itemKeys(problem: Problem, order: Exclude<Order, "given">): Float64Array {
  const { dimensions, items, sizes, units } = problem;
  const means = order === "average-sum" ? meanSizes(problem) : undefined;
  const keys = new Float64Array(items);
  for (let item = 0; item < items; item += 1) {
    let key = order === "product" ? 1 : 0;
    for (let d = 0; d < dimensions; d += 1) {
      const size = sizes[item * dimensions + d]! / units[d]!;
      if (order === "product") key *= size;
      else key += means === undefined ? size : means[d]! * size;
    }
    keys[item] = key;
  }
  return keys;
}

/** What items ask for on average in each dimension, in units of its largest capacity. */
export function meanSizes({ dimensions, items, sizes, units }: Problem): Float64Array {
  const sums = new Float64Array(dimensions);
  for (let at = 0; at < sizes.length; at += 1) sums[at % dimensions]! += sizes[at]!;
  return sums.map((sum, d) => (items === 0 ? 0 : sum / items / units[d]!));
}
