/**
 * Machine pages: which are free, and giving them out. Free frames stand in one bitset over all zones, free blocks of
 * 512 in a second, so that NUMA zones and 2 MiB pages need no other design.
 *
 * The lowest free frame of a zone goes first: full blocks stay full, free ones stay whole, and the state after any
 * set of frees does not depend on their order.
 *
 * Cost: O(log64 frames) per call.
 */
import { bitsetWords, clearBit, hasBit, nextSet, NO_BIT, setBit } from "../bits";
import {
  blockCount,
  blockFreePages,
  blockFreePagesAt,
  blockWordBitsAt,
  blockWordCount,
  blockZone,
  blockZoneAt,
  frameWordBits,
  frameWordBitsAt,
  frameWordCount,
  hostOverheadPages,
  hostPages,
  hostSystemPages,
  hostUsedPages,
  hostZipFrames,
  hostZoneCount,
  hostZoneFirst,
  mpnCount,
  mpnRefcount,
  mpnRefcountAt,
  scratchWord,
  setBlockFreePages,
  setBlockZone,
  setFrameWordBits,
  setHostUsedPages,
  setMpnRefcount,
  setZoneFreePages,
  zoneCount,
  zoneFirst,
  zoneFreePages,
  zoneHost,
  zonePages,
} from "../layout";
import { poisonContent } from "./content";
import { decrementRefcount } from "./refcount";

export const NO_MPN: u32 = 0xffff_ffff;
export const BLOCK_PAGES: u32 = 512;
/** Frames of a word of the bitset; zones begin with one. */
const WORD_BITS: u32 = 64;

/** Makes every frame of every zone free, once at boot. */
export function buildFrames(): void {
  assert(mpnCount() == 0 || bitsetWords(mpnCount()) <= frameWordCount());
  assert(blockCount() == 0 || bitsetWords(blockCount()) <= blockWordCount());
  for (let zone: u32 = 0; zone < zoneCount(); ++zone) {
    setZoneFreePages(zone, zonePages(zone));
    assert(zoneFirst(zone) % BLOCK_PAGES == 0);
    for (let at: u32 = 0; at < zonePages(zone); at += BLOCK_PAGES) {
      const block = (zoneFirst(zone) + at) / BLOCK_PAGES;
      const free = min<u32>(zonePages(zone) - at, BLOCK_PAGES);
      setBlockZone(block, zone);
      setBlockFreePages(block, <u16>free);
      if (free == BLOCK_PAGES) setBit(blockWordBitsAt(0), blockCount(), block);
    }
    for (let at: u32 = 0; at < zonePages(zone); at += WORD_BITS) {
      setBit(frameWordBitsAt(0), mpnCount(), zoneFirst(zone) + at);
      setFrameWordBits((zoneFirst(zone) + at) / WORD_BITS, lowBits(zonePages(zone) - at));
    }
  }
}

/** A word with its lowest `count` bits set, all of them from 64 on. */
function lowBits(count: u32): u64 {
  return count >= WORD_BITS ? ~(<u64>0) : ((<u64>1) << count) - 1;
}

/** Frames of a host that are in use: by VMs, for the hypervisor, overhead, or compressed pages. */
function takenFrames(host: u32): u32 {
  return hostUsedPages(host) + hostSystemPages(host) + hostOverheadPages(host) + hostZipFrames(host);
}

/** Frames that a host owes: VMs have been powered on, and what they take by that was not free. */
export function owedFrames(host: u32): u32 {
  const taken = takenFrames(host);
  return taken > hostPages(host) ? taken - hostPages(host) : 0;
}

/** Frames of a host that can be given out. */
export function freeFrames(host: u32): u32 {
  const taken = takenFrames(host);
  return taken < hostPages(host) ? hostPages(host) - taken : 0;
}

/**
 * Takes a free frame of a host, from its first zone that has one; its content is the last owner's poison.
 *
 * @returns NO_MPN if the host has none: an outcome, not a fault
 */
