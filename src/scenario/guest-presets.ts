/**
 * Named workloads of guests that manage their memory.
 *
 * The numbers are ballast's own round ones, chosen so that guests behave as the ones of the papers' experiments are told
 * to: how much is active, what a missing page costs, who is bound by the processor and who by the disk.
 */
import { workloadPresets } from "./presets.ts";
import type { Draw } from "./types.ts";

/** A stream of a preset, with a region of its own. */
export interface GuestStream {
  readonly memory: "anonymous" | "file";
  /** Files: VMs with the same name have the same file; absent: each has its own. */
  readonly file?: string;
  readonly pattern: "uniform" | "zipf" | "sequential" | "hot-cold";
  /** Pages, parts of the VM's memory, or all that its kernel leaves. */
  readonly size: { readonly pages: number } | { readonly ppm: number } | "rest";
  /** 0: only the operation uses it. */
  readonly ratePerKs: number;
  readonly writesPpm: number;
  readonly exponent?: number;
}

/** What the threads of a preset do, again and again. */
export interface GuestOperation {
  /** Accesses to each stream, in this order, by its index. */
  readonly accesses: readonly (readonly [stream: number, accesses: number])[];
  readonly workNs: number;
  readonly workDraw: Draw;
  readonly sleepNs: number;
  /** Absent: one a vCPU. */
  readonly threads?: number;
}

/** Streams, the first of which `size` is about, and what threads do with them. */
export interface GuestPreset {
  readonly streams: readonly GuestStream[];
  readonly operation?: GuestOperation;
}

const mib = (count: number) => ({ pages: count * 256 });
const percent = (count: number) => ({ ppm: count * 10_000 });
const perSecond = (count: number) => count * 1000;
const us = 1000;
const ms = 1_000_000;

/** Guest workloads by name. */
export const guestPresets: Readonly<Record<string, GuestPreset>> = {
  idle: { streams: [] },
  // 15 MB are touched within each half minute; the rest is what booting zeroed.
  "windows-idle": {
    streams: [
      {
        memory: "anonymous",
        pattern: "uniform",
        size: mib(12),
        ratePerKs: perSecond(400),
        writesPpm: 100_000,
      },
      {
        memory: "file",
        file: "windows-system",
        pattern: "uniform",
        size: mib(3),
        ratePerKs: perSecond(100),
        writesPpm: 0,
      },
    ],
  },
  // Forty clients of a file set that a guest of 256 MB cannot hold: more cache, fewer waits for the disk.
  "linux-dbench": {
    streams: [
      { memory: "file", pattern: "zipf", exponent: 0.5, size: mib(288), ratePerKs: 0, writesPpm: 100_000 },
    ],
    operation: { accesses: [[0, 8]], workNs: 500 * us, workDraw: "exponential", sleepNs: 0, threads: 40 },
  },
  // What a guest of 40 MB holds beside its kernel: data computed over, programs and inputs that equal guests have too.
  "spec-like": {
    streams: [
      { memory: "anonymous", pattern: "uniform", size: mib(20), ratePerKs: 0, writesPpm: 300_000 },
      { memory: "file", file: "spec-files", pattern: "uniform", size: mib(12), ratePerKs: 0, writesPpm: 0 },
    ],
    operation: {
      accesses: [
        [0, 40],
        [1, 10],
      ],
      workNs: 10 * ms,
      workDraw: "constant",
      sleepNs: 0,
    },
  },
  "web-server": {
    streams: [
      { memory: "file", pattern: "zipf", size: percent(150), ratePerKs: 0, writesPpm: 0 },
      { memory: "file", pattern: "sequential", size: mib(64), ratePerKs: 0, writesPpm: 1_000_000 },
    ],
    operation: {
      accesses: [
        [0, 8],
        [1, 1],
      ],
      workNs: 2 * ms,
      workDraw: "exponential",
      sleepNs: 20 * ms,
      threads: 8,
    },
  },
  database: {
    streams: [
      { memory: "anonymous", pattern: "zipf", size: percent(70), ratePerKs: 0, writesPpm: 300_000 },
      { memory: "file", pattern: "sequential", size: mib(32), ratePerKs: 0, writesPpm: 1_000_000 },
    ],
    operation: {
      accesses: [
        [0, 20],
        [1, 1],
      ],
      workNs: ms,
      workDraw: "exponential",
      sleepNs: 5 * ms,
      threads: 8,
    },
  },
  // Every page of `size` several times a minute.
  toucher: {
    streams: [
      {
        memory: "anonymous",
        pattern: "sequential",
        size: percent(50),
        ratePerKs: perSecond(10_000),
        writesPpm: 1_000_000,
      },
    ],
  },
  // 1 GB/s of writes a vCPU: more than a link of 1 Gbit/s carries, and most others.
  diabolical: {
    streams: [
      { memory: "anonymous", pattern: "sequential", size: "rest", ratePerKs: 0, writesPpm: 1_000_000 },
    ],
    operation: { accesses: [[0, 256]], workNs: ms, workDraw: "constant", sleepNs: 0 },
  },
};

/** Every name that a workload may give; those of `workloadPresets` need no `os`. */
export const presetNames = [...new Set([...Object.keys(workloadPresets), ...Object.keys(guestPresets)])] as [
  string,
  ...string[],
];
