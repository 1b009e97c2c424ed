// Goal: a guest that counts ticks is as far behind as it was kept waiting, catches up at its pace, charges whom it should,
// and gives up after a minute.
// Method: one guest and one hog take turns of a quantum on one pCPU, so that every number has a closed form.
// Source: VMware, "Timekeeping in VMware Virtual Machines"; facts §9 (backlog, 60 s, sponge, steal); docs/cpu/guest-time.md.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VmCpu } from "../../src/report/result.ts";
import { type CpuWords, MS, runCpu, vmOf } from "../support/cpu.ts";

const S = 1000 * MS;
const QUANTUM = 50 * MS;

/** A busy guest with ticks beside a hog of so many shares. */
async function guestBeside(
  shares: number,
  guest: object,
  more: Partial<CpuWords> & { readonly workload?: object } = {},
): Promise<VmCpu & { readonly time: NonNullable<VmCpu["time"]> }> {
  const { workload = { busy: true }, ...words } = more;
  const vms = [
    { name: "g", guest: { ticks: "100/s", ...guest }, workload },
    { name: "hog", cpu: { shares } },
  ];
  const policy = { quantum: `${QUANTUM / MS}ms` };
  const cpu = vmOf(await runCpu({ duration: "20s", vms, policy, ...words }), "g").cpu!;
  return { ...cpu, time: cpu.time! };
}

/** What the guest takes to be the time since power-on, and what it should. */
const apparentNs = ({ time, poweredNs }: Awaited<ReturnType<typeof guestBeside>>): number =>
  poweredNs - time.backlogNs - time.droppedNs;

describe("backlog", () => {
  test("half of a processor, ticks twice as fast until caught up: never more than a quantum behind", async () => {
    const cpu = await guestBeside(1000, {});
    expect(cpu.time.backlogMaxNs).toBe(QUANTUM);
    expect(apparentNs(cpu)).toBeGreaterThanOrEqual(20 * S - QUANTUM);
  });

  test("a third: 100 ms lost, 50 ms caught up each turn, 6.7 s behind after 20 s", async () => {
    const cpu = await guestBeside(2000, {});
    expect(Math.abs(cpu.runNs - (20 * S) / 3)).toBeLessThanOrEqual(QUANTUM);
    // Ran a third, was told of twice that, but for its first turn, when nothing was late yet.
    expect(apparentNs(cpu)).toBe(2 * cpu.runNs - QUANTUM);
    expect(Math.abs(cpu.time.backlogNs - (20 * S) / 3)).toBeLessThanOrEqual(2 * QUANTUM);
  });

  test("no catching up at all: apparent time is the time it ran, to the ns", async () => {
    const cpu = await guestBeside(1000, { catchUp: "0%" });
    expect(apparentNs(cpu)).toBe(cpu.runNs);
    expect(cpu.time.backlogNs).toBe(cpu.readyNs);
  });

  test("an idle guest's ticks come in time: what it waits for is the backlog, not what it sleeps", async () => {
    const cpu = await guestBeside(1000, { catchUp: "0%" }, { workload: { run: "10ms", sleep: "90ms" } });
    expect(cpu.idleNs).toBeGreaterThan(5 * S);
    expect(apparentNs(cpu)).toBe(cpu.runNs + cpu.idleNs);
    expect(cpu.time.backlogNs).toBe(cpu.readyNs);
  });

  test("without a hog there is none", async () => {
    const alone = await runCpu({ vms: [{ name: "g", guest: { ticks: "100/s" } }] });
    const { time } = vmOf(alone, "g").cpu!;
    expect([time!.backlogMaxNs, time!.processNs]).toEqual([0, 10 * S]);
    const without = await runCpu({ vms: [{ name: "g" }, { name: "hog" }] });
    expect(vmOf(without, "g").cpu!.time).toBeUndefined();
  });
});

describe("60 seconds", () => {
  // A tenth of a processor, nothing caught up: 60 s are lost after 66.7 s, and after 133.3 s again.
  const run = (duration: string) => guestBeside(9000, { catchUp: "0%" }, { duration });

  test("59 s are kept, 61 s are given up, and then it begins anew", async () => {
    const [before, after, twice] = [await run("65s"), await run("68s"), await run("200s")];
    expect(before.time.droppedNs).toBe(0);
    expect(before.time.backlogNs).toBe(before.readyNs);
    expect(before.time.backlogMaxNs).toBe(before.readyNs);
    // Dropped when a turn without it ends: 450 ms of waiting at the most beyond the minute.
    expect(after.time.droppedNs).toBeGreaterThan(60 * S);
    expect(after.time.droppedNs).toBeLessThanOrEqual(60 * S + 9 * QUANTUM);
    expect(after.time.backlogMaxNs).toBe(60 * S);
    expect(after.time.backlogNs).toBe(after.readyNs - after.time.droppedNs);
    expect(Math.round(twice.time.droppedNs / (60 * S))).toBe(2);
    expect(twice.time.backlogNs + twice.time.droppedNs).toBe(twice.readyNs);
    expect(twice.time.backlogNs).toBeLessThanOrEqual(60 * S);
  });
});

