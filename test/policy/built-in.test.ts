// Goal: the built-in policies' formulas, by numbers that a reader can check.
// Method: views by hand, targets read off.

import { describe, expect, test } from "vitest";
import { fixedRate } from "../../src/policy/memory/fixed-rate.ts";
import { followWrites } from "../../src/policy/memory/follow-writes.ts";
import type { MemoryPolicy, MemoryView } from "../../src/policy/memory/policy.ts";
import { scanTime } from "../../src/policy/memory/scan-time.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import { mixOf, SECOND, type SmallScenario, worldOf } from "../support/world.ts";

interface Decided {
  readonly host: number;
  readonly vms: readonly number[];
  readonly reasons: readonly string[];
}

function decide(policy: MemoryPolicy, given: Partial<MemoryView> & { vmGrantedPages: Uint32Array }): Decided {
  const vms = given.vmGrantedPages.length;
  const view: MemoryView = {
    atNs: 0,
    elapsedNs: 0,
    hostName: "h",
    hostPages: 1000,
    hostUsedPages: 0,
    hostFreePages: 1000,
    hostSharedPages: 0,
    hostSavedPages: 0,
    hostMhz: 2000,
    hostScanRateMax: Infinity,
    vmNames: Array.from({ length: vms }, (_, vm) => `v${vm}`),
    vmPages: given.vmGrantedPages,
    vmUnvisitedPages: new Uint32Array(vms),
    vmScannedPages: new Float64Array(vms),
    vmCowBreaks: new Float64Array(vms),
    sharing: {
      algorithm: "hints",
      ratePerSecond: undefined,
      vmRatePerSecond: undefined,
      order: "random",
      hashBits: 64,
      salting: "none",
      scanTimeNs: 3600 * SECOND,
    },
    hostState: "high",
    hostDivisiblePages: 1000,
    idleTaxPpm: 750_000,
    vmOn: new Uint8Array(vms).fill(1),
    vmMinPages: new Uint32Array(vms),
    vmMaxPages: given.vmGrantedPages,
    vmShares: new Uint32Array(vms).fill(10),
    vmTaxPpm: new Float64Array(vms).fill(-1),
    vmUsedPages: Float64Array.from(given.vmGrantedPages),
    vmSavedPages: new Float64Array(vms),
    vmActivePages: new Float64Array(vms),
    vmPressurePages: new Float64Array(vms),
    vmBalloonPages: new Uint32Array(vms),
    vmSwappedPages: new Uint32Array(vms),
    vmCompressedPages: new Uint32Array(vms),
    vmPool: new Int32Array(vms).fill(-1),
    pools: [],
    ...given,
  };
  const reasons: string[] = [];
  const targets = {
    vmScanRate: new Float64Array(vms),
    hostScanRate: 0,
    vmTargetPages: new Float64Array(vms).fill(Infinity),
    because: (_: unknown, reason: string) => void reasons.push(reason),
  };
  policy.decide(view, targets);
  return { host: targets.hostScanRate, vms: [...targets.vmScanRate], reasons };
}

const sharing = { algorithm: "hints", order: "random", hashBits: 64, salting: "none" } as const;

describe("fixed-rate", () => {
  test("ESX 2: 200 pages/s a host, 50 a VM", () => {
    const given = { ...sharing, ratePerSecond: 200, vmRatePerSecond: 50, scanTimeNs: 1 };
    const { host, vms, reasons } = decide(fixedRate(), {
      vmGrantedPages: Uint32Array.of(0, 9),
      hostScanRateMax: 200,
      sharing: given,
    });
    expect([host, vms]).toEqual([200, [50, 50]]);
    expect(reasons[0]).toBe("Hosts are scanned at 200 pages/s.");
  });

  test("no limits are Infinity", () => {
    const { host, vms } = decide(fixedRate(), { vmGrantedPages: Uint32Array.of(1) });
    expect([host, vms]).toEqual([Infinity, [Infinity]]);
  });
});

describe("scan-time", () => {
  test("1 GiB in 60 min asks for ceil(262,144 / 3600) = 73 pages/s, none mapped for none", () => {
    const { vms } = decide(scanTime(), { vmGrantedPages: Uint32Array.of(262_144, 0, 1, 3600, 3601) });
    expect(vms).toEqual([73, 0, 1, 1, 2]);
  });

  test("16 GiB in 60 min would be 1166 pages/s: the VM's 1024 hold, and the reason says so", () => {
    const given = { ...sharing, ratePerSecond: undefined, vmRatePerSecond: 1024, scanTimeNs: 3600 * SECOND };
    const { vms, reasons } = decide(scanTime(), {
      vmGrantedPages: Uint32Array.of(4_194_304),
      sharing: given,
    });
    expect(vms).toEqual([1024]);
    expect(reasons[1]).toBe("4194304 mapped pages in 3600 s ask for 1166 pages/s, held at 1024 pages/s.");
  });

  test("the host's rate is what its processors pay for", () => {
    expect(decide(scanTime(), { vmGrantedPages: Uint32Array.of(1), hostScanRateMax: 2048 }).host).toBe(2048);
  });

  test("a scan time so short that no column holds the rate means no limit", () => {
    const given = { ...sharing, ratePerSecond: undefined, vmRatePerSecond: undefined, scanTimeNs: 1 };
    const { vms } = decide(scanTime(), { vmGrantedPages: Uint32Array.of(5, 0), sharing: given });
    expect(vms).toEqual([Infinity, 0]);
  });
});

describe("follow-writes", () => {
  test("1000 pages/s over 300, 0 and 100 new pages: 750, 0, 250", () => {
    const { host, vms } = decide(followWrites(), {
      vmGrantedPages: Uint32Array.of(400, 400, 400),
      vmUnvisitedPages: Uint32Array.of(300, 0, 100),
      hostScanRateMax: 1000,
    });
    expect([host, vms]).toEqual([1000, [750, 0, 250]]);
  });

  test("thirds are rounded up; without limit those with something new have none", () => {
    const given = { vmGrantedPages: Uint32Array.of(9, 9, 9), vmUnvisitedPages: Uint32Array.of(1, 1, 1) };
    expect(decide(followWrites(), { ...given, hostScanRateMax: 100 }).vms).toEqual([34, 34, 34]);
    expect(decide(followWrites(), given).vms).toEqual([Infinity, Infinity, Infinity]);
  });

  test("nothing new anywhere: nobody is scanned", () => {
    expect(decide(followWrites(), { vmGrantedPages: Uint32Array.of(9, 9) }).vms).toEqual([0, 0]);
  });
});

test.each([fixedRate, scanTime, followWrites])(
  "%o passes the seam with any sharing of a scenario",
  async (make) => {
    const small = (given: SmallScenario["sharing"]): SmallScenario => ({
      vms: [{ pages: 600, image: mixOf(500, 100_000, 0) }, { pages: 5 }],
      ...(given ? { sharing: given } : {}),
    });
    for (const rate of [undefined, 1, 200, 1_000_000_000]) {
      for (const scanTimeNs of [1, 1000, SECOND, 3600 * SECOND]) {
        const world = await worldOf(small({ ratePerSecond: rate, vmRatePerSecond: rate, scanTimeNs }));
        expect(() => decideMemory(world, make(), 0)).not.toThrow();
      }
    }
  },
);
