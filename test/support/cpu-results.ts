/**
 * Results with processors, made without a core. Laws kept: RUN + READY + COSTOP + WAIT = time powered on × vCPUs, pools
 * and hosts are the sums of their VMs, demand is what its formula says.
 */
import type {
  CpuUsage,
  HostResult,
  HostSeries,
  PoolResult,
  Result,
  VmCpu,
  VmResult,
  VmSeries,
  Work,
} from "../../src/report/result.ts";
import { NASTY_NAMES, resultOf } from "./results.ts";

const SECOND = 1e9;
const MHZ = 2600;

/** Parts of a VM's elapsed time; what is left is idle. */
export interface CpuVmShape {
  readonly name: string;
  readonly host?: string;
  readonly pool?: string;
  readonly vcpus?: number;
  readonly run: number;
  readonly ready?: number;
  readonly costop?: number;
  readonly swap?: number;
  readonly system?: number;
  readonly overlap?: number;
  /** Part of ready. */
  readonly limited?: number;
  /** Used ÷ run: 0.625 beside a busy thread. */
  readonly smt?: number;
  readonly poweredNs?: number;
  readonly shares?: number;
  readonly reservationMhz?: number;
  readonly limitMhz?: number;
  readonly operations?: number;
  readonly more?: Partial<VmCpu>;
}

interface CpuShape {
  readonly scenario: string;
  readonly hosts: readonly { readonly name: string; readonly pcpus: number; readonly cores?: number }[];
  readonly pools?: readonly { readonly name: string; readonly host: string; readonly parent?: string }[];
  readonly vms: readonly CpuVmShape[];
  readonly durationNs: number;
  readonly samples: number;
  /** Whether the hosts have a power table. */
  readonly power?: boolean;
  /** Part of its memory that a guest touches; nothing if absent. */
  readonly granted?: number;
}

function usageOf(vm: CpuVmShape, durationNs: number): CpuUsage {
  const elapsedNs = (vm.poweredNs ?? durationNs) * (vm.vcpus ?? 1);
  const part = (of: number | undefined): number => Math.round(elapsedNs * (of ?? 0));
  const [runNs, readyNs, costopNs, swapWaitNs] = [
    part(vm.run),
    part(vm.ready),
    part(vm.costop),
    part(vm.swap),
  ];
  const [systemNs, overlapNs] = [part(vm.system), part(vm.overlap)];
  const waitNs = elapsedNs - runNs - readyNs - costopNs;
  const busy = runNs + systemNs;
  const wanted = busy + waitNs - swapWaitNs;
  return {
    usedNs: Math.round(runNs * (vm.smt ?? 1)) + systemNs - overlapNs,
    runNs,
    readyNs,
    costopNs,
    waitNs,
    idleNs: waitNs - swapWaitNs,
    swapWaitNs,
    systemNs,
    overlapNs,
    limitedNs: Math.round(readyNs * (vm.limited ?? 0)),
    elapsedNs,
    dispatches: Math.round(elapsedNs / 5e6),
    preemptions: Math.round(readyNs / 5e7),
    migrations: Math.round(elapsedNs / 4e9),
    costops: Math.round(costopNs / 3e6),
    demandPpm: wanted === 0 ? null : Math.round((1e6 * busy) / wanted),
    entitlementMhz: Math.round(MHZ * (vm.vcpus ?? 1) * (vm.run + (vm.ready ?? 0) / 2)),
    shares: vm.shares ?? 1000 * (vm.vcpus ?? 1),
    reservationMhz: vm.reservationMhz ?? 0,
    limitMhz: vm.limitMhz ?? null,
  };
}

const NOTHING: CpuUsage = {
  ...{ usedNs: 0, runNs: 0, readyNs: 0, costopNs: 0, waitNs: 0, idleNs: 0, swapWaitNs: 0, systemNs: 0 },
  ...{ overlapNs: 0, limitedNs: 0, elapsedNs: 0, dispatches: 0, preemptions: 0, migrations: 0, costops: 0 },
  ...{ demandPpm: null, entitlementMhz: 0, shares: 4000, reservationMhz: 0, limitMhz: null },
};

function sumUsage(usages: readonly CpuUsage[]): CpuUsage {
  const total = { ...NOTHING } as Record<keyof CpuUsage, number | null>;
  for (const usage of usages) {
    for (const key of Object.keys(NOTHING) as (keyof CpuUsage)[]) {
      if (key.endsWith("Ns") || /dispatches|preemptions|migrations|costops|entitlement/.test(key)) {
        total[key] = total[key]! + usage[key]!;
      }
    }
  }
  const { runNs, systemNs, waitNs, swapWaitNs } = total as CpuUsage;
  const wanted = runNs + systemNs + waitNs - swapWaitNs;
  return {
    ...(total as CpuUsage),
    demandPpm: wanted === 0 ? null : Math.round((1e6 * (runNs + systemNs)) / wanted),
  };
}

