/**
 * Bitbrains, GWA-T-12 (fastStorage, Rnd): one file a VM, `;` and a tab between fields, every 300 s or so.
 *
 *   Timestamp [ms];⇥CPU cores;⇥CPU capacity provisioned [MHZ];⇥CPU usage [MHZ];⇥…⇥Memory usage [KB];⇥…
 *   1376314846;⇥1;⇥2599.999;⇥19.07;⇥…
 *
 * The head says ms, the numbers are seconds; which, their size tells. Memory in use is *active* memory. A VM that is off has 0
 * cores for a while: its largest capacity counts. Also the same data as one table (`vm,t_s,cpu_mhz,mem_mb,…`) beside a list of sizes
 * (`vm,cpu_cores,cpu_capacity_mhz,mem_capacity_mb`).
 *
 * Source: Shen, van Beek, Iosup, CCGrid 2015.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import { type DemandFormat, type FormatRun, hasColumns } from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

/** Seconds since 1970 are above, since a trace's begin below: three years. */
const DATES_LEAST = 1e8;
/** Seconds of 1970 to 2286 are below, milliseconds since 1973 above. */
const SECONDS_MOST = 1e11;
const INFINITY = Number.POSITIVE_INFINITY;

export const bitbrains: DemandFormat = {
  name: "bitbrains",
  about: "Bitbrains GWA-T-12 (fastStorage, Rnd): a file a VM, `;` and tab; or one table and a list of sizes",
  builder: { stepS: 300, cpuIn: "mhz", memoryIn: "mib" },
  parts: [
    { name: "table", matches: (head) => hasColumns(head, "vm", "t_s", "cpu_mhz") },
    {
      name: "vm",
      matches: (head) => hasColumns(head, "CPU capacity provisioned [MHZ]", "CPU usage [MHZ]"),
    },
    // Behind the readings: who has none does not take part.
    { name: "sizes", matches: (head) => hasColumns(head, "vm", "cpu_cores", "cpu_capacity_mhz") },
  ],
  begin: (builder) => begin(builder),
};

function begin(builder: DemandBuilder): FormatRun {
  const clock = new Clock();
  return {
    reader(part, _file, base) {
      if (part === "sizes") return sizes(builder);
      return part === "table"
        ? table(builder, clock)
        : vmFile({ builder, clock, id: base.replace(/\.csv$/i, "") });
    },
  };
}

/** Whether times are dates, or begin at 0: the same in all files, or they would lie decades apart in one table. */
class Clock {
  #isDates: boolean | undefined;

  check(row: Row, column: number, timeS: number): void {
    const isDates = timeS >= DATES_LEAST;
    this.#isDates ??= isDates;
    if (isDates === this.#isDates) return;
    const begin = this.#isDates ? "1970" : "the trace's begin";
    row.fail(column, `a time since ${begin}, as the readings before have`);
  }
}

interface VmFile {
  readonly builder: DemandBuilder;
  readonly clock: Clock;
  readonly id: string;
}

function vmFile({ builder, clock, id }: VmFile): RowReader {
  let at = { time: 0, cores: 0, capacity: 0, cpu: 0, memoryCapacity: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        time: columns.need("Timestamp [ms]", "Timestamp [s]", "Timestamp"),
        cores: columns.need("CPU cores"),
        capacity: columns.need("CPU capacity provisioned [MHZ]"),
        cpu: columns.need("CPU usage [MHZ]"),
        memoryCapacity: columns.need("Memory capacity provisioned [KB]"),
        memory: columns.need("Memory usage [KB]"),
      };
    },
    row(row: Row): void {
      const time = row.within(at.time, 0, INFINITY, { what: "a time" });
      const cores = row.within(at.cores, 0, 4096, { what: "a number of cores" });
      const capacity = row.within(at.capacity, 0, INFINITY, { what: "a capacity in MHz" });
      const cpu = row.within(at.cpu, 0, INFINITY, { what: "CPU in MHz" });
      const memoryCapacity = row.within(at.memoryCapacity, 0, INFINITY, { what: "a capacity in KB" });
      const memory = row.within(at.memory, 0, INFINITY, { what: "memory in KB" });
      const vm = builder.row(id);
      if (vm < 0) return;
      const vcpus = Math.round(cores);
      builder.size(vm, {
        vcpus,
        mhz: vcpus > 0 ? capacity / vcpus : 0,
        memoryMib: memoryCapacity / 1024,
      });
      const timeS = time > SECONDS_MOST ? time / 1000 : time;
      clock.check(row, at.time, timeS);
      addOnce(builder, row, vm, {
        column: at.time,
        timeS,
        cpu,
        memory: memory / 1024,
      });
    },
  };
}

function table(builder: DemandBuilder, clock: Clock): RowReader {
  let at = { vm: 0, time: 0, cpu: 0, memory: 0 };
  return {
    columns(columns: Columns): void {
      at = {
        vm: columns.need("vm"),
        time: columns.need("t_s"),
        cpu: columns.need("cpu_mhz"),
        memory: columns.find("mem_mb"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.vm, "the name of a VM");
      const timeS = row.within(at.time, 0, INFINITY, { what: "a time in s" });
      const cpu = row.within(at.cpu, 0, INFINITY, { what: "CPU in MHz" });
      const memory =
        at.memory < 0 ? Number.NaN : row.within(at.memory, 0, INFINITY, { what: "memory in MB" });
      clock.check(row, at.time, timeS);
      const vm = builder.row(id);
      if (vm >= 0) addOnce(builder, row, vm, { column: at.time, timeS, cpu, memory });
    },
  };
}

function sizes(builder: DemandBuilder): RowReader {
  let at = { vm: 0, cores: 0, capacity: 0, memory: 0 };
  const seen = new Map<string, number>();
  return {
    columns(columns: Columns): void {
      at = {
        vm: columns.need("vm"),
        cores: columns.need("cpu_cores"),
        capacity: columns.need("cpu_capacity_mhz"),
        memory: columns.need("mem_capacity_mb"),
      };
    },
    row(row: Row): void {
      const id = row.named(at.vm, "the name of a VM");
      const before = seen.get(id);
      if (before !== undefined) row.fail(at.vm, "each VM once", `${id}, which line ${before} has too`);
      seen.set(id, row.line);
      const vcpus = row.within(at.cores, 0, 4096, { what: "a number of cores" });
      const capacity = row.within(at.capacity, 0, INFINITY, { what: "a capacity in MHz" });
      const memoryMib = row.within(at.memory, 0, INFINITY, { what: "a capacity in MB" });
      if (!builder.has(id)) return;
      const vm = builder.row(id);
      if (vm >= 0) builder.size(vm, { vcpus, mhz: vcpus > 0 ? capacity / vcpus : 0, memoryMib });
    },
  };
}

interface Reading {
  /** Of the time. */
  readonly column: number;
  readonly timeS: number;
  readonly cpu: number;
  readonly memory: number;
}

/** Adds a reading; a VM's second one of the same time is an error. */
function addOnce(
  builder: DemandBuilder,
  row: Row,
  vm: number,
  { column, timeS, cpu, memory }: Reading,
): void {
  if (!builder.add(vm, timeS, 0, cpu, memory)) row.fail(column, "a time of its own for each reading");
}
