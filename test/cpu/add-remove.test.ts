// Goal: VMs and pools that come, go and change places while a host runs get what they are due from that moment on, to the
// quantum, and nobody else's part changes but for it.
// Method: closed forms of busy VMs on one pCPU, measured between events by advancing a world; the same by results.
// Source: the shares slides (change, add, remove: exact at each event); docs/scenario.md.

import { describe, expect, test } from "vitest";
import { advanceTo, type CpuWords, cpuWorld, runCpu, usageOf, vmOf } from "../support/cpu.ts";

const S = 1e9;
const policy = { quantum: "10ms", coscheduling: "none" };
const shares = (name: string, count: number, more: object = {}) => ({
  name,
  cpu: { shares: count },
  ...more,
});
const added = (name: string, count: number, more: object = {}) => ({
  memory: "4KiB",
  workload: { busy: true },
  ...shares(name, count, more),
});

/** What every VM was charged between the times, in quanta. */
async function serviceOf(words: CpuWords, timesNs: readonly number[]): Promise<Record<string, number>[]> {
  const world = await cpuWorld({ policy, ...words });
  const rows: Record<string, number>[] = [];
  let before: Record<string, number> = {};
  for (const atNs of timesNs) {
    advanceTo(world, atNs);
    world.recount();
    const now: Record<string, number> = {};
    for (const [index, { name }] of world.scenario.vms.entries()) {
      const row = world.vmRows[index]!;
      const { vmVcpuFirst, vmVcpuCount, vcpuSeenUsedNs } = world.columns;
      now[name] = 0;
      for (let i = 0; i < vmVcpuCount[row]!; i += 1)
        now[name] += vcpuSeenUsedNs.get(vmVcpuFirst.get(row) + i);
    }
    rows.push(
      Object.fromEntries(Object.entries(now).map(([name, ns]) => [name, (ns - (before[name] ?? 0)) / 10e6])),
    );
    before = now;
  }
  return rows;
}

test("2:1:1, a fourth with 4 comes, and goes: exact between events", async () => {
  const words = {
    duration: "24s",
    vms: [shares("a", 2), shares("b", 1), shares("c", 1)],
    events: [
      { at: "8s", add: { vm: added("d", 4) } },
      { at: "16s", remove: { vm: "d" } },
    ],
  };
  const rows = await serviceOf(words, [8 * S, 16 * S, 24 * S]);
  const expected = [
    { a: 400, b: 200, c: 200, d: 0 },
    { a: 200, b: 100, c: 100, d: 400 },
    { a: 400, b: 200, c: 200, d: 0 },
  ];
  rows.forEach((row, i) => {
    for (const [name, quanta] of Object.entries(expected[i]!)) {
      expect(Math.abs(row[name]! - quanta), `${name} in part ${i}: ${row[name]}`).toBeLessThanOrEqual(1);
    }
  });
  const result = await runCpu({ policy, ...words });
  expect(result.events.map(({ atNs, kind, text }) => [atNs / S, kind, text])).toEqual([
    [8, "add", "d is added."],
    [16, "stop", "d is powered off."],
    [16, "remove", "d is removed."],
  ]);
  const { addedNs, removedNs, cpu } = vmOf(result, "d");
  expect([addedNs, removedNs, cpu!.power, cpu!.poweredNs]).toEqual([8 * S, 16 * S, "off", 8 * S]);
  expect(vmOf(result, "a").addedNs).toBeUndefined();
  expect(Math.abs(usageOf(result, "d").usedNs - 4 * S)).toBeLessThanOrEqual(10e6);
});

const near = (
  row: Record<string, number>,
  expected: Record<string, number>,
  quanta: number,
  what: string,
) => {
  for (const [name, want] of Object.entries(expected)) {
    expect(Math.abs(row[name]! - want), `${what}: ${name} ${row[name]}, due ${want}`).toBeLessThanOrEqual(
      quanta,
    );
  }
};

