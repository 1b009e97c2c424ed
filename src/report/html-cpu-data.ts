/** The numbers that the CPU plots of the HTML report draw: a host's processors, and the VMs that waited most. */
import type { CpuRow } from "./cpu-rows.ts";
import { worstFirst } from "./cpu-rows.ts";
import { type Buckets, downsample } from "./downsample.ts";
import { visible } from "./names.ts";
import type { HostResult, Result } from "./result.ts";
import { own } from "./series.ts";

export interface CpuView {
  /** ppm of the capacity, ppm of the nominal clock, milliwatts; each only where it was sampled. */
  readonly host: Readonly<Partial<Record<HostKey, readonly number[]>>>;
  readonly vms: readonly CpuLines[];
  /** VMs that are not drawn. */
  readonly more: number;
}

/** ppm of one pCPU. */
export interface CpuLines {
  readonly name: string;
  readonly used: readonly number[];
  readonly ready: readonly number[];
  /** Empty if the VM was never co-stopped. */
  readonly costop: readonly number[];
}

export const CPU_HOST_KEYS = ["busyPpm", "frequencyPpm", "powerMilliW"] as const;
type HostKey = (typeof CPU_HOST_KEYS)[number];

/**
 * What a view of one host or several draws of processors.
 *
 * @param rows  the VMs of those hosts
 * @param most  VMs drawn at the most
 * @returns     undefined if nothing of processors was sampled
 */
export function cpuView(
  result: Result,
  hosts: readonly HostResult[],
  rows: readonly CpuRow[],
  most: number,
  buckets: Buckets,
): CpuView | undefined {
  const host = Object.fromEntries(
    CPU_HOST_KEYS.flatMap((key) => {
      const values = hostLine(result, hosts, key);
      return values === undefined ? [] : [[key, downsample(values, buckets)]];
    }),
  );
  const vms = worstFirst(rows)
    .slice(0, most)
    .flatMap((row): CpuLines[] => {
      const series = own(result.series.vms, row.name);
      if (series?.usedPpm === undefined || series.readyPpm === undefined) return [];
      const { usedPpm, readyPpm, costopPpm = [] } = series;
      const stopped = costopPpm.some((ppm) => ppm > 0);
      return [
        {
          name: visible(row.name),
          used: downsample(usedPpm, buckets),
          ready: downsample(readyPpm, buckets),
          costop: stopped ? downsample(costopPpm, buckets) : [],
        },
      ];
    });
  if (Object.keys(host).length === 0 && vms.length === 0) return undefined;
  return { host, vms, more: rows.length - vms.length };
}

/** Power added up, parts as means weighted by pCPUs; undefined if no host has the series. */
function hostLine(result: Result, hosts: readonly HostResult[], key: HostKey): number[] | undefined {
  const have = hosts.flatMap(({ name, cpu }) => {
    const values = own(result.series.hosts, name)?.[key];
    return values === undefined ? [] : [{ values, weight: key === "powerMilliW" ? 1 : (cpu?.pcpus ?? 1) }];
  });
  if (have.length === 0) return undefined;
  const whole = key === "powerMilliW" ? 1 : have.reduce((sum, { weight }) => sum + weight, 0);
  return result.series.atNs.map((_, i) =>
    Math.round(have.reduce((sum, { values, weight }) => sum + values[i]! * weight, 0) / whole),
  );
}
