/** From a seed to a scenario, images to go with it, and a policy: small, crowded, and as odd as chance makes it. */

import { fixedRate } from "../../src/policy/memory/fixed-rate.ts";
import { followWrites } from "../../src/policy/memory/follow-writes.ts";
import { minFunding } from "../../src/policy/memory/min-funding.ts";
import type { MemoryPolicy } from "../../src/policy/memory/policy.ts";
import { scanTime } from "../../src/policy/memory/scan-time.ts";
import type { Scenario, StreamSpec } from "../../src/scenario/types.ts";
import type { GivenImages } from "../../src/sim/image-source.ts";
import { expandPage } from "../model/prng.ts";
import { mixOf, type SmallVm, scenarioOf, streamOf } from "../support/world.ts";
import { withProcessors } from "./cpu-scenario.ts";
import { withGuests } from "./guest-scenario.ts";
import { withLarge } from "./large-scenario.ts";
import { withShortage } from "./memory-scenario.ts";
import { Random } from "./random.ts";

export interface Weather {
  readonly scenario: Scenario;
  readonly images: GivenImages;
  readonly policy: MemoryPolicy;
}

const SECOND = 1_000_000_000;
const PPM = 1_000_000;

/** A part of a million, with both ends likely. */
function ppm(random: Random): number {
  return random.pick([0, 0, PPM, random.below(PPM + 1), random.below(PPM + 1)]);
}

function randomStream(random: Random, pages: number): StreamSpec {
  const firstPage = random.chance(0.5) ? 0 : random.below(pages);
  const zero = ppm(random);
  return streamOf({
    pattern: random.pick(["uniform", "zipf", "sequential", "hot-cold"]),
    ratePerKs: random.pick([
      1,
      random.between(1, 5000),
      random.between(1, 200_000),
      random.between(1, 500_000),
    ]),
    writesPpm: ppm(random),
    firstPage,
    pages: random.between(1, pages - firstPage),
    exponent: random.pick([0.01, 0.5, 0.99, 1, 2.5, 4]),
    hotPagesPpm: ppm(random),
    hotAccessesPpm: ppm(random),
    writesZeroPpm: zero,
    writesCommonPpm: random.below(PPM - zero + 1),
    writesSamePpm: random.chance(0.7) ? 0 : ppm(random),
    startNs: random.chance(0.7) ? 0 : random.below(20 * SECOND),
    ...(random.chance(0.8) ? {} : { stopNs: random.between(1, 60 * SECOND) }),
  });
}

function randomVm(random: Random, hosts: number): SmallVm {
  const pages = random.pick([1, random.between(1, 40), random.between(1, 700), random.between(500, 1500)]);
  const zero = random.below(PPM + 1);
  const common = random.below(PPM - zero + 1);
  const image = mixOf(random.between(1, pages), zero, common, random.pick(["a", "b"]));
  return {
    pages,
    host: random.below(hosts),
    workload: Array.from({ length: random.below(4) }, () => randomStream(random, pages)),
    ...(random.chance(0.8) ? { image } : {}),
    ...(random.chance(0.5) ? { salt: random.pick(["red", "blue"]) } : {}),
  };
}

/** Contents of few kinds for some of the VMs, as ids or as bytes, instead of their images. */
function randomImages(random: Random, scenario: Scenario): GivenImages {
  const form = random.pick(["ids", "bytes", "none", "none"]);
  const given: Record<string, Uint8Array | BigUint64Array> = {};
  for (const vm of form === "none" ? [] : scenario.vms) {
    if (random.chance(0.4)) continue;
    const ids = BigUint64Array.from({ length: random.between(1, Math.min(300, vm.memoryPages)) }, () =>
      BigInt(random.below(40)),
    );
    given[vm.name] = form === "ids" ? ids : pagesOf(ids);
  }
  return given;
}

function pagesOf(ids: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(4096 * ids.length);
  ids.forEach((id, page) => {
    bytes.set(expandPage(id), 4096 * page);
  });
  return bytes;
}

/** Rates out of nowhere, the same for the same host at the same time. */
function capricious(seed: number): MemoryPolicy {
  return {
    name: "capricious",
    decide(view, targets) {
      const random = new Random(seed ^ (view.atNs % 2 ** 31), view.hostName.length + view.vmNames.length);
      const rate = () => random.pick([0, 1, random.below(100), random.below(10_000), 2 ** 32 - 2, Infinity]);
      targets.hostScanRate = rate();
      for (let vm = 0; vm < targets.vmScanRate.length; vm += 1) targets.vmScanRate[vm] = rate();
    },
  };
}

/** Targets out of nowhere. */
function grabbing(seed: number, scan: MemoryPolicy): MemoryPolicy {
  return {
    name: "grabbing",
    decide(view, targets) {
      scan.decide(view, targets);
      const random = new Random(seed ^ (view.atNs % 2 ** 31), view.hostName.length + 17);
      for (let vm = 0; vm < targets.vmTargetPages.length; vm += 1) {
        targets.vmTargetPages[vm] = random.pick([0, Infinity, random.below(view.vmPages[vm]! + 1)]);
      }
    },
  };
}

function randomPolicy(random: Random, seed: number): MemoryPolicy {
  return random.pick([fixedRate, scanTime, followWrites, () => capricious(seed), () => capricious(seed)])();
}

/** The weather of a seed; always the same. */
export function weatherOf(seed: number): Weather {
  const random = new Random(seed);
  const hosts = random.pick([1, 1, 2, 3]);
  const vms = Array.from({ length: random.between(1, 6) }, () => randomVm(random, hosts));
  const rate = () => random.pick([undefined, random.between(1, 200), random.between(1, 20_000)]);
  const sum = vms.reduce((total, vm) => total + vm.pages, 0);
  const scenario = scenarioOf({
    hosts: Array.from({ length: hosts }, (_, row) => ({
      name: `h${row}`,
      memoryPages: Math.max(1, random.pick([sum, random.between(1, sum), Math.ceil(sum / 2)])),
      nodes: random.pick([1, 1, 2, 3]),
    })),
    vms,
    seed: random.next(),
    content: random.pick(["auto", "auto", "bytes", "ids"]),
    policy: { everyNs: random.pick([SECOND, 15 * SECOND, random.between(1, 30 * SECOND)]) },
    sharing: {
      algorithm: random.chance(0.95) ? "hints" : "none",
      ratePerSecond: rate(),
      vmRatePerSecond: rate(),
      order: random.pick(["random", "permuted", "sequential"]),
      hashBits: random.pick([64, 64, 64, random.between(1, 64), random.between(1, 12)]),
      salting: random.pick(["none", "none", "group", "vm"]),
      scanTimeNs: random.between(1, 100) * SECOND,
    },
  });
  const images = randomImages(random, scenario);
  const isIds = Object.values(images).some((image) => image instanceof BigUint64Array);
  const fitting: Scenario =
    isIds && scenario.content === "bytes" ? { ...scenario, content: "ids" } : scenario;
  const policy = randomPolicy(random, seed);
  const cpu = new Random(seed, 2);
  const computing = cpu.chance(0.8) ? withProcessors(cpu, fitting, images) : fitting;
  const os = new Random(seed, 4);
  const managed = os.chance(0.5) ? withGuests(os, computing, images) : computing;
  const large = new Random(seed, 5);
  const backed = large.chance(0.4) ? withLarge(large, managed) : managed;
  const short = new Random(seed, 3);
  if (short.chance(0.4)) return { scenario: backed, images, policy };
  const own = short.chance(0.6) ? minFunding() : grabbing(seed, policy);
  return { scenario: withShortage(short, backed), images, policy: own };
}
