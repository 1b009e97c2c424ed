/** Replacement policies side by side on one trace. */
import type { PageTrace } from "../trace/index.ts";
import { arcFaults } from "./arc.ts";
import { lfuFaults } from "./lfu.ts";
import { type LruCurve, lruCurve } from "./lru.ts";
import { nextUses, optFaults } from "./opt.ts";
import type { FaultCounts, Replay } from "./policy.ts";
import { clockFaults, fifoFaults } from "./ring.ts";
import { twoQueueFaults } from "./two-queue.ts";
import { mruFaults, randomFaults } from "./yardsticks.ts";

export const REPLACEMENT_POLICIES = [
  "lru",
  "fifo",
  "clock",
  "opt",
  "2q",
  "arc",
  "lfu",
  "mru",
  "random",
] as const;
export type ReplacementPolicy = (typeof REPLACEMENT_POLICIES)[number];

/** The policies that are compared if nobody says which. */
export const POLICIES_ABSENT: readonly ReplacementPolicy[] = ["lru", "fifo", "clock", "opt"];

export interface ReplacementOptions {
  /** Numbers of frames, each a whole number of at least 1; see `usualFrames` if absent. */
  readonly frames?: readonly number[] | undefined;
  /** `lru fifo clock opt` if absent. */
  readonly policies?: readonly ReplacementPolicy[] | undefined;
  /** Of `random`: whole, 0 … 2^53 − 1; 1 if absent. */
  readonly seed?: number | undefined;
}

export interface ReplacementFaults extends FaultCounts {
  readonly policy: ReplacementPolicy;
  readonly frames: number;
}

const SEED_ABSENT = 1;

/**
 * Counts the faults and write-backs of policies on a trace: policy by policy as given, for each number of frames as given.
 *
 * @param trace  of `readPageTrace` or `pageTraceOf`
 * @throws       RangeError for frames, policies or a seed that are none
 */
export function replacementFaults(trace: PageTrace, options: ReplacementOptions = {}): ReplacementFaults[] {
  return [...replacements(trace, options)];
}

/**
 * The same one by one, so that the caller may do something in between.
 *
 * @param curve  of the trace, if the caller has it
 */
export function* replacements(
  trace: PageTrace,
  options: ReplacementOptions,
  curve?: LruCurve,
): Generator<ReplacementFaults, void> {
  const { frames: counts = usualFrames(trace), policies = POLICIES_ABSENT, seed = SEED_ABSENT } = options;
  check(counts, policies, seed);
  for (const policy of policies) {
    const replay = replayOf(policy, trace, { seed, curve });
    for (const frames of counts) yield { policy, frames, ...replay(trace, frames) };
  }
}

/** Powers of two from 4 on, below the distinct pages of a trace; with few pages, all numbers of frames below them. */
export function usualFrames({ pageNumbers }: Pick<PageTrace, "pageNumbers">): number[] {
  const below: number[] = [];
  for (let frames = 4; frames < pageNumbers.length; frames *= 2) below.push(frames);
  if (below.length > 1) return below;
  return Array.from({ length: Math.max(1, pageNumbers.length - 1) }, (_, index) => index + 1);
}

/** What all numbers of frames have in common is computed here, once. */
function replayOf(
  policy: ReplacementPolicy,
  trace: PageTrace,
  { seed, curve }: { seed: number; curve: LruCurve | undefined },
): Replay {
  switch (policy) {
    case "lru": {
      const { faults, writeBacks } = curve ?? lruCurve(trace);
      return (_, frames) => {
        const index = Math.min(frames, trace.pageNumbers.length);
        return { faults: faults[index]!, writeBacks: writeBacks[index]! };
      };
    }
    case "opt": {
      const next = nextUses(trace);
      return (_, frames) => optFaults(trace, frames, next);
    }
    case "random":
      return (_, frames) => randomFaults(trace, frames, seed);
    default:
      return ALONE[policy];
  }
}

const ALONE: Readonly<Record<Exclude<ReplacementPolicy, "lru" | "opt" | "random">, Replay>> = {
  fifo: fifoFaults,
  clock: clockFaults,
  "2q": twoQueueFaults,
  arc: arcFaults,
  lfu: lfuFaults,
  mru: mruFaults,
};

function check(counts: readonly number[], policies: readonly string[], seed: number): void {
  for (const [index, frames] of counts.entries()) {
    if (!(Number.isSafeInteger(frames) && frames >= 1))
      throw new RangeError(`frames[${index}]: expected a whole number of at least 1, got ${frames}`);
  }
  const known: readonly string[] = REPLACEMENT_POLICIES;
  for (const [index, policy] of policies.entries()) {
    if (!known.includes(policy))
      throw new RangeError(`policies[${index}]: expected one of ${known.join(", ")}, got ${policy}`);
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new RangeError(`seed: expected a whole number of at least 0, got ${seed}`);
}
