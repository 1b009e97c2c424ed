/** The result of a run: what `simulate` returns and `ballast run --json` prints. Base units, the unit in the name. */

import type { HarvestCounts, HostMemory, MmuCounts, VmMemory } from "./memory-result.ts";

export type {
  GuestMemory,
  HarvestCounts,
  HostMemory,
  LargePageCounts,
  MemoryState,
  MmuCounts,
  VmMemory,
} from "./memory-result.ts";

import type { MigrationResult } from "./migration-result.ts";

export type { MigrationResult, MigrationRoundResult } from "./migration-result.ts";

export interface Result {
  /** Version of the package. */
  readonly ballast: string;
  /** Grows whenever simulated numbers change. */
  readonly model: number;
  readonly scenario: { readonly name: string; readonly digest: string };
  readonly seed: number;
  readonly resolution: "page";
  /** How page contents were held. */
  readonly content: "bytes" | "ids";
  /** Names of the policies that decided. */
  /** Who decided; `scheduler` where it is another than virtual-time. */
  readonly policies: { readonly memory: string; readonly cpu: string; readonly scheduler?: string };
  readonly simulatedNs: number;
  /** Present and true when SIGINT or a signal ended the run early. */
  readonly interrupted?: boolean;
  /** 16 hex digits over every column of the world. */
  readonly stateHash: string;
  readonly hosts: readonly HostResult[];
  readonly pools: readonly PoolResult[];
  readonly vms: readonly VmResult[];
  readonly migrations: readonly MigrationResult[];
  readonly events: readonly EventResult[];
  readonly decisions: readonly Decision[];
  readonly series: Series;
  /** Not part of the JSON: kept where it was asked for. */
  readonly timeline?: Timeline;
  /** What differs between two runs of one scenario: wall time and the machine. */
  readonly hostMachine: HostMachine;
}

export interface HostResult {
  readonly name: string;
  readonly memory: HostMemory;
  /** Absent where no guest of the world computes; so in VMs. */
  readonly cpu?: HostCpu;
}

export interface HostCpu {
  readonly pcpus: number;
  readonly cores: number;
  readonly mhz: number;
  /** pCPUs × nominal clock of a core / threads: what shares are of. */
  readonly capacityMhz: number;
  /** Of all pCPUs: time with a vCPU or an interrupt. */
  readonly busyNs: number;
  readonly idleNs: number;
  /** Part of busy: interrupts. */
  readonly systemNs: number;
  /** Charged to clients: nominal core time. */
  readonly usedNs: number;
  readonly dispatches: number;
  readonly preemptions: number;
  readonly migrations: number;
  readonly costops: number;
  /** Clock in force. */
  readonly frequencyPpm: number;
  /** Present if the host has a power table. */
  readonly energyMilliJ?: number;
  /** Present where system time is sampled: sampled against exact, and the largest error of a VM. */
  readonly sampled?: { readonly systemNs: number; readonly exactNs: number; readonly worstErrorPpm: number };
  readonly perPcpu: readonly {
    readonly busyNs: number;
    readonly usedNs: number;
    readonly systemNs: number;
  }[];
}

/** One VM, or all of a pool: sums over vCPUs. RUN + READY + COSTOP + WAIT = time powered on. */
export interface CpuUsage {
  /** %USED: RUN + SYS − OVRLP, in nominal core time (SMT and clock taken into account). */
  readonly usedNs: number;
  readonly runNs: number;
  readonly readyNs: number;
  readonly costopNs: number;
  /** WAIT, all of it. */
  readonly waitNs: number;
  /** Part of WAIT: the guest has nothing to run. */
  readonly idleNs: number;
  /** Part of WAIT: swap. */
  readonly swapWaitNs: number;
  readonly systemNs: number;
  readonly overlapNs: number;
  /** Part of READY: held by a limit. */
  readonly limitedNs: number;
  /** Time powered on × vCPUs plugged in: what the states add up to. */
  readonly elapsedNs: number;
  readonly dispatches: number;
  readonly preemptions: number;
  readonly migrations: number;
  readonly costops: number;
  /** (RUN + SYS) / (RUN + SYS + WAIT without swap wait); null: nothing ran or waited. */
  readonly demandPpm: number | null;
  /** With every sibling busy. */
  readonly entitlementMhz: number;
  readonly shares: number;
  readonly reservationMhz: number;
  /** null: none. */
  readonly limitMhz: number | null;
}

