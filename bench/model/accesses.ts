/** Twin of assembly/guest/accesses.ts, with what reads and writes leave behind, over the world's own typed arrays. */
import type { Core } from "../../src/core/boot.ts";
import { high, low, mixHalves, mulHigh } from "./u64.ts";

const MILLION = 1_000_000;
const TOUCHED = 8 | 512 | 1024;
const ZERO = 4;
const WRITTEN = 16 | TOUCHED;
const KEPT = 0xffff & ~(256 | 128 | ZERO);

/** The stream's random state, in halves. */
let stateHigh = 0;
let stateLow = 0;

/** The next draw, in `high` and `low`; returns its upper half. */
function draw(): number {
  const sum = stateLow + 0x7f4a7c15;
  stateHigh = (stateHigh + 0x9e3779b9 + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
  stateLow = sum >>> 0;
  mixHalves(stateHigh, stateLow);
  return high;
}

/** Mixes the last draw once more; returns its upper half. */
function again(): number {
  mixHalves(high, low);
  return high;
}

function happens(ppm: number): boolean {
  return ppm > 0 && (ppm === MILLION || mulHigh(draw(), MILLION) < ppm);
}

/** `count` accesses of stream 0, whose pages are mapped and private and have not been scanned. */
export function accessModel(core: Core, count: number): void {
  const { columns } = core;
  const { ppnFlags, ppnGuest, logicalPpn } = columns;
  const paged = columns.streamRegion[0] !== 0xffff_ffff;
  const state = columns.streamRandom.words;
  stateLow = state[0]!;
  stateHigh = state[1]!;
  const writes = columns.streamWritesPpm[0]!;
  const same = columns.streamSamePpm[0]!;
  for (let access = 0; access < count; access += 1) {
    const row = columns.streamFirst[0]! + nextOffset(core);
    const writing = happens(writes);
    const ppn = paged ? logicalPpn[row]! : row;
    if (paged) ppnGuest[ppn]! |= writing ? 3 : 1;
    const flags = ppnFlags[ppn]!;
    if (!writing) ppnFlags[ppn] = flags | TOUCHED;
    else if (happens(same)) ppnFlags[ppn] = (flags & (KEPT | ZERO)) | WRITTEN;
    else ppnFlags[ppn] = (flags & KEPT) | WRITTEN | (write(core, columns.ppnMpn[ppn]!) ? ZERO : 0);
  }
  state[0] = stateLow;
  state[1] = stateHigh;
}

/** Leaves the next content in a frame; true if that is zero. */
function write({ columns }: Core, mpn: number): boolean {
  const { words } = columns.mpnContent;
  const part = mulHigh(draw(), MILLION);
  const zeroes = columns.streamZeroPpm[0]!;
  if (part < zeroes) {
    words[2 * mpn] = 0;
    words[2 * mpn + 1] = 0;
    return true;
  }
  again();
  if (part < zeroes + columns.streamCommonPpm[0]!) {
    // Pool key plus the golden ratio times one more than the index.
    const factor = mulHigh(high, columns.vmPoolPages[0]!) + 1;
    const pool = columns.vmPool.words;
    const sum = pool[0]! + (Math.imul(factor, 0x7f4a7c15) >>> 0);
    const carried = mulHigh(factor, 0x7f4a7c15) + Math.imul(factor, 0x9e3779b9);
    mixHalves((pool[1]! + carried + (sum > 0xffff_ffff ? 1 : 0)) >>> 0, sum >>> 0);
  }
  words[2 * mpn] = high === 0 && low === 0 ? 1 : low;
  words[2 * mpn + 1] = high;
  return false;
}

function nextOffset(core: Core): number {
  const { columns } = core;
  const pages = columns.streamPages[0]!;
  switch (columns.streamPattern[0]) {
    case 0:
      return mulHigh(draw(), pages);
    case 1:
      return scatter(zipfRank(core), pages);
    case 2: {
      const offset = columns.streamPosition[0]!;
      columns.streamPosition[0] = offset + 1 === pages ? 0 : offset + 1;
      return offset;
    }
    default: {
      const hot = columns.streamHotPages[0]!;
      if (mulHigh(draw(), MILLION) < columns.streamHotPpm[0]!) return mulHigh(again(), hot);
      return hot + mulHigh(again(), pages - hot);
    }
  }
}

function zipfRank({ columns }: Core): number {
  let row = mulHigh(draw(), columns.streamAliasCount[0]!);
  if (low >= columns.aliasCut[row]!) row = columns.aliasOther[row]!;
  const ranks = columns.aliasRanks[row]!;
  return columns.aliasRank[row]! + (ranks === 1 ? 0 : mulHigh(again(), ranks));
}

/** `permute` of assembly/prng.ts with the streams' key. */
function scatter(rank: number, pages: number): number {
  const bits = 32 - Math.clz32(pages - 1);
  const mask = (2 ** bits - 1) >>> 0;
  const shift = (bits >> 1) + 1;
  let value = rank;
  do {
    value = ((Math.imul(value, 0x9e3779b1) + 0x4f6cdd1d) & mask) >>> 0;
    value ^= value >>> shift;
    value = ((Math.imul(value, 0x85ebca77) + 0x2545f491) & mask) >>> 0;
    value ^= value >>> shift;
    value = (Math.imul(value, 0xc2b2ae3d) & mask) >>> 0;
    value = (value ^ (value >>> shift)) >>> 0;
  } while (value >= pages);
  return value;
}
