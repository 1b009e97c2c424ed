/**
 * Vector bin packing: `packVectors(items, bins, heuristic)`, any heuristic by name.
 */
import { fillBins } from "./fill-bins.ts";
import { fillItems } from "./fill-items.ts";
import { HEURISTICS, type Heuristic, type HeuristicName, heuristicOf } from "./heuristics.ts";
import { searchFewer } from "./local-search.ts";
import { lowerBound } from "./lower-bound.ts";
import { type Bins, type Problem, readProblem, type Vector } from "./problem.ts";
import { NO_BIN, Room } from "./room.ts";

export interface PackOptions {
  /** Where bins are a list: every bin may be chosen from the start. Absent: a bin is opened when no open one has room. */
  readonly spread?: boolean;
  /** Of `local-search`: looks at an item in a bin before it ends; 20 million if absent. */
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
}

const EFFORT = 20_000_000;

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
  const problem = readProblem(items, bins);
  return packProblem(problem, heuristic, options);
}

/** The same of a problem that has been read, with its bound if that is known already. */
export function packProblem(
  problem: Problem,
  name: HeuristicName,
  options: PackOptions = {},
  bound: number = lowerBound(problem).bins,
): Packing {
  const { name: own, heuristic } = heuristicOf(name);
  const assignment =
    heuristic.kind === "search"
      ? search(problem, options, bound)
      : fill(problem, heuristic, options.spread).assignment;
  const used = new Set(assignment);
  used.delete(NO_BIN);
  const unplaced = assignment.reduce((count, bin) => count + (bin === NO_BIN ? 1 : 0), 0);
  return {
    heuristic: own,
    bins: used.size,
    unplaced,
    lowerBound: bound,
    gap: unplaced > 0 || bound === 0 ? null : (used.size - bound) / bound,
    assignment,
  };
}

function fill(
  problem: Problem,
  heuristic: Exclude<Heuristic, { readonly kind: "search" }>,
  spread = false,
  order?: Uint32Array,
): Room {
  const room = new Room(problem, spread, order);
  if (heuristic.kind === "bin") fillBins(room, heuristic.measure);
  else fillItems(room, heuristic);
  return room;
}

/** Starts from the best of all heuristics and orders of bins, the first of equals. */
function search(problem: Problem, { effort = EFFORT, seed = 1 }: PackOptions, bound: number): Int32Array {
  let best: Room | undefined;
  for (const order of binOrders(problem)) {
    for (const heuristic of Object.values(HEURISTICS)) {
      if (heuristic.kind === "search") continue;
      const room = fill(problem, heuristic, false, order);
      if (best === undefined || isBetter(room, best)) best = room;
    }
  }
  return searchFewer(best!, { effort, seed, bound });
}

function isBetter(room: Room, than: Room): boolean {
  return room.placed > than.placed || (room.placed === than.placed && room.used < than.used);
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
