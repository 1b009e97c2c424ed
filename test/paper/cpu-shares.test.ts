// Goal: the published numbers of proportional sharing reappear: order of dispatch, pools, slides, reservations, limits.
// Method: each example as its source gives it, in simulation; where arithmetic is exact so is the test, else a quantum.
// Sources: VMware's slides (vtime = usage / shares; Alice and Bob; reservation and limit of a 1000 MHz host), Waldspurger
// and Weihl, stride scheduling, MIT/LCS/TM-528; "MHzPerShare", F. Denneman 2010.

import { describe, expect, test } from "vitest";
import {
  advanceTo,
  cpuWorld,
  dispatchOrder,
  MS,
  runCpu,
  seenUsedNs,
  shareOf,
  traceOf,
  usageOf,
  usedNs,
} from "../support/cpu.ts";

const QUANTUM = { quantum: "10ms" };
const shares = (name: string, weight: number, more: object = {}) => ({
  name,
  cpu: { shares: weight },
  ...more,
});
const threeTwoOne = [shares("A", 3), shares("B", 2), shares("C", 1)];

describe("3 : 2 : 1", () => {
  test.each([
    ["virtual-time", "ABCABAABCABA"],
    ["stride", "ABAABCABAABC"],
    ["round-robin", "ABCABCABCABC"],
  ])("%s is dispatched in the order %s", async (scheduler, order) => {
    const { world, trace } = await traceOf({ vms: threeTwoOne, policy: { ...QUANTUM, scheduler } }, 119 * MS);
    expect(dispatchOrder(world, trace).join("")).toBe(order);
  });

  test.each(["virtual-time", "stride"])("%s: every six quanta 3, 2 and 1 of them", async (scheduler) => {
    const world = await cpuWorld({ vms: threeTwoOne, policy: { ...QUANTUM, scheduler } });
    for (let round = 1; round <= 20; round += 1) {
      advanceTo(world, round * 60 * MS);
      world.recount();
      expect(["A", "B", "C"].map((name) => seenUsedNs(world, name) / (10 * MS))).toEqual([
        3 * round,
        2 * round,
        round,
      ]);
    }
  });

  test("only ratios matter: a thousand times the shares, the same order", async () => {
    const vms = [shares("A", 3000), shares("B", 2000), shares("C", 1000)];
    const { world, trace } = await traceOf({ vms, policy: QUANTUM }, 119 * MS);
    expect(dispatchOrder(world, trace).join("")).toBe("ABCABAABCABA");
  });
});

test("100 : 1 × 100: the heavy client is within half its round of its part with strides, pairs within a quantum", async () => {
  const vms = [shares("heavy", 100), ...Array.from({ length: 100 }, (_, i) => shares(`light-${i}`, 1))];
  const result = await runCpu({ duration: "20s", vms, policy: { ...QUANTUM, scheduler: "stride" } });
  const quanta = result.vms.map(({ cpu }) => cpu!.usedNs / (10 * MS));
  expect(Math.abs(quanta[0]! - 1000)).toBeLessThanOrEqual(50);
  for (const light of quanta.slice(1)) {
    expect(Math.abs(light - quanta[0]! / 100)).toBeLessThanOrEqual(1 + 1e-9);
    expect(Math.abs(light - quanta[1]!)).toBeLessThanOrEqual(1 + 1e-9);
  }
});

