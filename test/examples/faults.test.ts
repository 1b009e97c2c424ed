// Goal: no count of the example traces changes unseen, and they are what they say.
// Method: their reports are golden transcripts; the packed one is what its program makes.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { faultsReport, REPLACEMENT_POLICIES, runFaults } from "../../src/index.ts";
import { sortAndCountTrace } from "../support/example-trace.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../golden/examples/", import.meta.url));

describe("golden", () => {
  test.each(["belady.trace", "sort-and-count.trace.gz"])("%s", async (name) => {
    const source = { path: EXAMPLES + name, name: `examples/${name}` };
    const text = faultsReport(await runFaults(source, { policies: REPLACEMENT_POLICIES }));
    await expect(`${text}\n`).toMatchFileSnapshot(`${GOLDEN}${name.split(".")[0]}.txt`);
  });
});

test("sort-and-count is what its program makes", () => {
  const packed = readFileSync(`${EXAMPLES}sort-and-count.trace.gz`);
  expect(gunzipSync(packed).toString()).toBe(sortAndCountTrace());
});

test("sort-and-count: half the memory of a loop is no help to LRU, and some to whoever throws dice", async () => {
  const source = { path: `${EXAMPLES}sort-and-count.trace.gz` };
  const { results } = await runFaults(source, { frames: [64, 68], policies: ["lru", "random", "opt"] });
  const [lru, lruAbove, random, , opt] = results.map(({ faults }) => faults);
  expect(lru).toBeGreaterThan(2 * random!);
  expect(lruAbove).toBeLessThan(lru! / 2);
  expect(random).toBeGreaterThan(opt!);
});
