// Goal: processors, controls, pools and events resolve to the numbers a reader works out by hand.
// Method: small scenarios; the order of pools and their hosts against naive twins.
import fc from "fast-check";
import { expect, test } from "vitest";
import { cpuPolicyRows } from "../../src/scenario/cpu-explain.ts";
import { smtSpeeds } from "../../src/scenario/cpu-resolve.ts";
import type { ScenarioInput } from "../../src/scenario/index.ts";
import { explainDefaults, hostMhz, parseScenario, resolveScenario } from "../../src/scenario/index.ts";
import { orderPools, placePools } from "../../src/scenario/pool-resolve.ts";

type HostInput = ScenarioInput["hosts"][number];
type VmInput = ScenarioInput["vms"][number];
type PoolInput = NonNullable<ScenarioInput["pools"]>[number];

const hostWith = (host: Partial<HostInput>) =>
  resolveScenario({
    ballast: 1,
    hosts: [{ name: "h", memory: "8GiB", ...host }],
    vms: [{ name: "a", memory: "1GiB" }],
  }).hosts[0]!;
const scenarioWith = (vms: VmInput[], pools: PoolInput[] = [], events: ScenarioInput["events"] = []) =>
  resolveScenario({
    ballast: 1,
    hosts: [{ name: "h", memory: "8GiB", cpu: { cores: 4, mhz: 2000 } }],
    vms,
    pools,
    events,
  });
const vmWith = (vm: Partial<VmInput>) => scenarioWith([{ name: "a", memory: "1GiB", ...vm }]).vms[0]!;
const cpuOf = (cpu: ScenarioInput["policies"], profile: "esx2" | "esx4" | "esx6" = "esx2") =>
  resolveScenario({
    ballast: 1,
    profile,
    hosts: [{ name: "h", memory: "8GiB" }],
    vms: [{ name: "a", memory: "1GiB" }],
    policies: cpu,
  }).policies.cpu;

test("busy threads of a core: 62.5 % each of two, and less by and by", () => {
  expect(smtSpeeds(1, 1.25)).toEqual([1e6]);
  expect(smtSpeeds(2, 1.25)).toEqual([1e6, 625_000]);
  // gain 1, 1.2, 1.4, 1.6
  expect(smtSpeeds(4, 1.6)).toEqual([1e6, 600_000, 466_667, 400_000]);
  expect(smtSpeeds(2, [1, 1.3])).toEqual([1e6, 650_000]);
  expect(hostWith({ cpu: { threads: 2, smtGain: 2 } }).cpu.smtPpm).toEqual([1e6, 1e6]);
});

test("caches belong to the cores of a socket unless told otherwise", () => {
  expect(hostWith({ cpu: { sockets: 2, cores: 6 } }).cpu.cache).toMatchObject({ cores: 6, ways: 16 });
  const llc = { size: "12MiB", cores: 3, ways: 12, miss: "80ns" };
  expect(hostWith({ cpu: { cores: 6, llc } }).cpu.cache).toEqual({
    cores: 3,
    bytes: 12 << 20,
    ways: 12,
    missNs: 80,
  });
});

test("power comes from a table or from numbers; the nominal clock is always there", () => {
  expect(hostWith({}).cpu.power).toBeUndefined();
  expect(hostWith({ power: "hp-ml110-g4" }).cpu.power).toEqual({
    milliwatts: [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117].map((watt) => watt * 1000),
    statesPpm: [1e6],
    governor: "performance",
  });
  const table = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5];
  const power = { table, states: ["2GHz", "60%", "1GHz", "50%"], governor: "on-demand" as const };
  expect(hostWith({ cpu: { mhz: 2000 }, power }).cpu.power).toEqual({
    milliwatts: [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_500],
    statesPpm: [500_000, 600_000, 1e6],
    governor: "on-demand",
  });
});

