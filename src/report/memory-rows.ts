/**
 * Rows of the tables of reclaiming: VMs and hosts with the time their rates are over. A result that an older version wrote
 * lacks what it did not know; here it is nothing.
 */
import type { HostMemory, HostResult, MemoryState, Result, VmMemory } from "./result.ts";

export const MEMORY_STATES: readonly MemoryState[] = ["high", "clear", "soft", "hard", "low"];

/** Some may not be there. */
type Loose<Of> = { readonly [Key in keyof Of]?: Of[Key] | undefined };

export interface MemoryRow {
  readonly name: string;
  readonly host: string;
  /** What rates are over. */
  readonly timeNs: number;
  /** Present if it is powered off at the end. */
  readonly isOff?: true;
  /** Present if it is a sum of rows. */
  readonly isTotal?: true;
  readonly memory: Omit<VmMemory, "targetPages"> & { readonly targetPages: number };
}

export interface HostMemoryRow {
  readonly name: string;
  readonly timeNs: number;
  readonly memory: HostMemory;
  /** Sums over its VMs. */
  readonly swapTargetPages: number;
  readonly balloonTargetPages: number;
  readonly balloonMaxPages: number;
}

const NO_TIMES: HostMemory["stateNs"] = { high: 0, clear: 0, soft: 0, hard: 0, low: 0 };

const NO_HOST = {
  systemPages: 0,
  overheadPages: 0,
  minFreePages: 0,
  reservedPages: 0,
  configuredPages: 0,
  state: "high",
  stateNs: NO_TIMES,
  balloonPages: 0,
  swappedPages: 0,
  swapSizePages: 0,
  compressedPages: 0,
  zipFrames: 0,
  swapIns: 0,
  swapOuts: 0,
  sharedBeforeSwap: 0,
  largestGrantedPages: 0,
} as const satisfies Partial<HostMemory>;

const NO_VM = {
  minPages: 0,
  shares: 0,
  overheadPages: 0,
  balloonTargetPages: 0,
  balloonMaxPages: 0,
  swapTargetPages: 0,
  swapIns: 0,
  swapOuts: 0,
  zips: 0,
  unzips: 0,
  sharedBeforeSwap: 0,
  pops: 0,
  activePages: 0,
  activeEstimatePages: 0,
  activeSlowPpm: 0,
  activeFastPpm: 0,
  activeNextPpm: 0,
  accessedEstimatePages: 0,
  faults: 0,
  faultNs: 0,
  stallNs: 0,
  blockedNs: 0,
  guestSwapIns: 0,
  guestSwapOuts: 0,
} as const satisfies Partial<VmMemory>;

/** Whether VMs of a result may have had large pages. */
export function hasLargePages(result: Result): boolean {
  return result.hosts.some(({ memory }) => memory.largePages !== undefined);
}

/** Rows of results that were asked for before: many parts of a report ask, and there may be thousands. */
const known = new WeakMap<Result, readonly MemoryRow[]>();

/** A row a VM, in the scenario's order. */
export function memoryRows(result: Result): readonly MemoryRow[] {
  const rows = known.get(result) ?? rowsOf(result);
  known.set(result, rows);
  return rows;
}

function rowsOf(result: Result): MemoryRow[] {
  return result.vms.map(({ name, host, memory, cpu }) => {
    const { maxPages = memory.sizePages }: Loose<VmMemory> = memory;
    const full = { ...NO_VM, ...memory, maxPages };
    return {
      name,
      host,
      timeNs: cpu?.poweredNs ?? result.simulatedNs,
      ...(cpu?.power === "off" ? { isOff: true as const } : {}),
      memory: { ...full, targetPages: full.targetPages ?? maxPages },
    };
  });
}

/** A row a host. */
export function hostMemoryRows(result: Result): HostMemoryRow[] {
  const vms = new Map<string, MemoryRow[]>(result.hosts.map(({ name }) => [name, []]));
  for (const row of memoryRows(result)) vms.get(row.host)?.push(row);
  return result.hosts.map(({ name, memory }) => {
    const sum = (key: "swapTargetPages" | "balloonTargetPages" | "balloonMaxPages"): number =>
      vms.get(name)!.reduce((total, row) => total + row.memory[key], 0);
    return {
      name,
      timeNs: result.simulatedNs,
      memory: { ...NO_HOST, ...memory },
      swapTargetPages: sum("swapTargetPages"),
      balloonTargetPages: sum("balloonTargetPages"),
      balloonMaxPages: sum("balloonMaxPages"),
    };
  });
}

