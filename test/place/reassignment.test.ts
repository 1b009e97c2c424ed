// Goal: machine reassignment costs what the challenge says, rules are seen, the search breaks none and finds what there is.
// Method: a model by hand; random models against a recount of every move; the instances of ../shared/data to the unit.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reassign } from "../../src/place/reassign.ts";
import { type Reassignment, readAssignment, readReassignment } from "../../src/place/reassignment.ts";
import { reassignmentCost } from "../../src/place/reassignment-cost.ts";
import { hasShared, sharedCsv } from "./shared-instances.ts";

// Two resources, the first transient; three machines in two neighbourhoods and locations.
const HAND = `2
1 100  0 10
3
0 0  10 20  5 10  0 1 4
0 1  10 20  5 10  1 0 4
1 1  10 20  5 10  4 4 0
2
1 0
2 1 0
3
0  6 4  3
1  4 8  5
1  2 2  7
1
0 1 2
50
1 10 100
`;
const none = { capacity: 0, transient: 0, conflict: 0, spread: 0, dependency: 0 };

test("a model by hand: load, balance, moves", () => {
  const model = readReassignment(HAND, "hand.txt");
  const start = Int32Array.of(0, 0, 1);
  // Load: machine 0 uses 10 of 5 and 12 of 10: 100 × 5 + 10 × 2. Balance 2 · free(0) − free(1): 0 − 8, 16 − 18, 20 − 20.
  expect(reassignmentCost(model, start, start)).toEqual({
    cost: 520,
    load: 520,
    balance: 0,
    processMove: 0,
    serviceMove: 0,
    machineMove: 0,
    moved: 0,
    violations: none,
  });
  // Process 0 to machine 1: load 0 + 100 × 3, balance 2 · 6 − 12 and 2 · 2 − 14; moves 1 · 3, 10 · 1, 100 · 1.
  expect(reassignmentCost(model, start, Int32Array.of(1, 0, 1))).toMatchObject({
    cost: 413,
    load: 300,
    balance: 0,
    processMove: 3,
    serviceMove: 10,
    machineMove: 100,
    moved: 1,
  });
  // Service 1 in a neighbourhood without service 0; both of its processes on one machine, in one location.
  expect(reassignmentCost(model, start, Int32Array.of(0, 2, 2)).violations).toEqual({
    ...none,
    conflict: 1,
    spread: 1,
    dependency: 1,
  });
});

test("what is held at both ends counts for transient resources", () => {
  const model = readReassignment(
    "1\n1 0\n2\n0 0 5 0 0 0\n0 0 5 0 0 0\n2\n0 0\n0 0\n2\n0 3 0\n1 3 0\n0\n0 0 0\n",
    "t",
  );
  const start = Int32Array.of(0, 1);
  expect(reassignmentCost(model, start, Int32Array.of(1, 0)).violations).toEqual({ ...none, transient: 2 });
});

test.each([
  ["2\n1 100 0 x", "m.txt:2:9: expected a resource, a whole number from 0 to 35184372088832, got x"],
  [
    "1\n1 1\n1\n0 0 5",
    "m.txt:4:6: expected a machine, a whole number from 0 to 35184372088832, got the end of the file",
  ],
  [`${HAND}7`, "m.txt:18:1: expected the end of the file, got 7"],
])("faults of a model", (text, message) => {
  expect(() => readReassignment(text, "m.txt")).toThrow(message);
});

/** A small model with every rule. */
const models = fc.record({
  seed: fc.nat(1e6),
  machines: fc.integer({ min: 2, max: 5 }),
  processes: fc.integer({ min: 1, max: 12 }),
});

function modelOf({ seed, machines, processes }: { seed: number; machines: number; processes: number }): {
  model: Reassignment;
  start: Int32Array;
} {
  let x = seed * 2 + 1;
  const below = (most: number): number => {
    x = (x * 48271) % 2147483647;
    return x % most;
  };
  const list = (count: number, each: () => number | string): string =>
    Array.from({ length: count }, each).join(" ");
  const start = Int32Array.from({ length: processes }, () => below(machines));
  // One service a process, so that no start breaks a rule; dependencies only of who shares its machine.
  const near = Array.from(start, (machine, process) =>
    start.findIndex((one, other) => one === machine && other !== process),
  );
  const text = [
    `2\n1 ${below(9)}\n0 ${below(9)}\n${machines}`,
    ...Array.from(
      { length: machines },
      () => `${below(2)} ${below(2)} 60 60 ${below(20)} ${below(20)} ${list(machines, () => below(5))}`,
    ),
    `${processes}`,
    ...near.map((other) => (other < 0 || below(2) === 0 ? "0 0" : `1 1 ${other}`)),
    `${processes}`,
    ...Array.from({ length: processes }, (_, process) => `${process} ${below(5)} ${below(5)} ${below(9)}`),
    `1\n0 1 ${below(3)}\n${below(9)}`,
    `${below(4)} ${below(4)} ${below(4)}`,
  ].join("\n");
  return { model: readReassignment(text, "random"), start };
}

test("property: the search keeps every rule, never gets worse, and its sums are those of a recount", () => {
  fc.assert(
    fc.property(models, (drawn) => {
      const { model, start } = modelOf(drawn);
      const before = reassignmentCost(model, start, start);
      const after = reassignmentCost(
        model,
        start,
        reassign(model, start, { effort: 3000, seed: drawn.seed }),
      );
      expect(after.violations).toEqual(none);
      expect(after.cost).toBeLessThanOrEqual(before.cost);
    }),
    { numRuns: 60 },
  );
});

test("the search finds the optimum of small models without dependencies, which one move or swap at a time may not reach", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { model: drawn, start } = modelOf({ seed, machines: 3, processes: 6 });
    const model = { ...drawn, dependsOn: drawn.dependsOn.map(() => []) };
    let least = Number.POSITIVE_INFINITY;
    for (let code = 0; code < 3 ** 6; code += 1) {
      const now = Int32Array.from({ length: 6 }, (_, i) => Math.floor(code / 3 ** i) % 3);
      const { cost, violations } = reassignmentCost(model, start, now);
      if (Object.values(violations).every((count) => count === 0)) least = Math.min(least, cost);
    }
    expect(reassignmentCost(model, start, reassign(model, start, { effort: 20_000 })).cost).toBe(least);
  }
});

const DATA = process.env["BALLAST_SHARED"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

describe.skipIf(!hasShared("roadef2012"))("instances of the challenge", () => {
  const read = (file: string): string => gunzipSync(readFileSync(join(DATA, "roadef2012", file))).toString();

  test("original costs to the unit; 200,000 moves find better ones", () => {
    for (const { instance, original_cost_stated: stated, best_known_challenge: best } of sharedCsv(
      "roadef2012/bounds.csv",
    )) {
      const model = readReassignment(read(`model_${instance}.txt.gz`), instance!);
      const start = readAssignment(read(`assignment_${instance}.txt.gz`), instance!, model);
      const { cost, violations } = reassignmentCost(model, start, start);
      expect([cost, violations]).toEqual([Number(stated), none]);
      const after = reassignmentCost(model, start, reassign(model, start, { effort: 200_000 }));
      expect(after.violations).toEqual(none);
      expect(after.cost).toBeGreaterThanOrEqual(Number(best));
      expect(after.cost).toBeLessThan(cost);
    }
  });
});
