// Goal: a host's state follows free memory exactly as src/controls says it does, for all three sets of thresholds.
// Method: frames taken and given back behind the guests' backs, a look of the host after each; ramps and any walk.
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryThresholds, nextState, type StatesKind } from "../../src/controls/memory-states.ts";
import { resolveReclaiming } from "../../src/scenario/memory-resolve.ts";
import { createWorld } from "../../src/sim/world.ts";
import { coreModule, scenarioOf } from "../support/world.ts";

const PAGES = 2000;
const LOOK_NS = 100_000_000;

/** A host whose guest touches nothing; free memory is what this says. */
async function hostOf(states: StatesKind, hysteresisPpm: number) {
  const { idleTaxPpm: _, activity, ...rest } = resolveReclaiming({}, "esx6");
  const policy = {
    ...rest,
    activity: { ...activity, everyNs: 0 },
    reclaim: { ...rest.reclaim, everyNs: LOOK_NS, states, hysteresisPpm },
  };
  const scenario = scenarioOf({ hosts: [PAGES], vms: [{ pages: PAGES }], policy });
  const world = await createWorld(scenario, { core: coreModule() });
  const { wasm } = world.core;
  const taken: number[] = [];
  const free = () => world.columns.zoneFreePages[0]!;
  return {
    stateAt(pages: number): number {
      while (free() > pages) taken.push(wasm.frames_allocate(0) >>> 0);
      while (free() < pages) wasm.frames_release(0, taken.pop()!);
      const until = world.nowNs + LOOK_NS;
      while (world.advance(until) !== "until");
      return world.columns.hostState[0]!;
    },
    [Symbol.dispose]: () => {
      for (const frame of taken) wasm.frames_release(0, frame);
      world[Symbol.dispose]();
    },
  };
}

const kinds: readonly StatesKind[] = ["fixed", "min-free", "min-free-5"];

test.each(kinds)("%s: down and up again, page by page", async (kind) => {
  const host = await hostOf(kind, 5000);
  const thresholds = memoryThresholds(kind, PAGES, 5000);
  const seen = new Set<number>();
  let state = 0;
  const ramp = Array.from({ length: 200 }, (_, i) => 199 - i);
  for (const free of [...ramp, ...ramp.toReversed(), 600]) {
    state = nextState(thresholds, state, free);
    expect([free, host.stateAt(free)]).toEqual([free, state]);
    seen.add(state);
  }
  expect([...seen].sort()).toEqual(kind === "min-free-5" ? [0, 1, 2, 3, 4] : [0, 2, 3, 4]);
  host[Symbol.dispose]();
});

test("property: any walk of free memory, any hysteresis", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...kinds),
      fc.constantFrom(0, 5000, 20_000),
      fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 40 }),
      async (kind, hysteresisPpm, walk) => {
        const host = await hostOf(kind, hysteresisPpm);
        const thresholds = memoryThresholds(kind, PAGES, hysteresisPpm);
        let state = 0;
        for (const free of walk) {
          state = nextState(thresholds, state, free);
          expect(host.stateAt(free)).toBe(state);
        }
        host[Symbol.dispose]();
      },
    ),
    { numRuns: 40 },
  );
});
