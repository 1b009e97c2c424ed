/** The columns of the table of hosts' processors, once for every way to print it. */
import type { Column } from "./columns.ts";
import { ZERO_RANK } from "./cpu-columns.ts";
import { formatEnergy, formatPower, formatTenths } from "./format.ts";
import type { HostCpu, HostResult, Result } from "./result.ts";

interface Entry {
  readonly title: string;
  readonly about: string;
  readonly rank: number;
  /** NaN: there is none. */
  readonly value: (cpu: HostCpu, simulatedNs: number) => number;
  readonly format?: (value: number) => string;
  /** Whether a host makes the column worth showing; every host does if absent. */
  readonly has?: (cpu: HostCpu) => boolean;
}

const percent = (cpu: HostCpu, ns: number): number => (100 * ns) / (cpu.busyNs + cpu.idleNs);
const powered = (cpu: HostCpu): boolean => cpu.energyMilliJ !== undefined;

const SIZE: readonly Entry[] = [
  { title: "pCPUs", about: "Hardware threads.", rank: 4, value: (cpu) => cpu.pcpus },
  { title: "cores", about: "Cores.", rank: 9, value: (cpu) => cpu.cores },
  { title: "MHz", about: "Clock of a core.", rank: 8, value: (cpu) => cpu.mhz },
  {
    title: "capacity MHz",
    about: "What shares are of: cores × clock.",
    rank: 5,
    value: (cpu) => cpu.capacityMhz,
  },
];

const TIME: readonly Entry[] = [
  {
    title: "%USED",
    about: "Run for guests, in nominal core time, and for the system, of the time of all pCPUs.",
    rank: 0,
    value: (cpu) => percent(cpu, cpu.usedNs),
    format: formatTenths,
  },
  {
    title: "%UTIL",
    about: "Time with a vCPU, of the time of all pCPUs.",
    rank: 1,
    value: (cpu) => percent(cpu, cpu.busyNs),
    format: formatTenths,
  },
  {
    title: "%SYS",
    about: "Interrupts, of the time of all pCPUs.",
    rank: 10,
    value: (cpu) => percent(cpu, cpu.systemNs),
    format: formatTenths,
  },
];

const COUNTS: readonly Entry[] = [
  { title: "dispatches", about: "vCPUs put on a pCPU.", rank: 2, value: (cpu) => cpu.dispatches },
  {
    title: "preempted",
    about: "Dispatches that ended before the guest wanted.",
    rank: 7,
    value: (cpu) => cpu.preemptions,
  },
  {
    title: "moves",
    about: "Dispatches on another pCPU than before.",
    rank: 3,
    value: (cpu) => cpu.migrations,
  },
  {
    title: "co-stops",
    about: "vCPUs stopped so that siblings catch up.",
    rank: 6,
    value: (cpu) => cpu.costops,
  },
];

const POWER: readonly Entry[] = [
  {
    title: "clock %",
    about: "Clock in force at the end, of the nominal one.",
    rank: 11,
    value: (cpu) => cpu.frequencyPpm / 1e4,
    format: formatTenths,
    has: (cpu) => cpu.frequencyPpm !== 1e6,
  },
  {
    title: "power",
    about: "Mean.",
    rank: 12,
    value: (cpu, simulatedNs) => ((cpu.energyMilliJ ?? Number.NaN) * 1e6) / simulatedNs,
    format: formatPower,
    has: powered,
  },
  {
    title: "energy",
    about: "Over the run.",
    rank: 13,
    value: (cpu) => cpu.energyMilliJ ?? Number.NaN,
    format: formatEnergy,
    has: powered,
  },
];

/** Columns of the hosts' processors, in reading order; power and energy only where there is a power table. */
export function hostCpuColumns(result: Result): readonly Column<HostResult>[] {
  const cpus = result.hosts.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
  const columns = [...SIZE, ...TIME, ...COUNTS, ...POWER]
    .filter(({ has }) => has === undefined || cpus.some(has))
    .map(({ title, about, rank, value, format }): Column<HostResult> => {
      const zero = cpus.every((cpu) => value(cpu, result.simulatedNs) === 0);
      return {
        title,
        about,
        kind: format === undefined ? "count" : "number",
        value: ({ cpu }) => (cpu === undefined ? Number.NaN : value(cpu, result.simulatedNs)),
        rank: zero && rank > 0 ? rank + ZERO_RANK : rank,
        ...(format === undefined ? {} : { format }),
      };
    });
  const name: Column<HostResult> = {
    title: "host",
    about: "Name of the host.",
    kind: "name",
    value: (row) => row.name,
    rank: 0,
  };
  return [name, ...columns];
}
