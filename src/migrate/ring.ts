/**
 * Waiting pages of a guest that writes its working set in a circle: arcs of the ring, sent in the order of memory.
 *
 *   0      scan ->                 W
 *   |......####....######...........|        # waits; the writer adds the arc it ran over
 *
 * Source: none; it is what a dirty bitmap holds of a cyclic writer. Cost: O(arcs), two or three of them.
 */
import type { WaitingSet } from "./dirtying.ts";

interface Arc {
  from: number;
  to: number;
}

/** What is left of sums of fractions of pages. */
const DUST = 1e-6;

/** Waiting pages of a cyclic writer; the scan begins at page 0. */
export class RingSet implements WaitingSet {
  readonly #ringPages: number;
  readonly #pagesPerS: number;
  readonly #startPage: number;
  readonly #isDown: boolean;
  /** In increasing order, apart from each other. */
  #arcs: Arc[] = [];
  #scan = 0;
  pages = 0;

  /**
   * An empty set.
   *
   * @param ringPages  above 0
   * @param pagesPerS  above 0
   * @param phase      where the writer stands at guest time 0, as a part of the ring
   * @param isDown     whether it walks against the scan
   */
  constructor(ringPages: number, pagesPerS: number, phase: number, isDown = false) {
    this.#isDown = isDown;
    this.#ringPages = ringPages;
    this.#pagesPerS = pagesPerS;
    this.#startPage = phase * ringPages;
  }

  take(count: number): void {
    if (!(count > 0)) return;
    const left = this.#sweep(count);
    if (left >= DUST) {
      this.#scan = 0;
      this.#sweep(left);
    }
    this.#measure();
  }

  add(fromS: number, seconds: number): number {
    const before = this.pages;
    const ring = this.#ringPages;
    const written = this.#pagesPerS * seconds;
    if (!(written > 0)) return 0;
    if (written >= ring) {
      this.#arcs = [{ from: 0, to: ring }];
    } else {
      const from = (this.#startPage + this.#pagesPerS * fromS) % ring;
      this.#include(from, Math.min(ring, from + written));
      if (from + written > ring) this.#include(0, from + written - ring);
    }
    this.#measure();
    return this.pages - before;
  }

  /** Adds an arc, in the order in which the writer walks. */
  #include(from: number, to: number): void {
    const ring = this.#ringPages;
    let merged: Arc = this.#isDown ? { from: ring - to, to: ring - from } : { from, to };
    const kept: Arc[] = [];
    for (const arc of this.#arcs) {
      if (arc.to < merged.from || arc.from > merged.to) kept.push(arc);
      else merged = { from: Math.min(arc.from, merged.from), to: Math.max(arc.to, merged.to) };
    }
    kept.push(merged);
    this.#arcs = kept.sort((a, b) => a.from - b.from);
  }

  /** Clears from the scan to the ring's end, at most so many pages; returns what is left to take. */
  #sweep(most: number): number {
    let left = most;
    const kept: Arc[] = [];
    for (const { from, to } of this.#arcs) {
      const first = Math.max(from, this.#scan);
      const last = Math.min(to, first + left);
      if (left < DUST || last <= first) {
        kept.push({ from, to });
        continue;
      }
      if (from < first) kept.push({ from, to: first });
      if (last < to) kept.push({ from: last, to });
      left -= last - first;
      this.#scan = last;
    }
    this.#arcs = kept;
    return left;
  }

  #measure(): void {
    this.pages = 0;
    for (const { from, to } of this.#arcs) this.pages += to - from;
  }
}
