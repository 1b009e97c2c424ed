// Goal: entitlements are those of the definition: one level a group, raised from break to break.
// Method: random trees of pools and VMs with everything a scenario may say, against `pour`, which knows nothing of the solver.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type EntitlementNode, entitlements } from "../../src/controls/entitlements.ts";
import { fits, pour, type Vessel } from "../model/cpu/water.ts";

const VCPU_MHZ = 1000;
const shares = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 1_000_000 }));
const mhz = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: undefined, freq: 2 });
const vm = fc.record({
  shares,
  vcpus: fc.integer({ min: 1, max: 8 }),
  reservation: mhz(500),
  limit: mhz(6000),
  demand: mhz(6000),
});
type Vm = typeof vm extends fc.Arbitrary<infer T> ? T : never;
interface Pool {
  readonly shares: number;
  readonly reservation: number | undefined;
  readonly limit: number | undefined;
  readonly children: readonly (Pool | Vm)[];
}
const { tree } = fc.letrec<{ pool: Pool; tree: readonly (Pool | Vm)[] }>((tie) => ({
  pool: fc.record({ shares, reservation: mhz(1500), limit: mhz(9000), children: tie("tree") }),
  tree: fc.array(fc.oneof({ depthSize: "small", withCrossShrink: true }, vm, tie("pool")), {
    minLength: 1,
    maxLength: 6,
  }),
}));

function nodesOf(children: readonly (Pool | Vm)[], prefix = "n"): [EntitlementNode, Vessel][] {
  return children.map((one, i) => {
    const name = `${prefix}${i}`;
    const { reservation, limit } = one;
    const said = {
      ...(reservation === undefined ? {} : { reservation }),
      // A limit is at least the reservation.
      ...(limit === undefined ? {} : { limit: limit + (reservation ?? 0) }),
    };
    if ("vcpus" in one) {
      const demand = one.demand === undefined ? {} : { demand: one.demand };
      const own = { name, shares: one.shares, ...said, ...demand };
      return [
        { ...own, vcpus: one.vcpus, vcpuMhz: VCPU_MHZ },
        { ...own, width: one.vcpus * VCPU_MHZ },
      ];
    }
    const below = nodesOf(one.children, `${name}.`);
    const own = { name, shares: one.shares, ...said };
    return [
      { ...own, children: below.map(([node]) => node) },
      { ...own, children: below.map(([, vessel]) => vessel) },
    ];
  });
}

test("property: the solver's entitlements to a millionth of a MHz, wherever reservations fit", () => {
  let compared = 0;
  fc.assert(
    fc.property(tree, fc.integer({ min: 100, max: 64_000 }), (given, capacity) => {
      const both = nodesOf(given);
      const vessels = both.map(([, vessel]) => vessel);
      if (!fits(capacity, vessels)) return;
      compared += 1;
      const due = entitlements({ capacity, children: both.map(([node]) => node) });
      for (const [name, expected] of pour(capacity, vessels)) {
        expect(Math.abs(due.get(name)! - expected), `${name}: ${due.get(name)} of ${expected}`).toBeLessThan(
          1e-6,
        );
      }
    }),
    { numRuns: 2000 },
  );
  expect(compared).toBeGreaterThan(500);
});
