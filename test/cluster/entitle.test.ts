// Goal: processors are divided by one tree of pools for the whole cluster, wherever the VMs stand.
// Method: Alice and Bob on two hosts by hand; any feasible placement; what water-filling over one host says.

import fc from "fast-check";
import { expect, test } from "vitest";
import { entitlements, simulateCluster } from "../../src/index.ts";
import { clusterOf } from "./clusters.ts";

const vm = (name: string, pool: string | undefined, host: string, demand = "100%", vcpus = 10) => ({
  ...{ name, host, demand, vcpus, memory: "1GiB" },
  ...(pool === undefined ? {} : { pool }),
});
const pools = [
  { name: "alice", cpu: { shares: 3000 } },
  { name: "bob", cpu: { shares: 2000 } },
];

test("Alice : Bob 3 : 2, each with a VM on both hosts: 12 and 8 of 20 GHz", async () => {
  const vms = ["h-1", "h-2"].flatMap((host) => [
    vm(`a-${host}`, "alice", host),
    vm(`b-${host}`, "bob", host),
  ]);
  const { pools: got } = await simulateCluster(clusterOf({ pools, vms }));
  expect(got.map(({ deliveredMhz }) => Math.round(deliveredMhz))).toEqual([12_000, 8_000]);
});

test("the same where Alice has two VMs on one host and one on the other, Bob the other way round", async () => {
  const vms = [
    ...[1, 2].map((i) => vm(`a${i}`, "alice", "h-1")),
    vm("a3", "alice", "h-2"),
    vm("b1", "bob", "h-1"),
    ...[2, 3].map((i) => vm(`b${i}`, "bob", "h-2")),
  ];
  const { pools: got } = await simulateCluster(clusterOf({ pools, vms }));
  expect(got[0]!.deliveredMhz).toBeCloseTo(12_000, 1);
  expect(got[1]!.deliveredMhz).toBeCloseTo(8_000, 1);
});

test("property: 60 : 40 for any placement in which both have enough on hosts that allow it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), {
        minLength: 2,
        maxLength: 5,
      }),
      async (counts) => {
        const vms = counts.flatMap(([alice, bob], h) => [
          ...Array.from({ length: alice }, (_, i) => vm(`a${h}-${i}`, "alice", `h-${h + 1}`)),
          ...Array.from({ length: bob }, (_, i) => vm(`b${h}-${i}`, "bob", `h-${h + 1}`)),
        ]);
        const hosts = [{ name: "h", count: counts.length, cpu: { cores: 10, mhz: 1000 }, memory: "64GiB" }];
        const { pools: got } = await simulateCluster(clusterOf({ pools, vms, hosts, duration: "5min" }));
        // Every host has VMs of both that want all of it, so any division is possible.
        const all = counts.length * 10_000;
        expect(got[0]!.deliveredMhz / all).toBeCloseTo(0.6, 4);
        expect((got[0]!.deliveredMhz + got[1]!.deliveredMhz) / all).toBeCloseTo(1, 9);
      },
    ),
    { numRuns: 30 },
  );
});

test("a pool's limit holds over both hosts, and goes where it is of use", async () => {
  const limited = [{ name: "alice", cpu: { limit: "6GHz" } }];
  // On h-1 Alice competes with eight others of equal shares; on h-2 she is alone.
  const vms = [
    vm("a1", "alice", "h-1"),
    vm("a2", "alice", "h-2"),
    ...Array.from({ length: 8 }, (_, i) => vm(`x${i}`, undefined, "h-1")),
  ];
  const { pools: got, hosts } = await simulateCluster(clusterOf({ pools: limited, vms }));
  expect(got[0]!.deliveredMhz).toBeCloseTo(6000, 1);
  expect(hosts[0]!.meanLoad).toBeCloseTo(1, 6);
});

test("without pools a host divides as entitlements() does: reservation, limit, shares, demand", async () => {
  const vms = [
    { ...vm("a", undefined, "h-1", "60%"), cpu: { shares: 2000, reservation: "1GHz" } },
    { ...vm("b", undefined, "h-1", "60%"), cpu: { shares: 1000 } },
    { ...vm("c", undefined, "h-1", "20%"), cpu: { shares: 1000, reservation: "3GHz", limit: "5GHz" } },
  ];
  const { vms: got } = await simulateCluster(clusterOf({ vms }));
  const due = entitlements({
    capacity: 10_000,
    children: [
      { name: "a", shares: 2000, reservation: 1000, demand: 6000 },
      { name: "b", shares: 1000, demand: 6000 },
      { name: "c", shares: 1000, reservation: 3000, limit: 5000, demand: 2000 },
    ],
  });
  for (const { name, deliveredMhz } of got) expect(deliveredMhz).toBeCloseTo(due.get(name)!, 3);
  expect(got.map(({ deliveredMhz }) => Math.round(deliveredMhz))).toEqual([5333, 2667, 2000]);
});

test("ready time is what was asked for and not given, in vCPU time", async () => {
  const vms = [vm("a", undefined, "h-1"), vm("b", undefined, "h-1")];
  const { vms: got } = await simulateCluster(clusterOf({ vms }));
  // Each gets half of ten vCPUs for an hour.
  expect(got.map(({ readyNs }) => readyNs)).toEqual([18_000e9, 18_000e9]);
});
