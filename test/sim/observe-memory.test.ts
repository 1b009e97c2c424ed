// Goal: what a run says of reclaimed memory obeys the laws of conservation, at its end and in every sample; the report tells it.
// Method: a host short of memory, with guests that manage theirs and without, under each set of states.
import { describe, expect, test } from "vitest";
import { MEMORY_STATES } from "../../src/controls/memory-states.ts";
import type { Result } from "../../src/report/result.ts";
import { insight } from "../../src/report/summary.ts";
import { reportText } from "../../src/report/text.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { coreModule } from "../support/world.ts";

const scenario = (profile: string): string => `
ballast: 1
name: short of memory
profile: ${profile}
seed: 7
duration: 90s
series: { every: 3s }
hosts: [{ name: h1, memory: 20MiB, system: 1MiB, swap: ssd }]
vms:
  - name: win
    memory: 12MiB
    overhead: 256KiB
    mem: { reservation: 3MiB }
    os: { kind: windows, boot: 3s, kernel: 1MiB, zeroThread: none }
    workload: { pattern: uniform, rate: 200/s, size: 3MiB }
  - name: lin
    memory: 8MiB
    os: { kind: linux, boot: 3s, kernel: 1MiB }
    workload: { pattern: zipf, rate: 1000/s, size: 9MiB, writes: 20% }
  - { name: plain, memory: 6MiB, mem: { limit: 4MiB }, workload: { pattern: uniform, rate: 300/s, writes: 10% } }
policies: { memory: { name: min-funding, every: 3s, sampling: { every: 6s } } }
`;

const core = coreModule("debug");
const run = (profile: string): Promise<Result> => simulate(parseScenario(scenario(profile)), { core });

describe.each(["esx2", "esx4", "esx6"])("%s", (profile) => {
  test("pages are somewhere, once; times in the states are the run; VMs add up to their host", async () => {
    const result = await run(profile);
    const [host] = result.hosts;
    const { stateNs, ...memory } = host!.memory;
    expect(Object.values(stateNs).reduce((a, b) => a + b)).toBe(result.simulatedNs);
    expect(stateNs.high).toBeLessThan(result.simulatedNs);
    const sum = (
      key: "grantedPages" | "swappedPages" | "compressedPages" | "balloonPages" | "swapIns",
    ): number => result.vms.reduce((total, vm) => total + vm.memory[key], 0);
    expect(memory).toMatchObject({
      grantedPages: sum("grantedPages"),
      swappedPages: sum("swappedPages"),
      compressedPages: sum("compressedPages"),
      balloonPages: sum("balloonPages"),
      swapIns: sum("swapIns"),
      // 1 MiB for the hypervisor, 3 MiB reserved, 256 KiB overhead; 26 MiB of VMs.
      reservedPages: 256 + 768 + 64,
      configuredPages: 26 * 256 + 64,
    });
    expect(memory.minFreePages).toBe(Math.round(0.06 * 20 * 256));
    const { sizePages: size, usedPages, freePages: free, systemPages, overheadPages, zipFrames } = memory;
    expect(usedPages + free + systemPages + overheadPages + zipFrames).toBe(size);
    for (const vm of result.vms) {
      const { grantedPages, balloonPages, swappedPages, compressedPages, sizePages } = vm.memory;
      expect(grantedPages + balloonPages + swappedPages + compressedPages).toBeLessThanOrEqual(sizePages);
      const { guest } = vm.memory;
      if (guest === undefined) continue;
      const { freePages, cachePages, anonymousPages, kernelPages } = guest;
      expect(freePages + cachePages + anonymousPages + kernelPages + balloonPages, vm.name).toBe(sizePages);
    }
  });

  test("every sample keeps the laws, and ends where the result does", async () => {
    const { series, vms, hosts } = await run(profile);
    expect(series.atNs.length).toBe(31);
    for (const { name, memory } of vms) {
      const own = series.vms[name]!;
      for (let i = 0; i < series.atNs.length; i += 1) {
        const gone = own.balloonPages[i]! + own.swappedPages[i]! + own.compressedPages[i]!;
        expect(own.grantedPages[i]! + gone).toBeLessThanOrEqual(memory.sizePages);
        expect(own.targetPages[i]!).toBeLessThanOrEqual(memory.maxPages);
        const { activeEstimatePages: most, activeSlowPages, activeFastPages, activeNextPages } = own;
        expect(most[i]!).toBeGreaterThanOrEqual(
          Math.max(activeSlowPages[i]!, activeFastPages[i]!, activeNextPages[i]!),
        );
      }
      expect(own.swapIns.at(-1)).toBe(memory.swapIns);
      expect(own.activeEstimatePages.at(-1)).toBe(memory.activeEstimatePages);
      expect(own.accesses.reduce((a, b) => a + b)).toBe(memory.accesses);
      expect(own.guestFreePages?.at(-1)).toBe(memory.guest?.freePages);
    }
    const { freePages, state } = series.hosts["h1"]!;
    expect(freePages.at(-1)).toBe(hosts[0]!.memory.freePages);
    expect(MEMORY_STATES[state.at(-1)!]).toBe(hosts[0]!.memory.state);
  });

  test("events tell every change of state: what they say adds up to the times in the states", async () => {
    const { events, hosts, simulatedNs } = await run(profile);
    const changes = events.filter(({ kind }) => kind === "memory-state");
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.length).toBeLessThan(100);
    const times = { high: 0, clear: 0, soft: 0, hard: 0, low: 0 };
    let state: keyof typeof times = "high";
    let since = 0;
    for (const { atNs, host, text } of changes) {
      expect(host).toBe("h1");
      const [, from, to, free] = /^(\w+) -> (\w+), [< ]*([\d.]+) % free$/.exec(text)!;
      if (to !== "high" && MEMORY_STATES.indexOf(from as never) < MEMORY_STATES.indexOf(to as never))
        expect(Number(free)).toBeLessThanOrEqual(6);
      expect(from).toBe(state);
      times[state] += atNs - since;
      since = atNs;
      state = to as keyof typeof times;
    }
    times[state] += simulatedNs - since;
    expect(times).toEqual(hosts[0]!.memory.stateNs);
    expect(state).toBe(hosts[0]!.memory.state);
  });

  test("the report tells who was short of memory", async () => {
    const result = await run(profile);
    const text = reportText(result, { width: 120 });
    expect(insight(result)).toMatch(
      /^h1, overcommitted by 38 %, was short of memory for [\d.]+ % of the time/,
    );
    expect(text).toContain("what guests did with their memory, MiB");
    expect(text).toMatch(/^win +12\.0 /m);
    expect(text).not.toMatch(/NaN|undefined/);
  });
});
