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

  /** Memory not taken on a host; Infinity where a host's memory is not known. */
  freeMib(host: number): number {
    return this.view.hostMemoryMib[host]! * (1 + 1e-9) - this.usedMib[host]!;
  }

  hasRoom(vm: number, host: number): boolean {
    const need = this.view.vmMemoryMib[vm]!;
    return need === 0 || need <= this.freeMib(host);
  }
}
