// Goal: a link shared by several migrations and by traffic is shared as max-min fairness says.
// Method: closed forms worked by hand; SimGrid's ratios; the definition of max-min over any flows; rule remaining of one.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxMinFair, planMigration, planMigrations } from "../../src/migrate/index.ts";
import { shareLink } from "../../src/migrate/share.ts";

const GB = 1e9;
const idle = (memory: number) => ({ memory, mode: "stop-and-copy" });
const seconds = (ns: number): number => ns / 1e9;

describe("max-min", () => {
  test("property: full or everybody has all; who wants more has as much as anybody", () => {
    const rates = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 200, noNaN: true }), rates, (capacity, wants) => {
        const gets = maxMinFair(capacity, wants);
        const sum = gets.reduce((a, b) => a + b, 0);
        const wanted = wants.reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(Math.min(capacity, wanted), 6);
        const most = Math.max(...gets);
        for (const [index, want] of wants.entries()) {
          expect(gets[index]).toBeLessThanOrEqual(want);
          if (gets[index]! < want - 1e-9) expect(gets[index]).toBeGreaterThan(most - 1e-9);
        }
        if (wants.length < 2) return;
        const two = shareLink(capacity, wants[0]!, wants[1]!);
        expect(two).toEqual({ migration: maxMinFair(capacity, wants.slice(0, 2))[0], guest: two.guest });
      }),
    );
  });
});

describe("several migrations", () => {
  test("two at once take twice as long as one; 1000 MB ten times as long as 100", () => {
    const one = planMigrations({ link: 1e9, migrations: [idle(GB)] });
    const two = planMigrations({ link: 1e9, migrations: [idle(GB), idle(GB)] });
    const small = planMigrations({ link: 1e9, migrations: [idle(GB / 10)] });
    expect(one.totalNs).toBe(8e9);
    expect(two.totalNs / one.totalNs).toBeCloseTo(2, 9);
    expect(one.totalNs / small.totalNs).toBeCloseTo(10, 6);
    expect(two.usedPpm).toBe(1e6);
  });

  test("staggered: A alone, both, B alone", () => {
    // 1 GB/s; A: 4 GB at 0 s, B: 4 GB at 2 s. A has 2 GB left at 2 s, at half the rate until 6 s; B then has 2 GB left.
    const { migrations } = planMigrations({
      link: 8e9,
      migrations: [idle(4 * GB), { ...idle(4 * GB), start: "2s" }],
    });
    expect(migrations.map(({ endNs }) => seconds(endNs))).toEqual([6, 8]);
    expect(migrations.map(({ totalNs }) => seconds(totalNs))).toEqual([6, 6]);
  });

  test("a limit leaves the rest to the others", () => {
    const { migrations } = planMigrations({
      link: 8e9,
      migrations: [{ ...idle(GB), bandwidth: "2Gbit/s" }, idle(3 * GB)],
    });
    expect(migrations.map(({ totalNs }) => seconds(totalNs))).toEqual([4, 4]);
  });

  test("traffic: 600 Mbit/s beside one migration on 1 Gbit/s leaves it half, and gets 500", () => {
    const plan = planMigrations({ link: "1Gbit/s", traffic: ["600Mbit/s"], migrations: [idle(GB)] });
    expect(seconds(plan.totalNs)).toBe(16);
    expect(plan.traffic[0]!.gotPpm).toBe(833_333);
    expect(plan.usedPpm).toBe(500_000);
  });

  test("one at a time: each as if alone, the last waits for all", () => {
    const { migrations } = planMigrations({
      link: 8e9,
      atOnce: 1,
      migrations: [idle(GB), idle(2 * GB), idle(GB)],
    });
    expect(migrations.map(({ startNs }) => seconds(startNs))).toEqual([0, 1, 3]);
    expect(migrations.map(({ totalNs }) => seconds(totalNs))).toEqual([1, 2, 1]);
  });

  test("two guests that dirty at 0.3 of the link: in step, each at half of it, geometric with 0.6", () => {
    const one = {
      memory: 4 * GB,
      dirtyRate: (0.3 * GB) / 4096,
      pattern: "linear",
      rounds: 3,
      downtimeLimit: 0,
    };
    const { migrations } = planMigrations({ link: 8e9, migrations: [one, one] });
    for (const { rounds, downtimeNs, bytesSent } of migrations) {
      expect(rounds.map(({ bytes }) => Math.round(bytes / 1e6))).toEqual([4000, 2400, 1440]);
      expect(seconds(downtimeNs)).toBeCloseTo(0.864 / 0.5, 6);
      expect(bytesSent / 1e6).toBeCloseTo(4000 + 2400 + 1440 + 864, 3);
    }
  });

  const vms = fc.record({
    mib: fc.integer({ min: 16, max: 4096 }),
    load: fc.double({ min: 0, max: 0.9, noNaN: true }),
    mbit: fc.integer({ min: 100, max: 10_000 }),
    mode: fc.constantFrom("pre-copy", "post-copy", "hybrid", "stop-and-copy"),
  });

  test("property: one alone is what planMigration says under rule remaining", () => {
    fc.assert(
      fc.property(vms, ({ mib, load, mbit, mode }) => {
        const one = {
          memory: mib * 2 ** 20,
          dirtyRate: (load * mbit * 1e6) / 8 / 4096,
          pattern: "linear",
          latency: 1e6,
          switchover: 2e6,
          deviceState: 65_536,
          mode,
        };
        const { migrations } = planMigrations({ link: mbit * 1e6, migrations: [one] });
        const plan = planMigration({ ...one, bandwidth: mbit * 1e6, rule: "remaining" }).modes[0]!;
        const got = migrations[0]!;
        expect(got.rounds.length).toBe(plan.rounds.length);
        expect(got.converged).toBe(plan.converged);
        expect(Math.abs(got.totalNs - plan.totalNs)).toBeLessThan(1000);
        expect(Math.abs(got.downtimeNs - plan.downtimeNs)).toBeLessThan(1000);
        expect(Math.abs(got.bytesSent - plan.bytesSent)).toBeLessThan(2);
      }),
    );
  });

  test("property: the link is never used beyond what it has, and all end", () => {
    fc.assert(
      fc.property(fc.array(vms, { minLength: 1, maxLength: 6 }), (many) => {
        const plan = planMigrations({
          link: 1e9,
          traffic: [2e8],
          migrations: many.map(({ mib, load, mode }, index) => ({
            memory: mib * 2 ** 20,
            dirtyRate: load * 30_000,
            mode,
            start: index * 1e8,
          })),
        });
        expect(plan.usedPpm).toBeLessThanOrEqual(1e6);
        for (const { endNs, bytesSent } of plan.migrations) {
          expect(endNs).toBeLessThanOrEqual(plan.totalNs);
          expect(bytesSent).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("refused, with the place of every fault", () => {
    expect(() =>
      planMigrations({ link: 0, migrations: [idle(0), { memory: "1GiB", start: "soon", mode: "warp" }] }),
    ).toThrow(/link[\s\S]*migrations\[0\]\.memory[\s\S]*migrations\[1\]\.start/);
    expect(() => planMigrations({ link: 1e9, migrations: [] })).toThrow("at least one");
    expect(() => planMigrations({ link: 1e9, migrations: [{ memory: "1GiB", mode: "warp" }] })).toThrow(
      /migrations\[0\]\.mode/,
    );
    expect(() =>
      planMigrations({ link: 1e9, migrations: [{ memory: "1GiB", mode: "pre-copy,hybrid" }] }),
    ).toThrow("one mode");
  });
});
