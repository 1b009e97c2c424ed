// Goal: the library call gives the published and worked entitlements, on any tree what handing out 1 MHz at a time gives,
// and names the first fault of its input.
// Method: cases by hand; random trees against the definition; laws; a table of bad input.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EntitlementNode, type EntitlementPool, entitlements } from "../../src/controls/entitlements.ts";
import { type Client, oneByOne } from "../model/cpu/entitlement.ts";

const got = (pool: EntitlementPool): Record<string, number> => Object.fromEntries(entitlements(pool));

describe("worked cases", () => {
  test("facts V10, case A: 500 / 2250 / 3250", () => {
    const children = [
      { name: "VM1", shares: 1000, demand: 500 },
      { name: "VM2", shares: 1000, reservation: 2250 },
      { name: "VM3", shares: 2000 },
    ];
    expect(got({ capacity: 6000, children })).toEqual({ VM1: 500, VM2: 2250, VM3: 3250 });
  });

  test("facts V10, case B: VM3 wants 2000 only, the rest is VM2's", () => {
    const children = [
      { name: "VM1", shares: 1000, demand: 500 },
      { name: "VM2", shares: 1000, reservation: 2250 },
      { name: "VM3", shares: 2000, demand: 2000 },
    ];
    expect(got({ capacity: 6000, children })).toEqual({ VM1: 500, VM2: 3500, VM3: 2000 });
  });

  test("an idle VM's unused reservation is not wasted: 100 / 900", () => {
    const children = [
      { name: "A", shares: 1000, reservation: 600, demand: 100 },
      { name: "B", shares: 1000 },
    ];
    expect(got({ capacity: 1000, children })).toEqual({ A: 100, B: 900 });
  });

  test("nor is an idle pool's: its children want 100 of its 600", () => {
    const children = [
      { name: "P", shares: 1, reservation: 600, children: [{ name: "A", shares: 1, demand: 100 }] },
      { name: "B", shares: 1 },
    ];
    expect(got({ capacity: 1000, children })).toEqual({ P: 100, A: 100, B: 900 });
  });

  test("infeasible shares are capped: 10:1:1 on two pCPUs, and a fourth VM", () => {
    const vm = (name: string, shares: number) => ({ name, shares, vcpus: 1 });
    const three = [vm("A", 10), vm("B", 1), vm("C", 1)];
    expect(got({ capacity: 200, vcpuMhz: 100, children: three })).toEqual({ A: 100, B: 50, C: 50 });
    const third = expect.closeTo(100 / 3, 12) as number;
    const four = [...three, vm("D", 1)];
    expect(got({ capacity: 200, vcpuMhz: 100, children: four })).toEqual({
      A: 100,
      B: third,
      C: third,
      D: third,
    });
  });

  test("Alice keeps 60 % when Bob adds a VM: 30/30/40, then 30/30/13.3/26.7", () => {
    const alice = {
      name: "alice",
      shares: 3,
      children: [
        { name: "VM1", shares: 1 },
        { name: "VM2", shares: 1 },
      ],
    };
    const bob = (...children: EntitlementNode[]) => ({ name: "bob", shares: 2, children });
    const before = { capacity: 100, children: [alice, bob({ name: "VM3", shares: 1 })] };
    expect(got(before)).toEqual({ alice: 60, bob: 40, VM1: 30, VM2: 30, VM3: 40 });
    const more = bob({ name: "VM3", shares: 1 }, { name: "VM4", shares: 2 });
    expect(got({ capacity: 100, children: [alice, more] })).toEqual({
      alice: 60,
      bob: 40,
      VM1: 30,
      VM2: 30,
      VM3: expect.closeTo(40 / 3, 12) as number,
      VM4: expect.closeTo(80 / 3, 12) as number,
    });
  });

  test("when Alice's VM1 idles, her VM2 gets its time before Bob gets any", () => {
    const children = [
      {
        name: "alice",
        shares: 3,
        children: [
          { name: "VM1", shares: 1, demand: 0 },
          { name: "VM2", shares: 1 },
        ],
      },
      { name: "bob", shares: 2, children: [{ name: "VM3", shares: 1 }] },
    ];
    expect(got({ capacity: 100, children })).toEqual({ alice: 60, VM1: 0, VM2: 60, bob: 40, VM3: 40 });
  });

  test("cluster facts: C = 10, A reserves 1, C reserves 3 and wants 2", () => {
    const children = (demand: number) => [
      { name: "A", shares: 2000, reservation: 1, demand },
      { name: "B", shares: 1000, demand: 6 },
      { name: "C", shares: 1000, reservation: 3, demand: 2 },
    ];
    expect(got({ capacity: 10, children: children(6) })).toEqual({
      A: expect.closeTo(5.3333, 4) as number,
      B: expect.closeTo(2.6667, 4) as number,
      C: 2,
    });
    expect(got({ capacity: 10, children: children(5) })).toEqual({ A: 5, B: 3, C: 2 });
  });

  test("limit slide: 800 active, 200 for a busy VM limited to 200", () => {
    const children = [
      { name: "active", shares: 1 },
      { name: "limited", shares: 9, limit: 200 },
    ];
    expect(got({ capacity: 1000, children })).toEqual({ active: 800, limited: 200 });
  });

  test("what children of a pool reserve holds against the pool's few shares", () => {
    const children = [
      { name: "P", shares: 1, children: [{ name: "A", shares: 1, reservation: 700 }] },
      { name: "B", shares: 99 },
    ];
    expect(got({ capacity: 1000, children })).toEqual({ P: 700, A: 700, B: 300 });
  });

  test("where reservations are more than there is, they shrink alike", () => {
    const children = [
      { name: "A", shares: 9, reservation: 300 },
      { name: "B", shares: 1, reservation: 600 },
      { name: "C", shares: 5 },
    ];
    expect(got({ capacity: 300, children })).toEqual({ A: 100, B: 200, C: 0 });
  });

  test("an empty pool uses nothing; an empty tree has nobody", () => {
    const children = [
      { name: "P", shares: 1, reservation: 5, children: [] },
      { name: "A", shares: 1 },
    ];
    expect(got({ capacity: 10, children })).toEqual({ P: 0, A: 10 });
    expect(got({ capacity: 10, children: [] })).toEqual({});
  });
});

