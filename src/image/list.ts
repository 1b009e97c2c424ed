/** From the paths a user names to the files to read: directories become one image per file. */
import { fromSystem, ImageError } from "./image-error.ts";
import { nodeModule } from "./node.ts";
import { kindOf } from "./source.ts";

export interface ListedImages {
  /** In the order named; those of a directory sorted by the bytes of their path. */
  readonly paths: readonly string[];
  /** What was left out, and why. */
  readonly warnings: readonly string[];
}

/**
 * Expands directories, recursively. Symbolic links to files are followed; links to directories only where they are
 * named themselves, so that no walk ever loops. In directories, empty files and what is no file are left out with a
 * warning; named themselves they are faults. The same file named twice is two images.
 *
 * Throws ImageError for what cannot be read and for directories without images.
 */
export async function listImages(paths: readonly string[]): Promise<ListedImages> {
  const files: string[] = [];
  const warnings: string[] = [];
  for (const path of paths) {
    if (await isDirectory(path)) files.push(...(await walk(path, warnings)));
    else files.push(path);
  }
  return { paths: files, warnings };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await nodeModule("fs/promises").stat(path)).isDirectory();
  } catch (error) {
    throw fromSystem(path, error, "a file or directory");
  }
}

async function walk(root: string, warnings: string[]): Promise<string[]> {
  const { readdir } = nodeModule("fs/promises");
  const { join } = nodeModule("path");
  const files: string[] = [];
  const open = [root];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    let entries: import("node:fs").Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (error) {
      throw fromSystem(folder, error, "a readable directory");
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (await isImage(path, entry.isSymbolicLink(), warnings)) files.push(path);
    }
  }
  if (files.length === 0) {
    throw new ImageError({ path: root, expected: "a directory with files in it", got: "one without" });
  }
  return sortByBytes(files);
}

async function isImage(path: string, isLink: boolean, warnings: string[]): Promise<boolean> {
  const leaveOut = (why: string) => {
    warnings.push(`${path}: left out, ${why}`);
    return false;
  };
  try {
    const stats = await nodeModule("fs/promises").stat(path);
    if (stats.isFile()) return stats.size > 0 || leaveOut("an empty file");
    return leaveOut(stats.isDirectory() ? "a link to a directory" : kindOf(stats));
  } catch (error) {
    if (isLink) return leaveOut("a link that leads nowhere");
    throw fromSystem(path, error);
  }
}

function sortByBytes(paths: string[]): string[] {
  const encoder = new TextEncoder();
  return paths
    .map((path) => ({ path, bytes: encoder.encode(path) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ path }) => path);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; ++i) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
