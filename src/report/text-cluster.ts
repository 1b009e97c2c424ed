/**
 * A cluster's run as text: what it came to, policies side by side, loads over time and as a heat map, who suffered, what moved
 * and why.
 */
import type {
  ClusterHostResult,
  ClusterPoolResult,
  ClusterResult,
  ClusterTotals,
  ClusterVmResult,
} from "./cluster-result.ts";
import type { Column } from "./columns.ts";
import { formatCount, formatDuration, formatPercent, formatPower, plural, threeDigits } from "./format.ts";
import { truncate, visible, wrap } from "./names.ts";
import { resample, sparkline } from "./sparkline.ts";
import { plain, type TextContext } from "./table.ts";
import type { ReportTextOptions } from "./text.ts";
import { tableLines } from "./text-tables.ts";

const WIDTH = { least: 60, most: 200, usual: 100 };
const ROWS = 12;
const HEAT_ROWS = 16;
/** Load from 0 % to 100 %; off and down stand apart. */
const SHADES = " .:-=+*%#@";

/** What the columns of the comparison are: one table for text and page. */
export const totalColumns: readonly Column<ClusterResult>[] = [
  {
    title: "policy",
    about: "Who decided on moves.",
    kind: "name",
    value: ({ policies }) => policies.balance,
    rank: 0,
  },
  number("kWh", "Energy of all hosts.", 0, ({ energyKwh }) => energyKwh, threeDigits),
  number("moves", "Migrations that began.", 0, ({ migrations }) => migrations, formatCount),
  number("unmet", "Not given of what was asked for.", 1, ({ slaOverall }) => slaOverall, parts),
  number(
    "SLATAH",
    "Part of the hosts' time on with less given than asked for.",
    2,
    ({ slatah }) => slatah,
    parts,
  ),
  number("PDM", "Lost while moving, of what was asked for.", 3, ({ pdm }) => pdm, parts),
  number("SLAV", "SLATAH × PDM.", 4, ({ slav }) => slav, parts),
  number(
    "ESV",
    "kWh × SLAV.",
    7,
    ({ esv }) => esv,
    (value) => (value === 0 ? "0" : value.toPrecision(3)),
  ),
  number("hosts on", "Mean number of hosts that are on.", 1, ({ hostsOnMean }) => hostsOnMean, threeDigits),
  number("shut down", "Times that a host went off.", 5, ({ hostShutdowns }) => hostShutdowns, formatCount),
  number(
    "imbalance",
    "Standard deviation of the loads of hosts that are on, mean over time.",
    2,
    ({ imbalanceMean }) => imbalanceMean,
    (value) => value.toFixed(3),
  ),
  number(
    "downtime",
    "VMs standing still at the end of moves, added up.",
    6,
    ({ downtimeNs }) => downtimeNs,
    (ns) => formatDuration(Math.round(ns)),
  ),
];

function number(
  title: string,
  about: string,
  rank: number,
  value: (totals: ClusterTotals) => number,
  format: (value: number) => string,
): Column<ClusterResult> {
  return { title, about, kind: "number", value: ({ totals }) => value(totals), format, rank };
}

/** A small part: enough digits to tell it from nothing. */
function parts(value: number): string {
  if (value === 0) return "0 %";
  const percent = value * 100;
  return `${percent >= 0.01 ? percent.toFixed(2) : percent.toPrecision(2)} %`;
}

/**
 * The report as text, lines ended by `\n`.
 *
 * @param results  of one scenario under one policy or several
 */
