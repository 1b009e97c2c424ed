/**
 * Published experiments as one HTML file that works offline: for each its table of published and simulated numbers, its
 * figures, and what becomes of the table with a mechanism off. No script; the Content-Security-Policy allows none.
 */
import { drawLegend, drawPlot } from "../report/draw.ts";
import { reportStyle } from "../report/html-style.ts";
import { html, type Markup, raw } from "../report/markup.ts";
import { sha256Base64 } from "../report/sha256.ts";
import { VERSION } from "../version.ts";
import type { AblationResult, Reproduction, Row } from "./experiment.ts";
import { cellsOf, HEAD } from "./table.ts";

/** Of pages with figures. */
export const figureStyle = `.figure-row{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:24px 32px;margin-top:16px}
svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--muted)}
svg .rule{stroke:var(--rule);fill:none}
svg .line{fill:none;stroke-width:1.75}
svg .published{stroke-dasharray:2 4}
svg .dot{fill:var(--paper);stroke-width:2}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:4px 0 0;padding:0 0 0 56px;font-size:13px}
.legend svg{display:inline-block;width:24px;height:10px;margin-right:6px}
.fails{color:var(--line-4)}`;

const style = `${reportStyle}\n${figureStyle}`;

/**
 * The whole file, UTF-8, no request to anywhere.
 *
 * @param reproductions  in the order in which they are to stand
 */
export function reproductionHtml(reproductions: readonly Reproduction[]): string {
  const csp = `default-src 'none'; style-src 'sha256-${sha256Base64(style)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const rows = reproductions.flatMap((each) => each.rows);
  const held = rows.filter(({ ok }) => ok).length;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ballast ${VERSION}">
<title>Published experiments · ballast</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<main>
<header>
<p class="kicker">ballast ${VERSION}</p><h1>Published experiments, run again</h1>
<p class="insight">${held} of ${rows.length} numbers are within their tolerance.</p>
<p class="note">Dots and dashes are published numbers, lines are simulated. “Approximate” numbers are known with confidence but were not read in the source; “shape only” ones are judged for that.</p>
</header>
${reproductions.map(section)}
</main>
</body>
</html>
`.text;
}

function section({ id, title, source, rows, plots, ablations }: Reproduction): Markup {
  const figures = plots.map(
    (
      plot,
    ) => html`<figure><figcaption><h3>${plot.title}</h3></figcaption>${drawPlot(plot)}${drawLegend(plot)}</figure>
`,
  );
  return html`<section id="${id}">
<h2>${title} <span class="count">${id} · ${source}</span></h2>
${table(rows)}
<div class="figure-row">${figures}</div>
${ablations.map(ablation)}
</section>
`;
}

function ablation({ what, rows, fails }: AblationResult): Markup {
  const verdict = fails ? "rows fail, as they should" : "no row fails, though one should";
  return html`<details><summary>The same ${what}: ${verdict}</summary>${table(rows)}</details>
`;
}

function table(rows: readonly Row[]): Markup {
  const head = HEAD.map(
    (name, column) => html`<th${raw(column === 0 || column === 2 ? "" : ' class="number"')}>${name}</th>`,
  );
  const body = rows.map((row) => {
    const cells = cellsOf(row).map((cell, column) => {
      if (column === 0) return html`<th scope="row">${cell}</th>`;
      const kind = column === 2 ? "" : row.ok || column < 6 ? "number" : "number fails";
      return html`<td class="${kind}">${cell}</td>`;
    });
    return html`<tr>${cells}</tr>`;
  });
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
