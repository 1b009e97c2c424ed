/**
 * A page reference trace in memory: which pages, in which order, read or written.
 *
 *   references   2·row | write, one word a reference         pageNumbers   page number of each row
 *
 * Rows number the distinct pages from 0 in the order of their first reference, so that whatever replays a trace needs
 * arrays only. Cost: 4 bytes a reference, 16 to 48 a distinct page while it is built, 8 afterwards.
 */
import { PAGE_NUMBERS } from "./format.ts";

export interface PageTrace {
  /** One word a reference: row of its page × 2, + 1 if it writes. */
  readonly references: Uint32Array;
  /** Page number by row, below 2^52. */
  readonly pageNumbers: Float64Array;
  /** References that write. */
  readonly writes: number;
}

/** References of the longest trace. */
export const REFERENCES_MAX = 2 ** 30;

const FIRST_CAPACITY = 1 << 12;
const FIRST_SLOTS = 1 << 10;
const EMPTY = -1;

/** Collects references; `finish` gives the trace. */
export class TraceBuilder {
  #references = new Uint32Array(FIRST_CAPACITY);
  #count = 0;
  #writes = 0;
  #pageNumbers = new Float64Array(FIRST_SLOTS >> 1);
  #distinct = 0;
  /** Open addressing, at most half full: page number, row. */
  #keys = new Float64Array(FIRST_SLOTS).fill(EMPTY);
  #rows = new Uint32Array(FIRST_SLOTS);
  #lastPage = EMPTY;
  #lastRow = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * Adds one reference.
   *
   * @param page   whole, below 2^52
   * @param write  0 or 1
   */
  add(page: number, write: number): void {
    if (page !== this.#lastPage) {
      this.#lastRow = this.#rowOf(page);
      this.#lastPage = page;
    }
    if (this.#count === this.#references.length) this.#grow();
    this.#references[this.#count] = this.#lastRow * 2 + write;
    this.#count += 1;
    this.#writes += write;
  }

  finish(): PageTrace {
    return {
      references: this.#references.slice(0, this.#count),
      pageNumbers: this.#pageNumbers.slice(0, this.#distinct),
      writes: this.#writes,
    };
  }

  #rowOf(page: number): number {
    const mask = this.#keys.length - 1;
    let slot = hash(page) & mask;
    for (;;) {
      const key = this.#keys[slot]!;
      if (key === page) return this.#rows[slot]!;
      if (key === EMPTY) break;
      slot = (slot + 1) & mask;
    }
    const row = this.#distinct;
    this.#keys[slot] = page;
    this.#rows[slot] = row;
    this.#pageNumbers[row] = page;
    this.#distinct += 1;
    if (this.#distinct === this.#pageNumbers.length) this.#growTable();
    return row;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#references.length * 2);
    larger.set(this.#references);
    this.#references = larger;
  }

  #growTable(): void {
    const pages = new Float64Array(this.#distinct * 2);
    pages.set(this.#pageNumbers);
    this.#pageNumbers = pages;
    this.#keys = new Float64Array(this.#distinct * 4).fill(EMPTY);
    this.#rows = new Uint32Array(this.#distinct * 4);
    const mask = this.#keys.length - 1;
    for (let row = 0; row < this.#distinct; row += 1) {
      let slot = hash(pages[row]!) & mask;
      while (this.#keys[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#keys[slot] = pages[row]!;
      this.#rows[slot] = row;
    }
  }
}

function hash(page: number): number {
  const high = (page / 2 ** 32) | 0;
  const mixed = Math.imul((page >>> 0) ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/**
 * Makes a trace of numbers that are there already.
 *
 * @param pages   page numbers, whole, below 2^52, in the order of the references; at most 2^30
 * @param writes  whether each reference writes; absent: none does
 * @throws        RangeError for anything else
 */
export function pageTraceOf(pages: ArrayLike<number>, writes?: ArrayLike<boolean | number>): PageTrace {
  if (pages.length > REFERENCES_MAX)
    throw new RangeError(`pageTraceOf: expected at most ${REFERENCES_MAX} references, got ${pages.length}`);
  if (writes !== undefined && writes.length !== pages.length)
    throw new RangeError(`pageTraceOf: expected ${pages.length} writes, one a page, got ${writes.length}`);
  const builder = new TraceBuilder();
  for (let index = 0; index < pages.length; index += 1) {
    const page = pages[index]!;
    if (!(Number.isInteger(page) && page >= 0 && page < PAGE_NUMBERS))
      throw new RangeError(`pageTraceOf: pages[${index}]: expected a whole number in [0, 2^52), got ${page}`);
    builder.add(page, writes?.[index] ? 1 : 0);
  }
  return builder.finish();
}