function vmCpuOf(vm: CpuVmShape, durationNs: number): VmCpu {
  return {
    ...usageOf(vm, durationNs),
    vcpus: vm.vcpus ?? 1,
    power: "on",
    poweredNs: vm.poweredNs ?? durationNs,
    skewMaxNs: vm.costop === undefined ? 0 : 3.4e6,
    spinNs: vm.costop === undefined ? 0 : Math.round(durationNs * vm.costop * 0.1),
    ...vm.more,
  };
}

function workOf({ operations }: CpuVmShape): Work {
  if (operations === undefined || operations === 0) return { operations: 0, latencyNs: null };
  const mean = Math.round(4e12 / operations);
  return { operations, latencyNs: { mean, p50: Math.round(mean * 0.8), p99: mean * 6, max: mean * 31 } };
}

/** A wave between 0.5 and 1. */
const wave = (i: number, phase: number): number => 1 - Math.abs(((i + phase * 7) % 24) - 12) / 24;

function vmSeriesOf(vm: CpuVmShape, row: number, samples: number): Partial<VmSeries> {
  const each = (of: number): number[] =>
    Array.from({ length: samples }, (_, i) => (i === 0 ? 0 : Math.round(1e6 * of * wave(i, row))));
  const vcpus = vm.vcpus ?? 1;
  return {
    usedPpm: each(vm.run * vcpus * (vm.smt ?? 1)),
    readyPpm: each((vm.ready ?? 0) * vcpus),
    costopPpm: each((vm.costop ?? 0) * vcpus),
    ...(vm.operations === undefined
      ? {}
      : { operations: each(0).map((_, i) => Math.round((vm.operations! * i) / Math.max(1, samples - 1))) }),
  };
}

function hostOf(base: HostResult, shape: CpuShape, vms: readonly VmResult[]): HostResult {
  const { pcpus, cores = pcpus } = shape.hosts.find(({ name }) => name === base.name)!;
  const total = sumUsage(vms.map((vm) => vm.cpu!));
  const busyNs = Math.min(pcpus * shape.durationNs, total.runNs + total.systemNs);
  const part = { busyNs: busyNs / pcpus, usedNs: total.usedNs / pcpus, systemNs: total.systemNs / pcpus };
  return {
    ...base,
    cpu: {
      pcpus,
      cores,
      mhz: MHZ,
      capacityMhz: MHZ * cores,
      busyNs,
      idleNs: pcpus * shape.durationNs - busyNs,
      systemNs: total.systemNs,
      usedNs: total.usedNs,
      dispatches: total.dispatches,
      preemptions: total.preemptions,
      migrations: total.migrations,
      costops: total.costops,
      frequencyPpm: 1e6,
      ...(shape.power ? { energyMilliJ: Math.round((117_000 * shape.durationNs) / 1e9) } : {}),
      ...(shape.power ? { sampled: { systemNs: 58e6, exactNs: 60e6, worstErrorPpm: 92_000 } } : {}),
      perPcpu: Array.from({ length: pcpus }, () => part),
    },
  };
}

function hostSeriesOf(
  shape: CpuShape,
  vms: readonly Partial<VmSeries>[],
  pcpus: number,
): Partial<HostSeries> {
  const indices = Array.from({ length: shape.samples }, (_, i) => i);
  const busyPpm = indices.map((i) =>
    Math.min(1e6, Math.round(vms.reduce((sum, vm) => sum + vm.usedPpm![i]!, 0) / pcpus)),
  );
  return {
    usedPpm: busyPpm,
    busyPpm,
    frequencyPpm: busyPpm.map((busy) => (busy > 500_000 ? 1e6 : 800_000)),
    ...(shape.power ? { powerMilliW: busyPpm.map((busy) => 93_700 + Math.round(busy * 0.0413)) } : {}),
  };
}

/** A whole result of guests that compute. */
export function cpuResultOf(shape: CpuShape): Result {
  const home = (vm: CpuVmShape): string => vm.host ?? shape.hosts[0]!.name;
  const base = resultOf({
    ...shape,
    hosts: shape.hosts.map(({ name }) => ({ name, mib: 65_536 })),
    vms: shape.vms.map((vm) => ({ name: vm.name, host: home(vm), mib: 1024, granted: shape.granted ?? 0 })),
  });
  const vms = base.vms.map((vm, row): VmResult => {
    const own = shape.vms[row]!;
    const pool = own.pool === undefined ? {} : { pool: own.pool };
    return { ...vm, ...pool, cpu: vmCpuOf(own, shape.durationNs), work: workOf(own) };
  });
  const cpuSeries = shape.vms.map((vm, row) => vmSeriesOf(vm, row, shape.samples));
  const hosts = base.hosts.map((host) =>
    hostOf(
      host,
      shape,
      vms.filter((vm) => vm.host === host.name),
    ),
  );
  const ofHost = (name: string): Partial<VmSeries>[] => cpuSeries.filter((_, row) => vms[row]!.host === name);
  return {
    ...base,
    hosts,
    vms,
    pools: poolsOf(shape, vms),
    series: {
      atNs: base.series.atNs,
      hosts: Object.fromEntries(
        Object.entries(base.series.hosts).map(([name, series], row) => [
          name,
          { ...series, ...hostSeriesOf(shape, ofHost(name), shape.hosts[row]!.pcpus) },
        ]),
      ),
      vms: Object.fromEntries(
        Object.entries(base.series.vms).map(([name, series], row) => [
          name,
          { ...series, ...cpuSeries[row] },
        ]),
      ),
    },
  };
}

