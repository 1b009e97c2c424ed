/** The columns of the CPU tables, once for every way to print them: esxtop's, of controls, of work, of troubles. */
import type { Column } from "./columns.ts";
import { type CpuRow, readyShare } from "./cpu-rows.ts";
import { formatDuration, formatTenths, PAGE_BYTES } from "./format.ts";
import type { Result } from "./result.ts";

/** What a row of the table of times says in a column, in ns. */
interface UsageColumn {
  readonly title: string;
  readonly about: string;
  readonly ns: (row: CpuRow) => number;
  readonly rank: number;
}

/** In esxtop's order; the ranks say what goes first where width is short. */
const USAGE: readonly UsageColumn[] = [
  { title: "%USED", about: "RUN + SYS − OVRLP, in nominal core time.", ns: ({ cpu }) => cpu.usedNs, rank: 0 },
  { title: "%RUN", about: "On a pCPU.", ns: ({ cpu }) => cpu.runNs, rank: 2 },
  { title: "%SYS", about: "System work done for it.", ns: ({ cpu }) => cpu.systemNs, rank: 9 },
  { title: "%WAIT", about: "Waiting, idle or for swap.", ns: ({ cpu }) => cpu.waitNs, rank: 5 },
  { title: "%VMWAIT", about: "WAIT − IDLE.", ns: ({ cpu }) => cpu.waitNs - cpu.idleNs, rank: 11 },
  { title: "%RDY", about: "Ready, but not running; MLMTD is in it.", ns: ({ cpu }) => cpu.readyNs, rank: 0 },
  { title: "%IDLE", about: "The guest has nothing to run.", ns: ({ cpu }) => cpu.idleNs, rank: 7 },
  { title: "%OVRLP", about: "Interrupted for the work of others.", ns: ({ cpu }) => cpu.overlapNs, rank: 10 },
  { title: "%CSTP", about: "Stopped so that its siblings catch up.", ns: ({ cpu }) => cpu.costopNs, rank: 3 },
  { title: "%MLMTD", about: "Ready, but held by a limit.", ns: ({ cpu }) => cpu.limitedNs, rank: 4 },
  { title: "%SWPWT", about: "Waiting for swap.", ns: ({ cpu }) => cpu.swapWaitNs, rank: 8 },
];
/** Added to the rank of a column that is zero in every row: it goes first where width is short. */
export const ZERO_RANK = 100;

type Names = readonly Column<CpuRow>[];

function names(title: string, about: string): Names {
  return [{ title, about, kind: "name", value: (row) => row.name, rank: 0 }];
}

const hostName: Column<CpuRow> = {
  title: "host",
  about: "Where it ran at the end.",
  kind: "name",
  value: (row) => row.host,
  rank: 3.5,
};

function hosts(result: Result): Names {
  return result.hosts.length > 1 ? [hostName] : [];
}

/** The pool's path, for tables that are no tree. */
export const poolName: Column<CpuRow> = {
  title: "pool",
  about: "Where it stands, from the root down.",
  kind: "name",
  value: (row) => row.path,
  rank: 21,
};

/** The pool that a pool stands in. */
export const parentName: Column<CpuRow> = { ...poolName, title: "within" };

/** esxtop's columns; `rows` decide which are zero everywhere and go first. */
export function usageColumns(result: Result, rows: readonly CpuRow[]): readonly Column<CpuRow>[] {
  const ofTime = USAGE.map(
    ({ title, about, ns, rank }): Column<CpuRow> => ({
      title,
      about,
      kind: "number",
      value: (row) => (100 * ns(row)) / row.timeNs,
      format: formatTenths,
      rank: rows.some((row) => ns(row) !== 0) ? rank : rank + ZERO_RANK,
    }),
  );
  const worlds: Column<CpuRow> = {
    title: "NWLD",
    about: "vCPUs.",
    kind: "count",
    value: (row) => row.worlds,
    rank: 6,
  };
  return [...names("NAME", "VM or pool."), ...hosts(result), worlds, ...ofTime];
}

const mhz = (title: string, about: string, value: (row: CpuRow) => number, rank: number): Column<CpuRow> => ({
  title,
  about,
  kind: "count",
  value,
  rank,
});

/** What was promised, wanted and got, in MHz of a core. */
export function controlColumns(
  result: Result,
  title: string,
  rows: readonly CpuRow[],
): readonly Column<CpuRow>[] {
  const columns: Column<CpuRow>[] = [
    ...names(title, "VM or pool."),
    ...hosts(result),
    {
      title: "ready",
      about: "Part of its vCPUs' time in which they were ready and did not run.",
      kind: "percent",
      value: readyShare,
      rank: 0,
    },
    {
      title: "limited",
      about: "Part of its vCPUs' time in which a limit held them.",
      kind: "percent",
      value: ({ cpu }) => cpu.limitedNs / cpu.elapsedNs,
      rank: rows.some(({ cpu }) => cpu.limitedNs > 0) ? 4 : ZERO_RANK,
    },
    {
      title: "demand",
      about: "(RUN + SYS) ÷ (RUN + SYS + WAIT without SWPWT); – if nothing ran or waited.",
      kind: "percent",
      value: ({ cpu }) => (cpu.demandPpm === null ? Number.NaN : cpu.demandPpm / 1e6),
      rank: 2,
    },
    mhz("got MHz", "%USED of the host's clock.", (row) => (row.cpu.usedNs / row.timeNs) * row.mhz, 1),
    mhz(
      "all-busy MHz",
      "Entitled to at the end, were everybody busy: what nobody can take from it, not what it got.",
      ({ cpu }) => cpu.entitlementMhz,
      3,
    ),
    mhz("shares", "Weight among its siblings.", ({ cpu }) => cpu.shares, 5),
    mhz("reserved MHz", "Guaranteed.", ({ cpu }) => cpu.reservationMhz, 7),
    mhz("limit MHz", "At the most; – for none.", ({ cpu }) => cpu.limitMhz ?? Number.NaN, 6),
  ];
  return columns;
}

