/** Published instances of `../shared/data`, unpacked in memory; none where the folder is missing. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const DATA = process.env["BALLAST_SHARED"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** Whether a set is there; says so once where it is not. */
export function hasShared(set: string): boolean {
  const present = existsSync(join(DATA, set));
  if (!present) console.log(`skipped: no ${join(DATA, set)}`);
  return present;
}

/** Where a file of `../shared/data` is. */
export function sharedPath(file: string): string {
  return join(DATA, file);
}

/** A CSV without quotes, as records; none where it is missing. */
export function sharedCsv(file: string): Record<string, string>[] {
  if (!existsSync(join(DATA, file))) return [];
  const [header, ...rows] = readFileSync(join(DATA, file), "utf8").trim().split(/\r?\n/);
  const names = header!.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, i) => [names[i]!, cell])));
}

/** Files of a gzipped tar by name; none where it is missing, for suites that are skipped are read all the same. */
export function sharedTar(file: string): Map<string, string> {
  if (!existsSync(join(DATA, file))) return new Map();
  const bytes = gunzipSync(readFileSync(join(DATA, file)));
  const files = new Map<string, string>();
  const field = (at: number, length: number): string =>
    bytes.toString("latin1", at, at + length).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(field(at + 124, 12), 8);
    const prefix = field(at + 345, 155);
    const name = `${prefix === "" ? "" : `${prefix}/`}${field(at, 100)}`.replace(/^\.\//, "");
    if (field(at + 156, 1) === "0" || field(at + 156, 1) === "") {
      files.set(name, bytes.toString("utf8", at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
