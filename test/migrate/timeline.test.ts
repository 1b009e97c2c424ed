// Goal: a plan over time adds up to the plan, and its page and slices hold it.
// Method: any plan; the page without script and with every mode; slices as JSON.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MigrationOptions, planMigration, planPerfetto, timelineOf } from "../../src/migrate/index.ts";
import { migrationHtml } from "../../src/reproduce/index.ts";

const base: MigrationOptions = {
  memory: "1GiB",
  zero: "100MiB",
  workingSet: "64MiB",
  bandwidth: "1Gbit/s",
  latency: "1ms",
  switchover: "20ms",
  deviceState: "1MiB",
};

describe("over time", () => {
  const asked = fc.record({
    rule: fc.constantFrom("qemu", "clark", "vmotion", "xen", "remaining"),
    dirtyRate: fc.integer({ min: 0, max: 40_000 }),
    disk: fc.constantFrom(0, 1 << 30),
    autoConverge: fc.boolean(),
  });

  test("property: stretches are one behind the other, send what the plan sends, and leave nothing", () => {
    fc.assert(
      fc.property(asked, (given) => {
        const plan = planMigration({ ...base, ...given });
        for (const mode of plan.modes) {
          const stretches = timelineOf(plan, mode);
          let at = 0;
          let bytes = 0;
          for (const { fromNs, toNs, bitsPerS, leftPages, guestPpm } of stretches) {
            expect(Math.abs(fromNs - at)).toBeLessThan(1000);
            at = toNs;
            bytes += (bitsPerS * (toNs - fromNs)) / 8e9;
            expect(leftPages[1]).toBeLessThanOrEqual(leftPages[0]);
            expect(guestPpm).toBeGreaterThanOrEqual(0);
            expect(guestPpm).toBeLessThanOrEqual(1e6);
          }
          expect(Math.abs(at - mode.totalNs)).toBeLessThan(1000);
          expect(Math.abs(bytes / mode.bytesSent - 1)).toBeLessThan(1e-4);
          expect(stretches.at(-1)!.leftPages[1]).toBeLessThan(1);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("the guest's throughput in each round makes up what it loses", () => {
    const plan = planMigration({
      ...base,
      dirtyRate: 20_000,
      spareCpu: "0%",
      sendCpu: "20%",
      mode: "pre-copy",
    });
    const mode = plan.modes[0]!;
    const done = timelineOf(plan, mode).reduce((sum, one) => sum + (one.toNs - one.fromNs) * one.guestPpm, 0);
    expect(1e6 - done / mode.totalNs).toBeCloseTo(mode.guest.throughputLossPpm, -2);
    expect(mode.rounds[0]!.guestPpm).toBeLessThan(810_000);
  });
});

describe("as files", () => {
  const plan = planMigration({ ...base, dirtyRate: 40_000, fail: "link", failAt: "2s" });

  test("the page: every mode, figures, rounds, what does not converge; no script, no request", () => {
    const page = migrationHtml(plan);
    for (const word of [
      "stop-and-copy",
      "post-copy",
      "hybrid",
      "Left to send",
      "Rate",
      "The guest&#39;s throughput",
    ]) {
      expect(page.replaceAll("&#x27;", "&#39;").replaceAll("'", "&#39;")).toContain(word);
    }
    expect(page).toContain("Does not converge: pre-copy");
    expect(page).toContain("If the link is lost at 2 s");
    expect(page).toContain("Rounds of pre-copy");
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3)/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("slices: a track a mode, phases that end where the plan ends", () => {
    const { traceEvents } = JSON.parse(planPerfetto(plan)) as {
      traceEvents: { ph: string; cat?: string; pid: number; ts: number; dur: number }[];
    };
    expect(new Set(traceEvents.map(({ pid }) => pid)).size).toBe(4);
    for (const [index, { totalNs }] of plan.modes.entries()) {
      const phases = traceEvents.filter(({ cat, pid }) => cat === "phase" && pid === index + 1);
      expect(Math.max(...phases.map(({ ts, dur }) => ts + dur))).toBeCloseTo(totalNs / 1e3, 1);
    }
  });
});
