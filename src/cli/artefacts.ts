/** What `run --out DIR` leaves behind. Every file is written beside its place and moved there whole. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { uplotScript, uplotStyle } from "../generated/uplot.ts";
import { type Result, reportHtml, seriesCsv } from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";

/** Makes the folder, so that a place that cannot be written to is known before the run. */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, ".ballast-probe"), "");
    await rm(join(folder, ".ballast-probe"));
  } catch (fault) {
    throw new UsageError(`--out ${folder}: expected a folder to write to, got ${fileTrouble(fault)}`);
  }
}

/** @returns names of the files written */
export async function writeArtefacts(folder: string, result: Result): Promise<string[]> {
  const files = {
    "result.json": `${JSON.stringify(result, undefined, 1)}\n`,
    "series.csv": seriesCsv(result),
    "report.html": reportHtml(result, { uplotScript, uplotStyle }),
  };
  for (const [name, text] of Object.entries(files)) {
    try {
      await writeWhole(join(folder, name), text);
    } catch (fault) {
      throw new UsageError(`--out ${folder}: could not write ${name}: ${fileTrouble(fault)}`);
    }
  }
  return Object.keys(files);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (fault) {
    await rm(beside, { force: true });
    throw fault;
  }
}
