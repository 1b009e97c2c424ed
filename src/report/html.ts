/**
 * The report as one HTML file that works offline: the insight, plots over time, sortable tables, decisions and events.
 *
 * Names in a scenario are strangers' text. They reach the page through the escaping template of `markup.ts` or as JSON
 * without a `<`, and the page's Content-Security-Policy lets only the scripts run whose hashes it names.
 */
import { cpuPolicyText, hasCpu, readyShare, tellsOfCpu, vmRows, worstFirst } from "./cpu-rows.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPages,
  formatPercent,
  formatRate,
  plural,
} from "./format.ts";
import { cpuTables } from "./html-cpu.ts";
import { type ReportData, reportData } from "./html-data.ts";
import { reclaimTables, translationTable } from "./html-memory.ts";
import { memoryPlotScript } from "./html-memory-plots.ts";
import { plotScript } from "./html-plots.ts";
import { tableScript } from "./html-script.ts";
import { reportStyle } from "./html-style.ts";
import { decisionSection, eventSection, hostSection, vmSection } from "./html-tables.ts";
import { html, jsonForScript, type Markup, raw } from "./markup.ts";
import {
  hostMemoryRows,
  memoryRows,
  takenPages,
  tellsOfReclaiming,
  waitedNs,
  worstOfMemory,
} from "./memory-rows.ts";
import { visible } from "./names.ts";
import type { Result } from "./result.ts";
import { sha256Base64 } from "./sha256.ts";
import { hasMemory, insight, type Summary, summarize } from "./summary.ts";

export interface ReportHtmlOptions {
  /** uPlot's script for a plain `<script>` (`dist/uPlot.iife.min.js`). */
  readonly uplotScript: string;
  /** uPlot's style sheet (`dist/uPlot.min.css`). */
  readonly uplotStyle: string;
}

/**
 * The whole file, UTF-8, no request to anywhere.
 *
 * @param result   of any run, also one that was interrupted
 * @param options  the plot library to carry inside; `src/generated/uplot.ts` has it
 */
export function reportHtml(result: Result, { uplotScript, uplotStyle }: ReportHtmlOptions): string {
  const summary = summarize(result);
  const data = reportData(result);
  const style = `${uplotStyle}\n${reportStyle}`;
  const library = uplotScript.replaceAll("\r", "").replaceAll("</script", "<\\/script");
  const script = tableScript + memoryPlotScript + plotScript;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, [library, script])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="ballast ${result.ballast}">
