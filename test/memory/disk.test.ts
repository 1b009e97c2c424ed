// Goal: a device serves requests in the order they come; one with an arm is busy for the latency too.
// Method: a device by hand, then any requests against a queue written out in plain words.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveReclaiming } from "../../src/scenario/memory-resolve.ts";
import type { DiskSpec } from "../../src/scenario/types.ts";
import { BUILDS, type Build, coreOf } from "../support/world.ts";

const { reclaim } = resolveReclaiming({}, "esx2");

/** A host whose only use for its 4 KiB a microsecond device is to have it. */
function diskOf(given: Partial<DiskSpec>, build: Build) {
  const disk: DiskSpec = {
    ...{ kind: "ssd", readNs: 80_000, writeNs: 30_000, bytesPerSecond: 4096e6, serial: false },
    ...given,
  };
  return coreOf(
    { hosts: [{ memoryPages: 8, swap: { disk, pages: 16 } }], vms: [{ pages: 16 }], policy: { reclaim } },
    build,
  );
}

describe.each(BUILDS)("disk, %s core", (build) => {
  test("latencies overlap, transfers do not", () => {
    const { wasm, columns } = diskOf({}, build);
    expect(wasm.disk_read(0, 1, 0n)).toBe(81_000n);
    expect(wasm.disk_read(0, 16, 0n)).toBe(97_000n);
    expect(wasm.disk_write(0, 2, 5_000n)).toBe(49_000n);
    expect(wasm.disk_write(0, 1, 1_000_000n)).toBe(1_031_000n);
    expect(columns.diskBusyNs.get(0)).toBe(20_000);
    expect([columns.diskReads.get(0), columns.diskReadPages.get(0)]).toEqual([2, 17]);
    expect([columns.diskWrites.get(0), columns.diskWrittenPages.get(0)]).toEqual([2, 3]);
  });

  test("a serial device does one thing at a time", () => {
    const { wasm, columns } = diskOf({ serial: true }, build);
    expect(wasm.disk_read(0, 1, 0n)).toBe(81_000n);
    expect(wasm.disk_write(0, 1, 0n)).toBe(112_000n);
    expect(wasm.disk_read(0, 1, 200_000n)).toBe(281_000n);
    expect(columns.diskBusyNs.get(0)).toBe(193_000);
    expect(columns.diskFreeNs.get(0)).toBe(281_000);
  });

  test("rejects: a request for nothing, a device that is not there", () => {
    const { wasm } = diskOf({}, build);
    expect(() => wasm.disk_read(0, 0, 0n)).toThrow(/disk\.ts:\d+/);
    expect(() => wasm.disk_write(1, 1, 0n)).toThrow(/(disk|layout)\.ts:\d+/);
  });
});

test("property: first come, first served; nobody waits for an idle device", () => {
  const requests = fc.array(
    fc.record({ after: fc.nat(200_000), pages: fc.integer({ min: 1, max: 64 }), write: fc.boolean() }),
    { maxLength: 50 },
  );
  fc.assert(
    fc.property(requests, fc.boolean(), (all, serial) => {
      const { wasm } = diskOf({ serial }, "release");
      let now = 0;
      let idleFrom = 0;
      for (const { after, pages, write } of all) {
        now += after;
        const latency = write ? 30_000 : 80_000;
        const begin = Math.max(now, idleFrom);
        const served = begin + latency + pages * 1000;
        idleFrom = serial ? served : begin + pages * 1000;
        const done = write ? wasm.disk_write(0, pages, BigInt(now)) : wasm.disk_read(0, pages, BigInt(now));
        expect(Number(done)).toBe(served);
      }
    }),
  );
});
