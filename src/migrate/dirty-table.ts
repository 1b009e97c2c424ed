/**
 * Dirtying from tables of counts, which say how many pages were written but not which.
 *
 *   per interval   t_ms, dirty_pages, new_pages, cumulative_distinct_pages      (`NAME.csv` of the measurements)
 *   per window     [program,] window_ms, mean_distinct_dirty_pages, min, max    (`wws_windows.csv`)
 *
 * Per interval, the pages of a longer window are estimated: new ones all count, those seen before are the same again and
 * again, as programs do (bitmaps of the same runs agree within 15 % up to 5 s, as if at random would be twice too high).
 * At least the largest interval, at most the sum.
 *
 *   D = Σ new_i + max(old_i)
 *
 * Cost: O(rows).
 */
import { TraceError } from "../trace/index.ts";
import type { CurvePoint, Dirtying } from "./dirtying.ts";
import { curved } from "./dirtying.ts";

type Row = ReadonlyMap<string, number>;

/** Mean curve, and the least and largest window where the table has them. */
export interface CurveBand {
  readonly mean: Dirtying;
  readonly low: Dirtying;
  readonly high: Dirtying;
}

/**
 * Reads a table of either form.
 *
 * Throws TraceError with the line.
 *
 * @param program  which one, where the table has several
 */
export function parseDirtyTable(text: string, name: string, program?: string): CurveBand {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const head = (lines[0] ?? "").split(",").map((cell) => cell.trim());
  const fault = (line: number, expected: string, got: string): TraceError =>
    new TraceError({ file: name, line, expected, got });
  const isWindows = head.includes("window_ms");
  const wanted = isWindows ? ["window_ms", "mean_distinct_dirty_pages"] : ["t_ms", "dirty_pages"];
  const missing = wanted.filter((column) => !head.includes(column));
  if (missing.length > 0) {
    const expected = isWindows
      ? `a column ${missing.join(", ")}`
      : "a DTZ1 series, or columns t_ms, dirty_pages or window_ms, mean_distinct_dirty_pages";
    throw fault(1, expected, lines[0]!.trim() === "" ? "nothing" : lines[0]!.slice(0, 60));
  }
  const programAt = head.indexOf("program");
  const programs = new Set<string>();
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== head.length) throw fault(index + 1, `${head.length} columns`, String(cells.length));
    if (programAt >= 0) programs.add(cells[programAt]!);
    if (programAt >= 0 && program !== undefined && cells[programAt] !== program) continue;
    rows.push(
      numbersOf(head, cells, programAt, (column, got) => fault(index + 1, `a number in ${column}`, got)),
    );
  }
  if (programAt >= 0 && rows.length === 0 && program !== undefined) {
    throw fault(1, `one of ${[...programs].join(", ")}`, program);
  }
  if (programAt >= 0 && program === undefined && programs.size > 1) {
    throw fault(1, `--program ${[...programs].join("|")}`, "none, of several");
  }
  if (rows.length < (isWindows ? 1 : 2)) throw fault(1, "rows below the heading", String(rows.length));
  return isWindows ? windowCurves(rows, fault) : intervalCurves(rows, fault);
}

function numbersOf(
  head: readonly string[],
  cells: readonly string[],
  skip: number,
  fault: (column: string, got: string) => TraceError,
): Row {
  const row = new Map<string, number>();
  for (const [column, cell] of cells.entries()) {
    if (column === skip) continue;
    const value = Number(cell);
    if (cell === "" || !(value >= 0 && value < Infinity)) throw fault(head[column]!, cell || "nothing");
    row.set(head[column]!, value);
  }
  return row;
}

type Fault = (line: number, expected: string, got: string) => TraceError;

function windowCurves(rows: readonly Row[], fault: Fault): CurveBand {
  const sorted = rows.toSorted((a, b) => a.get("window_ms")! - b.get("window_ms")!);
  const curve = (column: string): Dirtying => {
    let most = 0;
    return curved(
      sorted.map((row) => {
        most = Math.max(most, row.get(column) ?? row.get("mean_distinct_dirty_pages")!);
        return { seconds: row.get("window_ms")! / 1000, pages: most };
      }),
    );
  };
  for (const [index, row] of sorted.entries()) {
    const before = index === 0 ? 0 : sorted[index - 1]!.get("window_ms")!;
    if (!(row.get("window_ms")! > before))
      throw fault(1, "windows of different lengths above 0", `${before} ms twice`);
  }
  return { mean: curve("mean_distinct_dirty_pages"), low: curve("min"), high: curve("max") };
}

interface Interval {
  readonly seconds: number;
  readonly dirty: number;
  readonly fresh: number;
  /** Ever written, before it. */
  readonly seen: number;
}

function intervalCurves(rows: readonly Row[], fault: Fault): CurveBand {
  const intervals: Interval[] = [];
  for (let index = 1; index < rows.length; index += 1) {
    const [before, row] = [rows[index - 1]!, rows[index]!];
    const seconds = (row.get("t_ms")! - before.get("t_ms")!) / 1000;
    if (!(seconds > 0))
      throw fault(index + 2, "a later time than in the row before", `${row.get("t_ms")} ms`);
    const dirty = row.get("dirty_pages")!;
    const fresh = Math.min(dirty, row.get("new_pages") ?? 0);
    const seen = Math.max(before.get("cumulative_distinct_pages") ?? dirty, dirty - fresh);
    intervals.push({ seconds, dirty, fresh, seen });
  }
  const lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500].filter((count) => count < intervals.length);
  lengths.push(intervals.length);
  const points = lengths.map((count) => estimate(intervals, count));
  const curve = (which: "mean" | "low" | "high"): Dirtying =>
    curved(rising(points.map((point) => ({ seconds: point.seconds, pages: point[which] }))));
  return { mean: curve("mean"), low: curve("low"), high: curve("high") };
}

/** Mean over windows of so many intervals: estimate, the least and the most it can be. */
function estimate(
  intervals: readonly Interval[],
  count: number,
): { seconds: number; mean: number; low: number; high: number } {
  let [windows, seconds, mean, low, high] = [0, 0, 0, 0, 0];
  for (let first = 0; first + count <= intervals.length; first += count) {
    let [old, fresh, most, sum, span] = [0, 0, 0, 0, 0];
    for (const one of intervals.slice(first, first + count)) {
      old = Math.max(old, one.dirty - one.fresh);
      fresh += one.fresh;
      most = Math.max(most, one.dirty);
      sum += one.dirty;
      span += one.seconds;
    }
    const seen = intervals[first]!.seen;
    windows += 1;
    seconds += span;
    low += Math.max(most, fresh);
    high += Math.min(sum, seen + fresh);
    mean += Math.min(sum, seen + fresh, fresh + old);
  }
  return { seconds: seconds / windows, mean: mean / windows, low: low / windows, high: high / windows };
}

function rising(points: readonly CurvePoint[]): CurvePoint[] {
  let most = 0;
  return points.map(({ seconds, pages }) => {
    most = Math.max(most, pages);
    return { seconds, pages: most };
  });
}
