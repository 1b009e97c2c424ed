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
  mpnContent,
  mpnContentAt,
  mpnHashAt,
  mpnRefcountAt,
  ppnFlagsAt,
  ppnMpn,
  ppnMpnAt,
  scratchWord,
  scratchWordAt,
  setScratchWord,
  slotEntry,
  slotEntryAt,
  worldBytesForm,
  worldHashMask,
  vmSalt,
} from "../layout";
import { mix64 } from "../prng";
import { contentHash } from "./content";
import { homeSlot, isSharedEntry, entryRow } from "./sharing-table";

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
  for (let at = first; at < first + count; ++at) {
    const ppn = <u32>scratchWord(at);
    setScratchWord(at, (<u64>ppn) | ((<u64>ppnMpn(ppn)) << 32));
  }
  if (worldBytesForm(0)) hashBytes(first, count);
  else readIds(first, count);
  makeKeys(vm, count);
  touchSlots(count);
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

function hashBytes(first: u32, count: u32): void {
  for (let at: u32 = 0; at < count; ++at) setScratchWord(KEYS + at, contentHash(candidateFrame(first + at)));
}

function readIds(first: u32, count: u32): void {
  for (let at: u32 = 0; at < count; ++at) {
    const id = mpnContent(candidateFrame(first + at));
    setScratchWord(IDS + at, id);
    setScratchWord(KEYS + at, mix64(id));
  }
}

/** From hashes to sharing keys; see `sharingKey`. */
function makeKeys(vm: u32, count: u32): void {
  const mask = worldHashMask(0);
  const salt = vmSalt(vm);
  for (let at: u32 = 0; at < count; ++at) {
    const key = mix64((scratchWord(KEYS + at) & mask) ^ salt);
    setScratchWord(KEYS + at, key);
    setScratchWord(SLOTS + at, <u64>slotEntryAt(homeSlot(<u32>(key >> 32))));
  }
}

/**
 * Sorts the candidates by what stands on file for their tags: nothing, a hint, or a shared frame.
 *
 * Looks no further than three slots; visits check what they find.
 *
 * @returns lengths of the lists, 16 bits each: absent, hinted, on file
 */
export function sortByEntry(count: u32): u64 {
  let absent: u32 = 0;
  let hinted: u32 = 0;
  let onFile: u32 = 0;
  for (let at: u32 = 0; at < count; ++at) {
    const key = scratchWord(KEYS + at);
    const below = (key >> 32) << 32;
    const home = homeSlot(<u32>(key >> 32));
    // An empty slot, 0, wraps around to the largest number.
    const a = <u32>(slotEntry(home) - 1 < below);
    const b = a & (<u32>(slotEntry(home + 1) - 1 < below));
    const c = b & (<u32>(slotEntry(home + 2) - 1 < below));
    const slot = home + a + b + c;
    const entry = slotEntry(slot);
    const match = <u32>(entry - 1 - below < 0xffff_ffff);
    const shared = match & (<u32>isSharedEntry(entry));
    const listed = (<u64>at) | ((<u64>entryRow(entry)) << 32);
    setScratchWord(SLOTS + at, <u64>slot);
    setScratchWord(ABSENT + absent, listed);
    setScratchWord(HINTED + hinted, listed);
    setScratchWord(ON_FILE + onFile, listed);
    absent += 1 - match;
    hinted += match - shared;
    onFile += shared;
  }
  return (<u64>absent) | ((<u64>hinted) << 16) | ((<u64>onFile) << 32);
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
    // Frame 0 for a page that has none any more: something to look at.
    const frame = ppnMpn(<u32>(scratchWord(HINTED + at) >> 32)) + 1;
    const row = frame - <u32>(frame != 0);
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
