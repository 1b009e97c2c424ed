// Goal: a pool's limit holds while its host has memory for all, and fast guests do not keep a host in hard.
// Method: whole scenarios of guests that would use all they have; what hosts gave them, and for how long they were short.

import { expect, test } from "vitest";
import { resolveScenario } from "../../src/scenario/parse.ts";
import type { ScenarioInput } from "../../src/scenario/schema.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { coreModule } from "../support/world.ts";

const MIB = 256; // pages
const busy = (size: string, rate: string) => ({ pattern: "uniform", rate, size, writes: "30%" });
const guest = { memory: "96MiB", os: { kind: "linux", boot: "3s" }, disk: "ssd" };

async function run(rest: object) {
  const policies = { memory: { sharing: "none", idleTax: "0%" } };
  return simulate(resolveScenario({ ballast: 1, policies, ...rest } as ScenarioInput), {
    core: coreModule("release"),
  });
}

test("two guests of a pool with a limit of 80 MiB have 80 MiB on a host of 1 GiB; one beside them has what it wants", async () => {
  const workload = busy("80MiB", "5000/s");
  const { vms, hosts } = await run({
    duration: "60s",
    hosts: [{ name: "h", memory: "1GiB" }],
    pools: [{ name: "tin", mem: { limit: "80MiB" } }],
    vms: [
      { name: "t", count: 2, pool: "tin", ...guest, workload },
      { name: "free", ...guest, workload },
    ],
  });
  const [first, second, free] = vms.map(({ memory }) => memory);
  expect(Math.abs(first!.consumedPages + second!.consumedPages - 80 * MIB)).toBeLessThan(MIB);
  expect(Math.abs(first!.consumedPages - second!.consumedPages)).toBeLessThan(8 * MIB);
  expect(free!.consumedPages).toBeGreaterThan(80 * MIB);
  expect(free!.balloonPages + free!.swappedPages).toBe(0);
  expect(hosts[0]!.memory.state).toBe("high");
});

test("guests that bring pages back from a fast device do not keep their host in hard: balloons get their turn", async () => {
  const large = { ...guest, memory: "128MiB", os: { kind: "linux", boot: "5s" } };
  const filling = { pattern: "sequential", rate: "20000/s", writes: "100%", stop: "15s" };
  const { hosts } = await run({
    duration: "90s",
    hosts: [{ name: "h", memory: "180MiB", swap: "ssd" }],
    vms: [
      { name: "idle", ...large, workload: [filling, { pattern: "uniform", rate: "2000/s", size: "8MiB" }] },
      { name: "busy", ...large, workload: busy("110MiB", "20000/s") },
    ],
  });
  const { stateNs, balloonPages } = hosts[0]!.memory;
  expect(stateNs.hard + stateNs.low).toBeLessThan(30e9);
  expect(balloonPages).toBeGreaterThan(40 * MIB);
});
