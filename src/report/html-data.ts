/** The numbers that the plots of the HTML report draw: for each host, and for all of them, a handful of series. */
import { type CpuRow, tellsOfCpu, vmRows } from "./cpu-rows.ts";
import { hostMemoryQuantities } from "./csv.ts";
import { type Buckets, bucketsFor, downsample } from "./downsample.ts";
import { formatCount } from "./format.ts";
import { CPU_HOST_KEYS, type CpuView, cpuView } from "./html-cpu-data.ts";
import { RECLAIM_SERIES, type ReclaimView, reclaimView } from "./html-memory-data.ts";
import { MOVE_SERIES, type MovesView, movesView } from "./html-move-data.ts";
import { type MemoryRow, memoryRows, tellsOfReclaiming } from "./memory-rows.ts";
import { visible } from "./names.ts";
import type { EventResult, HostResult, HostSeries, Result, VmResult } from "./result.ts";
import { own } from "./series.ts";
import { hasMemory } from "./summary.ts";

/** VMs drawn a view; as many as there are colours. */
export const VMS_DRAWN = 8;
/** Points drawn of a series, and of all of them in one file. */
const POINTS_MAX = 100_000;
const POINTS_MIN = 400;
const VALUES_MAX = 2_000_000;
const MARKS_MAX = 24;

export interface ReportData {
  /** Seconds of simulated time. */
  readonly at: readonly number[];
  /** Samples that the run took, if they are more than are drawn. */
  readonly samples: number;
  /** Whether there is memory to draw. */
  readonly memory: boolean;
  readonly views: readonly View[];
}

export interface View {
  readonly name: string;
  readonly host: Readonly<Record<string, readonly number[]>>;
  readonly vms: readonly VmLines[];
  /** VMs that are not drawn. */
  readonly more: number;
  readonly marks: readonly { readonly at: number; readonly kind: string }[];
  /** Absent where there is nothing to say but of sharing. */
  readonly reclaim?: ReclaimView;
  /** Absent where no guest computes. */
  readonly cpu?: CpuView;
  /** Absent where no VM moved. */
  readonly moves?: MovesView;
}

export interface VmLines {
  readonly name: string;
  readonly saved: readonly number[];
  readonly consumed: readonly number[];
}

/** Chooses and thins out the series of a result; names are made visible, numbers stay pages and counts. */
export function reportData(result: Result): ReportData {
  const { atNs } = result.series;
  const hosts = result.hosts.filter((host) => own(result.series.hosts, host.name) !== undefined);
  const views = hosts.length > 1 ? hosts.length + 1 : hosts.length;
  const computes = tellsOfCpu(result);
  const rows = computes ? vmRows(result) : [];
  const tells = tellsOfReclaiming(result);
  // Results of older versions have none.
  const migrations = (result as Partial<Result>).migrations ?? [];
  const buckets = bucketsFor(
    atNs,
    pointsOf(views, { hasCpu: rows.length > 0, tells, hasMoves: migrations.length > 0 }),
  );
  const vmsOf = byHost(hosts, result.vms);
  const rowsOf = byHost(hosts, rows);
  const cpuOf = (of: readonly HostResult[], its: readonly CpuRow[]): { readonly cpu?: CpuView } => {
    const cpu = computes ? cpuView(result, of, its, VMS_DRAWN, buckets) : undefined;
    return cpu === undefined ? {} : { cpu };
  };

  const allMemory = tells ? memoryRows(result) : [];
  const memoryOf = byHost(hosts, allMemory);
  const reclaimOf = (
    of: readonly HostResult[],
    its: readonly MemoryRow[],
  ): { readonly reclaim?: ReclaimView } => {
    const reclaim = tells ? reclaimView(result, of, its, buckets) : undefined;
    return reclaim === undefined ? {} : { reclaim };
  };

  const movesOf = (its: Result["migrations"]): { readonly moves?: MovesView } => {
    const moves = movesView(result, its, buckets.at, VMS_DRAWN);
    return moves === undefined ? {} : { moves };
  };

  const ofHosts = hosts.map((host): View => {
    const own_ = own(result.series.hosts, host.name)!;
    // States of memory are shaded, not marked.
    const events = result.events.filter((event) => event.host === host.name && event.kind !== "memory-state");
    return {
      ...view(visible(host.name), own_, vmsOf.get(host.name)!, events, result, buckets),
      ...reclaimOf([host], memoryOf.get(host.name)!),
      ...cpuOf([host], rowsOf.get(host.name)!),
      ...movesOf(migrations.filter(({ from, to }) => from === host.name || to === host.name)),
    };
  });
  const whole = `all ${formatCount(hosts.length)} hosts`;
  const all = (): View => ({
    ...view(whole, sumSeries(result, hosts), result.vms, [], result, buckets),
    ...reclaimOf(hosts, allMemory),
    ...cpuOf(hosts, rows),
    ...movesOf(migrations),
  });
  return {
    at: buckets.at.map((ns) => ns / 1e9),
    samples: atNs.length,
    memory: hasMemory(result),
    views: hosts.length > 1 ? [all(), ...ofHosts] : ofHosts,
  };
}

