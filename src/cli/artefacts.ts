/** What `run --out DIR` and `reproduce --out DIR` leave behind. Reports are long to load: import it where one is asked for. */
import { uplotScript, uplotStyle } from "../generated/uplot.ts";
import {
  type ClusterResult,
  clusterCsvLines,
  clusterHtml,
  esxtopCsvLines,
  type Reproduction,
  type Result,
  reportHtml,
  reproductionHtml,
  resultJson,
  seriesCsvLines,
  timelinePerfetto,
} from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";
import { type Text, writeWhole } from "./files.ts";

/** @returns names of the files written */
export async function writeArtefacts(folder: string, result: Result): Promise<string[]> {
  const { timeline } = result;
  const files: Record<string, Text> = {
    "result.json": `${resultJson(result, 1)}\n`,
    "series.csv": seriesCsvLines(result),
    "report.html": reportHtml(result, { uplotScript, uplotStyle }),
    "esxtop.csv": esxtopCsvLines(result),
    ...(timeline === undefined ? {} : { "timeline.perfetto.json": timelinePerfetto(timeline, result) }),
  };
  try {
    await writeWhole(folder, files);
  } catch (fault) {
    throw new UsageError(`--out ${folder}: could not write there: ${fileTrouble(fault)}`);
  }
  return Object.keys(files);
}

/** What `run --out DIR` leaves of a cluster. @returns names of the files written */
export async function writeClusters(folder: string, results: readonly ClusterResult[]): Promise<string[]> {
  const files: Record<string, Text> = {
    "result.json": `${JSON.stringify(results.length === 1 ? results[0] : results, null, 1)}\n`,
    "series.csv": clusterCsvLines(results),
    "report.html": clusterHtml(results),
    ...Object.fromEntries(
      results.map(({ policies, vmLines }) => {
        const name =
          results.length === 1 ? "vms.csv" : `vms-${policies.balance.replace(/[^\w.-]+/g, "_")}.csv`;
        return [name, vmLines()];
      }),
    ),
  };
  try {
    await writeWhole(folder, files);
  } catch (fault) {
    throw new UsageError(`--out ${folder}: could not write there: ${fileTrouble(fault)}`);
  }
  return Object.keys(files);
}

/** What `reproduce --out DIR` leaves behind. */
export async function writeReproductions(folder: string, done: readonly Reproduction[]): Promise<void> {
  const files = {
    "report.html": reproductionHtml(done),
    "reproduce.json": `${JSON.stringify(done, null, 1)}\n`,
  };
  try {
    await writeWhole(folder, files);
  } catch (fault) {
    throw new UsageError(`--out ${folder}: could not write there: ${fileTrouble(fault)}`);
  }
}
