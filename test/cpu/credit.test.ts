// Goal: the credit scheduler gives time by shares, on one pCPU and on several, keeps limits, wastes nothing, lets who sleeps go
// first, and says what it does not know.
// Method: busy guests whose parts are known in closed form. A vCPU's credits stay between −2 periods (−1 where they are handed
// out, and one that it runs until the next time) and 1, it begins to earn at the first tick that finds it running, and its last
// period may be handed out or not: what it used is off what it was due by 5 periods at the most, however long the run.

import { describe, expect, test } from "vitest";
import { reportText } from "../../src/report/text.ts";
import { parseScenario } from "../../src/scenario/index.ts";
import { cpuScenario, MS, runCpu, shareOf, usageOf, usedNs, vmOf } from "../support/cpu.ts";

const PERIOD = 30 * MS;
const policy = { scheduler: "credit" };

/** A busy VM. */
const vm = (name: string, shares: number, vcpus = 1, rest: object = {}) => ({
  name,
  vcpus,
  cpu: { shares, ...rest },
});

describe("time by shares", () => {
  test.each([
    { pcpus: 1, vcpus: 1, due: [0.5, 0.25, 0.25] },
    { pcpus: 2, vcpus: 1, due: [1, 0.5, 0.5] },
    { pcpus: 4, vcpus: 4, due: [2, 1, 1] },
    { pcpus: 3, vcpus: 2, due: [1.5, 0.75, 0.75] },
    { pcpus: 4, vcpus: 3, due: [2, 1, 1] },
    // What a cannot use goes to the others.
    { pcpus: 3, vcpus: 1, due: [1, 1, 1] },
    { pcpus: 5, vcpus: 2, due: [2, 1.5, 1.5] },
  ])("2 : 1 : 1 of $vcpus vCPUs each on $pcpus", async ({ pcpus, vcpus, due }) => {
    const vms = [vm("a", 2000, vcpus), vm("b", 1000, vcpus), vm("c", 1000, vcpus)];
    const result = await runCpu({ duration: "60s", cpu: { cores: pcpus }, vms, policy });
    const used = usedNs(result, "a", "b", "c");
    for (const [i, ns] of used.entries()) {
      expect(Math.abs(ns - due[i]! * result.simulatedNs), `${used}`).toBeLessThan(5 * vcpus * PERIOD);
    }
    expect(used.reduce((sum, ns) => sum + ns)).toBe(pcpus * result.simulatedNs);
  });

  test("pools hand on what they get", async () => {
    const pools = [
      { name: "p", cpu: { shares: 3000 } },
      { name: "q", cpu: { shares: 1000 } },
    ];
    const vms = [
      { ...vm("p1", 1000), pool: "p" },
      { ...vm("q1", 3000), pool: "q" },
      { ...vm("q2", 1000), pool: "q" },
      { ...vm("q3", 1000), pool: "q" },
    ];
    // At first p1 is owed more than the one period that a vCPU can have in store, and half a second goes to the others.
    const early = await runCpu({ duration: "10s", pools, vms, policy });
    const late = await runCpu({ duration: "70s", pools, vms, policy });
    const due = { p1: 0.75, q1: 0.15, q2: 0.05, q3: 0.05 };
    for (const [name, part] of Object.entries(due)) {
      const used = usageOf(late, name).usedNs - usageOf(early, name).usedNs;
      expect(Math.abs(used - part * 60_000 * MS), name).toBeLessThan(5 * PERIOD);
    }
  });

  test("shares that change hold from the next time that credits are handed out", async () => {
    const vms = [vm("a", 1000), vm("b", 1000)];
    const events = [{ at: "30s", set: { vm: "a", "cpu.shares": 3000 } }];
    const result = await runCpu({ duration: "60s", vms, events, policy });
    expect(Math.abs(usageOf(result, "a").usedNs - 37_500 * MS)).toBeLessThan(6 * PERIOD);
  });

  test("one who slept for long comes back with half a period in store, and no more", async () => {
    const sleeper = { name: "s", workload: { busy: true, start: "30s" } };
    const result = await runCpu({ duration: "60s", vms: [vm("a", 1000), sleeper], policy });
    expect(Math.abs(usageOf(result, "s").usedNs - 15_000 * MS)).toBeLessThan(5 * PERIOD);
  });
});

