/**
 * A plan of a migration as one HTML file that works offline: all modes side by side, rate, remainder and the guest's
 * throughput over time, the rounds of each mode. No script; the Content-Security-Policy allows none.
 */
import {
  formatBits,
  type MigrationPlan,
  type ModePlan,
  migrationNotes,
  modeCells,
  roundCells,
  type TimelineStretch,
  timelineOf,
} from "../migrate/index.ts";
import { drawLegend, drawPlot } from "../report/draw.ts";
import { reportStyle } from "../report/html-style.ts";
import { html, type Markup, raw } from "../report/markup.ts";
import type { Line, Plot, Point } from "../report/plot.ts";
import { sha256Base64 } from "../report/sha256.ts";
import { formatNs, formatPages } from "../scenario/format.ts";
import { VERSION } from "../version.ts";
import { figureStyle } from "./report.ts";

const PAGES_PER_MIB = 256;

/** The whole file, UTF-8, no request to anywhere. */
export function migrationHtml(plan: MigrationPlan): string {
  const style = `${reportStyle}\n${figureStyle}`;
  const csp = `default-src 'none'; style-src 'sha256-${sha256Base64(style)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const title = `Moving ${formatPages(plan.memoryPages)} over ${formatBits(plan.bandwidthBitsPerS)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ballast ${VERSION}">
<title>${title} · ballast</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<main>
<header>
<p class="kicker">ballast ${VERSION}</p><h1>${title}</h1>
<p class="insight">${insight(plan)}</p>
<p class="note">Pre-copy by rule ${plan.rule}. What is lost is the guest's throughput over the whole migration; p99 what the slowest hundredth of its requests waits longer.</p>
</header>
<section><h2>Every mode</h2>
${table(modeCells(plan))}
${migrationNotes(plan).map((note) => html`<p>${note}</p>`)}
</section>
<section><h2>Over time</h2><div class="figure-row">${figures(plan)}</div></section>
${plan.modes.map(rounds)}
</main>
</body>
</html>
`.text;
}

/** What to know first. */
function insight({ modes }: MigrationPlan): string {
  const best = modes.toSorted((a, b) => a.downtimeNs - b.downtimeNs || a.totalNs - b.totalNs)[0]!;
  const stuck = modes.filter(({ converged }) => !converged).map(({ mode }) => mode);
  const least = `Shortest downtime: ${best.mode}, ${formatNs(best.downtimeNs)} of ${formatNs(best.totalNs)}.`;
  return stuck.length === 0 ? least : `${least} Does not converge: ${stuck.join(", ")}.`;
}

function figures(plan: MigrationPlan): Markup[] {
  const lines = (points: (stretch: TimelineStretch) => Point[]): Line[] =>
    plan.modes.map((mode) => ({ name: mode.mode, points: timelineOf(plan, mode).flatMap(points) }));
  const flat =
    (value: (stretch: TimelineStretch) => number) =>
    (stretch: TimelineStretch): Point[] => [
      [stretch.fromNs / 1e9, value(stretch)],
      [stretch.toNs / 1e9, value(stretch)],
    ];
  const left = ({ fromNs, toNs, leftPages }: TimelineStretch): Point[] => [
    [fromNs / 1e9, leftPages[0] / PAGES_PER_MIB],
    [toNs / 1e9, leftPages[1] / PAGES_PER_MIB],
  ];
  const passNs = firstPassNs(plan);
  const plots: Plot[] = [
    { title: "Left to send", x: "time, s", y: "MiB", lines: lines(left) },
    {
      title: "Left to send, behind the first pass",
      x: "time, s",
      y: "MiB",
      lines: lines((stretch) => (stretch.fromNs >= passNs ? left(stretch) : [])).filter(
        ({ points }) => points.length > 0,
      ),
    },
    { title: "Rate", x: "time, s", y: "Mbit/s", lines: lines(flat(({ bitsPerS }) => bitsPerS / 1e6)) },
    {
      title: "The guest's throughput",
      x: "time, s",
      y: "%",
      lines: lines(flat(({ guestPpm }) => guestPpm / 1e4)),
    },
  ];
  return plots
    .filter(({ lines: all }) => all.some(({ points }) => points.length > 0))
    .map(
      (
        plot,
      ) => html`<figure><figcaption><h3>${plot.title}</h3></figcaption>${drawPlot(plot)}${drawLegend(plot)}</figure>
`,
    );
}

/** When the first round of pre-copy is over; Infinity: there is none. */
function firstPassNs(plan: MigrationPlan): number {
  const mode = plan.modes.find(({ rounds: all }) => all.length > 1);
  const first =
    mode === undefined ? undefined : timelineOf(plan, mode).find(({ name }) => name === "round 1");
  return first?.toNs ?? Infinity;
}

function rounds(mode: ModePlan): Markup {
  if (mode.rounds.length === 0) return html``;
  const open = mode.mode === "pre-copy" ? raw(" open") : raw("");
  return html`<section><details${open}><summary>Rounds of ${mode.mode}</summary>${table(roundCells(mode))}</details></section>
`;
}

function table([head, ...rows]: readonly (readonly string[])[]): Markup {
  const heading = head!.map(
    (name, column) => html`<th${raw(column === 0 ? "" : ' class="number"')}>${name}</th>`,
  );
  const body = rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="number">${cell}</td>`,
    );
    return html`<tr>${cells}</tr>`;
  });
  return html`<div class="scroll"><table><thead><tr>${heading}</tr></thead><tbody>${body}</tbody></table></div>`;
}
