// Goal: a guest that changes its upper tables and has not invalidated yet gets the old translation or the new one, and accessed and dirty bits
// stand in its tables only: never in an entry that is not present, never in whatever page 0 holds.
// Method: one page is accessed so that caches of paging structures know the way; the way is taken out, or leads elsewhere; a second page of
// the same table is written to.

import { describe, expect, test } from "vitest";
import { FAULTS, KIND, type MmuMode } from "../../src/core/mmu/plan-mmu.ts";
import { createMachine } from "../../src/translate/machine.ts";
import { BUILDS, coreModule } from "../support/world.ts";

const MODES: readonly MmuMode[] = ["native", "nested", "shadow"];
const SECOND = 4096n;

function guest(core: WebAssembly.Module, mode: MmuMode) {
  const { wasm, columns } = createMachine(core, {
    vms: [{ pages: 1024, tablePages: 12 }],
    mmus: [{ vm: 0, mode }],
  }).core;
  const write = (gfn: number, index: number, value: bigint) =>
    wasm.mmu_writeTable(0, BigInt(gfn), index, value);
  for (const gfn of [1, 2, 3]) write(gfn, 0, BigInt(gfn + 1) * 4096n + 7n);
  write(4, 0, 0x2_0007n);
  write(4, 1, 0x2_1007n);
  expect(wasm.mmu_access(0, 0n, KIND.user)).toBe(columns.ppnMpn[0x20]);
  return {
    wasm,
    columns,
    write,
    word: (gfn: number, index: number) => wasm.mmu_guestWord(0, BigInt(gfn), index),
  };
}

describe.each(BUILDS)("tables changed without a word, %s core", (build) => {
  test.each(MODES)("%s: the way is taken out", (mode) => {
    const { wasm, columns, write, word } = guest(coreModule(build), mode);
    write(1, 0, 0n);
    wasm.mmu_access(0, SECOND, KIND.user | KIND.write);
    expect(FAULTS[columns.mmuFault[0]!]).toBe("page");
    expect(columns.mmuFaultCode[0]).toBe(6);
    expect([word(1, 0), word(0, 0), word(0, 1), word(4, 1)]).toEqual([0n, 0n, 0n, 0x2_1007n]);
  });

  test.each(MODES)("%s: the way leads to other tables", (mode) => {
    const { wasm, columns, write, word } = guest(coreModule(build), mode);
    write(6, 1, 0x3_0007n);
    write(3, 0, 0x6007n);
    expect(wasm.mmu_access(0, SECOND, KIND.user | KIND.write)).toBe(columns.ppnMpn[0x30]);
    expect([word(3, 0), word(6, 1), word(4, 1)]).toEqual([0x6027n, 0x3_0067n, 0x2_1007n]);
  });

  test.each(MODES)("%s: the way leads out of memory", (mode) => {
    const { wasm, write, word } = guest(coreModule(build), mode);
    write(2, 0, 0x4000_0007n);
    wasm.mmu_access(0, SECOND, KIND.user | KIND.write);
    expect([word(2, 0), word(0, 0), word(4, 1)]).toEqual([0x4000_0007n, 0n, 0x2_1007n]);
  });

  test.each(MODES)(
    "%s: INVLPG of one address drops all of a large page, however the host backs it",
    (mode) => {
      const { wasm, columns, write } = guest(coreModule(build), mode);
      const large = 2n ** 21n;
      const frame = (address: bigint) => wasm.mmu_access(0, address, KIND.user);
      write(3, 1, (512n << 12n) | 0x87n);
      for (const page of [0n, 1n, 300n]) {
        expect(frame(large + page * 4096n)).toBe(columns.ppnMpn[512 + Number(page)]);
      }
      write(3, 1, 0x87n);
      wasm.mmu_invalidatePage(0, large + 77n * 4096n);
      for (const page of [0n, 1n, 300n])
        expect(frame(large + page * 4096n)).toBe(columns.ppnMpn[Number(page)]);
    },
  );
});
