// Goal: a migration has a track in the timeline: a slice a phase, and the rounds within theirs.
// Method: a made-up result; the slices are parsed.
import { expect, test } from "vitest";
import { migrationSlices } from "../../src/report/perfetto-migrations.ts";
import type { MigrationResult } from "../../src/report/result.ts";

const round = { bytes: 0, remainingPages: 0, limitBitsPerS: 1, throttlePpm: 0 };
const migration = {
  vm: "db",
  from: "h1",
  to: "h2",
  phases: [
    { phase: "reserved", atNs: 1000 },
    { phase: "rounds", atNs: 2000 },
    { phase: "stop", atNs: 7000 },
    { phase: "done", atNs: 9500 },
  ],
  rounds: [
    { ...round, ns: 4000, pages: 10, dirtiedPages: 2 },
    { ...round, ns: 1000, pages: 2, dirtiedPages: 1 },
  ],
} as unknown as MigrationResult;

test("a slice a phase, and a round", () => {
  const events = [...migrationSlices({ migrations: [migration], simulatedNs: 20_000 })].map((text) =>
    JSON.parse(text),
  );
  const slices = events.filter(({ ph }) => ph === "X").map(({ name, ts, dur }) => [name, ts, dur]);
  expect(slices).toEqual([
    ["reserved", 1, 1],
    ["rounds", 2, 5],
    ["round 1", 2, 4],
    ["round 2", 6, 1],
    ["stop", 7, 2.5],
  ]);
  expect(events[1].args.name).toBe("db h1 -> h2");
});

test("nothing where nobody moved", () => {
  expect([...migrationSlices({ migrations: [], simulatedNs: 1 })]).toEqual([]);
});
