/** The parts of the text report about reclaimed memory: hosts, esxtop's table, who waited, what guests did, over time. */

import { formatPages, plural } from "./format.ts";
import { guestMemoryColumns, memoryColumns, memoryWaitColumns } from "./memory-columns.ts";
import { hostMemoryColumns, hostMemoryLines } from "./memory-host-columns.ts";
import {
  type HostMemoryRow,
  hostMemoryRows,
  type MemoryRow,
  memoryRows,
  memoryTotal,
  takenPages,
  tellsOfReclaiming,
  waitedNs,
  worstOfMemory,
} from "./memory-rows.ts";
import { mmuColumns, mmuRows } from "./mmu-columns.ts";
import type { Result } from "./result.ts";
import type { TextContext } from "./table.ts";
import { memoryOverTime } from "./text-memory-series.ts";
import { tableLines } from "./text-tables.ts";

/** VMs up to which every one has a row, and rows of a list that is longer. */
const VMS_MAX = 30;
const SHOWN = 20;
/** Hosts up to which each is told in lines; more are rows of a table, at most so many. */
const DETAILED_HOSTS = 2;
const HOSTS_MAX = 20;
const EACH = "each of them: --all, --json or --out DIR";

/** Sections of lines; none if nothing was reclaimed, promised or held back, and no guest manages its memory. */
export function memorySections(result: Result, context: TextContext): string[][] {
  if (!tellsOfReclaiming(result)) return [];
  const rows = memoryRows(result);
  return [
    hostLines(result, context),
    usageLines(result, rows, context),
    waitLines(result, rows, context),
    guestLines(result, rows, context),
    memoryOverTime(result, rows, context),
  ].filter((lines) => lines.length > 0);
}

/** Address translation of VMs, if some are translated. */
export function translationSections(result: Result, context: TextContext): string[][] {
  const rows = mmuRows(result);
  if (rows.length === 0) return [];
  const shown = context.all || rows.length <= VMS_MAX ? rows : rows.slice(0, SHOWN);
  const left = rows.length - shown.length;
  const notes = left > 0 ? [`${plural(left, "VM")} left out; ${EACH}`] : [];
  return [tableLines("address translation", mmuColumns(rows), shown, context, { notes })];
}

function hostLines(result: Result, context: TextContext): string[] {
  const hosts = hostMemoryRows(result);
  if (hosts.length <= DETAILED_HOSTS) return hosts.flatMap((host) => hostMemoryLines(host, context.width));
  const many = !context.all && hosts.length > HOSTS_MAX;
  const taken = ({ memory }: HostMemoryRow): number => memory.swappedPages + memory.balloonPages;
  const shown = many ? [...hosts].sort((a, b) => taken(b) - taken(a)).slice(0, HOSTS_MAX) : hosts;
  const left = hosts.length - shown.length;
  const notes = left > 0 ? [`${plural(left, "host")} with less taken from VMs left out; ${EACH}`] : [];
  return tableLines("memory of hosts, MiB", hostMemoryColumns(hosts), shown, context, { notes });
}

function usageLines(result: Result, rows: readonly MemoryRow[], context: TextContext): string[] {
  if (rows.length === 0) return [];
  const many = !context.all && rows.length > VMS_MAX;
  const shown = many ? worstOfMemory(rows).slice(0, SHOWN) : rows;
  const named = new Set(shown);
  const rest = rows.filter((row) => !named.has(row));
  const most = Math.max(0, ...rest.map(takenPages));
  const left = `${plural(rest.length, "VM")} left out, which waited less; at most ${formatPages(most)} taken from one; ${EACH}`;
  return tableLines("memory of VMs, MiB", memoryColumns(result, rows), shown, context, {
    total: rows.length > 1 ? memoryTotal(result, rows) : undefined,
    notes: rest.length > 0 ? [left] : [],
  });
}

function waitLines(result: Result, rows: readonly MemoryRow[], context: TextContext): string[] {
  const met = ({ memory }: MemoryRow): number => memory.swapIns + memory.unzips + memory.sharedBeforeSwap;
  const waited = worstOfMemory(rows).filter((row) => waitedNs(row) > 0 || met(row) > 0);
  if (waited.length === 0) return [];
  const shown = context.all || waited.length <= VMS_MAX ? waited : waited.slice(0, SHOWN);
  const left = waited.length - shown.length;
  const notes = left > 0 ? [`${plural(left, "VM")} left out, which waited less; ${EACH}`] : [];
  const hasWaited = waited.some((row) => waitedNs(row) > 0);
  const title = hasWaited ? "who waited for memory, longest first" : "paging that nobody waited for";
  return tableLines(title, memoryWaitColumns(result, shown), shown, context, { notes });
}

function guestLines(result: Result, rows: readonly MemoryRow[], context: TextContext): string[] {
  const guests = rows.filter(({ memory }) => memory.guest !== undefined);
  if (guests.length === 0) return [];
  const many = !context.all && guests.length > VMS_MAX;
  const stalled = ({ memory }: MemoryRow): number => memory.guest?.stallNs ?? 0;
  const shown = many ? [...guests].sort((a, b) => stalled(b) - stalled(a)).slice(0, SHOWN) : guests;
  const left = guests.length - shown.length;
  const notes = left > 0 ? [`${plural(left, "guest")} left out, which waited less for a disk; ${EACH}`] : [];
  const title = "what guests did with their memory, MiB";
  return tableLines(title, guestMemoryColumns(result, shown), shown, context, { notes });
}
