/** A cluster's series as CSV: a row a sample, a policy after the other. */
import type { ClusterResult } from "./cluster-result.ts";

const NAMES = [
  "hostsOn",
  "watts",
  "demandMhz",
  "deliveredMhz",
  "imbalance",
  "migrations",
  "shortHosts",
] as const;

/** Lines ended by `\n`, the header first. */
export function* clusterCsvLines(results: readonly ClusterResult[]): Generator<string> {
  yield `${["policy", "atNs", ...NAMES].join(",")}\n`;
  for (const { policies, series } of results) {
    const name = /[",\n]/.test(policies.balance)
      ? `"${policies.balance.replaceAll('"', '""')}"`
      : policies.balance;
    for (const [row, atNs] of series.atNs.entries())
      yield `${[name, atNs, ...NAMES.map((column) => series[column][row])].join(",")}\n`;
  }
}
