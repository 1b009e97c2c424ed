/**
 * What becomes of a bench's results: a table on stdout, and `bench/results/*.json` with what one must know to read the
 * numbers later: commit, CPU, Node, date.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface CaseResult {
  readonly name: string;
  /** Median of rounds, of one call. */
  readonly ns: number;
  readonly bytesPerSecond?: number;
}

export interface RatioResult {
  readonly name: string;
  /** Median over rounds of the ratio within a round; null if no round was fit to judge by. */
  readonly ratio: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Rounds that were fit to judge by. */
  readonly rounds: number;
  /** The goal; absent if none is set. */
  readonly atLeast?: number;
}

export interface RunResult {
  readonly title: string;
  readonly rounds: number;
  readonly clock: string;
  readonly cases: readonly CaseResult[];
  readonly ratios: readonly RatioResult[];
}

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const runs: RunResult[] = [];

/** Prints a run, and writes all runs of this process so far to the bench's result file. */
export function publish(result: RunResult): void {
  runs.push(result);
  console.log(table(result));
  const file = join(FOLDER, "results", `${benchName()}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ bench: benchName(), ...machine(), runs }, rounded, 2)}\n`);
}

/** A run as text: cases with their speed, then ratios with their goals. */
export function table({ title, rounds, clock, cases, ratios }: RunResult): string {
  const lines = [`\n${title}   (${rounds} rounds, ${clock} time)`];
  for (const { name, ns, bytesPerSecond } of cases) {
    const speed =
      bytesPerSecond === undefined ? "" : `${(bytesPerSecond / 1e9).toFixed(2).padStart(10)} GB/s`;
    lines.push(`  ${name.padEnd(44)}${duration(ns).padStart(12)}${speed}`);
  }
  for (const { name, ratio, min, max, atLeast, rounds: fit } of ratios) {
    // A few lucky rounds of a busy machine decide nothing.
    const judged = ratio !== null && 2 * fit >= rounds;
    const verdict = !judged ? "not judged" : ratio >= (atLeast ?? 0) ? "met" : "MISSED";
    const goal = atLeast === undefined ? "" : `   goal ${atLeast}  ${verdict}`;
    const spread = `${min?.toFixed(2)} … ${max?.toFixed(2)}`;
    const share = fit === rounds ? spread : `${spread}, ${fit} of ${rounds} rounds`;
    const shown = ratio === null ? "—".padStart(12) : `${ratio.toFixed(3).padStart(12)}   (${share})`;
    lines.push(`  ${name.padEnd(44)}${shown}${goal}`);
  }
  return lines.join("\n");
}

function duration(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(1)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)} µs`;
  return `${(ns / 1e6).toFixed(2)} ms`;
}

/** `memory-page-hash` for `bench/memory/page-hash.bench.ts`. */
function benchName(): string {
  return relative(FOLDER, process.argv[1]!)
    .replace(/\.bench\.ts$/, "")
    .replaceAll(/[^a-z0-9]+/g, "-");
}

/** What one must know of commit and machine to read a number later. */
export function machine(): Record<string, unknown> {
  const processors = cpus();
  return {
    commit: git("rev-parse", "--short", "HEAD") || "unknown",
    // Numbers of a tree that no commit holds can be read, but not repeated.
    modified: git("status", "--porcelain", "--", ":/assembly", ":/src", ":/bench", ":!/bench/results") !== "",
    cpu: processors[0]?.model.trim() ?? "unknown",
    processors: processors.length,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, {
      cwd: FOLDER,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

/** Four digits are more than any of these numbers is worth. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
