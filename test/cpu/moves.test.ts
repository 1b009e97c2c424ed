// Goal: what a move between processors costs grows with the distance and the working set; where none of that is at stake,
// no processor idles while somebody waits for one.
// Method: three VMs take turns on two processors in a line for both, so that every turn is a move; what they ran and did
// not get done is what moves cost. Then random hosts, looked at whenever anything changes.
// Source: docs/cpu/dispatch.md (100 us a MiB, one MiB at the most below one cache, nothing on one core).

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceRow, World } from "../../src/sim/world.ts";
import { type CpuWords, MS, runCpu, traceOf } from "../support/cpu.ts";

const US = 1000;
const [RUN, READY] = [1, 2];
const [STATE, MIGRATED] = [15, 16];

/** Time that a move costs, in us, on average; and how many there were. */
async function moveCost(cpu: object, workingSet?: string, policy: object = {}) {
  const cache = workingSet === undefined ? {} : { cache: { workingSet } };
  const vms = ["a", "b", "c"].map((name) => ({ name, ...cache, workload: { run: "1ms" } }));
  const turns = { scheduler: "round-robin", quantum: "20ms", ...policy };
  const result = await runCpu({ duration: "20s", cpu, vms, policy: turns });
  const { migrations } = result.hosts[0]!.cpu!;
  // Nobody sleeps and no clock is low: what ran and is in no operation went to moves, or to one that is not done yet.
  const lost = result.vms.reduce((sum, vm) => sum + vm.cpu!.runNs - vm.work!.operations * MS, 0);
  return { migrations, us: lost / migrations / US, slackUs: (3 * MS) / migrations / US };
}

const places: [where: string, cpu: object, mibAtMost: number][] = [
  ["threads of one core", { threads: 2, smtGain: 2 }, 0],
  ["cores below one cache", { cores: 2 }, 1],
  ["caches of one socket", { cores: 2, llc: { cores: 1 } }, Infinity],
];
const sockets = { sockets: 2 };

describe("what a move costs", () => {
  test.each(places)("%s", async (_, cpu, mibAtMost) => {
    for (const mib of [0.5, 1, 4]) {
      const { migrations, us, slackUs } = await moveCost(cpu, `${mib * 1024}KiB`);
      expect(migrations).toBeGreaterThan(1900);
      expect(us).toBeGreaterThanOrEqual(100 * Math.min(mib, mibAtMost) - 1e-6);
      expect(us).toBeLessThanOrEqual(100 * Math.min(mib, mibAtMost) + slackUs);
    }
  });

  test("refill is its price: three times as much a MiB, or nothing", async () => {
    const [dear, free] = [
      await moveCost(places[2]![1], "4MiB", { refill: "300us" }),
      await moveCost(places[2]![1], "4MiB", { refill: "0us" }),
    ];
    expect(Math.abs(dear.us - 1200)).toBeLessThanOrEqual(dear.slackUs);
    expect(free.us).toBeLessThanOrEqual(free.slackUs);
  });

  test("from another socket it takes 1.5 times as long, or as refillFar says", async () => {
    const [far, dear] = [
      await moveCost(sockets, "4MiB"),
      await moveCost(sockets, "4MiB", { refillFar: "400us" }),
    ];
    expect(Math.abs(far.us - 600)).toBeLessThanOrEqual(far.slackUs);
    expect(Math.abs(dear.us - 1600)).toBeLessThanOrEqual(dear.slackUs);
  });

  test("a move is to run elsewhere than before; to wait elsewhere is none", async () => {
    const vms = Array.from({ length: 9 }, (_, i) => ({
      name: `v${i}`,
      vcpus: 1 + (i % 3),
      cache: { workingSet: "2MiB" },
      workload: { run: { mean: "3ms" }, sleep: { mean: "2ms" }, threads: 1 + (i % 3) },
    }));
    const words = { cpu: { cores: 4, llc: { cores: 2 } }, vms, policy: { quantum: "5ms" } };
    const { world, trace } = await traceOf(words, 2000 * MS);
    const last = new Map<number, number>();
    const moves = new Map<number, number>();
    for (const { vcpu, pcpu, state } of trace) {
      if ((state & STATE) !== RUN) continue;
      const moved = last.has(vcpu) && last.get(vcpu) !== pcpu;
      expect((state & MIGRATED) !== 0).toBe(moved);
      if (moved) moves.set(vcpu, (moves.get(vcpu) ?? 0) + 1);
      last.set(vcpu, pcpu);
    }
    expect(moves.size).toBeGreaterThan(5);
    for (const [vcpu, count] of moves) expect(Number(world.columns.vcpuMigrations.get(vcpu))).toBe(count);
  });

  test("no working set, no cost", async () => {
    const { us, slackUs } = await moveCost(places[2]![1]);
    expect(us).toBeLessThanOrEqual(slackUs);
  });

  test("farther is never cheaper: core, cache, socket, host", async () => {
    const costs: number[] = [];
    for (const cpu of [...places.map(([, one]) => one), sockets]) {
      costs.push((await moveCost(cpu, "4MiB")).us);
    }
    for (let i = 1; i < costs.length; i += 1) expect(costs[i]!).toBeGreaterThanOrEqual(costs[i - 1]! - 1e-6);
    expect(costs[3]!).toBeGreaterThanOrEqual(400 - 1e-6);
  });

  test("those who stay where they are pay nothing", async () => {
    const vms = ["a", "b"].map((name) => ({ name, cache: { workingSet: "4MiB" }, workload: { run: "1ms" } }));
    const result = await runCpu({ cpu: { cores: 2 }, vms });
    expect(result.vms.map(({ cpu, work }) => [cpu!.migrations, work!.operations])).toEqual([
      [0, 10_000],
      [0, 10_000],
    ]);
  });
});