/** A tree of whole numbers, so that handing out 1 MHz at a time comes out even. */
interface Raw {
  shares: number;
  reservation: number;
  above: number | undefined;
  demand: number | undefined;
  children: Raw[] | undefined;
}

const { tree } = fc.letrec<{ leaf: Raw; pool: Raw; tree: Raw }>((tie) => {
  const mhz = fc.integer({ min: 0, max: 60 });
  const fields = {
    shares: fc.integer({ min: 1, max: 12 }),
    reservation: fc.oneof(fc.constant(0), mhz),
    above: fc.option(mhz, { nil: undefined }),
  };
  return {
    leaf: fc.record({
      ...fields,
      demand: fc.option(mhz, { nil: undefined }),
      children: fc.constant(undefined),
    }),
    pool: fc.record({
      ...fields,
      demand: fc.constant(undefined),
      children: fc.array(tie("tree"), { minLength: 1, maxLength: 4 }),
    }),
    tree: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie("leaf"), tie("pool")),
  };
});
const trees = fc.array(tree, { minLength: 1, maxLength: 5 });

/** As the call takes it; names are ways down from the root. */
function named(raw: readonly Raw[], path = ""): EntitlementNode[] {
  return raw.map(({ shares, reservation, above, demand, children }, i) => ({
    name: `${path}${i}`,
    shares,
    reservation,
    limit: above === undefined ? undefined : reservation + above,
    demand,
    ...(children === undefined ? {} : { children: named(children, `${path}${i}.`) }),
  }));
}

/** As the definition takes it. */
function clients(raw: readonly Raw[]): Client[] {
  return raw.map(({ shares, reservation, above, demand, children }) => {
    const most = above === undefined ? Number.POSITIVE_INFINITY : reservation + above;
    if (children !== undefined) return { shares, low: reservation, high: most, children: clients(children) };
    const high = Math.min(most, demand ?? Number.POSITIVE_INFINITY);
    return { shares, low: Math.min(reservation, high), high };
  });
}

