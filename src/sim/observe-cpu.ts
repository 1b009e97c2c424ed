/** Reads processors, pools and guests into the numbers of the result. The `Seen` columns must be fresh. */

import { arrangePools } from "../controls/pool-tree.ts";
import { fillTree } from "../controls/water-fill.ts";
import type { CpuUsage, HostCpu, PoolResult, VmCpu, Work } from "../report/result.ts";
import type { HostSpec } from "../scenario/types.ts";
import { nodesOfHost, treeOfHost } from "./control-tree.ts";
import { guestTimeOf } from "./guest-time.ts";
import { lifeTimes, placeOf, wasPoolThere } from "./host-rows.ts";
import { BUCKETS, quantile } from "./latency.ts";
import { LEDGER_ROWS } from "./plan-life.ts";
import type { World } from "./world.ts";

const NEVER = (1n << 64n) - 1n;
const WAYS = 32;

/** What nominal clock all cores of a host make. */
export function capacityMhz({ cpu }: HostSpec): number {
  return cpu.sockets * cpu.cores * cpu.mhz;
}

/** Counters of a VM or the sum over a pool. */
type Counters = Omit<CpuUsage, "demandPpm" | "entitlementMhz" | "shares" | "reservationMhz" | "limitMhz">;

const NOTHING: Counters = {
  usedNs: 0,
  runNs: 0,
  readyNs: 0,
  costopNs: 0,
  waitNs: 0,
  idleNs: 0,
  swapWaitNs: 0,
  systemNs: 0,
  overlapNs: 0,
  limitedNs: 0,
  elapsedNs: 0,
  dispatches: 0,
  preemptions: 0,
  migrations: 0,
  costops: 0,
};

function add(a: Counters, b: Counters): Counters {
  const sum: Record<string, number> = {};
  for (const key of Object.keys(NOTHING) as (keyof Counters)[]) sum[key] = a[key] + b[key];
  return sum as unknown as Counters;
}

/** Counters of a VM row: sums over its vCPUs. */
export function countersOf(world: World, vm: number): Counters {
  const { columns } = world;
  const first = columns.vmVcpuFirst.get(vm);
  const sum = { ...NOTHING } as Record<keyof Counters, number>;
  for (let vcpu = first; vcpu < first + columns.vmVcpuCount[vm]!; vcpu += 1) {
    const run = columns.vcpuSeenRunNs.get(vcpu);
    const ready = columns.vcpuSeenReadyNs.get(vcpu);
    const costop = columns.vcpuSeenCostopNs.get(vcpu);
    const idle = columns.vcpuSeenIdleNs.get(vcpu);
    const swap = columns.vcpuSeenSwapNs.get(vcpu);
    const system = columns.vcpuSystemNs.get(vcpu);
    sum.usedNs += columns.vcpuSeenUsedNs.get(vcpu) + system;
    sum.runNs += run;
    sum.readyNs += ready;
    sum.costopNs += costop;
    sum.waitNs += idle + swap;
    sum.idleNs += idle;
    sum.swapWaitNs += swap;
    sum.systemNs += system;
    sum.overlapNs += columns.vcpuSeenOverlapNs.get(vcpu);
    sum.limitedNs += columns.vcpuSeenLimitedNs.get(vcpu);
    sum.elapsedNs += run + ready + costop + idle + swap;
    sum.dispatches += columns.vcpuDispatches.get(vcpu);
    sum.preemptions += columns.vcpuPreemptions.get(vcpu);
    sum.migrations += columns.vcpuMigrations.get(vcpu);
    sum.costops += columns.vcpuCostops.get(vcpu);
  }
  return sum;
}

/**
 * Demand as a part of one processor's time: (RUN + SYS) / (RUN + SYS + WAIT), swap wait left out.
 *
 * Source: Isci et al., NOMS 2010: ready time tells nothing about idleness.
 *
 * @returns ppm, or null if nothing ran or waited
 */
export function demandPpm({ runNs, systemNs, overlapNs, idleNs }: Counters): number | null {
  const busy = runNs - overlapNs + systemNs;
  return busy + idleNs === 0 ? null : Math.round((busy * 1e6) / (busy + idleNs));
}

/** Controls in force of a VM or a pool. */
export function controlsOf(world: World, client: number, host: HostSpec) {
  const { columns, scenario } = world;
  const quota = columns.clientQuotaNs.big(client);
  const { limitPeriodNs } = scenario.policies.cpu;
  const round = (mhz: number): number => Math.round(mhz * 1000) / 1000;
  return {
    shares: columns.clientOwnShares[client]!,
    reservationMhz: round(((columns.clientReservePpm[client] ?? 0) * host.cpu.mhz) / 1e6),
    limitMhz: quota === NEVER ? null : round((Number(quota) / limitPeriodNs) * host.cpu.mhz),
  };
}

/**
 * Entitlements of all pools and VMs if every VM that is powered on were busy.
 *
 * @returns MHz: pools of the scenario first, then its VMs
 */
