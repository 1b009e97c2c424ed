/**
 * Results as `simulate` could return them, made without a core: plausible curves, laws kept (consumed = granted − saved,
 * the VMs' saved pages add up to their host's), every field filled. No chance: the same call gives the same bytes.
 */
import type {
  Decision,
  EventResult,
  HostResult,
  HostSeries,
  Result,
  VmResult,
  VmSeries,
} from "../../src/report/result.ts";

const SECOND = 1e9;
const MIB_PAGES = 256;

/** The series of a VM's memory, which every result has. */
type Memory = Required<Omit<VmSeries, "usedPpm" | "readyPpm" | "costopPpm" | "operations">>;

interface Shape {
  readonly scenario: string;
  readonly policy?: string;
  readonly seed?: number;
  readonly hosts: readonly { readonly name: string; readonly mib: number }[];
  readonly vms: readonly VmShape[];
  readonly durationNs: number;
  readonly samples: number;
  readonly events?: readonly EventResult[];
  readonly decisions?: readonly Decision[];
  readonly interrupted?: boolean;
}

interface VmShape {
  readonly name: string;
  readonly host: string;
  readonly mib: number;
  /** Part of the configured memory that is backed at the end. */
  readonly granted?: number;
  /** Part of the granted memory that is saved at the end. */
  readonly saved?: number;
  /** Part of the granted memory that is zero. */
  readonly zero?: number;
}

/** A slow rise that levels off, with a small dip where guests write: 0 at 0, about 1 at 1. */
function curve(t: number, phase: number): number {
  const rise = t <= 0 ? 0 : (1.15 * t) / (t + 0.15);
  const dip = Math.abs(t - 0.55 - phase / 40) < 0.04 ? 0.07 : 0;
  return Math.max(0, Math.min(1, rise) - dip);
}

function vmSeries(vm: VmShape, row: number, samples: number): VmSeries {
  const granted: number[] = [];
  const consumed: number[] = [];
  const shared: number[] = [];
  const saved: number[] = [];
  const zero: number[] = [];
  for (let i = 0; i < samples; ++i) {
    const t = samples === 1 ? 1 : i / (samples - 1);
    const size = vm.mib * MIB_PAGES;
    const now = Math.round(size * (vm.granted ?? 0.8) * (0.6 + 0.4 * curve(t, row % 5)));
    const gone = Math.round(now * (vm.saved ?? 0.3) * curve(t, row % 7));
    granted.push(now);
    saved.push(gone);
    consumed.push(now - gone);
    shared.push(Math.round(gone * 1.3));
    zero.push(Math.round(now * (vm.zero ?? 0.18) * curve(t, 1)));
  }
  const none = granted.map(() => 0);
  return {
    grantedPages: granted,
    consumedPages: consumed,
    sharedPages: shared,
    savedPages: saved,
    zeroPages: zero,
    activePages: none,
    activeEstimatePages: none,
    activeSlowPages: none,
    activeFastPages: none,
    activeNextPages: none,
    targetPages: granted.map(() => vm.mib * MIB_PAGES),
    balloonPages: none,
    balloonTargetPages: none,
    swappedPages: none,
    swapTargetPages: none,
    compressedPages: none,
    swapIns: none,
    swapOuts: none,
    accesses: none,
  };
}

function hostSeries(vms: readonly VmSeries[], samples: number): HostSeries {
  const add = (key: keyof Memory): number[] =>
    Array.from({ length: samples }, (_, i) => vms.reduce((sum, vm) => sum + (vm[key]?.[i] ?? 0), 0));
  const granted = add("grantedPages");
  const saved = add("savedPages");
  const shared = add("sharedPages");
  return {
    usedPages: granted.map((pages, i) => pages - saved[i]!),
    grantedPages: granted,
    sharedPages: shared,
    savedPages: saved,
    hintPages: granted.map((pages, i) =>
      Math.round((pages - shared[i]!) * (i / Math.max(1, samples - 1)) * 0.9),
    ),
    cowBreaks: saved.map((pages, i) => Math.round((pages * i) / samples / 20)),
    freePages: granted.map(() => 0),
    state: granted.map(() => 0),
    reservedPages: granted.map(() => 0),
    configuredPages: granted.map(() => 0),
    balloonPages: granted.map(() => 0),
    swappedPages: granted.map(() => 0),
    compressedPages: granted.map(() => 0),
    swapIns: granted.map(() => 0),
    swapOuts: granted.map(() => 0),
  };
}

