/** Small worlds whose hosts take memory back: a device of round numbers, nothing that acts unless a test asks for it. */
import { resolveReclaiming } from "../../src/scenario/memory-resolve.ts";
import type { ActivitySpec, DiskSpec, ReclaimSpec } from "../../src/scenario/types.ts";
import { FLAG, type SmallScenario, type SmallVm } from "./world.ts";

/** A read takes 10 µs and 1 µs a page, a write 5 µs and 1 µs a page. */
export const DISK: DiskSpec = {
  kind: "ssd",
  readNs: 10_000,
  writeNs: 5000,
  bytesPerSecond: 4096e6,
  serial: false,
};

export interface Shortage {
  readonly vms: readonly SmallVm[];
  /** Frames of the one host. */
  readonly pages: number;
  /** Places in the swap file; absent: one for every page; 0: no device. */
  readonly swapPages?: number;
  readonly reclaim?: Partial<ReclaimSpec>;
  readonly activity?: Partial<ActivitySpec>;
  readonly content?: "ids" | "bytes";
  readonly seed?: number;
  readonly sharing?: SmallScenario["sharing"];
  readonly profile?: "esx2" | "esx4" | "esx6";
}

/** A scenario of one host; no compression and no sampling unless told so. */
export function shortage(given: Shortage): SmallScenario {
  const { vms, pages, reclaim, activity, content = "ids", seed = 1, sharing, profile = "esx2" } = given;
  const all = vms.reduce((sum, vm) => sum + vm.pages, 0);
  const swapPages = given.swapPages ?? all;
  const absent = resolveReclaiming({}, profile);
  return {
    hosts: [{ memoryPages: pages, ...(swapPages === 0 ? {} : { swap: { disk: DISK, pages: swapPages } }) }],
    vms,
    seed,
    content,
    ...(sharing === undefined ? {} : { sharing }),
    policy: {
      reclaim: { ...absent.reclaim, zipPpm: 0, ...reclaim },
      activity: { ...absent.activity, everyNs: 0, ...activity },
      costs: absent.costs,
    },
  };
}

/** Rows of the pages that have a flag. */
export function pagesWith(flags: Uint16Array, name: keyof typeof FLAG): number[] {
  return [...flags.keys()].filter((ppn) => flags[ppn]! & FLAG[name]);
}
