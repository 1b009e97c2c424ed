// Goal: tools that read esxtop's batch output find their columns, and the numbers are those of the series.
// Method: read back what was written.
import { describe, expect, test } from "vitest";
import { esxtopCsv } from "../../src/report/esxtop.ts";
import type { Result } from "../../src/report/result.ts";
import { runCpu } from "../support/cpu.ts";
import { cpuLargeResult, cpuNastyResult, cpuResult } from "../support/cpu-results.ts";
import { memoryNastyResult, memoryResult } from "../support/memory-results.ts";
import { oldResult } from "../support/old-result.ts";
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
  const at = rows[0]!.indexOf("\\\\h1\\Physical Cpu(_Total)\\% Processor Time");
  expect(rows[0]!.slice(1, at).every((title) => title.startsWith("\\\\h1\\Memory\\"))).toBe(true);
  expect([rows[0]![0], ...rows[0]!.slice(at, at + 3)]).toEqual([
    "(PDH-CSV 4.0) (UTC)(0)",
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
    expect(title).toMatch(/^\\\\[^\\]+\\[^\\(]+(\([^\\()]+\))?\\[^\\()]+(\(\d+ Minute Avg\))?$/);
});

/** Counters of an object of a host, without the path. */
function countersOf(rows: string[][], path: string): string[] {
  return rows[0]!.filter((title) => title.startsWith(path)).map((title) => title.slice(path.length));
}

const OF_HOST = [
  ..."1 5 15".split(" ").map((minutes) => `Memory Overcommit (${minutes} Minute Avg)`),
  ..."Machine,Kernel,NonKernel,Free,Kernel Managed,Kernel MinFree,Kernel Reserved,Kernel Unreserved"
    .split(",")
    .map((title) => `${title} MBytes`),
  "Kernel State",
  ..."PShare Shared,PShare Common,PShare Savings,Swap Used,Swap Target,Memctl Current,Memctl Target,Memctl Max"
    .split(",")
    .map((title) => `${title} MBytes`),
];
const OF_VM = [
  ..."Memory Size,Memory Granted Size,Memory Consumed Size,Target Size,Touched".split(",").map(inMib),
  ...["", "Slow ", "Fast ", "Next "].map((which) => `% Active ${which}Estimate`),
  ..."Memctl,Memctl Target,Swapped,Swap Target,Shared,Shared Saved,Zero,Overhead".split(",").map(inMib),
];
function inMib(title: string): string {
  return `${title} MBytes`;
}

test("memory: esxtop's counters by their names, with what the series hold", () => {
  const result = memoryResult();
  const rows = rowsOf(result);
  expect(countersOf(rows, "\\\\h1\\Memory\\")).toEqual(OF_HOST);
  expect(countersOf(rows, "\\\\h1\\Group Memory(3:sql)\\")).toEqual(OF_VM);

  const host = (title: string): number[] => column(rows, `\\\\h1\\Memory\\${title}`).map(Number);
  const sql = (title: string): number[] => column(rows, `\\\\h1\\Group Memory(3:sql)\\${title}`).map(Number);
  const { hosts, vms } = result.series;
  const mib = (pages: readonly number[]): number[] => pages.map((each) => Number((each / 256).toFixed(2)));
  expect(host("Kernel State")).toEqual(hosts["h1"]!.state);
  expect(host("Free MBytes")).toEqual(mib(hosts["h1"]!.freePages));
  expect(host("Swap Used MBytes")).toEqual(mib(hosts["h1"]!.swappedPages));
  expect(sql("Memctl MBytes")).toEqual(mib(vms["sql"]!.balloonPages));
  expect(sql("Target Size MBytes")).toEqual(mib(vms["sql"]!.targetPages));
  expect(sql("% Active Estimate")).toEqual(
    vms["sql"]!.activeEstimatePages.map((pages) => Number(((100 * pages) / (320 * 256)).toFixed(2))),
  );
  const wholes = ["Kernel MBytes", "NonKernel MBytes", "Free MBytes"].map(host);
  for (const i of [0, 30, 120]) expect(wholes.reduce((sum, each) => sum + each[i]!, 0)).toBeCloseTo(1024, 1);
  const all = Object.values(vms).map(({ balloonTargetPages }) => balloonTargetPages[40]!);
  expect(host("Memctl Target MBytes")[40]).toBeCloseTo(all.reduce((a, b) => a + b) / 256, 1);
});

test("overcommitment is averaged over minutes", () => {
  const base = memoryResult();
  const steps = base.series.atNs.map((_, i) => (i < 60 ? 0 : 1));
  const room = 1000 * 256;
  const configuredPages = steps.map((step) => room * (1 + step));
  const h1 = { ...base.series.hosts["h1"]!, configuredPages };
  const rows = rowsOf({ ...base, series: { ...base.series, hosts: { h1 } } });
  const of = (minutes: number): string[] =>
    column(rows, `\\\\h1\\Memory\\Memory Overcommit (${minutes} Minute Avg)`).slice(59, 64);
  // A sample each half minute: the last two, ten, thirty count.
  expect(of(1)).toEqual(["0.00", "0.50", "1.00", "1.00", "1.00"]);
  expect(of(5)).toEqual(["0.00", "0.10", "0.20", "0.30", "0.40"]);
  expect(of(15)).toEqual(["0.00", "0.03", "0.07", "0.10", "0.13"]);
});

test("an older version's result has the counters that it knew, and no number that is none", () => {
  for (const make of [memoryResult, memoryNastyResult]) {
    const rows = rowsOf(oldResult(make()));
    expect(rows.flat().some((field) => /NaN|undefined|Infinity/.test(field))).toBe(false);
    expect(rows[0]!.some((title) => title.endsWith("Free MBytes"))).toBe(true);
    expect(rows[0]!.some((title) => /Memctl|Active|Swap|Overcommit/.test(title))).toBe(false);
  }
});

describe("the same in meaning as the table of the report", () => {
  const at = (rows: string[][], title: string): number => Number(column(rows, `\\\\h\\${title}`).at(-1));
  /** Of a group, by its counter, at the end; zeros left out. */
  const groupOf = (rows: string[][], group: string) =>
    Object.fromEntries(
      rows[0]!
        .map((title) => /^\\\\h\\Group Cpu\((.*)\)\\(.*)$/.exec(title))
        .flatMap((match) => (match?.[1] === group ? [match[2]!] : []))
        .map((title) => [title, at(rows, `Group Cpu(${group})\\${title}`)] as const)
        .filter(([, value]) => value !== 0),
    );
  const series = { every: "1s" };

  test("where a VM's time goes, with every counter in esxtop's order, and pools as groups", async () => {
    const pools = [{ name: "p" }, { name: "q", pool: "p" }];
    const vms = [
      { name: "a", pool: "q", workload: { run: "4ms", sleep: "1ms" } },
      { name: "b", pool: "p", cpu: { limit: "25%" } },
    ];
    const words = { duration: "3s", cpu: { cores: 2 }, pools, vms, series };
    const rows = rowsOf(await runCpu(words));
    const names = rows[0]!.filter((title) => title.startsWith("\\\\h\\Group Cpu(1:a)"));
    expect(names.map((title) => title.split("\\").at(-1))).toEqual([
      "% Used",
      "% Run",
      "% System",
      "% Wait",
      "% VmWait",
      "% Ready",
      "% Idle",
      "% Overlap",
      "% CoStop",
      "% Max Limited",
      "% Swap Wait",
    ]);
    expect(groupOf(rows, "1:a")).toEqual({ "% Used": 80, "% Run": 80, "% Wait": 20, "% Idle": 20 });
    const limited = { "% Used": 25, "% Run": 25, "% Ready": 75, "% Max Limited": 75 };
    expect(groupOf(rows, "2:b")).toEqual(limited);
    expect(groupOf(rows, "4:q")).toEqual(groupOf(rows, "1:a"));
    const sum = { ...limited, "% Used": 105, "% Run": 105, "% Wait": 20, "% Idle": 20 };
    expect(groupOf(rows, "3:p")).toEqual(sum);
    expect(at(rows, "Physical Cpu(_Total)\\% Util Time")).toBe(52.5);
  });

  test("interrupts: system time of whom they are for, overlap of whom they interrupt, used of the host", async () => {
    const interrupts = [{ name: "nic", vm: "b", rate: "1000/s", cost: "100us" }];
    const vms = [{ name: "a" }, { name: "b", workload: { busy: true, start: "1h" } }];
    const result = await runCpu({ duration: "3s", host: { interrupts }, vms, series });
    const rows = rowsOf(result);
    expect(groupOf(rows, "1:a")).toEqual({ "% Used": 90, "% Run": 100, "% Overlap": 10 });
    expect(groupOf(rows, "2:b")).toEqual({ "% Used": 10, "% System": 10, "% Wait": 100, "% Idle": 100 });
    expect(at(rows, "Physical Cpu(_Total)\\% Processor Time")).toBe(100);
    const cpu = result.hosts[0]!.cpu!;
    // The table's total over VMs and its row of the host are the same time now.
    expect(cpu.usedNs).toBe(result.vms.reduce((total, vm) => total + vm.cpu!.usedNs, 0));
  });

  test.each([
    // A core does 1.25 times the work with both threads busy: 62.5 % of two pCPUs.
    { cpu: { threads: 2 }, host: {}, util: 100, used: 62.5 },
    {
      cpu: { cores: 2 },
      host: { power: { table: "hp-ml110-g5", states: ["60%"], governor: "powersave" } },
      util: 100,
      used: 60,
    },
  ])(
    "utilised is time with somebody on the pCPU, used is nominal core time: $util and $used",
    async (given) => {
      const { cpu, host, util, used } = given;
      const rows = rowsOf(
        await runCpu({ duration: "3s", cpu, host, vms: [{ name: "a" }, { name: "b" }], series }),
      );
      expect(at(rows, "Physical Cpu(_Total)\\% Util Time")).toBe(util);
      expect(at(rows, "Physical Cpu(_Total)\\% Processor Time")).toBe(used);
    },
  );
});