function poolsOf({ pools = [] }: CpuShape, vms: readonly VmResult[]): PoolResult[] {
  const below = (name: string, host: string): CpuUsage[] => [
    ...vms.filter((vm) => vm.pool === name && vm.host === host).map((vm) => vm.cpu!),
    ...pools
      .filter((pool) => pool.parent === name && pool.host === host)
      .flatMap((pool) => below(pool.name, host)),
  ];
  return pools.map((pool) => ({ ...pool, cpu: sumUsage(below(pool.name, pool.host)) }));
}

const CONDITIONS: readonly CpuVmShape[] = [
  {
    name: "db",
    pool: "alice",
    vcpus: 2,
    run: 0.55,
    ready: 0.12,
    swap: 0.02,
    system: 0.01,
    smt: 0.8,
    reservationMhz: 500,
    operations: 48_210,
  },
  { name: "web-1", pool: "web", run: 0.3, ready: 0.05, operations: 120_300, overlap: 0.004 },
  { name: "web-2", pool: "web", run: 0.25, ready: 0.45, limited: 0.9, limitMhz: 650, operations: 99_800 },
  {
    name: "batch",
    pool: "bob",
    vcpus: 4,
    run: 0.2,
    ready: 0.5,
    costop: 0.06,
    smt: 0.625,
    shares: 2000,
    more: { quarantined: true },
  },
  {
    name: "cron",
    run: 0.01,
    ready: 0.0001,
    poweredNs: 30 * SECOND,
    shares: 500,
    operations: 0,
    more: {
      time: {
        backlogNs: 4e6,
        backlogMaxNs: 250e6,
        droppedNs: 0,
        processNs: 30e6,
        spongeNs: 0,
        stealNs: 0,
      },
    },
  },
  { name: "parked", run: 0, ready: 1, limited: 1, limitMhz: 0, shares: 1, more: { power: "panicked" } },
  {
    name: "solver",
    vcpus: 2,
    run: 0.4,
    ready: 0.2,
    more: { cache: { slowdownPpm: 730_000, misses: 8_200_000, occupancyBytes: 3 * 2 ** 20 } },
  },
];

/** One host with two threads a core, nested pools, every state, every condition. */
export function cpuResult(): Result {
  return cpuResultOf({
    scenario: "alice, bob and a batch",
    hosts: [{ name: "h1", pcpus: 4, cores: 2 }],
    pools: [
      { name: "alice", host: "h1" },
      { name: "web", host: "h1", parent: "alice" },
      { name: "bob", host: "h1" },
    ],
    vms: CONDITIONS,
    durationNs: 60 * SECOND,
    samples: 61,
    power: true,
    granted: 0.5,
  });
}

/** Two hosts, two hundred VMs, nobody touches memory. */
export function cpuLargeResult(): Result {
  return cpuResultOf({
    scenario: "two hundred",
    hosts: ["h1", "h2"].map((name) => ({ name, pcpus: 100 })),
    pools: ["h1", "h2"].flatMap((host) => [
      { name: "prod", host },
      { name: "lab", host },
    ]),
    vms: Array.from({ length: 200 }, (_, i) => ({
      name: `vm-${i + 1}`,
      host: i % 2 === 0 ? "h1" : "h2",
      pool: i % 3 === 0 ? "lab" : "prod",
      vcpus: 1 + (i % 4),
      run: 0.2 + (i % 10) / 40,
      ready: ((i * 37) % 100) / 250,
      operations: 1000 * i,
    })),
    durationNs: 3600 * SECOND,
    samples: 121,
  });
}

/** A VM and a pool for each nasty name. */
export function cpuNastyResult(): Result {
  return cpuResultOf({
    scenario: "names",
    hosts: [{ name: "h1 <b>&amp;", pcpus: 2 }],
    pools: NASTY_NAMES.slice(0, 8).map((name, i) => ({
      name,
      host: "h1 <b>&amp;",
      ...(i > 0 ? { parent: NASTY_NAMES[i - 1]! } : {}),
    })),
    vms: NASTY_NAMES.map((name, i) => ({
      name,
      pool: NASTY_NAMES[i % 8]!,
      run: 0.1,
      ready: 0.3,
      operations: 10 + i,
    })),
    durationNs: 90 * SECOND,
    samples: 46,
  });
}
