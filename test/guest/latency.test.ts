// Goal: latencies are counted in the bucket that holds them, and quantiles read from buckets are true within 1/32.
// Method: bounds from both sides; random latencies against the sorted list.

import fc from "fast-check";
import { expect, test } from "vitest";
import { BUCKETS, bucketFromNs, quantile } from "../../src/sim/latency.ts";
import { type GuestExports, GuestMachine } from "../support/guest-machine.ts";
import { begin, finish, loop, programOf, run } from "../support/programs.ts";
import { rawCore } from "../support/raw-core.ts";

const wasm = rawCore(0).wasm as unknown as GuestExports;
const bucketOf = (ns: number): number => wasm.latency_bucketOf(BigInt(ns)) >>> 0;

test("the first buckets, and where the histogram ends", () => {
  expect([0, 1, 1023, 1024, 1055, 1056, 2047, 2048].map(bucketOf)).toEqual([0, 0, 0, 0, 0, 1, 31, 32]);
  expect([2 ** 42 - 2 ** 36 - 1, 2 ** 42 - 2 ** 36, 2 ** 42, 2 ** 53].map(bucketOf)).toEqual([
    1022, 1023, 1023, 1023,
  ]);
});

test("every bucket begins where the twin says, and is at most 1/32 of that wide", () => {
  for (let bucket = 1; bucket < BUCKETS; bucket += 1) {
    const from = bucketFromNs(bucket);
    expect([bucketOf(from - 1), bucketOf(from)]).toEqual([bucket - 1, bucket]);
    expect(bucketFromNs(bucket + 1) - from).toBeLessThanOrEqual(from / 32);
  }
});

test("property: a quantile is never below the true one, and at most 1/32 above", () => {
  const latency = fc
    .tuple(fc.integer({ min: 1024, max: 2047 }), fc.nat({ max: 30 }))
    .map(([a, b]) => a * 2 ** b);
  const given = fc.tuple(
    fc.array(latency, { minLength: 1, maxLength: 200 }),
    fc.integer({ min: 1, max: 1000 }),
  );
  fc.assert(
    fc.property(given, ([latencies, perMille]) => {
      const counts = new Uint32Array(BUCKETS);
      for (const ns of latencies) counts[bucketOf(ns)]! += 1;
      const sorted = latencies.toSorted((a, b) => a - b);
      const truth = sorted[Math.ceil((perMille * sorted.length) / 1000) - 1]!;
      const found = quantile(counts, perMille / 1000)!;
      expect(found).toBeGreaterThanOrEqual(truth);
      expect(found).toBeLessThanOrEqual(truth * (1 + 1 / 32));
      expect(quantile(counts, 1, sorted.at(-1))).toBe(sorted.at(-1));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("no operation, no quantile", () => {
  expect(quantile(new Uint32Array(BUCKETS), 0.5)).toBeUndefined();
});

test("98 operations of 1 ms and 2 of 30 ms: median and p99", () => {
  const steps = [loop(98, begin, run(1_000_000), finish), loop(2, begin, run(30_000_000), finish)];
  const machine = new GuestMachine({ programs: [programOf({ threads: [steps] })], vcpus: 1 }).start();
  machine.runTo(1_000_000_000);
  const { bucketOperations, vmLatencyMaxNs, vmLatencyNs, vmOperations } = machine.columns;
  expect(vmOperations.get(0)).toBe(100);
  expect(vmLatencyNs.get(0)).toBe(158_000_000);
  const read = (p: number): number => quantile(bucketOperations, p, vmLatencyMaxNs.get(0))!;
  expect(read(0.98) / 1e6).toBeCloseTo(1, 1);
  expect(read(0.99)).toBe(30_000_000);
});
