/** The columns of the host and VM tables, once for every way to print them. */
import type { HostMemory, HostResult, Result, VmMemory, VmResult } from "./result.ts";

export interface Column<Row> {
  readonly title: string;
  /** One sentence for those who ask. */
  readonly about: string;
  readonly kind: "name" | "pages" | "count" | "percent" | "number";
  /** A name, a number of pages, a count, a fraction, or a number that `format` writes; NaN: there is none. */
  readonly value: (row: Row) => string | number;
  /** Writes values of kind `number`. */
  readonly format?: (value: number) => string;
  /** Where width is short, the highest ranks go first; 0 always stays. */
  readonly rank: number;
}

const hostPages = (
  title: string,
  key: Exclude<keyof HostMemory, "state" | "stateNs">,
  rank: number,
  about: string,
): Column<HostResult> => ({
  title,
  about,
  kind: "pages",
  value: (row) => row.memory[key] ?? Number.NaN,
  rank,
});

const vmPages = (
  title: string,
  key: Exclude<keyof VmMemory, "guest" | "targetPages">,
  rank: number,
  about: string,
): Column<VmResult> => ({
  title,
  about,
  kind: "pages",
  value: (row) => row.memory[key] ?? Number.NaN,
  rank,
});

function savedFraction(row: { readonly memory: { savedPages: number; grantedPages: number } }): number {
  return row.memory.savedPages / row.memory.grantedPages;
}

const noFrame = {
  title: "no frame",
  about: "Accesses that found no free frame.",
  kind: "count",
  value: (row: { readonly memory: { readonly outOfFrames: number } }) => row.memory.outOfFrames,
  rank: 3,
} as const;

/** Columns of the hosts of a result, in reading order; `no frame` only where it happened. */
export function hostColumns(result: Result): readonly Column<HostResult>[] {
  const starved = result.hosts.some((host) => host.memory.outOfFrames > 0);
  return starved ? [...ofHosts, noFrame] : ofHosts;
}

/** Columns of the VMs of a result, in reading order; the host only where there are several. */
export function vmColumns(result: Result): readonly Column<VmResult>[] {
  const starved = result.vms.some((vm) => vm.memory.outOfFrames > 0);
  const columns = starved ? [...ofVms, noFrame] : ofVms;
  return result.hosts.length > 1 ? columns : columns.filter((column) => column.title !== "host");
}

const ofHosts: readonly Column<HostResult>[] = [
  { title: "host", about: "Name of the host.", kind: "name", value: (row) => row.name, rank: 0 },
  hostPages("size", "sizePages", 5, "Machine memory."),
  hostPages("used", "usedPages", 2, "Machine memory in use."),
  hostPages("free", "freePages", 4, "Machine memory not in use."),
  hostPages("granted", "grantedPages", 1, "Guest memory that is backed."),
  hostPages("shared", "sharedPages", 3, "Guest memory on frames with two references or more."),
  hostPages("saved", "savedPages", 0, "Shared memory less the frames behind it."),
  {
    title: "saved %",
    about: "Saved part of the granted memory.",
    kind: "percent",
    value: savedFraction,
    rank: 0,
  },
  hostPages("zero", "zeroPages", 6, "Guest memory known to hold only zeroes."),
  hostPages("hints", "hintPages", 8, "Frames on file as hints, stale ones included."),
  {
    title: "cow breaks",
    about: "Writes to shared pages, each answered with a private copy.",
    kind: "count",
    value: (row) => row.memory.cowBreaks,
    rank: 7,
  },
];

const ofVms: readonly Column<VmResult>[] = [
  { title: "vm", about: "Name of the VM.", kind: "name", value: (row) => row.name, rank: 0 },
  { title: "host", about: "Where it ran at the end.", kind: "name", value: (row) => row.host, rank: 5 },
  vmPages("size", "sizePages", 6, "Configured memory."),
  vmPages("granted", "grantedPages", 2, "Guest memory that is backed."),
  vmPages(
    "consumed",
    "consumedPages",
    1,
    "Granted memory less what sharing saved: its fair part of the machine.",
  ),
  vmPages("shared", "sharedPages", 4, "Guest memory on frames with two references or more."),
  vmPages("saved", "savedPages", 0, "Its part of what sharing saved."),
  {
    title: "saved %",
    about: "Saved part of the granted memory.",
    kind: "percent",
    value: savedFraction,
    rank: 0,
  },
  vmPages("zero", "zeroPages", 7, "Guest memory known to hold only zeroes."),
  {
    title: "cow breaks",
    about: "Writes to shared pages, each answered with a private copy.",
    kind: "count",
    value: (row) => row.memory.cowBreaks,
    rank: 8,
  },
];
