/**
 * esxtop's batch file (`esxtop -b`), and what ballast writes in that form: a row a sample, a column a counter.
 *
 *   "(PDH-CSV 4.0) (UTC)(0)","\\h1\Group Cpu(17:web)\% Used","\\h1\Group Cpu(17:web)\% Ready",…
 *   "05/15/2017 06:49:37","37.50","12.50",…
 *
 *   demand = used / (1 − ready / (100 · vCPUs))       in cores of 100 %: time it waited for a processor tells nothing
 *
 * VMs are the groups that have virtual CPUs; where no column says `vmx-vcpu`, those that have memory; else all. Active memory is
 * Touched. A step is the time between the first two samples.
 *
 * Source of the demand: Isci et al., NOMS 2010.
 */
import type { DemandBuilder } from "./demand-builder.ts";
import type { DemandFormat, FormatOptions, FormatRun, TraceHost } from "./format.ts";
import type { Columns, Row } from "./row.ts";
import type { RowReader } from "./scan.ts";

export const esxtop: DemandFormat = {
  name: "esxtop",
  about: "esxtop batch CSV (esxtop -b), ballast's own esxtop.csv",
  builder: { stepS: 5, cpuIn: "cores", memoryIn: "mib" },
  parts: [{ name: "batch", matches: ({ lines }) => /^"?\(PDH-CSV 4\.0\)/.test(lines[0] ?? "") }],
  begin,
};

/** Counters of one group, by the number of their column. */
interface Group {
  readonly name: string;
  readonly host: string;
  vcpus: number;
  used: number;
  ready: number;
  memory: number;
  touched: number;
}

const COUNTER = /^\\\\([^\\]+)\\([^\\(]+)(?:\((.*)\))?\\([^\\]+)$/;

function begin(builder: DemandBuilder, options: FormatOptions): FormatRun {
  const hosts = new Map<string, { cores: number; memory: number; memoryMib: number }>();
  return {
    reader: () => samples(builder, options, hosts),
    hosts: (): TraceHost[] =>
      [...hosts].map(([name, { cores, memoryMib }]) => ({ name, cores, mhz: 0, memoryMib })),
  };
}

function samples(
  builder: DemandBuilder,
  options: FormatOptions,
  hosts: Map<string, { cores: number; memory: number; memoryMib: number }>,
): RowReader {
  let groups: Group[] = [];
  let rows: number[] = [];
  let firstS = Number.NaN;
  let isStepKnown = options.stepS !== undefined;
  let held: { timeS: number; values: (readonly [cpu: number, memory: number])[] } | undefined;
  const add = ({ timeS, values }: NonNullable<typeof held>): void => {
    for (const [at, [cpu, memory]] of values.entries()) builder.add(rows[at]!, timeS, 0, cpu, memory);
  };
  return {
    columns(columns: Columns): void {
      groups = groupsOf(columns.names, hosts);
      rows = groups.map(({ name, host }) => builder.row(builder.has(name) ? `${name} (${host})` : name));
      for (const [at, { vcpus, host }] of groups.entries())
        if (rows[at]! >= 0) builder.size(rows[at]!, { vcpus, extra: { host } });
    },
    row(row: Row): void {
      const timeS = timeOf(row);
      for (const host of hosts.values())
        if (host.memory >= 0) host.memoryMib = Math.max(host.memoryMib, row.number(host.memory) || 0);
      const values = groups.map((group, at) => {
        const { memory } = group;
        if (memory >= 0 && rows[at]! >= 0) builder.size(rows[at]!, { memoryMib: row.number(memory) || 0 });
        return reading(row, group);
      });
      if (Number.isNaN(firstS)) firstS = timeS;
      // The first sample waits for the second, which tells the step.
      if (isStepKnown) add({ timeS, values });
      else if (held === undefined) held = { timeS, values };
      else {
        if (!(timeS > held.timeS)) row.fail(0, "a time behind that of the first sample");
        builder.setStep(Math.max(1, Math.round(timeS - held.timeS)));
        isStepKnown = true;
        add(held);
        add({ timeS, values });
      }
    },
    end(): void {
      if (!isStepKnown && held !== undefined) add(held);
    },
  };
}

function groupsOf(
  names: readonly string[],
  hosts: Map<string, { cores: number; memory: number; memoryMib: number }>,
): Group[] {
  const groups = new Map<string, Group>();
  const of = (host: string, name: string): Group => {
    const key = `${host}\\${name}`;
    const none = { name, host, vcpus: 0, used: -1, ready: -1, memory: -1, touched: -1 };
    const group = groups.get(key) ?? none;
    groups.set(key, group);
    return group;
  };
  for (const [column, title] of names.entries()) {
    const [, host = "", object = "", instance = "", counter = ""] = COUNTER.exec(title) ?? [];
    if (host === "") continue;
    if (!hosts.has(host)) hosts.set(host, { cores: 0, memory: -1, memoryMib: 0 });
    const about = hosts.get(host)!;
    if (object === "Physical Cpu" && /^\d+$/.test(instance) && /^% (?:Processor|Util) Time$/.test(counter))
      about.cores = Math.max(about.cores, Number(instance) + 1);
    if (object === "Memory" && counter === "Machine MBytes") about.memory = column;
    const [, , name = ""] = /^(\d+):([^:]*)/.exec(instance) ?? [];
    if (name === "") continue;
    const isVcpu = object === "Vcpu" && counter === "% Used" && /:vmx-vcpu-\d+/.test(instance);
    if (isVcpu) of(host, name).vcpus += 1;
    if (object === "Group Cpu" && counter === "% Used") of(host, name).used = column;
    if (object === "Group Cpu" && counter === "% Ready") of(host, name).ready = column;
    if (object === "Group Memory" && counter === "Memory Size MBytes") of(host, name).memory = column;
    if (object === "Group Memory" && counter === "Touched MBytes") of(host, name).touched = column;
  }
  const all = [...groups.values()].filter(({ used }) => used >= 0);
  const named = all.some(({ vcpus }) => vcpus > 0) ? all.filter(({ vcpus }) => vcpus > 0) : all;
  return named.some(({ memory }) => memory >= 0) ? named.filter(({ memory }) => memory >= 0) : named;
}

const PERCENT = { what: "a percentage" };
const INFINITY = Number.POSITIVE_INFINITY;

/** Cores demanded and MiB touched. */
function reading(row: Row, { used, ready, touched, vcpus }: Group): readonly [number, number] {
  const usedPercent = row.within(used, 0, INFINITY, PERCENT);
  const readyPercent = ready < 0 ? 0 : row.within(ready, 0, INFINITY, PERCENT);
  const wide = 100 * (vcpus || Math.max(1, Math.ceil((usedPercent + readyPercent) / 100)));
  // Never scheduled at all: it wanted everything.
  const part = readyPercent >= wide ? 0 : 1 - readyPercent / wide;
  const cores = part === 0 ? (usedPercent > 0 ? wide / 100 : 0) : usedPercent / 100 / part;
  return [
    Math.min(cores, wide / 100),
    touched < 0 ? Number.NaN : row.within(touched, 0, INFINITY, { what: "MiB" }),
  ];
}

/** `MM/DD/YYYY HH:MM:SS`, with milliseconds or without, in s. */
function timeOf(row: Row): number {
  const [, month, day, year, hour, minute, second, rest = ""] =
    /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?$/.exec(row.text(0)) ?? [];
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  if (year === undefined || Number.isNaN(ms)) row.fail(0, "a time such as 05/15/2017 06:49:37");
  return ms / 1000 + Number(`0.${rest || 0}`);
}
