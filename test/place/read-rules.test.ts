// Goal: rules are read as people write them, and every fault is told with its line and column.
import { expect, test } from "vitest";
import { checkRules } from "../../src/place/check-rules.ts";
import { readTable } from "../../src/place/csv.ts";
import { namesOf, readInventory } from "../../src/place/inventory.ts";
import { readRules } from "../../src/place/read-rules.ts";

const VMS =
  "name,count,cpu,memory,gpu,owner,start,duration\nweb,3,2,4GiB,0,shop,0,1h\ndb,2,4,8GiB,0,shop,90s,2h\ntrain,1,4,8GiB,1,lab,,\n";
const HOSTS = "name,count,cpu,memory,gpu,rack\na,2,16,64GiB,0,r1\nb,1,16,64GiB,2,r2\n";
const inventory = readInventory(readTable(VMS, "vms.csv"), readTable(HOSTS, "hosts.csv"));

const read = (text: string) => {
  const rules = readRules(inventory, text, "rules.yaml");
  checkRules(inventory.problem, rules, namesOf(inventory));
  return rules;
};
/** Without the places. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === "at" ? undefined : inner)));

test("the tables alone: racks, times, accelerators that cannot be divided", () => {
  const hour = { start: 0, duration: 3600 };
  const late = { start: 90, duration: 7200 };
  expect(readRules(inventory)).toEqual({
    domains: { rack: ["r1", "r1", "r2"] },
    times: [hour, hour, hour, late, late, {}],
    indivisible: [2],
  });
});

test("every kind of rule; names, patterns, columns", () => {
  const rules = read(`
rules:
  - { affinity: [web-1, web-2], level: rack }
  - { antiAffinity: db-*, level: rack }
  - { ban: owner=lab, with: [web-3, "db-*"] }
  - { on: b, vms: train }
  - { notOn: rack=r2, vms: web-* }
  - { request: db-* }
  - { quota: owner=shop, most: { cpu: 10, memory: 32GiB }, credits: 50, prices: { cpu: 1, memory: 0.5/GiB } }
  - { indivisible: cpu }
`);
  expect(plain({ ...rules, domains: undefined, times: undefined })).toEqual({
    affinity: [{ items: [0, 1], level: "rack" }],
    antiAffinity: [{ items: [3, 4], level: "rack" }],
    bans: [{ items: [5], others: [2, 3, 4] }],
    hosts: [
      { items: [5], on: [2] },
      { items: [0, 1, 2], notOn: [2] },
    ],
    requests: [{ items: [3, 4] }],
    quotas: [
      { items: [0, 1, 2, 3, 4], most: [10, 32 * 2 ** 30, null], credits: 50, prices: [1, 0.5 / 2 ** 30, 0] },
    ],
    indivisible: [2, 0],
  });
});

test.each([
  ["rules.yaml:1:1: expected a map with a list of `rules`, got an empty list", "[]"],
  ["rules.yaml:1:8: rules: expected a map with a list of `rules`, got 3", "rules: 3"],
  [
    "rules.yaml:2:5: rules.0: expected one of affinity, antiAffinity, ban, on, notOn, request, quota, indivisible, got antiafinity; did you mean antiAffinity?",
    "rules:\n  - antiafinity: db-*",
  ],
  [
    "rules.yaml:2:5: rules.0: expected one of affinity, antiAffinity, ban, on, notOn, request, quota, indivisible, got on and request",
    "rules:\n  - { on: a, request: web-1 }",
  ],
  [
    "rules.yaml:3:5: rules.0.levl: expected level beside affinity, got levl; did you mean level?",
    "rules:\n  - affinity: web-*\n    levl: rack",
  ],
  [
    "rules.yaml:2:17: rules.0.affinity: expected a VM of the table, got wbe-1; did you mean web-1?",
    "rules:\n  - { affinity: wbe-1 }",
  ],
  [
    "rules.yaml:2:25: rules.0.affinity.1: expected a VM of the table, got x*",
    "rules:\n  - { affinity: [web-1, x*] }",
  ],
  ["rules.yaml:2:11: rules.0.on: expected a host of the table, got r9", "rules:\n  - { on: r9, vms: web-1 }"],
  [
    "rules.yaml:2:12: rules.0.ban: expected a VM whose owner is that, got owner=lav; did you mean lab?",
    "rules:\n  - { ban: owner=lav, with: web-1 }",
  ],
  ["rules.yaml:2:5: rules.0.with: expected names of VMs, got nothing", "rules:\n  - { ban: web-1 }"],
  [
    "rules.yaml:2:31: rules.0.level: expected host or a column of text of the hosts (host, rack), got rak; did you mean rack?",
    "rules:\n  - { affinity: web-*, level: rak }",
  ],
  [
    "rules.yaml:2:34: rules.0.most: expected a whole number from 1, got 0",
    "rules:\n  - { antiAffinity: web-*, most: 0 }",
  ],
  [
    "rules.yaml:2:37: rules.0.most.memory: expected a number with a unit, such as GiB, as in the tables, got 32",
    "rules:\n  - { quota: web-1, most: { memory: 32 } }",
  ],
  [
    "rules.yaml:2:29: rules.0.most.cpus: expected a dimension (cpu, memory, gpu), got cpus; did you mean cpu?",
    "rules:\n  - { quota: web-1, most: { cpus: 32 } }",
  ],
  [
    "rules.yaml:2:5: rules.0: expected prices beside credits, got none",
    "rules:\n  - { quota: web-1, credits: 3 }",
  ],
  [
    "rules.yaml:2:5: expected affinity of line 2 and anti-affinity of line 3 to agree on web-1, web-2, got all in one host against at most 1 in each host",
    "rules:\n  - affinity: web-*\n  - antiAffinity: [web-1, web-2]",
  ],
  [
    "rules.yaml:2:5: expected host rule of line 2, host rule of line 3 to leave train a host, got none",
    "rules:\n  - { on: b, vms: train }\n  - { notOn: rack=r2, vms: train }",
  ],
])("rejects: %s", (message, text) => {
  expect(() => read(text)).toThrow(message);
});

test("rejects: half an accelerator, a time that is none, an end before the start", () => {
  const bad =
    (row: string, columns = "name,cpu,gpu,start,end"): (() => unknown) =>
    () => {
      const own = readInventory(
        readTable(`${columns}\n${row}\n`, "vms.csv"),
        readTable("name,cpu,gpu\na,4,4\n", "hosts.csv"),
      );
      checkRules(own.problem, readRules(own), namesOf(own));
    };
  expect(bad("t,1,0.5,,")).toThrow(
    "vms.csv:2:1: t.gpu: expected a whole number, because it cannot be divided, got 0.5",
  );
  expect(bad("t,1,1,soon,")).toThrow(
    "vms.csv:2:7: t.start: expected a time from 0, such as 90s or 2h, got soon",
  );
  expect(bad("t,1,1,9,5")).toThrow("vms.csv:2:1: t.end: expected more than its start (9 s), got 5 s");
});
