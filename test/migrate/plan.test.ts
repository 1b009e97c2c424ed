// Goal: planned migrations obey the closed forms of pre-copy, and the limiter, the rules and the bounds as published.
// Method: worked cases to the last digit, then properties over any memory, rate and link.
// Source: facts of Clark et al., NSDI 2005; Nelson et al., USENIX 2005; Hines and Gopalan, VEE 2009.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lawful } from "../../src/migrate/dirtying.ts";
import { formatBitsUp } from "../../src/migrate/format-bits.ts";
import { type MigrationOptions, type ModePlan, planMigration } from "../../src/migrate/index.ts";
import { exp } from "../../src/number/power.ts";

const MB = 1e6;
const megabytes = (plan: ModePlan): number[] => plan.rounds.map(({ bytes }) => bytes / MB);
const preCopy = (options: MigrationOptions): ModePlan =>
  planMigration({ ...options, mode: "pre-copy" }).modes[0]!;
const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.abs(b));

describe("closed forms", () => {
  test("M 1024, r 25, b 125 MB/s, threshold 1 MB", () => {
    const plan = preCopy({
      memory: "1024MB",
      dirtyRate: "25MB/s",
      bandwidth: "125MB/s",
      pattern: "linear",
      rule: "remaining",
      threshold: "1MB",
    });
    const expected = [1024, 204.8, 40.96, 8.192, 1.6384];
    expect(plan.rounds.length).toBe(expected.length);
    for (const [index, { bytes }] of plan.rounds.entries()) near(bytes, expected[index]! * MB);
    near(plan.stopCopy.bytes, 0.32768 * MB);
    near(plan.bytesSent, 1279.91808 * MB);
    near(plan.totalNs, 10.23934464e9);
    expect(plan.downtimeNs).toBe(2_621_440);
    expect(plan.converged).toBe(true);
  });

  test("M 4096, r 60, b 120 MB/s, threshold b × 300 ms: seven rounds, 32 MB at the end", () => {
    const plan = preCopy({
      memory: "4096MB",
      dirtyRate: "60MB/s",
      bandwidth: "120MB/s",
      pattern: "linear",
      rule: "remaining",
    });
    expect(megabytes(plan)).toEqual([4096, 2048, 1024, 512, 256, 128, 64]);
    near(plan.bytesSent, 8160 * MB);
    near(plan.totalNs, 68e9);
    near(plan.downtimeNs, 266_666_667);
  });

  test("M 800, W 20, r 40, b 62.5 MB/s, threshold 0.25 MB: eleven rounds", () => {
    const plan = preCopy({
      memory: "800MB",
      workingSet: "20MB",
      dirtyRate: "40MB/s",
      bandwidth: "62.5MB/s",
      pattern: "linear",
      rule: "remaining",
      threshold: "250kB",
    });
    expect(plan.rounds.length).toBe(11);
    expect(megabytes(plan).slice(0, 4)).toEqual([800, 20, 12.8, 8.192]);
    expect(plan.bytesSent / MB).toBeCloseTo(855.146, 3);
    expect(plan.totalNs / 1e9).toBeCloseTo(13.682, 3);
    expect(plan.downtimeNs / 1e6).toBeCloseTo(3.69, 2);
  });

  test("nothing dirtied: memory over bandwidth, and fixed costs", () => {
    const plan = preCopy({
      memory: "1GB",
      bandwidth: "1Gbit/s",
      rule: "remaining",
      latency: "1ms",
      switchover: "20ms",
      deviceState: "125kB",
    });
    expect(plan.totalNs).toBe(8e9 + 1e6 + 1e6 + 20e6 + 1e6);
    expect(plan.downtimeNs).toBe(1e6 + 20e6 + 1e6);
  });
});

