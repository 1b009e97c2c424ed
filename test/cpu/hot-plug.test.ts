// Goal: vCPUs that are plugged in while a VM runs work from then on, those unplugged stop at once; what it may use, its
// shares and its entitlement follow; half the vCPUs of a barrier guest cost 2 x, as the example says.
// Method: closed forms of busy guests; the numbers in the comment of examples/hot-unplug.yaml, run.
// Source: issue (an 8-thread barrier guest at 50 %); facts §9; docs/scenario.md (words follow, numbers do not).

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadScenario, simulate } from "../../src/index.ts";
import { runCpu, usageOf, vmOf } from "../support/cpu.ts";

const four = { name: "a", vcpus: 4 };
const plug = (at: string, vcpus: number) => ({ at, set: { vm: "a", vcpus } });

describe("a busy guest on four pCPUs", () => {
  test("hot-add: one vCPU for 4 s, four for 6 s", async () => {
    const vms = [{ name: "a", workload: { busy: true, threads: 4 } }];
    const result = await runCpu({ cpu: { cores: 4 }, vms, events: [plug("4s", 4)] });
    const { usedNs, elapsedNs, entitlementMhz } = usageOf(result, "a");
    expect([usedNs, elapsedNs, entitlementMhz]).toEqual([28e9, 28e9, 4000]);
    expect(vmOf(result, "a").cpu!.vcpus).toBe(4);
    const without = await runCpu({ cpu: { cores: 4 }, vms });
    expect([usageOf(without, "a").usedNs, usageOf(without, "a").entitlementMhz]).toEqual([10e9, 1000]);
  });

  test("hot-unplug and back: 4 × 4 s, 1 × 4 s, 2 × 2 s; states add up to the time plugged in", async () => {
    const vms = [{ ...four, workload: { busy: true } }];
    const result = await runCpu({ cpu: { cores: 4 }, vms, events: [plug("4s", 1), plug("8s", 2)] });
    const { usedNs, runNs, readyNs, costopNs, waitNs, elapsedNs } = usageOf(result, "a");
    expect(usedNs).toBe(24e9);
    expect(runNs + readyNs + costopNs + waitNs).toBe(elapsedNs);
    expect(elapsedNs).toBe(24e9);
  });

  test("threads of an unplugged vCPU go on by those that are left: no work is lost", async () => {
    const vms = [{ ...four, workload: { phases: [{ run: "1s" }], times: 4 } }];
    const all = await runCpu({ cpu: { cores: 4 }, vms });
    const half = await runCpu({ cpu: { cores: 4 }, vms, events: [plug("1500ms", 2)] });
    for (const result of [all, half]) expect(usageOf(result, "a").usedNs).toBe(16e9);
    // 16 s of work: in 4 s by four; 6 s by four, and 10 s by two end at 1.5 + 5 s.
    expect(usageOf(all, "a").idleNs).toBe(4 * 10e9 - 16e9);
    expect(usageOf(half, "a").idleNs).toBe(4 * 1.5e9 + 2 * 8.5e9 - 16e9);
  });

  test("shares by word follow the vCPUs, by number they stay", async () => {
    const rival = { name: "b", vcpus: 4, cpu: { shares: 4000 } };
    for (const [shares, part] of [
      ["normal", 1000 / 5000],
      [4000, 1 / 2],
    ] as const) {
      // On one pCPU each: what counts is shares, not vCPUs.
      const vms = [{ ...four, cpu: { shares } }, rival];
      const policy = { coscheduling: "none", quantum: "10ms" };
      const result = await runCpu({ duration: "20s", vms, policy, events: [plug("0s", 1)] });
      expect(usageOf(result, "a").usedNs / 20e9).toBeCloseTo(part, 2);
      expect(usageOf(result, "a").shares).toBe(shares === 4000 ? 4000 : 1000);
    }
  });

  test("an unplug that leaves less than is reserved is refused; with the reservation lowered beside it, it is done", async () => {
    const vms = [{ ...four, cpu: { reservation: "250%" } }];
    const run = async (set: object) => {
      const result = await runCpu({
        cpu: { cores: 4 },
        vms,
        events: [{ at: "4s", set: { vm: "a", ...set } }],
      });
      return [result.events[0]!.text, vmOf(result, "a").cpu!.vcpus, usageOf(result, "a").reservationMhz];
    };
    expect(await run({ vcpus: 3 })).toEqual(["a: vcpus 4 -> 3.", 3, 2500]);
    expect(await run({ vcpus: 2 })).toEqual([
      "a stays as it is: 2 vCPUs can use 2 GHz, and 2.5 GHz are reserved.",
      4,
      2500,
    ]);
    expect(await run({ vcpus: 1, "cpu.reservation": "150%" })).toEqual([
      "a stays as it is: 1 vCPU can use 1 GHz, and 1.5 GHz were to be reserved.",
      4,
      2500,
    ]);
    expect(await run({ vcpus: 2, "cpu.reservation": "200%" })).toEqual([
      "a: cpu.reservation 2.5 GHz -> 2 GHz, vcpus 4 -> 2.",
      2,
      2000,
    ]);
  });

  test("strict and relaxed co-scheduling go on with the vCPUs that are left", async () => {
    for (const coscheduling of ["strict", "relaxed", "per-vcpu"]) {
      const vms = [four, { name: "b", vcpus: 2 }];
      const result = await runCpu({
        duration: "20s",
        cpu: { cores: 2 },
        vms,
        policy: { coscheduling },
        events: [plug("10s", 2)],
      });
      const { usedNs } = usageOf(result, "a");
      // Shares 4 : 2 while it has four (two of which run at a time), 2 : 2 after.
      expect(usedNs / 1e9, coscheduling).toBeGreaterThan(19);
      expect(usedNs / 1e9, coscheduling).toBeLessThan(26);
      expect(result.hosts[0]!.cpu!.idleNs / 40e9).toBeLessThan(0.01);
    }
  });
});

