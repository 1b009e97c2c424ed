/**
 * Entitlements: who gets how much of a contended resource, by hierarchical water-filling.
 *
 *   E(i) = clamp(level * shares(i), low(i), high(i))     one level per pool, so that the sum is what the pool got
 *
 *   what is given                 .-- all at their high bounds
 *        ^                   .---'
 *        |           .------'         a line broken at low/shares and high/shares of every client;
 *        |       .--'                 Newton from where the level stands, then the level of that piece
 *        '------'------------> level
 *
 * Exact: a client leaves its low bound once and meets its high bound once as the level rises, so "twice the clients at
 * low, and those at no bound" only falls, and names the piece. The level of a piece that lies on that same piece is the answer. Where Newton would
 * leave the bracket, or meets a flat piece, the level is halved between the bracket's ends or set to the next break.
 * Sums always run in the same order: four partial sums, then the rest. Everything is at addresses the caller gives.
 *
 * Source: seed 000's "1 MHz at a time to the lowest E/S"; Cominetti, Mascarenhas, Silva 2014 for Newton on such lines.
 * Cost: O(clients) a look, 3 to 6 looks as a rule, at most 160; large pools start from the level of a sample.
 */

// The control block: what a look at a level saw.
const FIXED: usize = 0; // f64: given to clients at a bound
const SLOPE: usize = 8; // f64: shares of the others
const MARK: usize = 16; // i64: twice the clients at low, and those at no bound
// The same block after totals.
const LOW: usize = 24; // f64: sum of low bounds
const HIGH: usize = 32; // f64: sum of high bounds
const SHARES: usize = 40; // f64: sum of shares

/** Pools of so many clients start from a sample. */
const SAMPLED: u32 = 1 << 17;
/** Groups of four clients in a sample, about. */
const SAMPLE_GROUPS: u32 = 1 << 13;
const SAMPLE_LOOKS: u32 = 12;
/** Looks after which every second halves the bracket: 64 halvings leave nothing in between. */
const NEWTON_LOOKS: u32 = 16;
const LOOKS_MAX: u32 = 160;
/** A break times this lies surely on the other side of it: 2^-51 is more than the two roundings. */
const PAST: f64 = 1.0 + 4.440892098500626e-16;
const BEFORE: f64 = 1.0 - 4.440892098500626e-16;

/**
 * Fills a tree of pools. Rows are breadth first: row 0 the root, the children of a row side by side, siblings' children
 * in their parents' order.
 *
 * @param rows      how many, root included
 * @param first     address of u32 a row: its first child
 * @param children  address of u32 a row: how many; 0 a client
 * @param shares    address of f64 a row, positive
 * @param low       address of f64 a row, finite. Clients: min(reservation, demand). Pools: the reservation; left behind
 *                  is what the pool must have
 * @param high      address of f64 a row. Clients: min(limit, demand, vCPUs x one pCPU), at least low. Pools: the limit;
 *                  left behind is what the pool can use
 * @param out       address of f64 a row: the entitlements
 * @param capacity  of the root, finite, from 0
 * @param control   address of 48 bytes
 */
export function solveTree(
  rows: u32,
  first: usize,
  children: usize,
  shares: usize,
  low: usize,
  high: usize,
  out: usize,
  capacity: f64,
  control: usize,
): void {
  assert(rows > 0);
  for (let row = rows - 1; row > 0; --row) {
    const own = (<usize>row) << 3;
    const count = load<u32>(children + ((<usize>row) << 2));
    if (count == 0) continue;
    const start = load<u32>(first + ((<usize>row) << 2));
    assert(start > row);
    assert(start + count <= rows);
    boundPool(own, (<usize>start) << 3, count, shares, low, high, control);
  }
  store<f64>(out, capacity);
  for (let row: u32 = 0; row < rows; ++row) {
    const count = load<u32>(children + ((<usize>row) << 2));
    if (count == 0) continue;
    const start = (<usize>load<u32>(first + ((<usize>row) << 2))) << 3;
    const got = load<f64>(out + ((<usize>row) << 3));
    solveFlat(count, shares + start, low + start, high + start, out + start, got, control);
  }
}

/** A pool can use what its children can, and must have what they must have, or its own reservation if they can use it. */
function boundPool(
  own: usize,
  start: usize,
  count: u32,
  shares: usize,
  low: usize,
  high: usize,
  control: usize,
): void {
  totals(count, shares + start, low + start, high + start, control);
  const most = min<f64>(load<f64>(high + own), load<f64>(control, HIGH));
  const least = max<f64>(load<f64>(low + own), load<f64>(control, LOW));
  store<f64>(high + own, most);
  store<f64>(low + own, min<f64>(least, most));
}

/**
 * Fills one pool: the sum is `capacity`, or that of the high bounds if it is less. Where even the low bounds do not
 * fit, all are scaled down alike.
 *
 * @param count     clients
 * @param shares    address of f64 a client, positive
 * @param low       address of f64 a client, finite
 * @param high      address of f64 a client, at least low
 * @param out       address of f64 a client: the entitlements
 * @param capacity  finite, from 0
 * @param control   address of 48 bytes
 */