test("interrupts have a gap, and the VM on whose behalf they come", () => {
  const interrupts = [
    { name: "nic", vm: "a", rate: "10000/s", cost: "5us", arrivals: "exponential" as const },
    { name: "timer", rate: "100/s", cost: "1us" },
  ];
  expect(hostWith({ interrupts }).cpu.interrupts).toEqual([
    { name: "nic", vm: 0, gapNs: 100_000, draw: "exponential", costNs: 5000 },
    { name: "timer", gapNs: 10_000_000, draw: "constant", costNs: 1000 },
  ]);
});

test("shares: a number for the whole VM, a word for each vCPU, a pool counts as four", () => {
  expect(vmWith({}).cpu).toEqual({ shares: 1000, sharesPerVcpu: 1000, reservationMhz: 0 });
  expect(vmWith({ vcpus: 4, cpu: { shares: "low" } }).cpu).toMatchObject({
    shares: 2000,
    sharesPerVcpu: 500,
  });
  expect(vmWith({ vcpus: 4, cpu: { shares: 700 } }).cpu).toEqual({ shares: 700, reservationMhz: 0 });
  const pools = [
    { name: "p" },
    { name: "q", cpu: { shares: "high" as const } },
    { name: "r", cpu: { shares: 3000 } },
  ];
  const shares = scenarioWith([{ name: "a", memory: "1GiB" }], pools).pools.map(({ cpu }) => cpu.shares);
  expect(shares).toEqual([4000, 8000, 3000]);
});

test("reservation and limit: MHz, or percent of one pCPU at its nominal clock", () => {
  expect(vmWith({ cpu: { reservation: "1GHz", limit: "250%" } }).cpu).toMatchObject({
    reservationMhz: 1000,
    limitMhz: 5000,
  });
  expect(vmWith({ cpu: { reservation: "none", limit: "none" } }).cpu).not.toHaveProperty("limitMhz");
  expect(vmWith({ cpu: { reservation: "33.3333%" } }).cpu.reservationMhz).toBeCloseTo(666.666, 10);
});

test("a host's capacity is its cores, not its threads", () => {
  const host = hostWith({ cpu: { sockets: 2, cores: 4, threads: 2, mhz: 2600 } });
  expect(hostMhz(host)).toBe(20_800);
});

test("habits of a VM", () => {
  const vm = vmWith({
    start: "4s",
    smt: { sharing: "none", interference: "30%" },
    cache: {
      workingSet: "1MiB",
      references: "20M/s",
      misses: [
        ["1MiB", "40%"],
        ["8MiB", "5%"],
      ],
      ways: "4-7",
    },
    guest: { panic: "10s", ticks: "100/s", lateTicks: "steal", catchUp: "150%" },
  });
  expect(vm).toMatchObject({
    startNs: 4e9,
    smt: { sharing: "none", harmPpm: 300_000 },
    cache: {
      workingBytes: 1 << 20,
      referencesPerMs: 20_000,
      curve: [
        { bytes: 1 << 20, missPpm: 400_000 },
        { bytes: 8 << 20, missPpm: 50_000 },
      ],
      ways: 0xf0,
    },
    guest: { panicNs: 10e9, tickNs: 10e6, lateTicks: "steal", catchUpPpm: 1_500_000 },
  });
  expect(vmWith({ cache: { ways: "0-15" } }).cache.ways).toBe(0xffff);
  expect(vmWith({ cache: { ways: "3" } }).cache.ways).toBe(8);
});

test("pools stand parents first, and VMs find theirs", () => {
  const { pools, vms } = scenarioWith(
    [{ name: "a", count: 2, memory: "1GiB", pool: "inner" }],
    [
      { name: "inner", pool: "middle", owner: "bob", expandable: false },
      { name: "other" },
      { name: "middle", pool: "outer" },
      { name: "outer", owner: "alice" },
    ],
  );
  expect(pools.map(({ name, parent }) => [name, parent])).toEqual([
    ["outer", undefined],
    ["middle", 0],
    ["inner", 1],
    ["other", undefined],
  ]);
  expect(pools[2]).toMatchObject({ owner: "bob", expandable: false });
  expect(vms.map(({ pool }) => pool)).toEqual([2, 2]);
});

