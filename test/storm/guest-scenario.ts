/** Guests that manage their memory for a storm's scenario: kernels, regions, marks, disks, boots, balloons, by chance. */
import { diskKinds } from "../../src/scenario/memory-defaults.ts";
import type { OsSpec, RegionSpec, Scenario, StepSpec, StreamSpec, VmSpec } from "../../src/scenario/types.ts";
import type { GivenImages } from "../../src/sim/image-source.ts";
import type { Random } from "./random.ts";

const SECOND = 1_000_000_000;

function osOf(random: Random, pages: number): OsSpec {
  const kernelPages = random.between(1, Math.max(1, Math.floor(pages / 4)));
  const rest = pages - kernelPages;
  const min = random.below(Math.ceil(rest / 8));
  const low = min + random.below(Math.ceil(rest / 8));
  return {
    kind: random.pick(["linux", "windows"]),
    bootNs: random.pick([0, random.below(SECOND), random.below(5 * SECOND)]),
    bootZeroes: random.chance(0.3),
    kernelPages,
    kernelCommonPpm: random.below(1_000_001),
    zeroPagesPerSecond: random.pick([0, random.below(100), random.below(20_000)]),
    swapPages: random.pick([0, random.below(pages), 3 * pages]),
    disk: diskKinds[random.pick(["hdd", "ssd", "nvme", "remote"] as const)],
    freePages: { min, low, high: low + random.below(Math.ceil(rest / 4)) },
    regions: Array.from({ length: random.between(1, 4) }, (): RegionSpec => {
      const kind = random.pick(["anonymous", "file"] as const);
      return { kind, pages: random.between(1, 2 * pages), name: random.pick(["x", "y"]) };
    }),
  };
}

/** The same stream, of a region: some by a trace, some for threads only. */
function inRegion(random: Random, stream: StreamSpec, regions: readonly RegionSpec[]): StreamSpec {
  const region = random.below(regions.length);
  const { pages } = regions[region]!;
  const firstPage = random.chance(0.5) ? 0 : random.below(pages);
  const length = random.between(1, pages - firstPage);
  const moved = { ...stream, region, firstPage, pages: length };
  if (random.chance(0.3)) moved.ratePerKs = 0;
  // An alias table is made for every length of a zipf stream.
  if (!random.chance(0.3)) return moved;
  const references = Uint32Array.from({ length: random.between(1, 300) }, () => random.below(2 * length));
  return { ...moved, pattern: "trace", references };
}

/** Some sleeps become accesses, which keep every step's place. */
function accessing(random: Random, vm: VmSpec, streams: number): Pick<VmSpec, "program"> {
  if (vm.program === undefined || streams === 0) return {};
  const threads = vm.program.threads.map((thread) => ({
    ...thread,
    steps: thread.steps.map((step): StepSpec => {
      if (step.kind !== "sleep" || random.chance(0.4)) return step;
      return { kind: "access", stream: random.below(streams), accesses: random.between(1, 40) };
    }),
  }));
  return { program: { ...vm.program, threads } };
}

/** The same scenario with an operating system in some of the VMs that have no image; contents are ids then. */
export function withGuests(random: Random, scenario: Scenario, images: GivenImages): Scenario {
  const vms = scenario.vms.map((vm): VmSpec => {
    const { image, ...rest } = vm;
    if (vm.memoryPages < 16 || images[vm.name] !== undefined || random.chance(0.3)) return vm;
    const os = osOf(random, vm.memoryPages);
    const workload = vm.workload.map((stream) => inRegion(random, stream, os.regions));
    const balloon = {
      maxPages: random.pick([
        0,
        vm.memoryPages - os.kernelPages,
        random.below(vm.memoryPages - os.kernelPages),
      ]),
      pagesPerSecond: random.pick([100, 8192, random.between(1, 100_000)]),
    };
    return { ...rest, os, workload, balloon, ...accessing(random, vm, workload.length) };
  });
  if (vms.every(({ os }) => os === undefined)) return scenario;
  return { ...scenario, vms, content: "ids" };
}
