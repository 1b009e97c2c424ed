/** Files of a trace: folders taken apart, each file's begin looked at. */
import { TraceError, type TraceSource } from "../trace/index.ts";
import { type Head, headOf } from "./format.ts";
import type { Packages } from "./packages.ts";
import { bytesOf, type Opened, openSource } from "./source.ts";
import { openParquet, openSqlite, type Tables } from "./tables.ts";

/** Order of the files of a folder. */
export type FileOrder = "ascii" | "ntfs";

/** A file whose begin has been read. */
export interface Looked {
  readonly source: TraceSource;
  readonly head: Head;
  readonly compression: Opened["compression"];
  /** Whether it came out of a folder, and nobody named it. */
  readonly isFound: boolean;
  /** Of Parquet and SQLite. */
  readonly tables?: Tables;
  /** Begins to read it; of a stream, once. */
  open(): Promise<Opened>;
}

/**
 * Compares names as a file system lists them: by character; or as NTFS does, by upper-cased character, which puts `_` behind
 * letters.
 */
export function compareNames(order: FileOrder): (one: string, other: string) => number {
  const key = (name: string): string => (order === "ntfs" ? name.toUpperCase() : name);
  return (one, other) => {
    const [a, b] = [key(one), key(other)];
    return a < b ? -1 : a > b ? 1 : one < other ? -1 : one > other ? 1 : 0;
  };
}

/** Folders by the files in them, those in folders below too; hidden ones and documents are left out. */
export async function filesOf(
  sources: readonly TraceSource[],
  order: FileOrder,
): Promise<{ source: TraceSource; isFound: boolean }[]> {
  const all: { source: TraceSource; isFound: boolean }[] = [];
  for (const source of sources) {
    const found = "path" in source ? await listed(source.path, order) : undefined;
    if (found === undefined) all.push({ source, isFound: false });
    else all.push(...found.map((path) => ({ source: { path }, isFound: true })));
  }
  return all;
}

/** Files of a folder; undefined: it is none. */
async function listed(path: string, order: FileOrder): Promise<string[] | undefined> {
  const files = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  if (files === undefined) return undefined;
  try {
    if (!(await files.stat(path)).isDirectory()) return undefined;
  } catch {
    // Opening it tells what is wrong.
    return undefined;
  }
  const compare = compareNames(order);
  const walk = async (folder: string): Promise<string[]> => {
    const entries = (await files.readdir(folder, { withFileTypes: true }))
      .filter(({ name }) => !name.startsWith(".") && !/\.(?:md|html|pdf)$/i.test(name))
      .sort((one, other) => compare(one.name, other.name));
    const below: string[] = [];
    for (const entry of entries) {
      const inside = `${folder.replace(/\/$/, "")}/${entry.name}`;
      if (entry.isDirectory()) below.push(...(await walk(inside)));
      else if (entry.isFile()) below.push(inside);
    }
    return below;
  };
  const found = await walk(path);
  if (found.length > 0) return found;
  throw new TraceError({ file: path, expected: "a folder with files", got: "an empty one" });
}

/** Reads the begin of a file. */
export async function look(
  source: TraceSource,
  isFound: boolean,
  packages: Packages | undefined,
): Promise<Looked> {
  const opened = await openSource(source);
  const { name, compression, head: bytes, isWhole } = opened;
  const head = headOf(name, bytes, isWhole);
  const isStream = "chunks" in source;
  if (!isStream) await opened.chunks.return(undefined);
  const open = async (): Promise<Opened> => (isStream ? opened : await openSource(source));
  if (head.binary !== "parquet" && head.binary !== "sqlite")
    return { source, head, compression, isFound, open };
  const file = compression === "none" && !isStream ? source : { name, bytes: await bytesOf(await open()) };
  const tables = await (head.binary === "parquet" ? openParquet(file, packages) : openSqlite(file, packages));
  return { source, head: { ...head, tables: tables.columns }, compression, isFound, tables, open };
}
