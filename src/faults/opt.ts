/**
 * The policy that knows the future: the page whose next use is farthest leaves. No policy has fewer faults.
 *
 * A heap holds an entry (next use, page) for every reference so far; the entry of an earlier use of the same page stays,
 * since its time has passed: it lies below all entries of pages in frames, and never comes to the top.
 *
 * Pages that are never used again are all equally far. Which of them leaves changes no fault, but it does change
 * write-backs a little: here the heap decides. It lets an entry up past smaller ones only, and its last entry down on the
 * left side where both are equal, so that mostly the one leaves that was used longest ago.
 *
 * Source: Belady: A study of replacement algorithms for a virtual-storage computer, IBM Systems Journal 5, 1966.
 * Cost: O(log references) a reference; 12 bytes a reference.
 */
import type { PageTrace } from "../trace/index.ts";
import type { FaultCounts } from "./policy.ts";

/**
 * For each reference, the index of the next one to the same page; the number of references if there is none.
 */
export function nextUses({ references, pageNumbers }: PageTrace): Uint32Array {
  const next = new Uint32Array(references.length);
  const later = new Uint32Array(pageNumbers.length).fill(references.length);
  for (let at = references.length - 1; at >= 0; at -= 1) {
    const row = references[at]! >>> 1;
    next[at] = later[row]!;
    later[row] = at;
  }
  return next;
}

/** @param next  of the same trace */
export function optFaults(
  { references, pageNumbers }: PageTrace,
  frames: number,
  next: Uint32Array,
): FaultCounts {
  const size = Math.min(frames, pageNumbers.length);
  const heap = new FarthestFirst(references.length);
  const states = new Uint8Array(pageNumbers.length);
  let [filled, faults, writeBacks] = [0, 0, 0];
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    const write = references[at]! & DIRTY;
    const state = states[row]!;
    if (state !== 0) states[row] = state | write;
    else {
      faults += 1;
      if (filled < size) filled += 1;
      else {
        const victim = heap.pop();
        writeBacks += states[victim]! & DIRTY;
        states[victim] = 0;
      }
      states[row] = RESIDENT | write;
    }
    heap.push(next[at]!, row);
  }
  return { faults, writeBacks };
}

const DIRTY = 1;
const RESIDENT = 2;

/** A binary heap; the farthest next use on top. */
class FarthestFirst {
  readonly #keys: Uint32Array;
  readonly #rows: Uint32Array;
  #length = 0;

  constructor(capacity: number) {
    this.#keys = new Uint32Array(capacity);
    this.#rows = new Uint32Array(capacity);
  }

  push(key: number, row: number): void {
    const keys = this.#keys;
    const rows = this.#rows;
    let at = this.#length;
    this.#length += 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (keys[above]! >= key) break;
      keys[at] = keys[above]!;
      rows[at] = rows[above]!;
      at = above;
    }
    keys[at] = key;
    rows[at] = row;
  }

  /** The row on top, taken out. */
  pop(): number {
    const keys = this.#keys;
    const rows = this.#rows;
    const top = rows[0]!;
    this.#length -= 1;
    const length = this.#length;
    const key = keys[length]!;
    const row = rows[length]!;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && keys[below + 1]! > keys[below]!) below += 1;
      if (keys[below]! <= key) break;
      keys[at] = keys[below]!;
      rows[at] = rows[below]!;
      at = below;
    }
    keys[at] = key;
    rows[at] = row;
    return top;
  }
}
