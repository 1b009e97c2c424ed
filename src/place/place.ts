/** One problem under many heuristics, side by side: what `ballast place` prints. */

import { fillOf } from "./fill.ts";
import { HEURISTIC_NAMES, type HeuristicName, heuristicOf } from "./heuristics.ts";
import { type LowerBound, lowerBound } from "./lower-bound.ts";
import { type Packing, type PackOptions, packProblem } from "./pack-vectors.ts";
import { type PlaceExactOptions, placeExact } from "./place-exact.ts";
import type { Problem } from "./problem.ts";

export interface PlaceOptions extends PackOptions {
  /** All if absent. */
  readonly heuristics?: readonly HeuristicName[];
  /** The core's plain build, for large problems. */
  readonly core?: WebAssembly.Module;
  /** Called before each. */
  readonly onProgress?: (heuristic: string) => void;
}

export interface PlaceResult {
  readonly items: number;
  readonly dimensions: number;
  /** Of the dimensions, where they have some. */
  readonly names?: readonly string[];
  /** Bins that any packing needs, of those items that fit into an empty bin. */
  readonly lowerBound: number;
  readonly bounds: Omit<LowerBound, "bins">;
  /** Dimensions of which all hosts together have less than is asked for. */
  readonly short: readonly { readonly dimension: number; readonly asked: number; readonly there: number }[];
  readonly results: readonly HeuristicResult[];
  /** The first VMs that the best packing leaves without a host, and why. */
  readonly left?: readonly { readonly vm: string; readonly reason: string }[];
}

export interface HeuristicResult {
  readonly heuristic: string;
  readonly bins: number;
  readonly unplaced: number;
  readonly gap: number | null;
  /** Per dimension what is used of the bins in use, 0 … 1. */
  readonly fill: readonly number[];
  /** Of `exact`: whether no packing has fewer bins. */
  readonly proved?: boolean;
}

export interface Placed {
  readonly result: PlaceResult;
  /** Of each row of the result. */
  readonly packings: readonly Packing[];
}

/**
 * Packs a problem with each heuristic.
 *
 * @returns  the result, and each heuristic's packing
 */
export function placeProblem(problem: Problem, options: PlaceOptions = {}): Placed {
  const { bins, ...bounds } = lowerBound(problem);
  const names = (options.heuristics ?? HEURISTIC_NAMES).map((name) => heuristicOf(name).name);
  const packings = names.map((name) => {
    options.onProgress?.(name);
    return packProblem(problem, name, options, bins, options.core);
  });
  const results = packings.map((packing) => ({
    heuristic: packing.heuristic,
    bins: packing.bins,
    unplaced: packing.unplaced,
    gap: packing.gap,
    fill: fillOf(problem, packing.assignment, packing.starts),
  }));
  const { items, dimensions } = problem;
  return {
    result: { items, dimensions, lowerBound: bins, bounds, short: shortOf(problem), results },
    packings,
  };
}

/** Where items have times, what they ask for is not all asked for at once: nothing is said. */
function shortOf({ bins, dimensions, sizes, capacities, rules }: Problem): PlaceResult["short"] {
  if (!Number.isFinite(bins) || rules?.times !== undefined) return [];
  const sum = (column: Float64Array, d: number): number => {
    let total = 0;
    for (let at = d; at < column.length; at += dimensions) total += column[at]!;
    return total;
  };
  return Array.from({ length: dimensions }, (_, dimension) => ({
    dimension,
    asked: sum(sizes, dimension),
    there: sum(capacities, dimension),
  })).filter(({ asked, there }) => asked > there * (1 + 1e-9));
}

/** The same with a row `exact`; a lower bound that the optimum proves is raised to it. */
export async function addExact(
  problem: Problem,
  placed: Placed,
  options: PlaceExactOptions,
): Promise<Placed> {
  const { bins, isProved, assignment } = await placeExact(problem, options);
  const bound = isProved ? bins : placed.result.lowerBound;
  const gapOf = (used: number, unplaced: number): number | null =>
    unplaced > 0 || bound === 0 ? null : (used - bound) / bound;
  const packing: Packing = {
    heuristic: "exact",
    bins,
    unplaced: 0,
    lowerBound: bound,
    gap: gapOf(bins, 0),
    assignment,
  };
  const { heuristic, unplaced, gap } = packing;
  const row = { heuristic, bins, unplaced, gap, fill: fillOf(problem, assignment), proved: isProved };
  const results = placed.result.results.map((one) => ({ ...one, gap: gapOf(one.bins, one.unplaced) }));
  return {
    result: { ...placed.result, lowerBound: bound, results: [...results, row] },
    packings: [...placed.packings, packing],
  };
}
