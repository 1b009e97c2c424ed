// Goal: whatever happens to a cluster, under any policy, nobody is given more than they ask for or than there is.
// Method: random fleets, pools, events, demand with holes; what must hold is looked at in the result.

import { expect, test } from "vitest";
import { fleet } from "../../bench/cluster/fleet.ts";
import { xorshift32 } from "../../bench/random.ts";
import {
  balancePolicyOf,
  type ClusterEvent,
  type ClusterPool,
  type ClusterSpec,
  simulateColumns,
} from "../../src/index.ts";

const STEPS = 12;

function storm(seed: number): ClusterSpec {
  const next = xorshift32(seed + 1);
  const draw = (): number => next() / 2 ** 32;
  const below = (count: number): number => Math.floor(draw() * count);
  const [hosts, vms] = [2 + below(8), 2 + below(40)];
  const base = fleet(hosts, vms, STEPS, 2048 + below(16_384));
  const pool = (name: string, parent: number): ClusterPool => ({
    ...{ name, parent, shares: 1000 + below(4000), reservationMhz: 0 },
    limitMhz: draw() < 0.4 ? 1500 + below(9000) : Number.POSITIVE_INFINITY,
  });
  const pools = draw() < 0.6 ? [pool("p", -1), pool("q", 0), pool("z", -1)] : [];
  const event = (): ClusterEvent => {
    const [host, vm, step, kind] = [below(hosts), below(vms), below(STEPS), draw()];
    const backStep = draw() < 0.5 ? step + 1 + below(4) : Number.POSITIVE_INFINITY;
    if (kind < 0.4) return { kind: "fail", host, step, backStep };
    if (kind < 0.7) return { kind: kind < 0.6 ? "remove" : "add", host, step };
    return { kind: kind < 0.85 ? "stop" : "start", vm, step };
  };
  const column = (read: () => number): Float64Array => Float64Array.from({ length: vms }, read);
  return {
    ...base,
    pools,
    events: Array.from({ length: 5 }, event).sort((a, b) => a.step - b.step),
    vms: {
      ...base.vms,
      pool: Int32Array.from({ length: vms }, () => (pools.length > 0 ? below(4) - 1 : -1)),
      reservationMhz: column(() => (draw() < 0.2 ? 100 : 0)),
      limitMhz: column(() => (draw() < 0.2 ? 400 : Number.POSITIVE_INFINITY)),
    },
    demand: {
      steps: STEPS,
      cpu: Float32Array.from({ length: vms * STEPS }, () =>
        draw() < 0.05 ? Number.NaN : Math.min(1, draw() * 1.3),
      ),
    },
    moves: draw() < 0.5 ? { kind: "half-link" } : { kind: "pre-copy", dirtyPartPerS: draw() * 0.1 },
    placement: (["most-free", "first-fit", "least-power"] as const)[below(3)]!,
  };
}

test.each(["static", "dvfs", "thr-mmt-0.8", "lr-mu-1.2", "mad-mc-2.5", "lrr-rs-1.1"])(
  "under %s",
  async (name) => {
    for (let seed = 0; seed < 30; seed += 1) {
      const spec = storm(seed);
      const { vms, hosts, pools, totals } = await simulateColumns(spec, balancePolicyOf(name)!);
      const about = `seed ${seed}`;
      for (const { demandMhz, deliveredMhz, consumedMib, balloonMib, swappedMib } of vms) {
        expect(deliveredMhz, about).toBeGreaterThanOrEqual(0);
        expect(deliveredMhz, about).toBeLessThanOrEqual(demandMhz + 1e-6);
        expect(Math.min(consumedMib, balloonMib, swappedMib), about).toBeGreaterThanOrEqual(-1e-6);
      }
      for (const { peakLoad, onNs, downNs } of hosts) {
        expect(peakLoad, about).toBeLessThanOrEqual(1 + 1e-9);
        expect(onNs + downNs, about).toBeLessThanOrEqual(STEPS * spec.stepNs);
      }
      for (const [row, { deliveredMhz }] of pools.entries())
        expect(deliveredMhz, about).toBeLessThanOrEqual(spec.pools[row]!.limitMhz * (1 + 1e-6));
      expect(Number.isFinite(totals.energyKwh + totals.slav + totals.imbalanceMean), about).toBe(true);
    }
  },
);
