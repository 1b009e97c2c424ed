/**
 * The exact optimum by HiGHS, where its package is installed: a linear program in whole numbers.
 *
 *   minimise  Σ y(b)                 x(i,b) = 1: item i is in bin b;  y(b) = 1: bin b is in use
 *   subject   Σb x(i,b) = 1          every item that fits any bin
 *             Σi size(i,d)·x(i,b) ≤ capacity(b,d)·y(b)
 *             y(b) ≥ y(b + 1)        bins of one kind, in a row: which of them is no matter
 *             x(i,b) = 0             where item i alone is too large; and, of alike bins, for the i-th item in bins behind i
 *
 * Numbers are written in units of each dimension. Source: Martello and Toth 1990, the assignment form.
 */
import { MissingPackageError } from "../demand/index.ts";
import type { ExactResult } from "./exact.ts";
import { fittingItems, lowerBound } from "./lower-bound.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN } from "./room.ts";

interface Highs {
  solve(
    model: string,
    options: Readonly<Record<string, unknown>>,
  ): { readonly Status: string; readonly Columns: Readonly<Record<string, { readonly Primal?: number }>> };
}

export interface HighsOptions {
  /** Seconds until it gives up; 30 if absent. */
  readonly seconds?: number;
}

/** So many terms in a line of a model. */
const TERMS = 8;

/**
 * Looks for the fewest bins.
 *
 * @param problem  without rules
 * @param start    a packing to begin from, all items that fit placed
 * @throws MissingPackageError if `highs` is not installed
 */
export async function highsPacking(
  problem: Problem,
  start: Int32Array,
  { seconds = 30 }: HighsOptions = {},
): Promise<ExactResult> {
  const used = new Set(start);
  used.delete(NO_BIN);
  const proved = { bins: used.size, isProved: true, assignment: start };
  if (used.size <= lowerBound(problem).bins) return proved;
  const highs = await loadHighs();
  const rows = Number.isFinite(problem.bins) ? problem.bins : used.size;
  const items = [...fittingItems(problem)];
  const { Status, Columns } = highs.solve(modelOf(problem, items, rows), {
    time_limit: seconds,
    output_flag: false,
  });
  if (Status !== "Optimal") return { ...proved, isProved: false };
  const assignment = new Int32Array(problem.items).fill(NO_BIN);
  for (const [name, { Primal = 0 }] of Object.entries(Columns)) {
    const [, item, bin] = /^x(\d+)_(\d+)$/.exec(name) ?? [];
    if (item !== undefined && Primal > 0.5) assignment[Number(item)] = Number(bin);
  }
  const found = new Set(assignment);
  found.delete(NO_BIN);
  return { bins: found.size, isProved: true, assignment };
}

async function loadHighs(): Promise<Highs> {
  // Named so that bundlers do not look for it.
  const name = "highs";
  let loaded: { readonly default: (options?: object) => Promise<Highs> };
  try {
    loaded = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as typeof loaded;
  } catch {
    throw new MissingPackageError(
      "exact placement by HiGHS: expected the package highs, got none; npm install highs",
    );
  }
  return loaded.default();
}

function modelOf(problem: Problem, items: readonly number[], rows: number): string {
  const { dimensions, sizes, capacities, units } = problem;
  const capacity = (bin: number, d: number): number =>
    capacities[(bin * dimensions + d) % capacities.length]!;
  const kind = (bin: number): string => Array.from({ length: dimensions }, (_, d) => capacity(bin, d)).join();
  const isUniform = new Set(Array.from({ length: rows }, (_, bin) => kind(bin))).size === 1;
  const bins = Array.from({ length: rows }, (_, bin) => bin);
  const may = (at: number, bin: number): boolean => {
    if (isUniform && bin > at) return false;
    return (
      capacities.length > 0 &&
      bins.length > 0 &&
      [...Array(dimensions).keys()].every((d) => {
        return sizes[items[at]! * dimensions + d]! <= capacity(bin, d) + problem.slack[d]!;
      })
    );
  };
  const lines: string[] = [];
  for (const [at, item] of items.entries()) {
    lines.push(sum(bins.filter((bin) => may(at, bin)).map((bin) => `x${item}_${bin}`)) + " = 1");
  }
  for (const bin of bins) {
    for (let d = 0; d < dimensions; d += 1) {
      const inside = [...items.entries()]
        .filter(([at, item]) => may(at, bin) && sizes[item * dimensions + d]! > 0)
        .map(([, item]) => `${written(sizes[item * dimensions + d]! / units[d]!)} x${item}_${bin}`);
      if (inside.length === 0) continue;
      lines.push(
        `${sum(inside)} - ${written((capacity(bin, d) + problem.slack[d]!) / units[d]!)} y${bin} <= 0`,
      );
    }
    if (bin + 1 < rows && kind(bin) === kind(bin + 1)) lines.push(`y${bin} - y${bin + 1} >= 0`);
  }
  // An item of nothing uses its bin too.
  for (const [at, item] of items.entries()) {
    for (const bin of bins) if (may(at, bin)) lines.push(`x${item}_${bin} - y${bin} <= 0`);
  }
  const names = [
    ...bins.map((bin) => `y${bin}`),
    ...items.flatMap((item, at) => bins.filter((bin) => may(at, bin)).map((bin) => `x${item}_${bin}`)),
  ];
  return `Minimize\n obj: ${sum(bins.map((bin) => `y${bin}`))}\nSubject To\n${lines
    .map((line, row) => ` c${row}: ${line}`)
    .join("\n")}\nBinary\n${grouped(names, " ")}\nEnd\n`;
}

function sum(terms: readonly string[]): string {
  return grouped(terms, " + ");
}

/** Joined, with a new line now and then: lines of a model are of limited length. */
function grouped(terms: readonly string[], between: string): string {
  const lines: string[] = [];
  for (let at = 0; at < terms.length; at += TERMS) lines.push(terms.slice(at, at + TERMS).join(between));
  return lines.join(`${between}\n  `);
}

function written(value: number): string {
  return String(Number(value.toPrecision(15)));
}
