/**
 * Opens a memory image whatever its form: raw, ELF core, fingerprints; plain, gzip, zstd.
 *
 *   file -> (gunzip | unzstd) -> raw | ELF core's plan | fingerprints -> pages in the caller's buffer
 *
 * Cost: a few MiB whatever the size; a plain file's bytes go straight into the caller's buffer.
 */
import { readElfCore } from "./elf.ts";
import { orderForStream, PAGE_BYTES, planPages } from "./elf-plan.ts";
import { gunzip } from "./gunzip.ts";
import { ImageError } from "./image-error.ts";
import { SNIFF_BYTES, type Sniffed, sniff } from "./magic.ts";
import { elfReader, fingerprintReader, type Reader, type Run, rawReader } from "./reader.ts";
import { FileSource, type Source, StreamSource } from "./source.ts";
import { unzstd } from "./unzstd.ts";

export type ImageForm = "raw" | "elf" | "u64";

export interface ImageOptions {
  /** `auto`, the default: `u64` by the extension (`.u64`, `.u64.gz`, `.u64.zst`), else `elf` by its magic, else `raw`. */
  readonly form?: ImageForm | "auto" | undefined;
  /** Ends a read between two buffers. */
  readonly signal?: AbortSignal | undefined;
}

/** An open image, read once from its beginning to its end. */
export interface Image {
  readonly path: string;
  readonly form: ImageForm;
  readonly compression: "none" | "gzip" | "zstd";
  /** Pages in all; undefined where only reading to the end tells (compressed, but no ELF core). */
  readonly pages: number | undefined;
  /** Bytes of a page in what `read` fills: 4096; 8 for fingerprints. */
  readonly unitBytes: number;
  /** Of the file, compressed or not. */
  readonly fileBytes: number;
  /** What a user should know; complete when everything was read. */
  readonly warnings: readonly string[];
  /**
   * Fills a buffer with the next pages.
   *
   * @param into  a multiple of `unitBytes`; may be a view of Wasm memory
   * @returns     bytes filled and the row of the first page; bytes 0: the end. Fewer bytes than asked are not the end.
   *              Rows come in increasing order, but for a compressed ELF core whose file has them in another.
   */
  read(into: Uint8Array): Promise<Run>;
  /** The pages in increasing order, each chunk valid until the next is asked for. Closes the image. */
  chunks(buffer?: Uint8Array): AsyncIterable<Uint8Array>;
  /** The fingerprints of form `u64`, in parts. Closes the image. */
  fingerprints(): AsyncIterable<BigUint64Array>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 1 << 20;

/**
 * Opens an image and looks at its headers.
 *
 * Throws ImageError for what is no image, one of a format not read here (by its name), or a damaged one.
 */
export async function openImage(path: string, options: ImageOptions = {}): Promise<Image> {
  options.signal?.throwIfAborted();
  const file = await FileSource.open(path);
  let source: Source = file;
  try {
    const warnings: string[] = [];
    const form = options.form ?? "auto";
    const outer = await sniffSource(file);
    const compression = outer.kind === "gzip" || outer.kind === "zstd" ? outer.kind : "none";
    let kind = outer;
    if (compression !== "none") {
      const chunks = compression === "gzip" ? gunzip(file, (text) => warnings.push(text)) : unzstd(file);
      const stream = new StreamSource(file, chunks);
      source = stream;
      await stream.keepHead(SNIFF_BYTES);
      kind = await sniffSource(stream);
    }
    const chosen = chooseForm(path, form, kind, compression);
    const reader = await readerOf(source, chosen, warnings);
    return imageOf(source, reader, {
      fileBytes: file.size,
      form: chosen,
      compression,
      warnings,
      signal: options.signal,
    });
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function sniffSource(source: Source): Promise<Sniffed> {
  const head = new Uint8Array(SNIFF_BYTES);
  const got = await source.readAt(head, 0);
  return sniff(head.subarray(0, got));
}

function chooseForm(
  path: string,
  form: ImageForm | "auto",
  { kind, ...more }: Sniffed & { name?: string; hint?: string },
  compression: string,
): ImageForm {
  if (form === "u64" || (form === "auto" && /\.u64(\.gz|\.zst)?$/i.test(path))) return "u64";
  if (form === "raw") return "raw";
  if (kind === "elf") return "elf";
  const expected =
    form === "elf" ? "a 64-bit little-endian ELF core" : "a raw memory, an ELF core, gzip or zstd";
  if (kind === "refused") {
    const hint = more.hint ?? (form === "auto" ? "`--form raw` takes its bytes as they are" : undefined);
    throw new ImageError({ path, byteOffset: 0, expected, got: more.name!, hint });
  }
  if (compression !== "none" && (kind === "gzip" || kind === "zstd")) {
    throw new ImageError({
      path,
      byteOffset: 0,
      expected,
      got: `${kind} inside ${compression}`,
      hint: "unpack it once",
    });
  }
  if (form === "elf") throw new ImageError({ path, byteOffset: 0, expected, got: "another kind of file" });
  return "raw";
}

async function readerOf(source: Source, form: ImageForm, warnings: string[]): Promise<Reader> {
  if (form === "raw") return rawReader(source, warnings);
  if (form === "u64") return fingerprintReader(source);
  const core = await readElfCore(source);
  if (core.process) {
    warnings.push(
      "the core of a process, not of a machine: its pages by virtual address, without those not dumped",
    );
  }
  const plan = planPages(core.segments);
  return elfReader(source, source.seekable ? plan : orderForStream(plan, source.path));
}

interface Facts {
  readonly fileBytes: number;
  readonly form: ImageForm;
  readonly compression: "none" | "gzip" | "zstd";
  readonly warnings: readonly string[];
  readonly signal: AbortSignal | undefined;
}

function imageOf(
  source: Source,
  reader: Reader,
  { fileBytes, form, compression, warnings, signal }: Facts,
): Image {
  const { pages, unitBytes } = reader;
  const { path } = source;
  let closing: Promise<void> | undefined;
  const image: Image = {
    path,
    form,
    compression,
    pages,
    unitBytes,
    fileBytes,
    warnings,
    read(into) {
      signal?.throwIfAborted();
      if (into.length < unitBytes || into.length % unitBytes !== 0) {
        throw new RangeError(
          `read: expected a buffer of a multiple of ${unitBytes} bytes, got ${into.length}`,
        );
      }
      return reader.read(into);
    },
    async *chunks(buffer = new Uint8Array(CHUNK_BYTES)) {
      if (form === "u64") throw new TypeError(`${path}: form u64 has fingerprints, no pages`);
      for await (const { bytes } of runs(image, buffer)) yield buffer.subarray(0, bytes);
    },
    async *fingerprints() {
      if (form !== "u64") throw new TypeError(`${path}: form ${form} has pages, no fingerprints`);
      const buffer = new Uint8Array(CHUNK_BYTES);
      for await (const { bytes } of runs(image, buffer))
        yield new BigUint64Array(buffer.slice(0, bytes).buffer);
    },
    close() {
      closing ??= source.close();
      return closing;
    },
  };
  return image;
}

async function* runs(image: Image, buffer: Uint8Array): AsyncGenerator<Run, void> {
  try {
    let next = 0;
    for (;;) {
      const run = await image.read(buffer);
      if (run.bytes === 0) return;
      if (run.firstPage !== next) throw outOfOrder(image.path);
      next += run.bytes / image.unitBytes;
      yield run;
    }
  } finally {
    await image.close();
  }
}

function outOfOrder(path: string): ImageError {
  return new ImageError({
    path,
    expected: "a compressed core with its memory in increasing address",
    got: "segments in another order",
    hint: "decompress it first",
  });
}

/**
 * How many pages an image has: what a loader must know before it sizes a world.
 *
 * Free for plain files and ELF cores; other compressed files are decompressed once.
 *
 * @param onWarning  told what a user should know; with compressed files, here only: their end was seen
 */
export async function measureImage(
  path: string,
  options: ImageOptions = {},
  onWarning: (text: string) => void = () => {},
): Promise<number> {
  const image = await openImage(path, options);
  try {
    const pages = image.pages ?? (await countPages(image));
    for (const text of image.warnings) onWarning(text);
    return pages;
  } finally {
    await image.close();
  }
}

async function countPages(image: Image): Promise<number> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    const run = await image.read(buffer);
    if (run.bytes === 0) return bytes / image.unitBytes;
    bytes += run.bytes;
  }
}

/** Everything an image holds, in memory: its pages' bytes, or its fingerprints. For images that fit. */
export async function readImage(
  path: string,
  options: ImageOptions = {},
): Promise<Uint8Array | BigUint64Array> {
  const pages = await measureImage(path, options);
  const image = await openImage(path, options);
  try {
    const bytes = new Uint8Array(pages * image.unitBytes);
    for (let rest = bytes.length; rest > 0; ) {
      const buffer = new Uint8Array(Math.min(rest, CHUNK_BYTES));
      const run = await image.read(buffer);
      if (run.bytes === 0)
        throw new ImageError({ path, expected: `${pages} pages`, got: "fewer: it changed" });
      bytes.set(buffer.subarray(0, run.bytes), run.firstPage * image.unitBytes);
      rest -= run.bytes;
    }
    await image.read(new Uint8Array(image.unitBytes)); // sees the end, and with it a file that changed
    return image.form === "u64" ? new BigUint64Array(bytes.buffer) : bytes;
  } finally {
    await image.close();
  }
}

export { PAGE_BYTES };