describe("who is charged for late ticks", () => {
  const late = (cpu: Awaited<ReturnType<typeof guestBeside>>): number =>
    cpu.readyNs - cpu.time.backlogNs - cpu.time.droppedNs;

  test("a third of a processor for 20 s: 13.3 s, 6.7 s and 6.7 s, 6.7 s and 13.3 s", async () => {
    const [process, sponge, steal] = [
      await guestBeside(2000, { lateTicks: "process" }),
      await guestBeside(2000, { lateTicks: "sponge" }),
      await guestBeside(2000, { lateTicks: "steal" }),
    ];
    // In its first turn nothing is late yet.
    expect(process.time.processNs).toBe(2 * process.runNs - QUANTUM);
    expect([process.time.spongeNs, process.time.stealNs]).toEqual([0, 0]);
    expect([sponge.time.processNs, sponge.time.spongeNs]).toEqual([sponge.runNs, sponge.runNs - QUANTUM]);
    expect(sponge.time.stealNs).toBe(0);
    expect([steal.time.processNs, steal.time.spongeNs]).toEqual([steal.runNs, 0]);
    expect(steal.time.stealNs).toBe(steal.readyNs + steal.costopNs);
    expect(Math.abs(process.time.processNs - (40 * S) / 3)).toBeLessThanOrEqual(2 * QUANTUM);
    expect(Math.abs(steal.time.stealNs - (40 * S) / 3)).toBeLessThanOrEqual(2 * QUANTUM);
    // They ran alike: it is accounting alone.
    expect(new Set([process.runNs, sponge.runNs, steal.runNs]).size).toBe(1);
  });

  test("property: ticks delivered, backlog and what was dropped are the time powered on; charges are all accounted for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200, max: 20_000 }),
        fc.integer({ min: 0, max: 40 }),
        fc.constantFrom("process", "sponge", "steal"),
        async (shares, tenths, lateTicks) => {
          const duration = shares > 9000 ? "90s" : "10s";
          const cpu = await guestBeside(shares, { lateTicks, catchUp: `${tenths * 10}%` }, { duration });
          const { processNs, spongeNs, stealNs, backlogNs, backlogMaxNs } = cpu.time;
          expect(late(cpu)).toBeGreaterThanOrEqual(0);
          // Late ticks come at the catch-up rate at the most.
          expect(late(cpu)).toBeLessThanOrEqual((cpu.runNs * tenths) / 10 + 1000);
          expect(processNs).toBe(cpu.runNs + (lateTicks === "process" ? late(cpu) : 0));
          expect(spongeNs).toBe(lateTicks === "sponge" ? late(cpu) : 0);
          expect(stealNs).toBe(lateTicks === "steal" ? cpu.readyNs : 0);
          expect(backlogNs).toBeLessThanOrEqual(backlogMaxNs);
          expect(backlogMaxNs).toBeLessThanOrEqual(60 * S);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("while the guest idles no process pays for late ticks; the sponge has them all", async () => {
    // 10 ms of work each 70 ms at the least; a turn of the hog is 50 ms: at ten times the pace half of it is caught up
    // in 5 ms of work, at a hundredth of the pace hardly any.
    const workload = { run: "10ms", sleep: "60ms" };
    const [slow, fast] = [
      await guestBeside(1000, { catchUp: "5%" }, { workload }),
      await guestBeside(1000, { catchUp: "1000%" }, { workload }),
    ];
    expect(fast.time.processNs - fast.runNs).toBeCloseTo(late(fast), -8);
    const sponge = await guestBeside(1000, { lateTicks: "sponge", catchUp: "5%" }, { workload });
    expect([sponge.time.processNs, sponge.time.spongeNs]).toEqual([sponge.runNs, late(sponge)]);
    // At 5 % it catches up in all of its time, busy and idle, and pays for the busy part.
    const part = slow.runNs / (slow.runNs + slow.idleNs);
    expect(late(slow)).toBeGreaterThan(0.04 * (slow.runNs + slow.idleNs));
    expect((slow.time.processNs - slow.runNs) / late(slow)).toBeCloseTo(part, 1);
  });
});
