/** The tables of the HTML report: hosts, VMs, decisions, events; sortable by the script of `html-script.ts`. */
import { type Column, hostColumns, vmColumns } from "./columns.ts";
import { sumRow } from "./fold.ts";
import { formatAt, formatCount, formatQuantity, plural } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import type { Decision, EventResult, Result } from "./result.ts";
import { own } from "./series.ts";
import { resample } from "./sparkline.ts";
import { decisionsToTell } from "./summary.ts";
import { cell } from "./table.ts";

/** Rows of a table that a browser still sorts at once. */
const ROWS_MAX = 2000;
const STORY_MAX = 500;
/** A table longer than this gets its own scroll bar and a filter. */
const LONG = 30;
const SPARK_POINTS = 48;

/** The table of hosts with a sparkline of saved memory each. */
export function hostSection(result: Result): Markup {
  const extra = savedSpark(result, (name) => own(result.series.hosts, name)?.savedPages);
  const total = result.hosts.length > 1 ? { total: sumRow("total", result.hosts) } : {};
  const columns = hostColumns(result);
  return rowsSection({ id: "hosts", title: "Hosts", columns, rows: result.hosts, extra, ...total });
}

/** The table of VMs, at most 2000 of them. */
export function vmSection(result: Result): Markup {
  const extra = savedSpark(result, (name) => own(result.series.vms, name)?.savedPages);
  const total = result.vms.length > 1 ? { total: sumRow("total", result.vms) } : {};
  return rowsSection({
    id: "vms",
    title: "VMs",
    columns: vmColumns(result),
    rows: result.vms,
    extra,
    ...total,
  });
}

/** A column that is a picture, at the right. */
interface Extra<Row> {
  readonly title: string;
  readonly about: string;
  readonly cell: (row: Row) => Markup;
}

function savedSpark(
  result: Result,
  savedOf: (name: string) => readonly number[] | undefined,
): Extra<{ readonly name: string }> {
  return {
    title: "saved over time",
    about: "From zero to the highest value of the row itself.",
    cell: ({ name }) => sparkSvg(result.series.atNs, savedOf(name) ?? []),
  };
}

export interface TableSection<Row> {
  /** Of the table, and of its title with `-title` behind it. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly total?: Row;
  readonly extra?: Extra<Row>;
  /** Stands above the table. */
  readonly note?: Markup;
}

/** A table that sorts, with a filter and a scroll bar if it is long; nothing if it has no rows. */
export function rowsSection<Row>(section: TableSection<Row>): Markup {
  const { id, title, columns, rows, total, extra, note = html`` } = section;
  if (rows.length === 0) return html``;
  const shown = rows.slice(0, ROWS_MAX);
  const picture = extra === undefined ? html`` : html`<th scope="col" class="plain">${extra.title}</th>`;
  const head = html`<tr>${columns.map(titleCell)}${picture}</tr>`;
  const drawn = (row: Row): Markup =>
    extra === undefined ? html`` : html`<td class="spark">${extra.cell(row)}</td>`;
  const body = shown.map(
    (row) => html`<tr>${columns.map((column) => bodyCell(column, row))}${drawn(row)}</tr>\n`,
  );
  const blank = extra === undefined ? html`` : html`<td></td>`;
  const foot =
    total === undefined
      ? html``
      : html`<tfoot><tr>${columns.map((column) => bodyCell(column, total))}${blank}</tr></tfoot>`;
  const rest =
    rows.length > shown.length
      ? html`<p class="note">The first ${formatCount(shown.length)} of ${formatCount(rows.length)}; all of them stand in result.json, and in the total.</p>`
      : html``;
  return html`<section aria-labelledby="${id}-title">
<div class="bar"><h2 id="${id}-title">${title} <span class="count">${formatCount(rows.length)}</span></h2>${filter(id, title, shown.length)}</div>
${note}${scroller(id, title, shown.length, html`<table id="${id}"><thead>${head}</thead><tbody>${body}</tbody>${foot}</table>`)}
${rest}${legend(columns, extra)}
</section>
`;
}

function titleCell<Row>(column: Column<Row>): Markup {
  const kind = column.kind === "name" ? "name" : "number";
  return html`<th scope="col" class="${kind}" aria-sort="none"><button type="button">${column.title}</button></th>`;
}

