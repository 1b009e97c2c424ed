// Goal: in a running world accesses go through page tables and a TLB, whatever happens to the pages meanwhile, and are charged for it.
// Method: the core asserts at every access that the frame found is the page's; here worlds in which pages are shared, copied, paged out,
// compressed, backed by large pages, broken, moved and formed again. Walks by hand against published counts.

import fc from "fast-check";
import { expect, test } from "vitest";
import { tablePages } from "../../src/scenario/mmu.ts";
import type { MmuVmSpec } from "../../src/scenario/types.ts";
import { observeWorld } from "../../src/sim/observe.ts";
import type { World } from "../../src/sim/world.ts";
import {
  mixOf,
  runTo,
  SECOND,
  type SmallScenario,
  type SmallVm,
  streamOf,
  worldOf,
} from "../support/world.ts";

const reclaiming = (world: SmallScenario["policy"]): NonNullable<SmallScenario["policy"]> => ({
  reclaim: {
    enabled: true,
    everyNs: 100_000_000,
    balloon: true,
    shareFirst: true,
    clusterPages: 16,
    zipPpm: 100_000,
    zipQuarterPpm: 200_000,
    zipHalfPpm: 600_000,
    states: "fixed",
    hysteresisPpm: 5000,
  },
  ...world,
});

const mmuOf = (pages: number, given: Partial<MmuVmSpec> = {}): MmuVmSpec => {
  const guestPages = given.guestPages ?? "4KiB";
  return {
    mode: "nested",
    tlb: "skylake-sp",
    guestPages,
    tablePages: tablePages(pages, guestPages),
    ...given,
  };
};

/** A VM whose one stream has all that lies below its page tables. */
function translated(pages: number, mmu: Partial<MmuVmSpec>, rest: Partial<SmallVm> = {}): SmallVm {
  const own = mmuOf(pages, mmu);
  const stream = streamOf(
    { ratePerKs: 20_000_000, writesPpm: 200_000, writesCommonPpm: 0 },
    pages - own.tablePages,
  );
  return { pages, mmu: own, workload: [stream], ...rest };
}

const large = (defragPagesPerSecond = 0): NonNullable<SmallScenario["policy"]> => ({
  largePages: { backing: "always", breakAt: "never", defragPagesPerSecond },
});

async function countsOf(small: SmallScenario, seconds = 2) {
  const world = await worldOf(small);
  runTo(world, seconds * SECOND);
  return observeWorld(world).vms[0]!;
}

test("references a walk without any cache: 4, 24, 19, 15, as published", async () => {
  const each = async (mmu: Partial<MmuVmSpec>, policy?: SmallScenario["policy"]) => {
    const vm = translated(16 * 512, { tlb: "none", ...mmu });
    const world = await worldOf({ vms: [vm], ...(policy === undefined ? {} : { policy }) });
    // Once every page has been touched nothing is filled on the way any more.
    runTo(world, 6 * SECOND);
    const before = observeWorld(world).vms[0]!.mmu!;
    runTo(world, 7 * SECOND);
    const after = observeWorld(world).vms[0]!.mmu!;
    return (after.references - before.references) / (after.accesses - before.accesses);
  };
  expect(await each({ mode: "native" })).toBeCloseTo(4, 0);
  expect(await each({ mode: "shadow" })).toBeCloseTo(4, 0);
  expect(await each({ mode: "nested" })).toBeCloseTo(24, 0);
  expect(await each({ mode: "nested" }, large())).toBeCloseTo(19, 0);
  expect(await each({ mode: "nested", guestPages: "2MiB" }, large())).toBeCloseTo(15, 0);
});

test("a TLB reaches all of a VM only if guest and host have large pages", async () => {
  const missesOf = async (guestPages: "4KiB" | "2MiB", policy?: SmallScenario["policy"]) => {
    const vm = translated(20 * 512, { guestPages });
    const counts = (await countsOf({ vms: [vm], ...(policy === undefined ? {} : { policy }) })).mmu!;
    return counts.tlbMisses / counts.accesses;
  };
  expect(await missesOf("2MiB", large())).toBeLessThan(0.02);
  expect(await missesOf("4KiB", large())).toBeGreaterThan(0.8);
  expect(await missesOf("2MiB")).toBeGreaterThan(0.8);
});

test("translation is work: its time is charged, and does not pass for faults", async () => {
  const plain = await countsOf({ vms: [{ ...translated(1024, {}), mmu: mmuOf(1024) }] });
  const slow = await countsOf({ vms: [translated(1024, { tlb: "none" })] });
  expect(slow.mmu!.ns).toBeGreaterThan(2 * plain.mmu!.ns);
  expect(slow.mmu!.cycles).toBeCloseTo(2 * slow.mmu!.ns, -2);
  expect(slow.memory.faultNs).toBe(plain.memory.faultNs);
});

