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
 * Expands directories, recursively. Symbolic links to files are followed, but a file that is in the directory itself
 * is one image however many links lead to it; links to directories are followed only where they are named themselves,
 * so that no walk ever loops. In directories, empty files and what is no file are left out with a warning; named
 * themselves they are faults. The same file named twice is two images.
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

/** Of one directory. */
interface Found {
  readonly path: string;
  readonly isLink: boolean;
}

async function walk(root: string, warnings: string[]): Promise<string[]> {
  const { readdir } = nodeModule("fs/promises");
  const { join } = nodeModule("path");
  const found: Found[] = [];
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
      else found.push({ path, isLink: entry.isSymbolicLink() });
    }
  }
  const files = await keepImages(found, warnings);
  if (files.length === 0) {
    throw new ImageError({ path: root, expected: "a directory with files in it", got: "one without" });
  }
  return sortByBytes(files);
}

/** Files first, so that a link never stands for a file that is there under its own name. */
async function keepImages(found: readonly Found[], warnings: string[]): Promise<string[]> {
  const byPath = new Map(found.map((entry) => [entry.path, entry]));
  const sorted = sortByBytes([...byPath.keys()]).map((path) => byPath.get(path)!);
  const seen = new Map<string, string>();
  const files: string[] = [];
  for (const { path, isLink } of [...sorted].sort((a, b) => Number(a.isLink) - Number(b.isLink))) {
    const why = await whyNot(path, isLink, seen);
    if (why === undefined) files.push(path);
    else warnings.push(`${path}: left out, ${why}`);
  }
  return files;
}

/** Why something found in a directory is no image; undefined: it is one. */
async function whyNot(path: string, isLink: boolean, seen: Map<string, string>): Promise<string | undefined> {
  try {
    const stats = await nodeModule("fs/promises").stat(path);
    if (!stats.isFile()) return stats.isDirectory() ? "a link to a directory" : kindOf(stats);
    if (stats.size === 0) return "an empty file";
    const identity = `${stats.dev}:${stats.ino}`;
    const other = seen.get(identity);
    if (isLink && other !== undefined) return `a link to ${other}`;
    seen.set(identity, path);
    return undefined;
  } catch (error) {
    if (isLink) return "a link that leads nowhere";
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
