// Goal: memory controls changed while running take effect: limits, targets by shares and tax; power takes and gives back what
// a VM holds and its overhead; a vCPU whose page has been paged out waits, and the wait is counted as such.
// Method: scenarios as a user writes them, run through.
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/report/result.ts";
import { parseScenario } from "../../src/scenario/index.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { coreModule } from "../support/world.ts";

const MIB = 256;

interface Words {
  readonly host?: string;
  readonly vms: string;
  readonly memory?: string;
  readonly events?: string;
}

function run({ host = "memory: 24MiB, swap: ssd", vms, memory = "{ sharing: none }", events = "[]" }: Words) {
  const text = `ballast: 1
seed: 5
duration: 20s
series: { every: 1s }
profile: esx2
hosts: [{ name: h, ${host} }]
vms:
${vms}
policies: { memory: ${memory} }
events: ${events}
`;
  return simulate(parseScenario(text), { core: coreModule("release") });
}

/** A VM's series at every second. */
const along = (result: Result, vm: string, key: string): readonly number[] =>
  result.series.vms[vm]![key as keyof (typeof result.series.vms)[string]] as readonly number[];

const circle = "workload: { pattern: sequential, rate: 4000/s, writes: 100% }";

describe("controls while running", () => {
  test("a limit set is walked to, a limit taken away is forgotten", async () => {
    const result = await run({
      host: "memory: 64MiB, swap: ssd",
      vms: `  - { name: a, memory: 16MiB, ${circle} }`,
      events:
        "[{ at: 6500ms, set: { vm: a, mem.limit: 8MiB } }, { at: 12500ms, set: { vm: a, mem.limit: none } }]",
    });
    const granted = along(result, "a", "grantedPages");
    expect(granted[6]).toBe(16 * MIB);
    // Above it by what comes back between two looks: at 4000 accesses a second a few hundred pages.
    for (const at of [9, 10, 11, 12]) expect(Math.abs(granted[at]! - 8 * MIB)).toBeLessThan(800);
    expect(granted.at(-1)).toBe(16 * MIB);
    expect(result.vms[0]!.memory.swapOuts).toBeGreaterThan(8 * MIB);
  });

  test("shares and tax move targets at once: the change is a decision of the same instant", async () => {
    const vms = ["a", "b"].map((name) => `  - { name: ${name}, memory: 20MiB, ${circle} }`).join("\n");
    const result = await run({
      vms,
      events: "[{ at: 8s, set: { vm: a, mem.shares: 100000 } }, { at: 10s, idleTax: 0% }]",
    });
    const at = (ns: number) => result.decisions.filter(({ atNs, row }) => atNs === ns && row === "vm a");
    expect(at(8e9).length).toBe(1);
    const target = along(result, "a", "targetPages");
    expect(target[9]!).toBeGreaterThan(target[7]!);
    expect(target[9]!).toBe(20 * MIB);
  });
});

describe("power", () => {
  test("off: frames, places in swap and overhead are given back; on again it begins with nothing", async () => {
    const result = await run({
      vms: `  - { name: a, memory: 16MiB, overhead: 1MiB, ${circle} }
  - { name: b, memory: 16MiB, overhead: 1MiB, ${circle} }`,
      events: "[{ at: 8500ms, stop: { vm: a } }, { at: 14500ms, start: { vm: a } }]",
    });
    const { overheadPages } = result.hosts[0]!.memory;
    expect(overheadPages).toBe(2 * MIB);
    const granted = along(result, "a", "grantedPages");
    const swapped = along(result, "a", "swappedPages");
    expect(granted[8]!).toBeGreaterThan(0);
    expect([granted[9], swapped[9], granted[14], swapped[14]]).toEqual([0, 0, 0, 0]);
    expect(granted[15]!).toBeGreaterThan(0);
    const accesses = along(result, "a", "accesses");
    expect(accesses.slice(10, 15)).toEqual([0, 0, 0, 0, 0]);
    expect(accesses[16]!).toBeGreaterThan(1000);
    // The other has the host to itself meanwhile.
    expect(along(result, "b", "grantedPages")[14]).toBe(16 * MIB);
  });

  test("one that is refused does nothing and takes nothing", async () => {
    const result = await run({
      vms: `  - { name: a, memory: 16MiB, mem: { reservation: 16MiB }, overhead: 1MiB, ${circle} }
  - { name: b, memory: 16MiB, mem: { reservation: 16MiB }, overhead: 1MiB, ${circle} }`,
    });
    const refused = result.vms.find(({ cpu }) => cpu?.power === "off")!;
    expect(refused.name).toBe("b");
    expect([refused.memory.accesses, refused.memory.grantedPages]).toEqual([0, 0]);
    expect(result.hosts[0]!.memory.overheadPages).toBe(MIB);
  });
});

describe("waits", () => {
  const program = (limit: string): string =>
    `  - { name: a, memory: 16MiB, mem: { limit: ${limit} }, os: { kind: linux, boot: 1s, kernel: 1MiB, swap: none }, balloon: none,
      workload: { pattern: uniform, writes: 50%, memory: anonymous, size: 12MiB, accesses: 20, work: 1ms } }`;

  test("a vCPU whose page the host has paged out is in SWPWT, and gets less done", async () => {
    const [open, tight] = await Promise.all(
      ["16MiB", "7MiB"].map((limit) => run({ host: "memory: 64MiB, swap: hdd", vms: program(limit) })),
    );
    const wait = (result: Result | undefined): number => result!.vms[0]!.cpu!.swapWaitNs;
    expect(wait(open)).toBe(0);
    expect(wait(tight)).toBeGreaterThan(5e9);
    expect(tight!.vms[0]!.memory.stallNs).toBeGreaterThan(5e9);
    expect(tight!.vms[0]!.memory.swapIns).toBeGreaterThan(500);
  });
});
