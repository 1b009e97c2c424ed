/**
 * Vector bin packing: `packVectors(items, bins, heuristic)`, any heuristic by name.
 */

import { type CoreSource, loadCore } from "../core/module.ts";
import { checkRules } from "./check-rules.ts";
import { mayUseKernel } from "./cosine-kernel.ts";
import { fillBins } from "./fill-bins.ts";
import { fillItems } from "./fill-items.ts";
import { HEURISTICS, type Heuristic, type HeuristicName, heuristicOf } from "./heuristics.ts";
import { searchFewer } from "./local-search.ts";
import { lowerBound } from "./lower-bound.ts";
import { mergeItems } from "./merge-items.ts";
import { packCosine } from "./pack-cosine.ts";
import { type Bins, type Problem, readProblem, type Vector } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";
import type { PlaceRules } from "./rules.ts";
import { makeRoom } from "./timed-room.ts";
import { isBetter, type Packed, snapshotOf } from "./units.ts";

export interface PackOptions {
  /** Where bins are a list: every bin may be chosen from the start. Absent: a bin is opened when no open one has room. */
  readonly spread?: boolean;
  /** What else than size says where items may go. */
  readonly rules?: PlaceRules;
  /** Of `local-search`: looks at an item in a bin before it ends; 20 million and 100,000 an item, at most 100 million, if absent. */
  readonly effort?: number;
  /** Of `local-search`. */
  readonly seed?: number;
}

export interface Packing {
  readonly heuristic: string;
  /** Bins that hold something. */
  readonly bins: number;
  /** Items that found no bin. */
  readonly unplaced: number;
  /** No packing of these items has fewer bins. */
  readonly lowerBound: number;
  /** Bins above the lower bound, as a part of it; null if items are left or there are none. */
  readonly gap: number | null;
  /** Per item the number of its bin, −1 none. */
  readonly assignment: Int32Array;
  /** Per item when it begins, in seconds; where items have times. */
  readonly starts?: Float64Array;
}

/** Looks of the local search: so many, and so many more an item, up to a most. */
const EFFORT = 20_000_000;
const EFFORT_AN_ITEM = 100_000;
const EFFORT_MAX = 100_000_000;
/** Of more items times bins, the local search starts from first fit alone. */
const STARTS_MAX = 20_000_000;

/**
 * Packs items into bins.
 *
 * @param items      a vector each: `[[2, 4], [1, 8]]`; a number each in one dimension
 * @param bins       one capacity, of which there are as many as needed: `[16, 64]`; or a list of hosts: `[[16, 64], [32, 64]]`
 * @param heuristic  `first-fit next-fit tightest loosest cosine l2-difference l2-ratio ffd ffd-sum ffd-product
 *                   ffd-average-sum bfd dot-product l2-greedy local-search`, also `best-fit worst-fit`
 * @throws PlaceError naming every value that is none
 */
export function packVectors(
  items: ArrayLike<Vector>,
  bins: Bins,
  heuristic: HeuristicName,
  options: PackOptions = {},
): Packing {
  return packProblem(problemOf(items, bins, options), heuristic, options);
}

/**
 * The same of a problem that has been read, with its bound if that is known already.
 *
 * @param core  the core's plain build: places by cosine fifty times as fast
 */
export function packProblem(
  problem: Problem,
  name: HeuristicName,
  options: PackOptions = {},
  bound: number = lowerBound(problem).bins,
  core?: WebAssembly.Module,
): Packing {
  const { name: own, heuristic } = heuristicOf(name);
  if (core !== undefined && own === "cosine" && mayUseKernel(problem)) {
    return packingOf(own, packCosine(core, problem, options.spread === true), undefined, bound);
  }
  const { problem: merged, parts } = mergeItems(problem);
  const packed =
    heuristic.kind === "search"
      ? search(merged, options, bound)
      : snapshotOf(fill(merged, heuristic, options.spread));
  const assignment = new Int32Array(problem.items).fill(NO_BIN);
  const starts = problem.rules?.times === undefined ? undefined : new Float64Array(problem.items);
  for (const [at, part] of parts.entries()) {
    for (const item of part) {
      assignment[item] = packed.assignment[at]!;
      if (starts !== undefined) starts[item] = packed.starts![at]!;
    }
  }
  return packingOf(own, assignment, starts, bound);
}

