/**
 * Where a VM without a host goes: at its start, and after its host has failed.
 *
 *   most-free    the host with most memory not yet taken, ties to the first (as at page resolution)
 *   first-fit    the first host with room for all its memory and vCPUs; the search goes on where the last one found room
 *   least-power  the host in use whose power grows least, then one that is off
 *
 * Hosts stand in a tree of tournaments by free memory, so `most-free` looks at the best first. Where nobody has room the host
 * with most free memory takes it; rules hold always.
 *
 * Cost: O(log hosts) a VM where the first looked at will do; O(hosts) where rules or room refuse many.
 */
import type { ClusterState } from "./state.ts";

export class StartPlaces {
  readonly #state: ClusterState;
  readonly #allows: (vm: number, host: number) => boolean;
  /** Memory and processors that VMs are configured with, not yet taken. */
  readonly #freeMib: Float64Array;
  readonly #freeMhz: Float64Array;
  readonly #leaves: number;
  readonly #tree: Int32Array;
  #next = 0;

  constructor(state: ClusterState, allows: (vm: number, host: number) => boolean) {
    this.#state = state;
    this.#allows = allows;
    this.#freeMib = state.spec.hosts.memoryMib.slice();
    this.#freeMhz = state.spec.hosts.mhz.slice();
    let leaves = 1;
    while (leaves < state.hosts) leaves *= 2;
    this.#leaves = leaves;
    this.#tree = new Int32Array(leaves).fill(-1);
    for (let node = leaves - 1; node > 0; node -= 1) this.#play(node);
  }

  /** Notes that a VM came to a host (`sign` 1) or left it (−1). */
  note(vm: number, host: number, sign: 1 | -1): void {
    const { memoryMib, mhz } = this.#state.spec.vms;
    this.#freeMib[host]! -= sign * memoryMib[vm]!;
    this.#freeMhz[host]! -= sign * mhz[vm]!;
    this.touch(host);
  }

  /** Plays a host's matches again: its room or whether it is up has changed. */
  touch(host: number): void {
    for (let node = (this.#leaves + host) >> 1; node > 0; node >>= 1) this.#play(node);
  }

  #winner(child: number): number {
    if (child < this.#leaves) return this.#tree[child]!;
    const host = child - this.#leaves;
    return host < this.#state.hosts && this.#state.hostUp[host] === 1 ? host : -1;
  }

  #play(node: number): void {
    const [one, other] = [this.#winner(2 * node), this.#winner(2 * node + 1)];
    if (one < 0 || other < 0) this.#tree[node] = Math.max(one, other);
    else this.#tree[node] = this.#freeMib[other]! > this.#freeMib[one]! ? other : one;
  }

  /** A host for a VM; −1: none that is up may take it. */
  find(vm: number): number {
    const { placement } = this.#state.spec;
    const chosen =
      placement === "first-fit"
        ? this.#firstFit(vm)
        : placement === "least-power"
          ? this.#leastPower(vm)
          : -1;
    if (chosen >= 0) return chosen;
    const best = this.#leaves === 1 ? this.#winner(1) : this.#tree[1]!;
    if (best < 0 || this.#allows(vm, best)) return best;
    let [found, most] = [-1, Number.NEGATIVE_INFINITY];
    for (let host = 0; host < this.#state.hosts; host += 1) {
      if (this.#state.hostUp[host] === 0 || !(this.#freeMib[host]! > most) || !this.#allows(vm, host))
        continue;
      found = host;
      most = this.#freeMib[host]!;
    }
    return found;
  }

  #hasRoom(vm: number, host: number): boolean {
    const { memoryMib, mhz } = this.#state.spec.vms;
    return (
      this.#freeMib[host]! >= memoryMib[vm]! && this.#freeMhz[host]! >= mhz[vm]! && this.#isOpen(vm, host)
    );
  }

  #isOpen(vm: number, host: number): boolean {
    return this.#state.hostUp[host] === 1 && this.#allows(vm, host);
  }

  #firstFit(vm: number): number {
    const { hosts } = this.#state;
    for (let i = 0; i < hosts; i += 1) {
      const host = (this.#next + i) % hosts;
      if (!this.#hasRoom(vm, host)) continue;
      this.#next = host;
      return host;
    }
    return -1;
  }

  #leastPower(vm: number): number {
    const { spec, hosts, hostVms, hostKind } = this.#state;
    const mhz = spec.vms.mhz[vm]!;
    let [best, least] = [-1, Number.POSITIVE_INFINITY];
    const seen = new Set<number>();
    for (let host = 0; host < hosts; host += 1) {
      const kind = hostKind[host]!;
      const isEmpty = hostVms[host] === 0;
      if ((isEmpty && seen.has(kind)) || !this.#hasRoom(vm, host)) continue;
      if (isEmpty) seen.add(kind);
      const before = spec.hosts.mhz[host]! - this.#freeMhz[host]!;
      const gain = this.#state.watts(kind, before + mhz) - (isEmpty ? 0 : this.#state.watts(kind, before));
      if (!(gain < least)) continue;
      best = host;
      least = gain;
    }
    return best;
  }
}
