// Goal: a scenario that says next to nothing has every default, and no other key.
// Method: all of it by hand.
import { expect, test } from "vitest";
import { parseScenario } from "../../src/scenario/index.ts";

test("the smallest scenario has every default", () => {
  const text = "ballast: 1\nhosts: [{ name: h, memory: 8GiB }]\nvms: [{ name: a, memory: 1GiB }]\n";
  expect(parseScenario(text, { file: "some/small.yaml" })).toEqual({
    name: "small",
    seed: 1,
    durationNs: 60e9,
    resolution: "page",
    profile: "esx2",
    content: "auto",
    hosts: [
      {
        name: "h",
        memoryPages: 2_097_152,
        nodes: 1,
        cpu: {
          sockets: 1,
          cores: 1,
          threads: 1,
          mhz: 2000,
          smtPpm: [1e6],
          cache: { cores: 1, bytes: 8 << 20, ways: 16, missNs: 60 },
          interrupts: [],
        },
        systemPages: 0,
        swap: {
          disk: { kind: "ssd", readNs: 80_000, writeNs: 30_000, bytesPerSecond: 500e6, serial: false },
          pages: 262_144,
        },
      },
    ],
    vms: [
      {
        name: "a",
        host: 0,
        vcpus: 1,
        vcpusMax: 1,
        memoryPages: 262_144,
        mem: { shares: 10_240, minPages: 0, maxPages: 262_144 },
        overheadPages: 0,
        balloon: { maxPages: 0, pagesPerSecond: 8192 },
        workload: [],
        startNs: 0,
        cpu: { shares: 1000, sharesPerVcpu: 1000, reservationMhz: 0 },
        smt: { sharing: "any", harmPpm: 0 },
        cache: { workingBytes: 0, referencesPerMs: 0, curve: [] },
        guest: { lateTicks: "process", catchUpPpm: 1e6 },
      },
    ],
    pools: [],
    events: [],
    policies: {
      memory: {
        name: "min-funding",
        everyNs: 15e9,
        sharing: {
          algorithm: "hints",
          ratePerSecond: 200,
          vmRatePerSecond: 50,
          order: "random",
          hashBits: 64,
          salting: "none",
          scanTimeNs: 3600e9,
        },
        idleTaxPpm: 750_000,
        reclaim: {
          enabled: true,
          everyNs: 100e6,
          balloon: true,
          shareFirst: true,
          clusterPages: 16,
          zipPpm: 0,
          zipQuarterPpm: 206_000,
          zipHalfPpm: 662_000,
          states: "fixed",
          hysteresisPpm: 5000,
        },
        activity: {
          everyNs: 30e9,
          pages: 100,
          slowKeepPpm: 750_000,
          fastKeepPpm: 250_000,
          minPpm: 10_000,
        },
        costs: { mapNs: 1000, zeroNs: 1000, copyNs: 2000, zipNs: 20_000, unzipNs: 20_000 },
      },
      cpu: {
        name: "fixed",
        everyNs: 1e9,
        options: {},
        scheduler: "virtual-time",
        queues: "per-pcpu",
        quantumNs: 50e6,
        wakeupPreemption: false,
        wakeupMarginNs: 1e6,
        boundLagQuanta: 8,
        limitPeriodNs: 100e6,
        coscheduling: "strict",
        entitlements: { everyNs: 100_000_000 },
        skew: { costopNs: 3e6, costartNs: 2e6, pollNs: 1e6 },
        balance: { everyNs: 20e6, marginNs: 100e6 },
        wholeCoreNs: 200e6,
        guestSliceNs: 10e6,
        refillNsPerMib: 100_000,
        refillFarNsPerMib: 150_000,
        samplesPerSecond: 128,
      },
    },
  });
});
