// Goal: the examples of processors show what their comments say.
// Method: the numbers that theory gives, with the tolerance of a quantum or two.

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadScenario, type Result, simulate } from "../../src/index.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

async function run(name: string, ...set: string[]): Promise<Result> {
  return simulate(await loadScenario(`${EXAMPLES}${name}.yaml`, { set }));
}

const vmOf = (result: Result, name: string) => result.vms.find((vm) => vm.name === name)!;
/** Part of a pCPU that a VM got, all its vCPUs together, while it was on. */
const partOf = (result: Result, name: string): number => {
  const { usedNs, poweredNs } = vmOf(result, name).cpu!;
  return usedNs / poweredNs;
};
const operationsOf = (result: Result, name: string): number => vmOf(result, name).work!.operations;

test("shares-and-pools: what the shares of each period add up to; two refusals, as outcomes", async () => {
  const result = await run("shares-and-pools");
  // Alice has 3 of 5 for 10 s, then 3 of 9 for 5 s; a quantum is 50 ms, a change may come within one.
  const alice = (3 * 10) / 5 + (3 * 5) / 9;
  const used = vmOf(result, "alice-1").cpu!.usedNs + vmOf(result, "alice-2").cpu!.usedNs;
  expect(Math.abs(used / 1e9 - alice)).toBeLessThan(0.15);
  const bob2 = 10 / 5 / 1.5 + (3 * 6) / 9 / 1.5 + (2 * 6) / 9 / 2;
  expect(Math.abs(vmOf(result, "bob-2").cpu!.usedNs / 1e9 - bob2)).toBeLessThan(0.15);
  expect(vmOf(result, "late").cpu!.usedNs).toBe(0);
  expect(result.events.filter(({ kind }) => kind === "refused").map(({ atNs }) => atNs / 1e9)).toEqual([
    8, 12,
  ]);
});

test("comings-and-goings: what the table in its comment adds up to, within a quantum at each event", async () => {
  const result = await run("comings-and-goings");
  const seconds = {
    "alice-1": 3 + 3 + 6 + 3 + 3,
    "alice-2": 3 + 3 + 1 + 0.5 + 2 / 3,
    "bob-1": 4 + 4 / 3 + 1 + 0.5,
    "bob-2": 8 / 3 + 2 + 1 + 4 / 3,
    "carol-1": 5 + 5,
  };
  for (const [name, due] of Object.entries(seconds)) {
    expect(Math.abs(vmOf(result, name).cpu!.usedNs / 1e9 - due), name).toBeLessThanOrEqual(0.02);
  }
  const pools = result.pools.map(({ name, cpu }) => [name, Math.round(cpu.usedNs / 1e8) / 10]);
  expect(pools).toEqual([
    ["alice", 24],
    ["bob", 16],
    ["carol", 10],
  ]);
  const refused = result.events.filter(({ kind }) => kind === "refused");
  expect(refused.map(({ atNs, text }) => [atNs / 1e9, text])).toEqual([
    [25, 'vms.alice-1.pool stays as it is: "bob" may change what is in bob; vm alice-1 is not.'],
    [45, "Pool carol is not removed: carol-1 is in it."],
  ]);
});

test("co-scheduling: without it a ticket lock is handed on by who has no processor", async () => {
  const none = operationsOf(await run("co-scheduling", "policies.cpu.coscheduling=none"), "locks");
  for (const kind of ["strict", "relaxed", "per-vcpu"]) {
    const together = await run("co-scheduling", `policies.cpu.coscheduling=${kind}`);
    expect(operationsOf(together, "locks")).toBeGreaterThan(4 * none);
    // The processors were no fewer: the guest got half of four.
    expect(partOf(together, "locks")).toBeGreaterThan(1.8);
  }
});

test("overcommit: who wakes up and may interrupt does not suffer", async () => {
  const patient = await run("overcommit");
  const eager = await run("overcommit", "policies.cpu.wakeupPreemption=true");
  for (const name of ["shop", "blog", "wiki"]) {
    expect(vmOf(eager, name).work!.latencyNs!.p99).toBeLessThan(
      0.6 * vmOf(patient, name).work!.latencyNs!.p99,
    );
  }
  // More shares, and a reservation even more so, are a processor sooner.
  const [shop, blog, wiki] = ["shop", "blog", "wiki"].map(
    (name) => vmOf(patient, name).work!.latencyNs!.mean,
  );
  expect(shop).toBeLessThan(blog!);
  expect(blog).toBeLessThan(wiki!);
  const p99 = ["shop", "wiki"].map((name) => vmOf(patient, name).work!.latencyNs!.p99);
  expect(p99[0]).toBeLessThan(p99[1]!);
});

