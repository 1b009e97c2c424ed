/** The numbers that the plots of reclaiming draw: a host's free memory and states, what was taken, VMs one by one. */
import { type Buckets, downsample } from "./downsample.ts";
import { type MemoryRow, vmTells, worstOfMemory } from "./memory-rows.ts";
import { visible } from "./names.ts";
import type { HostMemory, HostResult, HostSeries, Result, VmSeries } from "./result.ts";
import { own } from "./series.ts";

/** VMs that get a plot of their own. */
export const VM_PLOTS = 6;
/** Series of a view at the most: of the host, and of each VM. */
export const RECLAIM_SERIES = 12 + VM_PLOTS * 9;

export interface ReclaimView {
  /** Pages; swapping in pages a second. */
  readonly host: Readonly<Partial<Record<HostKey | "swapInRate" | "swapOutRate", readonly number[]>>>;
  /** 0 high … 4 low, of several hosts the worst. */
  readonly state: readonly number[];
  /** Large pages in pages of 4 KiB; absent where nobody may have some. */
  readonly large?: Readonly<Partial<Record<LargeKey, readonly number[]>>>;
  /** TLB misses of accesses, ppm; of VMs whose addresses are translated. */
  readonly misses: readonly { readonly name: string; readonly ppm: readonly number[] }[];
  readonly minFreePages: number;
  readonly vms: readonly ReclaimLines[];
  /** VMs with something to tell that are not drawn. */
  readonly more: number;
}

export interface ReclaimLines {
  readonly name: string;
  readonly sizePages: number;
  /** Only those that are above zero somewhere. */
  readonly lines: Readonly<Partial<Record<VmKey, readonly number[]>>>;
}

const HOST_KEYS = ["freePages", "balloonPages", "swappedPages", "compressedPages"] as const;
type HostKey = (typeof HOST_KEYS)[number];
const LARGE_KEYS = ["largePages", "largeHintPages", "sharedPages", "largeFormed", "largeBroken"] as const;
type LargeKey = (typeof LARGE_KEYS)[number];
/** Of them those that count large pages. */
const IN_LARGE: readonly LargeKey[] = ["largePages", "largeFormed", "largeBroken"];
const LARGE = 512;
const VM_KEYS = [
  "consumedPages",
  "targetPages",
  "activeEstimatePages",
  "activePages",
  "balloonPages",
  "swappedPages",
  "compressedPages",
  "guestFreePages",
] as const;
type VmKey = (typeof VM_KEYS)[number];

/**
 * What a view of one host or several draws of reclaiming.
 *
 * @param vms  those of the hosts
 * @returns undefined if the series hold nothing of it
 */
export function reclaimView(
  result: Result,
  hosts: readonly HostResult[],
  vms: readonly MemoryRow[],
  buckets: Buckets,
): ReclaimView | undefined {
  const { atNs } = result.series;
  const series = hosts.map(({ name }): Partial<HostSeries> => own(result.series.hosts, name) ?? {});
  const total = (key: keyof HostSeries): number[] | undefined =>
    series.length > 0 && series.every((each) => each[key] !== undefined)
      ? atNs.map((_, i) => series.reduce((sum, each) => sum + each[key]![i]!, 0))
      : undefined;
  const worst = (i: number): number => series.reduce((most, { state }) => Math.max(most, state?.[i] ?? 0), 0);
  const free = total("freePages");
  if (free === undefined) return undefined;
  const lines = {
    ...Object.fromEntries(HOST_KEYS.map((key) => [key, total(key)])),
    swapInRate: rateOf(atNs, total("swapIns")),
    swapOutRate: rateOf(atNs, total("swapOuts")),
  };
  const telling = vms.filter(vmTells);
  const shown = worstOfMemory(telling)
    .slice(0, VM_PLOTS)
    .flatMap((row) => vmLines(result, row, buckets));
  return {
    host: drawn(lines, buckets, ["freePages"]),
    state: downsample(
      atNs.map((_, i) => worst(i)),
      buckets,
    ),
    minFreePages: hosts.reduce(
      (sum, { memory }) => sum + ((memory as Partial<HostMemory>).minFreePages ?? 0),
      0,
    ),
    ...largeOf(total, buckets),
    misses: missesOf(result, vms, buckets),
    vms: shown,
    more: telling.length - shown.length,
  };
}

function largeOf(
  total: (key: keyof HostSeries) => number[] | undefined,
  buckets: Buckets,
): Pick<ReclaimView, "large"> {
  if (total("largePages") === undefined) return {};
  const lines = Object.fromEntries(
    LARGE_KEYS.map((key) => [
      key,
      total(key)?.map((value) => (IN_LARGE.includes(key) ? LARGE * value : value)),
    ]),
  );
  return { large: drawn(lines, buckets, ["largePages", "sharedPages"]) };
}

function missesOf(result: Result, vms: readonly MemoryRow[], buckets: Buckets): ReclaimView["misses"] {
  const all = vms.flatMap(({ name }) => {
    const { translated, tlbMisses }: Partial<VmSeries> = own(result.series.vms, name) ?? {};
    if (translated === undefined || tlbMisses === undefined) return [];
    const ppm = translated.map((count, i) => (count > 0 ? Math.round((1e6 * tlbMisses[i]!) / count) : 0));
    return [{ name: visible(name), ppm: downsample(ppm, buckets) }];
  });
  return all.slice(0, VM_PLOTS);
}

function vmLines(result: Result, { name, memory }: MemoryRow, buckets: Buckets): ReclaimLines[] {
  const series: Partial<VmSeries> | undefined = own(result.series.vms, name);
  if (series === undefined) return [];
  const lines = Object.fromEntries(VM_KEYS.map((key) => [key, series[key]]));
  // A target that is all of its memory throughout is none.
  if (!series.targetPages?.some((pages) => pages < memory.sizePages)) lines["targetPages"] = undefined;
  return [
    { name: visible(name), sizePages: memory.sizePages, lines: drawn(lines, buckets, ["consumedPages"]) },
  ];
}

/** Thinned out; lines of nothing but zero are left out, those named in `always` excepted. */
function drawn(
  lines: Readonly<Record<string, readonly number[] | undefined>>,
  buckets: Buckets,
  always: readonly string[],
): Record<string, readonly number[]> {
  return Object.fromEntries(
    Object.entries(lines).flatMap(([key, values]) =>
      values !== undefined && (always.includes(key) || values.some((value) => value > 0))
        ? [[key, downsample(values, buckets)]]
        : [],
    ),
  );
}

/** Growth of a counter, a second, since the sample before. */
function rateOf(atNs: readonly number[], values: readonly number[] | undefined): number[] | undefined {
  return values?.map((value, i) => {
    const ns = i === 0 ? 0 : atNs[i]! - atNs[i - 1]!;
    return ns > 0 ? Math.round(((value - values[i - 1]!) * 1e9) / ns) : 0;
  });
}
