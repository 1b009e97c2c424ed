/**
 * A cluster while it runs: who is where, what is asked for and what is given, as columns.
 *
 * Cost: about 130 bytes a VM, 150 a host.
 */
import { DemandWindow } from "./demand-window.ts";
import type { ClusterSpec } from "./spec.ts";

export const NOWHERE = -1;

/** Part of a host's memory that is kept free. */
const KEPT_FREE = 0.06;

export class ClusterState {
  readonly spec: ClusterSpec;
  readonly hosts: number;
  readonly vms: number;
  step = 0;
  /** Active memory that is swapped, when last looked at. */
  thrashedMib = 0;

  readonly vmHost: Int32Array;
  /** 1: is to run; it may wait for a host. */
  readonly vmWanted: Uint8Array;
  readonly vmMoving: Uint8Array;
  readonly vmPart: Float32Array;
  /** Asked for within the limit, entitled to, and delivered; MHz, mean over the interval. */
  readonly vmDemand: Float64Array;
  readonly vmGiven: Float64Array;
  readonly vmShares: Float64Array;
  readonly vmReservation: Float64Array;
  readonly vmLimit: Float64Array;
  readonly vmActiveMib: Float64Array;
  readonly vmConsumedMib: Float64Array;
  readonly vmBalloonMib: Float64Array;
  readonly vmSwappedMib: Float64Array;

  readonly hostUp: Uint8Array;
  readonly hostDemand: Float64Array;
  readonly hostGiven: Float64Array;
  readonly hostUsedMib: Float64Array;
  /** Memory that VMs may hold on each host before some is taken: 94 %, and more by what sharing saves. */
  readonly usableMib: Float64Array;
  readonly hostVms: Int32Array;
  readonly hostKind: Uint16Array;
  /** Watts by kind. */
  readonly kinds: readonly { readonly watts: readonly number[] | undefined; readonly mhz: number }[];
  readonly poolShares: Float64Array;
  readonly poolReservation: Float64Array;
  readonly poolLimit: Float64Array;

  readonly #cpu: DemandWindow;
  readonly #memory: DemandWindow | undefined;
  /** VMs host by host: `sorted[starts[h] … starts[h + 1])`. */
  readonly #starts: Int32Array;
  readonly #sorted: Int32Array;
  #isSorted = false;
  #isMoved = true;

