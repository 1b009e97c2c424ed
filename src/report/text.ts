/** The report people read in the terminal after a run: who, how much, when, why, and the insight last. */
import { hostColumns, vmColumns } from "./columns.ts";
import { cpuPolicyText, hasCpu } from "./cpu-rows.ts";
import { fold, sumRow } from "./fold.ts";
import { formatBytes, formatDuration, formatRate, plural } from "./format.ts";
import { tellsOfReclaiming } from "./memory-rows.ts";
import { displayWidth, truncate, visible, wrap } from "./names.ts";
import type { Result } from "./result.ts";
import { hasMemory, insight, summarize } from "./summary.ts";
import { type Paint, plain, type TextContext, table } from "./table.ts";
import { cpuSections } from "./text-cpu.ts";
import { memorySections, translationSections } from "./text-memory.ts";
import { migrationSections } from "./text-migration.ts";
import { savedOverTime } from "./text-series.ts";
import { decisionLines, eventLines } from "./text-story.ts";

export interface ReportTextOptions {
  /** Columns of the terminal; kept within 60 … 200, 100 if absent. */
  readonly width?: number;
  /** Emphasis; nothing is emphasised if absent. */
  readonly paint?: Paint;
  /** Whether to close with wall time and machine, which differ between two runs of one scenario; true if absent. */
  readonly machine?: boolean;
  /** Whether every host and VM gets a row; long lists are folded if absent. */
  readonly all?: boolean;
}

/** Rows of a table before it is folded. */
const ROWS_MAX = 20;
const WIDTH_MIN = 60;
const WIDTH_MAX = 200;

/**
 * The report as text, lines ended by `\n`.
 *
 * @param result   of any run, also one that was interrupted
 * @param options  width, emphasis, what to leave out
 */
export function reportText(result: Result, options: ReportTextOptions = {}): string {
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, Math.floor(options.width ?? 100)));
  const paint = options.paint ?? plain;
  const context = { width, paint, all: options.all ?? false };
  const summary = summarize(result);
  const sections = [
    header(result, context),
    ...(hasMemory(result) ? sharingSections(result, context) : []),
    ...memorySections(result, context),
    ...translationSections(result, context),
    ...cpuSections(result, context),
    ...migrationSections(result, context),
    decisionLines(result, context),
    eventLines(result, context),
    wrap(insight(result, summary), width).map(paint.bold),
  ];
  if (options.machine ?? true) sections.push(wrap(machineLine(result), width).map(paint.dim));
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

function sharingSections(result: Result, context: TextContext): string[][] {
  const isSaved = result.hosts.some(({ memory }) => memory.savedPages > 0 || memory.scannedPages > 0);
  // Where memory was taken and nothing was looked for to be shared, the curve would be empty.
  const isDrawn = isSaved || !tellsOfReclaiming(result);
  return [
    hostTable(result, context),
    vmTable(result, context),
    ...(isDrawn ? [savedOverTime(result, context)] : []),
  ];
}

/** Facts two spaces apart, as many on a line as fit. */
function header(result: Result, { width, paint }: TextContext): string[] {
  const facts = [
    `ballast ${result.ballast}`,
    `model ${result.model}`,
    `seed ${result.seed}`,
    `scenario ${visible(result.scenario.name)}`,
    `policy ${visible(result.policies.memory)}`,
    ...(hasCpu(result) ? [`cpu ${visible(cpuPolicyText(result))}`] : []),
    `hash ${result.stateHash}`,
  ];
  const lines: string[] = [];
  for (const fact of facts) {
    const last = lines.at(-1);
    const next = last === undefined ? fact : `${last}  ${fact}`;
    if (last !== undefined && displayWidth(next) <= width) lines[lines.length - 1] = next;
    else lines.push(truncate(fact, width));
  }
  const time = `${formatDuration(result.simulatedNs)} simulated`;
  const counts = `${plural(result.hosts.length, "host")}, ${plural(result.vms.length, "VM")}`;
  const content = result.content === "bytes" ? "contents as bytes" : "contents as 64-bit ids";
  lines.push(`${time}, ${counts}, ${content}`);
  if (result.interrupted === true) {
    lines.push(paint.yellow("interrupted: the figures are those of that moment"));
  }
  return lines.map((line, index) => (index === 0 ? paint.bold(line) : line));
}

function hostTable(result: Result, context: TextContext): string[] {
  if (result.hosts.length === 0) return [];
  const { rows, hidden } = fold(result.hosts, context.all ? result.hosts.length : ROWS_MAX);
  const total = result.hosts.length > 1 ? { total: sumRow("total", result.hosts) } : {};
  const text = table(hostColumns(result), rows, { ...context, ...total });
  return [...text.lines, ...notes(text.hidden, hidden, "hosts", context)];
}

function vmTable(result: Result, context: TextContext): string[] {
  if (result.vms.length === 0) return [];
  const { rows, hidden } = fold(result.vms, context.all ? result.vms.length : ROWS_MAX);
  const total = result.vms.length > 1 ? { total: sumRow("total", result.vms) } : {};
  const text = table(vmColumns(result), rows, { ...context, ...total });
  return [...text.lines, ...notes(text.hidden, hidden, "VMs", context)];
}

function notes(columns: readonly string[], rows: number, what: string, context: TextContext): string[] {
  const said: string[] = [];
  if (rows > 0) said.push(`${rows} ${what} added up above; each of them: --all, --json or --out DIR`);
  if (columns.length > 0) said.push(`no room for: ${columns.join(", ")}`);
  return said.flatMap((line) => wrap(line, context.width)).map(context.paint.dim);
}

function machineLine(result: Result): string {
  const { wallMs, runtime, platform, threads, scannedPagesPerSecond, coreBytes } = result.hostMachine;
  const place = `${visible(runtime)}, ${visible(platform)}, ${plural(threads, "thread")}`;
  const speed = formatRate(scannedPagesPerSecond, "pages");
  return `${formatDuration(wallMs * 1e6)} on ${place}; scanned ${speed}; world of ${formatBytes(coreBytes)}`;
}