describe("Clark's limiter", () => {
  const options: MigrationOptions = {
    memory: "512MB",
    workingSet: "256MB",
    dirtyRate: "1000MB/s",
    bandwidth: "500Mbit/s",
    pattern: "linear",
    rule: "clark",
  };

  test("a writer of 256 MB: 100, 100, 150 … 500 Mbit/s, then 4.096 s of standing still", () => {
    const plan = preCopy(options);
    const rates = plan.rounds.map(({ bytes, ns }) => Math.round((bytes * 8e3) / ns));
    expect(rates).toEqual([100, 100, 150, 200, 250, 300, 350, 400, 450, 500]);
    expect(plan.rounds.slice(1).every(({ bytes }) => bytes === 256 * MB)).toBe(true);
    near(plan.downtimeNs, 4.096e9);
    expect(plan.converged).toBe(false);
    expect(plan.reason).toMatch(/highest rate/);
  });

  test("SPECweb99-like: thirteen rounds, 15.4 MB at the end", () => {
    const pages = MB / 4096;
    const law = (t: number): number => (16 * (1 - exp(-t / 0.1)) + 508 * (1 - exp(-t / 220))) * pages;
    const plan = preCopy({
      memory: Math.round(676.8 * MB),
      bandwidth: "500Mbit/s",
      rule: "clark",
      dirtying: lawful(524 * pages, (seconds) => law(Math.min(seconds, 60))),
    });
    expect(plan.rounds.length).toBe(13);
    const expected = [676.8, 126.8, 38.9, 23.1, 19.9, 18.5, 17.8];
    for (const [index, mb] of expected.entries()) expect(megabytes(plan)[index]).toBeCloseTo(mb, 1);
    const limits = plan.rounds.map(({ bytes, ns }) => Math.round((bytes * 8e3) / ns));
    expect(limits.slice(0, 5)).toEqual([100, 100, 100, 109, 144]);
    expect(limits.at(-1)).toBe(486);
    expect(plan.stopCopy.bytes / MB).toBeCloseTo(15.4, 1);
    expect(plan.bytesSent / MB).toBeCloseTo(1037, 0);
    // The source's sum is of the rounds; standing still comes on top.
    expect((plan.totalNs - plan.downtimeNs) / 1e9).toBeCloseTo(73.8, 1);
    expect(plan.downtimeNs / 1e9).toBeCloseTo(0.25, 2);
  });

  test("150 Mbit/s dirtied: the next limit is 200", () => {
    const plan = preCopy({ ...options, workingSet: "512MB", dirtyRate: "150Mbit/s", rateMin: "200Mbit/s" });
    const [first, second] = plan.rounds.map(({ bytes, ns, dirtiedPages }) => ({
      rate: (bytes * 8e3) / ns,
      dirtied: (dirtiedPages * 4096 * 8e3) / ns,
    }));
    near(first!.dirtied, 150);
    near(second!.rate, 200);
  });
});

describe("other rules", () => {
  const writer: MigrationOptions = { memory: "1GiB", bandwidth: "1Gbit/s", pattern: "linear" };

  test("vmotion stops at 16 MiB, or when a round takes less than 1 MiB off", () => {
    const calm = preCopy({ ...writer, workingSet: "16MiB", dirtyRate: "1GB/s", rule: "vmotion" });
    expect([calm.converged, calm.rounds.length]).toEqual([true, 1]);
    const wild = preCopy({ ...writer, workingSet: "64MiB", dirtyRate: "1GB/s", rule: "vmotion" });
    expect([wild.converged, wild.rounds.length]).toEqual([false, 2]);
    expect(wild.downtimeNs).toBe(Math.round(((64 << 20) * 8e9) / 1e9));
  });

  test("xen stops below 50 pages, after 29 rounds, or at three times the memory", () => {
    const calm = preCopy({ ...writer, workingSet: "196KiB", dirtyRate: "1GB/s", rule: "xen" });
    expect([calm.converged, calm.rounds.length]).toEqual([true, 1]);
    const small = preCopy({ ...writer, workingSet: "4MiB", dirtyRate: "1GB/s", rule: "xen" });
    expect([small.reason, small.rounds.length]).toEqual(["29 rounds", 29]);
    const large = preCopy({ ...writer, workingSet: "512MiB", dirtyRate: "1GB/s", rule: "xen" });
    expect([large.reason, large.rounds.length]).toEqual(["three times the memory was sent", 6]);
  });

  test("a ratio and a number of rounds end any rule", () => {
    const ratio = preCopy({ ...writer, dirtyRate: "100MB/s", rule: "remaining", ratio: "75%" });
    expect([ratio.reason, ratio.rounds.length]).toEqual(["a round did not shrink the remainder enough", 1]);
    const rounds = preCopy({ ...writer, dirtyRate: "100MB/s", rule: "remaining", rounds: 3 });
    expect([rounds.reason, rounds.rounds.length]).toEqual(["3 rounds, as many as were asked for", 3]);
  });

  test("what does not converge is told what would help", () => {
    const plan = preCopy({ ...writer, workingSet: "256MiB", dirtyRate: "1GB/s" });
    expect(plan.converged).toBe(false);
    expect(plan.advice).toMatch(
      /^It would take .* of bandwidth, a downtime limit of .*, --auto-converge, or mode post-copy or hybrid\.$/,
    );
    const limit = Number(/limit of ([\d.]+) s/.exec(plan.advice!)![1]);
    expect(
      preCopy({ ...writer, workingSet: "256MiB", dirtyRate: "1GB/s", downtimeLimit: limit * 1e9 }).converged,
    ).toBe(true);
  });

  test("advised bandwidth is never printed as what did not suffice", () => {
    const options = { memory: "4GiB", workingSet: "256MiB", pattern: "uniform", dirtyRate: 36000 } as const;
    const { advice } = preCopy({ ...options, bandwidth: "1Gbit/s" });
    const bandwidth = /take ([\d.]+ Gbit\/s) of/.exec(advice!)![1]!;
    expect(bandwidth).not.toBe("1 Gbit/s");
    expect(preCopy({ ...options, bandwidth: bandwidth.replace(" ", "") }).converged).toBe(true);
    const shown = [1.00004e9, 1.1e9, 9.6e9, 9.9999e8, 612.25e6, 940.3e6, 3].map((bits) => formatBitsUp(bits));
    expect(shown).toEqual([
      "1.01 Gbit/s",
      "1.1 Gbit/s",
      "9.6 Gbit/s",
      "1 Gbit/s",
      "613 Mbit/s",
      "941 Mbit/s",
      "3 bit/s",
    ]);
    expect(formatBitsUp(1.0700001e9, 1.06e9)).toBe("1.08 Gbit/s");
  });
});

