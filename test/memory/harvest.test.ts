// Goal: a harvest finds exactly the pages written since the last one, and each way of finding them costs what it says.
// Method: by hand; any writes and harvests against sets; one running scenario for each way.

import fc from "fast-check";
import { expect, test } from "vitest";
import { trackingCosts } from "../../src/scenario/harvest.ts";
import type { HarvestSpec } from "../../src/scenario/types.ts";
import { observeWorld } from "../../src/sim/observe.ts";
import { coreOf, runTo, SECOND, streamOf, worldOf } from "../support/world.ts";

const METHODS = ["write-protection", "dirty-bits", "page-modification-log", "ring"] as const;
const harvestBy = (method: HarvestSpec["method"], ring = 4096): HarvestSpec => ({
  method,
  everyNs: SECOND,
  ring,
  accessed: false,
});

function harvested(method: HarvestSpec["method"], pages = 2000, ring = 4096) {
  const core = coreOf({ vms: [{ pages, harvest: harvestBy(method, ring) }] });
  core.wasm.harvest_begin(0, 0n);
  const { columns } = core;
  const counts = () => ({
    traps: columns.vmTrackTraps.get(0),
    exits: columns.vmTrackExits.get(0),
    ns: columns.vmTrackNs.get(0),
    scanned: columns.vmTrackScanned.get(0),
    found: columns.harvestLastPages[0],
  });
  const write = (count: number) => {
    for (let ppn = 0; ppn < count; ppn += 1) core.wasm.fault_writePage(ppn, 7n);
  };
  return { ...core, counts, write };
}

test("write protection: a fault a page and period, and each is protected again", () => {
  const { wasm, counts, write } = harvested("write-protection");
  write(600);
  write(600);
  expect(counts()).toMatchObject({ traps: 600, exits: 0, ns: 600 * trackingCosts.trapNs });
  wasm.harvest_tick(0, BigInt(SECOND));
  expect(counts()).toMatchObject({ scanned: 600, found: 600 });
  write(10);
  expect(counts().traps).toBe(610);
});

test("a page-modification log: the 512th entry is an exit, and a harvest takes what is left", () => {
  const { wasm, counts, write } = harvested("page-modification-log");
  write(511);
  expect(counts().exits).toBe(0);
  write(512);
  expect(counts()).toMatchObject({ traps: 0, exits: 1, ns: trackingCosts.fullNs });
  write(1500);
  expect(counts().exits).toBe(2);
  wasm.harvest_tick(0, BigInt(SECOND));
  expect(counts()).toMatchObject({ scanned: 1500, found: 1500 });
  // 476 entries were left, and are gone: the next exit comes with 512 new ones.
  write(511);
  expect(counts().exits).toBe(2);
  write(512);
  expect(counts().exits).toBe(3);
});

test("a ring: exits of the log, and one each time that it is full", () => {
  const { counts, write } = harvested("ring", 2000, 1024);
  write(1023);
  expect(counts().exits).toBe(1);
  write(1024);
  expect(counts()).toMatchObject({ exits: 3, ns: 2 * trackingCosts.fullNs + trackingCosts.ringNs });
});

test("dirty bits: writes cost nothing, a harvest looks at every mapped page", () => {
  const { wasm, counts, write } = harvested("dirty-bits");
  write(900);
  write(3);
  wasm.harvest_tick(0, BigInt(SECOND));
  expect(counts()).toEqual({ traps: 0, exits: 0, ns: 0, scanned: 900, found: 900 });
  write(3);
  wasm.harvest_tick(0, BigInt(2 * SECOND));
  expect(counts()).toMatchObject({ scanned: 1800, found: 3 });
});

test("property: what is found and paid for is what a set of pages says", () => {
  const step = fc.oneof(
    { arbitrary: fc.nat({ max: 1199 }), weight: 9 },
    { arbitrary: fc.constant("harvest" as const), weight: 1 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...METHODS), fc.array(step, { maxLength: 200 }), (method, steps) => {
      const { wasm, counts } = harvested(method, 1200, 512);
      let since = new Set<number>();
      let [first, exits] = [0, 0];
      for (const one of steps) {
        if (one === "harvest") {
          wasm.harvest_tick(0, 0n);
          expect(counts().found).toBe(since.size);
          since = new Set();
        } else {
          // A run of pages, so that logs fill.
          for (let ppn = one; ppn < Math.min(1200, one + 50); ppn += 1) {
            wasm.fault_writePage(ppn, 7n);
            if (since.has(ppn)) continue;
            since.add(ppn);
            first += 1;
            const isLogged = method === "page-modification-log" || method === "ring";
            if (isLogged && since.size % 512 === 0) exits += method === "ring" ? 2 : 1;
          }
        }
      }
      expect(counts()).toMatchObject({ traps: method === "write-protection" ? first : 0, exits });
    }),
    { numRuns: 60 },
  );
});

test("large pages are broken for it, and not made while it lasts", () => {
  const { wasm, columns } = coreOf({
    vms: [{ pages: 1024, harvest: harvestBy("dirty-bits") }],
    policy: { largePages: { backing: "always", breakAt: "never", defragPagesPerSecond: 1000 } },
  });
  wasm.fault_readPage(0);
  expect(columns.vmLargePages[0]).toBe(1);
  wasm.harvest_begin(0, 0n);
  wasm.fault_readPage(600);
  expect(columns.vmLargePages[0]).toBe(0);
});

test("a running scenario: the pages that a stream writes each second; what it costs is work of the guest", async () => {
  const found = await Promise.all(
    METHODS.map(async (method) => {
      const world = await worldOf({
        vms: [
          {
            pages: 4000,
            harvest: { ...harvestBy(method), accessed: true },
            workload: [streamOf({ pattern: "sequential", writesPpm: 1_000_000, ratePerKs: 1_500_000 }, 4000)],
          },
        ],
        policy: { activity: { everyNs: 2 * SECOND, pages: 10, slowKeepPpm: 0, fastKeepPpm: 0, minPpm: 0 } },
        durationNs: 10 * SECOND,
      });
      runTo(world, 10 * SECOND);
      return observeWorld(world).vms[0]!;
    }),
  );
  // What happens at the end of a period is in the next one.
  for (const { harvest } of found) {
    expect(harvest).toMatchObject({ periods: 10, dirtyPages: 14_985, lastDirtyPages: 1500 });
    expect(harvest!.lastAccessedPages).toBe(3000);
  }
  const costs = found.map(({ harvest }) => harvest!.guestNs);
  expect(costs[0]).toBe(15_000 * trackingCosts.trapNs);
  expect(costs[1]).toBe(0);
  // Two full logs a second; the third part of one is taken by the harvest.
  expect(costs[2]).toBe(20 * trackingCosts.fullNs);
  const faultNs = found.map(({ memory }) => memory.faultNs);
  expect(faultNs[0]! - faultNs[1]!).toBe(costs[0]! - costs[1]!);
});
