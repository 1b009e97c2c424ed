/** Reads a world into the numbers of the result: never changes what the simulation does. */
import type { HostMemory, HostResult, PoolResult, Series, VmMemory, VmResult } from "../report/result.ts";
import { lifeTimes, placeOf, rowsOfHost, wasThere } from "./host-rows.ts";
import {
  nominalEntitlements,
  observeHostCpu,
  observePools,
  observeVmCpu,
  observeWork,
} from "./observe-cpu.ts";
import { observeGuest, observeReclaiming, observeVmReclaiming } from "./observe-memory.ts";
import { observeHarvest } from "./plan-harvest.ts";
import { observeMmu } from "./plan-translation.ts";
import { CpuSampler } from "./sample-cpu.ts";
import { MemorySampler } from "./sample-memory.ts";
import type { World } from "./world.ts";

/**
 * Whole pages saved per VM, so that they add up to what the host saved: the fractions rounded down, and the pages left
 * over to the largest remainders, the lowest row on ties.
 *
 * @param fractions  saved pages of the host's VMs
 * @param total      saved pages of the host, the sum of the fractions but for rounding
 */
export function apportion(fractions: ArrayLike<number>, total: number): number[] {
  const whole = Array.from(fractions, Math.floor);
  let left = total - whole.reduce((sum, pages) => sum + pages, 0);
  const order = whole.map((_, row) => row);
  order.sort((a, b) => fractions[b]! - whole[b]! - (fractions[a]! - whole[a]!) || a - b);
  for (const row of order) {
    if (left <= 0) break;
    whole[row]! += 1;
    left -= 1;
  }
  return whole;
}

/** Frames that a host can give out, as assembly/memory/frames.ts has it. */
export function freeFrames(columns: World["columns"], host: number): number {
  const kept =
    columns.hostSystemPages[host]! + columns.hostOverheadPages[host]! + columns.hostZipFrames[host]!;
  return Math.max(0, columns.hostPages[host]! - columns.hostUsedPages[host]! - kept);
}

export function observeHost(world: World, host: number): HostMemory {
  const { columns } = world;
  const rows = rowsOfHost(world, host);
  const sum = (of: (vm: number) => number): number => {
    let total = 0;
    for (const vm of rows) total += of(vm);
    return total;
  };
  const size = columns.hostPages[host]!;
  const used = columns.hostUsedPages[host]!;
  const shared = columns.hostSharedPages[host]!;
  const common = columns.hostCommonPages[host]!;
  return {
    sizePages: size,
    freePages: freeFrames(columns, host),
    usedPages: used,
    grantedPages: columns.hostGrantedPages[host]!,
    sharedPages: shared,
    commonPages: common,
    savedPages: shared - common,
    zeroPages: sum((vm) => columns.vmZeroPages[vm]!),
    hintPages: columns.hostHintPages[host]!,
    scannedPages: columns.hostScanned.get(host),
    unvisitedPages: columns.hostUnvisitedPages[host]!,
    cowBreaks: sum((vm) => columns.vmCowBreaks.get(vm)),
    falseMatches: sum((vm) => columns.vmFalseMatches.get(vm)),
    outOfFrames: sum((vm) => columns.vmOutOfFrames.get(vm)),
    ...observeReclaiming(world, host, sum),
  };
}

/** Saved pages of every VM row. */
function savedByVm(world: World): number[] {
  const { columns, scenario } = world;
  const saved: number[] = [];
  scenario.hosts.forEach((_, host) => {
    const rows = rowsOfHost(world, host);
    const fractions = rows.map((row) => columns.vmSavedFraction[row]!);
    const pages = apportion(fractions, columns.hostSharedPages[host]! - columns.hostCommonPages[host]!);
    for (const [at, row] of rows.entries()) saved[row] = pages[at]!;
  });
  return saved;
}

function observeVm(world: World, vm: number, saved: number): VmMemory {
  const { columns } = world;
  const granted = columns.vmGrantedPages[vm]!;
  return {
    sizePages: columns.vmPpnCount[vm]!,
    grantedPages: granted,
    consumedPages: granted - saved,
    touchedPages: columns.vmTouchedPages[vm]!,
    dirtyPages: columns.vmDirtyPages[vm]!,
    sharedPages: columns.vmSharedPages[vm]!,
    savedPages: saved,
    zeroPages: columns.vmZeroPages[vm]!,
    cowBreaks: columns.vmCowBreaks.get(vm),
    scannedPages: columns.vmScanned.get(vm),
    accesses: columns.vmAccesses.get(vm),
    writes: columns.vmWrites.get(vm),
    outOfFrames: columns.vmOutOfFrames.get(vm),
    ...observeVmReclaiming(world, vm),
  };
}

