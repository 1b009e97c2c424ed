// Goal: hosts short of memory are replayed to the bit: twice, in any steps, looked at, saved and restored while pages are on
// their way out, in both builds of the core.
// Method: worlds that between them use every way to take memory back, and do: what each must have done stands here too.

import { describe, expect, test } from "vitest";
import { minFunding } from "../../src/policy/memory/min-funding.ts";
import { parseScenario } from "../../src/scenario/index.ts";
import { decideMemory } from "../../src/sim/memory-seam.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { createWorld, type World } from "../../src/sim/world.ts";
import { BUILDS, type Build, coreModule, SECOND } from "../support/world.ts";
import { MEMORY_WORLDS, memoryWorldText } from "./memory-worlds.ts";

const END = 12 * SECOND;

interface Run {
  readonly world: World;
  /** When policies last decided: part of what they see. */
  lastNs: number;
}

async function begin(name: string, options: { seed?: number; build?: Build } = {}): Promise<Run> {
  const { seed, build = "release" } = options;
  const scenario = parseScenario(memoryWorldText(name, seed));
  return { world: await createWorld(scenario, { core: coreModule(build) }), lastNs: 0 };
}

function drive(run: Run, untilNs: number): World {
  const policy = minFunding();
  for (;;) {
    const stop = run.world.advance(untilNs);
    if (stop === "until") return run.world;
    if (stop !== "epoch" && stop !== "attention") continue;
    decideMemory(run.world, policy, run.lastNs);
    run.lastNs = run.world.nowNs;
  }
}

async function straight(name: string, options: { seed?: number; build?: Build } = {}): Promise<string> {
  return drive(await begin(name, options), END).hash();
}

interface Counts {
  readonly length: number;
  get(row: number): number;
}

function sum(column: Counts | Uint32Array): number {
  const rows = Array.from({ length: column.length }, (_, row) => row);
  return rows.reduce((total, row) => total + ("get" in column ? column.get(row) : column[row]!), 0);
}

describe.each(MEMORY_WORLDS)("%s", (name) => {
  test("twice the same, in both builds; another seed, another hash", async () => {
    const first = await straight(name);
    expect(await straight(name)).toBe(first);
    expect(await straight(name, { build: "debug" })).toBe(first);
    expect(await straight(name, { seed: 12 })).not.toBe(first);
  });

  test("five hundred steps at odd times, looked at now and then, are as one", async () => {
    const run = await begin(name);
    for (let step = 1; step <= 500; step += 1) {
      const world = drive(run, Math.floor((END / 500) * step));
      if (step % 91 !== 0) continue;
      world.recount();
      world.hash();
      world.snapshot();
    }
    expect(run.world.hash()).toBe(await straight(name));
  });

  test("saved while pages are on their way out: back again, and in a fresh world", async () => {
    const expected = await straight(name);
    const run = await begin(name);
    let at = SECOND;
    // On to a moment with writes under way, if the device is ever kept busy.
    const isLeaving = (): boolean => sum(run.world.columns.vmLeavingPages) > 0;
    for (; at < 6 * SECOND; at += 1_300_001) {
      drive(run, at);
      if (isLeaving()) break;
    }
    drive(run, at);
    const { lastNs } = run;
    const [middle, snapshot] = [run.world.hash(), run.world.snapshot()];
    drive(run, END);
    run.world.restore(snapshot);
    run.lastNs = lastNs;
    expect([run.world.hash(), run.world.nowNs]).toEqual([middle, at]);
    expect(drive(run, END).hash()).toBe(expected);
    const fresh = await begin(name);
    fresh.world.restore(snapshot);
    fresh.lastNs = lastNs;
    expect(drive(fresh, END).hash()).toBe(expected);
  });

  test("simulate: the series' grain changes nothing, and the debug core agrees", async () => {
    const results: string[] = [];
    for (const build of BUILDS) {
      for (const every of ["777ms", "12s"]) {
        const scenario = parseScenario(`${memoryWorldText(name)}series: { every: ${every} }\n`);
        const { stateHash, vms, hosts, decisions } = await simulate(scenario, { core: coreModule(build) });
        results.push(JSON.stringify([stateHash, vms, hosts, decisions]));
      }
    }
    expect(new Set(results).size).toBe(1);
  });
});

test("the worlds do what they are for", async () => {
  const did = await Promise.all(
    MEMORY_WORLDS.map(async (name) => {
      const { columns } = drive(await begin(name), END);
      return {
        out: sum(columns.vmSwapOuts) > 100,
        back: sum(columns.vmSwapIns) > 10,
        zips: sum(columns.vmZips) > 100,
        samples: sum(columns.vmSampleFaults) > 50,
        large:
          [columns.vmLargeFormed, columns.vmLargeShared, columns.vmLargeTaken].every(
            (column) => column.length > 0 && sum(column) > 0,
          ) && sum(columns.mmuFlushes) > 10,
        guests: columns.vmGuestFaults !== undefined && sum(columns.vmGuestFaults) > 100,
      };
    }),
  );
  expect(did.map(({ out, back }) => [out, back])).toEqual(MEMORY_WORLDS.map(() => [true, true]));
  expect(did.map(({ zips }) => zips)).toEqual([false, false, true, true, true]);
  expect(did.map(({ samples }) => samples)).toEqual([true, true, true, true, true]);
  expect(did.map(({ guests }) => guests)).toEqual([false, false, false, true, false]);
  expect(did.map(({ large }) => large)).toEqual([false, false, false, false, true]);
});
