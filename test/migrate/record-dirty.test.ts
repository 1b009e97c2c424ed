// Goal: what is recorded of a run is what its guest wrote, at any interval.
// Method: a sequential writer's windows worked by hand; halves of an interval join to the whole; faults.
import { expect, test } from "vitest";
import { distinctPages, replay } from "../../src/migrate/index.ts";
import { resolveScenario } from "../../src/scenario/index.ts";
import { recordDirty } from "../../src/sim/record-dirty.ts";

const scenario = resolveScenario({
  ballast: 1,
  name: "writer",
  duration: "4s",
  hosts: [{ name: "h1", memory: "64MiB" }],
  vms: [
    { name: "other", memory: "1MiB", workload: { pattern: "uniform", rate: "5000/s", writes: "100%" } },
    {
      name: "db",
      memory: "8MiB",
      workload: { pattern: "sequential", rate: "1000/s", writes: "100%", size: "4MiB" },
    },
  ],
} as never);

test("a sequential writer of 1000 pages a second over 1024", async () => {
  const series = await recordDirty(scenario, { vm: "db", everyNs: 50e6 });
  expect(series.samples.length).toBe(80);
  expect(series.seconds).toBe(4);
  for (const { pages } of series.samples) expect(pages).toBe(50);
  expect(replay(series).hotPages).toBe(1024);
  expect(replay(series).distinct(0, 0.5)).toBe(500);
});

test("longer intervals hold what shorter ones do together", async () => {
  const [short, long] = [
    await recordDirty(scenario, { vm: "other", everyNs: 10e6, fromNs: 1e9, forNs: 1e9 }),
    await recordDirty(scenario, { vm: "other", everyNs: 100e6, fromNs: 1e9, forNs: 1e9 }),
  ];
  expect(short.samples.length).toBe(100);
  for (const [index, { pages }] of long.samples.entries()) {
    expect(distinctPages(short, index * 0.1, 0.1)).toBe(pages);
  }
});

test("refused: a VM that is not there, no interval", async () => {
  await expect(recordDirty(scenario, { vm: "web", everyNs: 50e6 })).rejects.toThrow("one of other, db");
  await expect(recordDirty(scenario, { vm: "db", everyNs: 0 })).rejects.toThrow("1 ms or more");
  await expect(recordDirty(scenario, { vm: "db", everyNs: 5e9 })).rejects.toThrow("4 s of the run");
});
