/**
 * PlanetLab's CPU use, as CoMon measured it: one file a VM, a whole number a line, percent, every 300 s; or many VMs in one
 * table, a row each.
 *
 *   24                    vm_index,file,t0,t300,…            vm,metric,t0,t300,…
 *   34                    0,planetlab1_example,24,34,…       vm_7,cpu_pct,8.53,8.8,…
 *   29                                                       vm_7,mem_pct,6.14,6.12,…
 *
 * All VMs have as many readings as the first. The table with `metric` is the form that Google's trace of 2011 is passed on
 * in, cut into VMs.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import { type DemandFormat, type FormatRun, type Head, hasColumns, isMostly } from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

const CPU = { what: "CPU in percent" };
const MEMORY = { what: "memory in percent" };
/** Percent above 100 that is taken for rounding. */
const MOST = 100.5;
/** Google's tasks may use more than they asked for; what is above counts as all of it. */
const MOST_OF_REQUEST = 10_000;

export const planetlab: DemandFormat = {
  name: "planetlab",
  about: "PlanetLab / CoMon: a file a VM with a percentage a line, or a table with a VM a row",
  builder: { stepS: 300, cpuIn: "part", memoryIn: "part" },
  parts: [
    { name: "table", matches: (head) => hasColumns(head, "vm_index", "file") && hasTimes(head) },
    {
      name: "vm",
      names: ["cpu"],
      matches: ({ cells }) => isMostly(cells, (row) => row.length === 1 && /^\d{1,3}$/.test(row[0]!)),
    },
  ],
  begin: (builder) => begin(builder),
};

export const googleVms: DemandFormat = {
  name: "google-2011-vms",
  about: "Google 2011 cut into VMs: vm,metric,t0,t300,… with cpu_pct and mem_pct rows",
  builder: { stepS: 300, cpuIn: "part", memoryIn: "part" },
  parts: [{ name: "table", matches: (head) => hasColumns(head, "vm", "metric") && hasTimes(head) }],
  begin: (builder) => begin(builder),
};

function hasTimes({ cells: [header = []] }: Head): boolean {
  return header.some((name) => /^t\d+$/.test(name));
}

/** How many readings the first VM has, and which VM that is. */
interface Length {
  readings: number;
  of: string;
}

function begin(builder: DemandBuilder): FormatRun {
  const length: Length = { readings: 0, of: "" };
  return {
    reader: (part, _file, base) =>
      part === "vm" ? new VmFile(builder, base, length) : new WideTable(builder),
  };
}

class VmFile implements RowReader {
  readonly #builder: DemandBuilder;
  readonly #id: string;
  readonly #length: Length;
  readonly #values: number[] = [];
  #last: Row | undefined;

  constructor(builder: DemandBuilder, id: string, length: Length) {
    this.#builder = builder;
    this.#id = id;
    this.#length = length;
  }

  columns(): void {}

  row(row: Row): void {
    if (row.count > 1) row.fail(1, "one number a line");
    const { readings, of } = this.#length;
    if (of !== "" && this.#values.length === readings)
      row.fail(0, `${readings} readings, as ${of} has`, "another one");
    this.#values.push(row.within(0, 0, MOST, CPU) / 100);
    this.#last = row;
  }

  end(): void {
    const { readings, of } = this.#length;
    if (of === "") {
      this.#length.of = this.#id;
      this.#length.readings = this.#values.length;
    } else if (this.#values.length < readings) {
      this.#last?.fail(0, `${readings} readings, as ${of} has`, `${this.#values.length}`);
    }
    if (this.#builder.has(this.#id))
      this.#last?.fail(0, "a name of its own for each VM", `a second file ${this.#id}`);
    const row = this.#builder.row(this.#id);
    this.#builder.addSeries(row, 0, this.#values);
  }
}

/** A row a VM, or a row a VM and metric; columns `t0`, `t300` … are the readings. */
class WideTable implements RowReader {
  readonly #builder: DemandBuilder;
  readonly #seen = new Map<string, number>();
  #id = -1;
  #metric = -1;
  #first = 0;
  #readings = 0;
  #count = 0;
  #values = new Float64Array(0);

  constructor(builder: DemandBuilder) {
    this.#builder = builder;
  }

  columns(columns: Columns): void {
    this.#id = columns.need("file", "vm", "vm_index");
    this.#metric = columns.find("metric");
    this.#first = columns.names.findIndex((name) => /^t\d+$/.test(name));
    this.#count = columns.names.length;
    this.#readings = this.#count - this.#first;
    this.#values = new Float64Array(this.#readings);
  }

  row(row: Row): void {
    const id = row.named(this.#id, "the name of a VM");
    const metric = this.#metric < 0 ? "cpu_pct" : row.text(this.#metric);
    const isCpu = metric.startsWith("cpu");
    if (!isCpu && !metric.startsWith("mem")) row.fail(this.#metric, "cpu_pct or mem_pct");
    if (row.count !== this.#count)
      row.fail(row.count - 1, `${this.#readings} readings, as in the header`, `${row.count - this.#first}`);
    const key = `${isCpu} ${id}`;
    const before = this.#seen.get(key);
    if (before !== undefined) row.fail(this.#id, "each VM once", `${id}, which line ${before} has too`);
    const most = this.#metric < 0 ? MOST : MOST_OF_REQUEST;
    for (let at = 0; at < this.#readings; at += 1)
      this.#values[at] = row.within(this.#first + at, 0, most, isCpu ? CPU : MEMORY) / 100;
    this.#seen.set(key, row.line);
    this.#builder.addSeries(this.#builder.row(id), 0, isCpu ? this.#values : [], isCpu ? [] : this.#values);
  }
}
