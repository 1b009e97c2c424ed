// Goal: what happens to a cluster comes out in its result: moves and their cost, failures, hosts that come and go, memory, energy.
// Method: scenarios small enough to be worked out by hand.

import { expect, test } from "vitest";
import { type BalancePolicy, type Move, PolicyError, simulateCluster } from "../../src/index.ts";
import { clusterOf } from "./clusters.ts";

const still = { memory: "8GiB", vcpus: 4 } as const;

test("energy by hand: one host at 40 % of a table, the other idle", async () => {
  const hosts = [
    { name: "h", count: 2, cpu: { cores: 10, mhz: 1000 }, memory: "64GiB", power: "hp-ml110-g4" },
  ] as const;
  const vms = [{ name: "a", host: "h-1", ...still, demand: "100%" }];
  const result = await simulateCluster(clusterOf({ hosts: [...hosts], vms }));
  expect(result.totals.energyKwh).toBeCloseTo((99.5 + 86) / 1000, 9);
  expect(result.hosts.map(({ meanLoad }) => meanLoad)).toEqual([0.4, 0]);
  const off = await simulateCluster(clusterOf({ hosts: [...hosts], vms, policies: { balance: "dvfs" } }));
  expect(off.totals.energyKwh).toBeCloseTo(0.0995, 9);
  const full = await simulateCluster(clusterOf({ hosts: [...hosts], vms, policies: { balance: "npa" } }));
  expect(full.totals.energyKwh).toBeCloseTo((2 * 117) / 1000, 9);
});

/** Moves VM 0 to host 1 at the start. */
const once: BalancePolicy = {
  name: "once",
  power: "off-when-empty",
  decide: ({ step }) => (step === 0 ? [{ vm: 0, to: 1, reason: "because" }] : []),
};

test("half-link: 8 GiB over half of 1 Gbit/s take 131.072 s and a tenth of the VM", async () => {
  const vms = [{ name: "a", host: "h-1", ...still, demand: "50%" }];
  const scenario = clusterOf({ vms, policies: { migration: { rule: "half-link" } } });
  const { migrations, totals, vms: got, hosts } = await simulateCluster(scenario, { policy: once });
  expect(migrations).toMatchObject([
    { vm: "a", from: "h-1", to: "h-2", reason: "because", totalNs: 131.072e9 },
  ]);
  // 2000 MHz asked for, a tenth lost for 131.072 s of 3600.
  expect(totals.pdm).toBeCloseTo((0.1 * 131.072) / 3600, 12);
  expect(got[0]!.deliveredMhz).toBeCloseTo(2000 * (1 - (0.1 * 131.072) / 3600), 9);
  expect(hosts[0]!.onNs).toBe(131.072e9);
});

test("a move longer than an interval stays at its source until it ends", async () => {
  const hosts = [{ name: "h", count: 2, cpu: { cores: 10, mhz: 1000 }, memory: "64GiB", nic: "100Mbit/s" }];
  const vms = [{ name: "a", host: "h-1", ...still, demand: "50%" }];
  const scenario = clusterOf({ hosts, vms, policies: { migration: { rule: "half-link" } } });
  const { hosts: got, migrations } = await simulateCluster(scenario, { policy: once });
  expect(migrations[0]!.totalNs).toBe(1310.72e9);
  expect(got[0]!.onNs).toBe(1310.72e9);
});

test("pre-copy: moves that leave one host at once share its link", async () => {
  const vms = [1, 2].map((i) => ({ name: `a${i}`, host: "h-1", ...still, demand: "10%" }));
  const both: BalancePolicy = {
    name: "both",
    decide: ({ step }) => (step === 0 ? [0, 1].map((vm) => ({ vm, to: 1, reason: "both" })) : []),
  };
  const one = await simulateCluster(clusterOf({ vms, policies: { migration: { dirty: "0%" } } }), {
    policy: once,
  });
  const two = await simulateCluster(clusterOf({ vms, policies: { migration: { dirty: "0%" } } }), {
    policy: both,
  });
  expect(one.migrations[0]!.totalNs).toBeCloseTo(((8 * 2 ** 30) / 125e6) * 1e9, -3);
  expect(two.migrations[0]!.totalNs / one.migrations[0]!.totalNs).toBeCloseTo(2, 2);
});

test("a host fails: its VMs start elsewhere, the most important first; who finds no room waits", async () => {
  const hosts = [
    { name: "h", count: 2, cpu: { cores: 10, mhz: 1000 }, memory: "16GiB", labels: { rack: "r1" } },
  ];
  const vms = [
    { name: "low", host: "h-1", ...still, demand: "10%", priority: 1 },
    { name: "high", host: "h-1", ...still, demand: "10%", priority: 200 },
    { name: "twin", host: "h-2", ...still, demand: "10%" },
  ];
  const rules = [{ antiAffinity: ["low", "twin"] }];
  const events = [{ at: "15min", fail: { host: "h-1", for: "10min" } }];
  const { vms: got, events: said } = await simulateCluster(clusterOf({ hosts, vms, rules, events }));
  expect(said.map(({ kind, vm, atNs }) => [kind, vm, atNs / 60e9])).toEqual([
    ["fail", undefined, 15],
    ["restart", "high", 15],
    ["add", undefined, 25],
    ["restart", "low", 25],
  ]);
  // A minute to start again; the other waits ten minutes besides.
  expect(got.map(({ downNs }) => downNs / 60e9)).toEqual([11, 1, 0]);
});

