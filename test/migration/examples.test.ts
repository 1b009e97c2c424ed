// Goal: the examples do what their first lines say.
// Method: the golden transcripts have the numbers; here is what must hold whatever they are.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadScenario, reportText, simulate } from "../../src/index.ts";

const run = async (name: string) =>
  simulate(await loadScenario(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))));

test("live-migration.yaml: there within its downtime limit and what is fixed, and back with each page once", async () => {
  const result = await run("live-migration.yaml");
  const { migrations, vms } = result;
  expect(migrations.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
  expect(migrations[0]!.downtimeNs).toBeLessThan(30e6 + 6e6);
  expect(migrations[1]!.remoteFaults).toBeGreaterThan(0);
  expect(migrations[1]!.normalPages).toBeLessThanOrEqual(65_536);
  expect(vms[0]!.host).toBe("h1");
  // It waited for its own pages, not for swapping.
  const said = reportText(result);
  expect(said).toMatch(/pages\s+fetched\s+from\s+the\s+host\s+that\s+it\s+left/);
  expect(said).not.toMatch(/swapping =|no balloon driver/);
});

test("migration-failure.yaml: it stays, then stands still until the repair", async () => {
  const { migrations, vms } = await run("migration-failure.yaml");
  expect(migrations.map(({ outcome }) => outcome)).toEqual(["aborted", "done"]);
  expect(migrations[1]!.downtimeNs).toBe(3e9);
  expect(vms[0]!.host).toBe("h2");
});
