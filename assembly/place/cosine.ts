/**
 * Cosine placement: each item goes to the host with room whose free vector is most parallel to it.
 *
 *   score(h) = Σ w·r·w·a / √(Σ (w·r)² · Σ (w·a)²)         in f64, as the TypeScript twin computes it, bit by bit
 *
 * Four hosts at a time are looked at in f32: their room rounded up, the item rounded down, so no host with room is
 * missed; their score times |r| is good to 2^-20, so whoever may be best gets within a margin of the best so far. Only
 * these are computed in f64. Hosts with the very room of the best so far tie with it, and the lowest number wins: they
 * are dropped four at a time.
 *
 * An empty host ties with every empty host of its kind, so only the lowest of each kind need be open: who fills it opens
 * the next of its kind.
 *
 * Always four dimensions; those that a problem lacks are zero everywhere. Everything is at addresses in the control
 * block that the caller fills. Cost: O(open hosts / 4) an item; about 20 instructions a group.
 */

// The control block, u32 first.
const HOSTS: usize = 0; // hosts, padded to a multiple of 8
const FREE: usize = 4; // f64 columns, one a dimension, hosts long
const GROUPS: usize = 8; // 80 bytes for four hosts: what is free, in units, rounded up, 4 × f32x4; 1 / its length, f32x4
const NEXT: usize = 12; // u32 a host: the next of its kind that is empty; 2^32 - 1 none
const SIZES: usize = 16; // f64: items × 4
const ITEMS: usize = 20; // u32: items in the order in which they come
const HOME: usize = 24; // i32 an item: its host, -1 none
const TOP: usize = 28; // hosts from here on are not open
const SCORE: usize = 32; // f64: of the best host so far
const WEIGHTS: usize = 40; // f64 × 4: the twin's
const SCALES: usize = 72; // f64 × 4: 1 / unit
const SLACKS: usize = 104; // f64 × 4

const GROUP: usize = 80;
const LENGTHS: usize = 64;
const NONE: u32 = 0xffffffff;
const NO_HOST: i32 = -1;
/** More than the f32 roundings on the way: up, down, and below any score that may be best. */
const UPWARD: f64 = 1.0 + 1.0 / 4194304.0;
const DOWNWARD: f64 = 1.0 - 1.0 / 4194304.0;
const MARGIN: f64 = 1.0 - 1.0 / 262144.0;

/**
 * Places items one after the other, until one finds no host or all have been looked at.
 *
 * @param control  address of the control block, 136 bytes
 * @param from     first item, by its place in the order
 * @param to       behind the last
 * @returns        place of the item that found none; `to` if all did
 */
export function placeRun(control: usize, from: u32, to: u32): u32 {
  for (let place = from; place < to; ++place) {
    const item = load<u32>(<usize>load<u32>(control, ITEMS) + ((<usize>place) << 2));
    const host = bestHost(control, item);
    store<i32>(<usize>load<u32>(control, HOME) + ((<usize>item) << 2), host);
    if (host == NO_HOST) return place;
    fill(control, item, host);
  }
  return to;
}

/** Lets a host be chosen. */
export function open(control: usize, host: u32): void {
  assert(host < load<u32>(control, HOSTS));
  if (host >= load<u32>(control, TOP)) store<u32>(control, host + 1, TOP);
  refresh(control, host);
}

/** Brings the f32 form of a host up to what it has free. */
function refresh(control: usize, host: u32): void {
  const column = (<usize>load<u32>(control, HOSTS)) << 3;
  const free = <usize>load<u32>(control, FREE) + ((<usize>host) << 3);
  const lane = <usize>load<u32>(control, GROUPS) + <usize>(host >> 2) * GROUP + ((<usize>(host & 3)) << 2);
  let square: f64 = 0;
  for (let d: usize = 0; d < 4; ++d) {
    const scale = load<f64>(control + (d << 3), SCALES);
    const left = load<f64>(free + d * column);
    const part = max<f64>(0, left) * scale;
    square += part * part;
    const room = (left + load<f64>(control + (d << 3), SLACKS)) * scale;
    store<f32>(lane + (d << 4), <f32>(max<f64>(0, room) * UPWARD));
  }
  store<f32>(lane, square > 0 ? <f32>(1 / sqrt<f64>(square)) : 0, LENGTHS);
}

/** Puts an item into a host. */
function fill(control: usize, item: u32, host: u32): void {
  const column = (<usize>load<u32>(control, HOSTS)) << 3;
  const free = <usize>load<u32>(control, FREE) + ((<usize>host) << 3);
  const size = <usize>load<u32>(control, SIZES) + ((<usize>item) << 5);
  for (let d: usize = 0; d < 4; ++d) {
    const at = free + d * column;
    store<f64>(at, load<f64>(at) - load<f64>(size + (d << 3)));
  }
  refresh(control, host);
  const link = <usize>load<u32>(control, NEXT) + ((<usize>host) << 2);
  const next = load<u32>(link);
  if (next == NONE) return;
  store<u32>(link, NONE);
  open(control, next);
}

