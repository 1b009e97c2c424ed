/**
 * Lists of pages, each page in one of them at most, newest at the front.
 *
 * Links stand in arrays by row; behind the rows comes one row a list, which is both its ends. Cost: O(1) each; 9 bytes
 * a distinct page.
 */

export class PageLists {
  readonly #distinct: number;
  readonly #newer: Uint32Array;
  readonly #older: Uint32Array;
  /** Number of the list of each page, from 1; 0: none. */
  readonly #lists: Uint8Array;
  readonly #lengths: number[];

  /** @param lists  how many, numbered from 1 */
  constructor(distinct: number, lists: number) {
    this.#distinct = distinct;
    this.#newer = new Uint32Array(distinct + lists + 1);
    this.#older = new Uint32Array(distinct + lists + 1);
    this.#lists = new Uint8Array(distinct);
    this.#lengths = new Array<number>(lists + 1).fill(0);
    for (let end = distinct; end < this.#newer.length; end += 1) {
      this.#newer[end] = end;
      this.#older[end] = end;
    }
  }

  /** Number of the list that the page is in; 0: none. */
  listOf(row: number): number {
    return this.#lists[row]!;
  }

  length(list: number): number {
    return this.#lengths[list]!;
  }

  /** The page at the back of a list that is not empty. */
  oldest(list: number): number {
    return this.#newer[this.#distinct + list]!;
  }

  /** Puts a page at the front of a list, from wherever it was. */
  put(row: number, list: number): void {
    this.remove(row);
    const end = this.#distinct + list;
    const front = this.#older[end]!;
    this.#older[row] = front;
    this.#newer[row] = end;
    this.#newer[front] = row;
    this.#older[end] = row;
    this.#lists[row] = list;
    this.#lengths[list]! += 1;
  }

  /** Takes a page out of its list, if it is in one. */
  remove(row: number): void {
    const list = this.#lists[row]!;
    if (list === 0) return;
    const newer = this.#newer[row]!;
    const older = this.#older[row]!;
    this.#older[newer] = older;
    this.#newer[older] = newer;
    this.#lists[row] = 0;
    this.#lengths[list]! -= 1;
  }
}
