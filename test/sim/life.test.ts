// Goal: VMs that come while a world runs bring their memory with them then and not before, and take it away when they go; the
// world is the same however it is advanced, saved and restored on the way.
// Method: small hosts with images of parts, bytes, ids and guests with a system; hashes of runs in one step, in many, and from a
// snapshot before and after each change.
// Source: docs/scenario.md (what comes, goes and changes places).

import { describe, expect, test } from "vitest";
import { explainDefaults, parseScenario } from "../../src/scenario/index.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { createWorld, type WorldOptions } from "../../src/sim/world.ts";
import { advanceTo } from "../support/cpu.ts";
import { coreModule } from "../support/world.ts";

const S = 1e9;
const core = coreModule("release");
const base = {
  ballast: 1,
  duration: "20s",
  hosts: [{ name: "h", memory: "16MiB", cpu: { cores: 2, mhz: 1000 } }],
  pools: [{ name: "p", mem: { limit: "2MiB" } }, { name: "q" }],
  vms: [
    { name: "a", pool: "p", memory: "1MiB", image: { zero: "50%", unique: "50%" }, workload: { busy: true } },
    { name: "b", memory: "1MiB", image: { zero: "50%", unique: "50%" } },
  ],
  policies: { memory: { sharing: { rate: "5000/s" } }, cpu: { quantum: "10ms" } },
};
const scenarioWith = (events: readonly object[], more: object = {}) =>
  parseScenario(JSON.stringify({ ...base, ...more, events }));

/** Granted pages of every VM at times. */
async function pagesAt(events: readonly object[], timesNs: readonly number[], options: WorldOptions = {}) {
  const world = await createWorld(scenarioWith(events), { core, ...options });
  return timesNs.map((atNs) => {
    advanceTo(world, atNs);
    const { vmGrantedPages, hostUsedPages } = world.columns;
    return { vms: world.vmRows.map((row) => vmGrantedPages[row]!), used: hostUsedPages[0]! };
  });
}

describe("memory", () => {
  test.each([
    ["parts", { image: { zero: "25%", common: "25%" } }, {}],
    ["bytes", {}, { d: new Uint8Array(256 * 4096).map((_, at) => at >> 12) }],
    ["ids", {}, { d: BigUint64Array.from({ length: 256 }, (_, page) => BigInt(page + 1)) }],
  ] as const)("%s: loaded when it is added, let go when it is removed", async (_, words, images) => {
    const vm = { name: "d", memory: "1MiB", ...words };
    const events = [
      { at: "5s", add: { vm } },
      { at: "10s", remove: { vm: "d" } },
    ];
    const without = await pagesAt([], [4.9 * S]);
    const [before, there, gone] = await pagesAt(events, [4.9 * S, 5 * S, 10 * S], { images });
    expect(before).toEqual({ vms: [256, 256, 0], used: without[0]!.used });
    expect(there!.vms).toEqual([256, 256, 256]);
    expect(there!.used).toBeGreaterThan(before!.used);
    expect(gone).toEqual({ vms: [256, 256, 0], used: expect.any(Number) });
  });

  test("one that is started later, or that admission leaves off, is loaded when it is powered on", async () => {
    const vm = { name: "d", memory: "1MiB", image: { unique: "100%" }, start: "8s" };
    const [added, started] = await pagesAt([{ at: "5s", add: { vm } }], [6 * S, 8 * S]);
    expect([added!.vms[2], started!.vms[2]]).toEqual([0, 256]);
    const large = { ...vm, start: "5s", mem: { reservation: "1MiB" } };
    const fill = { name: "f", memory: "15600KiB", mem: { reservation: "15600KiB" } };
    const events = [
      { at: "1s", add: { vm: fill } },
      { at: "5s", add: { vm: large } },
      { at: "6s", remove: { vm: "f" } },
      { at: "7s", start: { vm: "d" } },
    ];
    const [off, on] = await pagesAt(events, [5 * S, 7 * S]);
    expect([off!.vms[3], on!.vms[3]]).toEqual([0, 256]);
  });

  test("a guest with a system boots when it comes; a pool's limit holds a VM that moves into it", async () => {
    const touch = { pattern: "uniform", rate: "20000/s", writes: "50%" };
    const vm = { name: "d", count: 2, memory: "3MiB", workload: touch };
    const guest = { name: "g", memory: "64MiB", os: { kind: "linux", boot: "2s" }, workload: { busy: true } };
    const result = await simulate(
      scenarioWith(
        [
          { at: "2s", add: { vm } },
          { at: "3s", add: { vm: guest } },
          { at: "8s", set: { vm: "d-1", pool: "p" } },
        ],
        {
          hosts: [{ name: "h", memory: "128MiB", cpu: { cores: 2, mhz: 1000 } }],
          policies: { memory: { every: "1s", sharing: false, reclaim: { every: "100ms" } } },
        },
      ),
      { core },
    );
    expect(result.vms.map(({ name }) => name)).toEqual(["a", "b", "d-1", "d-2", "g"]);
    const [a, , first, second, g] = result.vms;
    expect(g!.cpu!.usedNs / S).toBeGreaterThan(14);
    expect(g!.memory.guest!.booted).toBe(true);
    // 2 MiB for a and d-1 together; d-2 has all that it touches.
    expect(first!.memory.targetPages! + a!.memory.targetPages!).toBeLessThanOrEqual(512);
    expect(first!.memory.swappedPages).toBeGreaterThan(0);
    expect(second!.memory).toMatchObject({ grantedPages: 768, swappedPages: 0 });
  });
});

