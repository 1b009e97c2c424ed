// Goal: what a scenario says of memory becomes pages, shares and nanoseconds that a reader can check by hand.
// Method: small scenarios; every key once, every default once.
import { describe, expect, test } from "vitest";
import {
  explainDefaults,
  parseScenario,
  resolveScenario,
  type ScenarioInput,
  type VmSpec,
} from "../../src/scenario/index.ts";

type VmInput = ScenarioInput["vms"][number];
type MemoryInput = Exclude<NonNullable<ScenarioInput["policies"]>["memory"], string | undefined>;

const host = { name: "h", memory: "8GiB" } as const;
const withVm = (vm: Partial<VmInput>, more: Partial<ScenarioInput> = {}) =>
  resolveScenario({ ballast: 1, hosts: [host], vms: [{ name: "a", memory: "256MiB", ...vm }], ...more });
const vmWith = (vm: Partial<VmInput>): VmSpec => withVm(vm).vms[0]!;
const guestWith = (vm: Partial<VmInput>): VmSpec & { os: NonNullable<VmSpec["os"]> } => {
  const spec = vmWith({ os: "linux", ...vm });
  return { ...spec, os: spec.os! };
};
const policyWith = (memory: MemoryInput, profile: "esx2" | "esx4" | "esx6" = "esx2") =>
  withVm({}, { profile, policies: { memory } }).policies.memory;

describe("controls", () => {
  test("shares by word are so many a configured MB; numbers are for the whole VM", () => {
    const shares = (["low", "normal", "high", 7] as const).map(
      (word) => vmWith({ mem: { shares: word } }).mem.shares,
    );
    expect(shares).toEqual([1280, 2560, 5120, 7]);
    expect(vmWith({ memory: "4KiB", mem: { shares: "low" } }).mem.shares).toBe(1);
  });

  test("reservation and limit are sizes or percent of the VM's memory", () => {
    expect(vmWith({ mem: { reservation: "25%", limit: "128MiB" } }).mem).toMatchObject({
      minPages: 16_384,
      maxPages: 32_768,
    });
    expect(vmWith({ mem: { reservation: "none", limit: "none" } }).mem).toMatchObject({
      minPages: 0,
      maxPages: 65_536,
    });
  });

  test("a pool counts as 16 GB, has no limit, and says mem or memory", () => {
    const pools = [
      { name: "p" },
      { name: "q", memory: { shares: "high", reservation: "1GiB", limit: "2GiB" } },
    ];
    expect(withVm({}, { pools } as Partial<ScenarioInput>).pools.map(({ mem }) => mem)).toEqual([
      { shares: 163_840, minPages: 0 },
      { shares: 327_680, minPages: 262_144, maxPages: 524_288 },
    ]);
  });

  test("tax of its own, overhead, and what the host keeps", () => {
    const scenario = withVm({ idleTax: "0%", overhead: "32MiB" }, { hosts: [{ ...host, system: "24MiB" }] });
    expect(scenario.vms[0]).toMatchObject({ taxPpm: 0, overheadPages: 8192 });
    expect(scenario.hosts[0]!.systemPages).toBe(6144);
    expect(vmWith({})).not.toHaveProperty("taxPpm");
  });

  test("events change them, by either way of writing", () => {
    const events = [
      { at: "1s", reset: { vm: "a" } },
      { at: "2s", idleTax: "60%" },
      { at: "3s", set: { vm: "a", "mem.limit": "128MiB", "mem.shares": "high" } },
      { at: "4s", set: { vm: "a", mem: { reservation: "50%", limit: "none" } } },
      { at: "5s", set: { pool: "p", mem: { shares: "low", limit: "none" }, cpu: { limit: "1GHz" } } },
    ];
    const found = withVm({}, { pools: [{ name: "p" }], events } as Partial<ScenarioInput>).events;
    expect(found.map(({ atNs: _, path: __, ...rest }) => rest)).toEqual([
      { kind: "reset", vm: 0 },
      { kind: "tax", taxPpm: 600_000 },
      {
        kind: "set",
        target: { kind: "vm", index: 0 },
        mem: { shares: 5120, maxPages: 32_768 },
        keys: ["mem.shares", "mem.limit"],
      },
      {
        kind: "set",
        target: { kind: "vm", index: 0 },
        mem: { minPages: 32_768, maxPages: "none" },
        keys: ["mem.reservation", "mem.limit"],
      },
      {
        kind: "set",
        target: { kind: "pool", index: 0 },
        limitMhz: 1000,
        mem: { shares: 81_920, maxPages: "none" },
        keys: ["cpu.limit", "mem.shares", "mem.limit"],
      },
    ]);
  });
});