function bodyCell<Row>(column: Column<Row>, row: Row): Markup {
  const text = cell(column, row);
  if (column.kind !== "name")
    return html`<td class="number" data-v="${String(column.value(row))}">${text}</td>`;
  return column.rank === 0
    ? html`<th scope="row" class="name">${text}</th>`
    : html`<td class="name">${text}</td>`;
}

/** What the columns mean, folded away. */
function legend<Row>(columns: readonly Column<Row>[], extra: Extra<Row> | undefined): Markup {
  const entries = columns.map((column) => html`<div><dt>${column.title}</dt><dd>${column.about}</dd></div>`);
  const picture =
    extra === undefined ? html`` : html`<div><dt>${extra.title}</dt><dd>${extra.about}</dd></div>`;
  return html`<details><summary>What the columns mean</summary><dl class="legend">${entries}
${picture}</dl></details>`;
}

function filter(id: string, title: string, rows: number): Markup {
  if (rows <= LONG) return html``;
  return html`<label class="filter">Filter ${title} <input type="search" data-filter="${id}" autocomplete="off" spellcheck="false"></label>`;
}

function scroller(id: string, title: string, rows: number, content: Markup): Markup {
  const long = rows > LONG ? "scroll long" : "scroll";
  return html`<div class="${long}" role="region" aria-label="${title}" tabindex="0" data-table="${id}">${content}</div>`;
}

/** A line of saved memory, 96 by 18, from zero up. */
function sparkSvg(atNs: readonly number[], values: readonly number[]): Markup {
  const points = resample(atNs, values, SPARK_POINTS);
  const top = Math.max(0, ...points);
  if (points.length === 0 || top === 0) return html``;
  const line = points
    .map(
      (value, i) => `${((i * 96) / (SPARK_POINTS - 1)).toFixed(1)},${(17 - (16 * value) / top).toFixed(1)}`,
    )
    .join(" ");
  return html`<svg viewBox="0 0 96 18" width="96" height="18" aria-hidden="true"><polyline points="${line}"/></svg>`;
}

/** What the policy decided and why, at most 500 rows. */
export function decisionSection(result: Result): Markup {
  const row = (decision: Decision): Markup =>
    html`<tr>${atCell(decision.atNs)}<td class="name">${decision.policy}</td><td class="name">${decision.row}</td><td class="pairs">${pairs(decision.target)}</td><td class="pairs">${pairs(decision.inputs)}</td><td class="text">${decision.reason}</td></tr>\n`;
  const titles = ["at", "policy", "row", "target", "inputs", "reason"];
  return storySection("decisions", "Decisions", titles, decisionsToTell(result), row);
}

/** What happened, at most 500 rows. */
export function eventSection(result: Result): Markup {
  const row = (event: EventResult): Markup =>
    html`<tr>${atCell(event.atNs)}<td class="name">${event.host ?? ""}</td><td class="name">${event.vm ?? ""}</td><td class="name">${event.kind}</td><td class="text">${event.text}</td></tr>\n`;
  return storySection("events", "Events", ["at", "host", "vm", "event", "what happened"], result.events, row);
}

function storySection<Row>(
  id: string,
  title: string,
  titles: readonly string[],
  rows: readonly Row[],
  render: (row: Row) => Markup,
): Markup {
  if (rows.length === 0) return html``;
  const shown = rows.slice(0, STORY_MAX);
  const head = titles.map((text, index) => {
    const kind = index === 0 ? "number" : "name";
    return html`<th scope="col" class="${kind}" aria-sort="none"><button type="button">${text}</button></th>`;
  });
  const rest =
    rows.length > shown.length
      ? html`<p class="note">The first ${formatCount(shown.length)} of ${plural(rows.length, title.toLowerCase().slice(0, -1))}; all of them stand in result.json.</p>`
      : html``;
  return html`<section aria-labelledby="${id}-title">
<div class="bar"><h2 id="${id}-title">${title} <span class="count">${formatCount(rows.length)}</span></h2>${filter(id, title, shown.length)}</div>
${scroller(id, title, shown.length, html`<table id="${id}" class="story"><thead><tr>${head}</tr></thead><tbody>${shown.map(render)}</tbody></table>`)}
${rest}
</section>
`;
}

function atCell(ns: number): Markup {
  return html`<td class="number" data-v="${ns}">${formatAt(ns)}</td>`;
}

function pairs(record: Decision["target"]): Markup {
  const entries = Object.entries(record);
  return html`${entries.map(([name, value]) => html`<div>${name} <b>${formatQuantity(name, value)}</b></div>`)}`;
}
