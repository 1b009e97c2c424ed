// Goal: a scenario resolves to the numbers a reader expects, gaps filled from the table of defaults.
// Method: small scenarios by hand; every default once; placement against a naive twin.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  explainDefaults,
  hostScanRate,
  imagePresets,
  parseScenario,
  resolveScenario,
  type ScenarioInput,
  scenarioDefaults,
  withOverrides,
  workloadPresets,
} from "../../src/scenario/index.ts";
import { placeVms } from "../../src/scenario/placement.ts";

type VmInput = ScenarioInput["vms"][number];
type PolicyInput = NonNullable<ScenarioInput["policies"]>["memory"];

const hosts = [{ name: "h", memory: "8GiB" }];
const withVms = (...vms: VmInput[]) => resolveScenario({ ballast: 1, hosts, vms }).vms;
const vmWith = (vm: Partial<VmInput>) => withVms({ name: "a", memory: "4GiB", ...vm })[0]!;
const sharingOf = (profile: "esx2" | "esx4" | "esx6", memory?: PolicyInput) => {
  const policies = { memory };
  return resolveScenario({ ballast: 1, profile, hosts, vms: [{ name: "a", memory: "1GiB" }], policies })
    .policies.memory;
};

test("what is given is taken", () => {
  const text = `# any comment
ballast: 1
$schema: ./schema.json
name: two clones
description: for readers
seed: 42
duration: 10min
resolution: page
profile: esx4
content: ids
series: { every: 500ms }
hosts:
  - { name: big, count: 2, cpu: { sockets: 2, cores: 4, threads: 2, mhz: 2.6GHz }, memory: 64 GiB, nodes: 2 }
vms:
  - name: web
    count: 2
    host: big-2
    vcpus: 4
    memory: 1.5GiB
    salt: alice
    image: { file: ../images/web.core, form: elf }
    workload: { pattern: zipf, rate: 12/min, writes: 2.5%, offset: 4KiB, pages: 10, exponent: 1.2, start: 1s, stop: 2s }
`;
  const scenario = parseScenario(text, { base: "/data/scenarios" });
  const { seed, durationNs, profile, content, seriesEveryNs } = scenario;
  expect({ seed, durationNs, profile, content, seriesEveryNs }).toEqual({
    seed: 42,
    durationNs: 600e9,
    profile: "esx4",
    content: "ids",
    seriesEveryNs: 5e8,
  });
  expect(scenario.hosts.map(({ name }) => name)).toEqual(["big-1", "big-2"]);
  expect(scenario.hosts[1]).toMatchObject({ nodes: 2, cpu: { sockets: 2, cores: 4, threads: 2, mhz: 2600 } });
  expect(scenario.vms.map(({ name, host }) => [name, host])).toEqual([
    ["web-1", 1],
    ["web-2", 1],
  ]);
  expect(scenario.vms[0]).toMatchObject({ vcpus: 4, memoryPages: 393_216, salt: "alice" });
  expect(scenario.vms[0]!.image).toEqual({ kind: "file", path: "/data/images/web.core", form: "elf" });
  expect(scenario.vms[0]!.workload).toEqual([
    {
      pattern: "zipf",
      ratePerKs: 200,
      writesPpm: 25_000,
      firstPage: 1,
      pages: 10,
      exponent: 1.2,
      hotPagesPpm: 100_000,
      hotAccessesPpm: 900_000,
      writesZeroPpm: 0,
      writesCommonPpm: 0,
      writesSamePpm: 0,
      startNs: 1e9,
      stopNs: 2e9,
    },
  ]);
});

test("the Node executable is named by a word, whatever the folder", () => {
  const vms = [{ name: "a", memory: "1GiB", image: { file: "{node}" } }];
  const scenario = resolveScenario({ ballast: 1, hosts, vms }, { base: "/data" });
  expect(scenario.vms[0]!.image).toMatchObject({ path: "{node}" });
});

test("one part of a mix may be left out", () => {
  const parts = (image: VmInput["image"]) => {
    const { zeroPpm, commonPpm, uniquePpm } = vmWith({ image }).image as never;
    return [zeroPpm, commonPpm, uniquePpm];
  };
  expect(parts({ zero: "30%", common: "40%" })).toEqual([300_000, 400_000, 300_000]);
  expect(parts({ zero: "30%", unique: "60%" })).toEqual([300_000, 100_000, 600_000]);
  expect(parts({ common: "30%", unique: "60%" })).toEqual([100_000, 300_000, 600_000]);
  expect(parts({ zero: "33.3333%", common: "33.3333%", unique: "33.3334%" })).toEqual([
    333_333, 333_333, 333_334,
  ]);
  expect(parts({ zero: "100%" })).toEqual([1e6, 0, 0]);
  expect(parts({ common: "100%" })).toEqual([0, 1e6, 0]);
  expect(parts({ unique: "100%" })).toEqual([0, 0, 1e6]);
});

