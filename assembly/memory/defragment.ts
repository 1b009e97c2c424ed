/**
 * Defragmentation: forms large pages again by moving frames.
 *
 *   an extent of 512 private pages     all in their places in one block     nothing moves
 *                                      half of them and more are            the others go there; who is in their way goes elsewhere
 *                                      else                                 all go to a whole free block
 *   no whole free block                the emptiest block, if at least half is free, is emptied into gaps of others
 *
 * Only private pages move: a shared frame does not know its pages, and one on its way to the swap device is waited for. A
 * frame's page is known by mpnPpn; it is checked, since it may be stale.
 *
 * Source: ESX has such a defragmenter and does not say how it works; this one is ours. Cost: a copy of 4 KiB a page moved,
 * limited by a rate; O(extents) a look.
 */
import { nextSet } from "../bits";
import {
  blockFreePages,
  extentVm,
  frameWordBitsAt,
  hostDefragCarry,
  hostDefragMoves,
  hostDefragNext,
  hostVmCount,
  hostVmFirst,
  hostZoneCount,
  hostZoneFirst,
  largeBlock,
  mpnCount,
  mpnPpn,
  mpnRefcount,
  ppnFlags,
  ppnMpn,
  setHostDefragCarry,
  setHostDefragMoves,
  setHostDefragNext,
  vmHost,
  vmLargeMode,
  vmPpnCount,
  vmPpnFirst,
  worldDefragRate,
  zoneFirst,
  zoneFreePages,
  zonePages,
} from "../layout";
import { copyContent } from "./content";
import { allocateBlock, allocateThis, BLOCK_PAGES, isFree, NO_MPN, releaseFrame } from "./frames";
import { isLarge } from "./held-back";
import { hasPlenty, isTracked, noteFormed } from "./large-page";
import { Flag, repointPage, vmOf } from "./pmap";

const SECOND: u64 = 1_000_000_000;
const HALF: u32 = BLOCK_PAGES / 2;
/** Moves that forming a large page takes at the most: half a block emptied, and a block filled. */
const MOST: u32 = BLOCK_PAGES + HALF;
const NO_BLOCK: u32 = 0xffff_ffff;
/** Of these a page that may move has the first only. */
const STANDING: u32 = Flag.Mapped | Flag.Cow | Flag.Leaving | Flag.Queued;

/** Forms large pages of a host's VMs, as many as the budget of a period allows. */
export function defragment(host: u32, periodNs: u64): void {
  const rate = <u64>worldDefragRate(0);
  if (rate == 0 || hostVmCount(host) == 0) return;
  const most = max<u64>(2 * <u64>MOST, rate) * SECOND;
  const earned = min<u64>(hostDefragCarry(host) + rate * periodNs, most);
  let budget = <u32>(earned / SECOND);
  const before = budget;
  const first = vmPpnFirst(hostVmFirst(host)) >> 9;
  const last = hostVmFirst(host) + hostVmCount(host) - 1;
  const extents = ((vmPpnFirst(last) + vmPpnCount(last)) >> 9) - first;
  let next = hostDefragNext(host);
  for (let looks: u32 = 0; looks < extents && budget >= MOST; ++looks) {
    if (next >= extents) next = 0;
    if (vmHost(extentVm(first + next)) == host && isCandidate(first + next)) {
      if (!hasPlenty(host)) break;
      budget -= form(host, first + next);
    }
    next += 1;
  }
  const moves = <u64>(before - budget);
  setHostDefragNext(host, next);
  setHostDefragMoves(host, hostDefragMoves(host) + moves);
  setHostDefragCarry(host, earned - moves * SECOND);
}

/** Whether an extent could be a large page: all of it is mapped, and nobody else's. */
function isCandidate(extent: u32): bool {
  if (largeBlock(extent) != 0) return false;
  const vm = extentVm(extent);
  const first = extent << 9;
  if (vmLargeMode(vm) == 0 || isTracked(vm) || first + BLOCK_PAGES > vmPpnFirst(vm) + vmPpnCount(vm))
    return false;
  for (let ppn = first; ppn < first + BLOCK_PAGES; ++ppn) {
    if (!stands(ppn)) return false;
  }
  return true;
}

/** Whether a page has a frame to itself, and keeps it. */
function stands(ppn: u32): bool {
  return ((<u32>ppnFlags(ppn)) & STANDING) == Flag.Mapped;
}

/** @returns pages moved; 0 also if it could not be done */
function form(host: u32, extent: u32): u32 {
  const first = extent << 9;
  const home = ppnMpn(first) / BLOCK_PAGES;
  const inPlace = countInPlace(first, home);
  if (inPlace >= HALF && canClear(first, home)) {
    const moves = fill(host, first, home);
    noteFormed(extent, home);
    return moves;
  }
  let emptied: u32 = 0;
  let mpn = allocateBlock(host);
  if (mpn == NO_MPN) {
    const block = emptiest(host);
    if (block == NO_BLOCK) return 0;
    emptied = empty(host, block);
    mpn = allocateBlock(host);
    if (mpn == NO_MPN) return emptied;
  }
  for (let at: u32 = 0; at < BLOCK_PAGES; ++at) move(host, first + at, mpn + at);
  noteFormed(extent, mpn / BLOCK_PAGES);
  return emptied + BLOCK_PAGES;
}

