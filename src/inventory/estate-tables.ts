/** An estate as the two tables that `ballast place` reads: what VMs ask for, what hosts have. */
import { assume } from "./assumed.ts";
import type { Estate, EstateHost, EstateVm } from "./estate.ts";

/** Columns that come from labels, for rules. */
const LABELS_MAX = 20;

/** vCPUs that a core takes, where VMs name vCPUs and not cores that they need. */
const VCPUS_PER_CORE = 4;
/** Formats whose VMs ask for cores of their own. */
const OF_CORES = ["alibaba-openb"];

/**
 * VMs that run and hosts, as CSV: `name,vcpu,memory,gpu`, labels behind them, and times where VMs have some. A host's vCPUs are its
 * cores times `overcommit`: 4 if absent, 1 where VMs ask for cores. Where VMs share GPUs their thousandths are the dimension,
 * `gpu_milli`, added up over all GPUs of a host.
 */
export function estateTables(
  estate: Estate,
  {
    overcommit = OF_CORES.includes(estate.format) ? 1 : VCPUS_PER_CORE,
  }: { readonly overcommit?: number } = {},
): { readonly vms: string; readonly hosts: string } {
  const { hosts, vms } = assume(estate);
  const hasGpus = hosts.some(({ gpus }) => gpus > 0) || vms.some(({ gpus }) => gpus > 0);
  const hostLabels = labelsOf(hosts.map((host) => labelled(host)));
  const vmLabels = labelsOf(vms.map((vm) => labelled(vm)));
  const hasTimes = vms.some(({ start, end }) => start !== undefined || end !== undefined);
  const isShared = vms.some(({ gpus }) => !Number.isInteger(gpus));
  const gpus = (count: number): string[] => (hasGpus ? [numberText(isShared ? count * 1000 : count)] : []);
  const sizes = ["vcpu", "memory", ...(hasGpus ? [isShared ? "gpu_milli" : "gpu"] : [])];
  const hostRows = hosts.map((host) => [
    host.name,
    numberText(host.sockets * host.coresPerSocket * overcommit),
    `${host.memoryMib}MiB`,
    ...gpus(host.gpus),
    ...hostLabels.map((key) => labelled(host)[key] ?? ""),
  ]);
  const vmRows = vms.map((vm) => [
    vm.name,
    numberText(vm.vcpus),
    `${vm.memoryMib}MiB`,
    ...gpus(vm.gpus),
    ...(hasTimes ? timesOf(vm) : []),
    ...vmLabels.map((key) => labelled(vm)[key] ?? ""),
  ]);
  return {
    hosts: csv(["name", ...sizes, ...hostLabels], hostRows),
    vms: csv(["name", ...sizes, ...(hasTimes ? ["start", "end"] : []), ...vmLabels], vmRows),
  };
}

/** Who ends as it starts was there for a moment. */
function timesOf({ start, end }: Pick<EstateVm, "start" | "end">): string[] {
  const last = end === undefined ? undefined : Math.max(end, (start ?? 0) + 1);
  return [start, last].map((time) => (time === undefined ? "" : numberText(time)));
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