describe("pools", () => {
  const pools = [
    { name: "alice", cpu: { shares: 3 } },
    { name: "bob", cpu: { shares: 2 } },
  ];
  const vms = [
    shares("a1", 1, { pool: "alice" }),
    shares("a2", 1, { pool: "alice" }),
    shares("b1", 1, { pool: "bob" }),
  ];

  test("Alice keeps 60 % when Bob adds a VM of twice the shares, and when he removes it", async () => {
    const events = [
      { at: "10s", add: { vm: added("b2", 2, { pool: "bob" }) } },
      { at: "25s", remove: { vm: "b1" } },
    ];
    const rows = await serviceOf({ duration: "35s", pools, vms, events }, [10 * S, 25 * S, 35 * S]);
    near(rows[0]!, { a1: 300, a2: 300, b1: 400, b2: 0 }, 1, "before");
    near(rows[1]!, { a1: 450, a2: 450, b1: 200, b2: 400 }, 1, "with b2");
    near(rows[2]!, { a1: 300, a2: 300, b1: 0, b2: 400 }, 1, "without b1");
  });

  test("a pool comes with a VM, and goes when it is empty: refused before", async () => {
    const events = [
      { at: "10s", add: { pool: { name: "carol", cpu: { shares: 5 } } } },
      { at: "10s", add: { vm: added("c1", 1, { pool: "carol" }) } },
      { at: "20s", remove: { pool: "carol" } },
      { at: "20s", remove: { vm: "c1" } },
      { at: "20s", remove: { pool: "carol" } },
      { at: "20s", start: { vm: "c1" } },
      { at: "20s", set: { pool: "carol", "cpu.shares": 9 } },
      { at: "20s", remove: { pool: "carol" } },
    ];
    const words = { duration: "30s", pools, vms, events };
    const rows = await serviceOf(words, [10 * S, 20 * S, 30 * S]);
    near(rows[0]!, { a1: 300, a2: 300, b1: 400, c1: 0 }, 1, "before");
    near(rows[1]!, { a1: 150, a2: 150, b1: 200, c1: 500 }, 1, "with carol");
    near(rows[2]!, { a1: 300, a2: 300, b1: 400, c1: 0 }, 1, "after");
    const result = await runCpu({ policy, ...words });
    expect(result.events.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "add: Pool carol is added.",
      "add: c1 is added.",
      "refused: Pool carol is not removed: c1 is in it.",
      "stop: c1 is powered off.",
      "remove: c1 is removed.",
      "remove: Pool carol is removed.",
      "refused: c1 is not powered on: it has been removed.",
      "refused: Nothing is set: pool carol has been removed.",
      "refused: Pool carol is not removed: pool carol has been removed.",
    ]);
    const carol = result.pools.find(({ name }) => name === "carol")!;
    expect([carol.addedNs, carol.removedNs]).toEqual([10 * S, 20 * S]);
    expect(Math.abs(carol.cpu.usedNs - 5 * S)).toBeLessThanOrEqual(10e6);
  });

  test("a VM changes pools: the members of both feel it, no other pool does, and pools keep what was used in them", async () => {
    const own = [...pools, { name: "carol", cpu: { shares: 5 } }];
    const all = [...vms, shares("c1", 1, { pool: "carol" })];
    const events = [
      { at: "10s", set: { vm: "a1", pool: "bob" } },
      { at: "20s", set: { vm: "a1", pool: "none" } },
      { at: "30s", set: { vm: "a1", pool: "alice" } },
    ];
    const words = { duration: "40s", pools: own, vms: all, events };
    const rows = await serviceOf(words, [10 * S, 20 * S, 30 * S, 40 * S]);
    near(rows[0]!, { a1: 150, a2: 150, b1: 200, c1: 500 }, 1, "at home");
    near(rows[1]!, { a1: 100, a2: 300, b1: 100, c1: 500 }, 1, "at Bob's");
    near(rows[2]!, { a1: 1000 / 11, a2: 3000 / 11, b1: 2000 / 11, c1: 5000 / 11 }, 1, "alone");
    near(rows[3]!, { a1: 150, a2: 150, b1: 200, c1: 500 }, 1, "at home again");
    const result = await runCpu({ policy, ...words });
    const used = (name: string) => result.pools.find((pool) => pool.name === name)!.cpu.usedNs / 10e6;
    near(
      { alice: used("alice"), bob: used("bob"), carol: used("carol") },
      { alice: 300 + 300 + 3000 / 11 + 300, bob: 200 + 200 + 2000 / 11 + 200, carol: 1500 + 5000 / 11 },
      2,
      "pools",
    );
    expect(result.events.map(({ text }) => text)).toEqual([
      "a1 is in bob now.",
      "a1 is directly below its host now.",
      "a1 is in alice now.",
    ]);
    expect(vmOf(result, "a1").pool).toBe("alice");
  });

  test("on four pCPUs with vCPUs apart, limits and reservations: what each pool gets follows, in every scheduler", async () => {
    for (const [scheduler, coscheduling] of [
      ["virtual-time", "none"],
      ["virtual-time", "strict"],
      ["virtual-time", "relaxed"],
      ["stride", "none"],
      ["credit", "none"],
      ["lottery", "none"],
      ["round-robin", "none"],
    ]) {
      const wide = [
        { name: "a1", vcpus: 2, pool: "alice", cpu: { limit: "150%", reservation: "20%" } },
        { name: "a2", vcpus: 2, pool: "alice" },
        { name: "b1", vcpus: 4, pool: "bob" },
      ];
      const result = await runCpu({
        duration: "20s",
        cpu: { cores: 4 },
        pools,
        vms: wide,
        policy: { scheduler, coscheduling, quantum: "10ms" },
        events: [
          { at: "5s", set: { vm: "a1", pool: "bob" } },
          { at: "10s", add: { vm: { ...added("b2", 1000, { pool: "bob" }), vcpus: 3 } } },
          { at: "12s", set: { vm: "b2", pool: "alice" } },
          { at: "15s", remove: { vm: "b2" } },
        ],
      });
      const name = `${scheduler} ${coscheduling}`;
      // A gang that finds too few processors leaves some idle.
      expect(result.hosts[0]!.cpu!.idleNs / 80e9, name).toBeLessThan(coscheduling === "strict" ? 0.15 : 0.01);
      expect(usageOf(result, "a1").usedNs, name).toBeLessThanOrEqual(30e9 + 10e6);
      const { usedNs, runNs, readyNs, costopNs, waitNs } = usageOf(result, "b2");
      expect(runNs + readyNs + costopNs + waitNs, name).toBe(3 * 5 * S);
      expect(usedNs, name).toBeGreaterThan(2 * S);
    }
  });
});

