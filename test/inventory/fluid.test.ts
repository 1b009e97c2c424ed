// Goal: traces and large estates become scenarios of fluid resolution in their own sizes.
// Method: the documents, key by key; a part of a trace written and read again.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { demandCsvLines, importFiles, readDemand } from "../../src/index.ts";
import { text } from "../demand/fixtures.ts";
import { ballast, cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(() => folder.remove());

const power = "ibm-x3550-x5675";
const table = text("t.csv", "vm,t_s,cpu_mhz,mem_mb", "a,0,52000,1024", "b,0,1300,512", "a,300,26000,1024");
const sizes = text(
  "s.csv",
  "vm,cpu_cores,cpu_capacity_mhz,mem_capacity_mb",
  "a,20,52000,2048",
  "b,1,2600,1024",
);

test("a trace: its files, hosts that its busiest time fills to 70 %", async () => {
  const imported = await importFiles([table, sizes]);
  if (imported.kind !== "trace") throw new Error("expected a trace");
  expect(imported.scenario).toEqual({
    ballast: 1,
    name: "t",
    resolution: "fluid",
    // 53,300 MHz of 83,200 × 0.7.
    hosts: [{ name: "host", count: 1, cpu: { sockets: 2, cores: 16, mhz: 2600 }, memory: "256GiB", power }],
    demand: { file: ["t.csv", "s.csv"] },
  });
  expect(imported.isCut).toBe(false);
  const bare = await importFiles(text("p", "24", "34"));
  expect(bare.scenario["demand"]).toEqual({ file: "p", mhz: 2600, memory: "4GiB", active: "25%" });
  expect(bare.notes).toEqual([
    "the clock of vCPUs is assumed: 2600 MHz",
    "the memory of VMs is assumed: 4 GiB",
    "the active part of memory is assumed: 25 %",
    "hosts are assumed: 1 of 2 × 16 cores of 2600 MHz, 256 GiB",
    "the power of hosts is assumed: ibm-x3550-x5675",
  ]);
});

test("ballast's own table is the same table", async () => {
  const demand = await readDemand([table, sizes]);
  const again = await readDemand({ name: "own.csv", text: [...demandCsvLines(demand)].join("") });
  const { vms, cpu, memory, steps, stepNs } = demand;
  expect(again).toMatchObject({ format: "ballast", vms, steps, stepNs });
  expect([...again.cpu]).toEqual([...cpu]);
  expect([...again.memory!]).toEqual([...memory!]);
  await expect(
    readDemand(text("o.csv", "vm,vcpus,mhz,memory_mib,metric,t0", "a,1,0,0,cpu,1.5")),
  ).rejects.toThrow("o.csv:2:13: expected a part, a number from 0 to 1, got 1.5");
});

test("an estate: controls, pools, priorities, labels, times", async () => {
  const imported = await importFiles(
    [
      text("h.csv", "Host,# Cores,Speed,# Memory,Cluster", "h1,8,2600,65536,C1"),
      text(
        "i.csv",
        "VM,Powerstate,CPUs,Memory,Host,Resource pool,HA Restart Priority,Active Memory",
        "web,poweredOn,2,4096,h1,/DC/C1/Resources/shop,high,1024",
      ),
      text("c.csv", "VM,CPUs,Cores p/s,Overall,Shares,Reservation,Limit", "web,2,1,1300,2000,500,-1"),
      text(
        "r.csv",
        "Resource Pool name,Resource Pool path,CPU limit,CPU shares",
        "shop,/DC/C1/Resources/shop,4000,8000",
      ),
    ],
    { resolution: "fluid" },
  );
  expect(imported.scenario).toEqual({
    ballast: 1,
    name: "h",
    duration: "86400s",
    resolution: "fluid",
    hosts: [
      {
        name: "h1",
        cpu: { sockets: 1, cores: 8, mhz: 2600 },
        memory: "64GiB",
        power,
        labels: { cluster: "C1" },
      },
    ],
    pools: [{ name: "shop", cpu: { shares: 8000, limit: "4000MHz" } }],
    vms: [
      {
        name: "web",
        vcpus: 2,
        mhz: 2600,
        memory: "4GiB",
        demand: "25%",
        active: "25%",
        host: "h1",
        pool: "shop",
        cpu: { shares: 2000, reservation: "500MHz" },
        priority: 150,
      },
    ],
  });
});

test("esxtop: its hosts, and VMs where they were", async () => {
  const title = (counter: string): string => `"\\\\\\\\h1\\\\${counter}"`.replaceAll("\\\\", "\\");
  const titles = ["Memory\\Machine MBytes", "Physical Cpu(0)\\% Util Time", "Group Cpu(7:web)\\% Used"];
  const imported = await importFiles(
    text(
      "x.csv",
      ['"(PDH-CSV 4.0) (UTC)(0)"', ...titles.map(title)].join(","),
      '"05/15/2017 06:49:37","65536.00","3.00","40.00"',
      '"05/15/2017 06:49:57","65536.00","3.00","60.00"',
    ),
  );
  expect(imported.scenario).toMatchObject({
    hosts: [{ name: "h1", cpu: { cores: 1, mhz: 2600 }, memory: "64GiB" }],
    vms: [{ match: "web", host: "h1" }],
  });
});

test("VMs alone: the hosts that they name are there, and large enough", async () => {
  const vms = ["a,poweredOn,2,300000,h9", "b,poweredOn,4,1024,h9", "c,poweredOn,4,1024,"];
  const imported = await importFiles(text("i.csv", "VM,Powerstate,CPUs,Memory,Host", ...vms));
  expect(imported.notes).toContain(
    "no hosts are listed: the 1 that VMs name is assumed, each 2 × 16 cores of 2600 MHz, 1024 GiB",
  );
  expect(imported.scenario["hosts"]).toMatchObject([{ name: "h9", memory: "1024GiB" }]);
});

test("pods of five months: the last 30 days, parts of vCPUs as limits", async () => {
  const day = 86_400;
  const imported = await importFiles([
    text("n.csv", "sn,cpu_milli,memory_mib,gpu,model", "n,32000,262144,8,V100"),
    text(
      "p.csv",
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time",
      `old,1000,1024,0,0,0,${day}`,
      `p,1500,1024,1,500,0,${150 * day}`,
      `q,1000,1024,0,0,${140 * day},`,
    ),
  ]);
  expect(imported.scenario).toMatchObject({ duration: `${30 * day}s`, every: "1500s" });
  expect(imported.scenario["vms"]).toEqual([
    { name: "p", vcpus: 2, memory: "1GiB", demand: "15%", active: "25%", cpu: { limit: "150%" } },
    { name: "q", vcpus: 1, memory: "1GiB", demand: "20%", active: "25%", start: `${20 * day}s` },
  ]);
});

test("a part of a trace is written beside the scenario, which names it from where it stands", async () => {
  const file = join(folder.path, "t.csv");
  writeFileSync(file, table.text);
  const out = join(folder.path, "deep/s.yaml");
  expect((await ballast(["import", file, "--out", out])).code).toBe(0);
  expect(readFileSync(out, "utf8")).toContain("file: ../t.csv\n");
  const cut = await ballast(["import", file, "--vms", "1", "--out", out]);
  expect(cut.stdout).toContain("1 further VM was left out");
  expect(readFileSync(out, "utf8")).toContain("file: s.demand.csv\n");
  const part = await readDemand({ path: join(folder.path, "deep/s.demand.csv") });
  expect(part.vms.map(({ id }) => id)).toEqual(["a"]);
});

test("what is written runs: a trace, and an estate whose hosts are as busy as the inventory says", async () => {
  const file = join(folder.path, "day.csv");
  writeFileSync(file, table.text);
  const trace = join(folder.path, "day.yaml");
  await ballast(["import", file, "--out", trace]);
  const day = await ballast(["run", trace, "--quiet", "--json"]);
  expect([day.code, day.stderr]).toEqual([0, ""]);
  expect(JSON.parse(day.stdout)).toMatchObject({ resolution: "fluid", counts: { hosts: 1, vms: 2 } });

  const estate = join(folder.path, "estate.yaml");
  const tabs = ["vInfo", "vHost"].map((tab) => `examples/import/RVTools_tab${tab}.csv`);
  await ballast(["import", ...tabs, "--resolution", "fluid", "--duration", "1h", "--out", estate]);
  const run = await ballast(["run", estate, "--quiet", "--json"]);
  expect(run.code).toBe(0);
  const { hosts } = JSON.parse(run.stdout) as { hosts: { name: string; meanLoad: number }[] };
  expect(hosts.map(({ name, meanLoad }) => [name, Math.round(meanLoad * 1000) / 1000])).toEqual([
    ["esx1", 0.3],
    ["esx2", 0.55],
  ]);
});
