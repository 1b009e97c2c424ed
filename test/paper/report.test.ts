// Goal: the report of published experiments shows every row and figure, escapes what it is given, and loads nothing.
// Method: reproductions made up here, one of them with markup in its names; numbers on the axes by hand.

import { expect, test } from "vitest";
import { drawPlot, roundStep } from "../../src/report/draw.ts";
import { bounded, type Reproduction, row } from "../../src/reproduce/experiment.ts";
import { reproductionHtml } from "../../src/reproduce/report.ts";
import { tableText } from "../../src/reproduce/table.ts";

const good = row("good", "S", "MB", { published: 10, simulated: 11, tolerance: 2 });
const bad = row("bad <b>", "K", "MB", { published: 10, simulated: 13.456, tolerance: 2 });

const made: Reproduction = {
  id: "made-up",
  title: "A title with <script>",
  source: "nowhere",
  rows: [good, bad],
  plots: [
    {
      title: "A figure",
      x: "time, min",
      y: "memory, MB",
      lines: [
        {
          name: "simulated",
          points: [
            [0, 0],
            [10, 100],
          ],
        },
        { name: "published & sure", points: [[5, 50]], published: true },
      ],
    },
  ],
  ablations: [{ what: "without it", rows: [bad], fails: true }],
};

test("rows, verdicts, figures and ablations are there; names are text", () => {
  const page = reproductionHtml([made]);
  expect(page).toContain("1 of 2 numbers are within their tolerance");
  expect(page).toContain("bad &lt;b&gt;");
  expect(page).toContain("13.46 MB");
  expect(page).toContain("The same without it: rows fail, as they should");
  expect(page).not.toContain("<script");
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  expect(page.match(/<svg/g)).toHaveLength(3);
});

test("a figure: axes end at round numbers, published points are dots in the colour of their line", () => {
  const { text } = drawPlot(made.plots[0]!);
  expect(text).toMatch(/text-anchor="end">100</);
  expect(text.match(/<circle/g)).toHaveLength(1);
  expect(text.match(/var\(--line-0\)/g)!.length).toBeGreaterThan(2);
  expect(text).not.toContain("NaN");
  expect(text).not.toContain("var(--line-1)");
});

test("steps of axes are 1, 2 or 5 times a power of ten", () => {
  expect(roundStep(100, 10)).toBe(10);
  expect(roundStep(101, 10)).toBe(20);
  expect(roundStep(460, 10)).toBe(50);
  expect(roundStep(3, 6)).toBe(0.5);
});

test("bounds hold on one side, and the error says how far from it", () => {
  const more = (simulated: number) => bounded("at least", "a", "S", "%", { published: 30, simulated });
  expect(more(31)).toMatchObject({ error: 1, ok: true, bound: "at least" });
  expect(more(29)).toMatchObject({ error: -1, ok: false });
  const less = (simulated: number) => bounded("at most", "a", "S", "%", { published: 30, simulated });
  expect([less(31).ok, less(30).ok, less(0).ok]).toEqual([false, true, true]);
  expect(tableText([more(31)])).toMatch(/\+1 +at least {2}ok$/);
});

test("a table in columns", () => {
  expect(tableText([good]).split("\n")).toEqual([
    "      published             simulated  error  tolerance",
    "good      10 MB  published      11 MB     +1         ±2  ok",
  ]);
});
