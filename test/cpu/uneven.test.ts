// Goal: where shares differ by orders of magnitude and pCPUs were free, who comes or comes back starves nobody and is not starved.
// Method: closed forms of what is due, in the ten seconds after.

import { describe, expect, test } from "vitest";
import { runCpu, usageOf } from "../support/cpu.ts";

const policy = { quantum: "10ms", coscheduling: "none" };

describe("uneven shares on several pCPUs, one of which was free", () => {
  test("one with a single share that found a pCPU free: who comes later is not placed behind it", async () => {
    const busy = (name: string, shares: number) => ({ name, cpu: { shares } });
    const names = Array.from({ length: 4 }, (_, i) => i);
    const late = { start: "20s" };
    const result = await runCpu({
      duration: "30s",
      cpu: { cores: 5 },
      vms: [
        busy("single", 1),
        ...names.map((i) => busy(`early${i}`, 1000)),
        ...names.map((i) => ({ ...busy(`late${i}`, 1000), ...late })),
      ],
      policy,
    });
    for (const i of names) expect(usageOf(result, `late${i}`).usedNs / 10e9).toBeCloseTo(0.625, 1);
  });

  // One with a share is all that waits when the second of them comes first.
  test.each([
    ["the one that could not use its shares", "9900ms", "10s"],
    ["the one that slept", "10s", "9900ms"],
  ])("pools with shares 1000 : 1000 : 1, %s wants more first: half each", async (_, more, back) => {
    const after = (sleep: string) => ({ workload: { phases: [{ sleep }, { busy: true }] } });
    const others = [1, 2, 3];
    const result = await runCpu({
      duration: "20s",
      cpu: { cores: 4 },
      pools: ["narrow", "slept", "single"].map((name) => ({
        ...{ name, cpu: { shares: name === "single" ? 1 : 1000 } },
      })),
      vms: [
        { name: "n0", pool: "narrow" },
        ...others.map((i) => ({ name: `n${i}`, pool: "narrow", ...after(more) })),
        ...[0, ...others].map((i) => ({ name: `s${i}`, pool: "slept", ...after(back) })),
        ...[0, ...others].map((i) => ({ name: `o${i}`, pool: "single" })),
      ],
      policy,
    });
    expect(Math.abs(usageOf(result, "slept").usedNs / 10e9 - 2)).toBeLessThan(0.1);
  });

  test("one that could not use its shares does not drag sleepers along with it: what each is due", async () => {
    const members = [1, 2, 3, 4];
    const back = { workload: { phases: [{ sleep: "20s" }, { busy: true }] } };
    const result = await runCpu({
      duration: "30s",
      cpu: { cores: 4 },
      pools: ["busy", "slept"].map((name) => ({ name, cpu: { shares: 1000 } })),
      vms: [
        { name: "narrow", cpu: { shares: 1000 } },
        { name: "single", cpu: { shares: 1 } },
        ...members.map((i) => ({ name: `b${i}`, pool: "busy" })),
        ...members.map((i) => ({ name: `s${i}`, pool: "slept", ...back })),
      ],
      policy,
    });
    expect(Math.abs(usageOf(result, "slept").usedNs / 10e9 - 1.5)).toBeLessThan(0.1);
    expect(usageOf(result, "narrow").usedNs / 30e9).toBeGreaterThan(0.97);
  });
});

describe("a pool whose one member needs what the pool is due all the time, beside another with next to no shares", () => {
  test.each([
    ["by shares", { shares: 800 }, 1200, 0.8],
    ["by reservation", { shares: 1, reservation: "500MHz" }, 1000, 0.5],
  ])("%s: the pool has what it is due, and the member nearly all of it", async (_, cpu, shares, due) => {
    const result = await runCpu({
      duration: "30s",
      cpu: { cores: 2 },
      pools: [
        { name: "p", cpu },
        { name: "q", cpu: { shares } },
      ],
      vms: [
        { name: "much", pool: "p", cpu: { shares: 1000 } },
        { name: "little", pool: "p", cpu: { shares: 1 } },
        ...[1, 2, 3, 4].map((i) => ({ name: `q${i}`, pool: "q" })),
      ],
      policy,
    });
    expect(Math.abs(usageOf(result, "p").usedNs / 30e9 - due)).toBeLessThan(0.02);
    expect(usageOf(result, "much").usedNs / 30e9).toBeGreaterThan(due - 0.02);
  });
});
