/**
 * Dirtying replayed from a measured series: exactly the pages that a program wrote, at the times at which it did.
 *
 *   samples  |--100 ms--|--100 ms--|--100 ms--| then from the start again
 *   window         [----------------)            whole intervals count whole; of a cut one its first pages
 *
 * Source: none; it is the union of bitmaps. Cost: O(pages written in the window) a look.
 */
import type { DirtySample, DirtySeries } from "./dirty-series.ts";
import type { Dirtying, WaitingSet } from "./dirtying.ts";

/**
 * Replays a series.
 *
 * @param startS  where in the series the migration begins; behind its end it begins again
 */
export function replay(series: DirtySeries, startS = 0): Dirtying {
  const marks = new Uint32Array(series.span);
  let stamp = 0;
  const union = (fromS: number, seconds: number): number => {
    stamp += 1;
    let pages = 0;
    eachRun(series, startS + fromS, seconds, (first, end) => {
      for (let page = first; page < end; page += 1) {
        if (marks[page] === stamp) continue;
        marks[page] = stamp;
        pages += 1;
      }
    });
    return pages;
  };
  const hotPages = union(-startS, series.seconds);
  return {
    name: "trace",
    hotPages,
    isRound: false,
    distinct: (fromS, seconds) => (seconds >= series.seconds ? hotPages : union(fromS, seconds)),
    waitingSet: () => new BitmapSet(series, startS),
  };
}

/** Distinct pages written between two points of a series; behind its end it begins again. */
export function distinctPages(series: DirtySeries, fromS: number, seconds: number): number {
  return replay(series).distinct(fromS, seconds);
}

/** Waiting pages as a bitmap, scanned round and round. */
class BitmapSet implements WaitingSet {
  readonly #series: DirtySeries;
  readonly #startS: number;
  readonly #waits: Uint8Array;
  #scan = 0;
  /** Parts of a page that were sent ahead. */
  #ahead = 0;
  #count = 0;

  constructor(series: DirtySeries, startS: number) {
    this.#series = series;
    this.#startS = startS;
    this.#waits = new Uint8Array(series.span);
  }

  get pages(): number {
    return Math.max(0, this.#count - this.#ahead);
  }

  take(pages: number): void {
    this.#ahead += Math.min(pages, this.pages);
    // A hair of slack, so that sums of fractions do not leave a page behind.
    for (; this.#ahead > 1 - 1e-9 && this.#count > 0; this.#scan = (this.#scan + 1) % this.#waits.length) {
      if (this.#waits[this.#scan] === 0) continue;
      this.#waits[this.#scan] = 0;
      this.#count -= 1;
      this.#ahead = Math.max(0, this.#ahead - 1);
    }
  }

  add(fromS: number, seconds: number): number {
    const before = this.#count;
    eachRun(this.#series, this.#startS + fromS, seconds, (first, end) => {
      for (let page = first; page < end; page += 1) {
        this.#count += 1 - this.#waits[page]!;
        this.#waits[page] = 1;
      }
    });
    return this.#count - before;
  }
}

/** Calls back with every run written in a window, end excluded; at most the whole series once. */
function eachRun(
  { samples, seconds: whole }: DirtySeries,
  fromS: number,
  seconds: number,
  run: (first: number, end: number) => void,
): void {
  const length = Math.min(seconds, whole);
  if (!(length > 0)) return;
  const from = fromS - Math.floor(fromS / whole) * whole;
  for (const [low, high] of [
    [from, Math.min(whole, from + length)],
    [0, from + length - whole],
  ] as const) {
    let start = 0;
    for (const sample of samples) {
      const end = start + sample.seconds;
      const overlap = Math.min(end, high) - Math.max(start, low);
      if (overlap > 1e-12 && sample.seconds > 0) partOf(sample, overlap / sample.seconds, run);
      start = end;
    }
  }
}

function partOf({ runs, pages }: DirtySample, part: number, run: (first: number, end: number) => void): void {
  let left = part > 1 - 1e-9 ? pages : Math.round(pages * part);
  for (let at = 0; at < runs.length && left > 0; at += 2) {
    const length = Math.min(left, runs[at + 1]!);
    run(runs[at]!, runs[at]! + length);
    left -= length;
  }
}
