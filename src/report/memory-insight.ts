/** What a run came to for memory, in sentences that a reader can check: short of memory, who suffered, who gave. */
import { formatCount, formatDuration, formatPages, formatPercent, plural } from "./format.ts";
import {
  hostMemoryRows,
  MEMORY_STATES,
  type MemoryRow,
  memoryRows,
  overcommit,
  takenPages,
  tellsOfReclaiming,
  waitedNs,
  worstOfMemory,
} from "./memory-rows.ts";
import { visible } from "./names.ts";
import type { Result, VmSeries } from "./result.ts";
import { own } from "./series.ts";

/** The sentences; none if there is nothing to say but of sharing. */
export function memoryInsight(result: Result): string[] {
  if (!tellsOfReclaiming(result)) return [];
  const rows = memoryRows(result);
  return [
    ...stateSentence(result),
    ...sufferedSentence(result, rows),
    ...gaveSentence(rows),
    ...sharedSentence(rows),
    ...guestSentence(result, rows),
  ];
}

function stateSentence(result: Result): string[] {
  const rows = hostMemoryRows(result);
  const partLow = ({ memory: { stateNs } }: (typeof rows)[number]): number => {
    const bad = stateNs.clear + stateNs.soft + stateNs.hard + stateNs.low;
    return bad / Math.max(1, bad + stateNs.high);
  };
  const short = rows.filter((row) => partLow(row) > 0).sort((a, b) => partLow(b) - partLow(a));
  const [most] = short;
  if (most === undefined) return [];
  const name = visible(most.name);
  const over = overcommit(most);
  const how = over > 0 ? `, overcommitted by ${formatPercent(over, 1)}` : "";
  const others = short.length - 1;
  const rest = others > 0 ? `; ${plural(others, "other host")} for less of it` : "";
  const all = formatPercent(partLow(most), 1);
  const { stateNs } = most.memory;
  const time = MEMORY_STATES.reduce((sum, state) => sum + stateNs[state], 0);
  const states = MEMORY_STATES.slice(1).filter((state) => stateNs[state] > 0);
  const parts = states.map((state) => `${state} ${formatPercent(stateNs[state], time)}`);
  return [`${name}${how}, was short of memory for ${all} of the time (${parts.join(", ")})${rest}.`];
}

/** Parts of one waiting, each with the number that it is made of. */
function reasons(result: Result, { name, memory }: MemoryRow): string[] {
  const { swapIns, stallNs, blockedNs } = memory;
  const parts: string[] = [];
  if (stallNs > 0) {
    const stalled = formatDuration(Math.round(stallNs));
    const fetched = fetchedPages(result, name);
    const ways = [
      ...(swapIns > 0 ? [`${plural(swapIns, "page")} swapped in`] : []),
      ...(fetched > 0 ? [`${plural(fetched, "page")} fetched from the host that it left`] : []),
    ];
    parts.push(`${ways.length > 0 ? ways.join(" and ") : "swapping"} = ${stalled}`);
  }
  if (blockedNs > 0) parts.push(`stopped by its host for ${formatDuration(Math.round(blockedNs))}`);
  return parts;
}

/** Pages that a VM waited for after a switch of post-copy. */
function fetchedPages({ migrations = [] }: Partial<Pick<Result, "migrations">>, name: string): number {
  return migrations.reduce((sum, { vm, remoteFaults }) => sum + (vm === name ? remoteFaults : 0), 0);
}

/** The most that a VM's balloon held. */
function largestBalloon(result: Result, { name, memory }: MemoryRow): number {
  const { balloonPages }: Partial<VmSeries> = own(result.series.vms, name) ?? {};
  return (balloonPages ?? []).reduce((a, b) => Math.max(a, b), memory.balloonPages);
}