/**
 * Per name, in the definition's order (children after their pool): how far it may be off. Among n children each of the
 * others may be ahead by less than 1 MHz, and less than 1 MHz stays in hand: one may lack n MHz. What a pool has too much
 * or too little, a child has at most too.
 */
function slack(nodes: readonly EntitlementNode[], above = 0): [string, number][] {
  const own = above + nodes.length;
  return nodes.flatMap(
    ({ name, children }) => [[name, own], ...slack(children ?? [], own)] as [string, number][],
  );
}

describe("properties", () => {
  test("equals 1 MHz at a time, to 1 MHz a sibling", () => {
    let worst = 0;
    fc.assert(
      fc.property(trees, fc.integer({ min: 0, max: 400 }), (raw, capacity) => {
        const children = named(raw);
        const exact = entitlements({ capacity, children });
        const stepped = oneByOne(clients(raw), capacity);
        for (const [i, [name, most]] of slack(children).entries()) {
          const away = Math.abs(exact.get(name)! - stepped[i]!);
          worst = Math.max(worst, away);
          expect(away).toBeLessThan(most);
        }
      }),
      { numRuns: 1000 },
    );
    expect(worst).toBeGreaterThan(0); // steps of 1 MHz do differ: the comparison is of two ways
  });

  test("at every pool nothing is lost or made: the sum is what the pool got, or all its children can use", () => {
    const useOf = (node: EntitlementNode): number =>
      Math.min(
        node.limit ?? Number.POSITIVE_INFINITY,
        node.children?.reduce((sum, child) => sum + useOf(child), 0) ??
          node.demand ??
          Number.POSITIVE_INFINITY,
      );
    const check = (
      children: readonly EntitlementNode[],
      capacity: number,
      out: Map<string, number>,
    ): void => {
      const given = children.reduce((sum, { name }) => sum + out.get(name)!, 0);
      const use = children.reduce((sum, child) => sum + useOf(child), 0);
      expect(given).toBeCloseTo(Math.min(capacity, use), 8);
      for (const child of children) {
        if (child.children !== undefined) check(child.children, out.get(child.name)!, out);
      }
    };
    fc.assert(
      fc.property(trees, fc.double({ min: 0, max: 500, noNaN: true }), (raw, capacity) => {
        const children = named(raw);
        check(children, capacity, entitlements({ capacity, children }));
      }),
    );
  });

  test("a child added to a busy pool changes no other pool", () => {
    fc.assert(
      fc.property(
        trees,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 9 }),
        (raw, capacity, shares) => {
          const others = named(raw);
          const busy = (...more: EntitlementNode[]) => ({
            name: "busy",
            shares: 4,
            reservation: 20,
            children: [{ name: "hog", shares: 2 }, ...more],
          });
          const before = entitlements({ capacity, children: [...others, busy()] });
          const after = entitlements({ capacity, children: [...others, busy({ name: "new", shares })] });
          for (const name of [...slack(others).map(([name]) => name), "busy"])
            expect(after.get(name)).toBe(before.get(name));
        },
      ),
    );
  });

  test("only ratios of shares count, among siblings", () => {
    const scaled = (nodes: readonly EntitlementNode[], factor: number): EntitlementNode[] =>
      nodes.map((node) => ({
        ...node,
        shares: node.shares * factor,
        ...(node.children === undefined ? {} : { children: scaled(node.children, factor * 8) }),
      }));
    fc.assert(
      fc.property(
        trees,
        fc.integer({ min: 0, max: 400 }),
        fc.constantFrom(0.25, 1024),
        (raw, capacity, factor) => {
          const children = named(raw);
          const same = entitlements({ capacity, children: scaled(children, factor) });
          expect(same).toEqual(entitlements({ capacity, children }));
        },
      ),
    );
  });

  test("nobody gets less for more shares, nor for more demand", () => {
    fc.assert(
      fc.property(
        trees,
        fc.integer({ min: 0, max: 400 }),
        fc.nat(),
        fc.nat(20),
        (raw, capacity, pick, more) => {
          const chosen = pick % raw.length;
          const own = raw[chosen]!;
          const before = entitlements({ capacity, children: named(raw) }).get(`${chosen}`)!;
          const changes: Partial<Raw>[] = [{ shares: own.shares + more }];
          if (own.demand !== undefined) changes.push({ demand: own.demand + more });
          for (const change of changes) {
            const changed = raw.map((one, i) => (i === chosen ? { ...one, ...change } : one));
            // More demand may claim more of a reservation; where reservations do not fit, all of them shrink.
            const after = entitlements({ capacity, children: named(changed) }).get(`${chosen}`)!;
            expect(after).toBeGreaterThanOrEqual(before - 1e-9);
          }
        },
      ),
    );
  });
});

