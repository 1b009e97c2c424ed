// Goal: what is called proved is the optimum.
// Method: cases by hand; small problems against trying everything; published optima; HiGHS, where it is installed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactPacking } from "../../src/place/exact.ts";
import { highsPacking } from "../../src/place/highs.ts";
import { packProblem } from "../../src/place/pack-vectors.ts";
import { placeExact } from "../../src/place/place-exact.ts";
import { readProblem } from "../../src/place/problem.ts";
import { readInstances } from "../../src/place/read-instance.ts";
import { fewestBins } from "../model/place/fewest-bins.ts";
import { hasShared, sharedCsv, sharedTar } from "./shared-instances.ts";

const hasHighs = await import("highs" as string).then(
  () => true,
  () => false,
);
if (!hasHighs) console.log("skipped: no package highs");

test("6 of 51, 6 of 27, 6 of 26, 12 of 23: 9 bins, where FFD needs 11", async () => {
  const items = [...Array(6).fill(51), ...Array(6).fill(27), ...Array(6).fill(26), ...Array(12).fill(23)];
  const { bins, isProved } = await placeExact(readProblem(items, 100));
  expect([bins, isProved]).toEqual([9, true]);
});

describe("property: as trying everything finds", () => {
  const problem = fc.integer({ min: 1, max: 3 }).chain((d) => {
    const vectors = (most: number) =>
      fc.array(fc.integer({ min: 0, max: most }), { minLength: d, maxLength: d });
    return fc.record({
      items: fc.array(vectors(9), { maxLength: 8 }),
      hosts: fc.array(vectors(14), { minLength: 1, maxLength: 5 }),
      counted: fc.boolean(),
    });
  });

  test("from any packing on", () => {
    fc.assert(
      fc.property(problem, ({ items, hosts, counted }) => {
        const own = readProblem(items, counted ? hosts : hosts[0]!);
        const fewest = fewestBins(items, counted ? hosts : items.map(() => hosts[0]!));
        const start = packProblem(own, "next-fit");
        if (fewest === undefined || start.unplaced > 0) return;
        const { bins, isProved, assignment } = exactPacking(own, start.assignment);
        expect([bins, isProved]).toEqual([fewest, true]);
        const used = new Map<number, number[]>();
        for (const [item, bin] of assignment.entries()) {
          const sum = used.get(bin) ?? hosts[0]!.map(() => 0);
          used.set(
            bin,
            sum.map((value, d) => value + items[item]![d]!),
          );
        }
        expect(used.size).toBe(fewest);
        for (const [bin, sum] of used) {
          for (const [d, value] of sum.entries())
            expect(value).toBeLessThanOrEqual((counted ? hosts[bin]! : hosts[0]!)[d]!);
        }
      }),
      { numRuns: 600 },
    );
  });
});

test("gives up after so many nodes, with what it has", () => {
  const items = Array.from({ length: 40 }, (_, i) => [1 + ((i * 37) % 61), 1 + ((i * 53) % 67)]);
  const problem = readProblem(items, [100, 100]);
  const start = packProblem(problem, "next-fit");
  const { bins, isProved } = exactPacking(problem, start.assignment, { nodes: 50 });
  expect(isProved).toBe(false);
  expect(bins).toBeLessThanOrEqual(start.bins);
});

test("rejects: rules, VMs without room, a solver that is not there", async () => {
  const problem = readProblem([[5]], [[9], [9]]);
  await expect(placeExact({ ...problem, rules: { antiAffinity: [{ items: [0] }] } })).rejects.toThrow(
    "exact: expected a problem without rules, got a rule of antiAffinity",
  );
  await expect(placeExact(readProblem([[5], [6]], [[9]]))).rejects.toThrow(
    "exact: expected items that all find a bin, got 1 that the local search finds no room for",
  );
  if (hasHighs) return;
  const easy = readProblem([6, 5, 4, 5], 10);
  await expect(highsPacking(easy, packProblem(easy, "next-fit").assignment)).rejects.toThrow(
    "expected the package highs, got none; npm install highs",
  );
});

describe.runIf(hasHighs)("HiGHS", () => {
  test("agrees with branch and bound", async () => {
    const items = Array.from({ length: 14 }, (_, i) => [1 + ((i * 37) % 61), 1 + ((i * 53) % 67)]);
    const problem = readProblem(items, [100, 100]);
    const [own, highs] = [
      await placeExact(problem, { solver: "own" }),
      await placeExact(problem, { solver: "highs" }),
    ];
    expect([own.isProved, highs.isProved, highs.bins]).toEqual([true, true, own.bins]);
  });
});

describe.runIf(hasShared("vector_packing"))("published optima", () => {
  const files = sharedTar("vector_packing/vbp_instances_dev.tar.gz");
  const rows = sharedCsv("vector_packing/vbp_bounds_dev.csv").filter((row) => Number(row["items"]) <= 21);

  test("of 20 and 21 items, every fifth: what is proved is the published optimum", async () => {
    const known = rows.filter((row, index) => Number(row["OPT"]) > 0 && index % 5 === 0);
    let proved = 0;
    for (const row of known) {
      const [{ problem }] = readInstances(
        files.get(`${row["benchmark"]}/${row["instance"]}.vbp`)!,
        "a.vbp",
      ) as [ReturnType<typeof readInstances>[number]];
      const { bins, isProved } = await placeExact(problem, { solver: "own", nodes: 20_000 });
      if (isProved) expect(bins, row["instance"]).toBe(Number(row["OPT"]));
      else expect(bins, row["instance"]).toBeGreaterThanOrEqual(Number(row["OPT"]));
      proved += isProved ? 1 : 0;
    }
    expect(proved).toBeGreaterThan(known.length / 3);
  });
});
