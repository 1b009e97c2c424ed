/** The three ways to read an image: bytes as they come, by an ELF core's plan, fingerprints. */
import { PAGE_BYTES, type Piece, type Plan, type Span } from "./elf-plan.ts";
import { ImageError } from "./image-error.ts";
import { FileSource, type Source } from "./source.ts";

/** What one read brought. */
export interface Run {
  /** Bytes filled, a multiple of the reader's unit; 0: the end. */
  readonly bytes: number;
  /** Row of the first page in the image. */
  readonly firstPage: number;
}

export interface Reader {
  /** Bytes of a page in what is read: 4096, or 8 for fingerprints. */
  readonly unitBytes: number;
  /** Pages in all; undefined: only reading to the end tells. */
  readonly pages: number | undefined;
  /** Fills `into`, which holds a multiple of `unitBytes`, with the next consecutive pages. */
  read(into: Uint8Array): Promise<Run>;
}

/** A raw memory: page after page, the last one padded with zeros. */
export function rawReader(source: Source, warnings: string[]): Reader {
  const { size } = source;
  let position = 0;
  if (size !== undefined) warnOfPadding(size, warnings);
  return {
    unitBytes: PAGE_BYTES,
    pages: size === undefined ? undefined : Math.ceil(size / PAGE_BYTES),
    async read(into) {
      const firstPage = position / PAGE_BYTES;
      const got = await readOn(source, into, position);
      if (got === 0 && position === 0) throw empty(source, "a memory image");
      const bytes = Math.ceil(got / PAGE_BYTES) * PAGE_BYTES;
      into.fill(0, got, bytes);
      if (got < bytes && size === undefined) warnOfPadding(position + got, warnings);
      position += bytes;
      return { bytes, firstPage };
    },
  };
}

/** One little-endian u64 a page. */
export function fingerprintReader(source: Source): Reader {
  const unitBytes = 8;
  const { size } = source;
  const check = (end: number) => {
    if (end % unitBytes === 0) return;
    const expected = "whole fingerprints of 8 bytes";
    throw new ImageError({
      path: source.path,
      byteOffset: end,
      expected,
      got: `the end ${end % 8} bytes into one`,
    });
  };
  if (size !== undefined) check(size);
  let position = 0;
  return {
    unitBytes,
    pages: size === undefined ? undefined : size / unitBytes,
    async read(into) {
      const firstPage = position / unitBytes;
      const bytes = await readOn(source, into, position);
      if (bytes === 0 && position === 0) throw empty(source, "fingerprints");
      position += bytes;
      check(position);
      return { bytes, firstPage };
    },
  };
}

/** The next bytes of a whole file or stream. */
async function readOn(source: Source, into: Uint8Array, position: number): Promise<number> {
  const { size } = source;
  if (size !== undefined && position >= size) {
    await source.finish();
    return 0;
  }
  const want = size === undefined ? into : into.subarray(0, size - position);
  const got = await source.readAt(want, position);
  if (source instanceof FileSource && got < want.length) throw source.changed(position + got);
  if (got === 0) await source.finish();
  return got;
}

function empty(source: Source, expected: string): ImageError {
  return new ImageError({ path: source.path, expected, got: "a compressed file with nothing in it" });
}

function warnOfPadding(bytes: number, warnings: string[]): void {
  const over = bytes % PAGE_BYTES;
  if (over === 0) return;
  warnings.push(
    `${bytes} bytes are no multiple of ${PAGE_BYTES}: the last page has ${over} bytes and is padded with zeros`,
  );
}

/** The pages of an ELF core, span by span. */
export function elfReader(source: Source, plan: Plan): Reader {
  let row = 0;
  let pageInSpan = 0;
  return {
    unitBytes: PAGE_BYTES,
    pages: plan.pages,
    async read(into) {
      const firstPage = plan.spans[row] === undefined ? plan.pages : plan.spans[row]!.firstPage + pageInSpan;
      let bytes = 0;
      while (bytes < into.length) {
        const span = plan.spans[row];
        if (span === undefined) break;
        if (span.firstPage + pageInSpan !== firstPage + bytes / PAGE_BYTES) break;
        const count = Math.min(span.pages - pageInSpan, Math.floor((into.length - bytes) / PAGE_BYTES));
        if (count === 0) break;
        const part = into.subarray(bytes, bytes + count * PAGE_BYTES);
        await fill(source, span, pageInSpan * PAGE_BYTES, part);
        bytes += part.length;
        pageInSpan += count;
        if (pageInSpan < span.pages) break;
        row += 1;
        pageInSpan = 0;
      }
      if (bytes === 0) await source.finish();
      return { bytes, firstPage };
    },
  };
}

/** Fills `into` with the bytes of `span` from byte `from` on. */
async function fill(source: Source, span: Span, from: number, into: Uint8Array): Promise<void> {
  const start = span.address + from;
  const end = start + into.length;
  let filled = start;
  for (const piece of span.pieces) {
    const first = Math.max(piece.address, start);
    const last = Math.min(piece.address + piece.bytes, end);
    if (first >= last || piece.offset < 0) continue;
    into.fill(0, filled - start, first - start);
    await readPiece(source, piece, first, into.subarray(first - start, last - start));
    filled = last;
  }
  into.fill(0, filled - start);
}

async function readPiece(source: Source, piece: Piece, address: number, into: Uint8Array): Promise<void> {
  const offset = piece.offset + (address - piece.address);
  const got = await source.readAt(into, offset);
  if (got === into.length) return;
  if (source instanceof FileSource) throw source.changed(offset + got);
  throw new ImageError({
    path: source.path,
    byteOffset: offset + got,
    expected: `${into.length - got} more bytes of memory at physical address 0x${(address + got).toString(16)}`,
    got: "the end of the decompressed core",
    hint: "truncated",
  });
}
