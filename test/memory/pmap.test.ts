// Goal: every physical page belongs to one VM, and mapped and unvisited pages are counted where they belong.
// Method: VMs of odd sizes on two hosts; the padding between them.

import { expect, test } from "vitest";
import { coreOf, NO_MPN } from "../support/world.ts";

const small = {
  hosts: [3000, 3000],
  vms: [{ pages: 513 }, { pages: 1, host: 1 }, { pages: 512 }],
};

test("VMs start on extents of 512, a host's side by side", () => {
  const { columns, world } = coreOf(small);
  // Rows go host by host: VMs 0 and 2 of host 0, then VM 1 of host 1.
  expect(world.vmOrder).toEqual([0, 2, 1]);
  expect([...columns.vmPpnFirst]).toEqual([0, 1024, 1536]);
  expect([...columns.vmPpnCount]).toEqual([513, 512, 1]);
  expect([...columns.extentVm]).toEqual([0, 0, 1, 2]);
  expect([...columns.hostVmFirst]).toEqual([0, 2]);
  expect([...columns.hostVmCount]).toEqual([2, 1]);
  expect(columns.ppnMpn.every((mpn) => mpn === NO_MPN)).toBe(true);
});

test("a page is counted for its own VM and host", () => {
  const { wasm, columns } = coreOf(small);
  for (const ppn of [0, 512, 1024, 1536]) wasm.fault_readPage(ppn);
  expect([...columns.vmGrantedPages]).toEqual([2, 1, 1]);
  expect([...columns.vmUnvisitedPages]).toEqual([2, 1, 1]);
  expect([...columns.hostGrantedPages]).toEqual([3, 1]);
  wasm.pageSharing_visitPage(512);
  wasm.fault_dropPage(0);
  expect([...columns.vmGrantedPages]).toEqual([1, 1, 1]);
  expect([...columns.vmUnvisitedPages]).toEqual([0, 1, 1]);
});

test("a page that was seen and dropped is new when it comes back", () => {
  const { wasm, columns } = coreOf(small);
  wasm.fault_readPage(0);
  wasm.pageSharing_visitPage(0);
  wasm.fault_dropPage(0);
  expect(columns.vmUnvisitedPages[0]).toBe(0);
  wasm.fault_readPage(0);
  expect(columns.vmUnvisitedPages[0]).toBe(1);
});
