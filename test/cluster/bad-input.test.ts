// Goal: what is wrong with a cluster's scenario, its trace or its rules is told with file and line, and nothing runs.
// Method: files written here, one fault each.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadCluster, parseCluster, simulateCluster } from "../../src/index.ts";
import { cliFolder } from "../support/cli.ts";

const folder = cliFolder();
afterAll(folder.remove);
const write = (name: string, text: string): string => {
  writeFileSync(join(folder.path, name), text);
  return join(folder.path, name);
};

const HEAD =
  "ballast: 1\nresolution: fluid\nhosts:\n  - { name: h, count: 2, cpu: { cores: 4 }, memory: 8GiB }\n";
const VMS = "vms:\n  - { name: a, memory: 1GiB, demand: 10% }\n  - { name: b, memory: 1GiB, demand: 10% }\n";

const faults: readonly [what: string, text: string, message: string][] = [
  ["no VM", HEAD, "vms  expected at least one VM, or a demand: { file }, got none"],
  ["a page key", `${HEAD}${VMS}profile: esx6\n`, "8:1  profile  expected a key of resolution: fluid"],
  [
    "a page key of a host",
    HEAD.replace("memory:", "nodes: 2, memory:") + VMS,
    "hosts[0].nodes  expected a key of resolution: fluid",
  ],
  ["an unknown key", `${HEAD}${VMS}polices: {}\n`, "did you mean policies?"],
  [
    "a name twice",
    `${HEAD}vms:\n  - { name: a, memory: 1GiB }\n  - { name: a, memory: 1GiB }\n`,
    "7:13  vms[1].name  expected a name of its own, got a",
  ],
  [
    "an unknown host",
    `${HEAD}vms:\n  - { name: a, memory: 1GiB, host: x }\n`,
    "vms[0].host  expected the name of a host, got x",
  ],
  [
    "an unknown pool",
    `${HEAD}vms:\n  - { name: a, memory: 1GiB, pool: p }\n`,
    "vms[0].pool  expected the name of a pool, got p",
  ],
  ["negative demand", `${HEAD}vms:\n  - { name: a, memory: 1GiB, demand: -5% }\n`, "vms[0].demand  expected"],
  [
    "match without a trace",
    `${HEAD}vms:\n  - { match: "*" }\n`,
    "vms[0].match  expected a demand: { file } whose VMs it matches, got none",
  ],
  [
    "too much reserved",
    `${HEAD}vms:\n  - { name: a, count: 3, memory: 1GiB, vcpus: 4, cpu: { reservation: 6GHz } }\n`,
    "hosts  expected room for the 18000 MHz that are reserved, got 16000 MHz",
  ],
  [
    "reservation above limit",
    `${HEAD}vms:\n  - { name: a, memory: 1GiB, cpu: { reservation: 2GHz, limit: 1GHz } }\n`,
    "expected a reservation of a within its limit (1000 MHz), got 2000 MHz",
  ],
  [
    "an event of nothing",
    `${HEAD}${VMS}events:\n  - { at: 1h }\n`,
    "events[0]  expected one of fail, add, remove, start, stop, set, got none",
  ],
  [
    "an event on an unknown host",
    `${HEAD}${VMS}events:\n  - { at: 1h, fail: { host: x } }\n`,
    "events[0].fail.host  expected the name of a host, got x",
  ],
  [
    "every that does not divide",
    `${HEAD}${VMS}every: 5min\npolicies:\n  balance: { name: static, every: 7min }\n`,
    "policies.balance.every  expected a multiple of the interval",
  ],
  [
    "less than an interval",
    `${HEAD}${VMS}duration: 1min\n`,
    "duration  expected at least one interval, 300 s, got 1min",
  ],
  [
    "stop before start",
    `${HEAD}vms:\n  - { name: a, memory: 1GiB, start: 2h, stop: 1h }\n`,
    "vms[0].stop  expected later than start",
  ],
];

test.each(faults)("%s", (_, text, message) => {
  expect(() => parseCluster(text, { file: "c.yaml" })).toThrow(message);
  expect(() => parseCluster(text, { file: "c.yaml" })).toThrow(/c\.yaml:\d+:\d+/);
});

