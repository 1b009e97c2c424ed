// Goal: results that lack keys, as older or other versions write them, are told as far as they go; none breaks a report.
// Method: keys of memory and series struck out by chance; every form of the report is made and looked through.
import fc from "fast-check";
import { expect, test } from "vitest";
import { uplotScript, uplotStyle } from "../../src/generated/uplot.ts";
import { seriesCsv } from "../../src/report/csv.ts";
import { esxtopCsv } from "../../src/report/esxtop.ts";
import { reportHtml } from "../../src/report/html.ts";
import type { Result } from "../../src/report/result.ts";
import { reportText } from "../../src/report/text.ts";
import { memoryAndCpuResult, memoryNastyResult, memoryResult } from "../support/memory-results.ts";

/** What has been there since the first version. */
const FIRST = new Set(
  (
    "sizePages freePages usedPages grantedPages consumedPages touchedPages dirtyPages sharedPages commonPages savedPages zeroPages " +
    "hintPages scannedPages unvisitedPages cowBreaks falseMatches outOfFrames balloonPages swappedPages compressedPages accesses writes"
  ).split(" "),
);
const FIRST_OF_SERIES = new Set(
  "usedPages grantedPages consumedPages sharedPages savedPages zeroPages hintPages cowBreaks".split(" "),
);

const without = <Row extends object>(row: Row, gone: ReadonlySet<string>, kept: ReadonlySet<string>): Row =>
  Object.fromEntries(Object.entries(row).filter(([key]) => kept.has(key) || !gone.has(key))) as Row;

function struck(result: Result, gone: ReadonlySet<string>): Result {
  const rows = <Row extends object>(all: Readonly<Record<string, Row>>): Readonly<Record<string, Row>> =>
    Object.fromEntries(Object.entries(all).map(([name, row]) => [name, without(row, gone, FIRST_OF_SERIES)]));
  const { atNs, hosts, vms } = result.series;
  return {
    ...result,
    hosts: result.hosts.map((host) => ({ ...host, memory: without(host.memory, gone, FIRST) })),
    vms: result.vms.map((vm) => ({ ...vm, memory: without(vm.memory, gone, FIRST) })),
    series: { atNs, hosts: rows(hosts), vms: rows(vms) },
  };
}

const results = [memoryResult(), memoryNastyResult(), memoryAndCpuResult()];
const keys = [
  ...new Set(
    results.flatMap(({ hosts, vms, series }) =>
      [
        hosts[0]!.memory,
        ...vms.map(({ memory }) => memory),
        ...Object.values(series.vms),
        ...Object.values(series.hosts),
      ].flatMap((row) => Object.keys(row)),
    ),
  ),
];

test("property: whichever keys are gone, every report can be made and says no number that is none", () => {
  fc.assert(
    fc.property(fc.constantFrom(...results), fc.subarray(keys), (result, gone) => {
      const less = struck(result, new Set(gone));
      const text = reportText(less, { width: 100, all: true });
      const page = reportHtml(less, { uplotScript, uplotStyle })
        .replace(/<script>.*?<\/script>/gs, "")
        .replaceAll('data-v="NaN"', "");
      for (const told of [text, page, seriesCsv(less), esxtopCsv(less)])
        expect(told).not.toMatch(/NaN|undefined|Infinity/);
    }),
    { numRuns: 60 },
  );
});
