/**
 * Fewest bins that any packing needs.
 *
 *   continuous  per dimension: so many of the largest bins as hold the sum; where bins differ, for mixes of dimensions too
 *   L2          per dimension and K: items above C − K need a bin each; those above C / 2 too, and what they leave takes
 *               items from K to C / 2; the rest of these needs ⌈rest / C⌉ more                     (Martello, Toth)
 *   clique      items of which no two fit together need a bin each; per dimension, what is left over once these bins are
 *               full needs more
 *
 *   apart       items of an anti-affinity rule, so many as may share a domain each
 *
 * Where items have times, those that surely run at the fullest moments are bounded so. Where bins differ, C is the largest capacity of each dimension, which only lowers L2 and clique. Items that fit no bin
 * are left out. Each is a bound, so their maximum is.
 *
 * Source: Martello, Toth 1990; Spieksma 1994 for vectors. Cost: O(dimensions × items × log items), and for cliques
 * O(items² × dimensions), tried with up to CLIQUE_ITEMS of the largest items.
 */
import type { Problem } from "./problem.ts";
import type { TimeRule } from "./rules.ts";

/** Mixes of dimensions tried where bins differ. */
const MIXES = 64;
/** Moments looked at where items have times, and those of them that are bounded. */
const MOMENTS_MAX = 4000;
const CROWDS = 8;
const CLIQUE_ITEMS = 4000;
/** Cliques are grown from so many of the largest items. */
const CLIQUE_STARTS = 32;
/** Quotients so near above a whole number are that number: sums of fractions are not exact. */
const NEAR = 1e-9;

export interface LowerBound {
  /** The largest of them. */
  readonly bins: number;
  readonly continuous: number;
  readonly l2: number;
  readonly clique: number;
  /** Of anti-affinity rules, where there are some. */
  readonly apart?: number;
}

/** Bounds of a problem; 0 without items. */
export function lowerBound(problem: Problem): LowerBound {
  const { rules } = problem;
  if (rules?.times === undefined) return boundOf(problem, fittingItems(problem));
  // Who must run at some moment needs bins at that moment.
  const all = crowds(problem, rules.times).map((items) => boundOf(problem, items));
  const most = (key: keyof LowerBound): number =>
    all.reduce((sum, bound) => Math.max(sum, bound[key] ?? 0), 0);
  return {
    bins: most("bins"),
    continuous: most("continuous"),
    l2: most("l2"),
    clique: most("clique"),
    ...(all.some((bound) => bound.apart !== undefined) ? { apart: most("apart") } : {}),
  };
}

function boundOf(problem: Problem, fitting: Uint32Array): LowerBound {
  const limits = largestBin(problem);
  // A third item may make room for two that do not fit together: nothing is known there but the sum.
  for (const [d, isSigned] of problem.isSigned.entries()) if (isSigned) limits[d] = Number.POSITIVE_INFINITY;
  const continuous = continuousBound(problem, fitting);
  let l2 = 0;
  for (let d = 0; d < problem.dimensions; d += 1) {
    if (problem.isSigned[d] === true) continue;
    const sizes = Float64Array.from(fitting, (item) => problem.sizes[item * problem.dimensions + d]!);
    l2 = Math.max(l2, martelloToth(sizes, limits[d]! + problem.slack[d]!));
  }
  const clique = cliqueBound(problem, fitting, limits);
  const own = { continuous, l2, clique };
  if (problem.rules?.antiAffinity === undefined) return { bins: Math.max(continuous, l2, clique), ...own };
  const present = new Set(fitting);
  const apart = problem.rules.antiAffinity.reduce((most, rule) => {
    const items = new Set(rule.items.filter((item) => present.has(item))).size;
    return Math.max(most, Math.ceil(items / (rule.most ?? 1)));
  }, 0);
  return { bins: Math.max(continuous, l2, clique, apart), ...own, apart };
}

