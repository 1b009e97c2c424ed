// Goal: the seam shows a policy copies, records changes only, and refuses what no column can hold, applying nothing.
// Method: policies of one line each, against a world of two hosts.

import { beforeEach, describe, expect, test } from "vitest";
import type { MemoryPolicy, MemoryTargets, MemoryView } from "../../src/policy/memory/policy.ts";
import { PolicyError } from "../../src/policy/policy-error.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import type { World } from "../../src/sim/world.ts";
import { mixOf, NO_LIMIT, worldOf } from "../support/world.ts";

let world: World;
beforeEach(async () => {
  const vms = [
    { pages: 30, image: mixOf(20, 0, 0) },
    { pages: 40, host: 1 },
    { pages: 10, image: mixOf(10, 0, 0) },
  ];
  world = await worldOf({ hosts: [100, 50], vms });
});

const policyOf = (decide: MemoryPolicy["decide"]): MemoryPolicy => ({ name: "mine", decide });
const hostAt = (rate: number): MemoryPolicy =>
  policyOf((_, targets) => {
    targets.hostScanRate = rate;
  });
const rates = (): number[][] => [[...world.columns.hostScanRateTarget], [...world.columns.vmScanRateTarget]];

describe("what a policy sees", () => {
  test("one host at a time, its VMs in row order", () => {
    const views: MemoryView[] = [];
    decideMemory(
      world,
      policyOf((view) => void views.push(view)),
      0,
    );
    expect(views.map(({ hostName, vmNames }) => [hostName, vmNames])).toEqual([
      ["h0", ["v0", "v2"]],
      ["h1", ["v1"]],
    ]);
    const [view] = views;
    expect(view).toMatchObject({
      atNs: 0,
      elapsedNs: 0,
      hostPages: 100,
      hostUsedPages: 30,
      hostFreePages: 70,
    });
    expect(
      [view!.vmPages, view!.vmGrantedPages, view!.vmUnvisitedPages].map((column) => [...column]),
    ).toEqual([
      [30, 10],
      [20, 10],
      [20, 10],
    ]);
  });

  test("copies: writing to them changes no world", () => {
    const before = world.hash();
    decideMemory(
      world,
      policyOf((view) => {
        for (const column of [view.vmPages, view.vmGrantedPages, view.vmUnvisitedPages]) column.fill(7);
        for (const column of [view.vmScannedPages, view.vmCowBreaks]) column.fill(7);
      }),
      0,
    );
    expect(world.hash()).toBe(before);
  });

  test("the time since it last decided", () => {
    world.advance(0);
    world.advance(5e9);
    let elapsed = 0;
    decideMemory(
      world,
      policyOf((view) => {
        elapsed = view.elapsedNs;
      }),
      2e9,
    );
    expect(elapsed).toBe(3e9);
  });
});

describe("what is recorded", () => {
  test("a decision for each change, with its reason and inputs; Infinity is none", () => {
    const decide = (view: MemoryView, targets: MemoryTargets): void => {
      targets.hostScanRate = Infinity;
      targets.because("host", "It is fast.");
      if (view.hostName === "h1") return;
      targets.vmScanRate[1] = 25;
      targets.because(1, "It is the second.", { pages: 10 });
    };
    expect(decideMemory(world, policyOf(decide), 0)).toEqual([
      {
        atNs: 0,
        policy: "mine",
        row: "host h0",
        inputs: {},
        target: { scanPagesPerSecond: "none" },
        reason: "It is fast.",
      },
      {
        atNs: 0,
        policy: "mine",
        row: "vm v2",
        inputs: { pages: 10 },
        target: { scanPagesPerSecond: 25 },
        reason: "It is the second.",
      },
      {
        atNs: 0,
        policy: "mine",
        row: "host h1",
        inputs: {},
        target: { scanPagesPerSecond: "none" },
        reason: "It is fast.",
      },
    ]);
    expect(rates()).toEqual([
      [NO_LIMIT, NO_LIMIT],
      [0, 25, 0],
    ]);
  });

  test("nothing where nothing changed, whatever the reasons; targets hold the rates in force", () => {
    const decide = (_: MemoryView, targets: MemoryTargets): void => {
      targets.hostScanRate = Infinity;
      targets.vmScanRate[0] = 3;
      targets.because(0, "Three.");
    };
    expect(decideMemory(world, policyOf(decide), 0).length).toBe(4);
    expect(decideMemory(world, policyOf(decide), 0)).toEqual([]);
    const seen: number[] = [];
    decideMemory(
      world,
      policyOf((_, targets) => void seen.push(targets.hostScanRate, ...targets.vmScanRate)),
      0,
    );
    expect(seen).toEqual([Infinity, 3, 0, Infinity, 3]);
  });

  test("a change without a reason says so", () => {
    const [decision] = decideMemory(world, hostAt(1), 0);
    expect(decision!.reason).toBe("The policy gave no reason.");
  });
});