function vmResult(vm: VmShape, series: VmSeries): VmResult {
  const last = (key: keyof Memory): number => series[key]?.at(-1) ?? 0;
  const granted = last("grantedPages");
  return {
    name: vm.name,
    host: vm.host,
    memory: {
      sizePages: vm.mib * MIB_PAGES,
      grantedPages: granted,
      consumedPages: last("consumedPages"),
      touchedPages: granted,
      dirtyPages: Math.round(granted / 3),
      sharedPages: last("sharedPages"),
      savedPages: last("savedPages"),
      zeroPages: last("zeroPages"),
      cowBreaks: Math.round(last("savedPages") / 20),
      balloonPages: 0,
      swappedPages: 0,
      compressedPages: 0,
      scannedPages: granted * 2,
      accesses: granted * 11,
      writes: granted * 3,
      outOfFrames: 0,
      ...nothingReclaimed(vm.mib * MIB_PAGES),
    },
  };
}

/** A VM of so many pages on a host with room for all. */
function nothingReclaimed(pages: number) {
  return {
    minPages: 0,
    maxPages: pages,
    shares: 10,
    overheadPages: 0,
    targetPages: null,
    balloonTargetPages: 0,
    balloonMaxPages: 0,
    swapTargetPages: 0,
    swapIns: 0,
    swapOuts: 0,
    zips: 0,
    unzips: 0,
    sharedBeforeSwap: 0,
    pops: 0,
    activePages: 0,
    activeEstimatePages: 0,
    activeSlowPpm: 0,
    activeFastPpm: 0,
    activeNextPpm: 0,
    accessedEstimatePages: 0,
    faults: 0,
    faultNs: 0,
    stallNs: 0,
    blockedNs: 0,
    guestSwapIns: 0,
    guestSwapOuts: 0,
  };
}

function hostResult(name: string, mib: number, vms: readonly VmResult[]): HostResult {
  const add = (key: Exclude<keyof VmResult["memory"], "guest" | "targetPages">): number =>
    vms.reduce((sum, vm) => sum + (vm.memory[key] ?? 0), 0);
  const used = add("consumedPages");
  return {
    name,
    memory: {
      sizePages: mib * MIB_PAGES,
      freePages: mib * MIB_PAGES - used,
      usedPages: used,
      grantedPages: add("grantedPages"),
      sharedPages: add("sharedPages"),
      commonPages: add("sharedPages") - add("savedPages"),
      savedPages: add("savedPages"),
      zeroPages: add("zeroPages"),
      hintPages: Math.round((add("grantedPages") - add("sharedPages")) * 0.9),
      scannedPages: add("scannedPages"),
      unvisitedPages: 0,
      cowBreaks: add("cowBreaks"),
      falseMatches: 0,
      outOfFrames: add("outOfFrames"),
      systemPages: 0,
      overheadPages: 0,
      minFreePages: 0,
      reservedPages: 0,
      configuredPages: 0,
      state: "high",
      stateNs: { high: 0, clear: 0, soft: 0, hard: 0, low: 0 },
      balloonPages: 0,
      swappedPages: 0,
      swapSizePages: 0,
      compressedPages: 0,
      zipFrames: 0,
      swapIns: 0,
      swapOuts: 0,
      sharedBeforeSwap: 0,
      largestGrantedPages: 0,
    },
  };
}

