/**
 * Least frequently used: the page with the fewest references since it was loaded leaves; among equals the one that was
 * used longest ago.
 *
 * Cost: O(log frames) a reference: a heap of the pages in frames; 16 bytes a distinct page.
 */
import type { PageTrace } from "../trace/index.ts";
import type { FaultCounts } from "./policy.ts";

export function lfuFaults({ references, pageNumbers }: PageTrace, frames: number): FaultCounts {
  const size = Math.min(frames, pageNumbers.length);
  const heap = new RarestFirst(pageNumbers.length, size);
  const dirty = new Uint8Array(pageNumbers.length);
  let [faults, writeBacks] = [0, 0];
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    if (heap.has(row)) heap.use(row, at);
    else {
      faults += 1;
      if (heap.length === size) {
        const victim = heap.takeTop();
        writeBacks += dirty[victim]!;
        dirty[victim] = 0;
      }
      heap.add(row, at);
    }
    dirty[row]! |= references[at]! & 1;
  }
  return { faults, writeBacks };
}

const NOWHERE = 0;

/** A binary heap of pages; fewest references on top, then the earliest last use. */
class RarestFirst {
  length = 0;
  readonly #heap: Uint32Array;
  /** Place of each page in the heap, from 1; 0: not there. */
  readonly #places: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #uses: Uint32Array;

  constructor(distinct: number, size: number) {
    this.#heap = new Uint32Array(size + 1);
    this.#places = new Uint32Array(distinct);
    this.#counts = new Uint32Array(distinct);
    this.#uses = new Uint32Array(distinct);
  }

  has(row: number): boolean {
    return this.#places[row] !== NOWHERE;
  }

  use(row: number, at: number): void {
    this.#counts[row]! += 1;
    this.#uses[row] = at;
    this.#sink(row, this.#places[row]!);
  }

  add(row: number, at: number): void {
    this.#counts[row] = 1;
    this.#uses[row] = at;
    this.length += 1;
    let place = this.length;
    while (place > 1 && this.#isRarer(row, this.#heap[place >>> 1]!)) {
      this.#set(this.#heap[place >>> 1]!, place);
      place >>>= 1;
    }
    this.#set(row, place);
  }

  takeTop(): number {
    const top = this.#heap[1]!;
    const last = this.#heap[this.length]!;
    this.length -= 1;
    if (this.length > 0) this.#sink(last, 1);
    this.#places[top] = NOWHERE;
    return top;
  }

  #sink(row: number, from: number): void {
    let place = from;
    for (;;) {
      let below = 2 * place;
      if (below > this.length) break;
      if (below < this.length && this.#isRarer(this.#heap[below + 1]!, this.#heap[below]!)) below += 1;
      if (!this.#isRarer(this.#heap[below]!, row)) break;
      this.#set(this.#heap[below]!, place);
      place = below;
    }
    this.#set(row, place);
  }

  #set(row: number, place: number): void {
    this.#heap[place] = row;
    this.#places[row] = place;
  }

  #isRarer(one: number, other: number): boolean {
    const [few, many] = [this.#counts[one]!, this.#counts[other]!];
    return few < many || (few === many && this.#uses[one]! < this.#uses[other]!);
  }
}
