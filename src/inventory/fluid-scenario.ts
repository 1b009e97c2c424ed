/**
 * Traces and estates as scenarios of fluid resolution: amounts per interval, so that hosts and VMs keep their sizes.
 *
 *   trace    hosts, and `demand: { file }`, whose VMs are the scenario's
 *   estate   hosts, pools, VMs with their controls, a constant demand each
 */
import type { DemandFile, DemandTable } from "../demand/index.ts";
import { ASSUMED_HOST, ASSUMED_MEMORY, ASSUMED_MHZ, type LoadedEstate, type LoadedVm } from "./assumed.ts";
import type { EstateControls, EstateHost, EstatePool } from "./estate.ts";
import type { ScenarioDocument } from "./page-scenario.ts";

/** Intervals of a scenario at the most; longer times have longer ones. */
const INTERVALS_MAX = 2016;
const STEP_S = 300;
const DAY_S = 86_400;
/** Simulated time of estates whose VMs have times. */
const TIMES_MAX_S = 30 * DAY_S;
/** Assumed hosts are this full at the trace's busiest time. */
const FULL = 0.7;
const VCPUS_PER_CORE = 4;
const VCPUS_MAX = 256;
/** Power of hosts: no inventory or trace says it, and policies that save some need it. */
const POWER = "ibm-x3550-x5675";
/** Memory of VMs that a trace says nothing of. */
const VM_MEMORY_MIB = 4096;

interface Written {
  readonly document: ScenarioDocument;
  readonly notes: string[];
}

/**
 * A scenario around a trace.
 *
 * @param files  as the scenario names them
 */
export function traceScenario(
  demand: DemandFile,
  files: readonly string[],
  { name }: { readonly name: string },
): Written {
  const notes: string[] = [];
  const isMhzKnown = demand.vms.some(({ mhz }) => mhz > 0);
  const isMemoryKnown = demand.vms.some(({ memoryMib }) => memoryMib > 0);
  if (!isMhzKnown) notes.push(`the clock of vCPUs is assumed: ${ASSUMED_MHZ} MHz`);
  if (!isMemoryKnown) notes.push(`the memory of VMs is assumed: ${VM_MEMORY_MIB / 1024} GiB`);
  if (demand.memory === undefined)
    notes.push(`the active part of memory is assumed: ${Math.round(ASSUMED_MEMORY * 100)} %`);
  const hosts = hostsFor(demand, notes);
  notes.push(`the power of hosts is assumed: ${POWER}`);
  const document = {
    ballast: 1,
    name,
    resolution: "fluid",
    hosts,
    demand: {
      file: files.length === 1 ? files[0] : files,
      ...(isMhzKnown ? {} : { mhz: ASSUMED_MHZ }),
      ...(isMemoryKnown ? {} : { memory: `${VM_MEMORY_MIB / 1024}GiB` }),
      ...(demand.memory === undefined ? { active: `${Math.round(ASSUMED_MEMORY * 100)}%` } : {}),
    },
    ...placesOf(demand, hosts),
  };
  return { document, notes };
}

/** Where VMs start, if the trace says it of hosts that are there. */
function placesOf({ vms }: DemandFile, hosts: readonly ScenarioDocument[]): { vms?: ScenarioDocument[] } {
  const names = new Set(hosts.map(({ name }) => name));
  const placed = vms.flatMap(({ id, extra }) => {
    const host = extra?.["host"];
    return host !== undefined && names.has(host) ? [{ match: id, host }] : [];
  });
  return placed.length === 0 ? {} : { vms: placed };
}