export function allocateFrame(host: u32): u32 {
  if (freeFrames(host) == 0) return NO_MPN;
  const end = hostZoneFirst(host) + hostZoneCount(host);
  for (let zone = hostZoneFirst(host); zone < end; ++zone) {
    if (zoneFreePages(zone) == 0) continue;
    const mpn = nextSet(frameWordBitsAt(0), mpnCount(), zoneFirst(zone));
    assert(mpn != NO_BIT);
    assert(mpn < zoneFirst(zone) + zonePages(zone));
    assert(mpnRefcount(mpn) == 0);
    markUsed(mpn);
    setMpnRefcount(mpn, 1);
    setZoneFreePages(zone, zoneFreePages(zone) - 1);
    setHostUsedPages(host, hostUsedPages(host) + 1);
    return mpn;
  }
  return NO_MPN;
}

/**
 * Takes free neighbours: those that `allocateFrame` would give out next, one after another.
 *
 * @param wanted  how many at the most
 * @returns     the first, and in the upper half how many: 0 if the host has none
 */
export function allocateRun(host: u32, wanted: u32): u64 {
  const most = min(wanted, freeFrames(host));
  if (most == 0) return 0;
  const end = hostZoneFirst(host) + hostZoneCount(host);
  for (let zone = hostZoneFirst(host); zone < end; ++zone) {
    if (zoneFreePages(zone) == 0) continue;
    const first = nextSet(frameWordBitsAt(0), mpnCount(), zoneFirst(zone));
    assert(first != NO_BIT);
    const word = first / WORD_BITS;
    const shift = first % WORD_BITS;
    const count = min<u32>(<u32>ctz(~(frameWordBits(word) >> shift)), most);
    assert(first + count <= zoneFirst(zone) + zonePages(zone));
    const block = first / BLOCK_PAGES;
    if (<u32>blockFreePages(block) == BLOCK_PAGES) clearBit(blockWordBitsAt(0), blockCount(), block);
    setBlockFreePages(block, <u16>(<u32>blockFreePages(block) - count));
    // All but the first bit here; that one may empty the word, and with it bits of the levels above.
    setFrameWordBits(word, frameWordBits(word) & ~((lowBits(count) ^ 1) << shift));
    clearBit(frameWordBitsAt(0), mpnCount(), first);
    for (let mpn = first; mpn < first + count; ++mpn) {
      assert(mpnRefcount(mpn) == 0);
      setMpnRefcount(mpn, 1);
    }
    setZoneFreePages(zone, zoneFreePages(zone) - count);
    setHostUsedPages(host, hostUsedPages(host) + count);
    return (<u64>first) | ((<u64>count) << 32);
  }
  return 0;
}

/**
 * Takes a whole free block of a host: 512 frames, the first at a multiple of 512.
 *
 * @returns its first frame; NO_MPN if the host has none
 */
export function allocateBlock(host: u32): u32 {
  if (freeFrames(host) < BLOCK_PAGES) return NO_MPN;
  const end = hostZoneFirst(host) + hostZoneCount(host);
  for (let zone = hostZoneFirst(host); zone < end; ++zone) {
    if (zoneFreePages(zone) < BLOCK_PAGES) continue;
    const block = nextSet(blockWordBitsAt(0), blockCount(), zoneFirst(zone) / BLOCK_PAGES);
    if (block >= (zoneFirst(zone) + zonePages(zone)) / BLOCK_PAGES) continue;
    const first = block * BLOCK_PAGES;
    clearBit(blockWordBitsAt(0), blockCount(), block);
    setBlockFreePages(block, 0);
    for (let mpn = first; mpn < first + BLOCK_PAGES; mpn += WORD_BITS) {
      // All but the first bit here; that one empties the word, and with it bits of the levels above.
      setFrameWordBits(mpn / WORD_BITS, 1);
      clearBit(frameWordBitsAt(0), mpnCount(), mpn);
    }
    for (let mpn = first; mpn < first + BLOCK_PAGES; ++mpn) {
      assert(mpnRefcount(mpn) == 0);
      setMpnRefcount(mpn, 1);
    }
    setZoneFreePages(zone, zoneFreePages(zone) - BLOCK_PAGES);
    setHostUsedPages(host, hostUsedPages(host) + BLOCK_PAGES);
    return first;
  }
  return NO_MPN;
}

