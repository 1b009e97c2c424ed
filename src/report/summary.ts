/** What a run comes down to: totals over the hosts, and the one sentence people came for. */
import { cpuInsight } from "./cpu-insight.ts";
import { hasCpu } from "./cpu-rows.ts";
import { formatDuration, formatPages, formatPercent, plural } from "./format.ts";
import { memoryInsight } from "./memory-insight.ts";
import type { Decision, Result } from "./result.ts";

export interface Summary {
  /** Sums over the hosts. */
  readonly host: typeof NO_HOST;
  /** Sums over the VMs. */
  readonly vm: typeof NO_VM;
  /** Saved pages that go back to the zero page: at most zero pages − 1 on each host. */
  readonly savedZeroPages: number;
  /** When the last host's first scan was complete; undefined if one never was. */
  readonly scanCompleteNs: number | undefined;
}

/** Sums what the hosts and the VMs of a result say. */
export function summarize(result: Result): Summary {
  const host = sum(result.hosts.map((each) => each.memory));
  let savedZeroPages = 0;
  for (const { memory } of result.hosts) {
    savedZeroPages += Math.min(memory.savedPages, Math.max(0, memory.zeroPages - 1));
  }
  return {
    host: { ...NO_HOST, ...host },
    vm: { ...NO_VM, ...sum(result.vms.map((each) => each.memory)) },
    savedZeroPages,
    scanCompleteNs: scanCompleteNs(result),
  };
}

const NO_HOST = {
  sizePages: 0,
  freePages: 0,
  usedPages: 0,
  grantedPages: 0,
  sharedPages: 0,
  commonPages: 0,
  savedPages: 0,
  zeroPages: 0,
  hintPages: 0,
  scannedPages: 0,
  unvisitedPages: 0,
  cowBreaks: 0,
  falseMatches: 0,
  outOfFrames: 0,
};

const NO_VM = {
  sizePages: 0,
  grantedPages: 0,
  consumedPages: 0,
  touchedPages: 0,
  dirtyPages: 0,
  sharedPages: 0,
  savedPages: 0,
  zeroPages: 0,
  cowBreaks: 0,
  balloonPages: 0,
  swappedPages: 0,
  compressedPages: 0,
  scannedPages: 0,
  accesses: 0,
  writes: 0,
  outOfFrames: 0,
};

/** Adds up every numeric field of rows of one shape; an empty list gives an empty object. */
export function sum<Row extends object>(rows: readonly Row[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const row of rows) {
    for (const [key, value] of Object.entries(row)) {
      if (typeof value === "number") total[key] = (total[key] ?? 0) + value;
    }
  }
  return total;
}

function scanCompleteNs(result: Result): number | undefined {
  const first = new Map<string, number>();
  for (const event of result.events) {
    if (event.kind !== "scan-complete") continue;
    const host = event.host ?? "";
    if (!first.has(host)) first.set(host, event.atNs);
  }
  if (first.size === 0 || first.size < result.hosts.length) return undefined;
  return Math.max(...first.values());
}

/** A decision that only says how fast somebody's memory is scanned. */
export function isScanRate({ target }: Decision): boolean {
  return Object.keys(target).every((key) => key === "scanPagesPerSecond");
}

/** Decisions that say something: where nothing is in memory, rates of scans do not. */
export function decisionsToTell(result: Result): readonly Decision[] {
  return hasMemory(result) ? result.decisions : result.decisions.filter((one) => !isScanRate(one));
}

/** Whether there is anything to say of memory: not where guests compute and touch none. */
export function hasMemory(result: Result): boolean {
  if (!hasCpu(result)) return true;
  return result.hosts.some(({ memory }) => memory.grantedPages > 0 || memory.outOfFrames > 0);
}

/**
 * The insight in a few sentences: who was short of memory; what sharing saved, of how much, why, and how far the scan came;
 * how busy the processors were and who waited for them.
 */
export function insight(result: Result, summary: Summary = summarize(result)): string {
  const sentences = memoryInsight(result);
  // Where memory was taken and nothing was looked for to be shared, there is nothing to say of sharing.
  const isQuiet = sentences.length > 0 && summary.host.scannedPages === 0 && summary.host.savedPages === 0;
  if (hasMemory(result) && !isQuiet) {
    sentences.push(`${capital(savedClause(summary))}; ${scanClause(summary)}.`);
  }
  sentences.push(...cpuInsight(result));
  if (summary.host.outOfFrames > 0) {
    const faults = plural(summary.host.outOfFrames, "access", "accesses");
    sentences.push(`${faults} found no free frame: the guests touched more than a host has.`);
  }
  const cut = result.events.filter(({ kind }) => kind === "image-cut").length;
  if (cut > 0) {
    const who = cut === 1 ? "One VM" : `${cut} VMs`;
    sentences.push(`${who} found no room for the whole image: hosts have less memory than the images fill.`);
  }
  if (result.interrupted === true) {
    sentences.push(`Interrupted after ${formatDuration(result.simulatedNs)} of simulated time.`);
  }
  return sentences.join(" ");
}

function savedClause({ host, savedZeroPages }: Summary): string {
  if (host.grantedPages === 0) return "no guest page was backed";
  const granted = formatPages(host.grantedPages);
  if (host.savedPages === 0) return `sharing saved nothing of ${granted}`;
  const share = formatPercent(host.savedPages, host.grantedPages);
  const saved = `sharing saved ${formatPages(host.savedPages)} of ${granted} (${share})`;
  const unsure = host.unvisitedPages > 0;
  if (unsure && savedZeroPages === host.savedPages) return saved; // the bound says nothing
  const bound = unsure && savedZeroPages > 0 ? "up to " : "";
  return `${saved}, ${bound}${formatPercent(savedZeroPages, host.savedPages)} of it zero pages`;
}

function scanClause({ host, scanCompleteNs: at }: Summary): string {
  const behind = formatPercent(host.unvisitedPages, host.grantedPages);
  if (at !== undefined) {
    const when = `scan complete after ${formatDuration(at)}`;
    return host.unvisitedPages > 0 ? `${when}, ${behind} written since its last visit` : when;
  }
  if (host.scannedPages === 0) return "nothing was scanned";
  if (host.unvisitedPages === 0) return "scan complete";
  return `scan incomplete, ${behind} of the memory not visited since its last write`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
