/**
 * The core's cosine placement over a memory of its own.
 *
 *   memory = [ 64 KiB of the core | control | free 4 f64 | groups 5 f32 | next u32 | sizes 4 f64 | items u32 | homes i32 ]
 *               a row a host: free, groups, next; a row an item: sizes, items, homes
 *
 * Cost: 56 bytes a host, 40 bytes an item.
 */
import type { CoreExports } from "../core/exports.ts";
import { instantiateCore, kernelMemory } from "../core/module.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN } from "./room.ts";

const CONTROL_AT = 65_536;
const ROWS_AT = CONTROL_AT + 256;
/** Hosts looked at in one step. */
const LANES = 8;
const DIMENSIONS = 4;
/** Of a host in its group: what is free in each dimension, and one over its length. */
const GROUP_FLOATS = 5;
/** Less than any item. */
const CLOSED = -1;
const NONE = 0xffff_ffff;
/** Index in the control block. */
const TOP = 7;
/** Items between two calls: a first call of a long loop runs unoptimised to its end. */
const CHUNK = 512;
/** Smaller parts of a unit than this could vanish in f32. */
const LEAST_PART = 1e-6;
const BYTES_MAX = 4e9;

/** Whether the core can place a problem's items: counted bins, up to four dimensions, no rules, no tiny sizes. */
export function mayUseKernel({ bins, dimensions, items, rules, sizes, units, isSigned }: Problem): boolean {
  if (!Number.isFinite(bins) || dimensions > DIMENSIONS || rules !== undefined || isSigned.includes(true))
    return false;
  if (bins * 56 + items * 40 > BYTES_MAX) return false;
  return sizes.every((size, at) => size === 0 || size >= LEAST_PART * units[at % dimensions]!);
}

export class CosineKernel {
  /** Of its memory, for native controls. */
  readonly bytes: Uint8Array;
  readonly control: number = CONTROL_AT;
  readonly #core: CoreExports;
  readonly #problem: Problem;
  readonly #homes: Int32Array;
  readonly #items: Uint32Array;
  readonly #free: Float64Array;
  readonly #groups: Float32Array;
  readonly #next: Uint32Array;
  readonly #control: Uint32Array;
  readonly #column: number;
  #count = 0;

  /**
   * @param module   the core's plain build
   * @param problem  one that `mayUseKernel`
   * @throws RangeError if the machine has not so much memory
   */
  constructor(module: WebAssembly.Module, problem: Problem) {
    const { bins, items, dimensions, sizes } = problem;
    const column = Math.ceil(bins / LANES) * LANES;
    const freeAt = ROWS_AT;
    const sizesAt = freeAt + column * DIMENSIONS * 8;
    const groupsAt = sizesAt + items * DIMENSIONS * 8;
    const nextAt = groupsAt + column * GROUP_FLOATS * 4;
    const itemsAt = nextAt + column * 4;
    const homesAt = itemsAt + items * 4;
    const memory = kernelMemory(homesAt + items * 4);
    const { buffer } = memory;
    this.bytes = new Uint8Array(buffer);
    this.#core = instantiateCore(module, memory);
    this.#problem = problem;
    this.#column = column;
    this.#control = new Uint32Array(buffer, CONTROL_AT, 8);
    this.#control.set([column, freeAt, groupsAt, nextAt, sizesAt, itemsAt, homesAt, 0]);
    const factors = new Float64Array(buffer, CONTROL_AT + 40, 12);
    for (let d = 0; d < dimensions; d += 1) {
      factors[d] = problem.weights[d]!;
      factors[DIMENSIONS + d] = 1 / problem.units[d]!;
      factors[2 * DIMENSIONS + d] = problem.slack[d]!;
    }
    this.#free = new Float64Array(buffer, freeAt, column * DIMENSIONS);
    this.#groups = new Float32Array(buffer, groupsAt, column * GROUP_FLOATS);
    this.#next = new Uint32Array(buffer, nextAt, column);
    const padded = new Float64Array(buffer, sizesAt, items * DIMENSIONS);
    for (let item = 0; item < items; item += 1) {
      for (let d = 0; d < dimensions; d += 1) padded[item * DIMENSIONS + d] = sizes[item * dimensions + d]!;
    }
    this.#items = new Uint32Array(buffer, itemsAt, items);
    this.#homes = new Int32Array(buffer, homesAt, items);
    this.reset();
  }

  /** All bins empty, and none open. */
  reset(): void {
    const { bins, dimensions, capacities } = this.#problem;
    for (let d = 0; d < dimensions; d += 1) {
      for (let bin = 0; bin < bins; bin += 1) {
        this.#free[d * this.#column + bin] = capacities[bin * dimensions + d]!;
      }
    }
    this.#groups.fill(CLOSED);
    this.#next.fill(NONE);
    this.#control[TOP] = 0;
    this.#homes.fill(NO_BIN);
  }

  /** From now on a bin may be chosen. */
  open(bin: number): void {
    this.#core.cosine_open(CONTROL_AT, bin);
  }

  /** From now on every bin may be chosen: the lowest empty one of each kind stands for all of them. */
  openAll(): void {
    const { bins, dimensions, capacities } = this.#problem;
    const last = new Map<string, number>();
    for (let bin = 0; bin < bins; bin += 1) {
      const kind = capacities.subarray(bin * dimensions, (bin + 1) * dimensions).join();
      const before = last.get(kind);
      last.set(kind, bin);
      if (before === undefined) this.open(bin);
      else this.#next[before] = bin;
    }
  }

  /** Says in which order items come. */
  sort(order: Uint32Array): void {
    this.#items.set(order);
    this.#count = order.length;
  }

  /**
   * Places items in their order, until one finds no open bin.
   *
   * @param from  place in the order to begin at
   * @returns     place of the one that found none; as many as there are if all did
   */
  run(from: number): number {
    for (let at = from; at < this.#count; ) {
      const to = Math.min(this.#count, at + CHUNK);
      const stopped = this.#core.cosine_placeRun(CONTROL_AT, at, to) >>> 0;
      if (stopped < to) return stopped;
      at = to;
    }
    return this.#count;
  }

  /** Per item its bin, −1 none. */
  homes(): Int32Array {
    return this.#homes.slice(0, this.#problem.items);
  }

  /** What a bin has free in a dimension. */
  free(bin: number, d: number): number {
    return this.#free[d * this.#column + bin]!;
  }
}