test("a tree of pools is on one host: the one that is named, else where most memory is free", () => {
  const hosts = [
    { name: "small", memory: "8GiB" },
    { name: "large", memory: "16GiB" },
  ];
  const pools = [{ name: "x" }, { name: "y", pool: "x" }, { name: "z" }];
  const of = (vms: VmInput[], list: PoolInput[] = pools) => {
    const scenario = resolveScenario({ ballast: 1, hosts, vms, pools: list });
    return [scenario.vms.map(({ host }) => host), scenario.pools.map(({ host }) => host)];
  };
  const vm = (name: string, more: Partial<VmInput> = {}) => ({ name, memory: "6GiB", ...more });
  // The tree of x wants 12 GiB together.
  expect(of([vm("a", { pool: "x" }), vm("b", { pool: "y" }), vm("c")])).toEqual([
    [1, 1, 0],
    [1, 1, 0],
  ]);
  expect(of([vm("a", { pool: "x" }), vm("b", { pool: "y", host: "small" })])).toEqual([
    [0, 0],
    [0, 0, 0],
  ]);
  expect(of([vm("a", { pool: "z" })], [{ name: "z", host: "small" }])).toEqual([[0], [0]]);
});

test("events by time, in MHz and shares; hot-add makes room", () => {
  const { events, vms } = scenarioWith(
    [{ name: "a", count: 2, memory: "1GiB", vcpus: 2 }],
    [{ name: "bob" }],
    [
      { at: "3s", stop: { vm: "a-1" } },
      { at: "1s", set: { vm: "a-2", "cpu.shares": "high", "cpu.limit": "none", vcpus: 6 } },
      { at: "1s", actor: "bob", set: { pool: "bob", cpu: { shares: "low", reservation: "50%" } } },
      { at: "4s", start: { vm: "a-1" } },
    ],
  );
  expect(events).toEqual([
    {
      atNs: 1e9,
      path: "events[1]",
      kind: "set",
      target: { kind: "vm", index: 1 },
      sharesPerVcpu: 2000,
      limitMhz: "none",
      vcpus: 6,
      keys: ["cpu.shares", "cpu.limit", "vcpus"],
    },
    {
      atNs: 1e9,
      actor: "bob",
      path: "events[2]",
      kind: "set",
      target: { kind: "pool", index: 0 },
      shares: 2000,
      reservationMhz: 1000,
      keys: ["cpu.shares", "cpu.reservation"],
    },
    { atNs: 3e9, path: "events[0]", kind: "stop", vm: 0 },
    { atNs: 4e9, path: "events[3]", kind: "start", vm: 0 },
  ]);
  expect(vms.map(({ vcpus, vcpusMax }) => [vcpus, vcpusMax])).toEqual([
    [2, 2],
    [2, 6],
  ]);
});

test("generations schedule as they did", () => {
  expect(cpuOf({}, "esx4")).toMatchObject({ quantumNs: 50e6, coscheduling: "per-vcpu" });
  expect(cpuOf({}, "esx6")).toMatchObject({
    quantumNs: 200e6,
    coscheduling: "per-vcpu",
    wholeCoreNs: 800e6,
    balance: { marginNs: 400e6 },
  });
  expect(cpuOf({ cpu: { scheduler: "lottery" } }).queues).toBe("host");
  expect(cpuOf({ cpu: { balance: "none", samples: "none" } })).toMatchObject({
    balance: { everyNs: 0 },
    samplesPerSecond: 0,
  });
  const options = { target: "20ms", part: "25%", weight: 2, mode: "fast" };
  expect(cpuOf({ cpu: { options } }).options).toEqual({
    target: 20e6,
    part: 250_000,
    weight: 2,
    mode: "fast",
  });
  expect(cpuOf({ cpu: "fixed" })).toEqual(cpuOf({}));
});

