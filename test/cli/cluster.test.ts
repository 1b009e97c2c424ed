// Goal: `ballast run` takes a cluster: text, JSON, files, policies side by side, a policy from a file, and says what is wrong.
// Method: the built command line on the example.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
const SCENARIO = "examples/cluster.yaml";

test("--json: one policy, one object; --until and --seed as ever", async () => {
  const { code, stdout } = await ballast(["run", SCENARIO, "--json", "--until", "2h", "--seed", "7"]);
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    resolution: "fluid",
    seed: 7,
    simulatedNs: 7200e9,
    counts: { hosts: 10, vms: 30 },
  });
});

test("--policy with commas, one from a file; --out leaves page, series and result", async () => {
  const out = join(folder.path, "out");
  const names = "balance=dvfs,thr-mmt-0.8,examples/policies/spread-hottest.ts";
  const { code, stdout, stderr } = await ballast(["run", SCENARIO, "--policy", names, "--out", out]);
  expect({ code, stderr: stderr.includes("wrote") }).toEqual({ code: 0, stderr: true });
  expect(stdout).toMatch(/^spread-hottest +\d/m);
  const vms = ["dvfs", "spread-hottest", "thr-mmt-0.8"].map((policy) => `vms-${policy}.csv`);
  expect(readdirSync(out).sort()).toEqual(["report.html", "result.json", "series.csv", ...vms]);
  const rows = readFileSync(join(out, vms[0]!), "utf8").trim().split("\n");
  expect([rows.length, rows[0]!.split(",").length, rows[1]!.split(",").length]).toEqual([31, 12, 12]);
  expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).toHaveLength(3);
  expect(readFileSync(join(out, "series.csv"), "utf8").split("\n")[0]).toMatch(/^policy,atNs,hostsOn/);
});

test("a policy that asks for the impossible, one that throws, a name that is none, an option of page resolution", async () => {
  const wild = join(folder.path, "wild.ts");
  writeFileSync(wild, 'export default { name: "wild", decide: () => [{ vm: 99, to: 0, reason: "x" }] };\n');
  const torn = join(folder.path, "torn.ts");
  writeFileSync(torn, 'export default { name: "torn", decide: () => { throw new Error("oh"); } };\n');
  const cases = [
    [["--policy", `balance=${wild}`], "policy wild at 0 ns, move 0: expected a VM from 0 to 29, got 99"],
    [["--policy", `balance=${torn}`], "policy torn at 0 ns, the cluster: decide threw Error: oh"],
    [["--policy", "balance=drss"], "--policy balance=drss: expected static, npa"],
    [["--timeline"], "--timeline: only with resolution: page"],
  ] as const;
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await ballast(["run", SCENARIO, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});
