/**
 * Latency bound: a VM that waits too long for a processor gets more shares, and gives them back slowly.
 *
 *   wait     ready time per operation, against `bound`; or ready part of the time, against `ready`
 *   wait > bound        shares × 2, up to 1,000,000
 *   wait < bound / 2    a tenth of what it has above its given shares goes back
 *
 * Whom it protects: the VMs of `vms`; without it all that complete operations, for theirs is a latency.
 * Source: ballast's own; 5 % ready is VMware's rule of thumb for a vCPU. Cost: O(VMs) each time.
 */
import { type CpuPolicy, type CpuTargets, type CpuView, SHARES_MAX } from "./policy.ts";
import { placeIn } from "./vm-names.ts";

export interface LatencyBoundOptions {
  /** Ready time per operation, ns. */
  readonly boundNs?: number;
  /** Ready part of the vCPUs' time, ppm; 50_000 if neither is given. With both, either may be exceeded. */
  readonly readyPpm?: number;
  /** Names of VMs or groups; absent: all that complete operations. */
  readonly vms?: readonly string[];
}

const READY_PPM = 50_000;

export function latencyBound(options: LatencyBoundOptions = {}): CpuPolicy {
  const { boundNs, vms } = options;
  const readyPpm = options.readyPpm ?? (boundNs === undefined ? READY_PPM : undefined);
  return {
    name: "latency-bound",
    decide(view, targets) {
      if (view.elapsedNs === 0) return;
      for (let vm = 0; vm < view.vmNames.length; vm += 1) {
        const isMeant =
          vms === undefined ? view.vmOperationsEver[vm]! > 0 : placeIn(vms, view.vmNames[vm]!) >= 0;
        if (isMeant) adapt(view, targets, vm, boundNs, readyPpm);
      }
    },
  };
}

function adapt(
  view: CpuView,
  targets: CpuTargets,
  vm: number,
  boundNs: number | undefined,
  readyPpm: number | undefined,
): void {
  const ready = view.vmReadyPpm[vm]!;
  const operations = Math.max(1, view.vmOperations[vm]!);
  const waitNs = Math.round((ready * view.elapsedNs * view.vmVcpus[vm]!) / 1e6 / operations);
  const parts = [
    ...(boundNs === undefined ? [] : [waitNs / boundNs]),
    ...(readyPpm === undefined ? [] : [ready / readyPpm]),
  ];
  const wait = Math.max(...parts);
  const [shares, given] = [targets.vmShares[vm]!, view.vmGivenShares[vm]!];
  const inputs = { readyPpm: Math.round(ready), waitNs };
  const times = `${Math.round(wait * 100)} % of its bound`;
  if (wait > 1) {
    targets.vmShares[vm] = Math.min(SHARES_MAX, shares * 2);
    targets.because(vm, `It waited for ${times}: its shares double.`, inputs);
  } else if (wait < 0.5 && shares > given) {
    targets.vmShares[vm] = shares - Math.ceil((shares - given) / 10);
    targets.because(vm, `It waited for ${times}: a tenth of its extra shares goes back.`, inputs);
  }
}
