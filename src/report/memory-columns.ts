/** The columns of the tables of reclaiming, once for every way to print them: esxtop's, who waited, what guests did. */
import type { Column } from "./columns.ts";
import { ZERO_RANK } from "./cpu-columns.ts";
import { formatCount, formatDuration, formatTenths, PAGE_BYTES } from "./format.ts";
import { type MemoryRow, waitedNs } from "./memory-rows.ts";
import type { GuestMemory, Result, VmMemory } from "./result.ts";

const MIB_PAGES = (1024 * 1024) / PAGE_BYTES;

interface Entry {
  readonly title: string;
  readonly about: string;
  readonly rank: number;
  readonly value: (row: MemoryRow) => number;
  /** Numbers of one decimal if absent. */
  readonly format?: (value: number) => string;
}

type Key = Exclude<keyof VmMemory, "guest">;

const mib = (title: string, key: Key, rank: number, about: string): Entry => ({
  title,
  about,
  rank,
  value: ({ memory }) => (memory[key] ?? 0) / MIB_PAGES,
});

const percent = (title: string, key: Key, rank: number, about: string): Entry => ({
  title,
  about,
  rank,
  value: ({ memory }) => (memory[key] ?? 0) / 1e4,
});

const rate = (title: string, key: Key, rank: number, about: string): Entry => ({
  title,
  about: `${about}, MiB a second of the run.`,
  rank,
  value: ({ memory, timeNs }) => (timeNs > 0 ? (((memory[key] ?? 0) / MIB_PAGES) * 1e9) / timeNs : 0),
});

const LARGE_HINTS = "Memory inside large pages that equals other memory: shared once they are broken.";
/** Only where VMs may have large pages. */
const OF_LARGE = ["COWH", "LARGE"];

/** In esxtop's order, in MiB; the ranks say what goes first where width is short. */
const USAGE: readonly (Entry | "MCTL?")[] = [
  mib("MEMSZ", "sizePages", 1, "Configured memory."),
  mib("GRANT", "grantedPages", 7, "Guest memory that is backed."),
  mib("CNSM", "consumedPages", 0, "GRANT less what sharing saved."),
  mib("SZTGT", "targetPages", 3, "Memory that the policy wants it to have."),
  mib("TCHD", "activeEstimatePages", 9, "Active memory as estimated by sampling."),
  {
    title: "%ACTV",
    about: "Active part of MEMSZ as estimated: the largest of the three that follow.",
    rank: 0,
    value: ({ memory }) => (100 * memory.activeEstimatePages) / memory.sizePages,
  },
  percent("%ACTVS", "activeSlowPpm", 16, "Slow moving average of it."),
  percent("%ACTVF", "activeFastPpm", 17, "Fast moving average of it."),
  percent("%ACTVN", "activeNextPpm", 18, "The fast average if the period of sampling ended now."),
  "MCTL?",
  mib("MCTLSZ", "balloonPages", 0, "Memory in the balloon."),
  mib("MCTLTGT", "balloonTargetPages", 4, "What the balloon should hold: above MCTLSZ it inflates."),
  mib("MCTLMAX", "balloonMaxPages", 12, "More the driver does not take."),
  mib("SWCUR", "swappedPages", 0, "Memory in the host's swap file."),
  mib("SWTGT", "swapTargetPages", 8, "What the host wants there to be."),
  rate("SWR/s", "swapIns", 2, "Read from the swap file"),
  rate("SWW/s", "swapOuts", 2, "Written to the swap file"),
  mib("ZERO", "zeroPages", 13, "Memory known to hold only zeroes."),
  mib("SHRD", "sharedPages", 10, "Memory on frames with two references or more."),
  mib("SHRDSVD", "savedPages", 6, "What sharing saved."),
  mib("COWH", "largeHintPages", 6.4, LARGE_HINTS),
  {
    title: "LARGE",
    about: "Memory in pages of 2 MiB; not esxtop's.",
    rank: 6.2,
    value: ({ memory }) => ((memory.largePages ?? 0) * 512) / MIB_PAGES,
  },
  mib("OVHD", "overheadPages", 14, "What the hypervisor needs for it."),
  mib("zipped", "compressedPages", 5, "Memory in the compression cache, as the guest sees it; not esxtop's."),
  rate("ZIP/s", "zips", 11, "Compressed"),
  rate("UNZIP/s", "unzips", 11, "Decompressed"),
  mib("AMIN", "minPages", 15, "Reservation."),
  {
    title: "AMAX",
    about: "Limit; – for none below MEMSZ.",
    rank: 15,
    value: ({ memory }) => (memory.maxPages < memory.sizePages ? memory.maxPages / MIB_PAGES : Number.NaN),
  },
  {
    title: "ASHRS",
    about: "Shares.",
    rank: 15,
    value: ({ memory }) => memory.shares,
    format: formatCount,
  },
];