describe("Alice and Bob, 3 : 2", () => {
  const pools = [shares("alice", 3), shares("bob", 2)];
  const vm = (name: string, pool: string, more: object = {}) => ({ name, pool, ...more });
  const two = [vm("VM1", "alice"), vm("VM2", "alice"), vm("VM3", "bob")];

  test("60 : 40, a VM 30 / 30 / 40", async () => {
    const result = await runCpu({ duration: "60s", pools, vms: two, policy: QUANTUM });
    expect(shareOf(result, "alice", "bob")).toEqual([0.6, 0.4]);
    expect(shareOf(result, "VM1", "VM2", "VM3")).toEqual([0.3, 0.3, 0.4]);
  });

  test("Bob adds a VM: 30 / 30 / 13.3 / 26.7, and Alice keeps hers at every look", async () => {
    const vms = [
      ...two.slice(0, 2),
      vm("VM3", "bob", { cpu: { shares: 1 }, start: "6s" }),
      vm("VM4", "bob", { cpu: { shares: 2 } }),
    ];
    const world = await cpuWorld({ duration: "36s", pools, vms, policy: QUANTUM });
    for (let at = 500; at <= 36_000; at += 500) {
      advanceTo(world, at * MS);
      world.recount();
      const used = seenUsedNs(world, "VM1") + seenUsedNs(world, "VM2");
      expect(Math.abs(used - 0.6 * at * MS)).toBeLessThanOrEqual(10 * MS);
    }
    const [three, four] = ["VM3", "VM4"].map((name) => seenUsedNs(world, name));
    expect(Math.abs(three! - (0.4 / 3) * 30_000 * MS)).toBeLessThanOrEqual(10 * MS);
    expect(Math.abs(four! - 0.4 * 6000 * MS - (0.8 / 3) * 30_000 * MS)).toBeLessThanOrEqual(10 * MS);
  });

  test("Alice's VM1 idles: her VM2 gets its time before Bob gets any", async () => {
    // What it does in six seconds, and no more.
    const once = vm("VM1", "alice", { workload: { phases: [{ run: "1800ms" }], times: 1 } });
    const result = await runCpu({ duration: "12s", pools, vms: [once, ...two.slice(1)], policy: QUANTUM });
    expect(usedNs(result, "VM1", "VM2", "VM3").map((ns) => ns / MS)).toEqual([1800, 1800 + 3600, 4800]);
    expect(shareOf(result, "alice", "bob")).toEqual([0.6, 0.4]);
  });
});

describe("the shares slides", () => {
  const at = async (events: object[], vms: object[], from: number, until: number) => {
    const named = vms as { name: string }[];
    const world = await cpuWorld({ duration: "30s", vms: named, events, policy: QUANTUM });
    advanceTo(world, from * MS);
    world.recount();
    const before = named.map(({ name }) => seenUsedNs(world, name));
    advanceTo(world, until * MS);
    world.recount();
    return named.map(({ name }, i) => (seenUsedNs(world, name) - before[i]!) / (10 * MS));
  };

  test("change: 2 : 1 becomes 3 : 1 at the event, exactly", async () => {
    const vms = [shares("A", 2), shares("B", 1)];
    const events = [{ at: "3s", set: { vm: "A", "cpu.shares": 3 } }];
    expect(await at(events, vms, 0, 3000)).toEqual([200, 100]);
    expect(await at(events, vms, 3000, 3400)).toEqual([30, 10]);
    expect(await at(events, vms, 3000, 7000)).toEqual([300, 100]);
  });

  test("add: 1 : 1 becomes 1 : 1 : 1 at the event, exactly", async () => {
    const vms = [shares("A", 1), shares("B", 1), shares("C", 1, { start: "3s" })];
    expect(await at([], vms, 0, 3000)).toEqual([150, 150, 0]);
    expect(await at([], vms, 3000, 3300)).toEqual([10, 10, 10]);
    expect(await at([], vms, 3000, 6000)).toEqual([100, 100, 100]);
  });

  test("remove: 3 : 2 : 1 becomes 3 : 1 at the event, exactly", async () => {
    const events = [{ at: "3s", stop: { vm: "B" } }];
    expect(await at(events, threeTwoOne, 0, 3000)).toEqual([150, 100, 50]);
    expect(await at(events, threeTwoOne, 3000, 3400)).toEqual([30, 0, 10]);
    expect(await at(events, threeTwoOne, 3000, 7000)).toEqual([300, 0, 100]);
  });
});

describe("reservations and limits of a 1000 MHz host", () => {
  test("300 + 300 of 400 left: the first is admitted, 900 are reserved, the second is refused", async () => {
    const reserve = (mhz: number) => ({ cpu: { reservation: `${mhz}MHz` } });
    const vms = [
      { name: "there", ...reserve(600) },
      { name: "first", ...reserve(300), start: "1s" },
      { name: "second", ...reserve(300), start: "2s" },
    ];
    const result = await runCpu({ vms });
    expect(result.vms.map(({ cpu }) => cpu!.power)).toEqual(["on", "on", "off"]);
    const refusals = result.events.filter(({ kind }) => kind === "refused");
    expect(refusals).toMatchObject([{ atNs: 2e9, vm: "second" }]);
    expect(refusals[0]!.text).toMatch(/300 MHz.*100 MHz unreserved/);
    const on = result.vms.filter(({ cpu }) => cpu!.power === "on");
    expect(on.reduce((sum, { cpu }) => sum + cpu!.reservationMhz, 0)).toBe(900);
  });

  test("600 active and a busy VM limited to 200: 800 active, 200 idle", async () => {
    const open = { phases: [{ run: "6ms" }, { timer: "10ms" }] };
    const vms = [
      { name: "active", workload: open },
      { name: "limited", cpu: { limit: "200MHz" } },
    ];
    const result = await runCpu({ vms, policy: { quantum: "3ms", wakeupPreemption: true } });
    const [active, limited] = shareOf(result, "active", "limited");
    expect(active).toBeCloseTo(0.6, 3);
    expect(limited).toBe(0.2);
    expect(result.hosts[0]!.cpu!.idleNs / result.simulatedNs).toBeCloseTo(0.2, 3);
  });

  test("a limited VM's wait is limited time, all of it READY", async () => {
    const result = await runCpu({ vms: [{ name: "a", cpu: { limit: "25%" } }] });
    const cpu = usageOf(result, "a");
    expect([cpu.runNs, cpu.readyNs, cpu.limitedNs]).toEqual([2.5e9, 7.5e9, 7.5e9]);
  });
});

