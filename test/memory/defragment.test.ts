// Goal: large pages are formed of what is private, with as few moves as there are pages out of place, within the budget.
// Method: small hosts by hand; what any sequence does is held against the naive twin in large-page.test.ts.

import { expect, test } from "vitest";
import { coreOf, SECOND } from "../support/world.ts";

/** A VM of so many pages on a host of so many frames, nothing backed by large pages before it is formed. */
function worldOf(host: number, vms: readonly number[], rate = 100_000) {
  const core = coreOf({
    hosts: [host],
    vms: vms.map((pages) => ({ pages })),
    policy: { largePages: { backing: "always", breakAt: "never", defragPagesPerSecond: rate } },
  });
  core.columns.vmLargeMode.fill(0);
  const touch = (ppns: readonly number[]) => {
    for (const ppn of ppns) core.wasm.fault_writePage(ppn, BigInt(ppn + 1));
  };
  const form = () => {
    core.columns.vmLargeMode.fill(1);
    core.wasm.defragment_run(0, BigInt(SECOND));
  };
  return { ...core, touch, form };
}

const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => first + at);

test("pages that are in their places become a large page without a move", () => {
  const { columns, touch, form } = worldOf(2048, [512]);
  touch(range(0, 512));
  form();
  expect([...columns.largeBlock]).toEqual([1]);
  expect(columns.hostDefragMoves.get(0)).toBe(0);
  expect(columns.vmLargeFormed.get(0)).toBe(1);
});

test("one page out of place, another in its way: two moves", () => {
  const { columns, wasm, touch, form } = worldOf(2048, [512, 512]);
  touch(range(0, 512));
  wasm.fault_dropPage(100);
  touch([600, 100]);
  expect(columns.ppnMpn[600]).toBe(100);
  form();
  expect([...columns.largeBlock]).toEqual([1, 0]);
  expect(columns.hostDefragMoves.get(0)).toBe(2);
  expect(columns.mpnContent.big(columns.ppnMpn[100]!)).toBe(101n);
  expect(columns.mpnContent.big(columns.ppnMpn[600]!)).toBe(601n);
});

test("no whole block free: the emptiest is emptied first", () => {
  const { columns, wasm, touch, form } = worldOf(2048, [1024, 512]);
  // Two extents in the lower two blocks in turns; every third page of one above goes.
  touch(range(0, 512).flatMap((page) => [page, 1024 + page]));
  touch(range(512, 200));
  for (const page of range(0, 512)) if (page % 3 > 0) wasm.fault_dropPage(1024 + page);
  const contents = [...range(0, 712)].map((ppn) => columns.mpnContent.big(columns.ppnMpn[ppn]!));
  form();
  expect(columns.largeBlock[0]).toBeGreaterThan(0);
  expect(range(0, 712).map((ppn) => columns.mpnContent.big(columns.ppnMpn[ppn]!))).toEqual(contents);
});

test("the budget holds: moves never exceed what the rate has earned", () => {
  const { columns, touch, form } = worldOf(8 * 1024, [6 * 512], 100);
  touch(range(0, 6 * 512).reverse());
  for (let second = 1; second <= 40; second += 1) {
    form();
    expect(columns.hostDefragMoves.get(0)).toBeLessThanOrEqual(100 * second);
  }
  expect(columns.vmLargeFormed.get(0)).toBeGreaterThan(3);
});

test("shared pages and those on their way out are left where they are", () => {
  const { columns, wasm, touch, form } = worldOf(2048, [512, 1]);
  touch(range(0, 512));
  wasm.fault_writePage(512, 1n);
  for (const ppn of [0, 512]) wasm.pageSharing_visitPage(ppn);
  expect(columns.hostSharedPages[0]).toBe(2);
  form();
  expect(columns.largeBlock[0]).toBe(0);
});

test("rejects: a frame whose page is not what the column says does not move", () => {
  const { columns, wasm, touch, form } = worldOf(1024, [512, 512]);
  touch(range(0, 512));
  wasm.fault_dropPage(100);
  touch([600, 100]);
  columns.mpnPpn[100] = 3;
  form();
  expect(columns.largeBlock[0]).toBe(0);
  expect(columns.hostDefragMoves.get(0)).toBe(0);
});