/** Pages of an extent that stand in their places in a block. */
function countInPlace(first: u32, block: u32): u32 {
  const base = block * BLOCK_PAGES;
  let count: u32 = 0;
  for (let at: u32 = 0; at < BLOCK_PAGES; ++at) count += <u32>(ppnMpn(first + at) == base + at);
  return count;
}

/** Whether whoever is in the way of an extent in a block can go elsewhere. */
function canClear(first: u32, block: u32): bool {
  const base = block * BLOCK_PAGES;
  for (let at: u32 = 0; at < BLOCK_PAGES; ++at) {
    const mpn = base + at;
    if (ppnMpn(first + at) != mpn && !isFree(mpn) && !isMovable(mpn)) return false;
  }
  return true;
}

/** Brings every page of an extent to its place in a block. @returns pages moved */
function fill(host: u32, first: u32, block: u32): u32 {
  const base = block * BLOCK_PAGES;
  let moves: u32 = 0;
  for (let at: u32 = 0; at < BLOCK_PAGES; ++at) {
    const place = base + at;
    if (ppnMpn(first + at) == place) continue;
    if (!isFree(place)) {
      const gap = lowestGap(host, block);
      allocateThis(host, gap);
      move(host, mpnPpn(place), gap);
      moves += 1;
    }
    allocateThis(host, place);
    move(host, first + at, place);
    moves += 1;
  }
  return moves;
}

/** Gives a page another frame, which the caller has taken for it. */
function move(host: u32, ppn: u32, mpn: u32): void {
  const from = ppnMpn(ppn);
  copyContent(mpn, from);
  repointPage(ppn, mpn);
  releaseFrame(host, from);
}

/** Whether the page of a frame in use is known, and may have another frame. */
function isMovable(mpn: u32): bool {
  if (mpnRefcount(mpn) != 1) return false;
  const ppn = mpnPpn(mpn);
  return ppnMpn(ppn) == mpn && stands(ppn) && !isLarge(ppn);
}

/** The block with most free frames, at least half of it, whose others may all go elsewhere; the lowest on ties. */
function emptiest(host: u32): u32 {
  let best = NO_BLOCK;
  let most = HALF - 1;
  let free: u32 = 0;
  const end = hostZoneFirst(host) + hostZoneCount(host);
  for (let zone = hostZoneFirst(host); zone < end; ++zone) free += zoneFreePages(zone);
  for (let zone = hostZoneFirst(host); zone < end; ++zone) {
    const last = (zoneFirst(zone) + zonePages(zone)) / BLOCK_PAGES;
    for (let block = zoneFirst(zone) / BLOCK_PAGES; block < last; ++block) {
      const own = <u32>blockFreePages(block);
      if (own <= most || free - own < BLOCK_PAGES - own || !canEmpty(block)) continue;
      most = own;
      best = block;
    }
  }
  return best;
}

function canEmpty(block: u32): bool {
  for (let mpn = block * BLOCK_PAGES; mpn < (block + 1) * BLOCK_PAGES; ++mpn) {
    if (!isFree(mpn) && !isMovable(mpn)) return false;
  }
  return true;
}

/** Moves every page of a block into gaps of others. @returns pages moved */
function empty(host: u32, block: u32): u32 {
  let moves: u32 = 0;
  for (let mpn = block * BLOCK_PAGES; mpn < (block + 1) * BLOCK_PAGES; ++mpn) {
    if (isFree(mpn)) continue;
    const gap = lowestGap(host, block);
    allocateThis(host, gap);
    move(host, mpnPpn(mpn), gap);
    moves += 1;
  }
  return moves;
}

/** The lowest free frame of a host outside of a block, and of blocks that are free as a whole while there are others. */
function lowestGap(host: u32, block: u32): u32 {
  const gap = lowestOutside(host, block, true);
  return gap != NO_MPN ? gap : lowestOutside(host, block, false);
}

function lowestOutside(host: u32, block: u32, sparing: bool): u32 {
  const end = hostZoneFirst(host) + hostZoneCount(host);
  for (let zone = hostZoneFirst(host); zone < end; ++zone) {
    if (zoneFreePages(zone) == 0) continue;
    const last = zoneFirst(zone) + zonePages(zone);
    let mpn = nextSet(frameWordBitsAt(0), mpnCount(), zoneFirst(zone));
    while (mpn < last) {
      const own = mpn / BLOCK_PAGES;
      if (own != block && !(sparing && <u32>blockFreePages(own) == BLOCK_PAGES)) return mpn;
      mpn = nextSet(frameWordBitsAt(0), mpnCount(), (own + 1) * BLOCK_PAGES);
    }
  }
  return NO_MPN;
}
