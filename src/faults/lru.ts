/**
 * Least recently used, for every number of frames at once.
 *
 * LRU keeps pages in one order whatever the number of frames: the last used first. A reference faults with c frames if
 * its page stands deeper than c in that order; the depth is counted once and answers for all c.
 *
 *   faults(c)     = references at a depth above c, first ones among them
 *   writeBacks(c) = times that a page sank past depth c after it had been written and before it was read in again:
 *                   one for every c in [dirty, depth), where dirty is the least c in which the page is dirty
 *
 * The depth is the number of pages used since, counted as marks behind the page's own in a row of time slots: bits, and
 * a Fenwick tree over words of 32 of them. When the slots are used up, the marks move together.
 *
 * Source: Mattson, Gecsei, Slutz, Traiger: Evaluation techniques for storage hierarchies, IBM Systems Journal 9, 1970.
 * Write-backs by depth as in Thompson, Smith: Efficient (stack) algorithms for write-back and sector memories, 1989.
 * Cost: O(log distinct) a reference, however many numbers of frames are asked for; 20 bytes a distinct page.
 */
import type { PageTrace } from "../trace/index.ts";

/** What LRU does with c frames stands at index c, from 1 to the distinct pages; index 0 is unused. */
export interface LruCurve {
  readonly faults: Float64Array;
  readonly writeBacks: Float64Array;
}

const WORD_BITS = 32;
const SLOTS_MIN = 1024;

/**
 * Faults and write-backs of LRU for all numbers of frames.
 *
 * @returns  arrays of one more than the distinct pages; with more frames than that nothing changes
 */
export function lruCurve({
  references,
  pageNumbers,
}: Pick<PageTrace, "references" | "pageNumbers">): LruCurve {
  const distinct = pageNumbers.length;
  const clean = distinct + 1;
  const stack = new Stack(distinct);
  const faults = new Float64Array(distinct + 1);
  const writeBacks = new Float64Array(distinct + 2);
  /** Least number of frames with which the page is dirty now. */
  const dirty = new Uint32Array(distinct).fill(clean);
  const sink = (row: number, depth: number): void => {
    const from = dirty[row]!;
    if (from >= depth) return;
    writeBacks[from]! += 1;
    writeBacks[depth]! -= 1;
    dirty[row] = depth;
  };
  let before = -1;
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    if (row !== before) {
      const depth = stack.use(row);
      if (depth > 0) {
        faults[depth - 1]! += 1;
        sink(row, depth);
      }
      before = row;
    }
    if (references[at]! & 1) dirty[row] = 1;
  }
  for (let row = 0; row < distinct; row += 1) sink(row, stack.depthOf(row));
  // So far: faults of which c is the most frames, begins and ends of write-backs. First references fault with any c.
  for (let frames = distinct - 1; frames >= 1; frames -= 1) faults[frames]! += faults[frames + 1]!;
  for (let frames = 1; frames <= distinct; frames += 1) {
    faults[frames]! += distinct;
    if (frames > 1) writeBacks[frames]! += writeBacks[frames - 1]!;
  }
  faults[0] = 0;
  return { faults, writeBacks: writeBacks.subarray(0, distinct + 1) };
}

/** Pages in the order of their last use. */
class Stack {
  /** Slot of each page's last use; 0: none. Slots count up with time. */
  readonly #slots: Uint32Array;
  /** Page of each slot, and one bit a slot that is a last use. */
  readonly #pages: Uint32Array;
  readonly #marks: Uint32Array;
  /** Fenwick tree over the words of `marks`, from 1. */
  readonly #tree: Int32Array;
  #next = 1;
  #live = 0;

  constructor(distinct: number) {
    let slots = SLOTS_MIN;
    while (slots < 4 * distinct) slots *= 2;
    this.#slots = new Uint32Array(distinct);
    this.#pages = new Uint32Array(slots);
    this.#marks = new Uint32Array(slots / WORD_BITS);
    this.#tree = new Int32Array(slots / WORD_BITS + 1);
  }

  /** Moves a page to the top; returns the depth where it was, from 1; 0 if it was nowhere. */
  use(row: number): number {
    if (this.#next === this.#pages.length) this.#closeUp();
    const slot = this.#slots[row]!;
    let depth = 0;
    if (slot === 0) this.#live += 1;
    else {
      depth = this.depthOf(row);
      this.#marks[slot >>> 5]! &= ~(1 << (slot & 31));
    }
    const next = this.#next;
    this.#next += 1;
    this.#marks[next >>> 5]! |= 1 << (next & 31);
    if (slot === 0) this.#count(next >>> 5, 1);
    else if (slot >>> 5 !== next >>> 5) {
      this.#count(slot >>> 5, -1);
      this.#count(next >>> 5, 1);
    }
    this.#slots[row] = next;
    this.#pages[next] = row;
    return depth;
  }

  /** From 1, of a page that was used. */
  depthOf(row: number): number {
    const slot = this.#slots[row]!;
    const word = slot >>> 5;
    // Marks up to the page's own; all others were used since.
    let marks = bitsOf(this.#marks[word]! & (-1 >>> (31 - (slot & 31))));
    for (let node = word; node > 0; node &= node - 1) marks += this.#tree[node]!;
    return this.#live - marks + 1;
  }

  #count(word: number, by: number): void {
    for (let node = word + 1; node < this.#tree.length; node += node & -node) this.#tree[node]! += by;
  }

  /** Moves the marks together at the first slots, in their order. */
  #closeUp(): void {
    let to = 1;
    for (let slot = 1; slot < this.#next; slot += 1) {
      if ((this.#marks[slot >>> 5]! & (1 << (slot & 31))) === 0) continue;
      const row = this.#pages[slot]!;
      this.#pages[to] = row;
      this.#slots[row] = to;
      to += 1;
    }
    this.#next = to;
    this.#marks.fill(0);
    this.#tree.fill(0);
    for (let slot = 1; slot < to; slot += 1) this.#marks[slot >>> 5]! |= 1 << (slot & 31);
    for (let word = 0; word < this.#marks.length; word += 1) {
      const node = word + 1;
      this.#tree[node]! += bitsOf(this.#marks[word]!);
      const above = node + (node & -node);
      if (above < this.#tree.length) this.#tree[above]! += this.#tree[node]!;
    }
  }
}

/** Bits set in a word. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bits, 0x01010101) >>> 24;
}
