// Goal: the table of policies in docs/cpu/policies.md is what its example prints, and says what the policies are for.
// Method: every row of the table, run again, compared as it is printed.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadScenario, simulate } from "../../src/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${root}docs/cpu/policies.md`, "utf8");
const rows = [
  ...page.matchAll(/^\| `([\w-]+)`(?:, `([^`]*)`)? \| ([\d.]+ m?s) \| ([\d.]+ m?s) \| (\d+ %) \|$/gm),
];

/** Three digits, as the page has them. */
function timeText(ns: number): string {
  const [value, unit] = ns >= 1e9 ? [ns / 1e9, "s"] : [ns / 1e6, "ms"];
  return `${value.toPrecision(3)} ${unit}`;
}

async function outcomeOf(name: string, options: string | undefined) {
  const set = [`policies.cpu.name=${name}`];
  if (options !== undefined) set.push(`policies.cpu.options={${options}}`);
  const { vms, simulatedNs } = await simulate(
    await loadScenario(`${root}examples/web-and-batch.yaml`, { set }),
  );
  const web = vms.find((vm) => vm.name === "web")!.work!.latencyNs!;
  const batch = vms.filter((vm) => vm.name !== "web").reduce((sum, vm) => sum + vm.cpu!.usedNs, 0);
  return { ...web, batch: batch / simulatedNs };
}

test("four policies, each as printed", async () => {
  expect(rows.map(([, name]) => name)).toEqual(["fixed", "latency-bound", "p99-target", "strict-priority"]);
  const seen = new Map<string, Awaited<ReturnType<typeof outcomeOf>>>();
  for (const [, name = "", options, mean, p99, batch] of rows) {
    const outcome = await outcomeOf(name, options);
    seen.set(name, outcome);
    const printed = [timeText(outcome.mean), timeText(outcome.p99), `${Math.round(outcome.batch * 100)} %`];
    expect(printed, name).toEqual([mean, p99, batch]);
  }
  // 90 requests a second of 4 ms are 36 % of the core: whoever serves them all leaves 64 %; equal shares serve a quarter.
  for (const name of ["latency-bound", "p99-target", "strict-priority"]) {
    expect(seen.get(name)!.batch).toBeCloseTo(0.64, 1);
    expect(seen.get(name)!.mean).toBeLessThan(seen.get("fixed")!.mean / 500);
  }
  expect(seen.get("fixed")!.batch).toBeCloseTo(0.75, 2);
});