export function solveFlat(
  count: u32,
  shares: usize,
  low: usize,
  high: usize,
  out: usize,
  capacity: f64,
  control: usize,
): void {
  totals(count, shares, low, high, control);
  const lowest = load<f64>(control, LOW);
  if (load<f64>(control, HIGH) <= capacity) {
    memory.copy(out, high, (<usize>count) << 3);
  } else if (lowest >= capacity) {
    scale(count, low, out, lowest > 0 ? capacity / lowest : 0);
  } else {
    let level = capacity / load<f64>(control, SHARES);
    if (count >= SAMPLED) level = sampleLevel(count, shares, low, high, capacity, level, control);
    level = findLevel(count, shares, low, high, capacity, level, control);
    give(count, shares, low, high, out, level);
  }
}

/** About the right level, from groups of clients at equal distances. */
function sampleLevel(
  count: u32,
  shares: usize,
  low: usize,
  high: usize,
  capacity: f64,
  start: f64,
  control: usize,
): f64 {
  const groups = count >> 2;
  const step = groups / SAMPLE_GROUPS;
  const taken = (groups + step - 1) / step;
  const part = capacity * (<f64>(taken << 2) / <f64>count);
  let level = start;
  let mark = i64.MIN_VALUE;
  for (let looks: u32 = 0; looks < SAMPLE_LOOKS; ++looks) {
    look(count, step, shares, low, high, level, control);
    const slope = load<f64>(control, SLOPE);
    const next = (part - load<f64>(control, FIXED)) / slope;
    if (slope == 0) return level;
    if (next <= 0) return level;
    if (load<i64>(control, MARK) == mark) return level;
    mark = load<i64>(control, MARK);
    level = next;
  }
  return level;
}

/**
 * The level at which clients get `capacity` in sum.
 *
 * @param capacity  more than the sum of the low bounds, less than that of the high bounds
 */
function findLevel(
  count: u32,
  shares: usize,
  low: usize,
  high: usize,
  capacity: f64,
  start: f64,
  control: usize,
): f64 {
  let below: f64 = 0;
  let above: f64 = Infinity;
  let level = start;
  let mark = i64.MIN_VALUE; // of the piece that the level was computed from
  for (let looks: u32 = 1; looks < LOOKS_MAX; ++looks) {
    look(count, 1, shares, low, high, level, control);
    if (load<i64>(control, MARK) == mark) return level;
    const slope = load<f64>(control, SLOPE);
    const fixed = load<f64>(control, FIXED);
    const given = fixed + level * slope;
    if (given == capacity) return level;
    if (given < capacity) below = max<f64>(below, level);
    else above = min<f64>(above, level);
    mark = i64.MIN_VALUE;
    let next: f64;
    if (slope > 0) {
      next = (capacity - fixed) / slope;
      if (next == level) return level;
      mark = load<i64>(control, MARK);
    } else if (given < capacity) {
      next = nextBreak(count, shares, low, high, level) * PAST;
    } else {
      next = lastBreak(count, shares, low, high, level) * BEFORE;
    }
    const halve = looks > NEWTON_LOOKS ? (looks & 1) == 1 : false;
    if (halve || !(next > below) || !(next < above)) {
      next = between(below, above);
      if (next == below) return below;
      mark = i64.MIN_VALUE;
    }
    level = next;
  }
  return unreachable();
}

/** The number that stands halfway between two positive ones in the list of all; the lower if none does. */
function between(below: f64, above: f64): f64 {
  const low = reinterpret<u64>(below);
  return reinterpret<f64>(low + ((reinterpret<u64>(above) - low) >> 1));
}

/** The lowest level at which a client leaves its low bound; infinite if none will. */
function nextBreak(count: u32, shares: usize, low: usize, high: usize, level: f64): f64 {
  let best: f64 = Infinity;
  const end = (<usize>count) << 3;
  for (let at: usize = 0; at < end; at += 8) {
    const share = load<f64>(shares + at);
    const least = load<f64>(low + at);
    if (level * share > least) continue;
    if (least < load<f64>(high + at)) best = min<f64>(best, least / share);
  }
  return best;
}

/** The highest level at which a client meets its high bound; 0 if none did. */
function lastBreak(count: u32, shares: usize, low: usize, high: usize, level: f64): f64 {
  let best: f64 = 0;
  const end = (<usize>count) << 3;
  for (let at: usize = 0; at < end; at += 8) {
    const share = load<f64>(shares + at);
    const most = load<f64>(high + at);
    if (level * share < most) continue;
    if (load<f64>(low + at) < most) best = max<f64>(best, most / share);
  }
  return best;
}

/**
 * Looks at a level: leaves FIXED, SLOPE and MARK. With `step` > 1 at every so manieth group of four clients.
 *
 * A client whose bounds leave its part of the level alone is on the line, at a break too: a compare less.
 */
