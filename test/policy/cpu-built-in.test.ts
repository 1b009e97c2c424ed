// Goal: the built-in CPU policies do what they say, with numbers that a reader can check.
// Method: formulas by views by hand; then a web server and batch jobs on one core, run with and without.

import { describe, expect, test } from "vitest";
import { latencyBound } from "../../src/policy/cpu/latency-bound.ts";
import { CPU_POLICIES } from "../../src/policy/cpu/names.ts";
import { p99Target } from "../../src/policy/cpu/p99-target.ts";
import type { CpuPolicy, CpuView } from "../../src/policy/cpu/policy.ts";
import { strictPriority } from "../../src/policy/cpu/strict-priority.ts";
import { means } from "../../src/policy/cpu/vm-names.ts";
import { PolicyOptionError } from "../../src/policy/policy-error.ts";
import type { Result } from "../../src/report/result.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { cpuScenario } from "../support/cpu-worlds.ts";

interface HandVm {
  readonly name: string;
  readonly vcpus?: number;
  readonly isOff?: boolean;
  readonly shares?: number;
  readonly reserved?: number;
  readonly used?: number;
  readonly ready?: number;
  readonly operations?: number;
  readonly p99Ns?: number;
  /** In force, where the policy has changed it. */
  readonly now?: { readonly shares?: number; readonly reserved?: number };
}

/** Lets a policy decide for a host of four pCPUs of 1000 MHz; what it may reserve is what the host has left. */
function decide(policy: CpuPolicy, vms: readonly HandVm[], elapsedNs = 1e9) {
  const column = (of: (vm: HandVm) => number): Float64Array => Float64Array.from(vms, of);
  const view: CpuView = {
    atNs: elapsedNs,
    elapsedNs,
    hostName: "h",
    capacityMhz: 4000,
    pcpuMhz: 1000,
    pcpus: 4,
    frequencyPpm: 1e6,
    statesPpm: [1e6],
    busyPpm: 0,
    vmNames: vms.map(({ name }) => name),
    vmVcpus: Uint32Array.from(vms, ({ vcpus = 1 }) => vcpus),
    vmOn: Uint8Array.from(vms, ({ isOff = false }) => (isOff ? 0 : 1)),
    vmGivenShares: column(({ shares = 1000 }) => shares),
    vmGivenReservationMhz: column(({ reserved = 0 }) => reserved),
    vmGivenLimitMhz: column(() => Infinity),
    vmUsedMhz: column(({ used = 0 }) => used),
    vmReadyPpm: column(({ ready = 0 }) => ready),
    vmCostopPpm: column(() => 0),
    vmDemandPpm: column(() => -1),
    vmOperations: column(({ operations = 0 }) => operations),
    vmOperationsEver: column(({ operations = 0 }) => operations),
    vmLatencyMeanNs: column(() => -1),
    vmLatencyP99Ns: column(({ p99Ns = -1 }) => p99Ns),
    options: {},
  };
  const vmReservationMhz = column(({ reserved = 0, now }) => now?.reserved ?? reserved);
  const reasons: string[] = [];
  const targets = {
    vmShares: column(({ shares = 1000, now }) => now?.shares ?? shares),
    vmReservationMhz,
    vmLimitMhz: column(() => Infinity),
    frequencyPpm: 1e6,
    reserve(vm: number, mhz: number): number {
      const others = vmReservationMhz.reduce((sum, own, row) => sum + (row === vm ? 0 : own), 0);
      vmReservationMhz[vm] = Math.max(vmReservationMhz[vm]!, Math.min(mhz, 4000 - others));
      return vmReservationMhz[vm]!;
    },
    because: (_: unknown, reason: string) => void reasons.push(reason),
  };
  policy.decide(view, targets);
  return { shares: [...targets.vmShares], reserved: [...vmReservationMhz], reasons };
}

