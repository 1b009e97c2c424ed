/** Frames: every reference is a mapping, every frame is used or free, free ones are on the lists and poisoned. */
import type { World } from "../../src/sim/world.ts";
import { FLAG, NO_MPN } from "../support/world.ts";
import { type Check, countMappings, hostsOfFrames, vmsOfPages, wrong } from "./checks.ts";

const POISON = 0xdbdb_dbdb_dbdb_dbdbn;
const LARGE = 0xffff;

/** Sum of reference counts = mapped PPNs, frame by frame; large counts stand in the overflow table, once. */
export const checkRefcounts: Check = (world) => {
  const { mpnRefcount, overflowMpn, overflowPpns } = world.columns;
  const large = new Map<number, number>();
  for (const [row, tagged] of overflowMpn.entries()) {
    if (tagged === 0) continue;
    if (large.has(tagged - 1)) return `overflow row ${row}: mpn ${tagged - 1} a second time`;
    large.set(tagged - 1, overflowPpns[row]!);
  }
  for (const [mpn, mapped] of countMappings(world).entries()) {
    const small = mpnRefcount[mpn]!;
    const count = small === LARGE ? large.get(mpn) : small;
    if (count !== mapped) return `mpn ${mpn}: refcount ${count}, mapped by ${mapped} pages`;
    if (small !== LARGE && large.has(mpn)) return `mpn ${mpn}: refcount ${small}, and in the overflow table`;
  }
  return undefined;
};

/** Mapped flag, MPN and host agree; padding is never mapped. */
export const checkMappings: Check = (world) => {
  const { ppnMpn, ppnFlags, vmHost } = world.columns;
  const hosts = hostsOfFrames(world);
  const vms = vmsOfPages(world);
  for (const [ppn, mpn] of ppnMpn.entries()) {
    const isMapped = (ppnFlags[ppn]! & 1) !== 0;
    const hasSlot = (ppnFlags[ppn]! & (FLAG.swapped | FLAG.compressed)) !== 0;
    if ((isMapped || hasSlot) !== (mpn !== NO_MPN)) return `ppn ${ppn}: flags ${ppnFlags[ppn]}, mpn ${mpn}`;
    if (vms[ppn] === -1 && ppnFlags[ppn] !== 0) return `ppn ${ppn}: padding, flags ${ppnFlags[ppn]}`;
    if (!isMapped) continue;
    const host = vmHost[vms[ppn]!]!;
    if (hosts[mpn] !== host) return `ppn ${ppn} of host ${host}: on mpn ${mpn} of host ${hosts[mpn]}`;
  }
  return undefined;
};

const bit = (words: Uint32Array, index: number): boolean =>
  ((words[index >>> 5]! >>> (index & 31)) & 1) !== 0;

/** Every level of a hierarchical bitset says what the one below holds; the lowest what `isMember` says. */
export function checkBitset(
  words: Uint32Array,
  bits: number,
  isMember: (index: number) => boolean,
): string | undefined {
  let at = 0;
  let member = isMember;
  for (let size = bits; ; ) {
    const level = words.subarray(at, at + 2 * Math.ceil(size / 64));
    for (let index = 0; index < 32 * level.length; index += 1) {
      const expected = index < size && member(index);
      if (bit(level, index) !== expected) return `level of ${size} bits, bit ${index}: not ${expected}`;
    }
    if (level.length <= 2) return undefined;
    member = (index) => level[2 * index] !== 0 || level[2 * index + 1] !== 0;
    at += level.length;
    size = level.length / 2;
  }
}

/** free + used = all; refcount 0 ⇔ on the free list; blocks and both bitsets follow. */
export const checkFreeLists: Check = (world) => {
  const { columns, plan } = world;
  const hosts = hostsOfFrames(world);
  const isFree = (mpn: number): boolean => hosts[mpn] !== -1 && columns.mpnRefcount[mpn] === 0;
  const free = checkBitset(columns.frameWordBits.words, hosts.length, isFree);
  if (free !== undefined) return `free frames: ${free}`;
  const freeOf = (first: number, pages: number): number => {
    let count = 0;
    for (let mpn = first; mpn < first + pages; mpn += 1) count += isFree(mpn) ? 1 : 0;
    return count;
  };
  const blocks = Array.from(columns.blockFreePages, (_, block) => freeOf(512 * block, 512));
  const block = blocks.findIndex((count, row) => columns.blockFreePages[row] !== count);
  if (block >= 0) return wrong(`block ${block} free`, columns.blockFreePages[block], blocks[block]);
  const whole = checkBitset(columns.blockWordBits.words, blocks.length, (row) => blocks[row] === 512);
  if (whole !== undefined) return `free blocks: ${whole}`;
  for (const [row, zone] of plan.zones.entries()) {
    const count = freeOf(zone.first, zone.pages);
    if (columns.zoneFreePages[row] !== count) {
      return wrong(`zone ${row} free`, columns.zoneFreePages[row], count);
    }
  }
  return undefined;
};

/** used of a host = its frames with references; used + free = all. */
export const checkUsed: Check = (world) => {
  const { hostUsedPages, mpnRefcount } = world.columns;
  const hosts = hostsOfFrames(world);
  const used = new Uint32Array(hostUsedPages.length);
  mpnRefcount.forEach((count, mpn) => {
    if (count > 0) used[hosts[mpn]!]! += 1;
  });
  const host = used.findIndex((count, row) => count !== hostUsedPages[row]);
  return host < 0 ? undefined : wrong(`host ${host} used`, hostUsedPages[host], used[host]);
};

/** A free frame holds poison, or zeroes if it was never used: nobody finds another's leftovers. */
export function poisonCheck(world: World): Check {
  const everUsed = new Uint8Array(world.columns.mpnRefcount.length);
  return ({ columns, plan }) => {
    const { mpnRefcount, mpnContent, mpnBytes } = columns;
    const words =
      plan.content === "bytes" ? new BigUint64Array(mpnBytes.buffer, mpnBytes.byteOffset) : undefined;
    for (const [mpn, count] of mpnRefcount.entries()) {
      if (count > 0) {
        everUsed[mpn] = 1;
        continue;
      }
      const samples = words === undefined ? [mpnContent.big(mpn)] : samplesOf(words, mpn);
      const isPoison = samples.every((word) => word === POISON);
      const isNew = everUsed[mpn] === 0 && samples.every((word) => word === 0n);
      if (!isPoison && !isNew) return `mpn ${mpn}: free, content ${samples[0]!.toString(16)}`;
    }
    return undefined;
  };
}

function samplesOf(words: BigUint64Array, mpn: number): bigint[] {
  return [0, 1, 100, 511].map((word) => words[512 * mpn + word]!);
}
