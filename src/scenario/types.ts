/** What a scenario says once words have become numbers: base units, defaults filled in, counts expanded. */

import type { EventSpec } from "./event-types.ts";
import type {
  ActivitySpec,
  DiskSpec,
  HarvestSpec,
  LargePageSpec,
  MemoryControls,
  MemoryCosts,
  MmuVmSpec,
  OsSpec,
  ReclaimSpec,
} from "./memory-types.ts";

export type { EventSpec } from "./event-types.ts";
export type {
  ActivitySpec,
  DiskSpec,
  HarvestSpec,
  LargePageSpec,
  MemoryControls,
  MemoryCosts,
  MmuVmSpec,
  OsSpec,
  ReclaimSpec,
  RegionSpec,
} from "./memory-types.ts";
export type { FailSpec, MoveMode, MovePhase, MoveRule, MoveSpec } from "./move-types.ts";

/** Generation of the product whose defaults fill the gaps. */
export type Profile = "esx2" | "esx4" | "esx6";

export interface Scenario {
  readonly name: string;
  /** Safe integer, 0 … 2^53 − 1. */
  readonly seed: number;
  readonly durationNs: number;
  readonly resolution: "page";
  readonly profile: Profile;
  /** How page contents are held: real bytes, 64-bit ids, or bytes where they fit. */
  readonly content: "auto" | "bytes" | "ids";
  /** Samples of the series are this far apart; absent: chosen from duration and size. */
  readonly seriesEveryNs?: number;
  readonly hosts: readonly HostSpec[];
  readonly vms: readonly VmSpec[];
  /** Links between two hosts each: indices into `hosts`; absent: their cards are all there is. */
  readonly links?: readonly {
    readonly between: readonly [number, number];
    readonly bps: number;
    readonly latencyNs: number;
  }[];
  /** VMs that can be on the move at once; absent: none ever is. */
  readonly concurrentMigrations?: number;
  /** Resource pools, parents before children. */
  readonly pools: readonly PoolSpec[];
  /** Changes while running, by time; equal times in the scenario's order. */
  readonly events: readonly EventSpec[];
  readonly policies: { readonly memory: MemoryPolicySpec; readonly cpu: CpuPolicySpec };
}

/** CPU controls of a VM or pool. */
export interface CpuControls {
  /** Whole number, 1 … 1_000_000: the words low, normal, high are resolved (500, 1000, 2000 a vCPU; a pool counts as 4). */
  readonly shares: number;
  /** VMs whose `shares` came from a word: the word's number, so that hot-adding a vCPU changes the shares. */
  readonly sharesPerVcpu?: number;
  /** MHz of nominal clock, as a number (percent of a pCPU are resolved); 0: none. */
  readonly reservationMhz: number;
  /** Absent: none. */
  readonly limitMhz?: number;
}

export interface PoolSpec {
  readonly name: string;
  /** Index into `pools`; absent: directly below the host. */
  readonly parent?: number;
  /** Index into `hosts`: all VMs of a pool are on one host at page resolution. */
  readonly host: number;
  readonly owner?: string;
  /** May ask its parent for reservations beyond its own; true if the scenario does not say. */
  readonly expandable: boolean;
  readonly cpu: CpuControls;
  readonly mem: MemoryControls;
}

export interface HostSpec {
  readonly name: string;
  /** Of its network card, bit/s each way; absent: 10 Gbit/s. */
  readonly nicBps?: number;
  readonly memoryPages: number;
  /** NUMA nodes; memory is split evenly, the rest on the last. */
  readonly nodes: number;
  readonly cpu: CpuSpec;
  /** What the hypervisor keeps for itself. */
  readonly systemPages: number;
  /** Where it pages out to; absent: nowhere. */
  readonly swap?: { readonly disk: DiskSpec; readonly pages: number };
}

export interface CpuSpec {
  readonly sockets: number;
  /** Cores per socket. */
  readonly cores: number;
  /** Threads per core. */
  readonly threads: number;
  readonly mhz: number;
  /** Speed of each of k busy threads of a core, k = 1 … threads, in ppm; the first is 1_000_000. */
  readonly smtPpm: readonly number[];
  readonly cache: CacheSpec;
  readonly power?: PowerSpec;
  readonly interrupts: readonly InterruptSpec[];
}

