// Goal: on several pCPUs, where somebody reserves or limits, everybody gets what the solver says, and weights are to each
// other as its answers; what a sleeper leaves goes to the others by their shares; changes count at once.
// Method: random trees of busy VMs against `pour`, which knows nothing of the solver; closed forms for the rest.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fits, pour, type Vessel } from "../model/cpu/water.ts";
import {
  advanceTo,
  type CpuWords,
  cpuWorld,
  MS,
  runCpu,
  seenUsedNs,
  shareOf,
  usageOf,
} from "../support/cpu.ts";

const policy = { quantum: "10ms", coscheduling: "none" };

interface Node {
  readonly name: string;
  readonly shares: number;
  readonly vcpus: number;
  /** Of what it can use, in hundredths; 0: none. */
  readonly reserved: number;
  readonly limited: number;
  readonly children?: readonly Node[];
}
const vm = fc.record({
  shares: fc.integer({ min: 1, max: 8 }),
  vcpus: fc.integer({ min: 1, max: 3 }),
  reserved: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
  limited: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 40, max: 95 })),
});
const members = fc.array(vm, { minLength: 1, maxLength: 4 });
const tree = fc.array(fc.tuple(vm, members), { minLength: 1, maxLength: 4 });

function nodesOf(given: readonly (readonly [Omit<Node, "name">, readonly Omit<Node, "name">[]])[]): Node[] {
  return given.map(([own, below], p) => {
    const children = below.map((one, v) => ({ ...one, name: `p${p}v${v}` }));
    return { ...own, name: `p${p}`, children };
  });
}

function widthOf({ vcpus, children }: Node): number {
  return children === undefined ? 1000 * vcpus : children.reduce((sum, one) => sum + widthOf(one), 0);
}

/** MHz of its width; what nobody said stays out. */
function controlsOf(node: Node): { reservation?: number; limit?: number } {
  const { reserved, limited } = node;
  const width = widthOf(node);
  return {
    ...(reserved === 0 ? {} : { reservation: Math.round((width * reserved) / 100) }),
    ...(limited === 0 ? {} : { limit: Math.round((width * limited) / 100) }),
  };
}

function vesselOf(node: Node): Vessel {
  const { name, shares, children } = node;
  const own = { name, shares, ...controlsOf(node) };
  return children === undefined
    ? { ...own, width: widthOf(node) }
    : { ...own, children: children.map(vesselOf) };
}

function wordsOf(nodes: readonly Node[], cores: number): CpuWords {
  const wordOf = (node: Node) => {
    const mhz = Object.entries(controlsOf(node)).map(([key, value]) => [key, `${value}MHz`]);
    return { name: node.name, cpu: { shares: node.shares, ...Object.fromEntries(mhz) } };
  };
  return {
    cpu: { cores },
    pools: nodes.map(wordOf),
    vms: nodes.flatMap((pool) =>
      pool.children!.map((one) => ({ ...wordOf(one), vcpus: one.vcpus, pool: pool.name })),
    ),
    policy,
  };
}

describe("random trees of busy VMs with reservations and limits", () => {
  test("property: the weights of siblings are to each other as what they are due", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 2, max: 8 }), async (given, cores) => {
        const nodes = nodesOf(given);
        const vessels = nodes.map(vesselOf);
        const isBound = nodes.some((pool) =>
          [pool, ...pool.children!].some((one) => one.reserved + one.limited > 0),
        );
        if (!isBound || !fits(1000 * cores, vessels)) return;
        const due = pour(1000 * cores, vessels);
        const world = await cpuWorld(wordsOf(nodes, cores));
        advanceTo(world, 350 * MS);
        const { columns, scenario, vmRows, plan } = world;
        const weightOf = (name: string): number => {
          const pool = scenario.pools.findIndex((one) => one.name === name);
          const index = scenario.vms.findIndex((one) => one.name === name);
          const client = pool < 0 ? columns.vmClient[vmRows[index]!]! : plan.cpu!.poolClients[pool]!;
          return columns.clientShares.get(client);
        };
        for (const group of [nodes, ...nodes.map(({ children }) => children!)]) {
          const most = group.reduce((a, b) => (due.get(a.name)! >= due.get(b.name)! ? a : b));
          // Whom a limit keeps has more, or it could not spend it; reservations of siblings may leave somebody nothing.
          if (group.some(({ limited }) => limited > 0) || due.get(most.name) === 0) continue;
          for (const { name } of group.filter((one) => due.get(one.name)! > 0)) {
            const expected = due.get(name)! / due.get(most.name)!;
            const ratio = weightOf(name) / weightOf(most.name);
            expect(Math.abs(ratio / expected - 1), `${name}: ${ratio} of ${expected}`).toBeLessThan(0.005);
            compared += 1;
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  test("property: after 10 s every VM has what it is due, to 2.5 % of a pCPU, 15 (or 5 % of it) where there are limits", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 2, max: 8 }), async (given, cores) => {
        const nodes = nodesOf(given);
        const vessels = nodes.map(vesselOf);
        if (!fits(1000 * cores, vessels)) return;
        const due = pour(1000 * cores, vessels);
        // Limits hold within 100 ms: quanta have to be short for that.
        const result = await runCpu({
          ...wordsOf(nodes, cores),
          duration: "10s",
          policy: { ...policy, quantum: "4ms" },
        });
        const isLimited = nodes.some((pool) => [pool, ...pool.children!].some(({ limited }) => limited > 0));
        for (const [name, mhz] of due) {
          const got = (1000 * usageOf(result, name).usedNs) / result.simulatedNs;
          expect(Math.abs(got - mhz), `${name}: ${got} of ${mhz} MHz`).toBeLessThan(
            isLimited ? Math.max(150, 0.05 * mhz) : 25,
          );
          compared += 1;
        }
      }),
      { numRuns: 20 },
    );
    expect(compared).toBeGreaterThan(30);
  });
});

