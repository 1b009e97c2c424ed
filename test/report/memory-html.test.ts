// Goal: the page tells of memory as the terminal does, and draws what the series hold.
// Method: examples on the text of the page and on the data of the plots; the browser has its own test.
import { expect, test } from "vitest";
import { uplotScript, uplotStyle } from "../../src/generated/uplot.ts";
import { reportHtml } from "../../src/report/html.ts";
import { reportData } from "../../src/report/html-data.ts";
import { VM_PLOTS } from "../../src/report/html-memory-data.ts";
import type { Result } from "../../src/report/result.ts";
import { memoryAndCpuResult, memoryNastyResult, memoryResult } from "../support/memory-results.ts";
import { oldResult } from "../support/old-result.ts";
import { smallResult } from "../support/results.ts";

const page = (result: Result): string => reportHtml(result, { uplotScript, uplotStyle });

/** Ids of the tables of a page, in order. */
function tables(text: string): string[] {
  return [...text.matchAll(/<table id="([^"]*)"/g)].map(([, id]) => id!);
}

function tableOf(text: string, id: string): string {
  return new RegExp(`<table id="${id}">.*?</table>`, "s").exec(text)![0];
}

test("a section for each question, none where there is nothing to say but of sharing", () => {
  const ofMemory = ["memory-hosts", "memory-vms", "memory-waits", "memory-guests"];
  expect(tables(page(memoryResult()))).toEqual([...ofMemory, "hosts", "vms"]);
  expect(tables(page(memoryAndCpuResult()))).toEqual(
    expect.arrayContaining(["cpu-vms", ...ofMemory.slice(0, 3)]),
  );
  expect(tables(page(smallResult())).filter((id) => id.startsWith("memory"))).toEqual([]);
  expect(page(smallResult())).not.toMatch(/Short of memory|class="state-/);
  expect(reportData(smallResult()).views[0]).not.toHaveProperty("reclaim");
});

test("the cells are those of the terminal; columns that are zero throughout are left out", () => {
  const text = page(memoryResult());
  const titles = [...tableOf(text, "memory-vms").matchAll(/<button[^>]*>([^<]*)</g)].map(
    ([, title]) => title,
  );
  expect(titles).toContain("MCTLTGT");
  expect(titles).not.toContain("zipped");
  const row = /<th[^>]*>batch<\/th>.*?<\/tr>/s.exec(tableOf(text, "memory-vms"))![0];
  const cells = [...row.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell);
  expect(cells[titles.indexOf("SWCUR") - 1]).toBe("128.0");
  expect(text).toContain("Longest wait</dt><dd>1 min 38 s <small>sql");
});

test("the bar of a host: its states side by side, as wide as their time", () => {
  const bar = /<svg class="bar-svg".*?<\/svg>/s.exec(tableOf(page(memoryResult()), "memory-hosts"))![0];
  const parts = [...bar.matchAll(/<rect class="state-(\w+)" x="[\d.]+" y="0" width="([\d.]+)"/g)];
  expect(parts.map(([, state]) => state)).toEqual(["high", "soft", "hard", "low"]);
  const widths = parts.map(([, , width]) => Number(width));
  expect(widths.reduce((a, b) => a + b)).toBeCloseTo(96, 0);
  expect(widths[3]! / 96).toBeCloseTo(2 / 121, 2);
});

test("the plots: what the series hold, without lines of nothing; swapping as pages a second", () => {
  const { series } = memoryResult();
  const { reclaim } = reportData(memoryResult()).views[0]!;
  expect(reclaim!.host.freePages).toEqual(series.hosts["h1"]!.freePages);
  expect(reclaim!.state).toEqual(series.hosts["h1"]!.state);
  expect(reclaim!.vms.map(({ name }) => name)).toEqual(["sql", "batch", "exchange", "metaframe"]);
  const [sql, batch] = reclaim!.vms;
  expect(sql!.lines.targetPages).toEqual(series.vms["sql"]!.targetPages);
  expect(sql!.lines.guestFreePages).toEqual(series.vms["sql"]!.guestFreePages);
  expect(Object.keys(batch!.lines)).not.toContain("balloonPages");
  const { swapOuts } = series.hosts["h1"]!;
  expect(reclaim!.host.swapOutRate![5]).toBe(Math.round((swapOuts[5]! - swapOuts[4]!) / 30));
  expect(reclaim!.host.swapOutRate!.every((rate) => rate >= 0)).toBe(true);
});

test("several hosts: sums, and the worst state; each host its own VMs, at most so many", () => {
  const { views } = reportData(memoryNastyResult());
  const [all, good, bad] = views.map(({ reclaim }) => reclaim!);
  expect(new Set(all!.state)).toEqual(new Set([3]));
  expect(new Set(good!.state)).toEqual(new Set([0]));
  expect(all!.host.balloonPages![9]).toBe(
    views.slice(1).reduce((sum, { reclaim }) => sum + (reclaim!.host.balloonPages?.[9] ?? 0), 0),
  );
  expect(all!.vms.length).toBe(VM_PLOTS);
  expect(all!.vms.length + all!.more).toBe(9);
  expect(bad!.vms.length).toBe(5);
});

test("an older version's result is drawn as far as it goes", () => {
  for (const make of [memoryResult, memoryNastyResult, memoryAndCpuResult]) {
    const old = oldResult(make());
    // A cell without a number sorts as NaN.
    const told = page(old)
      .replace(/<script>.*?<\/script>/gs, "")
      .replaceAll('data-v="NaN"', "");
    expect(told).not.toMatch(/NaN|undefined|Infinity/);
    for (const view of reportData(old).views) expect(view).not.toHaveProperty("reclaim");
  }
});
