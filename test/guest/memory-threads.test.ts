// Goal: threads that access memory pay for it: work, waits for the guest's disk that let others run, waits for the host that
// stop their vCPU; and double paging where guest and host page out both.
// Method: small programs whose times can be added up by hand; swap traffic of a guest under a host that is short, with and
// without a balloon.

import { describe, expect, test } from "vitest";
import { resolveReclaiming } from "../../src/scenario/memory-resolve.ts";
import type { DiskSpec, OsSpec, StreamSpec } from "../../src/scenario/types.ts";
import type { World } from "../../src/sim/world.ts";
import { checkGuests } from "../storm/guests.ts";
import { begin, finish, forever, loop, programOf, run, type Step } from "../support/programs.ts";
import { BUILDS, osOf, runTo, SECOND, type SmallVm, streamOf, worldOf } from "../support/world.ts";

const MILLION = 1_000_000;
const MS = 1_000_000;

const access = (stream: number, accesses: number): Step => ({ kind: "access", stream, accesses });

/** A guest with one vCPU and a file of 3000 pages, read in a circle by its threads only: each access 1 ms of the disk. */
function guest(
  threads: readonly (readonly Step[])[],
  os: Partial<OsSpec> = {},
  stream: Partial<StreamSpec> = {},
): SmallVm {
  const regions: OsSpec["regions"] = [
    { kind: "file", pages: 3000, name: "f" },
    { kind: "anonymous", pages: 3000, name: "a" },
  ];
  const circle = { region: 0, pattern: "sequential", ratePerKs: 0, ...stream } as const;
  return {
    pages: 1024,
    os: osOf({ regions, ...os }),
    workload: [streamOf(circle, 3000)],
    program: programOf({ threads }),
  };
}

const free = { mapNs: 0, zeroNs: 0, copyNs: 0, zipNs: 0, unzipNs: 0 };

describe.each(BUILDS)("threads, %s core", (build) => {
  test("a miss sleeps: operations take work and the disk's time", async () => {
    // 2 ms of work and 3 accesses of 1 ms each: 200 operations a second.
    const vm = guest([[forever(begin, run(2 * MS), access(0, 3), finish)]]);
    const world = await worldOf({ vms: [vm], policy: { costs: free } }, { build });
    runTo(world, 10 * SECOND);
    const { columns } = world;
    expect(columns.vmOperations.get(0)).toBe(2000);
    expect(columns.vmLatencyMaxNs.get(0)).toBe(5 * MS);
    expect(columns.vmGuestStallNs.get(0)).toBe(6000 * MS);
    world.recount();
    expect(columns.vcpuSeenRunNs.get(0)).toBe(4 * SECOND);
    expect(checkGuests(world)).toBeUndefined();
  });

  test("while one thread waits for the guest's disk another has the vCPU", async () => {
    const busy = [forever(begin, run(MS), finish)];
    const vm = guest([[forever(access(0, 1))], busy]);
    const world = await worldOf({ vms: [vm], policy: { costs: free } }, { build });
    runTo(world, SECOND);
    expect(world.columns.vmOperations.get(0)).toBeGreaterThan(985);
    expect(world.columns.vmFileReads.get(0)).toBeGreaterThan(80);
  });

  test("hidden faults are work: a cold guest is slower", async () => {
    // First touches of a program's memory cost 1 µs to map and 1 µs to zero; afterwards they cost nothing.
    const vm = guest(
      [[loop(2, begin, access(0, 900), run(MS), finish), run(SECOND)]],
      {},
      { region: 1, writesPpm: MILLION },
    );
    const one = { ...vm, workload: [{ ...vm.workload![0]!, pages: 900 }] };
    const world = await worldOf({ vms: [one] }, { build });
    runTo(world, 0.5 * SECOND);
    expect(world.columns.vmOperations.get(0)).toBe(2);
    expect(world.columns.vmLatencyMaxNs.get(0)).toBe(MS + 1_800_000);
    expect(world.columns.vmLatencyNs.get(0)).toBe(2 * MS + 1_800_000);
  });

  test("programs begin when the guest is up", async () => {
    const vm = guest([[forever(begin, run(MS), finish)]], { bootNs: SECOND });
    const world = await worldOf({ vms: [vm] }, { build });
    runTo(world, SECOND);
    expect(world.columns.vmOperations.get(0)).toBe(0);
    runTo(world, 1.1 * SECOND);
    expect(world.columns.vmOperations.get(0)).toBe(100);
  });

  test("a reset begins the program anew", async () => {
    const events = [{ atNs: SECOND + 2.5 * MS, kind: "reset", vm: 0, path: "events[0]" }] as const;
    const vm = guest([[forever(begin, run(2 * MS), access(0, 3), finish)]], { bootNs: SECOND });
    const world = await worldOf({ vms: [vm], events, policy: { costs: free } }, { build });
    runTo(world, 2 * SECOND + 2.5 * MS);
    expect([world.columns.vmOperations.get(0), world.columns.vmFileReads.get(0)]).toEqual([0, 1]);
    runTo(world, 2 * SECOND + 8 * MS);
    expect([world.columns.vmOperations.get(0), world.columns.vmFileReads.get(0)]).toEqual([1, 4]);
    expect(checkGuests(world)).toBeUndefined();
  });
});