/** A whole result from a few words. */
export function resultOf(shape: Shape): Result {
  const { samples, durationNs } = shape;
  // The last sample stands at the end, as in a run.
  const atNs = Array.from({ length: samples }, (_, i) =>
    Math.round((durationNs * i) / Math.max(1, samples - 1)),
  );
  const full = shape.vms.map((vm, row) => vmSeries(vm, row, Math.max(1, samples)));
  const vms = shape.vms.map((vm, row) => vmResult(vm, full[row]!));
  const series = samples === 0 ? shape.vms.map((vm, row) => vmSeries(vm, row, 0)) : full;
  const ofHost = <Of>(name: string, list: readonly Of[]): Of[] =>
    list.filter((_, row) => shape.vms[row]!.host === name);
  return {
    ballast: "0.1.0",
    model: 1,
    scenario: { name: shape.scenario, digest: "5b1e6c02d49f3a77" },
    seed: shape.seed ?? 42,
    resolution: "page",
    content: "bytes",
    policies: { memory: shape.policy ?? "scan-time", cpu: "virtual-time" },
    simulatedNs: durationNs,
    ...(shape.interrupted ? { interrupted: true } : {}),
    stateHash: "9c41d07e55aa01f3",
    hosts: shape.hosts.map(({ name, mib }) => hostResult(name, mib, ofHost(name, vms))),
    pools: [],
    vms,
    migrations: [],
    events: shape.events ?? [],
    decisions: shape.decisions ?? [],
    series: {
      atNs,
      hosts: Object.fromEntries(
        shape.hosts.map(({ name }) => [name, hostSeries(ofHost(name, series), samples)]),
      ),
      vms: Object.fromEntries(shape.vms.map(({ name }, row) => [name, series[row]!])),
    },
    hostMachine: {
      runtime: "node v20.20.2",
      platform: "linux x64",
      threads: 1,
      wallMs: 2310,
      scannedPagesPerSecond: 3_140_000,
      coreBytes: 96 * 2 ** 20,
    },
  };
}

function rateDecision(atNs: number, vm: string, pages: number, rate: number): Decision {
  return {
    atNs,
    policy: "scan-time",
    row: `vm ${vm}`,
    inputs: { grantedPages: pages, scanTimeNs: 240 * SECOND },
    target: { vmScanPagesPerSecond: rate },
    reason: `${pages} granted pages are to be scanned once in 4 min.`,
  };
}

/** One host, three VMs, ten minutes: what most people see first. */
export function smallResult(): Result {
  const vms = [
    { name: "db", host: "h1", mib: 2048, granted: 0.9, saved: 0.06, zero: 0.03 },
    { name: "web-1", host: "h1", mib: 512, granted: 0.7, saved: 0.55, zero: 0.34 },
    { name: "web-2", host: "h1", mib: 512, granted: 0.7, saved: 0.54, zero: 0.33 },
  ];
  return resultOf({
    scenario: "two clones and a database",
    hosts: [{ name: "h1", mib: 8192 }],
    vms,
    durationNs: 600 * SECOND,
    samples: 121,
    events: [
      {
        atNs: 250 * SECOND,
        kind: "scan-complete",
        host: "h1",
        text: "every mapped page was visited since its last write",
      },
    ],
    decisions: [0, 60, 120].flatMap((at) =>
      vms.map((vm, row) => rateDecision(at * SECOND, vm.name, vm.mib * 200 + row, Math.round(vm.mib * 0.83))),
    ),
  });
}

/** Forty hosts, five hundred VMs, a day. */
export function largeResult(samples = 289): Result {
  const hosts = Array.from({ length: 40 }, (_, i) => ({ name: `h1-${i + 1}`, mib: 65_536 }));
  const vms = Array.from({ length: 500 }, (_, i) => {
    const kind = i < 320 ? "web" : i < 440 ? "batch" : "db";
    const number = i < 320 ? i + 1 : i < 440 ? i - 319 : i - 439;
    return {
      name: `${kind}-${number}`,
      host: `h1-${(i % 40) + 1}`,
      mib: kind === "web" ? 2048 : kind === "batch" ? 4096 : 8192,
      saved: kind === "web" ? 0.5 : kind === "batch" ? 0.2 : 0.04,
      zero: kind === "web" ? 0.3 : 0.04,
    };
  });
  return resultOf({
    scenario: "forty hosts, a day",
    hosts,
    vms,
    durationNs: 86_400 * SECOND,
    samples,
    events: hosts.map(({ name }, i) => ({
      atNs: (3600 + 40 * i) * SECOND,
      kind: "scan-complete",
      host: name,
      text: "every mapped page was visited since its last write",
    })),
    decisions: vms.map((vm, i) =>
      rateDecision(60 * i * SECOND, vm.name, vm.mib * 200, Math.round(vm.mib * 0.83)),
    ),
  });
}