  constructor(spec: ClusterSpec) {
    const { vms, hosts, demand } = spec;
    this.spec = spec;
    this.hosts = hosts.names.length;
    this.vms = vms.names.length;
    this.vmHost = new Int32Array(this.vms).fill(NOWHERE);
    this.vmWanted = new Uint8Array(this.vms);
    this.vmMoving = new Uint8Array(this.vms);
    this.vmPart = new Float32Array(this.vms);
    this.vmDemand = new Float64Array(this.vms);
    this.vmGiven = new Float64Array(this.vms);
    this.vmShares = vms.shares.slice();
    this.vmReservation = vms.reservationMhz.slice();
    this.vmLimit = vms.limitMhz.slice();
    this.vmActiveMib = new Float64Array(this.vms);
    this.vmConsumedMib = new Float64Array(this.vms);
    this.vmBalloonMib = new Float64Array(this.vms);
    this.vmSwappedMib = new Float64Array(this.vms);
    this.hostUp = hosts.isOut.map((isOut) => 1 - isOut);
    this.hostDemand = new Float64Array(this.hosts);
    this.hostGiven = new Float64Array(this.hosts);
    this.hostUsedMib = new Float64Array(this.hosts);
    const kept = 1 - spec.memory.sharedPpm / 1e6;
    this.usableMib = hosts.memoryMib.map((mib) => (mib * (1 - KEPT_FREE)) / kept);
    this.hostVms = new Int32Array(this.hosts);
    const { kinds, kindOf } = kindsOf(spec);
    this.kinds = kinds;
    this.hostKind = kindOf;
    this.poolShares = Float64Array.from(spec.pools, ({ shares }) => shares);
    this.poolReservation = Float64Array.from(spec.pools, ({ reservationMhz }) => reservationMhz);
    this.poolLimit = Float64Array.from(spec.pools, ({ limitMhz }) => limitMhz);
    this.#cpu = new DemandWindow(
      demand?.cpu ?? new Float32Array(0),
      demand?.steps ?? 1,
      vms.trace,
      vms.constant,
    );
    const { memory, steps = 1 } = demand ?? {};
    this.#memory =
      memory === undefined ? undefined : new DemandWindow(memory, steps, vms.trace, vms.activePart);
    this.#starts = new Int32Array(this.hosts + 1);
    this.#sorted = new Int32Array(this.vms);
  }

  /** Puts a VM on a host, or takes it off (`NOWHERE`). */
  put(vm: number, host: number): void {
    const from = this.vmHost[vm]!;
    const size = this.vmConsumedMib[vm]!;
    if (from >= 0) {
      this.hostVms[from]! -= 1;
      this.hostUsedMib[from]! -= size;
      if (this.hostVms[from] === 0) this.hostUsedMib[from] = 0;
    }
    if (host >= 0) {
      this.hostVms[host]! += 1;
      this.hostUsedMib[host]! += size;
    }
    this.vmHost[vm] = host;
    this.#isSorted = false;
    this.#isMoved = true;
  }

  /** Reads what everybody asks for in this interval, and adds it up host by host. */
  readDemand(): void {
    const { mhz } = this.spec.vms;
    const part = this.#cpu.at(this.step);
    this.vmPart.set(part);
    const { vmHost, vmDemand, vmLimit, hostDemand } = this;
    hostDemand.fill(0);
    for (let vm = 0; vm < this.vms; vm += 1) {
      const host = vmHost[vm]!;
      const asked = part[vm]! * mhz[vm]!;
      // Nothing is asked for where the trace has no number.
      const demand = Number.isNaN(asked) ? 0 : Math.min(asked, vmLimit[vm]!);
      vmDemand[vm] = host < 0 ? 0 : demand;
      if (host >= 0) hostDemand[host]! += demand;
    }
  }

  /** Parts of memory in use, a VM each. */
  activeParts(): Float32Array {
    return this.#memory?.at(this.step) ?? this.spec.vms.activePart;
  }

  /** Whether memory may have changed since this was last asked. */
  memoryChanges(): boolean {
    const changes = this.#memory !== undefined || this.#isMoved;
    this.#isMoved = false;
    return changes;
  }

  /** VMs of a host, in order of rows. */
  vmsOf(host: number): Int32Array {
    if (!this.#isSorted) this.#sort();
    return this.#sorted.subarray(this.#starts[host]!, this.#starts[host + 1]!);
  }

  #sort(): void {
    const { vmHost, hostVms } = this;
    const starts = this.#starts;
    const sorted = this.#sorted;
    for (let host = 0; host < this.hosts; host += 1) starts[host + 1] = starts[host]! + hostVms[host]!;
    const next = starts.slice(0, this.hosts);
    for (let vm = 0; vm < this.vms; vm += 1) {
      const host = vmHost[vm]!;
      if (host < 0) continue;
      sorted[next[host]!] = vm;
      next[host]! += 1;
    }
    this.#isSorted = true;
  }

  /** Watts of hosts of a kind at so many MHz in use. */
  watts(kind: number, mhz: number): number {
    const { watts, mhz: capacity } = this.kinds[kind]!;
    if (watts === undefined) return 0;
    const place = (mhz > capacity ? 1 : mhz / capacity) * 10;
    const below = place >= 10 ? 9 : Math.floor(place);
    const low = watts[below]!;
    return low + (watts[below + 1]! - low) * (place - below);
  }
}

function kindsOf({ hosts }: ClusterSpec) {
  const numbers = new Map<string, number>();
  const kinds: { watts: readonly number[] | undefined; mhz: number }[] = [];
  const kindOf = Uint16Array.from(hosts.names, (_, host) => {
    const watts = hosts.watts[host];
    const mhz = hosts.mhz[host]!;
    const key = `${mhz} ${hosts.pcpuMhz[host]} ${watts?.join() ?? ""}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, kinds.length);
    kinds.push({ watts, mhz });
    return kinds.length - 1;
  });
  return { kinds, kindOf };
}
