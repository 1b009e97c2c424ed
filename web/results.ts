/** What a run came to: the report, in a frame of its own, or the table that compares policies. */
import { esxtopCsv, resultJson, timelinePerfetto } from "../src/index.ts";
import { comparison, savedOver } from "./compare.ts";
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
    save("esxtop.csv", () => esxtopCsv(result), "text/csv"),
    // Of processors: a scenario whose guests do not compute has none.
    ...(timeline === undefined
      ? []
      : [
          save(
            "timeline.perfetto.json",
            () => [...timelinePerfetto(timeline, result)].join(""),
            "application/json",
          ),
        ]),
  );
  return make("div", { className: "report" }, frame, row);
}

/** One scenario under several policies: lines over time, and a table. */
export function compareView(runs: readonly RunDone[]): { element: HTMLElement; dispose(): void } {
  const plot = new SavedPlot(Math.max(1, ...runs.map(({ result }) => result.simulatedNs)));
  plot.show(
    runs.map(({ result }) => ({
      name: result.policies.memory,
      atNs: result.series.atNs,
      savedPages: savedOver(result),
    })),
  );
  const { titles, rows } = comparison(runs.map(({ result }) => result));
  const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col", textContent: title })));
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