test("only groups that name one pool share it", () => {
  const image = { zero: "0%", common: "50%" } as const;
  const memory = "1GiB";
  const pools = withVms(
    { name: "a", count: 2, memory, image },
    { name: "b", memory, image },
    { name: "c", memory, image: { ...image, pool: "p", size: "512MiB" } },
    { name: "d", memory, image: { preset: "linux-server", pool: "p" } },
    { name: "e", memory, image: { preset: "linux-server" } },
  ).map((vm) => (vm.image?.kind === "mix" ? [vm.image.pool, vm.image.pages] : []));
  expect(pools).toEqual([
    ["vms.a", 262_144],
    ["vms.a", 262_144],
    ["vms.b", 262_144],
    ["p", 131_072],
    ["p", 262_144],
    ["linux-server", 262_144],
  ]);
});

test("presets are whole and lie within memory, down to one page", () => {
  for (const [preset, { zeroPpm, commonPpm, uniquePpm }] of Object.entries(imagePresets)) {
    expect(zeroPpm + commonPpm + uniquePpm).toBe(1e6);
    expect(vmWith({ image: { preset } }).image).toMatchObject({ pool: preset, zeroPpm });
  }
  for (const preset of Object.keys(workloadPresets)) {
    for (const memory of ["4KiB", "8KiB", "1GiB", "16GiB"]) {
      const { workload, memoryPages } = withVms({
        name: "a",
        memory,
        workload: { preset, start: "1s", stop: "2s" },
      })[0]!;
      for (const { firstPage, pages, startNs, stopNs } of workload) {
        expect(pages).toBeGreaterThan(0);
        expect(firstPage + pages).toBeLessThanOrEqual(memoryPages);
        expect([startNs, stopNs]).toEqual([1e9, 2e9]);
      }
    }
  }
  expect(vmWith({ workload: { preset: "idle" } }).workload).toEqual([]);
  expect(vmWith({ workload: { preset: "toucher" } }).workload[0]).toMatchObject({
    firstPage: 0,
    pages: 1_048_576,
  });
});

test("profiles share as their generation did", () => {
  expect(sharingOf("esx4")).toMatchObject({
    name: "min-funding",
    sharing: {
      ratePerSecond: undefined,
      ratePerGhz: 1024,
      vmRatePerSecond: 1024,
      salting: "none",
      scanTimeNs: 3600e9,
    },
  });
  expect(sharingOf("esx6").sharing).toEqual({ ...sharingOf("esx4").sharing, salting: "vm" });
  // A policy named against the profile brings its own limits and keeps the profile's salting.
  expect(sharingOf("esx6", "fixed-rate")).toMatchObject({
    name: "fixed-rate",
    sharing: { ratePerSecond: 200, vmRatePerSecond: 50, salting: "vm" },
  });
  expect(sharingOf("esx2", { name: "scan-time" }).sharing.ratePerGhz).toBe(1024);
});

test("a limit for the host replaces the generation's limits", () => {
  expect(sharingOf("esx2", { sharing: { rate: "400/s" } }).sharing).toMatchObject({
    ratePerSecond: 400,
    vmRatePerSecond: undefined,
  });
  expect(sharingOf("esx4", { sharing: { rate: "400/s" } }).sharing).not.toHaveProperty("ratePerGhz");
  expect(sharingOf("esx2", { sharing: { rate: "none" } }).sharing.ratePerSecond).toBeUndefined();
  expect(sharingOf("esx2", { sharing: { rate: "400/s", vmRate: "10/s" } }).sharing.vmRatePerSecond).toBe(10);
  expect(sharingOf("esx2", { sharing: { vmRate: "none" } }).sharing).toMatchObject({
    ratePerSecond: 200,
    vmRatePerSecond: undefined,
  });
});

test("sharing is switched off in three ways", () => {
  for (const sharing of [false, "none", { algorithm: "none" }] as const) {
    expect(sharingOf("esx2", { sharing }).sharing.algorithm).toBe("none");
  }
});

test("a limit by GHz counts cores, not threads", () => {
  const { hosts } = resolveScenario({
    ballast: 1,
    hosts: [{ name: "h", memory: "4KiB", cpu: { sockets: 2, cores: 4, threads: 2, mhz: 2600 } }],
    vms: [{ name: "a", memory: "4KiB" }],
  });
  const host = hosts[0]!;
  expect(hostScanRate(host, { ratePerSecond: undefined, ratePerGhz: 1024 })).toBe(21_299);
  expect(hostScanRate(host, { ratePerSecond: 200, ratePerGhz: 1024 })).toBe(200);
  expect(hostScanRate(host, { ratePerSecond: undefined })).toBeUndefined();
});

test("VMs without a host go where most memory is free, the named ones counted first", () => {
  expect(
    placeVms(
      [8, 8],
      [1, 1, 1].map((pages) => ({ pages, host: undefined })),
    ),
  ).toEqual([0, 1, 0]);
  expect(
    placeVms(
      [8, 10],
      [
        { pages: 4, host: undefined },
        { pages: 5, host: 1 },
        { pages: 1, host: undefined },
      ],
    ),
  ).toEqual([0, 1, 1]);
});

