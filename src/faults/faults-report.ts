/** What `ballast faults` prints for people: what the trace is, faults and write-backs by policy, LRU's curve. */
import { log } from "../number/power.ts";
import type { Column } from "../report/columns.ts";
import { formatCount, formatPages, formatPercent, plural } from "../report/format.ts";
import { visible } from "../report/names.ts";
import { sparkline } from "../report/sparkline.ts";
import { type Paint, plain, table } from "../report/table.ts";
import type { ReplacementFaults, ReplacementPolicy } from "./replacement.ts";
import type { FaultsResult } from "./run-faults.ts";

export interface FaultsReportOptions {
  /** Columns of the terminal; 100 if absent. */
  readonly width?: number;
  readonly paint?: Paint;
}

/** A number of frames, and what each policy makes of it. */
interface FramesRow {
  readonly frames: number;
  readonly of: ReadonlyMap<ReplacementPolicy, ReplacementFaults>;
}

const WIDTH_ABSENT = 100;
const CURVE_WIDTH_MAX = 64;

/** The report as text, no line end behind the last. */
export function faultsReport(result: FaultsResult, options: FaultsReportOptions = {}): string {
  const { width = WIDTH_ABSENT, paint = plain } = options;
  const rows = rowsOf(result.results);
  const policies = [...new Set(result.results.map(({ policy }) => policy))];
  const tableOf = (title: string, key: "faults" | "writeBacks"): string[] => {
    const columns = columnsOf(policies, key);
    const { lines, hidden } = table(columns, rows, { width, paint });
    const more = hidden.length === 0 ? [] : [`no room for: ${hidden.join(", ")}`];
    return [paint.bold(title), ...lines, ...more, ""];
  };
  return [
    ...heading(result, paint),
    "",
    ...tableOf("faults", "faults"),
    ...tableOf("write-backs", "writeBacks"),
    ...meaning(result),
    ...curve(result, width),
  ].join("\n");
}

function heading({ trace }: FaultsResult, paint: Paint): string[] {
  const { file, format, compression, references, reads, writes, distinct, skippedLines } = trace;
  const how = compression === "none" ? format : `${format}, ${compression}`;
  const lines = [
    `${paint.bold(visible(file))}  ${paint.dim(how)}`,
    `${plural(references, "reference")} to ${plural(distinct, "page")} (${formatPages(distinct)}): ` +
      `${plural(reads, "read")}, ${plural(writes, "write")} (${formatPercent(writes, references)})`,
  ];
  if (skippedLines > 0) lines.push(paint.yellow(`${plural(skippedLines, "bad line")} left out`));
  return lines;
}

function rowsOf(results: readonly ReplacementFaults[]): FramesRow[] {
  const rows = new Map<number, Map<ReplacementPolicy, ReplacementFaults>>();
  for (const result of results) {
    const row = rows.get(result.frames) ?? new Map();
    rows.set(result.frames, row.set(result.policy, result));
  }
  return [...rows].map(([frames, of]) => ({ frames, of }));
}

function columnsOf(
  policies: readonly ReplacementPolicy[],
  key: "faults" | "writeBacks",
): Column<FramesRow>[] {
  const frames: Column<FramesRow> = {
    title: "frames",
    kind: "count",
    rank: 0,
    about: "Frames of 4 KiB.",
    value: (row) => row.frames,
  };
  const size: Column<FramesRow> = {
    title: "memory",
    kind: "pages",
    rank: 2,
    about: "The same in bytes.",
    value: (row) => row.frames,
  };
  const counts = policies.map(
    (policy, index): Column<FramesRow> => ({
      title: policy,
      kind: "count",
      rank: index === 0 ? 0 : 3 + index,
      about: `With the policy ${policy}.`,
      value: (row) => row.of.get(policy)![key],
    }),
  );
  return [frames, size, ...counts];
}

/** What the counts say, in sentences. */
function meaning({ trace, results, lruFrames }: FaultsResult): string[] {
  const first = formatPercent(trace.distinct, trace.references);
  const lines = [
    `${plural(trace.distinct, "fault")} (${first}) are first references, which no policy avoids.`,
  ];
  for (const { faultsPpm, frames } of lruFrames) {
    if (frames === null) continue;
    const pages = `${plural(frames, "frame")} (${formatPages(frames)})`;
    lines.push(`LRU faults on less than ${faultsPpm / 1e4} % of references from ${pages} on.`);
  }
  return [...lines, ...anomalies(results)];
}

/** Where more frames made more faults. */
function anomalies(results: readonly ReplacementFaults[]): string[] {
  const ordered = results.filter(({ policy }) => policy !== "random").toSorted((a, b) => a.frames - b.frames);
  const policies = new Set(ordered.map(({ policy }) => policy));
  return [...policies].flatMap((name) => {
    const own = ordered.filter(({ policy }) => policy === name);
    const at = own.findIndex((row, index) => index > 0 && row.faults > own[index - 1]!.faults);
    if (at < 0) return [];
    const [few, many] = [own[at - 1]!, own[at]!];
    const counts = `${formatCount(many.faults)} with ${many.frames} frames, ${formatCount(few.faults)} with ${few.frames}`;
    return [`${name} faults more with more frames: ${counts} (Belady's anomaly).`];
  });
}

/** LRU's faults above the first references, both axes logarithmic. */
function curve({ trace, lruCurve }: FaultsResult, width: number): string[] {
  if (trace.distinct < 8) return [];
  const across = Math.min(CURVE_WIDTH_MAX, width - 30);
  const at = lruCurve.map(({ frames }) => log(frames));
  const heights = lruCurve.map(({ faults }) => log(1 + faults - trace.distinct));
  const ends = `${formatCount(1)} … ${formatCount(trace.distinct)} frames`;
  return ["", `LRU's faults, ${ends}, both logarithmic`, sparkline(at, heights, across)];
}
