/**
 * Small worlds by hand: a scenario from a few words, booted in the release or the debug core, with no file in between.
 */

import { readFileSync } from "node:fs";
import { bootCore, type Core } from "../../src/core/boot.ts";
import {
  resolveControls,
  resolveCpu,
  resolveCpuPolicy,
  resolveHabits,
} from "../../src/scenario/cpu-resolve.ts";
import { resolveReclaiming, resolveVmControls } from "../../src/scenario/memory-resolve.ts";
import type {
  HostSpec,
  ImageSpec,
  MemoryPolicySpec,
  OsSpec,
  ProgramSpec,
  Scenario,
  SharingSpec,
  StreamSpec,
  VmSpec,
} from "../../src/scenario/types.ts";
import { fillWorld } from "../../src/sim/fill-world.ts";
import { planWorld, type WorldPlan } from "../../src/sim/plan-world.ts";
import { createWorld, type World, type WorldOptions } from "../../src/sim/world.ts";

export const NO_MPN = 0xffff_ffff;
export const NO_LIMIT = 0xffff_ffff;
export const SECOND = 1_000_000_000;

/** Flags of a physical page, as in assembly/memory/pmap.ts. */
export const FLAG = {
  mapped: 1,
  cow: 2,
  zero: 4,
  touched: 8,
  dirty: 16,
  ballooned: 32,
  swapped: 64,
  ineligible: 128,
  visited: 256,
  recent: 512,
  accessed: 1024,
  watched: 2048,
  leaving: 4096,
  compressed: 8192,
  queued: 16384,
  kept: 32768,
} as const;

export type Build = "release" | "debug";
export const BUILDS: readonly Build[] = ["release", "debug"];

const FILES = { release: "../../src/ballast.wasm", debug: "../../build/ballast.debug.wasm" } as const;
const modules: Partial<Record<Build, WebAssembly.Module>> = {};

/** A build of the core, compiled once per process. */
export function coreModule(build: Build = "debug"): WebAssembly.Module {
  modules[build] ??= new WebAssembly.Module(readFileSync(new URL(FILES[build], import.meta.url)));
  return modules[build];
}

export function streamOf(given: Partial<StreamSpec> = {}, pages = 1): StreamSpec {
  return {
    pattern: "uniform",
    ratePerKs: 1_000_000,
    writesPpm: 0,
    firstPage: 0,
    pages,
    exponent: 0.99,
    hotPagesPpm: 100_000,
    hotAccessesPpm: 900_000,
    writesZeroPpm: 0,
    writesCommonPpm: 0,
    writesSamePpm: 0,
    startNs: 0,
    ...given,
  };
}

/** A stream that never issues anything, and makes boot give the VM frames for all of its memory. */
export function silentStream(): StreamSpec {
  return streamOf({ ratePerKs: 1, startNs: Number.MAX_SAFE_INTEGER - 2_000_000_000_000 });
}

export function mixOf(
  pages: number,
  zeroPpm: number,
  commonPpm: number,
  pool = "pool",
): Extract<ImageSpec, { kind: "mix" }> {
  return { kind: "mix", zeroPpm, commonPpm, uniquePpm: 1_000_000 - zeroPpm - commonPpm, pool, pages };
}

export interface SmallVm {
  readonly pages: number;
  readonly host?: number;
  readonly salt?: string;
  readonly image?: ImageSpec;
  /** Absent: a silent stream. */
  readonly workload?: readonly StreamSpec[];
  readonly os?: OsSpec;
  readonly program?: ProgramSpec;
  readonly balloon?: VmSpec["balloon"];
  readonly mem?: VmSpec["mem"];
  readonly vcpus?: number;
  readonly overheadPages?: number;
  readonly largePages?: NonNullable<VmSpec["largePages"]>;
  readonly harvest?: NonNullable<VmSpec["harvest"]>;
  readonly mmu?: NonNullable<VmSpec["mmu"]>;
}

/** An operating system of few pages that boots in no time; its disk takes 1 ms a page. */
export function osOf(given: Partial<OsSpec> = {}): OsSpec {
  return {
    kind: "linux",
    bootNs: 0,
    bootZeroes: false,
    kernelPages: 8,
    kernelCommonPpm: 500_000,
    zeroPagesPerSecond: 0,
    swapPages: 10_000,
    disk: { kind: "ssd", readNs: 996_000, writeNs: 0, bytesPerSecond: 1024e6, serial: false },
    freePages: { min: 2, low: 4, high: 8 },
    regions: [],
    ...given,
  };
}

export interface SmallScenario {
  /** Pages of each host, or the host. */
  readonly hosts?: readonly (number | Partial<HostSpec>)[];
  readonly vms: readonly SmallVm[];
  readonly seed?: number;
  readonly durationNs?: number;
  readonly seriesEveryNs?: number;
  readonly content?: Scenario["content"];
  readonly events?: Scenario["events"];
  readonly policy?: Partial<Omit<MemoryPolicySpec, "sharing">>;
  readonly sharing?: Partial<SharingSpec>;
}

