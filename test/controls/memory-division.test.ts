// Goal: the closed form is where min-funding revocation stops, page by page; whole pages, none lost, none beyond a bound.
// Method: Figure 7's rows and cases by hand; random cases against the naive loop; random trees against what must hold.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chargedPages } from "../../src/controls/idle-tax.ts";
import { divideMemory, type MemoryNodes } from "../../src/controls/memory-division.ts";
import { type Client, price, revoke } from "../model/memory/revocation.ts";

const MB = 256;

const nodesOf = (clients: readonly Client[]): MemoryNodes => ({
  shares: clients.map(({ shares }) => shares),
  minPages: clients.map(({ minPages }) => minPages),
  maxPages: clients.map(({ maxPages }) => maxPages),
  activePages: clients.map(({ activePages }) => activePages),
  taxPpm: clients.map(({ tax }) => tax * 1e6),
});

/** Two VMs of 256 MB with equal shares on 358 MB, one that uses 15 MB and one that uses 230 MB. */
const figure7 = (minMb: number): MemoryNodes => ({
  shares: [1, 1],
  minPages: [minMb * MB, minMb * MB],
  maxPages: [256 * MB, 256 * MB],
  activePages: [15 * MB, 230 * MB],
});

describe("Figure 7", () => {
  test.each([
    [0, 0, 179, 179],
    [0.25, 0, 156, 202],
    [0.5, 0, 125, 233],
    [0.72, 0, 102, 256],
    [0.75, 0, 102, 256],
    [0.99, 0, 102, 256],
    [0, 128, 179, 179],
    [0.75, 128, 128, 230],
  ])("tax %d, minimum %d MB: %d and %d MB", (tax, minMb, idleMb, busyMb) => {
    const { pages, shortPages } = divideMemory(358 * MB, figure7(minMb), tax * 1e6);
    expect(pages[0]! / MB).toBeCloseTo(idleMb, minMb === 0 && tax > 0 ? 0 : 6);
    expect(pages[1]! / MB).toBeCloseTo(busyMb, minMb === 0 && tax > 0 ? 0 : 6);
    expect(shortPages).toBe(0);
  });

  test("where both have more than they use, they differ by tax x (difference in use)", () => {
    const nodes = { ...figure7(0), activePages: [15 * MB, 120 * MB] };
    for (const tax of [0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.99]) {
      const { pages } = divideMemory(358 * MB, nodes, tax * 1e6);
      expect(Math.abs(pages[1]! - pages[0]! - tax * 105 * MB)).toBeLessThanOrEqual(1);
    }
  });
});

describe("by hand", () => {
  const two = { shares: [1, 3], minPages: [0, 0], activePages: [0, 0] };

  test("while all maxima fit, everybody has the maximum, whatever the tax", () => {
    for (const taxPpm of [0, 750_000, 990_000]) {
      const { pages } = divideMemory(512 * MB, figure7(0), taxPpm);
      expect([...pages]).toEqual([256 * MB, 256 * MB]);
      expect([...divideMemory(1e9, figure7(0), taxPpm).pages]).toEqual([256 * MB, 256 * MB]);
    }
  });

  test("all idle or all active, the tax changes nothing: shares rule", () => {
    for (const activePages of [
      [0, 0],
      [1000, 1000],
    ]) {
      for (const taxPpm of [0, 500_000, 990_000]) {
        const { pages } = divideMemory(400, { ...two, maxPages: [1000, 1000], activePages }, taxPpm);
        expect([...pages]).toEqual([100, 300]);
      }
    }
  });

  test("a VM may be taxed otherwise than the rest", () => {
    const nodes = { shares: [1, 1], minPages: [0, 0], maxPages: [100, 100], activePages: [0, 0] };
    // level L: 0.5 L + L = 90
    expect([...divideMemory(90, { ...nodes, taxPpm: [500_000, undefined] }, 0).pages]).toEqual([30, 60]);
    expect([...divideMemory(90, nodes, 0).pages]).toEqual([45, 45]);
  });

  test("parts of pages: the largest first, of equal ones the first VM's; a part of a page is left over", () => {
    const nodes = { shares: [1, 1, 1], minPages: [0, 0, 0], maxPages: [9, 9, 9], activePages: [0, 0, 0] };
    expect([...divideMemory(8, nodes, 0).pages]).toEqual([3, 3, 2]);
    expect([...divideMemory(7.9, nodes, 0).pages]).toEqual([3, 2, 2]);
    expect([...divideMemory(9, { ...nodes, shares: [5, 3, 2] }, 0).pages]).toEqual([4, 3, 2]); // 4.5, 2.7, 1.8
  });

  test("minima that do not fit: everybody has the minimum, and what is missing is said", () => {
    const nodes = { ...two, minPages: [30, 50], maxPages: [100, 100] };
    const { pages, shortPages } = divideMemory(70, nodes, 0);
    expect([...pages]).toEqual([30, 50]);
    expect(shortPages).toBe(10);
    expect(divideMemory(80, nodes, 0).shortPages).toBe(0);
    expect(divideMemory(0, { shares: [], minPages: [], maxPages: [], activePages: [] }, 0)).toEqual({
      pages: new Float64Array(0),
      shortPages: 0,
    });
  });

  test("the charge: an active page once, an idle one 1 / (1 - tax) times", () => {
    expect(chargedPages(100, 100, 750_000)).toBe(100);
    expect(chargedPages(100, 0, 750_000)).toBe(400);
    expect(chargedPages(100, 40, 500_000)).toBe(160);
    expect(chargedPages(100, 400, 750_000)).toBe(100);
    const client = { shares: 7, minPages: 0, maxPages: 100, activePages: 40, tax: 0.75 };
    expect(price(client, 90)).toBeCloseTo(7 / chargedPages(90, 40, 750_000), 12);
  });
});

