// Goal: the published migrations of a web server and of a writer reappear, as far as their rule decides.
// Method: every row of their tables within its tolerance; the rates that the rule must give, by hand.
// Source: Clark et al., NSDI 2005, Figures 2 to 6 and 8 to 12 (numbers recalled, approximate).

import { expect, test } from "vitest";
import { reproduce } from "../../src/reproduce/index.ts";
import { nsdiFig8, nsdiFig10, nsdiFig11 } from "../../src/reproduce/nsdi-guest.ts";
import { nsdiDowntimes, nsdiFig2 } from "../../src/reproduce/nsdi-working-set.ts";
import { diabolicalWriter, nsdiFig9, nsdiFig12, webServer } from "../../src/reproduce/nsdi05.ts";

const all = [nsdiFig2, ...nsdiDowntimes, nsdiFig8, nsdiFig9, nsdiFig10, nsdiFig11, nsdiFig12];

test.each(all)("$id: every row; without the mechanism one fails", async (experiment) => {
  const { rows, ablations, plots } = await reproduce(experiment);
  expect(rows.length).toBeGreaterThanOrEqual(2);
  expect(plots.length).toBeGreaterThanOrEqual(1);
  expect(ablations.map(({ fails }) => fails)).toEqual([true]);
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  // None of them was read in the source.
  expect(rows.filter(({ sure }) => sure === "S")).toEqual([]);
});

const rates = ({ rounds }: { rounds: readonly { bytes: number; ns: number }[] }): number[] =>
  rounds.map(({ bytes, ns }) => (bytes * 8e3) / ns);

test("every round goes 50 Mbit/s faster than the one before was dirtied, from 100 on, and none above 500", () => {
  for (const plan of [webServer(), diabolicalWriter()]) {
    const all = rates(plan);
    expect(all[0]).toBeCloseTo(100, 5);
    for (let round = 1; round < all.length; round += 1) {
      const before = plan.rounds[round - 1]!;
      const dirtied = (before.dirtiedPages * 4096 * 8e3) / before.ns;
      expect(all[round]).toBeCloseTo(Math.max(100, dirtied + 50), 3);
      expect(all[round]).toBeLessThanOrEqual(500.001);
    }
    expect(plan.converged).toBe(false);
  }
});
