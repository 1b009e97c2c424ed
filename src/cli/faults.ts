/** `ballast faults TRACE`: replacement policies on a page reference trace. */
import { type Command, Option } from "commander";
import {
  faultsReport,
  nearest,
  REPLACEMENT_POLICIES,
  type ReplacementPolicy,
  type RunFaultsProgress,
  runFaults,
  TRACE_FORMATS,
  type TraceFormat,
  type TraceSource,
} from "../index.ts";
import { UsageError } from "./fail.ts";
import { watchInterrupt } from "./interrupt.ts";
import { colors, reportWidth, statusLine } from "./terminal.ts";

interface FaultsFlags {
  readonly frames?: string;
  readonly policy?: string;
  readonly format: TraceFormat | "auto";
  readonly lenient?: boolean;
  readonly seed?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const PROGRESS_EVERY_MS = 100;

const HELP = `
TRACE holds one reference a line, plain or gzip; - is standard input. The first
line tells the form:
  packed   0041fR          5 hex digits of the page, R or W
  address  0041f7a0 W      hex byte address, R or W
  page     41f S           hex page number, I L S or M
  lackey    L 1ffe50,8     as valgrind's lackey prints it
W, S and M write. With --format page or address a line may have any of the six
letters. Policies: ${REPLACEMENT_POLICIES.join(" ")}, or all.

Examples:
  $ ballast faults program.trace.gz --frames 64,128,256
  $ ballast faults program.trace.gz --frames 64 --policy all --json
  $ valgrind --tool=lackey --trace-mem=yes ls 2>&1 | ballast faults -`;

/** The verb's arguments and options. */
export function registerFaults(command: Command): void {
  command
    .argument("<TRACE>", "a file, or - for standard input")
    .option("--frames <list>", "numbers of frames, such as 64,128 (default: powers of two)")
    .option("--policy <list>", "policies, such as lru,clock (default: lru,fifo,clock,opt)")
    .addOption(
      new Option("--format <format>", "what a line is").choices(["auto", ...TRACE_FORMATS]).default("auto"),
    )
    .option("--lenient", "leave bad lines out, and say how many")
    .option("--seed <n>", "of the policy random (default: 1)")
    .option("--json", "print one JSON document on stdout and nothing else")
    .option("--quiet", "no progress, no notes")
    .addHelpText("after", HELP)
    .action(faults);
}

async function faults(path: string, flags: FaultsFlags): Promise<void> {
  const { json = false, quiet = false, lenient = false } = flags;
  const frames = flags.frames === undefined ? undefined : flags.frames.split(",").map(framesOf);
  const policies = flags.policy === undefined ? undefined : policiesOf(flags.policy);
  const seed = flags.seed === undefined ? undefined : seedOf(flags.seed);
  const format = flags.format === "auto" ? undefined : flags.format;
  const isInput = path === "-";
  const source: TraceSource = isInput ? { name: "standard input", chunks: process.stdin } : { path };
  // Whoever feeds a pipe may never send more.
  const interrupt = watchInterrupt(() => isInput && process.stdin.destroy());
  const { signal } = interrupt;
  const progress = progressLine(!quiet);
  try {
    const options = { frames, policies, seed, format, lenient, signal, onProgress: progress.show };
    const result = await runFaults(source, options);
    progress.clear();
    if (!quiet) for (const text of result.warnings) process.stderr.write(`note: ${text}\n`);
    process.stdout.write(
      `${json ? JSON.stringify(result) : faultsReport(result, { width: reportWidth(), paint: colors() })}\n`,
    );
  } finally {
    progress.clear();
    if (isInput) process.stdin.destroy();
    interrupt.done();
  }
}

function framesOf(text: string): number {
  const frames = Number(text);
  if (/^\s*\d+\s*$/.test(text) && Number.isSafeInteger(frames) && frames >= 1) return frames;
  throw new UsageError(
    `--frames: expected whole numbers of at least 1, such as 64,128, got ${text.trim() || "nothing"}`,
  );
}

function policiesOf(text: string): ReplacementPolicy[] {
  const asked = text.split(",").map((name) => name.trim().toLowerCase());
  return asked.flatMap((name): readonly ReplacementPolicy[] => {
    if (name === "all") return REPLACEMENT_POLICIES;
    const found = REPLACEMENT_POLICIES.find((policy) => policy === name);
    if (found !== undefined) return [found];
    const meant = nearest(name, REPLACEMENT_POLICIES);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new UsageError(
      `--policy: expected any of ${REPLACEMENT_POLICIES.join(", ")}, or all, got ${name || "nothing"}${hint}`,
    );
  });
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new UsageError(`--seed: expected a whole number, got ${text || "nothing"}`);
}

/** What is being done and how far it is, ten times a second. */
function progressLine(enabled: boolean): { show: (progress: RunFaultsProgress) => void; clear: () => void } {
  const { show, clear } = statusLine(enabled);
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    clear,
    show({ fraction, doing }) {
      const nowMs = performance.now();
      if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
      shownMs = nowMs;
      const percent = fraction === undefined ? "" : `${Math.floor(100 * fraction)} %`.padStart(5);
      show(`${percent}  ${doing}`);
    },
  };
}