describe("pools", () => {
  const pool = { parent: [-1, -1, 0, 0, 1], pools: 2 };

  test("pools divide by their shares, then their members; a third VM in one pool takes nothing from the other", () => {
    const nodes: MemoryNodes = {
      ...pool,
      shares: [3, 2, 1, 1, 1],
      minPages: [0, 0, 0, 0, 0],
      maxPages: [Infinity, Infinity, 100, 100, 100],
      activePages: [0, 0, 100, 100, 100],
    };
    expect([...divideMemory(100, nodes, 0).pages]).toEqual([60, 40, 30, 30, 40]);
    expect([...divideMemory(100, nodes, 750_000).pages]).toEqual([60, 40, 30, 30, 40]);
  });

  test("a pool is as active as its members together, so an idle pool pays the tax", () => {
    const nodes: MemoryNodes = {
      ...pool,
      shares: [1, 1, 1, 1, 1],
      minPages: [0, 0, 0, 0, 0],
      maxPages: [Infinity, Infinity, 128 * MB, 128 * MB, 256 * MB],
      activePages: [0, 0, 10 * MB, 5 * MB, 230 * MB],
    };
    const { pages } = divideMemory(358 * MB, nodes, 500_000);
    const [idle, busy] = divideMemory(358 * MB, figure7(0), 500_000).pages;
    expect([...pages].slice(0, 2)).toEqual([idle, busy]);
    expect(pages[2]! - pages[3]!).toBeCloseTo(0.5 * 5 * MB, -1); // tax x difference in use, inside the pool too
  });

  test("a pool's limit and reservation bound what its members get together", () => {
    const nodes: MemoryNodes = {
      ...pool,
      shares: [1, 9, 1, 1, 1],
      minPages: [50, 0, 0, 0, 0],
      maxPages: [Infinity, 30, 100, 100, 100],
      activePages: [0, 0, 0, 0, 0],
    };
    expect([...divideMemory(100, nodes, 0).pages]).toEqual([70, 30, 35, 35, 30]);
    expect([...divideMemory(60, { ...nodes, shares: [1, 1e6, 1, 1, 1] }, 0).pages]).toEqual([
      50, 10, 25, 25, 10,
    ]);
  });

  test("members that reserve more than their pool has count with what they reserve", () => {
    const nodes: MemoryNodes = {
      ...pool,
      shares: [1, 1, 1, 1, 1],
      minPages: [10, 0, 40, 30, 0],
      maxPages: [Infinity, Infinity, 100, 100, 100],
      activePages: [0, 0, 0, 0, 0],
    };
    expect([...divideMemory(80, nodes, 0).pages]).toEqual([70, 10, 40, 30, 10]);
  });

  test("a pool that nobody is in gets nothing; one limited below its members' minima is short", () => {
    const empty: MemoryNodes = {
      parent: [-1, -1],
      pools: 1,
      shares: [9, 1],
      minPages: [50, 0],
      maxPages: [Infinity, 100],
      activePages: [0, 0],
    };
    expect([...divideMemory(80, empty, 0).pages]).toEqual([0, 80]);
    const tight: MemoryNodes = { ...empty, parent: [-1, 0], minPages: [0, 40], maxPages: [30, 100] };
    expect(divideMemory(80, tight, 0)).toEqual({ pages: new Float64Array([30, 40]), shortPages: 10 });
  });
});

