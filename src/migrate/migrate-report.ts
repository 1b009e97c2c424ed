/** What `ballast migrate` prints for people: a row per mode, the rounds of pre-copy, and what to change. */
import { formatBytes, formatCount, formatNs, formatPages, formatPpm } from "../scenario/format.ts";
import { formatBits, formatBitsUp } from "./format-bits.ts";
import type { MigrationPlan, MigrationRound, ModePlan } from "./migration.ts";
import type { SolvedMigration } from "./solve.ts";
import type { SweepStep } from "./sweep.ts";
import type { LinkPlan } from "./together.ts";
import type { WorkingSetResult } from "./writable-working-set.ts";

/** Colours, if the caller has any: functions from text to text of the same width. */
export interface MigratePalette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const PLAIN: MigratePalette = { bold: (text) => text, dim: (text) => text };
/** Rounds shown one by one; of more, the first and the last. */
const ROUNDS_SHOWN = 12;

type Cells = readonly string[];

/**
 * The plan as text, lines of at most about 100 characters, no line end behind the last.
 *
 * @param palette  absent: no colours
 */
export function migrateReport(plan: MigrationPlan, palette: MigratePalette = PLAIN): string {
  const bandwidth = formatBits(plan.bandwidthBitsPerS);
  const title = `${palette.bold(formatPages(plan.memoryPages))} over ${bandwidth}, rule ${plan.rule}`;
  const parts = [title, "", ...align(modeCells(plan), palette)];
  const preCopy = plan.modes.find(({ mode }) => mode === "pre-copy");
  if (preCopy !== undefined && preCopy.rounds.length > 1) {
    parts.push("", ...roundTable(preCopy, palette));
  }
  parts.push(...notes(plan));
  return parts.join("\n");
}

/** What else is to be said, line by line; empty lines between paragraphs. */
function notes(plan: MigrationPlan): string[] {
  const parts: string[] = [];
  for (const mode of plan.modes) parts.push(...meaning(mode));
  const free = plan.modes.find(({ mode }) => mode === "post-copy" || mode === "hybrid");
  if (free?.downtimeNs === 0) {
    parts.push("", "The switch itself counts as nothing: give --latency, --switchover, --device-state.");
  }
  parts.push(...besideLines(plan));
  parts.push(...bandLines(plan), ...clientLines(plan));
  return parts;
}

/** The same without empty lines. */
export function migrationNotes(plan: MigrationPlan): string[] {
  return notes(plan).filter((line) => line !== "");
}

/** What a program's writable working set is, as text: pages per window, and downtime per bandwidth and rounds. */
export function workingSetReport(result: WorkingSetResult, palette: MigratePalette = PLAIN): string {
  const { trace, seconds, distinctPages, windows, downtimes, memoryPages } = result;
  const title = `${palette.bold(trace)}: ${formatPages(distinctPages)} written in ${formatNs(Math.round(seconds * 1e9))}`;
  const windowRows = windows.map(({ windowNs, windows: count, pages }) => [
    formatNs(windowNs),
    String(count),
    ...[pages.mean, pages.min, pages.max].map(formatPages),
  ]);
  const bandwidths = [...new Set(downtimes.map(({ bandwidthBitsPerS }) => bandwidthBitsPerS))];
  const rounds = Math.max(...downtimes.map((one) => one.rounds));
  const downtimeRows = bandwidths.map((bits) => [
    formatBits(bits),
    ...downtimes
      .filter(({ bandwidthBitsPerS }) => bandwidthBitsPerS === bits)
      .map(({ downtimeNs }) => formatNs(Math.round(downtimeNs.mean))),
  ]);
  const counts = Array.from({ length: rounds + 1 }, (_, count) => `${count} rounds`);
  return [
    title,
    "",
    ...align([["window", "windows", "mean", "least", "most"], ...windowRows], palette),
    "",
    `Mean downtime of a VM of ${formatPages(memoryPages)}, begun at any point of it:`,
    ...align([["bandwidth", ...counts], ...downtimeRows], palette),
  ].join("\n");
}