test("every fault at once", () => {
  const text = `${HEAD}vms:\n  - { name: a, memory: 1GB, host: x }\n  - { name: a }\n`;
  expect(() => parseCluster(text, { file: "c.yaml" })).toThrow(/\(3 faults\)|\(4 faults\)/);
});

const policies: readonly [name: string, message: string][] = [
  ["{ name: drs }", "not simulated by this version of ballast"],
  ["{ name: statik }", "did you mean static?"],
  [
    "{ name: consolidation, detector: thx }",
    "policies.balance.detector  expected one of thr, iqr, mad, lr, lrr",
  ],
  [
    "{ name: consolidation, number: 3 }",
    "policies.balance.number  expected above 0 and at most 1 for thr, got 3",
  ],
];

test.each(policies)("policy %s", async (policy, message) => {
  const scenario = parseCluster(`${HEAD}${VMS}policies:\n  balance: ${policy}\n`, { file: "c.yaml" });
  await expect(simulateCluster(scenario)).rejects.toThrow(message);
  await expect(simulateCluster(scenario)).rejects.toThrow(/c\.yaml:9:\d+/);
});

const rules: readonly [what: string, rule: string, message: RegExp][] = [
  [
    "an unknown host",
    "- { on: x, vms: a }",
    /c\.yaml:9:11: rules\.0\.on: expected a host of the table, got x/,
  ],
  ["an unknown VM", "- { affinity: [a, c] }", /c\.yaml:9:21: .*expected a VM of the table, got c/],
  [
    "rules that contradict each other",
    "- { affinity: [a, b] }\n  - { antiAffinity: [a, b] }",
    /affinity of line 9 and anti-affinity of line 10 to agree on VM a, VM b|affinity of line 9 and anti-affinity of line 10/,
  ],
  [
    "rules that leave no host",
    "- { on: h-1, vms: a }\n  - { notOn: h-1, vms: a }",
    /host rule of line 9, host rule of line 10 to leave .*a a host/,
  ],
  ["a quota", "- { quota: a, most: {} }", /expected no quota rule at fluid resolution|quota/],
];

test.each(rules)("rules: %s", async (_, rule, message) => {
  const scenario = parseCluster(`${HEAD}${VMS}rules:\n  ${rule}\n`, { file: "c.yaml" });
  await expect(simulateCluster(scenario)).rejects.toThrow(message);
});

const traces: readonly [what: string, csv: string, message: RegExp][] = [
  ["lines of unequal length", "vm_index,file,t0,t300\n0,a,1,2\n1,b,1\n", /day\.csv:3/],
  ["a value that is no number", "vm_index,file,t0,t300\n0,a,1,NaN\n", /day\.csv:2/],
  ["a negative value", "vm_index,file,t0,t300\n0,a,1,-2\n", /day\.csv:2/],
  ["a VM twice", "vm_index,file,t0,t300\n0,a,1,2\n1,a,1,2\n", /day\.csv(:3)?.*a/],
  ["no trace at all", "hello\n", /day\.csv/],
];

test.each(traces)("trace: %s", async (_, csv, message) => {
  write("day.csv", csv);
  const file = write("c.yaml", `${HEAD}demand: { file: day.csv }\n`);
  await expect(loadCluster(file)).rejects.toThrow(message);
});

test("a trace that is not there, a duration beyond it, a VM that it has not", async () => {
  const missing = write("c.yaml", `${HEAD}demand: { file: none.csv }\n`);
  await expect(loadCluster(missing)).rejects.toThrow(/none\.csv/);
  write("day.csv", "vm_index,file,t0,t300\n0,a,1,2\n");
  const long = write("c.yaml", `${HEAD}duration: 1h\ndemand: { file: day.csv }\n`);
  await expect(loadCluster(long)).rejects.toThrow("duration  expected at most the trace's 600 s, got 1h");
  const other = write("c.yaml", `${HEAD}demand: { file: day.csv }\nvms:\n  - { match: "web-*" }\n`);
  await expect(loadCluster(other)).rejects.toThrow(
    "vms[0].match  expected the name of a VM of the trace, got web-*",
  );
});
