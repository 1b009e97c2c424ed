/** Pools and VMs with the controls in force, as admission, ownership and the entitlements ask for them. */
import type { Control, Root } from "../controls/admission.ts";
import type { HostSpec } from "../scenario/types.ts";
import type { World } from "./world.ts";

const NEVER = (1n << 64n) - 1n;

/** Pools of the scenario first, then its VMs: the nodes that admission and ownership speak of. */
export function controlTree(world: World): Control[] {
  const { scenario, columns, plan } = world;
  const cpu = plan.cpu!;
  const controls = (client: number, host: HostSpec) => {
    const ppm = columns.clientReservePpm[client] ?? 0;
    const quota = columns.clientQuotaNs.big(client);
    const limit =
      quota === NEVER
        ? {}
        : { limitMhz: (Number(quota) / scenario.policies.cpu.limitPeriodNs) * host.cpu.mhz };
    return { shares: columns.clientShares[client]!, reservationMhz: (ppm * host.cpu.mhz) / 1e6, ...limit };
  };
  const pools = scenario.pools.map((pool, index): Control => {
    const own = controls(cpu.poolClients[index]!, scenario.hosts[pool.host]!);
    const owner = pool.owner === undefined ? {} : { owner: pool.owner };
    const { name, expandable } = pool;
    return { name, kind: "pool", parent: pool.parent ?? -1, ...own, expandable, ...owner, on: true };
  });
  const vms = scenario.vms.map((vm, index): Control => {
    const row = cpu.vmRows[index]!;
    const own = controls(cpu.vmClients[row]!, scenario.hosts[vm.host]!);
    const on = columns.vmPower[row] !== 0;
    return { name: vm.name, kind: "vm", parent: vm.pool ?? -1, ...own, expandable: false, on };
  });
  return [...pools, ...vms];
}

/** Number of a VM of the scenario among the nodes. */
export function nodeOfVm({ scenario }: World, vm: number): number {
  return scenario.pools.length + vm;
}

/** The nodes of one host alone, and where each stands among them. */
export function treeOfHost(world: World, host: number): { tree: Control[]; place: (node: number) => number } {
  const { scenario } = world;
  const all = controlTree(world);
  const hostOf = (node: number): number =>
    node < scenario.pools.length
      ? scenario.pools[node]!.host
      : scenario.vms[node - scenario.pools.length]!.host;
  const kept = all.map((_, node) => node).filter((node) => hostOf(node) === host);
  const places = new Map(kept.map((node, place) => [node, place]));
  const tree = kept.map((node) => {
    const control = all[node]!;
    return { ...control, parent: control.parent < 0 ? -1 : places.get(control.parent)! };
  });
  return { tree, place: (node) => places.get(node)! };
}

/** What lies above all nodes of a host. */
export function rootOf(host: HostSpec): Root {
  return { path: `hosts.${host.name}`, capacityMhz: host.cpu.sockets * host.cpu.cores * host.cpu.mhz };
}
