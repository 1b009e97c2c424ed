/** The bytes of a trace, wherever they come from, chunk by chunk; gzip is unpacked on the way. */
import { printable, TraceError } from "./trace-error.ts";

/** A trace to read: its text, bytes, a blob (a page's `File` is one), any stream of bytes, or a file (Node only). */
export type TraceSource =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly blob: Blob }
  | { readonly name: string; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly path: string; readonly name?: string };

/** How faults and reports call it. */
export function nameOf(source: TraceSource): string {
  return "path" in source ? (source.name ?? source.path) : source.name;
}

const CHUNK_BYTES = 1 << 20;

/** The bytes of `source` as they are. Throws TraceError for a file that cannot be read. */
export async function* chunksOf(source: TraceSource): AsyncGenerator<Uint8Array, void> {
  if ("text" in source) yield new TextEncoder().encode(source.text);
  else if ("bytes" in source) yield source.bytes;
  else if ("chunks" in source) yield* source.chunks;
  else if ("blob" in source) {
    for (let from = 0; from < source.blob.size; from += CHUNK_BYTES) {
      yield new Uint8Array(await source.blob.slice(from, from + CHUNK_BYTES).arrayBuffer());
    }
  } else yield* fileChunks(source.path, nameOf(source));
}

/** Bytes in all, as far as that can be told without reading. */
export async function sizeOf(source: TraceSource): Promise<number | undefined> {
  if ("text" in source) return source.text.length;
  if ("bytes" in source) return source.bytes.length;
  if ("blob" in source) return source.blob.size;
  if ("chunks" in source) return undefined;
  try {
    return (await nodeFiles().stat(source.path)).size;
  } catch {
    // Opening it tells what is wrong.
    return undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a path through something that is no directory",
  EACCES: "one this user may not read (permission denied)",
  EPERM: "one this user may not read (not permitted)",
  ELOOP: "a symbolic link that leads back to itself",
  ENAMETOOLONG: "a name too long for the file system",
  EIO: "an input/output error of the device",
  EISDIR: "a directory",
};

async function* fileChunks(path: string, file: string): AsyncGenerator<Uint8Array, void> {
  const { open, stat } = nodeFiles();
  try {
    const stats = await stat(path);
    if (!stats.isFile()) {
      const got = stats.isDirectory() ? "a directory" : "something that is no file";
      const hint = stats.isDirectory() ? undefined : "of a pipe: - reads standard input";
      throw new TraceError({ file, expected: "a regular file", got, hint });
    }
    const handle = await open(path, "r");
    try {
      for (;;) {
        const { buffer, bytesRead } = await handle.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fromSystem(file, error);
  }
}

/** The failure of a system call as a TraceError, told by its code alone; anything else unchanged. */
function fromSystem(file: string, error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  const code = String(error.code);
  return new TraceError({
    file,
    expected: "a readable file",
    got: REASONS[code] ?? `error ${printable(code)}`,
  });
}

/** No import, so that bundlers for browsers have nothing to resolve. */
function nodeFiles(): typeof import("node:fs/promises") {
  const found = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  if (found === undefined)
    throw new Error("traces are read from files in Node only: pass their bytes instead");
  return found;
}

/** Whether bytes begin as gzip does. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * What gzip data holds.
 *
 * @param file  as faults name it
 * @throws      TraceError where the data are damaged or end too soon
 */
export async function* gunzip(
  packed: AsyncIterator<Uint8Array, void>,
  file: string,
): AsyncGenerator<Uint8Array, void> {
  let trouble: unknown;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await packed.next();
        if (done === true) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      } catch (error) {
        trouble = error;
        controller.error(error);
      }
    },
  });
  const reader = stream.pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (trouble !== undefined) throw trouble;
    const isShort = error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
    const got = isShort ? "the end of the compressed file" : "damaged data";
    throw new TraceError({ file, expected: isShort ? "more gzip data" : "valid gzip data", got });
  } finally {
    await reader.cancel().catch(() => {});
  }
}