const cases = fc.record({
  pages: fc.integer({ min: 1, max: 1 << 22 }),
  hot: fc.double({ min: 0, max: 1, noNaN: true }),
  bits: fc.integer({ min: 1e6, max: 1e11 }),
  load: fc.double({ min: 0, max: 3, noNaN: true }),
  pattern: fc.constantFrom("cyclic", "uniform", "linear"),
});
const optionsOf = (one: typeof cases extends fc.Arbitrary<infer T> ? T : never): MigrationOptions => ({
  memory: one.pages * 4096,
  workingSet: Math.floor(one.hot * one.pages) * 4096,
  bandwidth: one.bits,
  dirtyRate: (one.load * one.bits) / 8 / 4096,
  pattern: one.pattern,
});

describe("bounds that always hold", () => {
  test.each(["qemu", "clark", "vmotion", "xen", "remaining"])("property: rule %s", (rule) => {
    fc.assert(
      fc.property(cases, (one) => {
        const options = { ...optionsOf(one), rule, rateMin: one.bits, rateMax: one.bits };
        const [stop, pre, post, hybrid] = planMigration(options).modes as [
          ModePlan,
          ModePlan,
          ModePlan,
          ModePlan,
        ];
        const memory = one.pages * 4096;
        const slack = 1 + 1e-9;
        for (const mode of [stop, pre, post, hybrid]) {
          expect(mode.bytesSent * slack).toBeGreaterThanOrEqual(memory);
          expect(mode.totalNs + 1).toBeGreaterThanOrEqual((memory * 8e9) / one.bits);
          const sum = mode.rounds.reduce((pages, round) => pages + round.pages, 0) + mode.stopCopy.pages;
          if (mode === pre || mode === stop) near(sum + 1, mode.normalPages + mode.zeroPages + 1);
        }
        expect(pre.bytesSent).toBeLessThanOrEqual(stop.bytesSent * (pre.rounds.length + 1) * slack);
        expect(post.bytesSent).toBe(stop.bytesSent);
        expect(post.normalPages).toBe(one.pages);
        expect(post.totalNs).toBeLessThanOrEqual(pre.totalNs * slack + 1);
        expect(post.downtimeNs).toBe(0);
        expect(pre.downtimeNs).toBeLessThanOrEqual(stop.totalNs + 1);
      }),
    );
  });

  test("property: one round more never makes the downtime longer while less is dirtied than sent", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 8 }), (one, rounds) => {
        const options = { ...optionsOf({ ...one, load: one.load / 3.1 }), rule: "remaining", threshold: 0 };
        const [few, more] = [preCopy({ ...options, rounds }), preCopy({ ...options, rounds: rounds + 1 })];
        expect(more.downtimeNs).toBeLessThanOrEqual(few.downtimeNs + 1);
      }),
    );
  });

  test("property: a writer faster than the link never converges, and stands still for its working set", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const hot = Math.max(1, Math.floor(one.hot * one.pages));
        const options = {
          ...optionsOf({ ...one, load: 1 + one.load, pattern: "linear" }),
          workingSet: hot * 4096,
        };
        const plan = preCopy({ ...options, rule: "remaining", threshold: 0 });
        expect(plan.converged).toBe(false);
        expect(plan.downtimeNs + 1).toBeGreaterThanOrEqual((hot * 4096 * 8e9) / one.bits);
      }),
    );
  });
});
