// Goal: reverse questions are answered by the least that does, and sweeps show the trade.
// Method: the answer converges, a little less does not; for any guest.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type MigrationOptions,
  planMigration,
  solveMigration,
  sweepMigration,
} from "../../src/migrate/index.ts";

const writer: MigrationOptions = {
  memory: "2GiB",
  workingSet: "256MiB",
  dirtyRate: "30000pages/s",
  bandwidth: "500Mbit/s",
  pattern: "uniform",
};
const converges = (options: Partial<MigrationOptions>): boolean =>
  planMigration({ ...writer, ...options, mode: "pre-copy" }).modes[0]!.converged;
/** Within the 300 ms that are the limit if none is given, headers and all. */
const suffices = (bandwidth: number): boolean => {
  const { converged, downtimeNs } = planMigration({ ...writer, bandwidth, mode: "pre-copy" }).modes[0]!;
  return converged && downtimeNs <= 300e6;
};

describe("solve", () => {
  test("bandwidth: it does, a hundredth less does not", () => {
    const { bandwidthBitsPerS, plan } = solveMigration(writer, "bandwidth");
    expect(plan!.modes.find(({ mode }) => mode === "pre-copy")!.converged).toBe(true);
    expect(suffices(bandwidthBitsPerS!)).toBe(true);
    expect(suffices(bandwidthBitsPerS! * 0.99)).toBe(false);
  });

  test("bandwidth: in closed form, a linear guest within a threshold of downtime × bandwidth", () => {
    // The round that fits: V = r·M/b·... halves until V ≤ b · 0.3 s; one round suffices where r·M/b ≤ 0.3 b.
    const options: MigrationOptions = {
      memory: "1000MB",
      dirtyRate: "30MB/s",
      bandwidth: "1Gbit/s",
      pattern: "linear",
      rule: "remaining",
      rounds: 1,
    };
    const { bandwidthBitsPerS } = solveMigration(options, "bandwidth");
    const exact = 8 * Math.sqrt((30e6 * 1000e6) / 0.3);
    expect(bandwidthBitsPerS! / exact).toBeGreaterThanOrEqual(1);
    expect(bandwidthBitsPerS! / exact).toBeLessThan(1.001);
  });

  test("downtime: it does, half does not", () => {
    const { downtimeLimitNs, plan } = solveMigration(writer, "downtime");
    expect(plan!.modes.find(({ mode }) => mode === "pre-copy")!.converged).toBe(true);
    expect(converges({ downtimeLimit: downtimeLimitNs! / 2 })).toBe(false);
  });

  test("downtime of a rule that has none is refused", () => {
    expect(() => solveMigration({ ...writer, rule: "clark" }, "downtime")).toThrow(/rule qemu or remaining/);
  });

  test("property: what is answered converges", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.constantFrom("uniform", "linear"),
        fc.constantFrom("bandwidth", "downtime"),
        (rate, pattern, what) => {
          const { plan } = solveMigration(
            { ...writer, dirtyRate: rate, pattern, mode: "pre-copy" },
            what as "bandwidth",
          );
          expect(plan!.modes[0]!.converged).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("sweep", () => {
  test("a higher limit: shorter, and more taken from the guest's own traffic", () => {
    const steps = sweepMigration({
      ...writer,
      dirtyRate: "1000pages/s",
      link: "1Gbit/s",
      guestTraffic: "800Mbit/s",
    });
    expect(steps.length).toBe(8);
    for (let step = 1; step < steps.length; step += 1) {
      expect(steps[step]!.totalNs).toBeLessThanOrEqual(steps[step - 1]!.totalNs);
      expect(steps[step]!.throughputLossPpm).toBeGreaterThanOrEqual(
        steps[step - 1]!.throughputLossPpm - 1000,
      );
    }
    expect(steps.at(-1)!.throughputLossPpm).toBeGreaterThan(300_000);
  });

  test("the limits asked for, and nothing else", () => {
    expect(sweepMigration(writer, [1e9, 2e9]).map(({ bandwidthBitsPerS }) => bandwidthBitsPerS)).toEqual([
      1e9, 2e9,
    ]);
    expect(() => sweepMigration(writer, [0])).toThrow(/bandwidths above 0/);
    expect(() => sweepMigration(writer, [])).toThrow(/bandwidths above 0/);
  });
});