/** Contents behind pages below the tables: what the guest sees. */
function seen(world: World, vm: number, pages: number): (bigint | undefined)[] {
  const { columns } = world;
  const first = columns.vmPpnFirst[vm]!;
  return Array.from({ length: pages }, (_, at) => {
    const flags = columns.ppnFlags[first + at]!;
    return flags & 1 ? columns.mpnContent.big(columns.ppnMpn[first + at]!) : undefined;
  });
}

test("translation changes nothing of what a guest sees", async () => {
  const contents = await Promise.all(
    (["native", "shadow", "nested", undefined] as const).map(async (mode) => {
      const { mmu, ...vm } = translated(1024, { mode: mode ?? "native" });
      const world = await worldOf({ hosts: [4096], vms: [mode === undefined ? vm : { ...vm, mmu: mmu! }] });
      // Late pages would come at another time: the stream is not slowed by so little.
      runTo(world, SECOND);
      return seen(world, 0, 1024 - mmu!.tablePages);
    }),
  );
  for (const one of contents) expect(one).toEqual(contents[3]);
});

const modes = fc.constantFrom("native", "shadow", "nested");
const storm = fc.record({
  seed: fc.nat({ max: 1e6 }),
  host: fc.constantFrom(2600, 3600, 6000),
  modes: fc.array(modes, { minLength: 2, maxLength: 3 }),
  guestPages: fc.constantFrom("4KiB", "2MiB"),
  backing: fc.constantFrom("never", "auto", "always"),
  breakAt: fc.constantFrom("always", "high", "soft", "never"),
  rate: fc.constantFrom(0, 2000, 100_000),
  harvested: fc.boolean(),
  scan: fc.constantFrom(0, 20_000),
});

test("storm: no entry leads to a frame that the VM does not have any more", async () => {
  const ran = { broken: 0, formed: 0, swapped: 0, shared: 0, flushes: 0 };
  await fc.assert(
    fc.asyncProperty(
      storm,
      async ({ seed, host, modes: each, guestPages, backing, breakAt, rate, harvested, scan }) => {
        const vms = each.map((mode): SmallVm => {
          const vm = translated(1536, { mode, guestPages });
          const [stream] = vm.workload!;
          return {
            ...vm,
            image: mixOf(900, 200_000, 500_000),
            workload: [{ ...stream!, writesZeroPpm: 300_000, writesCommonPpm: 300_000 }],
            ...(harvested
              ? { harvest: { method: "ring", everyNs: SECOND, ring: 512, accessed: true } as const }
              : {}),
          };
        });
        const world = await worldOf({
          ...{ hosts: [{ memoryPages: host, swap: swapOf(4096) }], vms, seed },
          policy: reclaiming({ largePages: { backing, breakAt, defragPagesPerSecond: rate } }),
          sharing: scan > 0 ? { ratePerSecond: scan } : { algorithm: "none" },
        });
        runTo(world, 3 * SECOND);
        world.recount();
        for (const { memory, mmu } of observeWorld(world).vms) {
          ran.broken += memory.largeBroken ?? 0;
          ran.formed += memory.largeFormed ?? 0;
          ran.swapped += memory.swapOuts;
          ran.shared += memory.sharedPages;
          ran.flushes += mmu!.flushes;
        }
        world.dispose();
      },
    ),
    { numRuns: 20 },
  );
  // It has all happened.
  expect(Object.entries(ran).filter(([, count]) => count === 0)).toEqual([]);
}, 60_000);

function swapOf(pages: number) {
  return {
    disk: { kind: "ssd", readNs: 80_000, writeNs: 30_000, bytesPerSecond: 500e6, serial: false } as const,
    pages,
  };
}

test("a harvest flushes the TLB, and the guest pays for the misses", async () => {
  const run = (everyNs: number) => {
    const vm = translated(2048, { guestPages: "2MiB" });
    const harvest = { method: "dirty-bits", everyNs, ring: 512, accessed: false } as const;
    return countsOf({ vms: [everyNs > 0 ? { ...vm, harvest } : vm], policy: large() });
  };
  const [none, often] = [await run(0), await run(10_000_000)];
  expect(often.mmu!.flushes).toBeGreaterThan(190);
  expect(often.mmu!.tlbMisses).toBeGreaterThan(none.mmu!.tlbMisses + 190);
});
