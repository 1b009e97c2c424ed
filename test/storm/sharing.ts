/** Page sharing: what is on file is what there is, and whatever could be shared is. */
import type { World } from "../../src/sim/world.ts";
import { xxh3Model } from "../model/memory/page-hash.ts";
import { mix64 } from "../model/prng.ts";
import { FLAG, NO_MPN } from "../support/world.ts";
import { type Check, countMappings, framesOfPages, vmsOfPages, wrong } from "./checks.ts";

interface Entry {
  readonly slot: number;
  readonly entry: bigint;
  readonly tag: number;
  readonly isShared: boolean;
  readonly row: number;
}

const SPARE_SLOTS = 1024;

function entriesOf(world: World): Entry[] {
  const { words } = world.columns.slotEntry;
  const entries: Entry[] = [];
  for (let slot = 0; 2 * slot < words.length; slot += 1) {
    const low = words[2 * slot]!;
    const tag = words[2 * slot + 1]!;
    if (low === 0 && tag === 0) continue;
    const entry = (BigInt(tag) << 32n) | BigInt(low);
    entries.push({ slot, entry, tag, isShared: low >= 2 ** 31, row: (low % 2 ** 31) - 1 });
  }
  return entries;
}

/** Sorted without a double; every entry at or after its home with no hole in between; counted. */
export const checkTable: Check = (world) => {
  const { slotEntry, worldTableEntries, hostHintPages, vmHost } = world.columns;
  const entries = entriesOf(world);
  const vms = vmsOfPages(world);
  const hints = new Uint32Array(hostHintPages.length);
  let last: Entry | undefined;
  for (const entry of entries) {
    const home = Number((BigInt(entry.tag) * BigInt(slotEntry.length - SPARE_SLOTS)) >> 32n);
    if (last !== undefined && last.entry >= entry.entry) return `slot ${entry.slot}: out of order`;
    if (entry.slot < home) return `slot ${entry.slot}: before its home ${home}`;
    if (entry.slot > home && last?.slot !== entry.slot - 1) return `slot ${entry.slot}: a hole before it`;
    if (!entry.isShared) hints[vmHost[vms[entry.row]!]!]! += 1;
    last = entry;
  }
  const host = hints.findIndex((count, row) => count !== hostHintPages[row]);
  if (host >= 0) return wrong(`host ${host} hints`, hostHintPages[host], hints[host]);
  return wrong("table entries", worldTableEntries[0], entries.length);
};

/** Tag that a page of a VM on this frame has. */
function tagger(world: World): (mpn: number, vm: number) => number {
  const { mpnContent, mpnBytes, vmSalt, worldHashMask } = world.columns;
  const mask = worldHashMask.big(0);
  const known = new Map<bigint, bigint>();
  // Page tables that guests write do not.
  const hasTables = world.plan.core.groups.has("mmu");
  const hashOf = (mpn: number): bigint => {
    if (world.plan.content === "ids") return mix64(mpnContent.big(mpn));
    const bytes = mpnBytes.subarray(4096 * mpn, 4096 * (mpn + 1));
    const first = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (hasTables) return xxh3Model(bytes);
    // Contents of storms differ in their first word; hashing all of every page would take minutes.
    if (!known.has(first)) known.set(first, xxh3Model(bytes));
    return known.get(first)!;
  };
  return (mpn, vm) => Number(mix64((hashOf(mpn) & mask) ^ vmSalt.big(vm)) >> 32n);
}

/**
 * A COW page's frame is on file exactly once as shared, others' are not; a page that was visited since its last write
 * and is eligible is on file under the tag of its content: as the shared frame it maps, or as a hint.
 */
export const checkFiled: Check = (world) => {
  const { ppnFlags } = world.columns;
  const vms = vmsOfPages(world);
  const entries = entriesOf(world);
  const shared = new Map(entries.filter(({ isShared }) => isShared).map(({ row, tag }) => [row, tag]));
  if (shared.size !== entries.filter(({ isShared }) => isShared).length)
    return "a shared frame is on file twice";
  const hints = new Set(entries.filter(({ isShared }) => !isShared).map(({ row, tag }) => `${row} ${tag}`));
  const mapped = countMappings(world);
  const gone = [...shared.keys()].find((mpn) => mapped[mpn] === 0);
  if (gone !== undefined) return `mpn ${gone}: on file as shared, mapped nowhere`;
  const tagOf = tagger(world);
  for (const [ppn, mpn] of framesOfPages(world).entries()) {
    if (mpn === NO_MPN) continue;
    const flags = ppnFlags[ppn]!;
    const isCow = (flags & FLAG.cow) !== 0;
    if (isCow !== shared.has(mpn)) return `ppn ${ppn}: cow ${isCow}, but mpn ${mpn} on file ${!isCow}`;
    if (!isCow && mapped[mpn]! > 1)
      return `ppn ${ppn}: writable on mpn ${mpn} with ${mapped[mpn]} references`;
    if (isCow && shared.get(mpn) !== tagOf(mpn, vms[ppn]!)) return `mpn ${mpn}: on file under another tag`;
    const isSeen = (flags & (FLAG.visited | FLAG.ineligible)) === FLAG.visited;
    if (isSeen && !isCow && !isHeld(world, ppn) && !hints.has(`${ppn} ${tagOf(mpn, vms[ppn]!)}`))
      return `ppn ${ppn}: visited, no hint`;
  }
  return undefined;
};

/** Inside a large page, equal to another: not on file, or no more. */
function isHeld({ columns: { heldWordBits } }: World, ppn: number): boolean {
  return heldWordBits.length > 0 && ((heldWordBits.big(ppn >> 6) >> BigInt(ppn & 63)) & 1n) !== 0n;
}

/** Nobody shares across tenants. */
export const checkTenants: Check = (world) => {
  const { vmSalt } = world.columns;
  const vms = vmsOfPages(world);
  const owner = new Map<number, number>();
  for (const [ppn, mpn] of framesOfPages(world).entries()) {
    if (mpn === NO_MPN) continue;
    const vm = vms[ppn]!;
    const other = owner.get(mpn) ?? vm;
    if (vmSalt.big(other) !== vmSalt.big(vm))
      return `mpn ${mpn}: shared by vm ${other} and vm ${vm}, other tenants`;
    owner.set(mpn, vm);
  }
  return undefined;
};
