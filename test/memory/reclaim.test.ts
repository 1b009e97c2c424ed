// Goal: what a host does in each state: who gives pages, by which means, down to which target; who waits and for how long.
// Method: worlds of one host whose VMs have targets and limits that a test sets; states themselves stand in reclaim-states.

import { describe, expect, test } from "vitest";
import type { World } from "../../src/sim/world.ts";
import { pagesWith, type Shortage, shortage } from "../support/shortage.ts";
import { NO_LIMIT, osOf, runTo, type SmallVm, streamOf, worldOf } from "../support/world.ts";

const MS = 1_000_000;
const LOOK = 100 * MS;
const CONTROLS = { shares: 1000, minPages: 0 } as const;
const LEVEL = { high: 0, clear: 1, soft: 2, hard: 3, low: 4 } as const;

/** Ids that are nobody else's: nothing is shared. */
function imageOf(vm: number, pages: number): BigUint64Array {
  return BigUint64Array.from({ length: pages }, (_, ppn) => BigInt(1_000_000 * (vm + 1) + ppn));
}

/** VMs that hold so many pages from the beginning, on a host of so many frames. */
async function holding(
  held: readonly number[],
  given: Omit<Shortage, "vms"> & { vms?: readonly Partial<SmallVm>[] },
): Promise<World> {
  const { vms = [], ...rest } = given;
  const small = shortage({ ...rest, vms: held.map((pages, vm) => ({ pages, ...vms[vm] })) });
  const images = Object.fromEntries(held.map((pages, vm) => [`v${vm}`, imageOf(vm, pages)]));
  return worldOf(small, { images });
}

describe("targets", () => {
  test("in hard a VM gives until it is at its target, and no more; one below its target nothing", async () => {
    const world = await holding([500, 480], { pages: 1000 });
    const { columns } = world;
    columns.vmTargetPages.set([450, NO_LIMIT]);
    // 20 of 1000 are free: at the threshold of hard, not below it.
    runTo(world, LOOK);
    expect(columns.hostState[0]).toBe(LEVEL.soft);
    world.core.wasm.bill_open(BigInt(world.nowNs));
    // One of the two is short of a page: with 19 free, hard.
    const spare = await holding([500, 481], { pages: 1000 });
    spare.columns.vmTargetPages.set([450, NO_LIMIT]);
    runTo(spare, 2 * LOOK);
    expect(spare.columns.vmGrantedPages[0]).toBe(450);
    expect([spare.columns.vmSwappedPages[0], spare.columns.vmSwappedPages[1]]).toEqual([50, 0]);
    expect(spare.columns.vmSwapOuts.get(0)).toBe(50);
  });

  test("in soft a VM without a balloon driver is paged out, to its target", async () => {
    const world = await holding([500, 470], { pages: 1000 });
    world.columns.vmTargetPages.set([490, NO_LIMIT]);
    runTo(world, 2 * LOOK);
    expect(
      world.columns.hostSoftNs.get(0) + world.nowNs - world.columns.hostStateSinceNs.get(0),
    ).toBeGreaterThan(0);
    expect(world.columns.vmGrantedPages[0]).toBe(490);
  });

  test("in high nobody gives, whatever the target", async () => {
    const world = await holding([500, 400], { pages: 1000 });
    world.columns.vmTargetPages.set([10, 10]);
    runTo(world, 10 * LOOK);
    expect(world.columns.hostState[0]).toBe(LEVEL.high);
    expect([world.columns.vmGrantedPages[0], world.columns.vmGrantedPages[1]]).toEqual([500, 400]);
  });

  test("above its own limit a VM gives in every state; its estimate of saved pages counts for it", async () => {
    const world = await holding([300], {
      pages: 1000,
      vms: [{ mem: { ...CONTROLS, maxPages: 100 } }],
    });
    runTo(world, 10 * LOOK);
    expect(world.columns.hostState[0]).toBe(LEVEL.high);
    expect(world.columns.vmGrantedPages[0]).toBe(100);
    expect(world.columns.vmSwappedPages[0]).toBe(200);
  });

  test("in looks: no more at a time than fit the ring of writes, and all in the end", async () => {
    const world = await holding([3000], { pages: 5000, vms: [{ mem: { ...CONTROLS, maxPages: 100 } }] });
    const granted = [3000];
    for (let look = 1; look <= 20; look += 1) {
      runTo(world, look * LOOK + 50 * MS);
      granted.push(world.columns.vmGrantedPages[0]!);
    }
    const steps = granted.slice(1).map((pages, look) => granted[look]! - pages);
    expect(steps[0]).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThanOrEqual(1024);
    expect(granted.at(-1)).toBe(100);
  });
});

