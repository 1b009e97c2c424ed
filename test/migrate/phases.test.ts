// Goal: phases add up to the plan, and whatever fails whenever, there is never more than one copy that runs.
// Method: any plan; a failure of every kind in every phase; announcements as documented; disks, swap and sharing by hand.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  announcementsOf,
  checkCompatibility,
  type MigrationOptions,
  planMigration,
  storageSeconds,
} from "../../src/migrate/index.ts";

const base: MigrationOptions = {
  memory: "1GiB",
  workingSet: "64MiB",
  dirtyRate: "2000pages/s",
  bandwidth: "1Gbit/s",
  latency: "1ms",
  switchover: "20ms",
  deviceState: "1MiB",
};

describe("phases", () => {
  const asked = fc.record({
    rule: fc.constantFrom("qemu", "clark", "vmotion", "xen", "remaining"),
    dirtyRate: fc.integer({ min: 0, max: 60_000 }),
    disk: fc.constantFrom(0, 1 << 30),
  });

  test("property: one behind the other, from 0 to the total, the guest stopped for the downtime", () => {
    fc.assert(
      fc.property(asked, (given) => {
        for (const { phases, totalNs, downtimeNs } of planMigration({ ...base, ...given }).modes) {
          let at = 0;
          for (const { fromNs, toNs } of phases) {
            expect(fromNs).toBe(at);
            expect(toNs).toBeGreaterThan(fromNs);
            at = toNs;
          }
          expect(Math.abs(at - totalNs)).toBeLessThanOrEqual(3);
          const still = phases.filter(({ guest }) => guest === "stopped");
          const stillNs = still.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
          expect(Math.abs(stillNs - downtimeNs)).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  const fates = (mode: string, at: number, fail: string) => {
    const plain = planMigration({ ...base, mode }).modes[0]!;
    const failAt = Math.floor(at * plain.totalNs);
    return planMigration({ ...base, mode, fail, failAt }).modes[0]!.outcome!;
  };

  test.each([
    ["pre-copy", 0.5, "source", "lost"],
    ["pre-copy", 0.5, "destination", "runs on source"],
    ["pre-copy", 0.5, "link", "runs on source"],
    ["pre-copy", 1.5, "source", "runs on destination"],
    ["pre-copy", 1.5, "destination", "lost"],
    ["pre-copy", 1.5, "link", "runs on destination"],
    ["post-copy", 0.5, "source", "lost"],
    ["post-copy", 0.5, "destination", "lost"],
    ["post-copy", 0.5, "link", "paused, can be recovered"],
    ["hybrid", 0.5, "destination", "runs on source"],
    ["hybrid", 0.999, "source", "lost"],
    ["hybrid", 0.999, "link", "paused, can be recovered"],
    ["stop-and-copy", 0.5, "link", "runs on source"],
  ])("%s, at %f of it, %s lost: %s", (mode, at, fail, vm) => {
    expect(fates(mode, at, fail).vm).toBe(vm);
  });

  test("in pre-copy the link's loss always leaves the VM running on one side", () => {
    for (let at = 0; at <= 1.1; at += 0.01) expect(fates("pre-copy", at, "link").vm).toMatch(/^runs on/);
  });

  test("a failure needs a time, and a time a failure", () => {
    expect(() => planMigration({ ...base, fail: "link" })).toThrow("failAt");
    expect(() => planMigration({ ...base, failAt: "1s" })).toThrow("fail");
    expect(() => planMigration({ ...base, fail: "lnk", failAt: 0 })).toThrow("link?");
  });
});

describe("network", () => {
  test("QEMU's five announcements: at once, then 50, 150, 250, 350 ms later", () => {
    const at = announcementsOf({ initialS: 0.05, mostS: 0.55, stepS: 0.1, rounds: 5 });
    expect(at.map((seconds) => Math.round(seconds * 1e3))).toEqual([0, 50, 200, 450, 800]);
  });

  test("packets are lost for the downtime and half a round trip, or until an announcement is heard", () => {
    const [plan] = planMigration({ ...base, mode: "stop-and-copy", packets: "1000/s" }).modes;
    const silentNs = plan!.downtimeNs + 500_000;
    expect(plan!.network).toMatchObject({ silentNs, lostPackets: Math.round(silentNs / 1e6) });
    const [unheard] = planMigration({ ...base, mode: "stop-and-copy", lostAnnouncements: 2 }).modes;
    expect(unheard!.network.silentNs).toBe(silentNs + 200_000_000);
  });
});

describe("what goes over beside pages", () => {
  const quiet = { memory: 1e9, bandwidth: 8e9, rule: "remaining", mode: "pre-copy" };

  test("a disk that nobody writes: disk / bandwidth before the memory", () => {
    const [plan] = planMigration({ ...quiet, disk: 5e9 }).modes;
    expect(plan).toMatchObject({
      totalNs: 6e9,
      bytesSent: 6e9,
      storage: { ns: 5e9, bytes: 5e9, mirroredBytes: 0 },
    });
  });

  test("a disk that is written: the mirror as an equation of its own, step by step", () => {
    const [disk, writes, rate] = [10e9, 3e8, 1e9];
    let [copied, seconds] = [0, 0];
    for (const step = 1e-4; copied < disk; seconds += step)
      copied += (rate - (writes * copied) / disk) * step;
    expect(storageSeconds(disk, writes, rate)).toBeCloseTo(seconds, 2);
    const [plan] = planMigration({ ...quiet, disk, diskWrites: writes * 8 }).modes;
    // The memory has what the mirror leaves.
    expect(plan!.totalNs / 1e9 - plan!.storage!.ns / 1e9).toBeCloseTo(1 / 0.7, 6);
    expect(() => planMigration({ ...quiet, disk, diskWrites: 8e9 })).toThrow("diskWrites");
    expect(() => planMigration({ ...quiet, diskWrites: 8e6 })).toThrow("a disk");
  });

  test("swapped pages: references where both hosts have the file, else read first", () => {
    const far = { ...quiet, memory: 4096 * 1000, swapped: 4096 * 400 };
    const shared = planMigration({ ...far, swapShared: true }).modes[0]!;
    expect(shared).toMatchObject({
      bytesSent: 600 * 4096 + 400 * 16,
      normalPages: 600,
      referencePages: 400,
    });
    const read = planMigration({ ...far, swapRate: 8e7 }).modes[0]!;
    // 1.6384 MB at 10 MB/s, 2.4576 MB at 1 GB/s.
    expect(read.totalNs).toBe(163_840_000 + 2_457_600);
    for (const mode of ["post-copy", "stop-and-copy"]) {
      const again = planMigration({ ...far, swapRate: 8e7, mode }).modes[0]!;
      expect(again.totalNs).toBe(read.totalNs);
    }
    const under = planMigration({ ...far, swapRate: 8e7, rule: "qemu" }).modes[0]!;
    expect(under.totalNs).toBeGreaterThan(163_840_000);
  });

  test("shared pages: once per distinct content, in every mode", () => {
    for (const mode of ["pre-copy", "post-copy", "stop-and-copy", "hybrid"]) {
      const plan = planMigration({
        ...quiet,
        mode,
        memory: 4096 * 1000,
        shared: 4096 * 300,
        distinct: 4096 * 20,
      }).modes[0]!;
      expect(plan).toMatchObject({
        bytesSent: 720 * 4096 + 280 * 16,
        normalPages: 720,
        referencePages: 280,
      });
    }
    expect(() => planMigration({ ...quiet, shared: 4096, distinct: 8192 })).toThrow("distinct");
    expect(() => planMigration({ ...quiet, swapped: 9e8, shared: 4e8 })).toThrow("swapped");
  });
});

describe("compatibility", () => {
  const vm = {
    name: "db",
    memoryBytes: 4e9,
    cpuFeatures: ["aes", "avx2"],
    networks: ["lan"],
    storage: ["san-1"],
  };
  const host = {
    name: "h2",
    freeMemoryBytes: 8e9,
    cpuFeatures: ["aes", "avx2", "avx512f"],
    networks: ["lan", "dmz"],
    storage: ["san-1"],
  };

  test("nothing in the way", () => {
    expect(checkCompatibility(vm, host)).toEqual({ ok: true, faults: [], copiesDisks: false });
  });

  test("everything in the way is told at once", () => {
    const poor = {
      name: "h3",
      freeMemoryBytes: 1e9,
      cpuFeatures: ["aes"],
      networks: [],
      storage: [],
      accepts: false,
    };
    const { ok, faults } = checkCompatibility({ ...vm, hostDevices: ["gpu-0"] }, poor);
    expect(ok).toBe(false);
    expect(faults.map(({ what }) => what)).toEqual([
      "host",
      "processor",
      "memory",
      "network",
      "device",
      "storage",
    ]);
    expect(faults[1]!.got).toBe("no avx2 on h3");
  });

  test("disks that are not there are copied if there is room", () => {
    const far = { ...host, storage: ["local"], freeStorageBytes: 2e9 };
    expect(checkCompatibility({ ...vm, diskBytes: 1e9 }, far)).toMatchObject({ ok: true, copiesDisks: true });
    expect(checkCompatibility({ ...vm, diskBytes: 3e9 }, far)).toMatchObject({ ok: false });
    expect(checkCompatibility(vm, far)).toMatchObject({ ok: false, copiesDisks: false });
  });
});

test("memory that is all zero, a link of a bit a second: numbers, not NaN", () => {
  for (const rule of ["qemu", "clark", "vmotion", "xen", "remaining"]) {
    for (const mode of planMigration({ memory: "1GiB", zero: "1GiB", bandwidth: "1Gbit/s", rule }).modes) {
      expect(JSON.stringify(mode)).not.toMatch(/null|NaN/);
      expect(mode.converged).toBe(true);
    }
  }
  const slow = planMigration({ memory: "4KiB", bandwidth: "1bit/s", rule: "remaining" });
  expect(slow.bandwidthBitsPerS).toBe(1);
});