/** Items that surely run at a moment, for the fullest moments. */
function crowds(problem: Problem, times: readonly (TimeRule | undefined)[]): Uint32Array[] {
  const { dimensions, sizes, units } = problem;
  const fitting = fittingItems(problem);
  const sure = (item: number): readonly [number, number] => {
    const { start = 0, end, duration, deadline } = times[item] ?? {};
    if (end !== undefined) return [start, end];
    if (duration === undefined) return [start, Number.POSITIVE_INFINITY];
    return [deadline === undefined ? start : deadline - duration, start + duration];
  };
  const spans = new Map([...fitting].map((item) => [item, sure(item)]));
  const at = (moment: number): Uint32Array =>
    fitting.filter((item) => spans.get(item)![0] <= moment && moment < spans.get(item)![1]);
  const weight = (items: Uint32Array): number => {
    const sums = new Float64Array(dimensions);
    for (const item of items)
      for (let d = 0; d < dimensions; d += 1) sums[d]! += sizes[item * dimensions + d]! / units[d]!;
    return Math.max(0, ...sums);
  };
  const moments = [...new Set([...spans.values()].map(([from]) => from))].slice(0, MOMENTS_MAX);
  const ranked = moments.map(at).map((items) => ({ items, weight: weight(items) }));
  return ranked
    .sort((a, b) => b.weight - a.weight)
    .slice(0, CROWDS)
    .map(({ items }) => items);
}

/** Items that fit into a bin that is empty. */
export function fittingItems({ dimensions, items, sizes, capacities, slack }: Problem): Uint32Array {
  const rows = distinctRows(capacities, dimensions); // items of sizes below 0 make room for themselves only
  const fits = (item: number): boolean =>
    rows.some((row) => {
      for (let d = 0; d < dimensions; d += 1) {
        if (sizes[item * dimensions + d]! > row[d]! + slack[d]!) return false;
      }
      return true;
    });
  return Uint32Array.from({ length: items }, (_, item) => item).filter(fits);
}

function distinctRows(capacities: Float64Array, dimensions: number): Float64Array[] {
  const rows = new Map<string, Float64Array>();
  for (let at = 0; at < capacities.length; at += dimensions) {
    const row = capacities.subarray(at, at + dimensions);
    const key = row.join(" ");
    if (!rows.has(key)) rows.set(key, row);
  }
  return [...rows.values()];
}

function largestBin({ capacities, dimensions }: Problem): Float64Array {
  const limits = new Float64Array(dimensions);
  for (let at = 0; at < capacities.length; at += 1) {
    limits[at % dimensions] = Math.max(limits[at % dimensions]!, capacities[at]!);
  }
  return limits;
}

function roundUp(quotient: number): number {
  return Math.max(0, Math.ceil(quotient - NEAR * Math.max(1, quotient)));
}

/** As many bins as hold the sum of any mix of dimensions, those with most of that mix first. */
function continuousBound(problem: Problem, fitting: Uint32Array): number {
  const { dimensions, sizes, capacities, bins, units } = problem;
  const sums = new Float64Array(dimensions);
  for (const item of fitting)
    for (let d = 0; d < dimensions; d += 1) sums[d]! += sizes[item * dimensions + d]!;
  let most = fitting.length > 0 ? 1 : 0;
  if (!Number.isFinite(bins)) {
    for (let d = 0; d < dimensions; d += 1)
      if (sums[d]! > 0) most = Math.max(most, roundUp(sums[d]! / capacities[d]!));
    return most;
  }
  const mix = new Float64Array(dimensions);
  for (let d = 0; d < dimensions; d += 1) mix[d] = sums[d]! > 0 ? 1 : 0;
  for (let step = 0; step < MIXES; step += 1) {
    // First each dimension alone, then mixes that lean to what the bins counted so far are short of.
    const alone = step < dimensions;
    const factors = units.map((unit, d) => (alone ? (d === step ? 1 : 0) : mix[d]!) / unit);
    const { needed, have } = binsForMix(problem, sums, factors);
    most = Math.max(most, needed);
    if (alone) continue;
    for (let d = 0; d < dimensions; d += 1) {
      mix[d]! *= Math.min(
        2,
        Math.max(0.5, sums[d]! > 0 ? sums[d]! / Math.max(have[d]!, 1e-9 * sums[d]!) : 0),
      );
    }
  }
  return most;
}

