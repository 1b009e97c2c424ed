// Goal: a demand table that fits is let through, one that does not is told by VM and step.
// Method: one sound table, then one fault at a time.

import { expect, test } from "vitest";
import { checkDemand, type DemandTable } from "../../src/demand/index.ts";

const vm = { vcpus: 1, mhz: 0, memoryMib: 0 };
const table: DemandTable = {
  stepNs: 300e9,
  steps: 3,
  vms: [
    { ...vm, id: "a", startStep: 0, endStep: 3 },
    { ...vm, id: "b", startStep: 1, endStep: 2 },
  ],
  cpu: Float32Array.of(0, 0.5, 1, Number.NaN, 0.25, Number.NaN),
};

test("a sound table has no faults; what lies outside a VM's span does not count", () => {
  expect(checkDemand(table)).toEqual([]);
  expect(checkDemand({ ...table, memory: table.cpu })).toEqual([]);
});

test("sizes, ids, spans and values are checked", () => {
  expect(checkDemand({ ...table, steps: 2 })).toEqual(["cpu: expected 4 values (VMs × steps), got 6"]);
  const [a, b] = table.vms;
  expect(checkDemand({ ...table, vms: [a!, { ...b!, id: "a" }] })).toEqual([
    "vms[1].id: expected one of its own, got a, as vms[0]",
  ]);
  expect(checkDemand({ ...table, vms: [a!, { ...b!, endStep: 4 }] })[0]).toBe(
    "vms[1].startStep: expected a span within [0, 3), got [1, 4)",
  );
  const cpu = table.cpu.slice();
  cpu[4] = -0.5;
  expect(checkDemand({ ...table, cpu })).toEqual([
    "cpu of VM b, step 1: expected a part from 0 to 1, got -0.5",
  ]);
  cpu[0] = Number.NaN;
  expect(checkDemand({ ...table, cpu })[0]).toBe("cpu of VM a, step 0: expected a part from 0 to 1, got NaN");
});
