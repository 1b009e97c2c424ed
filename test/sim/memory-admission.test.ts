// Goal: a VM powers on if and only if memory for its minimum and overhead is unreserved and swap space for the rest free;
// controls change while running under the same rule; what is refused changes nothing and says where it stuck.
// Method: scenarios of a few VMs with controls set by hand, run through; what is on, and the words of every refusal.
import { expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { parseScenario } from "../../src/scenario/index.ts";
import type { EventSpec, HostSpec, PoolSpec, Scenario, VmSpec } from "../../src/scenario/types.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { cpuScenario } from "../support/cpu.ts";
import { coreModule } from "../support/world.ts";

const MB = 256;

interface Words {
  /** By VM: minimum, size and overhead in MB; powered on a second after the one before. */
  readonly vms: readonly (readonly [name: string, minMb: number, sizeMb: number, overheadMb?: number])[];
  readonly host?: Partial<HostSpec>;
  readonly pool?: Partial<PoolSpec>;
  readonly events?: readonly object[];
}

const KEYS = { shares: "mem.shares", minPages: "mem.reservation", maxPages: "mem.limit" } as const;

/** A host of 1000 MB; all VMs in one pool if there is one. */
async function run({ vms, host, pool, events = [] }: Words): Promise<Result> {
  const words = cpuScenario({
    ...(pool === undefined ? {} : { pools: [{ name: "bob" }] }),
    vms: vms.map(([name], i) => ({
      name,
      start: `${i}s`,
      workload: { run: "1ms", sleep: "10s" },
      ...(pool === undefined ? {} : { pool: "bob" }),
    })),
  });
  const scenario: Scenario = {
    ...words,
    // Nowhere to page out to unless it is said, so that nobody asks for swap space.
    hosts: words.hosts.map(({ swap: _, ...one }) => ({ ...one, memoryPages: 1000 * MB, ...host })),
    pools: words.pools.map((one) => ({ ...one, ...pool })),
    vms: words.vms.map((one, i): VmSpec => {
      const [, minMb, sizeMb, overheadMb = 0] = vms[i]!;
      const mem = { ...one.mem, minPages: minMb * MB, maxPages: sizeMb * MB };
      return { ...one, memoryPages: sizeMb * MB, mem, overheadPages: overheadMb * MB };
    }),
    events: events.map((event, i) => ({ path: `events[${i}]`, ...event }) as EventSpec),
  };
  return simulate(scenario, { core: coreModule("release") });
}

const on = (result: Result): string[] =>
  result.vms.filter(({ cpu }) => cpu!.power === "on").map(({ name }) => name);
const told = (result: Result, kind: string): string[] =>
  result.events.filter((event) => event.kind === kind).map(({ text }) => text!);

test("minimum and overhead fit to the page: 700 + 32 and 236 + 32 of 1000 MB", async () => {
  const fits = await run({
    vms: [
      ["a", 700, 700, 32],
      ["b", 236, 400, 32],
    ],
  });
  expect(on(fits)).toEqual(["a", "b"]);
  const over = await run({
    vms: [
      ["a", 700, 700, 32],
      ["b", 237, 400, 32],
      ["c", 200, 200, 32],
    ],
  });
  expect(on(over)).toEqual(["a", "c"]);
  expect(told(over, "refused")).toEqual([
    "b is not powered on: b needs 269MiB; hosts.h has 268MiB unreserved (hosts.h).",
  ]);
});

test("what the hypervisor keeps for itself is not there to reserve; who stops makes room", async () => {
  const result = await run({
    host: { systemPages: 100 * MB },
    vms: [
      ["a", 600, 600],
      ["b", 400, 400],
      ["c", 300, 300],
    ],
    events: [
      { atNs: 5e9, kind: "stop", vm: 0 },
      { atNs: 6e9, kind: "start", vm: 1 },
      { atNs: 7e9, kind: "start", vm: 0 },
    ],
  });
  expect(on(result)).toEqual(["b", "c"]);
  expect(told(result, "refused")).toEqual([
    "b is not powered on: b needs 400MiB; hosts.h has 300MiB unreserved (hosts.h).",
    "a is not powered on: a needs 600MiB; hosts.h has 200MiB unreserved (hosts.h).",
  ]);
});

test("swap space for what all that are on can have beyond their minima", async () => {
  const disk = cpuScenario({ vms: [{ name: "a" }] }).hosts[0]!.swap!.disk;
  const vms = [
    ["a", 100, 400],
    ["b", 200, 500],
    ["c", 300, 300],
    ["d", 0, 1],
  ] as const;
  const tight = await run({ vms, host: { swap: { disk, pages: 600 * MB } } });
  expect(on(tight)).toEqual(["a", "b", "c"]);
  expect(told(tight, "refused")).toEqual([
    "d is not powered on: d needs 1MiB of swap space; hosts.h.swap has 0B left (hosts.h.swap).",
  ]);
  expect(on(await run({ vms, host: { swap: { disk, pages: 601 * MB } } }))).toEqual(["a", "b", "c", "d"]);
});

test("guests that do not compute ask too, as scenarios are written", async () => {
  const text = JSON.stringify({
    ballast: 1,
    duration: "1s",
    hosts: [{ name: "h", memory: "100MiB", swap: { kind: "ssd", size: "60MiB" } }],
    vms: [
      { name: "a", memory: "50MiB", mem: { reservation: "20MiB" } },
      { name: "b", memory: "50MiB", mem: { limit: "30MiB" } },
      { name: "c", memory: "10MiB" },
    ],
  });
  const result = await simulate(parseScenario(text), { core: coreModule("release") });
  expect(told(result, "refused")).toEqual([
    "c is not powered on: c needs 10MiB of swap space; hosts.h.swap has 0B left (hosts.h.swap).",
  ]);
});

test("a pool's reservation for memory: its own, then its parent's if it is expandable", async () => {
  const vms = [
    ["a", 200, 200, 10],
    ["b", 100, 100, 10],
  ] as const;
  const mem = { shares: 1000, minPages: 300 * MB };
  const fixed = await run({ vms, pool: { mem, expandable: false } });
  expect(on(fixed)).toEqual(["a"]);
  expect(told(fixed, "refused")[0]).toContain(
    "pool bob has 90MiB of its reservation left and is not expandable (pools.bob.mem.reservation)",
  );
  expect(on(await run({ vms, pool: { mem, expandable: true } }))).toEqual(["a", "b"]);
  const limited = await run({ vms, pool: { mem: { ...mem, maxPages: 310 * MB }, expandable: true } });
  expect(told(limited, "refused")[0]).toContain("left up to its limit (pools.bob.mem.limit)");
});

test("controls change while running as far as there is room; a refused change changes nothing", async () => {
  const set = (atS: number, mem: object) => ({
    atNs: atS * 1e9,
    kind: "set",
    target: { kind: "vm", index: 0 },
    keys: Object.keys(mem).map((key) => KEYS[key as keyof typeof KEYS]),
    mem,
  });
  const result = await run({
    vms: [
      ["a", 100, 500],
      ["b", 600, 600],
    ],
    events: [
      set(3, { minPages: 401 * MB, shares: 7 }),
      set(4, { minPages: 400 * MB }),
      set(5, { maxPages: 399 * MB }),
      set(6, { minPages: 300 * MB, maxPages: 350 * MB, shares: 9 }),
    ],
  });
  expect(told(result, "refused")).toEqual([
    "a stays as it is: a needs 301MiB; hosts.h has 300MiB unreserved (hosts.h).",
    "a stays as it is: a cannot be limited to 399MiB: 400MiB are reserved (vms.a.mem.reservation).",
  ]);
  const { minPages, maxPages, shares } = result.vms[0]!.memory;
  expect({ minPages, maxPages, shares }).toEqual({ minPages: 300 * MB, maxPages: 350 * MB, shares: 9 });
});
