/** Files that a command writes: all or none, each moved to its place whole. */
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileTrouble, UsageError } from "./fail.ts";

/** Characters written at a time. */
const PIECE = 1 << 20;

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

/** A file's text, at once or in pieces. */
export type Text = string | Iterable<string>;

/** Writes files by their paths, all or none; folders that are not there are made. */
export async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
  for (const path of Object.keys(files)) {
    try {
      if (path === "") throw Object.assign(new Error("no path"), { code: "ENOENT" });
      await makeFolder(dirname(resolve(path)), []);
      if (await isFolder(path)) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    } catch (fault) {
      throw new UsageError(`${path || "--out"}: expected a file to write to, got ${fileTrouble(fault)}`);
    }
  }
  try {
    await writeWhole("", files);
  } catch (fault) {
    throw new UsageError(
      `${Object.keys(files).join(", ")}: expected a place to write to, got ${fileTrouble(fault)}`,
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Writes files beside their places and moves them there when all of them are complete. */
export async function writeWhole(folder: string, files: Readonly<Record<string, Text>>): Promise<void> {
  const moves = Object.entries(files).map(([name, text]) => {
    const place = join(folder, name);
    return { place, part: `${place}.${process.pid}.part`, text };
  });
  try {
    for (const { part, text } of moves) {
      parts.add(part);
      writePieces(part, typeof text === "string" ? [text] : text);
    }
    for (const { part, place } of moves) await rename(part, place);
  } finally {
    for (const { part } of moves) {
      await rm(part, { force: true }).catch(() => {});
      parts.delete(part);
    }
  }
}

/** In this thread: a write in another would outlive a process that a second signal ends. */
function writePieces(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, "w");
  try {
    let text = "";
    for (const piece of pieces) {
      text += piece;
      if (text.length < PIECE) continue;
      writeFileSync(file, text);
      text = "";
    }
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}
