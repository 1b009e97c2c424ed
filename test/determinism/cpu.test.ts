// Goal: worlds of processors are replayed to the bit: twice, in any steps, looked at, saved and restored, with a timeline
// or without, in both builds of the core.
// Method: worlds that between them use every scheduler, co-scheduling mode and kind of guest.

import { describe, expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/index.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { advanceTo } from "../support/cpu.ts";
import { BUILDS, type Build, coreModule, SECOND } from "../support/world.ts";
import { CPU_WORLDS, cpuWorldText } from "./cpu-worlds.ts";

const END = 12 * SECOND;

function makeWorld(
  name: string,
  options: { seed?: number; build?: Build; timeline?: boolean } = {},
): Promise<World> {
  const { seed, build = "release", timeline = false } = options;
  return createWorld(parseScenario(cpuWorldText(name, seed)), { core: coreModule(build), timeline });
}

async function straight(name: string, options: { seed?: number; build?: Build } = {}): Promise<string> {
  const world = await makeWorld(name, options);
  advanceTo(world, END);
  return world.hash();
}

describe.each(CPU_WORLDS)("%s", (name) => {
  test("twice the same, in both builds; another seed, another hash", async () => {
    const first = await straight(name);
    expect(await straight(name)).toBe(first);
    expect(await straight(name, { build: "debug" })).toBe(first);
    expect(await straight(name, { seed: 12 })).not.toBe(first);
  });

  test("a thousand steps at odd times, looked at now and then, are as one", async () => {
    const world = await makeWorld(name);
    for (let step = 1; step <= 1000; step += 1) {
      advanceTo(world, Math.floor((END / 1000) * step));
      if (step % 91 === 0) {
        world.recount();
        world.hash();
        world.snapshot();
      }
    }
    expect(world.hash()).toBe(await straight(name));
  });

  test("saved in the middle and gone on with: back again, and in a fresh world", async () => {
    const expected = await straight(name);
    const world = await makeWorld(name);
    advanceTo(world, 5_432_109_876);
    const [middle, snapshot] = [world.hash(), world.snapshot()];
    advanceTo(world, END);
    world.restore(snapshot);
    expect([world.hash(), world.nowNs]).toEqual([middle, 5_432_109_876]);
    advanceTo(world, END);
    expect(world.hash()).toBe(expected);
    const fresh = await makeWorld(name);
    fresh.restore(snapshot);
    advanceTo(fresh, END);
    expect(fresh.hash()).toBe(expected);
  });

  test("simulate: the series' grain changes nothing, and the debug core agrees", async () => {
    const results: string[] = [];
    for (const build of BUILDS) {
      for (const every of ["777ms", "12s"]) {
        const scenario = parseScenario(`${cpuWorldText(name)}series: { every: ${every} }\n`);
        const { stateHash, vms, pools } = await simulate(scenario, { core: coreModule(build) });
        results.push(JSON.stringify([stateHash, vms, pools]));
      }
    }
    expect(new Set(results).size).toBe(1);
  });

  test("a timeline changes nothing that it shows: the same states at the same times in any steps", async () => {
    const run = async (steps: number) => {
      const world = await makeWorld(name, { timeline: true });
      const trace = [];
      for (let step = 1; step <= steps; step += 1) {
        advanceTo(world, Math.floor(((2 * SECOND) / steps) * step));
        trace.push(...world.takeTrace());
      }
      return JSON.stringify(trace);
    };
    expect(await run(100)).toBe(await run(1));
  });
});
