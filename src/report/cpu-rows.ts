/**
 * Rows of the CPU tables: VMs and pools with the time their percentages are of, in reading order or worst first.
 *
 *   alice            a pool, then what stands below it
 *     web            a pool in a pool
 *       web-1        its VMs
 *   batch            VMs in no pool come last
 */
import { tellsOfReclaiming } from "./memory-rows.ts";
import type { CpuUsage, Result, VmCpu, Work } from "./result.ts";

export interface CpuRow {
  /** As written in a table; indented in a tree. */
  readonly name: string;
  readonly host: string;
  /** Where it belongs, from the root down; "" for none. */
  readonly path: string;
  /** vCPUs; for a pool those of all VMs below it. */
  readonly worlds: number;
  /** What percentages are of: time powered on, for a pool the whole run. */
  readonly timeNs: number;
  /** Clock of a core of its host. */
  readonly mhz: number;
  readonly cpu: CpuUsage;
  /** Absent for a pool. */
  readonly vm?: VmCpu;
  readonly work?: Work;
}

/** The CPU policy, and the scheduler below it where that is not the usual one: `fixed on credit`. */
export function cpuPolicyText({ policies: { cpu, scheduler } }: Result): string {
  return scheduler === undefined ? cpu : `${cpu} on ${scheduler}`;
}

/** Whether any guest of the run computes. */
export function hasCpu(result: Result): boolean {
  return result.hosts.some((host) => host.cpu !== undefined) || result.vms.some((vm) => vm.cpu !== undefined);
}

/** Whether there is anything to say of processors: not where guests only touch memory, and some of it was taken. */
export function tellsOfCpu(result: Result): boolean {
  if (!hasCpu(result)) return false;
  const isBusy = result.hosts.some(({ cpu }) => (cpu?.busyNs ?? 0) > 0);
  const isWanted = result.vms.some(
    ({ cpu }) => cpu !== undefined && cpu.runNs + cpu.readyNs + cpu.costopNs > 0,
  );
  return isBusy || isWanted || !tellsOfReclaiming(result);
}

/** Rows of the VMs that have processors, in the scenario's order. */
export function vmRows(result: Result): CpuRow[] {
  const mhz = clocks(result);
  const paths = pathsOf(result);
  return result.vms.flatMap(({ name, host, pool, cpu, work }): CpuRow[] => {
    if (cpu === undefined) return [];
    const path = pool === undefined ? "" : (paths.get(key(host, pool)) ?? pool);
    const base = { name, host, path, worlds: cpu.vcpus, timeNs: cpu.poweredNs, mhz: mhz(host), cpu, vm: cpu };
    return [work === undefined ? base : { ...base, work }];
  });
}

/** Rows of the pools, each after the pool it stands in, indented by its depth unless `indent` is false. */
export function poolRows(result: Result, indent = true): CpuRow[] {
  const mhz = clocks(result);
  const paths = pathsOf(result);
  const worlds = worldsOf(result);
  const rows: CpuRow[] = [];
  walk(result, ({ name, host, parent, cpu }, depth) => {
    rows.push({
      name: (indent ? INDENT.repeat(depth) : "") + name,
      host,
      path: parent === undefined ? "" : (paths.get(key(host, parent)) ?? parent),
      worlds: worlds.get(key(host, name)) ?? 0,
      timeNs: result.simulatedNs,
      mhz: mhz(host),
      cpu,
    });
  });
  return rows;
}

/** Pools with their VMs below them, then the VMs that are in none; host by host. */
export function treeRows(result: Result, vms: readonly CpuRow[]): CpuRow[] {
  const pools = poolRows(result, false);
  const rows: CpuRow[] = [];
  const place = (pool: CpuRow): string => (pool.path === "" ? pool.name : `${pool.path}${STEP}${pool.name}`);
  const inPool = new Map<string, CpuRow[]>();
  for (const vm of vms) {
    const at = key(vm.host, vm.path);
    const others = inPool.get(at);
    if (others === undefined) inPool.set(at, [vm]);
    else others.push(vm);
  }
  const indented = (row: CpuRow, depth: number): CpuRow => ({
    ...row,
    name: INDENT.repeat(depth) + row.name,
  });
  const addPool = (pool: CpuRow, depth: number): void => {
    rows.push(indented(pool, depth));
    for (const vm of inPool.get(key(pool.host, place(pool))) ?? []) rows.push(indented(vm, depth + 1));
    for (const each of pools) {
      if (each.host === pool.host && each.path === place(pool)) addPool(each, depth + 1);
    }
  };
  const hosts = new Set([...result.hosts.map(({ name }) => name), ...vms.map(({ host }) => host)]);
  for (const host of hosts) {
    for (const pool of pools) if (pool.host === host && pool.path === "") addPool(pool, 0);
    rows.push(...(inPool.get(key(host, "")) ?? []));
  }
  return rows;
}

