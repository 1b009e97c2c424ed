// Goal: the scan keeps its rates, takes turns, goes in the order asked for, and ends.
// Method: rates that a reader can multiply; the order read off which pages have been visited.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { permute } from "../model/prng.ts";
import { firstFault } from "../storm/checks.ts";
import { checkShared } from "../storm/counters.ts";
import { checkFreeLists, checkRefcounts } from "../storm/frames.ts";
import { checkFiled, checkTable } from "../storm/sharing.ts";
import {
  BUILDS,
  FLAG,
  mixOf,
  NO_LIMIT,
  runTo,
  SECOND,
  type SmallScenario,
  scanWithoutLimit,
  worldOf,
} from "../support/world.ts";

/** A world of VMs full of unique pages, with epochs out of the way. */
async function fullWorld(pages: readonly number[], small: Partial<SmallScenario> = {}) {
  const vms = pages.map((count) => ({ pages: count, image: mixOf(count, 0, 0) }));
  return worldOf({ vms, policy: { everyNs: 10_000 * SECOND }, ...small });
}

const scanned = (world: Awaited<ReturnType<typeof fullWorld>>): number[] =>
  Array.from({ length: world.columns.vmHost.length }, (_, vm) => world.columns.vmScanned.get(vm));

test("ESX 2's rates: four VMs at 50 pages/s make the host's 200", async () => {
  const world = await fullWorld([2000, 2000, 2000, 2000]);
  world.columns.hostScanRateTarget.fill(200);
  world.columns.vmScanRateTarget.fill(50);
  runTo(world, 10 * SECOND);
  expect(scanned(world)).toEqual([500, 500, 500, 500]);
  expect(world.columns.hostScanned.get(0)).toBe(2000);
});

test("the host's limit is split evenly where the VMs would do more", async () => {
  const world = await fullWorld([2000, 2000, 2000]);
  world.columns.hostScanRateTarget.fill(30);
  world.columns.vmScanRateTarget.fill(1000);
  runTo(world, 20 * SECOND);
  expect(scanned(world)).toEqual([200, 200, 200]);
});

test("one page a tick goes to the VMs in turn", async () => {
  const world = await fullWorld([2000, 2000, 2000]);
  world.columns.hostScanRateTarget.fill(10);
  world.columns.vmScanRateTarget.fill(1000);
  runTo(world, 9 * SECOND);
  expect(scanned(world)).toEqual([30, 30, 30]);
});

test("a VM's limit holds where the host would do more; 0 takes it out", async () => {
  const world = await fullWorld([2000, 2000, 2000]);
  world.columns.hostScanRateTarget.fill(NO_LIMIT);
  world.columns.vmScanRateTarget.set([7, 0, 100]);
  runTo(world, 10 * SECOND);
  expect(scanned(world)).toEqual([70, 0, 1000]);
});

test("rates below one page a tick are kept over the ticks", async () => {
  const world = await fullWorld([100]);
  world.columns.hostScanRateTarget.fill(NO_LIMIT);
  world.columns.vmScanRateTarget.fill(3);
  runTo(world, 7 * SECOND);
  expect(scanned(world)).toEqual([21]);
});

test("a host at 0 pages/s scans nothing, whatever it had left", async () => {
  const world = await fullWorld([1000]);
  world.columns.hostScanRateTarget.fill(1000);
  world.columns.vmScanRateTarget.fill(1);
  runTo(world, 10 * SECOND);
  const before = scanned(world);
  world.columns.hostScanRateTarget.fill(0);
  world.columns.vmScanRateTarget.fill(1000);
  runTo(world, 20 * SECOND);
  expect(scanned(world)).toEqual(before);
});

test("what a slow VM leaves goes to the others, and a lull earns no more than two ticks", async () => {
  const world = await fullWorld([5000, 5000]);
  world.columns.hostScanRateTarget.fill(100);
  world.columns.vmScanRateTarget.set([20, 1000]);
  runTo(world, 10 * SECOND);
  expect(scanned(world)).toEqual([200, 800]);
  world.columns.vmScanRateTarget.set([0, 0]);
  runTo(world, 100 * SECOND);
  world.columns.vmScanRateTarget.set([0, 10_000]);
  runTo(world, 101 * SECOND);
  expect(scanned(world)[1]! - 800).toBeLessThanOrEqual(120);
  expect(scanned(world)[1]! - 800).toBeGreaterThanOrEqual(100);
});

describe("order", () => {
  const visited = (world: Awaited<ReturnType<typeof fullWorld>>, pages: number): number[] =>
    Array.from({ length: pages }, (_, ppn) => ppn).filter(
      (ppn) => world.columns.ppnFlags[ppn]! & FLAG.visited,
    );

  test("sequential: the first pages first", async () => {
    const world = await fullWorld([100], { sharing: { order: "sequential" } });
    world.columns.hostScanRateTarget.fill(NO_LIMIT);
    world.columns.vmScanRateTarget.fill(10);
    runTo(world, 3 * SECOND);
    expect(visited(world, 100)).toEqual(Array.from({ length: 30 }, (_, at) => at));
  });

  test("permuted: every page once, in another order", async () => {
    const world = await fullWorld([100], { sharing: { order: "permuted" } });
    world.columns.hostScanRateTarget.fill(NO_LIMIT);
    world.columns.vmScanRateTarget.fill(10);
    runTo(world, 3 * SECOND);
    expect(visited(world, 100).length).toBe(30);
    expect(visited(world, 100)).not.toEqual(Array.from({ length: 30 }, (_, at) => at));
    runTo(world, 10 * SECOND);
    expect(visited(world, 100).length).toBe(100);
  });

  test("random: with replacement, so t visits of n pages see n(1 − e^(−t/n)) of them", async () => {
    const world = await fullWorld([10_000]);
    world.columns.hostScanRateTarget.fill(NO_LIMIT);
    world.columns.vmScanRateTarget.fill(1000);
    runTo(world, 10 * SECOND);
    // 6321 expected; 5 standard deviations of sqrt(n e^-1 (1 − 2/e)) = 31.
    expect(Math.abs(visited(world, 10_000).length - 6321)).toBeLessThan(155);
  });

  test.each(["random", "permuted", "sequential"] as const)(
    "%s: a sparse VM is scanned to its end",
    async (order) => {
      const ids = BigUint64Array.from({ length: 20 }, () => 5n);
      const world = await worldOf({ vms: [{ pages: 3000 }], sharing: { order } }, { images: { v0: ids } });
      scanWithoutLimit(world);
      runTo(world, SECOND);
      expect([world.columns.hostUsedPages[0], world.columns.vmUnvisitedPages[0]]).toEqual([1, 0]);
    },
  );
});

