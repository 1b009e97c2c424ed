// Goal: what happens to pages between and within runs is seen by the accesses after it.
// Method: a table overwritten by a device, a shared page copied in the middle of a run.
import { expect, test } from "vitest";
import { createMachine } from "../../src/translate/machine.ts";
import { BUILDS, coreModule } from "../support/world.ts";

const ADDRESS = 1n << 36n;

test.each(BUILDS)("a device overwrites a traced table: its shadow begins anew, %s core", (build) => {
  const vms = [{ pages: 1024, tablePages: 16 }];
  const { core } = createMachine(coreModule(build), { vms, mmus: [{ vm: 0, mode: "shadow" }] });
  const { columns, wasm } = core;
  wasm.mmu_mapRun(0, ADDRESS, 100n, 4, 1, 2 | 4);
  expect(wasm.mmu_access(0, ADDRESS, 2)).toBe(100);
  const table = wasm.mmu_seekTable(0, ADDRESS, 1);
  wasm.fault_deviceWrite(columns.vmPpnFirst[0]! + table, 0n);
  wasm.mmu_invalidatePage(0, ADDRESS);
  expect(wasm.mmu_access(0, ADDRESS, 2) >>> 0).toBe(0xffff_ffff);
  expect([columns.mmuFault[0], columns.mmuFaultCode[0]]).toEqual([1, 4]);
});

test.each(["nested", "shadow"] as const)("a run reads, writes and reads a shared page, %s", (mode) => {
  const vms = [{ pages: 1024, tablePages: 16 }];
  const options = { vms, mmus: [{ vm: 0, mode }], sharing: true, frames: 1536, lookups: 3 };
  const { core } = createMachine(coreModule("release"), options);
  const { columns, wasm } = core;
  for (const ppn of [100, 101]) wasm.pageSharing_visitPage(ppn);
  expect(columns.ppnMpn[100]).toBe(columns.ppnMpn[101]);
  wasm.mmu_mapRun(0, ADDRESS, 101n, 1, 1, 2 | 4 | 32 | 64);
  const shared = columns.ppnMpn[101]!;
  [2n, 3n, 2n].forEach((kind, row) => {
    columns.lookupAddress.setBig(row, ADDRESS | kind);
  });
  expect(wasm.mmu_run(0, 0, 3)).toBe(0);
  const own = columns.ppnMpn[101]!;
  expect(own).not.toBe(shared);
  // Turned to the left each time, and added to.
  expect(columns.mmuFrameSum.big(0)).toBe(4n * BigInt(shared) + 2n * BigInt(own) + BigInt(own));
});
