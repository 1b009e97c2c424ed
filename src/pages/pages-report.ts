/** What `ballast pages` prints for people: one row per image, a total, and what it means in a sentence or two. */
import type { PagesCompressed } from "./compressed.ts";
import type { PagesFile, PagesResult } from "./share-pages.ts";

/** Colours, if the caller has any: a function each from text to text of the same width. */
export interface PagesPalette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

const PLAIN: PagesPalette = { bold: (text) => text, dim: (text) => text, strong: (text) => text };

/** Images shown one by one; more are summed up in a row. */
const ROWS_MAX = 40;
const NAME_WIDTH_MAX = 40;
const HEADINGS = ["image", "size", "zero", "distinct", "saved within"] as const;
const COMPRESSED_HEADING = "2:1";

/**
 * The report as text, lines of at most about 110 characters, no line end behind the last.
 *
 * @param palette  absent: no colours
 */
export function pagesReport(result: PagesResult, palette: PagesPalette = PLAIN): string {
  const { files } = result;
  const shown = files.length > ROWS_MAX ? largest(files) : files;
  const folder = commonFolder(files.map(({ file }) => file));
  const rows = shown.map((file) => [
    shorten(clean(file.file.slice(folder.length))),
    ...cells(file),
    kind(file),
  ]);
  if (shown.length < files.length) {
    const rest = files.filter((file) => !shown.includes(file));
    rows.push([`… and ${whole(rest.length)} smaller ones`, ...cells(sum(rest)), ""]);
  }
  const headings = [...HEADINGS, ...(result.total.compressed ? [COMPRESSED_HEADING] : []), ""];
  const table = align([headings, ...rows, ...(files.length > 1 ? [totalRow(result)] : [])]);
  const rule = "─".repeat(Math.max(...table.map((line) => line.length)));
  const body =
    files.length > 1
      ? [...table.slice(1, -1), palette.dim(rule), palette.bold(table.at(-1)!)]
      : table.slice(1);
  const where = folder === "" ? "" : ` in ${clean(folder)}`;
  const title = files.length > 1 ? [`${palette.bold(`${whole(files.length)} images`)}${where}`, ""] : [];
  const lines = [
    ...title,
    palette.dim(table[0]!),
    ...body,
    "",
    ...meaning(result, palette),
    "",
    palette.dim(speed(result)),
  ];
  return lines.join("\n");
}

/** Sharing inside each image alone: what the column says, summed up. */
function totalRow({ files, total }: PagesResult): string[] {
  const savedIntra = files.reduce((pages, file) => pages + file.savedIntra, 0);
  return ["all together", ...cells({ ...total, savedIntra }), ""];
}

/** The directory that all of several names begin with, and a slash; empty: none. */
function commonFolder(names: readonly string[]): string {
  const first = names.length > 1 ? names[0]! : "";
  let end = first.lastIndexOf("/") + 1;
  while (end > 0 && !names.every((name) => name.startsWith(first.slice(0, end)))) {
    end = first.lastIndexOf("/", end - 2) + 1;
  }
  return first.slice(0, end);
}

type Row = Omit<PagesFile, "file" | "form" | "compression" | "compressed"> & {
  readonly compressed?: Pick<PagesCompressed, "halfPages">;
};

function cells({ pages, zero, distinct, savedIntra, compressed }: Row): string[] {
  const counts = [bytes(pages), part(zero, pages), part(distinct, pages), part(savedIntra, pages)];
  return compressed === undefined ? counts : [...counts, bytes(compressed.halfPages)];
}

function kind({ form, compression }: PagesFile): string {
  const what = { raw: "raw", elf: "ELF core", u64: "fingerprints" }[form];
  return compression === "none" ? what : `${what}, ${compression}`;
}

function largest(files: readonly PagesFile[]): readonly PagesFile[] {
  const ranked = [...files.entries()].sort(([a, left], [b, right]) => right.pages - left.pages || a - b);
  const kept = new Set(ranked.slice(0, ROWS_MAX).map(([row]) => row));
  return files.filter((_, row) => kept.has(row));
}

function sum(files: readonly PagesFile[]): Row {
  const of = (key: "pages" | "zero" | "distinct" | "savedIntra") =>
    files.reduce((total, file) => total + file[key], 0);
  const counts = {
    pages: of("pages"),
    zero: of("zero"),
    distinct: of("distinct"),
    savedIntra: of("savedIntra"),
  };
  if (files[0]?.compressed === undefined) return counts;
  const halfPages = files.reduce((total, { compressed }) => total + (compressed?.halfPages ?? 0), 0);
  return { ...counts, compressed: { halfPages } };
}