test("property: placement equals its naive twin", () => {
  const vm = fc.record({
    pages: fc.integer({ min: 1, max: 20 }),
    host: fc.option(fc.nat(4), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 5, maxLength: 9 }),
      fc.array(vm),
      (pages, vms) => {
        const free = [...pages];
        for (const { host, pages } of vms) if (host !== undefined) free[host]! -= pages;
        const expected = vms.map(({ host, pages }) => {
          if (host !== undefined) return host;
          const best = free.indexOf(Math.max(...free));
          free[best]! -= pages;
          return best;
        });
        expect(placeVms(pages, vms)).toEqual(expected);
      },
    ),
  );
});

test("withOverrides changes seed and duration only", () => {
  const scenario = resolveScenario({ ballast: 1, hosts, vms: [{ name: "a", memory: "1GiB" }] });
  expect(withOverrides(scenario, { seed: 7, durationNs: 5 })).toEqual({
    ...scenario,
    seed: 7,
    durationNs: 5,
  });
  expect(() => withOverrides(scenario, { seed: -1, durationNs: 0.5 })).toThrow(
    "scenario is not valid (2 faults)\n  seed        expected a whole number, at least 0, got -1\n  durationNs  expected a whole number, at least 1, got 0.5",
  );
});

test("explainDefaults names every gap with its origin, and nothing that was given", () => {
  const scenario = resolveScenario({
    ballast: 1,
    duration: "5min",
    hosts: [{ name: "h", memory: "8GiB", cpu: { cores: 2 } }],
    vms: [
      { name: "a", memory: "1GiB", workload: [{ pattern: "hot-cold", rate: "1/s", hot: { pages: "5%" } }] },
    ],
    policies: { memory: { sharing: { rate: "400/s" } } },
  });
  const rows = explainDefaults(scenario);
  const row = (path: string) => rows.find((candidate) => candidate.path === path);
  expect(row("seed")).toEqual({ path: "seed", value: "1", origin: "ballast" });
  expect(row("duration")).toBeUndefined();
  expect(row("hosts[0].cpu.cores")).toBeUndefined();
  expect(row("hosts[0].cpu.mhz")?.value).toBe("2000");
  expect(row("vms[0].workload[0].hot.accesses")?.value).toBe("90 %");
  expect(row("vms[0].workload[0].hot.pages")).toBeUndefined();
  expect(row("policies.memory.sharing.rate")).toMatchObject({ value: "400/s", origin: "scenario" });
  expect(row("policies.memory.sharing.vmRate")?.value).toBe("none");
  expect(row("policies.memory.sharing.salting")?.origin).toContain("[K]");
  const seeded = explainDefaults(withOverrides(scenario, { seed: 3 }));
  expect(seeded.some(({ path }) => path === "seed")).toBe(false);
  const elsewhere = explainDefaults(structuredClone(scenario));
  expect(elsewhere.every(({ path }) => path.startsWith("policies."))).toBe(true);
});

test("every default says where it comes from", () => {
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("value" in value)
      expect(value).toMatchObject({ origin: expect.stringMatching(/^(\d+ quanta: )?ballast$|\[[SK?]\]/) });
    else Object.values(value).forEach(walk);
  };
  walk(scenarioDefaults);
});

test("explainDefaults names what migrations left open, and nothing where nobody moves", () => {
  const scenario = (migrate: object) =>
    resolveScenario({
      ballast: 1,
      duration: "1min",
      hosts: [
        { name: "h1", memory: "1GiB" },
        { name: "h2", memory: "1GiB", nic: "1Gbit/s" },
      ],
      vms: [{ name: "a", memory: "64MiB", host: "h1" }],
      events: [{ at: "1s", migrate: { vm: "a", to: "h2", ...migrate } }],
    });
  const of = (migrate: object) => {
    const rows = explainDefaults(scenario(migrate)).filter(({ path }) => /nic|limits|migrate/.test(path));
    return Object.fromEntries(rows.map(({ path, value }) => [path.replace("events[0].migrate.", ""), value]));
  };
  expect(of({})).toMatchObject({
    "hosts[0].nic": "10 Gbit/s",
    "limits.concurrentMigrations": "8",
    mode: "pre-copy",
    rule: "qemu",
    downtimeLimit: "300 ms",
    announce: "50 ms",
  });
  expect(of({})["hosts[1].nic"]).toBeUndefined();
  expect(of({ rule: "clark" })).toMatchObject({
    rateMin: "100 Mbit/s",
    rateMax: "500 Mbit/s",
    skipDirty: "true",
  });
  expect(of({ rule: "clark" })["downtimeLimit"]).toBeUndefined();
  expect(of({ mode: "post-copy" })["rule"]).toBeUndefined();
  const still = { hosts: [{ name: "h1", memory: "1GiB" }], vms: [{ name: "a", memory: "64MiB" }] };
  const rows = explainDefaults(resolveScenario({ ballast: 1, duration: "1min", ...still }));
  expect(rows.some(({ path }) => /nic|migrat/i.test(path))).toBe(false);
});
