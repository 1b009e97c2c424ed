/**
 * Writable working sets: distinct pages per window, and the downtime they mean per bandwidth and number of rounds.
 *
 *   pages(w)        distinct pages written in windows of w, one behind the other
 *   downtime(b, n)  n rounds of pre-copy begun at each point of the program, then the rest at b:
 *                   V₀ = the pages it has    V_{i+1} = written during V_i / b    downtime = V_n / b
 *
 * Source: Clark et al., NSDI 2005, §4.2, Figures 2 to 6 (known, not read; there windows of 50 ms, 128 to 512 Mbit/s).
 * Cost: O(pages written) per start, bandwidth and round.
 */
import { pageBytes, type Reading, readBitsPerSecond, readBytes } from "../scenario/units.ts";
import { replay } from "./dirty-replay.ts";
import type { DirtySeries } from "./dirty-series.ts";
import type { CurvePoint } from "./dirtying.ts";
import { MigrationError } from "./fault.ts";

/** Mean and bounds of several windows or starts. */
export interface Spread {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export interface WindowPages {
  readonly windowNs: number;
  readonly windows: number;
  readonly pages: Spread;
}

export interface PredictedDowntime {
  readonly bandwidthBitsPerS: number;
  /** Of pre-copy, before the guest stands still. */
  readonly rounds: number;
  readonly downtimeNs: Spread;
}

const SAMPLES_PER_WINDOW = [1, 2, 5, 10, 20, 50, 100];
/** Starts of a migration that are tried, at most. */
const STARTS_MAX = 32;

/** Distinct pages in windows of 1, 2, 5 … 100 intervals, as many as fit one behind the other. */
export function windowPages(series: DirtySeries): WindowPages[] {
  const dirtying = replay(series);
  const { samples } = series;
  const interval = series.seconds / samples.length;
  return SAMPLES_PER_WINDOW.filter((count) => count <= samples.length).map((count) => {
    const pages: number[] = [];
    let fromS = 0;
    for (let first = 0; first + count <= samples.length; first += count) {
      const seconds = samples.slice(first, first + count).reduce((sum, sample) => sum + sample.seconds, 0);
      pages.push(dirtying.distinct(fromS, seconds));
      fromS += seconds;
    }
    // The interval as it was meant: clocks of measurements are a few milliseconds off.
    const windowNs = Math.round(interval * 100) * 1e7 * count;
    return { windowNs, windows: pages.length, pages: spreadOf(pages) };
  });
}

/** The mean curve of windows, as a way to dirty: `curve` of a migration. */
export function curveOf(windows: readonly WindowPages[], which: keyof Spread = "mean"): CurvePoint[] {
  let most = 0;
  return windows.map(({ windowNs, pages }) => {
    most = Math.max(most, pages[which]);
    return { seconds: windowNs / 1e9, pages: most };
  });
}

/**
 * Predicts downtimes as the figures do.
 *
 * @param memoryPages  sent in the first round
 * @param roundsMax    of pre-copy; every number from 0 on is told
 */
export function predictDowntimes(
  series: DirtySeries,
  options: {
    readonly bandwidthsBitsPerS: readonly number[];
    readonly roundsMax: number;
    readonly memoryPages: number;
  },
): PredictedDowntime[] {
  const dirtying = replay(series);
  const starts = Math.min(STARTS_MAX, series.samples.length);
  return options.bandwidthsBitsPerS.flatMap((bits) => {
    const pagesPerS = bits / 8 / pageBytes;
    const downtimes: number[][] = Array.from({ length: options.roundsMax + 1 }, () => []);
    for (let start = 0; start < starts; start += 1) {
      let nowS = (start / starts) * series.seconds;
      let left = options.memoryPages;
      for (const ofRound of downtimes) {
        ofRound.push(Math.round((left / pagesPerS) * 1e9));
        const span = left / pagesPerS;
        left = dirtying.distinct(nowS, span);
        nowS += span;
      }
    }
    return downtimes.map((ns, rounds) => ({ bandwidthBitsPerS: bits, rounds, downtimeNs: spreadOf(ns) }));
  });
}

/** What a series says of a program's writable working set. */
export interface WorkingSetResult {
  readonly trace: string;
  readonly seconds: number;
  readonly distinctPages: number;
  readonly windows: readonly WindowPages[];
  readonly memoryPages: number;
  readonly downtimes: readonly PredictedDowntime[];
}

/**
 * Windows and predicted downtimes of a series, as the paper's figures have them.
 *
 * Throws MigrationError for words that are none.
 *
 * @param words  `memory`, 512MiB if absent, and bandwidths: 128, 256 and 512 Mbit/s
 */
export function workingSetOf(
  series: DirtySeries,
  words: { readonly memory?: string; readonly bandwidths?: readonly string[] } = {},
): WorkingSetResult {
  const { memory = "512MiB", bandwidths = ["128Mbit/s", "256Mbit/s", "512Mbit/s"] } = words;
  const bytes = above0("memory", memory, readBytes);
  const bandwidthsBitsPerS = bandwidths.map((text) => above0("bandwidth", text, readBitsPerSecond));
  const memoryPages = bytes / pageBytes;
  const distinctPages = replay(series).hotPages;
  if (distinctPages > memoryPages) {
    const expected = `at least the trace's ${distinctPages} pages`;
    throw new MigrationError([{ path: "memory", expected, got: memory }]);
  }
  const downtimes = predictDowntimes(series, { bandwidthsBitsPerS, roundsMax: 4, memoryPages });
  const { name: trace, seconds } = series;
  return { trace, seconds, distinctPages, windows: windowPages(series), memoryPages, downtimes };
}

function above0(path: string, text: string, read: (text: string) => Reading): number {
  const value = read(text);
  if (typeof value === "number" && value > 0) return value;
  const expected = typeof value === "number" ? "more than 0" : value.expected;
  throw new MigrationError([{ path, expected, got: text }]);
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, min: Math.min(...values), max: Math.max(...values) };
}
