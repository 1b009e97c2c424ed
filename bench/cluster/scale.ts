/**
 * `npm run scale:cluster [-- HOSTS VMS STEPS POLICY]`: sizes that people ask about, each a process of its own, by hand only. Prints time,
 * time an interval, and peak memory; without arguments the sizes of the docs, and the curve over sizes.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { balancePolicyOf, simulateColumns } from "../../src/index.ts";
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
  const begun = performance.now();
  const used = process.cpuUsage();
  const { totals } = await simulateColumns(spec, balancePolicyOf(policy)!);
  const wall = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(used);
  const cpu = (user + system) / 1e6;
  const peak = process.resourceUsage().maxRSS / 1024;
  const each = (wall / Number(steps)) * 1000;
  process.stdout.write(
    `${policy.padEnd(12)} ${vms} VMs on ${hosts} hosts, ${steps} intervals: ${wall.toFixed(2)} s (CPU ${cpu.toFixed(2)} s), ${each.toFixed(1)} ms an interval, ${Math.round(peak)} MiB, ${totals.migrations} moves, ${Math.round(totals.hostsOnMean)} hosts on\n`,
  );
} else {
  for (const size of SIZES) {
    const strip = fileURLToPath(new URL("../../scripts/strip.mjs", import.meta.url));
    execFileSync(process.execPath, [strip, fileURLToPath(import.meta.url), ...size.map(String)], {
      stdio: "inherit",
    });
  }
}