function byHost<Row extends { readonly host: string }>(
  hosts: readonly HostResult[],
  rows: readonly Row[],
): Map<string, Row[]> {
  const found = new Map<string, Row[]>(hosts.map(({ name }) => [name, []]));
  for (const row of rows) found.get(row.host)?.push(row);
  return found;
}

/** How many points a series may have, by how many series there are. */
function pointsOf(
  views: number,
  {
    hasCpu,
    tells,
    hasMoves,
  }: { readonly hasCpu: boolean; readonly tells: boolean; readonly hasMoves: boolean },
): number {
  const each =
    hostMemoryQuantities.length +
    2 * VMS_DRAWN +
    (hasCpu ? CPU_HOST_KEYS.length + 3 * VMS_DRAWN : 0) +
    (tells ? RECLAIM_SERIES : 0) +
    (hasMoves ? MOVE_SERIES + VMS_DRAWN : 0);
  return Math.max(POINTS_MIN, Math.min(POINTS_MAX, Math.floor(VALUES_MAX / Math.max(1, views * each))));
}

function view(
  name: string,
  host: HostSeries,
  vms: readonly VmResult[],
  events: readonly EventResult[],
  result: Result,
  buckets: Buckets,
): View {
  // Ties go to the VM that the scenario names first.
  const most = [...vms].sort((a, b) => b.memory.savedPages - a.memory.savedPages).slice(0, VMS_DRAWN);
  const lines = most.flatMap((vm): VmLines[] => {
    const series = own(result.series.vms, vm.name);
    if (series === undefined) return [];
    const saved = downsample(series.savedPages, buckets);
    return [{ name: visible(vm.name), saved, consumed: downsample(series.consumedPages, buckets) }];
  });
  return {
    name,
    host: Object.fromEntries(hostMemoryQuantities.map((key) => [key, downsample(host[key], buckets)])),
    vms: lines,
    more: vms.length - lines.length,
    marks: events.slice(0, MARKS_MAX).map(({ atNs, kind }) => ({ at: atNs / 1e9, kind: visible(kind) })),
  };
}

function sumSeries(result: Result, hosts: readonly { readonly name: string }[]): HostSeries {
  const total = (key: (typeof hostMemoryQuantities)[number]): number[] => {
    const sums = new Array<number>(result.series.atNs.length).fill(0);
    for (const { name } of hosts) {
      const values = own(result.series.hosts, name)![key];
      for (let i = 0; i < sums.length; ++i) sums[i]! += values[i] ?? 0;
    }
    return sums;
  };
  return Object.fromEntries(hostMemoryQuantities.map((key) => [key, total(key)])) as unknown as HostSeries;
}
