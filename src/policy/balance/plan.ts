/**
 * A cluster as it would be with the moves planned so far: load, memory and lists of hosts, and their recent load by the VMs that
 * they would have.
 *
 * Cost: O(VMs × history) to begin with, O(history) a change.
 */
import type { BalanceView } from "./policy.ts";

export class ClusterPlan {
  readonly view: BalanceView;
  readonly load: Float64Array;
  readonly usedMib: Float64Array;
  readonly lists: number[][];
  /** Values of history a host: newest first, `depth` each. */
  readonly history: Float64Array;
  readonly depth: number;
  #room: RoomTree | undefined;
  readonly #closed = new Set<number>();

  /** @param depth  intervals of history to look at; 0: none */
  constructor(view: BalanceView, depth: number) {
    this.view = view;
    this.load = view.hostDemandMhz.slice();
    this.usedMib = view.hostUsedMib.slice();
    this.lists = Array.from({ length: view.hosts }, (_, host) => Array.from(view.vmsOf(host)));
    this.depth = Math.min(depth, view.pastSteps);
    this.history = new Float64Array(view.hosts * this.depth);
    for (let back = 0; back < this.depth; back += 1) {
      const past = view.past(back);
      for (let vm = 0; vm < view.vms; vm += 1) {
        const host = view.vmHost[vm]!;
        if (host >= 0) this.history[host * this.depth + back]! += this.#part(past, vm, host);
      }
    }
  }

  #part(past: Float32Array, vm: number, host: number): number {
    const part = past[vm]!;
    return part > 0 ? (part * this.view.vmMhz[vm]!) / this.view.hostMhz[host]! : 0;
  }

  add(vm: number, host: number): void {
    this.lists[host]!.push(vm);
    this.#change(vm, host, 1);
  }

  remove(vm: number, host: number): void {
    const list = this.lists[host]!;
    list.splice(list.lastIndexOf(vm), 1);
    this.#change(vm, host, -1);
  }

  #change(vm: number, host: number, sign: number): void {
    this.load[host]! += sign * this.view.vmDemandMhz[vm]!;
    this.usedMib[host]! += sign * this.view.vmMemoryMib[vm]!;
    if (this.#room !== undefined && !this.#closed.has(host)) this.#room.set(host, this.freeMib(host));
    for (let back = 0; back < this.depth; back += 1) {
      this.history[host * this.depth + back]! += sign * this.#part(this.view.past(back), vm, host);
    }
    if (this.lists[host]!.length > 0) return;
    // Sums of nothing are nothing, whatever rounding left behind.
    this.load[host] = 0;
    this.usedMib[host] = 0;
  }

  /** A host's recent load, with one VM more if one is named; `out` is as long as the history. */
  historyOf(host: number, more: number | undefined, out: Float64Array): Float64Array {
    for (let back = 0; back < this.depth; back += 1) {
      const added = more === undefined ? 0 : this.#part(this.view.past(back), more, host);
      out[back] = this.history[host * this.depth + back]! + added;
    }
    return out;
  }

  /**
   * Whether no host but its own has room for a VM's memory.
   *
   * Cost: O(log hosts), and O(hosts) the first time.
   */
  isHopeless(vm: number, host: number): boolean {
    const need = this.view.vmMemoryMib[vm]!;
    if (need === 0) return false;
    this.#room ??= new RoomTree(this.view.hosts, (one) => (this.#counts(one) ? this.freeMib(one) : -1));
    const own = this.freeMib(host);
    this.#room.set(host, -1);
    const isHopeless = this.#room.most < need;
    this.#room.set(host, own);
    return isHopeless;
  }

  #counts(host: number): boolean {
    return this.view.hostUp[host] === 1 && !this.#closed.has(host);
  }

  /** Leaves a host out of those that count. */
  close(host: number): void {
    this.#closed.add(host);
    this.#room?.set(host, -1);
  }

  /** Memory not taken on a host; Infinity where a host's memory is not known. */
  freeMib(host: number): number {
    return this.view.hostMemoryMib[host]! * (1 + 1e-9) - this.usedMib[host]!;
  }

  hasRoom(vm: number, host: number): boolean {
    const need = this.view.vmMemoryMib[vm]!;
    return need === 0 || need <= this.freeMib(host);
  }
}

/** A tree of tournaments for the most free memory. */
class RoomTree {
  readonly #leaves: number;
  readonly #nodes: Float64Array;

  constructor(hosts: number, room: (host: number) => number) {
    let leaves = 1;
    while (leaves < hosts) leaves *= 2;
    this.#leaves = leaves;
    this.#nodes = new Float64Array(2 * leaves).fill(-1);
    for (let host = 0; host < hosts; host += 1) this.#nodes[leaves + host] = room(host);
    for (let node = leaves - 1; node > 0; node -= 1) this.#play(node);
  }

  get most(): number {
    return this.#nodes[1]!;
  }

  set(host: number, room: number): void {
    let node = this.#leaves + host;
    this.#nodes[node] = room;
    for (node >>= 1; node > 0; node >>= 1) this.#play(node);
  }

  #play(node: number): void {
    this.#nodes[node] = Math.max(this.#nodes[2 * node]!, this.#nodes[2 * node + 1]!);
  }
}
