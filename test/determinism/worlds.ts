/** Worlds for the tests of determinism: between them every pattern, order, salting, form, guests that page, and hosts out of frames. */

import { fixedRate } from "../../src/policy/memory/fixed-rate.ts";
import { diskKinds } from "../../src/scenario/memory-defaults.ts";
import { resolveReclaiming } from "../../src/scenario/memory-resolve.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import type { World } from "../../src/sim/world.ts";
import { expandPage } from "../model/prng.ts";
import { mixOf, osOf, runTo, SECOND, type SmallScenario, streamOf, worldOf } from "../support/world.ts";

const busy = [
  streamOf({ pattern: "zipf", pages: 600, ratePerKs: 900_000, writesPpm: 300_000, writesCommonPpm: 500_000 }),
  streamOf({
    pattern: "hot-cold",
    pages: 900,
    ratePerKs: 333_333,
    writesPpm: 500_000,
    writesZeroPpm: 400_000,
  }),
];
const steady = [
  streamOf({
    pattern: "sequential",
    pages: 700,
    ratePerKs: 77_777,
    writesPpm: 1_000_000,
    writesSamePpm: 500_000,
  }),
  streamOf({ pages: 700, ratePerKs: 500_000, writesPpm: 100_000, startNs: 3 * SECOND, stopNs: 20 * SECOND }),
];
const vms = [
  { pages: 900, image: mixOf(800, 300_000, 400_000), workload: busy, salt: "red" },
  { pages: 700, image: mixOf(700, 100_000, 500_000), workload: steady, salt: "blue" },
  { pages: 900, image: mixOf(500, 300_000, 400_000), workload: busy, host: 1, salt: "red" },
];
const disk = diskKinds.ssd;
const os = osOf({
  ...{ bootNs: 2 * SECOND, kernelPages: 100, swapPages: 3000, disk },
  freePages: { min: 10, low: 20, high: 40 },
  regions: [
    { kind: "anonymous", pages: 1000, name: "a" },
    { kind: "file", pages: 500, name: "shared" },
  ],
});
const paging = [
  streamOf({
    region: 0,
    pages: 1000,
    pattern: "zipf",
    ratePerKs: 3_000_000,
    writesPpm: 300_000,
    writesCommonPpm: 500_000,
  }),
  streamOf({ region: 0, pages: 600, ratePerKs: 900_000, writesPpm: 900_000, stopNs: 15 * SECOND }),
  streamOf({ region: 1, pages: 500, pattern: "sequential", ratePerKs: 500_000, writesPpm: 100_000 }),
];
const rates = { ratePerSecond: 3000, vmRatePerSecond: 2000 };

export const SMALL_WORLDS: Readonly<Record<string, SmallScenario>> = {
  "random order": { hosts: [2000, 900], vms, sharing: rates },
  "permuted, few hash bits": {
    hosts: [2000, 900],
    vms,
    sharing: { ...rates, order: "permuted", hashBits: 6 },
  },
  "sequential, salted, short of frames, two nodes": {
    hosts: [{ memoryPages: 1100, nodes: 2 }, 450],
    vms,
    sharing: { ...rates, order: "sequential", salting: "group" },
  },
  "no limits": { hosts: [2000, 900], vms, policy: { everyNs: SECOND } },
  "real bytes": { content: "bytes", hosts: [2000, 700], vms, sharing: rates },
  "guests with an operating system": {
    hosts: [{ memoryPages: 1500, swap: { disk, pages: 4000 } }, 900],
    vms: [
      {
        pages: 900,
        os: { ...os, bootZeroes: true },
        workload: paging,
        balloon: { maxPages: 700, pagesPerSecond: 900 },
      },
      { pages: 900, os: { ...os, zeroPagesPerSecond: 70 }, workload: paging },
      { pages: 900, image: mixOf(500, 300_000, 400_000), workload: busy, host: 1 },
    ],
    sharing: rates,
    policy: { reclaim: { ...resolveReclaiming({}, "esx6").reclaim, enabled: true } },
  },
  "no sharing": { hosts: [2000, 900], vms, sharing: { algorithm: "none" } },
};

/** Real pages for the first VM of a world of bytes. */
export function imagesOf(name: string): { v0: Uint8Array } | undefined {
  if (name !== "real bytes") return undefined;
  const bytes = new Uint8Array(4096 * 100);
  for (let page = 0; page < 100; page += 1) bytes.set(expandPage(BigInt(page % 7)), 4096 * page);
  return { v0: bytes };
}

export function makeWorld(name: string, change: Partial<SmallScenario> = {}): Promise<World> {
  const images = imagesOf(name);
  return worldOf({ ...SMALL_WORLDS[name]!, ...change }, { build: "release", ...(images ? { images } : {}) });
}

/** Advances with policies at the epochs, as `simulate` does. */
export function drive(world: World, untilNs: number): void {
  const policy = fixedRate();
  runTo(world, untilNs, () => {
    if (world.plan.core.groups.has("sharing")) decideMemory(world, policy, world.nowNs);
  });
}
