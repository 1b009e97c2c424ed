// Goal: one name opens its doors: a room of assembly/memory has its test, its page and its bench under the same name;
// mechanisms of assembly/cpu and assembly/guest have a page, or a place on one.
// Method: the files that should be there; who has none says why.

import { describe, expect, test } from "vitest";
import { filesIn, has, read } from "./files.ts";

const rooms = filesIn("assembly/memory", [".ts"]).map((file) =>
  file.replace(/^assembly\/memory\/|\.ts$/g, ""),
);

/** Rooms without a test of their own name. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  changes: "by test/mmu and the storms: a log that translations follow",
  bill: "by fault.test.ts and swap.test.ts: three numbers that an access leaves",
  use: "by reclaim.test.ts: two sums",
  "harvest-look": "by harvest.test.ts",
  "held-back": "by large-page.test.ts",
  "large-look": "by large-page.test.ts, and by large-page-run.test.ts in running worlds",
  content: "by twin.test.ts in both forms, and load.test.ts",
  "page-run": "constants and loads that page-hash, page-zero and page-compare are tested through",
  "look-ahead": "by scan.test.ts and the storms: it must change nothing but the speed",
  "visit-batch": "by scan.test.ts and the storms: its end is that of single visits, which twin.test.ts holds",
};

/** Parts of page sharing, and helpers: their page is that of the mechanism. */
const PAGE_OF: Readonly<Record<string, string>> = {
  "dirty-log": "dirty-bitmap",
  bill: "swap",
  changes: "page-sharing",
  use: "reclaim",
  victims: "swap",
  content: "page-sharing",
  defragment: "large-page",
  "harvest-look": "harvest",
  "held-back": "large-page",
  "large-look": "large-page",
  fault: "page-sharing",
  load: "images",
  "look-ahead": "page-sharing",
  "page-run": "page-hash",
  pmap: "page-sharing",
  recount: "page-sharing",
  refcount: "page-sharing",
  "sharing-table": "page-sharing",
  "visit-batch": "page-sharing",
};

/** Rooms that are not timed by themselves. */
const TIMED_ELSEWHERE: Readonly<Record<string, string>> = {
  "dirty-log": "a load and a store a write; dirty-bitmap is timed",
  activity: "once a period and VM",
  bill: "part of guest/accesses",
  changes: "one branch",
  reclaim: "once a tick and host",
  swap: "part of guest/accesses; a device is slower",
  use: "once a tick and VM",
  victims: "part of guest/accesses; a device is slower",
  zip: "part of guest/accesses; page-compress is timed",
  content: "part of page-sharing",
  harvest: "part of guest/accesses, a dozen instructions a first write",
  "harvest-look": "once a period and VM",
  defragment: "part of large-page",
  "held-back": "part of page-sharing",
  "large-look": "once a tick and host",
  disk: "a dozen instructions a request",
  fault: "part of page-sharing",
  load: "once per image, before time begins",
  "look-ahead": "part of page-sharing",
  "page-run": "part of page-hash",
  pmap: "part of page-sharing",
  refcount: "part of page-sharing",
  scan: "part of page-sharing",
  "sharing-table": "part of page-sharing",
  "visit-batch": "part of page-sharing",
};

describe.each(rooms)("%s", (room) => {
  test("has a test", () => {
    expect(TESTED_ELSEWHERE[room] !== undefined || has(`test/memory/${room}.test.ts`)).toBe(true);
  });

  test("has a page", () => {
    expect(has(`docs/memory/${PAGE_OF[room] ?? room}.md`) || has(`docs/memory/${room}.md`)).toBe(true);
  });

  test("has a bench", () => {
    expect(TIMED_ELSEWHERE[room] !== undefined || has(`bench/memory/${room}.bench.ts`)).toBe(true);
  });
});

