/** An estate as the two tables that `ballast place` reads: what VMs ask for, what hosts have. */
import { assume } from "./assumed.ts";
import type { Estate, EstateHost } from "./estate.ts";

/** Columns that come from labels, for rules. */
const LABELS_MAX = 20;

/**
 * VMs that run and hosts, as CSV: `name,vcpu,memory,gpu`, labels behind them, and times where VMs have some. A host's vCPUs are its
 * cores times `overcommit`.
 */
export function estateTables(
  estate: Estate,
  { overcommit = 1 }: { readonly overcommit?: number } = {},
): { readonly vms: string; readonly hosts: string } {
  const { hosts, vms } = assume(estate);
  const hasGpus = hosts.some(({ gpus }) => gpus > 0) || vms.some(({ gpus }) => gpus > 0);
  const hostLabels = labelsOf(hosts.map((host) => labelled(host)));
  const vmLabels = labelsOf(vms.map((vm) => labelled(vm)));
  const hasTimes = vms.some(({ start, end }) => start !== undefined || end !== undefined);
  const sizes = ["vcpu", "memory", ...(hasGpus ? ["gpu"] : [])];
  const hostRows = hosts.map((host) => [
    host.name,
    numberText(host.sockets * host.coresPerSocket * overcommit),
    `${host.memoryMib}MiB`,
    ...(hasGpus ? [numberText(host.gpus)] : []),
    ...hostLabels.map((key) => labelled(host)[key] ?? ""),
  ]);
  const vmRows = vms.map((vm) => [
    vm.name,
    numberText(vm.vcpus),
    `${vm.memoryMib}MiB`,
    ...(hasGpus ? [numberText(vm.gpus)] : []),
    ...(hasTimes ? [vm.start, vm.end].map((time) => (time === undefined ? "" : numberText(time))) : []),
    ...vmLabels.map((key) => labelled(vm)[key] ?? ""),
  ]);
  return {
    hosts: csv(["name", ...sizes, ...hostLabels], hostRows),
    vms: csv(["name", ...sizes, ...(hasTimes ? ["start", "end"] : []), ...vmLabels], vmRows),
  };
}

function labelled({ cluster, labels }: Pick<EstateHost, "cluster" | "labels">): Record<string, string> {
  return { ...(cluster === undefined ? {} : { cluster }), ...labels };
}

/** Labels that any row has. */
function labelsOf(rows: readonly Readonly<Record<string, string>>[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) if (names.size < LABELS_MAX) names.add(name);
  return [...names];
}

/** Without the dust of thousandths that were added up. */
function numberText(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}

function csv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string =>
    /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}