describe("low", () => {
  /** Two VMs on a host of 1000 frames: the first writes its memory in a circle, above its target; there is no swap device. */
  async function starving() {
    const writer = streamOf({ pattern: "sequential", ratePerKs: 1_000_000, writesPpm: 1_000_000 }, 800);
    const small = shortage({
      vms: [{ pages: 800, workload: [writer] }, { pages: 800 }],
      pages: 1000,
      swapPages: 0,
    });
    const world = await worldOf(small, { images: { v1: imageOf(1, 500) } });
    world.columns.vmTargetPages.set([100, NO_LIMIT]);
    return world;
  }

  test("a VM above its target stops there, the other does not; the time counts once", async () => {
    const world = await starving();
    const { columns } = world;
    runTo(world, 3_000 * MS);
    expect(columns.hostState[0]).toBe(LEVEL.low);
    expect([columns.vmBlocked[0], columns.vmBlocked[1]]).toEqual([1, 0]);
    const accesses = columns.vmAccesses.get(0);
    const since = columns.hostStateSinceNs.get(0);
    const blocked = columns.vmBlockedNs.get(0);
    expect(blocked).toBe(3_000 * MS - since);
    runTo(world, 5_000 * MS);
    expect(columns.vmAccesses.get(0)).toBe(accesses);
    expect(columns.vmBlockedNs.get(0)).toBe(5_000 * MS - since);
    expect(columns.vmOutOfFrames.get(0)).toBe(0);
  });

  test("it goes on when the host is better off, or its target is raised", async () => {
    const world = await starving();
    const { columns } = world;
    runTo(world, 3_000 * MS);
    const accesses = columns.vmAccesses.get(0);
    columns.vmTargetPages[0] = 800;
    runTo(world, 3_200 * MS);
    expect(columns.vmBlocked[0]).toBe(0);
    expect(columns.vmAccesses.get(0)).toBeGreaterThan(accesses);
    const blocked = columns.vmBlockedNs.get(0);
    runTo(world, 4_000 * MS);
    expect(columns.vmBlockedNs.get(0)).toBe(blocked);
  });
});

describe("looks", () => {
  test("a host whose free memory falls below a threshold looks at once, not at the next tick", async () => {
    const writer = streamOf({ pattern: "sequential", ratePerKs: 1_000_000, writesPpm: 1_000_000 }, 990);
    const world = await worldOf(
      shortage({ vms: [{ pages: 990, workload: [writer] }], pages: 1000, reclaim: { everyNs: 7_000 * MS } }),
    );
    const seen: [number, number][] = [];
    runTo(world, 60_000 * MS, ({ columns, nowNs }) => seen.push([columns.hostState[0]!, nowNs]));
    // A page a millisecond, some at a time: soft from the 961st page on, hard from the 981st, long before the next tick.
    const since = (level: number): number => seen.find(([state]) => state === level)![1];
    for (const [level, at] of [
      [LEVEL.soft, 961 * MS],
      [LEVEL.hard, 981 * MS],
    ] as const) {
      expect(since(level)).toBeGreaterThanOrEqual(at);
      expect(since(level)).toBeLessThan(at + 20 * MS);
    }
  });

  test("time in the states is the time there was", async () => {
    const world = await holding([500, 481], { pages: 1000 });
    world.columns.vmTargetPages.set([400, NO_LIMIT]);
    runTo(world, 4_321 * MS);
    const { columns } = world;
    const times = [
      columns.hostHighNs,
      columns.hostClearNs,
      columns.hostSoftNs,
      columns.hostHardNs,
      columns.hostLowNs,
    ];
    const sum = times.reduce((total, column) => total + column.get(0), 0);
    expect(sum).toBe(columns.hostStateSinceNs.get(0));
    expect(columns.hostHardNs.get(0)).toBeGreaterThan(0);
    expect(columns.hostState[0]).toBe(LEVEL.high);
  });
});

describe("balloons", () => {
  /** A guest that holds a file of 300 pages of its 400, and another VM with 660, on a host of 1000. */
  async function ballooning(balloon: boolean) {
    const reader = streamOf({ pattern: "sequential", ratePerKs: 10_000_000, region: 0 }, 300);
    const os = osOf({ regions: [{ kind: "file", pages: 300, name: "file" }] });
    const guest = { pages: 400, os, workload: [reader], balloon: { maxPages: 260, pagesPerSecond: 8192 } };
    const small = shortage({ vms: [guest, { pages: 660 }], pages: 1000, reclaim: { balloon } });
    const world = await worldOf(small, { images: { v1: imageOf(1, 660) } });
    world.columns.vmTargetPages.set([300, NO_LIMIT]);
    runTo(world, 5_000 * MS);
    return world;
  }

  test("in soft the guest decides what to give: nothing of it is paged out by the host", async () => {
    const { columns } = await ballooning(true);
    expect(columns.vmBalloonPages[0]).toBeGreaterThan(0);
    expect(columns.vmSwapOuts.get(0)).toBe(0);
    expect(columns.vmGrantedPages[0]).toBeLessThanOrEqual(310);
    expect(pagesWith(columns.ppnFlags, "ballooned").length).toBe(columns.vmBalloonPages[0]);
  });

  test("without balloons the host pages out", async () => {
    const { columns } = await ballooning(false);
    expect(columns.vmBalloonPages[0]).toBe(0);
    expect(columns.vmBalloonMax[0]).toBe(0);
    expect(columns.vmSwapOuts.get(0)).toBeGreaterThan(0);
  });

  test("below its target a balloon deflates", async () => {
    const world = await ballooning(true);
    const before = world.columns.vmBalloonPages[0]!;
    world.columns.vmTargetPages.set([NO_LIMIT, NO_LIMIT]);
    runTo(world, 8_000 * MS);
    expect(before).toBeGreaterThan(0);
    expect(world.columns.vmBalloonPages[0]).toBe(0);
  });
});
