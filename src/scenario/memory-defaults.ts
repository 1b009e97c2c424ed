/** Defaults of memory: controls, devices, guests that manage their memory, reclaiming, sampling, costs. */
import type { DiskSpec, MemoryCosts, OsSpec, Profile, ReclaimSpec } from "./types.ts";

const ours = "ballast";
const paper = "Waldspurger, OSDI 2002 [K]";
const esx2 = "ESX Server 2.x Administration Guide [S]";
const resourceGuide = "vSphere Resource Management [S]";
const compressed =
  "16 466 nonzero contents of two small Linux guests, by LZ4, docs/memory/page-compress.md [S; of other guests ?]";
const settings = "ESXi advanced settings, vSphere Resource Management [S]";

/** Round numbers of device classes, ballast's own: give your device's where they matter. */
export const diskKinds: Readonly<Record<DiskSpec["kind"], DiskSpec>> = {
  hdd: { kind: "hdd", readNs: 8_000_000, writeNs: 8_000_000, bytesPerSecond: 60e6, serial: true },
  ssd: { kind: "ssd", readNs: 80_000, writeNs: 30_000, bytesPerSecond: 500e6, serial: false },
  nvme: { kind: "nvme", readNs: 20_000, writeNs: 15_000, bytesPerSecond: 2e9, serial: false },
  remote: { kind: "remote", readNs: 10_000, writeNs: 10_000, bytesPerSecond: 1.25e9, serial: false },
};

export const memoryDefaults = {
  /** Shares per configured MB. */
  shareWords: { low: 5, normal: 10, high: 20 },
  /** A pool counts as so many pages: 16 GB. */
  poolPages: 4_194_304,
  shares: { value: "normal", origin: `10 a configured MB, ${resourceGuide}` },
  /** Of reservations and limits that are not given. */
  controlOrigin: resourceGuide,
  swapKind: { value: "ssd", origin: ours },
  diskKind: { value: "hdd", origin: ours },
  /** Free memory that a guest keeps: parts of its memory, and pages that it is at least. */
  free: {
    min: { ppm: 4_000, leastPages: 16, origin: ours },
    low: { ppm: 10_000, leastPages: 24, origin: ours },
    high: { ppm: 15_000, leastPages: 32, origin: ours },
  },
  systemPages: { value: 0, origin: ours },
  overheadPages: { value: 0, origin: ours },
  balloonPpm: { value: 650_000, origin: `Mem.CtlMaxPercent, ${settings}` },
  balloonPagesPerSecond: { value: 8192, origin: ours },
  idleTaxPpm: { value: 750_000, origin: `Mem.IdleTax, ${esx2}; ${paper}` },
  reclaim: {
    everyNs: { value: 100_000_000, origin: ours },
    balloon: { value: true, origin: paper },
    shareFirst: { value: true, origin: paper },
    clusterPages: { value: 16, origin: ours },
    hysteresisPpm: { value: 5000, origin: "ballast: the margin is published nowhere" },
    zipPpm: { value: 100_000, origin: `Mem.MemZipMaxPct, ${settings}` },
    zipQuarterPpm: { value: 206_000, origin: compressed },
    zipHalfPpm: { value: 662_000, origin: compressed },
  },
  activity: {
    pages: { value: 100, origin: esx2 },
    slowKeepPpm: { value: 750_000, origin: "ballast: the gains are published nowhere" },
    fastKeepPpm: { value: 250_000, origin: "ballast: the gains are published nowhere" },
    minPpm: { value: 10_000, origin: `Mem.SampleActivePctMin, ${settings}` },
  },
  costs: {
    value: { mapNs: 1000, zeroNs: 1000, copyNs: 2000, zipNs: 20_000, unzipNs: 20_000 } satisfies MemoryCosts,
    origin: "ballast; 20 µs to decompress [K]",
  },
} as const;

/** What differs between generations. */
export const memoryProfiles: Readonly<
  Record<
    Profile,
    {
      readonly states: ReclaimSpec["states"];
      readonly compression: boolean;
      readonly activityNs: number;
      readonly origin: string;
    }
  >
> = {
  esx2: { states: "fixed", compression: false, activityNs: 30_000_000_000, origin: `${esx2}; ${paper}` },
  esx4: { states: "min-free", compression: true, activityNs: 60_000_000_000, origin: settings },
  esx6: { states: "min-free-5", compression: true, activityNs: 60_000_000_000, origin: settings },
};

type OsDefaults = Omit<OsSpec, "kind" | "disk" | "regions" | "kernelPages" | "swapPages" | "freePages"> & {
  /** Kernel: a fixed part, and ppm of the configured memory for its tables. */
  readonly kernelBasePages: number;
  readonly kernelPpm: number;
  /** Swap space, ppm of the configured memory. */
  readonly swapPpm: number;
};

/**
 * Guests by kind. The kernel's tables, 3 % of memory, are what makes a large guest ballooned down slower than a small one
 * (OSDI'02 Figure 2); the rest are ballast's round numbers.
 */
export const osKinds: Readonly<Record<OsSpec["kind"], OsDefaults>> = {
  linux: {
    bootNs: 20_000_000_000,
    bootZeroes: false,
    kernelBasePages: 1024,
    kernelPpm: 30_000,
    kernelCommonPpm: 600_000,
    zeroPagesPerSecond: 0,
    swapPpm: 1_000_000,
  },
  windows: {
    bootNs: 40_000_000_000,
    bootZeroes: true,
    kernelBasePages: 4096,
    kernelPpm: 30_000,
    kernelCommonPpm: 600_000,
    zeroPagesPerSecond: 4000,
    swapPpm: 1_000_000,
  },
};

/** Who says what a kind of guest does. */
export const osOrigin: Readonly<Record<OsSpec["kind"], string>> = {
  linux: "ballast; kernel tables that grow with memory: OSDI 2002 Figure 2 [K]",
  windows: "ballast; zeroes all memory when it boots: OSDI 2002 Figure 8 [K]",
};
