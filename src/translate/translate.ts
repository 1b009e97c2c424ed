/**
 * Address translation of a stream of accesses, native, by shadow tables and by nested tables: what it comes to, and what it costs.
 *
 * Each mode has a machine of its own and gets the same accesses and edits. The VM's memory is there, nested tables are filled; shadow tables are
 * empty, so that each page's first access is a hidden fault, unless `warm` accesses come before.
 */
import { CORE_BYTES_MAX, type Core } from "../core/boot.ts";
import { type MmuMode, tablesFor } from "../core/mmu/plan-mmu.ts";
import { withoutWalkCaches } from "../core/mmu/tlb-shapes.ts";
import { referenceCost, type TranslateCosts } from "../core/mmu/translate-costs.ts";
import { loadCore } from "../core/module.ts";
import { type AddressSpace, planAddressSpace } from "./address-space.ts";
import { createMachine, DEFAULT_CONTROLS, type Machine } from "./machine.ts";
import { type Resolved, resolveTranslate, type TranslateOptions } from "./options.ts";
import { TranslateError } from "./translate-error.ts";
import { Workload } from "./workload.ts";

export interface TranslateCounts {
  readonly mode: MmuMode;
  readonly accesses: number;
  /** Found in the second-level TLB only. */
  readonly secondHits: number;
  readonly tlbMisses: number;
  /** Page walks, those that end in a fault too. */
  readonly walks: number;
  /** Entries read by walks: of the guest's tables (shadow: of the shadow's), and of nested tables. */
  readonly references: number;
  readonly guestReferences: number;
  readonly nestedReferences: number;
  /** By level, from 1: entries read of the guest's or shadow's tables, of nested ones. */
  readonly levelReferences: { readonly guest: readonly number[]; readonly nested: readonly number[] };
  readonly exits: number;
  readonly hiddenFaults: number;
  readonly traceFaults: number;
  readonly violations: number;
  readonly emulated: number;
  readonly guestFaults: number;
  readonly cr3Loads: number;
  readonly invalidations: number;
  readonly tableWrites: number;
  readonly syncedEntries: number;
  readonly shadowTables: number;
  readonly evictions: number;
  readonly flushes: number;
  /** Bytes of page tables: the guest's, and those of the monitor. */
  readonly tableBytes: { readonly guest: number; readonly monitor: number };
  /** In translation: what follows, in all. */
  readonly cycles: number;
  readonly cyclesBy: CyclesBy;
}

export interface CyclesBy {
  readonly secondHits: number;
  readonly references: number;
  /** Exits and what the monitor does. */
  readonly monitor: number;
  /** Faults, CR3 loads, INVLPGs, table writes, as without virtualisation. */
  readonly kernel: number;
}

export interface TranslateResult {
  readonly pattern: string;
  readonly pages: number;
  readonly tlb: string;
  readonly guest: readonly number[];
  readonly host: number;
  /** Mode by mode, in the order asked for. */
  readonly modes: readonly TranslateCounts[];
  readonly notes: readonly string[];
}

/** Counters of `mmu` rows that are counted from the end of the warm-up. */
const COUNTERS = [
  ...[
    "mmuAccesses",
    "mmuSecondHits",
    "mmuTlbMisses",
    "mmuWalks",
    "mmuExits",
    "mmuHiddenFaults",
    "mmuTraceFaults",
  ],
  ...["mmuViolations", "mmuEmulated", "mmuGuestFaults", "mmuReflected", "mmuCr3Loads", "mmuInvalidations"],
  ...["mmuTableWrites", "mmuSyncedEntries", "mmuShadowsMade", "mmuEvictions", "mmuFlushes", "mmuOutside"],
] as const;
type Counter = Extract<keyof Core["columns"], `mmu${string}`>;
const LEVELS = 16;
const NESTED_AT = 8;
const PROGRESS_EVERY = 64;

/**
 * Translates a stream of accesses.
 *
 * @throws TranslateError for options that do not fit; the signal's reason when aborted
 */