function hostOf(given: number | Partial<HostSpec>, row: number): HostSpec {
  const absent = { name: `h${row}`, memoryPages: 1, nodes: 1, systemPages: 0 };
  const basic = { sockets: 1, cores: 1, threads: 1, mhz: 2000 };
  const cpu = { ...resolveCpu({ name: "h", memory: 1 }, basic), interrupts: [] };
  return { ...absent, cpu, ...(typeof given === "number" ? { memoryPages: given } : given) };
}

function vmOf(given: SmallVm, row: number): VmSpec {
  const { pages, host = 0, workload = [silentStream()], ...rest } = given;
  const habits = resolveHabits({ name: "v", memory: pages });
  const processors = {
    vcpus: 1,
    vcpusMax: 1,
    startNs: 0,
    cpu: resolveControls(undefined, 1, 2000),
    ...habits,
  };
  const memory = {
    mem: resolveVmControls(undefined, pages),
    overheadPages: 0,
    balloon: { maxPages: 0, pagesPerSecond: 8192 },
  };
  return { ...memory, name: `v${row}`, host, memoryPages: pages, workload, ...processors, ...rest };
}

const reclaiming = resolveReclaiming({}, "esx2");
/** Nobody reclaims or samples unless told to. */
const quiet = {
  ...reclaiming,
  reclaim: { ...reclaiming.reclaim, enabled: false },
  activity: { ...reclaiming.activity, everyNs: 0 },
};

/** Room for all migrations at once. */
function movingOf(events: Scenario["events"]): Pick<Scenario, "concurrentMigrations"> {
  const moved = new Set(events.flatMap((event) => (event.kind === "migrate" ? [event.vm] : [])));
  return moved.size === 0 ? {} : { concurrentMigrations: moved.size };
}

/** A scenario with everything unsaid at its plainest: no limits, full hash, no salt, one host of ample memory. */
export function scenarioOf(small: SmallScenario): Scenario {
  const total = small.vms.reduce((sum, vm) => sum + vm.pages, 0);
  const { hosts = [Math.max(1, total)], seed = 1, durationNs = 60 * SECOND, content = "auto" } = small;
  return {
    name: "small",
    seed,
    durationNs,
    resolution: "page",
    profile: "esx2",
    content,
    ...(small.seriesEveryNs === undefined ? {} : { seriesEveryNs: small.seriesEveryNs }),
    hosts: hosts.map(hostOf),
    vms: small.vms.map(vmOf),
    ...movingOf(small.events ?? []),
    pools: [],
    events: small.events ?? [],
    policies: {
      cpu: resolveCpuPolicy(undefined, "esx2"),
      memory: {
        name: "fixed-rate",
        everyNs: 15 * SECOND,
        ...quiet,
        ...small.policy,
        sharing: {
          algorithm: "hints",
          ratePerSecond: undefined,
          vmRatePerSecond: undefined,
          order: "random",
          hashBits: 64,
          salting: "none",
          scanTimeNs: 3600 * SECOND,
          ...small.sharing,
        },
      },
    },
  };
}

/** A world of a small scenario, in the debug core unless told otherwise. */
export function worldOf(
  small: SmallScenario,
  options: WorldOptions & { build?: Build } = {},
): Promise<World> {
  const { build, ...rest } = options;
  return createWorld(scenarioOf(small), { core: coreModule(build), ...rest });
}

/** A core of a small scenario with nothing loaded and its clock not started. */
export function coreOf(small: SmallScenario, build: Build = "debug"): Core & { world: WorldPlan } {
  const scenario = scenarioOf(small);
  const world = planWorld(
    scenario,
    scenario.vms.map(() => ({ kind: "none", pages: 0 })),
  );
  const core = bootCore(coreModule(build), world.core);
  fillWorld(core, scenario, world);
  return { ...core, world };
}

/** Lets every page of every host be scanned as fast as can be. */
export function scanWithoutLimit(world: Pick<World, "columns">): void {
  world.columns.hostScanRateTarget.fill(NO_LIMIT);
  world.columns.vmScanRateTarget.fill(NO_LIMIT);
}

/** Advances to a time, through every reason to stop. */
export function runTo(world: World, untilNs: number, atEpoch: (world: World) => void = () => {}): void {
  for (;;) {
    const stop = world.advance(untilNs);
    if (stop === "until") return;
    if (stop !== "ring-full") atEpoch(world);
  }
}

/** Content ids of a world's pages, `undefined` where nothing is mapped. */
export function contentsOf(core: Pick<Core, "columns">): (bigint | undefined)[] {
  const { ppnMpn, mpnContent } = core.columns;
  return Array.from(ppnMpn, (mpn) => (mpn === NO_MPN ? undefined : mpnContent.big(mpn)));
}