/** Last-level caches: one for every `cores` cores. */
export interface CacheSpec {
  readonly cores: number;
  readonly bytes: number;
  readonly ways: number;
  readonly missNs: number;
}

export interface PowerSpec {
  /** Power in mW at 0 %, 10 % … 100 % busy. */
  readonly milliwatts: readonly number[];
  /** Clocks to choose from, ppm of the nominal one, ascending; the last is 1_000_000. */
  readonly statesPpm: readonly number[];
  /** Who chooses. */
  readonly governor: "performance" | "powersave" | "on-demand";
}

export interface InterruptSpec {
  readonly name: string;
  /** Index into `vms`; absent: the host's own. */
  readonly vm?: number;
  readonly gapNs: number;
  readonly draw: "constant" | "exponential";
  readonly costNs: number;
}

export interface VmSpec {
  readonly name: string;
  /** What it sends while it runs, bit/s; absent: nothing. */
  readonly trafficBps?: number;
  /** Index into `hosts`. */
  readonly host: number;
  readonly vcpus: number;
  readonly memoryPages: number;
  /** Tenant for salted sharing; absent: none given. */
  readonly salt?: string;
  /** Absent: nothing is touched before the workload does. */
  readonly image?: ImageSpec;
  /** Access streams, in the scenario's order; empty: an idle guest. */
  readonly workload: readonly StreamSpec[];
  /** Guest threads, their programs and what they meet at; absent: the guest does not compute. */
  readonly program?: ProgramSpec;
  /** Index into `pools`; absent: directly below its host. */
  readonly pool?: number;
  /** Powered on at this time; 0 if the scenario does not say. */
  readonly startNs: number;
  /** vCPUs that it can ever have: `vcpus`, or more if an event hot-adds some. */
  readonly vcpusMax: number;
  readonly cpu: CpuControls;
  readonly smt: { readonly sharing: "any" | "internal" | "none"; readonly harmPpm: number };
  /** What a vCPU wants in its cache, and how its misses fall with it. */
  readonly cache: {
    readonly workingBytes: number;
    /** References to the last-level cache per ms of work; 0: no cache model. */
    readonly referencesPerMs: number;
    /** Ascending in bytes, descending in ppm. */
    readonly curve: readonly { readonly bytes: number; readonly missPpm: number }[];
    /** Bit mask of the ways it may fill; absent: all. */
    readonly ways?: number;
  };
  readonly guest: GuestSpec;
  readonly mem: MemoryControls;
  /** Idle memory tax of its own; absent: the policy's. */
  readonly taxPpm?: number;
  /** Machine memory that the hypervisor needs for it while it is on. */
  readonly overheadPages: number;
  /** Balloon driver: pages it takes at the most, and how fast; `maxPages` 0: there is none. Only guests with an `os` have one. */
  readonly balloon: { readonly maxPages: number; readonly pagesPerSecond: number };
  /** Manages its memory; absent: the workload accesses physical pages. */
  readonly os?: OsSpec;
  /** Backing by large pages of its own; absent: the policy's. */
  readonly largePages?: LargePageSpec["backing"];
  /** Accesses of its streams go through page tables and a TLB; absent: they do not, and translation costs nothing. */
  readonly mmu?: MmuVmSpec;
  /** Harvested for dirty and accessed pages; absent: not. */
  readonly harvest?: HarvestSpec;
}

export interface GuestSpec {
  /** A wait by spinning that lasts longer is a panic; absent: never. */
  readonly panicNs?: number;
  /** Period of the guest's timer; absent: no guest time. */
  readonly tickNs?: number;
  /** What late ticks are charged to. */
  readonly lateTicks: "process" | "sponge" | "steal";
  /** Rate at which late ticks come, beside the nominal one. */
  readonly catchUpPpm: number;
}

/** The programs of a guest's threads. */
export interface ProgramSpec {
  readonly syncs: readonly SyncSpec[];
  readonly sources: readonly SourceSpec[];
  readonly threads: readonly ThreadSpec[];
}

