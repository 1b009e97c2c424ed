/**
 * Utilization over time, as monitoring writes it, to a duty cycle:
 *
 *   time,utilization        loop 500 [ run 2.5ms  timer 10ms ]     25 % for 5 s
 *   0,25%                   timer 5s                               nothing for 5 s
 *   5,0%                    loop for ever [ run 10ms  timer 10ms ]
 *   10,100%
 *
 * Each row holds until the next, the last for ever. One thread a vCPU does so; a thread that is late catches up, so that
 * no work is lost. Times are seconds or have a unit; utilization is a percentage or a fraction of all vCPUs, or a column
 * `vcpus` says how many are busy.
 */
import type { Path } from "./fault.ts";
import { printable } from "./fault.ts";
import { formatNs } from "./format.ts";
import { nearest } from "./nearest.ts";
import { addThreads, type Node } from "./program.ts";
import type { TraceContext } from "./trace.ts";
import { readNs, readPpm } from "./units.ts";

/** Work and rest take turns within this time. */
const periodNs = 10_000_000;
const blankHint = "with gaps: hold the row before holds";
/** More faults of one file are echoes. */
const faultsMax = 20;

interface Row {
  readonly line: number;
  readonly timeNs: number;
  /** Part of each vCPU. */
  readonly ppm: number;
}

/** What a row is read with; `fail` files a fault. */
interface Reader {
  readonly time: number;
  readonly load: number;
  readonly isVcpus: boolean;
  readonly vcpus: number;
  /** Cells of the header, and so of every row. */
  readonly cells: number;
  readonly fail: Fail;
  /** Time of the row before; undefined: there is none. */
  lastNs: number | undefined;
}

type Fail = (line: number, column: number, expected: string, got: string, hint?: string) => undefined;

/** Adds the threads of a CSV trace. */
export function addCpuTrace(text: string, file: string, path: Path, context: TraceContext): void {
  let faults = 0;
  const fail: Fail = (line, column, expected, got, hint) => {
    faults += 1;
    const fault = { file, path, line, column, expected, got, ...(hint === undefined ? {} : { hint }) };
    if (faults <= faultsMax) context.sink.fault(fault);
    return undefined;
  };
  const rows = readRows(text, context, fail);
  if (rows === undefined || faults > 0) return;
  const nodes = nodesOf(rows, context);
  if (nodes.length > 0) addThreads(context.draft, context.vcpus, context.startNs, nodes);
}

function readRows(text: string, { vcpus, holdsGaps }: TraceContext, fail: Fail): readonly Row[] | undefined {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const isContent = (line: string) => line.trim() !== "" && !line.trimStart().startsWith("#");
  const head = lines.findIndex(isContent);
  if (head < 0) return fail(1, 1, "a header such as time,utilization", "an empty file");
  const names = cellsOf(lines[head]!).map(({ text }) =>
    text.toLowerCase().replace("utilisation", "utilization"),
  );
  const time = names.indexOf("time");
  const isLoad = (name: string) => name === "utilization" || name === "vcpus";
  const load = names.findIndex(isLoad);
  if (time < 0 || load < 0) {
    const wanted = time < 0 ? ["time"] : ["utilization", "vcpus"];
    const meant = names.find((name) => nearest(name, wanted) !== undefined);
    const isOther = names.length === 1 && /[;\t|]/.test(names[0]!);
    const asked = meant === undefined ? undefined : `is ${printable(meant)} meant?`;
    const hint = isOther ? "cells are separated by commas" : asked;
    return fail(head + 1, 1, `a column ${wanted.join(" or ")}`, printable(lines[head]!.trim()), hint);
  }
  if (names.lastIndexOf("time") !== time || names.filter(isLoad).length > 1) {
    return fail(head + 1, 1, "one column time and one utilization or vcpus", printable(lines[head]!.trim()));
  }
  const isVcpus = names[load] === "vcpus";
  const reader: Reader = { time, load, isVcpus, vcpus, cells: names.length, fail, lastNs: undefined };
  const body = lines.slice(head + 1, lines.findLastIndex(isContent) + 1);
  if (!holdsGaps) {
    const begin = body.findIndex(isContent);
    for (const [i, line] of body.entries()) {
      if (i > begin && line.trim() === "") fail(head + 2 + i, 1, "a row", "a blank line", blankHint);
    }
  }
  const rows = body.flatMap((line, i) => (isContent(line) ? readRow(line, head + 2 + i, reader) : []));
  if (body.length === 0) return fail(head + 1, 1, "rows below the header", "none");
  if (!holdsGaps && rows.length > 0) findHoles(rows, fail);
  return rows;
}

function cellsOf(line: string): { readonly text: string; readonly column: number }[] {
  let column = 1;
  return line.split(",").map((cell) => {
    const text = cell.trim().replace(/^"(.*)"$/, "$1");
    const found = { text, column: column + (cell.length - cell.trimStart().length) };
    column += cell.length + 1;
    return found;
  });
}

