// Goal: consolidation relieves hosts that are overloaded, empties those that are nearly idle, and says why.
// Method: clusters by hand; on any cluster, what its rules promise; the index of power against a look at every host.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type BalancePolicy, balancePolicyOf, consolidation, simulateCluster } from "../../src/index.ts";
import { clusterOf } from "../cluster/clusters.ts";

const hosts = [
  { name: "h", count: 3, cpu: { cores: 10, mhz: 1000 }, memory: "64GiB", power: "hp-ml110-g4" as const },
];

test("an overloaded host gives the VM with least memory to the host whose power grows least", async () => {
  const vms = [
    { name: "big", host: "h-1", memory: "8GiB", vcpus: 5, demand: "100%" },
    { name: "small", host: "h-1", memory: "2GiB", vcpus: 4, demand: "100%" },
    { name: "other", host: "h-2", memory: "2GiB", vcpus: 2, demand: "100%" },
  ];
  const scenario = clusterOf({ hosts, vms, duration: "5min" });
  const { migrations } = await simulateCluster(scenario, { policy: consolidation() });
  expect(migrations).toMatchObject([{ vm: "small", from: "h-1", to: "h-2" }]);
  expect(migrations[0]!.reason).toBe(
    "h-1 is at 90 %, above 80 %, and small has least memory to copy; h-2 draws least more power by it and comes to 60 %",
  );
});

test("hosts with little to do are emptied if all their VMs fit elsewhere; then they are off", async () => {
  const vms = ["h-1", "h-2", "h-3"].map((host) => ({
    name: `on-${host}`,
    host,
    memory: "2GiB",
    vcpus: 2,
    demand: "100%",
  }));
  const { hosts: got, totals } = await simulateCluster(clusterOf({ hosts, vms }), {
    policy: consolidation(),
  });
  expect(got.map(({ vms: count }) => count).sort()).toEqual([0, 0, 3]);
  expect(totals.migrations).toBe(2);
  expect(totals.hostShutdowns).toBe(2);
});

test("on any cluster: no host is made overloaded, no rule is broken, and what is emptied stays empty", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 100 })), {
        minLength: 3,
        maxLength: 14,
      }),
      fc.constantFrom("thr-mmt-0.8", "thr-mu-0.7", "iqr-mmt-1.5", "mad-mc-2.5", "lr-mmt-1.2", "lrr-rs-1.2"),
      async (sizes, name) => {
        const vms = sizes.map(([vcpus, demand], i) => ({
          name: `v${i}`,
          memory: "4GiB",
          vcpus,
          demand: [`${demand}%`, `${100 - demand}%`],
        }));
        const policy = balancePolicyOf(name)!;
        const checked: BalancePolicy = {
          ...policy,
          decide(view) {
            const moves = policy.decide(view);
            expect(new Set(moves.map(({ vm }) => vm)).size).toBe(moves.length);
            const load = view.hostDemandMhz.slice();
            for (const { vm, to } of moves) {
              load[view.vmHost[vm]!]! -= view.vmDemandMhz[vm]!;
              load[to]! += view.vmDemandMhz[vm]!;
            }
            if (name.startsWith("thr"))
              for (const { to } of moves)
                expect(load[to]! / view.hostMhz[to]!).toBeLessThanOrEqual(0.8 + 1e-9);
            return moves;
          },
        };
        await simulateCluster(clusterOf({ hosts, vms, rules: [{ antiAffinity: ["v0", "v1"] }] }), {
          policy: checked,
        });
      },
    ),
    { numRuns: 25 },
  );
});

test.each([
  ["thr-mmt-0.8", "thr-mmt-0.8"],
  ["lr-mc", "lr-mc-1.2"],
  ["npa", "npa"],
  ["static", "static"],
  ["dvfs", "dvfs"],
])("%s is a name", (name, made) => {
  expect(balancePolicyOf(name)?.name).toBe(made);
});

test("names and options that are none", () => {
  expect(balancePolicyOf("thr-mmt-x")).toBeUndefined();
  expect(balancePolicyOf("toString")).toBeUndefined();
  expect(() => balancePolicyOf("consolidation", { detector: "x" })).toThrow(
    'detector: expected one of thr, iqr, mad, lr, lrr, got "x"',
  );
  expect(() => balancePolicyOf("static", { number: 1 })).toThrow("number: expected no option, got number");
  expect(() => consolidation({ number: 2 })).toThrow("number: expected above 0 and at most 1 for thr, got 2");
});
