/**
 * A cluster in which nobody moves, as one would write it down: objects, host by host, VM by VM.
 *
 * Oracle of the cluster's interval, and what its bench is measured against.
 */
import type { ClusterSpec } from "../../../src/index.ts";

export interface StillResult {
  readonly energyKwh: number;
  /** MHz × intervals per VM. */
  readonly delivered: readonly number[];
  readonly shortIntervals: number;
}

interface Guest {
  readonly row: number;
  readonly shares: number;
  readonly low: number;
  readonly want: number;
}

/** Runs all intervals. @param home  host of each VM */
export function runStill(spec: ClusterSpec, home: readonly number[]): StillResult {
  const delivered = home.map(() => 0);
  let [joules, shortIntervals] = [0, 0];
  const hosts = spec.hosts.names.map((_, host) => home.flatMap((at, vm) => (at === host ? [vm] : [])));
  for (let step = 0; step < spec.steps; step += 1) {
    for (const [host, vms] of hosts.entries()) {
      const guests = vms.map((vm): Guest => {
        const part = spec.demand!.cpu[vm * spec.demand!.steps + step]!;
        const want = Math.min(part * spec.vms.mhz[vm]!, spec.vms.limitMhz[vm]!);
        return {
          row: vm,
          shares: spec.vms.shares[vm]!,
          low: Math.min(want, spec.vms.reservationMhz[vm]!),
          want,
        };
      });
      const capacity = spec.hosts.mhz[host]!;
      const given = divide(guests, capacity);
      let used = 0;
      for (const [i, { row }] of guests.entries()) {
        delivered[row]! += given[i]!;
        used += given[i]!;
      }
      if (guests.reduce((sum, { want }) => sum + want, 0) > capacity * (1 + 1e-9)) shortIntervals += 1;
      joules += (wattsAt(spec.hosts.watts[host]!, used / capacity) * spec.stepNs) / 1e9;
    }
  }
  return { energyKwh: joules / 3.6e6, delivered, shortIntervals };
}

/** By halving the level at which what is given comes to the capacity. */
function divide(guests: readonly Guest[], capacity: number): number[] {
  const at = (level: number): number[] =>
    guests.map(({ shares, low, want }) => Math.min(want, Math.max(low, level * shares)));
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  let [below, above] = [0, capacity];
  if (sum(at(above)) <= capacity) return at(above);
  for (let i = 0; i < 200 && above - below > 1e-12; i += 1) {
    const middle = (below + above) / 2;
    if (sum(at(middle)) > capacity) above = middle;
    else below = middle;
  }
  return at(below);
}

function wattsAt(table: readonly number[], part: number): number {
  const below = Math.min(9, Math.floor(part * 10));
  return table[below]! + (table[below + 1]! - table[below]!) * (part * 10 - below);
}
