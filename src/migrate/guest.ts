/**
 * What the guest feels of a migration: throughput lost, the longest it stands still, how long the slowest requests wait.
 *
 *   lost      = 1 − work done / work undisturbed, over the whole migration
 *   work rate = speed (throttle) · (1 − faults per second · fault cost) · share of the link where its traffic is limited
 *               · (1 − cores that sending takes beyond those that are free / vCPUs)
 *   gaps      = { downtime, once }, { throttle's sleep 10 ms · p / (1 − p), every 10 ms of running }, { fetch, per fault }
 *   waits     a request that arrives d before a gap's end waits d: P(wait > x) = Σ count · (length − x)⁺ / total
 *
 * Requests arrive evenly, each needs the guest to run; what queued up meanwhile is not counted. Costs of a tracking fault
 * are assumptions, not published: 2 us a write fault, 1 us a full page-modification log of 512 pages, 2 us a full ring of
 * 4096, and a look at the bitmap costs the guest nothing.
 *
 * Source: throttle: QEMU's documentation; the rest is arithmetic. Cost: O(rounds).
 */
import type { Migration, MigrationRound } from "./migration.ts";
import { shareLink } from "./share.ts";

export const trackings = ["write-protection", "page-modification-log", "ring", "none"] as const;
export type Tracking = (typeof trackings)[number];

/** What the guest feels, of one mode. */
export interface GuestPlan {
  readonly throughputLossPpm: number;
  /** In which it does not run at all. */
  readonly longestGapNs: number;
  /** Added to the 99th percentile of its requests' latency, of those that arrive during the migration. */
  readonly p99Ns: number;
  /** Pages fetched on demand; of post-copy and hybrid. */
  readonly faults: number;
  /** Its throughput while pages come behind it, of the undisturbed one; of post-copy and hybrid. */
  readonly whilePushedPpm?: number;
  /** Whether clients give up, where their timeout is known: they do when a gap and a round trip reach it. */
  readonly clientsTimeOut?: boolean;
}

/** A stretch in which the guest stands still, so many times. */
interface Gap {
  readonly seconds: number;
  readonly count: number;
}

/** A round, before it is said what the guest makes of it. */
type RoundBefore = Omit<MigrationRound, "guestPpm">;

const SLICE_S = 0.01;

/** Seconds a guest loses to tracking, per page written for the first time after a look. */
function trackingCostS(tracking: Tracking): number {
  if (tracking === "write-protection") return 2e-6;
  if (tracking === "page-modification-log") return 1e-6 / 512;
  return tracking === "ring" ? 2e-6 / 4096 : 0;
}

/** Pages pushed behind a guest that runs on the other side already. */
export interface Push {
  readonly seconds: number;
  readonly pages: number;
  /** The guest's own time at the switch. */
  readonly guestS: number;
}

/**
 * Sums up what the guest feels.
 *
 * @param rounds     of pre-copy
 * @param downtimeS  stands still at the end of them
 * @param push       what comes behind; absent: everything is there
 */
export function guestOf(
  migration: Migration,
  rounds: readonly RoundBefore[],
  downtimeS: number,
  push?: Push,
): GuestPlan {
  const gaps: Gap[] = [{ seconds: downtimeS, count: 1 }];
  let [totalS, workS] = [downtimeS + migration.latencyS, migration.latencyS];
  for (const [index, workedS] of workOf(migration, rounds).entries()) {
    const { ns, throttlePpm } = rounds[index]!;
    const part = throttlePpm / 1e6;
    totalS += ns / 1e9;
    workS += workedS;
    const running = (ns / 1e9) * (1 - part);
    if (part > 0) gaps.push({ seconds: (SLICE_S * part) / (1 - part), count: running / SLICE_S });
  }
  let [faults, pushS] = [0, 0];
  if (push !== undefined && push.seconds > 0) {
    const fetchS = migration.latencyS + 4096 / migration.bytesPerS;
    faults = faultsOf(migration, push, fetchS);
    totalS += push.seconds;
    const { bytesPerS } = migration;
    const part = trafficPart(migration, bytesPerS) * cpuPart(migration, bytesPerS);
    pushS = Math.max(0, push.seconds - faults * fetchS) * part;
    workS += pushS;
    gaps.push({ seconds: fetchS, count: faults });
  }
  const longestS = gaps.reduce(
    (longest, gap) => (gap.count > 0 ? Math.max(longest, gap.seconds) : longest),
    0,
  );
  return {
    throughputLossPpm: totalS > 0 ? Math.round(1e6 * Math.max(0, 1 - workS / totalS)) : 0,
    longestGapNs: Math.round(longestS * 1e9),
    p99Ns: Math.round(waitAt(0.01, gaps, totalS) * 1e9),
    faults: Math.round(faults),
    ...(push === undefined || push.seconds === 0
      ? {}
      : { whilePushedPpm: Math.round((1e6 * pushS) / push.seconds) }),
    ...(migration.clientTimeoutS === Infinity
      ? {}
      : { clientsTimeOut: longestS + migration.latencyS >= migration.clientTimeoutS }),
  };
}