const reclaiming = resolveReclaiming({}, "esx2");
const ssd: DiskSpec = { kind: "ssd", readNs: 80_000, writeNs: 30_000, bytesPerSecond: 500e6, serial: false };

const hdd: DiskSpec = { ...ssd, kind: "hdd", readNs: 2 * MS, serial: true };

/**
 * A guest of 16 MiB on a host that leaves it 6: a program writes 17 MiB once, then reads them round and round. What the guest
 * needs next it has just evicted; pages of it that have not changed it drops.
 */
async function short(balloon: boolean): Promise<World> {
  const os = osOf({
    ...{ kernelPages: 200, disk: hdd, swapPages: 16_384, freePages: { min: 16, low: 32, high: 64 } },
    regions: [{ kind: "anonymous", pages: 4300, name: "a" }],
  });
  const circle = { region: 0, pattern: "sequential", ratePerKs: 0 } as const;
  const workload = [streamOf({ ...circle, writesPpm: MILLION }, 4300), streamOf(circle, 4300)];
  const program = programOf({ threads: [[access(0, 4300), forever(begin, access(1, 10), finish)]] });
  const vm: SmallVm = {
    ...{ pages: 4096, os, workload, program },
    balloon: { maxPages: balloon ? 2600 : 0, pagesPerSecond: 8192 },
    mem: { shares: 1000, minPages: 0, maxPages: 1536 },
  };
  const reclaim = { ...reclaiming.reclaim, enabled: true, balloon, shareFirst: false };
  const hosts = [{ memoryPages: 8192, swap: { disk: hdd, pages: 4096 } }];
  const world = await worldOf({ vms: [vm], hosts, policy: { reclaim }, sharing: { algorithm: "none" } });
  runTo(world, 60 * SECOND);
  expect(checkGuests(world)).toBeUndefined();
  return world;
}

test("double paging: twice the swap traffic of an operation, and none of it with a balloon", async () => {
  const perOperation = ({ columns }: World): number =>
    (columns.vmSwapIns.get(0) +
      columns.vmSwapOuts.get(0) +
      columns.vmGuestSwapIns.get(0) +
      columns.vmGuestSwapOuts.get(0)) /
    columns.vmOperations.get(0);
  const paged = await short(false);
  const ballooned = await short(true);
  expect(perOperation(paged)).toBeGreaterThan(2 * perOperation(ballooned));
  expect(ballooned.columns.vmSwapIns.get(0)).toBeLessThan(0.01 * paged.columns.vmSwapIns.get(0));
  expect(ballooned.columns.vmOperations.get(0)).toBeGreaterThan(1.5 * paged.columns.vmOperations.get(0));
});
