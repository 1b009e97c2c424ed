/** Options of `translate`: what may be said, what is meant if nothing is, and what is wrong with it. */
import { type MmuMode, MODES } from "../core/mmu/plan-mmu.ts";
import { TLB_SHAPES, type TlbShape } from "../core/mmu/tlb-shapes.ts";
import { TRANSLATE_COSTS, type TranslateCosts } from "../core/mmu/translate-costs.ts";
import { nearest } from "../scenario/nearest.ts";
import type { PageTrace } from "../trace/index.ts";
import { TranslateError } from "./translate-error.ts";

export const TRANSLATE_PATTERNS = ["uniform", "zipf", "sequential"] as const;
export type TranslatePattern = (typeof TRANSLATE_PATTERNS)[number];
export const TLB_NAMES: readonly string[] = Object.keys(TLB_SHAPES);

export interface TranslateOptions {
  /** References of a program: instead of a pattern. */
  readonly trace?: PageTrace | undefined;
  readonly pattern?: TranslatePattern | undefined;
  /** Pages of 4 KiB that the pattern goes over; 65,536 (256 MiB) if absent. */
  readonly pages?: number | undefined;
  /** Accesses; absent: the trace once, else a million. */
  readonly accesses?: number | undefined;
  /** Part of the pattern's accesses that write, 0 … 1. */
  readonly writes?: number | undefined;
  /** Of zipf; 0.99. */
  readonly exponent?: number | undefined;
  /** Ways to translate, each by itself with the same accesses; all three if absent. */
  readonly modes?: readonly MmuMode[] | undefined;
  /** Levels that the guest's walks go through: 5 and 4 for 4 KiB pages, 3 for 2 MiB, 2 for 1 GiB; several: side by side in memory. */
  readonly guest?: readonly number[] | undefined;
  /** Levels of nested walks, likewise: 5, 4, 3 or 2. */
  readonly host?: number | undefined;
  /** Depth of the guest's tables, 4 or 5; absent: 5 where `guest` has a 5. Without `guest`, pages are of 4 KiB. */
  readonly guestLevels?: number | undefined;
  /** Depth of nested tables, 4 or 5; absent: 5 where `host` is 5. Without `host`, likewise. */
  readonly hostLevels?: number | undefined;
  /** A name of `TLB_NAMES`, or a shape. */
  readonly tlb?: string | TlbShape | undefined;
  /** False: no caches of paging structures and nested translations. */
  readonly walkCaches?: boolean | undefined;
  /** Edits of page tables an access, 0 … 1: a page is taken out, its translation invalidated, and put back by a fault. */
  readonly edits?: number | undefined;
  /** Forks, spread over the accesses: all pages are made read-only, and copied when they are written to. */
  readonly forks?: number | undefined;
  /** Address spaces that map the same pages; 1. */
  readonly processes?: number | undefined;
  /** Switches between them an access, 0 … 1. */
  readonly switches?: number | undefined;
  /** Tables of the shadow pool; as many as it takes if absent. */
  readonly shadowTables?: number | undefined;
  /** Lowest guest tables may be written to unseen until the guest invalidates. */
  readonly lazy?: boolean | undefined;
  /** Accesses before counting begins. */
  readonly warm?: number | undefined;
  /** Every page has been written to once before that. */
  readonly touched?: boolean | undefined;
  /** Accessed and dirty bits are clear at the start. */
  readonly fresh?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly costs?: Partial<TranslateCosts> | undefined;
  /** Cycles a page-table entry, whatever its table's size. */
  readonly referenceCycles?: number | undefined;
  /** The core's module, where it cannot be found by itself. */
  readonly core?: WebAssembly.Module | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { fraction: number; doing: string }) => void) | undefined;
}

export interface Resolved {
  readonly trace: PageTrace | undefined;
  readonly pattern: TranslatePattern | "trace";
  readonly pages: number;
  readonly accesses: number;
  readonly writes: number;
  readonly exponent: number;
  readonly modes: readonly MmuMode[];
  /** Levels of leaves, side by side: 1 4 KiB, 2 2 MiB, 3 1 GiB. */
  readonly leaves: readonly (1 | 2 | 3)[];
  readonly guestLevels: 4 | 5;
  readonly hostLevels: 4 | 5;
  readonly hostLargest: 1 | 2 | 3;
  readonly tlb: TlbShape;
  readonly walkCaches: boolean;
  readonly edits: number;
  readonly forks: number;
  readonly processes: number;
  readonly switches: number;
  readonly shadowTables: number | undefined;
  readonly lazy: boolean;
  readonly warm: number;
  readonly touched: boolean;
  readonly fresh: boolean;
  readonly seed: number;
  readonly costs: TranslateCosts;
}

/** 256 GiB. */
const PAGES_MAX = 2 ** 26;
const ACCESSES_MAX = 2 ** 40;
const PROCESSES_MAX = 256;

