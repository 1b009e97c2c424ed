// Goal: esxtop's batch file becomes demand: used over the time that the VM did not wait for a processor.
// Method: a small file by the documented counters; the file that ballast writes of a run of its own.

import { expect, test } from "vitest";
import { checkDemand, readDemand } from "../../src/demand/index.ts";
import { esxtopCsv, parseScenario, simulate } from "../../src/index.ts";
import { text } from "./fixtures.ts";

const quoted = (...cells: readonly string[]): string => cells.map((cell) => `"${cell}"`).join(",");
const TITLES = [
  "(PDH-CSV 4.0) (UTC)(0)",
  "\\\\h1\\Memory\\Machine MBytes",
  "\\\\h1\\Physical Cpu(0)\\% Util Time",
  "\\\\h1\\Physical Cpu(1)\\% Util Time",
  "\\\\h1\\Group Cpu(1:system)\\% Used",
  "\\\\h1\\Group Cpu(17:web)\\% Used",
  "\\\\h1\\Group Cpu(17:web)\\% Ready",
  "\\\\h1\\Vcpu(17:web:30:vmx-vcpu-0:web)\\% Used",
  "\\\\h1\\Vcpu(17:web:31:vmx-vcpu-1:web)\\% Used",
  "\\\\h1\\Group Memory(17:web)\\Memory Size MBytes",
  "\\\\h1\\Group Memory(17:web)\\Touched MBytes",
];
const sample = (time: string, used: string, ready: string) =>
  quoted(time, "65536.00", "3.00", "4.00", "9.00", used, ready, "20.00", "20.00", "4096.00", "1024.00");

test("VMs are the groups with virtual CPUs; ready time is no idleness; the step is the samples'", async () => {
  const table = await readDemand(
    text(
      "x.csv",
      quoted(...TITLES),
      sample("05/15/2017 06:49:37", "40.00", "0.00"),
      sample("05/15/2017 06:49:57", "40.00", "120.00"),
      sample("05/15/2017 06:50:17", "0.00", "200.00"),
    ),
  );
  expect(checkDemand(table)).toEqual([]);
  expect(table).toMatchObject({ format: "esxtop", stepNs: 20e9, steps: 3 });
  expect(table.vms).toMatchObject([{ id: "web", vcpus: 2, memoryMib: 4096, extra: { host: "h1" } }]);
  // 40 % of two vCPUs; 40 % while it waited 60 % of its time; nothing at all.
  expect([...table.cpu].map((value) => Math.round(value * 1000) / 1000)).toEqual([0.2, 0.5, 0]);
  expect([...table.memory!]).toEqual([0.25, 0.25, 0.25]);
  expect(table.hosts).toEqual([{ name: "h1", cores: 2, mhz: 0, memoryMib: 65536 }]);
  await expect(readDemand(text("x.csv", quoted(...TITLES), sample("yesterday", "1", "1")))).rejects.toThrow(
    "x.csv:2:2: expected a time such as 05/15/2017 06:49:37, got yesterday",
  );
});

test("what ballast writes of a run is read again", async () => {
  const scenario = `{ ballast: 1, name: t, duration: 20s, series: { every: 5s }, hosts: [{ name: h, memory: 64MiB, cpu: { cores: 2 } }],
    vms: [{ name: a, memory: 8MiB, vcpus: 2, workload: { run: 10ms, sleep: 30ms, threads: 2 } }, { name: b, memory: 8MiB, workload: { busy: true } }] }`;
  const file = { name: "esxtop.csv", text: esxtopCsv(await simulate(parseScenario(scenario))) };
  const table = await readDemand(file);
  expect(table.vms.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(table.stepNs).toBe(5e9);
  const last = table.steps - 1;
  const cores = (row: number): number => table.cpu[row * table.steps + last]! * table.vms[row]!.vcpus;
  expect(cores(0)).toBeCloseTo(0.5, 1);
  expect(cores(1)).toBeCloseTo(1, 1);
});
