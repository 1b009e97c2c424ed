// Goal: one scenario, one state hash: twice, in any number of steps, sampled or not, in the debug core, saved and
// restored in the middle, here or in a fresh world.
// Method: worlds that use every mechanism, run straight and in pieces.

import { describe, expect, test } from "vitest";
import { simulate } from "../../src/sim/simulate.ts";
import { BUILDS, coreModule, SECOND, scenarioOf, worldOf } from "../support/world.ts";
import { drive, imagesOf, makeWorld, SMALL_WORLDS } from "./worlds.ts";

const END = 30 * SECOND;

async function straight(name: string): Promise<string> {
  const world = await makeWorld(name);
  drive(world, END);
  return world.hash();
}

describe.each(Object.keys(SMALL_WORLDS))("%s", (name) => {
  test("twice the same", async () => {
    expect(await straight(name)).toBe(await straight(name));
  });

  test.each([10, 1000])("%i steps, at odd times, are as one", async (steps) => {
    const world = await makeWorld(name);
    for (let step = 1; step <= steps; step += 1) drive(world, Math.floor((END / steps) * step));
    expect(world.hash()).toBe(await straight(name));
  });

  test("looking changes nothing: hashes, recounts, snapshots on the way", async () => {
    const world = await makeWorld(name);
    for (let step = 1; step <= 7; step += 1) {
      drive(world, Math.floor((END / 7) * step));
      world.recount();
      world.hash();
      world.snapshot();
    }
    expect(world.hash()).toBe(await straight(name));
  });

  test("saved in the middle and gone on with: here, back again, and in a fresh world", async () => {
    const expected = await straight(name);
    const world = await makeWorld(name);
    drive(world, 11.03 * SECOND);
    const middle = world.hash();
    const snapshot = world.snapshot();
    drive(world, END);
    expect(world.hash()).toBe(expected);
    world.restore(snapshot);
    expect([world.hash(), world.nowNs]).toEqual([middle, 11.03 * SECOND]);
    expect(Buffer.compare(world.snapshot(), snapshot)).toBe(0);
    drive(world, END);
    expect(world.hash()).toBe(expected);
    const fresh = await makeWorld(name);
    fresh.restore(snapshot);
    drive(fresh, END);
    expect(fresh.hash()).toBe(expected);
    expect(Buffer.compare(fresh.snapshot(), world.snapshot())).toBe(0);
  });

  test("another seed, another hash", async () => {
    const hashes = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const world = await makeWorld(name, { seed });
        drive(world, 5 * SECOND);
        return world.hash();
      }),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  test("simulate: the series' grain does not change the hash, and the debug core agrees", async () => {
    const images = imagesOf(name);
    const hashes: string[] = [];
    for (const build of BUILDS) {
      for (const seriesEveryNs of [END, 777_777_777, undefined]) {
        const grain = seriesEveryNs === undefined ? {} : { seriesEveryNs };
        const scenario = scenarioOf({ ...SMALL_WORLDS[name]!, durationNs: END, ...grain });
        const result = await simulate(scenario, { core: coreModule(build), ...(images ? { images } : {}) });
        hashes.push(result.stateHash);
      }
    }
    expect(new Set(hashes).size).toBe(1);
  });
});

test("the hash sees every content: one bit of one page", async () => {
  const ids = (id: bigint) => ({ v0: BigUint64Array.of(1n, 2n, id) });
  const hash = async (id: bigint) => (await worldOf({ vms: [{ pages: 3 }] }, { images: ids(id) })).hash();
  expect(await hash(3n)).not.toBe(await hash(2n ** 63n + 3n));
  const bytes = new Uint8Array(4096 * 3);
  const before = (await worldOf({ vms: [{ pages: 3 }] }, { images: { v0: bytes } })).hash();
  bytes[4096 * 3 - 1] = 0x80;
  // The page is not zero any more, so its flag differs too; take another bit of the same page as well.
  const one = (await worldOf({ vms: [{ pages: 3 }] }, { images: { v0: bytes } })).hash();
  bytes[4096 * 3 - 1] = 0x81;
  const two = (await worldOf({ vms: [{ pages: 3 }] }, { images: { v0: bytes } })).hash();
  expect(new Set([before, one, two]).size).toBe(3);
});

test("the hash does not see what freed frames held", async () => {
  const hash = async (id: bigint) => {
    const world = await worldOf({ vms: [{ pages: 3 }] });
    world.core.wasm.fault_writePage(1, id);
    world.core.wasm.fault_dropPage(1);
    return world.hash();
  };
  expect(await hash(5n)).toBe(await hash(6n));
});