describe("bad input", () => {
  const child = (fields: object): unknown => ({ capacity: 10, children: [{ name: "A", shares: 1 }, fields] });
  const loop: { name: string; shares: number; children: unknown[] } = { name: "L", shares: 1, children: [] };
  loop.children.push(loop);

  test.each<[string, unknown]>([
    ["capacity: expected a number from 0, got NaN", { capacity: Number.NaN, children: [] }],
    ["capacity: expected a number from 0, got -1", { capacity: -1, children: [] }],
    [
      "capacity: expected a number up to 1e100, got Infinity",
      { capacity: Number.POSITIVE_INFINITY, children: [] },
    ],
    ["capacity: expected a number from 0, got undefined", { children: [] }],
    ["pool: expected capacity and children, got null", null],
    ["pool: expected capacity and children, got 5", 5],
    ["children: expected a list, got undefined", { capacity: 1 }],
    ["children[0]: expected a client or a pool, got null", { capacity: 1, children: [null] }],
    ["children[1].name: expected a text, got 7", child({ name: 7, shares: 1 })],
    ['children[1].name: expected a name of its own, got "A" again', child({ name: "A", shares: 1 })],
    ["children[1].shares: expected a number above 0, got 0", child({ name: "B", shares: 0 })],
    ["children[1].shares: expected a number above 0, got -3", child({ name: "B", shares: -3 })],
    ["children[1].shares: expected a number above 0, got NaN", child({ name: "B", shares: Number.NaN })],
    ["children[1].shares: expected a number above 0, got undefined", child({ name: "B" })],
    ['children[1].shares: expected a number above 0, got "high"', child({ name: "B", shares: "high" })],
    [
      "children[1].shares: expected a number from 1e-100 to 1e100, got Infinity",
      child({ name: "B", shares: Number.POSITIVE_INFINITY }),
    ],
    [
      "children[1].reservation: expected a number from 0, got -1",
      child({ name: "B", shares: 1, reservation: -1 }),
    ],
    [
      "children[1].limit: expected at least the reservation (600), got 200",
      child({ name: "B", shares: 1, reservation: 600, limit: 200 }),
    ],
    [
      "children[1].limit: expected a number from 0, got NaN",
      child({ name: "B", shares: 1, limit: Number.NaN }),
    ],
    ["children[1].demand: expected a number from 0, got -5", child({ name: "B", shares: 1, demand: -5 })],
    [
      "children[1].vcpuMhz: expected the MHz of one pCPU with vcpus, got none",
      child({ name: "B", shares: 1, vcpus: 2 }),
    ],
    [
      "children[1].children[0].shares: expected a number above 0, got 0",
      child({ name: "P", shares: 1, children: [{ name: "B", shares: 0 }] }),
    ],
    ["children[1].children: expected a list, got 3", child({ name: "P", shares: 1, children: 3 })],
    [
      'children[0].children[0].name: expected a name of its own, got "L" again',
      { capacity: 1, children: [loop] },
    ],
  ])("%s", (message, pool) => {
    expect(() => entitlements(pool as EntitlementPool)).toThrow(new RangeError(message));
  });
});
