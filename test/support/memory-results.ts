/**
 * Results of hosts short of memory, made without a core. Laws kept: granted + ballooned + swapped + compressed pages of a VM
 * are no more than its size, hosts are the sums of their VMs, times in the states add up to the run.
 */
import type {
  GuestMemory,
  HostResult,
  HostSeries,
  MemoryState,
  Result,
  VmMemory,
  VmResult,
  VmSeries,
} from "../../src/report/result.ts";
import { cpuResult } from "./cpu-results.ts";
import { NASTY_NAMES, resultOf } from "./results.ts";

const SECOND = 1e9;
const MIB_PAGES = 256;
const STATES: readonly MemoryState[] = ["high", "clear", "soft", "hard", "low"];

/** Parts of a VM's size, at a part of the run. */
type Curve = (t: number) => number;

interface Shape {
  readonly name: string;
  readonly host?: string;
  readonly mib: number;
  readonly minMib?: number;
  readonly limitMib?: number;
  readonly active?: Curve;
  readonly balloon?: Curve;
  readonly swapped?: Curve;
  readonly compressed?: Curve;
  /** Pages brought back, over the whole run. */
  readonly swapIns?: number;
  readonly stallNs?: number;
  readonly more?: Partial<VmMemory>;
  readonly guest?: Partial<GuestMemory>;
}

const none: Curve = () => 0;

function seriesOf(shape: Shape, base: VmSeries): VmSeries {
  const size = shape.mib * MIB_PAGES;
  const { length } = base.grantedPages;
  const along = (curve: Curve): number[] =>
    Array.from({ length }, (_, i) => Math.round(size * curve(length === 1 ? 1 : i / (length - 1))));
  const { active = () => 0.3, balloon = none, swapped = none, compressed = none } = shape;
  const [out, zipped, taken] = [along(swapped), along(compressed), along(balloon)];
  const granted = base.grantedPages.map((pages, i) =>
    Math.max(0, Math.min(pages, size - out[i]! - zipped[i]! - taken[i]!)),
  );
  const saved = base.savedPages.map((pages, i) => Math.min(pages, granted[i]!));
  const target = granted.map((_, i) => size - taken[i]! - out[i]! - zipped[i]!);
  const ins = along((t) => ((shape.swapIns ?? 0) / size) * t);
  const estimate = along((t) => Math.min(1, 0.02 + active(t)));
  return {
    ...base,
    grantedPages: granted,
    savedPages: saved,
    sharedPages: base.sharedPages.map((pages, i) => Math.min(granted[i]!, Math.max(pages, saved[i]!))),
    zeroPages: base.zeroPages.map((pages, i) => Math.min(pages, granted[i]!)),
    consumedPages: granted.map((pages, i) => pages - saved[i]!),
    activePages: along(active),
    activeEstimatePages: estimate,
    activeSlowPages: along((t) => active(Math.max(0, t - 0.05))),
    activeFastPages: along(active),
    activeNextPages: estimate,
    targetPages: target,
    balloonPages: taken,
    balloonTargetPages: taken,
    swappedPages: out,
    swapTargetPages: out,
    compressedPages: zipped,
    swapIns: ins,
    swapOuts: ins.map((pages, i) => pages + Math.max(...out.slice(0, i + 1))),
    accesses: granted,
    ...(shape.guest === undefined
      ? {}
      : {
          guestFreePages: along(() => 0.05),
          guestSwapIns: ins.map((pages) => Math.round(pages / 2)),
          guestSwapOuts: ins,
        }),
  };
}

const NO_GUEST: GuestMemory = {
  freePages: 0,
  cachePages: 0,
  anonymousPages: 0,
  kernelPages: 0,
  dirtyPages: 0,
  swapUsedPages: 0,
  fileReads: 0,
  fileWrites: 0,
  faults: 0,
  stallNs: 0,
  outOfMemory: 0,
  booted: true,
};

function vmOf(shape: Shape, base: VmResult, series: VmSeries): VmResult {
  const size = shape.mib * MIB_PAGES;
  const last = (key: keyof VmSeries): number => series[key]?.at(-1) ?? 0;
  const ppm = (key: keyof VmSeries): number => Math.round((last(key) * 1e6) / size);
  const limit = shape.limitMib === undefined ? size : shape.limitMib * MIB_PAGES;
  const memory: VmMemory = {
    ...base.memory,
    grantedPages: last("grantedPages"),
    consumedPages: last("consumedPages"),
    sharedPages: last("sharedPages"),
    savedPages: last("savedPages"),
    zeroPages: last("zeroPages"),
    balloonPages: last("balloonPages"),
    balloonTargetPages: last("balloonTargetPages"),
    balloonMaxPages: Math.round(size * 0.65),
    swappedPages: last("swappedPages"),
    swapTargetPages: last("swapTargetPages"),
    compressedPages: last("compressedPages"),
    minPages: (shape.minMib ?? 0) * MIB_PAGES,
    maxPages: limit,
    shares: shape.mib * 10,
    overheadPages: 32 * MIB_PAGES,
    targetPages: last("targetPages"),
    swapIns: last("swapIns"),
    swapOuts: last("swapOuts"),
    activePages: last("activePages"),
    activeEstimatePages: last("activeEstimatePages"),
    activeSlowPpm: ppm("activeSlowPages"),
    activeFastPpm: ppm("activeFastPages"),
    activeNextPpm: ppm("activeNextPages"),
    stallNs: shape.stallNs ?? 0,
    guestSwapIns: last("guestSwapIns"),
    guestSwapOuts: last("guestSwapOuts"),
    ...shape.more,
    ...(shape.guest === undefined ? {} : { guest: { ...NO_GUEST, ...shape.guest } }),
  };
  return { ...base, memory };
}

