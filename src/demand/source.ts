/**
 * The bytes of a trace, unpacked on the way: plain, gzip or zstd, told by the first bytes and not by the name. Text in UTF-16
 * becomes UTF-8.
 */
import { Decompress } from "fzstd";
import {
  chunksOf,
  gunzip,
  isGzip,
  nameOf,
  narrowed,
  TraceError,
  type TraceSource,
  wideEncoding,
} from "../trace/index.ts";

/** So much of a file is looked at to tell what it is. */
export const HEAD_BYTES = 1 << 16;

/** A file that has been begun: its first bytes, unpacked, and all of them from the start. */
export interface Opened {
  readonly name: string;
  readonly compression: "none" | "gzip" | "zstd";
  /** Up to HEAD_BYTES. */
  readonly head: Uint8Array;
  /** Whether the head is the whole file. */
  readonly isWhole: boolean;
  /** All bytes, once. */
  readonly chunks: AsyncGenerator<Uint8Array, void>;
}

/**
 * Begins a file.
 *
 * @throws TraceError for a file that cannot be read or is packed badly
 */
export async function openSource(source: TraceSource): Promise<Opened> {
  const name = nameOf(source);
  const raw = await peek(chunksOf(source), 4);
  const compression = isGzip(raw.head) ? "gzip" : isZstd(raw.head) ? "zstd" : "none";
  const unpacked =
    compression === "gzip"
      ? gunzip(raw.chunks, name)
      : compression === "zstd"
        ? unzstd(raw.chunks, name)
        : raw.chunks;
  const seen = await peek(unpacked, HEAD_BYTES);
  const wide = wideEncoding(seen.head);
  const text = wide === undefined ? seen : await peek(narrowed(seen.chunks, wide), HEAD_BYTES);
  return { name, compression, ...text };
}

/** All bytes of a file that is read in one go: those whose format asks for it. */
export async function bytesOf(opened: Opened): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of opened.chunks) {
    parts.push(chunk);
    length += chunk.length;
  }
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function peek(
  chunks: AsyncGenerator<Uint8Array, void>,
  bytes: number,
): Promise<{ head: Uint8Array; isWhole: boolean; chunks: AsyncGenerator<Uint8Array, void> }> {
  const held: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  while (length < bytes && !isWhole) {
    const { done, value } = await chunks.next();
    if (done === true) isWhole = true;
    else {
      held.push(value.slice());
      length += value.length;
    }
  }
  const head = new Uint8Array(Math.min(length, bytes));
  let at = 0;
  for (const part of held) {
    const taken = part.subarray(0, head.length - at);
    head.set(taken, at);
    at += taken.length;
  }
  const all = (async function* () {
    try {
      yield* held;
      if (!isWhole) yield* chunks;
    } finally {
      // A pipe that somebody else holds open may never answer.
      chunks.return(undefined).catch(() => {});
    }
  })();
  return { head, isWhole: isWhole && length <= bytes, chunks: all };
}

function isZstd(head: Uint8Array): boolean {
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
}

/** What zstd data hold. Here checksums are not verified; a damaged block is told. */
async function* unzstd(
  packed: AsyncGenerator<Uint8Array, void>,
  file: string,
): AsyncGenerator<Uint8Array, void> {
  const out: Uint8Array[] = [];
  const unpacker = new Decompress((chunk) => out.push(chunk.slice()));
  try {
    for await (const chunk of packed) {
      unpack(() => unpacker.push(chunk), file);
      yield* out.splice(0);
    }
  } finally {
    packed.return(undefined).catch(() => {});
  }
  unpack(() => unpacker.push(new Uint8Array(0), true), file);
  yield* out.splice(0);
}

function unpack(push: () => void, file: string): void {
  try {
    push();
  } catch (error) {
    const isShort = /unexpected EOF/i.test(error instanceof Error ? error.message : "");
    const expected = isShort ? "more zstd data" : "valid zstd data";
    throw new TraceError({
      file,
      expected,
      got: isShort ? "the end of the compressed file" : "damaged data",
    });
  }
}
