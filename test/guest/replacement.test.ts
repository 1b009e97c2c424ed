// Goal: the core's lists do what two plain arrays do, page for page, whatever is accessed.
// Method: accesses by chance to a program and a file, one at a time, and the same through the model; orders of both lists,
// counters and copies in swap space equal after each run; a stuck guest included. Then true LRU on Linux's own trace.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { World } from "../../src/sim/world.ts";
import { PagingModel } from "../model/guest/paging.ts";
import { mix64, nextState } from "../model/prng.ts";
import { checkGuests } from "../storm/guests.ts";
import { BUILDS, osOf, runTo, SECOND, streamOf, worldOf } from "../support/world.ts";

const NONE = 0xffff_ffff;
const KERNEL = 3;

interface Reference {
  readonly isFile: boolean;
  readonly page: number;
  readonly write: boolean;
}

/** Names of the pages of a list, the head first: `f4`, `p7`. */
function namesOf({ columns }: World, head: number, filePages: number): string[] {
  const names: string[] = [];
  for (let ppn = head; ppn !== NONE; ppn = columns.ppnNext[ppn]!) {
    const row = columns.ppnLogical[ppn]!;
    names.push(row < filePages ? `f${row}` : `p${row - filePages}`);
  }
  return names;
}

const sizes = fc.record({
  pages: fc.integer({ min: 12, max: 60 }),
  filePages: fc.integer({ min: 1, max: 60 }),
  programPages: fc.integer({ min: 1, max: 80 }),
  swapPages: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }), fc.constant(200)),
  high: fc.integer({ min: 3, max: 9 }),
});

describe.each(BUILDS)("two lists, %s core", (build) => {
  test("property: as two arrays", async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(fc.tuple(fc.boolean(), fc.nat(1000), fc.boolean()), { maxLength: 400, size: "max" }),
        async ({ pages, filePages, programPages, swapPages, high }, drawn) => {
          const all = drawn.map(
            ([isFile, at, write]): Reference => ({
              ...{ isFile, write },
              // Half of the accesses go to a few pages.
              page: (at % 2 === 0 ? at : at % 7) % (isFile ? filePages : programPages),
            }),
          );
          const free = { min: 1, low: 2, high };
          const traceOf = (file: boolean): Uint32Array =>
            Uint32Array.from([
              ...all
                .filter(({ isFile }) => isFile === file)
                .map(({ page, write }) => 2 * page + Number(write)),
              0,
            ]);
          const stream = (file: boolean) =>
            streamOf(
              {
                pattern: "trace",
                region: file ? 0 : 1,
                ratePerKs: 0,
                references: traceOf(file),
              },
              file ? filePages : programPages,
            );
          const os = osOf({
            ...{ kernelPages: KERNEL, swapPages, freePages: free },
            regions: [
              { kind: "file", pages: filePages, name: "f" },
              { kind: "anonymous", pages: programPages, name: "p" },
            ],
          });
          const world = await worldOf(
            { vms: [{ pages, os, workload: [stream(true), stream(false)] }] },
            { build },
          );
          runTo(world, 1);
          const model = new PagingModel({ pages: pages - KERNEL, swapPages, free });
          for (const { isFile, page, write } of all) {
            world.core.wasm.issue_one(isFile ? 0 : 1, 1n);
            model.access(`${isFile ? "f" : "p"}${page}`, isFile, write);
          }
          const { columns } = world;
          expect(checkGuests(world)).toBeUndefined();
          expect(namesOf(world, columns.vmActiveHead[0]!, filePages)).toEqual(
            model.active.map(({ name }) => name),
          );
          expect(namesOf(world, columns.vmInactiveHead[0]!, filePages)).toEqual(
            model.inactive.map(({ name }) => name),
          );
          expect({
            faults: columns.vmGuestFaults.get(0),
            swapIns: columns.vmGuestSwapIns.get(0),
            swapOuts: columns.vmGuestSwapOuts.get(0),
            fileReads: columns.vmFileReads.get(0),
            fileWrites: columns.vmFileWrites.get(0),
            oom: columns.vmGuestOom.get(0),
            pressure: columns.vmGuestEvictions.get(0),
          }).toEqual(model.counts);
          expect([columns.vmFreePages[0], columns.vmGuestSwapUsed[0]]).toEqual([
            model.free,
            model.copies.size,
          ]);
        },
      ),
      { numRuns: build === "debug" ? 60 : 200 },
    );
  });
});

/** Faults of least recently used, by a map in the order of use. */
function lruFaults(pages: readonly number[], room: number, from: number): number {
  const kept = new Map<number, true>();
  let faults = 0;
  pages.forEach((page, at) => {
    if (!kept.delete(page)) {
      if (at >= from) faults += 1;
      if (kept.size === room) kept.delete(kept.keys().next().value!);
    }
    kept.set(page, true);
  });
  return faults;
}

/** The accesses of shared/oracles/swap/acc.c: every page in order, then uniformly. */
function uniformTrace(pages: number, accesses: number): number[] {
  let state = 12_345n;
  const drawn = Array.from({ length: accesses }, () => {
    state = nextState(state);
    return Math.floor((Number(mix64(state) >> 11n) / 2 ** 53) * pages);
  });
  return [...Array(pages).keys(), ...drawn];
}

test.each([
  // ws_pages, miss rate measured at a limit of 8192 pages
  [10_240, 0.205],
  [16_384, 0.50715],
])(
  "Linux's uniform trace over %s pages: within 3 % of true LRU, and of what Linux measured",
  async (pages, measured) => {
    const room = 8192 - 95;
    const trace = uniformTrace(pages, 30_000);
    const free = { min: 8, low: 16, high: 32 };
    const os = osOf({
      ...{ swapPages: 40_000, freePages: free },
      regions: [{ kind: "anonymous", pages, name: "a" }],
    });
    const references = Uint32Array.from(trace, (page) => 2 * page + 1);
    const stream = streamOf({ pattern: "trace", region: 0, ratePerKs: 0, references }, pages);
    // Between the marks, 24 pages are free on average.
    const world = await worldOf(
      { vms: [{ pages: room + 8 + 24, os, workload: [stream] }] },
      { build: "release" },
    );
    runTo(world, SECOND);
    const measuredFrom = pages + 10_000;
    for (let at = 0; at < measuredFrom; at += 1) world.core.wasm.issue_one(0, BigInt(SECOND));
    const before = world.columns.vmGuestFaults.get(0);
    for (let at = measuredFrom; at < trace.length; at += 1) world.core.wasm.issue_one(0, BigInt(SECOND));
    const faults = world.columns.vmGuestFaults.get(0) - before;
    expect(Math.abs(faults / lruFaults(trace, room, measuredFrom) - 1)).toBeLessThan(0.03);
    expect(Math.abs(faults / 20_000 / measured - 1)).toBeLessThan(0.03);
  },
);
