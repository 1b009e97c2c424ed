/**
 * What comes after a round of pre-copy: another one at what rate, or the end.
 *
 *   qemu       remainder < rate × downtime limit        clark    next rate = dirtied / time + 50 Mbit/s, up to the highest
 *   vmotion    at most 16 MiB, or less than 1 MiB off   xen      fewer than 50 pages, 29 rounds, 3 × the memory
 *   remaining  at most the threshold
 *
 * The same rules as those of the plans in src/migrate, here on what really was sent and dirtied.
 * Source: NSDI'05 §3.2, §4.4; USENIX'05; QEMU's documentation.
 */
import type { MoveSpec } from "../scenario/types.ts";
import { type MoveReason, reasonOf } from "./move-reasons.ts";
import { ROUNDS } from "./plan-moving.ts";
import type { World } from "./world.ts";

const PAGE = 4096;
const MIB = 2 ** 20;
const PATIENCE = 16;
const PERIOD_NS = 1e9;

export interface Verdict {
  readonly converged: boolean;
  readonly reason: MoveReason;
}

/** A finished round, as its columns hold it. */
export interface Round {
  readonly pages: number;
  readonly bytes: number;
  readonly ns: number;
  readonly dirtied: number;
  readonly waiting: number;
}

export function roundOf({ columns }: World, move: number, round: number): Round {
  const row = move * ROUNDS + Math.min(round, ROUNDS) - 1;
  return {
    pages: columns.roundPages[row]!,
    bytes: columns.roundBytes.get(row),
    ns: columns.roundLengthNs.get(row),
    dirtied: columns.roundDirtied[row]!,
    waiting: columns.roundWaiting[row]!,
  };
}

/** Pages below which rule qemu stops, at the rate that the migration has now. */
export function qemuPages({ columns }: World, move: number, spec: MoveSpec): number {
  return Math.floor(((columns.moveShareBps.get(move) / 8) * (spec.downtimeLimitNs / 1e9)) / PAGE);
}

/** The rate limit of the next round, bit/s. */
export function nextRate(world: World, move: number, spec: MoveSpec): number {
  const rate = spec.bps ?? 1e12;
  if (spec.rule !== "clark") return rate;
  const round = world.columns.moveRound[move]!;
  if (round === 0) return spec.rateMinBps;
  const { ns, waiting } = roundOf(world, move, round);
  return Math.max(spec.rateMinBps, Math.round((ns > 0 ? (waiting * PAGE * 8e9) / ns : 0) + spec.rateStepBps));
}

/** Whether pre-copy is over; undefined: another round. */
export function judge(world: World, move: number, spec: MoveSpec, rate: number): Verdict | undefined {
  const { columns, nowNs } = world;
  const round = columns.moveRound[move]!;
  const last = roundOf(world, move, round);
  const done = (reason: MoveReason): Verdict => ({ converged: true, reason });
  const undone = (reason: MoveReason): Verdict => ({ converged: false, reason });
  const verdict = byRule(world, move, spec, rate);
  if (verdict !== undefined) return verdict;
  if (spec.ratioPpm !== undefined && last.waiting * 1e6 > spec.ratioPpm * last.pages) {
    return undone("a round did not shrink the remainder enough");
  }
  if (spec.mode === "hybrid" && round >= (spec.rounds ?? 1)) {
    return done("what is dirty at the switch goes over behind the guest");
  }
  if (spec.rounds !== undefined && round >= spec.rounds) return undone("as many rounds as were asked for");
  if (spec.giveUpNs !== undefined && nowNs - columns.moveBegunNs.get(move) >= spec.giveUpNs) {
    return undone("given up after the time that was asked for");
  }
  const stuck = "the guest dirties its working set as fast as it is sent";
  return isStuck(world, move, round) ? undone(stuck) : undefined;
}

function byRule(world: World, move: number, spec: MoveSpec, rate: number): Verdict | undefined {
  const { columns } = world;
  const round = columns.moveRound[move]!;
  const { pages, waiting } = roundOf(world, move, round);
  const left = waiting * PAGE;
  const end = (converged: boolean, reason: MoveReason): Verdict => ({ converged, reason });
  switch (spec.rule) {
    case "qemu":
      if (waiting < qemuPages(world, move, spec) || waiting === 0)
        return end(true, "the remainder can be sent within the downtime limit");
      return undefined;
    case "clark":
      if (left < MIB / 4) return end(true, "less than 256 KiB remain");
      if (rate > spec.rateMaxBps) return end(false, "the next round would exceed the highest rate");
      return undefined;
    case "vmotion":
      if (left <= 16 * MIB) return end(true, "at most 16 MiB remain");
      if (round > 1 && (pages - waiting) * PAGE < MIB) return end(false, "a round took less than 1 MiB off");
      return undefined;
    case "xen": {
      if (waiting < 50) return end(true, "less than 50 pages remain");
      if (round >= 29) return end(false, "29 rounds");
      const memory = columns.vmPpnCount[columns.moveVm[move]!]! * PAGE;
      return columns.moveBytes.get(move) > 3 * memory
        ? end(false, "three times the memory was sent")
        : undefined;
    }
    default: {
      const most = spec.thresholdPages ?? qemuPages(world, move, spec);
      return waiting <= most ? end(true, "the remainder is below the threshold") : undefined;
    }
  }
}

/** So many rounds without a new least remainder, and the guest is not being slowed down: it will not get better. */
function isStuck(world: World, move: number, round: number): boolean {
  const { columns } = world;
  let least = Infinity;
  let worse = 0;
  let throttle = 0;
  for (let at = 1; at <= Math.min(round, ROUNDS); at += 1) {
    const { waiting } = roundOf(world, move, at);
    const now = columns.roundThrottlePpm[move * ROUNDS + at - 1]!;
    // Chance alone makes some rounds a little smaller.
    worse = waiting < 0.98 * least || now > throttle ? 0 : worse + 1;
    least = Math.min(least, waiting);
    throttle = now;
  }
  return worse >= PATIENCE || round > 1000;
}

/** Auto-converge: slower and slower, where a guest dirties half as fast as is sent over a second and more. */
export function throttle(world: World, move: number): void {
  const { columns } = world;
  const vm = columns.moveVm[move]!;
  const round = columns.moveRound[move]!;
  const first = columns.movePeriodRound[move]! + 1;
  const sums = { ns: 0, dirtied: 0, bytes: 0 };
  for (let at = first; at <= Math.min(round, ROUNDS); at += 1) {
    const { ns, dirtied, bytes } = roundOf(world, move, at);
    sums.ns += ns;
    sums.dirtied += dirtied * PAGE;
    sums.bytes += bytes;
  }
  if (sums.ns < PERIOD_NS) return;
  columns.movePeriodRound[move] = round;
  if (sums.dirtied <= sums.bytes / 2) return;
  columns.moveHits[move]! += 1;
  if (columns.moveHits[move]! < 2) return;
  columns.moveHits[move] = 0;
  const now = columns.vmThrottlePpm[vm]!;
  columns.vmThrottlePpm[vm] = now === 0 ? 200_000 : Math.min(990_000, now + 100_000);
}

export { reasonOf };
