/**
 * Governors: who chooses the clock of a host's cores.
 *
 *   on-demand   lowest clock f with  busy · clock in force / f ≤ 60 %      busy: part of the pCPUs' time since the last look
 *   powersave   the lowest clock
 *   both        never below what reservations need: f ≥ held / capacity, and for each VM f ≥ reservation / (vCPUs · pCPU)
 *
 * The second bound of reservations holds at once: a VM that powers on, or a reservation that grows, raises the clock
 * before anything runs. `performance` never changes the clock.
 * Source: ESX host power policies, MaxCpuLoad 60 %; entitlements are in MHz of the nominal clock. Cost: O(VMs).
 */
import type { Control } from "../controls/admission.ts";
import type { HostSpec } from "../scenario/types.ts";
import { rootOf, treeOfHost } from "./control-tree.ts";
import { isGoverned } from "./plan-cpu.ts";
import type { World } from "./world.ts";

/** A core is not to be busier than this. */
const LOAD_PPM = 600_000;
/** Reservations come from whole ppm of a pCPU; so much more is asked of a clock is nothing. */
const SLACK_PPM = 1;

/** Clocks that a host's cores can have, of the nominal one, ascending. */
export function statesOf({ cpu: { power } }: HostSpec): readonly number[] {
  return power?.statesPpm ?? [1_000_000];
}

/** The lowest clock that is enough; the highest if none is. */
export function stateFor(host: HostSpec, neededPpm: number): number {
  const states = statesOf(host);
  return states.find((state) => state + SLACK_PPM >= neededPpm) ?? states.at(-1)!;
}

/**
 * The clock that reservations of what is powered on need.
 *
 * @returns ppm of the nominal one
 */
export function reservedPpm(world: World, host: number): number {
  const spec = world.scenario.hosts[host]!;
  return reservedOfTree(world, host, treeOfHost(world, host).tree, rootOf(spec).capacity);
}

/** The same for a tree of the host whose controls are not in force yet. */
export function reservedOfTree(
  { scenario, columns, plan }: World,
  host: number,
  tree: readonly Control[],
  capacityMhz: number,
): number {
  const { mhz } = scenario.hosts[host]!.cpu;
  const vcpus = new Map(
    plan.vmOrder.map((index, row) => [scenario.vms[index]!.name, columns.vmVcpuOnline.get(row)] as const),
  );
  let needed = 0;
  for (const { kind, on, name, reservation } of tree) {
    if (kind !== "vm" || !on || reservation === 0) continue;
    // More than its vCPUs can use is not met at any clock.
    needed = Math.max(needed, Math.min(1, reservation / (vcpus.get(name)! * mhz)));
  }
  return Math.max(needed, heldByRunning(tree) / capacityMhz) * 1e6;
}

/** As `heldOf`, but a pool with nothing on below it holds nothing. */
function heldByRunning(tree: readonly Control[]): number {
  const children = tree.map((): number[] => []);
  const top: number[] = [];
  tree.forEach(({ parent }, node) => void (parent < 0 ? top : children[parent]!).push(node));
  const held = (node: number): { mhz: number; on: boolean } => {
    const { kind, on, reservation } = tree[node]!;
    if (kind === "vm") return { mhz: on ? reservation : 0, on };
    const below = children[node]!.map(held);
    const sum = below.reduce((total, { mhz }) => total + mhz, 0);
    const isOn = below.some((child) => child.on);
    return { mhz: isOn ? Math.max(sum, reservation) : 0, on: isOn };
  };
  return top.reduce((total, node) => total + held(node).mhz, 0);
}

/**
 * The clock that a host's governor wants now.
 *
 * @param busyPpm  since it was asked last; undefined: not known yet, the load then counts as it is served
 */
export function governedPpm(world: World, host: number, busyPpm: number | undefined): number {
  const spec = world.scenario.hosts[host]!;
  const clock = world.columns.hostFrequencyPpm.get(host);
  if (!isGoverned(spec)) return clock;
  const reserved = reservedPpm(world, host);
  if (spec.cpu.power!.governor === "powersave") return stateFor(spec, reserved);
  if (busyPpm === undefined) return Math.max(clock, stateFor(spec, reserved));
  return stateFor(spec, Math.max(reserved, (busyPpm * clock) / LOAD_PPM));
}

/** Raises clocks to what reservations need by now. */
export function raiseClocks(world: World): void {
  world.scenario.hosts.forEach((spec, host) => {
    // At the nominal clock there is nothing to raise.
    if (world.columns.hostFrequencyPpm.get(host) === 1_000_000) return;
    const needed = stateFor(spec, reservedPpm(world, host));
    if (needed > world.columns.hostFrequencyPpm.get(host)) {
      world.core.wasm.cpu_changeFrequency(host, needed, world.nowNs);
    }
  });
}
