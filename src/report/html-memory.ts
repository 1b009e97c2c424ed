/** The tables of the HTML report about reclaimed memory, with a bar a host of its time in each state. */
import type { Column } from "./columns.ts";
import { ZERO_RANK } from "./cpu-columns.ts";
import { rowsSection } from "./html-tables.ts";
import { html, type Markup } from "./markup.ts";
import { guestMemoryColumns, memoryColumns, memoryWaitColumns } from "./memory-columns.ts";
import { hostMemoryColumns } from "./memory-host-columns.ts";
import {
  type HostMemoryRow,
  hostMemoryRows,
  MEMORY_STATES,
  memoryRows,
  memoryTotal,
  tellsOfReclaiming,
  waitedNs,
  worstOfMemory,
} from "./memory-rows.ts";
import { mmuColumns, mmuRows } from "./mmu-columns.ts";
import type { MemoryState, Result } from "./result.ts";

/** The table of address translation; empty if no VM is translated. */
export function translationTable(result: Result): Markup {
  const rows = mmuRows(result);
  return rowsSection({ id: "translation", title: "Address translation", columns: mmuColumns(rows), rows });
}

/** Every section about reclaiming; empty if there is nothing to say but of sharing. */
export function reclaimTables(result: Result): Markup {
  if (!tellsOfReclaiming(result)) return html``;
  const hosts = hostMemoryRows(result);
  const rows = memoryRows(result);
  const waited = worstOfMemory(rows).filter((row) => waitedNs(row) > 0 || row.memory.sharedBeforeSwap > 0);
  const guests = rows.filter(({ memory }) => memory.guest !== undefined);
  return html`${[
    rowsSection({
      id: "memory-hosts",
      title: "Memory of hosts, MiB",
      columns: told(hostMemoryColumns(hosts)),
      rows: hosts,
      extra: { title: "states", about: "Time in each state as parts of the run.", cell: stateBar },
      note: legend(),
    }),
    rowsSection({
      id: "memory-vms",
      title: "Memory of VMs, MiB",
      columns: told(memoryColumns(result, rows)),
      rows,
      ...(rows.length > 1 ? { total: memoryTotal(result, rows) } : {}),
    }),
    rowsSection({
      id: "memory-waits",
      title: waited.some((row) => waitedNs(row) > 0)
        ? "Who waited for memory"
        : "Paging that nobody waited for",
      columns: memoryWaitColumns(result, waited),
      rows: waited,
    }),
    rowsSection({
      id: "memory-guests",
      title: "What guests did with their memory, MiB",
      columns: guestMemoryColumns(result, guests),
      rows: guests,
    }),
  ]}`;
}

/** Without those that are zero in every row. */
function told<Row>(columns: readonly Column<Row>[]): readonly Column<Row>[] {
  return columns.filter(({ rank }) => rank < ZERO_RANK);
}

const BAR = 96;

/** Time in the states, 96 by 12. */
function stateBar({ memory: { stateNs } }: HostMemoryRow): Markup {
  const all = MEMORY_STATES.reduce((sum, state) => sum + stateNs[state], 0);
  if (all === 0) return html``;
  let x = 0;
  const parts = MEMORY_STATES.map((state) => {
    const width = (BAR * stateNs[state]) / all;
    const part = html`<rect class="state-${state}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="12"/>`;
    x += width;
    return width > 0 ? part : html``;
  });
  return html`<svg class="bar-svg" viewBox="0 0 ${BAR} 12" width="${BAR}" height="12" aria-hidden="true">${parts}</svg>`;
}

function legend(): Markup {
  const entry = (state: MemoryState): Markup =>
    html`<span><svg class="bar-svg" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect class="state-${state}" x="0" y="0" width="12" height="12"/></svg> ${state}</span>`;
  return html`<p class="note states">${MEMORY_STATES.map(entry)}</p>`;
}
