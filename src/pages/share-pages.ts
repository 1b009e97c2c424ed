/**
 * What would page sharing save over these images? Zero, distinct and shared pages, within images and across them.
 *
 *   saved        = pages - distinct                  the zero page counts once
 *   savedNonzero = nonzero pages - nonzero contents  = sum of the images' own + savedInterNonzero
 *
 * A 64-bit hash stands for a page's content. Cost: bytes once through the hash; memory grows with distinct pages only.
 */
import type { CoreSource } from "../core/module.ts";
import { type Image, type ImageForm, openImage } from "../image/index.ts";
import { CompressedCounts, type PagesCompressed } from "./compressed.ts";
import { BATCH_BYTES, createHasher, type Hasher, putPages } from "./hasher.ts";
import { Tally } from "./tally.ts";

const PAGE_BYTES = 4096;

/**
 * A memory: its bytes (any length, padded with zeros), a blob of them (read in pieces; a page's `File` is one), one
 * fingerprint a page (0: zero page), or a file (Node only).
 */
export type ShareImage =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly blob: Blob }
  | { readonly name: string; readonly fingerprints: BigUint64Array }
  | { readonly path: string; readonly name?: string; readonly form?: ImageForm | "auto" };

export interface ShareOptions {
  /** Of images given by path; `auto` if absent. */
  readonly form?: ImageForm | "auto" | undefined;
  /** Rejects with its reason, between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every batch of pages. */
  readonly onProgress?: ((progress: ShareProgress) => void) | undefined;
  /** Tells too how far what is left would compress; takes some µs a content. */
  readonly compress?: boolean | undefined;
  /** The core, if not the one beside the package. */
  readonly core?: CoreSource | undefined;
}

export interface ShareProgress {
  /** Row of the image being read, and its name. */
  readonly row: number;
  readonly file: string;
  /** Pages counted so far, in all images. */
  readonly pages: number;
}

/** What `ballast pages --json` prints. */
export interface PagesResult {
  readonly pageSize: number;
  readonly files: readonly PagesFile[];
  readonly total: PagesTotal;
  /** Memory counted per second of wall time. */
  readonly bytesPerSecond: number;
  /** Each begins with the file it is about. */
  readonly warnings: readonly string[];
}

export interface PagesFile {
  readonly file: string;
  readonly form: ImageForm;
  readonly compression: "none" | "gzip" | "zstd";
  readonly pages: number;
  readonly zero: number;
  /** Contents, the zero page among them once if present. */
  readonly distinct: number;
  /** pages - distinct. */
  readonly savedIntra: number;
  /** Present if asked for. */
  readonly compressed?: PagesCompressed;
}

export interface PagesTotal {
  readonly pages: number;
  readonly zero: number;
  readonly distinct: number;
  /** pages - distinct. */
  readonly saved: number;
  /** As `saved`, zero pages left out of both sides. */
  readonly savedNonzero: number;
  /** Nonzero contents with two copies or more. */
  readonly sharedContentsNonzero: number;
  /** Nonzero contents with one copy. */
  readonly singletonsNonzero: number;
  /** savedNonzero minus what each image saves within itself. */
  readonly savedInterNonzero: number;
  /** Copies of the most frequent nonzero content. */
  readonly maxCopiesNonzero: number;
  /** Present if asked for. */
  readonly compressed?: PagesCompressed;
}

/**
 * Counts what sharing would save over `images`, in their order.
 *
 * Throws ImageError for a file that is no image; the signal's reason when aborted.
 */
export async function sharePages(
  images: readonly ShareImage[],
  options: ShareOptions = {},
): Promise<PagesResult> {
  const hasher = await createHasher(options.core);
  const tally = await Tally.create(hasher.zeroHash, { source: options.core });
  const files: PagesFile[] = [];
  const warnings: string[] = [];
  const startMs = performance.now();
  const compressed = options.compress === true ? new CompressedCounts() : undefined;
  let pagesBefore = 0;
  for (const [row, image] of images.entries()) {
    const file = nameOf(image);
    const before = tally.counts;
    const onPages = (pages: number) => options.onProgress?.({ row, file, pages: pagesBefore + pages });
    const own = compressed && { file: new CompressedCounts(), total: compressed };
    const read = await countImage(image, { hasher, tally, row, options, onPages, compressed: own });
    for (const text of read.warnings) warnings.push(`${file}: ${text}`);
    const zero = tally.counts.zeros - before.zeros;
    const distinct = tally.counts.distinctInFiles - before.distinctInFiles + (zero > 0 ? 1 : 0);
    const { pages, form, compression } = read;
    const counts = { pages, zero, distinct, savedIntra: pages - distinct };
    files.push({ file, form, compression, ...counts, ...(own && { compressed: own.file.counts }) });
    pagesBefore += pages;
  }
  const seconds = Math.max(1e-6, (performance.now() - startMs) / 1000);
  const bytesPerSecond = Math.round((pagesBefore * PAGE_BYTES) / seconds);
  const total = { ...totalOf(pagesBefore, tally), ...(compressed && { compressed: compressed.counts }) };
  return { pageSize: PAGE_BYTES, files, total, bytesPerSecond, warnings };
}

function nameOf(image: ShareImage): string {
  return "path" in image ? (image.name ?? image.path) : image.name;
}

