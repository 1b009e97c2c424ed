/**
 * What translation costs, in processor cycles. Counts come from the core; cycles are counts times these.
 *
 *   cycles = second-level hits · secondHit + sum over references · what the table's size makes of one
 *          + guest's faults, CR3 loads, INVLPGs as without virtualisation
 *          + exits · exit + work of the monitor for each kind of exit
 *
 * Sources: a reference costs what the cache does that holds the table: 4, 14, about 50, about 200. An exit and entry about 1300 (Skylake 1000 to 1300,
 * Nehalem about 1000). A trace fault: a PTE write under HVM without nested paging 11242 cycles on a Pentium 4, of which 4340 are exit and
 * entry (Adams and Agesen 2006), scaled by the exit. What filling a shadow entry and other work of monitors cost is published nowhere: guesses. All of
 * this is approximate.
 */

export interface TranslateCosts {
  /** A hit in the second-level TLB. */
  readonly secondHit: number;
  /** A page-table entry read by a walk, by the size of all tables of its level: first, second, last cache, memory. */
  readonly references: readonly [first: number, second: number, last: number, memory: number];
  /** Bytes of tables of a level up to which they are found in the first, second and last cache: half of each, the data has the rest. */
  readonly cacheBytes: readonly [first: number, second: number, last: number];
  /** To the monitor and back. */
  readonly exit: number;
  /** What the monitor does, beside the exit: fills a shadow entry. */
  readonly hiddenFault: number;
  /** Finds out what the guest writes to a traced table, and writes. */
  readonly traceFault: number;
  /** Brings a page and enters it into the nested tables. */
  readonly violation: number;
  /** Makes an access for the guest, or reads ones for it. */
  readonly emulation: number;
  /** Passes a fault on to the guest. */
  readonly reflection: number;
  /** Finds the shadow root of an address space. */
  readonly shadowCr3: number;
  /** Compares a shadow entry with the guest's. */
  readonly syncEntry: number;
  /** A page fault of the guest, handler included, as without virtualisation. */
  readonly guestFault: number;
  readonly cr3Load: number;
  readonly invalidation: number;
  readonly tableWrite: number;
}

export const TRANSLATE_COSTS: TranslateCosts = {
  secondHit: 7,
  references: [4, 14, 50, 200],
  cacheBytes: [16 * 1024, 512 * 1024, 16 * 1024 * 1024],
  exit: 1300,
  hiddenFault: 1500,
  traceFault: 2000,
  violation: 1500,
  emulation: 2000,
  reflection: 500,
  shadowCr3: 1000,
  syncEntry: 2,
  guestFault: 1000,
  cr3Load: 200,
  invalidation: 120,
  tableWrite: 1,
};

/** Cycles that an entry of a level costs, where all tables of that level take so many bytes. */
export function referenceCost(costs: TranslateCosts, bytes: number): number {
  const at = costs.cacheBytes.findIndex((most) => bytes <= most);
  return costs.references[at < 0 ? 3 : at]!;
}
