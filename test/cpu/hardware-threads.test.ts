// Goal: cores of four threads: throughput by busy threads, charges of partial use, sharing modes; a VM that hurts its core
// mates is put in quarantine after 100 ms, and they work at full speed from then on.
// Method: closed forms from the gains; who ran beside whom, from the timeline of the run.
// Source: facts §2.4 (62.5 % each at a gain of 1.25, sharing modes, quarantine); docs/cpu/core-sharing.md.

import { describe, expect, test } from "vitest";
import type { TraceRow, World } from "../../src/sim/world.ts";
import { type CpuWords, MS, runCpu, shareOf, traceOf, usageOf, vmNameOf, vmOf } from "../support/cpu.ts";

const GAINS = [1, 1.3, 1.5, 1.6];
const cpu = { threads: 4, smtGain: GAINS };
const counted = (name: string, more = {}) => ({ name, workload: { run: "1ms" }, ...more });
const names = (count: number): string[] => ["a", "b", "c", "d", "e", "f"].slice(0, count);

describe("four threads a core", () => {
  test.each([1, 2, 3, 4])(
    "%i busy: each is charged gain / busy, does as much work, and RUN is all of the time",
    async (busy) => {
      const result = await runCpu({ cpu, vms: names(busy).map((name) => counted(name)) });
      const each = GAINS[busy - 1]! / busy;
      for (const name of names(busy)) {
        expect(usageOf(result, name).runNs).toBe(10_000 * MS);
        expect(shareOf(result, name)[0]).toBeCloseTo(each, 6);
        expect(Math.abs(vmOf(result, name).work!.operations - 10_000 * each)).toBeLessThanOrEqual(1);
      }
      expect(result.hosts[0]!.cpu!.usedNs / 10e9).toBeCloseTo(GAINS[busy - 1]!, 6);
    },
  );

  test("one number: gain(k) = 1 + (g − 1)(k − 1) / 3", async () => {
    for (const [busy, gain] of [1, 1.2, 1.4, 1.6].entries()) {
      const result = await runCpu({
        cpu: { threads: 4, smtGain: 1.6 },
        vms: names(busy + 1).map((name) => ({ name })),
      });
      expect(result.hosts[0]!.cpu!.usedNs / 10e9).toBeCloseTo(gain, 5);
    }
  });

  test("two cores: four VMs go two to a core before any core has three", async () => {
    const result = await runCpu({ cpu: { ...cpu, cores: 2 }, vms: names(4).map((name) => ({ name })) });
    for (const part of shareOf(result, ...names(4))) expect(part).toBeCloseTo(0.65, 3);
  });

  test("partial use: who has mates for part of the time is charged a part of the core for that part", async () => {
    // 5 ms of work take 12.5 ms beside three others, then 5 ms of sleep: 17.5 ms a round, 1000 rounds.
    const vms = [
      { name: "a" },
      ...["b", "c", "d"].map((name) => ({ name, workload: { run: "5ms", sleep: "5ms" } })),
    ];
    const words: CpuWords = { duration: "17.5s", cpu, vms, policy: { wholeCore: "1h" } };
    const result = await runCpu(words);
    expect(usageOf(result, "a").usedNs / MS).toBeCloseTo(1000 * (0.4 * 12.5 + 5), 3);
    for (const name of ["b", "c", "d"]) {
      const { usedNs, runNs, idleNs } = usageOf(result, name);
      expect([usedNs, runNs, idleNs].map((ns) => Math.round(ns / MS))).toEqual([5000, 12_500, 5000]);
      expect(vmOf(result, name).work!.operations).toBe(1000);
    }
    // Without hardware threads' slowing down (four cores) they sleep half of the time.
    const cores = await runCpu({ ...words, cpu: { cores: 4 } });
    expect(usageOf(cores, "a").usedNs / MS).toBe(17_500);
    expect(vmOf(cores, "b").work!.operations).toBe(1750);
  });

  test("with the default threshold all four come nearer to equal charges, at the mates' expense", async () => {
    const vms = [
      { name: "a" },
      ...["b", "c", "d"].map((name) => ({ name, workload: { run: "5ms", sleep: "5ms" } })),
    ];
    const parts = (await runCpu({ duration: "17.5s", cpu, vms })).vms.map((vm) => vm.cpu!.usedNs / 17.5e9);
    expect(Math.max(...parts) - Math.min(...parts)).toBeLessThan(0.03);
  });
});

/** All sets of VMs that ran on the one core at once, for more than no time. */
function togethers(world: World, trace: readonly TraceRow[], untilNs: number): Set<string> {
  const on = new Map<number, number>();
  const seen = new Set<string>();
  for (const [i, { atNs, vcpu, state }] of trace.entries()) {
    if ((state & 15) === 1) on.set(vcpu, atNs);
    else on.delete(vcpu);
    if ((trace[i + 1]?.atNs ?? untilNs) > atNs)
      seen.add(
        [...on.keys()]
          .map((one) => vmNameOf(world, one))
          .sort()
          .join(""),
      );
  }
  return seen;
}

