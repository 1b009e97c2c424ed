// Goal: on one pCPU the core's scheduler does what the naive twin does, change of state by change of state.
// Method: random pools, shares, limits and guests that run and sleep; the core's timeline against the twin's.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type Change, SchedulerModel } from "../model/cpu/scheduler.ts";
import type { VmModel } from "../model/cpu/scheduler-tree.ts";
import { advanceTo, cpuWorld, MS } from "../support/cpu.ts";

const US = 1000;
const shares = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5000 }));
const quota = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined, freq: 3 });
const pool = fc.record({ shares, quota, parent: fc.option(fc.nat({ max: 2 }), { nil: undefined }) });
/** In parts of 100 µs, so that many things fall due at one time. */
const length = fc.integer({ min: 1, max: 300 });
const vm = fc.record({
  ...{ shares, quota, pool: fc.option(fc.nat({ max: 2 }), { nil: undefined }) },
  ...{ start: fc.oneof(fc.constant(0), fc.nat({ max: 5000 })), run: length },
  sleep: fc.option(length, { nil: undefined, freq: 3 }),
});
const machine = fc.record({
  pools: fc.array(pool, { maxLength: 3 }),
  vms: fc.array(vm, { minLength: 1, maxLength: 7 }),
  quantum: fc.constantFrom(1, 3, 10, 50),
  lag: fc.constantFrom(0, 1, 8),
  period: fc.constantFrom(10, 100),
  margin: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
});
type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;

const END = 2000 * MS;
const GRANT = 5 * MS;

function quotaNs({ quota }: { quota: number | undefined }, period: number): { quotaNs?: number } {
  return quota === undefined ? {} : { quotaNs: (quota * period * MS) / 100 };
}

function modelOf({ pools, vms, quantum, lag, period, margin }: Machine): Change[] {
  const parentOf = (own: number | undefined, before: number) =>
    own === undefined || own >= before ? {} : { pool: own };
  const model = new SchedulerModel({
    pools: pools.map((one, p) => ({
      ...{ name: `p${p}`, shares: one.shares },
      ...quotaNs(one, period),
      ...parentOf(one.parent, p),
    })),
    vms: vms.map(
      (one, v): VmModel => ({
        ...{ name: `v${v}`, shares: one.shares, startNs: one.start * 100 * US },
        ...{ runNs: one.sleep === undefined ? 3_600_000 * MS : one.run * 100 * US },
        ...(one.sleep === undefined ? {} : { sleepNs: one.sleep * 100 * US }),
        ...quotaNs(one, period),
        ...parentOf(one.pool, pools.length),
      }),
    ),
    quantumNs: quantum * MS,
    lagQuanta: lag,
    periodNs: period * MS,
    grantNs: Math.min(GRANT, quantum * MS),
    ...(margin === undefined ? {} : { wakeMarginNs: margin * MS }),
  });
  model.runTo(END);
  return model.changes;
}

async function coreOf({ pools, vms, quantum, lag, period, margin }: Machine): Promise<Change[]> {
  const cpuOf = (one: { shares: number; quota: number | undefined }) => ({
    cpu: { shares: one.shares, ...(one.quota === undefined ? {} : { limit: `${one.quota}%` }) },
  });
  const inPool = (own: number | undefined, before: number) =>
    own === undefined || own >= before ? {} : { pool: `p${own}` };
  const world = await cpuWorld(
    {
      pools: pools.map((one, p) => ({ name: `p${p}`, ...cpuOf(one), ...inPool(one.parent, p) })),
      vms: vms.map((one, v) => ({
        ...{ name: `v${v}`, start: `${one.start * 100}us`, ...cpuOf(one), ...inPool(one.pool, pools.length) },
        workload:
          one.sleep === undefined
            ? { busy: true }
            : { run: `${one.run * 100}us`, sleep: `${one.sleep * 100}us` },
      })),
      policy: {
        ...{ quantum: `${quantum}ms`, boundLag: lag, limitPeriod: `${period}ms` },
        ...(margin === undefined ? {} : { wakeupPreemption: true, wakeupMargin: `${margin}ms` }),
      },
    },
    true,
    "debug",
  );
  advanceTo(world, END);
  const indexOf = (vcpu: number): number => world.plan.vmOrder[world.columns.vcpuVm.get(vcpu)]!;
  return world
    .takeTrace()
    .map(({ atNs, vcpu, state }) => ({ at: atNs, vm: indexOf(vcpu), state: state & 15 }));
}

test("property: the same states at the same times", async () => {
  await fc.assert(
    fc.asyncProperty(machine, async (given) => {
      const [core, model] = [await coreOf(given), modelOf(given)];
      const first = core.findIndex((one, i) => JSON.stringify(one) !== JSON.stringify(model[i]));
      if (first >= 0) expect(core.slice(first, first + 3)).toEqual(model.slice(first, first + 3));
      expect(core.length).toBe(model.length);
      expect(core.length).toBeGreaterThan(0);
    }),
    { numRuns: 150 },
  );
});
