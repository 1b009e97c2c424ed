// Goal: the report of memory says what esxtop would, adds up, fits the terminal, and says nothing where there is nothing.
// Method: transcripts to review as diffs; numbers recomputed from the result; results of an older version.
import { describe, expect, test } from "vitest";
import { memoryColumns } from "../../src/report/memory-columns.ts";
import { hostMemoryLines, statesText } from "../../src/report/memory-host-columns.ts";
import {
  hostMemoryRows,
  memoryRows,
  memoryTotal,
  overcommit,
  tellsOfReclaiming,
  worstOfMemory,
} from "../../src/report/memory-rows.ts";
import { displayWidth } from "../../src/report/names.ts";
import type { Result, VmMemory } from "../../src/report/result.ts";
import { letterLine, sparkline } from "../../src/report/sparkline.ts";
import { insight } from "../../src/report/summary.ts";
import { cell } from "../../src/report/table.ts";
import { reportText } from "../../src/report/text.ts";
import { cpuResult } from "../support/cpu-results.ts";
import { memoryAndCpuResult, memoryNastyResult, memoryResult } from "../support/memory-results.ts";
import { oldResult } from "../support/old-result.ts";
import { emptyResult, largeResult, smallResult } from "../support/results.ts";

test.each([
  ["memory-120", memoryResult, 120],
  ["memory-60", memoryResult, 60],
  ["memory-nasty-80", memoryNastyResult, 80],
  ["memory-cpu-100", memoryAndCpuResult, 100],
] as const)("transcript %s", async (name, make, width) => {
  await expect(reportText(make(), { width })).toMatchFileSnapshot(`../golden/report/${name}.txt`);
});

test.each(Object.entries({ memoryResult, memoryNastyResult, memoryAndCpuResult }))(
  "%s fits every width and holds no control character",
  (_, make) => {
    const result = make();
    for (const width of [60, 61, 72, 80, 99, 120, 160, 200]) {
      for (const all of [false, true]) {
        for (const line of reportText(result, { width, all }).split("\n")) {
          expect(displayWidth(line), line).toBeLessThanOrEqual(width);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
          expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
        }
      }
    }
  },
);

test("where nothing was reclaimed, promised or held back, there is nothing to say", () => {
  for (const make of [smallResult, largeResult, emptyResult, cpuResult]) {
    expect(tellsOfReclaiming(make())).toBe(false);
    expect(reportText(make())).not.toMatch(/MEMSZ|PMEM|over time {2}/);
  }
});

/** A plain result whose first VM has this in its memory. */
function withMemory(more: Partial<VmMemory>): Result {
  const result = smallResult();
  const vms = result.vms.map((vm, row) => (row === 0 ? { ...vm, memory: { ...vm.memory, ...more } } : vm));
  return { ...result, vms };
}

test("a target, a limit or a reservation is enough to say something; a target as large as the VM is not", () => {
  const size = smallResult().vms[0]!.memory.sizePages;
  expect(tellsOfReclaiming(withMemory({ targetPages: size }))).toBe(false);
  for (const more of [{ targetPages: size - 1 }, { maxPages: size - 1 }, { minPages: 1 }, { swapIns: 1 }])
    expect(tellsOfReclaiming(withMemory(more)), JSON.stringify(more)).toBe(true);
});

