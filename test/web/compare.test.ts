// Goal: policies stand side by side with what they saved and what it cost; columns only where a run has something to say.
// Method: results made by hand.
import { expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { comparison, meanOverTime, savedOver } from "../../web/compare.ts";
import { memoryResult } from "../support/memory-results.ts";
import { smallResult } from "../support/results.ts";

const named = (result: Result, memory: string): Result => ({
  ...result,
  policies: { ...result.policies, memory },
});

test("plain sharing: no column of reclaiming, the best mean first", () => {
  const better = named(smallResult(), "better");
  const none = better.series.hosts["h1"]!.savedPages.map(() => 0);
  const h1 = { ...better.series.hosts["h1"]!, savedPages: none };
  const worse = named({ ...better, series: { ...better.series, hosts: { h1 } } }, "worse");
  const { titles, rows } = comparison([worse, better]);
  expect(titles).toEqual([
    "policy",
    "saved on average",
    "saved at the end",
    "pages scanned",
    "copy-on-write breaks",
    "scan complete",
  ]);
  expect(rows.map(({ name }) => name)).toEqual(["better", "worse"]);
  expect(rows[1]!.cells[0]).toBe("0 B");
  expect(rows[0]!.cells.length).toBe(titles.length - 1);
});

test("reclaiming: least waiting first, with what it was for", () => {
  const slow = named(memoryResult(), "slow");
  const vms = slow.vms.map((vm) => ({
    ...vm,
    memory: { ...vm.memory, stallNs: 0, blockedNs: 0, swapIns: 0 },
  }));
  const { titles, rows } = comparison([slow, named({ ...slow, vms }, "quick")]);
  expect(rows.map(({ name }) => name)).toEqual(["quick", "slow"]);
  const of = (name: string, title: string): string =>
    rows.find((row) => row.name === name)!.cells[titles.indexOf(title) - 1]!;
  // 5.2 + 96 + 16 s, and 2 s blocked.
  expect(of("slow", "waited for memory")).toBe("2 min");
  expect(of("slow", "pages swapped in")).toBe("14 700");
  expect(of("quick", "pages swapped in")).toBe("0");
  expect(of("quick", "swapped at the end")).toBe("133.1 MiB");
  expect(titles).not.toContain("operations");
});

test("the mean over time weighs by time", () => {
  expect(meanOverTime([0, 1, 4], [0, 2, 2])).toBe(7 / 4);
  expect(meanOverTime([5], [9])).toBe(0);
  expect(savedOver(smallResult()).at(-1)).toBe(smallResult().hosts[0]!.memory.savedPages);
});
