// Goal: published instances are read, and packed into as many bins as published.
// Method: the texts' forms by hand; all of ../shared/data by their bounds, or a message that it is missing.
import { describe, expect, test } from "vitest";
import { lowerBound } from "../../src/place/lower-bound.ts";
import { packProblem } from "../../src/place/pack-vectors.ts";
import { readInstances } from "../../src/place/read-instance.ts";
import { hasShared, sharedCsv, sharedTar } from "./shared-instances.ts";

describe("forms", () => {
  const sizesOf = (text: string, file: string) =>
    readInstances(text, file).map(({ name, format, bestKnown, problem }) => ({
      name,
      format,
      bestKnown,
      sizes: [...problem.sizes],
      capacities: [...problem.capacities],
    }));

  const vbp = {
    name: undefined,
    format: "vbp",
    bestKnown: undefined,
    sizes: [1, 2, 1, 2, 3, 4],
    capacities: [9, 8],
  };

  test(".vbp, with copies", () => {
    expect(sizesOf("2\n9 8\n2\n1 2 2\n3 4 1\n", "a.vbp")).toEqual([vbp]);
    expect(sizesOf("2\n9 8\n2\n1 2 2\n3 4 1\n", "no-extension")).toEqual([vbp]);
  });

  test("OR-Library, several problems", () => {
    const text = " 2\n u120_00\n 150 3 2\n42\n69\n67\n second\n 100.0 2 1\n49.8\n25\n";
    expect(sizesOf(text, "binpack1.txt")).toEqual([
      { name: "u120_00", format: "or-library", bestKnown: 2, sizes: [42, 69, 67], capacities: [150] },
      { name: "second", format: "or-library", bestKnown: 1, sizes: [49.8, 25], capacities: [100] },
    ]);
  });

  test("BPPLIB, with copies or without", () => {
    const plain = {
      name: undefined,
      format: "bpplib",
      bestKnown: undefined,
      sizes: [7, 7, 3],
      capacities: [10],
    };
    expect(sizesOf("3\r\n10\r\n7\r\n7\r\n3\r\n", "a.txt")).toEqual([plain]);
    expect(sizesOf("2\n10\n7 2\n3 1\n", "a.txt")).toEqual([plain]);
  });

  test.each([
    [
      "a.vbp:4:3: item 1, size 2: expected a number from -1000000000000000 to 1000000000000000, got x",
      "2\n9 8\n1\n1 x 1\n",
    ],
    ["a.vbp:5:1: item 2, size 1: expected a value, got the end of the file", "2\n9 8\n2\n1 2 1\n"],
    ["a.vbp:5:1: expected the end of the file, got 7", "2\n9 8\n1\n1 2 1\n7\n"],
    ["a.vbp:1:1: dimensions: expected a whole number from 1 to 1000, got 0", "0\n"],
    ["a.txt:2:1: capacity: expected a number from 0 to 1000000000000000, got -10", "1\n-10\n7\n"],
    ["a.txt:3:1: item 1: expected a value, got the end of the file", "2\n10\n"],
    ["a.txt:1:1: items: expected a value, got the end of the file", ""],
  ])("rejects %s", (message, text) => {
    expect(() => readInstances(text, message.slice(0, 5))).toThrow(message);
  });
});

describe.runIf(hasShared("bin_packing_1d"))("one dimension", () => {
  const files = sharedTar("bin_packing_1d/bpplib_instances_dev.tar.gz");
  const rows = sharedCsv("bin_packing_1d/bpplib_bounds_dev.csv");

  test("all 416: FFD and the continuous bound as published, L2 between it and the optimum", () => {
    expect(rows.length).toBe(416);
    for (const row of rows) {
      const [{ problem }] = readInstances(files.get(`${row["class"]}/${row["instance"]}.txt`)!, "a.txt") as [
        ReturnType<typeof readInstances>[number],
      ];
      const { continuous, bins } = lowerBound(problem);
      const ffd = packProblem(problem, "ffd", {}, bins).bins;
      expect([continuous, ffd], row["instance"]).toEqual([
        Number(row["L1_bound"]),
        Number(row["FFD_bins_recomputed"]),
      ]);
      expect(bins).toBeLessThanOrEqual(Number(row["UB"]));
      expect(bins).toBeGreaterThanOrEqual(continuous);
    }
  });
});

describe.runIf(hasShared("vector_packing"))("vectors", () => {
  const files = sharedTar("vector_packing/vbp_instances_dev.tar.gz");
  const rows = sharedCsv("vector_packing/vbp_bounds_dev.csv");

  test("up to 60 items, every seventh: local search never worse than the best published heuristic, nothing below optimum", () => {
    const small = rows.filter((row, index) => Number(row["items"]) <= 60 && index % 7 === 0);
    expect(small.length).toBeGreaterThan(20);
    for (const row of small) {
      const [{ problem }] = readInstances(
        files.get(`${row["benchmark"]}/${row["instance"]}.vbp`)!,
        "a.vbp",
      ) as [ReturnType<typeof readInstances>[number]];
      const { bins } = lowerBound(problem);
      const packing = packProblem(problem, "local-search", { effort: 500_000 }, bins);
      expect(packing.bins, row["instance"]).toBeLessThanOrEqual(Number(row["best_overall"]));
      const optimum = Number(row["OPT"]);
      if (optimum > 0) {
        expect(packing.bins).toBeGreaterThanOrEqual(optimum);
        expect(bins).toBeLessThanOrEqual(optimum);
      }
    }
  });
});