/** The row, or nothing where it has a fault; a time that can be read counts for the next row all the same. */
function readRow(text: string, line: number, reader: Reader): Row | readonly [] {
  const cells = cellsOf(text);
  const end = { text: "", column: text.length + 1 };
  const time = cells[reader.time] ?? end;
  const load = cells[reader.load] ?? end;
  const { lastNs: last, fail } = reader;
  const extra = cells[reader.cells];
  if (extra !== undefined) {
    fail(line, extra.column, `${reader.cells} cells, as the header has`, `${cells.length} cells`);
  } else if (cells.length < reader.cells && cells.length > Math.max(reader.time, reader.load)) {
    fail(line, end.column, `${reader.cells} cells, as the header has`, `${cells.length} cells`);
  }
  const timeNs = readTime(time.text);
  reader.lastNs = Math.max(last ?? 0, timeNs ?? 0);
  if (timeNs === undefined) {
    fail(line, time.column, "a time in seconds, or with a unit", printable(time.text) || "nothing");
  } else if (last === undefined && timeNs > 0) {
    fail(line, time.column, "0, so that there is no hole at the start", printable(time.text));
  } else if (last !== undefined && timeNs <= last) {
    fail(line, time.column, `more than the row before (${formatNs(last)})`, printable(time.text));
  }
  const ppm = readLoad(load.text, reader);
  if (typeof ppm !== "number") fail(line, load.column, ppm, printable(load.text) || "nothing");
  return timeNs === undefined || typeof ppm !== "number" ? [] : { line, timeNs, ppm };
}

const number = /^\d+(\.\d+)?([eE][-+]?\d+)?$/;

function readTime(text: string): number | undefined {
  if (!number.test(text)) {
    const reading = readNs(text);
    return typeof reading === "number" ? reading : undefined;
  }
  const ns = Math.round(Number(text) * 1e9);
  return Number.isSafeInteger(ns) ? ns : undefined;
}

/** Parts per million of each vCPU, or what was expected. */
function readLoad(text: string, { isVcpus, vcpus }: Reader): number | string {
  if (isVcpus) {
    const busy = number.test(text) ? Number(text) : Number.NaN;
    return busy >= 0 && busy <= vcpus ? Math.round((busy / vcpus) * 1e6) : `a number of vCPUs, 0 to ${vcpus}`;
  }
  if (text.endsWith("%")) {
    const ppm = readPpm(text);
    return typeof ppm === "number" ? ppm : ppm.expected;
  }
  const part = number.test(text) ? Number(text) : Number.NaN;
  if (part >= 0 && part <= 1) return Math.round(part * 1e6);
  return part > 1 ? "a fraction 0 to 1, or a percentage with its sign" : "a percentage, or a fraction 0 to 1";
}

/**
 * A trace whose rows stand a step apart, but for a few that are whole steps late, lacks rows.
 *
 * Here we take it for that where at least three gaps in four are equal, of four or more.
 */
function findHoles(rows: readonly Row[], fail: Fail): void {
  const counts = new Map<number, number>();
  for (let i = 1; i < rows.length; ++i) {
    const gap = rows[i]!.timeNs - rows[i - 1]!.timeNs;
    counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  const total = rows.length - 1;
  const regular = [...counts].find(([, count]) => count * 4 >= total * 3);
  if (regular === undefined || total < 4) return;
  const [step] = regular;
  for (let i = 1; i < rows.length; ++i) {
    const { timeNs } = rows[i - 1]!;
    const gap = rows[i]!.timeNs - timeNs;
    if (gap <= step || gap % step !== 0) continue;
    const missing = gap / step - 1;
    const got = `${missing} ${missing === 1 ? "row" : "rows"} missing before`;
    const expected = `a row at ${formatNs(timeNs + step)}, as rows are ${formatNs(step)} apart`;
    fail(rows[i]!.line, 1, expected, got, blankHint);
  }
}

function nodesOf(rows: readonly Row[], { startNs, stopNs }: TraceContext): Node[] {
  const endNs = stopNs === undefined ? undefined : stopNs - startNs;
  const nodes: Node[] = [];
  let from = 0;
  while (from < rows.length) {
    const { timeNs, ppm } = rows[from]!;
    let to = from + 1;
    while (to < rows.length && rows[to]!.ppm === ppm) to += 1;
    const next = rows[to]?.timeNs;
    const until = next === undefined ? endNs : Math.min(next, endNs ?? next);
    if (until === undefined) nodes.push(...forEver(ppm));
    else if (until > timeNs) nodes.push(...stretch(until - timeNs, ppm));
    from = to;
  }
  // Rest at the end is nothing to do.
  while (nodes.at(-1)?.kind === "timer") nodes.pop();
  return nodes;
}

function cycle(ns: number, ppm: number): Node[] {
  const work = Math.round((ns * ppm) / 1e6);
  const rest: Node = { kind: "timer", ns };
  return work === 0 ? [rest] : [{ kind: "run", ns: work, draw: "constant", spreadNs: 0 }, rest];
}

function forEver(ppm: number): Node[] {
  return ppm === 0 ? [] : [{ kind: "repeat", rounds: 0, body: cycle(periodNs, ppm) }];
}

/** Whole periods, then what is left of the last one. */
function stretch(ns: number, ppm: number): Node[] {
  if (ppm === 0) return [{ kind: "timer", ns }];
  const rounds = Math.floor(ns / periodNs);
  const left = ns - rounds * periodNs;
  const whole: Node[] = rounds === 0 ? [] : [{ kind: "repeat", rounds, body: cycle(periodNs, ppm) }];
  return left === 0 ? whole : [...whole, ...cycle(left, ppm)];
}
