// Goal: the example of a cluster does what it says, and no number of it changes unseen.
// Method: golden transcripts, of its own policy and of several side by side; what the policy of the example promises.

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import spreadHottest from "../../examples/policies/spread-hottest.ts";
import { balancePolicyOf, clusterHtml, clusterText, loadCluster, simulateCluster } from "../../src/index.ts";

const FILE = fileURLToPath(new URL("../../examples/cluster.yaml", import.meta.url));
const GOLDEN = fileURLToPath(new URL("../golden/examples/", import.meta.url));

test("cluster.yaml: its own policy", async () => {
  const text = clusterText([await simulateCluster(await loadCluster(FILE))], { width: 120, machine: false });
  await expect(text).toMatchFileSnapshot(`${GOLDEN}cluster.txt`);
});

test("cluster.yaml: policies side by side, and as a page", async () => {
  const scenario = await loadCluster(FILE);
  const results = [];
  for (const name of ["npa", "static", "dvfs", "thr-mmt-0.8", "lr-mmt-1.2"])
    results.push(await simulateCluster(scenario, { policy: balancePolicyOf(name)! }));
  const [npa, idle, dvfs, thr] = results.map(({ totals }) => totals.energyKwh);
  expect(npa).toBeGreaterThan(idle!);
  expect(idle).toBeGreaterThanOrEqual(dvfs!);
  expect(dvfs).toBeGreaterThan(1.5 * thr!);
  await expect(clusterText(results, { width: 120, machine: false })).toMatchFileSnapshot(
    `${GOLDEN}cluster-policies.txt`,
  );
  const page = clusterHtml(results);
  expect(page).toContain("default-src &#39;none&#39;");
  expect(page).not.toContain("<script");
  expect(page.match(/class="heat"/g)).toHaveLength(5);
});

test("spread-hottest: less imbalance than leaving everybody where they are", async () => {
  const scenario = await loadCluster(FILE);
  const still = await simulateCluster(scenario, { policy: balancePolicyOf("static")! });
  const spread = await simulateCluster(scenario, { policy: spreadHottest() });
  expect(spread.totals.imbalanceMean).toBeLessThan(0.7 * still.totals.imbalanceMean);
  expect(spread.migrations.every(({ reason }) => reason.includes("is the hottest"))).toBe(true);
});
