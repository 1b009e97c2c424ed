/**
 * Who is given what of the processors in an interval: water-filling on every host, over one tree of pools for the cluster.
 *
 *   room for all          everybody has what is asked for
 *   a host without pools  shares decide, within reservation and demand
 *   pools                 1. the cluster as one host: what each pool is due
 *                         2. a pool's shares, reservation and limit divided among hosts by the demand of its VMs there
 *                         3. water-filling host by host; pools that got less than their due count for more in the next pass,
 *                            and what a limit leaves unused on one host goes to the others; until the sums are those of 1
 *
 * Where VMs stand so that no division gives a pool its due, the passes come to rest as near as the hosts allow.
 *
 * Source: facts §3; seed 000. Cost: O(VMs) an interval, times passes (up to 40) where pools compete.
 */
import { arrangePools, type PoolTree } from "../controls/pool-tree.ts";
import { type Bounds, fillFlat, fillTree } from "../controls/water-fill.ts";
import type { ClusterState } from "./state.ts";

const PASSES = 40;
const NEAR = 1e-7;
const WEIGHT_MAX = 1 << 14;
/** Of a pool whose VMs ask for next to nothing on a host. */
const SHARE_MIN = 1e-6;

/** Writes `vmGiven`, and `hostGiven` as sums of it. */
export function entitle(state: ClusterState): void {
  const { vmGiven, vmDemand, hostGiven, hostDemand } = state;
  vmGiven.set(vmDemand);
  hostGiven.set(hostDemand);
  if (state.spec.pools.length > 0 && poolsCompete(state)) {
    new PoolPasses(state).run();
    return;
  }
  const { mhz } = state.spec.hosts;
  for (let host = 0; host < state.hosts; host += 1) {
    if (hostDemand[host]! > mhz[host]!) fillHost(state, host);
  }
}

function fillHost(state: ClusterState, host: number): void {
  const { vmDemand, vmReservation, vmShares } = state;
  const vms = state.vmsOf(host);
  const high = Float64Array.from(vms, (vm) => vmDemand[vm]!);
  const low = Float64Array.from(vms, (vm, i) => Math.min(vmReservation[vm]!, high[i]!));
  const given = new Float64Array(vms.length);
  const capacity = state.spec.hosts.mhz[host]!;
  fillFlat({ shares: Float64Array.from(vms, (vm) => vmShares[vm]!), low, high }, capacity, given);
  for (let i = 0; i < vms.length; i += 1) state.vmGiven[vms[i]!] = given[i]!;
  state.hostGiven[host] = Math.min(capacity, state.hostDemand[host]!);
}

/** Whether a host is short, or a pool's VMs ask for more than its limit. */
function poolsCompete({ spec, hostDemand, vmDemand, poolLimit }: ClusterState): boolean {
  const { hosts, vms, pools } = spec;
  for (let host = 0; host < hostDemand.length; host += 1)
    if (hostDemand[host]! > hosts.mhz[host]!) return true;
  const asked = new Float64Array(pools.length);
  for (let vm = 0; vm < vmDemand.length; vm += 1) {
    for (let pool = vms.pool[vm]!; pool >= 0; pool = pools[pool]!.parent) asked[pool]! += vmDemand[vm]!;
  }
  return asked.some((sum, pool) => sum > poolLimit[pool]!);
}

/** A host's own tree: copies of the pools that have VMs there, then the VMs. */
interface HostTree {
  readonly host: number;
  readonly vms: Int32Array;
  readonly pools: readonly number[];
  readonly tree: PoolTree;
  /** Per copy and VM its row, pools first. */
  readonly demand: Float64Array;
}

class PoolPasses {
  readonly #state: ClusterState;
  readonly #trees: readonly HostTree[];
  /** Per pool: what it asks for in all, is due, and how much more than its shares it counts for. */
  readonly #asked: Float64Array;
  readonly #due: Float64Array;
  readonly #weight: Float64Array;
  /** Per host tree and copy the most that the pool's limit lets it have there. */
  readonly #most: readonly Float64Array[];

