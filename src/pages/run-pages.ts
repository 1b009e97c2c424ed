/** The work of `ballast pages`: paths in, result and report out. */
import { type ImageForm, listImages, openImage } from "../image/index.ts";
import { type PagesResult, type ShareOptions, sharePages } from "./share-pages.ts";

export interface RunPagesOptions extends Omit<ShareOptions, "onProgress"> {
  readonly form?: ImageForm | "auto" | undefined;
  readonly onProgress?: ((progress: RunPagesProgress) => void) | undefined;
}

export interface RunPagesProgress {
  /** 0 … 1 by images and, where known, by pages; grows. */
  readonly fraction: number;
  readonly file: string;
  /** Images finished, and in all. */
  readonly filesDone: number;
  readonly files: number;
  /** Memory counted so far, and since when that makes GB/s the caller's clock tells. */
  readonly bytes: number;
}

/**
 * Counts what sharing would save over files and directories (one image per file, recursively).
 *
 * Every file is opened and its headers are looked at before the first is counted, so that most faults show at once.
 * Throws ImageError for bad input, the signal's reason when aborted.
 */
export async function runPages(
  paths: readonly string[],
  options: RunPagesOptions = {},
): Promise<PagesResult> {
  const { onProgress, ...share } = options;
  const listed = await listImages(paths);
  const pages = await lookAt(listed.paths, options);
  const images = listed.paths.map((path) => ({ path }));
  const known = pages.reduce((sum, count) => sum + count, 0);
  const result = await sharePages(images, {
    ...share,
    onProgress: ({ row, file, pages: done }) => {
      // Compressed images tell their pages only at their end; until then they stand for none.
      const fraction = Math.min(1, done / Math.max(1, known));
      onProgress?.({ fraction, file, filesDone: row, files: images.length, bytes: done * 4096 });
    },
  });
  return { ...result, warnings: [...listed.warnings, ...mixed(result), ...result.warnings] };
}

/** Pages of each image, as far as its headers tell; else guessed at three times the compressed size. */
async function lookAt(paths: readonly string[], { form, signal }: RunPagesOptions): Promise<number[]> {
  const pages: number[] = [];
  for (const path of paths) {
    const image = await openImage(path, { form, signal });
    pages.push(image.pages ?? Math.ceil((3 * image.fileBytes) / 4096));
    await image.close();
  }
  return pages;
}

function mixed({ files }: PagesResult): string[] {
  const fingerprints = files.filter(({ form }) => form === "u64").length;
  if (fingerprints === 0 || fingerprints === files.length) return [];
  return [
    "fingerprints equal those of bytes only where they were made by XXH3-64: across the two kinds, little is shared",
  ];
}
