/**
 * A cluster's runs as one HTML file that works offline: policies side by side, what happened over time, a heat map of hosts for each
 * policy, hosts and VMs that suffered, moves and their reasons. No script; the Content-Security-Policy allows none.
 */
import type { ClusterResult } from "./cluster-result.ts";
import type { Column } from "./columns.ts";
import { drawLegend, drawPlot } from "./draw.ts";
import { formatCount, formatDuration } from "./format.ts";
import { reportStyle } from "./html-style.ts";
import { html, type Markup, raw } from "./markup.ts";
import { visible } from "./names.ts";
import type { Plot, Point } from "./plot.ts";
import { sha256Base64 } from "./sha256.ts";
import { cell } from "./table.ts";
import { loadText, totalColumns } from "./text-cluster.ts";

const ROWS = 50;
const HOUR = 3600e9;

const style = `${reportStyle}
.figure-row{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:24px 32px;margin-top:16px}
svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--muted)}
svg .rule{stroke:var(--rule);fill:none}
svg .line{fill:none;stroke-width:1.75}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:4px 0 0;padding:0 0 0 56px;font-size:13px}
.legend svg{display:inline-block;width:24px;height:10px;margin-right:6px}
.heat rect.off{fill:var(--raised)}
.heat rect.down{fill:var(--line-4)}
.heat rect.on{fill:var(--accent)}
.scale{display:flex;gap:18px;flex-wrap:wrap;font-size:13px;color:var(--muted);margin-top:6px}
.scale i{display:inline-block;width:14px;height:14px;margin-right:6px;vertical-align:-2px;border:1px solid var(--rule)}
.scale .full{background:var(--accent)}
.scale .half{background:color-mix(in srgb,var(--accent) 50%,var(--paper))}
.scale .off{background:var(--raised)}
.scale .down{background:var(--line-4)}
th,td{text-align:right}
th.name,td.name,td.text{text-align:left}
td.text{white-space:normal}`;

/**
 * The whole file, UTF-8, no request to anywhere.
 *
 * @param results  of one scenario under one policy or several
 */
export function clusterHtml(results: readonly ClusterResult[]): string {
  const [first] = results;
  const csp = `default-src 'none'; style-src 'sha256-${sha256Base64(style)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="ballast ${first?.ballast ?? ""}">
<title>${first?.scenario.name ?? "cluster"} · ballast</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<main>
${first === undefined ? html`` : header(first)}
${tableOf("Policies side by side", totalColumns, results)}
<section><h2>Over time</h2><div class="figure-row">${plotsOf(results).map(
    (plot) =>
      html`<figure><h3>${plot.title}</h3>${drawPlot(plot)}${results.length > 1 ? drawLegend(plot) : html``}</figure>`,
  )}</div></section>
${results.map(heatSection)}
${results.map(hostSection)}
${results.map(vmSection)}
${results.map(moveSection)}
${results.map(eventSection)}
</main>
</body>
</html>
`.text;
}

