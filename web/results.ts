/** What a run came to: the report, in a frame of its own, or the table that compares policies. */
import {
  esxtopCsv,
  formatCount,
  formatNs,
  formatPages,
  type Result,
  resultJson,
  timelinePerfetto,
} from "../src/index.ts";
import { download, make } from "./dom.ts";
import type { RunDone } from "./protocol.ts";
import { SavedPlot } from "./saved-plot.ts";

/**
 * The report of one run. The frame may run the report's scripts and reach nothing of the page: names in a scenario are
 * strangers' text.
 */
export function reportView({ html, csv, result }: RunDone): HTMLElement {
  const frame = make("iframe", { title: "Report of the run", srcdoc: html });
  frame.setAttribute("sandbox", "allow-scripts");
  // Made when asked for: a timeline may be large.
  const save = (name: string, text: () => string, type: string): HTMLButtonElement => {
    const button = make("button", { type: "button", textContent: name });
    button.addEventListener("click", () => download(name, text(), type));
    return button;
  };
  const { timeline } = result;
  const row = make(
    "p",
    { className: "actions" },
    make("span", { className: "hint", textContent: "Save" }),
    save("report.html", () => html, "text/html"),
    save("series.csv", () => csv, "text/csv"),
    save("result.json", () => resultJson(result), "application/json"),
    // Both are of processors: a scenario whose guests do not compute has none.
    ...(timeline === undefined
      ? []
      : [
          save("esxtop.csv", () => esxtopCsv(result), "text/csv"),
          save(
            "timeline.perfetto.json",
            () => [...timelinePerfetto(timeline, result)].join(""),
            "application/json",
          ),
        ]),
  );
  return make("div", { className: "report" }, frame, row);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Saved pages of all hosts at each sample. */
export function savedOver({ series }: Result): number[] {
  const hosts = Object.values(series.hosts);
  return series.atNs.map((_, row) => sum(hosts.map((host) => host.savedPages[row] ?? 0)));
}

/** Area under the line over its length; 0 for none. */
export function meanOverTime(atNs: readonly number[], values: readonly number[]): number {
  let area = 0;
  for (let row = 1; row < atNs.length; row += 1) {
    area += ((values[row]! + values[row - 1]!) / 2) * (atNs[row]! - atNs[row - 1]!);
  }
  const length = (atNs.at(-1) ?? 0) - (atNs[0] ?? 0);
  return length > 0 ? area / length : 0;
}

interface Row {
  readonly name: string;
  readonly cells: readonly string[];
  readonly mean: number;
}

const TITLES = [
  "policy",
  "saved on average",
  "saved at the end",
  "pages scanned",
  "copy-on-write breaks",
  "scan complete",
];

function rowOf({ result }: RunDone): Row {
  const of = (key: "savedPages" | "scannedPages" | "cowBreaks"): number =>
    sum(result.hosts.map(({ memory }) => memory[key]));
  const mean = meanOverTime(result.series.atNs, savedOver(result));
  const complete = result.events.find(({ kind }) => kind === "scan-complete");
  const cells = [
    formatPages(Math.round(mean)),
    formatPages(of("savedPages")),
    formatCount(of("scannedPages")),
    formatCount(of("cowBreaks")),
    complete === undefined ? "not yet" : formatNs(complete.atNs),
  ];
  return { name: result.policies.memory, cells, mean };
}

/** One scenario under several policies: lines over time, and a table, the best mean first. */
export function compareView(runs: readonly RunDone[]): { element: HTMLElement; dispose(): void } {
  const plot = new SavedPlot(Math.max(1, ...runs.map(({ result }) => result.simulatedNs)));
  plot.show(
    runs.map(({ result }) => ({
      name: result.policies.memory,
      atNs: result.series.atNs,
      savedPages: savedOver(result),
    })),
  );
  const rows = runs.map(rowOf).sort((a, b) => b.mean - a.mean);
  const head = make("tr", {}, ...TITLES.map((title) => make("th", { scope: "col", textContent: title })));
  const body = rows.map(({ name, cells }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", textContent: name }),
      ...cells.map((text) => make("td", { textContent: text })),
    ),
  );
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  const element = make(
    "div",
    {},
    make("h3", { textContent: "Saved memory over simulated time" }),
    plot.element,
    make("div", { className: "wide" }, table),
  );
  return { element, dispose: () => plot.dispose() };
}