const latency = (title: "mean" | "p50" | "p99" | "max", about: string, rank: number): Column<CpuRow> => ({
  title,
  about,
  kind: "number",
  value: ({ work }) => work?.latencyNs?.[title] ?? Number.NaN,
  format: (ns) => formatDuration(Math.round(ns)),
  rank,
});

/** Operations of guests and how long they took. */
export function workColumns(result: Result): readonly Column<CpuRow>[] {
  return [
    ...names("vm", "Name of the VM."),
    ...hosts(result),
    {
      title: "operations",
      about: "Completed by the guest.",
      kind: "count",
      value: ({ work }) => work?.operations ?? 0,
      rank: 2,
    },
    {
      title: "a second",
      about: "Operations over the time powered on.",
      kind: "number",
      value: ({ work, timeNs }) => (1e9 * (work?.operations ?? 0)) / timeNs,
      format: formatTenths,
      rank: 0,
    },
    latency("mean", "Mean latency.", 3),
    latency("p50", "Half of the operations took no longer; to 1/32 of itself.", 1),
    latency("p99", "99 % of the operations took no longer; to 1/32 of itself.", 0),
    latency("max", "The longest.", 4),
  ];
}

/** Whether a VM met something worth a line: a panic, quarantine, skew, spinning, a slow cache, a late clock. */
export function isTroubled({ vm }: CpuRow): boolean {
  if (vm === undefined) return false;
  if (vm.power === "panicked" || vm.quarantined === true) return true;
  if (vm.skewMaxNs > 0 || vm.spinNs > 0 || vm.cache !== undefined) return true;
  return vm.time !== undefined && (vm.time.backlogMaxNs > 0 || vm.time.droppedNs > 0);
}

const ns = (
  title: string,
  about: string,
  value: (row: CpuRow) => number | undefined,
  rank: number,
): Column<CpuRow> => ({
  title,
  about,
  kind: "number",
  value: (row) => value(row) ?? Number.NaN,
  format: (time) => formatDuration(Math.round(time)),
  rank,
});

/** What guests met besides waiting; columns that say nothing in any row are left out. */
export function troubleColumns(result: Result, rows: readonly CpuRow[]): readonly Column<CpuRow>[] {
  const optional: Column<CpuRow>[] = [
    {
      title: "state",
      about:
        "Panicked: a wait across its vCPUs went beyond the guest's timeout. Quarantined: kept off shared cores.",
      kind: "name",
      value: ({ vm }) => stateOf(vm),
      rank: 1,
    },
    ns(
      "worst skew",
      "How far a vCPU was ahead of the slowest, at the most.",
      ({ vm }) => vm?.skewMaxNs || undefined,
      3,
    ),
    ns(
      "spun",
      "CPU time lost by spinning for a lock or at a barrier.",
      ({ vm }) => vm?.spinNs || undefined,
      2,
    ),
    {
      title: "slower by",
      about: "Extra time for its work, compared with having the whole shared cache alone.",
      kind: "percent",
      value: ({ vm }) => (vm?.cache === undefined ? Number.NaN : vm.cache.slowdownPpm / 1e6),
      rank: 4,
    },
    {
      title: "cache held",
      about: "Of the shared cache, at the end.",
      kind: "pages",
      value: ({ vm }) => (vm?.cache?.occupancyBytes ?? Number.NaN) / PAGE_BYTES,
      rank: 8,
    },
    {
      title: "misses",
      about: "Of the shared cache.",
      kind: "count",
      value: ({ vm }) => vm?.cache?.misses ?? Number.NaN,
      rank: 9,
    },
    ns("clock behind", "The guest's clock, at the end.", ({ vm }) => vm?.time?.backlogNs, 6),
    ns("at most", "The guest's clock was behind by.", ({ vm }) => vm?.time?.backlogMaxNs, 5),
    ns("ticks lost", "Time that the guest's clock will never catch up.", ({ vm }) => vm?.time?.droppedNs, 7),
    ns("charged", "Catch-up charged to processes.", ({ vm }) => vm?.time?.processNs, 10),
    ns("sponge", "Catch-up charged to the sponge.", ({ vm }) => vm?.time?.spongeNs, 11),
    ns("stolen", "Reported to the guest as stolen.", ({ vm }) => vm?.time?.stealNs, 12),
  ];
  const says = (column: Column<CpuRow>): boolean =>
    rows.some((row) => {
      const value = column.value(row);
      return typeof value === "string" ? value !== "" : value !== 0 && !Number.isNaN(value);
    });
  return [...names("vm", "Name of the VM."), ...hosts(result), ...optional.filter(says)];
}

function stateOf(vm: CpuRow["vm"]): string {
  const words = [
    ...(vm?.power === "panicked" ? ["panicked"] : []),
    ...(vm?.quarantined ? ["quarantined"] : []),
  ];
  return words.join(", ");
}