function header({ ballast, model, seed, scenario, counts, simulatedNs, stepNs }: ClusterResult): Markup {
  const fact = (name: string, value: string): Markup => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<header><p class="kicker">ballast report</p><h1>${scenario.name}</h1>
<dl class="facts">${[
    fact("hosts", formatCount(counts.hosts)),
    fact("VMs", formatCount(counts.vms)),
    fact("simulated", formatDuration(simulatedNs)),
    fact("interval", formatDuration(stepNs)),
    fact("seed", String(seed)),
    fact("version", `${ballast}, model ${model}`),
    fact("scenario digest", scenario.digest),
  ]}</dl></header>`;
}

function tableOf<Row>(title: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  return html`<section><h2>${title}</h2><div class="wide"><table>
<thead><tr>${columns.map(({ title: head, about, kind }) => html`<th scope="col" title="${about}"${kind === "name" ? raw(' class="name"') : ""}>${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${columns.map((column) => html`<td${column.kind === "name" ? raw(' class="name"') : ""}>${cell(column, row)}</td>`)}</tr>`)}</tbody>
</table></div></section>`;
}

function plotsOf(results: readonly ClusterResult[]): Plot[] {
  const plot = (
    title: string,
    y: string,
    read: (series: ClusterResult["series"]) => readonly number[],
    unit = 1,
  ): Plot => ({
    title,
    x: "time, h",
    y,
    lines: results.map(({ policies, series }) => ({
      name: visible(policies.balance),
      points: read(series).map((value, at): Point => [series.atNs[at]! / HOUR, value / unit]),
    })),
  });
  return [
    plot("Hosts on", "hosts", ({ hostsOn }) => hostsOn),
    plot("Power", "kW", ({ watts }) => watts, 1000),
    plot(
      "Asked for and not given",
      "GHz",
      ({ demandMhz, deliveredMhz }) => demandMhz.map((mhz, at) => Math.max(0, mhz - deliveredMhz[at]!)),
      1000,
    ),
    plot("Imbalance of hosts that are on", "standard deviation of load", ({ imbalance }) => imbalance),
    plot("Moves", "moves a sample", ({ migrations }) => migrations),
    plot("Hosts with less than is asked of them", "hosts", ({ shortHosts }) => shortHosts),
  ].filter(({ lines }) => lines.some(({ points }) => points.some(([, y]) => y > 0)));
}

const HEAT = { width: 960, left: 120, row: 12 };

function heatSection({ policies, series }: ClusterResult): Markup {
  const { heat, atNs } = series;
  if (heat.length === 0 || atNs.length === 0) return html``;
  const cellWidth = (HEAT.width - HEAT.left) / atNs.length;
  const height = heat.length * HEAT.row + 20;
  const hours = (at: number): string => `${Math.round(atNs[at]! / HOUR)} h`;
  const marks = [0, Math.floor(atNs.length / 2), atNs.length - 1];
  return html`<section><h2>Load of hosts over time: ${policies.balance}</h2>
<svg class="heat" viewBox="0 0 ${HEAT.width} ${height}" role="img" aria-label="Load of each host over time">
${heat.map(({ name, loadPpm }, row) => html`<text x="${HEAT.left - 6}" y="${row * HEAT.row + 10}" text-anchor="end">${short(name)}</text>${runs(loadPpm).map(([from, to, load]) => rect(from, to, load, row, cellWidth))}`)}
${marks.map((at) => html`<text x="${Math.round(HEAT.left + at * cellWidth)}" y="${height - 4}" text-anchor="${at === 0 ? "start" : at === atNs.length - 1 ? "end" : "middle"}">${hours(at)}</text>`)}
</svg>
<p class="scale"><span><i class="full"></i>full</span><span><i class="half"></i>half</span><span><i></i>idle</span><span><i class="off"></i>off</span><span><i class="down"></i>down</span></p>
</section>`;
}

/** Neighbours of nearly the same load are one rectangle. */
function runs(loads: readonly number[]): [from: number, to: number, load: number][] {
  const step = (load: number): number => (load < 0 ? load : Math.round(load / 50_000) * 50_000);
  const found: [number, number, number][] = [];
  for (const [at, load] of loads.entries()) {
    const last = found.at(-1);
    if (last !== undefined && last[2] === step(load)) last[1] = at + 1;
    else found.push([at, at + 1, step(load)]);
  }
  return found;
}

function rect(from: number, to: number, load: number, row: number, width: number): Markup {
  const x = Math.round((HEAT.left + from * width) * 100) / 100;
  const w = Math.round((to - from) * width * 100) / 100;
  const kind = load >= 0 ? "on" : load < -1.5 ? "down" : "off";
  const opacity = kind === "on" ? html` fill-opacity="${Math.round(load / 10_000) / 100}"` : html``;
  return html`<rect class="${kind}" x="${x}" y="${row * HEAT.row}" width="${w}" height="${HEAT.row - 1}"${opacity}><title>${loadText(load)}</title></rect>`;
}

function short(name: string): string {
  const text = visible(name);
  return text.length > 18 ? `${text.slice(0, 17)}…` : text;
}

type Host = ClusterResult["hosts"][number];
type Vm = ClusterResult["vms"][number];

const duration = <Row>(title: string, about: string, value: (row: Row) => number): Column<Row> => ({
  ...{ title, about, kind: "number", rank: 0, format: (ns) => formatDuration(Math.round(ns)) },
  value,
});
const count = <Row>(title: string, about: string, value: (row: Row) => number): Column<Row> => ({
  ...{ title, about, kind: "count", rank: 0 },
  value,
});

const hostColumns: readonly Column<Host>[] = [
  { title: "host", about: "Name.", kind: "name", value: ({ name }) => name, rank: 0 },
  count("VMs", "At the end.", ({ vms }) => vms),
  duration("on", "Time on.", ({ onNs }) => onNs),
  duration("short", "Time with less given than asked for.", ({ shortNs }) => shortNs),
  duration("down", "Time failed or taken out.", ({ downNs }) => downNs),
  { title: "mean load", about: "While on.", kind: "percent", value: ({ meanLoad }) => meanLoad, rank: 0 },
  { title: "peak", about: "Highest.", kind: "percent", value: ({ peakLoad }) => peakLoad, rank: 0 },
  {
    title: "kWh",
    about: "Energy.",
    kind: "number",
    value: ({ energyJ }) => energyJ / 3.6e6,
    format: (kwh) => kwh.toFixed(2),
    rank: 0,
  },
  count("in", "Moves that came.", ({ movesIn }) => movesIn),
  count("out", "Moves that left.", ({ movesOut }) => movesOut),
];

const vmColumns: readonly Column<Vm>[] = [
  { title: "VM", about: "Name.", kind: "name", value: ({ name }) => name, rank: 0 },
  { title: "host", about: "At the end.", kind: "name", value: ({ host }) => host ?? "none", rank: 0 },
  { title: "pool", about: "Its pool.", kind: "name", value: ({ pool }) => pool ?? "", rank: 0 },
  count("asked MHz", "Mean.", ({ demandMhz }) => demandMhz),
  count("given MHz", "Mean.", ({ deliveredMhz }) => deliveredMhz),
  duration("ready", "vCPU time asked for and not given.", ({ readyNs }) => readyNs),
  duration("down", "Time without a host.", ({ downNs }) => downNs),
  count("moves", "Times moved.", ({ moves }) => moves),
  count("balloon MiB", "At the end.", ({ balloonMib }) => balloonMib),
  count("swapped MiB", "At the end.", ({ swappedMib }) => swappedMib),
];

function hostSection({ policies, hosts }: ClusterResult): Markup {
  const rows = [...hosts].sort((a, b) => b.shortNs - a.shortNs || b.energyJ - a.energyJ).slice(0, ROWS);
  return tableOf(
    `Hosts that were short for longest, then those that drew most: ${policies.balance}`,
    hostColumns,
    rows,
  );
}

function vmSection({ policies, vms }: ClusterResult): Markup {
  const rows = [...vms].sort((a, b) => b.readyNs + b.downNs - a.readyNs - a.downNs).slice(0, ROWS);
  return tableOf(`VMs that waited longest: ${policies.balance}`, vmColumns, rows);
}

function moveSection({ policies, migrations, totals }: ClusterResult): Markup {
  if (migrations.length === 0) return html``;
  const rows = migrations.slice(0, ROWS * 2);
  return html`<section><h2>Moves: ${policies.balance} <span class="count">the first ${formatCount(rows.length)} of ${formatCount(totals.migrations)}</span></h2>
<div class="wide"><table><thead><tr><th scope="col">at</th><th scope="col" class="name">VM</th><th scope="col" class="name">from</th><th scope="col" class="name">to</th><th scope="col">took</th><th scope="col" class="name">why</th></tr></thead>
<tbody>${rows.map(({ atNs, vm, from, to, totalNs, reason }) => html`<tr><td>${formatDuration(atNs)}</td><td class="name">${vm}</td><td class="name">${from}</td><td class="name">${to}</td><td>${formatDuration(totalNs)}</td><td class="text">${reason}</td></tr>`)}</tbody></table></div></section>`;
}

function eventSection({ policies, events }: ClusterResult): Markup {
  if (events.length === 0) return html``;
  return html`<section><h2>Events: ${policies.balance}</h2><ul>${events.slice(0, ROWS).map(({ atNs, text }) => html`<li>${formatDuration(atNs)}: ${text}</li>`)}</ul></section>`;
}
