// Goal: the verb reads both forms of a trace, prints what INTERFACE.md says, and tells what is wrong.
// Method: the built command line on a day of three VMs made here.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);

const days = { a_1: 30, B2: 80, b_3: 5 };
const header = `vm_index,file,${Array.from({ length: 288 }, (_, k) => `t${k * 300}`).join(",")}`;
const packed = join(folder.path, "day.csv.gz");
writeFileSync(
  packed,
  gzipSync(
    [
      header,
      ...Object.entries(days).map(([name, value], i) => `${i},${name},${Array(288).fill(value).join(",")}`),
    ].join("\n"),
  ),
);
const files = join(folder.path, "day");
mkdirSync(files);
for (const [name, value] of Object.entries(days))
  writeFileSync(join(files, name), `${Array(288).fill(value).join("\n")}\n`);

const run = (...args: string[]) => ballast(["reproduce", "planetlab", ...args]);

test("a folder and a packed file give one result, with the keys of INTERFACE.md", async () => {
  const one = await run("--trace", packed, "--policy", "thr-mmt-0.8", "--json");
  const other = await run("--trace", files, "--policy", "thr-mmt-0.8", "--json");
  expect(other.stdout).toBe(one.stdout);
  const result = JSON.parse(one.stdout);
  expect(Object.keys(result)).toEqual([
    ...["energyKwh", "migrations", "slav", "pdm", "slatah", "hostShutdowns", "hosts", "vms"],
    ...["slaOverall", "slaAverage"],
  ]);
  expect(result).toMatchObject({ hosts: 800, vms: 3 });
});

test("several policies stand side by side", async () => {
  const { stdout } = await run("--trace", packed, "--policy", "npa,dvfs");
  expect(stdout).toMatch(/^policy +energy kWh +migrations/m);
  expect(stdout).toMatch(/^npa +2410\.80 +0 /m);
  const { stdout: json } = await run("--trace", packed, "--policy", "npa,dvfs", "--json");
  expect(JSON.parse(json).map(({ policy }: { policy: string }) => policy)).toEqual(["npa", "dvfs"]);
});

test.each([
  [[], "expected --trace FILE"],
  [["--policy", "foo"], "--policy: expected npa, dvfs, or "],
  [["--trace", "/none"], "--trace /none: expected a readable file or folder, got no such file or folder"],
  [["--trace", packed, "--policy", "thr"], "--policy: expected npa, dvfs, or "],
  [["--trace", packed, "--order", "ext4"], "--order: expected ntfs or ascii, got ext4"],
  [["--trace", packed, "--seed", "-1"], "--seed: expected a whole number"],
])("bad input %#", async (args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});
