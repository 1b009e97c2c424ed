/**
 * Adaptive replacement: pages seen once recently (T1) beside pages seen at least twice (T2), each with a list of those
 * that left it (B1, B2); a reference to one that left moves the target length of T1.
 *
 * Source: Megiddo, Modha: ARC, a self-tuning, low overhead replacement cache, FAST 2003, Figure 4; the target is a real
 * number as there. Cost: O(1) a reference; 10 bytes a distinct page.
 */
import type { PageTrace } from "../trace/index.ts";
import { PageLists } from "./page-lists.ts";
import type { FaultCounts } from "./policy.ts";

const [T1, T2, B1, B2] = [1, 2, 3, 4] as const;

export function arcFaults({ references, pageNumbers }: PageTrace, frames: number): FaultCounts {
  const cache = new Arc(Math.min(frames, pageNumbers.length), pageNumbers.length);
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    cache.use(row);
    cache.dirty[row]! |= references[at]! & 1;
  }
  return { faults: cache.faults, writeBacks: cache.writeBacks };
}

class Arc {
  faults = 0;
  writeBacks = 0;
  readonly dirty: Uint8Array;
  readonly #frames: number;
  readonly #lists: PageLists;
  /** Length that T1 should have. */
  #target = 0;

  constructor(frames: number, distinct: number) {
    this.#frames = frames;
    this.dirty = new Uint8Array(distinct);
    this.#lists = new PageLists(distinct, 4);
  }

  use(row: number): void {
    const lists = this.#lists;
    const list = lists.listOf(row);
    if (list === T1 || list === T2) {
      lists.put(row, T2);
      return;
    }
    this.faults += 1;
    if (list === 0) this.#makeRoom();
    else {
      const [own, other] = [lists.length(list), lists.length(list === B1 ? B2 : B1)];
      const step = own >= other ? 1 : other / own;
      this.#target =
        list === B1 ? Math.min(this.#target + step, this.#frames) : Math.max(this.#target - step, 0);
      this.#replace(list === B2);
    }
    lists.put(row, list === 0 ? T1 : T2);
  }

  /** For a page that is in no list. */
  #makeRoom(): void {
    const lists = this.#lists;
    const recent = lists.length(T1) + lists.length(B1);
    if (recent === this.#frames) {
      if (lists.length(T1) < this.#frames) {
        lists.remove(lists.oldest(B1));
        this.#replace(false);
      } else this.#evict(lists.oldest(T1), 0);
      return;
    }
    const all = recent + lists.length(T2) + lists.length(B2);
    if (all < this.#frames) return;
    if (all === 2 * this.#frames) lists.remove(lists.oldest(B2));
    this.#replace(false);
  }

  /** @param isBack  whether the page to load was in B2 */
  #replace(isBack: boolean): void {
    const recent = this.#lists.length(T1);
    const isLong = recent > this.#target || (isBack && recent === this.#target);
    if (recent >= 1 && isLong) this.#evict(this.#lists.oldest(T1), B1);
    else this.#evict(this.#lists.oldest(T2), B2);
  }

  #evict(row: number, to: 0 | typeof B1 | typeof B2): void {
    this.writeBacks += this.dirty[row]!;
    this.dirty[row] = 0;
    if (to === 0) this.#lists.remove(row);
    else this.#lists.put(row, to);
  }
}