export function nominalEntitlements(world: World): Float64Array {
  const { scenario, columns, plan } = world;
  const pools = scenario.pools.length;
  const out = new Float64Array(pools + scenario.vms.length);
  scenario.hosts.forEach((host, index) => {
    const nodes = nodesOfHost(world, index);
    if (nodes.length === 0) return;
    const { tree } = treeOfHost(world, index);
    const arranged = arrangePools(tree.map(({ parent }) => parent));
    const bounds = {
      shares: new Float64Array(arranged.rows).fill(1),
      low: new Float64Array(arranged.rows),
      high: new Float64Array(arranged.rows),
    };
    tree.forEach(({ kind, on, shares, reservation, limit = Infinity }, place) => {
      const row = arranged.places[place]!;
      const vm = nodes[place]! - pools;
      const hasMembers = arranged.children[row] !== 0;
      // A pool that is not there gets nothing.
      if (!on && kind === "pool") return;
      const vcpus = kind === "vm" && on ? columns.vmVcpuOnline.get(plan.cpu!.vmRows[vm]!) : 0;
      bounds.shares[row] = shares;
      bounds.high[row] = Math.min(limit, hasMembers ? Infinity : vcpus * host.cpu.mhz);
      bounds.low[row] = Math.min(reservation, bounds.high[row]!);
    });
    const result = new Float64Array(arranged.rows);
    fillTree(arranged, bounds, capacityMhz(host), result);
    nodes.forEach((node, place) => {
      out[node] = Math.round(result[arranged.places[place]!]! * 1000) / 1000;
    });
  });
  return out;
}

function usage(
  counters: Counters,
  controls: ReturnType<typeof controlsOf>,
  entitlementMhz: number,
): CpuUsage {
  return { ...counters, demandPpm: demandPpm(counters), entitlementMhz, ...controls };
}

const POWERS = ["off", "on", "panicked"] as const;

/** A VM of the scenario. */
export function observeVmCpu(world: World, index: number, entitlementMhz: number): VmCpu {
  const { columns, scenario, plan } = world;
  const cpu = plan.cpu!;
  const row = cpu.vmRows[index]!;
  const host = scenario.hosts[columns.vmHost[row]!]!;
  const power = POWERS[columns.vmPower[row]!]!;
  const since = power === "on" ? world.nowNs - columns.vmPowerNs.get(row) : 0;
  const first = columns.vmVcpuFirst.get(row);
  let skewMaxNs = 0;
  for (let vcpu = first; vcpu < first + columns.vmVcpuCount[row]!; vcpu += 1) {
    skewMaxNs = Math.max(skewMaxNs, columns.vcpuSkewMaxNs.get(vcpu));
  }
  return {
    ...usage(countersOf(world, row), controlsOf(world, columns.vmClient[row]!, host), entitlementMhz),
    vcpus: columns.vmVcpuOnline.get(row),
    power,
    poweredNs: columns.vmPowerTotalNs.get(row) + since,
    skewMaxNs,
    spinNs: columns.vmSpinNs.get(row),
    ...(columns.vmCurveCount[row]! > 0 ? { cache: cacheOf(world, row) } : {}),
    ...(columns.vmQuarantined.get(row) ? { quarantined: true as const } : {}),
    ...(columns.vmTickNs.get(row) > 0 ? { time: guestTimeOf(world, row) } : {}),
  };
}

function cacheOf({ columns, plan }: World, row: number): NonNullable<VmCpu["cache"]> {
  const rows = plan.cpu!.caches * WAYS;
  let bytes = 0;
  for (let line = row * rows; line < (row + 1) * rows; line += 1) bytes += columns.lineBytes[line]!;
  const slowdownPpm = Math.round(1e12 / columns.vmCachePpm.get(row)) - 1_000_000;
  return { slowdownPpm, misses: columns.vmMisses.get(row), occupancyBytes: bytes };
}

/** Operations of a VM; undefined: its guest has no threads. */
export function observeWork({ columns, plan }: World, index: number): Work | undefined {
  const row = plan.cpu!.vmRows[index]!;
  if (columns.vmTaskCount[row] === 0) return undefined;
  const operations = columns.vmOperations.get(row);
  if (operations === 0) return { operations, latencyNs: null };
  const first = columns.vmBucketFirst.get(row);
  const counts = columns.bucketOperations.subarray(first, first + BUCKETS);
  const max = columns.vmLatencyMaxNs.get(row);
  return {
    operations,
    latencyNs: {
      mean: Math.round(columns.vmLatencyNs.get(row) / operations),
      p50: quantile(counts, 0.5, max)!,
      p99: quantile(counts, 0.99, max)!,
      max,
    },
  };
}