const balloonDriver: Column<MemoryRow> = {
  title: "MCTL?",
  about: "Whether the guest has a balloon driver.",
  kind: "name",
  value: ({ memory, isTotal }) => (isTotal ? "" : memory.balloonMaxPages > 0 ? "Y" : "N"),
  rank: 19,
};

function names(result: Result, title: string): readonly Column<MemoryRow>[] {
  const name: Column<MemoryRow> = {
    title,
    about: "Name of the VM.",
    kind: "name",
    value: (row) => row.name,
    rank: 0,
  };
  const host: Column<MemoryRow> = {
    title: "host",
    about: "Where it ran at the end.",
    kind: "name",
    value: (row) => row.host,
    rank: 6.5,
  };
  return result.hosts.length > 1 ? [name, host] : [name];
}

const says = (value: number): boolean => value !== 0 && !Number.isNaN(value);

/** esxtop's columns of memory, sizes in MiB; `rows` decide which are zero everywhere and go first. */
export function memoryColumns(result: Result, rows: readonly MemoryRow[]): readonly Column<MemoryRow>[] {
  const hasLarge = rows.some(({ memory }) => memory.largePages !== undefined);
  const entries = USAGE.filter((entry) => hasLarge || entry === "MCTL?" || !OF_LARGE.includes(entry.title));
  const columns = entries.map((entry): Column<MemoryRow> => {
    if (entry === "MCTL?") return balloonDriver;
    const { title, about, rank, value, format = formatTenths } = entry;
    const kind = "number";
    return {
      title,
      about,
      kind,
      value,
      format,
      rank: rows.some((row) => says(value(row))) ? rank : ZERO_RANK,
    };
  });
  return [...names(result, "NAME"), ...columns];
}

const count = (title: string, rank: number, about: string, value: Entry["value"]): Entry => ({
  title,
  about,
  rank,
  value,
  format: formatCount,
});

const time = (title: string, rank: number, about: string, value: Entry["value"]): Entry => ({
  title,
  about,
  rank,
  value,
  format: (ns) => formatDuration(Math.round(ns)),
});

/** Of those who waited; columns that say nothing in any row are left out. */
const WAITS: readonly Entry[] = [
  time(
    "waited",
    0,
    "Time that accesses waited for the host: stalled + blocked; several may wait at once.",
    waitedNs,
  ),
  {
    title: "% of time",
    about: "The same, of the time it was on.",
    rank: 2,
    value: (row) => (100 * waitedNs(row)) / row.timeNs,
  },
  time("stalled", 4, "For pages in the host's swap file.", ({ memory }) => memory.stallNs),
  count("swapped in", 1, "Pages brought back from the swap file.", ({ memory }) => memory.swapIns),
  time("for each", 3, "Stalled ÷ pages swapped in.", ({ memory }) =>
    memory.swapIns > 0 ? memory.stallNs / memory.swapIns : Number.NaN,
  ),
  count("swapped out", 6, "Pages written to the swap file.", ({ memory }) => memory.swapOuts),
  time("blocked", 5, "Stopped because the host was low on memory.", ({ memory }) => memory.blockedNs),
  count(
    "shared first",
    7,
    "Page-outs that sharing made unnecessary.",
    ({ memory }) => memory.sharedBeforeSwap,
  ),
  count("unzipped", 8, "Pages decompressed.", ({ memory }) => memory.unzips),
  count("popped", 11, "Pages of the balloon that the guest touched.", ({ memory }) => memory.pops),
  count("faults", 9, "Hidden page faults.", ({ memory }) => memory.faults),
  time("fault work", 10, "Processor time that they took.", ({ memory }) => memory.faultNs),
];

