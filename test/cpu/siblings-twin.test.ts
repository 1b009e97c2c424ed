// Goal: at the end of every quantum the core picks whom the rule for siblings on several pCPUs says, word by word.
// Method: random trees of busy VMs that begin at odd times, so that one quantum ends at a time; the world just before it,
// charged by hand, goes to a twin that looks at every child; who then runs is compared.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { World } from "../../src/sim/world.ts";
import { nextAfter, type SiblingNode } from "../model/cpu/siblings.ts";
import { advanceTo, cpuWorld, MS } from "../support/cpu.ts";

const NONE = 0xffff_ffff;
const EMPTY = 2n ** 64n - 1n;
const READY = 2;
const QUANTUM = 3;
const shares = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(50, 1000));
const machine = fc.record({
  cores: fc.integer({ min: 2, max: 5 }),
  pools: fc.array(fc.record({ shares, parent: fc.option(fc.nat({ max: 2 }), { nil: undefined }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  vms: fc.array(
    fc.record({
      shares,
      pool: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 6 }),
      start: fc.nat({ max: 2999 }),
    }),
    { minLength: 6, maxLength: 16 },
  ),
});
type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;

function worldOf({ cores, pools, vms }: Machine): Promise<World> {
  return cpuWorld({
    cpu: { cores },
    pools: pools.map((one, p) => ({
      ...{ name: `p${p}`, cpu: { shares: one.shares } },
      ...(one.parent === undefined || one.parent >= p ? {} : { pool: `p${one.parent}` }),
    })),
    vms: vms.map((one, v) => ({
      ...{ name: `v${v}`, cpu: { shares: one.shares }, start: `${one.start}us` },
      ...(one.pool === undefined || one.pool >= pools.length ? {} : { pool: `p${one.pool}` }),
    })),
    // Scans would move vCPUs at times of their own.
    policy: { quantum: `${QUANTUM}ms`, coscheduling: "none", balance: { every: "1h" } },
  });
}

/** The tree as it is; a pCPU's vCPU charged up to a time, by the remainder kept and the slack. */
function treeOf({ columns }: World, charged: number, at: number): SiblingNode[] {
  const nodes: SiblingNode[] = [];
  const trees = columns.hostWantTrees.get(0);
  for (const row of columns.clientHost.keys()) {
    const above = columns.clientParent.get(row);
    const parent = above === NONE ? undefined : nodes[above]!;
    const seat = (group: number) =>
      trees +
      columns.clientSeat.get(group) +
      columns.clientSeats.get(group) +
      row -
      columns.clientFirst.get(group);
    const vcpu = columns.clientVcpu.get(row);
    const waits = vcpu !== NONE && columns.vcpuState.get(vcpu) === READY;
    const node: SiblingNode = {
      ...{ row, parent, children: [], shares: BigInt(columns.clientShares.get(row)) },
      ...{ vtime: columns.clientVtime.big(row), clock: columns.clientClock.big(row) },
      hasWaited:
        above !== NONE && columns.seatKey.big(seat(above)) !== EMPTY && columns.clientActive[row]! > 0,
      queue: waits ? columns.vcpuPcpu.get(vcpu) : undefined,
    };
    nodes.push(node);
    parent?.children.push(node);
  }
  const used = BigInt(at) - columns.pcpuSettledNs.big(charged);
  const leaf = nodes[columns.vcpuClient.get(columns.pcpuVcpu.get(charged))]!;
  for (let node = leaf; node.parent !== undefined; node = node.parent) {
    node.vtime += (used * 4096n + BigInt(columns.clientVtimeRest.get(node.row))) / node.shares;
    const floor = node.parent.clock - columns.clientSlack.big(node.parent.row);
    if (node.vtime < floor) node.vtime = floor;
  }
  return nodes;
}

test("property: who is next at the end of a quantum", async () => {
  let compared = 0;
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(machine, async (given) => {
      const world = await worldOf(given);
      const { columns } = world;
      if (columns.hostWantTrees === undefined || columns.hostWantTrees.get(0) === NONE) return;
      for (let now = 20 * MS; now < 160 * MS; ) {
        advanceTo(world, now);
        const ends = [...columns.pcpuVcpu.keys()].map((pcpu) =>
          columns.pcpuVcpu.get(pcpu) === NONE ? Infinity : Number(columns.pcpuSliceEndNs.big(pcpu)),
        );
        const at = Math.min(...ends);
        if (at === Infinity) return;
        advanceTo(world, at - 1);
        const pcpu = ends.indexOf(at);
        const isAlone = ends.filter((end) => end === at).length === 1;
        const nodes = isAlone ? treeOf(world, pcpu, at) : [];
        const before = columns.pcpuVcpu.get(pcpu);
        advanceTo(world, at);
        now = at + 1;
        if (!isAlone) continue;
        const rule = { root: nodes[0]!, marginNs: columns.worldBalanceMarginNs.big(0) };
        const next = nextAfter(rule, nodes[columns.vcpuClient.get(before)]!, pcpu);
        expect(columns.vcpuClient.get(columns.pcpuVcpu.get(pcpu)), `pcpu ${pcpu} at ${at}`).toBe(next.row);
        compared += 1;
        if (next.row !== columns.vcpuClient.get(before)) changed += 1;
      }
    }),
    { numRuns: 60 },
  );
  expect(compared).toBeGreaterThan(2000);
  expect(changed).toBeGreaterThan(500);
});