describe("refused", () => {
  test("by admission: an added VM is there, off; a pool whose reservation does not fit is not", async () => {
    const result = await runCpu({
      duration: "4s",
      vms: [{ name: "a", cpu: { reservation: "600MHz" } }],
      events: [
        { at: "1s", add: { vm: { ...added("b", 1), cpu: { reservation: "500MHz" } } } },
        { at: "1s", add: { pool: { name: "p", cpu: { reservation: "500MHz" } } } },
        { at: "1s", add: { vm: added("c", 1, { pool: "p" }) } },
        { at: "2s", remove: { vm: "a" } },
        { at: "3s", start: { vm: "b" } },
      ],
    });
    expect(result.events.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "add: b is added.",
      "refused: b is not powered on: b needs 500 MHz; hosts.h has 400 MHz unreserved (hosts.h).",
      "refused: Pool p is not added: p needs 500 MHz; hosts.h has 400 MHz unreserved (hosts.h).",
      "refused: c is not added: pool p is not there.",
      "stop: a is powered off.",
      "remove: a is removed.",
      "start: b is powered on.",
    ]);
    expect(result.vms.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(result.pools).toEqual([]);
    expect(Object.keys(result.series.vms)).toEqual(["a", "b"]);
    expect(usageOf(result, "b").usedNs).toBe(1 * S);
  });

  test("by owners: below the own pool everything, elsewhere nothing; a move needs both pools", async () => {
    const pools = [
      { name: "A", owner: "alice" },
      { name: "A1", pool: "A" },
      { name: "B", owner: "bob" },
    ];
    const run = async (actor: string | undefined, event: object) => {
      const who = actor === undefined ? {} : { actor };
      const result = await runCpu({
        duration: "2s",
        pools,
        vms: [
          { name: "web", pool: "A" },
          { name: "job", pool: "B" },
        ],
        events: [{ at: "1s", ...who, ...event }],
      });
      return result.events.map(({ kind }) => kind).join();
    };
    const cases: [event: object, alice: string, bob: string][] = [
      [{ add: { vm: added("n", 1, { pool: "A1" }) } }, "add", "refused"],
      [{ add: { vm: added("n", 1) } }, "refused", "refused"],
      [{ add: { pool: { name: "N", pool: "A1" } } }, "add", "refused"],
      [{ add: { pool: { name: "N" } } }, "refused", "refused"],
      [{ remove: { vm: "web" } }, "stop,remove", "refused"],
      [{ remove: { pool: "A1" } }, "remove", "refused"],
      [{ remove: { pool: "A" } }, "refused", "refused"],
      [{ set: { vm: "web", pool: "A1" } }, "set", "refused"],
      [{ set: { vm: "web", pool: "B" } }, "refused", "refused"],
      [{ set: { vm: "job", pool: "A" } }, "refused", "refused"],
      [{ set: { vm: "web", pool: "none" } }, "refused", "refused"],
    ];
    for (const [event, alice, bob] of cases) {
      expect(await run("alice", event), JSON.stringify(event)).toBe(alice);
      expect(await run("bob", event), JSON.stringify(event)).toBe(bob);
      expect(await run("eve", event), JSON.stringify(event)).toBe("refused");
      if (!JSON.stringify(event).includes('"remove":{"pool":"A"}')) {
        expect(await run(undefined, event), JSON.stringify(event)).not.toContain("refused");
      }
    }
  });

  test("a move into a pool whose reservation is too small, or of a VM that is there", async () => {
    const pools = [
      { name: "P", cpu: { reservation: "100MHz" }, expandable: false },
      { name: "Q", cpu: { reservation: "300MHz" }, expandable: false },
    ];
    const result = await runCpu({
      duration: "4s",
      pools,
      vms: [
        { name: "a", pool: "Q", cpu: { reservation: "200MHz" } },
        { name: "b", pool: "Q", cpu: { reservation: "100MHz" } },
      ],
      events: [
        { at: "1s", set: { vm: "a", pool: "P" } },
        { at: "1s", set: { vm: "a", pool: "Q" } },
        { at: "2s", set: { vm: "b", pool: "P" } },
        { at: "3s", set: { vm: "b", pool: "Q" } },
      ],
    });
    expect(result.events.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "refused: a stays where it is: a needs 200 MHz; pool P has 100 MHz of its reservation left and is not expandable (pools.P.cpu.reservation).",
      "refused: a stays where it is: it is there already.",
      "set: b is in P now.",
      "set: b is in Q now.",
    ]);
  });
});
