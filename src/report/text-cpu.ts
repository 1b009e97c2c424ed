/** The parts of the text report about processors: hosts, esxtop's table, who waited, what guests did and met. */
import { controlColumns, isTroubled, troubleColumns, usageColumns, workColumns } from "./cpu-columns.ts";
import { hostCpuColumns } from "./cpu-host-columns.ts";
import {
  type CpuRow,
  poolRows,
  readyShare,
  tellsOfCpu,
  totalRow,
  treeRows,
  vmRows,
  worstFirst,
} from "./cpu-rows.ts";
import { formatCount, formatDuration, formatPercent, formatTenths, plural } from "./format.ts";
import { visible, wrap } from "./names.ts";
import type { HostResult, Result } from "./result.ts";
import type { TextContext } from "./table.ts";
import { tableLines } from "./text-tables.ts";

/** VMs up to which every one has a row. */
const VMS_MAX = 30;
/** Rows of a list that is longer. */
const SHOWN = 20;
/** Hosts up to which the table has them all, and pCPUs of them are told one by one. */
const HOSTS_MAX = 20;
const DETAILED_HOSTS = 2;
const DETAILED_PCPUS = 32;

/** Sections of lines; none if no guest computes. */
export function cpuSections(result: Result, context: TextContext): string[][] {
  if (!tellsOfCpu(result)) return [];
  const rows = vmRows(result);
  const many = !context.all && rows.length > VMS_MAX;
  const shown = many ? worstFirst(rows).slice(0, SHOWN) : rows;
  const left = rows.length - shown.length;
  return [
    hostLines(result, context),
    usageLines(result, rows, shown, context),
    poolLines(result, context),
    waitLines(result, worstFirst(shown), left, context),
    workLines(result, rows, context),
    troubleLines(result, rows, context),
  ].filter((lines) => lines.length > 0);
}

function hostLines(result: Result, context: TextContext): string[] {
  const hosts = result.hosts.filter(({ cpu }) => cpu !== undefined);
  if (hosts.length === 0) return [];
  const busy = ({ cpu }: HostResult): number => cpu!.busyNs / Math.max(1, cpu!.busyNs + cpu!.idleNs);
  const many = !context.all && hosts.length > HOSTS_MAX;
  const shown = many ? [...hosts].sort((a, b) => busy(b) - busy(a)).slice(0, HOSTS_MAX) : hosts;
  const notes = many ? [`${plural(hosts.length - shown.length, "host")} less busy left out; ${EACH}`] : [];
  const lines = tableLines("", hostCpuColumns(result), shown, context, { notes });
  return [
    ...lines,
    ...(hosts.length <= DETAILED_HOSTS ? hosts.flatMap((host) => pcpuLines(host, context)) : []),
    ...hosts.flatMap((host) => sampledLine(host)).flatMap((line) => wrap(line, context.width)),
  ];
}

const EACH = "each of them: --all, --json or --out DIR";

/** esxtop's first lines: used and busy, pCPU by pCPU. */
function pcpuLines({ name, cpu }: HostResult, { width, paint }: TextContext): string[] {
  const { perPcpu, busyNs, idleNs } = cpu!;
  const time = (busyNs + idleNs) / Math.max(1, perPcpu.length);
  if (perPcpu.length < 2 || perPcpu.length > DETAILED_PCPUS || time === 0) return [];
  const percent = (ns: number): string => formatTenths((100 * ns) / time);
  const line = (title: string, values: readonly number[]): string[] => {
    const lead = `PCPU ${title}(%) of ${visible(name)}: `;
    return wrap(lead + values.map(percent).join(" "), width).map((text, i) =>
      i === 0 ? text : `  ${text}`.slice(0, width),
    );
  };
  const used = line(
    "USED",
    perPcpu.map((each) => each.usedNs),
  );
  return [
    ...used,
    ...line(
      "UTIL",
      perPcpu.map((each) => each.busyNs),
    ),
  ].map(paint.dim);
}

function sampledLine({ name, cpu }: HostResult): string[] {
  if (cpu?.sampled === undefined) return [];
  const { systemNs, exactNs, worstErrorPpm } = cpu.sampled;
  return [
    `${visible(name)}: system time sampled ${formatDuration(Math.round(systemNs))}, exact ${formatDuration(Math.round(exactNs))}, wrong by at most ${formatPercent(worstErrorPpm, 1e6)} for a VM`,
  ];
}

function usageLines(
  result: Result,
  rows: readonly CpuRow[],
  shown: readonly CpuRow[],
  context: TextContext,
): string[] {
  if (rows.length === 0) return [];
  const left = rows.length - shown.length;
  const rowsShown = left > 0 ? [...poolRows(result).slice(0, SHOWN), ...shown] : treeRows(result, rows);
  const total = rows.length > 1 ? totalRow(result, rows) : undefined;
  const columns = usageColumns(result, rows);
  return tableLines("", columns, rowsShown, context, {
    total,
    notes: left > 0 ? [leftOut(rows, shown)] : [],
  });
}

function leftOut(rows: readonly CpuRow[], shown: readonly CpuRow[]): string {
  const named = new Set(shown);
  const most = Math.max(0, ...rows.filter((row) => !named.has(row)).map(readyShare));
  const left = plural(rows.length - shown.length, "VM");
  return `${left} left out, which waited less: ready for at most ${formatPercent(most, 1)} of their time; ${EACH}`;
}

function poolLines(result: Result, context: TextContext): string[] {
  const pools = poolRows(result);
  if (pools.length === 0) return [];
  const shown = context.all ? pools : pools.slice(0, VMS_MAX);
  const left = pools.length - shown.length;
  const notes = left > 0 ? [`${plural(left, "pool")} left out; ${EACH}`] : [];
  return tableLines("", controlColumns(result, "pool", pools), shown, context, { notes });
}

function waitLines(result: Result, worst: readonly CpuRow[], left: number, context: TextContext): string[] {
  if (worst.length === 0) return [];
  const notes = left > 0 ? [`${plural(left, "VM")} left out, which waited less`] : [];
  return tableLines(
    "who waited for a processor, most first",
    controlColumns(result, "vm", worst),
    worst,
    context,
    {
      notes,
    },
  );
}

/** Guests by their slowest percent, if there are too many for all. */
function workLines(result: Result, rows: readonly CpuRow[], context: TextContext): string[] {
  const working = rows.filter(({ work }) => work !== undefined && work.operations > 0);
  if (working.length === 0) return [];
  const many = !context.all && working.length > VMS_MAX;
  const slow = ({ work }: CpuRow): number => work?.latencyNs?.p99 ?? 0;
  const shown = many ? [...working].sort((a, b) => slow(b) - slow(a)).slice(0, SHOWN) : working;
  const notes = many
    ? [`${plural(working.length - shown.length, "VM")} left out, whose p99 is lower; ${EACH}`]
    : [];
  const all = working.reduce((sum, { work }) => sum + work!.operations, 0);
  const title = `operations that guests completed: ${formatCount(all)}`;
  return tableLines(title, workColumns(result), shown, context, { notes });
}

function troubleLines(result: Result, rows: readonly CpuRow[], context: TextContext): string[] {
  const troubled = rows.filter(isTroubled);
  if (troubled.length === 0) return [];
  const many = !context.all && troubled.length > VMS_MAX;
  const shown = many ? worstFirst(troubled).slice(0, SHOWN) : troubled;
  const notes = many ? [`${plural(troubled.length - shown.length, "VM")} left out; ${EACH}`] : [];
  return tableLines("what guests met", troubleColumns(result, shown), shown, context, { notes });
}
