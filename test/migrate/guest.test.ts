// Goal: what a guest feels, what holds it back and what is left out of a transfer follow the arithmetic they state.
// Method: cases by hand, each with one effect; then properties.
// Source: QEMU's documented throttling; Hines and Gopalan, VEE 2009; otherwise arithmetic.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextSleepUs } from "../../src/migrate/dirty-limit.ts";
import { type MigrationOptions, type ModePlan, planMigration } from "../../src/migrate/index.ts";
import { shareLink } from "../../src/migrate/share.ts";

const base: MigrationOptions = {
  memory: "1000MB",
  bandwidth: "100MB/s",
  rule: "remaining",
  tracking: "none",
};
const plan = (options: Partial<MigrationOptions>, mode = "pre-copy"): ModePlan =>
  planMigration({ ...base, ...options, mode }).modes[0]!;

describe("standing still", () => {
  test("stop-and-copy: all lost, one gap, the slowest hundredth waits all but a hundredth of it", () => {
    expect(plan({}, "stop-and-copy").guest).toEqual({
      throughputLossPpm: 1e6,
      longestGapNs: 10e9,
      p99Ns: 9.9e9,
      faults: 0,
    });
  });

  test("pre-copy: the downtime's part is lost; p99 waits the downtime less a hundredth of the whole", () => {
    const { guest, totalNs, downtimeNs } = plan({
      dirtyRate: "10MB/s",
      pattern: "linear",
      rounds: 1,
      threshold: 0,
    });
    expect(downtimeNs).toBe(1e9);
    expect(totalNs).toBe(11e9);
    expect(guest.throughputLossPpm).toBe(Math.round(1e6 / 11));
    expect(guest.p99Ns).toBe(1e9 - 0.11e9);
  });

  test("clients give up at a gap and a round trip that reach their timeout", () => {
    const options = { dirtyRate: "10MB/s", pattern: "linear", rounds: 1, threshold: 0, latency: "1ms" };
    expect(plan({ ...options, clientTimeout: 1.0021e9 }).guest.clientsTimeOut).toBe(false);
    expect(plan({ ...options, clientTimeout: 1.0019e9 }).guest.clientsTimeOut).toBe(true);
    expect(plan(options).guest.clientsTimeOut).toBeUndefined();
  });

  test("tracking costs 2 us a page written for the first time", () => {
    const options = { dirtyRate: "10000pages/s", pattern: "linear", rounds: 1, threshold: 0 };
    const free = plan(options).guest.throughputLossPpm;
    const tracked = plan({ ...options, tracking: "write-protection" });
    const { totalNs, guest } = tracked;
    // 100 000 pages in the 10 s of the first round.
    expect(guest.throughputLossPpm - free).toBeCloseTo((0.2e9 / totalNs) * 1e6, -1);
  });
});

describe("a shared link", () => {
  test("max-min: half each, and what one does not want goes to the other", () => {
    expect(shareLink(100, 30, 40)).toEqual({ migration: 30, guest: 40 });
    expect(shareLink(100, 90, 40)).toEqual({ migration: 60, guest: 40 });
    expect(shareLink(100, 40, 90)).toEqual({ migration: 40, guest: 60 });
    expect(shareLink(100, 90, 70)).toEqual({ migration: 50, guest: 50 });
  });

  test("property: nobody gets more than it wants, the link is full or both have all", () => {
    const amount = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), amount, amount, (capacity, a, b) => {
        const { migration, guest } = shareLink(capacity, a, b);
        expect(migration).toBeLessThanOrEqual(a);
        expect(guest).toBeLessThanOrEqual(b);
        expect(migration + guest).toBe(Math.min(capacity, a + b));
        if (migration < a) expect(migration).toBeGreaterThanOrEqual(guest);
        if (guest < b) expect(guest).toBeGreaterThanOrEqual(migration);
      }),
    );
  });

  test("the guest's traffic slows the migration, the migration the guest", () => {
    const shared = plan({ link: "100MB/s", guestTraffic: "60MB/s" });
    expect(shared.totalNs).toBe(20e9);
    expect(shared.guest.throughputLossPpm).toBe(Math.round(1e6 / 6));
  });
});