test("property: a finished scan leaves one frame per content and tenant, whatever the order and the limits", async () => {
  const pages = fc.array(fc.bigInt({ min: 0n, max: 30n }), { minLength: 1, maxLength: 400, size: "max" });
  const shape = fc.record({
    contents: fc.array(pages, { minLength: 1, maxLength: 4 }),
    order: fc.constantFrom("random", "permuted", "sequential"),
    salting: fc.constantFrom("none", "vm"),
    form: fc.constantFrom("ids", "bytes"),
    rate: fc.constantFrom(NO_LIMIT, 20_000),
    vmRate: fc.constantFrom(NO_LIMIT, 9000),
  });
  const property = fc.asyncProperty(shape, async ({ contents, order, salting, form, rate, vmRate }) => {
    const vms = contents.map((ids) => ({ pages: ids.length }));
    const world = await worldOf({ vms, content: form, sharing: { order, salting } });
    const { wasm } = world.core;
    for (const [vm, ids] of contents.entries()) {
      const first = world.columns.vmPpnFirst[vm]!;
      for (const [page, id] of ids.entries()) wasm.fault_writePage(first + page, id);
    }
    world.columns.hostScanRateTarget.fill(rate);
    world.columns.vmScanRateTarget.fill(vmRate);
    runTo(world, 3 * SECOND);
    const tenants = contents.map((ids, vm) => ids.map((id) => `${salting === "vm" ? vm : 0} ${id}`));
    expect(world.columns.hostUsedPages[0]).toBe(new Set(tenants.flat()).size);
  });
  await fc.assert(property, { seed: 400, numRuns: 120, interruptAfterTimeLimit: 40_000 });
});

test("property: rounds of writes and scans keep a crowded file sorted, and everything on it", async () => {
  const write = fc.record({ page: fc.nat({ max: 511 }), id: fc.bigInt({ min: 0n, max: 3000n }) });
  const rounds = fc.array(fc.array(write, { minLength: 100, maxLength: 500, size: "max" }), {
    minLength: 4,
    maxLength: 8,
  });
  const property = fc.asyncProperty(
    rounds,
    fc.constantFrom("permuted", "sequential"),
    async (writes, order) => {
      const world = await worldOf({ vms: [{ pages: 512 }], sharing: { order } });
      scanWithoutLimit(world);
      for (const [round, batch] of writes.entries()) {
        for (const { page, id } of batch) world.core.wasm.fault_writePage(page, id);
        runTo(world, (round + 1) * SECOND);
        expect(firstFault([checkTable, checkFiled, checkFreeLists, checkRefcounts, checkShared], world)).toBe(
          undefined,
        );
        // 15 of 16 of 747 home slots: from there on stale hints are swept first.
        expect(world.columns.worldTableEntries[0]).toBeLessThanOrEqual(701);
      }
    },
  );
  await fc.assert(property, { seed: 512, numRuns: 60, interruptAfterTimeLimit: 40_000 });
});

test("permuted passes differ, and each is a permutation", () => {
  const order = (key: bigint): number[] => Array.from({ length: 50 }, (_, at) => permute(at, 50, key));
  expect([...order(1n)].sort((a, b) => a - b)).toEqual([...order(2n)].sort((a, b) => a - b));
});

test("a finished scan spends its budget without looking, and says once that it is complete", async () => {
  const world = await fullWorld([100], { sharing: { order: "sequential" } });
  world.columns.hostScanRateTarget.fill(NO_LIMIT);
  world.columns.vmScanRateTarget.fill(100);
  runTo(world, 5 * SECOND);
  expect(scanned(world)).toEqual([500]);
  expect(world.takeMessages()).toEqual([{ atNs: SECOND, kind: "scan-complete", row: 0, count: 100 }]);
  expect(world.columns.hostComplete[0]).toBe(1);
});

test("without any limit a scan is over within one tick and counts its visits only", async () => {
  const world = await fullWorld([300, 400], { sharing: { order: "permuted" } });
  scanWithoutLimit(world);
  runTo(world, 5 * SECOND);
  expect(scanned(world)).toEqual([300, 400]);
  expect(world.takeMessages()).toEqual([{ atNs: 100_000_000, kind: "scan-complete", row: 0, count: 700 }]);
});

test.each(BUILDS)(
  "sharing none: no table, no ticks, nothing scanned whatever the rates say, %s core",
  async (build) => {
    const vms = [{ pages: 50, image: mixOf(50, 1_000_000, 0) }];
    const world = await worldOf({ vms, sharing: { algorithm: "none" } }, { build });
    scanWithoutLimit(world);
    runTo(world, 5 * SECOND);
    expect([world.columns.hostUsedPages[0], world.columns.hostScanned.get(0)]).toEqual([50, 0]);
    expect(world.takeMessages()).toEqual([]);
  },
);
