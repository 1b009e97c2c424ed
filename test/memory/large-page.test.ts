// Goal: an extent has one large page or 512 small ones; what is inside is not shared until it is broken; nobody loses a page.
// Method: examples by hand; then random reads, writes, drops, visits, looks and defragmentation on a host of a few blocks,
// held against the naive twin.

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  applyLarge,
  expectLargeEqual,
  type LargeCommand,
  type LargeWorld,
  largeTwinsOf,
} from "../support/large-twin.ts";
import { BUILDS, coreOf, FLAG, NO_MPN } from "../support/world.ts";

const large = (breakAt: "high" | "always" | "never" = "never") => ({
  largePages: { backing: "always", breakAt, defragPagesPerSecond: 1000 } as const,
});

test("the first touch of an empty extent backs all of it, of a partial one a page", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 700 }], policy: large() });
  wasm.fault_readPage(5);
  expect(columns.vmGrantedPages[0]).toBe(512);
  expect(columns.largeBlock[0]).toBe(1);
  expect([...columns.ppnMpn.subarray(0, 512)]).toEqual(Array.from({ length: 512 }, (_, at) => at));
  wasm.fault_readPage(600);
  expect(columns.vmGrantedPages[0]).toBe(513);
  expect(columns.ppnMpn[601]).toBe(NO_MPN);
});

test("an image comes in large pages, what is left of it in small ones", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 3 * 512 }], policy: large() });
  expect(wasm.load_mix(0, 1100, 100, 900)).toBe(1100);
  expect(columns.vmLargePages[0]).toBe(2);
  expect(columns.vmGrantedPages[0]).toBe(1100);
});

test("equal pages inside large pages are held back, and found again when one is broken", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 512 }, { pages: 512 }], policy: large() });
  for (const ppn of [0, 512]) wasm.fault_writePage(ppn, 7n);
  expect(wasm.pageSharing_visitPage(0)).toBe(1);
  expect(wasm.pageSharing_visitPage(512)).toBe(1);
  expect(columns.hostSharedPages[0]).toBe(0);
  expect([...columns.vmLargeHeld]).toEqual([1, 1]);
  wasm.largePage_breakAround(512);
  wasm.largePage_breakAround(0);
  expect(columns.ppnFlags[512]! & FLAG.visited).toBe(0);
  wasm.pageSharing_visitPage(512);
  wasm.pageSharing_visitPage(0);
  expect(columns.hostSharedPages[0]).toBe(2);
});

test("a small page takes the place of one inside a large page on file, so that a third can share with it", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 512 }, { pages: 2 }], policy: large() });
  for (const ppn of [0, 512, 513]) {
    wasm.fault_writePage(ppn, 7n);
    wasm.pageSharing_visitPage(ppn);
  }
  expect(columns.hostSharedPages[0]).toBe(2);
  expect(columns.vmLargePages[0]).toBe(1);
});

test("a page that goes away breaks its large page, and only that", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 1024 }], policy: large() });
  for (const ppn of [0, 512]) wasm.fault_readPage(ppn);
  wasm.fault_dropPage(3);
  expect([...columns.largeBlock]).toEqual([0, 2]);
  expect(columns.vmLargeTaken.get(0)).toBe(1);
});

test("rejects: a large page that is formed twice aborts at the assert", () => {
  const { wasm, columns } = coreOf({ vms: [{ pages: 512 }], policy: large() });
  wasm.fault_readPage(0);
  columns.largeBlock[0] = 0;
  columns.vmLargePages[0] = 0;
  columns.mpnRefcount[5] = 0;
  expect(() => wasm.fault_dropPage(5)).toThrow(/refcount\.ts:\d+/);
});

const at = fc.oneof(
  {
    arbitrary: fc.nat({ max: 4 }).chain((extent) => fc.nat({ max: 5 }).map((page) => extent * 512 + page)),
    weight: 6,
  },
  { arbitrary: fc.nat({ max: 2100 }), weight: 1 },
);
const content = fc.bigInt({ min: 0n, max: 4n });
const command: fc.Arbitrary<LargeCommand> = fc.oneof(
  { arbitrary: fc.record({ op: fc.constant("visit" as const), at }), weight: 10 },
  { arbitrary: fc.record({ op: fc.constant("write" as const), at, content }), weight: 6 },
  { arbitrary: fc.record({ op: fc.constant("fill" as const), at, content }), weight: 2 },
  { arbitrary: fc.record({ op: fc.constant("read" as const), at }), weight: 2 },
  { arbitrary: fc.record({ op: fc.constant("drop" as const), at }), weight: 3 },
  { arbitrary: fc.record({ op: fc.constantFrom("look" as const, "defragment" as const) }), weight: 3 },
);
const world: fc.Arbitrary<LargeWorld> = fc.record({
  host: fc.constantFrom(1024, 1300, 1536, 2048, 2600),
  vms: fc.array(fc.constantFrom(3, 512, 600, 1024), { minLength: 1, maxLength: 3 }),
  rules: fc.record({
    below: fc.constantFrom(0, 100, 700),
    above: fc.constantFrom(0, 100, 700),
    always: fc.boolean(),
  }),
  rate: fc.constantFrom(200, 800, 5000),
});

for (const build of BUILDS) {
  test(`property: the ${build} core equals its twin`, () => {
    fc.assert(
      fc.property(
        world,
        fc.array(command, { minLength: 10, maxLength: 80, size: "max" }),
        (small, sequence) => {
          const twins = largeTwinsOf(small, build);
          for (const one of sequence) applyLarge(twins, one, small.rate);
          expectLargeEqual(twins);
        },
      ),
      { numRuns: build === "release" ? 80 : 8 },
    );
  }, 60_000);
}