export interface SyncSpec {
  readonly kind: "spin" | "ticket" | "mutex" | "spin-barrier" | "barrier" | "queue";
  /** Barriers: threads that meet. */
  readonly parties: number;
}

/** Requests that arrive whether or not a thread waits for them, the first a gap after power-on. */
export interface SourceSpec {
  readonly gapNs: number;
  readonly draw: "constant" | "exponential";
  /** No request after this time of the run; absent: to the end. */
  readonly stopNs?: number;
}

export interface ThreadSpec {
  /** Starts this long after power-on; of a guest with an `os`, after it is up. */
  readonly startNs: number;
  /** Threads of one kind have one and the same array, and so have the VMs of a group. */
  readonly steps: readonly StepSpec[];
}

export type Draw = "constant" | "uniform" | "exponential" | "normal";

/**
 * One step of a program; loops nest up to four deep and name the partner's index.
 *
 *   workload                      steps
 *   { busy: true }                loop 0 { run 1 h }
 *   { run: 4ms, sleep: 1ms }      loop 0 { begin  run 4ms  finish  sleep 1ms }
 *   { requests: 9/s, service }    loop 0 { take  run service  finish }
 *   rows of a CPU trace           loop n { begin  run u · 10ms  finish  timer 10ms }  timer 5min  …
 */
export type StepSpec =
  | { readonly kind: "run" | "sleep"; readonly ns: number; readonly draw: Draw; readonly spreadNs: number }
  /** Sleeps until `ns` after its last release, at first its start; goes on at once if that is past, to catch up. */
  | { readonly kind: "timer"; readonly ns: number }
  /** Sleeps until this long after power-on; goes on at once if that is past. */
  | { readonly kind: "until"; readonly ns: number }
  /** Ends the thread if this long after power-on is past. */
  | { readonly kind: "stop"; readonly ns: number }
  /** The thread ends where its vCPU is not plugged in, until it is; `first`: the VM's thread that is for its first vCPU. */
  | { readonly kind: "online"; readonly first: number }
  | { readonly kind: "lock" | "unlock" | "barrier" | "suspend" | "resume"; readonly sync: number }
  | { readonly kind: "take"; readonly source: number }
  /** An operation: begins now, where a take has not begun it when the request arrived; counted at its end. */
  | { readonly kind: "begin" | "finish" }
  /** Accesses by a stream of the VM's `workload`, by index; the thread waits for pages that are not there. */
  | { readonly kind: "access"; readonly stream: number; readonly accesses: number }
  /** rounds 0: for ever. `partner`: index of the other end. */
  | {
      readonly kind: "loop" | "next";
      readonly rounds: number;
      readonly partner: number;
      readonly depth: number;
    }
  | { readonly kind: "end" };

export type ImageSpec =
  | {
      readonly kind: "file";
      /** Absolute, if the scenario came from a file or with a `base`; `{node}`: the Node executable. */
      readonly path: string;
      /** `raw` and `elf` hold bytes, `u64` one little-endian fingerprint a page (0 = zero page). */
      readonly form: "auto" | "raw" | "elf" | "u64";
    }
  | {
      readonly kind: "mix";
      /** The three parts add up to 1_000_000. */
      readonly zeroPpm: number;
      readonly commonPpm: number;
      readonly uniquePpm: number;
      /** VMs with the same pool name have the same common contents. */
      readonly pool: string;
      readonly pages: number;
    };

