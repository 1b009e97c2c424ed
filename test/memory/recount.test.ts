// Goal: the recount says what the pages are; saved pages are split as 1 − 1/references.
// Method: one frame shared by two VMs, by hand.

import { expect, test } from "vitest";
import { coreOf } from "../support/world.ts";

test("three references, two of one VM: it saves 4/3, the other 2/3, the host 2", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 3 }, { pages: 2 }] });
  for (const ppn of [0, 1, 512]) wasm.fault_readPage(ppn);
  wasm.fault_writePage(2, 9n);
  wasm.fault_writePage(513, 10n);
  for (const ppn of [0, 1, 2, 512, 513]) wasm.pageSharing_visitPage(ppn);
  wasm.recount_vm(0);
  wasm.recount_vm(1);
  expect(columns.vmSavedFraction[0]).toBeCloseTo(4 / 3, 12);
  expect(columns.vmSavedFraction[1]).toBeCloseTo(2 / 3, 12);
  expect([...columns.vmSharedPages]).toEqual([2, 1]);
  expect([...columns.vmZeroPages]).toEqual([2, 1]);
  expect([...columns.vmTouchedPages]).toEqual([3, 2]);
  expect([...columns.vmDirtyPages]).toEqual([1, 1]);
  expect(columns.hostSharedPages[0]! - columns.hostCommonPages[0]!).toBe(2);
});

test("unvisited pages of a host leave out VMs that are not scanned", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 3 }, { pages: 2 }] });
  for (const ppn of [0, 1, 512]) wasm.fault_readPage(ppn);
  expect(wasm.recount_unvisited(0)).toBe(0);
  columns.vmScanRateTarget[0] = 50;
  expect(wasm.recount_unvisited(0)).toBe(2);
  columns.vmScanRateTarget[1] = 1;
  expect(wasm.recount_unvisited(0)).toBe(3);
  expect(columns.hostUnvisitedPages[0]).toBe(3);
});
