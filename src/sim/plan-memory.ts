/** Rows that reclaiming and guests that manage their memory take. */
import type { GroupName, SpaceName } from "../core/layout.ts";
import type { Scenario, VmSpec } from "../scenario/types.ts";
import { bitsetWords } from "./bitset-words.ts";

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
  const changes = scenario.events.some((event) => event.kind === "set" && event.mem !== undefined);
  // The largest minimum of free memory is 6 %.
  return scenario.hosts.map(
    ({ memoryPages, systemPages }, host) =>
      reclaim.enabled && (changes || wanted[host]! > 0.93 * (memoryPages - systemPages)),
  );
}

export function planMemory(scenario: Scenario, vmOrder: readonly number[]): MemoryPlan {
  const { reclaim, activity } = scenario.policies.memory;
  const specs = vmOrder.map((index) => scenario.vms[index]!);
  const next = {
    disk: 0,
    slot: 0,
    pageOut: 0,
    zip: 0,
    sample: 0,
    region: 0,
    logical: 0,
    stream: 0,
    reference: 0,
  };
  const reclaims = reclaimingHosts(scenario);
  const most = scenario.hosts.map(() => 0);
  const zipsOf = scenario.hosts.map(() => 0);
  for (const vm of specs) {
    most[vm.host]! += vm.memoryPages;
    zipsOf[vm.host]! += zipRows(vm, reclaim.zipPpm);
  }
  const hosts = scenario.hosts.map(({ swap }, host): HostPlan => {
    const own = swap !== undefined && reclaims[host]! ? swap : undefined;
    const swapPages = own === undefined ? 0 : Math.min(own.pages, most[host]!);
    const zips = reclaims[host]! ? zipsOf[host]! : 0;
    const plan = { swapFirst: next.slot, swapPages, slots: swapPages + zips, pageOutFirst: next.pageOut };
    next.slot += Math.ceil((swapPages + zips) / WORD_BITS) * WORD_BITS;
    if (own === undefined) return plan;
    next.pageOut += PAGE_OUTS;
    return { ...plan, disk: next.disk++ };
  });
  const references = new Set<Uint32Array>();
  const vms = specs.map((vm): VmMemoryPlan => {
    const zips = reclaims[vm.host]! ? zipRows(vm, reclaim.zipPpm) : 0;
    const samples = activity.everyNs > 0 ? Math.min(activity.pages, vm.memoryPages) : 0;
    const plan = {
      zipFirst: next.zip,
      zipRows: zips,
      sampleFirst: next.sample,
      samples,
      regionFirst: next.region,
      logicalFirst: next.logical,
      streamFirst: next.stream,
    };
    next.zip += zips;
    next.sample += samples;
    next.stream += vm.workload.length;
    for (const { references: trace } of vm.workload) {
      if (trace === undefined || references.has(trace)) continue;
      references.add(trace);
      next.reference += trace.length;
    }
    if (vm.os === undefined) return plan;
    next.region += vm.os.regions.length;
    for (const { pages } of vm.os.regions) next.logical += pages;
    return { ...plan, disk: next.disk++ };
  });
  const rows = {
    disk: next.disk,
    swap: next.slot,
    swapWord: next.slot === 0 ? 0 : bitsetWords(next.slot),
    pageOut: next.pageOut,
    zip: next.zip,
    sample: next.sample,
    // One at least tells the core that there are such guests.
    region: specs.some(({ os }) => os !== undefined) ? Math.max(1, next.region) : 0,
    logical: next.logical,
    reference: next.reference,
    pool: scenario.pools.length,
  };
  const groups: GroupName[] = [];
  if (specs.some(({ os }) => os !== undefined)) groups.push("guest");
  if (next.slot > 0) groups.push("swap-ids");
  return { rows, groups, reclaims, hosts, vms };
}

function zipRows({ memoryPages }: VmSpec, zipPpm: number): number {
  // Of frames; four pages share one at the best.
  return 4 * Math.floor((memoryPages * zipPpm) / 1e6);
}