function look(
  count: u32,
  step: u32,
  shares: usize,
  low: usize,
  high: usize,
  level: f64,
  control: usize,
): void {
  const levels = f64x2.splat(level);
  let fixedA = f64x2.splat(0);
  let fixedB = f64x2.splat(0);
  let slopeA = f64x2.splat(0);
  let slopeB = f64x2.splat(0);
  let lowest = i64x2.splat(0);
  let inside = i64x2.splat(0);
  const groups = (<usize>(count & ~3)) << 3;
  const stride = (<usize>step) << 5;
  let at: usize = 0;
  for (; at < groups; at += stride) {
    const shareA = v128.load(shares + at);
    const shareB = v128.load(shares + at, 16);
    const leastA = v128.load(low + at);
    const leastB = v128.load(low + at, 16);
    const wantA = f64x2.mul(levels, shareA);
    const wantB = f64x2.mul(levels, shareB);
    const givenA = f64x2.pmax(leastA, f64x2.pmin(wantA, v128.load(high + at)));
    const givenB = f64x2.pmax(leastB, f64x2.pmin(wantB, v128.load(high + at, 16)));
    const insideA = f64x2.eq(givenA, wantA);
    const insideB = f64x2.eq(givenB, wantB);
    fixedA = f64x2.add(fixedA, v128.andnot(givenA, insideA));
    fixedB = f64x2.add(fixedB, v128.andnot(givenB, insideB));
    slopeA = f64x2.add(slopeA, v128.and(shareA, insideA));
    slopeB = f64x2.add(slopeB, v128.and(shareB, insideB));
    inside = i64x2.sub(inside, i64x2.add(insideA, insideB));
    lowest = i64x2.sub(lowest, i64x2.add(f64x2.lt(wantA, leastA), f64x2.lt(wantB, leastB)));
  }
  let fixed = sum(fixedA, fixedB);
  let slope = sum(slopeA, slopeB);
  const marks = i64x2.add(inside, i64x2.add(lowest, lowest));
  let mark = i64x2.extract_lane(marks, 0) + i64x2.extract_lane(marks, 1);
  const end = step == 1 ? (<usize>count) << 3 : 0;
  for (; at < end; at += 8) {
    const share = load<f64>(shares + at);
    const want = level * share;
    if (want < load<f64>(low + at)) {
      fixed += load<f64>(low + at);
      mark += 2;
    } else if (want > load<f64>(high + at)) {
      fixed += load<f64>(high + at);
    } else {
      slope += share;
      ++mark;
    }
  }
  store<f64>(control, fixed, FIXED);
  store<f64>(control, slope, SLOPE);
  store<i64>(control, mark, MARK);
}

/** Leaves LOW, HIGH and SHARES. */
function totals(count: u32, shares: usize, low: usize, high: usize, control: usize): void {
  let lowA = f64x2.splat(0);
  let lowB = f64x2.splat(0);
  let highA = f64x2.splat(0);
  let highB = f64x2.splat(0);
  let sharesA = f64x2.splat(0);
  let sharesB = f64x2.splat(0);
  const groups = (<usize>(count & ~3)) << 3;
  let at: usize = 0;
  for (; at < groups; at += 32) {
    lowA = f64x2.add(lowA, v128.load(low + at));
    lowB = f64x2.add(lowB, v128.load(low + at, 16));
    highA = f64x2.add(highA, v128.load(high + at));
    highB = f64x2.add(highB, v128.load(high + at, 16));
    sharesA = f64x2.add(sharesA, v128.load(shares + at));
    sharesB = f64x2.add(sharesB, v128.load(shares + at, 16));
  }
  let lows = sum(lowA, lowB);
  let highs = sum(highA, highB);
  let all = sum(sharesA, sharesB);
  for (; at < (<usize>count) << 3; at += 8) {
    lows += load<f64>(low + at);
    highs += load<f64>(high + at);
    all += load<f64>(shares + at);
  }
  store<f64>(control, lows, LOW);
  store<f64>(control, highs, HIGH);
  store<f64>(control, all, SHARES);
}

/** Sums 0 and 2, 1 and 3, then both. */
function sum(a: v128, b: v128): f64 {
  const pairs = f64x2.add(a, b);
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/** Writes what clients get at a level. */
function give(count: u32, shares: usize, low: usize, high: usize, out: usize, level: f64): void {
  const levels = f64x2.splat(level);
  const pairs = (<usize>(count & ~1)) << 3;
  let at: usize = 0;
  for (; at < pairs; at += 16) {
    const least = v128.load(low + at);
    const most = v128.load(high + at);
    const want = f64x2.mul(levels, v128.load(shares + at));
    v128.store(out + at, f64x2.pmax(least, f64x2.pmin(want, most)));
  }
  if (at < (<usize>count) << 3) {
    const least = load<f64>(low + at);
    const most = load<f64>(high + at);
    const want = level * load<f64>(shares + at);
    store<f64>(out + at, want < least ? least : want > most ? most : want);
  }
}

/** Writes `factor` of each low bound. */
function scale(count: u32, low: usize, out: usize, factor: f64): void {
  const end = (<usize>count) << 3;
  for (let at: usize = 0; at < end; at += 8) store<f64>(out + at, load<f64>(low + at) * factor);
}