const taxes = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 0.75, 0.99),
  fc.double({ min: 0, max: 0.99, noNaN: true }),
);
const clientOf = (shares: fc.Arbitrary<number>, pages: number): fc.Arbitrary<Client> =>
  fc
    .record({
      shares,
      minPages: fc.nat(pages),
      more: fc.oneof(fc.constant(0), fc.nat(pages)),
      activePages: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2 * pages, noNaN: true })),
    })
    .map(({ more, ...fields }) => ({ ...fields, maxPages: fields.minPages + more, tax: 0 }));
const shares = fc.oneof(fc.integer({ min: 5, max: 20 }), fc.constantFrom(1e-6, 1e-3, 1e3, 1e6, 1e9));

/** A total between the sums of minima and maxima. */
function totalOf(clients: readonly Client[], part: number): number {
  const sum = (of: (client: Client) => number) => clients.reduce((all, one) => all + of(one), 0);
  const low = sum(({ minPages }) => minPages);
  return low + Math.round(part * (sum(({ maxPages }) => maxPages) - low));
}

const part = fc.double({ min: 0, max: 1, noNaN: true });
const clientsOf = (most: number) =>
  fc
    .record({
      clients: fc.array(clientOf(shares, 1500), { minLength: 1, maxLength: most }),
      tax: taxes,
      part,
    })
    .map(({ clients, tax, part }) => {
      const taxed = clients.map((client) => ({ ...client, tax }));
      return { clients: taxed, totalPages: totalOf(taxed, part) };
    });

/** What page-by-page revocation leaves each more than the closed form gives it. */
function differences(clients: readonly Client[], totalPages: number): number[] {
  const { pages } = divideMemory(totalPages, nodesOf(clients), 0);
  return revoke(clients, totalPages).map((own, i) => own - pages[i]!);
}

test("property V2: up to three VMs are within 2 pages of page-by-page revocation, whatever shares, tax and bounds", () => {
  fc.assert(
    fc.property(clientsOf(3), ({ clients, totalPages }) => {
      for (const difference of differences(clients, totalPages)) {
        expect(Math.abs(difference)).toBeLessThanOrEqual(2);
      }
    }),
    { numRuns: 600 },
  );
});

// The loop rounds everybody down at one level; all that it rounds off may end at one VM whose shares dwarf the others'.
// So a VM keeps at most one page less, and at most as many more as there are others.
test("property: any number of VMs are within what rounding down can shift", () => {
  fc.assert(
    fc.property(clientsOf(12), ({ clients, totalPages }) => {
      for (const difference of differences(clients, totalPages)) {
        expect(difference).toBeGreaterThanOrEqual(-1);
        expect(difference).toBeLessThanOrEqual(Math.max(1, clients.length - 1));
      }
    }),
    { numRuns: 300 },
  );
});

/** Pools and VMs; parents stand before children. */
const trees = fc
  .record({
    pools: fc.array(fc.record({ above: fc.nat(), shares, reservation: fc.nat(300), limit: fc.nat(3000) }), {
      maxLength: 4,
    }),
    vms: fc.array(fc.record({ above: fc.nat(), client: clientOf(shares, 400) }), {
      minLength: 1,
      maxLength: 10,
    }),
    part: fc.double({ min: 0, max: 1.2, noNaN: true }),
    tax: taxes,
  })
  .map(({ pools, vms, part, tax }) => {
    const nodes: MemoryNodes = {
      parent: [
        ...pools.map(({ above }, i) => (above % (i + 1)) - 1),
        ...vms.map(({ above }) => (above % (pools.length + 1)) - 1),
      ],
      pools: pools.length,
      shares: [...pools.map((pool) => pool.shares), ...vms.map(({ client }) => client.shares)],
      minPages: [...pools.map(({ reservation }) => reservation), ...vms.map(({ client }) => client.minPages)],
      maxPages: [
        // Every second pool has a limit, some of them too low for their members.
        ...pools.map(({ reservation, limit }, i) => (i % 2 === 0 ? reservation + limit : Infinity)),
        ...vms.map(({ client }) => client.maxPages),
      ],
      activePages: [...pools.map(() => 0), ...vms.map(({ client }) => client.activePages)],
    };
    return { nodes, tax, totalPages: Math.round(part * 4000) };
  });

