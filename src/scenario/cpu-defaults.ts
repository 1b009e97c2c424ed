/** What fills the gaps of processors, VMs' controls and the CPU scheduler, with its origin; tags as in defaults.ts. */
import type { Default } from "./defaults.ts";
import type { CpuPolicySpec, Profile } from "./types.ts";

const ours = "ballast";
const esx6Settings = "ESXi 6.x advanced settings, vSphere Resource Management [S]";
const early = "ESX 3 to 5 [K]; the same in a cookbook [S]";
const resourceGuide = "vSphere Resource Management [S]";

/** What a generation's CPU scheduler does unless told otherwise. */
export interface CpuProfileDefaults {
  readonly quantumNs: Default<number>;
  readonly coscheduling: Default<CpuPolicySpec["coscheduling"]>;
}

const profiles: Readonly<Record<Profile, CpuProfileDefaults>> = {
  esx2: {
    quantumNs: { value: 50_000_000, origin: early },
    coscheduling: { value: "strict", origin: "ESX 2 starts and stops all vCPUs of a VM at once [K]" },
  },
  esx4: {
    quantumNs: { value: 50_000_000, origin: early },
    coscheduling: { value: "per-vcpu", origin: "since ESX 4 only the vCPU that leads stops [K]" },
  },
  esx6: {
    quantumNs: { value: 200_000_000, origin: `Cpu.Quantum, ${esx6Settings}` },
    coscheduling: { value: "per-vcpu", origin: "since ESX 4 only the vCPU that leads stops [K]" },
  },
};

const queues: Readonly<Record<CpuPolicySpec["scheduler"], Default<CpuPolicySpec["queues"]>>> = {
  "virtual-time": { value: "per-pcpu", origin: "one run queue per pCPU, VMware's slides [S]" },
  stride: { value: "host", origin: "one queue, as in the paper [K]" },
  lottery: { value: "host", origin: "one draw over all, as in the paper [K]" },
  "round-robin": { value: "host", origin: ours },
  credit: { value: "per-pcpu", origin: "one run queue per pCPU, as in Xen [K]" },
};

/** Every CPU default of a scenario. */
export const cpuDefaults = {
  profiles,
  queues,
  credit: {
    ticks: { value: 3, origin: "a third of the quantum, as in Xen [K]" },
    boost: { value: true, origin: "as in Xen [K]" },
    limitPeriod: { value: "a quantum", origin: "Xen hands out credits so often [K]" },
    balance: { value: "none", origin: "Xen takes from other queues when a pCPU has nobody with credits [K]" },
  },
  host: {
    smtGain: { value: 1.25, origin: "62.5 % each of two busy threads [K]" },
    cacheBytes: { value: 8 << 20, origin: ours },
    cacheWays: { value: 16, origin: ours },
    cacheMissNs: { value: 60, origin: ours },
    governor: { value: "performance", origin: ours },
    interruptArrivals: { value: "constant", origin: ours },
  },
  control: {
    shares: { value: "normal", origin: `1000 a vCPU, ${resourceGuide}` },
    reservationMhz: { value: 0, origin: resourceGuide },
    limit: { value: "none", origin: resourceGuide },
    expandable: { value: true, origin: resourceGuide },
  },
  vm: {
    startNs: { value: 0, origin: ours },
    smtSharing: { value: "any", origin: `any, internal or none; VMware's slides [S]` },
    harmPpm: { value: 0, origin: ours },
    workingBytes: { value: 0, origin: ours },
    lateTicks: { value: "process", origin: "a guest that knows nothing of lost time [K]" },
    catchUpPpm: { value: 1_000_000, origin: ours },
  },
  work: {
    arrivals: { value: "exponential", origin: ours },
    spin: { value: true, origin: ours },
    lock: { value: "spin", origin: ours },
    phaseLock: { value: "mutex", origin: ours },
  },
  policy: {
    name: { value: "fixed", origin: ours },
    everyNs: { value: 1_000_000_000, origin: ours },
    scheduler: { value: "virtual-time", origin: "least usage / shares first, VMware's slides [S]" },
    wakeupPreemption: { value: false, origin: ours },
    wakeupMarginNs: { value: 1_000_000, origin: ours },
    boundLagQuanta: { value: 8, origin: `Cpu.BoundLagQuanta, ${esx6Settings}` },
    limitPeriodNs: { value: 100_000_000, origin: ours },
    costopNs: { value: 3_000_000, origin: `Cpu.CoschedCostopThreshold, ${esx6Settings}` },
    costartNs: { value: 2_000_000, origin: `Cpu.CoschedCostartThreshold, ${esx6Settings}` },
    pollNs: { value: 1_000_000, origin: `Cpu.CoschedPollUsec, ${esx6Settings}` },
    balanceNs: {
      value: 20_000_000,
      origin: `a pCPU's mean period between last-level caches, ${esx6Settings}; at most a quantum: ${ours}`,
    },
    balanceMarginQuanta: { value: 2, origin: `2 quanta: ${ours}` },
    entitleNs: { value: 100_000_000, origin: ours },
    wholeCoreQuanta: {
      value: 4,
      origin: `4 quanta: Cpu.HTWholeCoreThreshold is 800 ms at 200 ms, ${esx6Settings}`,
    },
    guestSliceNs: { value: 10_000_000, origin: ours },
    refillNsPerMib: { value: 100_000, origin: ours },
    refillFarPpm: {
      value: 1_500_000,
      origin: "1.5 times refill: remote memory is 1.3 to 2 times slower [K]",
    },
    samplesPerSecond: { value: 128, origin: `Cpu.MaxSampleRateLg 7, ${esx6Settings}` },
  },
} as const;

