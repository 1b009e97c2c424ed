// Goal: interrupts are spread over pCPUs by load, charged to the VM they work for and to nobody else, and a sampled account
// beside the exact one is as wrong as sampling theory says and no worse.
// Method: closed forms: rate × cost × time; the spread worked out again by sorting; the error of n Bernoulli samples.
// Source: facts §2.4 (SYS, OVRLP, 128 samples/s); docs/cpu/interrupt.md.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { advanceTo, type CpuWords, cpuWorld, MS, runCpu, usageOf, vmOf } from "../support/cpu.ts";

interface Source {
  readonly vm?: string;
  readonly perS: number;
  readonly costUs: number;
  readonly arrivals?: string;
}

const interruptsOf = (sources: readonly Source[]) =>
  sources.map(({ perS, costUs, ...rest }, i) => ({
    name: `s${i}`,
    rate: `${perS}/s`,
    cost: `${costUs}us`,
    ...rest,
  }));

/** Part of a pCPU that a source takes. */
const loadOf = ({ perS, costUs }: Source): number => (perS * costUs) / 1e6;
const systemOf = (result: Result): number[] =>
  result.hosts[0]!.cpu!.perPcpu.map(({ systemNs }) => systemNs / result.simulatedNs);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Largest first, each to the least loaded: what every pCPU should bear. */
function spread(loads: readonly number[], pcpus: number): number[] {
  const bins = new Array<number>(pcpus).fill(0);
  for (const load of [...loads].sort((a, b) => b - a)) {
    bins[bins.indexOf(Math.min(...bins))]! += load;
  }
  return bins.sort((a, b) => b - a);
}

