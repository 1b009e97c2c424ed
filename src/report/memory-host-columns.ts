/** A host's memory as esxtop's first lines have it, as lines for a terminal and as columns of a table. */
import type { Column } from "./columns.ts";
import { ZERO_RANK } from "./cpu-columns.ts";
import { formatCount, formatPercent, formatTenths, PAGE_BYTES, plural } from "./format.ts";
import { type HostMemoryRow, MEMORY_STATES, overcommit } from "./memory-rows.ts";
import { visible, wrap } from "./names.ts";
import type { HostMemory, MemoryState } from "./result.ts";

/** Pages of a large page. */
const LARGE = 512;
const MIB_PAGES = (1024 * 1024) / PAGE_BYTES;

const sizeText = (pages: number): string => formatCount(pages / MIB_PAGES);
const rateOf = (pages: number, ns: number): number => (ns > 0 ? ((pages / MIB_PAGES) * 1e9) / ns : 0);

/** Memory that is in use, but not by the hypervisor itself. */
const otherPages = ({ memory }: HostMemoryRow): number =>
  memory.sizePages - memory.systemPages - memory.freePages;
const unreservedPages = ({ memory }: HostMemoryRow): number =>
  Math.max(0, memory.sizePages - memory.reservedPages);
/** Machine memory that compression saved. */
const zipSavedPages = ({ memory }: HostMemoryRow): number => memory.compressedPages - memory.zipFrames;

/**
 * Seven lines at the most: what there is, what is promised, shared, swapped, compressed and ballooned, and the time in each
 * state. Those of mechanisms that did nothing are left out.
 */
export function hostMemoryLines(row: HostMemoryRow, width: number): string[] {
  const { memory, timeNs } = row;
  const s = sizeText;
  const lines = [
    `memory of ${visible(row.name)} in MiB, MEM overcommit ${overcommit(row).toFixed(2)}; ${statesText(row)}`,
    `PMEM:   ${s(memory.sizePages)} total: ${s(memory.systemPages)} vmk, ${s(otherPages(row))} other, ${s(memory.freePages)} free`,
    `VMKMEM: ${s(memory.sizePages)} managed: ${s(memory.minFreePages)} minfree, ${s(memory.reservedPages)} rsvd, ${s(unreservedPages(row))} ursvd, ${memory.state} state`,
    `PSHARE: ${s(memory.sharedPages)} shared, ${s(memory.commonPages)} common: ${s(memory.savedPages)} saving`,
  ];
  if (memory.swappedPages + memory.swapIns + memory.swapOuts + row.swapTargetPages > 0) {
    const [reads, writes] = [memory.swapIns, memory.swapOuts].map((pages) =>
      formatTenths(rateOf(pages, timeNs)),
    );
    lines.push(
      `SWAP:   ${s(memory.swappedPages)} curr, ${s(row.swapTargetPages)} rclmtgt: ${reads} r/s, ${writes} w/s`,
    );
  }
  if (memory.compressedPages > 0)
    lines.push(`ZIP:    ${s(memory.compressedPages)} zipped, ${s(zipSavedPages(row))} saved`);
  if (row.balloonMaxPages > 0)
    lines.push(
      `MEMCTL: ${s(memory.balloonPages)} curr, ${s(row.balloonTargetPages)} target, ${s(row.balloonMaxPages)} max`,
    );
  lines.push(...largeLines(memory));
  return lines.flatMap((line) => wrap(line, width));
}

/** Large pages, if VMs may have some; not esxtop's. */
function largeLines(memory: HostMemory): string[] {
  const { largePages, largeBacked = 0, largeFormed = 0, largeBroken = 0, largeBrokenToShare = 0 } = memory;
  if (largePages === undefined) return [];
  const n = formatCount;
  const parts = [
    `${n(largeBacked)} backed`,
    `${n(largeFormed)} formed`,
    `${n(largeBroken)} broken${largeBroken > 0 ? ` (${n(largeBrokenToShare)} to share)` : ""}`,
  ];
  const moved = memory.largeMovedPages ?? 0;
  if (moved > 0) parts.push(`${sizeText(moved)} moved`);
  return [
    `LARGE:  ${sizeText(largePages * LARGE)} in ${plural(largePages, "large page")}: ${parts.join(", ")}; ${sizeText(memory.largeHintPages ?? 0)} hinted inside`,
  ];
}

