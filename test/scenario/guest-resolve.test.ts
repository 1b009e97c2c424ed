// Goal: guests that manage their memory come out of a scenario with kernel, regions and operations as it says.
// Method: small scenarios by hand; presets by what they promise; any streams at all.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveScenario, type ScenarioInput, type VmSpec } from "../../src/scenario/index.ts";

type VmInput = ScenarioInput["vms"][number];

const host = { name: "h", memory: "8GiB" } as const;
const vmWith = (vm: Partial<VmInput>): VmSpec =>
  resolveScenario({ ballast: 1, hosts: [host], vms: [{ name: "a", memory: "256MiB", ...vm }] }).vms[0]!;
const guestWith = (vm: Partial<VmInput>): VmSpec & { os: NonNullable<VmSpec["os"]> } => {
  const spec = vmWith({ os: "linux", ...vm });
  return { ...spec, os: spec.os! };
};

describe("guests", () => {
  test("linux and windows, by what 256 MiB make of them", () => {
    const { disk: _, regions, ...linux } = guestWith({}).os;
    expect(regions).toEqual([]);
    expect(linux).toEqual({
      kind: "linux",
      bootNs: 20e9,
      bootZeroes: false,
      kernelPages: 1024 + 1966,
      kernelCommonPpm: 600_000,
      zeroPagesPerSecond: 0,
      swapPages: 65_536,
      freePages: { min: 262, low: 655, high: 983 },
    });
    expect(guestWith({ os: "windows" }).os).toMatchObject({
      bootNs: 40e9,
      bootZeroes: true,
      kernelPages: 4096 + 1966,
      zeroPagesPerSecond: 4000,
    });
  });

  test("everything can be said", () => {
    const os = {
      kind: "windows",
      boot: "5s",
      bootZeroes: false,
      kernel: "12MiB",
      kernelCommon: "50%",
      zeroThread: "none",
      swap: "50%",
      free: { min: "1MiB", low: "1%", high: "8MiB" },
    } as const;
    expect(guestWith({ os }).os).toMatchObject({
      bootNs: 5e9,
      bootZeroes: false,
      kernelPages: 3072,
      kernelCommonPpm: 500_000,
      zeroPagesPerSecond: 0,
      swapPages: 32_768,
      freePages: { min: 256, low: 655, high: 2048 },
    });
    expect(guestWith({ os: { kind: "linux", swap: "none" } }).os.swapPages).toBe(0);
  });

  test("small guests keep pages free all the same", () => {
    expect(guestWith({ memory: "8MiB" }).os.freePages).toEqual({ min: 16, low: 24, high: 32 });
  });

  test("common contents come from the kind of guest, or from a mix", () => {
    expect(guestWith({}).image).toEqual({
      kind: "mix",
      zeroPpm: 0,
      commonPpm: 1e6,
      uniquePpm: 0,
      pool: "os.linux",
      pages: 65_536,
    });
    expect(guestWith({ image: { common: "50%", zero: "0%", pool: "mine" } }).image).toMatchObject({
      pool: "mine",
    });
  });
});

describe("streams of guests", () => {
  const both = { pattern: "uniform", rate: "1/s" } as const;

  test("a region for each stream of anonymous memory, one for all of a file; a VM's own are in no other VM", () => {
    const workload = [
      { ...both, size: "1MiB" },
      { ...both, size: "200%" },
      { ...both, memory: "file", file: "x", size: "1MiB" },
      { ...both, memory: "file", file: "x", offset: "4MiB", size: "4KiB" },
      { ...both, memory: "file", pages: 7 },
    ] as const;
    const vm = { name: "a", count: 2, memory: "256MiB", os: "linux", workload: [...workload] } as const;
    const { vms } = resolveScenario({ ballast: 1, hosts: [host], vms: [vm as VmInput] });
    expect(vms[0]!.os!.regions).toEqual([
      { kind: "anonymous", pages: 256, name: "vms.a-1.workload.0" },
      { kind: "anonymous", pages: 131_072, name: "vms.a-1.workload.1" },
      { kind: "file", pages: 1025, name: "x" },
      { kind: "file", pages: 7, name: "vms.a-1.workload.4" },
    ]);
    expect(vms[0]!.workload.map(({ region, firstPage, pages }) => [region, firstPage, pages])).toEqual([
      [0, 0, 256],
      [1, 0, 131_072],
      [2, 0, 256],
      [2, 1024, 1],
      [3, 0, 7],
    ]);
    const names = vms.map(({ os }) => os!.regions.map(({ name }) => name));
    expect(names[0]!.filter((name) => names[1]!.includes(name))).toEqual(["x"]);
  });

  test("a stream without a size has what the kernel leaves", () => {
    const { os, workload } = guestWith({ workload: both });
    expect(workload[0]!.pages).toBe(65_536 - os.kernelPages - os.freePages.high);
    expect(vmWith({ workload: both }).workload[0]).toMatchObject({ pages: 65_536 });
    expect(vmWith({ workload: { ...both, size: "25%" } }).workload[0]).toMatchObject({ pages: 16_384 });
  });

  test("operations are threads that access, work and sleep", () => {
    const work = {
      pattern: "zipf",
      accesses: 40,
      work: "1ms",
      sleep: { mean: "5ms" },
      threads: 3,
      start: "4s",
      stop: "60s",
    } as const;
    const spec = vmWith({ start: "1s", workload: [both, work] });
    expect(spec.workload.map(({ ratePerKs }) => ratePerKs)).toEqual([1000, 0]);
    expect(spec.workload[1]).toMatchObject({ startNs: 4e9, stopNs: 60e9 });
    expect(spec.program!.threads.length).toBe(3);
    expect(spec.program!.threads[0]).toEqual({
      // Times of streams are the run's, those of programs are after power-on.
      startNs: 3e9,
      steps: [
        { kind: "loop", rounds: 0, partner: 7, depth: 0 },
        { kind: "stop", ns: 59e9 },
        { kind: "begin" },
        { kind: "access", stream: 1, accesses: 40 },
        { kind: "run", ns: 1e6, draw: "constant", spreadNs: 0 },
        { kind: "finish" },
        { kind: "sleep", ns: 5e6, draw: "exponential", spreadNs: 0 },
        { kind: "next", rounds: 0, partner: 0, depth: 0 },
        { kind: "end" },
      ],
    });
  });

  test("threads of a guest count from when it is up; where they stop, the core counts from power-on", () => {
    const operations = { pattern: "uniform", accesses: 1, work: "1ms", stop: "60s" } as const;
    const workload = [
      { ...operations, start: "5s" },
      { ...operations, start: "50s" },
      { run: "1ms", start: "1s", stop: "9s" },
      { requests: "1/s", service: "1ms", stop: "9s" },
    ] as const;
    // Up at 4 s + 20 s of the run.
    const { program } = guestWith({ start: "4s", workload: [...workload] });
    const told = program!.threads.map(({ startNs, steps }) => {
      const stop = steps.find(({ kind }) => kind === "stop") as { ns: number } | undefined;
      return [startNs / 1e9, stop && stop.ns / 1e9];
    });
    expect(told).toEqual([
      [0, 56],
      [26, 56],
      [1, 29],
      [0, undefined],
    ]);
    expect(program!.sources[0]!.stopNs).toBe(33e9);
  });
});

