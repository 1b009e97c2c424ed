/**
 * Demand of all VMs, interval after interval, from a table that stands VM after VM.
 *
 * Reading one interval of all VMs would fetch a cache line a value, so sixteen are turned round at a time.
 *
 *   table   vm 0: s0 s1 s2 …     window   s0: vm 0, vm 1 …
 *           vm 1: s0 s1 s2 …              s1: vm 0, vm 1 …
 *
 * Cost: O(VMs) an interval, each line of the table read once.
 */
const WIDTH = 16;

export class DemandWindow {
  readonly #table: Float32Array;
  readonly #steps: number;
  readonly #rows: Int32Array;
  readonly #constant: Float32Array;
  /** The windows, one behind the other. */
  readonly #all: Float32Array;
  readonly #windows: readonly Float32Array[];
  #first = -1;

  /**
   * @param table     row-major, `steps` a row
   * @param rows      per VM its row; −1: none
   * @param constant  per VM what it asks for if it has none
   */
  constructor(table: Float32Array, steps: number, rows: Int32Array, constant: Float32Array) {
    this.#table = table;
    this.#steps = steps;
    this.#rows = rows;
    this.#constant = constant;
    const width = Math.min(WIDTH, Math.max(1, steps));
    const vms = rows.length;
    this.#all = new Float32Array(width * vms);
    this.#windows = Array.from({ length: width }, (_, i) => this.#all.subarray(i * vms, (i + 1) * vms));
  }

  /** Values of an interval, a VM each; valid until sixteen intervals on. Behind the table's end the last one holds. */
  at(step: number): Float32Array {
    const within = Math.min(step, this.#steps - 1);
    const width = this.#windows.length;
    const first = Math.floor(within / width) * width;
    if (first !== this.#first) this.#turn(first);
    return this.#windows[within - first]!;
  }

  #turn(first: number): void {
    const count = Math.min(this.#windows.length, this.#steps - first);
    const rows = this.#rows;
    const table = this.#table;
    const steps = this.#steps;
    const constant = this.#constant;
    const all = this.#all;
    const vms = rows.length;
    for (let vm = 0; vm < vms; vm += 1) {
      const row = rows[vm]!;
      const base = row * steps + first;
      for (let i = 0; i < count; i += 1) {
        all[i * vms + vm] = row < 0 ? constant[vm]! : table[base + i]!;
      }
    }
    this.#first = first;
  }
}
