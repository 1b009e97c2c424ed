/**
 * The scan's twin over typed arrays: the same pass, page by page, plainly, over the same columns. Contents are ids; one
 * host; full hashes, so that a false match is a fault here.
 */
import type { Core } from "../../src/core/boot.ts";
import { high, low, mixHalves, mulHigh } from "./u64.ts";

const TURN_PAGES = 4096;
const SPARE_SLOTS = 1024;
const SHARED = 0x8000_0000;
const ROW = 0x7fff_ffff;
const LARGE = 0xffff;
const POISON = 0xdbdb_dbdb;
const MAPPED = 1;
const COW = 2;
const INELIGIBLE = 128;
const VISITED = 256;

/** One pass over every page, VMs in turns. */
export function scanModel(core: Core): void {
  const { vmPpnFirst, vmPpnCount } = core.columns;
  const longest = Math.max(...vmPpnCount);
  for (let at = 0; at < longest; at += TURN_PAGES) {
    for (let vm = 0; vm < core.plan.rows.vm; vm += 1) {
      const first = vmPpnFirst[vm]!;
      const end = first + Math.min(vmPpnCount[vm]!, at + TURN_PAGES);
      for (let ppn = first + at; ppn < end; ppn += 1) visit(core, ppn, vm);
    }
  }
}

function visit(core: Core, ppn: number, vm: number): void {
  const { ppnFlags, ppnMpn, vmUnvisitedPages } = core.columns;
  const flags = ppnFlags[ppn]!;
  if ((flags & (MAPPED | VISITED)) !== MAPPED) return;
  ppnFlags[ppn] = flags | VISITED;
  vmUnvisitedPages[vm]! -= 1;
  if ((flags & (COW | INELIGIBLE)) !== 0) return;
  const tag = tagOf(core, ppnMpn[ppn]!, vm);
  const { words } = core.columns.slotEntry;
  let slot = seek(core, tag, 0);
  for (; words[2 * slot] !== 0 && words[2 * slot + 1] === tag; slot += 1) {
    const kind = words[2 * slot]!;
    const row = (kind & ROW) - 1;
    const isShared = kind >= SHARED;
    if (isShared ? sameContent(core, row, ppnMpn[ppn]!) : sameContent(core, ppnMpn[row]!, ppnMpn[ppn]!)) {
      share(core, ppn, isShared ? row : promote(core, slot, row));
      return;
    }
  }
  core.columns.hostHintPages[0]! += 1;
  insert(core, tag, ppn + 1);
}

/** Upper half of the sharing key of a frame. */
function tagOf({ columns }: Core, mpn: number, vm: number): number {
  const { words: ids } = columns.mpnContent;
  const { words: salts } = columns.vmSalt;
  mixHalves(ids[2 * mpn + 1]!, ids[2 * mpn]!);
  mixHalves(high ^ salts[2 * vm + 1]!, low ^ salts[2 * vm]!);
  return high;
}

function sameContent({ columns }: Core, a: number, b: number): boolean {
  const { words } = columns.mpnContent;
  return words[2 * a] === words[2 * b] && words[2 * a + 1] === words[2 * b + 1];
}

/** First slot at or above an entry, or the empty one where it belongs. */
function seek(core: Core, tag: number, rest: number): number {
  const { words } = core.columns.slotEntry;
  let slot = mulHigh(tag, core.plan.rows.slot - SPARE_SLOTS);
  for (; words[2 * slot] !== 0; slot += 1) {
    const there = words[2 * slot + 1]!;
    if (there > tag || (there === tag && words[2 * slot]! >= rest)) break;
  }
  return slot;
}

function insert(core: Core, tag: number, rest: number): void {
  const { words } = core.columns.slotEntry;
  let movingTag = tag;
  let moving = rest;
  for (let slot = seek(core, tag, rest); moving !== 0; slot += 1) {
    const there = words[2 * slot]!;
    const thereTag = words[2 * slot + 1]!;
    words[2 * slot] = moving;
    words[2 * slot + 1] = movingTag;
    moving = there;
    movingTag = thereTag;
  }
  core.columns.worldTableEntries[0]! += 1;
}

/** Makes a hint's frame a shared one, where the hint stood: no two contents here have one tag and equal rank. */
function promote(core: Core, slot: number, hinted: number): number {
  const { columns } = core;
  const { words } = columns.slotEntry;
  const frame = columns.ppnMpn[hinted]!;
  const tag = words[2 * slot + 1]!;
  let at = slot;
  for (; words[2 * at + 2] !== 0 && words[2 * at + 3] === tag && words[2 * at + 2]! < SHARED + frame + 1; ) {
    words[2 * at] = words[2 * at + 2]!;
    at += 1;
  }
  words[2 * at] = SHARED + frame + 1;
  columns.ppnFlags[hinted]! |= COW;
  columns.hostHintPages[0]! -= 1;
  return frame;
}

function share(core: Core, ppn: number, frame: number): void {
  const { columns } = core;
  const own = columns.ppnMpn[ppn]!;
  columns.ppnMpn[ppn] = frame;
  columns.ppnFlags[ppn]! |= COW;
  const now = countUp(core, frame);
  columns.hostSharedPages[0]! += now === 2 ? 2 : 1;
  if (now === 2) columns.hostCommonPages[0]! += 1;
  free(core, own);
}

function countUp({ columns, plan }: Core, frame: number): number {
  const { mpnRefcount, overflowMpn, overflowPpns } = columns;
  const small = mpnRefcount[frame]!;
  if (small < LARGE - 1) {
    mpnRefcount[frame] = small + 1;
    return small + 1;
  }
  const rows = plan.rows.overflow;
  let row = mulHigh(Math.imul(frame, 0x9e3779b1) >>> 0, rows);
  while (overflowMpn[row] !== 0 && overflowMpn[row] !== frame + 1) row = (row + 1) % rows;
  overflowMpn[row] = frame + 1;
  overflowPpns[row] = small === LARGE ? overflowPpns[row]! + 1 : LARGE;
  mpnRefcount[frame] = LARGE;
  return overflowPpns[row]!;
}

function free({ columns, plan }: Core, mpn: number): void {
  const { words } = columns.mpnContent;
  const block = mpn >>> 9;
  columns.mpnRefcount[mpn] = 0;
  words[2 * mpn] = POISON;
  words[2 * mpn + 1] = POISON;
  setBit(columns.frameWordBits.words, plan.rows.mpn, mpn);
  columns.blockFreePages[block]! += 1;
  if (columns.blockFreePages[block] === 512) setBit(columns.blockWordBits.words, plan.rows.block, block);
  columns.zoneFreePages[columns.blockZone[block]!]! += 1;
  columns.hostUsedPages[0]! -= 1;
}

/** Sets a bit of the hierarchical set, whose words of 64 are two halves here. */
export function setBit(halves: Uint32Array, bits: number, index: number): void {
  let level = 0;
  let size = bits;
  let position = index;
  for (;;) {
    const word = level + (position >>> 6);
    const wasEmpty = halves[2 * word] === 0 && halves[2 * word + 1] === 0;
    halves[2 * word + ((position >>> 5) & 1)]! |= 1 << (position & 31);
    size = (size + 63) >>> 6;
    if (!wasEmpty || size <= 1) return;
    level += size;
    position >>>= 6;
  }
}