export async function translate(options: TranslateOptions = {}): Promise<TranslateResult> {
  const resolved = resolveTranslate(options);
  const module = options.core ?? (await loadCore());
  const space = planAddressSpace(resolved);
  const modes: TranslateCounts[] = [];
  for (const mode of resolved.modes) modes.push(await runMode(module, mode, resolved, space, options));
  const { guestLevels, hostLevels, leaves, hostLargest } = resolved;
  return {
    pattern: resolved.pattern,
    pages: resolved.pages,
    tlb: resolved.tlb.name,
    guest: leaves.map((leaf) => guestLevels - leaf + 1),
    host: hostLevels - hostLargest + 1,
    modes,
    notes: notesOf(resolved, modes),
  };
}

async function runMode(
  module: WebAssembly.Module,
  mode: MmuMode,
  options: Resolved,
  space: AddressSpace,
  { signal, onProgress }: TranslateOptions,
): Promise<TranslateCounts> {
  const machine = machineOf(module, mode, options, space);
  const workload = new Workload(machine, options, space);
  let chunks = 0;
  const wait = async (done: number): Promise<void> => {
    chunks += 1;
    if (chunks % PROGRESS_EVERY !== 0) return;
    onProgress?.({ fraction: done / options.accesses, doing: `${mode}, ${done} accesses` });
    // Lets signals and timers through.
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  };
  if (options.touched) await workload.touch(wait);
  if (options.warm > 0) await workload.run(options.warm, wait);
  zero(machine.core);
  await workload.run(options.accesses, wait);
  return countsOf(machine, mode, options, space);
}

function machineOf(
  module: WebAssembly.Module,
  mode: MmuMode,
  options: Resolved,
  space: AddressSpace,
): Machine {
  const { trace, pattern, pages, writes, exponent, seed, tlb, walkCaches } = options;
  const { tablePages } = space;
  try {
    return createMachine(module, {
      vms: [{ pages: space.pages, tablePages }],
      mmus: [{ vm: 0, mode }],
      controls: DEFAULT_CONTROLS,
      levels: options.guestLevels,
      tlb: walkCaches ? tlb : withoutWalkCaches(tlb),
      nested: { levels: options.hostLevels, largest: options.hostLargest },
      shadow: { tables: options.shadowTables ?? shadowTables(options, space), lazy: options.lazy },
      wordPages: tablePages + 1,
      stream: {
        ...{ pattern, pages, exponent, writesPpm: Math.round(writes * 1e6) },
        ...(trace === undefined ? {} : { references: trace.references }),
      },
      ...(space.virtualPages === undefined ? {} : { virtualPages: space.virtualPages }),
      seed,
    });
  } catch (error) {
    if (!(error instanceof RangeError) || error instanceof TranslateError) throw error;
    throw new TranslateError(
      `pages: expected memory that fits ${(CORE_BYTES_MAX / 2 ** 30).toFixed(0)} GiB with its tables, got ${space.pages} pages (${error.message})`,
    );
  }
}

/** As many as there are guest tables, and one for each 2 MiB of large pages that have to be split. */
function shadowTables({ leaves, processes }: Resolved, space: AddressSpace): number {
  const split = leaves.some((leaf) => leaf > 1) ? tablesFor(space.chunks.length * space.chunkPages, 3) : 0;
  return space.tablePages + processes + split + 64;
}

function zero({ columns }: Core): void {
  for (const name of COUNTERS) columnOf(columns, name).set(0, 0);
  for (let level = 0; level < LEVELS; level += 1) columns.mmuLevelReferences.set(level, 0);
}

function columnOf(
  columns: Core["columns"],
  name: string,
): { get(row: number): number; set(row: number, value: number): void } {
  return columns[name as Counter] as unknown as ReturnType<typeof columnOf>;
}