describe("devices", () => {
  test("a swap file is as large as its host's VMs, unless it says so, or there is none", () => {
    const vms = [
      { name: "a", count: 2, memory: "1GiB", host: "h1" },
      { name: "b", memory: "512MiB", host: "h2" },
    ];
    const hosts = [
      { name: "h1", memory: "1GiB" },
      {
        name: "h2",
        memory: "1GiB",
        swap: { kind: "hdd", size: "600MiB", read: "5ms", bandwidth: "80Mbit/s" },
      },
      { name: "h3", memory: "1GiB", swap: "none" },
      { name: "h4", memory: "1GiB", swap: "remote" },
    ];
    const found = resolveScenario({ ballast: 1, hosts, vms } as ScenarioInput).hosts.map(({ swap }) => swap);
    expect(found).toEqual([
      {
        disk: { kind: "ssd", readNs: 80_000, writeNs: 30_000, bytesPerSecond: 500e6, serial: false },
        pages: 524_288,
      },
      {
        disk: { kind: "hdd", readNs: 5e6, writeNs: 8e6, bytesPerSecond: 10e6, serial: true },
        pages: 153_600,
      },
      undefined,
      expect.objectContaining({ disk: expect.objectContaining({ kind: "remote" }), pages: 0 }),
    ]);
  });

  test("only guests with an os have a balloon and a disk", () => {
    expect(vmWith({}).balloon).toEqual({ maxPages: 0, pagesPerSecond: 8192 });
    expect(guestWith({}).balloon).toEqual({ maxPages: 42_598, pagesPerSecond: 8192 });
    expect(guestWith({ balloon: { max: "100%", rate: "100/s" } }).balloon).toEqual({
      maxPages: 65_536,
      pagesPerSecond: 100,
    });
    expect(guestWith({ balloon: "none" }).balloon.maxPages).toBe(0);
    expect(guestWith({}).os.disk.kind).toBe("hdd");
    expect(guestWith({ disk: { kind: "nvme", write: "1ms" } }).os.disk).toMatchObject({
      kind: "nvme",
      readNs: 20_000,
      writeNs: 1e6,
    });
  });
});

