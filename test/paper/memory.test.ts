// Goal: the published figures of memory management come out of guests, balloons, swap and policies, and would not without them.
// Method: run each experiment as `ballast reproduce` does; every row has to hold, and with a mechanism off the rows that are
// about it have to fail.

import { describe, expect, test } from "vitest";
import { fig2 } from "../../src/reproduce/fig2.ts";
import { fig6 } from "../../src/reproduce/fig6.ts";
import { fig7 } from "../../src/reproduce/fig7.ts";
import { fig8 } from "../../src/reproduce/fig8.ts";
import { EXPERIMENTS, type Experiment, type Reproduction, reproduce } from "../../src/reproduce/index.ts";

const LONG = 120_000;

/** What fails with a mechanism off. */
const CASES: readonly (readonly [Experiment, readonly string[]])[] = [
  [fig2, ["ballooned to 128 MB: slower by", "ballooned to 224 MB: slower by"]],
  [fig6, ["rises of 50 MB that the estimate has within a period"]],
  [
    fig7,
    [
      "75 %: target of Windows, oracle",
      "75 %: target of Linux, oracle",
      "75 %: memory of Windows",
      "75 %: memory of Linux",
      "Linux does more work",
    ],
  ],
  [fig8, ["boot: reclaimed by sharing, mostly zero pages, peak", "boot: really paged out, peak"]],
];

const runs = new Map<string, Promise<Reproduction>>();

function once(experiment: Experiment): Promise<Reproduction> {
  const known = runs.get(experiment.id) ?? reproduce(experiment);
  runs.set(experiment.id, known);
  return known;
}

describe.each(CASES)("$id", (experiment, about) => {
  test("all rows hold", { timeout: LONG }, async () => {
    const { rows } = await once(experiment);
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("with a mechanism off they fail", { timeout: LONG }, async () => {
    const [ablation] = (await once(experiment)).ablations;
    expect(ablation!.fails).toBe(true);
    const failed = ablation!.rows.filter(({ ok }) => !ok).map(({ what }) => what);
    expect(failed).toEqual(expect.arrayContaining([...about]));
  });

  test("figures have simulated lines, and published ones beside them", { timeout: LONG }, async () => {
    const { plots } = await once(experiment);
    expect(plots.length).toBeGreaterThan(0);
    const lines = plots.flatMap((plot) => plot.lines);
    expect(lines.some(({ published }) => published === true)).toBe(true);
    expect(lines.filter(({ published }) => published !== true).length).toBeGreaterThan(1);
    for (const { points } of lines) {
      expect(points.length).toBeGreaterThan(0);
      expect(points.flat().every(Number.isFinite)).toBe(true);
    }
  });
});

test("Figure 8 without share before swap pages out more than ten times as much", {
  timeout: LONG,
}, async () => {
  const { rows, ablations } = await once(fig8);
  const paged = (all: Reproduction["rows"]) =>
    all.find(({ what }) => what.includes("really paged"))!.simulated;
  expect(paged(ablations[0]!.rows)).toBeGreaterThan(10 * paged(rows));
  // What sharing made unnecessary is what is paged out without it.
  expect(paged(ablations[0]!.rows)).toBeGreaterThan(325 + 35);
});

test("the figures of the paper are there", () => {
  expect(EXPERIMENTS.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      "esx02-fig2",
      "esx02-fig4",
      "esx02-fig5",
      "esx02-fig6",
      "esx02-fig7",
      "esx02-fig8",
    ]),
  );
});
