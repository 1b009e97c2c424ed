// Goal: no simulated number changes unseen.
// Method: every example's report is a golden transcript, reviewed as a diff; the one that reads files of the machine is
// held to its invariants. The policy of the examples keeps what its comment promises.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import keepFast from "../../examples/policies/keep-fast.ts";
import steadyFirst from "../../examples/policies/steady-first.ts";
import { loadScenario, type Result, reportText, simulate } from "../../src/index.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../golden/examples/", import.meta.url));
/** Reads the Node executable and a package: its numbers are the machine's. */
const MACHINE = "this-machine.yaml";

/** At fluid resolution; `cluster.test.ts` has it. */
const CLUSTER = "cluster.yaml";

const files = readdirSync(EXAMPLES).filter((file) => file.endsWith(".yaml") && file !== CLUSTER);

async function run(file: string): Promise<Result> {
  return simulate(await loadScenario(EXAMPLES + file));
}

describe("golden", () => {
  test.each(files.filter((file) => file !== MACHINE))("%s", async (file) => {
    const text = reportText(await run(file), { width: 120, machine: false });
    await expect(text).toMatchFileSnapshot(`${GOLDEN}${file.replace(/\.yaml$/, "")}.txt`);
  });
});

test(`${MACHINE}: real files as memories, shared by those that start from the same file`, async () => {
  const { content, hosts, vms, stateHash } = await run(MACHINE);
  const { memory } = hosts[0]!;
  expect(content).toBe("bytes");
  expect(memory.savedPages).toBe(memory.sharedPages - memory.commonPages);
  expect(memory.usedPages).toBe(memory.grantedPages - memory.savedPages);
  expect(vms.reduce((sum, vm) => sum + vm.memory.savedPages, 0)).toBe(memory.savedPages);
  // Three VMs from one file: two thirds are there to be found, and most of it is.
  const node = vms.filter(({ name }) => name.startsWith("node"));
  const granted = node.reduce((sum, vm) => sum + vm.memory.grantedPages, 0);
  const saved = node.reduce((sum, vm) => sum + vm.memory.savedPages, 0);
  expect(saved / granted).toBeGreaterThan(0.4);
  expect(saved / granted).toBeLessThan(0.75);
  expect(stateHash).toMatch(/^[0-9a-f]{16}$/);
});

test("salting: without it the tenants share what they have in common", async () => {
  const path = `${EXAMPLES}tenants.yaml`;
  const salted = await simulate(await loadScenario(path));
  const open = await simulate(await loadScenario(path, { set: ["policies.memory.sharing.salting=none"] }));
  expect(open.hosts[0]!.memory.savedPages).toBeGreaterThan(1.3 * salted.hosts[0]!.memory.savedPages);
});

test("steady-first saves nearly as much as follow-writes with little more than half the breaks", async () => {
  const scenario = await loadScenario(`${EXAMPLES}writers.yaml`);
  const follow = (await simulate(scenario)).hosts[0]!.memory;
  const result = await simulate(scenario, { policies: { memory: steadyFirst() } });
  const steady = result.hosts[0]!.memory;
  expect(steady.savedPages).toBeGreaterThan(0.95 * follow.savedPages);
  expect(steady.cowBreaks).toBeLessThan(0.6 * follow.cowBreaks);
  expect(result.decisions.every(({ policy, reason }) => policy === "steady-first" && reason !== "")).toBe(
    true,
  );
});

test("keep-fast: the web server answers in time although it needs more than its shares give", async () => {
  const scenario = await loadScenario(`${EXAMPLES}web-and-batch.yaml`);
  const meanOf = ({ vms }: Result): number => vms[0]!.work!.latencyNs!.mean;
  const fixed = await simulate(scenario);
  const fast = await simulate(scenario, { policies: { cpu: keepFast() } });
  expect(meanOf(fixed)).toBeGreaterThan(5e9);
  expect(meanOf(fast)).toBeLessThan(15e6);
  expect(fast.decisions.filter(({ policy }) => policy === "keep-fast").length).toBeGreaterThan(3);
});