type Counter = Exclude<keyof VmMemory, "guest" | "targetPages">;

interface HostShape {
  readonly states: readonly number[];
  readonly systemMib?: number;
}

function hostOf(
  base: HostResult,
  vms: readonly VmResult[],
  { states, systemMib = 0 }: HostShape,
  endNs: number,
) {
  const add = (key: Counter): number => vms.reduce((sum, { memory }) => sum + (memory[key] ?? 0), 0);
  const size = base.memory.sizePages;
  const system = systemMib * MIB_PAGES;
  const part = (state: number): number =>
    Math.round((states.filter((each) => each === state).length * endNs) / states.length);
  const stateNs = Object.fromEntries(STATES.map((name, state) => [name, part(state)]));
  const compressed = add("compressedPages");
  const memory: HostResult["memory"] = {
    ...base.memory,
    usedPages: add("consumedPages"),
    grantedPages: add("grantedPages"),
    savedPages: add("savedPages"),
    sharedPages: add("sharedPages"),
    commonPages: add("sharedPages") - add("savedPages"),
    zeroPages: add("zeroPages"),
    freePages: Math.max(0, size - add("consumedPages") - system - add("overheadPages")),
    systemPages: system,
    overheadPages: add("overheadPages"),
    minFreePages: Math.round(size * 0.06),
    reservedPages: system + add("minPages") + add("overheadPages"),
    configuredPages: add("sizePages") + add("overheadPages"),
    state: STATES[states.at(-1)!]!,
    stateNs: stateNs as Record<MemoryState, number>,
    balloonPages: add("balloonPages"),
    swappedPages: add("swappedPages"),
    swapSizePages: add("sizePages"),
    compressedPages: compressed,
    zipFrames: Math.ceil(compressed * 0.4),
    swapIns: add("swapIns"),
    swapOuts: add("swapOuts"),
    sharedBeforeSwap: add("sharedBeforeSwap"),
    largestGrantedPages: add("grantedPages") + 20_000,
  };
  return { ...base, memory };
}

function hostSeriesOf(
  base: HostSeries,
  host: HostResult,
  vms: readonly VmSeries[],
  states: readonly number[],
) {
  const add = (key: keyof VmSeries): number[] =>
    base.usedPages.map((_, i) => vms.reduce((sum, series) => sum + (series[key]?.[i] ?? 0), 0));
  const used = add("consumedPages");
  const { sizePages, systemPages, overheadPages, reservedPages, configuredPages } = host.memory;
  const series: HostSeries = {
    ...base,
    usedPages: used,
    grantedPages: add("grantedPages"),
    savedPages: add("savedPages"),
    sharedPages: add("sharedPages"),
    freePages: used.map((pages) => Math.max(0, sizePages - pages - systemPages - overheadPages)),
    state: states,
    reservedPages: used.map(() => reservedPages),
    configuredPages: used.map(() => configuredPages),
    balloonPages: add("balloonPages"),
    swappedPages: add("swappedPages"),
    compressedPages: add("compressedPages"),
    swapIns: add("swapIns"),
    swapOuts: add("swapOuts"),
  };
  return series;
}

/** Lays what shapes say over a result that has the same VMs. */
function reclaimed(result: Result, shapes: readonly Shape[], host: (name: string) => HostShape): Result {
  const series = new Map(
    shapes.map((shape) => [shape.name, seriesOf(shape, result.series.vms[shape.name]!)] as const),
  );
  const vms = result.vms.map((vm, row) => vmOf(shapes[row]!, vm, series.get(vm.name)!));
  const hosts = result.hosts.map((each) =>
    hostOf(
      each,
      vms.filter((vm) => vm.host === each.name),
      host(each.name),
      result.simulatedNs,
    ),
  );
  const ofHosts = hosts.map((each) => {
    const own = vms.filter((vm) => vm.host === each.name).map(({ name }) => series.get(name)!);
    return [each.name, hostSeriesOf(result.series.hosts[each.name]!, each, own, host(each.name).states)];
  });
  return {
    ...result,
    hosts,
    vms,
    series: { ...result.series, vms: Object.fromEntries(series), hosts: Object.fromEntries(ofHosts) },
  };
}