test("one step or many, saved and restored anywhere: the same world", async () => {
  const vm = {
    name: "d",
    memory: "1MiB",
    image: { zero: "50%", common: "50%" },
    vcpus: 2,
    workload: { run: "3ms", sleep: "1ms" },
  };
  const events = [
    { at: "3s", add: { pool: { name: "n", cpu: { shares: 500 } } } },
    { at: "4s", add: { vm: { ...vm, pool: "n" } } },
    { at: "6s", set: { vm: "d", pool: "q" } },
    { at: "6s", set: { vm: "a", pool: "none" } },
    { at: "9s", set: { vm: "d", vcpus: 3 } },
    { at: "11s", remove: { pool: "n" } },
    { at: "12s", remove: { vm: "d" } },
  ];
  const scenario = scenarioWith(events);
  const straight = await createWorld(scenario, { core });
  advanceTo(straight, 20 * S);
  const hash = straight.hash();
  const world = await createWorld(scenario, { core });
  const saved: Uint8Array[] = [];
  for (let atNs = 0; atNs <= 20 * S; atNs += 0.5 * S) {
    advanceTo(world, atNs);
    saved.push(world.snapshot());
  }
  expect(world.hash()).toBe(hash);
  // Backwards, so that each restores something that has not happened yet.
  for (const snapshot of saved.reverse()) {
    world.restore(snapshot);
    const copy = await createWorld(scenario, { core });
    copy.restore(snapshot);
    for (const one of [world, copy]) {
      advanceTo(one, 20 * S);
      expect(one.hash()).toBe(hash);
    }
  }
  // With policies that decide, the same for any number of threads.
  const [one, two] = [await simulate(scenario, { core }), await simulate(scenario, { core, threads: 2 })];
  expect(two.stateHash).toBe(one.stateHash);
});

