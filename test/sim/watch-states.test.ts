// Goal: changes of state are told once, in words, and a host that flaps fills no file.
// Method: hosts made of columns alone.
import { expect, test } from "vitest";
import { StateWatch } from "../../src/sim/watch-states.ts";
import type { World } from "../../src/sim/world.ts";

const columns = {
  hostState: Uint8Array.of(0, 0),
  hostPages: Uint32Array.of(1000, 1000),
  hostUsedPages: Uint32Array.of(900, 100),
  hostSystemPages: Uint32Array.of(40, 0),
  hostOverheadPages: Uint32Array.of(11, 0),
  hostZipFrames: Uint32Array.of(10, 0),
};
const world = { columns, nowNs: 0, scenario: { hosts: [{}, {}] } };

test("a change is told with what is free then, once; a hundred of a host", () => {
  const watch = new StateWatch(world as unknown as World);
  expect(watch.look()).toEqual([]);
  columns.hostState[0] = 2;
  world.nowNs = 7;
  expect(watch.look()).toEqual([
    { atNs: 7, kind: "memory-state", row: 0, count: 39, text: "high -> soft, 3.9 % free" },
  ]);
  expect(watch.look()).toEqual([]);

  const told = Array.from({ length: 150 }, (_, i) => {
    columns.hostState[0] = i % 2 === 0 ? 4 : 0;
    return watch.look();
  }).flat();
  expect(told.length).toBe(99);
  expect(told[0]!.text).toBe("soft -> low, 3.9 % free");
  expect(told.at(-1)!.text).toBe("high -> low, 3.9 % free; later changes are not told one by one");

  columns.hostState[1] = 1;
  expect(watch.look().map(({ row, text }) => [row, text])).toEqual([[1, "high -> clear, 90 % free"]]);
});