const clamp = (value: number): number => Math.max(0, Math.min(1, value));
/** Up at a moment of the run, down at another. */
const between =
  (from: number, to: number, height: number): Curve =>
  (t) =>
    height * clamp((t - from) * 25) * clamp((to - t) * 25);

const FIGURE_8: readonly Shape[] = [
  {
    name: "exchange",
    mib: 256,
    minMib: 128,
    balloon: (t) => 0.3 * clamp(t * 6),
    swapped: between(0.01, 0.08, 0.05),
    swapIns: 700,
    stallNs: 5.2 * SECOND,
    more: { sharedBeforeSwap: 21_000, faults: 90_000, faultNs: 0.2 * SECOND, pops: 12 },
    guest: {
      freePages: 900,
      cachePages: 20_000,
      anonymousPages: 24_000,
      kernelPages: 6000,
      fileReads: 40_210,
    },
  },
  {
    name: "metaframe",
    mib: 320,
    minMib: 160,
    active: (t) => 0.1 + 0.5 * t,
    balloon: (t) => 0.35 - 0.2 * t,
    guest: { freePages: 1200, cachePages: 30_000, anonymousPages: 35_000, kernelPages: 6000, dirtyPages: 77 },
  },
  {
    name: "sql",
    mib: 320,
    minMib: 160,
    active: between(0.7, 1.5, 0.85),
    balloon: between(0.05, 0.75, 0.5),
    compressed: between(0.02, 0.4, 0.04),
    swapped: (t) => 0.08 * clamp(1.2 - t),
    swapIns: 12_000,
    stallNs: 96 * SECOND,
    more: { blockedNs: 2 * SECOND, zips: 9000, unzips: 4400, swapTargetPages: 0, faults: 40_100 },
    guest: {
      freePages: 300,
      anonymousPages: 70_000,
      kernelPages: 6000,
      swapUsedPages: 2100,
      stallNs: 31 * SECOND,
      outOfMemory: 3,
    },
  },
  {
    name: "batch",
    mib: 256,
    limitMib: 128,
    active: () => 0.6,
    swapped: (t) => 0.5 * clamp(t * 20),
    swapIns: 2000,
    stallNs: 16 * SECOND,
  },
  { name: "idle", mib: 64, active: none, more: { balloonMaxPages: 0 } },
];

/** Five VMs on a host of 1 GiB, an hour: boot storm, balloons, an idle database that wakes, a VM with a limit. */
export function memoryResult(): Result {
  const samples = 121;
  const state = (i: number): number =>
    i < 2 ? 0 : i < 4 ? 4 : i < 8 ? 3 : i < 20 ? 2 : i > 84 && i < 95 ? 2 : 0;
  const base = resultOf({
    scenario: "five servers on one",
    policy: "min-funding",
    hosts: [{ name: "h1", mib: 1024 }],
    vms: FIGURE_8.map(({ name, mib }) => ({ name, host: "h1", mib, granted: 0.97, saved: 0.15, zero: 0.1 })),
    durationNs: 3600 * SECOND,
    samples,
  });
  const states = Array.from({ length: samples }, (_, i) => state(i));
  return reclaimed(base, FIGURE_8, () => ({ states, systemMib: 24 }));
}

/** Three hosts, names that are no good; the second is in trouble. */
export function memoryNastyResult(): Result {
  const hosts = ["a <b>", NASTY_NAMES[0]!, "c"];
  const shapes = NASTY_NAMES.map(
    (name, i): Shape => ({
      name,
      host: hosts[i % 3]!,
      mib: 128,
      balloon: () => (i % 3) * 0.1,
      swapped: () => (i % 3 === 1 ? 0.2 : 0),
      swapIns: i % 3 === 1 ? 3000 * i : 0,
      stallNs: i % 3 === 1 ? i * SECOND : 0,
    }),
  );
  const base = resultOf({
    scenario: "nasty",
    hosts: hosts.map((name) => ({ name, mib: 768 })),
    vms: shapes.map(({ name, host, mib }) => ({ name, host: host!, mib, saved: 0.1 })),
    durationNs: 90 * SECOND,
    samples: 46,
  });
  const all = (state: number): number[] => new Array<number>(46).fill(state);
  return reclaimed(base, shapes, (name) => ({ states: all(name === hosts[1] ? 3 : 0) }));
}

/** Guests that compute, on a host that swaps. */
export function memoryAndCpuResult(): Result {
  const base = cpuResult();
  const shapes = base.vms.map(
    ({ name, memory }, i): Shape => ({
      name,
      mib: memory.sizePages / MIB_PAGES,
      balloon: () => (i === 0 ? 0.25 : 0),
      swapIns: i === 1 ? 5000 : 0,
      stallNs: i === 1 ? 4 * SECOND : 0,
    }),
  );
  const samples = base.series.atNs.length;
  const states = Array.from({ length: samples }, (_, i) => (i % 10 === 3 ? 2 : 0));
  return reclaimed(base, shapes, () => ({ states, systemMib: 200 }));
}
