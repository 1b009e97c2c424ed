// Goal: `ballast place` prints what it should, and only there.
// Method: the example's report is golden; JSON has the keys of docs/INTERFACE.md; mistakes end with 2 and a message.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ballast, cliFolder, ROOT } from "../support/cli.ts";

const folder = cliFolder();
afterAll(() => folder.remove());
const TABLES = ["--vms", "examples/place/vms.csv", "--hosts", "examples/place/hosts.csv"];

test("golden: examples/place", async () => {
  const out = join(folder.path, "plan.csv");
  const { code, stdout, stderr } = await ballast(["place", ...TABLES, "--out", out]);
  expect([code, stderr]).toEqual([0, ""]);
  await expect(stdout).toMatchFileSnapshot(join(ROOT, "test/golden/place/example.txt"));
  const rows = readFileSync(out, "utf8").trim().split("\n");
  expect(rows.length).toBe(60);
  expect(new Set(rows.slice(1).map((row) => row.split(",")[1])).size).toBe(5);
});

test("golden: examples/place with rules.yaml", async () => {
  const { code, stdout, stderr } = await ballast([
    "place",
    ...TABLES,
    "--rules",
    "examples/place/rules.yaml",
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  await expect(stdout).toMatchFileSnapshot(join(ROOT, "test/golden/place/rules.txt"));
});

test("hosts that cannot hold all: said so, and why each VM has none", async () => {
  const [vms, hosts] = [join(folder.path, "vms.csv"), join(folder.path, "hosts.csv")];
  writeFileSync(vms, "name,cpu,gpu\na,2,2\nb,2,2\nc,2,1\nd,9,0\n");
  writeFileSync(hosts, "name,cpu,gpu\nh,8,3\ng,8,1\n");
  const { code, stdout } = await ballast([
    "place",
    "--vms",
    vms,
    "--hosts",
    hosts,
    "--heuristic",
    "first-fit",
  ]);
  expect(code).toBe(0);
  expect(stdout).toContain("these hosts cannot hold all: 25.0 % more gpu asked for than there is");
  expect(stdout).toContain("  b: no host has 2 gpu left; the most that one has is 1\n");
  expect(stdout).toContain("  d: no host has 9 cpu; the largest has 8\n");
});

test("--exact: the optimum and whether it is proved", async () => {
  const { stdout } = await ballast(["place", ...TABLES, "--json", "--heuristic", "ffd", "--exact"]);
  const { lowerBound, results } = JSON.parse(stdout);
  expect([lowerBound, results[1].heuristic, results[1].bins, results[1].proved]).toEqual([
    5,
    "exact",
    5,
    true,
  ]);
});

test("--json: the contract's keys, and nothing else on stdout", async () => {
  const { code, stdout } = await ballast([
    "place",
    ...TABLES,
    "--json",
    "--quiet",
    "--heuristic",
    "ffd,best-fit",
  ]);
  expect(code).toBe(0);
  const { items, dimensions, lowerBound, results } = JSON.parse(stdout);
  expect([items, dimensions, lowerBound]).toEqual([59, 3, 5]);
  expect(
    results.map(({ heuristic, bins, unplaced, gap }: Record<string, unknown>) => [
      heuristic,
      bins,
      unplaced,
      gap,
    ]),
  ).toEqual([
    ["ffd", 10, 0, 1],
    ["tightest", 9, 0, 0.8],
  ]);
});

test.each(["low", "high"])("tables in UTF-16, %s byte first", async (first) => {
  const text = "\uFEFFname,cpu,memory\nwëb,2,4GiB\n";
  const low = Buffer.from(text, "utf16le");
  const file = join(folder.path, `wide-${first}.csv`);
  writeFileSync(file, first === "low" ? low : low.swap16());
  const { code, stdout } = await ballast(["place", "--vms", file, ...TABLES.slice(2), "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ items: 1 });
});

test.each([
  [0, "at least one VM below the header, got a header only"],
  [2, "at least one host below the header, got a header only"],
])("a header without rows %#", async (at, message) => {
  const file = join(folder.path, `header-${at}.csv`);
  writeFileSync(file, "name,cpu,memory\n");
  const { code, stdout, stderr } = await ballast(["place", ...TABLES.with(at + 1, file)]);
  expect([code, stdout, stderr]).toEqual([2, "", `${file}: expected ${message}\n`]);
});

test.each([
  [["place"], "place: expected --vms CSV and --hosts CSV, --estate FILES, or --instance FILE"],
  [
    ["place", "--instance", "no-such.vbp"],
    "no-such.vbp: expected a readable file, got no such file or folder",
  ],
  [["place", ...TABLES, "--heuristic", "fdd"], "did you mean ffd?"],
  [["place", ...TABLES, "--seed", "x"], "--seed: expected a whole number from 0 to 4294967295, got x"],
])("%j ends with 2", async (args, message) => {
  const { code, stdout, stderr } = await ballast(args as string[]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});