/** Who runs next. */
export const schedulerNames = ["virtual-time", "stride", "lottery", "round-robin", "credit"] as const;

/** Defaults that hang on the scheduler, and on the generation. */
interface SchedulerDefaults extends CpuProfileDefaults {
  readonly wakeupPreemption: Default<boolean>;
  readonly wholeCoreQuanta: Default<number>;
}

/** What a scenario leaves out, by who runs next and by generation. */
export function schedulerDefaults(
  scheduler: CpuPolicySpec["scheduler"],
  profile: Profile,
): SchedulerDefaults {
  if (scheduler !== "credit") return { ...profiles[profile], ...cpuDefaults.policy };
  return {
    quantumNs: { value: 30_000_000, origin: "Xen's time slice [K]" },
    coscheduling: { value: "none", origin: "Xen has none [K]" },
    wakeupPreemption: { value: true, origin: "by priority, as in Xen [K]" },
    wholeCoreQuanta: { value: 0, origin: "Xen has none [K]" },
  };
}

/** CPU policies that scenarios may name; `fixed` leaves the controls as they are. */
export const cpuPolicyNames: readonly string[] = ["fixed", "strict-priority", "latency-bound", "p99-target"];

/** Shares of a word, for each vCPU: 4:2:1. Source: vSphere Resource Management [S]. */
export const sharesByWord = { low: 500, normal: 1000, high: 2000 } as const;
/** A pool counts as a VM with so many vCPUs. */
export const poolVcpus = 4;
/** Most pCPUs of a host. */
export const pcpusMax = 1024;
/** Most vCPUs of a VM. */
export const vcpusMax = 256;

/** Watts at 0 %, 10 % … 100 % busy. Source: SPECpower results as CloudSim has them [S]. */
export const powerTables = {
  "hp-ml110-g3": [105, 112, 118, 125, 131, 137, 147, 153, 157, 164, 169],
  "hp-ml110-g4": [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117],
  "hp-ml110-g5": [93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135],
  "ibm-x3250-x3470": [41.6, 46.7, 52.3, 57.9, 65.4, 73, 80.7, 89.5, 99.6, 105, 113],
  "ibm-x3250-x3480": [42.3, 46.7, 49.7, 55.4, 61.8, 69.3, 76.1, 87, 96.1, 106, 113],
  "ibm-x3550-x5670": [66, 107, 120, 131, 143, 156, 173, 191, 211, 229, 247],
  "ibm-x3550-x5675": [58.4, 98, 109, 118, 128, 140, 153, 170, 189, 205, 222],
} as const;
/** Name of a table of watts. */
export type PowerTable = keyof typeof powerTables;
