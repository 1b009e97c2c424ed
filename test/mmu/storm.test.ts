// Goal: whatever a guest writes to its page tables and the host does to its pages, after an invalidation native, nested and shadow
// translation agree with the naive walk on every outcome and every bit, and nothing stale or too generous is left in any table or TLB.
// Method: storms of fixed seeds in both builds; `npm run storm -- --mmu` goes on for as long as one likes.

import { describe, expect, test } from "vitest";
import { runMmuStorm } from "../storm/mmu.ts";
import { BUILDS, coreModule } from "../support/world.ts";

const SEEDS = { debug: [1, 2, 3, 128, 129, 130], release: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20] } as const;

describe.each(BUILDS)("address translation under storms, %s core", (build) => {
  test.each(SEEDS[build])("seed %i", (seed) => {
    const { fault } = runMmuStorm({ seed, steps: 500, core: coreModule(build) });
    expect(fault ?? "").toBe("");
  });
});

test("storms meet what they should: every outcome, every kind of exit", () => {
  const results = [31, 32, 33, 34, 35, 36].map((seed) =>
    runMmuStorm({ seed, steps: 800, core: coreModule("release") }),
  );
  for (const kind of ["page", "outside", "#GP", "#PF"] as const) {
    expect(results.reduce((sum, { outcomes }) => sum + outcomes[kind], 0)).toBeGreaterThan(100);
  }
  const seen = (
    name: "mmuHiddenFaults" | "mmuTraceFaults" | "mmuViolations" | "mmuEvictions" | "mmuEmulated",
  ) =>
    results.reduce((sum, { machine }) => {
      const column = machine.core.columns[name];
      return sum + [0, 1, 2, 3].reduce((all, cx) => all + column.get(cx), 0);
    }, 0);
  expect(seen("mmuHiddenFaults")).toBeGreaterThan(100);
  expect(seen("mmuTraceFaults")).toBeGreaterThan(100);
  expect(seen("mmuViolations")).toBeGreaterThan(100);
  expect(seen("mmuEvictions")).toBeGreaterThan(10);
  expect(seen("mmuEmulated")).toBeGreaterThan(10);
});
