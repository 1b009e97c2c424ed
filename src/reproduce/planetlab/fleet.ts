/**
 * Hosts and VMs of the experiment while it runs, as columns, and how a host's processors are shared out.
 *
 *   VM that stays      what it asks for, a processor at the most
 *   on its way out     90 % of that                  on its way in: 10 %
 *   more than there is all × capacity / asked, rounded down to whole MIPS
 *
 * A VM on its way stands in both hosts' lists. Order in the lists is order of arrival, and sums run along it.
 *
 * Source: facts §10, "Set-up". Cost: O(VMs of the host).
 */
import { HISTORY, HOST_KINDS, HOSTS, type HostKind, INTERVAL_S, vmKind, wattsAt } from "./setup.ts";

export const NOWHERE = -1;

/** One host: its VMs in order of arrival, and what each is given. Its sums are columns of the fleet. */
export interface Host {
  readonly id: number;
  readonly kind: HostKind;
  readonly capacity: number;
  vms: number[];
  /** VMs of the list that are on their way in. */
  incoming: number[];
  /** Has room for more than there are. */
  given: Float64Array;
  /** Empty and out of use for two looks: nothing will change by looking at it. */
  isQuiet: boolean;
  /** Whether `history` and `ramMost` are those of the VMs in the list. */
  isHistoryFresh: boolean;
  /** Of the largest of them. */
  ramMost: number;
  /** Load by the demand of the VMs now in the list, the newest first. */
  readonly history: Float64Array;
}

export class Fleet {
  readonly hosts: readonly Host[];
  readonly vms: number;
  readonly mips: Float64Array;
  readonly ram: Float64Array;
  readonly home: Int32Array;
  /** MIPS asked for now. */
  readonly asked: Float64Array;
  readonly isMoving: Uint8Array;
  /** The same as parts of each VM's MIPS. */
  readonly part: Float64Array;
  /** Of hosts: MIPS not given to anybody. */
  readonly hostFree: Float64Array;
  /** MIPS given to VMs, in the order of the list, those on their way in counted whole. */
  readonly hostInUse = new Float64Array(HOSTS);
  readonly hostRamFree: Float64Array;
  /** MIPS in use when the host was last looked at, a move's overhead included; and the look before. */
  readonly hostUsed = new Float64Array(HOSTS);
  readonly hostUsedBefore = new Float64Array(HOSTS);
  /** Watts at that. */
  readonly hostWatts: Float64Array;
  readonly hostWattsBefore: Float64Array;
  /** Asked for by all VMs of the list, in its order. */
  readonly hostAsked = new Float64Array(HOSTS);
  /** When it was last looked at, if nothing of it has changed since; else -1. */
  readonly hostLookedS = new Float64Array(HOSTS).fill(-1);
  /** Parts at the last recorded looks, a row of VMs each. */
  readonly #past: readonly Float64Array[];
  #newest = 0;
  /** Recorded looks, `HISTORY` at the most. */
  recorded = 0;
  /** All of them. */
  #looks = 0;
  /** For each kind of host the VM that was asked for last, and its part of the load. */
  readonly #lastLoads = HOST_KINDS.map(() => ({ vm: NOWHERE, looks: 0, parts: new Float64Array(HISTORY) }));
  /** Demand, a row of VMs a step. */
  readonly #rows: readonly Float64Array[];

  /**
   * @param samples  VM-major, parts of each VM's MIPS
   * @param steps    of each VM
   */
  constructor(samples: Float64Array, steps: number) {
    const vms = Math.trunc(samples.length / steps);
    this.vms = vms;
    this.#rows = Array.from({ length: steps }, () => new Float64Array(vms));
    for (let vm = 0; vm < vms; vm += 1) {
      for (let step = 0; step < steps; step += 1) this.#rows[step]![vm] = samples[vm * steps + step]!;
    }
    this.mips = Float64Array.from({ length: vms }, (_, row) => vmKind(row, vms).mips);
    this.ram = Float64Array.from({ length: vms }, (_, row) => vmKind(row, vms).ram);
    this.home = new Int32Array(vms).fill(NOWHERE);
    this.asked = new Float64Array(vms);
    this.isMoving = new Uint8Array(vms);
    this.part = new Float64Array(vms);
    this.#past = Array.from({ length: HISTORY }, () => new Float64Array(vms));
    this.hosts = Array.from({ length: HOSTS }, (_, id) => emptyHost(id));
    this.hostFree = Float64Array.from(this.hosts, ({ capacity }) => capacity);
    this.hostRamFree = Float64Array.from(this.hosts, ({ kind }) => kind.ram);
    this.hostWatts = Float64Array.from(this.hosts, ({ kind }) => wattsAt(kind, 0));
    this.hostWattsBefore = this.hostWatts.slice();
  }

  /** Looks at the demand of all VMs, between samples on a straight line. */
  look(atS: number): void {
    const { asked, mips, part: parts } = this;
    const last = this.#rows.length - 1;
    const before = Math.floor(atS / INTERVAL_S);
    const after = Math.ceil(atS / INTERVAL_S);
    const from = this.#rows[Math.min(before, last)]!;
    const to = this.#rows[Math.min(after, last)]!;
    const span = (after - before) * INTERVAL_S;
    const gone = atS - before * INTERVAL_S;
    for (let vm = 0; vm < mips.length; vm += 1) {
      const low = from[vm]!;
      const part = after === before ? low : low + ((to[vm]! - low) / span) * gone;
      asked[vm] = part * mips[vm]!;
      parts[vm] = part;
    }
  }