describe("sharing modes with four threads", () => {
  const words = (sharing: string): CpuWords => ({
    duration: "20s",
    cpu,
    vms: [{ name: "a", vcpus: 2, smt: { sharing } }, { name: "b" }, { name: "c" }],
    policy: { coscheduling: "none", quantum: "10ms" },
  });
  const modes: [sharing: string, allowed: (together: string) => boolean, a: number, b: number][] = [
    // All at once: 1.6 of a core by four.
    ["any", () => true, 2 * 0.4, 0.4],
    // a by itself, or b and c: 1.3 of a core either way, half of the time each.
    ["internal", (set) => /^a*$|^[bc]*$/.test(set), 0.65, 0.325],
    // One vCPU of a at full speed for x of the time, or b and c at 1.3: x = 1.3 (1 − x).
    ["none", (set) => /^a?$|^[bc]*$/.test(set), 1.3 / 2.3, 1.3 / 2.3 / 2],
  ];

  test.each(modes)("%s", async (sharing, allowed, a, b) => {
    const result = await runCpu(words(sharing));
    expect(Math.abs(shareOf(result, "a")[0]! - a)).toBeLessThan(0.005);
    for (const part of shareOf(result, "b", "c")) expect(Math.abs(part - b)).toBeLessThan(0.005);
    const { world, trace } = await traceOf(words(sharing), 2000 * MS);
    const sets = togethers(world, trace, 2000 * MS);
    expect([...sets].filter((set) => !allowed(set))).toEqual([]);
    // The check would see it: where anybody may run beside anybody, all four did.
    expect(sets.has("aabc")).toBe(sharing === "any");
    expect(sets.has("aa")).toBe(sharing === "internal");
  });
});

describe("quarantine", () => {
  const CORE = { threads: 2 };
  const run = (interference: string, more: Partial<CpuWords> = {}) =>
    runCpu({
      cpu: CORE,
      vms: [{ name: "loud", smt: { interference } }, counted("quiet")],
      policy: { quantum: "10ms" },
      ...more,
    });

  test("after 100 ms beside a core mate; before, the mate works at 0.625 × 0.7, afterwards at full speed", async () => {
    const result = await run("30%");
    expect(result.events.map(({ atNs, kind, vm }) => [atNs / MS, kind, vm])).toEqual([
      [100, "quarantine", "loud"],
    ]);
    expect(vmOf(result, "loud").cpu!.quarantined).toBe(true);
    expect(vmOf(result, "quiet").cpu!.quarantined).toBeUndefined();
    const { runNs, usedNs } = usageOf(result, "quiet");
    // Full speed: what it ran, but for the first 100 ms, is what it is charged and what it did.
    expect(usedNs).toBe(runNs - 100 * MS * (1 - 0.625));
    const workMs = runNs / MS - 100 + 100 * 0.625 * 0.7;
    expect(Math.abs(vmOf(result, "quiet").work!.operations - workMs)).toBeLessThanOrEqual(1);
    expect(runNs / 10e9).toBeCloseTo(0.5, 1);
  });

  test("the time of all its vCPUs counts: 50 ms for two", async () => {
    const vms = [{ name: "loud", vcpus: 2, smt: { interference: "30%" } }, counted("quiet", { vcpus: 2 })];
    const result = await run("30%", { cpu: { threads: 2, cores: 2 }, vms, policy: { coscheduling: "none" } });
    expect(result.events.map(({ atNs }) => atNs / MS)).toEqual([50]);
  });

  test("never below 10 %: the mate bears it for good", async () => {
    const result = await run("9.9%");
    expect(result.events).toEqual([]);
    expect(Math.abs(vmOf(result, "quiet").work!.operations - 10_000 * 0.625 * 0.901)).toBeLessThanOrEqual(1);
    expect((await run("10%")).events.map(({ kind }) => kind)).toEqual(["quarantine"]);
  });

  test("time without a mate does not count: beside one that runs 1 to 2 ms a second it has not come to 100 ms", async () => {
    const result = await run("30%", {
      vms: [
        { name: "loud", smt: { interference: "30%" } },
        counted("quiet", { workload: { phases: [{ run: "1ms" }, { sleep: "999ms" }] } }),
      ],
    });
    // Ten looks have to find the two side by side; a look that falls into 2 ms of a second is rare.
    expect(result.events.filter(({ atNs }) => atNs < 1000 * MS)).toEqual([]);
  });

  test("with another core: the mate is alone on its core, and works as if there were no other", async () => {
    const vms = [
      { name: "loud", smt: { interference: "30%" } },
      counted("quiet"),
      { name: "more", workload: { busy: true, stop: "1s" } },
    ];
    const [beside, alone] = [
      await run("30%", { cpu: { threads: 2, cores: 2 }, vms }),
      await runCpu({ cpu: CORE, vms: [counted("quiet")] }),
    ];
    expect(beside.events.map(({ kind }) => kind)).toEqual(["quarantine"]);
    // The last eight seconds: what it does not do before is less than two.
    const { operations } = vmOf(beside, "quiet").work!;
    expect(operations).toBeGreaterThan(0.8 * vmOf(alone, "quiet").work!.operations);
    const after = await run("30%", { cpu: { threads: 2, cores: 2 }, vms, duration: "20s" });
    expect(Math.abs(vmOf(after, "quiet").work!.operations - operations - 10_000)).toBeLessThanOrEqual(1);
    expect(usageOf(after, "loud").usedNs - usageOf(beside, "loud").usedNs).toBe(10_000 * MS);
  });
});
