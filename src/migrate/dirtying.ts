/**
 * How a guest dirties its memory: distinct pages written in a stretch of its own time, and which of them wait to be sent.
 *
 *   cyclic    D(T) = min(W, R·T)               the same order again and again
 *   uniform   D(T) = W·(1 − e^(−R·T/W))        any page of the working set, at random
 *   linear    D(T) = min(W, R·T)               counts only: always pages that do not wait already
 *   curve     D(T) from measured points        counts only: overlaps as if at random
 *
 * Time is the guest's: a throttled guest's runs slower. Pages are fractions where the law gives fractions.
 *
 * Source: facts of Clark et al., NSDI 2005 (writable working set); uniform: N(1 − e^(−λT/N)). Cost: O(1) a look.
 */
import { exp } from "../number/power.ts";
import { RingSet } from "./ring.ts";

export const patterns = ["cyclic", "uniform", "linear"] as const;
export type Pattern = (typeof patterns)[number];

/** The written pages that wait to be sent. */
export interface WaitingSet {
  /** Pages that wait. */
  readonly pages: number;
  /** Takes so many of them out, in the order of memory, at most all. */
  take(pages: number): void;
  /**
   * Adds what the guest wrote.
   *
   * @param fromS    the guest's time at which the stretch begins
   * @param seconds  its length in the guest's time
   * @returns        pages that did not wait before
   */
  add(fromS: number, seconds: number): number;
}

/** A way to dirty memory. */
export interface Dirtying {
  readonly name: string;
  /** Pages that can come to be written at all. */
  readonly hotPages: number;
  /** Distinct pages written between two points of the guest's time. */
  distinct(fromS: number, seconds: number): number;
  /** Whether it matters where a round of the writer begins. */
  readonly isRound: boolean;
  /**
   * A set in which nothing waits.
   *
   * @param phase   part of a round that the writer has run at the guest's time 0; of no matter unless `isRound`
   * @param isDown  whether it walks against the order in which memory is sent; of no matter unless `isRound`
   */
  waitingSet(phase: number, isDown?: boolean): WaitingSet;
}

/** Nothing is ever written. */
export const idle: Dirtying = counted("idle", 0, () => 0, false);

/**
 * One of the patterns.
 *
 * @param hotPages   the working set
 * @param pagesPerS  writes to pages, per second of the guest's time
 */
export function patterned(pattern: Pattern, hotPages: number, pagesPerS: number): Dirtying {
  if (hotPages === 0 || pagesPerS === 0) return idle;
  const least = (_: number, seconds: number): number => Math.min(hotPages, pagesPerS * seconds);
  if (pattern === "linear") return counted(pattern, hotPages, least, true);
  if (pattern === "uniform") {
    const law = (_: number, seconds: number): number =>
      hotPages * saturation((pagesPerS * seconds) / hotPages);
    return counted(pattern, hotPages, law, false);
  }
  return {
    name: pattern,
    hotPages,
    distinct: least,
    isRound: true,
    waitingSet: (phase, isDown = false) => new RingSet(hotPages, pagesPerS, phase, isDown),
  };
}

/** A point of a curve: distinct pages written within a window of so many seconds. */
export interface CurvePoint {
  readonly seconds: number;
  readonly pages: number;
}

/**
 * A measured curve of distinct pages over the window's length: straight from (0, 0) and between points, flat behind
 * the last.
 *
 * @param points  in increasing seconds
 */
export function curved(points: readonly CurvePoint[]): Dirtying {
  const hotPages = points.reduce((most, { pages }) => Math.max(most, pages), 0);
  if (hotPages === 0) return idle;
  return counted("curve", hotPages, (_, seconds) => along(points, seconds), false);
}

/**
 * Dirtying by a law of the caller's.
 *
 * @param law  distinct pages written within a window of so many seconds; never falls, at most `hotPages`
 */
export function lawful(hotPages: number, law: (seconds: number) => number): Dirtying {
  return counted("law", hotPages, (_, seconds) => Math.min(hotPages, law(seconds)), false);
}

function along(points: readonly CurvePoint[], seconds: number): number {
  let before: CurvePoint = { seconds: 0, pages: 0 };
  for (const point of points) {
    if (seconds <= point.seconds) {
      const part = (seconds - before.seconds) / (point.seconds - before.seconds);
      return before.pages + part * (point.pages - before.pages);
    }
    before = point;
  }
  return before.pages;
}

/** 1 − e^−x. */
export function saturation(x: number): number {
  if (x > 700) return 1;
  // The series where the difference would lose digits.
  if (x < 1e-4) return x * (1 - x / 2 + (x * x) / 6);
  return 1 - exp(-x);
}

/** A law without places. `apart`: what is written never waits already, up to the working set. */
function counted(
  name: string,
  hotPages: number,
  distinct: (fromS: number, seconds: number) => number,
  apart: boolean,
): Dirtying {
  return {
    name,
    hotPages,
    distinct,
    isRound: false,
    waitingSet() {
      let waiting = 0;
      return {
        get pages() {
          return waiting;
        },
        take(pages) {
          waiting = Math.max(0, waiting - pages);
        },
        add(fromS, seconds) {
          const written = distinct(fromS, seconds);
          const before = waiting;
          const free = hotPages - waiting;
          waiting += apart || hotPages === 0 ? Math.min(free, written) : free * (written / hotPages);
          return waiting - before;
        },
      };
    },
  };
}

/** The same up to a point of the guest's time; nothing is written behind it. */
export function endingAt(dirtying: Dirtying, endS: number): Dirtying {
  const within = (fromS: number, seconds: number): number => Math.max(0, Math.min(seconds, endS - fromS));
  return {
    ...dirtying,
    hotPages: dirtying.distinct(0, endS),
    distinct: (fromS, seconds) => dirtying.distinct(fromS, within(fromS, seconds)),
    waitingSet(phase, isDown = false) {
      const set = dirtying.waitingSet(phase, isDown);
      return {
        get pages() {
          return set.pages;
        },
        take: (pages) => set.take(pages),
        add: (fromS, seconds) => set.add(fromS, within(fromS, seconds)),
      };
    },
  };
}

/** The guest's time until so many distinct pages are written; Infinity: never, or not within a day. */
export function timeUntil(dirtying: Dirtying, pages: number): number {
  let high = 1e-3;
  while (dirtying.distinct(0, high) < pages) {
    if (high > 86_400) return Infinity;
    high *= 2;
  }
  let low = 0;
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    if (dirtying.distinct(0, middle) < pages) low = middle;
    else high = middle;
  }
  return high;
}