/** The host with room that scores highest, the lowest of equals; -1 if none has room. */
function bestHost(control: usize, item: u32): i32 {
  const size = <usize>load<u32>(control, SIZES) + ((<usize>item) << 5);
  const r0 = f32x4.splat(<f32>(load<f64>(size) * load<f64>(control, SCALES) * DOWNWARD));
  const r1 = f32x4.splat(<f32>(load<f64>(size, 8) * load<f64>(control, SCALES + 8) * DOWNWARD));
  const r2 = f32x4.splat(<f32>(load<f64>(size, 16) * load<f64>(control, SCALES + 16) * DOWNWARD));
  const r3 = f32x4.splat(<f32>(load<f64>(size, 24) * load<f64>(control, SCALES + 24) * DOWNWARD));
  const length = lengthOf(control, size) * MARGIN;
  let limit = f32x4.splat(-1);
  let best = NO_HOST;
  let at = <usize>load<u32>(control, GROUPS);
  // Two groups at a time: one branch for eight hosts.
  const pairs = (load<u32>(control, TOP) + 7) >> 3;
  for (let pair: u32 = 0; pair < pairs; ++pair, at += 2 * GROUP) {
    const near = v128.and(fitsFour(at, r0, r1, r2, r3), f32x4.ge(scoreFour(at, r0, r1, r2, r3), limit));
    const nearNext = v128.and(
      fitsFour(at + GROUP, r0, r1, r2, r3),
      f32x4.ge(scoreFour(at + GROUP, r0, r1, r2, r3), limit),
    );
    if (!v128.any_true(v128.or(near, nearNext))) continue;
    const mask = i32x4.bitmask(near) | (i32x4.bitmask(nearNext) << 4);
    const found = look(control, size, pair << 3, mask, best);
    if (found == best) continue;
    best = found;
    limit = f32x4.splat(<f32>(load<f64>(control, SCORE) * length));
  }
  return best;
}

/** Which of four hosts may have room. */
function fitsFour(at: usize, r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  return v128.and(
    v128.and(f32x4.le(r0, v128.load(at)), f32x4.le(r1, v128.load(at, 16))),
    v128.and(f32x4.le(r2, v128.load(at, 32)), f32x4.le(r3, v128.load(at, 48))),
  );
}

/** About |r| times the cosine with four hosts. */
function scoreFour(at: usize, r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  const dot = f32x4.add(
    f32x4.add(f32x4.mul(r0, v128.load(at)), f32x4.mul(r1, v128.load(at, 16))),
    f32x4.add(f32x4.mul(r2, v128.load(at, 32)), f32x4.mul(r3, v128.load(at, 48))),
  );
  return f32x4.mul(dot, v128.load(at, LENGTHS));
}

/** |r| in units. */
function lengthOf(control: usize, size: usize): f64 {
  let square: f64 = 0;
  for (let d: usize = 0; d < 32; d += 8) {
    const part = load<f64>(size + d) * load<f64>(control + d, SCALES);
    square += part * part;
  }
  return sqrt<f64>(square);
}

/**
 * Looks at eight hosts exactly.
 *
 * @param mask  a bit for each that may be better
 * @param best  the best so far, whose score stands in the control block
 * @returns     the best now
 */
function look(control: usize, size: usize, first: u32, mask: i32, best: i32): i32 {
  let left = best == NO_HOST ? mask : mask & ~sameRooms(control, first, best);
  let found = best;
  while (left != 0) {
    const host = first + ctz(left);
    left &= left - 1;
    if (!fitsExactly(control, size, host)) continue;
    const score = scoreOf(control, size, host);
    if (found != NO_HOST && !(score > load<f64>(control, SCORE))) continue;
    store<f64>(control, score, SCORE);
    found = host;
    // The rest of the eight may be alike.
    left &= ~sameRooms(control, first, found);
  }
  return found;
}

function sameRooms(control: usize, first: u32, other: i32): i32 {
  return sameRoom(control, first, other) | (sameRoom(control, first + 4, other) << 4);
}

/** A bit for each of four hosts with the very room of another. */
function sameRoom(control: usize, first: u32, other: i32): i32 {
  const column = (<usize>load<u32>(control, HOSTS)) << 3;
  const free = <usize>load<u32>(control, FREE);
  let low = i64x2.splat(-1);
  let high = i64x2.splat(-1);
  for (let d: usize = 0; d < 4; ++d) {
    const at = free + d * column;
    const own = f64x2.splat(load<f64>(at + ((<usize>other) << 3)));
    const four = at + ((<usize>first) << 3);
    low = v128.and(low, f64x2.eq(own, v128.load(four)));
    high = v128.and(high, f64x2.eq(own, v128.load(four, 16)));
  }
  return i64x2.bitmask(low) | (i64x2.bitmask(high) << 2);
}

function fitsExactly(control: usize, size: usize, host: u32): bool {
  const column = (<usize>load<u32>(control, HOSTS)) << 3;
  const free = <usize>load<u32>(control, FREE) + ((<usize>host) << 3);
  for (let d: usize = 0; d < 4; ++d) {
    const room = load<f64>(free + d * column) + load<f64>(control + (d << 3), SLACKS);
    if (load<f64>(size + (d << 3)) > room) return false;
  }
  return true;
}

/** As `cosine` of src/place/fitness.ts. */
function scoreOf(control: usize, size: usize, host: u32): f64 {
  const column = (<usize>load<u32>(control, HOSTS)) << 3;
  const free = <usize>load<u32>(control, FREE) + ((<usize>host) << 3);
  let dot: f64 = 0;
  let item: f64 = 0;
  let room: f64 = 0;
  for (let d: usize = 0; d < 4; ++d) {
    const weight = load<f64>(control + (d << 3), WEIGHTS);
    const r = load<f64>(size + (d << 3)) * weight;
    const f = max<f64>(0, load<f64>(free + d * column)) * weight;
    dot += r * f;
    item += r * r;
    room += f * f;
  }
  return dot > 0 ? dot / sqrt<f64>(item * room) : 0;
}