describe("esxtop's table", () => {
  const of = (result: Result, name: string): Record<string, string> => {
    const rows = memoryRows(result);
    const row = name === "total" ? memoryTotal(result, rows) : rows.find((each) => each.name === name)!;
    return Object.fromEntries(memoryColumns(result, rows).map((column) => [column.title, cell(column, row)]));
  };

  test("columns in esxtop's order", () => {
    const titles = Object.keys(of(memoryResult(), "sql"));
    expect(titles.join(" ")).toBe(
      "NAME MEMSZ GRANT CNSM SZTGT TCHD %ACTV %ACTVS %ACTVF %ACTVN MCTL? MCTLSZ MCTLTGT MCTLMAX SWCUR SWTGT SWR/s SWW/s ZERO SHRD SHRDSVD OVHD zipped ZIP/s UNZIP/s AMIN AMAX ASHRS",
    );
  });

  test("their meaning, by hand", () => {
    const result = memoryResult();
    const sql = result.vms.find(({ name }) => name === "sql")!.memory;
    expect(of(result, "sql")).toMatchObject({ MEMSZ: "320.0", "MCTL?": "Y", MCTLMAX: "208.0", AMAX: "–" });
    // 12 000 pages in an hour are 13 KiB/s.
    expect(of(result, "sql")["SWR/s"]).toBe("0.01");
    expect(of(result, "batch")).toMatchObject({ AMAX: "128.0", SWCUR: "128.0", ASHRS: "2 560", AMIN: "0.0" });
    expect(of(result, "idle")["MCTL?"]).toBe("N");
    expect(Number(of(result, "sql")["%ACTV"])).toBeCloseTo(
      (100 * sql.activeEstimatePages) / sql.sizePages,
      1,
    );
    expect(Number(of(result, "sql")["CNSM"]) + Number(of(result, "sql")["SHRDSVD"])).toBeCloseTo(
      Number(of(result, "sql")["GRANT"]),
      0,
    );
  });

  test("the total adds sizes up and weighs estimates by size", () => {
    const total = of(memoryResult(), "total");
    expect(total).toMatchObject({ MEMSZ: "1 216.0", OVHD: "160.0", ASHRS: "12 160" });
    const { vms } = memoryResult();
    const slow = vms.reduce((sum, { memory }) => sum + memory.activeSlowPpm * memory.sizePages, 0);
    const size = vms.reduce((sum, { memory }) => sum + memory.sizePages, 0);
    expect(total["%ACTVS"]).toBe((slow / size / 1e4).toFixed(1));
  });
});

describe("hosts", () => {
  test("esxtop's first lines add up", () => {
    const [row] = hostMemoryRows(memoryResult());
    const lines = hostMemoryLines(row!, 200).join("\n");
    const [, total, vmk, other, free] = /PMEM: +([\d ]+) total: (\d+) vmk, (\d+) other, (\d+) free/.exec(
      lines,
    )!;
    expect(Number(vmk) + Number(other) + Number(free)).toBe(Number(total!.replace(" ", "")));
    // 1216 MiB of VMs and 5 × 32 MiB overhead in 1000 MiB.
    expect(overcommit(row!)).toBeCloseTo(0.376, 10);
    // Reservations of 128 + 160 + 160 MiB, 5 × 32 MiB overhead, 24 MiB for the hypervisor.
    expect(lines).toContain("61 minfree, 632 rsvd, 392 ursvd, high state");
  });

  test("time in the states, in the order of the states; old results have none", () => {
    const [row] = hostMemoryRows(memoryResult());
    expect(statesText(row!)).toBe("high 77 % of the time, soft 18 %, hard 3.3 %, low 1.7 %");
    const [old] = hostMemoryRows(oldResult(memoryResult()));
    expect(statesText(old!)).toBe("high state");
    expect(overcommit(old!)).toBe(-1);
  });

  test("mechanisms that did nothing have no line", () => {
    const [row] = hostMemoryRows(withMemory({ minPages: 256 }));
    expect(hostMemoryLines(row!, 100).map((line) => line.split(" ")[0])).toEqual([
      "memory",
      "PMEM:",
      "VMKMEM:",
      "PSHARE:",
    ]);
  });
});

describe("the insight", () => {
  test("who waited, for how many pages, what was taken, what sharing spared", () => {
    const text = insight(memoryResult());
    expect(text).toContain(
      "h1, overcommitted by 38 %, was short of memory for 23 % of the time (soft 18 %, hard 3.3 %, low 1.7 %).",
    );
    expect(text).toContain(
      "For memory sql waited longest: 1 min 38 s in all, 2.7 % of the time (12 000 pages swapped in = 1 min 36 s, stopped by its host for 2 s); its target fell to 122 MiB of 320 MiB, at most 160 MiB ballooned.",
    );
    expect(text).toContain("At the end most was taken from batch: 128 MiB swapped of its 256 MiB.");
    expect(text).toContain("The guest sql swapped most by itself: 6 000 pages in, 12 000 out");
  });

  test("a limit is named before a target", () => {
    const { memory } = memoryResult().vms.find(({ name }) => name === "batch")!;
    const only = (keys: Partial<VmMemory>): string => insight(withMemory(keys));
    expect(only({ maxPages: 131_072, targetPages: 1000, stallNs: memory.stallNs, swapIns: 2000 })).toContain(
      "For memory db waited longest: 16 s in all, 2.7 % of the time (2 000 pages swapped in = 16 s); its limit is 512 MiB of 2 GiB, it has no balloon driver.",
    );
  });

  test("many accesses may wait at once: longer than the run is no part of it", () => {
    expect(insight(withMemory({ swapIns: 9, stallNs: 1200e9 }))).toContain(
      "db waited longest: 20 min in all, many at once (9 pages swapped in = 20 min)",
    );
  });

  test("balloons alone make nobody wait; plain sharing says nothing of it", () => {
    expect(insight(withMemory({ balloonPages: 256 }))).toContain(
      "No VM waited for memory that its host had taken. At the end most was taken from db: 1 MiB ballooned of its 2 GiB.",
    );
    expect(insight(smallResult())).not.toMatch(/memory db|waited|taken/);
  });
});

