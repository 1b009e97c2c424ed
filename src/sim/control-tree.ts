/**
 * Pools and VMs with the controls in force, as admission, ownership and the entitlements ask for them.
 *
 *   nodes   pools of the scenario first, then its VMs; a tree of pools and VMs is on one host, so each host has its own
 */
import {
  type Control,
  heldOf,
  type Root,
  replaceControl,
  type SwapSpace,
  swapHeld,
  swapNeed,
} from "../controls/admission.ts";
import type { Owned } from "../controls/ownership.ts";
import type { HostSpec, Scenario } from "../scenario/types.ts";
import { isPoolThere, placeOf } from "./host-rows.ts";
import type { World } from "./world.ts";

const NO_LIMIT = 0xffff_ffff;
const NEVER = (1n << 64n) - 1n;

export type Resource = Root["resource"];

/** What never changes. */
interface Nodes {
  readonly owned: readonly Owned[];
  /** Nodes of every host, ascending; a parent stands before what is in it. */
  readonly byHost: readonly (readonly number[])[];
  /** Where a node stands among those of its host. */
  readonly places: Uint32Array;
  /** Memory of every host's VMs, whether they are on or not. */
  readonly configuredPages: readonly number[];
}

const known = new WeakMap<object, { readonly changes: number; readonly nodes: Nodes }>();

/** Of a scenario as it begins, or of a world as it is: the same until the first VM moves. */
function nodesOf(scenario: Scenario, world?: World): Nodes {
  const changes = (world?.columns.worldMoved[0] ?? 0) + (world?.columns.worldLife[0] ?? 0);
  const key = changes === 0 ? scenario : world!;
  const found = known.get(key);
  if (found?.changes === changes) return found.nodes;
  const { pools, hosts } = scenario;
  const vms = scenario.vms.map((vm, index) => {
    const { name, memoryPages } = vm;
    return {
      name,
      memoryPages,
      ...(changes === 0 ? { host: vm.host, pool: vm.pool } : placeOf(world!, index)),
    };
  });
  const byHost = hosts.map((): number[] => []);
  const places = new Uint32Array(pools.length + vms.length);
  const owned = [
    ...pools.map(({ name, parent = -1, owner }): Owned => {
      return { name, kind: "pool", parent, ...(owner === undefined ? {} : { owner }) };
    }),
    ...vms.map(({ name, pool = -1 }): Owned => ({ name, kind: "vm", parent: pool })),
  ];
  for (const [node, { host }] of [...pools, ...vms].entries()) {
    places[node] = byHost[host]!.length;
    byHost[host]!.push(node);
  }
  const configuredPages = hosts.map(() => 0);
  for (const { host, memoryPages } of vms) configuredPages[host]! += memoryPages;
  const nodes = { owned, byHost, places, configuredPages };
  known.set(key, { changes, nodes });
  return nodes;
}

/** A world has gone back, or on, to another time: what is where is looked up anew. */
export function forgetPlaces(world: World): void {
  known.delete(world);
}

/** All nodes, as ownership asks for them. */
export function ownedTree(world: World): readonly Owned[] {
  return nodesOf(world.scenario, world).owned;
}

/** By host, the memory of all its VMs. */
export function configuredPages(scenario: Scenario): readonly number[] {
  return nodesOf(scenario).configuredPages;
}

/** Number of a VM of the scenario among the nodes. */
export function nodeOfVm({ scenario }: World, vm: number): number {
  return scenario.pools.length + vm;
}

/** Nodes of a host. */
export function nodesOfHost(world: World, host: number): readonly number[] {
  return nodesOf(world.scenario, world).byHost[host]!;
}

/** The nodes of one host alone, and where each stands among them. */
export function treeOfHost(
  world: World,
  host: number,
  resource: Resource = "cpu",
): { tree: Control[]; place: (node: number) => number } {
  const { byHost, places } = nodesOf(world.scenario, world);
  const tree = byHost[host]!.map((node) => controlOf(world, node, resource));
  return { tree, place: (node) => places[node]! };
}

/** A node as it is now, its parent as a place among the nodes of its host. */
function controlOf(world: World, node: number, resource: Resource): Control {
  const { scenario } = world;
  const { owned, places } = nodesOf(scenario, world);
  const { parent, ...named } = owned[node]!;
  const vm = node - scenario.pools.length;
  const isPool = vm < 0;
  return {
    ...named,
    parent: parent < 0 ? -1 : places[parent]!,
    expandable: isPool && scenario.pools[node]!.expandable,
    on: isPool ? isPoolThere(world, node) : world.columns.vmPower[world.vmRows[vm]!] !== 0,
    ...(resource === "cpu" ? cpuOf(world, node) : memoryOf(world, node)),
  };
}

