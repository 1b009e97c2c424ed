// Goal: numbers and names come out as people read them, and hostile names show what they hold.
// Method: tables of examples that a reader can check by hand.
import { expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPages,
  formatPercent,
  formatQuantity,
  formatRate,
} from "../../src/report/format.ts";
import { displayWidth, truncate, visible, wrap } from "../../src/report/names.ts";
import { progressLine } from "../../src/report/progress.ts";

test.each([
  [0, "0"],
  [1, "1 B"],
  [999, "999 B"],
  [1000, "0.98 KiB"],
  [1536, "1.50 KiB"],
  [2 ** 30, "1 GiB"],
  [412.4 * 2 ** 20, "412 MiB"],
  [5.5 * 2 ** 40, "5.50 TiB"],
])("%d bytes read %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, "0 s"],
  [999, "999 ns"],
  [250e6, "250 ms"],
  [999.9e6, "1.00 s"],
  [4.2e9, "4.20 s"],
  [59.96e9, "1 min"],
  [250e9, "4 min 10 s"],
  [3599.6e9, "1 h"],
  [7500e9, "2 h 5 min"],
  [86_400e9 * 3.25, "3 d 6 h"],
])("%d ns read %s", (ns, text) => expect(formatDuration(ns)).toBe(text));

test("percent: a whole of nothing has no part, small parts are not nothing", () => {
  expect(formatPercent(34, 100)).toBe("34 %");
  expect(formatPercent(6, 100)).toBe("6.0 %");
  expect(formatPercent(0, 100)).toBe("0 %");
  expect(formatPercent(1, 10_000)).toBe("< 0.1 %");
  expect(formatPercent(1, 0)).toBe("–");
  expect(formatPercent(Number.NaN, 1)).toBe("–");
});

test("counts, pages, rates, quantities", () => {
  expect(formatCount(1_234_567)).toBe("1 234 567");
  expect(formatPages(256)).toBe("1 MiB");
  expect(formatRate(3_140_000, "pages")).toBe("3.14 M pages/s");
  expect(formatRate(0, "pages")).toBe("0 pages/s");
  expect(formatQuantity("scanTimeNs", 240e9)).toBe("4 min");
  expect(formatQuantity("idleTaxPpm", 750_000)).toBe("75 %");
  expect(formatQuantity("targetPages", 15_319)).toBe("15 319 (59.8 MiB)");
  expect(formatQuantity("targetPages", 0)).toBe("0");
  expect(formatQuantity("vmScanRate", "none")).toBe("none");
  expect(formatQuantity("load", 0.123456)).toBe("0.123");
});

test.each([
  ["web-1", 5],
  ["数据库", 6],
  ["e\u0301te\u0301", 3],
  ["👩‍👩‍👧‍👦", 2],
  ["🇩🇪", 2],
  ["한글", 4],
  ["", 0],
])("%s is %d columns wide", (text, width) => expect(displayWidth(text)).toBe(width));

test("a cut falls between characters that people see", () => {
  expect(truncate("数据库服务器", 6)).toBe("数据…");
  expect(truncate("👩‍👩‍👧‍👦 family", 4)).toBe("👩‍👩‍👧‍👦 …");
  expect(truncate("short", 5)).toBe("short");
});

test("control characters, overrides and halves of pairs become visible", () => {
  expect(visible("\x1b[2J")).toBe("\\x1b[2J");
  expect(visible("a\r\n\tb\x00\x7f\x9b")).toBe("a\\r\\n\\tb\\x00\\x7f\\x9b");
  expect(visible("\u202egnp")).toBe("\\u202egnp");
  expect(visible("\ud800")).toBe("\\ud800");
  expect(visible("数据 é 👍 ‎")).toBe("数据 é 👍 \\u200e");
});

test("wrapping loses no word and cuts only what cannot fit", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("abcdefgh ij", 3)).toEqual(["abc", "def", "gh", "ij"]);
  expect(wrap("数据库服务器", 4)).toEqual(["数据", "库服", "务器"]);
});

test("progress: an estimate once there is something to go by", () => {
  const progress = { durationNs: 600e9, savedPages: 256 * 412 };
  expect(progressLine({ ...progress, simulatedNs: 0, wallMs: 0 })).toBe(
    "────────────────────   0 %  0 s of 10 min  saved 412 MiB",
  );
  expect(progressLine({ ...progress, simulatedNs: 150e9, wallMs: 4000 })).toBe(
    "━━━━━───────────────  25 %  2 min 30 s of 10 min  saved 412 MiB  12 s left",
  );
  expect(progressLine({ ...progress, simulatedNs: 600e9, wallMs: 9000 })).toContain("100 %");
  expect(progressLine({ durationNs: 0, simulatedNs: 0, wallMs: 0, savedPages: 0 })).toContain("100 %");
});
