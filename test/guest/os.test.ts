// Goal: a guest with an operating system boots, pages, waits and dies as docs/guest/os.md says; the numbers are the miss
// rates that Linux has.
// Method: small guests looked at from outside; every page of theirs in one place at any time (checkGuests).
// Source of the numbers: Linux 6.18 with a memory limit; see ../shared/oracles/README.md, swap.

import { describe, expect, test } from "vitest";
import type { RegionSpec, StreamSpec } from "../../src/scenario/types.ts";
import type { World } from "../../src/sim/world.ts";
import { checkGuests } from "../storm/guests.ts";
import {
  BUILDS,
  osOf,
  runTo,
  SECOND,
  type SmallScenario,
  type SmallVm,
  streamOf,
  worldOf,
} from "../support/world.ts";

const MILLION = 1_000_000;
const MS = 1_000_000;

const program = (pages: number): RegionSpec => ({ kind: "anonymous", pages, name: "program" });
const file = (pages: number, name = "file"): RegionSpec => ({ kind: "file", pages, name });
const inRegion = (region: number, pages: number, given: Partial<StreamSpec> = {}): StreamSpec =>
  streamOf({ region, ratePerKs: 1e9, ...given }, pages);

/** A guest of 1024 pages, 8 of them the kernel's. */
function guest(regions: RegionSpec[], workload: StreamSpec[], os: object = {}, more: object = {}): SmallVm {
  return { pages: 1024, os: osOf({ regions, ...os }), workload, ...more };
}

async function run(small: SmallScenario, untilNs: number, build?: "debug" | "release"): Promise<World> {
  const world = await worldOf(small, build === undefined ? {} : { build });
  runTo(world, untilNs);
  expect(checkGuests(world)).toBeUndefined();
  return world;
}

