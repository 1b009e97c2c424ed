/**
 * Looks at everything that the next visits of the scan are going to need, before they need it.
 *
 *   candidates  ->  frames  ->  keys  ->  slots  ->  sorted by what is on file  ->  rows on file
 *   ppn             mpn         content   entry      nothing, a hint, a frame       page, frame, content, count
 *
 * A visit waits for four or five cache misses, one after the other, and its branches cannot be foretold. Here each
 * step is one loop over the whole chunk, without branches that depend on what it loads, so that the processor has many
 * misses under way at once. It changes nothing: the visits come after, and find warm caches.
 *
 * Wasm has no prefetch; plain loads, summed up and stored so that they are not optimised away, serve. V8 makes branches
 * of selects, so choices here are sums of comparisons.
 *
 * Cost: measured in bench/memory/page-sharing.bench.ts.
 */
import {
  mpnContentAt,
  mpnHashAt,
  mpnRefcountAt,
  ppnFlags,
  ppnFlagsAt,
  ppnMpn,
  ppnMpnAt,
  scratchWord,
  scratchWordAt,
  setScratchWord,
  slotEntryAt,
  worldBytesForm,
  worldHashMask,
  vmSalt,
} from "../layout";
import { mix64 } from "../prng";
import { contentHash } from "./content";
import { Flag } from "./pmap";
import { entryRow, homeSlots } from "./sharing-table";

/** Candidates picked at a time; they stand in the first rows of the scratch. */
export const BATCH: u32 = 512;
/** Candidates visited at a time: as many as the first cache holds what belongs to. */
export const CHUNK: u32 = 128;
/** What is found out about a chunk stands behind, by candidate … */
export const KEYS: u32 = BATCH;
export const IDS: u32 = KEYS + CHUNK;
export const SLOTS: u32 = IDS + CHUNK;
/** … and in lists of candidates: position in the chunk, and in the upper half the row on file. */
export const ABSENT: u32 = SLOTS + CHUNK;
export const HINTED: u32 = ABSENT + CHUNK;
export const ON_FILE: u32 = HINTED + CHUNK;
/** Addresses to look at; later the frames to be freed. */
export const ADDRESSES: u32 = ON_FILE + CHUNK;

export const WORD: u32 = 8;
const UPPER: u64 = 0xffff_ffff_0000_0000;
const LOWER: u64 = 0xffff_ffff;

/** Page of a candidate. */
export function candidatePage(at: u32): u32 {
  return <u32>scratchWord(at);
}

/** Frame of a candidate, once looked ahead to. */
export function candidateFrame(at: u32): u32 {
  return <u32>(scratchWord(at) >> 32);
}

/** Steps up to the slots. */
export function lookAtSlots(vm: u32, first: u32, count: u32): void {
  assert(count <= CHUNK);
  assert(first + count <= BATCH);
  lookAtFrames(first, count);
  if (worldBytesForm(0)) hashBytes(first, count);
  else readIds(first, count);
  makeKeys(vm, count);
  touchSlots(count);
}

function lookAtFrames(first: u32, count: u32): void {
  for (let at = first; at < first + count; ++at) {
    const ppn = <u32>scratchWord(at);
    setScratchWord(at, (<u64>ppn) | ((<u64>ppnMpn(ppn)) << 32));
  }
}

function hashBytes(first: u32, count: u32): void {
  for (let at: u32 = 0; at < count; ++at) setScratchWord(KEYS + at, contentHash(candidateFrame(first + at)));
}

function readIds(first: u32, count: u32): void {
  const contents = mpnContentAt(0);
  const rows = scratchWordAt(0);
  const candidates = scratchWordAt(first);
  for (let at: usize = 0; at < <usize>count * WORD; at += WORD) {
    const id = load<u64>(contents + <usize>load<u32>(candidates + at, 4) * WORD);
    store<u64>(rows + at, id, IDS * WORD);
    store<u64>(rows + at, mix64(id), KEYS * WORD);
  }
}

/** From hashes to sharing keys; see `sharingKey`. */
function makeKeys(vm: u32, count: u32): void {
  const mask = worldHashMask(0);
  const salt = vmSalt(vm);
  const slots = slotEntryAt(0);
  const homes = <u64>homeSlots();
  const rows = scratchWordAt(0);
  for (let at: usize = 0; at < <usize>count * WORD; at += WORD) {
    const key = mix64((load<u64>(rows + at, KEYS * WORD) & mask) ^ salt);
    store<u64>(rows + at, key, KEYS * WORD);
    store<u64>(rows + at, <u64>(slots + <usize>(((key >> 32) * homes) >> 32) * WORD), SLOTS * WORD);
  }
}

/**
 * Reads the slots that `sortByEntry` is going to read, which may be in two lines of the cache.
 *
 * Four at a time with little else between, so that as many misses as can be are under way at once.
 */
