/**
 * OpenDC's traces, Parquet:
 *
 *   meta       id, start_time, stop_time, cpu_count, cpu_capacity (MHz), mem_capacity (MB)       older: beside trace
 *   trace      id, timestamp, duration (ms), cpu_count, cpu_usage (MHz)
 *   tasks      id, submission_time, duration, cpu_count, cpu_capacity, mem_capacity              newer: beside fragments
 *   fragments  id, duration (ms), cpu_count, cpu_usage                                           one after the other
 *
 * Here a timestamp is the begin of its reading. Also as CSV with these headers.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import { type DemandFormat, type FormatRun, type Head, hasColumns } from "./format.ts";
import { type Columns, plainName, type Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const INFINITY = Number.POSITIVE_INFINITY;

export const opendc: DemandFormat = {
  name: "opendc",
  about: "OpenDC: meta and trace, or tasks and fragments, as Parquet or CSV",
  builder: { stepS: 300, cpuIn: "mhz", memoryIn: "mib" },
  parts: [
    { name: "meta", matches: (head) => has(head, "id", "cpu_count", "mem_capacity") },
    { name: "trace", matches: (head) => has(head, "id", "duration", "cpu_usage") },
  ],
  begin: (builder) => begin(builder),
};

function has(head: Head, ...names: readonly string[]): boolean {
  if (head.tables === undefined) return hasColumns(head, ...names);
  return Object.values(head.tables).some((columns) => {
    const plain = columns.map(plainName);
    return names.every((name) => plain.includes(plainName(name)));
  });
}

function begin(builder: DemandBuilder): FormatRun {
  /** Where the next fragment of each VM begins, s. */
  const next = new Map<string, number>();
  return { reader: (part) => (part === "meta" ? meta(builder, next) : readings(builder, next)) };
}

function meta(builder: DemandBuilder, next: Map<string, number>): RowReader {
  let at = { id: 0, start: 0, stop: 0, cpus: 0, capacity: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        id: columns.need("id"),
        start: columns.need("start_time", "submission_time"),
        stop: columns.find("stop_time"),
        cpus: columns.need("cpu_count"),
        capacity: columns.need("cpu_capacity"),
        memory: columns.need("mem_capacity"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.id, "the id of a VM");
      const startS = row.within(at.start, 0, INFINITY, { what: "a time in ms" }) / 1000;
      const vcpus = row.within(at.cpus, 1, 4096, { what: "a number of vCPUs" });
      const capacity = row.within(at.capacity, 0, INFINITY, { what: "a capacity in MHz" });
      const memoryMib = row.within(at.memory, 0, INFINITY, { what: "a capacity in MB" });
      if (next.has(id)) row.fail(at.id, "each VM once", id);
      next.set(id, startS);
      const vm = builder.row(id);
      if (vm >= 0) builder.size(vm, { vcpus, mhz: capacity / vcpus, memoryMib });
    },
  };
}

function readings(builder: DemandBuilder, next: Map<string, number>): RowReader {
  let at = { id: 0, time: 0, duration: 0, cpu: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        id: columns.need("id"),
        time: columns.find("timestamp"),
        duration: columns.need("duration"),
        cpu: columns.need("cpu_usage"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.id, "the id of a VM");
      const seconds = row.within(at.duration, 0, INFINITY, { what: "a duration in ms" }) / 1000;
      const cpu = row.within(at.cpu, 0, INFINITY, { what: "CPU in MHz" });
      const timeS =
        at.time < 0 ? (next.get(id) ?? 0) : row.within(at.time, 0, INFINITY, { what: "a time in ms" }) / 1000;
      if (at.time < 0) next.set(id, timeS + seconds);
      if (!builder.add(builder.row(id), timeS, seconds, cpu, Number.NaN))
        row.fail(at.id, "a time of its own for each reading of a VM", id);
    },
  };
}
