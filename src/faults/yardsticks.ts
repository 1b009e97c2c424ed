/**
 * Two policies to measure others by: any page at all, and the page used last.
 *
 * MRU is the best there is for a loop over more pages than frames, and bad for nearly everything else. Cost: O(1) a
 * reference.
 */
import type { PageTrace } from "../trace/index.ts";
import type { FaultCounts } from "./policy.ts";

/** Most recently used: the page of the reference before leaves. */
export function mruFaults({ references, pageNumbers }: PageTrace, frames: number): FaultCounts {
  const size = Math.min(frames, pageNumbers.length);
  const states = new Uint8Array(pageNumbers.length);
  let [filled, faults, writeBacks, before] = [0, 0, 0, 0];
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    if (states[row] === 0) {
      faults += 1;
      if (filled < size) filled += 1;
      else {
        writeBacks += states[before]! & DIRTY;
        states[before] = 0;
      }
    }
    states[row]! |= RESIDENT | (references[at]! & DIRTY);
    before = row;
  }
  return { faults, writeBacks };
}

const DIRTY = 1;
const RESIDENT = 2;

/**
 * Every page in a frame is as likely to leave.
 *
 * @param seed  whole; the same seed draws the same victims
 */
export function randomFaults(
  { references, pageNumbers }: PageTrace,
  frames: number,
  seed: number,
): FaultCounts {
  const size = Math.min(frames, pageNumbers.length);
  const pages = new Uint32Array(size);
  const states = new Uint8Array(pageNumbers.length);
  const draw = randomWords(seed);
  let [filled, faults, writeBacks] = [0, 0, 0];
  for (let at = 0; at < references.length; at += 1) {
    const row = references[at]! >>> 1;
    if (states[row] === 0) {
      faults += 1;
      let frame = filled;
      if (filled < size) filled += 1;
      else {
        frame = Math.floor((draw() / 2 ** 32) * size);
        writeBacks += states[pages[frame]!]! & DIRTY;
        states[pages[frame]!] = 0;
      }
      pages[frame] = row;
    }
    states[row]! |= RESIDENT | (references[at]! & DIRTY);
  }
  return { faults, writeBacks };
}

/** Words of 32 random bits: a counter in steps of the golden ratio, mixed. */
export function randomWords(seed: number): () => number {
  let counter = (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b);
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let word = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
}
