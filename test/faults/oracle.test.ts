// Goal: real programs' traces give the faults and write-backs that a reference program counted, to the digit.
// Method: the rows of ../shared/data/page_traces where present; replacement.test.ts holds without them.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { replacementFaults } from "../../src/faults/index.ts";
import { readPageTrace } from "../../src/trace/index.ts";

const folder = fileURLToPath(new URL("../../../shared/data/page_traces/", import.meta.url));
const oracle = `${folder}fault_oracle_dev.csv`;
const present = existsSync(oracle);
if (!present) console.warn("skipped: ../shared/data/page_traces is not here");

interface Row {
  readonly trace: string;
  readonly frames: number;
  readonly counts: readonly number[];
}

const rows = present
  ? readFileSync(oracle, "utf8")
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line): Row => {
        const [trace, frames, ...counts] = line.split(",");
        return { trace: trace!, frames: Number(frames), counts: counts.map(Number) };
      })
  : [];

describe.skipIf(!present)("oracle", () => {
  test.each([...new Set(rows.map(({ trace }) => trace))])("%s", async (name) => {
    const trace = await readPageTrace({ path: `${folder}${name}.pages.gz` });
    const own = rows.filter((row) => row.trace === name);
    const frames = own.map((row) => row.frames);
    const results = replacementFaults(trace, { frames, policies: ["lru", "fifo", "clock", "opt"] });
    const counts = own.map((row) =>
      results.filter((result) => result.frames === row.frames).flatMap((one) => [one.faults, one.writeBacks]),
    );
    expect(counts).toEqual(own.map((row) => row.counts));
  });

  test("there is something to compare", () => {
    expect(rows.length).toBeGreaterThanOrEqual(12);
  });
});