function countsOf(machine: Machine, mode: MmuMode, options: Resolved, space: AddressSpace): TranslateCounts {
  const { columns, plan } = machine.core;
  const of = (name: (typeof COUNTERS)[number]): number => columnOf(columns, name).get(0);
  const levels = Array.from({ length: LEVELS }, (_, level) => columns.mmuLevelReferences.get(level));
  const guest = levels.slice(1, 6);
  const nested = levels.slice(NESTED_AT + 1, NESTED_AT + 6);
  const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
  const shadowUsed = plan.groups.has("shadow") ? columns.worldShadowUsed[0]! : 0;
  const counts = {
    mode,
    accesses: of("mmuAccesses"),
    secondHits: of("mmuSecondHits"),
    tlbMisses: of("mmuTlbMisses"),
    walks: of("mmuWalks"),
    references: sum(guest) + sum(nested),
    guestReferences: sum(guest),
    nestedReferences: sum(nested),
    levelReferences: { guest, nested },
    exits: of("mmuExits"),
    hiddenFaults: of("mmuHiddenFaults"),
    traceFaults: of("mmuTraceFaults"),
    violations: of("mmuViolations"),
    emulated: of("mmuEmulated") + of("mmuOutside"),
    guestFaults: of("mmuGuestFaults"),
    cr3Loads: of("mmuCr3Loads"),
    invalidations: of("mmuInvalidations"),
    tableWrites: of("mmuTableWrites"),
    syncedEntries: of("mmuSyncedEntries"),
    shadowTables: of("mmuShadowsMade"),
    evictions: of("mmuEvictions"),
    flushes: of("mmuFlushes"),
    tableBytes: {
      guest: (columns.vmTableNext[0]! - 1) * 4096,
      monitor: (shadowUsed + plan.rows.nestedPage) * 4096,
    },
  };
  const cyclesBy = cyclesOf(counts, of("mmuReflected"), options, space);
  const { secondHits, references, monitor, kernel } = cyclesBy;
  return { ...counts, cycles: Math.round(secondHits + references + monitor + kernel), cyclesBy };
}

type Counted = Omit<TranslateCounts, "cycles" | "cyclesBy">;

function cyclesOf(counts: Counted, reflected: number, options: Resolved, space: AddressSpace): CyclesBy {
  const { costs, processes } = options;
  const used = space.chunks.length * space.chunkPages;
  const of = (references: readonly number[], entries: number): number =>
    references.reduce((sum, count, at) => sum + count * referenceCost(costs, (8 * entries) / 512 ** at), 0);
  const pages = Math.min(used, space.virtualPages?.length ?? used);
  return {
    secondHits: counts.secondHits * costs.secondHit,
    references:
      of(counts.levelReferences.guest, pages * processes) + of(counts.levelReferences.nested, space.pages),
    monitor: monitorCycles(counts, reflected, costs),
    kernel:
      counts.guestFaults * costs.guestFault +
      counts.cr3Loads * costs.cr3Load +
      counts.invalidations * costs.invalidation +
      counts.tableWrites * costs.tableWrite,
  };
}

function monitorCycles(counts: Counted, reflected: number, costs: TranslateCosts): number {
  return (
    counts.exits * costs.exit +
    counts.hiddenFaults * costs.hiddenFault +
    counts.traceFaults * costs.traceFault +
    counts.violations * costs.violation +
    counts.emulated * costs.emulation +
    reflected * costs.reflection +
    (counts.mode === "shadow" ? counts.cr3Loads * costs.shadowCr3 : 0) +
    counts.syncedEntries * costs.syncEntry
  );
}

function notesOf(options: Resolved, modes: readonly TranslateCounts[]): string[] {
  const notes = [
    `${options.tlb.title}: sizes are about`,
    "cycles are counts times costs that are approximate (docs/mmu/costs.md); see --explain",
  ];
  const shadow = modes.find(({ mode }) => mode === "shadow");
  if (shadow !== undefined && options.leaves.includes(3))
    notes.push("shadow tables hold pages of 1 GiB as pages of 2 MiB");
  if (shadow !== undefined && shadow.evictions > 0)
    notes.push(`the pool of shadow tables was too small: ${shadow.evictions} evictions`);
  return notes;
}