describe("a guest whose work does not say how many threads: one for each vCPU that it has at the time", () => {
  const one = { name: "a" };
  const events = [plug("4s", 4), plug("8s", 1)];

  test("busy: 1 × 4 s, 4 × 4 s, 1 × 2 s", async () => {
    const result = await runCpu({ cpu: { cores: 4 }, vms: [one], events });
    expect(usageOf(result, "a").usedNs).toBe(22e9);
  });

  test("run and sleep: each vCPU has its load while it is there, within a round", async () => {
    const workload = { run: "4ms", sleep: "1ms" };
    const result = await runCpu({ cpu: { cores: 4 }, vms: [{ ...one, workload }], events });
    expect(Math.abs(usageOf(result, "a").usedNs - 0.8 * 22e9)).toBeLessThanOrEqual(3 * 5e6);
    expect(Math.abs(vmOf(result, "a").work!.operations - 22 * 200)).toBeLessThanOrEqual(6);
    // With a number of threads it stays at that: four that take turns on one vCPU keep it busy.
    const fixed = await runCpu({
      cpu: { cores: 4 },
      vms: [{ ...one, workload: { ...workload, threads: 4 } }],
      events,
    });
    expect(usageOf(fixed, "a").usedNs / 1e9).toBeCloseTo(4 + 0.8 * 16 + 2, 1);
  });

  test("a load that begins later, or ends, does so on the vCPUs that have come, too", async () => {
    const workload = { run: "4ms", sleep: "1ms", start: "2s", stop: "6s" };
    const result = await runCpu({
      cpu: { cores: 4 },
      vms: [{ ...one, workload }],
      events: [plug("1s", 2), plug("4s", 4)],
    });
    expect(Math.abs(usageOf(result, "a").usedNs - 0.8 * (2 * 2e9 + 4 * 2e9))).toBeLessThanOrEqual(4 * 5e6);
  });

  test("requests: servers come with the vCPUs and work a backlog off; they go, and no request is lost", async () => {
    // Two vCPUs' work arrives: one does half of it; the rest is done within 2.5 s by four, that have time for twice as much.
    const workload = { requests: "400/s", arrivals: "constant", service: "5ms", stop: "8s" };
    const result = await runCpu({ cpu: { cores: 4 }, vms: [{ ...one, workload }], events });
    expect(vmOf(result, "a").work!.operations).toBe(3200);
    expect(usageOf(result, "a").usedNs).toBe(16e9);
    const latency = vmOf(result, "a").work!.latencyNs!;
    expect(latency.max / 1e9).toBeCloseTo(2, 1);
    const without = await runCpu({ cpu: { cores: 4 }, vms: [{ ...one, workload }] });
    // The first comes after a gap.
    expect(vmOf(without, "a").work!.operations).toBe(1999);
  });

  test("unplugged before it is powered on, off and on again, and locks held at the time", async () => {
    const vms = [
      { name: "a", vcpus: 4, workload: { lock: { hold: "1ms", between: "3ms", kind: "mutex" } } },
      { name: "late", vcpus: 4, start: "3s", workload: { run: "4ms", sleep: "1ms" } },
    ];
    const result = await runCpu({
      cpu: { cores: 8 },
      vms,
      events: [
        { at: "1s", set: { vm: "late", vcpus: 2 } },
        { at: "2s", set: { vm: "a", vcpus: 1 } },
        { at: "5s", stop: { vm: "late" } },
        { at: "6s", start: { vm: "late" } },
        { at: "8s", set: { vm: "late", vcpus: 4 } },
      ],
    });
    expect(Math.abs(usageOf(result, "late").usedNs - 0.8 * (2 * 4e9 + 4 * 2e9))).toBeLessThanOrEqual(4 * 5e6);
    // Four that spend a quarter of their time with the lock, then one alone.
    expect(vmOf(result, "a").work!.operations / 1000).toBeCloseTo(2 + 2, 0);
    expect(usageOf(result, "a").usedNs / 1e9).toBeCloseTo(4 * 2 + 8, 0);
  });
});

