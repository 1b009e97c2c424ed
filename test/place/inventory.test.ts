// Goal: tables of VMs and hosts are read as people write them, and every fault is told with its line and column.
import { expect, test } from "vitest";
import { readTable } from "../../src/place/csv.ts";
import type { InventoryOptions } from "../../src/place/inventory.ts";
import { placementCsv, readInventory } from "../../src/place/inventory.ts";
import { joinTypes } from "../../src/place/join-types.ts";

const read = (vms: string, hosts: string, options?: InventoryOptions) =>
  readInventory(readTable(vms, "vms.csv"), readTable(hosts, "hosts.csv"), options);

test("names, counts, units, quotes; text is a label", () => {
  const inventory = read(
    '\uFEFFname,count,vCPU,memory,owner\r\n"web, front",2,2,4GiB,me\r\ndb,1,8,64GiB,you\r\n',
    "name;vcpu;memory;rack\nh1;16;128GiB;r1\n\nh2;32;0.5TiB;r2\n",
  );
  expect(inventory.vmNames).toEqual(["web, front-1", "web, front-2", "db"]);
  expect(inventory.hostNames).toEqual(["h1", "h2"]);
  expect(inventory.dimensions).toEqual(["vcpu", "memory"]);
  const GiB = 2 ** 30;
  expect([...inventory.problem.sizes]).toEqual([2, 4 * GiB, 2, 4 * GiB, 8, 64 * GiB]);
  expect([...inventory.problem.capacities]).toEqual([16, 128 * GiB, 32, 512 * GiB]);
  expect([inventory.domains, inventory.vmLabels]).toEqual([
    { rack: ["r1", "r2"] },
    { owner: ["me", "me", "you"] },
  ]);
  expect(inventory.notes).toEqual([]);
  expect(placementCsv(inventory, { assignment: Int32Array.of(0, 1, -1) })).toBe(
    'vm,host\n"web, front-1",h1\n"web, front-2",h2\ndb,\n',
  );
});

test("VMs that name an instance type have what it has, and faults stand where they name it", () => {
  const types = readTable(
    "cloud,instance_type,vcpu,memory_mb\naws,m5.large,2,8192\naws,m5.xlarge,4,16384\n",
    "types.csv",
  );
  const vms = (text: string) => joinTypes(readTable(text, "vms.csv"), types);
  const hosts = readTable("name,vcpu,memory_mb\nh,64,262144\n", "hosts.csv");
  const { problem, vmNames, vmLabels } = readInventory(
    vms("name,instance_type,count\nweb,m5.large,2\ndb,m5.xlarge,1\n"),
    hosts,
  );
  expect([vmNames, [...problem.sizes]]).toEqual([
    ["web-1", "web-2", "db"],
    [2, 8192, 2, 8192, 4, 16384],
  ]);
  expect(vmLabels).toEqual({
    cloud: ["aws", "aws", "aws"],
    instance_type: ["m5.large", "m5.large", "m5.xlarge"],
  });
  expect(() => vms("name,instance_type\nweb,m5.lrage\n")).toThrow(
    "vms.csv:2:5: expected a type of types.csv, got m5.lrage; did you mean m5.large?",
  );
  expect(() => vms("name,kind\nweb,m5.large\n")).toThrow(
    "vms.csv:1:1: expected a column that types.csv has too: instance_type",
  );
});

test("dimensions by name, where the sides differ", () => {
  const { problem, dimensions } = read("vm,cpu,num_gpu\na,1,2\n", "host,cpu,gpu\nh,4,8\n", {
    dimensions: ["gpu=num_gpu"],
  });
  expect([dimensions, [...problem.sizes], [...problem.capacities]]).toEqual([["gpu"], [2], [8]]);
});

test.each([
  ["vms.csv:3:4: b.cpu: expected a number from 0 to 1e15, got -1", "vm,cpu\na,1\nb, -1\n"],
  ["vms.csv:2:3: a.cpu: expected a number from 0 to 1e15, got nan", "vm,cpu\na,nan\nb,2\n", ["cpu"]],
  ["vms.csv:3:3: b.cpu: expected a number from 0 to 1e15, got nothing", "vm,cpu\na,1\nb,\n"],
  ["vms.csv:3:1: a: expected a name of its own, got the one that line 2 has", "vm,cpu\na,1\na,2\n"],
  ["vms.csv:3:3: b.cpu: expected a number without a unit, as on line 2, got 2GiB", "vm,cpu\na,1\nb,2GiB\n"],
  [
    "vms.csv:2:3: cpu: expected a number without a unit, as in hosts.csv line 2, got 2GHz",
    "vm,cpu\na,2GHz\n",
  ],
  ["vms.csv:2:5: a.count: expected a whole number, got -3", "vm,cpu,count\na,1,-3\n"],
  ["vms.csv:3:5: expected 2 cells, as in the header, got 3", "vm,cpu\na,1\nb,2,3\n"],
  ["vms.csv:3:1: expected 2 cells, as in the header, got 1", "vm,cpu\na,1\nb\n"],
  ["vms.csv:2:3: expected a quote that ends, got the end of the file", 'vm,cpu\na,"1\n'],
  ['vms.csv:2:4: expected the end of the cell after a quote, got "x"', 'vm,cpu\n"a"x,1\n'],
  ["vms.csv:1:1: expected a header, got an empty file", ""],
  [
    "vms.csv:1:1: --dimensions: expected a column of vm, cpus, got cpu; did you mean cpus?",
    "vm,cpus\na,1\n",
    ["cpu"],
  ],
  [
    "hosts.csv:1:1: expected a column of numbers that vms.csv has too, got host, cpu beside vm, cores; where",
    "vm,cores\na,1\n",
  ],
])("rejects: %s", (message, vms, dimensions?: string[]) => {
  expect(() => read(vms, "host,cpu\nh,4\n", dimensions === undefined ? {} : { dimensions })).toThrow(message);
});

test("rejects: no host at all; all faults at once", () => {
  expect(() => read("vm,cpu\na,1\n", "host,cpu\n", { dimensions: ["cpu"] })).toThrow(
    "hosts.csv: expected at least one host below the header, got a header only",
  );
  expect(() => read("vm,cpu\na,x\nb,y\nc,1\n", "host,cpu\nh,4\n", { dimensions: ["cpu"] })).toThrow(
    /^placement is not valid \(2 faults\)\n {2}vms\.csv:2:3 {2}a\.cpu: .*\n {2}vms\.csv:3:3 {2}b\.cpu: /,
  );
});

test("a column of numbers with others in it is told, not left out", () => {
  const hosts = "name,vcpu,memory\nh1,8,64GiB\n";
  expect(() => read("name,vcpu,memory\na,two,4GiB\nb,3,4GiB\n", hosts)).toThrow(
    "vms.csv:2:3: a.vcpu: expected a number from 0 to 1e15, got two",
  );
  expect(() => read("name,vcpu,memory\na,NaN,4GiB\n", hosts)).toThrow("a.vcpu: expected a number");
});
