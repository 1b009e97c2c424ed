/** `ballast pages FILE…`: what page sharing would save over real memory images. */
import { type Command, Option } from "commander";
import { type PagesResult, pagesReport, type RunPagesProgress, runPages } from "../index.ts";
import { watchInterrupt } from "./interrupt.ts";
import { colors, statusLine } from "./terminal.ts";

interface PagesFlags {
  readonly json?: boolean;
  readonly form: "auto" | "raw" | "elf" | "u64";
  readonly quiet?: boolean;
  readonly compress?: boolean;
}

const NOTES_MAX = 8;
const PROGRESS_EVERY_MS = 100;

const HELP = `
FILE is a raw memory, an ELF core as QEMU's dump-guest-memory writes (also with
-p), or any file; plain, gzip or zstd. A directory stands for the files in it,
recursively. Form u64 has one 64-bit fingerprint a page, 0 for the zero page
(extensions .u64, .u64.gz, .u64.zst).

Examples:
  $ virsh dump --memory-only --live web1 /tmp/web1.core
  $ ballast pages /tmp/web1.core /tmp/web2.core.zst
  $ ballast pages --json dumps/ > dumps.json`;

/** The verb's arguments and options. */
export function registerPages(command: Command): void {
  command
    .argument("<FILE...>", "images, or directories of them")
    .addOption(
      new Option("--form <form>", "what the files hold")
        .choices(["auto", "raw", "elf", "u64"])
        .default("auto"),
    )
    .option("--compress", "how far what sharing leaves would compress, too")
    .option("--json", "print one JSON document on stdout and nothing else")
    .option("--quiet", "no progress, no notes")
    .addHelpText("after", HELP)
    .action(pages);
}

async function pages(files: readonly string[], { json, form, quiet, compress }: PagesFlags): Promise<void> {
  const interrupt = watchInterrupt();
  const progress = progressLine(quiet !== true);
  try {
    const result = await runPages(files, {
      form,
      compress,
      signal: interrupt.signal,
      onProgress: progress.show,
    });
    progress.clear();
    if (quiet !== true) printNotes(result);
    process.stdout.write(
      json === true ? `${JSON.stringify(result)}\n` : `${pagesReport(result, palette())}\n`,
    );
  } finally {
    progress.clear();
    interrupt.done();
  }
}

function palette(): Parameters<typeof pagesReport>[1] {
  const { bold, dim, green } = colors();
  return { bold, dim, strong: (text) => bold(green(text)) };
}

function printNotes({ warnings }: PagesResult): void {
  const shown = warnings.length > NOTES_MAX ? warnings.slice(0, NOTES_MAX - 1) : warnings;
  for (const text of shown) process.stderr.write(`note: ${text}\n`);
  if (shown.length < warnings.length) {
    process.stderr.write(`note: … and ${warnings.length - shown.length} more (\`warnings\` in --json)\n`);
  }
}

/** How far the images are, ten times a second. */
function progressLine(enabled: boolean): { show: (progress: RunPagesProgress) => void; clear: () => void } {
  const startMs = performance.now();
  const { show, clear } = statusLine(enabled);
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    clear,
    show({ fraction, file, filesDone, files, bytes }) {
      const nowMs = performance.now();
      if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
      shownMs = nowMs;
      const rate = (bytes / 1e6 / Math.max(1, nowMs - startMs)).toFixed(2);
      const percent = `${Math.floor(100 * fraction)} %`.padStart(5);
      const name = file.replace(/\p{Cc}/gu, "?");
      show(`${percent}  image ${Math.min(filesDone + 1, files)} of ${files}  ${rate} GB/s  ${name}`);
    },
  };
}
