/**
 * 2Q: a page comes into a queue; only if it is used again after it left that queue does it come among those kept by LRU.
 *
 *   in    first in first out, a quarter of the frames before it gives some up
 *   out   pages that left `in`, without frames, as many as half of the frames
 *   main  least recently used
 *
 * Source: Johnson, Shasha: 2Q, a low overhead high performance buffer management replacement algorithm, VLDB 1994, the
 * full version. Cost: O(1) a reference; 10 bytes a distinct page.
 */
import type { PageTrace } from "../trace/index.ts";
import { PageLists } from "./page-lists.ts";
import type { FaultCounts } from "./policy.ts";

const [IN, OUT, MAIN] = [1, 2, 3] as const;

export function twoQueueFaults({ references, pageNumbers }: PageTrace, frames: number): FaultCounts {
  const inMax = Math.floor(frames / 4);
  const outMax = Math.floor(frames / 2);
  const lists = new PageLists(pageNumbers.length, 3);
  const dirty = new Uint8Array(pageNumbers.length);
  let [faults, writeBacks] = [0, 0];
  const evict = (): void => {
    const isFromIn = lists.length(IN) > inMax || lists.length(MAIN) === 0;
    const victim = lists.oldest(isFromIn ? IN : MAIN);
    writeBacks += dirty[victim]!;
    dirty[victim] = 0;
    if (!isFromIn) lists.remove(victim);
    else {
      lists.put(victim, OUT);
      if (lists.length(OUT) > outMax) lists.remove(lists.oldest(OUT));
    }
  };
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    const list = lists.listOf(row);
    if (list === MAIN) lists.put(row, MAIN);
    else if (list !== IN) {
      faults += 1;
      // Told before a page leaves, which may push this one off the end of `out`.
      if (lists.length(IN) + lists.length(MAIN) === frames) evict();
      lists.put(row, list === OUT ? MAIN : IN);
    }
    dirty[row]! |= references[at]! & 1;
  }
  return { faults, writeBacks };
}
