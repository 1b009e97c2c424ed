/** Rows that reclaiming and guests that manage their memory take. */
import type { GroupName, SpaceName } from "../core/layout.ts";
import type { Scenario, VmSpec } from "../scenario/types.ts";
import { bitsetWords } from "./bitset-words.ts";
import { landingsOf } from "./plan-moving.ts";

/** Pages on their way out that a host may have. */
export const PAGE_OUTS = 1024;
/** Slots of a host begin with a word of the bitset. */
const WORD_BITS = 64;

export interface MemoryPlan {
  readonly rows: Readonly<Partial<Record<SpaceName, number>>>;
  readonly groups: readonly GroupName[];
  /** By host: it may come to take memory back. */
  readonly reclaims: readonly boolean[];
  readonly hosts: readonly HostPlan[];
  /** By row. */
  readonly vms: readonly VmMemoryPlan[];
}

export interface HostPlan {
  /** Row of its swap device; absent: none. */
  readonly disk?: number;
  readonly swapFirst: number;
  /** Slots of the swap file, and those of the compression caches behind them. */
  readonly swapPages: number;
  readonly slots: number;
  readonly pageOutFirst: number;
}

export interface VmMemoryPlan {
  readonly zipFirst: number;
  readonly zipRows: number;
  readonly sampleFirst: number;
  readonly samples: number;
  readonly disk?: number;
  readonly regionFirst: number;
  readonly logicalFirst: number;
  readonly streamFirst: number;
}

/** Of every host, whether its VMs can come to need more than it has, or one of them more than its limit. */
export function reclaimingHosts(scenario: Scenario): boolean[] {
  const { reclaim } = scenario.policies.memory;
  const wanted = scenario.hosts.map(() => 0);
  for (const vm of scenario.vms) {
    const limited = (vm.mem.maxPages ?? vm.memoryPages) < vm.memoryPages;
    wanted[vm.host]! += limited ? Infinity : vm.memoryPages + vm.overheadPages;
  }
  for (const [host, vms] of landingsOf(scenario).entries()) {
    for (const vm of vms) wanted[host]! += scenario.vms[vm]!.memoryPages + scenario.vms[vm]!.overheadPages;
  }
  for (const { host, mem } of scenario.pools) {
    if (mem.maxPages !== undefined) wanted[host] = Infinity;
  }
  const changes = scenario.events.some((event) => event.kind === "set" && event.mem !== undefined);
  // The largest minimum of free memory is 6 %.
  return scenario.hosts.map(
    ({ memoryPages, systemPages }, host) =>
      reclaim.enabled && (changes || wanted[host]! > 0.93 * (memoryPages - systemPages)),
  );
}

/** Rows given out so far. */
interface Next {
  disk: number;
  slot: number;
  pageOut: number;
  zip: number;
  sample: number;
  region: number;
  logical: number;
  stream: number;
  reference: number;
}

export function planMemory(scenario: Scenario, vmOrder: readonly number[]): MemoryPlan {
  const specs = vmOrder.map((index) => scenario.vms[index]!);
  const reclaims = reclaimingHosts(scenario);
  const start = { disk: 0, slot: 0, pageOut: 0, zip: 0, sample: 0 };
  const next: Next = { ...start, region: 0, logical: 0, stream: 0, reference: 0 };
  // Hosts first: their swap devices stand before the disks of VMs.
  const hosts = planHosts(scenario, specs, reclaims, next);
  const vms = planVms(scenario, specs, reclaims, next);
  const managed = specs.some(({ os }) => os !== undefined);
  const { slot: swap, ...rest } = next;
  const rows = {
    ...rest,
    swap,
    swapWord: swap === 0 ? 0 : bitsetWords(swap),
    // One at least tells the core that there are such guests.
    region: managed ? Math.max(1, next.region) : 0,
    pool: scenario.pools.length,
  };
  const { stream: _, ...own } = rows;
  const groups: GroupName[] = managed ? ["guest"] : [];
  if (swap > 0) groups.push("swap-ids");
  return { rows: own, groups, reclaims, hosts, vms };
}

function planHosts(
  scenario: Scenario,
  specs: readonly VmSpec[],
  reclaims: readonly boolean[],
  next: Next,
): HostPlan[] {
  const most = scenario.hosts.map(() => 0);
  const zips = scenario.hosts.map(() => 0);
  for (const vm of specs) {
    most[vm.host]! += vm.memoryPages;
    zips[vm.host]! += zipRows(vm, scenario.policies.memory.reclaim.zipPpm);
  }
  for (const [host, vms] of landingsOf(scenario).entries()) {
    for (const vm of vms) {
      most[host]! += scenario.vms[vm]!.memoryPages;
      zips[host]! += zipRows(scenario.vms[vm]!, scenario.policies.memory.reclaim.zipPpm);
    }
  }
  return scenario.hosts.map(({ swap }, host): HostPlan => {
    const own = swap !== undefined && reclaims[host]! ? swap : undefined;
    const swapPages = own === undefined ? 0 : Math.min(own.pages, most[host]!);
    const slots = swapPages + (reclaims[host]! ? zips[host]! : 0);
    const plan = { swapFirst: next.slot, swapPages, slots, pageOutFirst: next.pageOut };
    next.slot += Math.ceil(slots / WORD_BITS) * WORD_BITS;
    if (own === undefined) return plan;
    next.pageOut += PAGE_OUTS;
    return { ...plan, disk: next.disk++ };
  });
}

function planVms(
  scenario: Scenario,
  specs: readonly VmSpec[],
  reclaims: readonly boolean[],
  next: Next,
): VmMemoryPlan[] {
  const { reclaim, activity } = scenario.policies.memory;
  const traces = new Set<Uint32Array>();
  const landings = new Set(
    landingsOf(scenario).flatMap((vms, host) =>
      reclaims[host]! ? [...vms].map((vm) => scenario.vms[vm]!) : [],
    ),
  );
  const mayReclaim = (vm: VmSpec): boolean => reclaims[vm.host]! || landings.has(vm);
  return specs.map((vm): VmMemoryPlan => {
    const plan = {
      zipFirst: next.zip,
      zipRows: mayReclaim(vm) ? zipRows(vm, reclaim.zipPpm) : 0,
      sampleFirst: next.sample,
      samples: activity.everyNs > 0 ? Math.min(activity.pages, vm.memoryPages) : 0,
      regionFirst: next.region,
      logicalFirst: next.logical,
      streamFirst: next.stream,
    };
    // Entries of pages that have left stay for a while.
    next.zip += 2 * plan.zipRows;
    next.sample += plan.samples;
    next.stream += vm.workload.length;
    for (const { references } of vm.workload) {
      if (references === undefined || traces.has(references)) continue;
      traces.add(references);
      next.reference += references.length;
    }
    if (vm.os === undefined) return plan;
    next.region += vm.os.regions.length;
    for (const { pages } of vm.os.regions) next.logical += pages;
    return { ...plan, disk: next.disk++ };
  });
}

function zipRows({ memoryPages }: VmSpec, zipPpm: number): number {
  // Of frames; four pages share one at the best.
  return 4 * Math.floor((memoryPages * zipPpm) / 1e6);
}
