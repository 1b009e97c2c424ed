// Goal: a core boots only over what it was built for, and its broken assertions arrive with file and line.
// Method: a memory too large, a stale build, a header looked at, an assertion broken on purpose.

import { describe, expect, test } from "vitest";
import { CoreAbort } from "../../src/core/abort.ts";
import { bootCore, CORE_BYTES_MAX } from "../../src/core/boot.ts";
import { BASES_AT, COLUMNS, COUNTS_AT, HEADER, LAYOUT_VERSION, SPACES } from "../../src/core/layout.ts";
import { loadCore } from "../../src/core/module.ts";
import { U64View } from "../../src/core/u64-view.ts";
import { BUILDS, coreModule, coreOf } from "../support/world.ts";

describe.each(BUILDS)("boot, %s core", (build) => {
  test("the header holds version, rows and bases; unused spaces have no rows", () => {
    const core = coreOf({ vms: [{ pages: 3 }], sharing: { algorithm: "none" } }, build);
    const words = new Uint32Array(core.memory.buffer);
    expect(words[HEADER / 4]).toBe(LAYOUT_VERSION);
    const rows = Object.fromEntries(SPACES.map((space, at) => [space, words[COUNTS_AT / 4 + at]]));
    expect(rows).toMatchObject({ world: 1, host: 1, vm: 1, ppn: 512, mpn: 512, slot: 0, stage: 0, alias: 0 });
    expect(COLUMNS.map((_, at) => words[BASES_AT / 4 + at])).toEqual(core.plan.bases);
  });

  test("the layout's constants lie below the header", () => {
    expect(coreOf({ vms: [{ pages: 1 }] }, build).wasm.heapBase()).toBeLessThanOrEqual(HEADER);
  });
});

test("more than 4 GiB less one page is refused before it is asked for", () => {
  const { plan } = coreOf({ vms: [{ pages: 1 }] });
  expect(() => bootCore(coreModule(), { ...plan, bytes: CORE_BYTES_MAX + 65_536 })).toThrow(RangeError);
});

test("a build of another layout is refused, and says what to do", () => {
  const { plan } = coreOf({ vms: [{ pages: 1 }] });
  // A module that exports what boot asks for first, and answers 7.
  const stale = new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 17, 1, 13],
      ...new TextEncoder().encode("layoutVersion"),
      ...[0, 0, 10, 6, 1, 4, 0, 0x41, 7, 0x0b],
    ),
  );
  expect(() => bootCore(stale, plan)).toThrow(`expected layout ${LAYOUT_VERSION}, got 7: a stale build`);
});

test("a broken assertion is a CoreAbort that knows its place, in the release build", () => {
  const { wasm } = coreOf({ vms: [{ pages: 4 }] }, "release");
  try {
    wasm.refcount_decrement(0);
    expect.unreachable();
  } catch (fault) {
    expect(fault).toBeInstanceOf(CoreAbort);
    expect((fault as CoreAbort).file).toBe("assembly/memory/refcount.ts");
    expect((fault as CoreAbort).line).toBeGreaterThan(40);
    expect((fault as CoreAbort).message).toMatch(
      /^assembly\/memory\/refcount\.ts:\d+:\d+ {2}assertion failed$/,
    );
  }
});

test("the debug core finds a row that does not exist", () => {
  const { wasm } = coreOf({ vms: [{ pages: 4 }] }, "debug");
  expect(() => wasm.fault_readPage(512)).toThrow(/assembly\/layout\.ts:\d+/);
});

test("sources of the module: the default once, bytes, a compiled module", async () => {
  expect(await loadCore()).toBe(await loadCore());
  const module = coreModule("release");
  expect(await loadCore("plain", module)).toBe(module);
  await expect(loadCore("plain", Uint8Array.of(1, 2, 3))).rejects.toThrow(WebAssembly.CompileError);
  await expect(loadCore("plain", "file:///nowhere/ballast.wasm")).rejects.toThrow(/ENOENT/);
});

test("U64View: numbers up to 2^53 exactly, all 64 bits as bigint", () => {
  const view = new U64View(new ArrayBuffer(32), 8, 3);
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53]) {
    view.set(1, value);
    expect([view.get(1), view.big(1)]).toEqual([value, BigInt(value)]);
  }
  view.setBig(2, 2n ** 64n - 1n);
  expect([view.big(2), view.big(1), view.big(0)]).toEqual([2n ** 64n - 1n, 2n ** 53n, 0n]);
});