describe.each(BUILDS)("life, %s core", (build) => {
  test("boot writes the kernel evenly, then the workload begins", async () => {
    const os = { bootNs: 2 * SECOND, kernelPages: 100 };
    const workload = [inRegion(0, 50, { writesPpm: MILLION, pattern: "sequential", ratePerKs: 1e6 })];
    const world = await worldOf({ vms: [guest([program(50)], workload, os)] }, { build });
    const { columns } = world;
    runTo(world, SECOND);
    expect(columns.vmOsPhase[0]).toBe(1);
    expect(columns.vmGrantedPages[0]).toBe(50);
    expect(columns.vmAccesses.get(0)).toBe(0);
    runTo(world, 2 * SECOND);
    expect([columns.vmOsPhase[0], columns.vmGrantedPages[0], columns.vmFreePages[0]]).toEqual([2, 100, 924]);
    runTo(world, 3 * SECOND);
    expect(columns.vmAccesses.get(0)).toBe(1000);
    expect([columns.vmGrantedPages[0], columns.vmFreePages[0]]).toEqual([150, 874]);
    expect(checkGuests(world)).toBeUndefined();
  });

  test("a boot that zeroes touches all of memory, once", async () => {
    const os = { bootNs: SECOND, bootZeroes: true };
    const workload = [inRegion(0, 50, { pattern: "sequential", ratePerKs: 1e6 })];
    const { columns } = await run({ vms: [guest([program(50)], workload, os)] }, 2 * SECOND, build);
    expect([columns.vmGrantedPages[0], columns.vmZeroedPages[0], columns.vmFreePages[0]]).toEqual([
      1024, 966, 966,
    ]);
    // The program's pages come from those that are zero already.
    expect(columns.vmFaults.get(0)).toBe(1024);
  });

  test("equal systems have equal kernels, as far as they have them in common", async () => {
    const { columns } = await run(
      { vms: [guest([], []), guest([], []), { pages: 1024, os: osOf({ kind: "windows" }), workload: [] }] },
      SECOND,
      build,
    );
    const kernel = (vm: number): bigint[] =>
      Array.from({ length: 8 }, (_, at) => columns.mpnContent.big(columns.ppnMpn[1024 * vm + at]!));
    expect(kernel(0).slice(0, 4)).toEqual(kernel(1).slice(0, 4));
    expect(new Set([...kernel(0), ...kernel(1), ...kernel(2)]).size).toBe(20);
  });

  test("the zero-page thread makes free pages zero at its rate", async () => {
    const os = { zeroPagesPerSecond: 55 };
    const world = await worldOf({ vms: [guest([], [], os)] }, { build });
    runTo(world, 10 * SECOND);
    expect(world.columns.vmZeroedPages[0]).toBe(550);
    runTo(world, 30 * SECOND);
    expect(world.columns.vmZeroedPages[0]).toBe(1016);
    expect(checkGuests(world)).toBeUndefined();
  });

  test("power off gives everything back; power on boots again", async () => {
    const vm = guest([program(500)], [inRegion(0, 500, { writesPpm: MILLION })]);
    const events = [
      { atNs: 2 * SECOND, kind: "stop", vm: 0, path: "events[0]" },
      { atNs: 4 * SECOND, kind: "start", vm: 0, path: "events[1]" },
    ] as const;
    const world = await worldOf({ vms: [{ ...vm, overheadPages: 7 }], hosts: [2000], events }, { build });
    const { columns } = world;
    runTo(world, SECOND);
    expect([columns.vmGrantedPages[0], columns.hostOverheadPages[0]]).toEqual([508, 7]);
    runTo(world, 3 * SECOND);
    expect([columns.vmGrantedPages[0], columns.hostUsedPages[0], columns.hostOverheadPages[0]]).toEqual([
      0, 0, 0,
    ]);
    const accesses = columns.vmAccesses.get(0);
    runTo(world, 4 * SECOND + 5 * MS);
    expect(columns.vmAccesses.get(0)).toBe(accesses);
    runTo(world, 5 * SECOND);
    expect([columns.vmGrantedPages[0], columns.hostOverheadPages[0]]).toEqual([508, 7]);
    expect(checkGuests(world)).toBeUndefined();
  });

  test("a program that ends frees its memory; a file stays cached", async () => {
    const workload = [
      inRegion(0, 300, { writesPpm: MILLION, stopNs: SECOND }),
      inRegion(1, 200, { stopNs: SECOND }),
      inRegion(0, 300, { writesPpm: MILLION, stopNs: 2 * SECOND }),
    ];
    const world = await worldOf({ vms: [guest([program(300), file(200)], workload)] }, { build });
    const { columns } = world;
    runTo(world, 1.5 * SECOND);
    expect(columns.vmInactiveListed[0]).toBe(500);
    runTo(world, 3 * SECOND);
    expect([columns.vmInactiveListed[0], columns.vmFreePages[0]]).toEqual([200, 816]);
    expect(checkGuests(world)).toBeUndefined();
  });
});

