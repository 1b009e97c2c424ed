/**
 * TLBs of real processors: sizes and ways of their parts, as far as they are known.
 *
 *   first       one part for each page size, or one for all          second   the same, one level further away
 *   walk        paging-structure caches: tables below level 2, 3, 4, 5
 *   nested      translations of guest-physical pages; nestedWalk: tables of the nested dimension
 *
 * All numbers are widely known rather than read in a manual: about. Ways that nobody states are a guess, and so is all that is said of
 * the nested dimension. Replacement is pseudo-LRU everywhere. Parts that take one page size after another are looked up in that order.
 */

/** One part: entries and ways; `ways` absent: fully associative. */
export interface TlbPart {
  readonly entries: number;
  readonly ways?: number;
}

export interface TlbShape {
  readonly name: string;
  readonly title: string;
  /** Parts for 4 KiB, 2 MiB and 1 GiB; a number: the part of that size is the one with this index. */
  readonly first: readonly (TlbPart | number | undefined)[];
  readonly second: readonly (TlbPart | number | undefined)[];
  readonly walk: readonly (TlbPart | undefined)[];
  readonly nested?: TlbPart;
  readonly nestedWalk: readonly (TlbPart | undefined)[];
  /** Entries of several address spaces and VMs stand side by side; else a switch empties it. */
  readonly tagged: boolean;
}

const full = (entries: number): TlbPart => ({ entries });
const sets = (entries: number, ways: number): TlbPart => ({ entries, ways });
/** PDE 32, PDPTE 4, PML4E 2: measured on Intel processors before Skylake. */
const INTEL_WALK = [full(32), full(4), full(2), full(2)];

export const TLB_SHAPES: Readonly<Record<string, TlbShape>> = Object.fromEntries(
  (
    [
      {
        name: "none",
        title: "no TLB and no caches of paging structures: every access walks",
        ...{ first: [], second: [], walk: [], nestedWalk: [], tagged: true },
      },
      {
        name: "nehalem",
        title: "Xeon 5500: 64 + 32, 512; the second level holds 4 KiB pages only",
        first: [sets(64, 4), sets(32, 4), undefined],
        second: [sets(512, 4), undefined, undefined],
        ...{ walk: INTEL_WALK, nested: full(16), nestedWalk: INTEL_WALK, tagged: true },
      },
      {
        name: "skylake-sp",
        title: "Xeon Scalable: 64 + 32 + 4, 1536 + 16",
        first: [sets(64, 4), sets(32, 4), full(4)],
        second: [sets(1536, 12), 0, sets(16, 4)],
        ...{ walk: INTEL_WALK, nested: full(16), nestedWalk: INTEL_WALK, tagged: true },
      },
      {
        name: "ice-lake",
        title: "Xeon Scalable 3: 64 + 32 + 8, 2048 (1 GiB pages too)",
        first: [sets(64, 4), sets(32, 4), full(8)],
        second: [sets(2048, 16), 0, 0],
        ...{ walk: INTEL_WALK, nested: full(16), nestedWalk: INTEL_WALK, tagged: true },
      },
      {
        name: "golden-cove",
        title: "Xeon Scalable 4: 96 + 32 + 8, 2048 (1 GiB pages too)",
        first: [sets(96, 6), sets(32, 4), full(8)],
        second: [sets(2048, 16), 0, 0],
        ...{ walk: INTEL_WALK, nested: full(16), nestedWalk: INTEL_WALK, tagged: true },
      },
      {
        name: "zen2",
        title: "EPYC 7002: 64 for all sizes, 2048",
        first: [full(64), 0, 0],
        second: [sets(2048, 16), 0, undefined],
        walk: [full(64), full(8), full(4), full(4)],
        ...{ nested: full(64), nestedWalk: [full(64), full(8), full(4), full(4)], tagged: true },
      },
      {
        name: "zen3",
        title: "EPYC 7003: 64 for all sizes, 2048",
        first: [full(64), 0, 0],
        second: [sets(2048, 16), 0, undefined],
        walk: [full(64), full(8), full(4), full(4)],
        ...{ nested: full(64), nestedWalk: [full(64), full(8), full(4), full(4)], tagged: true },
      },
      {
        name: "zen4",
        title: "EPYC 9004: 72 for all sizes (here 8 sets of 9), 3072",
        first: [sets(72, 9), 0, 0],
        second: [sets(3072, 24), 0, undefined],
        walk: [full(64), full(8), full(4), full(4)],
        ...{ nested: full(64), nestedWalk: [full(64), full(8), full(4), full(4)], tagged: true },
      },
      {
        name: "untagged",
        title: "as nehalem, but emptied at every load of CR3 and change of VM",
        first: [sets(64, 4), sets(32, 4), undefined],
        second: [sets(512, 4), undefined, undefined],
        ...{ walk: INTEL_WALK, nested: full(16), nestedWalk: INTEL_WALK, tagged: false },
      },
    ] as const satisfies readonly TlbShape[]
  ).map((shape) => [shape.name, shape as TlbShape]),
);

/** The same without caches of paging structures and nested translations: every walk reads all levels. */
export function withoutWalkCaches(shape: TlbShape): TlbShape {
  const { nested: _, ...rest } = shape;
  return { ...rest, walk: [], nestedWalk: [] };
}

/** Row of `tlbPart`: where the part stands in a TLB. */
export interface PartRow {
  readonly first: number;
  readonly setFirst: number;
  readonly sets: number;
  readonly ways: number;
  readonly stride: number;
}

/** Parts of a TLB, as assembly/mmu/cache.ts numbers them. */
export const PARTS = { first: 0, second: 3, walk: 6, nested: 10, nestedWalk: 11, count: 15 } as const;
const NO_PART: PartRow = { first: 0, setFirst: 0, sets: 0, ways: 1, stride: 0 };
const WAYS_MAX = 64;

/**
 * Lays the parts of a TLB out.
 *
 * @throws RangeError for a part that cannot be: sets no power of two, more than 64 ways
 */
export function planTlb(shape: TlbShape): { rows: PartRow[]; slots: number; sets: number } {
  const rows: PartRow[] = new Array<PartRow>(PARTS.count).fill(NO_PART);
  let slots = 0;
  let sets = 0;
  const place = (at: number, part: TlbPart | undefined): void => {
    if (part === undefined) return;
    const { entries, ways = entries } = part;
    const setCount = entries / ways;
    if (!(ways >= 1 && ways <= WAYS_MAX && Number.isInteger(setCount) && (setCount & (setCount - 1)) === 0))
      throw new RangeError(
        `tlb ${shape.name}: expected a power of two of sets of at most ${WAYS_MAX} ways, got ${entries} entries in ${ways} ways`,
      );
    const stride = Math.ceil(ways / 4) * 4;
    rows[at] = { first: slots, setFirst: sets, sets: setCount, ways, stride };
    slots += setCount * stride;
    sets += setCount;
  };
  for (const level of ["first", "second"] as const) {
    shape[level].forEach((part, size) => {
      if (typeof part === "number") rows[PARTS[level] + size] = rows[PARTS[level] + part]!;
      else place(PARTS[level] + size, part);
    });
  }
  shape.walk.forEach((part, at) => {
    place(PARTS.walk + at, part);
  });
  place(PARTS.nested, shape.nested);
  shape.nestedWalk.forEach((part, at) => {
    place(PARTS.nestedWalk + at, part);
  });
  return { rows, slots, sets };
}
