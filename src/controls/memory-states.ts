/**
 * How much free memory a host wants, and the states that it goes through as free memory falls.
 *
 *   esx2   soft, hard, low below 4, 2, 1 % of memory; high again above 6 %
 *   esx4   the same with 64, 32, 16 and 100 % of minFree
 *   esx6   clear, soft, hard, low below 100, 64, 32, 16 % of minFree; high again above 400 %
 *
 *   minFree = 6 % of the first 4 GB + 4 % of the next 8 + 2 % of the next 16 + 1 % of the rest
 *
 *   free pages of an esx2 host, in percent        a state is entered below its own threshold, and left for the
 *     6.5 ── soft -> high                           better one above that one's threshold and a margin
 *     6.0     |       4.5 ── hard -> soft
 *     4.0 ── high -> soft     |        2.25 ── low -> hard
 *             2.0 ── soft -> hard       |
 *                     1.0 ── hard -> low
 *
 * Any number of states may be crossed at once. Free memory that goes up and down by less than the way between a
 * threshold and the next better one, margin included, changes the state once at most.
 *
 * Source: Waldspurger OSDI'02 §6.3 for states, actions and hysteresis; vSphere Resource Management and 6.x host
 * settings for minFree and its parts. The margin is published nowhere: here it is a part of the way to the better
 * state's threshold. Cost: O(states).
 */
import { amountFault, shown } from "./numbers.ts";

export const MEMORY_STATES = ["high", "clear", "soft", "hard", "low"] as const;
export type MemoryState = (typeof MEMORY_STATES)[number];
/** Generations of the systems modelled, as scenarios name them. */
export type StatesProfile = "esx2" | "esx4" | "esx6";

/** What a host does in a state; each only where the scenario has the mechanism. */
export interface StateActions {
  /** Splits large pages, so that sharing can find what is in them. */
  readonly breakLarge: boolean;
  /** Shares at once, not at the scan's pace. */
  readonly share: boolean;
  readonly balloon: boolean;
  readonly compress: boolean;
  readonly swap: boolean;
  /** VMs above their target wait until they are not. */
  readonly block: boolean;
}

/** Numbers that a core can take as they are: all whole, all within the host's memory and one. By number of state. */
export interface MemoryThresholds {
  /** Free pages below it mean this state, or a worse one. */
  readonly enterBelowPages: Float64Array;
  /** Free pages above it mean a better state. Of `high` all memory, since there is none better. */
  readonly leaveAbovePages: Float64Array;
  /** Free pages that reclaiming aims at: just enough to leave soft. */
  readonly goalPages: number;
  /** Large pages are broken below so many free pages; 0: the profile does not. */
  readonly breakLargeBelowPages: number;
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
/** Thresholds in percent: of memory in esx2, else of minFree. A profile without `clear` goes from soft to high. */
const PERCENT: Readonly<Record<StatesProfile, Readonly<Partial<Record<MemoryState, number>>>>> = {
  esx2: { high: 6, soft: 4, hard: 2, low: 1 },
  esx4: { high: 100, soft: 64, hard: 32, low: 16 },
  esx6: { high: 400, clear: 100, soft: 64, hard: 32, low: 16 },
};
/** Part of the way to the better state's threshold that free memory has to go beyond it. */
export const MARGIN_PPM = 250_000;

const NONE = { breakLarge: false, share: false, balloon: false, compress: false, swap: false, block: false };
const ACTIONS: Readonly<Record<StatesProfile, Readonly<Partial<Record<MemoryState, StateActions>>>>> = {
  esx2: {
    soft: { ...NONE, balloon: true },
    hard: { ...NONE, swap: true },
    low: { ...NONE, swap: true, block: true },
  },
  esx4: {
    soft: { ...NONE, balloon: true },
    hard: { ...NONE, compress: true, swap: true },
    low: { ...NONE, compress: true, swap: true, block: true },
  },
  esx6: {
    clear: { ...NONE, breakLarge: true, share: true },
    soft: { ...NONE, breakLarge: true, share: true, balloon: true },
    hard: { ...NONE, breakLarge: true, share: true, compress: true, swap: true },
    low: { ...NONE, compress: true, swap: true, block: true },
  },
};

/**
 * What a host does to reclaim memory in a state. Where ballooning is not possible soft pages too, which is for the
 * mechanisms to see.
 */
export function actionsOf(profile: StatesProfile, state: MemoryState): StateActions {
  return ACTIONS[profile][state] ?? NONE;
}

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
 * Thresholds of a host's states.
 *
 * @param memoryPages  that it manages, whole
 * @param marginPpm    how far above the better state's threshold free memory must be, 0 … 1_000_000 ppm of the way
 *                     between the two thresholds
 */
export function memoryThresholds(
  profile: StatesProfile,
  memoryPages: number,
  marginPpm: number = MARGIN_PPM,
): MemoryThresholds {
  refuse("memoryPages", wholeFault(memoryPages), memoryPages);
  if (!(marginPpm >= 0 && marginPpm <= 1e6)) refuse("marginPpm", "expected 0 to 1000000", marginPpm);
  const whole = profile === "esx2" ? memoryPages : minFreeBytes(memoryPages * PAGE) / PAGE;
  const parts = PERCENT[profile];
  const pagesOf = (percent: number): number => (percent * whole) / 100;
  const enterBelowPages = new Float64Array(MEMORY_STATES.length);
  const leaveAbovePages = new Float64Array(MEMORY_STATES.length);
  enterBelowPages[0] = memoryPages + 1;
  leaveAbovePages[0] = memoryPages;
  let better = parts.high!;
  for (const [number, state] of MEMORY_STATES.entries()) {
    if (number === 0) continue;
    // A state that the profile has not is entered where the next one is, which is worse, and left where that is left.
    const own = parts[state] ?? parts.soft!;
    enterBelowPages[number] = Math.ceil(pagesOf(own));
    leaveAbovePages[number] = Math.floor(pagesOf(better + ((better - own) * marginPpm) / 1e6));
    if (parts[state] !== undefined) better = own;
  }
  const breakLargeBelowPages = parts.clear === undefined ? 0 : Math.ceil(pagesOf(parts.high!));
  return { enterBelowPages, leaveAbovePages, goalPages: leaveAbovePages[2]! + 1, breakLargeBelowPages };
}

/**
 * The state that follows.
 *
 * @param state      number in MEMORY_STATES, 0: high
 * @param freePages  now
 * @returns          number of the state: the worst whose threshold free memory is below, else as good as it is above
 *                   what leaves `state` and those better than it, one after the other
 */
export function nextState(
  { enterBelowPages, leaveAbovePages }: MemoryThresholds,
  state: number,
  freePages: number,
): number {
  for (let worse = MEMORY_STATES.length - 1; worse > state; worse -= 1) {
    if (freePages < enterBelowPages[worse]!) return worse;
  }
  let next = state;
  while (next > 0 && freePages > leaveAbovePages[next]!) next -= 1;
  return next;
}

function wholeFault(value: number): string | undefined {
  return amountFault(value) ?? (Number.isSafeInteger(value) ? undefined : "expected a whole number of pages");
}

function refuse(path: string, expected: string | undefined, got: unknown): void {
  if (expected !== undefined) throw new RangeError(`${path}: ${expected}, got ${shown(got)}`);
}