/** What took a VM's memory away, at its worst. */
function causes(result: Result, row: MemoryRow): string[] {
  const { name, memory } = row;
  const { maxPages, sizePages, balloonMaxPages, swapIns, blockedNs } = memory;
  // What waits for its own move lacks nothing that its host had taken.
  if (swapIns === 0 && blockedNs === 0 && fetchedPages(result, name) > 0) return [];
  const series = own(result.series.vms, name);
  const lowest = (series?.targetPages ?? []).reduce((a, b) => Math.min(a, b), memory.targetPages);
  const balloon = largestBalloon(result, row);
  const parts: string[] = [];
  if (maxPages < sizePages) parts.push(`its limit is ${formatPages(maxPages)} of ${formatPages(sizePages)}`);
  else if (lowest < sizePages)
    parts.push(`its target fell to ${formatPages(lowest)} of ${formatPages(sizePages)}`);
  if (balloon > 0) parts.push(`at most ${formatPages(balloon)} ballooned`);
  else if (balloonMaxPages === 0) parts.push("it has no balloon driver");
  return parts;
}

function sufferedSentence(result: Result, rows: readonly MemoryRow[]): string[] {
  const [worst] = worstOfMemory(rows);
  if (worst === undefined) return [];
  const waited = waitedNs(worst);
  const taken = rows.reduce((sum, row) => sum + takenPages(row), 0);
  if (waited === 0) return taken > 0 ? ["No VM waited for memory that its host had taken."] : [];
  // Several accesses may wait at once.
  const part = waited <= worst.timeNs ? `${formatPercent(waited, worst.timeNs)} of the time` : "many at once";
  const why = causes(result, worst);
  const after = why.length > 0 ? `; ${why.join(", ")}` : "";
  return [
    `For memory ${visible(worst.name)} waited longest: ${formatDuration(Math.round(waited))} in all, ${part} (${reasons(result, worst).join(", ")})${after}.`,
  ];
}

function gaveSentence(rows: readonly MemoryRow[]): string[] {
  const [most] = [...rows].sort((a, b) => takenPages(b) - takenPages(a));
  if (most === undefined || takenPages(most) === 0) return [];
  const { balloonPages, swappedPages, compressedPages, sizePages } = most.memory;
  const ways = [
    [balloonPages, "ballooned"],
    [swappedPages, "swapped"],
    [compressedPages, "compressed"],
  ] as const;
  const parts = ways.filter(([pages]) => pages > 0).map(([pages, how]) => `${formatPages(pages)} ${how}`);
  return [
    `At the end most was taken from ${visible(most.name)}: ${parts.join(", ")} of its ${formatPages(sizePages)}.`,
  ];
}

function sharedSentence(rows: readonly MemoryRow[]): string[] {
  const shared = rows.reduce((sum, { memory }) => sum + memory.sharedBeforeSwap, 0);
  if (shared === 0) return [];
  const written = rows.reduce((sum, { memory }) => sum + memory.swapOuts, 0);
  return [`Sharing made ${formatCount(shared)} of ${plural(shared + written, "page-out")} unnecessary.`];
}

function guestSentence(result: Result, rows: readonly MemoryRow[]): string[] {
  const own = ({ memory }: MemoryRow): number => memory.guestSwapIns + memory.guestSwapOuts;
  const [most] = [...rows].sort((a, b) => own(b) - own(a));
  const refused = rows.reduce((sum, { memory }) => sum + (memory.guest?.outOfMemory ?? 0), 0);
  const sentences: string[] = [];
  if (most !== undefined && own(most) > 0) {
    const { guestSwapIns, guestSwapOuts, guest } = most.memory;
    const stall = guest?.stallNs ?? 0;
    const waited =
      stall > 0 ? `; its accesses waited ${formatDuration(Math.round(stall))} in all for its disk` : "";
    const balloon = largestBalloon(result, most);
    const held = balloon > 0 ? `; its balloon held ${formatPages(balloon)} at most` : "";
    sentences.push(
      `The guest ${visible(most.name)} swapped most by itself: ${plural(guestSwapIns, "page")} in, ${formatCount(guestSwapOuts)} out${waited}${held}.`,
    );
  }
  if (refused > 0)
    sentences.push(
      `Guests refused ${plural(refused, "access", "accesses")} for lack of memory of their own.`,
    );
  return sentences;
}
