/**
 * p99 target: reserves for a VM until 99 of 100 operations take no longer than asked for, and gives back slowly.
 *
 *   p99 > target         reservation  = max(reservation + 10 % of a pCPU, used + half of what it waited for)
 *                        shares × 2, up to 16 × given: for what it uses beyond
 *   p99 < 0.6 · target   2 % of a pCPU of the reservation goes back while it is above 1.25 × used, and a tenth of the
 *                        extra shares; never below what the scenario gives
 *   nothing finished, and it waited       as p99 > target
 *
 * p99 is that of the operations since it last decided, so `every` should be long enough for a hundred or so.
 * Reservations take what admission lets through; where that is nothing, shares alone are left.
 * Source: ballast's own: additive increase, slow decrease. Cost: O(VMs) each time.
 */
import { type CpuPolicy, type CpuTargets, type CpuView, SHARES_MAX } from "./policy.ts";
import { means } from "./vm-names.ts";

export interface P99TargetOptions {
  /** For every VM that completes operations, ns; 10 ms if there is no target at all. */
  readonly targetNs?: number;
  /** By name of a VM or group; before `targetNs`. */
  readonly vmTargetNs?: ReadonlyMap<string, number>;
}

const TARGET_NS = 10_000_000;
const SHARES_TIMES = 16;
const SLACK = 0.6;
/** Reserved beside what is used, for the next burst. */
const HEADROOM = 1.25;

export function p99Target(options: P99TargetOptions = {}): CpuPolicy {
  const own = [...(options.vmTargetNs ?? [])];
  const targetNs = options.targetNs ?? (own.length === 0 ? TARGET_NS : undefined);
  return {
    name: "p99-target",
    decide(view, targets) {
      if (view.elapsedNs === 0) return;
      view.vmNames.forEach((name, vm) => {
        const named = own.find(([option]) => means(option, name))?.[1];
        const target = named ?? (view.vmOperationsEver[vm]! > 0 ? targetNs : undefined);
        if (target === undefined) return;
        if (view.vmOn[vm] === 1) adapt(view, targets, vm, target);
        else {
          // What it came to before it was switched off must not keep it from coming back.
          targets.vmReservationMhz[vm] = view.vmGivenReservationMhz[vm]!;
          targets.because(vm, "It is off: what it was given beyond its own goes back.");
        }
      });
    },
  };
}

function adapt(view: CpuView, targets: CpuTargets, vm: number, targetNs: number): void {
  const p99Ns = view.vmLatencyP99Ns[vm]!;
  const readyPpm = view.vmReadyPpm[vm]!;
  const inputs = { p99Ns, targetNs, usedMhz: Math.round(view.vmUsedMhz[vm]!) };
  if (p99Ns > targetNs || (p99Ns < 0 && readyPpm > 0)) {
    const did = raise(view, targets, vm);
    const what = p99Ns < 0 ? "Nothing was finished" : `p99 is ${msText(p99Ns)}, above ${msText(targetNs)}`;
    targets.because(vm, `${what}: it gets ${did}.`, inputs);
  } else if (p99Ns < SLACK * targetNs && giveBack(view, targets, vm)) {
    const what =
      p99Ns < 0 ? "It had nothing to do" : `p99 is ${msText(p99Ns)}, well below ${msText(targetNs)}`;
    targets.because(vm, `${what}: a little goes back.`, inputs);
  }
}

function raise(view: CpuView, targets: CpuTargets, vm: number): string {
  const { pcpuMhz } = view;
  const most = view.vmVcpus[vm]! * pcpuMhz;
  const waitedMhz = (view.vmReadyPpm[vm]! * most) / 1e6;
  const before = targets.vmReservationMhz[vm]!;
  const wanted = Math.max(before + pcpuMhz / 10, view.vmUsedMhz[vm]! + waitedMhz / 2);
  // Never less than it has: admission only refuses what is more.
  const got = targets.reserve(vm, Math.max(before, Math.min(most, wanted)));
  const cap = Math.min(SHARES_MAX, Math.max(targets.vmShares[vm]!, SHARES_TIMES * view.vmGivenShares[vm]!));
  targets.vmShares[vm] = Math.min(cap, targets.vmShares[vm]! * 2);
  return got > before ? `${Math.round(got)} MHz reserved` : "more shares, for no more can be reserved";
}

/** @returns whether there was something to give back */
function giveBack(view: CpuView, targets: CpuTargets, vm: number): boolean {
  const [reserved, shares] = [targets.vmReservationMhz[vm]!, targets.vmShares[vm]!];
  const givenShares = view.vmGivenShares[vm]!;
  const least = Math.max(view.vmGivenReservationMhz[vm]!, HEADROOM * view.vmUsedMhz[vm]!);
  if (reserved > least) targets.vmReservationMhz[vm] = Math.max(least, reserved - view.pcpuMhz / 50);
  if (shares > givenShares) targets.vmShares[vm] = shares - Math.ceil((shares - givenShares) / 10);
  return reserved > least || shares > givenShares;
}

function msText(ns: number): string {
  return `${(ns / 1e6).toPrecision(3)} ms`;
}
