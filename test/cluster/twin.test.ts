// Goal: an interval of a cluster is what its naive twin writes down, on any cluster; and other people's expectations hold.
// Method: random fleets against test/model/cluster/still.ts; OpenDC's FlowDistributor tests 1 to 5.

import fc from "fast-check";
import { expect, test } from "vitest";
import { fleet } from "../../bench/cluster/fleet.ts";
import { type ClusterSpec, simulateCluster, simulateColumns, stayPut } from "../../src/index.ts";
import { runStill } from "../model/cluster/still.ts";
import { clusterOf } from "./clusters.ts";

test("property: delivered, energy and short hosts are the twin's", async () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 4, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), numbers, numbers, async (hosts, sizes, seeds) => {
      const base = fleet(hosts, sizes.length, 5, 1 << 20);
      const home = sizes.map((_, vm) => vm % hosts);
      const spec: ClusterSpec = {
        ...base,
        vms: {
          ...base.vms,
          host: Int32Array.from(home),
          shares: Float64Array.from(sizes, (size) => size * 10),
          reservationMhz: Float64Array.from(sizes, (_, vm) => (vm % 3 === 0 ? 100 : 0)),
          limitMhz: Float64Array.from(sizes, (size, vm) => (vm % 4 === 1 ? size * 30 : Infinity)),
        },
        demand: {
          steps: 5,
          cpu: Float32Array.from({ length: sizes.length * 5 }, (_, i) => seeds[i % seeds.length]! / 100),
        },
      };
      const result = await simulateColumns(spec, stayPut());
      const twin = runStill(spec, home);
      expect(result.totals.energyKwh).toBeCloseTo(twin.energyKwh, 9);
      for (const [vm, { deliveredMhz }] of result.vms.entries())
        expect(deliveredMhz * 5).toBeCloseTo(twin.delivered[vm]!, 5);
      const short = result.hosts.reduce((sum, { shortNs }) => sum + shortNs / spec.stepNs, 0);
      expect(short).toBe(twin.shortIntervals);
    }),
    { numRuns: 60 },
  );
});

// One task on one host of 2000 MHz: MHz asked for in two stretches of ten minutes, and supplied.
const flows: readonly (readonly [asked: readonly [number, number], supplied: readonly [number, number]])[] = [
  [
    [1000, 2000],
    [1000, 2000],
  ],
  [
    [3000, 4000],
    [2000, 2000],
  ],
  [
    [1000, 4000],
    [1000, 2000],
  ],
  [
    [4000, 1000],
    [2000, 1000],
  ],
  [
    [4000, 2000],
    [2000, 2000],
  ],
];

test.each(flows)("OpenDC FlowDistributor: %j asked for, %j supplied", async (asked, supplied) => {
  const scenario = clusterOf({
    ...{ duration: "20min", every: "10min" },
    hosts: [{ name: "H01", cpu: { cores: 1, mhz: 2000 }, memory: "130GiB" }],
    vms: [{ name: "0", memory: "1GiB", mhz: 4000, demand: asked.map((mhz) => `${mhz / 40}%`) }],
  });
  const { series } = await simulateCluster(scenario);
  expect(series.demandMhz).toEqual(asked);
  expect(series.deliveredMhz).toEqual(supplied);
});
