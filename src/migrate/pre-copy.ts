/**
 * Pre-copy whose rounds run to their end: send what is dirty, look what became dirty meanwhile, until the rule says stop.
 *
 *   V₀ = M     T_i = V_i / b_i     V_{i+1} = D(T_i)     stop: V_n goes over while the guest stands still
 *
 *   clark      b_{i+1} = max(m, D/T + 50 Mbit/s); stop at V ≤ 256 KiB, or when b would exceed the highest
 *   vmotion    stop at V ≤ 16 MiB, or when a round takes less than 1 MiB off
 *   xen        stop at V < 50 pages, after 29 rounds, or when 3 × M was sent
 *   remaining  stop at V ≤ threshold
 *   all        stop after so many rounds, or when V_{i+1} > ratio × V_i, where such a limit was asked for
 *
 * Source: Clark et al., NSDI 2005, §3.2, §4.4; Nelson et al., USENIX 2005; Xen's tools (as in the facts, known, not read).
 * Cost: O(rounds).
 */
import { pageBytes } from "../scenario/units.ts";
import type { Migration, MigrationRound } from "./migration.ts";
import { firstPass, pageCost } from "./wire.ts";

/** What a pre-copy of any rule leads to. */
export interface PreCopy {
  readonly rounds: readonly MigrationRound[];
  readonly seconds: number;
  readonly bytes: number;
  readonly normalPages: number;
  readonly zeroPages: number;
  /** Pages that wait when the guest is stopped, and how many of them are zero. */
  readonly leftPages: number;
  readonly leftZeroPages: number;
  /** What they cost then. */
  readonly leftBytes: number;
  /** At which they are sent. */
  readonly lastBytesPerS: number;
  readonly looks: number;
  /** The guest's own time that passed. */
  readonly guestS: number;
  readonly converged: boolean;
  readonly reason: string;
  /** Shortest and longest, where it hangs on what is not known; absent where it does not. */
  readonly bounds?: { readonly leastS: number; readonly mostS: number };
}

interface Verdict {
  readonly converged: boolean;
  readonly reason: string;
}

interface Look {
  readonly round: number;
  readonly sentPages: number;
  readonly leftPages: number;
  readonly seconds: number;
  readonly totalBytes: number;
}

const MIB = 1 << 20;
/** So many rounds without a new least remainder: it will not get better. */
export const PATIENCE = 16;
const ROUNDS_MAX = 10_000;
export const stuck: Verdict = {
  converged: false,
  reason: "the guest dirties its working set as fast as it is sent",
};

/** Runs rounds to their ends under a rule other than qemu. */
export function roundsToTheEnd(migration: Migration, roundsMax = migration.roundsMax): PreCopy {
  const { dirtying, memoryPages, zeroPages } = migration;
  const { again } = pageCost(migration);
  const pass = firstPass(migration);
  const rounds: MigrationRound[] = [];
  let rate = migration.rule === "clark" ? migration.rateMin : migration.bytesPerS;
  let [pages, seconds, bytes, least, worse] = [memoryPages, 0, 0, Infinity, 0];
  let verdict = roundsMax === 0 ? counted(0) : undefined;
  while (verdict === undefined) {
    const sent = rounds.length === 0 ? pass.bytesUntil(memoryPages) : pages * again;
    const span = sent / rate + (rounds.length === 0 ? migration.swapWaitS : 0);
    const dirtied = dirtying.distinct(seconds, span);
    rounds.push({ pages, bytes: sent, ns: span * 1e9, dirtiedPages: dirtied, throttlePpm: 0 });
    seconds += span;
    bytes += sent;
    worse = dirtied < least * (1 - 1e-9) ? 0 : worse + 1;
    least = Math.min(least, dirtied);
    const look: Look = {
      round: rounds.length,
      sentPages: pages,
      leftPages: dirtied,
      seconds: span,
      totalBytes: bytes,
    };
    const next = migration.rule === "clark" ? clarkRate(migration, look) : rate;
    verdict =
      judge(migration, look, next) ??
      (rounds.length >= roundsMax ? counted(roundsMax) : undefined) ??
      (seconds >= migration.giveUpS ? gaveUp(migration.giveUpS) : undefined) ??
      (migration.rule === "remaining" && worse >= PATIENCE ? stuck : undefined) ??
      (rounds.length >= ROUNDS_MAX ? stuck : undefined);
    pages = dirtied;
    rate = next;
  }
  const none = rounds.length === 0;
  return {
    rounds,
    seconds,
    bytes,
    normalPages: rounds.reduce((sum, round) => sum + round.pages, 0) - (none ? 0 : zeroPages),
    zeroPages: none ? 0 : zeroPages,
    leftPages: pages,
    leftZeroPages: none ? zeroPages : 0,
    leftBytes: none ? pass.bytesUntil(memoryPages) : pages * again,
    lastBytesPerS: migration.rule === "clark" ? migration.rateMax : migration.bytesPerS,
    looks: rounds.length + 1,
    guestS: seconds,
    ...verdict,
  };
}

export function counted(rounds: number): Verdict {
  return { converged: false, reason: `${rounds} rounds, as many as were asked for` };
}

export function gaveUp(seconds: number): Verdict {
  return { converged: false, reason: `given up after ${Number(seconds.toFixed(3))} s` };
}

/** The next round's rate under Clark's rule: 50 Mbit/s above what the guest dirtied. */
function clarkRate({ rateMin, rateStep }: Migration, { leftPages, seconds }: Look): number {
  return Math.max(rateMin, (seconds > 0 ? (leftPages * pageBytes) / seconds : 0) + rateStep);
}

function judge(migration: Migration, look: Look, nextRate: number): Verdict | undefined {
  const { leftPages, round, sentPages, totalBytes } = look;
  const leftBytes = leftPages * pageBytes;
  const done = (reason: string): Verdict => ({ converged: true, reason });
  const undone = (reason: string): Verdict => ({ converged: false, reason });
  const aboveRatio = leftPages > migration.ratio * sentPages;
  switch (migration.rule) {
    case "clark":
      if (leftBytes < MIB / 4) return done("less than 256 KiB remain");
      if (nextRate > migration.rateMax * (1 + 1e-12))
        return undone("the next round would exceed the highest rate");
      break;
    case "vmotion":
      if (leftBytes <= 16 * MIB) return done("at most 16 MiB remain");
      if (round > 1 && (sentPages - leftPages) * pageBytes < MIB)
        return undone("a round took less than 1 MiB off");
      break;
    case "xen":
      if (leftPages < 50) return done("less than 50 pages remain");
      if (round >= 29) return undone("29 rounds");
      if (totalBytes > 3 * migration.memoryPages * pageBytes)
        return undone("three times the memory was sent");
      break;
    default:
      if (leftBytes <= migration.thresholdBytes) return done("the remainder is below the threshold");
  }
  return aboveRatio ? undone("a round did not shrink the remainder enough") : undefined;
}