/** The trace's own hosts where it describes them, else as many as its busiest time fills to 70 %. */
function hostsFor(demand: DemandFile, notes: string[]): ScenarioDocument[] {
  const known = demand.hosts.filter(({ cores, memoryMib }) => cores > 0 && memoryMib > 0);
  if (known.length > 0 && known.length === demand.hosts.length) {
    if (known.some(({ mhz }) => !(mhz > 0))) notes.push(`the clock of hosts is assumed: ${ASSUMED_MHZ} MHz`);
    return known.map(({ name, cores, mhz, memoryMib }) => ({
      name,
      cpu: { cores, mhz: mhz > 0 ? Math.round(mhz) : ASSUMED_MHZ },
      memory: mib(memoryMib),
      power: POWER,
    }));
  }
  const { sockets, coresPerSocket: cores, memoryMib } = ASSUMED_HOST;
  const peak = busiest(demand);
  const counts = [
    peak.mhz / (sockets * cores * ASSUMED_MHZ * FULL),
    peak.memoryMib / (memoryMib * FULL),
    peak.vcpus / (sockets * cores * VCPUS_PER_CORE),
  ];
  const count = Math.max(1, Math.ceil(Math.max(...counts)));
  const each = `${sockets} × ${cores} cores of ${ASSUMED_MHZ} MHz, ${memoryMib / 1024} GiB`;
  notes.push(`hosts are assumed: ${count} of ${each}`);
  return [
    { name: "host", count, cpu: { sockets, cores, mhz: ASSUMED_MHZ }, memory: mib(memoryMib), power: POWER },
  ];
}

/** The most that VMs ask for together, and have together, at any time. */
function busiest({ vms, steps, cpu }: DemandTable): { mhz: number; memoryMib: number; vcpus: number } {
  const asked = new Float64Array(steps);
  const there = { memoryMib: new Float64Array(steps), vcpus: new Float64Array(steps) };
  for (const [row, vm] of vms.entries()) {
    const mhz = vm.vcpus * (vm.mhz > 0 ? vm.mhz : ASSUMED_MHZ);
    for (let step = vm.startStep; step < vm.endStep; step += 1) {
      asked[step]! += mhz * cpu[row * steps + step]!;
      there.vcpus[step]! += vm.vcpus;
      there.memoryMib[step]! += vm.memoryMib > 0 ? vm.memoryMib : VM_MEMORY_MIB;
    }
  }
  const most = (values: Float64Array): number => values.reduce((max, value) => Math.max(max, value), 0);
  return { mhz: most(asked), memoryMib: most(there.memoryMib), vcpus: most(there.vcpus) };
}

/** A scenario of an estate in its own sizes. */
export function estateScenario(
  { hosts, vms }: LoadedEstate,
  pools: readonly EstatePool[],
  { name, durationS }: { readonly name: string; readonly durationS: number | undefined },
): Written {
  const notes: string[] = [];
  if (hosts.some(({ threadsPerCore }) => threadsPerCore > 1))
    notes.push("hosts count by their cores: hardware threads are not simulated at fluid resolution");
  if (vms.some(({ gpus }) => gpus > 0))
    notes.push("accelerators are not simulated: `ballast place` places by them");
  if (vms.some(({ vcpus }) => !Number.isInteger(vcpus)))
    notes.push("VMs with parts of a vCPU have whole ones, limited to these parts");
  notes.push(`the power of hosts is assumed: ${POWER}`);
  const last = vms.reduce((most, { start = 0, end = 0 }) => Math.max(most, start, end), 0);
  const duration = durationS ?? (last > 0 ? Math.min(last, TIMES_MAX_S) : DAY_S);
  const fromS = Math.max(0, last - duration);
  const there = vms
    .filter(({ start = 0, end = Number.POSITIVE_INFINITY }) => end > fromS && start < fromS + duration)
    .map((vm) => shifted(vm, fromS));
  if (fromS > 0)
    notes.push(
      `times reach to ${Math.round(last / DAY_S)} days: only the last ${Math.round(duration / DAY_S)} are in the scenario`,
    );
  if (there.length < vms.length)
    notes.push(`${vms.length - there.length} VMs are not there in that time and are left out`);
  // A vCPU counts for its host's clock; without a host for the first one's.
  const clocks = new Map(hosts.map(({ name: host, mhz }) => [host, Math.round(mhz)]));
  const used = new Set(there.map((vm) => poolOf(vm, pools)));
  const kept = pools.filter(
    (pool) => used.has(pool.name) || pools.some(({ parent }) => parent === pool.name),
  );
  const every = STEP_S * Math.max(1, Math.ceil(duration / STEP_S / INTERVALS_MAX));
  const document = {
    ballast: 1,
    name,
    duration: `${Math.ceil(duration / every) * every}s`,
    resolution: "fluid",
    ...(every === STEP_S ? {} : { every: `${every}s` }),
    hosts: hosts.map(hostOf),
    ...(kept.length === 0 ? {} : { pools: kept.map((pool) => poolEntry(pool, kept)) }),
    vms: there.map((vm) => vmOf(vm, kept, { duration, mhz: clocks.get(vm.host) })),
  };
  return { document, notes };
}

