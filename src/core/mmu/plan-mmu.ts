/**
 * Rows that address translation needs in a world, and what stands in them before the first access.
 *
 *   a VM         its nested tables: a table for each 512 pages, and those above     8 bytes a page
 *   the pool     shadow tables: 4 KiB and 4 KiB of links each
 *   ids          4 KiB for every page that a guest writes word by word: its page tables
 */
import type { Core } from "../boot.ts";
import type { GroupName, SpaceName } from "../layout.ts";
import { planTlb, type TlbShape } from "./tlb-shapes.ts";

export const MODES = ["native", "shadow", "nested"] as const;
export type MmuMode = (typeof MODES)[number];

/** Bits of `mmuControls`. */
export const CONTROL = {
  writeProtect: 1,
  noExecute: 2,
  fiveLevels: 4,
  global: 8,
  pcid: 16,
  gigantic: 32,
  smep: 64,
  smap: 128,
} as const;

/** What an access is. */
export const KIND = { write: 1, user: 2, fetch: 4 } as const;
/** What the last access came to: values of `mmuFault`. */
export const FAULTS = ["none", "page", "protection", "outside", "no-frame"] as const;

export interface MmuSpec {
  readonly vm: number;
  readonly mode: MmuMode;
  readonly controls: number;
  readonly cr3: bigint;
  /** TLB that it uses. */
  readonly tlb: number;
}

export interface MmuWorldSpec {
  /** Every VM of the world, in row order: pages, and those for page tables by its guest's kernel. */
  readonly vms: readonly {
    readonly pages: number;
    /** First page and end; page 0 is never one of them. */
    readonly tables: readonly [first: number, end: number];
  }[];
  readonly mmus: readonly MmuSpec[];
  readonly tlb: TlbShape;
  readonly tlbs: number;
  /** MAXPHYADDR. */
  readonly physicalBits: number;
  readonly nested: { readonly levels: 4 | 5; readonly largest: 1 | 2 | 3 };
  readonly shadow: { readonly tables: number; readonly lazy: boolean };
  /** Pages that can hold words, in worlds that hold contents as ids. */
  readonly wordPages: number;
  readonly lookups: number;
  /** Virtual page numbers of a stream's pages. */
  readonly virtualPages?: Float64Array;
}

export const MMU_SPACES = [
  "mmu",
  "mmuLevel",
  "tlb",
  "tlbPart",
  "tlbShape",
  "tlbSet",
  "tlbSlot",
  "asid",
  "lookup",
  "virtualPage",
  "change",
  "tablePage",
  "nestedPage",
  "shadow",
  "shadowEntry",
] as const satisfies readonly SpaceName[];
type MmuSpace = (typeof MMU_SPACES)[number];
export type MmuRows = Record<MmuSpace, number>;

/** Rows of a world that translates nothing. */
export const NO_MMU = Object.fromEntries(MMU_SPACES.map((space) => [space, 0])) as MmuRows;

const CHANGES = 4096;
/** Words of a part's shape, and rows a TLB has room for. */
const SHAPE_WORDS = 8;
const PARTS_ROOM = 16;
const LEVEL_ROWS = 16;
const ASIDS_LEAST = 1024;
const NO_ROW = 0xffff_ffff;

/** Nested page tables of a VM. */
export function nestedTables(pages: number, levels: number): number {
  let tables = 0;
  let below = pages;
  for (let level = 1; level <= levels; level += 1) {
    below = Math.max(1, Math.ceil(below / 512));
    tables += below;
  }
  return tables;
}

/** Tables of 512 entries that map a run of pages. */
export function tablesFor(pages: number, levels: number): number {
  // A run that does not begin with a table takes one more of each level.
  return nestedTables(pages, levels) + levels;
}