function touchSlots(count: u32): void {
  for (let at = count; at < ((count + 3) & ~3); ++at) setScratchWord(SLOTS + at, <u64>slotEntryAt(0));
  let seen: u64 = 0;
  const end = scratchWordAt(SLOTS + count);
  for (let row = scratchWordAt(SLOTS); row < end; row += 32) {
    const a = <usize>load<u64>(row);
    const b = <usize>load<u64>(row, 8);
    const c = <usize>load<u64>(row, 16);
    const d = <usize>load<u64>(row, 24);
    seen += load<u64>(a) + load<u64>(b) + load<u64>(c) + load<u64>(d);
    seen += load<u64>(a, 16) + load<u64>(b, 16) + load<u64>(c, 16) + load<u64>(d, 16);
  }
  setScratchWord(ADDRESSES, seen);
}

/**
 * Sorts the candidates by what stands on file for their tags: nothing, a hint, or a shared frame.
 *
 * Looks no further than three slots; visits check what they find.
 *
 * @returns lengths of the lists, 16 bits each: absent, hinted, on file
 */
export function sortByEntry(count: u32): u64 {
  const rows = scratchWordAt(0);
  let absent = rows + ABSENT * WORD;
  let hinted = rows + HINTED * WORD;
  let onFile = rows + ON_FILE * WORD;
  for (let at: u32 = 0; at < count; ++at) {
    const row = rows + <usize>at * WORD;
    const below = load<u64>(row, KEYS * WORD) & UPPER;
    const home = <usize>load<u64>(row, SLOTS * WORD);
    // An empty slot, 0, wraps around to the largest number.
    const a = <usize>(load<u64>(home) - 1 < below);
    const b = a & (<usize>(load<u64>(home, WORD) - 1 < below));
    const c = b & (<usize>(load<u64>(home, 2 * WORD) - 1 < below));
    const slot = home + (a + b + c) * WORD;
    const entry = load<u64>(slot);
    const match = <usize>(entry - 1 - below < LOWER);
    const shared = match & (<usize>(entry >> 31));
    const listed = (<u64>at) | ((<u64>entryRow(entry)) << 32);
    store<u64>(row, <u64>slot, SLOTS * WORD);
    store<u64>(absent, listed);
    store<u64>(hinted, listed);
    store<u64>(onFile, listed);
    absent += (1 - match) * WORD;
    hinted += (match - shared) * WORD;
    onFile += shared * WORD;
  }
  const lengths = (<u64>((absent - rows) / WORD - ABSENT)) | ((<u64>((hinted - rows) / WORD - HINTED)) << 16);
  return lengths | ((<u64>((onFile - rows) / WORD - ON_FILE)) << 32);
}

/**
 * Looks at the rows on file: the pages that hints stand for, shared frames, and then the frames of those pages.
 *
 * @param hinted  length of the list of hints
 * @param onFile  length of the list of shared frames
 */
export function lookAtRows(hinted: u32, onFile: u32): void {
  const contents = worldBytesForm(0) ? mpnHashAt(0) : mpnContentAt(0);
  let next: u32 = ADDRESSES;
  for (let at: u32 = 0; at < hinted; ++at, next += 2) {
    const page = <u32>(scratchWord(HINTED + at) >> 32);
    setScratchWord(next, <u64>ppnMpnAt(page));
    setScratchWord(next + 1, <u64>ppnFlagsAt(page));
  }
  for (let at: u32 = 0; at < onFile; ++at, next += 2) {
    const frame = <u32>(scratchWord(ON_FILE + at) >> 32);
    setScratchWord(next, <u64>(contents + ((<usize>frame) << 3)));
    setScratchWord(next + 1, <u64>mpnRefcountAt(frame));
  }
  touch(next - ADDRESSES);
  for (let at: u32 = 0; at < hinted; ++at) {
    // Frame 0 for a page that has none any more, or a slot in place of one: something to look at.
    const page = <u32>(scratchWord(HINTED + at) >> 32);
    const row = select<u32>(ppnMpn(page), 0, ((<u32>ppnFlags(page)) & Flag.Mapped) != 0);
    setScratchWord(ADDRESSES + 2 * at, <u64>(contents + ((<usize>row) << 3)));
    setScratchWord(ADDRESSES + 2 * at + 1, <u64>mpnRefcountAt(row));
  }
  touch(2 * hinted);
}

/** Reads a byte at each of the addresses in the scratch; see `touchSlots`. */
function touch(count: u32): void {
  for (let at = count; at < ((count + 3) & ~3); ++at) setScratchWord(ADDRESSES + at, <u64>scratchWordAt(0));
  let seen: u64 = 0;
  const end = scratchWordAt(ADDRESSES) + ((<usize>count) << 3);
  for (let row = scratchWordAt(ADDRESSES); row < end; row += 32) {
    const a = <usize>load<u64>(row);
    const b = <usize>load<u64>(row, 8);
    const c = <usize>load<u64>(row, 16);
    const d = <usize>load<u64>(row, 24);
    seen += load<u8>(a) + load<u8>(b) + load<u8>(c) + load<u8>(d);
  }
  setScratchWord(ADDRESSES, seen);
}