  constructor(state: ClusterState) {
    this.#state = state;
    const trees: HostTree[] = [];
    for (let host = 0; host < state.hosts; host += 1) {
      if (state.hostVms[host]! > 0) trees.push(hostTree(state, host));
    }
    this.#trees = trees;
    const pools = state.spec.pools.length;
    this.#asked = new Float64Array(pools);
    for (const { pools: copies, demand } of trees)
      for (const [i, pool] of copies.entries()) this.#asked[pool]! += demand[i]!;
    this.#due = dues(state, trees);
    this.#weight = new Float64Array(pools).fill(1);
    this.#most = trees.map(({ pools: copies, demand }) =>
      Float64Array.from(copies, (pool, i) => this.#limitPart(pool, demand[i]!)),
    );
  }

  #limitPart(pool: number, demand: number): number {
    const limit = this.#state.poolLimit[pool]!;
    return limit < Number.POSITIVE_INFINITY ? limit * this.#partOf(pool, demand) : limit;
  }

  #partOf(pool: number, demand: number): number {
    return this.#asked[pool]! > 0 ? demand / this.#asked[pool]! : 0;
  }

  run(): void {
    const given = this.#trees.map(({ pools, vms }) => new Float64Array(pools.length + vms.length));
    const got = new Float64Array(this.#due.length);
    for (let pass = 0; pass < PASSES; pass += 1) {
      got.fill(0);
      for (const [at, tree] of this.#trees.entries()) {
        this.#fill(tree, this.#most[at]!, given[at]!);
        for (const [i, pool] of tree.pools.entries()) got[pool]! += given[at]![i]!;
      }
      if (!this.#correct(got, given)) break;
    }
    for (const [at, tree] of this.#trees.entries()) this.#keep(tree, given[at]!);
  }

  #fill({ host, vms, pools, tree, demand }: HostTree, most: Float64Array, out: Float64Array): void {
    const { vmShares, vmReservation, poolShares, poolReservation, spec } = this.#state;
    const bounds = emptyBounds(tree.rows);
    const set = (node: number, share: number, low: number, high: number): void => {
      const row = tree.places[node]!;
      bounds.shares[row] = share;
      bounds.low[row] = Math.min(low, high);
      bounds.high[row] = high;
    };
    for (const [i, pool] of pools.entries()) {
      const part = this.#partOf(pool, demand[i]!);
      const share = Math.max(SHARE_MIN, poolShares[pool]! * part * this.#weight[pool]!);
      set(i, share, poolReservation[pool]! * part, most[i]!);
    }
    for (const [i, vm] of vms.entries())
      set(pools.length + i, vmShares[vm]!, vmReservation[vm]!, demand[pools.length + i]!);
    const rows = new Float64Array(tree.rows);
    fillTree(tree, bounds, spec.hosts.mhz[host]!, rows);
    for (let node = 0; node < out.length; node += 1) out[node] = rows[tree.places[node]!]!;
  }

  /** Lets pools that got less than their due count for more. @returns whether another pass is of use */
  #correct(got: Float64Array, given: readonly Float64Array[]): boolean {
    const moved = this.#moveLimits(got, given);
    let worst = 0;
    for (let pool = 0; pool < got.length; pool += 1) {
      const due = this.#due[pool]!;
      if (due <= 0 || got[pool]! <= 0) continue;
      worst = Math.max(worst, Math.abs(got[pool]! - due) / due);
      const weight = this.#weight[pool]! * Math.min(4, Math.max(0.25, due / got[pool]!));
      this.#weight[pool] = Math.min(WEIGHT_MAX, Math.max(1 / WEIGHT_MAX, weight));
    }
    return moved || worst > NEAR;
  }

  /** What a limit leaves unused where others stand in the way goes to hosts where the pool wants more. */
  #moveLimits(got: Float64Array, given: readonly Float64Array[]): boolean {
    const { poolLimit } = this.#state;
    const want = new Float64Array(got.length);
    for (const [at, { pools, demand }] of this.#trees.entries())
      for (const [i, pool] of pools.entries()) want[pool]! += this.#wanted(at, i, demand[i]!, given[at]![i]!);
    let moved = false;
    for (const [at, { pools, demand }] of this.#trees.entries()) {
      for (const [i, pool] of pools.entries()) {
        const rest = poolLimit[pool]! - got[pool]!;
        if (!(poolLimit[pool]! < Infinity) || !(want[pool]! > 0) || !(rest > NEAR * poolLimit[pool]!))
          continue;
        const more = (rest * this.#wanted(at, i, demand[i]!, given[at]![i]!)) / want[pool]!;
        this.#most[at]![i] = given[at]![i]! + more;
        moved = true;
      }
    }
    return moved;
  }

  #wanted(at: number, i: number, demand: number, given: number): number {
    return given >= this.#most[at]![i]! * (1 - NEAR) ? Math.max(0, demand - given) : 0;
  }

  #keep({ host, vms, pools }: HostTree, given: Float64Array): void {
    let sum = 0;
    for (const [i, vm] of vms.entries()) {
      this.#state.vmGiven[vm] = given[pools.length + i]!;
      sum += given[pools.length + i]!;
    }
    this.#state.hostGiven[host] = sum;
  }
}