describe("presets of guests", () => {
  const presets = [
    "windows-idle",
    "linux-dbench",
    "spec-like",
    "web-server",
    "database",
    "toucher",
    "diabolical",
  ] as const;

  test.each(presets)("%s has regions, and accesses that name them", (preset) => {
    const { os, workload, program } = guestWith({
      memory: "1GiB",
      workload: { preset, start: "30s", stop: "90s" },
    });
    expect(workload.length).toBeGreaterThan(0);
    for (const { region, pages, startNs, stopNs } of workload) {
      expect(pages).toBeLessThanOrEqual(os.regions[region!]!.pages);
      expect([startNs, stopNs]).toEqual([30e9, 90e9]);
    }
    const accessed = (program?.threads ?? []).flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === "access" ? [step.stream] : [])),
    );
    // A stream has a rate of its own, or threads use it.
    for (const [row, { ratePerKs }] of workload.entries())
      expect(ratePerKs > 0 !== accessed.includes(row)).toBe(true);
  });

  test("what they promise: 15 MB of an idle guest, forty clients of more than memory, size of the toucher", () => {
    const idle = guestWith({ os: "windows", workload: { preset: "windows-idle" } });
    expect(idle.workload.reduce((sum, { pages }) => sum + pages, 0)).toBe(15 * 256);
    // Within half a minute hardly a page of them is missed.
    for (const { pages, ratePerKs } of idle.workload)
      expect(((ratePerKs / 1000) * 30) / pages).toBeGreaterThan(3);
    const clients = guestWith({ workload: { preset: "linux-dbench" } });
    expect(clients.program!.threads.length).toBe(40);
    expect(clients.workload[0]!.pages).toBeGreaterThan(65_536);
    const sizes = ["50MiB", "100%"].map(
      (size) => guestWith({ workload: { preset: "toucher", size } }).workload[0]!.pages,
    );
    expect(sizes).toEqual([12_800, 65_536]);
    expect(guestWith({ vcpus: 3, workload: { preset: "diabolical" } }).program!.threads.length).toBe(3);
  });

  test("without an os the ones of physical memory stay as they were", () => {
    const raw = vmWith({ workload: { preset: "database" } });
    expect(raw.program).toBeUndefined();
    expect(raw.workload.every(({ region }) => region === undefined)).toBe(true);
  });
});

test("property: a guest's free pages are in order, its streams within their regions, its shares at least 1", () => {
  const percent = (most: number) => fc.integer({ min: 1, max: most }).map((n) => `${n}%`);
  const size = fc.oneof(
    percent(400),
    fc.integer({ min: 1, max: 1 << 20 }).map((n) => `${n * 4}KiB`),
  );
  const stream = fc.record({
    pattern: fc.constantFrom("uniform", "zipf", "sequential"),
    rate: fc.constant("1/s"),
    memory: fc.constantFrom("anonymous", "file"),
    size,
  });
  const memory = fc.integer({ min: 1500, max: 1 << 20 });
  fc.assert(
    fc.property(memory, fc.array(stream, { maxLength: 5 }), percent(100), (pages, workload, limit) => {
      const vm = { memory: `${pages * 4}KiB`, os: "linux", workload, mem: { limit } } as Partial<VmInput>;
      const spec = vmWith(vm);
      const { freePages, kernelPages, regions } = spec.os!;
      expect(freePages.min < freePages.low && freePages.low < freePages.high).toBe(true);
      expect(kernelPages + freePages.high).toBeLessThan(pages);
      expect(spec.mem.shares).toBeGreaterThanOrEqual(1);
      expect(spec.mem.maxPages).toBeLessThanOrEqual(pages);
      for (const { region, firstPage, pages: length } of spec.workload) {
        expect(firstPage + length).toBeLessThanOrEqual(regions[region!]!.pages);
      }
    }),
  );
});