test("hyper-threads: 3 : 1 on two threads with a gain of 1.25 is 83.3 and 27.8 %; loud is in quarantine", async () => {
  const result = await run("hyper-threads");
  expect(partOf(result, "big")).toBeCloseTo(0.8333, 1);
  expect(partOf(result, "small")).toBeCloseTo(0.2778, 1);
  expect(Math.abs(partOf(result, "big") - 5 / 6)).toBeLessThan(0.01);
  expect(Math.abs(partOf(result, "small") - 5 / 18)).toBeLessThan(0.01);
  expect(result.events.map(({ kind, vm }) => [kind, vm])).toEqual([["quarantine", "loud"]]);
});

test("noisy-cache: fenced ways give the index its speed back", async () => {
  const shared = await run("noisy-cache");
  const fenced = await run("noisy-cache", "vms.stream.cache.ways=0-1", "vms.index.cache.ways=2-15");
  // 5 ms of work a round, alone 200 a second.
  expect(operationsOf(shared, "index")).toBeLessThan(800);
  expect(operationsOf(fenced, "index")).toBeGreaterThan(990);
});

test("guest-time: a naive guest charges its process for the time of others", async () => {
  const result = await run("guest-time");
  const { processNs } = vmOf(result, "naive").cpu!.time!;
  expect(processNs / vmOf(result, "naive").cpu!.usedNs).toBeCloseTo(2, 1);
  const sponge = vmOf(result, "sponge");
  expect(sponge.cpu!.time!.processNs / sponge.cpu!.usedNs).toBeCloseTo(1, 1);
});

test("hot-unplug: half the vCPUs cost 2 x, so do a limit of half and a gang that runs half the time; competitors cost more", async () => {
  const result = await run("hot-unplug", "policies.cpu.coscheduling=strict");
  const whole = operationsOf(result, "whole");
  // One second of ten it still had all.
  const unplugged = (operationsOf(result, "unplugged") - whole / 10) / (0.9 * whole);
  expect(unplugged).toBeCloseTo(0.5, 1);
  expect(operationsOf(result, "limited") / whole).toBeCloseTo(0.5, 1);
  expect(operationsOf(result, "squeezed") / whole).toBeCloseTo(0.5, 1);
  const alone = await run("hot-unplug", "policies.cpu.coscheduling=none");
  expect(operationsOf(alone, "squeezed") / operationsOf(alone, "whole")).toBeLessThan(0.2);
});

test("interrupts: charged to their owner, taken from whoever was there, exact and sampled", async () => {
  const result = await run("interrupts");
  const [server, one, two] = ["server", "worker-1", "worker-2"].map((name) => vmOf(result, name).cpu!);
  // 20 000 a second of 10 us are a fifth.
  expect(server!.systemNs / server!.poweredNs).toBeCloseTo(0.2, 2);
  expect(one!.systemNs + two!.systemNs).toBe(0);
  expect(server!.overlapNs + one!.overlapNs + two!.overlapNs).toBeGreaterThan(0.9 * server!.systemNs);
  const { sampled } = result.hosts[0]!.cpu!;
  expect(Math.abs(sampled!.systemNs / sampled!.exactNs - 1)).toBeLessThan(0.15);
});

test("traces: a day of utilization (web-day.csv) and rt-app's two-stages.json are done to the end", async () => {
  const result = await run("traces");
  // 0.1 + 0.3 + 0.8 + 1 + 0.6 + 0.2, each for 2 s; 200 rounds a second of 2 ms.
  expect(vmOf(result, "web").cpu!.usedNs / 1e9).toBeGreaterThan(5.5);
  expect(Math.abs(vmOf(result, "pipeline").cpu!.usedNs / 1e9 - 4.8)).toBeLessThan(0.1);
});