/** A stream of accesses to guest-physical pages. */
export interface StreamSpec {
  readonly pattern: "uniform" | "zipf" | "sequential" | "hot-cold" | "trace";
  /** Index into the regions of the VM's `os`, which `firstPage` and `pages` are then of; absent: physical memory. */
  readonly region?: number;
  /** `trace`: references in order, repeated: page of the range times two, plus one for a write. */
  readonly references?: Uint32Array;
  /** Accesses per 1000 s, so that slow streams stay integers; 0: only the steps of threads use it. */
  readonly ratePerKs: number;
  /** Part of the accesses that write. */
  readonly writesPpm: number;
  /** First page and length of the range accessed, in pages of the VM. */
  readonly firstPage: number;
  readonly pages: number;
  /** Zipf exponent, 0 < s ≤ 4; used by `zipf`. */
  readonly exponent: number;
  /** `hot-cold`: the first part of the range, and the part of the accesses that go there. */
  readonly hotPagesPpm: number;
  readonly hotAccessesPpm: number;
  /** What a write leaves behind: a zeroed page, a page of the VM's common pool, else a content never seen before. */
  readonly writesZeroPpm: number;
  readonly writesCommonPpm: number;
  /** Writes that leave the content as it was: they break sharing all the same. */
  readonly writesSamePpm: number;
  readonly startNs: number;
  /** The last accesses come by then; absent: until the end. */
  readonly stopNs?: number;
}

export interface MemoryPolicySpec {
  /** Key of the map of memory policies; `scan-time` follows vSphere, `fixed-rate` ESX 2. */
  readonly name: string;
  /** How often the policy decides. */
  readonly everyNs: number;
  readonly sharing: SharingSpec;
  /** Idle memory tax, 0 … 990_000. */
  readonly idleTaxPpm: number;
  readonly reclaim: ReclaimSpec;
  readonly activity: ActivitySpec;
  readonly costs: MemoryCosts;
  /** Absent: no VM is backed by large pages. */
  readonly largePages?: LargePageSpec;
}

export interface SharingSpec {
  readonly algorithm: "hints" | "none";
  /** Whole pages per second on a host; undefined: no limit. See `hostScanRate`. */
  readonly ratePerSecond: number | undefined;
  /** Pages per second on a host for each GHz of its cores; absent: no limit. Where both are given the lower holds. */
  readonly ratePerGhz?: number;
  /** Whole pages per second of one VM; undefined: no limit. */
  readonly vmRatePerSecond: number | undefined;
  readonly order: "random" | "permuted" | "sequential";
  /** Bits of the page hash in use, 1 … 64; fewer make false matches happen. */
  readonly hashBits: number;
  readonly salting: "none" | "group" | "vm";
  /** `scan-time` wants every VM scanned once in this time. */
  readonly scanTimeNs: number;
}

/** How processors are scheduled. */
export interface CpuPolicySpec {
  /** Key of the map of CPU policies: who sets shares, reservations and limits while running. */
  readonly name: string;
  /** How often it decides. */
  readonly everyNs: number;
  /** Of the policy named: times in ns, percentages in ppm, other numbers and words as written. */
  readonly options: Readonly<Record<string, number | string>>;
  readonly scheduler: "virtual-time" | "stride" | "lottery" | "round-robin" | "credit";
  readonly queues: "per-pcpu" | "host";
  readonly quantumNs: number;
  readonly wakeupPreemption: boolean;
  /** A vCPU that wakes preempts if it is this far behind. */
  readonly wakeupMarginNs: number;
  /** Service that a sleeper may be behind, in quanta. */
  readonly boundLagQuanta: number;
  readonly limitPeriodNs: number;
  readonly coscheduling: "none" | "strict" | "relaxed" | "per-vcpu";
  readonly skew: { readonly costopNs: number; readonly costartNs: number; readonly pollNs: number };
  /** Scan for fairness; `everyNs` 0: never. */
  readonly balance: { readonly everyNs: number; readonly marginNs: number };
  /** Only with the scheduler `credit`: credits are handed out every so many `ticks`. */
  readonly credit?: { readonly tickNs: number; readonly ticks: number; readonly boost: boolean };
  /** How often entitlements are worked out where somebody reserves or limits; `everyNs` 0: never. */
  readonly entitlements: { readonly everyNs: number };
  readonly wholeCoreNs: number;
  readonly guestSliceNs: number;
  /** Time to fetch 1 MiB of working set into another cache. */
  readonly refillNsPerMib: number;
  /** The same from another socket; not less. */
  readonly refillFarNsPerMib: number;
  /** Samples of sampled system time per second; 0: none. */
  readonly samplesPerSecond: number;
}