export interface VmCpu extends CpuUsage {
  readonly vcpus: number;
  /** `on`, `off`, `panicked`. */
  readonly power: "on" | "off" | "panicked";
  readonly poweredNs: number;
  /** Largest skew of a vCPU. */
  readonly skewMaxNs: number;
  /** CPU time lost by spinning for a lock or at a barrier. */
  readonly spinNs: number;
  /** Present if the VM has a cache model: extra time for its work by sharing the cache (0: none), misses, bytes held now. */
  readonly cache?: { readonly slowdownPpm: number; readonly misses: number; readonly occupancyBytes: number };
  readonly quarantined?: true;
  /** Present if the guest keeps time by ticks. */
  readonly time?: {
    /** How far the guest's clock is behind now, and was at the most. */
    readonly backlogNs: number;
    readonly backlogMaxNs: number;
    readonly droppedNs: number;
    /** Charged to processes, to the sponge, reported as stolen. */
    readonly processNs: number;
    readonly spongeNs: number;
    readonly stealNs: number;
  };
}

export interface Work {
  readonly operations: number;
  /** null: no operation completed. Quantiles to 1/32 of themselves; max and mean exact. */
  readonly latencyNs: null | {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
}

export interface PoolResult {
  readonly name: string;
  readonly host: string;
  readonly parent?: string;
  readonly cpu: CpuUsage;
  /** Present if it was not there from the start, and if it went before the end. */
  readonly addedNs?: number;
  readonly removedNs?: number;
}

export interface VmResult {
  readonly name: string;
  readonly host: string;
  readonly pool?: string;
  /** Present if it was not there from the start, and if it went before the end. */
  readonly addedNs?: number;
  readonly removedNs?: number;
  readonly memory: VmMemory;
  /** Present where its addresses are translated. */
  readonly mmu?: MmuCounts;
  /** Present where its dirty and accessed pages are harvested. */
  readonly harvest?: HarvestCounts;
  readonly cpu?: VmCpu;
  /** Operations that the guest completed. */
  readonly work?: Work;
}

export interface EventResult {
  readonly atNs: number;
  /** `out-of-frames`, `scan-complete`, `memory-state` (at most 100 of a host), … */
  readonly kind: string;
  readonly host?: string;
  readonly vm?: string;
  /** One sentence for people. */
  readonly text: string;
}

/** One target that a policy changed. */
export interface Decision {
  readonly atNs: number;
  readonly policy: string;
  /** `vm web-1`, `host h1`. */
  readonly row: string;
  readonly inputs: Readonly<Record<string, number>>;
  /** The columns written, with their new values. */
  readonly target: Readonly<Record<string, number | "none">>;
  /** One sentence. */
  readonly reason: string;
}

/** Samples over simulated time; every array is as long as `atNs`. */
export interface Series {
  readonly atNs: readonly number[];
  readonly hosts: Readonly<Record<string, HostSeries>>;
  readonly vms: Readonly<Record<string, VmSeries>>;
  /** Present where guests compute and there are pools: sums over the VMs that were in each, at every sample. */
  readonly pools?: Readonly<Record<string, CpuTimesSeries>>;
}

/** Where the time of vCPUs went: ppm of one pCPU's time since the sample before, summed over vCPUs. */
export interface CpuTimesSeries {
  readonly usedPpm?: readonly number[];
  readonly runPpm?: readonly number[];
  readonly systemPpm?: readonly number[];
  readonly waitPpm?: readonly number[];
  readonly readyPpm?: readonly number[];
  readonly idlePpm?: readonly number[];
  readonly overlapPpm?: readonly number[];
  readonly costopPpm?: readonly number[];
  readonly limitedPpm?: readonly number[];
  readonly swapWaitPpm?: readonly number[];
}

export interface HostSeries {
  readonly usedPages: readonly number[];
  readonly grantedPages: readonly number[];
  readonly sharedPages: readonly number[];
  readonly savedPages: readonly number[];
  readonly hintPages: readonly number[];
  readonly cowBreaks: readonly number[];
  readonly freePages: readonly number[];
  /** 0 high, 1 clear, 2 soft, 3 hard, 4 low. */
  readonly state: readonly number[];
  readonly reservedPages: readonly number[];
  readonly configuredPages: readonly number[];
  readonly balloonPages: readonly number[];
  readonly swappedPages: readonly number[];
  readonly compressedPages: readonly number[];
  /** Since the beginning. */
  readonly swapIns: readonly number[];
  readonly swapOuts: readonly number[];
  /** Present where VMs may have large pages: now, and since the beginning. */
  readonly largePages?: readonly number[];
  readonly largeHintPages?: readonly number[];
  readonly largeBacked?: readonly number[];
  readonly largeFormed?: readonly number[];
  readonly largeBroken?: readonly number[];
  readonly largeMovedPages?: readonly number[];
  /** Present where guests compute: ppm of the time of all pCPUs since the sample before; used in nominal core time, busy with a vCPU. */
  readonly usedPpm?: readonly number[];
  readonly busyPpm?: readonly number[];
  readonly frequencyPpm?: readonly number[];
  readonly powerMilliW?: readonly number[];
}

/** Those of `CpuTimesSeries` are present where guests compute. */
export interface VmSeries extends CpuTimesSeries {
  readonly grantedPages: readonly number[];
  readonly consumedPages: readonly number[];
  readonly sharedPages: readonly number[];
  readonly savedPages: readonly number[];
  readonly zeroPages: readonly number[];
  /** Truth and estimate of active memory. */
  readonly activePages: readonly number[];
  readonly activeEstimatePages: readonly number[];
  readonly activeSlowPages: readonly number[];
  readonly activeFastPages: readonly number[];
  readonly activeNextPages: readonly number[];
  /** As many as it has if there is no target. */
  readonly targetPages: readonly number[];
  readonly balloonPages: readonly number[];
  readonly balloonTargetPages: readonly number[];
  readonly swappedPages: readonly number[];
  readonly swapTargetPages: readonly number[];
  readonly compressedPages: readonly number[];
  /** Since the beginning. */
  readonly swapIns: readonly number[];
  readonly swapOuts: readonly number[];
  /** Accesses since the sample before. */
  readonly accesses: readonly number[];
  /** Present where VMs may have large pages. */
  readonly largePages?: readonly number[];
  readonly largeHintPages?: readonly number[];
  /** Present where addresses are translated: since the sample before. */
  readonly translated?: readonly number[];
  readonly tlbMisses?: readonly number[];
  /** Present if the guest manages its memory. */
  readonly guestFreePages?: readonly number[];
  /** Since the beginning. */
  readonly guestSwapIns?: readonly number[];
  readonly guestSwapOuts?: readonly number[];
  /** Present where guests compute: completed since the beginning. */
  readonly operations?: readonly number[];
}

/** States of vCPUs over time, from the start until `untilNs`: as much as was asked for, or as fits. */
export interface Timeline {
  readonly untilNs: number;
  /** True if it ends before the run because there was no more room. */
  readonly cut: boolean;
  readonly vcpus: readonly { readonly vm: string; readonly index: number }[];
  readonly pcpus: readonly { readonly host: string; readonly index: number }[];
  /** One entry a change of state, in order of time. */
  readonly atNs: Float64Array;
  readonly vcpu: Uint32Array;
  /** Where it runs; only for state run. */
  readonly pcpu: Uint32Array;
  /** 0 off, 1 run, 2 ready, 3 co-stopped, 4 idle, 5 waits for swap; + 16: moved to this pCPU from another. */
  readonly state: Uint8Array;
}

export interface HostMachine {
  /** `node v20.20.2` or the browser's name. */
  readonly runtime: string;
  readonly platform: string;
  readonly threads: number;
  readonly wallMs: number;
  /** Pages scanned for sharing per second of wall time. */
  readonly scannedPagesPerSecond: number;
  readonly coreBytes: number;
}