/** Whether there is more to say of memory than sharing: something was reclaimed, promised, held back, or managed by a guest. */
export function tellsOfReclaiming(result: Result): boolean {
  return (
    result.vms.some(({ mmu }) => mmu !== undefined) ||
    result.hosts.some(hostTells) ||
    result.vms.some(vmTells)
  );
}

const HOST_TELLS = [
  ...(["balloonPages", "swappedPages", "compressedPages", "swapIns", "swapOuts"] as const),
  ...(["largeBacked", "largeFormed"] as const),
];

function hostTells({ memory }: HostResult): boolean {
  const { stateNs = NO_TIMES } = memory as Loose<HostMemory>;
  if (MEMORY_STATES.some((state) => state !== "high" && (stateNs[state] ?? 0) > 0)) return true;
  return HOST_TELLS.some((key) => (memory[key] ?? 0) > 0);
}

const VM_TELLS = [
  ...(["minPages", "balloonPages", "balloonTargetPages", "swappedPages", "swapTargetPages"] as const),
  ...(["compressedPages", "swapIns", "swapOuts", "zips", "sharedBeforeSwap", "pops", "stallNs"] as const),
  ...(["blockedNs", "guestSwapIns", "guestSwapOuts"] as const),
];

/** Whether there is more to say of a VM's memory than sharing. */
export function vmTells({ memory }: { readonly memory: Loose<VmMemory> }): boolean {
  const { guest, sizePages = 0, targetPages, maxPages } = memory;
  if (guest !== undefined) return true;
  if ((targetPages ?? sizePages) < sizePages) return true;
  if ((maxPages ?? sizePages) < sizePages) return true;
  return VM_TELLS.some((key) => (memory[key] ?? 0) > 0);
}

/** Time that accesses of a VM waited for what the host had taken, or for the host itself. */
export function waitedNs({ memory }: MemoryRow): number {
  return memory.stallNs + memory.blockedNs;
}

/** Who waited longest for memory comes first, then who has most taken away; ties in the order given. */
export function worstOfMemory(rows: readonly MemoryRow[]): MemoryRow[] {
  const keyed = rows.map((row) => ({ row, waited: waitedNs(row), taken: takenPages(row) }));
  return keyed.sort((a, b) => b.waited - a.waited || b.taken - a.taken).map(({ row }) => row);
}

/** Guest pages that were taken from a VM and not given back. */
export function takenPages({ memory }: MemoryRow): number {
  return memory.balloonPages + memory.swappedPages + memory.compressedPages;
}

/** All rows as one: sums, and estimates weighted by size. */
export function memoryTotal(result: Result, rows: readonly MemoryRow[]): MemoryRow {
  const base = rows[0]!.memory;
  const size = rows.reduce((sum, { memory }) => sum + memory.sizePages, 0);
  const entries = Object.entries(base).flatMap(([key, value]) => {
    if (typeof value !== "number") return [];
    const isPart = key.endsWith("Ppm");
    const total = rows.reduce((sum, { memory }) => {
      const own = memory[key as Exclude<keyof VmMemory, "guest">] ?? 0;
      return sum + (isPart ? own * memory.sizePages : own);
    }, 0);
    return [[key, isPart && size > 0 ? total / size : total]];
  });
  const hosts = new Set(rows.map((row) => row.host));
  const host = hosts.size === 1 ? rows[0]!.host : "";
  return {
    name: "total",
    host,
    isTotal: true,
    timeNs: result.simulatedNs,
    memory: Object.fromEntries(entries),
  };
}

/** Memory overcommitment: what VMs may come to use of what there is for them, less 1. */
export function overcommit({ memory }: Pick<HostMemoryRow, "memory">): number {
  const { sizePages, systemPages, configuredPages } = memory;
  return sizePages > systemPages ? configuredPages / (sizePages - systemPages) - 1 : 0;
}
