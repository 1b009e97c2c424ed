// Goal: a world does what it says at its edges: times, messages, odd shapes, the end of its life.
// Method: one edge a test.

import { describe, expect, test } from "vitest";
import { mixOf, runTo, SECOND, scanWithoutLimit, streamOf, worldOf } from "../support/world.ts";

describe("advance", () => {
  test("stops at every epoch, then at the time asked for", async () => {
    const world = await worldOf({ vms: [{ pages: 4 }], policy: { everyNs: 2 * SECOND } });
    const stops: [string, number][] = [];
    for (let stop = ""; stop !== "until"; ) {
      stop = world.advance(5 * SECOND);
      stops.push([stop, world.nowNs / SECOND]);
    }
    expect(stops).toEqual([
      ["epoch", 0],
      ["epoch", 2],
      ["epoch", 4],
      ["until", 5],
    ]);
    expect(world.advance(5 * SECOND)).toBe("until");
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53, Infinity])("refuses %d", async (untilNs) => {
    const world = await worldOf({ vms: [{ pages: 4 }] });
    expect(() => world.advance(untilNs)).toThrow(RangeError);
  });

  test("does not go back", async () => {
    const world = await worldOf({ vms: [{ pages: 4 }] });
    runTo(world, SECOND);
    expect(() => world.advance(SECOND - 1)).toThrow(/expected a safe integer of at least 1000000000 ns/);
  });

  test("the first failed access is worth attention and a message, later ones are counted", async () => {
    const workload = [streamOf({ pattern: "sequential", pages: 20, ratePerKs: 100_000 })];
    const world = await worldOf({
      hosts: [10],
      vms: [{ pages: 20, workload }],
      policy: { everyNs: 900 * SECOND },
    });
    expect(world.advance(SECOND)).toBe("epoch");
    expect(world.advance(SECOND)).toBe("attention");
    expect(world.nowNs).toBe(110_000_000);
    expect(world.advance(SECOND)).toBe("until");
    expect(world.takeMessages()).toEqual([{ atNs: 110_000_000, kind: "out-of-frames", row: 0, count: 1 }]);
    // 100 accesses, half of them to the ten pages that have a frame.
    expect(world.columns.vmOutOfFrames.get(0)).toBe(50);
  });

  test("more messages in one tick than the ring holds: none is lost, in any number of steps", async () => {
    const count = 1100;
    const vms = Array.from({ length: count }, (_, host) => ({
      pages: 1,
      host,
      image: mixOf(1, 0, 0),
      workload: [],
    }));
    const world = await worldOf({ hosts: vms.map(() => 1), vms }, { build: "release" });
    scanWithoutLimit(world);
    const stops = new Set<string>();
    for (let stop = ""; stop !== "until"; stops.add(stop)) stop = world.advance(SECOND);
    expect(stops).toContain("ring-full");
    const messages = world.takeMessages();
    expect(messages.map(({ row }) => row)).toEqual(vms.map(({ host }) => host));
    expect(new Set(messages.map(({ atNs }) => atNs))).toEqual(new Set([100_000_000]));
  });
});

describe("odd shapes, debug core", () => {
  test("hosts without VMs, before, between and after", async () => {
    const vms = [{ pages: 3, host: 1, image: mixOf(3, 1_000_000, 0) }];
    const world = await worldOf({ hosts: [10, 10, 10], vms });
    scanWithoutLimit(world);
    runTo(world, SECOND);
    expect([...world.columns.hostUsedPages]).toEqual([0, 1, 0]);
    expect([...world.columns.hostComplete]).toEqual([0, 1, 0]);
  });

  test("VMs that never touch anything", async () => {
    const world = await worldOf({ hosts: [100], vms: [{ pages: 50, workload: [] }] });
    scanWithoutLimit(world);
    runTo(world, 10 * SECOND);
    expect(world.columns.hostUsedPages[0]).toBe(0);
    expect(world.hash()).toMatch(/^[0-9a-f]{16}$/);
    world.restore(world.snapshot());
  });

  test("no VMs at all", async () => {
    const world = await worldOf({ hosts: [100], vms: [] });
    runTo(world, 10 * SECOND);
    expect([world.columns.hostUsedPages[0], world.takeMessages()]).toEqual([0, []]);
    world.restore(world.snapshot());
  });

  test("more nodes than pages", async () => {
    const vms = [{ pages: 5, image: mixOf(5, 0, 0) }];
    const world = await worldOf({ hosts: [{ memoryPages: 3, nodes: 8 }], vms });
    expect(world.columns.hostUsedPages[0]).toBe(3);
  });

  test("columns can be read by name, whoever wrote the scenario in which order", async () => {
    const vms = [
      { pages: 7, host: 1 },
      { pages: 8, host: 0 },
    ];
    const world = await worldOf({ hosts: [10, 10], vms });
    expect(world.vmRows).toEqual([1, 0]);
    expect([...world.columns.vmPpnCount]).toEqual([8, 7]);
  });
});

test("a world that is disposed of says so", async () => {
  const world = await worldOf({ vms: [{ pages: 4 }] });
  world.dispose();
  expect(() => world.columns).toThrow("world: used after dispose");
  expect(() => world.advance(1)).toThrow("world: used after dispose");
});
