/**
 * Alibaba's traces of use: v2018 machines and containers, and the memory of generative services of 2026. A machine, container
 * or pod is a VM.
 *
 *   machine_usage     machine_id,time_stamp,cpu_util_percent,mem_util_percent,mem_gps,mkpi,net_in,net_out,disk_io_percent
 *   machine_meta      machine_id,time_stamp,failure_domain_1,failure_domain_2,cpu_num,mem_size,status
 *   container_usage   container_id,machine_id,time_stamp,cpu_util_percent,mem_util_percent,cpi,mem_gps,mpki,net_in,net_out,disk_io
 *   pod memory        pod,t_s,mem_util
 *
 * Without headers as published, with headers as passed on. Use of −1 and 101 stands for no measurement. Sizes of memory are parts of
 * an unnamed whole and left out.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import { type DemandFormat, type FormatRun, type Head, hasColumns, hasNumbers, isMostly } from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const MACHINE_USAGE = [
  ["machine_id", "time_stamp", "cpu_util_percent", "mem_util_percent"],
  ["mem_gps", "mkpi", "net_in", "net_out", "disk_io_percent"],
].flat();
const MACHINE_META = [
  ["machine_id", "time_stamp", "failure_domain_1", "failure_domain_2", "cpu_num", "mem_size", "status"],
].flat();
const CONTAINER_USAGE = ["container_id", ...MACHINE_USAGE.slice(0, 4), "cpi", ...MACHINE_USAGE.slice(4)];
const INFINITY = Number.POSITIVE_INFINITY;

export const alibaba2018: DemandFormat = {
  name: "alibaba-2018",
  about: "Alibaba v2018: machine_usage with machine_meta; container_usage",
  builder: { stepS: 300, cpuIn: "part", memoryIn: "part" },
  parts: [
    {
      name: "machines",
      matches: (head) => hasColumns(head, "machine_id", "time_s", "cpu_pct"),
    },
    {
      name: "machines-plain",
      names: MACHINE_USAGE,
      matches: (head) => isOf(head, /^m_\d+$/, 9) && hasNumbers(head, [9], [1, 2, 3]),
    },
    {
      name: "containers-plain",
      names: CONTAINER_USAGE,
      matches: (head) => isOf(head, /^c_\d+$/, 11) && hasNumbers(head, [11], [2, 3, 4]),
    },
    { name: "meta", matches: (head) => hasColumns(head, "machine_id", "failure_domain_1", "cpu_num") },
    { name: "meta-plain", names: MACHINE_META, matches: (head) => isOf(head, /^m_\d+$/, 7) },
  ],
  begin: (builder) => begin(builder),
};

export const alibabaMemory: DemandFormat = {
  name: "alibaba-memory",
  about: "Alibaba 2026: memory of pods (pod,t_s,mem_util)",
  builder: { stepS: 300, cpuIn: "part", memoryIn: "part" },
  parts: [{ name: "pods", matches: (head) => hasColumns(head, "pod", "t_s", "mem_util") }],
  begin: (builder) => ({
    reader: () => pods(builder),
    finish: () => ["the trace says nothing of CPU: it counts as none"],
  }),
};

function isOf({ cells }: Head, id: RegExp, count: number): boolean {
  return isMostly(cells, (row) => row.length === count && id.test(row[0]!));
}

function begin(builder: DemandBuilder): FormatRun {
  return { reader: (part) => (part.startsWith("meta") ? meta(builder) : usage(builder)) };
}

function usage(builder: DemandBuilder): RowReader {
  let at = { id: 0, time: 0, cpu: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        id: columns.need("container_id", "machine_id"),
        time: columns.need("time_stamp", "time_s"),
        cpu: columns.need("cpu_util_percent", "cpu_pct"),
        memory: columns.find("mem_util_percent", "mem_pct"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.id, "the id of a machine or container");
      const timeS = row.within(at.time, 0, INFINITY, { what: "a time in s" });
      const cpu = percent(row, at.cpu, "CPU in percent");
      const memory = at.memory < 0 ? Number.NaN : percent(row, at.memory, "memory in percent");
      if (!builder.add(builder.row(id), timeS, 0, cpu, memory))
        row.fail(at.time, "a time of its own for each reading");
    },
  };
}

/** A part; NaN for no measurement. */
function percent(row: Row, column: number, what: string): number {
  const value = row.within(column, -1, 101, { what, absent: Number.NaN });
  return value === -1 || value === 101
    ? Number.NaN
    : value < 0
      ? row.fail(column, `${what}, a number from 0 to 100`)
      : value / 100;
}

function meta(builder: DemandBuilder): RowReader {
  let at = { id: 0, cpus: 0, one: 0, two: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        id: columns.need("machine_id"),
        cpus: columns.need("cpu_num"),
        one: columns.find("failure_domain_1"),
        two: columns.find("failure_domain_2"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.id, "the id of a machine");
      const vcpus = row.within(at.cpus, 1, 4096, { what: "a number of CPUs" });
      if (!builder.has(id)) return;
      const extra = { failureDomain1: row.text(at.one), failureDomain2: row.text(at.two) };
      const vm = builder.row(id);
      if (vm >= 0) builder.size(vm, { vcpus, extra });
    },
  };
}

function pods(builder: DemandBuilder): RowReader {
  // The published file has some times twice.
  builder.allowsRepeats = true;
  return {
    columns(): void {},
    row(row: Row): void {
      const id = row.named(0, "the name of a pod");
      const timeS = row.within(1, 0, INFINITY, { what: "a time in s" });
      const memory = row.within(2, 0, 1.01, { what: "memory, a part" });
      builder.add(builder.row(id), timeS, 0, Number.NaN, memory);
    },
  };
}