test("a policy of one's own is known by its name only", () => {
  const text =
    "ballast: 1\nhosts: [{ name: h, memory: 1GiB }]\nvms: [{ name: a, memory: 1GiB }]\npolicies: { cpu: mine }\n";
  expect(() => parseScenario(text)).toThrow(
    "expected fixed, strict-priority, latency-bound, p99-target, virtual-time, stride, lottery, round-robin or credit, got mine",
  );
  expect(parseScenario(text, { cpuPolicies: ["mine"] }).policies.cpu.name).toBe("mine");
});

test("explain names the CPU policy and every gap", () => {
  const scenario = resolveScenario({
    ballast: 1,
    profile: "esx6",
    hosts: [{ name: "h", memory: "8GiB", cpu: { threads: 2 } }],
    pools: [{ name: "p", cpu: { shares: 3000 } }],
    vms: [{ name: "a", memory: "1GiB", workload: { requests: "9/s", service: "1ms", threads: 2 } }],
    policies: { cpu: { quantum: "3ms" } },
  });
  const rows = new Map(explainDefaults(scenario).map((row) => [row.path, row]));
  expect(rows.get("policies.cpu.quantum")).toMatchObject({ value: "3 ms", origin: "scenario" });
  expect(rows.get("policies.cpu.coscheduling")?.origin).toContain("[K]");
  expect(rows.get("policies.cpu.boundLag")).toMatchObject({
    value: "8",
    origin: expect.stringContaining("Cpu.BoundLagQuanta"),
  });
  expect(rows.get("hosts[0].cpu.smtGain")?.value).toBe("1.25");
  expect(rows.get("pools[0].expandable")?.value).toBe("true");
  expect(rows.has("pools[0].cpu.shares")).toBe(false);
  expect(rows.get("vms[0].cpu.shares")?.value).toBe("normal");
  expect(rows.get("vms[0].workload.arrivals")?.value).toBe("exponential");
  expect(rows.has("vms[0].workload.threads")).toBe(false);
  // Every setting of the policy has a row.
  const told = cpuPolicyRows(scenario, undefined).length;
  const { skew, balance, options, ...rest } = scenario.policies.cpu;
  expect(options).toEqual({});
  expect(told).toBe(Object.keys(rest).length + Object.keys(skew).length + Object.keys(balance).length);
});

test("property: pools in order, trees on one host, as a naive twin has it", () => {
  const parents = fc.array(fc.option(fc.nat(7), { nil: undefined }), { minLength: 1, maxLength: 8 });
  const vms = fc.array(
    fc.record({ pages: fc.integer({ min: 1, max: 9 }), pool: fc.option(fc.nat(7), { nil: undefined }) }),
  );
  fc.assert(
    fc.property(parents, vms, fc.func(fc.nat()), (list, raw, rank) => {
      // A parent of lower rank only, so that there is no cycle; the text's order is any.
      const ranks = list.map((_, i) => rank(i) % 100);
      const above = list.map((parent, i) =>
        parent === undefined || parent >= list.length || ranks[parent]! >= ranks[i]! ? undefined : parent,
      );
      const pools = list.map((_, i) => ({
        name: `p${i}`,
        ...(above[i] === undefined ? {} : { pool: `p${above[i]}` }),
      }));
      const order = orderPools(pools);
      expect(order.map(({ index }) => index).sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      for (const [row, { index, parent, root }] of order.entries()) {
        if (parent !== undefined) expect(parent).toBeLessThan(row);
        expect(parent === undefined ? undefined : order[parent]!.index).toBe(above[index]);
        let top = row;
        while (order[top]!.parent !== undefined) top = order[top]!.parent!;
        expect(root).toBe(top);
      }
      const homeless = raw.map(({ pages, pool }) => ({
        pages,
        host: undefined,
        pool: pool === undefined || pool >= order.length ? undefined : pool,
      }));
      const { vmHosts, poolHosts } = placePools([50, 60, 55], homeless, order, new Map());
      for (const [row, { pool }] of homeless.entries()) {
        if (pool !== undefined) expect(vmHosts[row]).toBe(poolHosts[order[pool]!.root]);
      }
      for (const [row, { root }] of order.entries()) expect(poolHosts[row]).toBe(poolHosts[root]);
    }),
  );
});
