// Goal: the table of demand estimation reappears letter by letter, and so do its two estimates.
// Method: ten VMs that run 4t and sleep t on two pCPUs, FIFO round robin with quantum t; the timeline's own text.
// Source: Isci, Hanson, Whalley, Steinder, Kephart, "Runtime demand estimation", NOMS 2010, slides.

import { expect, test } from "vitest";
import { lettersOf, MS, runCpu, traceOf } from "../support/cpu.ts";

const T = 10;
const words = {
  cpu: { cores: 2 },
  vms: Array.from({ length: 10 }, (_, i) => ({
    name: `VM${i + 1}`,
    workload: { run: `${4 * T}ms`, sleep: `${T}ms` },
  })),
  policy: { scheduler: "round-robin", quantum: `${T}ms` },
};

const TABLE = [
  "URRRRURRRRURRRRUWRRRURRR",
  "RURRRRURRRRURRRRUWRRRURR",
  "RRURRRRURRRRURRRRUWRRRUR",
  "RRRURRRRURRRRURRRRUWRRRU",
  "RRRRURRRRURRRRURRRRUWRRR",
];

test("24 t: ten rows as in the table", async () => {
  const { world, trace } = await traceOf(words, 24 * T * MS);
  const letters = lettersOf(world, trace, T * MS, 24);
  for (let vm = 0; vm < 10; vm += 1) expect(letters[`VM${vm + 1}`], `VM${vm + 1}`).toBe(TABLE[vm >> 1]);
});

test("24 t: demand 5/6 for VM1 to VM8, 4/5 for VM9 and VM10, at a use of about 20 %", async () => {
  const result = await runCpu({ ...words, duration: `${24 * T}ms` });
  const demand = result.vms.map(({ cpu }) => cpu!.demandPpm! / 1e6);
  for (const d of demand.slice(0, 8)) expect(d).toBeCloseTo(5 / 6, 5);
  for (const d of demand.slice(8)) expect(d).toBeCloseTo(4 / 5, 5);
  // Runs of 24 t, as the rows above: what a monitor shows is a fifth each, a quarter of what is wanted.
  const runs = result.vms.map(({ cpu }) => cpu!.usedNs / (T * MS));
  expect(runs).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 4, 4]);
  expect(runs.reduce((a, b) => a + b) / 240).toBe(0.2);
});

test("240 t: 48 run, 180 ready, 12 wait for VM1; 0.80 for all but VM9 and VM10, one t short of their twelfth sleep: 0.814", async () => {
  const result = await runCpu({ ...words, duration: `${240 * T}ms` });
  const [first] = result.vms;
  const { runNs, readyNs, waitNs } = first!.cpu!;
  expect([runNs, readyNs, waitNs].map((ns) => ns / (T * MS))).toEqual([48, 180, 12]);
  expect(first!.cpu!.demandPpm).toBe(800_000);
  // 48 of 240 t each, a fifth. VM9 and VM10 begin last, and their twelfth sleep with the 241st t: 48 / (48 + 11).
  const table = result.vms.map(({ cpu }) => [
    cpu!.usedNs / 240 / (T * MS),
    cpu!.waitNs / (T * MS),
    cpu!.demandPpm,
  ]);
  expect(table.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => [0.2, 12, 800_000]));
  expect(table.slice(8)).toEqual(Array.from({ length: 2 }, () => [0.2, 11, 813_559]));
  const later = await runCpu({ ...words, duration: `${241 * T}ms` });
  expect(later.vms.slice(8).map(({ cpu }) => cpu!.demandPpm)).toEqual([800_000, 800_000]);
});

test("nothing ran or waited: unknown", async () => {
  const vms = [{ name: "a" }, { name: "b" }];
  const result = await runCpu({ duration: "10ms", vms, policy: { quantum: "50ms" } });
  expect(result.vms.map(({ cpu }) => cpu!.demandPpm)).toEqual([1_000_000, null]);
});
