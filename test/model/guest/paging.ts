/**
 * A guest's page replacement, naively: two arrays of pages, the head first, and a map of what is where. Physical pages
 * do not appear: which one holds what changes nothing.
 */

export interface PagingSpec {
  /** Pages that programs and files can have: the guest's, without its kernel. */
  readonly pages: number;
  readonly swapPages: number;
  readonly free: { readonly min: number; readonly low: number; readonly high: number };
}

interface Page {
  readonly name: string;
  readonly isFile: boolean;
  referenced: boolean;
  dirty: boolean;
}

const LOOKS = 1024;

export class PagingModel {
  readonly counts = { faults: 0, swapIns: 0, swapOuts: 0, fileReads: 0, fileWrites: 0, oom: 0, pressure: 0 };
  readonly #spec: PagingSpec;
  /** Head first. */
  active: Page[] = [];
  inactive: Page[] = [];
  free: number;
  /** Pages that have a copy in swap space. */
  readonly copies = new Set<string>();
  /** When a page was evicted, counted in evictions. */
  readonly #evicted = new Map<string, number>();
  #evictions = 0;
  #stuck = false;

  constructor(spec: PagingSpec) {
    this.#spec = spec;
    this.free = spec.pages;
  }

  access(name: string, isFile: boolean, write: boolean): void {
    const known = [...this.active, ...this.inactive].find((page) => page.name === name);
    if (known !== undefined) {
      known.referenced = true;
      known.dirty ||= write;
      return;
    }
    this.counts.faults += 1;
    if (this.free < this.#spec.free.low) this.#reclaim();
    if (this.free === 0) {
      this.counts.oom += 1;
      return;
    }
    this.free -= 1;
    if (isFile) this.counts.fileReads += 1;
    const hasCopy = this.copies.has(name);
    if (hasCopy) this.counts.swapIns += 1;
    const since = this.#evictions - (this.#evicted.get(name) ?? -Infinity);
    if (since <= this.active.length + this.inactive.length) this.counts.pressure += 1;
    const alone = write || (hasCopy && 2 * this.copies.size > this.#spec.swapPages);
    if (alone) this.copies.delete(name);
    this.inactive.unshift({ name, isFile, referenced: false, dirty: alone });
  }

  #reclaim(): void {
    if (this.#stuck) return;
    const all = this.active.length + this.inactive.length;
    for (let looks = 0; this.free < this.#spec.free.high; looks += 1) {
      if (looks >= (this.free > 0 ? LOOKS : 3 * all)) break;
      if (this.inactive.length < this.active.length) this.#refill();
      else if (this.inactive.length === 0) break;
      else this.#shrink();
    }
    this.#stuck = this.free === 0;
  }

  #refill(): void {
    const page = this.active.pop()!;
    if (page.referenced) this.#keep(page);
    else this.inactive.unshift(page);
  }

  #keep(page: Page): void {
    page.referenced = false;
    if (page.dirty) this.copies.delete(page.name);
    this.active.unshift(page);
  }

  #shrink(): void {
    const page = this.inactive.pop()!;
    if (page.referenced) this.#keep(page);
    else if (this.#save(page)) {
      this.#evictions += 1;
      this.#evicted.set(page.name, this.#evictions);
      this.free += 1;
    } else this.inactive.unshift(page);
  }

  #save(page: Page): boolean {
    if (!page.dirty) return true;
    if (page.isFile) {
      this.counts.fileWrites += 1;
    } else {
      if (!this.copies.has(page.name) && this.copies.size >= this.#spec.swapPages) return false;
      this.copies.add(page.name);
      this.counts.swapOuts += 1;
    }
    page.dirty = false;
    return true;
  }
}