<title>${result.scenario.name} · ballast</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<main>
${header(result, summary)}
${plots(data)}
${cpuTables(result)}${reclaimTables(result)}${translationTable(result)}${memoryTables(result)}${decisionSection(result)}${eventSection(result)}${footer(result)}
</main>
<script type="application/json" id="data">${jsonForScript(data)}</script>
<script>${raw(library)}</script>
<script>${raw(script)}</script>
</body>
</html>
`;
  return page.text;
}

/** Nothing from anywhere, but this style and these scripts. */
function policy(style: string, scripts: readonly string[]): string {
  const hash = (text: string): string => `'sha256-${sha256Base64(text)}'`;
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hash).join(" ")}`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function header(result: Result, summary: Summary): Markup {
  const fact = (name: string, value: string | number | Markup): Markup =>
    html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<header>
<div class="top"><div><p class="kicker">ballast report</p><h1>${result.scenario.name}</h1></div><button type="button" class="theme" hidden>Theme: auto</button></div>
<dl class="facts">${[
    fact("seed", String(result.seed)),
    fact("policy", result.policies.memory),
    ...(hasCpu(result) ? [fact("cpu", cpuPolicyText(result))] : []),
    fact("version", `${result.ballast}, model ${result.model}`),
    fact("contents", result.content === "bytes" ? "bytes" : "64-bit ids"),
    fact("state hash", html`<code>${result.stateHash}</code>`),
    fact("scenario digest", html`<code>${result.scenario.digest.slice(0, 16)}</code>`),
  ]}</dl>
<p class="insight">${insight(result, summary)}</p>
${figures(result, summary)}
</header>`;
}

function memoryTables(result: Result): Markup {
  return hasMemory(result) ? html`${hostSection(result)}${vmSection(result)}` : html``;
}

type Figure = (name: string, value: string, small?: string) => Markup;

/** The figures of processors; none if no guest computes. */
function cpuFigures(result: Result, figure: Figure): Markup[] {
  const hosts = result.hosts.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
  if (hosts.length === 0 || !tellsOfCpu(result)) return [];
  const busy = hosts.reduce((sum, { busyNs }) => sum + busyNs, 0);
  const time = hosts.reduce((sum, { busyNs, idleNs }) => sum + busyNs + idleNs, 0);
  const pcpus = hosts.reduce((sum, host) => sum + host.pcpus, 0);
  const [worst] = worstFirst(vmRows(result));
  const operations = result.vms.reduce((sum, { work }) => sum + (work?.operations ?? 0), 0);
  return [
    figure("Processors busy", formatPercent(busy, time), `of ${plural(pcpus, "pCPU")}`),
    ...(worst === undefined
      ? []
      : [figure("Longest ready", formatPercent(readyShare(worst), 1), worst.name)]),
    ...(operations > 0 ? [figure("Operations", formatCount(operations))] : []),
  ];
}

/** The figures of reclaiming; none if there is nothing to say of it. */
function reclaimFigures(result: Result, figure: Figure): Markup[] {
  if (!tellsOfReclaiming(result)) return [];
  const hosts = hostMemoryRows(result);
  const times = hosts.map(({ memory }) => memory.stateNs);
  const short = times.reduce((sum, each) => sum + each.clear + each.soft + each.hard + each.low, 0);
  const all = short + times.reduce((sum, each) => sum + each.high, 0);
  const rows = memoryRows(result);
  const ins = rows.reduce((sum, { memory }) => sum + memory.swapIns, 0);
  const taken = rows.reduce((sum, row) => sum + takenPages(row), 0);
  const [worst] = worstOfMemory(rows);
  return [
    ...(all > 0 ? [figure("Short of memory", formatPercent(short, all), "of the time")] : []),
    figure("Taken at the end", formatPages(taken)),
    figure("Swapped in", plural(ins, "page")),
    ...(worst !== undefined && waitedNs(worst) > 0
      ? [figure("Longest wait", formatDuration(Math.round(waitedNs(worst))), worst.name)]
      : []),
  ];
}

function memoryFigures(figure: Figure, { host, scanCompleteNs }: Summary): Markup[] {
  const behind = formatPercent(host.unvisitedPages, host.grantedPages);
  const scan =
    scanCompleteNs !== undefined
      ? figure("Scan complete after", formatDuration(scanCompleteNs))
      : host.unvisitedPages > 0
        ? figure("Yet to be scanned", formatPages(host.unvisitedPages), behind)
        : figure("Scan", host.scannedPages > 0 ? "complete" : "none");
  return [
    figure("Saved", formatPages(host.savedPages), formatPercent(host.savedPages, host.grantedPages)),
    figure("Granted", formatPages(host.grantedPages)),
    figure("Used", formatPages(host.usedPages), `of ${formatPages(host.sizePages)}`),
    figure("Copy-on-write breaks", formatCount(host.cowBreaks)),
    scan,
  ];
}

function figures(result: Result, summary: Summary): Markup {
  const figure: Figure = (name, value, small = "") =>
    html`<div><dt>${name}</dt><dd>${value} <small>${small}</small></dd></div>`;
  return html`<dl class="figures">${[
    ...cpuFigures(result, figure),
    ...reclaimFigures(result, figure),
    ...(hasMemory(result) ? memoryFigures(figure, summary) : []),
    figure("Simulated", formatDuration(result.simulatedNs)),
  ]}</dl>`;
}

/** As many as the script of the page draws at the most. */
function plotsIn({ memory, views }: ReportData): number {
  const ofVms = Math.max(0, ...views.map(({ reclaim }) => reclaim?.vms.length ?? 0));
  const ofReclaiming = views.some(({ reclaim }) => reclaim !== undefined) ? RECLAIM_PLOTS + ofVms : 0;
  const ofCpu = views.some(({ cpu }) => cpu !== undefined) ? CPU_PLOTS : 0;
  const ofMoves = views.some(({ moves }) => moves !== undefined) ? MOVE_PLOTS : 0;
  return (memory ? MEMORY_PLOTS : 0) + ofReclaiming + ofCpu + ofMoves;
}

const MEMORY_PLOTS = 4;
const RECLAIM_PLOTS = 3;
const CPU_PLOTS = 5;
const MOVE_PLOTS = 2;

function plots(data: ReportData): Markup {
  if (data.at.length === 0 || data.views.length === 0) {
    return html`<section><h2>Over time</h2><p class="note">Nothing was sampled.</p></section>`;
  }
  const option = (name: string, index: number): Markup => html`<option value="${index}">${name}</option>`;
  const pick =
    data.views.length > 1
      ? html`<div class="pick"><label for="view">Host</label> <select id="view" autocomplete="off">${data.views.map((view, index) => option(view.name, index))}</select></div>`
      : html``;
  const thinned =
    data.samples > data.at.length
      ? ` ${formatCount(data.samples)} samples are drawn by the lowest and the highest of each of ${formatCount(data.at.length / 2)} intervals; series.csv has them all.`
      : "";
  const figure = html`<figure><figcaption><h3> <span></span></h3></figcaption><div class="plot" role="group" tabindex="0"></div></figure>`;
  return html`<section aria-labelledby="time-title">
<div class="bar"><h2 id="time-title">Over time <span class="count">in <span class="time-unit"></span> of simulated time</span></h2>${pick}</div>
<div class="plots">${Array.from({ length: plotsIn(data) }, () => figure)}</div>
<p class="hint">Drag to zoom, double-click to see all again; press a name to hide its line. With the keyboard: arrows walk the samples, Escape undoes a zoom.${thinned}</p>
<noscript><p class="note">The plots need JavaScript; the tables do not.</p></noscript>
</section>
`;
}

function footer(result: Result): Markup {
  const { runtime, platform, threads, wallMs, scannedPagesPerSecond, coreBytes } = result.hostMachine;
  const place = `${visible(runtime)}, ${visible(platform)}, ${plural(threads, "thread")}`;
  const scan = `scanned ${formatRate(scannedPagesPerSecond, "pages")}`;
  return html`<footer>This run took ${formatDuration(wallMs * 1e6)} on ${place}; ${scan}; world of ${formatBytes(coreBytes)}. Two runs of one scenario differ in this line alone.</footer>`;
}
