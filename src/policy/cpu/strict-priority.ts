/**
 * Strict priority: who is of a higher class gets what it can use; lower classes share what is left.
 *
 *   class   order: [web, db]          web 0, db 1, all others 2
 *           no order                  by the shares that the scenario gives, most first
 *   reserve from the first class on: every VM that is on as much as it can use, min(limit, vCPUs × one pCPU), while the
 *           host has room; a class that does not fit is filled evenly; no VM gets less than the scenario reserves
 *   shares  10^6, 10^4, 100, 1 by class, for the time that reservations leave over
 *
 * Reserved time that is not used goes to the others at once, so a class that sleeps costs nobody anything.
 * Source: ballast's own. Cost: O(VMs log VMs) each time.
 */
import type { CpuPolicy, CpuTargets, CpuView } from "./policy.ts";
import { placeIn } from "./vm-names.ts";

const CLASS_SHARES = [1_000_000, 10_000, 100, 1] as const;

/** @param options.order  names of VMs or groups, highest class first; absent: by given shares */
export function strictPriority(options: { readonly order?: readonly string[] } = {}): CpuPolicy {
  const { order } = options;
  return {
    name: "strict-priority",
    decide(view, targets) {
      const classes = classesOf(view, order);
      let roomMhz = view.capacityMhz;
      classes.forEach((_, vm) => {
        targets.vmReservationMhz[vm] = view.vmGivenReservationMhz[vm]!;
        // A VM that is off keeps the room to come back.
        roomMhz -= view.vmGivenReservationMhz[vm]!;
      });
      const highest = Math.max(...classes);
      for (let rank = 0; rank <= highest; rank += 1) {
        const members = [...classes.keys()].filter((vm) => classes[vm] === rank);
        roomMhz = fill(view, targets, members, Math.max(0, roomMhz));
        for (const vm of members) {
          targets.vmShares[vm] = CLASS_SHARES[Math.min(rank, CLASS_SHARES.length - 1)]!;
          targets.because(vm, `It is of class ${rank + 1} of ${highest + 1}.`, { class: rank + 1 });
        }
      }
    },
  };
}

function classesOf(view: CpuView, order: readonly string[] | undefined): number[] {
  if (order !== undefined) {
    const places = view.vmNames.map((name) => placeIn(order, name));
    return places.map((place) => (place < 0 ? order.length : place));
  }
  const steps = [...new Set(view.vmGivenShares)].sort((a, b) => b - a);
  return Array.from(view.vmGivenShares, (shares) => steps.indexOf(shares));
}

/** Reserves for one class; @returns the room left. */
function fill(view: CpuView, targets: CpuTargets, members: readonly number[], roomMhz: number): number {
  const wanted = (vm: number): number =>
    Math.min(view.vmVcpus[vm]! * view.pcpuMhz, targets.vmLimitMhz[vm]!, view.capacityMhz) -
    targets.vmReservationMhz[vm]!;
  const asking = members.filter((vm) => view.vmOn[vm] === 1 && wanted(vm) > 0);
  // Who wants least first, so that what it leaves over is there for the others; ties to the lower row.
  asking.sort((a, b) => wanted(a) - wanted(b) || a - b);
  let left = roomMhz;
  asking.forEach((vm, index) => {
    const before = targets.vmReservationMhz[vm]!;
    const more = Math.min(wanted(vm), left / (asking.length - index));
    left -= targets.reserve(vm, before + more) - before;
  });
  return left;
}
