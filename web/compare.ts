/** Runs of one scenario side by side: what each policy saved, and who waited for it. */
import { formatCount, formatNs, formatPages, type Result } from "../src/index.ts";

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

interface Column {
  readonly title: string;
  readonly text: (result: Result) => string;
  /** Whether a run makes the column worth showing; every run does if absent. */
  readonly says?: (result: Result) => boolean;
}

const ofHosts = (result: Result, key: "savedPages" | "scannedPages" | "cowBreaks"): number =>
  sum(result.hosts.map(({ memory }) => memory[key]));
const ofVms = (result: Result, key: "swapIns" | "balloonPages" | "swappedPages"): number =>
  sum(result.vms.map(({ memory }) => memory[key]));
const meanSaved = (result: Result): number => meanOverTime(result.series.atNs, savedOver(result));
/** Time that accesses of all VMs waited for what hosts had taken. */
const waitedNs = (result: Result): number =>
  sum(result.vms.map(({ memory }) => memory.stallNs + memory.blockedNs));
const operations = (result: Result): number => sum(result.vms.map(({ work }) => work?.operations ?? 0));

function counted(title: string, of: (result: Result) => number): Column {
  return { title, text: (result) => formatCount(of(result)), says: (result) => of(result) > 0 };
}

function sized(title: string, of: (result: Result) => number): Column {
  return { title, text: (result) => formatPages(of(result)), says: (result) => of(result) > 0 };
}

const COLUMNS: readonly Column[] = [
  { title: "saved on average", text: (result) => formatPages(Math.round(meanSaved(result))) },
  { title: "saved at the end", text: (result) => formatPages(ofHosts(result, "savedPages")) },
  { title: "pages scanned", text: (result) => formatCount(ofHosts(result, "scannedPages")) },
  { title: "copy-on-write breaks", text: (result) => formatCount(ofHosts(result, "cowBreaks")) },
  {
    title: "scan complete",
    text: ({ events }) => {
      const complete = events.find(({ kind }) => kind === "scan-complete");
      return complete === undefined ? "not yet" : formatNs(complete.atNs);
    },
  },
  {
    title: "waited for memory",
    text: (result) => formatNs(waitedNs(result)),
    says: (result) => waitedNs(result) > 0,
  },
  counted("pages swapped in", (result) => ofVms(result, "swapIns")),
  sized("swapped at the end", (result) => ofVms(result, "swappedPages")),
  sized("ballooned at the end", (result) => ofVms(result, "balloonPages")),
  counted("operations", operations),
];

export interface Comparison {
  readonly titles: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly string[] }[];
}

/** A row a run, by the name of its policy: least waiting for memory first, then the best mean of saved memory. */
export function comparison(results: readonly Result[]): Comparison {
  const columns = COLUMNS.filter(({ says }) => says === undefined || results.some(says));
  const keyed = results.map((result) => ({ result, waited: waitedNs(result), saved: meanSaved(result) }));
  keyed.sort((a, b) => a.waited - b.waited || b.saved - a.saved);
  return {
    titles: ["policy", ...columns.map(({ title }) => title)],
    rows: keyed.map(({ result }) => ({
      name: result.policies.memory,
      cells: columns.map(({ text }) => text(result)),
    })),
  };
}