describe("balance over pCPUs", () => {
  const sources: Source[] = [
    { vm: "a", perS: 10_000, costUs: 20 },
    { vm: "b", perS: 5000, costUs: 20 },
    { vm: "a", perS: 10_000, costUs: 10 },
    { perS: 100, costUs: 50 },
    { vm: "b", perS: 1000, costUs: 30 },
    { vm: "b", perS: 2000, costUs: 10 },
  ];

  test("six sources on four pCPUs: 20, 10, 10 and 5.5 % of them, not 45.5 % of one", async () => {
    const vms = [{ name: "a" }, { name: "b" }];
    const host = { interrupts: interruptsOf(sources) };
    const on4 = systemOf(await runCpu({ cpu: { cores: 4 }, host, vms }));
    [0.2, 0.1, 0.1, 0.055].forEach((part, i) => {
      expect(on4.sort((a, b) => b - a)[i], `pCPU ${i}`).toBeCloseTo(part, 6);
    });
    // On one pCPU it is all of them together: nothing else spreads it.
    expect(systemOf(await runCpu({ host, vms }))[0]).toBeCloseTo(0.455, 6);
  });

  test("property: the spread of the largest first, within an interrupt of each source", async () => {
    const source = fc.record({
      perS: fc.integer({ min: 10, max: 5000 }),
      costUs: fc.integer({ min: 1, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(source, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (given, cores) => {
          const host = { interrupts: interruptsOf(given) };
          const result = await runCpu({ duration: "1s", cpu: { cores }, host, vms: [{ name: "a" }] });
          const seen = systemOf(result).sort((a, b) => b - a);
          const due = spread(given.map(loadOf), cores);
          const grain = given.length * 40e-6 + 1e-9;
          for (const [i, part] of due.entries()) expect(Math.abs(seen[i]! - part)).toBeLessThanOrEqual(grain);
          // Nobody bears more than an even part and the largest source.
          const most = sum(due) / cores + Math.max(...given.map(loadOf));
          expect(seen[0]).toBeLessThanOrEqual(most + grain);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("who is charged", () => {
  // One pCPU: all interrupts of "server" land on "worker", which alone has work.
  const words = (vms: CpuWords["vms"], more: Partial<CpuWords> = {}): CpuWords => ({
    host: { interrupts: interruptsOf([{ vm: "server", perS: 10_000, costUs: 20 }]) },
    vms,
    ...more,
  });
  const server = { name: "server", workload: { run: "1ms", sleep: "1h" } };

  test("SYS is raised × cost, the owner's; the interrupted VM has it as OVRLP and does not pay", async () => {
    const result = await runCpu(words([server, { name: "worker", workload: { run: "1ms" } }]));
    const [owner, hit] = [usageOf(result, "server"), usageOf(result, "worker")];
    // 10 s of 10 000/s: the one due at the very end is not raised or not done.
    expect(Math.abs(owner.systemNs / 20_000 - 100_000)).toBeLessThanOrEqual(1);
    expect(hit.systemNs).toBe(0);
    expect(owner.overlapNs + hit.overlapNs).toBeCloseTo(owner.systemNs, -5);
    for (const { usedNs, runNs, systemNs, overlapNs } of [owner, hit]) {
      expect(usedNs).toBe(runNs + systemNs - overlapNs);
    }
    // It pays for 8 s of its 10 s and has done 8 s of work.
    expect(hit.usedNs / 1e9).toBeCloseTo(8, 2);
    expect(vmOf(result, "worker").work!.operations).toBeGreaterThanOrEqual(7998);
    // Without an owner the host keeps it for itself.
    const nobody = { interrupts: interruptsOf([{ perS: 10_000, costUs: 20 }]) };
    const own = await runCpu({ host: nobody, vms: [server, { name: "worker" }] });
    expect(usageOf(own, "server").systemNs).toBe(0);
    expect(own.hosts[0]!.cpu!.systemNs).toBe(result.hosts[0]!.cpu!.systemNs);
    expect(usageOf(own, "worker").usedNs / 1e9).toBeCloseTo(8, 2);
  });

  test("it rolls up: every pool above the owner has it, no pool of the interrupted one", async () => {
    const pools = [{ name: "outer" }, { name: "inner", pool: "outer" }, { name: "other" }];
    const vms = [
      { ...server, pool: "inner" },
      { name: "worker", pool: "other" },
    ];
    const result = await runCpu(words(vms, { pools }));
    const { systemNs, usedNs } = usageOf(result, "server");
    expect(systemNs / 1e9).toBeCloseTo(2, 3);
    for (const pool of ["inner", "outer"]) {
      expect([usageOf(result, pool).systemNs, usageOf(result, pool).usedNs]).toEqual([systemNs, usedNs]);
    }
    expect(usageOf(result, "other").systemNs).toBe(0);
    expect(usageOf(result, "other").overlapNs).toBe(usageOf(result, "worker").overlapNs);
  });

  test("it counts for shares: who interrupts much gets that much less to run", async () => {
    const busy = words([{ name: "server" }, { name: "worker" }], { duration: "20s" });
    const result = await runCpu(busy);
    const [owner, hit] = [usageOf(result, "server"), usageOf(result, "worker")];
    // 5 s of charges each of the 10 s that there are: 2 of the owner's are its interrupts.
    expect(owner.usedNs / 1e9).toBeCloseTo(10, 1);
    expect(hit.usedNs / 1e9).toBeCloseTo(10, 1);
    expect((owner.runNs - owner.overlapNs) / 1e9).toBeCloseTo(6, 1);
  });

  test("it counts towards limits: of 30 % a VM whose interrupts take 20 % runs 10 %, and so with its pool's", async () => {
    const limited = words([{ name: "server", cpu: { limit: "30%" } }, { name: "worker" }]);
    const pooled = words([{ name: "server", pool: "p" }, { name: "worker" }], {
      pools: [{ name: "p", cpu: { limit: "30%" } }],
    });
    for (const given of [limited, pooled]) {
      const owner = usageOf(await runCpu(given), "server");
      expect(owner.usedNs / 1e9).toBeCloseTo(3, 1);
      expect((owner.runNs - owner.overlapNs) / 1e9).toBeCloseTo(1, 1);
      const quiet = usageOf(await runCpu({ ...given, host: {} }), "server");
      expect((quiet.runNs - quiet.overlapNs) / 1e9).toBeCloseTo(3, 1);
    }
  });
});

test("interrupts beyond a limit: nothing is left to run, and what was too much is owed to the next periods", async () => {
  // 20 % of interrupts: with a limit of 10 % it runs in the first period alone; with 25 % it gets the 5 % that are left.
  const run = async (limit: string, duration: string) => {
    const host = { interrupts: interruptsOf([{ vm: "a", perS: 20_000, costUs: 10 }]) };
    const vms = [{ name: "a", cpu: { limit } }, { name: "b" }];
    return usageOf(await runCpu({ duration, cpu: { cores: 2 }, host, vms }), "a");
  };
  const [five, twenty] = [await run("10%", "5s"), await run("10%", "20s")];
  expect(five.runNs / MS).toBeLessThan(15);
  expect(twenty.runNs).toBe(five.runNs);
  expect(twenty.systemNs / 20e9).toBeCloseTo(0.2, 4);
  for (const duration of ["5s", "20s"]) {
    const { usedNs } = await run("25%", duration);
    // Over by no more than the interrupts of one period.
    const over = usedNs - 0.25 * (duration === "5s" ? 5e9 : 20e9);
    expect(over).toBeLessThanOrEqual(20 * MS);
    expect(over).toBeGreaterThan(-20 * MS);
  }
});

describe("sampled system time", () => {
  const PARTS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8];
  // A pCPU, a source and a VM each: largest loads first, so source i is alone on its pCPU.
  const words = (seed: number, samples: unknown): CpuWords => ({
    seed,
    duration: "20s",
    cpu: { cores: PARTS.length },
    host: {
      interrupts: interruptsOf(
        PARTS.map((part, i) => ({ vm: `v${i}`, perS: 5000, costUs: part * 200, arrivals: "exponential" })),
      ),
    },
    vms: PARTS.map((_, i) => ({ name: `v${i}`, workload: { run: "1ms", sleep: "1h" } })),
    policy: { samples },
  });

  /** Errors of all VMs, also in units of √((1 − 2p/3) / (n p)): √((1 − p) / (n p)), and p/3 for gaps that vary. */
  async function errorsOf(seed: number, perS: number) {
    const given = words(seed, `${perS}/s`);
    const world = await cpuWorld(given);
    advanceTo(world, 20_000 * MS);
    const result = await runCpu(given);
    const relative = PARTS.map((_, i) => {
      const row = world.vmRows[i]!;
      const exact = usageOf(result, `v${i}`).systemNs;
      return { off: (world.columns.vmSampledSystemNs.get(row) - exact) / exact, part: exact / 20e9 };
    });
    const reported = result.hosts[0]!.cpu!.sampled!;
    const worst = Math.max(...relative.map(({ off }) => Math.abs(off)));
    expect(Math.abs(reported.worstErrorPpm - worst * 1e6)).toBeLessThanOrEqual(1);
    expect(reported.exactNs).toBe(sum(result.vms.map(({ cpu }) => cpu!.systemNs)));
    return relative.map(({ off, part }) => ({
      off,
      z: off / Math.sqrt((1 - (2 * part) / 3) / (20 * perS * part)),
    }));
  }

  test("off by √((1 − p) / (n p)), the worst is reported; sixteen times the samples, a quarter of the error", async () => {
    const seeds = [1, 2, 3, 4, 5, 6];
    const rms = (values: readonly number[]): number =>
      Math.sqrt(sum(values.map((x) => x * x)) / values.length);
    const few = (await Promise.all(seeds.map((seed) => errorsOf(seed, 128)))).flat();
    const many = (await Promise.all(seeds.map((seed) => errorsOf(seed, 2048)))).flat();
    // 48 draws: their root mean square is 1 within 3 / √96.
    for (const errors of [few, many]) {
      const z = rms(errors.map((one) => one.z));
      expect(z).toBeGreaterThan(0.69);
      expect(z).toBeLessThan(1.31);
      expect(Math.abs(sum(errors.map((one) => one.z)) / Math.sqrt(errors.length))).toBeLessThan(3.5);
    }
    const ratio = rms(few.map(({ off }) => off)) / rms(many.map(({ off }) => off));
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(6);
  });

  test("interrupts of two VMs that wait for one pCPU: whoever is in service is seen, not who came last", async () => {
    // Long and rare, short and many: 40 % of the pCPU each. By who came last the first would seem to have 8 %.
    const errors: number[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const sources: Source[] = [
        { vm: "rare", perS: 4000, costUs: 100, arrivals: "exponential" },
        { vm: "many", perS: 40_000, costUs: 10, arrivals: "exponential" },
      ];
      const vms = [
        { name: "rare", workload: { run: "1ms", sleep: "1h" } },
        { name: "many", workload: { run: "1ms", sleep: "1h" } },
      ];
      const host = { interrupts: interruptsOf(sources) };
      const result = await runCpu({ seed, duration: "20s", host, vms, policy: { samples: "512/s" } });
      errors.push(result.hosts[0]!.cpu!.sampled!.worstErrorPpm / 1e6);
    }
    // √((1 − 2p/3) / (n p)) for p = 0.4 and n = 10 240 is 1.3 %; the worse of two, four times over.
    for (const error of errors) expect(error).toBeLessThan(0.05);
    expect(sum(errors) / errors.length).toBeLessThan(0.03);
  });

  test("no samples, no second account", async () => {
    expect((await runCpu(words(1, "none"))).hosts[0]!.cpu!.sampled).toBeUndefined();
  });
});
