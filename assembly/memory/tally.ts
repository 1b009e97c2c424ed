/**
 * Counts how often each content occurs: what page sharing could save, without building a host.
 *
 *   slot = hash u64 | copies u32 | file of the last copy u32          16 bytes, copies 0: empty
 *   home = (high word of mix(hash)) * slots / 2^32, then the next slots in turn
 *
 * Homes grow with the mixed hash, so a table copied into a larger one is read and written in order. Everything is
 * at addresses the caller gives; nothing of the world is touched.
 *
 * Source: counts as in ESX'02 §4 and Linux KSM. Cost: O(1) expected per page while the table is at most 3/4 full.
 */

const SLOT: usize = 16;
const COPIES: usize = 8;
const FILE: usize = 12;

// The control block: u64 each.
const ZERO_HASH: usize = 0; // in: this hash is the zero page, as 0 is
const ZEROS: usize = 8; // zero pages
const DISTINCT_IN_FILE: usize = 16; // nonzero contents first seen in a file, summed over files
const DISTINCT: usize = 24; // nonzero contents, the slots used
const SHARED: usize = 32; // of them with two copies or more
const COPIES_MAX: usize = 40; // of one nonzero content
const TOUCHED: usize = 48; // keeps the loads below alive

/** Hashes whose slots are asked for before the first is used: the misses then overlap. */
const AHEAD: u32 = 32;

/**
 * Counts a run of pages by their hashes.
 *
 * @param hashes   address of `count` u64
 * @param file     any number, the same for all pages of one file
 * @param table    address of the slots
 * @param slots    at least one more than contents there will be
 * @param control  address of the control block, counted up
 */
export function add(hashes: usize, count: u32, file: u32, table: usize, slots: u32, control: usize): void {
  const zeroHash = load<u64>(control, ZERO_HASH);
  let touched: u32 = 0;
  for (let first: u32 = 0; first < count; first += AHEAD) {
    const end = min(count, first + AHEAD);
    for (let i = first; i < end; ++i) {
      touched += load<u32>(home(load<u64>(hashes + ((<usize>i) << 3)), table, slots), COPIES);
    }
    for (let i = first; i < end; ++i) {
      const hash = load<u64>(hashes + ((<usize>i) << 3));
      if (hash == 0) increment(control + ZEROS);
      else if (hash == zeroHash) increment(control + ZEROS);
      else addOne(hash, file, table, slots, control);
    }
  }
  store<u64>(control, <u64>touched, TOUCHED);
}

/**
 * Counts a run of pages as `add` does, and tells which of them bring a content for the first time.
 *
 * One by one through `add`, and its counters asked: so `add`, which most callers want, stays as fast as it is.
 *
 * @param marks  where a byte a page is written: 0 a zero page or a content that its file had before; 1 new to its file;
 *               3 new to all files
 */
export function addMarked(
  hashes: usize,
  count: u32,
  file: u32,
  table: usize,
  slots: u32,
  control: usize,
  marks: usize,
): void {
  for (let i: u32 = 0; i < count; ++i) {
    const inFile = load<u64>(control, DISTINCT_IN_FILE);
    const inAll = load<u64>(control, DISTINCT);
    add(hashes + ((<usize>i) << 3), 1, file, table, slots, control);
    const isNewInFile = <u32>(load<u64>(control, DISTINCT_IN_FILE) - inFile);
    const isNew = <u32>(load<u64>(control, DISTINCT) - inAll);
    store<u8>(marks + i, <u8>(isNewInFile | (isNew << 1)));
  }
}

function addOne(hash: u64, file: u32, table: usize, slots: u32, control: usize): void {
  const slot = find(hash, table, slots);
  const copies = load<u32>(slot, COPIES);
  if (copies == 0) {
    store<u64>(slot, hash);
    increment(control + DISTINCT);
    increment(control + DISTINCT_IN_FILE);
  } else if (load<u32>(slot, FILE) != file) {
    increment(control + DISTINCT_IN_FILE);
  }
  if (copies == 1) increment(control + SHARED);
  // 2^32 - 1 copies are 16 TiB of one content.
  assert(copies != u32.MAX_VALUE);
  store<u32>(slot, copies + 1, COPIES);
  store<u32>(slot, file, FILE);
  if (<u64>(copies + 1) > load<u64>(control, COPIES_MAX)) store<u64>(control, <u64>(copies + 1), COPIES_MAX);
}

/**
 * Copies slots of another table into this one.
 *
 * @param from   address of `count` slots, empty ones among them; none of their hashes is in the table yet
 * @param table  address of the slots
 * @param slots  at least one more than contents there will be
 */
export function move(from: usize, count: u32, table: usize, slots: u32): void {
  for (let i: u32 = 0; i < count; ++i) {
    const source = from + <usize>i * SLOT;
    if (load<u32>(source, COPIES) == 0) continue;
    const slot = find(load<u64>(source), table, slots);
    assert(load<u32>(slot, COPIES) == 0);
    memory.copy(slot, source, SLOT);
  }
}

/** The slot of `hash`, or the empty one where it belongs. */
function find(hash: u64, table: usize, slots: u32): usize {
  const end = table + <usize>slots * SLOT;
  let slot = home(hash, table, slots);
  for (let probes: u32 = 0; probes < slots; ++probes) {
    if (load<u32>(slot, COPIES) == 0) return slot;
    if (load<u64>(slot) == hash) return slot;
    slot += SLOT;
    if (slot == end) slot = table;
  }
  return unreachable();
}

/** Fingerprints of others may count upward; mixed, neighbours lie far apart. */
function home(hash: u64, table: usize, slots: u32): usize {
  const mixed = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
  return table + <usize>(((mixed >> 32) * <u64>slots) >> 32) * SLOT;
}

function increment(counter: usize): void {
  store<u64>(counter, load<u64>(counter) + 1);
}
