// Goal: governors choose the lowest clock that is enough, and a reservation is met at every clock.
// Method: hosts with P-states, loads that can be reckoned, time used read off.

import { describe, expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { cpuScenario } from "../support/cpu-worlds.ts";

const POWER = { table: "hp-ml110-g5", states: ["25%", "50%", "75%"] };
const hostOf = (governor: string, cores = 2) => ({
  cpu: { cores, mhz: 2000 },
  power: { ...POWER, governor },
});
const clocksOf = ({ decisions }: Result): number[][] =>
  decisions.flatMap(({ atNs, target: { frequencyPpm } }) =>
    typeof frequencyPpm === "number" ? [[atNs / 1e9, frequencyPpm / 1e4]] : [],
  );

test("on-demand: busy at most 60 %, up and down with the load", async () => {
  // One of two cores at a fifth: 10 % at full clock, 40 % at a quarter of it. Busy from 4 s to 8 s: 50 % and more.
  const vms = [
    { name: "light", workload: { run: "4ms", sleep: "16ms" } },
    { name: "heavy", start: "4s" },
  ];
  const events = [{ at: "8s", stop: { vm: "heavy" } }];
  const result = await simulate(cpuScenario({ hosts: [hostOf("on-demand")], vms, events, duration: "12s" }));
  const clocks = clocksOf(result);
  expect(clocks[0]).toEqual([1, 25]);
  // light at a quarter runs 16 ms and sleeps 16 ms: 25 % of two cores; with heavy 75 % · 25 / 60 asks for 31.
  expect(clocks[1]).toEqual([5, 50]);
  expect(clocks.at(-1)![1]).toBe(25);
  expect(result.decisions.find(({ target }) => "frequencyPpm" in target)).toMatchObject({
    policy: "on-demand",
    row: "host h0",
    inputs: { busyPpm: expect.closeTo(100_000, -4) },
  });
});

test("a lower clock takes less power for the same work", async () => {
  const vms = [{ name: "light", workload: { run: "4ms", sleep: "16ms" } }];
  const energy = async (governor: string): Promise<number> => {
    const { hosts } = await simulate(cpuScenario({ hosts: [hostOf(governor)], vms, duration: "10s" }));
    return hosts[0]!.cpu!.energyMilliJ!;
  };
  expect(await energy("on-demand")).toBeLessThan(await energy("performance"));
});

test("performance never changes the clock, powersave keeps the lowest", async () => {
  for (const [governor, clock] of [
    ["performance", 1e6],
    ["powersave", 250_000],
  ] as const) {
    const result = await simulate(
      cpuScenario({ hosts: [hostOf(governor)], vms: [{ name: "a" }], duration: "3s" }),
    );
    expect(clocksOf(result)).toEqual([]);
    expect(result.hosts[0]!.cpu!.frequencyPpm).toBe(clock);
    expect(result.vms[0]!.cpu!.usedNs / 3e9).toBeCloseTo(clock / 1e6, 3);
  }
});

describe("a reservation is met at every clock", () => {
  const RESERVED = 0.45;
  const vms = [
    { name: "a", cpu: { reservation: `${RESERVED * 100}%`, shares: 10 } },
    { name: "hog", count: 3, cpu: { shares: 100_000 } },
  ];
  // One core: the clock may be anything from the reservation on.
  test.each([100, 75, 50, 46])("%d %%", async (percent) => {
    const power = { table: "hp-ml110-g5", states: [`${percent}%`], governor: "powersave" };
    const hosts = [{ cpu: { cores: 1, mhz: 2000 }, power }];
    const result = await simulate(cpuScenario({ hosts, vms, duration: "10s" }));
    expect(result.hosts[0]!.cpu!.frequencyPpm).toBe(percent * 10_000);
    const used = result.vms.map(({ cpu }) => cpu!.usedNs / 10e9);
    expect(used[0]).toBeGreaterThan(RESERVED - 0.005);
    expect(used.reduce((sum, part) => sum + part)).toBeCloseTo(percent / 100, 3);
  });

  test.each(["powersave", "on-demand"])("%s goes no lower than reservations allow", async (governor) => {
    // 60 % of one vCPU's pCPU is 30 % of the host, and yet needs the 75 % clock.
    const asleep = { workload: { run: "1ms", sleep: "99ms" } };
    const given = [
      { name: "a", cpu: { reservation: "60%" }, ...asleep },
      { name: "b", ...asleep },
    ];
    const result = await simulate(cpuScenario({ hosts: [hostOf(governor)], vms: given, duration: "5s" }));
    expect(result.hosts[0]!.cpu!.frequencyPpm).toBe(750_000);
    const wide = [{ name: "a", vcpus: 2, cpu: { reservation: "60%" }, ...asleep }];
    const low = await simulate(cpuScenario({ hosts: [hostOf(governor)], vms: wide, duration: "5s" }));
    expect(low.hosts[0]!.cpu!.frequencyPpm).toBe(500_000);
  });

  test("a VM that powers on, and a reservation that grows, raise the clock at once", async () => {
    const given = [
      { name: "a", start: "1500ms", cpu: { reservation: "40%" } },
      { name: "hog", count: 3, start: "1500ms", cpu: { shares: 100_000 } },
    ];
    const events = [{ at: "3500ms", set: { vm: "a", "cpu.reservation": "70%" } }];
    const run = (duration: string, own: readonly object[] = []) =>
      simulate(cpuScenario({ hosts: [hostOf("powersave", 1)], vms: given, events: own, duration }));
    const [first, second, third] = [await run("1499ms"), await run("2s"), await run("4s", events)];
    expect([first, second, third].map(({ hosts }) => hosts[0]!.cpu!.frequencyPpm)).toEqual([
      250_000, 500_000, 750_000,
    ]);
    expect(second.vms[0]!.cpu!.usedNs / 500e6).toBeGreaterThan(0.38);
  });

  test("a pool's reservation counts while something in it is on", async () => {
    const pools = [{ name: "p", cpu: { reservation: "1GHz" } }];
    const given = [{ name: "a", pool: "p" }, { name: "b" }];
    const events = [{ at: "2500ms", stop: { vm: "a" } }];
    const scenario = cpuScenario({
      hosts: [hostOf("powersave", 1)],
      vms: given,
      pools,
      events,
      duration: "5s",
    });
    expect(clocksOf(await simulate(scenario))).toEqual([[3, 25]]);
  });
});

test("a policy may choose the clock, but none that reservations do not allow", async () => {
  const vms = [{ name: "a", cpu: { reservation: "60%" } }];
  const scenario = cpuScenario({ hosts: [hostOf("performance", 1)], vms, duration: "2s" });
  const clockOf = (ppm: number) => ({
    name: "mine",
    decide: (_: unknown, targets: { frequencyPpm: number }) => {
      targets.frequencyPpm = ppm;
    },
  });
  const result = await simulate(scenario, { policies: { cpu: clockOf(750_000) } });
  expect(result.hosts[0]!.cpu!.frequencyPpm).toBe(750_000);
  expect(clocksOf(result)).toEqual([[0, 75]]);
  await expect(simulate(scenario, { policies: { cpu: clockOf(500_000) } })).rejects.toThrow(
    /policy mine at 0 ns, host h0: frequencyPpm: expected at least 750000, which the reservations/,
  );
});
