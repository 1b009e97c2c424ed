// Goal: a reservation is admitted exactly if all that is then held fits, level by level up to the root.
// Method: the slide and cases by hand; random trees against a check of the whole tree from scratch.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  admitLimit,
  admitPowerOn,
  admitReservation,
  admitSwap,
  type Control,
  heldOf,
  mostReservation,
  replaceControl,
  swapHeld,
  swapNeed,
} from "../../src/controls/admission.ts";

const h1 = { path: "hosts.h1", capacity: 1000, resource: "cpu" } as const;

const vm = (name: string, reservation: number, parent = -1, on = false): Control => ({
  ...{ name, kind: "vm", parent, reservation, shares: 1000, expandable: false, on },
});
const pool = (name: string, reservation: number, parent = -1, fields: Partial<Control> = {}): Control => ({
  ...{ name, kind: "pool", parent, reservation, shares: 4000, expandable: false, on: true },
  ...fields,
});
const withOn = (tree: readonly Control[], node: number): Control[] =>
  tree.map((one, i) => (i === node ? { ...one, on: true } : one));

describe("power-on", () => {
  test("slide: 600 of 1000 reserved, two VMs of 300: the first is admitted, 900 reserved, the second refused", () => {
    const tree = [vm("old", 600, -1, true), vm("a", 300), vm("b", 300)];
    expect(admitPowerOn(tree, 1, h1)).toEqual({ admitted: true });
    const then = withOn(tree, 1);
    expect(heldOf(then).at(-1)).toBe(900);
    expect(admitPowerOn(then, 2, h1)).toEqual({
      admitted: false,
      path: "hosts.h1",
      needed: 300,
      available: 100,
      text: "b needs 300 MHz; hosts.h1 has 100 MHz unreserved",
    });
  });

  test("a pool that is not expandable gives what it has left, and says so", () => {
    const tree = [pool("bob", 400), vm("a", 300, 0, true), vm("b", 150, 0), vm("c", 100, 0)];
    expect(admitPowerOn(tree, 2, h1)).toEqual({
      admitted: false,
      path: "pools.bob.cpu.reservation",
      needed: 150,
      available: 100,
      text: "b needs 150 MHz; pool bob has 100 MHz of its reservation left and is not expandable",
    });
    expect(admitPowerOn(tree, 3, h1)).toEqual({ admitted: true });
  });

  test("an expandable pool asks its parent for what is missing, up to the root", () => {
    const outer = pool("outer", 200, -1, { expandable: true });
    const inner = pool("inner", 100, 0, { expandable: true });
    const tree = [outer, inner, vm("a", 500, 1), vm("rest", 650, -1, true)];
    expect(heldOf(tree)).toEqual(new Float64Array([100, 0, 0, 0, 850])); // pools hold their own
    // 500: inner has 100, outer 100 beyond what inner holds, so 300 of the root's 150.
    expect(admitPowerOn(tree, 2, h1)).toMatchObject({
      admitted: false,
      path: "hosts.h1",
      needed: 300,
      available: 150,
    });
    expect(admitPowerOn(tree, 2, { ...h1, capacity: 1150 })).toEqual({ admitted: true });
    expect(heldOf(withOn(tree, 2))).toEqual(new Float64Array([500, 500, 0, 0, 1150]));
  });

  test("in the middle, a pool that is not expandable ends it; so does a limit", () => {
    const tree = [
      pool("outer", 200),
      pool("inner", 0, 0, { expandable: true, limit: 150 }),
      vm("a", 300, 1),
      vm("b", 100, 1),
    ];
    expect(admitPowerOn(tree, 2, h1)).toMatchObject({
      path: "pools.inner.cpu.limit",
      needed: 300,
      available: 150,
    });
    expect(admitPowerOn(tree, 3, h1)).toEqual({ admitted: true });
    const wide = tree.map((one, i) => (i === 1 ? { ...one, limit: undefined } : one));
    expect(admitPowerOn(wide, 2, h1)).toMatchObject({
      path: "pools.outer.cpu.reservation",
      needed: 300,
      available: 200,
    });
  });

  test("without a reservation anything powers on; thirds of a pCPU add up", () => {
    expect(admitPowerOn([vm("old", 1000, -1, true), vm("a", 0)], 1, h1)).toEqual({ admitted: true });
    const third = 1000 / 3;
    const tree = [vm("a", third, -1, true), vm("b", third, -1, true), vm("c", third)];
    expect(admitPowerOn(tree, 2, h1)).toEqual({ admitted: true });
  });

  test("a pool is added as a VM powers on: with all that it reserves", () => {
    const tree = [pool("new", 300, -1, { on: false }), vm("a", 100, 0), vm("old", 800, -1, true)];
    expect(admitPowerOn(tree, 0, h1)).toMatchObject({ path: "hosts.h1", needed: 300, available: 200 });
  });
});

