/** What `run --out DIR` leaves behind: all files or none, each moved to its place whole. */
import { rmSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { uplotScript, uplotStyle } from "../generated/uplot.ts";
import { type Result, reportHtml, seriesCsv } from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";

/** Files on their way; what is left of them goes when the process ends early. */
const parts = new Set<string>();
process.on("exit", () => {
  for (const part of parts) rmSync(part, { force: true });
});

/**
 * Makes the folder, so that a place that cannot be written to is known before the run.
 *
 * @returns  takes the folders made away again, if they are empty
 */
export async function prepareFolder(folder: string): Promise<() => Promise<void>> {
  if (folder === "") throw new UsageError("--out: expected a folder to write to, got nothing");
  const made: string[] = [];
  try {
    await makeFolder(resolve(folder), made);
    await writeWhole(folder, { ".ballast-probe": "" });
    await rm(join(folder, ".ballast-probe"));
  } catch (fault) {
    await removeFolders(made);
    throw new UsageError(`--out ${folder}: expected a folder to write to, got ${fileTrouble(fault)}`);
  }
  return () => removeFolders(made);
}

/** One by one: `mkdir` with `recursive` never comes back from a place like `/proc/x` on Node 20. */
async function makeFolder(path: string, made: string[]): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
    throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw fault;
  }
  await makeFolder(dirname(path), made);
  await mkdir(path);
  made.push(path);
}

async function removeFolders(made: readonly string[]): Promise<void> {
  for (const path of made.toReversed()) await rmdir(path).catch(() => {});
}

/** @returns names of the files written */
export async function writeArtefacts(folder: string, result: Result): Promise<string[]> {
  const files = {
    "result.json": `${JSON.stringify(result, undefined, 1)}\n`,
    "series.csv": seriesCsv(result),
    "report.html": reportHtml(result, { uplotScript, uplotStyle }),
  };
  try {
    await writeWhole(folder, files);
  } catch (fault) {
    throw new UsageError(`--out ${folder}: could not write there: ${fileTrouble(fault)}`);
  }
  return Object.keys(files);
}

/** Writes files beside their places and moves them there when all of them are complete. */
async function writeWhole(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const moves = Object.entries(files).map(([name, text]) => {
    const place = join(folder, name);
    return { place, part: `${place}.${process.pid}.part`, text };
  });
  try {
    for (const { part, text } of moves) {
      parts.add(part);
      // At one go: a write in another thread would outlive a process that a second signal ends.
      writeFileSync(part, text);
    }
    for (const { part, place } of moves) await rename(part, place);
  } finally {
    for (const { part } of moves) {
      await rm(part, { force: true }).catch(() => {});
      parts.delete(part);
    }
  }
}