/** Mechanisms of processors and guests that stand on a page of another name. */
const SHARED_PAGE: Readonly<Record<string, string>> = {
  "cpu/account": "cpu/dispatch",
  "cpu/balance": "cpu/dispatch",
  "cpu/build": "cpu/run-queue",
  "cpu/compare": "cpu/virtual-time",
  "cpu/control": "cpu/dispatch",
  "cpu/credit-accounts": "cpu/credit",
  "cpu/decide": "cpu/run-queue",
  "cpu/fill": "cpu/dispatch",
  "cpu/gang": "cpu/skew",
  "cpu/idle": "cpu/dispatch",
  "cpu/kick": "cpu/dispatch",
  "cpu/machine": "cpu/dispatch",
  "cpu/places": "cpu/virtual-time",
  "cpu/page-wait": "cpu/dispatch",
  "cpu/pick": "cpu/run-queue",
  "cpu/seats": "cpu/run-queue",
  "cpu/siblings": "cpu/run-queue",
  "cpu/settle": "cpu/dispatch",
  "cpu/speed": "cpu/core-sharing",
  "cpu/states": "cpu/dispatch",
  "cpu/suspend": "migrate/running",
  "cpu/topology": "cpu/dispatch",
  "cpu/turn": "cpu/dispatch",
  "cpu/vtime": "cpu/virtual-time",
  "cpu/wake": "cpu/dispatch",
  "cpu/wants": "cpu/run-queue",
  "guest/batch": "guest/os",
  "guest/issue": "guest/os",
  "guest/lists": "guest/os",
  "guest/paging": "guest/os",
  "guest/pay": "guest/os",
  "guest/power": "guest/os",
  "guest/replacement": "guest/os",
  "mmu/cache": "mmu/tlb",
  "mmu/control": "mmu/shadow",
  "mmu/direct-map": "mmu/running",
  "mmu/entry": "mmu/guest-tables",
  "mmu/follow": "mmu/nested",
  "mmu/guest-memory": "mmu/guest-tables",
  "mmu/guest-walk": "mmu/guest-tables",
  "mmu/lookups": "mmu/guest-tables",
  "mmu/monitor": "mmu/nested",
  "mmu/registers": "mmu/guest-tables",
  "mmu/shadow-fill": "mmu/shadow",
  "mmu/shadow-lists": "mmu/shadow",
  "mmu/shadow-pool": "mmu/shadow",
  "mmu/shadow-walk": "mmu/shadow",
  "mmu/spend": "mmu/running",
  "mmu/translate": "mmu/tlb",
  "mmu/two-dimensional": "mmu/nested",
  "mmu/words": "mmu/guest-tables",
};
/** One page has all of threads, one all of memory; accesses and the balloon have their own. */
const OWN_PAGE = ["guest/accesses", "guest/balloon", "guest/os"];
const pageOf = (file: string): string =>
  SHARED_PAGE[file] ?? (file.startsWith("guest/") && !OWN_PAGE.includes(file) ? "guest/threads" : file);

const mechanisms = ["assembly/cpu", "assembly/guest", "assembly/mmu", "assembly/place"]
  .flatMap((folder) => filesIn(folder, [".ts"]))
  .map((file) => file.replace(/^assembly\/|\.ts$/g, ""));

test.each(mechanisms)("%s stands on a page that names it", (file) => {
  const page = `docs/${pageOf(file)}.md`;
  expect(has(page)).toBe(true);
  if (pageOf(file) !== file) expect(read(page)).toContain(`\`${file.split("/")[1]!}`);
});

test("exceptions name rooms that exist", () => {
  const named = [TESTED_ELSEWHERE, PAGE_OF, TIMED_ELSEWHERE].flatMap(Object.keys);
  expect(named.filter((name) => !rooms.includes(name))).toEqual([]);
  expect(Object.keys(SHARED_PAGE).filter((name) => !mechanisms.includes(name))).toEqual([]);
});

test("every policy has its test: the formulas of all stand in one file, the seam in another", () => {
  expect(filesIn("test/policy", [".test.ts"]).length).toBeGreaterThanOrEqual(2);
});
