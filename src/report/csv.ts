/**
 * The series as CSV: one row a sample, one column a quantity, plain integers, `\n` line ends.
 *
 *   at_ns,host:h1:usedPages,host:h1:grantedPages,…,vm:web-1:savedPages,…
 *   0,0,0,…
 *
 * A title is kind, name and quantity; the kind ends at the first colon, the quantity begins after the last. No title
 * begins with a character that a spreadsheet takes for a formula, whatever a VM is called. Control characters in names are written
 * as `\n`, `\x1b`, so that every row is a line.
 *
 * Source: RFC 4180, but for the line ends. Cost: O(samples × columns).
 */
import { visible } from "./names.ts";
import type { HostSeries, Result, VmSeries } from "./result.ts";
import { own } from "./series.ts";

/** Memory of a host, in the order of the columns. */
export const hostMemoryQuantities = [
  "usedPages",
  "grantedPages",
  "sharedPages",
  "savedPages",
  "hintPages",
  "cowBreaks",
] as const satisfies readonly (keyof HostSeries)[];

/** What reclaiming did on a host. */
export const hostReclaimQuantities = [
  "freePages",
  "state",
  "reservedPages",
  "configuredPages",
  "balloonPages",
  "swappedPages",
  "compressedPages",
  "swapIns",
  "swapOuts",
] as const satisfies readonly (keyof HostSeries)[];

/** Large pages of a host, where its VMs may have some. */
export const hostLargeQuantities = [
  "largePages",
  "largeHintPages",
  "largeBacked",
  "largeFormed",
  "largeBroken",
  "largeMovedPages",
] as const satisfies readonly (keyof HostSeries)[];

/** Quantities of a host in the order of the columns; those of processors only where guests compute. */
export const hostQuantities: readonly (keyof HostSeries)[] = [
  ...hostMemoryQuantities,
  ...hostReclaimQuantities,
  ...hostLargeQuantities,
  "usedPpm",
  "busyPpm",
  "frequencyPpm",
  "powerMilliW",
];

/** Memory of a VM, in the order of the columns. */
export const vmMemoryQuantities = [
  "grantedPages",
  "consumedPages",
  "sharedPages",
  "savedPages",
  "zeroPages",
] as const satisfies readonly (keyof VmSeries)[];

/** What a VM used, was to have, and lost; those of guests only where a guest manages its memory. */
export const vmReclaimQuantities = [
  "activePages",
  "activeEstimatePages",
  "activeSlowPages",
  "activeFastPages",
  "activeNextPages",
  "targetPages",
  "balloonPages",
  "balloonTargetPages",
  "swappedPages",
  "swapTargetPages",
  "compressedPages",
  "swapIns",
  "swapOuts",
  "accesses",
  "guestFreePages",
  "guestSwapIns",
  "guestSwapOuts",
  "largePages",
  "largeHintPages",
  "translated",
  "tlbMisses",
] as const satisfies readonly (keyof VmSeries)[];

/** Quantities of a VM in the order of the columns; those of processors only where guests compute. */
export const vmQuantities: readonly (keyof VmSeries)[] = [
  ...vmMemoryQuantities,
  ...vmReclaimQuantities,
  "usedPpm",
  "readyPpm",
  "costopPpm",
  "operations",
];

/** The whole file in one string; for long runs of many VMs write `seriesCsvLines` out as they come. */
export function seriesCsv(result: Result): string {
  return [...seriesCsvLines(result)].join("");
}

/** The lines of the file, each with its `\n`: titles, then one a sample. */
export function* seriesCsvLines(result: Result): Generator<string> {
  const { atNs, hosts, vms } = result.series;
  const titles = ["at_ns"];
  const columns: (readonly number[])[] = [atNs];
  for (const { name } of result.hosts) {
    for (const quantity of hostQuantities) add("host", name, quantity, own(hosts, name)?.[quantity]);
  }
  for (const { name } of result.vms) {
    for (const quantity of vmQuantities) add("vm", name, quantity, own(vms, name)?.[quantity]);
  }
  function add(kind: string, name: string, quantity: string, values: readonly number[] | undefined): void {
    if (values === undefined) return;
    titles.push(`${kind}:${visible(name)}:${quantity}`);
    columns.push(values);
  }

  yield `${titles.map(csvField).join(",")}\n`;
  for (let sample = 0; sample < atNs.length; ++sample) {
    yield `${columns.map((values) => values[sample] ?? "").join(",")}\n`;
  }
}

/** Quotes a field where RFC 4180 asks for it, and where spaces at its ends would get lost. */
export function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