test("a host is taken out when its VMs have moved away; one is added", async () => {
  const hosts = [{ name: "h", count: 3, cpu: { cores: 10, mhz: 1000 }, memory: "64GiB" }];
  const vms = [1, 2].map((i) => ({ name: `a${i}`, host: "h-1", ...still, demand: "10%" }));
  const events = [
    { at: "5min", add: { host: "h-3" } },
    { at: "10min", remove: { host: "h-1" } },
  ];
  const { hosts: got, events: said, migrations } = await simulateCluster(clusterOf({ hosts, vms, events }));
  expect(said.map(({ text }) => text)).toEqual(["h-3 was added.", "h-1 is being taken out.", "h-1 is out."]);
  expect(migrations.map(({ vm, to, reason }) => [vm, to, reason])).toEqual([
    ["a1", "h-2", "h-1 is being taken out"],
    ["a2", "h-3", "h-1 is being taken out"],
  ]);
  expect(got.map(({ vms: count }) => count)).toEqual([0, 1, 1]);
  expect(got[2]!.downNs).toBe(300e9);
});

test("VMs come and go; controls change", async () => {
  const vms = [
    { name: "a", host: "h-1", ...still, demand: ["0%", "100%"], start: "10min", stop: "30min" },
    { name: "b", host: "h-1", memory: "1GiB", vcpus: 10, demand: "100%" },
  ];
  const events = [{ at: "30min", set: { vm: "b", cpu: { limit: "1GHz" } } }];
  const { vms: got } = await simulateCluster(clusterOf({ vms, events }));
  expect(got[0]!.host).toBeUndefined();
  // Intervals 2 … 5 of the series 0, 100, 0, 100 %.
  expect(got[0]!.demandMhz).toBe(2000);
  expect(got[1]!.demandMhz).toBe(5500);
});

test("memory: what does not fit is ballooned up to 65 %, then swapped; idle memory goes first", async () => {
  const hosts = [{ name: "h", cpu: { cores: 10, mhz: 1000 }, memory: "16GiB" }];
  const vms = [
    { name: "busy", host: "h", memory: "10GiB", demand: "10%", active: "100%" },
    { name: "idle", host: "h", memory: "10GiB", demand: "10%", active: "100%" },
  ];
  const { vms: got } = await simulateCluster(clusterOf({ hosts, vms }));
  const held = got.reduce((sum, { consumedMib }) => sum + consumedMib, 0);
  expect(held).toBeCloseTo(16 * 1024 * 0.94, 0);
  expect(got.every(({ balloonMib }) => balloonMib <= 0.65 * 10 * 1024 + 1)).toBe(true);
});

const impossible: [string, Partial<Move>, string][] = [
  ["no such VM", { vm: 9 }, "expected a VM from 0 to 1, got 9"],
  ["no such host", { to: -1 }, "expected a host from 0 to 1 for VM a, got -1"],
  ["no reason", { reason: "" }, "expected a reason for moving VM a, got none"],
  ["its own host", { to: 0 }, "expected another host for VM a, got its own, host h-1"],
  ["a rule", { to: 1 }, "expected a host that the rules allow VM a, got host h-2"],
];

test.each(impossible)(
  "an impossible move is a PolicyError, and nothing is applied: %s",
  async (_, wrong, message) => {
    const vms = [
      { name: "a", host: "h-1", ...still, demand: "10%" },
      { name: "b", host: "h-1", ...still, demand: "10%" },
    ];
    const policy: BalancePolicy = {
      name: "wild",
      decide: () => [
        { vm: 1, to: 1, reason: "fine" },
        { vm: 0, to: 1, reason: "why not", ...wrong },
      ],
    };
    const rules = [{ antiAffinity: ["a", "b"], level: "host" }];
    const input = _ === "a rule" ? { vms, rules } : { vms };
    const run = simulateCluster(clusterOf(input), { policy });
    await expect(run).rejects.toThrow(PolicyError);
    await expect(simulateCluster(clusterOf(input), { policy })).rejects.toThrow(
      `policy wild at 0 ns, move 1: ${message}`,
    );
  },
);

test("more memory than a host has cannot move there", async () => {
  const vms = [
    { name: "a", host: "h-1", memory: "40GiB", vcpus: 1, demand: "10%" },
    { name: "b", host: "h-2", memory: "40GiB", vcpus: 1, demand: "10%" },
  ];
  await expect(simulateCluster(clusterOf({ vms }), { policy: once })).rejects.toThrow(
    "expected room for VM a on host h-2, which has 61604 MiB, got 81920 MiB with it",
  );
});

test("two runs are one, and so is one in which the policy only looks", async () => {
  const vms = [{ name: "a", count: 6, memory: "4GiB", vcpus: 4, demand: ["10%", "90%", "40%"] }];
  const scenario = clusterOf({ vms, policies: { balance: "thr-mmt-0.8" } });
  const runs = [await simulateCluster(scenario), await simulateCluster(scenario)];
  const plain = runs.map(({ hostMachine, ...rest }) => JSON.stringify(rest) + [...rest.vmLines()].join(""));
  expect(plain[0]).toBe(plain[1]);
});
