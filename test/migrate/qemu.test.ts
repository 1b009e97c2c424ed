// Goal: rounds of rule qemu by their laws are those of a bitmap page by page.
// Method: any guest, link and limit that leave room to converge, against a naive twin with the same windows; rounds worked
// by hand from a measured run.

import fc from "fast-check";
import { expect, test } from "vitest";
import { qemuRoundsAt } from "../../src/migrate/qemu.ts";
import { resolveMigration } from "../../src/migrate/resolve.ts";
import { migratePages } from "../model/qemu-migration.ts";

const cases = fc.record({
  pages: fc.integer({ min: 20_000, max: 60_000 }),
  hot: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
  load: fc.double({ min: 0, max: 0.7, noNaN: true }),
  mbit: fc.integer({ min: 100, max: 400 }),
  // Longer than a window, so that it is never empty before its end.
  limitMs: fc.integer({ min: 200, max: 500 }),
  phase: fc.double({ min: 0, max: 0.99, noNaN: true }),
});

test.each(["cyclic", "uniform"] as const)("property: %s, as page by page", (pattern) => {
  fc.assert(
    fc.property(cases, ({ pages, hot, load, mbit, limitMs, phase }) => {
      const bytesPerS = (mbit * 1e6) / 8;
      const hotPages = Math.floor(pages * hot);
      const pagesPerS = Math.floor((load * bytesPerS) / 4106);
      const fluid = qemuRoundsAt(
        resolveMigration({
          memory: pages * 4096,
          workingSet: hotPages * 4096,
          dirtyRate: pagesPerS,
          pattern,
          bandwidth: mbit * 1e6,
          downtimeLimit: limitMs * 1e6,
        }),
        Infinity,
        phase,
      );
      const real = migratePages({
        pages,
        hotPages,
        pagesPerS,
        pattern,
        phase,
        bytesPerS,
        downtimeLimitS: limitMs / 1e3,
      });
      expect(fluid.converged).toBe(real.converged);
      // One look more or less where the remainder is just at the limit.
      expect(Math.abs(fluid.seconds - real.seconds)).toBeLessThanOrEqual(0.2001 + 0.04 * real.seconds);
      expect(Math.abs(fluid.looks - real.looks)).toBeLessThanOrEqual(2);
      expect(Math.abs(fluid.normalPages / real.pagesSent - 1)).toBeLessThan(0.05);
    }),
    { numRuns: 60 },
  );
});
