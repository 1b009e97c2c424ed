/** Samples of processors for the series: what was used since the sample before. */
import { capacityMhz, countersOf } from "./observe-cpu.ts";
import type { World } from "./world.ts";

interface HostRows {
  readonly busyPpm: number[];
  readonly frequencyPpm: number[];
  readonly powerMilliW?: number[];
}

interface VmRows {
  readonly usedPpm: number[];
  readonly readyPpm: number[];
  readonly costopPpm: number[];
  readonly operations: number[];
}

export class CpuSampler {
  readonly hosts: readonly HostRows[];
  readonly vms: readonly VmRows[];
  readonly #world: World;
  #lastNs = 0;
  readonly #energy: number[];
  readonly #counters: { used: number; ready: number; costop: number }[];

  constructor(world: World) {
    const { scenario } = world;
    this.#world = world;
    this.hosts = scenario.hosts.map(({ cpu }) => ({
      busyPpm: [],
      frequencyPpm: [],
      ...(cpu.power === undefined ? {} : { powerMilliW: [] }),
    }));
    this.vms = scenario.vms.map(() => ({ usedPpm: [], readyPpm: [], costopPpm: [], operations: [] }));
    this.#energy = scenario.hosts.map(() => 0);
    this.#counters = scenario.vms.map(() => ({ used: 0, ready: 0, costop: 0 }));
  }

  /** Takes a sample; the `Seen` columns are fresh. */
  sample(): void {
    const elapsed = this.#world.nowNs - this.#lastNs;
    this.#lastNs = this.#world.nowNs;
    const used = this.#sampleVms(elapsed);
    this.#sampleHosts(elapsed, used);
  }

  /** @returns used time of every host since the last sample */
  #sampleVms(elapsed: number): number[] {
    const { scenario, vmRows, columns } = this.#world;
    const used = scenario.hosts.map(() => 0);
    this.vms.forEach((series, vm) => {
      const now = countersOf(this.#world, vmRows[vm]!);
      const before = this.#counters[vm]!;
      series.usedPpm.push(part(now.usedNs - before.used, elapsed));
      series.readyPpm.push(part(now.readyNs - before.ready, elapsed));
      series.costopPpm.push(part(now.costopNs - before.costop, elapsed));
      series.operations.push(columns.vmOperations.get(vmRows[vm]!));
      this.#counters[vm] = { used: now.usedNs, ready: now.readyNs, costop: now.costopNs };
      used[columns.vmHost[vmRows[vm]!]!]! += now.usedNs - before.used;
    });
    return used;
  }

  #sampleHosts(elapsed: number, used: readonly number[]): void {
    const { scenario, columns } = this.#world;
    this.hosts.forEach((series, host) => {
      const spec = scenario.hosts[host]!;
      const cores = capacityMhz(spec) / spec.cpu.mhz;
      series.busyPpm.push(part(used[host]!, elapsed * cores));
      series.frequencyPpm.push(columns.hostFrequencyPpm[host]!);
      if (series.powerMilliW === undefined) return;
      // Housekeeping comes every 10 ms, so power is right to that grain.
      const energy = columns.hostEnergyMicroJ.get(host);
      const power = elapsed === 0 ? 0 : ((energy - this.#energy[host]!) * 1e6) / elapsed;
      series.powerMilliW.push(Math.round(power));
      this.#energy[host] = energy;
    });
  }
}

function part(ns: number, of: number): number {
  return of === 0 ? 0 : Math.round((ns * 1e6) / of);
}