/** Takes a frame that is free. */
export function allocateThis(host: u32, mpn: u32): void {
  const zone = blockZone(mpn / BLOCK_PAGES);
  assert(isFree(mpn));
  assert(zoneHost(zone) == host);
  markUsed(mpn);
  setMpnRefcount(mpn, 1);
  setZoneFreePages(zone, zoneFreePages(zone) - 1);
  setHostUsedPages(host, hostUsedPages(host) + 1);
}

/**
 * Takes one reference off a frame; the last one frees and poisons it.
 *
 * @returns references left
 */
export function releaseFrame(host: u32, mpn: u32): u32 {
  const left = decrementRefcount(mpn);
  if (left > 0) return left;
  assert(hostOfFrame(mpn) == host);
  freeFrame(mpn);
  setHostUsedPages(host, hostUsedPages(host) - 1);
  return 0;
}

/** Frees and poisons a frame whatever its count says; the caller counts its host's pages. */
function freeFrame(mpn: u32): void {
  const zone = blockZone(mpn / BLOCK_PAGES);
  setMpnRefcount(mpn, 0);
  poisonContent(mpn);
  markFree(mpn);
  setZoneFreePages(zone, zoneFreePages(zone) + 1);
}

/**
 * Frees frames that stand in the scratch, each with one reference; the caller counts their host's pages.
 *
 * @param first  row of the scratch
 */
export function freeListed(first: u32, count: u32): void {
  const bits = frameWordBitsAt(0);
  const references = mpnRefcountAt(0);
  const freePages = blockFreePagesAt(0);
  const zones = blockZoneAt(0);
  let zone: u32 = 0;
  let freed: u32 = 0;
  for (let row = first; row < first + count; ++row) {
    const mpn = <usize>scratchWord(row);
    const block = mpn / BLOCK_PAGES;
    const word = bits + ((mpn >> 6) << 3);
    const before = load<u64>(word);
    store<u16>(references + (mpn << 1), 0);
    poisonContent(<u32>mpn);
    // The levels above change only with the first bit of a word.
    if (before == 0) setBit(bits, mpnCount(), <u32>mpn);
    else store<u64>(word, before | ((<u64>1) << (mpn & 63)));
    const free = load<u16>(freePages + (block << 1)) + 1;
    store<u16>(freePages + (block << 1), free);
    if (free == BLOCK_PAGES) setBit(blockWordBitsAt(0), blockCount(), <u32>block);
    const own = load<u32>(zones + (block << 2));
    if (own != zone) {
      setZoneFreePages(zone, zoneFreePages(zone) + freed);
      zone = own;
      freed = 0;
    }
    freed += 1;
  }
  if (count > 0) setZoneFreePages(zone, zoneFreePages(zone) + freed);
}

/** Host that a frame is part of. */
export function hostOfFrame(mpn: u32): u32 {
  return zoneHost(blockZone(mpn / BLOCK_PAGES));
}

export function isFree(mpn: u32): bool {
  return hasBit(frameWordBitsAt(0), mpn);
}

function markFree(mpn: u32): void {
  const block = mpn / BLOCK_PAGES;
  const free = blockFreePages(block) + 1;
  setBit(frameWordBitsAt(0), mpnCount(), mpn);
  setBlockFreePages(block, free);
  if (<u32>free == BLOCK_PAGES) setBit(blockWordBitsAt(0), blockCount(), block);
}

function markUsed(mpn: u32): void {
  const block = mpn / BLOCK_PAGES;
  const free = blockFreePages(block);
  clearBit(frameWordBitsAt(0), mpnCount(), mpn);
  if (<u32>free == BLOCK_PAGES) clearBit(blockWordBitsAt(0), blockCount(), block);
  setBlockFreePages(block, free - 1);
}
