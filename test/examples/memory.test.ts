// Goal: the examples of memory show what their comments promise.
// Method: each runs beside its opposite, the option that its comment names.

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadScenario, type Result, simulate, type VmResult } from "../../src/index.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const LONG = { timeout: 60_000 };

async function run(file: string, ...set: string[]): Promise<Result> {
  return simulate(await loadScenario(EXAMPLES + file, { set }));
}

const vm = (result: Result, name: string): VmResult => result.vms.find((each) => each.name === name)!;

/** Pages read and written for lack of memory, by the host and by the guest. */
function swapped({ memory }: VmResult): { host: number; guest: number } {
  return {
    host: memory.swapIns + memory.swapOuts,
    guest: memory.guestSwapIns + memory.guestSwapOuts,
  };
}

test(
  "double-paging: the same accesses take twice the I/O; with a balloon the host does none of it",
  LONG,
  async () => {
    const twice = vm(await run("double-paging.yaml"), "guest");
    const once = vm(await run("double-paging.yaml", "vms.guest.balloon.max=65%"), "guest");
    const [bad, good] = [swapped(twice), swapped(once)];
    expect(twice.memory.accesses).toBe(once.memory.accesses);
    expect(good.host).toBe(0);
    expect(bad.host + bad.guest).toBeGreaterThan(2 * good.guest);
    expect(twice.memory.consumedPages).toBeCloseTo(once.memory.consumedPages, -3);
  },
);

test(
  "idle-tax: the higher the tax, the less the idle guest has and the more the busy one does",
  LONG,
  async () => {
    const { series } = await run("idle-tax.yaml");
    const minutes = [10, 20, 30, 40, 50];
    const ends = minutes.map((minute) => series.atNs.findLastIndex((at) => at < minute * 60e9));
    const at = (name: string, key: "consumedPages" | "targetPages"): number[] =>
      ends.map((k) => series.vms[name]![key][k]!);
    const [none, quarter, half, most, all] = at("idle", "targetPages") as [
      number,
      number,
      number,
      number,
      number,
    ];
    expect(none).toBe(at("busy", "targetPages")[0]);
    expect(quarter).toBeLessThan(none - 500);
    expect(half).toBeLessThan(quarter - 500);
    expect(most).toBeLessThan(half - 500);
    // The busy one has all of its memory by then.
    expect(all).toBeLessThanOrEqual(most);
    expect(at("busy", "consumedPages").at(-1)).toBeGreaterThan(0.97 * 64 * 256);
    const done = minutes.map((minute) => {
      const { accesses } = series.vms["busy"]!;
      const inside = accesses.filter((_, k) => {
        const before = minute * 60e9 - series.atNs[k]!;
        return before >= 0 && before < 300e9;
      });
      return inside.reduce((sum, value) => sum + value, 0);
    });
    for (let step = 1; step < 4; step += 1) expect(done[step]).toBeGreaterThan(1.05 * done[step - 1]!);
  },
);

test("memory-limit: only the limited VM pays, on a host that never runs short", LONG, async () => {
  const limited = await run("memory-limit.yaml");
  const open = await run("memory-limit.yaml", "vms.tight.mem.limit=none");
  const { state, stateNs } = limited.hosts[0]!.memory;
  expect([state, stateNs.high]).toEqual(["high", limited.simulatedNs]);
  expect(vm(limited, "tight").memory.consumedPages).toBeLessThanOrEqual(40 * 256);
  expect(vm(limited, "tight").memory.stallNs).toBeGreaterThan(0);
  expect(vm(open, "tight").memory.consumedPages).toBeGreaterThan(45 * 256);
  for (const { memory } of [vm(open, "tight"), vm(open, "free"), vm(limited, "free")]) {
    expect([memory.stallNs, memory.swapOuts, memory.swappedPages]).toEqual([0, 0, 0]);
  }
});

test("compression: guests wait less than half as long as with swap alone", LONG, async () => {
  const zip = await run("compression.yaml");
  const swap = await run("compression.yaml", "policies.memory.reclaim.compression=none");
  for (const name of ["a", "b"]) {
    const [cached, paged] = [vm(zip, name).memory, vm(swap, name).memory];
    expect(cached.unzips).toBeGreaterThan(1000);
    expect(paged.unzips).toBe(0);
    expect(cached.swapIns).toBeLessThan(0.5 * paged.swapIns);
    expect(cached.stallNs).toBeLessThan(0.5 * paged.stallNs);
  }
});

test(
  "large-pages: what is held back is shared when large pages are broken, and the TLB misses; both turn again",
  LONG,
  async () => {
    const { series, hosts, vms } = await run("large-pages.yaml");
    const at = (minute: number): number => series.atNs.findLastIndex((ns) => ns <= minute * 60e9);
    const host = (minute: number) => {
      const { largePages, largeHintPages, sharedPages } = series.hosts["h1"]!;
      return [largePages!, largeHintPages!, sharedPages].map((values) => values[at(minute)]!);
    };
    const misses = (minute: number): number => {
      const { translated, tlbMisses } = series.vms["clone-1"]!;
      return tlbMisses![at(minute)]! / translated![at(minute)]!;
    };
    const [large, hinted, shared] = host(1.4);
    expect(large).toBe(256);
    expect(hinted).toBeGreaterThan(70_000);
    expect(shared).toBe(0);
    expect(misses(1.4)).toBeLessThan(0.01);
    expect(host(3.9)[2]).toBeGreaterThan(70_000);
    expect(misses(3.9)).toBeGreaterThan(0.9);
    // The clones have a quarter of their memory in large pages again, and a third fewer misses.
    expect(host(7)[0]).toBe(64);
    expect(misses(7)).toBeLessThan(0.7);
    expect(hosts[0]!.memory.largeMovedPages).toBeGreaterThan(30_000);
    expect(vms[0]!.mmu!.cycles).toBeGreaterThan(0);
    const never = await run("large-pages.yaml", "policies.memory.largePages.backing=never");
    expect(never.hosts[0]!.memory.largePages).toBeUndefined();
    // Without large pages sharing begins at once, and every second access and more misses all along.
    expect(never.series.hosts["h1"]!.sharedPages[at(1.4)]).toBeGreaterThan(70_000);
  },
);