  /** Keeps what was looked at last as the newest row of the past. */
  record(): void {
    this.#newest = (this.#newest + 1) % HISTORY;
    this.#past[this.#newest]!.set(this.part);
    this.#looks += 1;
    this.recorded = Math.min(HISTORY, this.recorded + 1);
  }

  /**
   * What a VM was, or would have been, of the load of hosts of a kind at the recorded looks, the newest first; 0 where there
   * were none. Written anew for the next VM: one is tried on many hosts.
   */
  loadsOf(vm: number, kind: HostKind): Float64Array {
    const last = this.#lastLoads[HOST_KINDS.indexOf(kind)]!;
    const { parts } = last;
    if (last.vm === vm && last.looks === this.#looks) return parts;
    last.vm = vm;
    last.looks = this.#looks;
    const mips = this.mips[vm]!;
    const capacity = kind.mips * kind.processors;
    for (let back = 0; back < this.recorded; back += 1) {
      parts[back] = (this.pastRow(back)[vm]! * mips) / capacity;
    }
    return parts;
  }

  /** Parts of all VMs so many recorded looks ago. */
  pastRow(back: number): Float64Array {
    return this.#past[(this.#newest - back + HISTORY) % HISTORY]!;
  }
}

function emptyHost(id: number): Host {
  const kind = HOST_KINDS[id % HOST_KINDS.length]!;
  const capacity = kind.mips * kind.processors;
  return {
    id,
    kind,
    capacity,
    vms: [],
    incoming: [],
    given: new Float64Array(16),
    isQuiet: false,
    isHistoryFresh: false,
    ramMost: 0,
    history: new Float64Array(HISTORY),
  };
}

/** Shares a host's processors out afresh among the VMs of its list. */
export function share(fleet: Fleet, host: Host): void {
  const { asked: askedBy, isMoving } = fleet;
  const { id, vms, kind, incoming, capacity } = host;
  const given = roomFor(host, vms.length);
  let free = capacity;
  let asked = 0;
  let inUse = 0;
  let isShort = false;
  for (let i = 0; i < vms.length; i += 1) {
    const vm = vms[i]!;
    const wanted = askedBy[vm]!;
    asked += wanted;
    const capped = Math.min(wanted, kind.mips);
    const isIncoming = isMoving[vm] === 1 && incoming.includes(vm);
    const claim = isIncoming ? capped * 0.1 : capped;
    if (free < claim) isShort = true;
    else free -= claim;
    const amount = isIncoming ? claim : isMoving[vm] === 1 ? capped * 0.9 : capped;
    given[i] = amount;
    // Whole, where it comes.
    if (isIncoming) inUse += (amount * 0.9) / 0.1;
    inUse += amount;
  }
  host.isHistoryFresh = false;
  fleet.hostAsked[id] = asked;
  fleet.hostLookedS[id] = -1;
  fleet.hostFree[id] = isShort ? 0 : free;
  fleet.hostInUse[id] = isShort ? shareShort(askedBy, isMoving, host) : inUse;
}

/** What a host's VMs are given, with room for so many. */
function roomFor(host: Host, vms: number): Float64Array {
  if (host.given.length >= vms) return host.given;
  const larger = new Float64Array(vms * 2);
  larger.set(host.given);
  host.given = larger;
  return larger;
}

/** All ask for more than there is. @returns what is in use */
function shareShort(asked: Float64Array, isMoving: Uint8Array, host: Host): number {
  const { vms, given, kind, incoming } = host;
  let claims = 0;
  for (const vm of vms) {
    const capped = Math.min(asked[vm]!, kind.mips);
    claims += incoming.includes(vm) ? capped * 0.1 : capped;
  }
  const scale = host.capacity / claims;
  let inUse = 0;
  for (let i = 0; i < vms.length; i += 1) {
    const vm = vms[i]!;
    const capped = Math.min(asked[vm]!, kind.mips);
    const isIncoming = incoming.includes(vm);
    const amount = isIncoming
      ? Math.floor(capped * 0.1 * scale)
      : Math.floor(isMoving[vm] === 1 ? capped * scale * 0.9 : capped * scale);
    given[i] = amount;
    if (isIncoming) inUse += (amount * 0.9) / 0.1;
    inUse += amount;
  }
  return inUse;
}

/** Puts a VM at the end of a host's list; the host has room for it. */
export function add(fleet: Fleet, host: Host, vm: number): void {
  const { id, kind, vms } = host;
  const capped = Math.min(fleet.asked[vm]!, kind.mips);
  vms.push(vm);
  roomFor(host, vms.length)[vms.length - 1] = capped;
  host.isHistoryFresh = false;
  fleet.hostFree[id]! -= capped;
  fleet.hostInUse[id]! += capped;
  fleet.hostAsked[id]! += fleet.asked[vm]!;
  fleet.hostLookedS[id] = -1;
}

/** Takes a VM out of a host's list, and shares the processors out among those who stay. */
export function remove(fleet: Fleet, host: Host, vm: number): void {
  host.vms.splice(host.vms.lastIndexOf(vm), 1);
  share(fleet, host);
}

/** Part of a host in use at the last look; a hair above all of it counts as all. */
export function usedPart(fleet: Fleet, { id, capacity }: Host): number {
  const part = fleet.hostUsed[id]! / capacity;
  return part > 1 && part < 1.01 ? 1 : part;
}