export function clusterText(results: readonly ClusterResult[], options: ReportTextOptions = {}): string {
  const width = Math.min(WIDTH.most, Math.max(WIDTH.least, Math.floor(options.width ?? WIDTH.usual)));
  const context = { width, paint: options.paint ?? plain, all: options.all ?? false };
  const sections = [
    header(results, context),
    tableLines("", totalColumns, results, context),
    ...results.flatMap((result) => runSections(result, results.length > 1, context)),
  ];
  if (options.machine ?? true) sections.push(results.map((result) => context.paint.dim(machine(result))));
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

function header(results: readonly ClusterResult[], { width, paint }: TextContext): string[] {
  const [result] = results;
  if (result === undefined) return [];
  const { ballast, model, seed, scenario, simulatedNs, stepNs, counts, interrupted } = result;
  const facts = `ballast ${ballast}  model ${model}  seed ${seed}  scenario ${visible(scenario.name)}  hash ${result.stateHash}`;
  const size = `${plural(counts.hosts, "host")}, ${plural(counts.vms, "VM")}`;
  const time = `${formatDuration(simulatedNs)} simulated in intervals of ${formatDuration(stepNs)}, ${size}`;
  const lines = [paint.bold(truncate(facts, width)), time];
  if (interrupted === true) lines.push(paint.yellow("interrupted: the figures are those of that moment"));
  return lines;
}

/** Side by side, policies are told by their curves; hosts, VMs and moves of each with `--all`. */
function runSections(result: ClusterResult, isNamed: boolean, context: TextContext): string[][] {
  const { paint } = context;
  const curves = [
    isNamed ? [paint.bold(`policy ${visible(result.policies.balance)}`)] : [],
    overTime(result, context),
    heatMap(result, context),
  ];
  if (isNamed && !context.all) return curves;
  return [
    ...curves,
    hostTable(result, context),
    poolTable(result, context),
    vmTable(result, context),
    story(result, context),
  ];
}

function overTime({ series }: ClusterResult, { width }: TextContext): string[] {
  const most = (values: readonly number[]): number => Math.max(0, ...values);
  const rows: [string, readonly number[], string][] = [
    ["hosts on", series.hostsOn, `up to ${threeDigits(most(series.hostsOn))}`],
    ["power", series.watts, `up to ${formatPower(most(series.watts))}`],
    ["asked for", series.demandMhz, `up to ${threeDigits(most(series.demandMhz) / 1000)} GHz`],
    ["given", series.deliveredMhz, `up to ${threeDigits(most(series.deliveredMhz) / 1000)} GHz`],
    ["short hosts", series.shortHosts, `up to ${threeDigits(most(series.shortHosts))}`],
    ["imbalance", series.imbalance, `up to ${most(series.imbalance).toFixed(3)}`],
    ["moves", series.migrations, `up to ${formatCount(most(series.migrations))} a sample`],
  ];
  const shown = rows.filter(([, values]) => most(values) > 0);
  const side = Math.max(0, ...shown.map(([, , text]) => text.length));
  const room = Math.max(10, width - 13 - side - 2);
  return shown.map(
    ([name, values, text]) => `${name.padEnd(13)}${sparkline(series.atNs, values, room)}  ${text}`,
  );
}

/** Hosts' loads, a row a host or several, time to the right. */
function heatMap({ series }: ClusterResult, { width }: TextContext): string[] {
  if (series.heat.length === 0 || series.atNs.length === 0) return [];
  const group = Math.ceil(series.heat.length / HEAT_ROWS);
  const rows = Array.from({ length: Math.ceil(series.heat.length / group) }, (_, i) =>
    series.heat.slice(i * group, (i + 1) * group),
  );
  const name = (part: typeof series.heat): string => {
    const first = part[0]!.name.split(" … ")[0]!;
    const last = part.at(-1)!.name.split(" … ").at(-1)!;
    return visible(first === last ? first : `${first} …`);
  };
  const side = Math.min(24, Math.max(...rows.map((part) => name(part).length)));
  const room = Math.max(10, Math.min(series.atNs.length, width - side - 4));
  const lines = rows.map((part) => {
    const mean = series.atNs.map((_, at) => meanLoad(part.map(({ loadPpm }) => loadPpm[at]!)));
    const cells = resample(series.atNs, mean, room).map(shade).join("");
    return `${truncate(name(part), side).padEnd(side)}  |${cells}|`;
  });
  return ["load of hosts over time: blank idle … @ full, _ off, x down", ...lines];
}

function meanLoad(loads: readonly number[]): number {
  const on = loads.filter((load) => load >= 0);
  if (on.length === 0) return Math.min(...loads);
  return on.reduce((sum, load) => sum + load, 0) / on.length;
}

function shade(load: number): string {
  if (load < 0) return load < -1.5 ? "x" : "_";
  return SHADES[Math.min(SHADES.length - 1, Math.floor((load / 1e6) * SHADES.length))]!;
}

const hostColumns: readonly Column<ClusterHostResult>[] = [
  { title: "host", about: "Name.", kind: "name", value: ({ name }) => name, rank: 0 },
  { title: "VMs", about: "At the end.", kind: "count", value: ({ vms }) => vms, rank: 1 },
  {
    title: "on",
    about: "Time on.",
    kind: "number",
    value: ({ onNs }) => onNs,
    format: formatDuration,
    rank: 2,
  },
  {
    title: "load",
    about: "Mean part in use while on.",
    kind: "percent",
    value: ({ meanLoad: load }) => load,
    rank: 0,
  },
  {
    title: "peak",
    about: "Highest part in use.",
    kind: "percent",
    value: ({ peakLoad }) => peakLoad,
    rank: 1,
  },
  {
    title: "short",
    about: "Time with less given than asked for.",
    kind: "number",
    value: ({ shortNs }) => shortNs,
    format: formatDuration,
    rank: 1,
  },
  {
    title: "down",
    about: "Time failed or taken out.",
    kind: "number",
    value: ({ downNs }) => downNs,
    format: formatDuration,
    rank: 5,
  },
  {
    title: "kWh",
    about: "Energy.",
    kind: "number",
    value: ({ energyJ }) => energyJ / 3.6e6,
    format: threeDigits,
    rank: 2,
  },
  { title: "in", about: "Moves that came.", kind: "count", value: ({ movesIn }) => movesIn, rank: 4 },
  { title: "out", about: "Moves that left.", kind: "count", value: ({ movesOut }) => movesOut, rank: 4 },
];

function hostTable({ hosts }: ClusterResult, context: TextContext): string[] {
  const rows = context.all
    ? hosts
    : [...hosts].sort((a, b) => b.shortNs - a.shortNs || b.energyJ - a.energyJ).slice(0, ROWS);
  const left = hosts.length - rows.length;
  const notes = left > 0 ? [`${left} more hosts; each of them: --all, --json or --out DIR`] : [];
  return tableLines(
    left > 0 ? "hosts that were short for longest, then those that drew most" : "",
    hostColumns,
    rows,
    context,
    { notes },
  );
}

const poolColumns: readonly Column<ClusterPoolResult>[] = [
  { title: "pool", about: "Name.", kind: "name", value: ({ name }) => name, rank: 0 },
  { title: "asked MHz", about: "Mean.", kind: "count", value: ({ demandMhz }) => demandMhz, rank: 0 },
  { title: "given MHz", about: "Mean.", kind: "count", value: ({ deliveredMhz }) => deliveredMhz, rank: 0 },
];

function poolTable({ pools }: ClusterResult, context: TextContext): string[] {
  return pools.length === 0
    ? []
    : tableLines("", poolColumns, context.all ? pools : pools.slice(0, ROWS), context);
}

const vmColumns: readonly Column<ClusterVmResult>[] = [
  { title: "VM", about: "Name.", kind: "name", value: ({ name }) => name, rank: 0 },
  { title: "host", about: "At the end.", kind: "name", value: ({ host }) => host ?? "–", rank: 3 },
  { title: "asked MHz", about: "Mean.", kind: "count", value: ({ demandMhz }) => demandMhz, rank: 1 },
  { title: "given MHz", about: "Mean.", kind: "count", value: ({ deliveredMhz }) => deliveredMhz, rank: 1 },
  {
    title: "ready",
    about: "vCPU time asked for and not given.",
    kind: "number",
    value: ({ readyNs }) => readyNs,
    format: formatDuration,
    rank: 0,
  },
  {
    title: "down",
    about: "Time without a host.",
    kind: "number",
    value: ({ downNs }) => downNs,
    format: formatDuration,
    rank: 2,
  },
  { title: "moves", about: "Times moved.", kind: "count", value: ({ moves }) => moves, rank: 2 },
  {
    title: "balloon MiB",
    about: "Taken by a balloon, at the end.",
    kind: "count",
    value: ({ balloonMib }) => balloonMib,
    rank: 4,
  },
  {
    title: "swapped MiB",
    about: "Swapped by the host, at the end.",
    kind: "count",
    value: ({ swappedMib }) => swappedMib,
    rank: 4,
  },
];

function vmTable({ vms, counts }: ClusterResult, context: TextContext): string[] {
  const hurt = (vm: ClusterVmResult): number => vm.readyNs + vm.downNs;
  const rows = context.all
    ? vms
    : [...vms]
        .sort((a, b) => hurt(b) - hurt(a))
        .slice(0, ROWS)
        .filter((vm) => hurt(vm) > 0 || vms.length <= ROWS);
  if (rows.length === 0) return ["no VM waited: everybody was given what they asked for"];
  const left = counts.vms - rows.length;
  const notes = left > 0 ? [`${formatCount(left)} more VMs; each of them: --all, --json or --out DIR`] : [];
  return tableLines(left > 0 ? "VMs that waited longest" : "", vmColumns, rows, context, { notes });
}

/** Moves with their reasons, and what happened. */
function story({ migrations, totals, events }: ClusterResult, context: TextContext): string[] {
  const { width, paint, all } = context;
  const shown = all ? migrations : migrations.slice(0, ROWS);
  const lines = [
    ...events.slice(0, all ? events.length : ROWS).map(({ atNs, text }) => ({ atNs, text: visible(text) })),
    ...shown.map(({ atNs, vm, from, to, totalNs, reason }) => {
      return {
        atNs,
        text: visible(`${vm} moves from ${from} to ${to} in ${formatDuration(totalNs)}: ${reason}`),
      };
    }),
  ].sort((a, b) => a.atNs - b.atNs);
  const text = lines.flatMap(({ atNs, text: said }) => wrap(`[${clock(atNs)}] ${said}`, width));
  const left = totals.migrations - shown.length;
  if (left > 0)
    text.push(paint.dim(`${formatCount(left)} more moves; the first thousand: --all, --json or --out DIR`));
  return text;
}

function clock(ns: number): string {
  const minutes = Math.floor(ns / 60e9);
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function machine({ hostMachine, policies }: ClusterResult): string {
  const { wallMs, runtime, platform } = hostMachine;
  return `${visible(policies.balance)}: ${formatDuration(wallMs * 1e6)} on ${visible(runtime)}, ${visible(platform)}`;
}

/** How full, in words: for those who read a page aloud. */
export function loadText(loadPpm: number): string {
  if (loadPpm < 0) return loadPpm < -1.5 ? "down" : "off";
  return formatPercent(loadPpm, 1e6);
}