/** `high 88 % of the time, soft 12 %`. */
export function statesText({ memory }: Pick<HostMemoryRow, "memory">): string {
  const all = MEMORY_STATES.reduce((sum, state) => sum + memory.stateNs[state], 0);
  const parts = MEMORY_STATES.filter((state) => memory.stateNs[state] > 0).map(
    (state, index) =>
      `${state} ${formatPercent(memory.stateNs[state], all)}${index === 0 ? " of the time" : ""}`,
  );
  return parts.length > 0 ? parts.join(", ") : `${memory.state} state`;
}

interface Entry {
  readonly title: string;
  readonly about: string;
  readonly rank: number;
  readonly value: (row: HostMemoryRow) => number;
  readonly format?: (value: number) => string;
}

const mib = (title: string, rank: number, about: string, pages: (row: HostMemoryRow) => number): Entry => ({
  title,
  about: `${about}, MiB.`,
  rank,
  value: (row) => pages(row) / MIB_PAGES,
});

const inState = (state: MemoryState, rank: number, about: string): Entry => ({
  title: state,
  about: `Part of the time: ${about}`,
  rank,
  value: ({ memory }) => {
    const all = MEMORY_STATES.reduce((sum, each) => sum + memory.stateNs[each], 0);
    return all > 0 ? memory.stateNs[state] / all : 0;
  },
  format: (part) => formatPercent(part, 1),
});

const ENTRIES: readonly Entry[] = [
  mib("total", 4, "Machine memory", ({ memory }) => memory.sizePages),
  mib("vmk", 9, "Kept for the hypervisor itself", ({ memory }) => memory.systemPages),
  mib("free", 1, "Not in use", ({ memory }) => memory.freePages),
  mib("minfree", 8, "What the host wants free", ({ memory }) => memory.minFreePages),
  mib(
    "rsvd",
    12,
    "Reservations and overhead of VMs that are on, and vmk",
    ({ memory }) => memory.reservedPages,
  ),
  mib("ursvd", 13, "The rest", unreservedPages),
  {
    title: "overcommit",
    about: "Sizes and overhead of VMs that are on, over what is left for them, less 1.",
    rank: 2,
    value: overcommit,
    format: (value) => value.toFixed(2),
  },
  mib("balloons", 1.5, "In the balloons of its VMs", ({ memory }) => memory.balloonPages),
  mib("bl target", 14, "What they should hold", (row) => row.balloonTargetPages),
  mib("swapped", 1.5, "In its swap file", ({ memory }) => memory.swappedPages),
  {
    title: "r/s",
    about: "Read from its swap file, MiB a second of the run.",
    rank: 6,
    value: ({ memory, timeNs }) => rateOf(memory.swapIns, timeNs),
  },
  {
    title: "w/s",
    about: "Written to its swap file, MiB a second of the run.",
    rank: 6,
    value: ({ memory, timeNs }) => rateOf(memory.swapOuts, timeNs),
  },
  mib("zipped", 7, "In compression caches, as guests see it", ({ memory }) => memory.compressedPages),
  mib("zip saved", 11, "Less what the caches take", zipSavedPages),
  {
    title: "large",
    about: "In large pages, MiB.",
    rank: 3.5,
    value: ({ memory }) => ((memory.largePages ?? 0) * LARGE) / MIB_PAGES,
  },
  inState("high", 2.5, "nothing to reclaim."),
  inState("clear", 3, "sharing is hastened."),
  inState("soft", 2.5, "balloons."),
  inState("hard", 2.5, "swapping."),
  inState("low", 2.5, "swapping, and VMs above their target wait."),
];

/** Columns of hosts' memory, sizes in MiB; columns that are zero in every row go first where width is short. */
export function hostMemoryColumns(rows: readonly HostMemoryRow[]): readonly Column<HostMemoryRow>[] {
  const name: Column<HostMemoryRow> = {
    title: "host",
    about: "Name of the host.",
    kind: "name",
    value: (row) => row.name,
    rank: 0,
  };
  const state: Column<HostMemoryRow> = {
    title: "state",
    about: "Of its free memory, at the end.",
    kind: "name",
    value: ({ memory }) => memory.state,
    rank: 0.5,
  };
  const hasLarge = rows.some(({ memory }) => memory.largePages !== undefined);
  const columns = ENTRIES.filter(({ title }) => hasLarge || title !== "large").map(
    ({ title, about, rank, value, format = formatTenths }): Column<HostMemoryRow> => ({
      title,
      about,
      kind: "number",
      value,
      format,
      rank: rows.some((row) => value(row) !== 0) ? rank : ZERO_RANK,
    }),
  );
  return [name, state, ...columns];
}