test("where nothing was looked for to be shared, nothing is said of it", () => {
  const result = withMemory({ swapIns: 5, stallNs: 1e6 });
  expect(insight(result)).toMatch(/^For memory db waited longest.*Sharing saved 501 MiB/s);
  expect(reportText(result)).toContain("saved on h1");
  const hosts = result.hosts.map((host) => {
    return { ...host, memory: { ...host.memory, savedPages: 0, scannedPages: 0 } };
  });
  expect(insight({ ...result, hosts })).not.toContain("Sharing");
  expect(reportText({ ...result, hosts })).not.toContain("saved on h1");
});

test("guests that boot, and guests that are off", () => {
  const result = memoryAndCpuResult();
  const [on] = memoryResult().vms;
  const guest = { ...on!.memory.guest!, booted: false };
  const vms = result.vms.map((vm, row) => ({
    ...vm,
    cpu: { ...vm.cpu!, power: row === 1 ? ("off" as const) : ("on" as const) },
    memory: { ...vm.memory, guest: { ...guest, booted: row > 1 } },
  }));
  const lines = reportText({ ...result, vms }).split("\n");
  const from = lines.indexOf("what guests did with their memory, MiB") + 2;
  expect(lines.slice(from, from + 3).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
    ["db", "boots"],
    ["web-1", "off"],
    ["web-2", "3.5"],
  ]);
});

test("paging that nobody waited for is called so", () => {
  expect(reportText(withMemory({ sharedBeforeSwap: 40 }))).toContain("\npaging that nobody waited for\n");
  expect(reportText(withMemory({ sharedBeforeSwap: 40, stallNs: 1 }))).toContain("who waited for memory");
});

test("worst first: waiting, then what was taken", () => {
  expect(worstOfMemory(memoryRows(memoryResult())).map(({ name }) => name)).toEqual([
    "sql",
    "batch",
    "exchange",
    "metaframe",
    "idle",
  ]);
});

test("results of an older version are told as far as they go", () => {
  for (const make of [memoryResult, memoryNastyResult, memoryAndCpuResult]) {
    const old = oldResult(make());
    const text = reportText(old, { all: true });
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(insight(old)).not.toMatch(/NaN|undefined/);
  }
});

describe("lines of characters", () => {
  test("a short state is not lost between two characters", () => {
    const states = Array.from({ length: 101 }, (_, i) => (i === 33 ? 4 : i > 90 ? 2 : 0));
    const atNs = states.map((_, i) => i * 1e9);
    expect(letterLine(atNs, states, 11, "·csHL")).toBe("···L·····ss");
    expect(letterLine([], [], 11, "·csHL")).toBe("");
    expect(letterLine([5], [1], 3, "·csHL")).toBe("ccc");
  });

  test("a scale of one's own, and blanks for nothing", () => {
    const at = [0, 1, 2, 3];
    expect(sparkline(at, [0, 1, 4, 8], 4, { highest: 8, blank: true })).toBe(" ▂▅█");
    expect(sparkline(at, [0, 1, 4, 8], 4, { highest: 80, blank: true })).toBe(" ▁▁▂");
    expect(sparkline(at, [0, 1, 4, 8], 4)).toBe("▁▂▅█");
  });
});

test("guests that compute nothing and lose memory: nothing is said of processors", () => {
  const result = memoryAndCpuResult();
  const idle: Result = {
    ...result,
    hosts: result.hosts.map((host) => ({ ...host, cpu: { ...host.cpu!, busyNs: 0 } })),
    vms: result.vms.map((vm) => ({ ...vm, cpu: { ...vm.cpu!, runNs: 0, readyNs: 0, costopNs: 0 } })),
  };
  expect(reportText(result)).toMatch(/%USED.*processors/s);
  expect(reportText(idle)).not.toMatch(/%USED|processors/);
  expect(reportText(idle)).toContain("MEMSZ");
});