describe("examples/hot-unplug.yaml", () => {
  const file = fileURLToPath(new URL("../../examples/hot-unplug.yaml", import.meta.url));
  async function costs(coscheduling: string) {
    const result = await simulate(
      await loadScenario(file, { set: [`policies.cpu.coscheduling=${coscheduling}`] }),
    );
    const rounds = (name: string): number => vmOf(result, name).work!.operations;
    // "unplugged" still has all of its vCPUs in the first of ten seconds.
    const unplugged = (rounds("unplugged") - rounds("whole") / 10) / 0.9;
    return {
      unplugged: rounds("whole") / unplugged,
      limited: rounds("whole") / rounds("limited"),
      squeezed: rounds("whole") / rounds("squeezed"),
      used: vmOf(result, "squeezed").cpu!.usedNs / 1e10,
    };
  }

  test("2 x for half the vCPUs and for a limit of half; 2.7 x beside eight hogs, 10.7 x without co-scheduling, 2 x strict", async () => {
    const [each, none, strict] = [await costs("per-vcpu"), await costs("none"), await costs("strict")];
    for (const { unplugged, limited } of [each, none, strict]) {
      expect(unplugged).toBeCloseTo(2, 1);
      expect(limited).toBeCloseTo(2, 1);
    }
    expect(Math.abs(each.squeezed - 2.7)).toBeLessThan(0.3);
    expect(Math.abs(none.squeezed - 10.7)).toBeLessThan(1.1);
    expect(strict.squeezed).toBeCloseTo(2, 1);
    // All of them had half of the host: the difference is spinning.
    for (const { used } of [each, none, strict]) expect(used).toBeCloseTo(4, 0);
  });
});