describe("closed forms on two pCPUs", () => {
  const busy = (name: string, shares: number, more: object = {}, cpu: object = {}) => ({
    ...{ name, vcpus: 2, cpu: { shares, ...cpu } },
    ...more,
  });
  const mhzOf = async (words: CpuWords, ...names: string[]) =>
    shareOf(await runCpu({ cpu: { cores: 2 }, duration: "20s", policy, ...words }), ...names).map(
      (part) => part * 1000,
    );

  // 2000 MHz: a uses 100, c is at its 400, b has the rest; by weights from shares alone c would get 543.
  test("what a sleeper with most shares leaves goes to the others, who stay at their reservation or above it", async () => {
    const vms = [
      busy("a", 8, { vcpus: 1, workload: { run: "1ms", sleep: "9ms" } }),
      busy("b", 4),
      busy("c", 1, {}, { reservation: "400MHz" }),
    ];
    const [a, b, c] = await mhzOf({ vms, policy: { ...policy, wakeupPreemption: true } }, "a", "b", "c");
    expect(Math.abs(a! - 100)).toBeLessThan(5);
    expect(Math.abs(b! - 1500)).toBeLessThan(20);
    expect(Math.abs(c! - 400)).toBeLessThan(20);
  });

  test("a reservation that comes at 10 s and goes at 15 s counts from then on and until then", async () => {
    const vms = [busy("a", 1), busy("b", 9)];
    const set = (at: string, reservation: string) => ({
      at,
      set: { vm: "a", "cpu.reservation": reservation },
    });
    const events = [set("10s", "1200MHz"), set("15s", "0MHz")];
    const world = await cpuWorld({ cpu: { cores: 2 }, duration: "20s", vms, events, policy });
    expect(world.columns.worldReserving[0]).toBe(0);
    // (10 s × 200 + 5 s × 1200 + 5 s × 200) / 20 s
    const [a] = await mhzOf({ vms, events }, "a");
    expect(Math.abs(a! - 450)).toBeLessThan(5);
  });

  test("a reservation holds where interrupts take a fifth of the host, if there is as much left", async () => {
    const words: CpuWords = {
      host: { interrupts: [{ name: "nic", rate: "4000/s", cost: "100us" }] },
      vms: [busy("a", 1, {}, { reservation: "900MHz" }), busy("b", 9)],
    };
    const [a, b] = await mhzOf(words, "a", "b");
    expect(a! + b!).toBeLessThan(1610);
    expect(a).toBeGreaterThan(890);
    expect(a).toBeLessThan(920);
  });

  test("who needs less than it reserved has a tag, until its reservation goes", async () => {
    const vms = [
      busy("a", 1, { vcpus: 1, workload: { run: "1ms", sleep: "9ms" } }, { reservation: "800MHz" }),
      busy("b", 9),
      busy("c", 9, {}, { limit: "1500MHz" }),
    ];
    const events = [{ at: "3s", set: { vm: "a", "cpu.reservation": "0MHz" } }];
    const world = await cpuWorld({ cpu: { cores: 2 }, vms, events, policy });
    const tagged = () => [
      world.columns.worldReserving[0],
      world.columns.clientTagPpm.filter((ppm) => ppm > 0),
    ];
    advanceTo(world, 2900 * MS);
    expect(tagged()).toEqual([1, new Uint32Array([800_000])]);
    advanceTo(world, 3100 * MS);
    expect(tagged()).toEqual([0, new Uint32Array()]);
  });

  test("a limit that goes in the midst of a period holds nobody until its end", async () => {
    const vms = [busy("a", 1, { vcpus: 1 }, { limit: "200MHz" })];
    const events = [{ at: "1050ms", set: { vm: "a", "cpu.limit": "none" } }];
    const world = await cpuWorld({ cpu: { cores: 2 }, duration: "2s", vms, events, policy });
    advanceTo(world, 1099 * MS);
    world.recount();
    // 20 ms of each of eleven periods, and all 49 since the event.
    expect(seenUsedNs(world, "a") / MS).toBeCloseTo(220 + 49, 3);
  });

  test("entitlements: none serves reservations by tags, and where nobody reserves or limits nothing differs", async () => {
    const vms = [busy("a", 1, {}, { reservation: "900MHz" }), busy("b", 9)];
    const tags = { ...policy, entitlements: "none" };
    const world = await cpuWorld({ cpu: { cores: 2 }, vms, policy: tags });
    expect(world.plan.core.groups.has("entitled")).toBe(false);
    expect(world.columns.clientTagPpm.includes(900_000)).toBe(true);
    const [a] = await mhzOf({ vms, policy: tags }, "a");
    expect(a).toBeGreaterThan(890);
    const free = vms.map(({ cpu: { shares }, ...rest }) => ({ ...rest, cpu: { shares } }));
    const run = (given: object) => runCpu({ cpu: { cores: 2 }, vms: free, policy: given });
    expect((await run(tags)).stateHash).toBe((await run(policy)).stateHash);
  });
});
