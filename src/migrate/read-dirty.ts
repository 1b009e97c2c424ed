/** Opens a file of measured dirtying: a bitmap series (plain, zstd) or a table of counts. Node only. */
import { ImageError } from "../image/image-error.ts";
import { FileSource } from "../image/source.ts";
import { unzstd } from "../image/unzstd.ts";
import { TraceError } from "../trace/index.ts";
import { replay } from "./dirty-replay.ts";
import { type DirtySeries, isDirtySeries, parseDirtySeries } from "./dirty-series.ts";
import { type CurveBand, parseDirtyTable } from "./dirty-table.ts";

/** What a file of measured dirtying holds. */
export interface DirtyTrace extends CurveBand {
  readonly name: string;
  /** The bitmaps; absent: counts only. */
  readonly series?: DirtySeries;
}

export interface ReadDirtyOptions {
  /** Which program, where a table has several. */
  readonly program?: string;
  /** Where in a bitmap series the migration begins; seconds, 0 if absent. */
  readonly startS?: number;
}

const UNPACKED_MAX = 1 << 28;

/**
 * Reads a file of measured dirtying, by what it holds, not by its name.
 *
 * Throws TraceError for what cannot be read.
 */
export async function readDirtyTrace(path: string, options: ReadDirtyOptions = {}): Promise<DirtyTrace> {
  return dirtyTraceOf(await readWhole(path), path, options);
}

/** The same from bytes already unpacked. */
export function dirtyTraceOf(bytes: Uint8Array, name: string, options: ReadDirtyOptions = {}): DirtyTrace {
  if (isDirtySeries(bytes)) {
    const series = parseDirtySeries(bytes, name);
    const mean = replay(series, options.startS ?? 0);
    return { name, series, mean, low: mean, high: mean };
  }
  if (bytes.includes(0)) {
    throw new TraceError({ file: name, expected: "a DTZ1 series, zstd, or a CSV", got: "other bytes" });
  }
  return { name, ...parseDirtyTable(new TextDecoder().decode(bytes), name, options.program) };
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const file = await FileSource.open(path);
    try {
      const head = new Uint8Array(4);
      await file.readAt(head, 0);
      const isPacked = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
      if (isPacked) return await unpack(file, path);
      if (file.size > UNPACKED_MAX) throw tooLarge(path);
      const bytes = new Uint8Array(file.size);
      await file.readAt(bytes, 0);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const where = error.byteOffset === undefined ? "" : ` (byte ${error.byteOffset})`;
    const expected = error.expected === "a memory image" ? "measured dirtying" : error.expected;
    throw new TraceError({ file: path, expected, got: `${error.got}${where}` });
  }
}

async function unpack(file: FileSource, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of unzstd(file)) {
    chunks.push(chunk.slice());
    size += chunk.length;
    if (size > UNPACKED_MAX) throw tooLarge(path);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(file: string): TraceError {
  return new TraceError({ file, expected: `at most ${UNPACKED_MAX} bytes`, got: "more" });
}
