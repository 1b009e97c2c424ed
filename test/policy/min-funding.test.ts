// Goal: min-funding turns what it sees of a host into targets: everybody at the limit while that fits, else shares, the tax,
// reservations, pools, need that sampling cannot see; and the seam refuses targets that no column can hold.
// Method: views of a few VMs by hand, and any VMs against revocation page by page; a world for the seam.

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { minFunding } from "../../src/policy/memory/min-funding.ts";
import type { MemoryPolicy, MemoryPool, MemoryView } from "../../src/policy/memory/policy.ts";
import { PolicyError } from "../../src/policy/policy-error.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import type { World } from "../../src/sim/world.ts";
import { type Client, revoke } from "../model/memory/revocation.ts";
import { shortage } from "../support/shortage.ts";
import { NO_LIMIT, scenarioOf, worldOf } from "../support/world.ts";

interface Vm {
  readonly pages?: number;
  readonly shares?: number;
  readonly min?: number;
  readonly max?: number;
  readonly active?: number;
  readonly pressure?: number;
  readonly tax?: number;
  readonly saved?: number;
  readonly on?: boolean;
  readonly pool?: number;
}

const { sharing } = scenarioOf({ vms: [{ pages: 1 }] }).policies.memory;

function viewOf(vms: readonly Vm[], pages: number, more: Partial<MemoryView> = {}): MemoryView {
  const floats = (of: (vm: Vm) => number): Float64Array => Float64Array.from(vms, of);
  const counts = (of: (vm: Vm) => number): Uint32Array => Uint32Array.from(vms, of);
  const size = ({ pages: own = 1000 }: Vm): number => own;
  return {
    ...{ atNs: 0, elapsedNs: 0, hostName: "h", hostPages: pages, hostUsedPages: 0, hostFreePages: 0 },
    ...{ hostSharedPages: 0, hostSavedPages: 0, hostMhz: 1000, hostScanRateMax: Infinity },
    vmNames: vms.map((_, vm) => `v${vm}`),
    vmPages: counts(size),
    vmGrantedPages: counts(size),
    vmUnvisitedPages: counts(() => 0),
    vmScannedPages: floats(() => 0),
    vmCowBreaks: floats(() => 0),
    sharing: { ...sharing, algorithm: "none" },
    hostState: "hard",
    hostDivisiblePages: pages,
    idleTaxPpm: 0,
    vmOn: Uint8Array.from(vms, ({ on = true }) => (on ? 1 : 0)),
    vmMinPages: counts(({ min = 0 }) => min),
    vmMaxPages: counts((vm) => vm.max ?? size(vm)),
    vmShares: counts(({ shares = 1000 }) => shares),
    vmTaxPpm: floats(({ tax = -1 }) => tax),
    vmUsedPages: floats(size),
    vmSavedPages: floats(({ saved = 0 }) => saved),
    vmActivePages: floats((vm) => vm.active ?? size(vm)),
    vmPressurePages: floats(({ pressure = 0 }) => pressure),
    vmBalloonPages: counts(() => 0),
    vmSwappedPages: counts(() => 0),
    vmCompressedPages: counts(() => 0),
    vmPool: Int32Array.from(vms, ({ pool = -1 }) => pool),
    pools: [],
    ...more,
  };
}

/** Targets of a decision, from targets that were `before`. */
function decided(view: MemoryView, policy: MemoryPolicy = minFunding(), before = 7): number[] {
  const vmTargetPages = new Float64Array(view.vmNames.length).fill(before);
  const vmScanRate = new Float64Array(view.vmNames.length);
  policy.decide(view, { vmScanRate, hostScanRate: 0, vmTargetPages, because: () => {} });
  return [...vmTargetPages];
}

const pool = (given: Partial<MemoryPool>): MemoryPool => ({
  ...{ name: "p", parent: -1, shares: 1000, minPages: 0, maxPages: Infinity },
  ...given,
});

