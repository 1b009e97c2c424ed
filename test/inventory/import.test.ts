// Goal: `ballast import` says what files are, and writes scenarios that run and show what the inventory said.
// Method: the example end to end, golden; the hosts' use against the inventory's; mistakes end with 2 and a message.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { importFiles, parseScenario, scenarioYaml, simulate } from "../../src/index.ts";
import { ballast, cliFolder, ROOT } from "../support/cli.ts";

const folder = cliFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);
const EXAMPLE = ["vInfo", "vHost", "vCPU"].map((tab) => `examples/import/RVTools_tab${tab}.csv`);

test("golden: examples/import, from the inventory to a run", async () => {
  const out = at("estate.yaml");
  const { code, stdout, stderr } = await ballast(["import", ...EXAMPLE, "--out", out]);
  expect([code, stderr]).toEqual([0, ""]);
  const golden = (name: string): string => join(ROOT, "test/golden/inventory", name);
  await expect(stdout.replace(out, "estate.yaml")).toMatchFileSnapshot(golden("import.txt"));
  await expect(readFileSync(out, "utf8")).toMatchFileSnapshot(golden("estate.yaml"));
  const run = await ballast(["run", out, "--quiet", "--json"]);
  expect(run.code).toBe(0);
  const result = JSON.parse(run.stdout) as {
    hosts: { name: string; cpu: { pcpus: number } }[];
    vms: { name: string; vcpus: number; cpu: { demandPpm: number } }[];
  };
  expect(result.hosts.map(({ name, cpu }) => [name, cpu.pcpus])).toEqual([
    ["esx1", 8],
    ["esx2", 8],
  ]);
  // What the VM had of its clock: 3840 of 9600 MHz.
  expect(result.vms.find(({ name }) => name === "shop-db")!.cpu.demandPpm / 1e4).toBeCloseTo(40, 0);
});

test("hosts of the run are as busy as the inventory says", async () => {
  const read = (tab: string) => ({ path: join(ROOT, `examples/import/RVTools_tab${tab}.csv`) });
  const imported = await importFiles([read("vInfo"), read("vHost")], { durationS: 20 });
  if (imported.kind !== "inventory") throw new Error("expected an inventory");
  expect(imported.notes).toContain(
    "CPU demand of 6 VMs is assumed: the CPU usage of their host, divided by vCPUs",
  );
  const result = await simulate(parseScenario(scenarioYaml(imported.scenario, imported.notes)));
  const use = result.hosts.map(({ name, cpu }) => {
    const used = result.vms.filter(({ host }) => host === name).reduce((sum, vm) => sum + vm.cpu!.usedNs, 0);
    return Math.round((used / result.simulatedNs / cpu!.pcpus) * 100);
  });
  expect(use).toEqual([30, 55]);
});

describe("what it prints", () => {
  test("JSON: what was recognised, and nothing else on stdout", async () => {
    const { code, stdout } = await ballast(["import", ...EXAMPLE, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "inventory",
      format: "rvtools",
      rows: 16,
      skippedRows: 0,
      hosts: 2,
      cores: 16,
      vms: 8,
      vmsOn: 6,
      vcpus: 30,
      written: [],
    });
  });

  test("traces: VMs, steps, means; standard input", async () => {
    mkdirSync(at("day"));
    writeFileSync(at("day/a"), "10\n20\n");
    writeFileSync(at("day/b"), "30\n40\n");
    const { stdout } = await ballast(["import", at("day"), "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "trace",
      format: "planetlab",
      vms: 2,
      steps: 2,
      stepNs: 300e9,
      rows: 4,
    });
    expect(JSON.parse(stdout).cpuMean).toBeCloseTo(0.25, 6);
    const { stdout: text } = await ballast(["import", at("day")]);
    expect(text).toContain("VMs     2, 2 steps of 300 s");
    expect(text).toContain("CPU 25.00 % on average");
  });

  test("all formats", async () => {
    const { stdout } = await ballast(["import", "--list-formats"]);
    for (const name of ["rvtools", "libvirt", "esxtop", "planetlab", "azure-packing", "google-2019"])
      expect(stdout).toContain(`  ${name} `);
  });

  test("tables for ballast place", async () => {
    const { code } = await ballast(["import", ...EXAMPLE, "--place", at("plan")]);
    expect(code).toBe(0);
    const tables = ["--vms", at("plan/vms.csv"), "--hosts", at("plan/hosts.csv")];
    const { stdout } = await ballast(["place", ...tables, "--heuristic", "ffd", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ items: 6, names: ["vcpu", "memory"] });
    const direct = await ballast(["place", "--estate", ...EXAMPLE, "--heuristic", "ffd", "--json"]);
    expect(JSON.parse(direct.stdout).results).toEqual(JSON.parse(stdout).results);
  });
});

describe("mistakes", () => {
  const bad = at("bad.csv");
  writeFileSync(bad, "VM,Powerstate,CPUs,Memory,Host\na,poweredOn,two,1024,h\nb,poweredOn,2,1024,h\n");

  test("a bad row: file, line, column; nothing is written", async () => {
    const { code, stdout, stderr } = await ballast(["import", bad, "--out", at("bad.yaml")]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`${bad}:2:13: expected a number of vCPUs, a number, got two\n`);
    expect(readdirSync(folder.path).filter((name) => name.startsWith("bad.yaml"))).toEqual([]);
  });

  test("leniently it is left out and counted", async () => {
    const { code, stdout } = await ballast(["import", bad, "--lenient", "--out", at("good.yaml")]);
    expect(code).toBe(0);
    expect(stdout).toContain("2 rows, 1 skipped");
    expect(stdout).toContain(`${bad}:2: expected a number of vCPUs, a number, got two`);
    expect(existsSync(at("good.yaml"))).toBe(true);
  });

  test.each([
    [["import"], "import: expected at least one FILE, got none"],
    [["import", "README.md"], "README.md:1: expected a trace or an inventory of a known form"],
    [["import", "nowhere.csv"], "nowhere.csv: expected a readable file, got no such file"],
    [["import", "x", "--format", "ksm-spec"], "--format ksm-spec: not simulated by this version of ballast"],
    [["import", "x", "--format", "rvtool"], "got rvtool; did you mean rvtools?"],
    [["import", "x", "--vms", "none"], "--vms: expected a whole number from 1, got none"],
    [["import", "x", "--step", "5"], "--step: "],
    [["import", "x", "--assume-cpu", "200%"], "--assume-cpu: expected at most 100%, got 200%"],
    [["import", ...EXAMPLE, "--out", "/proc/x/y.yaml"], "/proc/x/y.yaml: expected a file to write to"],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await ballast(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });
});
