/**
 * Google's cluster traces: of 2011 (CSV without headers) and of 2019 (Borg, BigQuery's JSON lines, CSV or Parquet).
 *
 *   2011 task_usage       start_time,end_time,job_id,task_index,machine_id,cpu_rate,canonical_memory_usage,…   20 columns
 *   2011 task_events      time,missing_info,job_id,task_index,machine_id,event_type,…,cpu_request,memory_request,…   13
 *   2019 instance_usage   start_time, end_time, collection_id, instance_index, …, average_usage { cpus, memory }, …
 *
 * A task or instance is a VM. Times are µs; the trace begins at 600 s. Amounts are parts of the largest machine of the cell, whose
 * size Google does not say: here it has as many cores and as much memory as the options say (64 and 512 GiB). A VM is as large as its
 * request, or its peak where that is more. A reading of 300 s that crosses a step counts for both by its seconds.
 *
 * Source: Reiss, Wilkes, Hellerstein 2011 (format and schema); Wilkes 2020 (trace version 3).
 */
import type { DemandBuilder } from "./demand-builder.ts";
import {
  type DemandFormat,
  type FormatOptions,
  type FormatRun,
  type Head,
  hasNumbers,
  isMostly,
} from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const TASK_USAGE = [
  ["start_time", "end_time", "job_id", "task_index", "machine_id", "cpu_rate"],
  ["canonical_memory_usage", "assigned_memory_usage", "unmapped_page_cache", "total_page_cache"],
  ["max_memory_usage", "disk_io_time", "local_disk_space_usage", "max_cpu_rate", "max_disk_io_time"],
  ["cycles_per_instruction", "memory_accesses_per_instruction", "sample_portion", "aggregation_type"],
  ["sampled_cpu_usage"],
].flat();
const TASK_EVENTS = [
  ["time", "missing_info", "job_id", "task_index", "machine_id", "event_type", "user", "scheduling_class"],
  ["priority", "cpu_request", "memory_request", "disk_space_request", "different_machines_restriction"],
].flat();
const INFINITY = Number.POSITIVE_INFINITY;
/** Times of 2^63 − 1 stand for what is behind the trace. */
const US_MOST = 2 ** 62;

/** What the largest machine of a cell stands for. */
export const LARGEST_MACHINE = { vcpus: 64, memoryMib: 512 * 1024 };

const builder = { stepS: 300, cpuIn: "cores", memoryIn: "mib" } as const;

export const google2011: DemandFormat = {
  name: "google-2011",
  about: "Google cluster trace 2011: task_usage, task_events",
  builder,
  parts: [
    {
      name: "usage",
      names: TASK_USAGE,
      matches: (head) => hasNumbers(head, [19, 20], [0, 1, 2, 3, 5, 6]),
    },
    {
      name: "events",
      names: TASK_EVENTS,
      matches: (head) => hasNumbers(head, [13], [0, 2, 3, 5, 9, 10]) && isMostly(head.cells, isTaskEvent),
    },
  ],
  begin: (into, options) => begin(into, options),
};

export const google2019: DemandFormat = {
  name: "google-2019",
  about: "Google Borg trace 2019: instance_usage as JSON lines, CSV or Parquet",
  builder,
  parts: [
    {
      name: "usage",
      paths: ["average_usage.cpus", "average_usage.memory", "maximum_usage.cpus", "maximum_usage.memory"],
      matches: isInstanceUsage,
    },
    { name: "events", matches: isInstanceEvents },
  ],
  begin: (into, options) => begin(into, options),
};

function isTaskEvent(row: readonly string[]): boolean {
  return /^[0-8]$/.test(row[5]!);
}

function isInstanceUsage({ lines, columns, tables }: Head): boolean {
  const first = lines[0] ?? "";
  if (first.startsWith("{")) return /"collection_id"/.test(first) && /"start_time"/.test(first);
  const names =
    tables === undefined
      ? columns
      : new Set(
          Object.values(tables)
            .flat()
            .map((name) => name.replace(/[^a-z]/g, "")),
        );
  return names.has("collectionid") && names.has("starttime");
}

function isInstanceEvents({ lines, columns }: Head): boolean {
  const first = lines[0] ?? "";
  if (first.startsWith("{")) return /"collection_id"/.test(first) && /"resource_request"/.test(first);
  return columns.has("collectionid") && columns.has("resourcerequestcpus");
}

function begin(into: DemandBuilder, options: FormatOptions): FormatRun {
  return {
    reader: (part) => (part === "usage" ? usage(into, options) : requests(into, options)),
    finish() {
      const { vcpus, memoryMib } = options.machine ?? LARGEST_MACHINE;
      return [
        `amounts are parts of the largest machine, which is taken to have ${vcpus} cores and ${memoryMib / 1024} GiB`,
      ];
    },
  };
}

/** Columns of both traces, by either's name. */
function usage(into: DemandBuilder, options: FormatOptions): RowReader {
  const machine = options.machine ?? LARGEST_MACHINE;
  const isMaximum = options.reading === "maximum";
  let at = { start: 0, end: 0, job: 0, task: 0, cpu: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        start: columns.need("start_time"),
        end: columns.need("end_time"),
        job: columns.need("job_id", "collection_id"),
        task: columns.need("task_index", "instance_index"),
        cpu: isMaximum
          ? columns.need("max_cpu_rate", "maximum_usage.cpus", "maximum_usage_cpus")
          : columns.need("cpu_rate", "average_usage.cpus", "average_usage_cpus"),
        memory: isMaximum
          ? columns.find("max_memory_usage", "maximum_usage.memory", "maximum_usage_memory")
          : columns.find("canonical_memory_usage", "average_usage.memory", "average_usage_memory"),
      };
    },
    row(row: Row): void {
      const start = row.within(at.start, 0, US_MOST, { what: "a time in µs" });
      const end = row.within(at.end, start, INFINITY, { what: "a time in µs" });
      const id = `${row.named(at.job, "the id of a job")}-${row.named(at.task, "the index of a task")}`;
      // Some readings lack one of the two; some say a little more than the whole machine.
      const cpu = row.within(at.cpu, 0, 64, { what: "CPU, a part of a machine", absent: Number.NaN });
      const memory =
        at.memory < 0
          ? Number.NaN
          : row.within(at.memory, 0, 64, { what: "memory, a part of a machine", absent: Number.NaN });
      const isAdded = into.add(
        into.row(id),
        start / 1e6,
        (end - start) / 1e6,
        cpu * machine.vcpus,
        memory * machine.memoryMib,
      );
      if (!isAdded) row.fail(at.start, "a time of its own for each reading of a task");
    },
  };
}

function requests(into: DemandBuilder, options: FormatOptions): RowReader {
  const machine = options.machine ?? LARGEST_MACHINE;
  let at = { job: 0, task: 0, cpu: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        job: columns.need("job_id", "collection_id"),
        task: columns.need("task_index", "instance_index"),
        cpu: columns.need("cpu_request", "resource_request.cpus", "resource_request_cpus"),
        memory: columns.need("memory_request", "resource_request.memory", "resource_request_memory"),
      };
    },
    row(row: Row): void {
      const id = `${row.text(at.job)}-${row.text(at.task)}`;
      if (!into.has(id)) return;
      const cpu = row.within(at.cpu, 0, 64, { what: "CPU, a part of a machine", absent: 0 });
      const memory = row.within(at.memory, 0, 64, { what: "memory, a part of a machine", absent: 0 });
      into.size(into.row(id), {
        vcpus: Math.ceil(cpu * machine.vcpus),
        memoryMib: memory * machine.memoryMib,
      });
    },
  };
}