describe("changes while running", () => {
  test("a running VM's reservation grows as far as is left, and shrinks always", () => {
    const tree = [vm("a", 300, -1, true), vm("b", 400, -1, true)];
    expect(admitReservation(tree, 0, 600, h1)).toEqual({ admitted: true });
    expect(admitReservation(tree, 0, 601, h1)).toMatchObject({
      path: "hosts.h1",
      needed: 301,
      available: 300,
    });
    expect(admitReservation(tree, 0, 0, h1)).toEqual({ admitted: true });
  });

  test("a VM that is off holds nothing; its limit binds it all the same", () => {
    const off = { ...vm("a", 0), limit: 500 };
    expect(admitReservation([off], 0, 500, h1)).toEqual({ admitted: true });
    expect(admitReservation([off], 0, 501, h1)).toMatchObject({
      admitted: false,
      path: "vms.a.cpu.limit",
      needed: 501,
      available: 500,
    });
  });

  test("a pool's reservation does not go below what is in it, unless it may expand", () => {
    const fixed = [pool("bob", 400), vm("a", 300, 0, true)];
    expect(admitReservation(fixed, 0, 299, h1)).toMatchObject({
      admitted: false,
      path: "pools.bob.cpu.reservation",
      needed: 300,
      available: 299,
    });
    const expandable = [pool("bob", 400, -1, { expandable: true }), fixed[1]!];
    expect(admitReservation(expandable, 0, 0, h1)).toEqual({ admitted: true });
  });

  test("a pool that expanded already holds part of its new reservation", () => {
    const tree = [pool("bob", 0, -1, { expandable: true }), vm("a", 300, 0, true), vm("old", 600, -1, true)];
    expect(admitReservation(tree, 0, 400, h1)).toEqual({ admitted: true }); // 100 more
    expect(admitReservation(tree, 0, 401, h1)).toMatchObject({ needed: 101, available: 100 });
  });

  test("a limit does not cut what is reserved", () => {
    const tree = [pool("bob", 100, -1, { expandable: true }), vm("a", 300, 0, true)];
    expect(admitLimit(tree, 0, 300, h1)).toEqual({ admitted: true });
    expect(admitLimit(tree, 0, undefined, h1)).toEqual({ admitted: true });
    expect(admitLimit(tree, 0, 299, h1)).toMatchObject({ path: "pools.bob.cpu.reservation", needed: 300 });
    expect(admitLimit(tree, 1, 299, h1)).toMatchObject({ path: "vms.a.cpu.reservation" });
  });
});

describe("memory", () => {
  const host = { path: "hosts.h1", capacity: 256 * 1024, resource: "mem" } as const; // 1 GiB
  const MB = 256;

  test("a VM powers on if its minimum and its overhead are unreserved", () => {
    const web = { ...vm("web", 256 * MB), overhead: 32 * MB, limit: 512 * MB };
    const old = { ...vm("old", 704 * MB, -1, true), overhead: 32 * MB };
    expect(admitPowerOn([old, web], 1, host)).toEqual({ admitted: true }); // 736 + 288 = 1024
    const more = { ...old, overhead: 32 * MB + 1 };
    expect(heldOf([more]).at(-1)).toBe(736 * MB + 1);
    expect(admitPowerOn([more, web], 1, host)).toEqual({
      admitted: false,
      path: "hosts.h1",
      needed: 288 * MB,
      available: 288 * MB - 1,
      text: "web needs 288MiB; hosts.h1 has 294908KiB unreserved",
    });
  });

  test("overhead is held of the pools above too, and no limit of the VM's own cuts it", () => {
    const tree = [
      pool("bob", 256 * MB),
      { ...vm("web", 256 * MB, 0), overhead: 16 * MB, limit: 256 * MB },
      { ...vm("db", 64 * MB, 0, true), overhead: 16 * MB },
    ];
    expect(admitPowerOn(tree, 1, host)).toMatchObject({
      path: "pools.bob.mem.reservation",
      needed: 272 * MB,
      available: 176 * MB,
      text: "web needs 272MiB; pool bob has 176MiB of its reservation left and is not expandable",
    });
    const wide = tree.map((one, i) => (i === 0 ? { ...one, expandable: true } : one));
    expect(admitPowerOn(wide, 1, host)).toEqual({ admitted: true });
    expect(mostReservation(wide, 2, { ...host, capacity: 300 * MB })).toBe((300 - 16) * MB);
    expect(admitLimit(wide, 1, 255 * MB, host)).toMatchObject({ path: "vms.web.mem.reservation" });
  });

  test("swap space for what a VM can have beyond its minimum", () => {
    const swap = { path: "hosts.h1.swap", pages: 512 * MB };
    const old = { ...vm("old", 128 * MB, -1, true), limit: 256 * MB };
    const web = { ...vm("web", 128 * MB), limit: 512 * MB };
    const held = swapHeld([pool("p", 0, -1, { limit: 999 }), old, web]);
    expect(held).toBe(128 * MB);
    expect(swapNeed(web)).toBe(384 * MB);
    const on = { ...web, on: true };
    expect(admitSwap(web, on, swap, held)).toEqual({ admitted: true });
    expect(admitSwap(web, { ...on, reservation: 128 * MB - 1 }, swap, held)).toEqual({
      admitted: false,
      path: "hosts.h1.swap",
      needed: 384 * MB + 1,
      available: 384 * MB,
      text: "web needs 393220KiB of swap space; hosts.h1.swap has 384MiB left",
    });
    // While it is on, a change asks for the difference; what is off, or shrinks, asks for nothing.
    expect(admitSwap(on, { ...on, limit: 513 * MB }, swap, 512 * MB)).toMatchObject({
      needed: MB,
      available: 0,
    });
    expect(admitSwap(on, { ...on, limit: 511 * MB }, swap, 600 * MB)).toEqual({ admitted: true });
    expect(admitSwap(web, { ...web, limit: 4096 * MB }, swap, held)).toEqual({ admitted: true });
  });
});

