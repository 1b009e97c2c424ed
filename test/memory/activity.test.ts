// Goal: the estimate of active memory covers the truth as often as statistics say, rises within a period, falls over
// several, costs no more faults than pages watched, and sees what devices do, which access bits do not.
// Method: a guest of 4096 pages that touches a known part of them, period after period, looked at through the core's ticks.

import { describe, expect, test } from "vitest";
import type { Core } from "../../src/core/boot.ts";
import { mix64, permute } from "../model/prng.ts";
import { shortage } from "../support/shortage.ts";
import { BUILDS, type Build, coreOf } from "../support/world.ts";

const PAGES = 4096;
const SAMPLES = 100;
const PERIOD = 30_000_000_000n;

interface Guest {
  readonly core: Core;
  /** Touches a part of all pages, others every time, then ends the period. */
  period(part: number, touch?: (ppn: number) => void): { sampled: number; faults: number };
}

function guestOf(build: Build = "release", seed = 1, samples = SAMPLES): Guest {
  const activity = { everyNs: Number(PERIOD), pages: samples };
  const core = coreOf(shortage({ vms: [{ pages: PAGES }], pages: PAGES, seed, activity }), build);
  const { wasm, columns } = core;
  let at = 0n;
  wasm.activity_tick(0, at);
  return {
    core,
    period(part, touch = (ppn) => wasm.fault_readPage(ppn)) {
      const key = mix64(at + BigInt(seed));
      const before = columns.vmSampleFaults.get(0);
      wasm.bill_open(at);
      for (let page = 0; page < Math.round(part * PAGES); page += 1) touch(permute(page, PAGES, key));
      const sampled = columns.vmSampleTouched[0]!;
      at += PERIOD;
      wasm.activity_tick(0, at);
      return { sampled, faults: columns.vmSampleFaults.get(0) - before };
    },
  };
}

describe.each(BUILDS)("activity, %s core", (build) => {
  test("of all pages all are touched, of none none; the truth is counted", () => {
    const { core, period } = guestOf(build);
    period(1);
    expect([core.columns.vmFastPpm[0], core.columns.vmSlowPpm[0], core.columns.vmActivePages[0]]).toEqual([
      1_000_000,
      1_000_000,
      PAGES,
    ]);
    period(0.5);
    expect(core.columns.vmActivePages[0]).toBe(PAGES / 2);
  });

  test("averages move by their gains: slow keeps 75 %, fast 25 %", () => {
    const { core, period } = guestOf(build);
    period(1);
    const fast = [];
    const slow = [];
    for (let at = 0; at < 4; at += 1) {
      period(0);
      fast.push(core.columns.vmFastPpm[0]);
      slow.push(core.columns.vmSlowPpm[0]);
    }
    expect(fast).toEqual([250_000, 62_500, 15_625, 3906]);
    expect(slow).toEqual([750_000, 562_500, 421_875, 316_406]);
  });

  test("watches as many different pages as it should, all of them where there are no more", () => {
    const { core } = guestOf(build);
    const { samplePpn, vmSampleCount } = core.columns;
    expect([vmSampleCount[0], new Set(samplePpn.subarray(0, SAMPLES)).size]).toEqual([SAMPLES, SAMPLES]);
    const all = coreOf(
      shortage({ vms: [{ pages: 30 }], pages: 30, activity: { everyNs: Number(PERIOD), pages: 100 } }),
      build,
    );
    all.wasm.activity_tick(0, 0n);
    expect(new Set(all.columns.samplePpn.subarray(0, 30)).size).toBe(30);
  });

  test("devices: samples see them, access bits do not", () => {
    const { core, period } = guestOf(build);
    const { wasm, columns } = core;
    const part = (ppm: number): number => Math.round(ppm / 10_000);
    period(0.5, (ppn) => (ppn % 2 === 0 ? wasm.fault_deviceRead(ppn) : wasm.fault_deviceWrite(ppn, 7n)));
    expect(part(columns.vmFastPpm[0]!)).toBeGreaterThan(30);
    expect(columns.vmAccessedPpm[0]).toBe(0);
    const { sampled } = period(0.5);
    expect(columns.vmAccessedPpm[0]).toBe(sampled * 10_000);
    expect(sampled).toBeGreaterThan(30);
  });
});

test("the 95 % interval covers the truth at least 93 % of the time, whatever the truth; no more faults than pages watched", () => {
  const parts = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9];
  for (const [seed, part] of parts.entries()) {
    const { period } = guestOf("release", seed + 1);
    const sigma = Math.sqrt((part * (1 - part)) / SAMPLES) * Math.sqrt((PAGES - SAMPLES) / (PAGES - 1));
    let covered = 0;
    let sum = 0;
    const periods = 400;
    for (let at = 0; at < periods; at += 1) {
      const { sampled, faults } = period(part);
      expect(faults).toBe(sampled);
      expect(faults).toBeLessThanOrEqual(SAMPLES);
      // Counts are whole: half a page either way.
      covered += Math.abs(sampled / SAMPLES - part) <= 1.96 * sigma + 0.5 / SAMPLES ? 1 : 0;
      sum += sampled / SAMPLES;
    }
    expect(covered / periods).toBeGreaterThanOrEqual(0.93);
    // And it does not lean to one side.
    expect(Math.abs(sum / periods - part)).toBeLessThan((3 * sigma) / Math.sqrt(periods) + 0.001);
  }
});

test("rises within a period, before its end; falls over three or more", () => {
  const { core, period } = guestOf();
  const { columns, wasm } = core;
  const fastKeep = columns.worldFastKeepPpm[0]!;
  /** The largest of the three, as reports and policies take it. */
  const estimate = (): number => {
    const now = (columns.vmSampleTouched[0]! / SAMPLES) * 1e6;
    const next = (columns.vmFastPpm[0]! * fastKeep + now * (1e6 - fastKeep)) / 1e6;
    return Math.max(columns.vmSlowPpm[0]!, columns.vmFastPpm[0]!, next) / 1e6;
  };
  for (let at = 0; at < 5; at += 1) period(0.1);
  expect(estimate()).toBeLessThan(0.2);
  let seen = 0;
  period(0.8, (ppn) => {
    wasm.fault_readPage(ppn);
    seen = Math.max(seen, estimate());
  });
  expect(seen).toBeGreaterThan(0.5);
  for (let at = 0; at < 4; at += 1) period(0.8);
  const falling: number[] = [];
  for (let at = 0; at < 8; at += 1) {
    period(0.1);
    falling.push(estimate());
  }
  expect(falling.findIndex((part) => part < 0.2)).toBeGreaterThanOrEqual(3);
  expect(falling.at(-1)).toBeLessThan(0.25);
});