test("a name in options means the VM and the VMs of its group, nothing that only begins so", () => {
  expect(["web", "web-1", "web-12"].map((name) => means("web", name))).toEqual([true, true, true]);
  expect(["webb", "web-x", "web-", "a-web"].map((name) => means("web", name))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

describe("strict-priority", () => {
  test("classes in order: each reserves what it can use while there is room", () => {
    const vms = [{ name: "batch" }, { name: "web-1", vcpus: 2 }, { name: "web-2" }, { name: "db", vcpus: 4 }];
    const { shares, reserved } = decide(strictPriority({ order: ["web", "db"] }), vms);
    // web 2000 + 1000, what is left of 4000 to db, nothing to batch.
    expect(reserved).toEqual([0, 2000, 1000, 1000]);
    expect(shares).toEqual([100, 1e6, 1e6, 10_000]);
  });

  test("a class that does not fit is filled evenly, from who wants least", () => {
    const vms = [{ name: "a", vcpus: 4 }, { name: "b", vcpus: 4 }, { name: "c" }];
    expect(decide(strictPriority({ order: ["a", "b", "c"] }), vms).reserved).toEqual([4000, 0, 0]);
    expect(decide(strictPriority(), vms).reserved).toEqual([1500, 1500, 1000]);
  });

  test("without order: by given shares; who is off keeps its given reservation, and so does everybody", () => {
    const vms = [
      { name: "low", shares: 500, reserved: 300 },
      { name: "off", shares: 4000, vcpus: 4, isOff: true, reserved: 700 },
      { name: "high", shares: 2000, vcpus: 4 },
    ];
    const { shares, reserved } = decide(strictPriority(), vms);
    expect(reserved).toEqual([300, 700, 3000]);
    expect(shares).toEqual([100, 1e6, 10_000]);
  });
});

describe("latency-bound", () => {
  const web = { name: "web", operations: 100 };

  test("above the bound shares double; far below a tenth of what is extra goes back; between nothing happens", () => {
    const policy = latencyBound({ boundNs: 5e6 });
    // Ready time per operation: 60 % of 1 s / 100 = 6 ms; 2 ms; 4 ms.
    const now = { shares: 3000 };
    expect(decide(policy, [{ ...web, ready: 600_000, now }]).shares).toEqual([6000]);
    expect(decide(policy, [{ ...web, ready: 200_000, now }]).shares).toEqual([2800]);
    expect(decide(policy, [{ ...web, ready: 400_000, now }]).shares).toEqual([3000]);
  });

  test("never above a million shares, never below the given ones", () => {
    const policy = latencyBound({ boundNs: 5e6 });
    expect(decide(policy, [{ ...web, ready: 600_000, now: { shares: 700_000 } }]).shares).toEqual([1e6]);
    expect(decide(policy, [{ ...web, now: { shares: 1001 } }]).shares).toEqual([1000]);
    expect(decide(policy, [web]).shares).toEqual([1000]);
  });

  test("5 % ready by default, for who completes operations or is named", () => {
    const vms = [
      { ...web, ready: 60_000 },
      { name: "hog", ready: 900_000 },
    ];
    expect(decide(latencyBound(), vms).shares).toEqual([2000, 1000]);
    expect(decide(latencyBound({ vms: ["hog"] }), vms).shares).toEqual([1000, 2000]);
    expect(decide(latencyBound(), vms, 0).shares).toEqual([1000, 1000]);
  });
});

describe("p99-target", () => {
  const web = { name: "web", operations: 100, p99Ns: 12e6 };

  test("above: what it used and half of what it waited for, at least a tenth of a pCPU more; shares double", () => {
    const late = decide(p99Target({ targetNs: 10e6 }), [{ ...web, used: 300, ready: 400_000 }]);
    expect([late.reserved, late.shares]).toEqual([[500], [2000]]);
    const again = decide(p99Target(), [{ ...web, used: 300, now: { reserved: 500, shares: 16_000 } }]);
    expect([again.reserved, again.shares]).toEqual([[600], [16_000]]);
    expect(again.reasons).toEqual(["p99 is 12.0 ms, above 10.0 ms: it gets 600 MHz reserved."]);
  });

  test("no room left: shares alone, and the reason says so", () => {
    const full = { name: "full", vcpus: 4, reserved: 4000 };
    const { reserved, shares, reasons } = decide(p99Target(), [web, full]);
    expect([reserved[0], shares[0]]).toEqual([0, 2000]);
    expect(reasons[0]).toMatch(/more shares, for no more can be reserved/);
  });

  test("well below: 2 % of a pCPU goes back, down to 1.25 × used and what is given", () => {
    const policy = p99Target({ targetNs: 30e6 });
    const back = (used: number, reserved: number, now: number): number[] =>
      decide(policy, [{ ...web, used, reserved, now: { reserved: now, shares: 2000 } }]).reserved;
    expect(back(300, 0, 500)).toEqual([480]);
    expect(back(300, 0, 380)).toEqual([375]);
    expect(back(300, 0, 375)).toEqual([375]);
    expect(back(0, 100, 110)).toEqual([100]);
    expect(decide(policy, [{ ...web, now: { shares: 2000 } }]).shares).toEqual([1900]);
  });

  test("targets by VM come first; nothing finished while waiting is late; who is off gives all back", () => {
    const policy = p99Target({ vmTargetNs: new Map([["web", 20e6]]) });
    expect(decide(policy, [web]).reasons).toEqual([]);
    expect(decide(policy, [{ ...web, name: "other", p99Ns: 1e9 }]).reasons).toEqual([]);
    expect(decide(policy, [{ name: "web", ready: 1e6 }]).reserved).toEqual([500]);
    const off = { name: "web", isOff: true, reserved: 50, now: { reserved: 900 } };
    expect(decide(policy, [off]).reserved).toEqual([50]);
  });
});

describe("options", () => {
  const make = (name: string, options: Record<string, number | string>) => () =>
    CPU_POLICIES[name]!(options, ["web-1", "db"]);
  test.each([
    ["fixed", { a: 1 }, /options\.a: expected no options, got a/],
    [
      "strict-priority",
      { ordr: "web" },
      /options\.ordr: expected one of order, got ordr; did you mean order\?/,
    ],
    [
      "strict-priority",
      { order: "web,dbb" },
      /order: expected names of VMs or of groups of VMs, got dbb; did you mean db\?/,
    ],
    ["strict-priority", { order: "web," }, /order: expected names of VMs or of groups of VMs, got nothing/],
    ["latency-bound", { bound: 5 }, /bound: expected a time from 1us on, such as 10ms, got 5/],
    ["latency-bound", { ready: 2e6 }, /ready: expected a part such as 5%, up to 100%, got 2000000/],
    ["p99-target", { target: "fast" }, /target: expected a time from 1us on, such as 10ms, got fast/],
    ["p99-target", { "target.x": 1e6 }, /target\.x: expected names of VMs/],
    ["p99-target", {}, /target: expected a time such as 20ms, or target\.NAME of a VM, got nothing/],
  ])("%s %j", (name, options, message) => {
    expect(make(name, options as Record<string, number>)).toThrow(PolicyOptionError);
    expect(make(name, options as Record<string, number>)).toThrow(message);
  });

  test("right ones are taken", () => {
    expect(make("strict-priority", { order: "web, db" })().name).toBe("strict-priority");
    expect(make("p99-target", { target: 1e6, "target.db": 2e6 })().name).toBe("p99-target");
    expect(make("latency-bound", { bound: 1e6, ready: 10_000, vms: "db" })().name).toBe("latency-bound");
  });
});

describe("a web server (36 % of a core) beside three batch jobs", () => {
  const vms = [
    { name: "web", workload: { requests: "90/s", service: "4ms" } },
    { name: "batch", count: 3 },
  ];
  const run = (cpu: object, given: typeof vms = vms): Promise<Result> =>
    simulate(cpuScenario({ vms: given, cpu, duration: "30s" }));
  const webOf = ({ vms: all }: Result) => all.find(({ name }) => name === "web")!;

  /** p99 of every second, as p99-target saw it. */
  async function p99BySecond(name: string, target: number): Promise<number[]> {
    const seen: number[] = [];
    const policy = CPU_POLICIES[name]!(name === "fixed" ? {} : { target });
    const watched: CpuPolicy = {
      name,
      decide(view, targets) {
        seen.push(view.vmLatencyP99Ns[view.vmNames.indexOf("web")]!);
        policy.decide(view, targets);
      },
    };
    await simulate(cpuScenario({ vms, duration: "30s" }), { policies: { cpu: watched } });
    return seen.slice(6);
  }

  test("p99-target: missed with fixed controls by far, met in nearly every second with it", async () => {
    const target = 30e6;
    const [fixed, held] = [await p99BySecond("fixed", target), await p99BySecond("p99-target", target)];
    expect(fixed.length).toBe(held.length);
    expect(fixed.every((p99) => p99 > 10 * target)).toBe(true);
    expect(held.filter((p99) => p99 <= target).length / held.length).toBeGreaterThan(0.85);
  });

  test("p99-target: no more is reserved than the server needs; the batch jobs use the rest", async () => {
    const result = await run({ name: "p99-target", options: { target: "30ms" } });
    const { cpu, work } = webOf(result);
    expect(work!.latencyNs!.mean).toBeLessThan(20e6);
    expect(cpu!.reservationMhz).toBeLessThan(1600);
    const used = result.vms.reduce((sum, vm) => sum + vm.cpu!.usedNs, 0);
    expect(used / 30e9).toBeCloseTo(1, 3);
  });

  test("strict-priority: the server is first, then one batch job; the lowest class starves", async () => {
    const result = await run({ name: "strict-priority", options: { order: "web, batch-2" } });
    const part = (name: string): number => result.vms.find((vm) => vm.name === name)!.cpu!.usedNs / 30e9;
    expect(webOf(result).work!.latencyNs!.p99).toBeLessThan(16e6);
    expect(webOf(result).cpu!.readyNs / 30e9).toBeLessThan(0.01);
    expect(part("batch-2")).toBeGreaterThan(0.95 * (1 - part("web")));
    expect(part("batch-1") + part("batch-3")).toBeLessThan(0.02 + 0.001);
  });

  test("latency-bound: the server waits a small part of what it did, and its shares come back down", async () => {
    const fixed = webOf(await run({}));
    const result = await run({ name: "latency-bound", options: { bound: "2ms" } });
    const bound = webOf(result);
    expect(fixed.cpu!.readyNs / 30e9).toBeGreaterThan(0.7);
    expect(bound.cpu!.readyNs).toBeLessThan(fixed.cpu!.readyNs / 8);
    const shares = result.decisions.flatMap(({ target: { shares } }) =>
      typeof shares === "number" ? [shares] : [],
    );
    expect(Math.max(...shares)).toBeGreaterThanOrEqual(4000);
    expect(bound.cpu!.shares).toBeLessThan(Math.max(...shares));
    expect(Math.max(...shares)).toBeLessThanOrEqual(64_000);
  });

  test("pools that are full: a policy takes what is admitted and goes on", async () => {
    const pools = [{ name: "p", expandable: false, cpu: { reservation: "100MHz" } }];
    for (const [name, options] of [
      ["strict-priority", {}],
      ["p99-target", { target: "10ms" }],
    ] as const) {
      const given = vms.map((vm) => ({ ...vm, pool: "p" }));
      const result = await simulate(
        cpuScenario({ vms: given, pools, cpu: { name, options }, duration: "5s" }),
      );
      const held = result.vms.reduce((sum, vm) => sum + vm.cpu!.reservationMhz, 0);
      expect(held).toBeGreaterThan(99);
      expect(held).toBeLessThanOrEqual(100);
    }
  });
});
