/**
 * Entitlements by hierarchical water-filling, here, without the core: what `assembly/cpu/entitlement.ts` does, step by
 * step and bit by bit, so that a library call can answer at once. The reasons stand there.
 *
 * Source: seed 000's "1 MHz at a time to the lowest E/S". Cost: as the core's, about three times slower.
 */
import type { PoolTree } from "./pool-tree.ts";

/** Per row; `low` and `high` of pools are written: what they must have, what they can use. */
export interface Bounds {
  readonly shares: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

const SAMPLED = 1 << 17;
const SAMPLE_GROUPS = 1 << 13;
const SAMPLE_LOOKS = 12;
const NEWTON_LOOKS = 16;
const LOOKS_MAX = 160;
const PAST = 1 + 2 * Number.EPSILON;
const BEFORE = 1 - 2 * Number.EPSILON;

/**
 * Fills a tree of pools.
 *
 * @param capacity  finite, from 0
 * @param out       per row
 */
export function fillTree(tree: PoolTree, bounds: Bounds, capacity: number, out: Float64Array): void {
  const { rows, first, children } = tree;
  for (let row = rows - 1; row > 0; row -= 1) {
    if (children[row] !== 0) boundPool(row, poolOf(bounds, first[row]!, children[row]!), bounds);
  }
  out[0] = capacity;
  for (let row = 0; row < rows; row += 1) {
    const count = children[row]!;
    if (count === 0) continue;
    const start = first[row]!;
    fillFlat(poolOf(bounds, start, count), out[row]!, out.subarray(start, start + count));
  }
}

function poolOf({ shares, low, high }: Bounds, start: number, count: number): Bounds {
  const end = start + count;
  return {
    shares: shares.subarray(start, end),
    low: low.subarray(start, end),
    high: high.subarray(start, end),
  };
}

function boundPool(row: number, pool: Bounds, { low, high }: Bounds): void {
  const most = Math.min(high[row]!, total(pool.high));
  const least = Math.max(low[row]!, total(pool.low));
  high[row] = most;
  low[row] = Math.min(least, most);
}

/**
 * Fills one pool.
 *
 * @param capacity  finite, from 0
 * @param out       per client
 */
export function fillFlat(pool: Bounds, capacity: number, out: Float64Array): void {
  const { shares, low, high } = pool;
  const lowest = total(low);
  if (total(high) <= capacity) {
    out.set(high);
  } else if (lowest >= capacity) {
    const factor = lowest > 0 ? capacity / lowest : 0;
    for (let i = 0; i < low.length; i += 1) out[i] = low[i]! * factor;
  } else {
    let level = capacity / total(shares);
    if (shares.length >= SAMPLED) level = sampleLevel(pool, capacity, level);
    give(pool, findLevel(pool, capacity, level), out);
  }
}

/** What a look at a level saw: given to clients at a bound, shares of the others, and which piece it is. */
interface Look {
  readonly fixed: number;
  readonly slope: number;
  readonly mark: number;
}

function sampleLevel(pool: Bounds, capacity: number, start: number): number {
  const count = pool.shares.length;
  const groups = count >>> 2;
  const step = Math.floor(groups / SAMPLE_GROUPS);
  const taken = Math.floor((groups + step - 1) / step);
  const part = capacity * ((taken * 4) / count);
  let level = start;
  let last = Number.NaN;
  for (let looks = 0; looks < SAMPLE_LOOKS; looks += 1) {
    const { fixed, slope, mark } = look(pool, step, level);
    if (slope === 0) return level;
    const next = (part - fixed) / slope;
    if (next <= 0 || mark === last) return level;
    last = mark;
    level = next;
  }
  return level;
}

function findLevel(pool: Bounds, capacity: number, start: number): number {
  let below = 0;
  let above = Number.POSITIVE_INFINITY;
  let level = start;
  let piece = Number.NaN; // the mark of the piece that the level was computed from
  for (let looks = 1; looks < LOOKS_MAX; looks += 1) {
    const { fixed, slope, mark } = look(pool, 1, level);
    if (mark === piece) return level;
    const given = fixed + level * slope;
    if (given === capacity) return level;
    if (given < capacity) below = Math.max(below, level);
    else above = Math.min(above, level);
    piece = Number.NaN;
    let next: number;
    if (slope > 0) {
      next = (capacity - fixed) / slope;
      if (next === level) return level;
      piece = mark;
    } else {
      next = given < capacity ? nextBreak(pool, level) * PAST : lastBreak(pool, level) * BEFORE;
    }
    const halve = looks > NEWTON_LOOKS && (looks & 1) === 1;
    if (halve || !(next > below && next < above)) {
      next = between(below, above);
      if (next === below) return below;
      piece = Number.NaN;
    }
    level = next;
  }
  throw new Error("entitlements: no level found"); // 64 halvings leave nothing between two numbers
}

/** The number halfway between two positive ones in the list of all; the lower if none is. */
function between(below: number, above: number): number {
  const ends = new Float64Array([below, above]);
  const [low, high] = new BigUint64Array(ends.buffer) as unknown as [bigint, bigint];
  return new Float64Array(new BigUint64Array([low + ((high - low) >> 1n)]).buffer)[0]!;
}

function nextBreak({ shares, low, high }: Bounds, level: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < shares.length; i += 1) {
    const [share, least] = [shares[i]!, low[i]!];
    if (level * share <= least && least < high[i]!) best = Math.min(best, least / share);
  }
  return best;
}

function lastBreak({ shares, low, high }: Bounds, level: number): number {
  let best = 0;
  for (let i = 0; i < shares.length; i += 1) {
    const [share, most] = [shares[i]!, high[i]!];
    if (level * share >= most && low[i]! < most) best = Math.max(best, most / share);
  }
  return best;
}

/** Looks at every so manieth group of four clients; with step 1 at all clients. */
function look({ shares, low, high }: Bounds, step: number, level: number): Look {
  const count = shares.length;
  const groups = count - (count & 3);
  const fixed = [0, 0, 0, 0];
  const slope = [0, 0, 0, 0];
  let mark = 0;
  for (let group = 0; group < groups; group += 4 * step) {
    for (let lane = 0; lane < 4; lane += 1) {
      const i = group + lane;
      const want = level * shares[i]!;
      if (want < low[i]!) {
        fixed[lane]! += low[i]!;
        mark += 2;
      } else if (want > high[i]!) {
        fixed[lane]! += high[i]!;
      } else {
        slope[lane]! += shares[i]!;
        mark += 1;
      }
    }
  }
  let fixedSum = sum(fixed);
  let slopeSum = sum(slope);
  for (let i = step === 1 ? groups : count; i < count; i += 1) {
    const want = level * shares[i]!;
    if (want < low[i]!) {
      fixedSum += low[i]!;
      mark += 2;
    } else if (want > high[i]!) {
      fixedSum += high[i]!;
    } else {
      slopeSum += shares[i]!;
      mark += 1;
    }
  }
  return { fixed: fixedSum, slope: slopeSum, mark };
}

/** In four partial sums, then the rest. */
function total(values: Float64Array): number {
  const groups = values.length - (values.length & 3);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < groups; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  let all = sum([a, b, c, d]);
  for (let i = groups; i < values.length; i += 1) all += values[i]!;
  return all;
}

function sum([a, b, c, d]: readonly number[]): number {
  return a! + c! + (b! + d!);
}

function give({ shares, low, high }: Bounds, level: number, out: Float64Array): void {
  for (let i = 0; i < shares.length; i += 1) {
    const want = level * shares[i]!;
    out[i] = want < low[i]! ? low[i]! : Math.min(want, high[i]!);
  }
}
