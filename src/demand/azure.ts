/**
 * Azure's public VM traces, V1 (2017) and V2 (2019): no headers, seconds from the trace's begin, percent of the whole VM.
 *
 *   vmtable.csv          vmid,subscriptionid,deploymentid,vmcreated,vmdeleted,maxcpu,avgcpu,p95maxcpu,vmcategory,cores,memory
 *   vm_cpu_readings-…    timestamp,vmid,mincpu,maxcpu,avgcpu
 *
 * V2 has buckets for cores and memory (GB), the last `>24`, `>64`. A VM without readings is assumed to use its `avgcpu` all the
 * time. Also one wide table (`t_s,vm000_avg,vm000_max,…`), and arrivals (`t_s,batch,flavour,lifetime`, with flavours and bins of
 * lifetimes beside them) that say nothing of use.
 */
import { arrivals, bins, flavours, newFlavours } from "./azure-arrivals.ts";
import type { DemandBuilder } from "./demand-builder.ts";
import {
  type DemandFormat,
  type FormatOptions,
  type FormatRun,
  type Head,
  hasColumns,
  hasNumbers,
  isMostly,
} from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const VMTABLE = [
  "vmid",
  "subscriptionid",
  "deploymentid",
  "vmcreated",
  "vmdeleted",
  "maxcpu",
  "avgcpu",
  "p95maxcpu",
  "vmcategory",
  "vmcorecountbucket",
  "vmmemorybucket",
];
const READINGS = ["timestamp", "vmid", "mincpu", "maxcpu", "avgcpu"];
const INFINITY = Number.POSITIVE_INFINITY;
const STEP_S = 300;
const CPU = { what: "CPU in percent" };
/** Percent above 100 that is taken for rounding. */
const MOST = 101;

export const azure: DemandFormat = {
  name: "azure",
  about: "Azure VM traces V1 and V2: vmtable, vm_cpu_readings; arrivals and lifetimes",
  builder: { stepS: STEP_S, cpuIn: "part", memoryIn: "part" },
  parts: [
    { name: "vmtable", names: VMTABLE, matches: isVmTable },
    { name: "readings", names: READINGS, matches: isReadings },
    { name: "flavours", matches: (head) => hasColumns(head, "flavour", "vcpu", "mem_gb") },
    { name: "bins", matches: (head) => hasColumns(head, "bin", "duration_lo_s", "duration_hi_s") },
    { name: "arrivals", matches: (head) => hasColumns(head, "t_s", "batch", "flavour", "lifetime") },
    {
      name: "wide",
      matches: ({ cells: [header = []] }) =>
        header[0] === "t_s" && header.some((name) => /^vm\d+_avg$/.test(name)),
    },
  ],
  begin,
};

function isVmTable(head: Head): boolean {
  if (head.columns.has("vmcreated") && head.columns.has("vmid")) return true;
  return hasNumbers(head, [11], [3, 4, 5, 6, 7]) && isMostly(head.cells, ([id]) => !isNumber(id!));
}

function isReadings(head: Head): boolean {
  return hasNumbers(head, [5], [0, 2, 3, 4]) && isMostly(head.cells, ([, id]) => !isNumber(id!));
}

function isNumber(text: string): boolean {
  return text === "" || Number.isFinite(Number(text));
}

function begin(builder: DemandBuilder, options: FormatOptions): FormatRun {
  const chosen = newFlavours();
  return {
    reader(part) {
      if (part === "vmtable") return vmTable(builder);
      if (part === "readings") return readings(builder, options);
      if (part === "flavours") return flavours(chosen);
      if (part === "bins") return bins(chosen);
      return part === "arrivals" ? arrivals(builder, chosen, options) : wide(builder, options);
    },
  };
}

function vmTable(builder: DemandBuilder): RowReader {
  const at = Object.fromEntries(VMTABLE.map((name, column) => [name, column])) as Record<string, number>;
  const seen = new Map<string, number>();
  return {
    columns(): void {},
    row(row: Row): void {
      if (row.line === 1 && row.text(0).toLowerCase() === "vmid") return;
      const id = row.named(0, "the id of a VM");
      const before = seen.get(id);
      if (before !== undefined) row.fail(0, "each VM once", `${id}, which line ${before} has too`);
      const created = row.within(at.vmcreated!, 0, INFINITY, { what: "a time in s" });
      const deleted = row.within(at.vmdeleted!, created, INFINITY, { what: "a time in s" });
      const average = row.within(at.avgcpu!, 0, MOST, { ...CPU, absent: Number.NaN });
      const vcpus = bucketOf(row, at.vmcorecountbucket!, "a number of cores");
      const gigabytes = bucketOf(row, at.vmmemorybucket!, "memory in GB");
      seen.set(id, row.line);
      const vm = builder.row(id);
      if (vm < 0) return;
      const extra = {
        category: row.text(at.vmcategory!),
        subscription: row.text(at.subscriptionid!),
        deployment: row.text(at.deploymentid!),
      };
      builder.size(vm, { vcpus, memoryMib: gigabytes * 1024, extra });
      builder.span(vm, created, deleted > created ? deleted : created + STEP_S);
      if (!Number.isNaN(average)) builder.assume(vm, average / 100);
    },
  };
}

/** `4`, or `>24` for what is above the largest bucket, which counts as that. */
function bucketOf(row: Row, column: number, what: string): number {
  const value = Number(row.text(column).replace(/^>\s*/, ""));
  return value > 0 && value < INFINITY ? value : row.fail(column, `${what}, such as 4 or >24`);
}

function readings(builder: DemandBuilder, options: FormatOptions): RowReader {
  const chosen = options.reading === "maximum" ? 3 : 4;
  return {
    columns(): void {},
    row(row: Row): void {
      if (row.line === 1 && row.text(0).toLowerCase() === "timestamp") return;
      const timeS = row.within(0, 0, INFINITY, { what: "a time in s" });
      const id = row.named(1, "the id of a VM");
      const cpu = row.within(chosen, 0, MOST, CPU);
      const vm = builder.row(id);
      if (!builder.add(vm, timeS, 0, cpu / 100, Number.NaN))
        row.fail(0, "a time of its own for each reading of a VM");
    },
  };
}

function wide(builder: DemandBuilder, options: FormatOptions): RowReader {
  const end = options.reading === "maximum" ? /^(.+)_max$/ : /^(.+)_avg$/;
  let vms: (readonly [column: number, vm: number])[] = [];
  return {
    columns(columns: Columns): void {
      vms = columns.names.flatMap((name, column) => {
        const id = end.exec(name)?.[1];
        return id === undefined ? [] : [[column, builder.row(id)] as const];
      });
    },
    row(row: Row): void {
      const timeS = row.within(0, 0, INFINITY, { what: "a time in s" });
      for (const [column, vm] of vms) {
        if (row.isEmpty(column)) continue;
        const cpu = row.within(column, 0, MOST, CPU);
        if (!builder.add(vm, timeS, 0, cpu / 100, Number.NaN)) row.fail(0, "a time of its own for each row");
      }
    },
  };
}
