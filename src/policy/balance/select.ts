/**
 * Which VM leaves an overloaded host first, on any cluster.
 *
 *   mmt  least memory to copy      mu  least use of its own vCPUs      rs  any
 *   mc   largest R² of a regression of its history on those of the others
 *
 * Moving VMs are left alone; of equals the one that came first goes. Source: facts §10, "Selection".
 * Cost: O(VMs of the host); mc O(VMs³ × history), `mmt` where there are more VMs than history.
 */
import type { ClusterPlan } from "./plan.ts";
import { rSquared } from "./regression.ts";

export interface Selector {
  readonly name: string;
  readonly depth: number;
  /** A VM of the host; −1: none may go. */
  pick(plan: ClusterPlan, host: number): number;
  /** In words, behind the VM's name. */
  readonly why: string;
}

const HISTORY = 30;

function least(plan: ClusterPlan, host: number, measure: (vm: number) => number): number {
  let best = -1;
  let lowest = Number.POSITIVE_INFINITY;
  for (const vm of plan.lists[host]!) {
    const value = plan.view.vmMoving[vm] === 1 ? Number.POSITIVE_INFINITY : measure(vm);
    if (value < lowest) {
      best = vm;
      lowest = value;
    }
  }
  return best;
}

const byMemory = (plan: ClusterPlan, host: number): number =>
  least(plan, host, (vm) => plan.view.vmMemoryMib[vm]!);

function byCorrelation(plan: ClusterPlan, host: number): number {
  const { view, depth } = plan;
  const vms = plan.lists[host]!.filter((vm) => view.vmMoving[vm] === 0);
  const histories = vms.map((vm) =>
    Float64Array.from({ length: depth }, (_, back) => {
      const part = view.past(back)[vm]!;
      return Number.isNaN(part) ? 0 : part;
    }),
  );
  let best = -1;
  let highest = 0;
  for (const [i, vm] of vms.entries()) {
    const told = rSquared(
      histories[i]!,
      histories.filter((_, j) => j !== i),
    );
    if (told === undefined) return byMemory(plan, host);
    if (told > highest) {
      best = vm;
      highest = told;
    }
  }
  return best >= 0 ? best : byMemory(plan, host);
}

function byChance(seed: number): Selector {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  return {
    name: "rs",
    depth: 0,
    why: "was drawn",
    pick(plan, host) {
      const vms = plan.lists[host]!.filter((vm) => plan.view.vmMoving[vm] === 0);
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return vms.length === 0 ? -1 : vms[Math.floor(((state >>> 0) / 2 ** 32) * vms.length)]!;
    },
  };
}

/** Selectors by name; the seed is that of `rs`. */
export const SELECTORS: Readonly<Record<string, (seed: number) => Selector>> = {
  mmt: () => ({ name: "mmt", depth: 0, why: "has least memory to copy", pick: byMemory }),
  mu: () => ({
    name: "mu",
    depth: 0,
    why: "uses least of its own vCPUs",
    pick: (plan, host) => least(plan, host, (vm) => plan.view.vmDemandMhz[vm]! / plan.view.vmMhz[vm]!),
  }),
  mc: () => ({
    name: "mc",
    depth: HISTORY,
    why: "goes up and down most with the others",
    pick: byCorrelation,
  }),
  rs: byChance,
};
