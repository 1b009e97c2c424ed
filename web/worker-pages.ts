/** Dropped files in the worker: what would sharing save? A few MiB in memory at a time. */
import { type PagesResult, sharePages } from "../src/index.ts";
import type { NamedFile, PagesProgress } from "./protocol.ts";

const SAY_EVERY_MS = 60;

/** Forms that `ballast pages` unpacks and this page counts as they lie there, by their first bytes. */
const FORMS: readonly { readonly bytes: readonly number[]; readonly what: string }[] = [
  { bytes: [0x1f, 0x8b], what: "a gzip file" },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: "a zstd file" },
];
const ELF = [0x7f, 0x45, 0x4c, 0x46];
const ELF_TYPE_AT = 16;
const ELF_CORE = 4;

/** Counts the files' bytes as memory images, in their order. */
export async function countPages(
  files: readonly NamedFile[],
  say: (progress: PagesProgress) => void,
): Promise<PagesResult> {
  let said = 0;
  const images = files.map(({ name, file }) => ({ name, blob: file }));
  const result = await sharePages(images, {
    onProgress: ({ file, pages }) => {
      const now = performance.now();
      if (now - said < SAY_EVERY_MS) return;
      said = now;
      say({ kind: "pages-progress", file, pages });
    },
  });
  const warnings = [...result.warnings];
  for (const { name, file } of files) {
    const what = await formOf(file);
    if (what) warnings.push(`${name}: ${what}, counted as it lies there; ballast pages reads what is inside`);
  }
  return { ...result, warnings };
}

async function formOf(file: Blob): Promise<string | undefined> {
  const head = new Uint8Array(await file.slice(0, 20).arrayBuffer());
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  if (begins(ELF) && head[ELF_TYPE_AT] === ELF_CORE) return "an ELF core";
  return FORMS.find(({ bytes }) => begins(bytes))?.what;
}
