// Goal: the terminal report reads well, fits its width whatever the names, and adds up.
// Method: transcripts to review as diffs; then, over widths 60 … 200, no line too wide and no control character.
import { expect, test } from "vitest";
import { fold, sumRow } from "../../src/report/fold.ts";
import { displayWidth } from "../../src/report/names.ts";
import type { Result } from "../../src/report/result.ts";
import { insight } from "../../src/report/summary.ts";
import { reportText } from "../../src/report/text.ts";
import {
  emptyResult,
  interruptedResult,
  largeResult,
  NASTY_NAMES,
  nastyResult,
  resultOf,
  smallResult,
} from "../support/results.ts";

const golden = (name: string): string => `../golden/report/${name}.txt`;

test.each([
  ["small-100", smallResult, 100],
  ["small-60", smallResult, 60],
  ["large-120", largeResult, 120],
  ["nasty-80", nastyResult, 80],
  ["empty-80", emptyResult, 80],
  ["interrupted-80", interruptedResult, 80],
] as const)("transcript %s", async (name, make, width) => {
  await expect(reportText(make(), { width })).toMatchFileSnapshot(golden(name));
});

const makers = { smallResult, largeResult, nastyResult, emptyResult, interruptedResult };

test.each(Object.entries(makers))("%s fits every width and holds no control character", (_, make) => {
  const result = make();
  for (const width of [60, 61, 72, 80, 99, 120, 160, 200]) {
    for (const line of reportText(result, { width }).split("\n")) {
      expect(displayWidth(line), line).toBeLessThanOrEqual(width);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    }
  }
});

test("widths outside 60 … 200 are brought inside", () => {
  expect(reportText(smallResult(), { width: 10 })).toBe(reportText(smallResult(), { width: 60 }));
  expect(reportText(smallResult(), { width: 999 })).toBe(reportText(smallResult(), { width: 200 }));
});

test("without machine facts two runs of one scenario print the same", () => {
  const result = smallResult();
  const other: Result = { ...result, hostMachine: { ...result.hostMachine, wallMs: 1, runtime: "Chromium" } };
  expect(reportText(other)).not.toBe(reportText(result));
  expect(reportText(other, { machine: false })).toBe(reportText(result, { machine: false }));
});

test("paint changes nothing but the emphasis", () => {
  const mark = (text: string): string => `<${text}>`;
  const painted = reportText(smallResult(), { paint: { bold: mark, dim: mark, green: mark, yellow: mark } });
  expect(painted).toContain("<vm ");
  expect(painted.replace(/[<>]/g, "")).toBe(reportText(smallResult()));
});

test("all: every VM has its row", () => {
  const text = reportText(largeResult(), { width: 120, all: true });
  for (const name of ["web-77", "batch-100", "db-60", "h1-33"]) expect(text).toContain(`\n${name} `);
  expect(text).not.toContain("added up");
});

test("folded rows and the rest add up to the list", () => {
  const { vms } = largeResult(2);
  const { rows, hidden } = fold(vms, 20);
  expect(rows.map((row) => row.name)).toEqual([
    "web-1",
    "web-2",
    "web-3 … web-320",
    "batch-1",
    "batch-2",
    "batch-3 … batch-120",
    "db-1",
    "db-2",
    "db-3 … db-60",
  ]);
  expect(hidden).toBe(494);
  expect(sumRow("total", rows).memory).toEqual(sumRow("total", vms).memory);
});

test("VMs of all kinds of names are cut with a row for the rest", () => {
  const vms = Array.from({ length: 60 }, (_, i) => ({ name: `vm ${i} of many`, host: "h", mib: 64 }));
  const result = resultOf({
    scenario: "s",
    hosts: [{ name: "h", mib: 8192 }],
    vms,
    durationNs: 1e9,
    samples: 2,
  });
  const { rows, hidden } = fold(result.vms, 20);
  expect(rows.length).toBe(20);
  expect(rows.at(-1)!.name).toBe("41 more");
  expect(hidden).toBe(41);
  expect(sumRow("total", rows).memory).toEqual(sumRow("total", result.vms).memory);
});

test("the insight says what was saved, why, and how far the scan came", () => {
  expect(insight(smallResult())).toBe(
    "Sharing saved 501 MiB of 2.50 GiB (20 %), 59 % of it zero pages; scan complete after 4 min 10 s.",
  );
  expect(insight(emptyResult())).toBe("No guest page was backed; nothing was scanned.");
  const host = smallResult().hosts[0]!;
  const memory = { ...host.memory, zeroPages: host.memory.savedPages + 1, unvisitedPages: 1 };
  expect(insight({ ...smallResult(), hosts: [{ ...host, memory }] })).not.toContain("zero pages");
  expect(insight(interruptedResult())).toContain("546 accesses found no free frame");
});

test("names are looked up as names, not as properties of objects", () => {
  const result = nastyResult();
  expect(NASTY_NAMES).toContain("constructor");
  const hosts = result.hosts.map((host) => ({ ...host, name: "constructor" }));
  expect(() => reportText({ ...result, hosts })).not.toThrow();
});
