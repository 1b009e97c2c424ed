/** Laws of translations: recomputed from the tables as they lie in memory. Each returns the first fault. */
import type { Columns } from "../../src/core/layout.ts";
import type { Machine } from "../../src/translate/machine.ts";
import type { GuestModel } from "../model/mmu/walk.ts";

const FRAME = (1n << 52n) - 4096n;
const NX = 1n << 63n;
const MAPPED = 1;
const COW = 2;

const frameOf = (entry: bigint): bigint => (entry & FRAME) >> 12n;
const bit = (entry: bigint, mask: bigint): boolean => (entry & mask) !== 0n;

export function checkMmu(machine: Machine, models: readonly GuestModel[]): string | undefined {
  const { columns } = machine.core;
  // What changed in the pmap is followed before the next access: let there be one.
  for (let cx = 0; cx < columns.mmuVm.length; cx += 1) machine.core.wasm.mmu_access(cx, 1n << 62n, 0);
  return (
    checkWords(machine, models) ??
    checkNested(machine) ??
    checkShadowEntries(machine, models) ??
    checkLists(columns) ??
    checkTlb(columns)
  );
}

/** Guests' words are what the twin has, accessed and dirty bits included. */
function checkWords({ core }: Machine, models: readonly GuestModel[]): string | undefined {
  for (const [vm, model] of models.entries()) {
    for (const [place, word] of model.words) {
      const gfn = Math.floor(place / 512);
      const got = BigInt.asUintN(64, core.wasm.mmu_guestWord(vm, BigInt(gfn), place % 512));
      const there = (core.columns.ppnFlags[core.columns.vmPpnFirst[vm]! + gfn]! & MAPPED) !== 0;
      if (there && got !== word)
        return `vm ${vm}: word ${gfn}[${place % 512}] is ${got.toString(16)}, expected ${word.toString(16)}`;
    }
  }
  return undefined;
}

