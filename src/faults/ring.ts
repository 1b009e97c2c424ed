/**
 * Replacement by a hand that goes round the frames: first in first out, and CLOCK.
 *
 *   FIFO    the page under the hand leaves
 *   CLOCK   a page that was used since the hand came by last is passed over once; here loading a page is a use
 *
 * Source: Corbató: A paging experiment with the Multics system, 1968. Cost: O(1) a reference; 1 byte a distinct page
 * and 4 a frame.
 */
import type { PageTrace } from "../trace/index.ts";
import type { FaultCounts } from "./policy.ts";

/** State of a page. */
const DIRTY = 1;
const USED = 2;
const RESIDENT = 4;

/** First in, first out. */
export function fifoFaults(trace: PageTrace, frames: number): FaultCounts {
  return ringFaults(trace, frames, 0);
}

/** Second chance: the used bit is set on load and by every reference, and cleared by the passing hand. */
export function clockFaults(trace: PageTrace, frames: number): FaultCounts {
  return ringFaults(trace, frames, USED);
}

function ringFaults({ references, pageNumbers }: PageTrace, frames: number, mark: number): FaultCounts {
  const size = Math.min(frames, pageNumbers.length);
  const ring = new Uint32Array(size);
  const states = new Uint8Array(pageNumbers.length);
  let [filled, hand, faults, writeBacks] = [0, 0, 0, 0];
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    const marks = mark | (references[at]! & DIRTY);
    const state = states[row]!;
    if (state !== 0) {
      states[row] = state | marks;
      continue;
    }
    faults += 1;
    states[row] = RESIDENT | marks;
    if (filled < size) {
      ring[filled] = row;
      filled += 1;
      continue;
    }
    let victim = ring[hand]!;
    while (states[victim]! & USED) {
      states[victim]! &= ~USED;
      hand = hand + 1 === size ? 0 : hand + 1;
      victim = ring[hand]!;
    }
    writeBacks += states[victim]! & DIRTY;
    states[victim] = 0;
    ring[hand] = row;
    hand = hand + 1 === size ? 0 : hand + 1;
  }
  return { faults, writeBacks };
}