/** The table of modes, its head first. */
export function modeCells({ modes }: MigrationPlan): Cells[] {
  const head = ["mode", "total", "downtime", "sent", "pages", "zero", "rounds", "lost", "p99", "converges"];
  const rows = modes.map((mode) => [
    mode.mode,
    formatNs(mode.totalNs),
    formatNs(mode.downtimeNs),
    formatBytes(mode.bytesSent),
    formatCount(Math.round(mode.normalPages)),
    formatCount(Math.round(mode.zeroPages)),
    mode.rounds.length === 0 ? "–" : String(mode.rounds.length),
    formatPpm(mode.guest.throughputLossPpm),
    formatNs(mode.guest.p99Ns),
    mode.converged ? "yes" : "NO",
  ]);
  return [head, ...rows];
}

function roundTable(mode: ModePlan, palette: MigratePalette): string[] {
  const [head, ...all] = roundCells(mode);
  const last = all.pop()!;
  const shown =
    all.length <= ROUNDS_SHOWN ? all : [...all.slice(0, 6), head!.map(() => "…"), ...all.slice(-5)];
  return align([head!, ...shown, last], palette);
}

/** The table of rounds, its head first, what goes over while the guest stands still last. */
export function roundCells({ rounds, stopCopy }: ModePlan): Cells[] {
  const head = ["round", "sent", "time", "rate", "dirtied", ...(isThrottled(rounds) ? ["throttle"] : [])];
  const row = (round: MigrationRound, index: number): Cells => [
    String(index + 1),
    formatBytes(round.bytes),
    formatNs(round.ns),
    round.ns > 0 ? formatBits((round.bytes * 8e9) / round.ns) : "–",
    formatPages(round.dirtiedPages),
    ...(isThrottled(rounds) ? [formatPpm(round.throttlePpm)] : []),
  ];
  const last = ["stopped", formatBytes(stopCopy.bytes), formatNs(stopCopy.ns)];
  return [head, ...rounds.map(row), [...last, ...head.slice(3).map(() => "")]];
}

const isThrottled = (rounds: readonly MigrationRound[]): boolean =>
  rounds.some(({ throttlePpm }) => throttlePpm > 0);

function meaning({ mode, converged, reason, totalNsBetween, advice }: ModePlan): string[] {
  const lines: string[] = [];
  if (!converged) lines.push("", `${mode} does not converge: ${reason}; stopped there, as costed above.`);
  if (advice !== undefined) lines.push(advice);
  if (totalNsBetween !== undefined) {
    const [low, high] = totalNsBetween.map(formatNs);
    if (low !== high)
      lines.push(
        "",
        `${mode} takes ${low} to ${high}, by where the writer stands in its round at the start.`,
      );
  }
  return lines;
}

/** What goes over beside memory, what the network loses, what becomes of the VM if something fails. */
function besideLines({ modes }: MigrationPlan): string[] {
  const lines: string[] = [];
  const { storage } = modes[0]!;
  if (storage !== undefined) {
    const mirrored =
      storage.mirroredBytes > 0 ? `, ${formatBytes(storage.mirroredBytes)} of them written meanwhile` : "";
    const bytes = formatBytes(storage.bytes + storage.mirroredBytes);
    lines.push("", `The disk goes first: ${bytes} in ${formatNs(storage.ns)}${mirrored}; counted above.`);
  }
  const lost = modes.filter(({ network }) => network.lostPackets !== undefined);
  if (lost.length > 0) {
    const each = lost.map(({ mode, network }) => `${mode} ${formatCount(network.lostPackets!)}`).join(", ");
    lines.push("", `Packets lost until the new place is known: ${each}.`);
  }
  const failed = modes.flatMap(({ mode, outcome }) => (outcome === undefined ? [] : [{ mode, outcome }]));
  if (failed.length > 0) {
    const { failure, atNs } = failed[0]!.outcome;
    lines.push("", `If the ${failure === "link" ? "link" : `${failure} host`} is lost at ${formatNs(atNs)}:`);
    for (const { mode, outcome } of failed) {
      const when = outcome.phase === "after" ? "when it is over" : `in ${outcome.phase}`;
      lines.push(`  ${mode}: ${when}; the VM ${fateOf(outcome.vm)}: ${outcome.reason}`);
    }
  }
  return lines;
}

const fateOf = (vm: string): string =>
  vm === "lost" ? "is lost" : vm.startsWith("paused") ? `is ${vm}` : vm.replace("on ", "on the ");