describe("what is refused, with nothing applied", () => {
  const bad = [Number.NaN, -1, 0.5, 2 ** 32 - 1, 2 ** 32, -Infinity];
  const refuse = (decide: MemoryPolicy["decide"], message: RegExp): void => {
    const before = rates();
    expect(() => decideMemory(world, policyOf(decide), 0)).toThrow(PolicyError);
    expect(() => decideMemory(world, policyOf(decide), 0)).toThrow(message);
    expect(rates()).toEqual(before);
  };

  test.each(bad)("a VM's rate of %d", (rate) => {
    const message =
      /^policy mine at 0 ns, vm v2: vmScanRate: expected whole pages per second in \[0, 4294967295\)/;
    refuse((_, targets) => {
      targets.hostScanRate = 5;
      targets.vmScanRate[0] = 7;
      targets.vmScanRate[1] = rate;
    }, message);
  });

  test.each([...bad, "12" as never])("a host's rate of %s", (rate) => {
    refuse((_, targets) => {
      targets.vmScanRate[0] = 7;
      targets.hostScanRate = rate;
    }, /^policy mine at 0 ns, host h0: hostScanRate: expected/);
  });

  test("the largest rate that is a number is taken", () => {
    decideMemory(world, hostAt(2 ** 32 - 2), 0);
    expect([...world.columns.hostScanRateTarget]).toEqual([2 ** 32 - 2, 2 ** 32 - 2]);
  });

  test("a policy that throws, with the cause kept", () => {
    const cause = new TypeError("no such thing");
    const decide = (_: MemoryView, targets: MemoryTargets): void => {
      targets.hostScanRate = 9;
      throw cause;
    };
    refuse(decide, /^policy mine at 0 ns, host h0: decide threw TypeError: no such thing$/);
    try {
      decideMemory(world, policyOf(decide), 0);
    } catch (fault) {
      expect((fault as PolicyError).cause).toBe(cause);
    }
  });

  test("something thrown that is no Error", () => {
    refuse(() => {
      throw "nonsense";
    }, /decide threw nonsense/);
  });

  test.each([
    ["another array", new Float64Array(2)],
    ["a longer one", new Float64Array(3)],
    ["none at all", undefined],
    ["a plain array", [1, 2]],
  ])("vmScanRate replaced by %s", (_, replacement) => {
    refuse((__, targets) => {
      Object.assign(targets, { vmScanRate: replacement });
    }, /^policy mine at 0 ns, host h0: expected vmScanRate to stay in place/);
  });

  test("a policy that decides later: a promise is not a decision", () => {
    refuse((async () => {}) as never, /expected decide to return nothing, got a promise/);
  });
});

test("a fault on the second host leaves the first one's targets as they were", () => {
  decideMemory(world, hostAt(7), 0);
  const before = rates();
  const late = policyOf((view, targets) => {
    targets.hostScanRate = view.vmNames.length === 1 ? -1 : 9;
  });
  expect(() => decideMemory(world, late, 0)).toThrow(PolicyError);
  expect(rates()).toEqual(before);
});
