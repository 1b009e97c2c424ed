// Goal: in a running scenario an owner changes anything below its pool and nothing of the pool's own; everything else that
// an actor asks for is refused with its path, and leaves everything as it was.
// Method: one host of Alice's, Ann's and Bob's pools; each action by each actor, then the controls in force
// and what everybody got against a run in which nobody asked.
// Source: issue of resource controls ("Pools have owners"); docs/scenario.md.

import { describe, expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { type CpuWords, runCpu, shareOf, usageOf, vmOf } from "../support/cpu.ts";

const ACTORS = [undefined, "alice", "ann", "bob", "eve"];
/** Alice's pool A holds Ann's pool A1; Bob's pool B is beside it; "free" is in no pool. */
const words = (events: readonly object[] = []): CpuWords => ({
  duration: "4s",
  cpu: { cores: 2 },
  pools: [
    { name: "A", owner: "alice", cpu: { shares: 2000 } },
    { name: "A1", pool: "A", owner: "ann", cpu: { shares: 1000 } },
    { name: "B", owner: "bob", cpu: { shares: 2000, reservation: "200MHz" } },
  ],
  vms: [
    { name: "web", pool: "A1", vcpus: 2 },
    { name: "db", pool: "A" },
    { name: "job", pool: "B" },
    { name: "late", pool: "A1", start: "1h" },
    { name: "free" },
  ],
  policy: { quantum: "10ms", coscheduling: "none" },
  events,
});

/** What refused actions must not change: what everybody got, and the controls in force. */
const outcome = ({ vms, pools, hosts }: Result) => ({
  vms: vms.map(({ name, cpu, work, memory }) => ({ name, cpu, work, memory })),
  pools,
  hosts: hosts.map(({ cpu }) => cpu),
});
const eventsOf = ({ events }: Result) => events.map(({ kind, text }) => [kind, text]);

const settings: [what: string, set: object, allowed: readonly string[], paths: readonly string[]][] = [
  ["a pool's shares", { pool: "A", "cpu.shares": 9000 }, [], ["pools.A.cpu.shares"]],
  ["a pool's reservation", { pool: "A", "cpu.reservation": "100MHz" }, [], ["pools.A.cpu.reservation"]],
  ["a pool's limit", { pool: "A", "cpu.limit": "50%" }, [], ["pools.A.cpu.limit"]],
  ["a pool's memory", { pool: "A", "mem.shares": 9000 }, [], ["pools.A.mem.shares"]],
  ["a pool below", { pool: "A1", "cpu.shares": 9000 }, ["alice"], ["pools.A1.cpu.shares"]],
  ["a pool below, its limit", { pool: "A1", cpu: { limit: "50%" } }, ["alice"], ["pools.A1.cpu.limit"]],
  ["a VM two below", { vm: "web", "cpu.shares": 9000 }, ["alice", "ann"], ["vms.web.cpu.shares"]],
  ["a VM's limit", { vm: "web", "cpu.limit": "20%" }, ["alice", "ann"], ["vms.web.cpu.limit"]],
  ["a VM's reservation", { vm: "db", "cpu.reservation": "10%" }, ["alice"], ["vms.db.cpu.reservation"]],
  ["vCPUs", { vm: "web", vcpus: 1 }, ["alice", "ann"], ["vms.web.vcpus"]],
  ["a VM elsewhere", { vm: "job", "cpu.shares": 9000 }, ["bob"], ["vms.job.cpu.shares"]],
  ["a VM of nobody", { vm: "free", "cpu.shares": 9000 }, [], ["vms.free.cpu.shares"]],
  ["several at once", { vm: "web", vcpus: 1, "cpu.shares": 10 }, ["alice", "ann"], ["vms.web.cpu.shares"]],
];

describe("set", () => {
  test.each(settings)("%s", async (_, set, allowed, paths) => {
    const untouched = outcome(await runCpu(words()));
    for (const actor of ACTORS) {
      const who = actor === undefined ? {} : { actor };
      const result = await runCpu(words([{ at: "1s", ...who, set }]));
      const isAllowed = actor === undefined || allowed.includes(actor);
      const [[kind, text] = ["none", ""], ...more] = eventsOf(result);
      expect(more).toEqual([]);
      expect(kind, `${actor}`).toBe(isAllowed ? "set" : "refused");
      if (isAllowed) {
        // Memory controls of pools are not among the results.
        if (!Object.keys(set).includes("mem.shares")) expect(outcome(result)).not.toEqual(untouched);
        continue;
      }
      expect(text).toContain(`${paths[0]} stays as it is: "${actor}"`);
      expect(outcome(result)).toEqual(untouched);
    }
  });

  test("nothing half done: one key that does not fit leaves the other as it was", async () => {
    // Bob may change job, but 300 MHz are more than his pool has, which may not expand.
    const given = words([
      { at: "1s", actor: "bob", set: { vm: "job", "cpu.shares": 9000, "cpu.reservation": "300MHz" } },
    ]);
    const pools = given.pools!.map((pool) => ({ ...pool, expandable: false }));
    const result = await runCpu({ ...given, pools });
    expect(eventsOf(result)).toEqual([
      ["refused", expect.stringMatching(/^job stays as it is: .*300 MHz.*\(pools\.B\.cpu\.reservation\)\.$/)],
    ]);
    expect([usageOf(result, "job").shares, usageOf(result, "job").reservationMhz]).toEqual([1000, 0]);
    const within = await runCpu({
      ...given,
      pools,
      events: [
        { at: "1s", actor: "bob", set: { vm: "job", "cpu.shares": 9000, "cpu.reservation": "150MHz" } },
      ],
    });
    expect([usageOf(within, "job").shares, usageOf(within, "job").reservationMhz]).toEqual([9000, 150]);
  });

  test("what an owner changes inside is felt inside and nowhere else", async () => {
    const before = await runCpu(words());
    const after = await runCpu(words([{ at: "0s", actor: "alice", set: { vm: "db", "cpu.shares": 3000 } }]));
    // Inside A: db had 1 of 2 of 1000 : 1000, now 3 of 4, up to one pCPU of A's 0.8.
    const [db0, a0, b0, free0] = shareOf(before, "db", "A", "B", "free");
    const [db1, a1, b1, free1] = shareOf(after, "db", "A", "B", "free");
    expect(db1! / a1!).toBeCloseTo(0.75, 1);
    expect(db0! / a0!).toBeCloseTo(0.5, 1);
    for (const [x, y] of [
      [a0, a1],
      [b0, b1],
      [free0, free1],
    ] as const) {
      expect(Math.abs(x! - y!)).toBeLessThan(0.02);
    }
  });
});

describe("power and hot-plug", () => {
  const actions: [what: string, action: object, allowed: readonly string[], path: string][] = [
    ["stop", { stop: { vm: "web" } }, ["alice", "ann"], "vms.web.power"],
    ["start", { start: { vm: "late" } }, ["alice", "ann"], "vms.late.power"],
    ["reset", { reset: { vm: "job" } }, ["bob"], "vms.job.power"],
    ["stop of nobody's", { stop: { vm: "free" } }, [], "vms.free.power"],
  ];

  test.each(actions)("%s", async (_, action, allowed, path) => {
    const untouched = outcome(await runCpu(words()));
    for (const actor of ACTORS.slice(1)) {
      const result = await runCpu(words([{ at: "1s", actor, ...action }]));
      const [[kind, text] = ["none", ""]] = eventsOf(result);
      if (allowed.includes(actor!)) {
        expect(kind).toBe(Object.keys(action)[0]);
        expect(outcome(result)).not.toEqual(untouched);
        continue;
      }
      expect(kind).toBe("refused");
      expect(text).toContain(`${path} stays as it is: "${actor}"`);
      expect(outcome(result)).toEqual(untouched);
    }
  });

  test("an owner's VM that is off and then on again has run for the rest only", async () => {
    const events = [
      { at: "1s", actor: "ann", stop: { vm: "web" } },
      { at: "3s", actor: "bob", start: { vm: "web" } },
      { at: "3s", actor: "ann", start: { vm: "web" } },
    ];
    const result = await runCpu(words(events));
    expect(vmOf(result, "web").cpu!.poweredNs).toBe(2e9);
    expect(result.events.map(({ kind }) => kind)).toEqual(["stop", "refused", "start"]);
  });
});

test("who is off is not powered off again or reset, who is on not on: told, and nothing is done", async () => {
  const events = [
    { at: "1s", start: { vm: "web" } },
    { at: "2s", stop: { vm: "web" } },
    { at: "3s", stop: { vm: "web" } },
    { at: "3s", reset: { vm: "web" } },
  ];
  const result = await runCpu(words(events));
  expect(eventsOf(result)).toEqual([
    ["refused", "web is not powered on: it is on already."],
    ["stop", "web is powered off."],
    ["refused", "web is not powered off: it is off already."],
    ["refused", "web is not reset: it is off."],
  ]);
  expect(outcome(result)).toEqual(outcome(await runCpu(words([events[1]!]))));
});

describe("what lies in no pool", () => {
  test("the idle tax is the administrator's", async () => {
    const run = (who: object) => runCpu(words([{ at: "1s", ...who, idleTax: "50%" }]));
    expect(eventsOf(await run({}))).toEqual([["set", "Idle memory tax: 75 % -> 50 %."]]);
    for (const actor of ACTORS.slice(1)) {
      expect(eventsOf(await run({ actor }))).toEqual([
        [
          "refused",
          `policies.memory.idleTax stays as it is: only the administrator changes what no pool holds, not "${actor}".`,
        ],
      ]);
    }
  });
});

test("a change tells what it found and what it leaves", async () => {
  const change = (set: object) => ({ at: "1s", set });
  const set = {
    "cpu.shares": 2000,
    "cpu.reservation": "200MHz",
    "cpu.limit": "50%",
    "mem.shares": 7,
    "mem.reservation": "4KiB",
  };
  const one = { duration: "3s", pools: [{ name: "p" }], vms: [{ name: "a", pool: "p", memory: "8KiB" }] };
  const run = async (changes: object) => eventsOf(await runCpu({ ...one, events: [change(changes)] }));
  expect(await run({ vm: "a", ...set })).toEqual([
    [
      "set",
      "a: cpu.shares 1 000 -> 2 000, cpu.reservation none -> 200 MHz, cpu.limit none -> 500 MHz, mem.shares 1 -> 7, mem.reservation none -> 4 KiB.",
    ],
  ]);
  expect(await run({ vm: "a", "cpu.shares": 1000, "cpu.limit": "none" })).toEqual([
    ["set", "a: cpu.shares stays 1 000, cpu.limit stays none."],
  ]);
  expect(await run({ pool: "p", "cpu.limit": "250MHz", "mem.limit": "1MiB" })).toEqual([
    ["set", "p: cpu.limit none -> 250 MHz, mem.limit none -> 1 MiB."],
  ]);
});
