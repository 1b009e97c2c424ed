/** Files from the user's disk: what would sharing their equal pages save? And images for VMs that name them. */
import { formatBytes, formatCount, formatPages, type PagesResult } from "../src/index.ts";
import { make } from "./dom.ts";
import type { Engine } from "./engine.ts";
import type { NamedFile } from "./protocol.ts";

const FILES_MAX = 2000;
const ROWS_MAX = 100;

/** The drop zone with its results. `files()` gives what was last dropped or chosen. */
export function dropZone(engine: Engine): { element: HTMLElement; files(): readonly File[] } {
  let files: readonly NamedFile[] = [];
  const chooser = make("input", { type: "file", multiple: true, ariaLabel: "Memory images, or any files" });
  const outcome = make("div", { ariaLive: "polite" });
  const zone = make(
    "div",
    { className: "zone" },
    make(
      "p",
      {},
      make("b", { textContent: "Drop memory images, or any files and folders, here" }),
      ": what would sharing their equal 4 KiB pages save? They stay on your machine.",
    ),
    chooser,
  );
  const count = async (dropped: readonly NamedFile[]): Promise<void> => {
    files = dropped.slice(0, FILES_MAX);
    if (files.length === 0) return;
    await countInto(outcome, engine, files);
    if (dropped.length > FILES_MAX)
      outcome.append(
        note(
          `Only the first ${formatCount(FILES_MAX)} of ${formatCount(dropped.length)} files were counted.`,
        ),
      );
  };
  chooser.addEventListener("change", () => {
    void count(Array.from(chooser.files ?? [], (file) => ({ name: file.name, file })));
  });
  const over = (on: boolean) => (event: DragEvent) => {
    event.preventDefault();
    zone.classList.toggle("over", on);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    chooser.value = ""; // what it names is not what counts any more
    if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(count);
  });
  // A file that misses the zone must not replace the page.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  return { element: make("div", {}, zone, outcome), files: () => files.map(({ file }) => file) };
}

const note = (text: string): HTMLElement => make("p", { className: "hint", textContent: text });

async function countInto(outcome: HTMLElement, engine: Engine, files: readonly NamedFile[]): Promise<void> {
  const bytes = files.reduce((total, { file }) => total + file.size, 0);
  const bar = make("progress", { max: Math.max(1, bytes), value: 0, ariaLabel: "Counted" });
  const cancel = make("button", { type: "button", textContent: "Cancel" });
  cancel.addEventListener("click", () => engine.stop());
  const now = note(`Counting ${formatBytes(bytes)} …`);
  outcome.replaceChildren(make("div", { className: "progress" }, bar, cancel), now);
  const answer = await engine.ask({ kind: "pages", files }, (progress) => {
    if (progress.kind !== "pages-progress") return;
    bar.value = progress.pages * 4096;
    now.textContent = `${progress.file}: ${formatPages(progress.pages)} of ${formatBytes(bytes)}`;
  });
  if (answer.kind === "counted") outcome.replaceChildren(...pagesView(answer.result));
  else if (answer.kind === "failed")
    outcome.replaceChildren(make("p", { className: "bad", textContent: answer.message }));
}

const share = (part: number, whole: number): string =>
  whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;

function pagesView({ files, total, warnings, bytesPerSecond }: PagesResult): HTMLElement[] {
  const within = total.savedNonzero - total.savedInterNonzero;
  const zero = total.saved - total.savedNonzero;
  const insight = make(
    "p",
    { className: "insight" },
    "Sharing would save ",
    make("b", { textContent: `${formatPages(total.saved)} of ${formatPages(total.pages)}` }),
    ` (${share(total.saved, total.pages)}): ${formatPages(zero)} in zero pages, ${formatPages(within)} in equal pages ` +
      `within a file, ${formatPages(total.savedInterNonzero)} across files.`,
  );
  const titles = ["file", "size", "zero", "distinct", "saved within"];
  const rows = files.slice(0, ROWS_MAX).map((row) => {
    const cells = [row.pages, row.zero, row.distinct, row.savedIntra].map((pages) =>
      make("td", { textContent: formatPages(pages) }),
    );
    return make("tr", {}, make("th", { scope: "row", textContent: row.file }), ...cells);
  });
  const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col", textContent: title })));
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  const more = files.length - rows.length;
  return [
    insight,
    make("div", { className: "wide" }, table),
    ...(more > 0 ? [note(`and ${formatCount(more)} more files`)] : []),
    ...remarks(warnings).map(note),
    note(
      `Read and counted at ${formatBytes(bytesPerSecond)}/s. In a scenario, image: { file: NAME } takes a dropped file.`,
    ),
  ];
}

const WARNINGS_MAX = 10;

/** Most files end within a page; that is worth one line. */
function remarks(warnings: readonly string[]): string[] {
  const padded = warnings.filter((text) => text.endsWith("the last page is padded with zeros"));
  const others = warnings.filter((text) => !padded.includes(text)).slice(0, WARNINGS_MAX);
  if (padded.length === 0) return others;
  const files = padded.length === 1 ? "1 file ends" : `${formatCount(padded.length)} files end`;
  return [...others, `${files} within a page; the rest of that page counts as zeros.`];
}

/** Files of a drop, folders walked. */
async function droppedFiles(transfer: DataTransfer): Promise<NamedFile[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.());
  const plain = Array.from(transfer.files, (file) => ({ name: file.name, file }));
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const found: NamedFile[] = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: NamedFile[]): Promise<void> {
  if (found.length > FILES_MAX) return;
  if (entry.isFile) {
    const file = await new Promise<File | undefined>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(undefined)),
    );
    if (file) found.push({ name: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (batch.length === 0) return;
    for (const each of batch) await walk(each, found);
  }
}