/** Who waited for memory, and for what. */
export function memoryWaitColumns(result: Result, rows: readonly MemoryRow[]): readonly Column<MemoryRow>[] {
  return [...names(result, "vm"), ...telling(WAITS, rows)];
}

function telling(entries: readonly Entry[], rows: readonly MemoryRow[]): Column<MemoryRow>[] {
  return entries
    .filter(({ value }) => rows.some((row) => says(value(row))))
    .map(({ title, about, rank, value, format = formatTenths }) => ({
      title,
      about,
      kind: "number",
      value,
      format,
      rank,
    }));
}

type GuestKey = Exclude<keyof GuestMemory, "booted">;

const inMib = (title: string, key: GuestKey, rank: number, about: string): Entry => ({
  title,
  about: `${about}, MiB.`,
  rank,
  value: ({ memory }) => (memory.guest?.[key] ?? Number.NaN) / MIB_PAGES,
});

const counted = (title: string, key: GuestKey, rank: number, about: string): Entry =>
  count(title, rank, about, ({ memory }) => memory.guest?.[key] ?? Number.NaN);

/** Of guests that manage their memory; columns that say nothing in any row are left out. */
const GUESTS: readonly Entry[] = [
  inMib("free", "freePages", 1, "Free to the guest"),
  inMib("cache", "cachePages", 2, "Pages of files that it keeps"),
  inMib("programs", "anonymousPages", 3, "Memory of its programs"),
  inMib("kernel", "kernelPages", 8, "Its kernel"),
  inMib("unwritten", "dirtyPages", 9, "Changed, and not yet on its disk"),
  inMib("swap used", "swapUsedPages", 5, "In its own swap space"),
  count(
    "swapped in",
    4,
    "Pages that it brought back from its own swap space.",
    ({ memory }) => memory.guestSwapIns,
  ),
  count("swapped out", 4, "Pages that it wrote there.", ({ memory }) => memory.guestSwapOuts),
  counted("file reads", "fileReads", 6, "Pages read from its disk."),
  counted("file writes", "fileWrites", 10, "Pages written to its disk."),
  counted("own faults", "faults", 11, "Page faults within the guest."),
  time(
    "waited",
    0,
    "Time that accesses waited for its disk.",
    ({ memory }) => memory.guest?.stallNs ?? Number.NaN,
  ),
  counted("out of memory", "outOfMemory", 0.5, "Accesses refused because nothing could be evicted."),
];

const state: Column<MemoryRow> = {
  title: "state",
  about: "Whether its boot is not over, or it is powered off.",
  kind: "name",
  value: ({ memory, isOff }) => (isOff ? "off" : memory.guest?.booted === false ? "boots" : ""),
  rank: 7,
};

/** What guests that manage their memory did with it. */
export function guestMemoryColumns(result: Result, rows: readonly MemoryRow[]): readonly Column<MemoryRow>[] {
  const hasState = rows.some(({ memory, isOff }) => isOff || memory.guest?.booted === false);
  return [...names(result, "vm"), ...(hasState ? [state] : []), ...telling(GUESTS, rows)];
}