/** Longest time in which a pCPU had nobody while a vCPU waited that no limit held. */
function longestIdleBesideWaiting({ columns }: World, trace: readonly TraceRow[], untilNs: number): number {
  const states = new Map<number, number>();
  const pcpus = columns.pcpuVcpu.length;
  let since: number | undefined;
  let longest = 0;
  for (const [i, { atNs, vcpu, state }] of trace.entries()) {
    states.set(vcpu, state & STATE);
    const next = trace[i + 1]?.atNs ?? untilNs;
    if (next === atNs) continue;
    const all = [...states.values()];
    const isBad = all.includes(READY) && all.filter((one) => one === RUN).length < pcpus;
    if (!isBad) since = undefined;
    else {
      since ??= atNs;
      longest = Math.max(longest, next - since);
    }
  }
  return longest;
}

describe("work conservation on several processors", () => {
  const vm = fc.record({
    vcpus: fc.integer({ min: 1, max: 3 }),
    shares: fc.integer({ min: 1, max: 4000 }),
    pool: fc.integer({ min: -1, max: 2 }),
    run: fc.integer({ min: 1, max: 30 }),
    sleep: fc.integer({ min: 0, max: 30 }),
  });
  const world = fc.record({
    seed: fc.integer({ min: 1, max: 1000 }),
    cores: fc.integer({ min: 2, max: 5 }),
    vms: fc.array(vm, { minLength: 2, maxLength: 9 }),
    reserve: fc.boolean(),
    wakeupPreemption: fc.boolean(),
  });
  type Given = typeof world extends fc.Arbitrary<infer T> ? T : never;

  function wordsOf({ seed, cores, vms, reserve, wakeupPreemption }: Given, workingSet?: string): CpuWords {
    return {
      seed,
      cpu: { cores },
      pools: [
        { name: "p0", cpu: { shares: 3000, ...(reserve ? { reservation: "50%" } : {}) } },
        { name: "p1", cpu: { shares: 500 } },
        { name: "p2", pool: "p1" },
      ],
      vms: vms.map(({ vcpus, shares, pool, run, sleep }, i) => ({
        name: `v${i}`,
        vcpus,
        cpu: { shares },
        ...(workingSet === undefined ? {} : { cache: { workingSet } }),
        ...(pool < 0 ? {} : { pool: `p${pool}` }),
        workload: { run: { mean: `${run}ms` }, sleep: `${sleep}ms` },
      })),
      policy: { quantum: "10ms", coscheduling: "none", wakeupPreemption },
    };
  }

  test("property: without working sets no processor is idle while somebody is ready, not for a ns", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const { world: run, trace } = await traceOf(wordsOf(given), 1000 * MS);
        expect(longestIdleBesideWaiting(run, trace, 1000 * MS)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("property: with a working set of 1 MiB for no longer than the move would cost, 100 us", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const { world: run, trace } = await traceOf(wordsOf(given, "1MiB"), 1000 * MS);
        expect(longestIdleBesideWaiting(run, trace, 1000 * MS)).toBeLessThanOrEqual(100 * US + 1);
      }),
      { numRuns: 40 },
    );
  });

  test("the check sees a limit: what is limited waits beside an idle processor", async () => {
    const vms = [{ name: "a", vcpus: 2, cpu: { limit: "50%" } }];
    const { world: run, trace } = await traceOf({ cpu: { cores: 2 }, vms }, 1000 * MS);
    expect(longestIdleBesideWaiting(run, trace, 1000 * MS)).toBeGreaterThan(50 * MS);
  });
});
