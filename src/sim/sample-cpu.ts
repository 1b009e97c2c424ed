/** Samples of processors for the series: what was used since the sample before. */
import type { CpuTimesSeries, CpuUsage } from "../report/result.ts";
import { placeOf } from "./host-rows.ts";
import { countersOf, hostTimes } from "./observe-cpu.ts";
import type { World } from "./world.ts";

interface HostRows {
  readonly usedPpm: number[];
  readonly busyPpm: number[];
  readonly frequencyPpm: number[];
  readonly powerMilliW?: number[];
}

/** What a series of times holds, by the counter that it is made of. */
const TIMES = {
  usedPpm: "usedNs",
  runPpm: "runNs",
  systemPpm: "systemNs",
  waitPpm: "waitNs",
  readyPpm: "readyNs",
  idlePpm: "idleNs",
  overlapPpm: "overlapNs",
  costopPpm: "costopNs",
  limitedPpm: "limitedNs",
  swapWaitPpm: "swapWaitNs",
} as const satisfies Record<keyof CpuTimesSeries, keyof CpuUsage>;
const KEYS = Object.keys(TIMES) as (keyof CpuTimesSeries)[];

type Times = Record<keyof CpuTimesSeries, number[]>;
type VmRows = Times & { readonly operations: number[] };

function noTimes(): Times {
  return Object.fromEntries(KEYS.map((key) => [key, []])) as unknown as Times;
}

export class CpuSampler {
  readonly hosts: readonly HostRows[];
  readonly vms: readonly VmRows[];
  readonly pools: readonly Times[];
  readonly #world: World;
  #lastNs = 0;
  readonly #energy: number[];
  readonly #hostTimes: { usedNs: number; busyNs: number }[];
  /** Counters at the last sample, in the order of KEYS. */
  readonly #counters: number[][];

  constructor(world: World) {
    const { scenario } = world;
    this.#world = world;
    this.hosts = scenario.hosts.map(({ cpu }) => ({
      usedPpm: [],
      busyPpm: [],
      frequencyPpm: [],
      ...(cpu.power === undefined ? {} : { powerMilliW: [] }),
    }));
    this.vms = scenario.vms.map(() => ({ ...noTimes(), operations: [] }));
    this.pools = scenario.pools.map(noTimes);
    this.#energy = scenario.hosts.map(() => 0);
    this.#hostTimes = scenario.hosts.map(() => ({ usedNs: 0, busyNs: 0 }));
    this.#counters = scenario.vms.map(() => KEYS.map(() => 0));
  }

  /** Takes a sample; the `Seen` columns are fresh. */
  sample(): void {
    const elapsed = this.#world.nowNs - this.#lastNs;
    this.#lastNs = this.#world.nowNs;
    this.#sampleVms(elapsed);
    this.#sampleHosts(elapsed);
  }

  #sampleVms(elapsed: number): void {
    const { scenario, vmRows, columns } = this.#world;
    const ofPools = scenario.pools.map(() => KEYS.map(() => 0));
    this.vms.forEach((series, vm) => {
      const counters = countersOf(this.#world, vmRows[vm]!);
      const now = KEYS.map((key) => counters[TIMES[key]]);
      const since = now.map((ns, i) => ns - this.#counters[vm]![i]!);
      this.#counters[vm] = now;
      push(series, since, elapsed);
      series.operations.push(columns.vmOperations.get(vmRows[vm]!));
      for (let at = placeOf(this.#world, vm).pool; at !== undefined; at = scenario.pools[at]!.parent) {
        ofPools[at] = ofPools[at]!.map((ns, i) => ns + since[i]!);
      }
    });
    this.pools.forEach((series, pool) => {
      push(series, ofPools[pool]!, elapsed);
    });
  }

  #sampleHosts(elapsed: number): void {
    const { columns, plan } = this.#world;
    this.hosts.forEach((series, host) => {
      const { pcpus } = plan.cpu!.hosts[host]!;
      const before = this.#hostTimes[host]!;
      const now = hostTimes(this.#world, host);
      series.usedPpm.push(part(now.usedNs - before.usedNs, elapsed * pcpus));
      series.busyPpm.push(part(now.busyNs - before.busyNs, elapsed * pcpus));
      series.frequencyPpm.push(columns.hostFrequencyPpm.get(host));
      this.#hostTimes[host] = now;
      if (series.powerMilliW === undefined) return;
      // Housekeeping comes every 10 ms, so power is right to that grain.
      const energy = columns.hostEnergyMicroJ.get(host);
      const power = elapsed === 0 ? 0 : ((energy - this.#energy[host]!) * 1e6) / elapsed;
      series.powerMilliW.push(Math.round(power));
      this.#energy[host] = energy;
    });
  }
}

function push(series: Times, ns: readonly number[], elapsed: number): void {
  for (const [i, key] of KEYS.entries()) series[key].push(part(ns[i]!, elapsed));
}

function part(ns: number, of: number): number {
  return of === 0 ? 0 : Math.round((ns * 1e6) / of);
}
