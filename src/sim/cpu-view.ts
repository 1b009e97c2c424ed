/** What a CPU policy is shown: the counters of one host as differences since the last look. */
import type { CpuView } from "../policy/cpu/policy.ts";
import { statesOf } from "./governor.ts";
import { rowsOfHost } from "./host-rows.ts";
import { BUCKETS, quantile } from "./latency.ts";
import { capacityMhz, countersOf, demandPpm, pcpuTimes } from "./observe-cpu.ts";
import type { World } from "./world.ts";

/** Counters of a VM at the last look. */
interface Seen {
  usedNs: number;
  readyNs: number;
  costopNs: number;
  runNs: number;
  systemNs: number;
  overlapNs: number;
  idleNs: number;
  operations: number;
  latencyNs: number;
  /** Latency histogram; empty until something has been completed. */
  buckets: Uint32Array;
}

const NOTHING: Seen = {
  usedNs: 0,
  readyNs: 0,
  costopNs: 0,
  runNs: 0,
  systemNs: 0,
  overlapNs: 0,
  idleNs: 0,
  operations: 0,
  latencyNs: 0,
  buckets: new Uint32Array(0),
};

/** Controls of the host's VMs, in the seam's keeping. */
export interface GivenControls {
  readonly shares: Float64Array;
  readonly reservationMhz: Float64Array;
  readonly limitMhz: Float64Array;
}

export class CpuObserver {
  readonly #world: World;
  readonly #vms: Seen[];
  readonly #busyNs: number[];
  readonly #lastNs: number[];

  constructor(world: World) {
    this.#world = world;
    this.#vms = world.plan.vmOrder.map(() => NOTHING);
    this.#busyNs = world.scenario.hosts.map(() => 0);
    this.#lastNs = world.scenario.hosts.map(() => 0);
  }

  /** Shows a host; the `Seen` columns must be fresh. What it shows next time begins here. */
  view(host: number, given: GivenControls): CpuView {
    const { columns, scenario, plan, nowNs } = this.#world;
    const spec = scenario.hosts[host]!;
    const rows = rowsOfHost(this.#world, host);
    const elapsedNs = nowNs - this.#lastNs[host]!;
    this.#lastNs[host] = nowNs;
    const parts = rows.map((row) => this.#since(row, elapsedNs, spec.cpu.mhz));
    const column = (of: (part: (typeof parts)[number]) => number): Float64Array =>
      Float64Array.from(parts, of);
    return {
      atNs: nowNs,
      elapsedNs,
      hostName: spec.name,
      capacityMhz: capacityMhz(spec),
      pcpuMhz: spec.cpu.mhz,
      pcpus: plan.cpu!.hosts[host]!.pcpus,
      frequencyPpm: columns.hostFrequencyPpm.get(host),
      statesPpm: [...statesOf(spec)],
      busyPpm: this.#busyPpm(host, elapsedNs),
      vmNames: rows.map((row) => scenario.vms[plan.vmOrder[row]!]!.name),
      vmVcpus: Uint32Array.from(rows, (row) => columns.vmVcpuOnline.get(row)),
      vmOn: Uint8Array.from(rows, (row) => (columns.vmPower[row] === 1 ? 1 : 0)),
      vmGivenShares: given.shares.slice(),
      vmGivenReservationMhz: given.reservationMhz.slice(),
      vmGivenLimitMhz: given.limitMhz.slice(),
      vmUsedMhz: column(({ usedMhz }) => usedMhz),
      vmReadyPpm: column(({ readyPpm }) => readyPpm),
      vmCostopPpm: column(({ costopPpm }) => costopPpm),
      vmDemandPpm: column(({ demand }) => demand),
      vmOperations: column(({ operations }) => operations),
      vmOperationsEver: Float64Array.from(rows, (row) => this.#vms[row]!.operations),
      vmLatencyMeanNs: column(({ meanNs }) => meanNs),
      vmLatencyP99Ns: column(({ p99Ns }) => p99Ns),
      options: { ...scenario.policies.cpu.options },
    };
  }

  #busyPpm(host: number, elapsedNs: number): number {
    const { pcpuFirst, pcpus } = this.#world.plan.cpu!.hosts[host]!;
    let busyNs = 0;
    for (let pcpu = pcpuFirst; pcpu < pcpuFirst + pcpus; pcpu += 1) {
      busyNs += pcpuTimes(this.#world, pcpu).busyNs;
    }
    const more = busyNs - this.#busyNs[host]!;
    this.#busyNs[host] = busyNs;
    return elapsedNs === 0 ? 0 : Math.min(1e6, (more * 1e6) / (elapsedNs * pcpus));
  }

  #since(row: number, elapsedNs: number, mhz: number) {
    const { columns } = this.#world;
    const before = this.#vms[row]!;
    const counters = countersOf(this.#world, row);
    const operations = columns.vmOperations.get(row);
    const latencyNs = columns.vmLatencyNs.get(row);
    const completed = operations - before.operations;
    const { buckets, p99Ns } = this.#latencies(row, before, completed);
    this.#vms[row] = { ...counters, operations, latencyNs, buckets };
    const time = elapsedNs * columns.vmVcpuOnline.get(row);
    const part = (ns: number): number => (time === 0 ? 0 : Math.min(1e6, (ns * 1e6) / time));
    const demand = demandPpm({
      ...counters,
      runNs: counters.runNs - before.runNs,
      systemNs: counters.systemNs - before.systemNs,
      overlapNs: counters.overlapNs - before.overlapNs,
      idleNs: counters.idleNs - before.idleNs,
    });
    return {
      usedMhz: elapsedNs === 0 ? 0 : ((counters.usedNs - before.usedNs) * mhz) / elapsedNs,
      readyPpm: part(counters.readyNs - before.readyNs),
      costopPpm: part(counters.costopNs - before.costopNs),
      demand: demand ?? -1,
      operations: completed,
      meanNs: completed === 0 ? -1 : (latencyNs - before.latencyNs) / completed,
      p99Ns,
    };
  }

  #latencies(row: number, before: Seen, completed: number): { buckets: Uint32Array; p99Ns: number } {
    if (completed === 0) return { buckets: before.buckets, p99Ns: -1 };
    const { columns } = this.#world;
    const first = columns.vmBucketFirst.get(row);
    const buckets = Uint32Array.from(columns.bucketOperations.subarray(first, first + BUCKETS));
    const since = before.buckets.length === 0 ? buckets : buckets.map((n, at) => n - before.buckets[at]!);
    return { buckets, p99Ns: quantile(since, 0.99, columns.vmLatencyMaxNs.get(row)) ?? -1 };
  }
}