type Amounts = Pick<Control, "shares" | "reservation" | "limit" | "overhead">;

function cpuOf(world: World, node: number): Amounts {
  const { scenario, columns, plan } = world;
  const vm = node - scenario.pools.length;
  const client = vm < 0 ? plan.cpu!.poolClients[node]! : columns.vmClient[plan.cpu!.vmRows[vm]!]!;
  const { mhz } = scenario.hosts[columns.clientHost[client]!]!.cpu;
  const ppm = columns.clientReservePpm[client] ?? 0;
  const quota = columns.clientQuotaNs.big(client);
  return {
    shares: columns.clientOwnShares[client]!,
    reservation: (ppm * mhz) / 1e6,
    ...(quota === NEVER ? {} : { limit: (Number(quota) / scenario.policies.cpu.limitPeriodNs) * mhz }),
  };
}

function memoryOf({ scenario, columns, vmRows }: World, node: number): Amounts {
  const vm = node - scenario.pools.length;
  if (vm < 0) {
    const limit = columns.poolMaxPages[node]!;
    const [shares, reservation] = [columns.poolMemShares[node]!, columns.poolMinPages[node]!];
    return { shares, reservation, ...(limit === NO_LIMIT ? {} : { limit }) };
  }
  const row = vmRows[vm]!;
  return {
    shares: columns.vmMemShares[row]!,
    reservation: columns.vmMinPages[row]!,
    limit: columns.vmMaxPages[row]!,
    overhead: columns.vmOverheadPages[row]!,
  };
}

/** What lies above all nodes of a host. */
export function rootOf(host: HostSpec, resource: Resource = "cpu"): Root {
  const { cpu, memoryPages, systemPages } = host;
  const capacity = resource === "cpu" ? cpu.sockets * cpu.cores * cpu.mhz : memoryPages - systemPages;
  return { path: `hosts.${host.name}`, capacity, resource };
}

/** A host's tree of one resource with what is held in it, kept in step: a question costs the depth, not the tree. */
class HeldTree {
  readonly tree: Control[];
  readonly held: Float64Array;
  readonly root: Root;
  /** Of memory: where it pages out to; undefined: nowhere, so nobody asks. */
  readonly swap: SwapSpace | undefined;
  swapHeld: number;

  constructor(world: World, host: number, resource: Resource) {
    const spec = world.scenario.hosts[host]!;
    this.tree = treeOfHost(world, host, resource).tree;
    this.held = heldOf(this.tree);
    this.root = rootOf(spec, resource);
    const asks = resource === "mem" && spec.swap !== undefined;
    this.swap = asks ? { path: `${this.root.path}.swap`, pages: spec.swap!.pages } : undefined;
    this.swapHeld = asks ? swapHeld(this.tree) : 0;
  }

  replace(place: number, next: Control): void {
    const now = this.tree[place]!;
    this.swapHeld += (next.on ? swapNeed(next) : 0) - (now.on ? swapNeed(now) : 0);
    replaceControl(this.tree, this.held, place, next);
  }
}

/** The trees that a number of steps asks about; who changes a node says so. */
export class HeldTrees {
  readonly #world: World;
  readonly #trees = new Map<string, HeldTree>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Built when first asked for. */
  of(host: number, resource: Resource): HeldTree {
    const key = `${resource} ${host}`;
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      tree = new HeldTree(this.#world, host, resource);
      this.#trees.set(key, tree);
    }
    return tree;
  }

  /** Where a node stands in the trees of its host. */
  place(node: number): number {
    return nodesOf(this.#world.scenario, this.#world).places[node]!;
  }

  /** What is where on a host has changed. */
  forget(host: number): void {
    for (const resource of ["cpu", "mem"]) this.#trees.delete(`${resource} ${host}`);
  }

  /** Reads a node's controls anew. */
  refresh(host: number, node: number): void {
    for (const resource of ["cpu", "mem"] as const) {
      const known = this.#trees.get(`${resource} ${host}`);
      if (known === undefined) continue;
      known.replace(this.place(node), controlOf(this.#world, node, resource));
    }
  }
}
