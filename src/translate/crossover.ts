/**
 * Where shadow paging and nested paging change places: the same accesses with more and more edits of page tables between them.
 *
 *   few edits     shadow walks are short, nested ones long: shadow wins, unless large pages leave few walks
 *   many edits    each is an exit with shadow tables, and none with nested ones: nested wins
 */
import type { MmuMode } from "../core/mmu/plan-mmu.ts";
import type { TranslateCosts } from "../core/mmu/translate-costs.ts";
import { type TranslateCounts, translate } from "./translate.ts";

export interface CrossoverOptions {
  /** Pages of 4 KiB; 262,144 (1 GiB) if absent. */
  readonly pages?: number;
  readonly accesses?: number;
  /** Edits an access, ascending. */
  readonly edits?: readonly number[];
  /** Levels walked in guest and host: 4 for 4 KiB pages, 3 for 2 MiB. */
  readonly levels?: 4 | 3;
  readonly tlb?: string;
  readonly costs?: Partial<TranslateCosts>;
  readonly core?: WebAssembly.Module | undefined;
}

export interface Crossover {
  /** Cycles of translation an access, by edits an access. */
  readonly points: readonly CrossoverPoint[];
  /** Edits an access at which both cost the same, between two points on a straight line; 0: nested is never dearer, Infinity: always. */
  readonly at: number;
}

export interface CrossoverPoint {
  readonly edits: number;
  readonly native: number;
  readonly shadow: number;
  readonly nested: number;
}

export const CROSSOVER_EDITS: readonly number[] = [0, 1e-4, 1e-3, 1e-2, 1e-1];
/** Accesses that come before counting, so that caches are full. */
const WARM = 20_000;

export async function crossover(options: CrossoverOptions = {}): Promise<Crossover> {
  const { pages = 2 ** 18, accesses = 50_000, edits = CROSSOVER_EDITS, levels = 4 } = options;
  const { tlb = "nehalem", costs, core } = options;
  const cost = async (mode: MmuMode, rate: number): Promise<number> => {
    const stream = { pattern: "uniform", pages, accesses, touched: true, warm: WARM, edits: rate } as const;
    const { modes } = await translate({
      ...{ ...stream, guest: [levels], host: levels, tlb, costs, core },
      modes: [mode],
    });
    return perAccess(modes[0]!);
  };
  const points: CrossoverPoint[] = [];
  for (const rate of edits) {
    const [native, shadow, nested] = [
      await cost("native", rate),
      await cost("shadow", rate),
      await cost("nested", rate),
    ];
    points.push({ edits: rate, native, shadow, nested });
  }
  return { points, at: crossing(points) };
}

function perAccess({ cycles, accesses }: TranslateCounts): number {
  return cycles / accesses;
}

function crossing(points: readonly CrossoverPoint[]): number {
  const gap = ({ shadow, nested }: CrossoverPoint): number => shadow - nested;
  const next = points.findIndex((point) => gap(point) > 0);
  if (next < 0) return Number.POSITIVE_INFINITY;
  if (next === 0) return 0;
  const [before, after] = [points[next - 1]!, points[next]!];
  const part = -gap(before) / (gap(after) - gap(before));
  return before.edits + part * (after.edits - before.edits);
}
