/** Files that are read whole as text: plain or gzip, UTF-8 or UTF-16, as spreadsheets save it. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { wideEncoding } from "../index.ts";
import { fileTrouble, UsageError } from "./fail.ts";

/** @throws UsageError for a file that cannot be read, or is packed badly */
export function readTextFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (fault) {
    throw new UsageError(`${file}: expected a readable file, got ${fileTrouble(fault)}`);
  }
  const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(bytes, file) : bytes;
  return new TextDecoder(wideEncoding(unpacked) ?? "utf-8").decode(unpacked);
}

function unpack(bytes: Buffer, file: string): Buffer {
  try {
    return gunzipSync(bytes);
  } catch {
    throw new UsageError(`${file}: expected gzip data, got damaged ones`);
  }
}
