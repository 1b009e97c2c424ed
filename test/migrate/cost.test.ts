// Goal: the cheap cost is what a plan says.
// Method: any VM against planMigration; the closed form of facts; columns against single questions; bad input.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { migrationCores, migrationCost, migrationCosts, planMigration } from "../../src/migrate/index.ts";

const MIB = 1 << 20;
const vms = fc.record({
  memory: fc.integer({ min: 16, max: 65_536 }).map((mib) => mib * MIB),
  hot: fc.double({ min: 0.001, max: 1, noNaN: true }),
  load: fc.double({ min: 0, max: 0.98, noNaN: true }),
  mbit: fc.integer({ min: 100, max: 40_000 }),
  limitMs: fc.integer({ min: 1, max: 2000 }),
});

describe("migrationCost", () => {
  test("property: of a guest that converges, what planMigration says", () => {
    fc.assert(
      fc.property(vms, ({ memory, hot, load, mbit, limitMs }) => {
        const bytesPerS = (mbit * 1e6) / 8;
        const workingSet = Math.max(4096, Math.floor(memory * hot));
        const dirty = load * bytesPerS;
        const cost = migrationCost({
          memoryBytes: memory,
          bytesPerS,
          dirtyBytesPerS: dirty,
          workingSetBytes: workingSet,
          downtimeLimitS: limitMs / 1000,
          latencyS: 0.001,
          switchoverS: 0.05,
          deviceBytes: MIB,
        });
        const plan = planMigration({
          memory,
          workingSet,
          dirtyRate: dirty / 4096,
          pattern: "linear",
          bandwidth: mbit * 1e6,
          downtimeLimit: limitMs * 1e6,
          latency: 1e6,
          switchover: 5e7,
          deviceState: MIB,
          rule: "remaining",
          mode: "pre-copy",
        }).modes[0]!;
        expect(cost.converged).toBe(plan.converged);
        expect(cost.rounds).toBe(plan.rounds.length);
        expect(Math.abs(cost.totalNs - plan.totalNs)).toBeLessThanOrEqual(2 + plan.totalNs * 1e-12);
        expect(Math.abs(cost.downtimeNs - plan.downtimeNs)).toBeLessThanOrEqual(2);
        expect(cost.bytes / plan.bytesSent).toBeCloseTo(1, 9);
        expect(Math.abs(cost.cpuLoss * 1e6 - plan.guest.throughputLossPpm)).toBeLessThanOrEqual(1.01);
      }),
    );
  });

  test("facts: 1024 MB, 25 dirtied, 125 MB/s, 1 MB", () => {
    const cost = migrationCost({
      memoryBytes: 1024e6,
      bytesPerS: 125e6,
      dirtyBytesPerS: 25e6,
      downtimeLimitS: 1 / 125,
    });
    expect(cost).toMatchObject({
      rounds: 5,
      converged: true,
      totalNs: 10_239_344_640,
      downtimeNs: 2_621_440,
    });
    expect(cost.bytes).toBeCloseTo(1279.918e6, -3);
  });

  test("who dirties faster than is sent stands still for the working set", () => {
    const cost = migrationCost({
      memoryBytes: 8e9,
      bytesPerS: 1e8,
      dirtyBytesPerS: 2e8,
      workingSetBytes: 1e9,
    });
    expect(cost).toMatchObject({ converged: false, downtimeNs: 10e9 });
    expect(cost.rounds).toBeLessThanOrEqual(3);
  });

  test("post-copy and stop-and-copy send each byte once", () => {
    const question = { memoryBytes: 8e9, bytesPerS: 1e9, dirtyBytesPerS: 1e8, switchoverS: 0.1 };
    const post = migrationCost({ ...question, mode: "post-copy" });
    const stop = migrationCost({ ...question, mode: "stop-and-copy" });
    expect(post).toMatchObject({ bytes: 8e9, totalNs: 8.1e9, downtimeNs: 1e8 });
    expect(stop).toMatchObject({ bytes: 8e9, totalNs: 8.1e9, downtimeNs: 8.1e9, cpuLoss: 1 });
    expect(post.cpuLoss).toBeLessThan(0.2);
  });

  test("processors: 30 % of a core, a whole one at 10 Gbit/s", () => {
    expect(migrationCores(1.25e8)).toBe(0.3);
    expect(migrationCores(1.25e9)).toBeCloseTo(1);
  });

  test("columns are the same as single questions", () => {
    const rows = 100;
    const memoryBytes = Float64Array.from({ length: rows }, (_, row) => (row + 1) * 1e8);
    const dirtyBytesPerS = Float64Array.from({ length: rows }, (_, row) => row * 2e6);
    const [totalNs, downtimeNs, bytes, cpuLoss] = Array.from({ length: 4 }, () => new Float64Array(rows)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const converged = new Uint8Array(rows);
    const columns = { memoryBytes, dirtyBytesPerS, bytesPerS: 1.25e8, workingSetBytes: 5e8 };
    migrationCosts({ ...columns, totalNs, downtimeNs, bytes, cpuLoss, converged });
    for (let row = 0; row < rows; row += 1) {
      const one = migrationCost({
        memoryBytes: memoryBytes[row]!,
        dirtyBytesPerS: dirtyBytesPerS[row]!,
        bytesPerS: 1.25e8,
        workingSetBytes: 5e8,
      });
      expect([totalNs[row], downtimeNs[row], bytes[row], cpuLoss[row]]).toEqual([
        one.totalNs,
        one.downtimeNs,
        one.bytes,
        one.cpuLoss,
      ]);
      expect(converged[row]).toBe(one.converged ? 1 : 0);
    }
    expect(() => migrationCosts({ ...columns, bytesPerS: 0 })).toThrow("row 0");
  });

  test.each([
    [{ memoryBytes: 0, bytesPerS: 1 }, "memoryBytes"],
    [{ memoryBytes: 1, bytesPerS: 0 }, "bytesPerS"],
    [{ memoryBytes: 1, bytesPerS: Number.NaN }, "bytesPerS"],
    [{ memoryBytes: 1, bytesPerS: 1, dirtyBytesPerS: -1 }, "dirtyBytesPerS"],
  ])("refuses %j", (question, word) => {
    expect(() => migrationCost(question)).toThrow(word);
  });
});
