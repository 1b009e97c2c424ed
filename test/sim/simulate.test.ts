// Goal: a run has its epochs, decisions, samples and events where they belong, and can be ended.
// Method: small runs with numbers by hand.

import { describe, expect, test } from "vitest";
import type { MemoryPolicy } from "../../src/policy/memory/policy.ts";
import { memoryPolicyOf, simulate } from "../../src/sim/simulate.ts";
import { coreModule, mixOf, SECOND, type SmallScenario, scenarioOf, streamOf } from "../support/world.ts";

const core = coreModule("debug");
const run = (small: SmallScenario, options: Parameters<typeof simulate>[1] = {}) =>
  simulate(scenarioOf(small), { core, ...options });

const clones: SmallScenario = {
  vms: [1, 2].map(() => ({ pages: 100, image: mixOf(100, 300_000, 400_000) })),
  durationNs: 60 * SECOND,
  sharing: { ratePerSecond: 100, vmRatePerSecond: 50, order: "sequential" },
};

describe("two clones: 30 zero, 40 common and 30 unique pages each", () => {
  test("end on 60 shared zero and 80 common pages on 41 frames", async () => {
    const { hosts, vms } = await run(clones);
    expect(hosts[0]!.memory).toMatchObject({
      sharedPages: 140,
      commonPages: 41,
      savedPages: 99,
      usedPages: 101,
    });
    expect(hosts[0]!.memory).toMatchObject({
      grantedPages: 200,
      zeroPages: 60,
      hintPages: 60,
      unvisitedPages: 0,
    });
    expect(vms.map(({ memory }) => memory.sharedPages)).toEqual([70, 70]);
    expect(vms[0]!.memory.savedPages + vms[1]!.memory.savedPages).toBe(99);
    expect(vms[0]!.memory.consumedPages).toBe(100 - vms[0]!.memory.savedPages);
  });

  test("are scanned in 2 s at 50 pages/s each, and the run says so once", async () => {
    const { events, hosts } = await run(clones);
    expect(events).toEqual([
      {
        atNs: 2 * SECOND,
        kind: "scan-complete",
        host: "h0",
        text: "Every mapped page of h0 has been scanned, 200 visits in all.",
      },
    ]);
    expect(hosts[0]!.memory.scannedPages).toBe(6000);
  });

  test("have their decisions at time 0, and none after", async () => {
    const { decisions } = await run(clones);
    expect(decisions.map(({ atNs, row, target }) => [atNs, row, target.scanPagesPerSecond])).toEqual([
      [0, "host h0", 100],
      [0, "vm v0", 50],
      [0, "vm v1", 50],
    ]);
  });
});

test("policies decide at every epoch, the end included, and see the time between", async () => {
  const seen: [number, number][] = [];
  const memory: MemoryPolicy = {
    name: "watch",
    decide: (view) => void seen.push([view.atNs / SECOND, view.elapsedNs / SECOND]),
  };
  const result = await run({ ...clones, policy: { everyNs: 20 * SECOND } }, { policies: { memory } });
  expect(seen).toEqual([
    [0, 0],
    [20, 20],
    [40, 20],
    [60, 20],
  ]);
  expect(result.policies.memory).toBe("watch");
});

test("policies decide out of turn when a VM finds no frame", async () => {
  const seen: number[] = [];
  const memory: MemoryPolicy = { name: "watch", decide: (view) => void seen.push(view.atNs) };
  const workload = [streamOf({ pattern: "sequential", pages: 20, ratePerKs: 100_000 })];
  const small = { hosts: [10], vms: [{ pages: 20, workload }], durationNs: SECOND };
  const { events } = await run(small, { policies: { memory } });
  expect(seen).toEqual([0, 110_000_000]);
  expect(events.map(({ kind, vm }) => [kind, vm])).toEqual([["out-of-frames", "v0"]]);
});

test("without sharing no policy is asked", async () => {
  const memory: MemoryPolicy = {
    name: "never",
    decide() {
      throw new Error("asked");
    },
  };
  const { decisions } = await run({ ...clones, sharing: { algorithm: "none" } }, { policies: { memory } });
  expect(decisions).toEqual([]);
});

test("a policy's fault ends the run as a PolicyError", async () => {
  const memory: MemoryPolicy = {
    name: "bad",
    decide: (view, targets) => {
      targets.hostScanRate = view.atNs === 0 ? 1 : 0.5;
    },
  };
  await expect(run(clones, { policies: { memory } })).rejects.toThrow(
    /^policy bad at 15000000000 ns, host h0: hostScanRate/,
  );
});

describe("series", () => {
  test("samples begin at 0, keep their distance and end at the end", async () => {
    const { series } = await run({ ...clones, seriesEveryNs: 25 * SECOND });
    expect(series.atNs).toEqual([0, 25 * SECOND, 50 * SECOND, 60 * SECOND]);
    expect(series.hosts["h0"]!.savedPages).toEqual([0, 99, 99, 99]);
    expect(series.vms["v1"]!.grantedPages).toEqual([100, 100, 100, 100]);
  });

  test("every array is as long as atNs, 120 samples if nothing is said", async () => {
    const { series } = await run(clones);
    expect(series.atNs.length).toBe(121);
    for (const columns of [...Object.values(series.hosts), ...Object.values(series.vms)]) {
      for (const column of Object.values(columns)) expect(column.length).toBe(121);
    }
  });

  test("a duration of 1 ns has a beginning and an end", async () => {
    const { series, simulatedNs } = await run({ ...clones, durationNs: 1 });
    expect([series.atNs, simulatedNs]).toEqual([[0, 1], 1]);
  });
});

test("two runs print the same bytes, but for the machine", async () => {
  const texts = await Promise.all(
    [1, 2].map(async () => {
      const { hostMachine: _, ...result } = await run(clones);
      return JSON.stringify(result);
    }),
  );
  expect(texts[0]).toBe(texts[1]);
});

test("a signal that aborts rejects with its reason; one that stops gives the result so far", async () => {
  const reason = new Error("enough");
  await expect(run(clones, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const stopped = await run({ ...clones, durationNs: 3600 * SECOND }, { stop: AbortSignal.abort() });
  expect(stopped.interrupted).toBe(true);
  expect(stopped.simulatedNs).toBeLessThan(3600 * SECOND);
  expect(stopped.series.atNs.at(-1)).toBe(stopped.simulatedNs);
  expect((await run(clones)).interrupted).toBeUndefined();
});

test("policies are found by name, wrong names get the nearest", () => {
  expect(memoryPolicyOf("scan-time").name).toBe("scan-time");
  expect(() => memoryPolicyOf("scan-tiem")).toThrow(
    /expected one of .*got "scan-tiem"; did you mean scan-time\?/,
  );
  expect(() => memoryPolicyOf("constructor")).toThrow(/got "constructor"/);
});