/** A name that runs if it is ever taken for HTML. */
export const SCRIPT_NAME = "</script><img src=x onerror=alert(1)>";

/** Names that try to be markup, formulas, escape sequences, other directions, prototypes; and wide ones. */
export const NASTY_NAMES: readonly string[] = [
  SCRIPT_NAME,
  "<!--<script>window.hacked=1</script>",
  '=cmd|"/c calc"!A1',
  "@SUM(1+1)*cmd",
  'quote"comma,and\nnewline\r\n',
  "\x1b[2J\x1b[31mred",
  "\u202egnp.exe",
  "constructor",
  "' onmouseover='window.hacked=1",
  "数据库服务器-一号",
  "👩‍👩‍👧‍👦 family",
  "e\u0301te\u0301",
  "a-very-long-name-that-goes-on-and-on-and-on-well-past-what-any-table-can-hold-in-one-column",
  " padded ",
];

/** One host and a VM for each nasty name; names stand in events and decisions too. */
export function nastyResult(): Result {
  const host = "h1 <b>&amp;";
  return resultOf({
    scenario: `<title>${SCRIPT_NAME}`,
    policy: "./<mine>.ts",
    hosts: [{ name: host, mib: 16_384 }],
    vms: NASTY_NAMES.map((name, i) => ({ name, host, mib: 256, saved: 0.1 + i / 40 })),
    durationNs: 90 * SECOND,
    samples: 46,
    events: [
      {
        atNs: SECOND,
        kind: "out-of-frames",
        host,
        vm: SCRIPT_NAME,
        text: `no free frame for ${SCRIPT_NAME}`,
      },
    ],
    decisions: NASTY_NAMES.map((name, i) => ({
      atNs: i * SECOND,
      policy: "./<mine>.ts",
      row: `vm ${name}`,
      inputs: { "<i>share</i>": 0.25 },
      target: { vmScanPagesPerSecond: 100 + i },
      reason: `because ${name} said so & <b>boldly</b>`,
    })),
  });
}

/** Nothing was sampled, nothing decided, nothing backed. */
export function emptyResult(): Result {
  return resultOf({
    scenario: "idle",
    hosts: [{ name: "h1", mib: 1024 }],
    vms: [{ name: "idle", host: "h1", mib: 256, granted: 0 }],
    durationNs: 0,
    samples: 0,
  });
}

/** SIGINT after three minutes: the scan is not complete, and a small host ran out of frames. */
export function interruptedResult(): Result {
  const result = resultOf({
    scenario: "overcommit",
    seed: 7,
    hosts: [
      { name: "small", mib: 1024 },
      { name: "large", mib: 4096 },
    ],
    vms: [
      { name: "a", host: "small", mib: 1024, granted: 0.99, saved: 0.1 },
      { name: "b", host: "large", mib: 1024, granted: 0.5 },
    ],
    durationNs: 182.5 * SECOND,
    samples: 37,
    interrupted: true,
    events: Array.from({ length: 12 }, (_, i) => ({
      atNs: (60 + i) * SECOND,
      kind: "out-of-frames",
      host: "small",
      vm: "a",
      text: `${40 + i} accesses found no free frame`,
    })),
  });
  const hosts = result.hosts.map((host) => ({
    ...host,
    memory: {
      ...host.memory,
      unvisitedPages: Math.round(host.memory.grantedPages / 8),
      outOfFrames: host.name === "small" ? 546 : 0,
    },
  }));
  const vms = result.vms.map((vm) => ({
    ...vm,
    memory: { ...vm.memory, outOfFrames: vm.name === "a" ? 546 : 0 },
  }));
  return { ...result, hosts, vms };
}