/** Pools of the scenario, each the sum of everything below it. */
export function observePools(world: World, entitlements: Float64Array): PoolResult[] {
  const { scenario, plan } = world;
  const sums = scenario.pools.map(() => NOTHING);
  scenario.vms.forEach((_, index) => {
    const { pool } = placeOf(world, index);
    const own = countersOf(world, plan.cpu!.vmRows[index]!);
    for (let at = pool; at !== undefined; at = scenario.pools[at]!.parent) sums[at] = add(sums[at]!, own);
  });
  return scenario.pools.flatMap((pool, index) => {
    if (!wasPoolThere(world, index)) return [];
    const host = scenario.hosts[pool.host]!;
    const controls = controlsOf(world, plan.cpu!.poolClients[index]!, host);
    const parent = pool.parent === undefined ? {} : { parent: scenario.pools[pool.parent]!.name };
    const cpu = usage(withLedger(world, index, sums[index]!), controls, entitlements[index]!);
    const { poolAddedNs, poolRemovedNs } = world.columns;
    const life = lifeTimes(world.columns.poolLife[index], poolAddedNs[index], poolRemovedNs[index]);
    return [{ name: pool.name, host: host.name, ...parent, cpu, ...life }];
  });
}

/** What VMs had in a pool that have left it for another of their host; less what those had before that came. */
function withLedger({ columns }: World, pool: number, counters: Counters): Counters {
  if (columns.ledgerSum.length === 0) return counters;
  const keys = Object.keys(counters) as (keyof Counters)[];
  const own = keys.map((key, index) => [key, counters[key] + columns.ledgerSum[pool * LEDGER_ROWS + index]!]);
  return Object.fromEntries(own) as unknown as Counters;
}

/** Times of a pCPU up to now, what runs included. Used: for guests, in nominal core time, and for the system. */
export function pcpuTimes({ columns }: World, pcpu: number) {
  const vcpu = columns.pcpuVcpu.get(pcpu);
  const runs = vcpu < columns.vcpuState.length;
  const systemNs = columns.pcpuSystemNs.get(pcpu);
  const inFlight = (total: number, settled: number): number => (runs ? total - settled : 0);
  return {
    busyNs:
      columns.pcpuBusyNs.get(pcpu) +
      inFlight(columns.vcpuSeenRunNs.get(runs ? vcpu : 0), columns.vcpuRunNs.get(runs ? vcpu : 0)),
    usedNs:
      systemNs +
      columns.pcpuUsedNs.get(pcpu) +
      inFlight(columns.vcpuSeenUsedNs.get(runs ? vcpu : 0), columns.vcpuUsedNs.get(runs ? vcpu : 0)),
    systemNs,
  };
}

/** Times of all pCPUs of a host. */
export function hostTimes(world: World, host: number) {
  const { pcpuFirst, pcpus } = world.plan.cpu!.hosts[host]!;
  const perPcpu = Array.from({ length: pcpus }, (_, i) => pcpuTimes(world, pcpuFirst + i));
  const sum = (of: (pcpu: (typeof perPcpu)[number]) => number): number =>
    perPcpu.reduce((total, pcpu) => total + of(pcpu), 0);
  return {
    perPcpu,
    busyNs: sum(({ busyNs }) => busyNs),
    usedNs: sum(({ usedNs }) => usedNs),
    systemNs: sum(({ systemNs }) => systemNs),
  };
}

/** A host's processors. */
export function observeHostCpu(world: World, host: number): HostCpu {
  const { columns, scenario, plan, nowNs } = world;
  const spec = scenario.hosts[host]!;
  const { pcpus } = plan.cpu!.hosts[host]!;
  const { perPcpu, busyNs, usedNs, systemNs } = hostTimes(world, host);
  const vms = plan.vmOrder.map((_, row) => row).filter((row) => columns.vmHost[row] === host);
  const counters = vms.reduce((total, row) => add(total, countersOf(world, row)), NOTHING);
  return {
    pcpus,
    cores: spec.cpu.sockets * spec.cpu.cores,
    mhz: spec.cpu.mhz,
    capacityMhz: capacityMhz(spec),
    busyNs,
    idleNs: nowNs * pcpus - busyNs,
    systemNs,
    usedNs,
    dispatches: counters.dispatches,
    preemptions: counters.preemptions,
    migrations: counters.migrations,
    costops: counters.costops,
    frequencyPpm: columns.hostFrequencyPpm.get(host),
    ...(spec.cpu.power === undefined
      ? {}
      : { energyMilliJ: Math.round(columns.hostEnergyMicroJ.get(host) / 1000) }),
    ...sampledOf(world, host, vms),
    perPcpu,
  };
}

function sampledOf(world: World, host: number, vms: readonly number[]): Pick<HostCpu, "sampled"> {
  const { columns, scenario } = world;
  if (scenario.policies.cpu.samplesPerSecond === 0 || scenario.hosts[host]!.cpu.interrupts.length === 0) {
    return {};
  }
  let systemNs = 0;
  let exactNs = 0;
  let worstErrorPpm = 0;
  for (const vm of vms) {
    const sampled = columns.vmSampledSystemNs.get(vm);
    const exact = countersOf(world, vm).systemNs;
    systemNs += sampled;
    exactNs += exact;
    if (exact > 0)
      worstErrorPpm = Math.max(worstErrorPpm, Math.round((Math.abs(sampled - exact) * 1e6) / exact));
  }
  return { sampled: { systemNs, exactNs, worstErrorPpm } };
}
