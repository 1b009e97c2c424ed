/** Reads a page reference trace: bytes in, references out. */
import { chunksOf, gunzip, isGzip, nameOf, sizeOf, type TraceSource } from "./chunks.ts";
import type { TraceFormat } from "./format.ts";
import type { PageTrace } from "./page-trace.ts";
import { type ParseOptions, type SkippedLine, TraceParser } from "./parse.ts";

export interface ReadTraceOptions extends ParseOptions {
  /** Rejects with its reason, between two chunks. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReadTraceProgress) => void) | undefined;
}

export interface ReadTraceProgress {
  /** 0 … 1 of the bytes; absent where their number is not known. */
  readonly fraction?: number;
  /** References so far. */
  readonly references: number;
}

/** A trace as it was read. */
export interface TraceFile extends PageTrace {
  readonly name: string;
  readonly format: TraceFormat;
  readonly compression: "none" | "gzip";
  /** Bad lines left out (`lenient`), and the first few of them. */
  readonly skippedLines: number;
  readonly skipped: readonly SkippedLine[];
}

/**
 * Reads a trace whole. Its format is told by its first reference, gzip by its first bytes.
 *
 * @param source  see there
 * @returns       references in order, pages renumbered from 0
 * @throws        TraceError with file and line for what is no reference; the signal's reason when aborted
 */
export async function readPageTrace(source: TraceSource, options: ReadTraceOptions = {}): Promise<TraceFile> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const name = nameOf(source);
  const size = await sizeOf(source);
  const parser = new TraceParser(name, options);
  let bytes = 0;
  const counted = (async function* () {
    for await (const chunk of chunksOf(source)) {
      signal?.throwIfAborted();
      bytes += chunk.length;
      yield chunk;
    }
  })();
  const { isPacked, all } = await peek(counted);
  try {
    for await (const chunk of isPacked ? gunzip(all, name) : all) {
      signal?.throwIfAborted();
      parser.push(chunk);
      const { count: references } = parser.builder;
      onProgress?.(
        size === undefined
          ? { references }
          : { fraction: Math.min(1, bytes / Math.max(1, size)), references },
      );
    }
    parser.finish();
  } finally {
    // Not waited for: a pipe that somebody else holds open may never answer.
    counted.return(undefined).catch(() => {});
  }
  const { format, skippedLines, skipped } = parser;
  const compression = isPacked ? "gzip" : "none";
  return { ...parser.builder.finish(), name, format: format!, compression, skippedLines, skipped };
}

/** Looks at the first two bytes, which may come one by one. */
async function peek(
  chunks: AsyncGenerator<Uint8Array, void>,
): Promise<{ isPacked: boolean; all: AsyncGenerator<Uint8Array, void> }> {
  const held: Uint8Array[] = [];
  const head: number[] = [];
  while (head.length < 2) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    held.push(value);
    head.push(...value.subarray(0, 2));
  }
  const all = (async function* () {
    yield* held;
    yield* chunks;
  })();
  return { isPacked: isGzip(Uint8Array.from(head)), all };
}
