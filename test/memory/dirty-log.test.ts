// Goal: while a VM's log is on, exactly the pages whose content changed since the last harvest are in it.
// Method: by hand; then any writes, reads and drops against a Set.
import fc from "fast-check";
import { expect, test } from "vitest";
import { takeBitsModel } from "../model/memory/dirty-bitmap.ts";
import { worldOf } from "../support/world.ts";

const PAGES = 200;

async function logged() {
  const world = await worldOf({ vms: [{ pages: 64 }, { pages: PAGES }] }, { dirtyLog: true });
  const { wasm, columns } = world.core;
  const first = columns.vmPpnFirst[1]!;
  const words = new BigUint64Array(
    columns.dirtyWordBits.words.buffer,
    columns.dirtyWordBits.words.byteOffset + first / 8,
    Math.ceil(PAGES / 64),
  );
  /** Pages of VM 1 that are in its log. */
  const log = (): number[] => takeBitsModel(words.slice());
  return { world, wasm, columns, first, log };
}

test("writes count once, reads do not, and only while the log is on", async () => {
  const { wasm, columns, first, log } = await logged();
  wasm.fault_writePage(first + 1, 7n);
  expect(log()).toEqual([]);
  wasm.dirtyLog_open(1);
  wasm.fault_writePage(0, 7n); // of another VM
  wasm.fault_readPage(first + 2);
  wasm.fault_writePage(first + 3, 7n);
  wasm.fault_writePage(first + 3, 8n);
  wasm.fault_rewritePage(first + 130);
  wasm.fault_deviceWrite(first + 199, 0n);
  expect(log()).toEqual([3, 130, 199]);
  expect(columns.vmLoggedPages[1]).toBe(3);
  wasm.dirtyLog_close(1);
  expect(log()).toEqual([]);
  wasm.fault_writePage(first + 3, 9n);
  expect(log()).toEqual([]);
});

test("a page that loses its content has changed", async () => {
  const { wasm, first, log } = await logged();
  wasm.fault_writePage(first + 5, 7n);
  wasm.dirtyLog_open(1);
  wasm.fault_dropPage(first + 5);
  wasm.fault_dropPage(first + 6); // nothing was there
  expect(log()).toEqual([5]);
});

test("property: a harvest holds what a Set holds, and the log begins anew", async () => {
  const { wasm, columns, first, log } = await logged();
  const kinds = fc.constantFrom("write", "read", "drop", "harvest");
  const steps = fc.array(fc.tuple(kinds, fc.nat(PAGES - 1)), { maxLength: 80 });
  // Any place of as many words will do.
  const { buffer, byteOffset } = columns.scratchWord.words;
  const set = new BigUint64Array(buffer, byteOffset, 4);
  fc.assert(
    fc.property(steps, (given) => {
      wasm.dirtyLog_open(1);
      set.fill(0n);
      const written = new Set<number>();
      const all = new Set<number>();
      for (const [kind, page] of given) {
        if (kind === "write") {
          wasm.fault_writePage(first + page, BigInt(page));
          written.add(page);
        } else if (kind === "read") wasm.fault_readPage(first + page);
        else if (kind === "drop") {
          if (columns.ppnFlags[first + page]! & 1) written.add(page);
          wasm.fault_dropPage(first + page);
        } else {
          for (const one of written) all.add(one);
          written.clear();
          expect(wasm.dirtyLog_harvest(1, set.byteOffset)).toBe(all.size);
          expect(takeBitsModel(set.slice())).toEqual([...all].sort((a, b) => a - b));
        }
        expect(columns.vmLoggedPages[1]).toBe(written.size);
      }
      expect(log()).toEqual([...written].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

test("rejects: no harvest of a log that is off", async () => {
  const { wasm, columns } = await logged();
  expect(() => wasm.dirtyLog_harvest(1, columns.scratchWord.words.byteOffset)).toThrow(/dirty-log\.ts:\d+/);
});