describe("holding the guest back", () => {
  const writer: Partial<MigrationOptions> = {
    rule: "qemu",
    workingSet: "600MB",
    dirtyRate: "200MB/s",
    pattern: "uniform",
  };

  test("auto-converge: 0, 20, 30 … as far as it takes, and it converges; the longest gap is a throttle's sleep", () => {
    expect(plan(writer).converged).toBe(false);
    const held = plan({ ...writer, autoConverge: true, link: "100Gbit/s" });
    expect(held.converged).toBe(true);
    const steps = [...new Set(held.rounds.map(({ throttlePpm }) => throttlePpm / 1e4))];
    expect(steps).toEqual([0, 20, 30, 40, 50, 60, 70, 80, 90, 99].slice(0, steps.length));
    expect(steps.length).toBeGreaterThan(3);
    const last = steps.at(-1)! / 100;
    expect(held.guest.longestGapNs).toBeCloseTo(Math.max(held.downtimeNs, (10e6 * last) / (1 - last)), -1);
  });

  test("the sleeps of the documentation: 20 % 2.5 ms, 50 % 10 ms, 99 % 990 ms", () => {
    const sleeps = [0.2, 0.5, 0.99].map((part) => (10 * part) / (1 - part));
    for (const [index, ms] of [2.5, 10, 990].entries()) expect(sleeps[index]).toBeCloseTo(ms, 9);
  });

  test("dirty limit: steps as documented, within [0, 99 fills]", () => {
    expect(nextSleepUs(0, 1000, 120, 100)).toBe(0);
    expect(nextSleepUs(0, 1000, 200, 20)).toBeCloseTo((1000 * 90) / 10, 9);
    expect(nextSleepUs(500, 1000, 100, 60)).toBe(600);
    expect(nextSleepUs(500, 1000, 60, 100)).toBe(400);
    expect(nextSleepUs(50, 1000, 60, 100)).toBe(0);
    expect(nextSleepUs(90_000, 1000, 1e6, 1)).toBe(99_000);
  });

  test("dirty limit: a writer that does not converge does, near its quota", () => {
    const held = plan({ ...writer, dirtyLimit: "50MiB/s" });
    expect(held.converged).toBe(true);
    const last = held.rounds.at(-1)!;
    const writes = 200e6 * (1 - last.throttlePpm / 1e6);
    expect(Math.abs(writes / 2 ** 20 - 50)).toBeLessThanOrEqual(25);
    // Two vCPUs share the rate, so each may write all it does.
    const split = plan({ ...writer, dirtyLimit: "95MiB/s", vcpus: 2 });
    expect(split.rounds.every(({ throttlePpm }) => throttlePpm === 0)).toBe(true);
  });

  test("stunned: 40 pages a writer, then nothing, and the writer does no work", () => {
    const stunned = plan({ ...writer, rule: "remaining", stun: 3 });
    expect(stunned.rounds[0]!.dirtiedPages).toBeCloseTo(120, 6);
    expect(stunned.rounds.length).toBe(1);
    expect(stunned.guest.throughputLossPpm).toBeGreaterThan(999_000);
  });
});

describe("sending less", () => {
  const again: Partial<MigrationOptions> = {
    dirtyRate: "10MB/s",
    pattern: "linear",
    rounds: 1,
    threshold: 0,
  };

  test("freed memory is not sent, compressed pages take their part, zero pages nothing", () => {
    expect(plan({ freed: "250MB" }).bytesSent).toBe(750e6);
    expect(plan({ compressed: "40%" }).bytesSent).toBe(400e6);
    expect(plan({ zero: "100MB" }).bytesSent).toBe(900e6);
    expect(plan({ zero: "100MB", rule: "qemu" }).bytesSent).toBeCloseTo(
      (900e6 / 4096) * 4106 + (100e6 / 4096) * 9,
      3,
    );
  });

  test("deltas: what is sent again takes their size, as far as the cache reaches", () => {
    expect(plan(again).stopCopy.bytes).toBe(100e6);
    const delta = { ...again, workingSet: "200MB", xbzrle: 512 };
    expect(plan({ ...delta, xbzrleCache: "200MB" }).stopCopy.bytes).toBeCloseTo(100e6 / 8, 3);
    expect(plan({ ...delta, xbzrleCache: "100MB" }).stopCopy.bytes).toBeCloseTo((100e6 / 8 + 100e6) / 2, 3);
  });

  test("channels: together no faster than the bandwidth", () => {
    expect(plan({ channelRate: "30MB/s" }).totalNs).toBeCloseTo((1000 / 30) * 1e9, -1);
    expect(plan({ channelRate: "30MB/s", channels: 3 }).totalNs).toBeCloseTo((1000 / 90) * 1e9, -1);
    expect(plan({ channelRate: "30MB/s", channels: 4 }).totalNs).toBe(10e9);
  });
});

describe("post-copy", () => {
  // 1000 pages/s against 24 414 pages/s of push, ten seconds of it.
  const slow: Partial<MigrationOptions> = { dirtyRate: "1000pages/s", workingSet: "1000MB" };

  test("at random: half of what is touched is missing on average", () => {
    const { guest } = plan({ ...slow, pattern: "uniform" }, "post-copy");
    expect(guest.faults).toBeGreaterThan(0.93 * 5000);
    expect(guest.faults).toBeLessThan(5000);
  });

  test("in order: the push follows the guest, which faults once; without bubbling as often as at random", () => {
    expect(plan({ ...slow, pattern: "linear" }, "post-copy").guest.faults).toBe(1);
    const plain = plan({ ...slow, pattern: "linear", bubbling: false }, "post-copy").guest;
    expect(plain.faults).toBeGreaterThan(4850);
    expect(plain.longestGapNs).toBe(Math.round((4096 / 100e6) * 1e9));
  });

  test("property: no more faults than pages touched or pushed; a longer round trip never loses less", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.constantFrom("cyclic", "uniform", "linear"),
        fc.boolean(),
        fc.integer({ min: 0, max: 10e6 }),
        (rate, pattern, bubbling, latency) => {
          const of = (ns: number): ModePlan =>
            plan({ dirtyRate: `${rate}pages/s`, pattern, bubbling, latency: ns }, "post-copy");
          const [near, far] = [of(0), of(latency)];
          expect(near.guest.faults).toBeLessThanOrEqual(Math.min(250e6 / 1024, 10 * rate) + 1);
          expect(far.guest.faults).toBeLessThanOrEqual(near.guest.faults + 1);
          expect(far.totalNs).toBeGreaterThanOrEqual(near.totalNs);
        },
      ),
      { numRuns: 50 },
    );
  });
});