/** Hosts, pools and VMs of the result, in the scenario's order; the recount columns must be fresh. */
export function observeWorld(world: World): { hosts: HostResult[]; pools: PoolResult[]; vms: VmResult[] } {
  const { scenario, plan, vmRows } = world;
  const saved = savedByVm(world);
  const computes = plan.cpu !== undefined;
  const entitlements = computes ? nominalEntitlements(world) : new Float64Array();
  return {
    hosts: scenario.hosts.map(({ name }, host) => ({
      name,
      memory: observeHost(world, host),
      ...(computes ? { cpu: observeHostCpu(world, host) } : {}),
    })),
    pools: computes ? observePools(world, entitlements) : [],
    vms: [...scenario.vms.entries()]
      .filter(([index]) => wasThere(world, index))
      .map(([index, vm]) => ({
        name: vm.name,
        ...whereIs(world, index),
        ...whenThere(world, vmRows[index]!),
        memory: {
          ...observeVm(world, vmRows[index]!, saved[vmRows[index]!]!),
          ...observeGuest(world, vmRows[index]!),
        },
        ...observeMmu(world, vmRows[index]!, vm),
        ...observeHarvest(world, vmRows[index]!, vm),
        ...(computes ? processorsOf(world, index, entitlements[scenario.pools.length + index]!) : {}),
      })),
  };
}

/** Names of the host and the pool that a VM is in now. */
function whereIs(world: World, index: number): Pick<VmResult, "host" | "pool"> {
  const { host, pool } = placeOf(world, index);
  const { hosts, pools } = world.scenario;
  return { host: hosts[host]!.name, ...(pool === undefined ? {} : { pool: pools[pool]!.name }) };
}

function whenThere({ columns }: World, row: number): Pick<VmResult, "addedNs" | "removedNs"> {
  return lifeTimes(columns.vmLife[row], columns.vmAddedNs[row], columns.vmRemovedNs[row]);
}

function processorsOf(world: World, index: number, entitlementMhz: number): Pick<VmResult, "cpu" | "work"> {
  const work = observeWork(world, index);
  return { cpu: observeVmCpu(world, index, entitlementMhz), ...(work === undefined ? {} : { work }) };
}

/** Collects samples of the series. */
export class Sampler {
  readonly #atNs: number[] = [];
  readonly #world: World;
  readonly #memory: MemorySampler;
  readonly #cpu: CpuSampler | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#memory = new MemorySampler(world);
    this.#cpu = world.plan.cpu === undefined ? undefined : new CpuSampler(world);
  }

  /** Takes a sample of the world as it is now. */
  sample(): void {
    const world = this.#world;
    if (this.#atNs.at(-1) === world.nowNs) return;
    world.recount();
    this.#atNs.push(world.nowNs);
    const hosts = world.scenario.hosts.map((_, host) => observeHost(world, host));
    this.#memory.sample(hosts, savedByVm(world));
    this.#cpu?.sample();
  }

  series(): Series {
    const { scenario } = this.#world;
    const named = <T>(
      rows: readonly { name: string }[],
      values: readonly T[],
      isKnown = (_: number): boolean => true,
    ): Record<string, T> =>
      Object.fromEntries(rows.flatMap(({ name }, row) => (isKnown(row) ? [[name, values[row]!]] : [])));
    return {
      atNs: this.#atNs,
      hosts: named(
        scenario.hosts,
        this.#memory.hosts.map((own, host) => ({ ...own, ...this.#cpu?.hosts[host] })),
      ),
      vms: named(
        scenario.vms,
        this.#memory.vms.map((own, vm) => ({ ...own, ...this.#cpu?.vms[vm] })),
        (vm) => wasThere(this.#world, vm),
      ),
      ...(this.#cpu && scenario.pools.length > 0 ? { pools: named(scenario.pools, this.#cpu.pools) } : {}),
    };
  }
}
