/**
 * Looks for a cheaper assignment of the challenge: late acceptance over shifts and swaps.
 *
 *   a move is kept if it costs no more than what stands, or than what stood 500 moves ago
 *
 * Shifts take a process to another machine; swaps exchange two. Only moves that break no rule are looked at, so the best that
 * was seen can be used as it is. Chance comes from the seed and effort is counted in moves tried: the same input gives the same
 * assignment anywhere.
 *
 * Source: Burke, Bykov, The late acceptance hill-climbing heuristic, 2017. Cost: about a microsecond a move and resource.
 */
import type { Reassignment } from "./reassignment.ts";
import { reassignmentCost } from "./reassignment-cost.ts";
import { ReassignmentState } from "./reassignment-state.ts";

export interface ReassignOptions {
  /** Moves tried; 5 million if absent. */
  readonly effort?: number;
  /** 1 if absent. */
  readonly seed?: number;
  readonly onProgress?: (fraction: number) => void;
}

const EFFORT = 5_000_000;
const MEMORY = 500;
/** One in so many moves is a swap. */
const SWAPS = 3;
const PROGRESS_EVERY = 100_000;

/**
 * @param start  breaks no rule
 * @returns      the best assignment seen
 */
export function reassign(
  model: Reassignment,
  start: Int32Array,
  { effort = EFFORT, seed = 1, onProgress }: ReassignOptions = {},
): Int32Array {
  const { machines, processes } = model;
  const state = new ReassignmentState(model, start);
  const chance = new Chance(seed);
  let cost = reassignmentCost(model, start, start).cost;
  let best = cost;
  let found = start.slice();
  if (machines < 2 || processes === 0) return found;
  const before = new Float64Array(MEMORY).fill(cost);
  for (let tried = 0; tried < effort; tried += 1) {
    if (tried % PROGRESS_EVERY === 0) onProgress?.(tried / effort);
    const place = tried % MEMORY;
    const limit = Math.max(cost, before[place]!);
    const process = chance.below(processes);
    const other = chance.below(SWAPS) === 0 ? chance.below(processes) : -1;
    const after =
      other < 0
        ? shift(state, process, chance.below(machines), cost, limit)
        : swap(state, process, other, cost, limit);
    if (after !== undefined) cost = after;
    before[place] = cost;
    if (cost < best) {
      best = cost;
      found = state.now.slice();
    }
  }
  return found;
}

/** The cost after a shift that is allowed and cheap enough; undefined: nothing has changed. */
function shift(
  state: ReassignmentState,
  process: number,
  machine: number,
  cost: number,
  limit: number,
): number | undefined {
  const from = state.now[process]!;
  if (from === machine) return undefined;
  const old = state.machineCost(from) + state.machineCost(machine) + state.moveCost;
  state.detach(process);
  if (state.hasRoom(process, machine)) {
    state.attach(process, machine);
    const after = cost - old + state.machineCost(from) + state.machineCost(machine) + state.moveCost;
    if (after <= limit && state.isSound(process, from)) return after;
    state.detach(process);
  }
  state.attach(process, from);
  return undefined;
}

/** Two processes change places. */
function swap(
  state: ReassignmentState,
  one: number,
  two: number,
  cost: number,
  limit: number,
): number | undefined {
  const [first, second] = [state.now[one]!, state.now[two]!];
  if (first === second) return undefined;
  const old = state.machineCost(first) + state.machineCost(second) + state.moveCost;
  state.detach(one);
  state.detach(two);
  if (state.hasRoom(one, second)) {
    state.attach(one, second);
    if (state.hasRoom(two, first)) {
      state.attach(two, first);
      const after = cost - old + state.machineCost(first) + state.machineCost(second) + state.moveCost;
      const isFine = state.fits(first) && state.fits(second);
      if (after <= limit && isFine && state.isSound(one, first) && state.isSound(two, second)) return after;
      state.detach(two);
    }
    state.detach(one);
  }
  state.attach(two, second);
  state.attach(one, first);
  return undefined;
}

/** xorshift of 32 bits. */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  }

  below(count: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }
}