/** Part of its time that a VM was ready and did not run; 0 if it was never on. */
export function readyShare({ cpu }: CpuRow): number {
  return cpu.elapsedNs > 0 ? cpu.readyNs / cpu.elapsedNs : 0;
}

/** Who waited most for a processor comes first; ties by co-stop, then in the order given. */
export function worstFirst(rows: readonly CpuRow[]): CpuRow[] {
  const stopped = ({ cpu }: CpuRow): number => (cpu.elapsedNs > 0 ? cpu.costopNs / cpu.elapsedNs : 0);
  return [...rows].sort((a, b) => readyShare(b) - readyShare(a) || stopped(b) - stopped(a));
}

/** All rows as one, over the whole run; shares, limit and demand are those of nobody. */
export function totalRow(result: Result, rows: readonly CpuRow[]): CpuRow {
  const sum = (of: (cpu: CpuUsage) => number): number => rows.reduce((total, { cpu }) => total + of(cpu), 0);
  const cpu: CpuUsage = {
    usedNs: sum((each) => each.usedNs),
    runNs: sum((each) => each.runNs),
    readyNs: sum((each) => each.readyNs),
    costopNs: sum((each) => each.costopNs),
    waitNs: sum((each) => each.waitNs),
    idleNs: sum((each) => each.idleNs),
    swapWaitNs: sum((each) => each.swapWaitNs),
    systemNs: sum((each) => each.systemNs),
    overlapNs: sum((each) => each.overlapNs),
    limitedNs: sum((each) => each.limitedNs),
    elapsedNs: sum((each) => each.elapsedNs),
    dispatches: sum((each) => each.dispatches),
    preemptions: sum((each) => each.preemptions),
    migrations: sum((each) => each.migrations),
    costops: sum((each) => each.costops),
    demandPpm: null,
    entitlementMhz: sum((each) => each.entitlementMhz),
    shares: sum((each) => each.shares),
    reservationMhz: sum((each) => each.reservationMhz),
    limitMhz: null,
  };
  const hosts = new Set(rows.map((row) => row.host));
  return {
    name: "total",
    host: hosts.size === 1 ? rows[0]!.host : "",
    path: "",
    worlds: rows.reduce((total, row) => total + row.worlds, 0),
    timeNs: result.simulatedNs,
    mhz: rows[0]?.mhz ?? 0,
    cpu,
  };
}

const INDENT = "  ";
const STEP = " / ";

/** Hosts and pools are strangers' names, so no character can part them but one that the key escapes. */
const key = (host: string, name: string): string => JSON.stringify([host, name]);

function clocks(result: Result): (host: string) => number {
  const mhz = new Map(result.hosts.map(({ name, cpu }) => [name, cpu?.mhz ?? 0]));
  return (host) => mhz.get(host) ?? 0;
}

/** Every pool once, parents first, with its depth. */
function walk(result: Result, visit: (pool: Result["pools"][number], depth: number) => void): void {
  const below = new Map<string, Result["pools"][number][]>();
  const known = new Set(result.pools.map(({ host, name }) => key(host, name)));
  const roots: Result["pools"][number][] = [];
  for (const pool of result.pools) {
    const at = pool.parent === undefined ? "" : key(pool.host, pool.parent);
    if (!known.has(at)) roots.push(pool);
    else if (below.has(at)) below.get(at)!.push(pool);
    else below.set(at, [pool]);
  }
  const down = (pool: Result["pools"][number], depth: number): void => {
    visit(pool, depth);
    for (const child of below.get(key(pool.host, pool.name)) ?? []) down(child, depth + 1);
  };
  for (const pool of roots) down(pool, 0);
}

/** `alice / web` of every pool. */
function pathsOf(result: Result): Map<string, string> {
  const paths = new Map<string, string>();
  walk(result, ({ name, host, parent }) => {
    const above = parent === undefined ? undefined : paths.get(key(host, parent));
    paths.set(key(host, name), above === undefined ? name : `${above}${STEP}${name}`);
  });
  return paths;
}

/** vCPUs of the VMs in each pool and below. */
function worldsOf(result: Result): Map<string, number> {
  const parents = new Map(result.pools.map((pool) => [key(pool.host, pool.name), pool.parent]));
  const worlds = new Map<string, number>();
  for (const { host, pool, cpu } of result.vms) {
    for (let at = pool; at !== undefined; at = parents.get(key(host, at))) {
      worlds.set(key(host, at), (worlds.get(key(host, at)) ?? 0) + (cpu?.vcpus ?? 0));
    }
  }
  return worlds;
}