/** @throws TranslateError */
export function resolveTranslate(options: TranslateOptions): Resolved {
  const { trace, pattern } = options;
  if (trace !== undefined && pattern !== undefined) throw fault("pattern", "none beside a trace", pattern);
  if (trace !== undefined && options.pages !== undefined) {
    throw fault("pages", "none beside a trace, which says which pages", options.pages);
  }
  if (trace?.references.length === 0) throw fault("trace", "at least one reference", 0);
  if (trace !== undefined && options.writes !== undefined) {
    throw fault("writes", "none beside a trace, which says what is written", options.writes);
  }
  // Pages of 4 KiB, however deep the tables are.
  const guest = levelsOf("guest", options.guest ?? [options.guestLevels === 5 ? 5 : 4]);
  const [host] = levelsOf("host", [options.host ?? (options.hostLevels === 5 ? 5 : 4)]);
  const guestLevels = depthOf("guestLevels", options.guestLevels, guest);
  const hostLevels = depthOf("hostLevels", options.hostLevels, [host!]);
  return {
    trace,
    pattern: trace === undefined ? choice("pattern", pattern ?? "uniform", TRANSLATE_PATTERNS) : "trace",
    pages:
      trace === undefined ? whole("pages", options.pages ?? 65_536, 1, PAGES_MAX) : trace.pageNumbers.length,
    accesses: whole("accesses", options.accesses ?? trace?.references.length ?? 1e6, 1, ACCESSES_MAX),
    writes: part("writes", options.writes ?? 0),
    exponent: within("exponent", options.exponent ?? 0.99, 0.01, 4),
    modes: modesOf(options.modes ?? MODES),
    leaves: guest.map((levels) => (guestLevels - levels + 1) as 1 | 2 | 3),
    ...{ guestLevels, hostLevels, hostLargest: (hostLevels - host! + 1) as 1 | 2 | 3 },
    tlb: tlbOf(options.tlb ?? "skylake-sp"),
    walkCaches: options.walkCaches ?? true,
    edits: part("edits", options.edits ?? 0),
    forks: whole("forks", options.forks ?? 0, 0, 1e6),
    processes: whole("processes", options.processes ?? 1, 1, PROCESSES_MAX),
    switches: switchesOf(options),
    shadowTables:
      options.shadowTables === undefined
        ? undefined
        : whole("shadowTables", options.shadowTables, 16, 2 ** 18),
    lazy: options.lazy ?? false,
    warm: whole("warm", options.warm ?? 0, 0, ACCESSES_MAX),
    touched: options.touched ?? false,
    fresh: options.fresh ?? false,
    seed: whole("seed", options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER),
    costs: costsOf(options),
  };
}

function fault(what: string, expected: string, got: unknown): TranslateError {
  return new TranslateError(`${what}: expected ${expected}, got ${String(got)}`);
}

function whole(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw fault(what, `a whole number from ${least} to ${most}`, value);
}

function within(what: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw fault(what, `a number from ${least} to ${most}`, value);
}

function part(what: string, value: number): number {
  return within(what, value, 0, 1);
}

function choice<T extends string>(what: string, value: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  const meant = nearest(value, choices);
  throw fault(
    what,
    `one of ${choices.join(", ")}`,
    `${value}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  );
}

function modesOf(modes: readonly string[]): MmuMode[] {
  if (modes.length === 0) throw fault("modes", `some of ${MODES.join(", ")}`, "none");
  const found = modes.map((mode) => choice("modes", mode, MODES));
  const twice = found.find((mode, at) => found.indexOf(mode) !== at);
  if (twice !== undefined) throw fault("modes", "each once", `${twice} twice`);
  return found;
}

function levelsOf(what: string, levels: readonly number[]): readonly number[] {
  if (levels.length === 0) throw fault(what, "numbers of levels, such as 4", "none");
  for (const level of levels) whole(what, level, 2, 5);
  const twice = levels.find((level, at) => levels.indexOf(level) !== at);
  if (twice !== undefined) throw fault(what, "each once", `${twice} twice`);
  return levels;
}

/** Depth of tables in which walks of so many levels exist. */
function depthOf(what: string, asked: number | undefined, walked: readonly number[]): 4 | 5 {
  const depth = asked ?? (walked.includes(5) ? 5 : 4);
  if (depth !== 4 && depth !== 5) throw fault(what, "4 or 5", depth);
  for (const levels of walked) {
    // The largest page is 1 GiB, three levels above the last.
    if (levels > depth || levels < depth - 2)
      throw fault(what, `walks of ${depth - 2} to ${depth} levels in tables of ${depth}`, levels);
  }
  return depth;
}

function switchesOf({ switches = 0, processes = 1 }: TranslateOptions): number {
  const value = part("switches", switches);
  if (value > 0 && processes < 2)
    throw fault("switches", "at least 2 processes to switch between", processes);
  return value;
}

function tlbOf(tlb: string | TlbShape): TlbShape {
  if (typeof tlb !== "string") return tlb;
  return TLB_SHAPES[choice("tlb", tlb, TLB_NAMES)]!;
}

function costsOf({ costs = {}, referenceCycles }: TranslateOptions): TranslateCosts {
  for (const [name, value] of Object.entries(costs)) {
    if (!(name in TRANSLATE_COSTS))
      throw fault(`costs.${name}`, `one of ${Object.keys(TRANSLATE_COSTS).join(", ")}`, name);
    for (const one of Array.isArray(value) ? value : [value]) within(`costs.${name}`, one as number, 0, 1e12);
  }
  const all = { ...TRANSLATE_COSTS, ...costs };
  if (referenceCycles === undefined) return all;
  const each = within("referenceCycles", referenceCycles, 0, 1e6);
  return { ...all, references: [each, each, each, each] };
}