/** Pools first, then VMs; parents before children. */
const trees = fc
  .array(
    fc.record({
      isPool: fc.boolean(),
      above: fc.nat(),
      reservation: fc.integer({ min: 0, max: 40 }),
      overhead: fc.constantFrom(0, 0, 3),
      expandable: fc.boolean(),
      limit: fc.option(fc.integer({ min: 40, max: 120 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((drawn) => {
    const tree: Control[] = [];
    const pools = [-1];
    for (const [i, { isPool, above, limit, ...fields }] of drawn.entries()) {
      const parent = pools[above % pools.length]!;
      const kind = isPool ? ("pool" as const) : ("vm" as const);
      tree.push({ name: `n${i}`, kind, parent, shares: 1, limit, on: false, ...fields });
      if (isPool) pools.push(i);
    }
    return tree;
  });

/** Does everything held fit, seen from scratch? */
function fits(tree: readonly Control[], capacity: number): boolean {
  const below = (node: number): number =>
    tree.reduce((sum, { parent }, i) => (parent === node ? sum + held(i) : sum), 0);
  const held = (node: number): number => {
    const { kind, on, reservation, overhead = 0 } = tree[node]!;
    if (!on) return 0;
    return kind === "vm" ? reservation + overhead : Math.max(reservation, below(node));
  };
  return (
    below(-1) <= capacity &&
    tree.every(({ kind, on, expandable, reservation, limit }, i) => {
      if (kind === "vm" || !on) return true;
      return below(i) <= (expandable ? (limit ?? Number.POSITIVE_INFINITY) : reservation);
    })
  );
}

test("property: admitted exactly if all fits afterwards; what is held, kept along the way, is what it is from scratch", () => {
  fc.assert(
    fc.property(trees, fc.integer({ min: 0, max: 200 }), (drawn, capacity) => {
      const tree = drawn.slice();
      const root = { path: "hosts.h1", capacity, resource: "cpu" as const };
      const held = heldOf(tree);
      for (const node of tree.keys()) {
        // A pool that is off refuses what is in it; parents come first, so only pools that did not fit are off.
        const { parent } = tree[node]!;
        if (parent >= 0 && !tree[parent]!.on) continue;
        const then = withOn(tree, node);
        const { admitted } = admitPowerOn(tree, node, root, held);
        expect(admitted).toBe(fits(then, capacity));
        if (!admitted) continue;
        replaceControl(tree, held, node, then[node]!);
        expect(held).toEqual(heldOf(tree));
      }
      for (const [node, { reservation, limit, on }] of tree.entries()) {
        if (!on) continue;
        const isVm = tree[node]!.kind === "vm";
        const most = isVm ? mostReservation(tree, node, root) : undefined;
        // Whole MHz all over, so one more is too much; what it has already it may keep, even above its limit.
        if (most !== undefined && most > reservation) {
          expect(admitReservation(tree, node, most, root).admitted).toBe(true);
        }
        if (most !== undefined) expect(admitReservation(tree, node, most + 1, root).admitted).toBe(false);
        for (const more of [-15, -1, 1, 15]) {
          const next = Math.max(0, reservation + more);
          const changed = tree.map((one, i) => (i === node ? { ...one, reservation: next } : one));
          const within = next <= (limit ?? Number.POSITIVE_INFINITY);
          expect(admitReservation(tree, node, next, root).admitted).toBe(within && fits(changed, capacity));
        }
      }
    }),
    { numRuns: 1000 },
  );
});