function packingOf(
  heuristic: string,
  assignment: Int32Array,
  starts: Float64Array | undefined,
  bound: number,
): Packing {
  const used = new Set(assignment);
  used.delete(NO_BIN);
  const unplaced = assignment.reduce((count, bin) => count + (bin === NO_BIN ? 1 : 0), 0);
  return {
    heuristic,
    bins: used.size,
    unplaced,
    lowerBound: bound,
    gap: unplaced > 0 || bound === 0 ? null : (used.size - bound) / bound,
    assignment,
    ...(starts === undefined ? {} : { starts }),
  };
}

/** Packs vectors with the core's help. */
export interface Packer {
  /** The same packings as `packVectors`. */
  pack(items: ArrayLike<Vector>, bins: Bins, heuristic: HeuristicName, options?: PackOptions): Packing;
}

/** `packVectors` for large problems: the same packings; the core does what it is faster at. */
export async function createPacker(source?: CoreSource): Promise<Packer> {
  const core = await loadCore("plain", source);
  return {
    pack: (items, bins, heuristic, options = {}) => {
      const problem = problemOf(items, bins, options);
      return packProblem(problem, heuristic, options, undefined, core);
    },
  };
}

function problemOf(items: ArrayLike<Vector>, bins: Bins, { rules }: PackOptions): Problem {
  const read = readProblem(items, bins);
  if (rules === undefined) return read;
  checkRules(read, rules);
  return { ...read, rules };
}

function fill(
  problem: Problem,
  heuristic: Exclude<Heuristic, { readonly kind: "search" }>,
  spread = false,
  order?: Uint32Array,
): Room {
  const room = makeRoom(problem, spread, order);
  if (heuristic.kind === "bin") fillBins(room, heuristic.measure);
  else fillItems(room, heuristic);
  return room;
}

/** Starts from the best of all heuristics and orders of bins, the first of equals. */
function search(problem: Problem, options: PackOptions, bound: number): Packed {
  const { effort = Math.min(EFFORT_MAX, EFFORT + EFFORT_AN_ITEM * problem.items), seed = 1 } = options;
  const isLarge = problem.items * Math.min(problem.bins, problem.items) > STARTS_MAX;
  let best: { readonly room: Room; readonly packed: Packed } | undefined;
  for (const order of binOrders(problem)) {
    for (const heuristic of Object.values(HEURISTICS)) {
      if (heuristic.kind === "search" || (isLarge && heuristic.kind !== "first")) continue;
      const room = fill(problem, heuristic, false, order);
      const packed = snapshotOf(room);
      if (best === undefined || isBetter(packed, best.packed)) best = { room, packed };
    }
  }
  return searchFewer(best!.room, { effort, seed, bound });
}

/** As given; where bins differ, also the largest first, by all dimensions together and by each. */
function binOrders(problem: Problem): (Uint32Array | undefined)[] {
  const { bins, dimensions, capacities, units } = problem;
  if (!Number.isFinite(bins)) return [undefined];
  const by = (size: (bin: number) => number): Uint32Array => {
    const sizes = Float64Array.from({ length: bins }, (_, bin) => size(bin));
    return Uint32Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  };
  const part = (bin: number, d: number): number => capacities[bin * dimensions + d]! / units[d]!;
  const all = by((bin) => {
    let sum = 0;
    for (let d = 0; d < dimensions; d += 1) sum += part(bin, d);
    return sum;
  });
  const orders = [all, ...Array.from({ length: dimensions }, (_, d) => by((bin) => part(bin, d)))];
  const distinct = new Map(orders.map((order) => [order.join(), order]));
  const given = Uint32Array.from({ length: bins }, (_, bin) => bin).join();
  return [undefined, ...[...distinct].filter(([key]) => key !== given).map(([, order]) => order)];
}
