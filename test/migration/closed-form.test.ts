// Goal: page by page, what can be computed by hand comes out exactly: total = RAM / bandwidth + fixed costs, each page once in
// post-copy, Clark's limits, shares of a link.
// Method: small worlds from text; the numbers stand beside the formulas.
import { expect, test } from "vitest";
import type { MigrationResult } from "../../src/report/result.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { simulate } from "../../src/sim/simulate.ts";

const MIB = 2 ** 20;

/** Two hosts, one VM of 64 MiB full of contents of its own, a migration from 1 s on. */
async function moved(
  migrate: string,
  { work = "[]", events = "", more = "", zero = 0, until = "60s" } = {},
): Promise<MigrationResult> {
  const text = `
ballast: 1
duration: ${until}
hosts: [{ name: h1, memory: 256MiB }, { name: h2, memory: 256MiB }]
${more}
vms:
  - { name: a, host: h1, memory: 64MiB, image: { zero: ${zero}%, common: 0%, unique: ${100 - zero}% }, workload: ${work} }
policies: { memory: { sharing: none, reclaim: none, sampling: none } }
events:
  - { at: 1s, migrate: { vm: a, to: h2, ${migrate} } }
${events}`;
  const result = await simulate(parseScenario(text, { file: "s.yaml" }));
  return result.migrations[0]!;
}

/** ns that bytes take at Mbit/s, rounded up once. */
const nsOf = (bytes: number, mbit: number): number => Math.ceil((bytes * 8e3) / mbit);

test.each(["pre-copy", "stop-and-copy", "post-copy", "hybrid"])(
  "%s of a guest that writes nothing: each page once, total = RAM / bandwidth + fixed costs",
  async (mode) => {
    const costs = "latency: 2ms, switchover: 30ms, deviceState: 1MiB, cpuPerPage: 0";
    const move = await moved(`mode: ${mode}, rule: remaining, bandwidth: 500Mbit/s, ${costs}`);
    expect(move.outcome).toBe("done");
    expect(move.bytesSent).toBe(65 * MIB);
    expect(move.normalPages).toBe(16_384);
    const fixed = 2e6 + 2e6 + 30e6;
    expect(move.totalNs).toBe(nsOf(65 * MIB, 500) + fixed);
    const atRest = mode === "stop-and-copy" ? 65 * MIB : MIB;
    expect(Math.abs(move.downtimeNs - (nsOf(atRest, 500) + 32e6))).toBeLessThanOrEqual(1);
  },
);

test("rule qemu: ten bytes of header a page, nine for a zero page", async () => {
  const move = await moved("rule: qemu, bandwidth: 500Mbit/s", { zero: 25 });
  expect([move.zeroPages, move.normalPages]).toEqual([4096, 12_288]);
  expect(move.bytesSent).toBe(12_288 * 4106 + 4096 * 9);
});

test("Clark's limiter: 50 Mbit/s above what the guest dirtied, until that exceeds the highest", async () => {
  // 4,000 pages of 16,384 in turn, far faster than any rate: each round leaves all of them.
  const work = "{ pattern: sequential, rate: 200000/s, writes: 100%, size: 16000KiB }";
  const move = await moved("rule: clark, skipDirty: false, cpuPerPage: 0", { work });
  const limits = move.rounds.map(({ limitBitsPerS }) => limitBitsPerS / 1e6);
  expect(limits.slice(0, 2)).toEqual([100, 100]);
  for (let round = 2; round < limits.length; round += 1) {
    const { dirtiedPages, ns } = move.rounds[round - 1]!;
    const dirtied = (dirtiedPages * 4096 * 8e3) / ns;
    expect(limits[round]).toBeCloseTo(dirtied + 50, 3);
  }
  // Each round of 16,000 KiB at the rate that the one before dirtied at, and 50 Mbit/s more.
  expect(limits.slice(2).map(Math.round)).toEqual([150, 200, 250, 300, 350, 400, 450, 500]);
  expect(move.converged).toBe(false);
  expect(move.downtimeNs).toBe(nsOf(4000 * 4096, 500));
});

test("one link, two migrations: half each, then all of it", async () => {
  const text = `
ballast: 1
duration: 60s
hosts: [{ name: h1, memory: 1GiB }, { name: h2, memory: 1GiB }]
links: [{ between: [h1, h2], bandwidth: 400Mbit/s }]
vms:
  - { name: a, host: h1, memory: 50MiB, image: { unique: 100%, zero: 0%, common: 0% } }
  - { name: b, host: h1, memory: 100MiB, image: { unique: 100%, zero: 0%, common: 0% } }
policies: { memory: { sharing: none, reclaim: none, sampling: none } }
events:
  - { at: 0s, migrate: { vm: a, to: h2, mode: stop-and-copy, rule: remaining, cpuPerPage: 0 } }
  - { at: 0s, migrate: { vm: b, to: h2, mode: stop-and-copy, rule: remaining, cpuPerPage: 0 } }`;
  const { migrations } = await simulate(parseScenario(text));
  // a: 50 MiB at 200; b: as long at 200, the other 50 MiB at 400.
  expect(migrations[0]!.totalNs / 1e9).toBeCloseTo((50 * MIB * 8) / 200e6, 6);
  expect(migrations[1]!.totalNs / 1e9).toBeCloseTo((100 * MIB * 8) / 400e6 + (50 * MIB * 8) / 400e6, 6);
});

test("guests' traffic and a limit: max-min fair", async () => {
  // 100 wanted by a's own traffic; the migration gets what is left of 400, unless its limit is lower.
  const more = "links: [{ between: [h1, h2], bandwidth: 400Mbit/s }]";
  const alone = await moved("mode: stop-and-copy, rule: remaining, cpuPerPage: 0", { more });
  expect(alone.totalNs).toBe(nsOf(64 * MIB, 400));
  const text = `
ballast: 1
duration: 60s
hosts: [{ name: h1, memory: 1GiB, nic: 400Mbit/s }, { name: h2, memory: 1GiB }]
vms:
  - { name: a, host: h1, memory: 64MiB, image: { unique: 100%, zero: 0%, common: 0% } }
  - { name: web, host: h1, memory: 1MiB, traffic: 100Mbit/s }
  - { name: bulk, host: h1, memory: 1MiB, traffic: 1Gbit/s }
policies: { memory: { sharing: none, reclaim: none, sampling: none } }
events: [{ at: 1s, migrate: { vm: a, to: h2, mode: stop-and-copy, rule: remaining, cpuPerPage: 0 } }]`;
  const { migrations } = await simulate(parseScenario(text));
  // web has enough with 100; bulk and the migration share 300.
  expect(migrations[0]!.totalNs).toBe(nsOf(64 * MIB, 150));
});

test("a disk that is not shared goes first", async () => {
  const move = await moved("rule: remaining, bandwidth: 800Mbit/s, disk: 100MiB, cpuPerPage: 0");
  expect(move.phases.map(({ phase }) => phase)).toContain("disk");
  expect(move.bytesSent).toBe(164 * MIB);
  expect(move.totalNs).toBe(nsOf(164 * MIB, 800));
});
