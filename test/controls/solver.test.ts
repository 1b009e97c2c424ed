// Goal: the core's solver over any tree gives the library call's numbers, bit by bit, in whatever order nodes are given.
// Method: one tree by hand; random trees with shuffled nodes; bad parents and values; a tree of 100,000.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type EntitlementNode, entitlements } from "../../src/controls/entitlements.ts";
import { arrangePools } from "../../src/controls/pool-tree.ts";
import { createEntitlementSolver, EntitlementSolver } from "../../src/controls/solver.ts";
import { compileCore } from "../support/raw-core.ts";

const NONE = Number.POSITIVE_INFINITY;
const core = compileCore("ballast");

function controlsOf(nodes: readonly { s?: number; r?: number; l?: number; d?: number }[]) {
  return {
    shares: Float64Array.from(nodes, ({ s }) => s ?? 1),
    reservation: Float64Array.from(nodes, ({ r }) => r ?? 0),
    limit: Float64Array.from(nodes, ({ l }) => l ?? NONE),
    demand: Float64Array.from(nodes, ({ d }) => d ?? NONE),
  };
}

test("rows stand breadth first, siblings in the order given", () => {
  const { rows, first, children, places } = arrangePools([-1, 0, -1, 0]);
  expect({ rows, first: [...first], children: [...children], places: [...places] }).toEqual({
    rows: 5,
    first: [1, 3, 0, 0, 0],
    children: [2, 2, 0, 0, 0],
    places: [1, 3, 2, 4],
  });
});

test("Alice and Bob, children before their pools; solved again with a VM that idles", async () => {
  const solver = await createEntitlementSolver([3, 3, 4, -1, -1]);
  const nodes = [{}, {}, {}, { s: 3 }, { s: 2 }];
  expect([...solver.solve(100, controlsOf(nodes))]).toEqual([30, 30, 40, 60, 40]);
  expect([...solver.solve(100, controlsOf([{ d: 0 }, ...nodes.slice(1)]))]).toEqual([0, 60, 40, 60, 40]);
  expect([...solver.solve(0, controlsOf(nodes))]).toEqual([0, 0, 0, 0, 0]);
});

test("property: the library call's numbers, bit by bit, for any order of nodes", () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.double({ min: 0, max: 100, noNaN: true }));
  const node = fc.record({
    s: fc.double({ min: 0.1, max: 100, noNaN: true }),
    r: fc.oneof(fc.constant(0), value),
    more: fc.oneof(fc.constant(NONE), value),
    d: fc.oneof(fc.constant(NONE), value),
    above: fc.nat(),
    key: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 30 }), value, (drawn, capacity) => {
      // Node i hangs under an earlier one or the root; then numbers are dealt anew.
      const parents = drawn.map(({ above }, i) => (above % (i + 1)) - 1);
      const order = [...drawn.keys()].sort((a, b) => drawn[a]!.key - drawn[b]!.key || a - b);
      const number = new Map(order.map((old, now) => [old, now]));
      const pools = new Set(parents);
      const nodes = order.map((old) => {
        const { s, r, more, d } = drawn[old]!;
        return { s, r, l: r + more, d: pools.has(old) ? NONE : d };
      });
      const parent = order.map((old) => number.get(parents[old]!) ?? -1);
      const solver = new EntitlementSolver(core, parent);
      const out = solver.solve(capacity, controlsOf(nodes));
      const build = (above: number): EntitlementNode[] =>
        nodes.flatMap(({ s, r, l, d }, i) => {
          if (parent[i] !== above) return [];
          const children = build(i);
          const own = { name: `${i}`, shares: s, reservation: r, limit: l, demand: d };
          return [children.length > 0 ? { ...own, children } : own];
        });
      const expected = entitlements({ capacity, children: build(-1) });
      expect([...out]).toEqual(nodes.map((_, i) => expected.get(`${i}`)));
    }),
    { numRuns: 500 },
  );
});

test("100,000 nodes, ten levels deep: every pool's children get what it got", () => {
  const count = 100_000;
  const parent = Int32Array.from({ length: count }, (_, i) => Math.floor((i - 1) / 3));
  parent[0] = -1;
  const nodes = Array.from({ length: count }, (_, i) => ({ s: 1 + (i % 7), r: i % 5 }));
  const out = new EntitlementSolver(core, parent).solve(1e6, controlsOf(nodes));
  const given = new Float64Array(count);
  for (let i = 1; i < count; i += 1) given[parent[i]!]! += out[i]!;
  expect(out[0]).toBe(1e6);
  for (let i = 0; 3 * i + 1 < count; i += 1) expect(given[i]).toBeCloseTo(out[i]!, 7);
});

test.each<[string, readonly number[]]>([
  ["parent[1]: expected -1 or the number of a node, got 2", [-1, 2]],
  ["parent[0]: expected -1 or the number of a node, got -2", [-2]],
  ["parent[0]: expected -1 or the number of a node, got 0.5", [0.5, -1]],
  ["parent[1]: expected a way up to the root, got a circle", [-1, 2, 1]],
  ["parent[0]: expected a way up to the root, got a circle", [0]],
])("rejects: %s", (message, parent) => {
  expect(() => new EntitlementSolver(core, parent)).toThrow(new RangeError(message));
});

test.each<[string, Parameters<typeof controlsOf>[0][number]]>([
  ["shares[1]: expected a number above 0, got 0", { s: 0 }],
  ["shares[1]: expected a number from 1e-100 to 1e100, got Infinity", { s: NONE }],
  ["reservation[1]: expected a number from 0, got NaN", { r: Number.NaN }],
  ["reservation[1]: expected a number up to 1e100, got Infinity", { r: NONE }],
  ["limit[1]: expected at least the reservation (5), got 4", { r: 5, l: 4 }],
  ["demand[1]: expected a number from 0, got -1", { d: -1 }],
])("rejects: %s", (message, bad) => {
  const solver = new EntitlementSolver(core, [-1, -1]);
  expect(() => solver.solve(10, controlsOf([{}, bad]))).toThrow(new RangeError(message));
});
