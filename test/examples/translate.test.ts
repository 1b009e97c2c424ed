// Goal: the examples of address translation run as they say, and no number of theirs changes unseen.
// Method: their output is golden; the experiment's rows hold, and fail where exits cost nothing.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readPageTrace, translate, translateReport } from "../../src/index.ts";
import { EXPERIMENTS, reproduce } from "../../src/reproduce/index.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../golden/examples/", import.meta.url));

test("crossover.mjs", async () => {
  // As beside a package named ballast.
  const text = readFileSync(`${ROOT}examples/translate/crossover.mjs`, "utf8");
  const file = `${ROOT}test/.crossover-${process.pid}.mts`;
  writeFileSync(file, text.replaceAll('"ballast"', '"../src/index.ts"'));
  const args = [`${ROOT}scripts/strip.mjs`, file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  rmSync(file);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  await expect(stdout).toMatchFileSnapshot(`${GOLDEN}translate-crossover.txt`);
});

test("a trace, every mode", async () => {
  const trace = await readPageTrace({ path: `${ROOT}examples/sort-and-count.trace.gz` });
  const text = translateReport(await translate({ trace, tlb: "nehalem" }), { explain: true });
  await expect(`${text}\n`).toMatchFileSnapshot(`${GOLDEN}translate-sort-and-count.txt`);
});

test("mmu-crossover: every row, and without the cost of exits not", async () => {
  const experiment = EXPERIMENTS.find(({ id }) => id === "mmu-crossover")!;
  const { rows, plots, ablations } = await reproduce(experiment);
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(ablations.map(({ fails }) => fails)).toEqual([true]);
  expect(plots.map(({ lines }) => lines.map(({ name }) => name))).toEqual([
    ["native", "shadow", "nested"],
    ["native", "shadow", "nested"],
  ]);
}, 60_000);
