// Goal: page and fluid resolution agree on what both simulate: who is given what of the processors.
// Method: one host with pools, shares, a limit and a reservation, all busy, at both; 1 % of the host, which is what the scheduler's quanta
// and limit periods make of a minute.

import { expect, test } from "vitest";
import { resolveClusterScenario, resolveScenario, simulate, simulateCluster } from "../../src/index.ts";

const hosts = [{ name: "h", cpu: { cores: 4, mhz: 2000 }, memory: "4GiB" }];
const pools = [
  { name: "alice", cpu: { shares: 3000 } },
  { name: "bob", cpu: { shares: 2000 } },
];
const vms = [
  { name: "a1", pool: "alice", vcpus: 4, memory: "64MiB", cpu: { shares: 2000 } },
  { name: "a2", pool: "alice", vcpus: 4, memory: "64MiB", cpu: { shares: 1000 } },
  { name: "b1", pool: "bob", vcpus: 4, memory: "64MiB", cpu: { shares: 1000, limit: "1GHz" } },
  { name: "b2", pool: "bob", vcpus: 2, memory: "64MiB", cpu: { shares: 1000, reservation: "1GHz" } },
];

test("four busy VMs in two pools on one host: means of a minute within 1 % of the host", async () => {
  const page = await simulate(
    resolveScenario({
      ...{ ballast: 1, duration: "60s", hosts, pools },
      vms: vms.map((vm) => ({ ...vm, workload: { busy: true } })),
      policies: { cpu: { coscheduling: "none" } },
    }),
  );
  const fluid = await simulateCluster(
    resolveClusterScenario({
      ...{ ballast: 1, resolution: "fluid", duration: "60s", every: "60s", hosts, pools },
      vms: vms.map((vm) => ({ ...vm, demand: "100%" })),
    }),
  );
  const [asMhz, capacity] = [(usedNs: number): number => (usedNs / 60e9) * 2000, 8000];
  for (const [row, { name, deliveredMhz }] of fluid.vms.entries()) {
    const got = asMhz(page.vms[row]!.cpu!.usedNs);
    expect(
      Math.abs(got - deliveredMhz) / capacity,
      `${name}: page ${got}, fluid ${deliveredMhz} MHz`,
    ).toBeLessThan(0.01);
  }
});