function totalOf(pages: number, tally: Tally): PagesTotal {
  const { zeros, distinct, distinctInFiles, shared, copiesMax } = tally.counts;
  const all = distinct + (zeros > 0 ? 1 : 0);
  return {
    pages,
    zero: zeros,
    distinct: all,
    saved: pages - all,
    savedNonzero: pages - zeros - distinct,
    sharedContentsNonzero: shared,
    singletonsNonzero: distinct - shared,
    savedInterNonzero: distinctInFiles - distinct,
    maxCopiesNonzero: copiesMax,
  };
}

interface Counting {
  readonly hasher: Hasher;
  readonly tally: Tally;
  /** Of the image. */
  readonly row: number;
  readonly options: ShareOptions;
  readonly onPages: (pages: number) => void;
  /** Of the image and of all; absent: nobody asked. */
  readonly compressed: { readonly file: CompressedCounts; readonly total: CompressedCounts } | undefined;
}

type Read = Pick<PagesFile, "pages" | "form" | "compression"> & { readonly warnings: readonly string[] };

async function countImage(image: ShareImage, counting: Counting): Promise<Read> {
  const { signal, form } = counting.options;
  signal?.throwIfAborted();
  if ("bytes" in image) return countBytes(image.bytes, counting);
  if ("blob" in image) return countBlob(image.blob, counting);
  if ("fingerprints" in image) {
    add(image.fingerprints, undefined, counting);
    counting.onPages(image.fingerprints.length);
    return { pages: image.fingerprints.length, form: "u64", compression: "none", warnings: [] };
  }
  const opened = await openImage(image.path, { form: image.form ?? form, signal });
  try {
    const pages = await countFile(opened, counting);
    return { pages, form: opened.form, compression: opened.compression, warnings: opened.warnings };
  } finally {
    await opened.close();
  }
}

/**
 * Counts pages by their hashes, and compresses the contents that are new.
 *
 * @param buffer  the hasher's buffer with the pages' bytes; undefined: there are none
 */
function add(
  hashes: BigUint64Array,
  buffer: 0 | 1 | undefined,
  { hasher, tally, row, compressed }: Counting,
): void {
  if (compressed === undefined) {
    tally.add(hashes, row);
    return;
  }
  const marks = new Uint8Array(hashes.length);
  tally.addMarked(hashes, row, marks);
  for (let page = 0; page < marks.length; page += 1) {
    const mark = marks[page]!;
    if (mark === 0) continue;
    const size = buffer === undefined ? undefined : hasher.compressedSize(buffer, page);
    compressed.file.add(size);
    if (mark === 3) compressed.total.add(size);
  }
}

async function countBytes(bytes: Uint8Array, counting: Counting): Promise<Read> {
  const { hasher, options, onPages } = counting;
  const warnings: string[] = [];
  let pages = 0;
  for (let from = 0; from < bytes.length; from += BATCH_BYTES) {
    const batch = putPages(hasher.buffers[0], bytes, from);
    add(hasher.hash(0, batch), 0, counting);
    pages += batch;
    onPages(pages);
    // Lets timers and signals through every 64 MiB.
    if (from % (64 * BATCH_BYTES) === 0) await new Promise((resolve) => setTimeout(resolve));
    options.signal?.throwIfAborted();
  }
  if (bytes.length % PAGE_BYTES !== 0) warnings.push("the last page is padded with zeros");
  return { pages, form: "raw", compression: "none", warnings };
}

/** A batch in memory at a time, so that blobs may be larger than memory. */
async function countBlob(blob: Blob, counting: Counting): Promise<Read> {
  const { hasher, options, onPages } = counting;
  let pages = 0;
  for (let from = 0; from < blob.size; from += BATCH_BYTES) {
    const part = new Uint8Array(await blob.slice(from, from + BATCH_BYTES).arrayBuffer());
    options.signal?.throwIfAborted();
    const batch = putPages(hasher.buffers[0], part, 0);
    add(hasher.hash(0, batch), 0, counting);
    pages += batch;
    onPages(pages);
  }
  const warnings = blob.size % PAGE_BYTES === 0 ? [] : ["the last page is padded with zeros"];
  return { pages, form: "raw", compression: "none", warnings };
}

/** Reads one batch while the one before is hashed and counted. */
async function countFile(image: Image, counting: Counting): Promise<number> {
  const { hasher, onPages } = counting;
  let which: 0 | 1 = 0;
  let pages = 0;
  let reading = image.read(hasher.buffers[which]);
  try {
    for (;;) {
      const { bytes } = await reading;
      if (bytes === 0) return pages;
      const full = which;
      which = which === 0 ? 1 : 0;
      reading = image.read(hasher.buffers[which]);
      const count = bytes / image.unitBytes;
      if (image.form === "u64") add(wordsOf(hasher.buffers[full], count), undefined, counting);
      else add(hasher.hash(full, count), full, counting);
      pages += count;
      onPages(pages);
    }
  } finally {
    // A fault of ours must not leave a read running into a buffer, nor its rejection unheard.
    await Promise.allSettled([reading]);
  }
}

function wordsOf(buffer: Uint8Array, count: number): BigUint64Array {
  return new BigUint64Array(buffer.buffer, buffer.byteOffset, count);
}
