// Goal: the series survive the way through CSV, and a spreadsheet takes no name for a formula.
// Method: read the file back with a naive parser.
import { expect, test } from "vitest";
import {
  csvField,
  hostLargeQuantities,
  hostQuantities,
  seriesCsv,
  seriesCsvLines,
  vmQuantities,
} from "../../src/report/csv.ts";
import { visible } from "../../src/report/names.ts";
import { cpuResult } from "../support/cpu-results.ts";
import { memoryNastyResult, memoryResult } from "../support/memory-results.ts";
import { oldResult } from "../support/old-result.ts";
import { emptyResult, largeResult, nastyResult, smallResult } from "../support/results.ts";

/** RFC 4180 by the letter, one character after the other. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < text.length; ++i) {
    const character = text[i]!;
    if (quoted && character === '"' && text[i + 1] === '"') {
      field += '"';
      i += 1;
    } else if (character === '"') quoted = !quoted;
    else if (!quoted && character === ",") {
      row.push(field);
      field = "";
    } else if (!quoted && character === "\n") {
      rows.push([...row, field]);
      row = [];
      field = "";
    } else field += character;
  }
  expect(field).toBe("");
  return rows;
}

test.each([
  ["small", smallResult],
  ["nasty", nastyResult],
  ["large", () => largeResult(3)],
  ["reclaimed", memoryResult],
  ["reclaimed nasty", memoryNastyResult],
  ["old", () => oldResult(memoryResult())],
] as const)("%s comes back as it went", (_, make) => {
  const result = make();
  const { atNs, hosts, vms } = result.series;
  const [titles, ...rows] = parse(seriesCsv(result));
  const expected = new Map<string, readonly number[]>([["at_ns", atNs]]);
  const add = (title: string, values: readonly number[] | undefined): void => {
    if (values !== undefined) expected.set(title, values);
  };
  for (const { name } of result.hosts) {
    for (const key of hostQuantities) add(`host:${visible(name)}:${key}`, hosts[name]![key]);
  }
  for (const { name } of result.vms) {
    for (const key of vmQuantities) add(`vm:${visible(name)}:${key}`, vms[name]![key]);
  }
  expect(titles).toEqual([...expected.keys()]);
  expect(rows.length).toBe(atNs.length);
  [...expected.values()].forEach((values, column) => {
    expect(rows.map((row) => Number(row[column]))).toEqual([...values]);
  });
});

test("no field begins as a formula does, every row is one line, line ends are \\n", () => {
  const result = nastyResult();
  const text = seriesCsv(result);
  for (const row of parse(text))
    for (const field of row) expect(field).toMatch(/^(\d+|at_ns|(host|vm):.*)$/s);
  expect(text.split("\n").length).toBe(result.series.atNs.length + 2);
  expect(text).not.toContain("\r");
});

test("processors: columns behind those of memory, only what the series hold", () => {
  const result = cpuResult();
  const [titles, ...rows] = parse(seriesCsv(result));
  const of = (prefix: string): string[] =>
    titles!.filter((title) => title.startsWith(prefix)).map((title) => title.slice(prefix.length));
  expect(of("host:h1:").slice(-4)).toEqual(["usedPpm", "busyPpm", "frequencyPpm", "powerMilliW"]);
  expect(of("vm:db:").slice(-4)).toEqual(["usedPpm", "readyPpm", "costopPpm", "operations"]);
  expect(of("vm:batch:").slice(-3)).toEqual(["usedPpm", "readyPpm", "costopPpm"]);
  expect(of("host:h1:").length).toBe(hostQuantities.length - hostLargeQuantities.length);
  const at = titles!.indexOf("vm:batch:costopPpm");
  expect(rows.map((row) => Number(row[at]))).toEqual(result.series.vms["batch"]!.costopPpm);
});

test("nothing sampled: the titles alone", () => {
  expect(seriesCsv(emptyResult())).toMatch(/^at_ns,host:h1:usedPages,[^\n]*\n$/);
});

test("quotes where they are needed only", () => {
  expect(csvField("web-1")).toBe("web-1");
  expect(csvField('a "b", c')).toBe('"a ""b"", c"');
  expect(csvField(" a")).toBe('" a"');
});

test("lines can be written out as they come", () => {
  const lines = seriesCsvLines(largeResult(3));
  expect(lines.next().value).toMatch(/^at_ns,/);
  expect(lines.next().value).toMatch(/^0,/);
});

test("memory: what was reclaimed stands behind what was shared; what a guest has, only of guests", () => {
  const [titles] = parse(seriesCsv(memoryResult()));
  const of = (prefix: string): string =>
    titles!
      .filter((title) => title.startsWith(prefix))
      .map((title) => title.slice(prefix.length))
      .join(" ");
  expect(of("host:h1:")).toBe(
    "usedPages grantedPages sharedPages savedPages hintPages cowBreaks freePages state reservedPages configuredPages balloonPages swappedPages compressedPages swapIns swapOuts",
  );
  const ofAll =
    "grantedPages consumedPages sharedPages savedPages zeroPages activePages activeEstimatePages activeSlowPages activeFastPages activeNextPages targetPages balloonPages balloonTargetPages swappedPages swapTargetPages compressedPages swapIns swapOuts accesses";
  expect(of("vm:idle:")).toBe(ofAll);
  expect(of("vm:sql:")).toBe(`${ofAll} guestFreePages guestSwapIns guestSwapOuts`);
});
