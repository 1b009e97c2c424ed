/**
 * How much free memory a host wants, and the states that it goes through as free memory falls.
 *
 *   fixed        soft, hard, low below 4, 2, 1 % of memory; high again above 6 %
 *   min-free     the same with 64, 32, 16 and 100 % of minFree
 *   min-free-5   clear, soft, hard, low below 100, 64, 32, 16 % of minFree; high again above 400 %
 *
 *   minFree = 6 % of the first 4 GB + 4 % of the next 8 + 2 % of the next 16 + 1 % of the rest
 *
 *   free memory of a host with fixed thresholds, in percent, hysteresis 0.5
 *     6.5   soft -> high        a state is entered below its own threshold, and left for the better one
 *     4.5   hard -> soft        above that one's and a margin;
 *     4.0   high -> soft        several may be crossed at once
 *     2.5   low -> hard
 *     2.0   soft -> hard
 *     1.0   hard -> low
 *
 * What a host does in each is assembly/memory/reclaim.ts.
 * Source: Waldspurger OSDI'02 §6.3 for states and hysteresis; vSphere Resource Management and host settings for
 * minFree and its parts. The margin is published nowhere. Cost: O(states).
 */
import type { ReclaimSpec } from "../scenario/types.ts";
import { amountFault, shown } from "./numbers.ts";

/** From the best to the worst; their numbers are the core's. */
export const MEMORY_STATES = ["high", "clear", "soft", "hard", "low"] as const;
export type MemoryState = (typeof MEMORY_STATES)[number];
/** Sets of thresholds, as scenarios name them. */
export type StatesKind = ReclaimSpec["states"];

export interface StateThreshold {
  /** Fewer free pages mean this state, or a worse one. */
  readonly below: number;
  /** So many free pages, or more, mean a better one. */
  readonly above: number;
}

/** Whole pages. A set without `clear` has 0 and 0 there: it is never entered, and left at once. */
export interface MemoryThresholds {
  readonly clear: StateThreshold;
  readonly soft: StateThreshold;
  readonly hard: StateThreshold;
  readonly low: StateThreshold;
  /** Free pages that reclaiming aims at: just enough to leave soft. */
  readonly goalPages: number;
}

const GB = 2 ** 30;
const PAGE = 4096;
/** Slices of memory and the percentage of each that is to be free. */
const SLICES: readonly (readonly [bytes: number, percent: number])[] = [
  [4 * GB, 6],
  [8 * GB, 4],
  [16 * GB, 2],
  [Number.POSITIVE_INFINITY, 1],
];
/** minFree of a host of up to 4 GB. */
const MIN_FREE_PERCENT = 6;
/** In percent: of memory, else of minFree. */
const PERCENT = {
  fixed: { high: 6, soft: 4, hard: 2, low: 1 },
  "min-free": { high: 100, soft: 64, hard: 32, low: 16 },
  "min-free-5": { high: 400, clear: 100, soft: 64, hard: 32, low: 16 },
} as const satisfies Readonly<Record<StatesKind, Readonly<Partial<Record<MemoryState, number>>>>>;

/**
 * Memory that a host keeps free, by the sliding formula.
 *
 * @param memoryBytes  that it manages
 * @returns            bytes, parts of them too
 */
export function minFreeBytes(memoryBytes: number): number {
  refuse("memoryBytes", amountFault(memoryBytes), memoryBytes);
  let left = memoryBytes;
  let hundredfold = 0;
  for (const [bytes, percent] of SLICES) {
    const slice = Math.min(left, bytes);
    hundredfold += slice * percent;
    left -= slice;
  }
  return hundredfold / 100;
}

/**
 * Free memory at and above which a host of four states reclaims nothing, its *minfree*: 6 % of memory, or the sliding
 * minimum.
 *
 * @param memoryPages  that it manages
 * @returns            whole pages
 */
export function wantedFreePages(states: StatesKind, memoryPages: number): number {
  const isFixed = states === "fixed";
  return Math.round(
    isFixed ? (PERCENT.fixed.high * memoryPages) / 100 : minFreeBytes(memoryPages * PAGE) / PAGE,
  );
}

/**
 * Thresholds of a host's states.
 *
 * @param memoryPages    that it manages, whole
 * @param hysteresisPpm  the margin, 0 … 1_000_000: of memory; with minFree of the memory that it is 6 % of, which is
 *                       the same up to 4 GB
 */
export function memoryThresholds(
  states: StatesKind,
  memoryPages: number,
  hysteresisPpm: number,
): MemoryThresholds {
  refuse("memoryPages", wholeFault(memoryPages), memoryPages);
  if (!(hysteresisPpm >= 0 && hysteresisPpm <= 1e6)) {
    refuse("hysteresisPpm", "expected 0 to 1000000", hysteresisPpm);
  }
  const isFixed = states === "fixed";
  const whole = isFixed ? memoryPages : minFreeBytes(memoryPages * PAGE) / PAGE;
  const scaled = isFixed ? whole : (whole * 100) / MIN_FREE_PERCENT;
  const margin = (scaled * hysteresisPpm) / 1e6;
  const pagesOf = (percent: number): number => (percent * whole) / 100;
  const between = (own: number, better: number): StateThreshold => ({
    below: Math.ceil(pagesOf(own)),
    above: Math.floor(pagesOf(better) + margin) + 1,
  });
  const percent: Readonly<Record<Exclude<MemoryState, "clear">, number> & { clear?: number }> =
    PERCENT[states];
  const { high, clear, soft } = percent;
  const left = between(soft, clear ?? high);
  return {
    clear: clear === undefined ? { below: 0, above: 0 } : between(clear, high),
    soft: left,
    hard: between(percent.hard, soft),
    low: between(percent.low, percent.hard),
    goalPages: left.above,
  };
}

/**
 * The state that follows.
 *
 * @param state      number in MEMORY_STATES, 0: high
 * @param freePages  now
 * @returns          number of the worst state whose threshold free memory is below; if none is worse than `state`, that
 *                   or a better one: states are left one after the other
 */
export function nextState(
  { clear, soft, hard, low }: MemoryThresholds,
  state: number,
  freePages: number,
): number {
  const thresholds = [undefined, clear, soft, hard, low];
  for (let worse = MEMORY_STATES.length - 1; worse > state; worse -= 1) {
    if (freePages < thresholds[worse]!.below) return worse;
  }
  let next = state;
  while (next > 0 && freePages >= thresholds[next]!.above) next -= 1;
  return next;
}

function wholeFault(value: number): string | undefined {
  return amountFault(value) ?? (Number.isSafeInteger(value) ? undefined : "expected a whole number of pages");
}

function refuse(path: string, expected: string | undefined, got: unknown): void {
  if (expected !== undefined) throw new RangeError(`${path}: ${expected}, got ${shown(got)}`);
}
