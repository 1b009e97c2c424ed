// Goal: the CPU tables say what esxtop would, add up, and fit the terminal.
// Method: transcripts to review as diffs; identities recomputed from the cells.
import { describe, expect, test } from "vitest";
import { poolRows, treeRows, vmRows, worstFirst } from "../../src/report/cpu-rows.ts";
import { formatEnergy, formatPower, formatTenths } from "../../src/report/format.ts";
import { displayWidth } from "../../src/report/names.ts";
import type { Decision, Result } from "../../src/report/result.ts";
import { insight } from "../../src/report/summary.ts";
import { reportText } from "../../src/report/text.ts";
import { cpuLargeResult, cpuNastyResult, cpuResult, cpuResultOf } from "../support/cpu-results.ts";

test.each([
  ["cpu-120", cpuResult, 120],
  ["cpu-80", cpuResult, 80],
  ["cpu-large-100", cpuLargeResult, 100],
  ["cpu-nasty-80", cpuNastyResult, 80],
] as const)("transcript %s", async (name, make, width) => {
  await expect(reportText(make(), { width })).toMatchFileSnapshot(`../golden/report/${name}.txt`);
});

test.each(Object.entries({ cpuResult, cpuLargeResult, cpuNastyResult }))(
  "%s fits every width and holds no control character",
  (_, make) => {
    const result = make();
    for (const width of [60, 61, 72, 80, 99, 120, 160, 200]) {
      for (const line of reportText(result, { width }).split("\n")) {
        expect(displayWidth(line), line).toBeLessThanOrEqual(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
      }
    }
  },
);

const TITLES = "NAME NWLD %USED %RUN %SYS %WAIT %VMWAIT %RDY %IDLE %OVRLP %CSTP %MLMTD %SWPWT".split(" ");

/** Cells of esxtop's table, by the row's name and the column's title. */
function usageTable(result: Result, width: number): Map<string, Record<string, number>> {
  const lines = reportText(result, { width, all: true }).split("\n");
  const from = lines.findIndex((line) => line.startsWith("NAME"));
  const titles = lines[from]!.split(/\s+/).slice(1);
  const rows = new Map<string, Record<string, number>>();
  for (const line of lines.slice(from + 1, lines.indexOf("", from))) {
    const [name, ...cells] = line.trim().split(/ {2,}/);
    if (cells.length !== titles.length) continue;
    rows.set(
      name!,
      Object.fromEntries(titles.map((title, i) => [title, Number(cells[i]!.replaceAll(" ", ""))])),
    );
  }
  return rows;
}

describe("esxtop's table", () => {
  test("all columns in esxtop's order where there is room, zero columns go first where there is none", () => {
    const titles = (width: number): string[] =>
      reportText(cpuResult(), { width })
        .split("\n")
        .find((line) => line.startsWith("NAME"))!
        .split(/\s+/);
    expect(titles(160)).toEqual(TITLES);
    for (const width of [60, 80, 100]) {
      expect(TITLES.filter((title) => titles(width).includes(title))).toEqual(titles(width));
      expect(titles(width)).toEqual(expect.arrayContaining(["NAME", "%USED", "%RDY"]));
    }
    expect(reportText(cpuLargeResult(), { width: 80 })).toContain(
      "zero throughout: %SYS, %VMWAIT, %OVRLP, %MLMTD, %SWPWT",
    );
  });

  test("RUN + RDY + CSTP + WAIT of a VM is 100 % of each of its vCPUs, WAIT is VMWAIT and IDLE", () => {
    const rows = usageTable(cpuResult(), 200);
    for (const { name } of cpuResult().vms) {
      const row = rows.get(name)!;
      expect(row["%RUN"]! + row["%RDY"]! + row["%CSTP"]! + row["%WAIT"]!).toBeCloseTo(100 * row["NWLD"]!, 0);
      expect(row["%VMWAIT"]! + row["%IDLE"]!).toBeCloseTo(row["%WAIT"]!, 0);
    }
    expect(rows.get("batch")).toMatchObject({ NWLD: 4, "%USED": 50, "%RUN": 80, "%RDY": 200, "%CSTP": 24 });
    expect(rows.get("cron")!["%RUN"]).toBe(1);
  });

  test("a pool is the sum of its worlds, pools in pools included", () => {
    const rows = usageTable(cpuResult(), 200);
    const parts = ["db", "web-1", "web-2"].map((name) => rows.get(name)!);
    for (const title of ["NWLD", "%USED", "%RUN", "%RDY", "%WAIT"]) {
      const sum = parts.reduce((total, row) => total + row[title]!, 0);
      expect(rows.get("alice")![title]).toBeCloseTo(sum, 0);
    }
    expect(rows.get("web")!["NWLD"]).toBe(2);
  });
});

describe("rows", () => {
  test("the tree: pools, then what is below them, then VMs in none", () => {
    const result = cpuResult();
    expect(treeRows(result, vmRows(result)).map(({ name }) => name)).toEqual([
      ...["alice", "  db", "  web", "    web-1", "    web-2"],
      ...["bob", "  batch", "cron", "parked", "solver"],
    ]);
  });

  test("every VM and every pool stands in the tree once, whatever the hosts and names", () => {
    for (const result of [cpuLargeResult(), cpuNastyResult()]) {
      const names = treeRows(result, vmRows(result)).map(({ name, host }) => `${host} ${name.trim()}`);
      const all = [...result.pools, ...result.vms].map(({ name, host }) => `${host} ${name.trim()}`);
      expect(names.sort()).toEqual(all.sort());
      expect(poolRows(result).length).toBe(result.pools.length);
    }
  });

  test("who waited most comes first; of equals whoever was co-stopped longer", () => {
    const result = cpuResultOf({
      scenario: "ties",
      hosts: [{ name: "h", pcpus: 1 }],
      vms: [
        { name: "a", run: 0.1, ready: 0.1 },
        { name: "b", run: 0.1, ready: 0.2 },
        { name: "c", run: 0.1, ready: 0.2, costop: 0.1 },
        { name: "d", run: 0.1, ready: 0.1 },
      ],
      durationNs: 1e9,
      samples: 2,
    });
    expect(worstFirst(vmRows(result)).map(({ name }) => name)).toEqual(["c", "b", "a", "d"]);
  });
});

test("above thirty VMs the worst are shown, and how many are not; --all shows each", () => {
  const text = reportText(cpuLargeResult(), { width: 120 });
  expect(text).toContain("180 VMs left out, which waited less: ready for at most 36 % of their time");
  expect(text).not.toContain("\nvm-1 ");
  const all = reportText(cpuLargeResult(), { width: 120, all: true });
  expect(all).not.toContain("left out");
  expect(all).toContain("\n  vm-1 ");
});

test("what is not there is not shown", () => {
  const result = cpuResultOf({
    scenario: "plain",
    hosts: [{ name: "h", pcpus: 1 }],
    vms: [{ name: "a", run: 0.5 }],
    durationNs: 1e9,
    samples: 2,
  });
  const text = reportText(result, { width: 200 });
  expect(text).not.toMatch(/power|energy|clock|sampled|what guests met|operations|pool|granted|nobody|total/);
  expect(text).toContain("No VM waited for a processor for more than 1 % of its time.");
});

test("a VM that never ran has no demand and no percentages", () => {
  const off = { demandPpm: null, elapsedNs: 0, poweredNs: 0, power: "off", waitNs: 0, idleNs: 0 } as const;
  const result = cpuResultOf({
    scenario: "off",
    hosts: [{ name: "h", pcpus: 1 }],
    vms: [{ name: "a", run: 0, more: off }],
    durationNs: 1e9,
    samples: 2,
  });
  const text = reportText(result, { width: 160 });
  expect(text).not.toMatch(/NaN|Infinity/);
  expect(text).toMatch(/\na {8}1 +–/);
});

test("the insight says how busy, and who suffered", () => {
  expect(insight(cpuResult())).toContain(
    "The processors of h1 were busy for 82 % of the time. parked suffered most: ready but not running for 100 % of its " +
      "time, all of that held by a limit. 1 VM panicked: parked. 1 VM in quarantine: batch.",
  );
  expect(insight(cpuLargeResult())).toBe(
    "The processors were busy for 79 % of the time, those of h2 most (98 %). vm-28 suffered most: ready but not " +
      "running for 40 % of its time.",
  );
});

test("numbers as people read them", () => {
  expect([0, 62.5, 0.031, 0.001, 1204, 99.96].map(formatTenths)).toEqual([
    "0.0",
    "62.5",
    "0.03",
    "< 0.01",
    "1 204.0",
    "100.0",
  ]);
  expect([93.7, 1250].map(formatPower)).toEqual(["93.7 W", "1.25 kW"]);
  expect([840_000, 7.02e6, 3.6e9].map(formatEnergy)).toEqual(["840 J", "7.02 kJ", "1 kWh"]);
});

describe("decisions", () => {
  const scan = (row: string): Decision => ({
    atNs: 0,
    policy: "min-funding",
    row,
    inputs: {},
    target: { scanPagesPerSecond: 50 },
    reason: "Scanned.",
  });
  const shares = (atNs: number): Decision => ({
    atNs,
    policy: "latency-bound",
    row: "vm db",
    inputs: {},
    target: { shares: 2000 + atNs },
    reason: "It waits.",
  });
  const withMemory = (grantedPages: number): Result => {
    const base = cpuResult();
    const hosts = base.hosts.map((host) => ({ ...host, memory: { ...host.memory, grantedPages } }));
    return { ...base, hosts };
  };
  const told = (result: Result, options = {}): string[] =>
    reportText(result, { width: 100, ...options })
      .split("\n")
      .filter((line) => /decision|scanPages|shares 2|more:/.test(line));

  test("guests that only compute: no rates of scanning, but with all", () => {
    const result = { ...withMemory(0), decisions: [scan("host h1"), shares(1e9)] };
    expect(told(result)[0]).toBe("1 decision");
    expect(told(result).join()).not.toContain("scanPages");
    expect(told(result, { all: true }).join()).toContain("scanPages");
    expect(told({ ...result, decisions: [scan("host h1")] })).toEqual([]);
  });

  test("guests that touch memory, too: what is more than a rate goes first, and what is shown stands in order", () => {
    const decisions = [
      scan("host h1"),
      scan("vm db"),
      scan("pool a"),
      scan("rack b"),
      shares(1),
      shares(2),
      shares(3),
    ];
    const lines = told({ ...withMemory(10), decisions });
    expect(lines.filter((line) => line.includes("scanPages")).length).toBe(1);
    expect(lines[1]).toContain("host h1");
    expect(lines.at(-1)).toContain("3 more");
  });
});
