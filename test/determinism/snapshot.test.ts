// Goal: a snapshot that is damaged, cut, or of another world is refused, and the world is as it was.
// Method: one bit flipped in a sample of all bytes, every byte of the head among them.

import { expect, test } from "vitest";
import { SnapshotError } from "../../src/core/snapshot.ts";
import { SECOND, worldOf } from "../support/world.ts";
import { drive, makeWorld } from "./worlds.ts";

test.each(["random order", "real bytes"])(
  "%s: any flipped bit is found, and changes nothing",
  async (name) => {
    const world = await makeWorld(name);
    drive(world, 2 * SECOND);
    const snapshot = world.snapshot();
    drive(world, 3 * SECOND);
    const before = [world.hash(), world.nowNs];
    const stride = Math.ceil(snapshot.length / 150);
    const sample = [
      ...Array.from({ length: 64 }, (_, at) => at),
      ...Array.from({ length: 150 }, (_, at) => Math.min(snapshot.length - 1, at * stride + at)),
      ...Array.from({ length: 8 }, (_, at) => snapshot.length - 1 - at),
    ];
    for (const at of sample) {
      snapshot[at]! ^= 1 << (at % 8);
      expect(() => world.restore(snapshot), `byte ${at}`).toThrow(SnapshotError);
      snapshot[at]! ^= 1 << (at % 8);
    }
    expect([world.hash(), world.nowNs]).toEqual(before);
    world.restore(snapshot);
    expect(world.nowNs).toBe(2 * SECOND);
  },
  120_000,
);

test("a snapshot cut short, or with something behind it, is refused", async () => {
  const world = await makeWorld("random order");
  const snapshot = world.snapshot();
  for (const length of [0, 1, 19, 20, 100, snapshot.length - 1]) {
    expect(() => world.restore(snapshot.subarray(0, length)), `${length} bytes`).toThrow(SnapshotError);
  }
  const longer = new Uint8Array(snapshot.length + 8);
  longer.set(snapshot);
  expect(() => world.restore(longer)).toThrow(SnapshotError);
});

test("a snapshot of another scenario is refused by name", async () => {
  const world = await makeWorld("random order");
  const other = await makeWorld("random order", { seed: 2 });
  expect(() => world.restore(other.snapshot())).toThrow(/expected scenario [0-9a-f]{16}, got [0-9a-f]{16}/);
});

test("a snapshot at any place in a buffer is read", async () => {
  const world = await makeWorld("random order");
  drive(world, SECOND);
  const snapshot = world.snapshot();
  const moved = new Uint8Array(snapshot.length + 3);
  moved.set(snapshot, 3);
  const hash = world.hash();
  drive(world, 2 * SECOND);
  world.restore(moved.subarray(3));
  expect(world.hash()).toBe(hash);
});

test("a frame that was in use after the snapshot and is free in it is poisoned on the way back", async () => {
  const world = await worldOf({ content: "bytes", vms: [{ pages: 4 }] });
  const { wasm } = world.core;
  wasm.fault_writePage(0, 5n);
  const snapshot = world.snapshot();
  wasm.fault_writePage(1, 6n);
  world.restore(snapshot);
  const { mpnBytes, mpnRefcount } = world.columns;
  expect([...mpnRefcount.subarray(0, 2)]).toEqual([1, 0]);
  expect(mpnBytes.subarray(4096, 8192).every((byte) => byte === 0xdb)).toBe(true);
});