describe("the policy", () => {
  test("generations differ in states, compression and period of sampling", () => {
    const told = (["esx2", "esx4", "esx6"] as const).map((profile) => {
      const { reclaim, activity } = policyWith({}, profile);
      return [reclaim.states, reclaim.zipPpm, activity.everyNs / 1e9];
    });
    expect(told).toEqual([
      ["fixed", 0, 30],
      ["min-free", 100_000, 60],
      ["min-free-5", 100_000, 60],
    ]);
  });

  test("everything can be said", () => {
    const { idleTaxPpm, reclaim, activity, costs } = policyWith({
      idleTax: "99%",
      reclaim: {
        every: "50ms",
        balloon: false,
        shareFirst: false,
        cluster: 8,
        compression: { cache: "5%", quarter: "10%", half: "20%" },
        states: "min-free-5",
        hysteresis: "1%",
      },
      sampling: { every: "10s", pages: 50, slow: "80%", fast: "10%", min: "2%" },
      costs: { map: "2us", zero: 0, copy: "3us", zip: "4us", unzip: "5us" },
    });
    expect({ idleTaxPpm, reclaim, activity, costs }).toEqual({
      idleTaxPpm: 990_000,
      reclaim: {
        enabled: true,
        everyNs: 50e6,
        balloon: false,
        shareFirst: false,
        clusterPages: 8,
        zipPpm: 50_000,
        zipQuarterPpm: 100_000,
        zipHalfPpm: 200_000,
        states: "min-free-5",
        hysteresisPpm: 10_000,
      },
      activity: { everyNs: 10e9, pages: 50, slowKeepPpm: 800_000, fastKeepPpm: 100_000, minPpm: 20_000 },
      costs: { mapNs: 2000, zeroNs: 0, copyNs: 3000, zipNs: 4000, unzipNs: 5000 },
    });
  });

  test("none switches off", () => {
    const off = policyWith({ reclaim: "none", sampling: "none" }, "esx6");
    expect([off.reclaim.enabled, off.activity.everyNs]).toEqual([false, 0]);
    expect(policyWith({ reclaim: { compression: "none" } }, "esx6").reclaim.zipPpm).toBe(0);
    expect(policyWith({ reclaim: { compression: {} } }).reclaim.zipPpm).toBe(100_000);
  });
});

describe("--explain and --set", () => {
  const text = `ballast: 1
hosts: [{ name: h, memory: 1GiB }]
vms: [{ name: a, memory: 256MiB, os: linux, workload: { pattern: uniform, accesses: 4, work: 1ms } }]
`;

  test("every default of memory is told with its origin", () => {
    const rows = new Map(
      explainDefaults(parseScenario(text)).map(({ path, value, origin }) => [path, [value, origin]]),
    );
    expect(rows.get("hosts[0].swap.kind")).toEqual(["ssd", "ballast"]);
    expect(rows.get("hosts[0].swap.size")).toEqual(["256 MiB", "as large as its VMs' memory: ballast"]);
    expect(rows.get("vms[0].mem.shares")![0]).toBe("normal");
    expect(rows.get("vms[0].os.kernel")).toEqual(["11.7 MiB", expect.stringContaining("Figure 2")]);
    expect(rows.get("vms[0].os.free.low")).toEqual(["2.6 MiB", "ballast"]);
    expect(rows.get("vms[0].balloon.max")).toEqual(["65 %", expect.stringContaining("Mem.CtlMaxPercent")]);
    expect(rows.get("vms[0].disk.read")).toEqual(["8 ms", expect.stringContaining("hdd")]);
    expect(rows.get("vms[0].workload.memory")![0]).toBe("anonymous");
    expect(rows.get("policies.memory.idleTax")).toEqual(["75 %", expect.stringContaining("Mem.IdleTax")]);
    expect(rows.get("policies.memory.reclaim.compression")![0]).toBe("none");
    expect([...rows.values()].flat().join()).not.toMatch(/undefined|NaN|object/);
  });

  test("paths reach into all of it, and say so", () => {
    const set = [
      "vms.a.os.kernel=16MiB",
      "policies.memory.idleTax=0%",
      "hosts.h.swap.size=300MiB",
      "vms.a.mem.limit=50%",
    ];
    // The short form keeps its kind.
    const scenario = parseScenario(text, { set });
    expect(scenario.vms[0]!.os!.kernelPages).toBe(4096);
    expect(scenario.vms[0]!.mem.maxPages).toBe(32_768);
    expect(scenario.policies.memory.idleTaxPpm).toBe(0);
    expect(scenario.hosts[0]!.swap!.pages).toBe(76_800);
    const rows = explainDefaults(scenario);
    expect(rows.find(({ path }) => path === "policies.memory.idleTax")!.origin).toBe("scenario");
    expect(rows.some(({ path }) => path === "vms[0].mem.limit")).toBe(false);
  });
});
