// Goal: tools that read esxtop's batch output find their columns, and the numbers are those of the series.
// Method: read back what was written.
import { expect, test } from "vitest";
import { esxtopCsv } from "../../src/report/esxtop.ts";
import type { Result } from "../../src/report/result.ts";
import { cpuLargeResult, cpuNastyResult, cpuResult } from "../support/cpu-results.ts";
import { emptyResult, smallResult } from "../support/results.ts";

/** Rows of quoted fields; every field must be quoted. */
function rowsOf(result: Result): string[][] {
  const text = esxtopCsv(result);
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const fields = [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)];
      expect(fields.map(([whole]) => whole).join("")).toBe(line);
      return fields.map(([, field]) => field!.replaceAll('""', '"'));
    });
}

function column(rows: string[][], title: string): string[] {
  const at = rows[0]!.indexOf(title);
  expect(at, title).toBeGreaterThan(0);
  return rows.slice(1).map((row) => row[at]!);
}

test("titles in esxtop's order, values of the series with two decimals", () => {
  const result = cpuResult();
  const rows = rowsOf(result);
  expect(rows[0]!.slice(0, 9)).toEqual([
    "(PDH-CSV 4.0) (UTC)(0)",
    "\\\\h1\\Memory\\Machine MBytes",
    "\\\\h1\\Memory\\Free MBytes",
    "\\\\h1\\Memory\\PShare Shared MBytes",
    "\\\\h1\\Memory\\PShare Common MBytes",
    "\\\\h1\\Memory\\PShare Savings MBytes",
    "\\\\h1\\Physical Cpu(_Total)\\% Processor Time",
    "\\\\h1\\Physical Cpu(_Total)\\% Util Time",
    "\\\\h1\\Group Cpu(1:db)\\% Used",
  ]);
  const used = result.series.vms["batch"]!.usedPpm!;
  expect(column(rows, "\\\\h1\\Group Cpu(4:batch)\\% Used")).toEqual(
    used.map((ppm) => (ppm / 1e4).toFixed(2)),
  );
  const stopped = result.series.vms["batch"]!.costopPpm!;
  expect(column(rows, "\\\\h1\\Group Cpu(4:batch)\\% CoStop")).toEqual(
    stopped.map((ppm) => (ppm / 1e4).toFixed(2)),
  );
  const all = Object.values(result.series.vms);
  const total = all.reduce((sum, { usedPpm }) => sum + usedPpm![7]!, 0);
  expect(column(rows, "\\\\h1\\Physical Cpu(_Total)\\% Processor Time")[7]).toBe((total / 4e4).toFixed(2));
  expect(column(rows, "\\\\h1\\Memory\\Machine MBytes")[0]).toBe("65536.00");
  expect(column(rows, "\\\\h1\\Group Memory(1:db)\\Memory Size MBytes")[3]).toBe("1024.00");
});

test("simulated time counts from the year 2000, to the second where that is enough", () => {
  const stamps = rowsOf(cpuLargeResult()).map(([stamp]) => stamp);
  expect(stamps.slice(1, 4)).toEqual(["01/01/2000 00:00:00", "01/01/2000 00:00:30", "01/01/2000 00:01:00"]);
  expect(stamps.at(-1)).toBe("01/01/2000 01:00:00");
  const short: Result = { ...cpuResult(), series: { atNs: [0, 1.25e9], hosts: {}, vms: {} } };
  expect(rowsOf(short).map(([stamp]) => stamp)).toEqual([
    "(PDH-CSV 4.0) (UTC)(0)",
    "01/01/2000 00:00:00.000",
    "01/01/2000 00:00:01.250",
  ]);
});

test("every host has its own path, every row as many fields", () => {
  const rows = rowsOf(cpuLargeResult());
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(rows[0]!.filter((title) => title.startsWith("\\\\h2\\Group Cpu(")).length).toBe(300);
});

test("guests that do not compute have memory counters only", () => {
  const titles = rowsOf(smallResult())[0]!;
  expect(titles.some((title) => title.includes("Cpu"))).toBe(false);
  expect(titles).toContain("\\\\h1\\Group Memory(2:web-1)\\Shared Saved MBytes");
  expect(rowsOf(emptyResult()).length).toBe(1);
});

test("names cannot break a path: no parenthesis, no backslash, no line end of theirs", () => {
  const result = cpuNastyResult();
  const rows = rowsOf(result);
  expect(rows.length).toBe(result.series.atNs.length + 1);
  for (const title of rows[0]!.slice(1))
    expect(title).toMatch(/^\\\\[^\\]+\\[^\\(]+(\([^\\()]+\))?\\[^\\()]+$/);
});
