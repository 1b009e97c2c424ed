/**
 * Pools as a forest, parents first, and hosts for VMs and pools: a tree of pools is on one host with all its VMs.
 *
 * A tree whose host nobody names is placed like a VM, with the memory of all its VMs, where the first of them stands.
 */
import { placeVms } from "./placement.ts";
import type { ParsedScenario } from "./schema.ts";

type ParsedPool = NonNullable<ParsedScenario["pools"]>[number];

/** A pool in order, parents before children. */
export interface OrderedPool {
  readonly pool: ParsedPool;
  /** Index in the scenario's text. */
  readonly index: number;
  /** Index in the order; undefined: directly below the host. */
  readonly parent: number | undefined;
  /** Index in the order of the pool at the top of its tree. */
  readonly root: number;
}

/** Sorts pools so that parents stand before children, else as in the text; the rules have refused cycles. */
export function orderPools(pools: readonly ParsedPool[]): OrderedPool[] {
  const rows = new Map(pools.map(({ name }, row) => [name, row]));
  const placed = new Map<number, number>();
  const order: OrderedPool[] = [];
  for (let row = 0; row < pools.length; ++row) {
    // From the pool up to the first that stands already; then down again.
    const chain: number[] = [];
    for (let at: number | undefined = row; at !== undefined && !placed.has(at); at = parentOf(at))
      chain.push(at);
    for (const index of chain.reverse()) {
      const above = parentOf(index);
      const parent = above === undefined ? undefined : placed.get(above)!;
      const root = parent === undefined ? order.length : order[parent]!.root;
      placed.set(index, order.length);
      order.push({ pool: pools[index]!, index, parent, root });
    }
  }
  return order;

  function parentOf(index: number): number | undefined {
    const { pool } = pools[index]!;
    return pool === undefined ? undefined : rows.get(pool);
  }
}

/** A VM that looks for a host. */
export interface HomelessVm {
  readonly pages: number;
  readonly host: number | undefined;
  /** Index in the order of pools. */
  readonly pool: number | undefined;
}

/**
 * Hosts for VMs and pools.
 *
 * @param hostPages  memory of each host
 * @param hostOf     index of a host by its name
 * @param comers     by pool in the order, a VM that goes there later: where nothing else says where its tree is
 * @returns          a host for each VM, and one for each pool
 */
export function placePools(
  hostPages: readonly number[],
  vms: readonly HomelessVm[],
  pools: readonly OrderedPool[],
  hostOf: ReadonlyMap<string, number>,
  comers: ReadonlyMap<number, number> = new Map(),
): { readonly vmHosts: readonly number[]; readonly poolHosts: readonly number[] } {
  const treeHosts = new Map<number, number>();
  for (const { pool, root } of pools) {
    if (pool.host !== undefined) treeHosts.set(root, hostOf.get(pool.host)!);
  }
  const rootOf = ({ pool }: HomelessVm) => (pool === undefined ? undefined : pools[pool]!.root);
  for (const vm of vms) {
    const root = rootOf(vm);
    if (root !== undefined && vm.host !== undefined) treeHosts.set(root, vm.host);
  }
  const units: { pages: number; readonly host: number | undefined }[] = [];
  const unitOfTree = new Map<number, number>();
  const unitOfVm = vms.map((vm) => {
    const root = rootOf(vm);
    const host = vm.host ?? (root === undefined ? undefined : treeHosts.get(root));
    if (root === undefined || host !== undefined) return units.push({ pages: vm.pages, host }) - 1;
    const known = unitOfTree.get(root);
    if (known === undefined) {
      unitOfTree.set(root, units.length);
      return units.push({ pages: vm.pages, host }) - 1;
    }
    units[known]!.pages += vm.pages;
    return known;
  });
  const unitHosts = placeVms(hostPages, units);
  for (const [root, unit] of unitOfTree) treeHosts.set(root, unitHosts[unit]!);
  const vmHosts = unitOfVm.map((unit) => unitHosts[unit]!);
  for (const [pool, vm] of comers) {
    const { root } = pools[pool]!;
    if (!treeHosts.has(root)) treeHosts.set(root, vmHosts[vm]!);
  }
  return {
    vmHosts,
    poolHosts: pools.map(({ root }) => treeHosts.get(root) ?? 0),
  };
}