describe("a program changes a running world", () => {
  const words = {
    ballast: 1,
    duration: "1min",
    hosts: [{ name: "h", memory: "64MiB", cpu: { mhz: 1000 } }],
    pools: [{ name: "p", owner: "ann" }],
    vms: [
      { name: "a", pool: "p", memory: "4KiB", workload: { busy: true } },
      { name: "b", memory: "4KiB", workload: { busy: true } },
    ],
    policies: { memory: { sharing: false }, cpu: { quantum: "10ms" } },
  };
  const used = (world: Awaited<ReturnType<typeof createWorld>>) => {
    world.recount();
    return world.vmRows.map(
      (row) => world.columns.vcpuSeenUsedNs.get(world.columns.vmVcpuFirst.get(row)) / 1e9,
    );
  };

  test("shares, limits and power: as an event at that time, within a quantum", async () => {
    const steps = [
      [10, { set: { pool: "p", "cpu.shares": 3000 } }],
      [20, { stop: { vm: "a" } }],
      [25, { start: { vm: "a" } }],
      [30, { set: { vm: "b", "cpu.limit": "10%" } }],
    ] as const;
    const events = steps.map(([at, step]) => ({ at: `${at}s`, ...step }));
    const told = await createWorld(parseScenario(JSON.stringify({ ...words, events })), { core });
    const live = await createWorld(parseScenario(JSON.stringify(words)), { core });
    for (const [at, step] of steps) {
      advanceTo(live, at * S);
      live.apply(step);
    }
    for (const world of [told, live]) advanceTo(world, 40 * S);
    const [one, other] = [used(told), used(live)];
    for (const vm of [0, 1]) expect(Math.abs(one[vm]! - other[vm]!)).toBeLessThan(0.05);
    const texts = (world: typeof live) =>
      world.takeMessages().map(({ atNs, kind, text }) => [atNs, kind, text]);
    expect(texts(live)).toEqual(texts(told));
  });

  test("what cannot be is a fault with its path, what may not be is a message", async () => {
    const world = await createWorld(parseScenario(JSON.stringify(words)), { core });
    advanceTo(world, S);
    const faults: [object, string][] = [
      [{ set: { vm: "c", "cpu.shares": 5 } }, "events[0].set.vm  expected the name of a VM, got c"],
      [{ set: { vm: "a", "cpu.shares": 0 } }, 'events[0].set["cpu.shares"]  expected at least 1, got 0'],
      [{ set: { vm: "a", vcpus: 2 } }, "events[0].set.vcpus  expected at most 1"],
      [
        { set: { vm: "a", "cpu.limit": 0 } },
        'events[0].set["cpu.limit"]  expected more than 0, or none, got 0',
      ],
      [{ set: { vm: "a", "cpu.reservation": "10%" } }, "a reservation only where the scenario has one"],
      [{ set: { vm: "a", "mem.limit": "50%" } }, 'events[0].set["mem.limit"]'],
      [{ set: { vm: "b", pool: "p" } }, "a pool that an event of the scenario moves the VM to"],
      [{ remove: { vm: "a" } }, "remove only where events of the scenario"],
      [{ add: { vm: { name: "c", memory: "4KiB" } } }, "add only among the events of the scenario"],
      [{}, "expected one of start, stop"],
    ];
    const hash = world.hash();
    for (const [event, text] of faults) expect(() => world.apply(event), JSON.stringify(event)).toThrow(text);
    world.apply({ actor: "ann", set: { pool: "p", "cpu.shares": 5 } });
    expect(world.takeMessages().map(({ kind }) => kind)).toEqual(["refused"]);
    expect(world.hash()).toBe(hash);
  });

  test("with an event of the scenario that makes room, VMs go and change pools at any time", async () => {
    const events = [{ at: "50s", set: { vm: "b", pool: "p" } }];
    const world = await createWorld(parseScenario(JSON.stringify({ ...words, events })), { core });
    advanceTo(world, 10 * S);
    world.apply({ set: { vm: "b", pool: "p" } });
    world.apply({ remove: { vm: "a" } });
    advanceTo(world, 20 * S);
    expect(used(world).map((s) => Math.round(s))).toEqual([8, 12]);
    expect(world.takeMessages().map(({ text }) => text)).toEqual([
      "b is in p now.",
      "a is powered off.",
      "a is removed.",
    ]);
    // As many changes as before, others: who is where is looked up anew.
    const there = await createWorld(world.scenario, { core });
    advanceTo(there, 10 * S);
    const saved = there.snapshot();
    there.apply({ remove: { vm: "b" } });
    there.apply({ actor: "ann", set: { vm: "a", "cpu.shares": 2 } });
    there.restore(saved);
    there.apply({ set: { vm: "b", pool: "p" } });
    there.apply({ actor: "ann", set: { vm: "b", "cpu.shares": 2 } });
    expect(there.takeMessages().map(({ kind }) => kind)).toEqual(["set", "set"]);
  });
});

test("--explain names what an event adds where it stands", () => {
  const scenario = scenarioWith([{ at: "1s", add: { vm: { name: "d", memory: "4KiB" } } }]);
  const paths = explainDefaults(scenario).map(({ path }) => path);
  expect(paths).toContain("events[0].add.vm.vcpus");
  expect(paths).toContain("vms[1].vcpus");
  expect(paths.filter((path) => path.startsWith("vms[2]"))).toEqual([]);
});