/** What differs between the least and the most that the guest may dirty. */
function bandLines({ band }: MigrationPlan): string[] {
  const lines = (band?.low ?? []).flatMap((low, index) => {
    const high = band!.high[index]!;
    if (low.totalNs === high.totalNs && low.downtimeNs === high.downtimeNs) return [];
    const total = `${formatNs(low.totalNs)} to ${formatNs(high.totalNs)}`;
    const downtime = `${formatNs(low.downtimeNs)} to ${formatNs(high.downtimeNs)}`;
    const ends = low.converged === high.converged ? "" : "; at the most it does not converge";
    return [`  ${low.mode}: total ${total}, downtime ${downtime}${ends}`];
  });
  if (lines.length === 0) return [];
  return ["", "Between the least and the most that the guest may dirty, by what was measured:", ...lines];
}

/** Whose clients give up. */
function clientLines({ modes }: MigrationPlan): string[] {
  if (modes.every(({ guest }) => guest.clientsTimeOut === undefined)) return [];
  const names = (gone: boolean): string =>
    modes
      .filter(({ guest }) => guest.clientsTimeOut === gone)
      .map(({ mode }) => mode)
      .join(", ");
  const [lost, kept] = [names(true), names(false)];
  if (lost === "") return ["", "No client gives up."];
  return ["", kept === "" ? "Clients give up in every mode." : `Clients give up in ${lost}; not in ${kept}.`];
}

/** What was solved for, in a sentence; the plan that it leads to stands below. */
export function solvedReport(result: SolvedMigration, palette: MigratePalette = PLAIN): string {
  const { solved, bandwidthBitsPerS, downtimeLimitNs, plan } = result;
  if (plan === undefined) {
    const what = solved === "bandwidth" ? "No bandwidth" : "No downtime limit";
    return `${what} makes pre-copy converge; post-copy and hybrid always end.`;
  }
  const answer =
    bandwidthBitsPerS === undefined
      ? `a downtime limit of ${formatNs(downtimeLimitNs!)}`
      : formatBitsUp(bandwidthBitsPerS);
  return [`Pre-copy converges with ${palette.bold(answer)}.`, "", migrateReport(plan, palette)].join("\n");
}

/** Rate limits side by side. */
export function sweepReport(steps: readonly SweepStep[], palette: MigratePalette = PLAIN): string {
  const head = ["limit", "total", "downtime", "sent", "lost", "lost work", "converges"];
  const rows = steps.map((step) => [
    formatBits(step.bandwidthBitsPerS),
    formatNs(step.totalNs),
    formatNs(step.downtimeNs),
    formatBytes(step.bytesSent),
    formatPpm(step.throughputLossPpm),
    formatNs(step.lostNs),
    step.converged ? "yes" : "NO",
  ]);
  return align([head, ...rows], palette).join("\n");
}

/** Several migrations on one link. */
export function linkReport(plan: LinkPlan, palette: MigratePalette = PLAIN): string {
  const count = plan.migrations.length;
  const title = `${palette.bold(`${count} ${count === 1 ? "migration" : "migrations"}`)} on ${formatBits(plan.linkBitsPerS)}: all done after ${formatNs(plan.totalNs)}, ${formatBytes(plan.bytesSent)} sent, ${formatPpm(plan.usedPpm)} of the link`;
  const head = ["VM", "mode", "begins", "ends", "total", "downtime", "sent", "rate", "rounds", "converges"];
  const rows = plan.migrations.map((one) => [
    one.name,
    one.mode,
    formatNs(one.startNs),
    formatNs(one.endNs),
    formatNs(one.totalNs),
    formatNs(one.downtimeNs),
    formatBytes(one.bytesSent),
    formatBits(one.bitsPerS),
    one.rounds.length === 0 ? "–" : String(one.rounds.length),
    one.converged ? "yes" : "NO",
  ]);
  const stuck = plan.migrations
    .filter(({ converged }) => !converged)
    .map(({ name, reason }) => `${name} does not converge: ${reason}; stopped there, as costed above.`);
  const traffic = plan.traffic.map(
    ({ wantedBitsPerS, gotPpm }) =>
      `Traffic of ${formatBits(wantedBitsPerS)} gets ${formatPpm(gotPpm)} of it.`,
  );
  const notes = [...stuck, ...traffic];
  return [title, "", ...align([head, ...rows], palette), ...(notes.length > 0 ? ["", ...notes] : [])].join(
    "\n",
  );
}

function align(rows: readonly Cells[], palette: MigratePalette): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells, index) => {
    const line = cells
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
    return index === 0 ? palette.dim(line) : line;
  });
}