describe("MHz per share, 6 GHz", () => {
  const policy = { quantum: "3ms", wakeupPreemption: true };
  // Demands as demands: what is not served in time is made up for later.
  const wants = (mhz: number) => ({ phases: [{ run: `${(12 * mhz) / 6000}ms` }, { timer: "12ms" }] });
  const mhzOf = async (third: object) => {
    const vms = [
      shares("VM1", 1000, { workload: wants(500) }),
      { name: "VM2", cpu: { shares: 1000, reservation: "2250MHz" } },
      shares("VM3", 2000, third),
    ];
    const result = await runCpu({ duration: "60s", cpu: { mhz: 6000 }, vms, policy });
    return shareOf(result, "VM1", "VM2", "VM3").map((part) => 6000 * part);
  };

  test("case A: 500 / 2250 / 3250", async () => {
    const [one, two, three] = await mhzOf({});
    expect(one).toBeCloseTo(500, 0);
    expect(Math.abs(two! - 2250)).toBeLessThan(2);
    expect(Math.abs(three! - 3250)).toBeLessThan(2);
  });

  test("case B, VM3 wants 2000: what it leaves is VM2's, 500 / 3500 / 2000", async () => {
    const [one, two, three] = await mhzOf({ workload: wants(2000) });
    expect(one).toBeCloseTo(500, 0);
    expect(Math.abs(two! - 3500)).toBeLessThan(2);
    expect(Math.abs(three! - 2000)).toBeLessThan(2);
  });
});

describe("infeasible shares, two pCPUs", () => {
  const ones = (count: number) => Array.from({ length: count }, (_, i) => shares(`b${i}`, 1));

  test.each([
    [2, 1 / 2],
    [3, 1 / 3],
  ])("10 : 1 × %i: all of one pCPU, and %f each", async (count, each) => {
    const result = await runCpu({
      duration: "60s",
      cpu: { cores: 2 },
      vms: [shares("a", 10), ...ones(count)],
    });
    const [a, ...rest] = result.vms.map(({ cpu }) => cpu!.usedNs / result.simulatedNs);
    expect(a).toBeGreaterThan(0.998);
    for (const b of rest) expect(Math.abs(b - each)).toBeLessThan(0.002);
    expect(a! + rest.reduce((sum, b) => sum + b, 0)).toBeCloseTo(2, 9);
  });
});

test("lottery: parts within three standard deviations, the variation sqrt((1 − p) / np)", async () => {
  const draws = 500;
  const tries = 40;
  const parts: number[] = [];
  for (let seed = 1; seed <= tries; seed += 1) {
    const policy = { ...QUANTUM, scheduler: "lottery" };
    const result = await runCpu({ seed, duration: "5s", vms: threeTwoOne, policy });
    parts.push(usageOf(result, "B").usedNs / (10 * MS));
  }
  const p = 1 / 3;
  const sigma = Math.sqrt(draws * p * (1 - p));
  const mean = parts.reduce((sum, n) => sum + n, 0) / tries;
  expect(Math.abs(mean - draws * p)).toBeLessThan((3 * sigma) / Math.sqrt(tries));
  const deviation = Math.sqrt(parts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (tries - 1));
  // A sample deviation of n tries has a relative error of about 1 / sqrt(2 (n − 1)).
  const expected = Math.sqrt((1 - p) / (draws * p));
  expect(Math.abs(deviation / mean / expected - 1)).toBeLessThan(3 / Math.sqrt(2 * (tries - 1)));
});