/** Every nested entry leads to the page's frame, and lets nobody write to a shared one. */
function checkNested({ core, spec }: Machine): string | undefined {
  const { columns } = core;
  const bytes = new DataView(columns.nestedPageBytes.buffer, columns.nestedPageBytes.byteOffset);
  const entryOf = (row: number, index: number): bigint => bytes.getBigUint64(row * 4096 + index * 8, true);
  for (const mmu of spec.mmus.filter(({ mode }) => mode === "nested")) {
    const first = columns.vmPpnFirst[mmu.vm]!;
    const pages = columns.vmPpnCount[mmu.vm]!;
    const look = (row: number, level: number, gfn: number): string | undefined => {
      const step = 512 ** (level - 1);
      for (let index = 0; index < 512 && gfn + index * step < pages; index += 1) {
        const entry = entryOf(row, index);
        if (!bit(entry, 1n)) continue;
        if (level > 1 && !bit(entry, 128n)) {
          const below = look(Number(frameOf(entry)), level - 1, gfn + index * step);
          if (below !== undefined) return below;
          continue;
        }
        for (let page = 0; page < step; page += 1) {
          const ppn = first + gfn + index * step + page;
          const flags = columns.ppnFlags[ppn]!;
          const right =
            (flags & MAPPED) !== 0 && BigInt(columns.ppnMpn[ppn]!) === frameOf(entry) + BigInt(page);
          if (!right || (bit(entry, 2n) && (flags & COW) !== 0))
            return `vm ${mmu.vm}: nested entry ${entry.toString(16)} of page ${ppn - first}, which has frame ${columns.ppnMpn[ppn]}, flags ${flags}`;
        }
      }
      return undefined;
    };
    const root = columns.vmNestedFirst[mmu.vm]! + tablesBelow(pages, spec.nested.levels);
    const fault = look(root, spec.nested.levels, 0);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Nested tables of a VM below the root. */
function tablesBelow(pages: number, levels: number): number {
  let tables = 0;
  let below = pages;
  for (let level = 1; level < levels; level += 1) {
    below = Math.ceil(below / 512);
    tables += below;
  }
  return tables;
}

/** A shadow entry grants nothing that the guest's entry and the pmap do not. */
function checkShadowEntries({ core, spec }: Machine, models: readonly GuestModel[]): string | undefined {
  const { columns } = core;
  const bytes = new DataView(columns.shadowBytes.buffer, columns.shadowBytes.byteOffset);
  const traced = tracedPages(columns);
  for (let row = 0; row < columns.shadowKind.length; row += 1) {
    const kind = columns.shadowKind[row]!;
    if (kind === 0) continue;
    const level = columns.shadowLevel[row]!;
    const vm = columns.extentVm[columns.shadowPpn[row]! >> 9]!;
    const first = columns.vmPpnFirst[vm]!;
    const gfn = columns.shadowPpn[row]! - first;
    const mmu = spec.mmus.findIndex((one) => one.vm === vm);
    for (let index = 0; index < 512; index += 1) {
      const entry = bytes.getBigUint64(row * 4096 + index * 8, true);
      if (!bit(entry, 1n)) continue;
      const where = `vm ${vm}: shadow ${row} (kind ${kind}, level ${level}, page ${gfn}) entry ${index} = ${entry.toString(16)}`;
      const leaf = level === 1 || bit(entry, 128n);
      if (kind === 1 && columns.shadowUnsynced[row] === 0) {
        const guest = models[vm]!.read(BigInt(gfn), index);
        const fault = compareWithGuest(entry, guest, leaf, level, columns.mmuControls[mmu]!);
        if (fault !== undefined) return `${where}, guest ${guest.toString(16)}: ${fault}`;
        if (leaf && !pageIs(columns, first, frameOf(guest), entry, level)) return `${where}: another frame`;
      }
      if (!leaf) continue;
      const pages = 512 ** (level - 1);
      const ppn = mappedPage(columns, row * 512 + index);
      for (let page = 0; page < pages; page += 1) {
        const flags = columns.ppnFlags[ppn + page]!;
        if (columns.extentVm[(ppn + page) >> 9] !== vm) return `${where}: maps page of another VM`;
        if ((flags & MAPPED) === 0 || BigInt(columns.ppnMpn[ppn + page]!) !== frameOf(entry) + BigInt(page))
          return `${where}: page ${ppn - first} has frame ${columns.ppnMpn[ppn + page]}, flags ${flags}`;
        if (bit(entry, 2n) && ((flags & COW) !== 0 || traced.has(ppn + page)))
          return `${where}: writable, but page ${ppn + page - first} is shared or traced`;
      }
    }
  }
  return undefined;
}

function compareWithGuest(
  entry: bigint,
  guest: bigint,
  leaf: boolean,
  level: number,
  controls: number,
): string | undefined {
  if (!bit(guest, 1n) || !bit(guest, 32n)) return "the guest's is not present, or never used";
  if (bit(entry, 2n) && !bit(guest, 2n)) return "writable";
  if (bit(entry, 4n) !== bit(guest, 4n)) return "user";
  if (bit(entry, NX) !== bit(guest, NX)) return "execute";
  const guestLeaf = level === 1 || bit(guest, 128n);
  if (guestLeaf && bit(entry, 2n) && !bit(guest, 64n)) return "writable before it is dirty";
  if (leaf && bit(entry, 256n) !== (bit(guest, 256n) && (controls & 8) !== 0)) return "global";
  return undefined;
}

function pageIs(columns: Columns, first: number, gfn: bigint, entry: bigint, level: number): boolean {
  const pages = 512n ** BigInt(level - 1);
  const base = gfn & ~(pages - 1n);
  return BigInt(columns.ppnMpn[first + Number(base)]!) === frameOf(entry);
}

function mappedPage(columns: Columns, entry: number): number {
  let at = entry;
  while (columns.shadowEntryPrevious[at]! < 2 ** 31) at = columns.shadowEntryPrevious[at]! - 1;
  return columns.shadowEntryPrevious[at]! - 2 ** 31;
}

function tracedPages({ shadowKind, shadowPpn, shadowUnsynced }: Columns): Set<number> {
  const traced = new Set<number>();
  shadowKind.forEach((kind, row) => {
    if (kind === 1 && shadowUnsynced[row] === 0) traced.add(shadowPpn[row]!);
  });
  return traced;
}

/** Every entry that is present stands in exactly the list that it should, and the counters agree. */
function checkLists(columns: Columns): string | undefined {
  const bytes = new DataView(columns.shadowBytes.buffer, columns.shadowBytes.byteOffset);
  const listed = new Set<number>();
  const follow = (head: number, owner: number, what: string): string | undefined => {
    let previous = owner + 2 ** 31;
    for (let next = head; next !== 0; next = columns.shadowEntryNext[next - 1]!) {
      if (listed.has(next - 1)) return `entry ${next - 1} twice in lists`;
      listed.add(next - 1);
      if (columns.shadowEntryPrevious[next - 1] !== previous)
        return `${what} ${owner}: entry ${next - 1} has a wrong link`;
      previous = next;
    }
    return undefined;
  };
  for (const [ppn, head] of columns.ppnReverse.entries()) {
    const fault = follow(head, ppn, "page");
    if (fault !== undefined) return fault;
  }
  let used = 0;
  let unsynced = 0;
  for (const [row, kind] of columns.shadowKind.entries()) {
    if (kind === 0) continue;
    used += 1;
    unsynced += columns.shadowUnsynced[row]!;
    const fault = follow(columns.shadowParents[row]!, row, "table");
    if (fault !== undefined) return fault;
  }
  if (columns.worldShadowUsed[0] !== used)
    return `${used} shadow tables in use, counted ${columns.worldShadowUsed[0]}`;
  if (columns.worldShadowUnsynced[0] !== unsynced)
    return `${unsynced} unsynced, counted ${columns.worldShadowUnsynced[0]}`;
  let present = 0;
  for (let row = 0; row < columns.shadowKind.length; row += 1) {
    if (columns.shadowKind[row] === 0) continue;
    for (let index = 0; index < 512; index += 1) {
      if ((bytes.getUint8(row * 4096 + index * 8) & 1) !== 0) present += 1;
    }
  }
  if (present !== listed.size) return `${present} shadow entries are present, ${listed.size} stand in lists`;
  const traced = new Map<number, number>();
  for (const ppn of tracedPages(columns)) traced.set(ppn >> 9, (traced.get(ppn >> 9) ?? 0) + 1);
  for (const [extent, count] of columns.extentTraced.entries()) {
    if (count !== (traced.get(extent) ?? 0))
      return `extent ${extent}: ${traced.get(extent) ?? 0} traced, counted ${count}`;
  }
  return undefined;
}

/** What a TLB holds of nested and shadow guests leads to frames that the VM has, and none that is shared writable. */
function checkTlb(columns: Columns): string | undefined {
  const frames = columns.vmPpnFirst.length;
  const own = Array.from({ length: frames }, () => new Map<number, boolean>());
  columns.ppnMpn.forEach((mpn, ppn) => {
    const flags = columns.ppnFlags[ppn]!;
    if ((flags & MAPPED) === 0) return;
    const vm = columns.extentVm[ppn >> 9]!;
    own[vm]!.set(mpn, (own[vm]!.get(mpn) ?? true) && (flags & COW) === 0);
  });
  for (let tlb = 0; tlb < columns.tlbOwner.length; tlb += 1) {
    for (let part = 0; part < 6; part += 1) {
      const first = columns.tlbSlotFirst[tlb]! + columns.tlbPartFirst[part]!;
      const end = first + columns.tlbPartSets[part]! * columns.tlbPartStride[part]!;
      for (let slot = first; slot < end; slot += 1) {
        const tag = columns.tlbSlotTag.big(slot);
        if (tag === 0n) continue;
        const vm = Math.floor((columns.asidKey[Number((tag >> 47n) & 0xffffn) - 1]! - 1) / 4098);
        if (columns.mmuMode[vm] === 0 || columns.vmTlbStale[vm] !== 0) continue;
        const data = columns.tlbSlotData.big(slot);
        const pages = 512 ** Number((data >> 9n) & 3n);
        for (let page = 0; page < pages; page += 1) {
          const mpn = Number(frameOf(data)) + page;
          const writable = own[vm]!.get(mpn);
          if (writable === undefined)
            return `tlb ${tlb}: an entry of vm ${vm} leads to frame ${mpn}, which is not its own`;
          if (bit(data, 64n) && bit(data, 2n) && !writable)
            return `tlb ${tlb}: vm ${vm} may write to shared frame ${mpn}`;
        }
      }
    }
  }
  return undefined;
}
