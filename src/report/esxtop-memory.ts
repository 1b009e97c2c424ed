/** Memory counters of the esxtop batch file; only those that the result holds, so an older version's has fewer. */
import { PAGE_BYTES } from "./format.ts";
import type { HostResult, HostSeries, Result, VmResult, VmSeries } from "./result.ts";
import { own } from "./series.ts";

/** One column: its title, and its value at a sample. */
export interface Counter {
  readonly title: string;
  readonly value: (sample: number) => number;
}

const MIB_PAGES = (1024 * 1024) / PAGE_BYTES;
const MINUTE_NS = 60e9;

/** By sample; undefined: the result does not say. */
type Values = readonly number[] | ((sample: number) => number) | undefined;

function counter(title: string, values: Values, size = 1): Counter[] {
  if (values === undefined) return [];
  const at = typeof values === "function" ? values : (sample: number) => values[sample]!;
  return [{ title, value: (sample) => at(sample) / size }];
}

function always(pages: number | undefined): Values {
  return pages === undefined ? undefined : () => pages;
}

/** Memory of a host: overcommitment, what is whose, the hypervisor's view, sharing, swap, balloons. */
export function memoryOfHost(result: Result, host: HostResult, series: HostSeries): Counter[] {
  const { memory } = host;
  const known: Partial<HostResult["memory"]> = memory;
  const has: Partial<HostSeries> = series;
  const { usedPages, sharedPages, savedPages } = series;
  const free = (i: number): number => has.freePages?.[i] ?? memory.sizePages - usedPages[i]!;
  const other = (i: number): number => memory.sizePages - memory.systemPages - free(i);
  const reserved = has.reservedPages;
  const mib = (title: string, values: Values): Counter[] =>
    counter(`Memory\\${title} MBytes`, values, MIB_PAGES);
  const vms = result.vms.filter((vm) => vm.host === host.name);
  const balloonMax = vms.reduce((sum, vm) => sum + (vm.memory.balloonMaxPages ?? 0), 0);
  const targets = sumOf(result, vms);
  return [
    ...overcommitOf(result, host, has.configuredPages),
    ...mib("Machine", always(memory.sizePages)),
    ...mib("Kernel", always(known.systemPages)),
    ...mib("NonKernel", known.systemPages === undefined ? undefined : other),
    ...mib("Free", free),
    ...mib("Kernel Managed", always(known.minFreePages === undefined ? undefined : memory.sizePages)),
    ...mib("Kernel MinFree", always(known.minFreePages)),
    ...mib("Kernel Reserved", reserved),
    ...mib("Kernel Unreserved", reserved && ((i) => Math.max(0, memory.sizePages - reserved[i]!))),
    ...counter("Memory\\Kernel State", has.state),
    ...mib("PShare Shared", sharedPages),
    ...mib("PShare Common", (i) => sharedPages[i]! - savedPages[i]!),
    ...mib("PShare Savings", savedPages),
    ...mib("Swap Used", has.swappedPages),
    ...mib("Swap Target", targets("swapTargetPages")),
    ...mib("Memctl Current", has.balloonPages),
    ...mib("Memctl Target", targets("balloonTargetPages")),
    ...mib("Memctl Max", has.balloonPages && always(balloonMax)),
  ];
}

/** Sums of a series of the host's VMs; undefined if one lacks it. */
function sumOf({ series }: Result, vms: readonly VmResult[]) {
  const ofVms = vms.map((vm): Partial<VmSeries> => own(series.vms, vm.name) ?? {});
  return (key: "swapTargetPages" | "balloonTargetPages"): Values => {
    const columns = ofVms.map((each) => each[key]);
    if (columns.some((values) => values === undefined)) return undefined;
    return (sample) => columns.reduce((sum, values) => sum + values![sample]!, 0);
  };
}

const AVERAGES = [1, 5, 15] as const;

function overcommitOf(
  { series }: Result,
  { memory }: HostResult,
  configured: readonly number[] | undefined,
): Counter[] {
  if (configured === undefined) return [];
  const room = memory.sizePages - memory.systemPages;
  const now = configured.map((pages) => (room > 0 ? pages / room - 1 : 0));
  return AVERAGES.flatMap((minutes) =>
    counter(
      `Memory\\Memory Overcommit (${minutes} Minute Avg)`,
      meansOf(series.atNs, now, minutes * MINUTE_NS),
    ),
  );
}

/** Mean of the samples not older than `spanNs`, at every sample. */
function meansOf(atNs: readonly number[], values: readonly number[], spanNs: number): number[] {
  let first = 0;
  let sum = 0;
  return values.map((value, sample) => {
    sum += value;
    while (atNs[first]! <= atNs[sample]! - spanNs) sum -= values[first++]!;
    return sum / (sample - first + 1);
  });
}

/** Memory of a VM. */
export function memoryOfVm(group: string, vm: VmResult, series: VmSeries): Counter[] {
  const has: Partial<VmSeries> = series;
  const { sizePages } = vm.memory;
  const overhead = (vm.memory as Partial<VmResult["memory"]>).overheadPages;
  const mib = (title: string, values: Values): Counter[] =>
    counter(`Group Memory(${group})\\${title} MBytes`, values, MIB_PAGES);
  const percent = (title: string, values: Values): Counter[] =>
    counter(`Group Memory(${group})\\% Active ${title}Estimate`, values, sizePages / 100);
  return [
    ...mib("Memory Size", always(sizePages)),
    ...mib("Memory Granted Size", series.grantedPages),
    ...mib("Memory Consumed Size", series.consumedPages),
    ...mib("Target Size", has.targetPages),
    ...mib("Touched", has.activeEstimatePages),
    ...percent("", has.activeEstimatePages),
    ...percent("Slow ", has.activeSlowPages),
    ...percent("Fast ", has.activeFastPages),
    ...percent("Next ", has.activeNextPages),
    ...mib("Memctl", has.balloonPages),
    ...mib("Memctl Target", has.balloonTargetPages),
    ...mib("Swapped", has.swappedPages),
    ...mib("Swap Target", has.swapTargetPages),
    ...mib("Shared", series.sharedPages),
    ...mib("Shared Saved", series.savedPages),
    ...mib("Zero", series.zeroPages),
    ...mib("Copy On Write Hint", has.largeHintPages),
    ...mib("Overhead", always(overhead)),
  ];
}
