/** The tables of the HTML report about processors, with a bar a VM of how its time was spent. */
import {
  controlColumns,
  isTroubled,
  parentName,
  poolName,
  troubleColumns,
  usageColumns,
  workColumns,
} from "./cpu-columns.ts";
import { hostCpuColumns } from "./cpu-host-columns.ts";
import { type CpuRow, poolRows, tellsOfCpu, totalRow, vmRows, worstFirst } from "./cpu-rows.ts";
import { rowsSection } from "./html-tables.ts";
import { html, type Markup } from "./markup.ts";
import type { CpuUsage, Result } from "./result.ts";

/** Every section about processors; empty if no guest computes. */
export function cpuTables(result: Result): Markup {
  if (!tellsOfCpu(result)) return html``;
  const vms = vmRows(result);
  const pools = poolRows(result, false);
  const troubled = vms.filter(isTroubled);
  const working = vms.filter(({ work }) => work !== undefined && work.operations > 0);
  const hosts = result.hosts.filter(({ cpu }) => cpu !== undefined);
  const nested = pools.some(({ path }) => path !== "") ? [parentName] : [];
  const withPool = pools.length > 0 ? [poolName] : [];
  const worst = worstFirst(vms);
  const parts: Markup[] = [
    rowsSection({ id: "cpu-hosts", title: "Processors", columns: hostCpuColumns(result), rows: hosts }),
    usageSection(result, "cpu-pools", "CPU of pools", pools, nested),
    usageSection(result, "cpu-vms", "CPU of VMs", vms, withPool),
    rowsSection({
      id: "cpu-pool-controls",
      title: "Entitlement of pools",
      columns: [...controlColumns(result, "pool", pools), ...nested],
      rows: pools,
    }),
    rowsSection({
      id: "cpu-waits",
      title: "Who waited for a processor",
      columns: [...controlColumns(result, "vm", worst), ...withPool],
      rows: worst,
    }),
    rowsSection({ id: "work", title: "Operations and latency", columns: workColumns(result), rows: working }),
    rowsSection({
      id: "cpu-trouble",
      title: "What guests met",
      columns: troubleColumns(result, troubled),
      rows: troubled,
    }),
  ];
  return html`${parts}`;
}

function usageSection(
  result: Result,
  id: string,
  title: string,
  rows: readonly CpuRow[],
  more: readonly (typeof poolName)[],
): Markup {
  const ofVms = id === "cpu-vms";
  return rowsSection({
    id,
    title,
    columns: [...usageColumns(result, rows), ...more],
    rows,
    ...(ofVms && rows.length > 1 ? { total: totalRow(result, rows) } : {}),
    extra: {
      title: "time",
      about: "RUN, READY, CSTP and WAIT as parts of the time powered on.",
      cell: ({ cpu }) => timeBar(cpu),
    },
    ...(ofVms ? { note: barLegend() } : {}),
  });
}

const BAR = 96;

/** States in the order of the bar: the class that colours each, its name, its time. */
const STATES: readonly (readonly [string, string, (cpu: CpuUsage) => number])[] = [
  ["run", "RUN", (cpu) => cpu.runNs],
  ["ready", "READY", (cpu) => cpu.readyNs],
  ["costop", "CSTP", (cpu) => cpu.costopNs],
  ["wait", "WAIT", (cpu) => cpu.waitNs],
];

/** How the time of a VM or pool was spent, 96 by 12. */
function timeBar(cpu: CpuUsage): Markup {
  if (!(cpu.elapsedNs > 0)) return html``;
  let x = 0;
  const parts = STATES.map(([state, , ns]) => {
    const width = (BAR * ns(cpu)) / cpu.elapsedNs;
    const part = html`<rect class="${state}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="12"/>`;
    x += width;
    return width > 0 ? part : html``;
  });
  return html`<svg class="bar-svg" viewBox="0 0 ${BAR} 12" width="${BAR}" height="12" aria-hidden="true">${parts}</svg>`;
}

function barLegend(): Markup {
  const entry = ([state, name]: (typeof STATES)[number]): Markup =>
    html`<span><svg class="bar-svg" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect class="${state}" x="0" y="0" width="12" height="12"/></svg> ${name}</span>`;
  return html`<p class="note states">${STATES.map(entry)}</p>`;
}
