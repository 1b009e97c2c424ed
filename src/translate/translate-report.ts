/** What `ballast translate` prints for people: a column for each mode, a line for each count, and what cycles are made of. */

import { TRANSLATE_COSTS, type TranslateCosts } from "../core/mmu/translate-costs.ts";
import { formatBytes, formatCount, formatPages, plural } from "../report/format.ts";
import { displayWidth, padEnd, padStart } from "../report/names.ts";
import { type Paint, plain } from "../report/table.ts";
import type { TranslateCounts, TranslateResult } from "./translate.ts";

export interface TranslateReportOptions {
  readonly paint?: Paint;
  /** What costs are, and what each line means. */
  readonly explain?: boolean;
  readonly costs?: TranslateCosts;
}

type Line = readonly [name: string, of: (counts: TranslateCounts) => string, always?: true];

const count =
  (key: keyof TranslateCounts) =>
  (counts: TranslateCounts): string =>
    formatCount(counts[key] as number);
const each =
  (key: (counts: TranslateCounts) => number) =>
  (counts: TranslateCounts): string =>
    (key(counts) / Math.max(1, counts.accesses)).toFixed(2);

const LINES: readonly Line[] = [
  ["accesses", count("accesses"), true],
  ["second-level hits", count("secondHits")],
  ["TLB misses", count("tlbMisses"), true],
  ["walks", count("walks"), true],
  ["references", count("references"), true],
  ["  a walk", ({ references, walks }) => (references / Math.max(1, walks)).toFixed(2), true],
  ["  of nested tables", count("nestedReferences")],
  ["guest's page faults", count("guestFaults")],
  ["writes to page tables", count("tableWrites")],
  ["loads of CR3", count("cr3Loads")],
  ["INVLPG, INVPCID", count("invalidations")],
  ["exits", count("exits"), true],
  ["  hidden faults", count("hiddenFaults")],
  ["  trace faults", count("traceFaults")],
  ["  nested violations", count("violations")],
  ["  emulated accesses", count("emulated")],
  ["shadow tables made", count("shadowTables")],
  ["  evicted", count("evictions")],
  ["entries synchronised", count("syncedEntries")],
  ["tables of the guest", ({ tableBytes }) => formatBytes(tableBytes.guest), true],
  ["tables of the monitor", ({ tableBytes }) => formatBytes(tableBytes.monitor), true],
  ["cycles an access", each(({ cycles }) => cycles), true],
  ["  walks", each(({ cyclesBy }) => cyclesBy.references + cyclesBy.secondHits), true],
  ["  monitor", each(({ cyclesBy }) => cyclesBy.monitor), true],
  ["  guest's kernel", each(({ cyclesBy }) => cyclesBy.kernel)],
];

/** The report as text, no line end behind the last. */
export function translateReport(result: TranslateResult, options: TranslateReportOptions = {}): string {
  const { paint = plain, explain = false, costs = TRANSLATE_COSTS } = options;
  const { pattern, pages, tlb, guest, host, modes, notes } = result;
  const sizes = `${guest.join(" and ")} levels in the guest, ${host} in the host`;
  const lines = [
    `${paint.bold(pattern)}, ${plural(pages, "page")} (${formatPages(pages)}), ${sizes}, TLB ${tlb}`,
    "",
    ...tableOf(result, paint),
    ...comparison(modes),
  ];
  if (explain) lines.push("", ...explanation(costs));
  return [...lines, "", ...notes.map((note) => paint.dim(`note: ${note}`))].join("\n");
}

function tableOf({ modes }: TranslateResult, paint: Paint): string[] {
  const shown = LINES.filter(([, of, always]) => always || modes.some((mode) => Number(of(mode)) !== 0));
  const cells = shown.map(([name, of]) => [name, ...modes.map(of)]);
  const rows = [["", ...modes.map(({ mode }) => mode as string)], ...cells];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => displayWidth(row[at]!))));
  return rows.map((row, index) => {
    const text = row
      .map((one, at) => (at === 0 ? padEnd(one, widths[at]!) : padStart(one, widths[at]!)))
      .join("  ");
    return index === 0 ? paint.dim(text) : text;
  });
}

/** Whoever is cheapest beside no virtualisation. */
function comparison(modes: readonly TranslateCounts[]): string[] {
  const shadow = modes.find(({ mode }) => mode === "shadow");
  const nested = modes.find(({ mode }) => mode === "nested");
  if (shadow === undefined || nested === undefined) return [];
  const [less, more] = shadow.cycles <= nested.cycles ? [shadow, nested] : [nested, shadow];
  if (less.cycles === 0) return [];
  const factor = more.cycles / less.cycles;
  return [
    "",
    `${less.mode} paging translates with ${factor.toFixed(2)} times fewer cycles than ${more.mode}`,
  ];
}

function explanation(costs: TranslateCosts): string[] {
  const [first, second, last, memory] = costs.references;
  const limits = costs.cacheBytes.map(formatBytes);
  return [
    "what costs how many cycles (approximate; see docs/mmu/costs.md):",
    `  an entry read by a walk    ${first}, ${second}, ${last}, ${memory}: tables of its level up to ${limits.join(", ")}, more`,
    `  a hit in the second level  ${costs.secondHit}`,
    `  an exit and entry          ${costs.exit}, and beside it:`,
    `    hidden fault ${costs.hiddenFault}, trace fault ${costs.traceFault}, violation ${costs.violation}, emulation ${costs.emulation},`,
    `    a fault passed on ${costs.reflection}, CR3 under shadow paging ${costs.shadowCr3}, an entry synchronised ${costs.syncEntry}`,
    `  in the guest               page fault ${costs.guestFault}, CR3 ${costs.cr3Load}, INVLPG ${costs.invalidation}, table write ${costs.tableWrite}`,
  ];
}
