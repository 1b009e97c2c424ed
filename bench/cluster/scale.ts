/**
 * `npm run scale:cluster [-- HOSTS VMS STEPS POLICY]`: sizes that people ask about, each a process of its own, by hand only. Prints time,
 * CPU time at the start and an interval, and peak memory; without arguments the sizes of the docs, and the curve over sizes.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { clusterResult } from "../../src/cluster/result.ts";
import { ClusterRun } from "../../src/cluster/run-cluster.ts";
import { balancePolicyOf } from "../../src/index.ts";
import { fleet } from "./fleet.ts";

const SIZES: readonly (readonly [number, number, number, string])[] = [
  [38_000, 50_000, 288, "static"],
  [50_000, 1_000_000, 12, "static"],
  [10_000, 100_000, 288, "thr-mmt-0.8"],
  ...[500, 1000, 2000, 4000, 8000].map((hosts) => [hosts, hosts * 10, 48, "thr-mmt-0.8"] as const),
];

const [hosts, vms, steps, policy] = process.argv.slice(2);
if (policy !== undefined) {
  const spec = fleet(Number(hosts), Number(vms), Number(steps));
  const cpuS = (since?: NodeJS.CpuUsage): number => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1e6;
  };
  const begun = process.cpuUsage();
  const wall = performance.now();
  const run = new ClusterRun(spec, balancePolicyOf(policy)!);
  run.interval();
  const [first, later] = [cpuS(begun), process.cpuUsage()];
  while (!run.isOver) run.interval();
  const each = (cpuS(later) / (Number(steps) - 1)) * 1000;
  const { totals } = clusterResult(run, 0, false);
  const [all, seconds] = [cpuS(begun), (performance.now() - wall) / 1000];
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(
    `${policy.padEnd(12)} ${vms} VMs on ${hosts} hosts, ${steps} intervals: ${seconds.toFixed(2)} s, CPU ${all.toFixed(2)} s (${first.toFixed(2)} s until the first is over, then ${each.toFixed(1)} ms each), ${peak} MiB, ${totals.migrations} moves, ${Math.round(totals.hostsOnMean)} hosts on\n`,
  );
} else {
  for (const size of SIZES) {
    const strip = fileURLToPath(new URL("../../scripts/strip.mjs", import.meta.url));
    execFileSync(process.execPath, [strip, fileURLToPath(import.meta.url), ...size.map(String)], {
      stdio: "inherit",
    });
  }
}