export function planMmu(spec: MmuWorldSpec): { rows: MmuRows; groups: GroupName[] } {
  const { slots, sets } = planTlb(spec.tlb);
  const has = (mode: MmuMode): boolean => spec.mmus.some((mmu) => mmu.mode === mode);
  const asids = Math.max(ASIDS_LEAST, 16 * spec.mmus.length);
  const rows = {
    mmu: spec.mmus.length,
    mmuLevel: LEVEL_ROWS * spec.mmus.length,
    tlb: spec.tlbs,
    tlbPart: 15,
    tlbShape: SHAPE_WORDS * PARTS_ROOM * spec.tlbs,
    tlbSet: Math.max(1, sets * spec.tlbs),
    tlbSlot: Math.max(4, slots * spec.tlbs),
    asid: 2 ** Math.ceil(bitsOf(asids)),
    lookup: spec.lookups,
    virtualPage: spec.virtualPages?.length ?? 0,
    change: CHANGES,
    tablePage: spec.wordPages,
    nestedPage: has("nested")
      ? spec.vms.reduce((sum, { pages }) => sum + nestedTables(pages, spec.nested.levels), 0)
      : 0,
    shadow: has("shadow") ? spec.shadow.tables : 0,
    shadowEntry: has("shadow") ? 512 * spec.shadow.tables : 0,
  };
  const groups: GroupName[] = ["mmu"];
  if (has("nested")) groups.push("nested");
  if (has("shadow")) groups.push("shadow");
  return { rows, groups };
}

/** Bits that numbers below `count` take. */
function bitsOf(count: number): number {
  return 32 - Math.clz32(count - 1);
}

/** Writes the columns; `build` has been called, and the pmap is as the guests find it. Then opens every mmu. */
export function fillMmu({ columns, plan, wasm }: Core, spec: MmuWorldSpec): void {
  const { groups } = plan;
  // Nothing stands on the pmap yet that would have to follow.
  columns.worldChanges[0] = 0;
  columns.worldChangedAll[0] = 0;
  columns.worldPhysicalBits[0] = spec.physicalBits;
  columns.worldTlbTagged[0] = spec.tlb.tagged ? 1 : 0;
  if (groups.has("nested")) {
    columns.worldNestedLevels[0] = spec.nested.levels;
    columns.worldNestedLargest[0] = spec.nested.largest;
  }
  if (groups.has("shadow")) columns.vmShadowLazy.fill(spec.shadow.lazy ? 1 : 0);
  fillTlbs(columns, spec);
  let nested = 0;
  spec.vms.forEach(({ pages, tables }, vm) => {
    columns.vmTableNext[vm] = tables[0];
    columns.vmTableEnd[vm] = tables[1];
    if (!groups.has("nested")) return;
    columns.vmNestedFirst[vm] = nested;
    nested += nestedTables(pages, spec.nested.levels);
  });
  spec.virtualPages?.forEach((page, row) => {
    columns.virtualPageNumber.set(row, page);
  });
  spec.mmus.forEach((mmu, row) => {
    columns.mmuVm[row] = mmu.vm;
    columns.mmuTlb[row] = mmu.tlb;
    columns.mmuMode[row] = MODES.indexOf(mmu.mode);
    columns.mmuControls[row] = mmu.controls;
    columns.mmuCr3.setBig(row, mmu.cr3);
    columns.mmuRoot[row] = NO_ROW;
  });
  spec.mmus.forEach((_, row) => {
    wasm.mmu_open(row);
  });
}

function fillTlbs(columns: Core["columns"], spec: MmuWorldSpec): void {
  const { rows, slots, sets } = planTlb(spec.tlb);
  rows.forEach((part, row) => {
    columns.tlbPartFirst[row] = part.first;
    columns.tlbPartSetFirst[row] = part.setFirst;
    columns.tlbPartSets[row] = part.sets;
    columns.tlbPartWays[row] = part.ways;
    columns.tlbPartStride[row] = part.stride;
  });
  for (let tlb = 0; tlb < spec.tlbs; tlb += 1) {
    columns.tlbSlotFirst[tlb] = tlb * slots;
    columns.tlbSetFirst[tlb] = tlb * sets;
    rows.forEach((part, row) => {
      const words = [8 * (tlb * slots + part.first), 8 * (tlb * sets + part.setFirst)];
      const every = (1n << BigInt(part.ways)) - 1n;
      words.push(part.sets - 1, 8 * part.stride, part.ways, part.sets);
      words.push(Number(every & 0xffff_ffffn), Number(every >> 32n));
      columns.tlbShapeWord.set(words, SHAPE_WORDS * (PARTS_ROOM * tlb + row));
    });
  }
}