test("property: in a tree no page is lost, nobody is beyond a bound, and what is short is said", () => {
  fc.assert(
    fc.property(trees, ({ nodes, tax, totalPages }) => {
      const { pages, shortPages } = divideMemory(totalPages, nodes, tax * 1e6);
      const count = pages.length;
      const pools = nodes.pools!;
      const childrenOf = (node: number): number[] =>
        [...pages.keys()].filter((other) => nodes.parent![other] === node);
      const most = (node: number): number =>
        node >= pools
          ? nodes.maxPages[node]!
          : Math.min(
              nodes.maxPages[node]!,
              childrenOf(node).reduce((sum, child) => sum + most(child), 0),
            );
      for (let node = -1; node < count; node += 1) {
        const children = childrenOf(node);
        if (children.length === 0) continue;
        const got = node < 0 ? totalPages : pages[node]!;
        const sum = children.reduce((all, child) => all + pages[child]!, 0);
        const usable = children.reduce((all, child) => all + most(child), 0);
        if (shortPages === 0) expect(sum).toBe(Math.min(got, usable));
        else expect(sum).toBeLessThanOrEqual(Math.min(got, usable) + shortPages);
      }
      for (const [node, own] of pages.entries()) {
        expect(Number.isInteger(own)).toBe(true);
        expect(own).toBeLessThanOrEqual(most(node));
        expect(own).toBeGreaterThanOrEqual(Math.min(nodes.minPages[node]!, most(node)));
      }
    }),
    { numRuns: 500 },
  );
});

test("property: more memory takes nothing from anyone but a page of rounding; more in use, nothing from its user", () => {
  fc.assert(
    fc.property(clientsOf(6), fc.nat(50), fc.nat(500), ({ clients, totalPages }, more, busier) => {
      const nodes = nodesOf(clients);
      const before = divideMemory(totalPages, nodes, 0).pages;
      divideMemory(totalPages + more, nodes, 0).pages.forEach((own, i) => {
        expect(own).toBeGreaterThanOrEqual(before[i]! - 1);
      });
      const activePages = Array.from(nodes.activePages, (own, i) => (i === 0 ? own + busier : own));
      expect(divideMemory(totalPages, { ...nodes, activePages }, 0).pages[0]).toBeGreaterThanOrEqual(
        before[0]! - 1,
      );
    }),
  );
});

test.each<[string, number, Partial<MemoryNodes>, number]>([
  ["taxPpm: expected 0 to 990000, got 1000000", 10, {}, 1e6],
  ["taxPpm: expected 0 to 990000, got -1", 10, {}, -1],
  ["taxPpm: expected 0 to 990000, got NaN", 10, {}, Number.NaN],
  ["totalPages: expected a number from 0, got -1", -1, {}, 0],
  ["shares[1]: expected a number above 0, got 0", 10, { shares: [1, 0] }, 0],
  ["minPages[0]: expected a whole number of pages, got 0.5", 10, { minPages: [0.5, 0] }, 0],
  ["maxPages[1]: expected at least the minimum (5), got 4", 10, { minPages: [0, 5], maxPages: [9, 4] }, 0],
  ["maxPages[0]: expected a number up to 1e100, got Infinity", 10, { maxPages: [Infinity, 4] }, 0],
  ["activePages[0]: expected a number from 0, got -1", 10, { activePages: [-1, 0] }, 0],
  ["taxPpm[1]: expected 0 to 990000, got 991000", 10, { taxPpm: [0, 991_000] }, 0],
  ["parent[1]: expected -1 or the number of a pool, got 0", 10, { parent: [-1, 0] }, 0],
])("rejects: %s", (message, totalPages, fields, taxPpm) => {
  const nodes = { shares: [1, 1], minPages: [0, 0], maxPages: [9, 9], activePages: [0, 0] };
  expect(() => divideMemory(totalPages, { ...nodes, ...fields }, taxPpm)).toThrow(new RangeError(message));
});