describe("paging", () => {
  test("memory that is only read is never written to swap space", async () => {
    const { columns } = await run({ vms: [guest([program(2000)], [inRegion(0, 2000)])] }, 5 * SECOND);
    expect(columns.vmGuestFaults.get(0)).toBeGreaterThan(10_000);
    expect([columns.vmGuestSwapOuts.get(0), columns.vmGuestSwapIns.get(0)]).toEqual([0, 0]);
  });

  test("what was swapped out comes back as it was", async () => {
    const vm = guest(
      [program(1500)],
      [inRegion(0, 1500, { pattern: "sequential", writesPpm: MILLION, stopNs: undefined as never })],
    );
    const world = await worldOf({ vms: [vm] });
    runTo(world, 30 * SECOND);
    const { columns } = world;
    // Pages in swap space hold what was written last; equal contents are never written, so all differ.
    const kept = [...Array(1500).keys()].filter((row) => columns.logicalPpn[row] === 0xffff_ffff);
    const contents = new Set(kept.map((row) => columns.logicalContent.big(row)));
    expect(kept.length).toBeGreaterThan(480);
    expect(contents.size).toBe(kept.length);
    expect(contents.has(0n)).toBe(false);
    expect(columns.vmGuestSwapUsed[0]).toBeGreaterThanOrEqual(kept.length);
  });

  test("equal files are equal in all VMs; changed pages are written back", async () => {
    const vms = [0, 1].map((vm) =>
      guest([file(100, "data")], [inRegion(0, 100, { pattern: "sequential", writesPpm: vm * MILLION })]),
    );
    const { columns } = await run({ vms }, SECOND);
    const holds = (vm: number, page: number): bigint =>
      columns.mpnContent.big(columns.ppnMpn[columns.logicalPpn[100 * vm + page]!]!);
    expect(columns.vmFileReads.get(0)).toBe(100);
    const read = Array.from({ length: 100 }, (_, page) => holds(0, page));
    expect(new Set(read).size).toBe(100);
    expect(read).not.toContain(holds(1, 0));
  });

  test("a stream that faults waits: its rate is what the disk gives", async () => {
    // 1 ms a read and no cost of a write: the loop misses always, so 1000 accesses a second.
    const workload = [inRegion(0, 1500, { pattern: "sequential", ratePerKs: 1e9 })];
    const { columns } = await run({ vms: [guest([file(1500)], workload)] }, 10 * SECOND);
    expect(columns.streamOperations.get(0)).toBeGreaterThan(9900);
    expect(columns.streamOperations.get(0)).toBeLessThanOrEqual(10_000);
    expect(columns.vmGuestStallNs.get(0)).toBeGreaterThan(9.9 * SECOND);
  });

  test("nothing to evict: accesses are refused and counted, and the run goes on", async () => {
    const workload = [inRegion(0, 2000, { writesPpm: MILLION })];
    const { columns } = await run(
      { vms: [guest([program(2000)], workload, { swapPages: 100 })] },
      5 * SECOND,
    );
    expect(columns.vmGuestOom.get(0)).toBeGreaterThan(1000);
    expect(columns.vmGuestSwapUsed[0]).toBe(100);
    expect(columns.streamAccesses.get(0) - columns.streamOperations.get(0)).toBe(columns.vmGuestOom.get(0));
    expect(columns.vmOutOfFrames.get(0)).toBe(0);
  });

  test("a host without frames refuses too, and says whose fault it is", async () => {
    const workload = [inRegion(0, 900, { writesPpm: MILLION })];
    const { columns } = await run({ vms: [guest([program(900)], workload)], hosts: [500] }, 5 * SECOND);
    expect(columns.vmOutOfFrames.get(0)).toBeGreaterThan(100);
    expect(columns.vmGuestOom.get(0)).toBe(0);
  });
});

/** Miss rate of the second half of a run. */
async function missRate(
  pattern: StreamSpec["pattern"],
  pages: number,
): Promise<{ rate: number; room: number }> {
  const os = { freePages: { min: 8, low: 16, high: 32 } };
  const vm = {
    ...guest([program(pages)], [inRegion(0, pages, { pattern, writesPpm: MILLION })], os),
    pages: 8192,
  };
  const world = await worldOf({ vms: [vm] }, { build: "release" });
  const { columns } = world;
  runTo(world, 60 * SECOND);
  const before = [columns.vmGuestFaults.get(0), columns.streamAccesses.get(0)] as const;
  runTo(world, 120 * SECOND);
  const misses = columns.vmGuestFaults.get(0) - before[0];
  expect(checkGuests(world)).toBeUndefined();
  // Between the low and the high mark of free pages, 24 on average.
  return { rate: misses / (columns.streamAccesses.get(0) - before[1]), room: 8192 - 8 - 24 };
}

describe("miss rates as with Linux's limit", () => {
  test.each([1.1, 1.25, 2])("cyclic, %s times the memory: every access misses", async (factor) => {
    expect((await missRate("sequential", Math.round(8160 * factor))).rate).toBe(1);
  });

  test("cyclic, what fits never misses", async () => {
    expect((await missRate("sequential", 8100)).rate).toBe(0);
  });

  test.each([1.1, 1.25, 1.5, 2])("uniform, %s times the memory: as LRU within 3 %", async (factor) => {
    const pages = Math.round(8160 * factor);
    const { rate, room } = await missRate("uniform", pages);
    const ideal = 1 - room / pages;
    expect(Math.abs(rate / ideal - 1)).toBeLessThan(0.03);
  });
});
