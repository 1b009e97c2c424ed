// Goal: one thread or several, the same state: at boot, after a run, and in each other's snapshots.
// Method: a world of real bytes whose first hashing is spread over 1, 2 and 3 workers.

import { expect, test } from "vitest";
import { createWorld, type World } from "../../src/sim/world.ts";
import { SECOND, scenarioOf } from "../support/world.ts";
import { drive, imagesOf, SMALL_WORLDS } from "./worlds.ts";

const scenario = scenarioOf({ ...SMALL_WORLDS["real bytes"]! });

function worldWith(threads: number): Promise<World> {
  return createWorld(scenario, { threads, images: imagesOf("real bytes")! });
}

test("1, 2 and 3 threads: one state hash at the start and at the end", async () => {
  const hashes = [];
  for (const threads of [1, 2, 3]) {
    const world = await worldWith(threads);
    const start = world.hash();
    drive(world, 20 * SECOND);
    hashes.push([start, world.hash()]);
  }
  expect(hashes[1]).toEqual(hashes[0]);
  expect(hashes[2]).toEqual(hashes[0]);
});

test("a snapshot of one is restored by the other", async () => {
  const [one, two] = [await worldWith(1), await worldWith(2)];
  drive(one, 5 * SECOND);
  drive(two, 5 * SECOND);
  expect(Buffer.compare(one.snapshot(), two.snapshot())).toBe(0);
  const hash = one.hash();
  drive(two, 6 * SECOND);
  two.restore(one.snapshot());
  expect(two.hash()).toBe(hash);
  drive(one, 9 * SECOND);
  drive(two, 9 * SECOND);
  expect(two.hash()).toBe(one.hash());
});