describe("limits and idle time", () => {
  test("a limit is kept to the ns, whoever else is there", async () => {
    const alone = await runCpu({ duration: "60s", vms: [vm("a", 1000, 1, { limit: "25%" })], policy });
    expect(shareOf(alone, "a")).toEqual([0.25]);
    expect(usageOf(alone, "a").limitedNs).toBeGreaterThan(40_000 * MS);
    const cpu = { cores: 2 };
    const vms = [vm("a", 8000, 2, { limit: "50%" }), vm("b", 1000, 2)];
    const both = await runCpu({ duration: "60s", cpu, vms, policy });
    expect(usageOf(both, "a").usedNs).toBeLessThanOrEqual(0.5 * both.simulatedNs);
    expect(usedNs(both, "a", "b").reduce((sum, ns) => sum + ns)).toBe(2 * both.simulatedNs);
    expect(0.5 * both.simulatedNs - usageOf(both, "a").usedNs).toBeLessThan(5 * PERIOD);
  });

  test.each([3, 4, 5, 9])(
    "%i busy vCPUs leave no pCPU of four idle that one of them could use",
    async (n) => {
      const vms = Array.from({ length: n }, (_, i) => vm(`v${i}`, 1000 + 100 * i));
      const result = await runCpu({ duration: "20s", cpu: { cores: 4 }, vms, policy });
      const names = vms.map(({ name }) => name);
      const used = usedNs(result, ...names).reduce((sum, ns) => sum + ns);
      expect(used).toBe(Math.min(4, n) * result.simulatedNs);
    },
  );

  test("time that others leave goes to one who is over", async () => {
    const half = { name: "half", cpu: { shares: 9000 }, workload: { run: "5ms", sleep: "5ms" } };
    const result = await runCpu({ duration: "30s", vms: [half, vm("b", 1000)], policy });
    const [a, b] = usedNs(result, "half", "b") as [number, number];
    expect(a + b).toBe(result.simulatedNs);
    // It wakes up first in line: 5 of 10 ms.
    expect(a / result.simulatedNs).toBeCloseTo(0.5, 2);
  });
});

describe("boost", () => {
  const light = { name: "light", workload: { run: "1ms", sleep: "19ms", start: "1s" } };
  const vms = [light, vm("x", 1000)];
  const latency = async (boost: boolean) => {
    const result = await runCpu({ duration: "60s", vms, policy: { ...policy, credit: { boost } } });
    return vmOf(result, "light").work!.latencyNs!;
  };

  test("who sleeps runs at once beside busy guests, and without boost waits for their slices", async () => {
    const [on, off] = [await latency(true), await latency(false)];
    // Always under, since it uses a twentieth of a pCPU and is due a half: it never waits.
    expect(on.max).toBe(MS);
    // Behind what is left of the 30 ms of one who has credits, too.
    expect(off.mean!).toBeGreaterThan(3 * MS);
    expect(off.p99!).toBeGreaterThan(10 * MS);
  });

  test("a guest that runs when ticks come has its boost for one tick at the most", async () => {
    // It is always awake for 25 ms: boosted for 10 of them, then one of three with credits.
    const long = { name: "long", workload: { run: "25ms", sleep: "1ms" } };
    const result = await runCpu({ duration: "60s", vms: [long, vm("x", 1000)], policy });
    expect(usageOf(result, "long").usedNs / result.simulatedNs).toBeLessThan(0.55);
  });
});

test("the result and the report name the scheduler", async () => {
  const credit = await runCpu({ duration: "1s", vms: [vm("a", 1)], policy });
  expect(credit.policies).toEqual({ memory: "min-funding", cpu: "fixed", scheduler: "credit" });
  expect(reportText(credit)).toContain("cpu fixed on credit");
  const usual = await runCpu({ duration: "1s", vms: [vm("a", 1)] });
  expect(usual.policies).toEqual({ memory: "min-funding", cpu: "fixed" });
});

test("the same run, the same bytes", async () => {
  const vms = [
    vm("a", 2000, 2),
    vm("b", 1000, 3),
    { name: "s", workload: { run: { mean: "3ms" }, sleep: { mean: "4ms" } } },
  ];
  const words = { duration: "5s", cpu: { cores: 2 }, vms, policy };
  const [one, other] = [await runCpu(words), await runCpu(words)];
  expect(other.stateHash).toBe(one.stateHash);
});

describe("words", () => {
  const text = (cpu: unknown) =>
    JSON.stringify({
      ballast: 1,
      hosts: [{ name: "h", memory: "1MiB" }],
      vms: [{ name: "a", memory: "4KiB" }],
      policies: { cpu },
    });

  test("the scheduler's name alone will do; the time slice is the quantum", () => {
    const { cpu } = parseScenario(text("credit")).policies;
    expect(cpu.scheduler).toBe("credit");
    expect(cpu.quantumNs).toBe(PERIOD);
    expect(cpu.credit).toEqual({ tickNs: 10 * MS, ticks: 3, boost: true });
    expect(cpu.coscheduling).toBe("none");
    const set = { quantum: "5ms", credit: { tick: "1ms" } };
    const own = cpuScenario({ vms: [vm("a", 1)], policy: { ...policy, ...set } }).policies.cpu;
    expect(own.credit).toEqual({ tickNs: MS, ticks: 5, boost: true });
    expect(own.limitPeriodNs).toBe(5 * MS);
  });

  test.each([
    [{ ...policy, credit: { bost: true } }, /policies\.cpu\.credit\.bost.*did you mean boost/],
    [{ ...policy, credit: { tick: "40ms" } }, /credit\.tick.*at most the quantum \(30 ms\), got "?40ms/],
    [{ ...policy, credit: { tick: 0 } }, /credit\.tick.*expected 1 us to 1 h/],
    [{ ...policy, balance: { every: "5ms" } }, /policies\.cpu\.balance.*no fairness scan/],
    [
      { credit: { boost: false } },
      /policies\.cpu\.credit.*expected scheduler: credit beside it, got virtual-time/,
    ],
    [{ name: "credit" }, /policies\.cpu\.name.*got credit.*scheduler: credit/],
    ["credits", /policies\.cpu.*did you mean credit\?/],
  ])("refused: %o", (cpu, message) => {
    expect(() => parseScenario(text(cpu))).toThrow(message as RegExp);
  });
});