/** Seconds of undisturbed work that the guest does in each round. */
export function workOf(migration: Migration, rounds: readonly RoundBefore[]): number[] {
  const cost = trackingCostS(migration.tracking);
  let guestS = 0;
  return rounds.map(({ ns, bytes, dirtiedPages, throttlePpm }) => {
    const seconds = ns / 1e9;
    const running = seconds * (1 - throttlePpm / 1e6);
    // Parked writers do nothing from then on.
    const working = Math.max(0, Math.min(running, migration.stunnedAtS - guestS));
    guestS += running;
    const rate = seconds > 0 ? bytes / seconds : 0;
    return (
      Math.max(0, working - dirtiedPages * cost) * trafficPart(migration, rate) * cpuPart(migration, rate)
    );
  });
}

/** Part of the guest's own traffic that gets through beside a migration at this rate. */
function trafficPart({ trafficBytesPerS, linkBytesPerS }: Migration, rate: number): number {
  if (trafficBytesPerS === 0) return 1;
  return shareLink(linkBytesPerS, rate, trafficBytesPerS).guest / trafficBytesPerS;
}

/** Part of the guest's processors that sending at this rate leaves it, on a host with so many cores free. */
export function cpuPart({ sendCores, spareCores, vcpus }: Migration, rate: number): number {
  if (spareCores === Infinity) return 1;
  return Math.max(0, 1 - Math.max(0, (sendCores * rate * 8) / 1e9 - spareCores) / vcpus);
}

/** The wait that a part of all requests exceeds: the sum over gaps falls with the wait, so halving finds it. */
function waitAt(part: number, gaps: readonly Gap[], totalS: number): number {
  const beyond = (wait: number): number =>
    gaps.reduce((sum, { seconds, count }) => sum + count * Math.max(0, seconds - wait), 0);
  let [low, high] = [0, Math.max(...gaps.map(({ seconds }) => seconds))];
  if (beyond(0) <= part * totalS) return 0;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (beyond(middle) > part * totalS) low = middle;
    else high = middle;
  }
  return high;
}

const STEPS = 32;

/**
 * Pages that the guest touches before they are pushed.
 *
 * At part x of the push a part x of the pages is there; the guest touches what it would dirty, slowed down by every
 * fetch. With bubbling a fault moves the push to where the guest is, half of it going each way: a guest that walks
 * through its memory faults only as far as it outruns that.
 *
 * Source: Hines and Gopalan, VEE 2009, §3 (push, bubbling); here the arithmetic of it.
 */
function faultsOf({ dirtying, bubbling, bytesPerS }: Migration, push: Push, fetchS: number): number {
  const stepS = push.seconds / STEPS;
  const walks = dirtying.name === "cyclic" || dirtying.name === "linear";
  let [touched, guestS, faults] = [0, 0, 0];
  for (let step = 0; step < STEPS; step += 1) {
    const missing = Math.max(0, 1 - (step + 0.5) / STEPS);
    const ahead = Math.min(push.pages, dirtying.distinct(push.guestS, guestS + stepS));
    const perS = Math.max(0, ahead - touched) / stepS;
    const outrun = walks && bubbling ? Math.max(0, 1 - bytesPerS / 2 / 4096 / Math.max(perS, 1e-9)) : 1;
    const faultsPerS = perS * missing * outrun;
    const ranS = stepS / (1 + faultsPerS * fetchS);
    faults += faultsPerS * ranS;
    guestS += ranS;
    touched += perS * ranS;
  }
  // The first touch of a guest that walks is a fault in any case.
  return Math.max(faults, Math.min(1, touched));
}
