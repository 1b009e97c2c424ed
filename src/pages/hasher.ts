/**
 * Hashes pages in the core, a batch at a time: two buffers in Wasm memory, so that one fills while the other is hashed.
 *
 * Cost: one call per batch of 1024 pages; pages read into a buffer are not copied again.
 */
import { type CoreSource, instantiateCore, kernelMemory, loadCore } from "../core/module.ts";

const PAGE_BYTES = 4096;
/** Large enough that handing a read to another thread costs little: 256 pages made 7 GB/s where 1024 make 12. */
export const BATCH_PAGES = 1024;
export const BATCH_BYTES = BATCH_PAGES * PAGE_BYTES;

const WASM_PAGE_BYTES = 65_536;
const BUFFERS_AT = WASM_PAGE_BYTES;
const BUFFERS = 2;
const HASHES_AT = BUFFERS_AT + BUFFERS * BATCH_BYTES;

export interface Hasher {
  /** Where pages are put before they are hashed, BATCH_BYTES each. They stay valid for good. */
  readonly buffers: readonly [Uint8Array, Uint8Array];
  /** XXH3-64 of 4096 zero bytes. */
  readonly zeroHash: bigint;
  /**
   * Hashes the first pages of a buffer.
   *
   * @param pages  at most BATCH_PAGES
   * @returns      a view of XXH3-64 (seed 0) a page, valid until the next call
   */
  hash(buffer: 0 | 1, pages: number): BigUint64Array;
  /** Bytes of the LZ4 block of a page in a buffer; 4096: it does not shrink. */
  compressedSize(buffer: 0 | 1, page: number): number;
}

/** A hasher with buffers of its own. */
export async function createHasher(source?: CoreSource): Promise<Hasher> {
  const module = await loadCore("plain", source);
  const bytes = HASHES_AT + BATCH_PAGES * 8;
  const memory = kernelMemory(bytes);
  const core = instantiateCore(module, memory);
  const bufferAt = (row: number) =>
    new Uint8Array(memory.buffer, BUFFERS_AT + row * BATCH_BYTES, BATCH_BYTES);
  const hash = (buffer: 0 | 1, pages: number) => {
    if (pages < 0 || pages > BATCH_PAGES)
      throw new RangeError(`hash: expected at most ${BATCH_PAGES}, got ${pages}`);
    core.pageHash_hashRun(BUFFERS_AT + buffer * BATCH_BYTES, pages, HASHES_AT);
    return new BigUint64Array(memory.buffer, HASHES_AT, pages);
  };
  const compressedSize = (buffer: 0 | 1, page: number) =>
    core.pageCompress_compressedSize(BUFFERS_AT + buffer * BATCH_BYTES + page * PAGE_BYTES, PAGE_BYTES - 1);
  const zeroHash = hash(0, 1)[0]!; // the memory is new, so its first page is zero
  return { buffers: [bufferAt(0), bufferAt(1)], zeroHash, hash, compressedSize };
}

/**
 * Hashes a memory page by page.
 *
 * @param bytes   any length; the last page is padded with zeros
 * @param source  the core, if not the one beside the package
 * @returns       XXH3-64 (seed 0) of each 4 KiB page, in order
 */
export async function hashPages(bytes: Uint8Array, source?: CoreSource): Promise<BigUint64Array> {
  const hasher = await createHasher(source);
  const hashes = new BigUint64Array(Math.ceil(bytes.length / PAGE_BYTES));
  for (let first = 0; first < hashes.length; first += BATCH_PAGES) {
    const pages = putPages(hasher.buffers[0], bytes, first * PAGE_BYTES);
    hashes.set(hasher.hash(0, pages), first);
  }
  return hashes;
}

/** Copies the next batch from byte `from` on into `buffer`, padded to whole pages; returns pages. */
export function putPages(buffer: Uint8Array, bytes: Uint8Array, from: number): number {
  const part = bytes.subarray(from, from + buffer.length);
  const pages = Math.ceil(part.length / PAGE_BYTES);
  buffer.set(part);
  buffer.fill(0, part.length, pages * PAGE_BYTES);
  return pages;
}