/** The counts in words. */
function meaning({ files, total }: PagesResult, { strong, bold }: PagesPalette): string[] {
  const { pages, saved, savedNonzero, savedInterNonzero, sharedContentsNonzero, maxCopiesNonzero } = total;
  if (saved === 0)
    return [
      `${strong("Sharing saves nothing")}: ${pages === 1 ? "its one page is zero or alone" : `all ${whole(pages)} pages differ`}.`,
      ...compression(total),
    ];
  const facts: [string, number, string][] = [
    ["zero pages", saved - savedNonzero, `${whole(total.zero)} pages that could be one`],
    ["copies within an image", savedNonzero - savedInterNonzero, ""],
    ["copies across images", savedInterNonzero, ""],
  ];
  const rows = facts
    .filter(([, count]) => count > 0)
    .map(([what, count, note]) => [`  ${what}`, bytes(count), percent(count, pages), note]);
  const kept = bold(bytes(pages - saved));
  const lines = [
    `${strong(`Sharing saves ${bytes(saved)}`)} of ${bytes(pages)} (${percent(saved, pages)}): ${kept} would hold it all.`,
    ...align(rows),
  ];
  if (sharedContentsNonzero > 0) {
    const often = `${whole(sharedContentsNonzero)} nonzero contents occur more than once`;
    lines.push(
      `${often}, the most frequent ${whole(maxCopiesNonzero)} times; ${whole(total.singletonsNonzero)} occur once.`,
    );
  }
  if (files.length > 1) lines.push(advice(total, files));
  return [...lines, ...compression(total)];
}

/** What compressing adds to sharing. */
function compression({ distinct, zero, compressed }: PagesResult["total"]): string[] {
  if (compressed === undefined) return [];
  const { quarterPages, halfPages, halfBytes, unknownPages } = compressed;
  const left = distinct - (zero > 0 ? 1 : 0) - unknownPages;
  const unknown =
    unknownPages === 0 ? [] : [`${whole(unknownPages)} contents are fingerprints: no bytes to compress.`];
  if (left === 0) return unknown;
  const after = left - halfPages + Math.ceil(halfBytes / 4096);
  return [
    `Of the ${bytes(left)} left, ${bytes(halfPages)} (${percent(halfPages, left)}) compress 2:1 or better, ${percent(quarterPages, left)} 4:1; with those compressed, ${bytes(after)} hold it.`,
    ...unknown,
  ];
}

/** What putting the images on one host adds to sharing inside each. */
function advice({ pages, savedInterNonzero }: PagesResult["total"], files: readonly PagesFile[]): string {
  // One zero page serves the whole host instead of one per image.
  const withZeroPages = files.filter(({ zero }) => zero > 0).length;
  const across = savedInterNonzero + Math.max(0, withZeroPages - 1);
  const share = across / Math.max(1, pages);
  const what = `${bytes(across)} (${percent(across, pages)}) more than sharing inside each image alone`;
  if (share < 0.01) return `On one host they would save ${what}: these images have little in common.`;
  return `On one host they would save ${what}.`;
}

function speed({ total, bytesPerSecond }: PagesResult): string {
  const seconds = (total.pages * 4096) / Math.max(1, bytesPerSecond);
  const rate = `${(bytesPerSecond / 1e9).toFixed(2)} GB/s`;
  return `${whole(total.pages)} pages of 4 KiB in ${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(0)} s (${rate})`;
}

/** `1.5 GiB` of `pages` pages. */
function bytes(pages: number): string {
  let amount = pages * 4;
  for (const unit of ["KiB", "MiB", "GiB", "TiB"]) {
    if (amount < 1024 || unit === "TiB") {
      const digits = unit === "KiB" || amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
      return `${amount.toFixed(digits)} ${unit}`;
    }
    amount /= 1024;
  }
  return "";
}

function part(count: number, pages: number): string {
  if (count === 0) return "–";
  return `${bytes(count)} ${percent(count, pages).padStart(7)}`;
}

function percent(count: number, of: number): string {
  return `${of === 0 ? "0.0" : ((100 * count) / of).toFixed(1)} %`;
}

/** `1 234 567`. */
function whole(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Long paths keep their end. */
function shorten(name: string): string {
  const letters = [...name];
  return letters.length <= NAME_WIDTH_MAX ? name : `…${letters.slice(1 - NAME_WIDTH_MAX).join("")}`;
}

function clean(name: string): string {
  return name.replace(/\p{Cc}/gu, "?");
}

/** First column to the left, the last too if it holds words, the others to the right; two spaces between. */
function align(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? "")].length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = " ".repeat(widths[column]! - [...cell].length);
        return column === 0 || column === columns - 1 ? cell + space : space + cell;
      })
      .join("   ")
      .trimEnd(),
  );
}