function emptyBounds(rows: number): Bounds {
  return { shares: new Float64Array(rows), low: new Float64Array(rows), high: new Float64Array(rows) };
}

function hostTree(state: ClusterState, host: number): HostTree {
  const { spec, vmDemand } = state;
  const vms = state.vmsOf(host).slice();
  const here = new Set<number>();
  for (const vm of vms)
    for (let pool = spec.vms.pool[vm]!; pool >= 0; pool = spec.pools[pool]!.parent) here.add(pool);
  const pools = [...here].sort((a, b) => a - b);
  const copyOf = new Map(pools.map((pool, i) => [pool, i]));
  const parents = [
    ...pools.map((pool) => copyOf.get(spec.pools[pool]!.parent) ?? -1),
    ...Array.from(vms, (vm) => copyOf.get(spec.vms.pool[vm]!) ?? -1),
  ];
  const demand = new Float64Array(parents.length);
  for (const [i, vm] of vms.entries()) {
    demand[pools.length + i] = vmDemand[vm]!;
    for (let copy = parents[pools.length + i]!; copy >= 0; copy = parents[copy]!)
      demand[copy]! += vmDemand[vm]!;
  }
  return { host, vms, pools, tree: arrangePools(parents), demand };
}

/** What each pool is due if the cluster were one host, no larger than the hosts that have VMs with demand. */
function dues(state: ClusterState, trees: readonly HostTree[]): Float64Array {
  const { spec, vmDemand, vmShares, vmReservation, poolShares, poolReservation, poolLimit } = state;
  const pools = spec.pools.length;
  const vms = trees.flatMap(({ vms: all }) => Array.from(all));
  const tree = arrangePools([
    ...spec.pools.map(({ parent }) => parent),
    ...vms.map((vm) => spec.vms.pool[vm]!),
  ]);
  const bounds = emptyBounds(tree.rows);
  for (let pool = 0; pool < pools; pool += 1) {
    const row = tree.places[pool]!;
    bounds.shares[row] = poolShares[pool]!;
    bounds.low[row] = tree.children[row] === 0 ? 0 : poolReservation[pool]!;
    bounds.high[row] = tree.children[row] === 0 ? 0 : poolLimit[pool]!;
  }
  for (const [i, vm] of vms.entries()) {
    const row = tree.places[pools + i]!;
    bounds.shares[row] = vmShares[vm]!;
    bounds.high[row] = vmDemand[vm]!;
    bounds.low[row] = Math.min(vmReservation[vm]!, vmDemand[vm]!);
  }
  // A host can give no more than its own VMs ask for.
  let capacity = 0;
  for (const { host } of trees) capacity += Math.min(spec.hosts.mhz[host]!, state.hostDemand[host]!);
  const rows = new Float64Array(tree.rows);
  fillTree(tree, bounds, capacity, rows);
  return Float64Array.from({ length: pools }, (_, pool) => rows[tree.places[pool]!]!);
}