describe("min-funding", () => {
  test("while the limits fit, nobody has a target", () => {
    expect(decided(viewOf([{}, {}], 2000))).toEqual([Infinity, Infinity]);
  });

  test("else shares, if all is in use", () => {
    expect(decided(viewOf([{ shares: 3000 }, { shares: 1000 }], 1000))).toEqual([750, 250]);
  });

  test("limits and reservations bound what shares buy", () => {
    expect(decided(viewOf([{ shares: 3000, max: 600 }, {}], 1000))).toEqual([600, 400]);
    expect(decided(viewOf([{ shares: 9000 }, { min: 400 }], 1000))).toEqual([600, 400]);
  });

  test("ESX'02 §6: equal shares, one idle; without tax halves, at 75 % the idle one has a quarter for each page of the other", () => {
    const vms = [{ active: 0 }, { active: 1000 }];
    expect(decided(viewOf(vms, 1000))).toEqual([500, 500]);
    expect(decided(viewOf(vms, 1000, { idleTaxPpm: 750_000 }))).toEqual([200, 800]);
    expect(decided(viewOf(vms, 1000), minFunding({ idleTaxPpm: 750_000 }))).toEqual([200, 800]);
  });

  test("a VM's own tax counts for it alone", () => {
    const vms = [{ active: 0, tax: 0 }, { active: 1000 }];
    expect(decided(viewOf(vms, 1000, { idleTaxPpm: 750_000 }))).toEqual([500, 500]);
  });

  test("pages brought back count as active on top: need that sampling of what it has cannot see", () => {
    const vms = [
      { active: 300, pressure: 0 },
      { active: 300, pressure: 500 },
    ];
    const [first, second] = decided(viewOf(vms, 1000, { idleTaxPpm: 750_000 }));
    expect(first! + second!).toBe(1000);
    expect(second!).toBeGreaterThan(first! + 200);
  });

  test("one that is off has no target and takes nothing from the others", () => {
    expect(decided(viewOf([{ on: false, shares: 9000, min: 500 }, {}, {}], 1000))).toEqual([
      Infinity,
      500,
      500,
    ]);
  });

  test("what sharing saves of a VM it does not need", () => {
    expect(decided(viewOf([{ saved: 800 }, {}], 1200))).toEqual([Infinity, Infinity]);
    expect(decided(viewOf([{ saved: 800 }, {}], 1000))).toEqual([200, 800]);
  });

  test("pools divide first, their members among themselves", () => {
    const vms = [{ pool: 0 }, { pool: 0 }, { pool: 1 }];
    const pools = [pool({ name: "a", shares: 1000 }), pool({ name: "b", shares: 3000 })];
    expect(decided(viewOf(vms, 1200, { pools }))).toEqual([150, 150, 900]);
  });

  test("a pool's limit holds while the host has memory to spare", () => {
    const vms = [{ pool: 0 }, { pool: 0 }, {}];
    expect(decided(viewOf(vms, 5000, { pools: [pool({ maxPages: 600 })] }))).toEqual([300, 300, 1000]);
  });

  test("rejects a tax that is none", () => {
    expect(() => minFunding({ idleTaxPpm: 990_001 })).toThrow(RangeError);
    expect(() => minFunding({ idleTaxPpm: -1 })).toThrow(RangeError);
  });

  test("property: as revocation page by page, to a page or two", () => {
    const vm = fc.record({
      pages: fc.integer({ min: 20, max: 400 }),
      shares: fc.integer({ min: 1, max: 20 }).map((shares) => 100 * shares),
      active: fc.integer({ min: 0, max: 400 }),
      min: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(
        fc.array(vm, { minLength: 2, maxLength: 5 }),
        fc.constantFrom(0, 250_000, 500_000, 750_000),
        fc.integer({ min: 300, max: 900 }),
        (given, idleTaxPpm, pages) => {
          const vms = given.map((each) => ({
            ...each,
            min: Math.min(each.min, each.pages),
            active: Math.min(each.active, each.pages),
          }));
          const all = vms.reduce((sum, each) => sum + each.pages, 0);
          fc.pre(all > pages);
          const targets = decided(viewOf(vms, pages, { idleTaxPpm }));
          const clients = vms.map(
            (each): Client => ({
              shares: each.shares,
              minPages: each.min,
              maxPages: each.pages,
              activePages: each.active,
              tax: idleTaxPpm / 1e6,
            }),
          );
          const naive = revoke(clients, pages);
          expect(targets.reduce((sum, target) => sum + target, 0)).toBe(
            naive.reduce((sum, target) => sum + target, 0),
          );
          for (const [row, target] of targets.entries())
            expect(Math.abs(target - naive[row]!)).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("targets at the seam", () => {
  let world: World;
  beforeEach(async () => {
    world = await worldOf(shortage({ vms: [{ pages: 60 }, { pages: 60 }], pages: 100 }));
  });
  const setting = (pages: unknown): MemoryPolicy => ({
    name: "mine",
    decide: (_, targets) => {
      targets.vmTargetPages[0] = 30;
      targets.vmTargetPages[1] = pages as number;
      targets.because(1, "So that it is said.", { why: 1 });
    },
  });

  test("are written, and recorded where they change", () => {
    const decisions = decideMemory(world, setting(Infinity), 0);
    expect([...world.columns.vmTargetPages]).toEqual([30, NO_LIMIT]);
    expect(decisions.map(({ row, target }) => [row, target])).toEqual([["vm v0", { targetPages: 30 }]]);
    const [second] = decideMemory(world, setting(0), 0);
    expect(second).toMatchObject({
      row: "vm v1",
      target: { targetPages: 0 },
      reason: "So that it is said.",
      inputs: { why: 1 },
    });
    expect(decideMemory(world, setting(0), 0)).toEqual([]);
  });

  test.each([1.5, -1, Number.NaN, 2 ** 32 - 1, -Infinity])(
    "%d is a mistake of the policy's, and nothing is applied",
    (pages) => {
      const before = world.hash();
      expect(() => decideMemory(world, setting(pages), 0)).toThrow(PolicyError);
      expect(() => decideMemory(world, setting(pages), 0)).toThrow(/vm v1.*vmTargetPages|vmTargetPages/);
      expect(world.hash()).toBe(before);
    },
  );

  test("a policy that puts another array in place is told so", () => {
    const swapped: MemoryPolicy = {
      name: "mine",
      decide: (_, targets) => {
        (targets as { vmTargetPages: Float64Array }).vmTargetPages = new Float64Array(2);
      },
    };
    expect(() => decideMemory(world, swapped, 0)).toThrow(/vmTargetPages to stay in place/);
  });

  test("pressure: what came back since the last decision, once", () => {
    const seen: number[][] = [];
    const looking: MemoryPolicy = {
      name: "mine",
      decide: (view) => void seen.push([...view.vmPressurePages]),
    };
    const { wasm } = world.core;
    wasm.bill_open(0n);
    for (let page = 0; page < 20; page += 1) wasm.fault_writePage(page, BigInt(page + 1));
    decideMemory(world, looking, 0);
    wasm.victims_takePages(0, 10, 0n);
    wasm.victims_pagesWritten(0, 10n ** 12n);
    for (let page = 0; page < 20; page += 1) wasm.fault_readPage(page);
    decideMemory(world, looking, 0);
    decideMemory(world, looking, 0);
    expect(seen).toEqual([
      [0, 0],
      [10, 0],
      [0, 0],
    ]);
  });
});
