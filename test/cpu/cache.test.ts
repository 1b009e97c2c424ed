// Goal: VMs below one last-level cache hold what their misses bring in, slow down by the published formula and no more,
// and keep to their ways.
// Method: closed forms: equal VMs have halves, fenced ones their ways; unequal ones the fixed point of fills and
// evictions, found here by bisection; then the slowdown, the work done and the misses that follow.
// Source: docs/cpu/cache.md; Chandra et al., HPCA 2005 (eviction in proportion to occupancy); Intel CAT.

import { describe, expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { runCpu, usageOf, vmOf } from "../support/cpu.ts";

const MIB = 2 ** 20;
const SIZE = 8 * MIB;
const MISS_NS = 60;
const llc = { size: "8MiB", ways: 16, miss: `${MISS_NS}ns` };
const misses = [
  ["2MiB", "40%"],
  ["8MiB", "10%"],
];

/** The curve above: 40 % with 2 MiB, 10 % with all, straight between; all below. */
function ratioAt(bytes: number): number {
  const mib = bytes / MIB;
  return mib <= 2 ? 1 - (0.6 * mib) / 2 : 0.4 - (0.3 * (mib - 2)) / 6;
}

/** Extra time for the same work with so many bytes. */
const slowdownAt = (bytes: number, perUs: number): number =>
  (perUs / 1000) * (ratioAt(bytes) - ratioAt(SIZE)) * MISS_NS;

/** Bytes that miss per ns of running. */
const fillOf = (bytes: number, perUs: number): number =>
  ((perUs / 1000) * ratioAt(bytes) * 64) / (1 + slowdownAt(bytes, perUs));

/** What the first of two holds when what each brings in is as the occupancies. */
function balanced(a: number, b: number): number {
  let [low, high] = [0, SIZE];
  for (let step = 0; step < 60; step += 1) {
    const held = (low + high) / 2;
    const grows = fillOf(held, a) / held > fillOf(SIZE - held, b) / (SIZE - held);
    if (grows) low = held;
    else high = held;
  }
  return low;
}

const cacheOf = (result: Result, name: string) => vmOf(result, name).cpu!.cache!;
const stream = (perUs: number, more = {}) => ({ references: `${perUs}M/s`, misses, ...more });

interface Case {
  readonly duration?: string;
  readonly cpu?: object;
  readonly caches: readonly (object | undefined)[];
  readonly vcpus?: number;
}

/** One busy VM a pCPU, a, b, c …, that count their milliseconds of work. */
function run({ duration = "10s", cpu = {}, caches, vcpus = 1 }: Case): Promise<Result> {
  return runCpu({
    duration,
    cpu: { cores: caches.length * vcpus, llc, ...cpu },
    vms: caches.map((cache, i) => ({
      name: "abcd"[i]!,
      vcpus,
      workload: { run: "1ms" },
      ...(cache === undefined ? {} : { cache }),
    })),
    policy: { coscheduling: "none" },
  });
}

/** Occupancy, slowdown, work and misses of one VM, each against what follows from the bytes it should hold. */
function expectHeld(result: Result, name: string, bytes: number, perUs: number, vcpus = 1): void {
  const { occupancyBytes, slowdownPpm, misses: missed } = cacheOf(result, name);
  expect(Math.abs(occupancyBytes / bytes - 1), `${name} holds`).toBeLessThan(0.01);
  const slowdown = slowdownAt(bytes, perUs);
  expect(Math.abs(slowdownPpm / 1e6 - slowdown), `${name} slowdown`).toBeLessThan(0.01 + 0.02 * slowdown);
  const workNs = usageOf(result, name).usedNs / (1 + slowdown);
  const { operations } = vmOf(result, name).work!;
  expect(Math.abs((operations * 1e6) / workNs - 1), `${name} work`).toBeLessThan(0.01);
  const due = (workNs * perUs * ratioAt(bytes)) / 1000;
  expect(Math.abs(missed / due - 1), `${name} misses`).toBeLessThan(0.03);
  expect(usageOf(result, name).usedNs).toBe(vcpus * result.simulatedNs);
}

describe("occupancy and slowdown", () => {
  test("alone: the whole cache, no slowdown, the misses of the curve's end", async () => {
    const result = await run({ caches: [stream(20), undefined] });
    expect(cacheOf(result, "a").occupancyBytes).toBe(SIZE);
    expectHeld(result, "a", SIZE, 20);
    expect(cacheOf(result, "a").slowdownPpm).toBe(0);
    expect(vmOf(result, "b").cpu!.cache).toBeUndefined();
  });

  test.each([2, 4])("%i alike: equal parts, whatever their order", async (count) => {
    const result = await run({ caches: Array.from({ length: count }, () => stream(20)) });
    const held = result.vms.map(({ cpu }) => cpu!.cache!.occupancyBytes);
    for (const bytes of held) expect(Math.abs(bytes - SIZE / count)).toBeLessThan(1000);
    for (const { name } of result.vms) expectHeld(result, name, SIZE / count, 20);
    // 0.02 a ns × (30 % − 10 %) × 60 ns for halves.
    if (count === 2) expect(cacheOf(result, "a").slowdownPpm / 1e6).toBeCloseTo(0.24, 4);
  });

  test.each([
    [20, 60],
    [60, 20],
    [10, 100],
    [5, 40],
  ])("%i beside %i references a us: the fixed point of fills and evictions", async (a, b) => {
    const result = await run({ caches: [stream(a), stream(b)] });
    const held = balanced(a, b);
    expectHeld(result, "a", held, a);
    expectHeld(result, "b", SIZE - held, b);
    expect(held / SIZE < 0.5).toBe(a < b);
  });

  test("two vCPUs fill twice as fast as one", async () => {
    const result = await runCpu({
      cpu: { cores: 3, llc },
      vms: [
        { name: "a", vcpus: 2, cache: stream(20), workload: { run: "1ms" } },
        { name: "b", cache: stream(40), workload: { run: "1ms" } },
      ],
      policy: { coscheduling: "none" },
    });
    // As one VM of 40 a us would, but slowed down like one of 20.
    const { occupancyBytes } = cacheOf(result, "a");
    expect(occupancyBytes).toBeGreaterThan(SIZE / 2);
    expectHeld(result, "a", occupancyBytes, 20, 2);
    expectHeld(result, "b", SIZE - occupancyBytes, 40);
  });

  test("caches of their own, by core or by socket: nobody slows anybody down", async () => {
    const caches = [stream(20), stream(60)];
    for (const cpu of [{ llc: { ...llc, cores: 1 } }, { sockets: 2, cores: 1 }]) {
      const result = await run({ caches, cpu });
      expectHeld(result, "a", SIZE, 20);
      expectHeld(result, "b", SIZE, 60);
    }
  });

  test("a flat curve: misses, but no slowdown; it takes room all the same", async () => {
    const flat = { references: "60M/s", misses: [["1MiB", "50%"]] };
    const result = await run({ caches: [stream(20), flat] });
    expect(cacheOf(result, "b").slowdownPpm).toBe(0);
    expect(cacheOf(result, "b").misses / (0.06 * 0.5 * 10e9)).toBeCloseTo(1, 2);
    expect(cacheOf(result, "a").occupancyBytes).toBeLessThan(SIZE / 2);
    expect(cacheOf(result, "a").slowdownPpm).toBeGreaterThan(240_000);
  });

  test("a miss that costs nothing slows nobody down", async () => {
    const result = await run({ caches: [stream(20), stream(60)], cpu: { llc: { ...llc, miss: "0ns" } } });
    for (const name of ["a", "b"]) {
      expect(cacheOf(result, name).slowdownPpm).toBe(0);
      expect(vmOf(result, name).work!.operations).toBe(10_000);
    }
  });
});

describe("ways", () => {
  test("4 and 12 of 16: a quarter and three quarters, whoever refers how much", async () => {
    for (const perUs of [20, 200]) {
      const caches = [stream(20, { ways: "0-3" }), stream(perUs, { ways: "4-15" })];
      const result = await run({ caches });
      expectHeld(result, "a", SIZE / 4, 20);
      expectHeld(result, "b", (3 * SIZE) / 4, perUs);
      expect(cacheOf(result, "a").slowdownPpm).toBe(360_000);
    }
  });

  test("a VM alone holds no more than its ways", async () => {
    const result = await run({ caches: [stream(20, { ways: "0-3" })] });
    expect(cacheOf(result, "a").occupancyBytes).toBe(SIZE / 4);
  });

  test("ways in common are shared, the others not", async () => {
    // Alike on ways 0-7 and 8-15 and 4-11: the middle one overlaps half of each.
    const ways = ["0-7", "8-15", "4-11"];
    const result = await run({ caches: ways.map((own) => stream(20, { ways: own })) });
    const [a, b, c] = ["a", "b", "c"].map((name) => cacheOf(result, name).occupancyBytes);
    expect(Math.abs(a! / b! - 1)).toBeLessThan(0.001);
    expect(a! + b! + c!).toBeGreaterThan(0.999 * SIZE);
    // Four ways of its own, and about half of four more.
    expect(a! / SIZE).toBeCloseTo(0.25 + 0.125, 1);
    expect(c! / SIZE).toBeCloseTo(0.25, 1);
  });
});