/** So many bins, those with most of the mix first, as hold the mix of the sums; and what they have. */
function binsForMix(
  { bins, dimensions, capacities }: Problem,
  sums: Float64Array,
  factors: Float64Array,
): { readonly needed: number; readonly have: Float64Array } {
  const values = new Float64Array(bins);
  for (let at = 0; at < capacities.length; at += 1) {
    values[Math.floor(at / dimensions)]! += capacities[at]! * factors[at % dimensions]!;
  }
  const ranked = Uint32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const have = new Float64Array(dimensions);
  let rest = sums.reduce((sum, one, d) => sum + one * factors[d]!, 0) * (1 - NEAR);
  let needed = 0;
  for (; rest > 0 && needed < bins; needed += 1) {
    const bin = ranked[needed]!;
    rest -= values[bin]!;
    for (let d = 0; d < dimensions; d += 1) have[d]! += capacities[bin * dimensions + d]!;
  }
  return { needed, have };
}

/**
 * Martello and Toth's L2 in one dimension, the most over all K.
 *
 * @param sizes     each at most `capacity`
 * @param capacity  of a bin
 */
export function martelloToth(sizes: Float64Array, capacity: number): number {
  if (capacity <= 0) return 0;
  const sorted = sizes.toSorted();
  const count = sorted.length;
  const above = (limit: number): number => upperIndex(sorted, limit);
  const sums = new Float64Array(count + 1);
  for (let i = 0; i < count; i += 1) sums[i + 1] = sums[i]! + sorted[i]!;
  const half = above(capacity / 2);
  let best = 0;
  // K = 0 and every size up to half; equal ones once.
  for (let i = -1; i < half; i += 1) {
    const k = i < 0 ? 0 : sorted[i]!;
    if (i > 0 && k === sorted[i - 1]) continue;
    const split = Math.max(half, above(capacity - k));
    const middle = split - half;
    const leftBy = middle * capacity - (sums[split]! - sums[half]!);
    const rest = sums[half]! - sums[Math.max(0, i)]! - leftBy;
    best = Math.max(best, count - half + roundUp(rest / capacity));
  }
  return best;
}

/** How many of the sorted numbers are at most `limit`. */
function upperIndex(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Items that need a bin each, grown one by one from the largest, and what does not fit beside them. */
function cliqueBound(problem: Problem, fitting: Uint32Array, limits: Float64Array): number {
  const { dimensions, sizes, units } = problem;
  const largest = (item: number): number => {
    let most = 0;
    for (let d = 0; d < dimensions; d += 1) most = Math.max(most, sizes[item * dimensions + d]! / units[d]!);
    return most;
  };
  const keys = new Map([...fitting].map((item) => [item, largest(item)]));
  const ranked = [...fitting].sort((a, b) => keys.get(b)! - keys.get(a)! || a - b).slice(0, CLIQUE_ITEMS);
  let most = 0;
  for (let start = 0; start < Math.min(CLIQUE_STARTS, ranked.length); start += 1) {
    const clique = [ranked[start]!];
    for (const item of ranked) {
      if (clique.every((other) => other !== item && !together(problem, limits, other, item)))
        clique.push(item);
    }
    most = Math.max(most, withRest(problem, fitting, clique, limits));
  }
  return most;
}

function together(
  { dimensions, sizes, slack }: Problem,
  limits: Float64Array,
  a: number,
  b: number,
): boolean {
  for (let d = 0; d < dimensions; d += 1) {
    if (sizes[a * dimensions + d]! + sizes[b * dimensions + d]! > limits[d]! + slack[d]!) return false;
  }
  return true;
}

function withRest(
  { dimensions, sizes }: Problem,
  fitting: Uint32Array,
  clique: readonly number[],
  limits: Float64Array,
): number {
  let more = 0;
  for (let d = 0; d < dimensions; d += 1) {
    if (limits[d] === 0 || limits[d] === Number.POSITIVE_INFINITY) continue;
    let sum = 0;
    for (const item of fitting) sum += sizes[item * dimensions + d]!;
    more = Math.max(more, roundUp(sum / limits[d]! - clique.length));
  }
  return clique.length + more;
}
