// Goal: saved pages are whole per VM and add up to the host's; the series say what happened between samples.
// Method: thirds by hand, then any references against the sum; a small world, sampled.

import fc from "fast-check";
import { expect, test } from "vitest";
import { apportion, observeWorld, Sampler } from "../../src/sim/observe.ts";
import { runTo, SECOND, streamOf, worldOf } from "../support/world.ts";

test.each([
  [[0.5, 0.5], 1, [1, 0]],
  [[4 / 3, 2 / 3], 2, [1, 1]],
  [[2 / 3, 2 / 3, 2 / 3], 2, [1, 1, 0]],
  [[1.25, 1.75, 1], 4, [1, 2, 1]],
  [[0, 0], 0, [0, 0]],
  [[], 0, []],
  [[2.9999999999, 0.0000000001], 3, [3, 0]],
  [[3.0000000001, 1.9999999999], 5, [3, 2]],
])("%j of %i pages", (fractions, total, whole) => {
  expect(apportion(fractions, total)).toEqual(whole);
});

test("property: frames shared any way add up, and nobody is off by a page", () => {
  const frame = fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
      const fractions = new Array<number>(6).fill(0);
      for (const vms of frames) for (const vm of vms) fractions[vm]! += 1 - 1 / vms.length;
      const total = frames.reduce((sum, vms) => sum + vms.length - 1, 0);
      const whole = apportion(fractions, total);
      expect(whole.reduce((a, b) => a + b, 0)).toBe(total);
      whole.forEach((pages, vm) => {
        expect(Math.abs(pages - fractions[vm]!)).toBeLessThan(1 + 1e-9);
      });
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("samples: accesses since the sample before add up to all; what a guest of its own has is in the series", async () => {
  const vms = [
    { pages: 64, workload: [streamOf({ ratePerKs: 10_000 }, 64)] },
    { pages: 32, workload: [] },
  ];
  const world = await worldOf({ hosts: [256], vms });
  const sampler = new Sampler(world);
  for (const seconds of [0, 2, 3, 7]) {
    runTo(world, seconds * SECOND);
    sampler.sample();
  }
  const { vms: series, hosts } = sampler.series();
  const [host] = Object.values(hosts);
  const [busy, idle] = Object.values(series);
  expect(busy!.accesses).toEqual([0, 20, 10, 40]);
  expect(idle!.accesses).toEqual([0, 0, 0, 0]);
  expect(host!.configuredPages).toEqual([96, 96, 96, 96]);
  expect(busy!.targetPages).toEqual([64, 64, 64, 64]);
  for (const each of [busy!, idle!]) expect(each).not.toHaveProperty("guestFreePages");
  const { hosts: results, vms: rows } = observeWorld(world);
  expect(results[0]!.memory).toMatchObject({ reservedPages: 0, configuredPages: 96 });
  expect(rows[0]!.memory.accesses).toBe(70);
  world.dispose();
});
