// Goal: the page shows processors as the terminal does, and draws what the series hold.
// Method: examples on the text of the page and on the data of the plots; the browser has its own test.
import { expect, test } from "vitest";
import { uplotScript, uplotStyle } from "../../src/generated/uplot.ts";
import { reportHtml } from "../../src/report/html.ts";
import { reportData, VMS_DRAWN } from "../../src/report/html-data.ts";
import type { Result } from "../../src/report/result.ts";
import { cpuLargeResult, cpuNastyResult, cpuResult } from "../support/cpu-results.ts";
import { smallResult } from "../support/results.ts";

const page = (result: Result): string => reportHtml(result, { uplotScript, uplotStyle });

/** Ids of the tables of a page, in order. */
function tables(text: string): string[] {
  return [...text.matchAll(/<table id="([^"]*)"/g)].map(([, id]) => id!);
}

/** Texts of the cells of the row that a name heads. */
function rowOf(text: string, table: string, name: string): string[] {
  const body = new RegExp(`<table id="${table}">.*?</table>`, "s").exec(text)![0];
  const row = body.split("<tr>").find((each) => each.startsWith(`<th scope="row" class="name">${name}<`))!;
  return [...row.matchAll(/<td class="(?:number|name)"[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell!);
}

test("a section for each question, none of processors where no guest computes", () => {
  expect(tables(page(cpuResult()))).toEqual([
    ...["cpu-hosts", "cpu-pools", "cpu-vms", "cpu-pool-controls", "cpu-waits", "work", "cpu-trouble"],
    ...["hosts", "vms"],
  ]);
  expect(tables(page(smallResult()))).toEqual(["hosts", "vms", "decisions", "events"]);
  expect(page(smallResult())).not.toContain('class="ready"');
});

test("guests that compute and touch no memory: nothing is said of memory", () => {
  const text = page(cpuLargeResult());
  expect(tables(text)).not.toContain("vms");
  expect(text).not.toContain("Copy-on-write breaks</dt>");
  expect(reportData(cpuLargeResult()).memory).toBe(false);
  expect(reportData(cpuResult()).memory).toBe(true);
});

test("the cells are those of the terminal", () => {
  const text = page(cpuResult());
  expect(rowOf(text, "cpu-vms", "batch")).toEqual(
    "4 50.0 80.0 0.0 96.0 0.0 200.0 96.0 0.0 24.0 0.0 0.0 bob".split(" "),
  );
  expect(rowOf(text, "cpu-vms", "web-2").at(-1)).toBe("alice / web");
  expect(rowOf(text, "cpu-pools", "web").at(-1)).toBe("alice");
  expect(rowOf(text, "cpu-waits", "parked").slice(0, 3)).toEqual(["100 %", "100 %", "–"]);
  expect(rowOf(text, "work", "db").slice(2)).toEqual(["83.0 ms", "66.4 ms", "498 ms", "2.57 s"]);
});

test("the bar of a VM: its states side by side, as wide as their parts", () => {
  const text = page(cpuResult());
  const row = /class="name">batch<.*?<\/svg>/s.exec(text.slice(text.indexOf('id="cpu-vms"')))![0];
  const parts = [...row.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="0" width="([\d.]+)"/g)];
  expect(parts.map(([, state]) => state)).toEqual(["run", "ready", "costop", "wait"]);
  const widths = parts.map(([, , , width]) => Number(width));
  expect(widths).toEqual([19.2, 48, 5.8, 23]);
  expect(Number(parts[2]![2])).toBeCloseTo(19.2 + 48, 1);
});

test("the plots: a host's own, the eight VMs that waited most, co-stop only where there was any", () => {
  const { series } = cpuResult();
  const [view] = reportData(cpuResult()).views;
  expect(view!.cpu!.host["busyPpm"]).toEqual(series.hosts["h1"]!.busyPpm);
  expect(view!.cpu!.host["powerMilliW"]).toEqual(series.hosts["h1"]!.powerMilliW);
  expect(view!.cpu!.vms.map(({ name }) => name).slice(0, 3)).toEqual(["parked", "batch", "web-2"]);
  expect(view!.cpu!.vms[1]!.ready).toEqual(series.vms["batch"]!.readyPpm);
  expect(view!.cpu!.vms.map(({ costop }) => costop.length > 0)).toEqual([
    ...[false, true, false, false, false, false, false],
  ]);

  const { views } = reportData(cpuLargeResult());
  expect(views.map(({ cpu }) => cpu!.vms.length)).toEqual([VMS_DRAWN, VMS_DRAWN, VMS_DRAWN]);
  expect(views[0]!.cpu!.more).toBe(192);
  expect(Object.keys(views[0]!.cpu!.host)).toEqual(["busyPpm", "frequencyPpm"]);
  const [h1, h2] = ["h1", "h2"].map((name) => cpuLargeResult().series.hosts[name]!.busyPpm![60]!);
  expect(views[0]!.cpu!.host["busyPpm"]![60]).toBe(Math.round((h1! + h2!) / 2));
});

test("names are text here too", () => {
  const text = page(cpuNastyResult());
  expect(text.match(/<script/g)?.length).toBe(3);
  expect(text).not.toContain("<img");
  expect(text.replace(/<script>.*?<\/script>/gs, "")).not.toMatch(/ style=/);
});