/** Times from `fromS` on. */
function shifted(vm: LoadedVm, fromS: number): LoadedVm {
  const { start, end, ...rest } = vm;
  return {
    ...rest,
    ...(start === undefined ? {} : { start: Math.max(0, start - fromS) }),
    ...(end === undefined ? {} : { end: end - fromS }),
  };
}

function hostOf(host: EstateHost): ScenarioDocument {
  const { name, sockets, coresPerSocket: cores, mhz, memoryMib, cluster, labels } = host;
  const domains = Object.entries({ ...(cluster === undefined ? {} : { cluster }), ...labels });
  return {
    name,
    cpu: { sockets, cores, mhz: Math.round(mhz) },
    memory: mib(memoryMib),
    power: POWER,
    ...(domains.length === 0 ? {} : { labels: Object.fromEntries(domains) }),
  };
}

function poolEntry(pool: EstatePool, kept: readonly EstatePool[]): ScenarioDocument {
  const cpu = cpuControls(pool.cpu);
  return {
    name: pool.name,
    ...(kept.some(({ name }) => name === pool.parent) ? { pool: pool.parent } : {}),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
  };
}

/** RVTools writes a path; the pool is its last part. */
function poolOf({ pool }: LoadedVm, pools: readonly EstatePool[]): string | undefined {
  const last = pool?.split("/").at(-1);
  return pools.some(({ name }) => name === last) ? last : undefined;
}

function vmOf(
  vm: LoadedVm,
  pools: readonly EstatePool[],
  { duration, mhz }: { readonly duration: number; readonly mhz: number | undefined },
): ScenarioDocument {
  const vcpus = Math.min(VCPUS_MAX, Math.max(1, Math.ceil(vm.vcpus)));
  const cores = vm.cpu.limitCores ?? (Number.isInteger(vm.vcpus) ? undefined : vm.vcpus);
  const cpu = cpuControls({ ...vm.cpu, ...(cores === undefined ? {} : { limitCores: cores }) });
  const pool = poolOf(vm, pools);
  return {
    name: vm.name,
    vcpus,
    ...(mhz === undefined ? {} : { mhz }),
    memory: mib(vm.memoryMib),
    demand: percent((vm.cpuPart * vm.vcpus) / vcpus),
    active: percent(vm.memoryPart),
    ...(vm.host === "" ? {} : { host: vm.host }),
    ...(pool === undefined ? {} : { pool }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...priorityOf(vm.labels["priority"]),
    ...(vm.start === undefined || vm.start === 0 ? {} : { start: `${vm.start}s` }),
    ...(vm.end === undefined || vm.end >= duration
      ? {}
      : { stop: `${Math.max(vm.end, (vm.start ?? 0) + STEP_S)}s` }),
  };
}

/** Priorities of restarts as vSphere names them. */
const PRIORITIES: Readonly<Record<string, number>> = {
  lowest: 20,
  low: 50,
  medium: 100,
  high: 150,
  highest: 200,
};

function priorityOf(word: string | undefined): ScenarioDocument {
  const priority = PRIORITIES[(word ?? "").toLowerCase()];
  return priority === undefined || priority === PRIORITIES["medium"] ? {} : { priority };
}

function cpuControls({ reservation, limit, limitCores, shares }: EstateControls): ScenarioDocument {
  return {
    ...(shares === undefined ? {} : { shares: Math.round(shares) }),
    ...(reservation === undefined ? {} : { reservation: `${Math.round(reservation)}MHz` }),
    ...(limit === undefined ? {} : { limit: `${Math.round(limit)}MHz` }),
    ...(limit !== undefined || limitCores === undefined
      ? {}
      : { limit: `${Math.max(1, Math.round(limitCores * 100))}%` }),
  };
}

function percent(part: number): string {
  return `${Math.round(Math.min(1, part) * 1e4) / 100}%`;
}

function mib(value: number): string {
  const whole = Math.max(1, Math.round(value));
  return whole % 1024 === 0 ? `${whole / 1024}GiB` : `${whole}MiB`;
}
