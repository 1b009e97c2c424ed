/**
 * Reclaiming over time, a line a quantity:
 *
 *                     0 s                      30 min                   1 h   at most   at the end
 *   state of h1       ·LLHHss··························ssss··············           high
 *   sql   consumed    █▇▅▃▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▃▅▆▇▇▇▇▇▇▇▇▇▇▇▇▇   310 MiB    280 MiB
 *         active      ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▅▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇   272 MiB    272 MiB
 *
 * Lines of a VM stand on one scale, its size, so that usage can be compared with active memory; those of a host each
 * on their own. Nothing is drawn where there is nothing, and at least the lowest block where there is little.
 */
import { formatPages, plural } from "./format.ts";
import { MEMORY_STATES, type MemoryRow, vmTells, worstOfMemory } from "./memory-rows.ts";
import { displayWidth, padEnd, padStart, truncate, visible, wrap } from "./names.ts";
import type { Result } from "./result.ts";
import { own } from "./series.ts";
import { letterLine, sparkline } from "./sparkline.ts";
import type { TextContext } from "./table.ts";
import { timeAxis } from "./text-series.ts";

const HOSTS_MAX = 2;
const VMS_MAX = 4;
const PLOT_WIDTH_MAX = 72;
const PLOT_WIDTH_MIN = 10;
const NAME_WIDTH = 16;
/** In the order of the states' numbers. */
const LETTERS = "·csHL";
const LETTERS_MEAN = "· high, c clear, s soft, H hard, L low: the worst of each stretch";

interface Line {
  /** Of a host or VM; empty if the line above is of the same. */
  readonly name: string;
  readonly what: string;
  /** Draws so many characters. */
  readonly draw: (width: number) => string;
  readonly most: string;
  readonly last: string;
}

/** Lines of the hosts that had to reclaim most, and of the VMs that waited longest; nothing if nothing was sampled. */
export function memoryOverTime(result: Result, rows: readonly MemoryRow[], context: TextContext): string[] {
  const { atNs } = result.series;
  if (atNs.length < 2) return [];
  const hosts = drawnHosts(result, context.all ? result.hosts.length : HOSTS_MAX);
  const worst = worstOfMemory(
    rows.filter((row) => {
      const series = own(result.series.vms, row.name);
      return vmTells(row) && series?.consumedPages.some((pages) => pages > 0);
    }),
  );
  const drawn = new Set(context.all ? worst : worst.slice(0, VMS_MAX));
  const lines = [
    ...hosts.flatMap((name) => hostLines(result, name)),
    ...rows.filter((row) => drawn.has(row)).flatMap((row) => vmLines(result, row)),
  ];
  if (lines.length === 0) return [];
  const left = worst.length - drawn.size;
  const notes = [LETTERS_MEAN, ...(left > 0 ? [`${plural(left, "VM")} not drawn, which waited less`] : [])];
  return [
    ...laidOut(lines, atNs, context),
    ...notes.flatMap((note) => wrap(note, context.width)).map(context.paint.dim),
  ];
}

/** Those that were short of memory in most samples, in the scenario's order. */
function drawnHosts(result: Result, most: number): string[] {
  const hosts = result.hosts.flatMap(({ name }) => {
    const state = own(result.series.hosts, name)?.state;
    return state === undefined ? [] : [{ name, short: state.filter((each) => each > 0).length }];
  });
  const worst = new Set([...hosts].sort((a, b) => b.short - a.short).slice(0, most));
  return hosts.filter((host) => worst.has(host)).map(({ name }) => name);
}

function hostLines(result: Result, name: string): Line[] {
  const { atNs } = result.series;
  const series = own(result.series.hosts, name)!;
  const last = series.state.at(-1) ?? 0;
  const state: Line = {
    name,
    what: "state",
    draw: (width) => letterLine(atNs, series.state, width, LETTERS),
    most: "",
    last: MEMORY_STATES[last] ?? "?",
  };
  const pages = (what: string, values: readonly number[] | undefined, always = false): Line[] =>
    values !== undefined && (always || values.some((value) => value > 0))
      ? [pagesLine(atNs, "", what, values)]
      : [];
  return [
    state,
    ...pages("free", series.freePages, true),
    ...pages("ballooned", series.balloonPages),
    ...pages("swapped", series.swappedPages),
    ...pages("compressed", series.compressedPages),
  ];
}

function vmLines(result: Result, { name, memory }: MemoryRow): Line[] {
  const { atNs } = result.series;
  const series = own(result.series.vms, name)!;
  const top = Math.max(1, memory.sizePages);
  const line = (what: string, values: readonly number[] | undefined, always = false): Line[] =>
    values !== undefined && (always || values.some((value) => value > 0))
      ? [pagesLine(atNs, "", what, values, top)]
      : [];
  const isAimed = series.targetPages?.some((pages) => pages < memory.sizePages);
  const lines = [
    ...line("consumed", series.consumedPages, true),
    ...line("active", series.activeEstimatePages),
    ...(isAimed ? line("target", series.targetPages) : []),
    ...line("ballooned", series.balloonPages),
    ...line("swapped", series.swappedPages),
    ...line("compressed", series.compressedPages),
    ...line("guest free", series.guestFreePages),
  ];
  return lines.map((each, index) => (index === 0 ? { ...each, name } : each));
}

function pagesLine(
  atNs: readonly number[],
  name: string,
  what: string,
  values: readonly number[],
  top?: number,
): Line {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return {
    name,
    what,
    draw: (width) => sparkline(atNs, values, width, { highest: top, blank: true }),
    most: formatPages(most),
    last: formatPages(values.at(-1) ?? 0),
  };
}

function laidOut(lines: readonly Line[], atNs: readonly number[], { width, paint }: TextContext): string[] {
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(displayWidth));
  const titles = { name: "over time", most: "at most", last: "at the end" };
  const names = Math.min(NAME_WIDTH, widest([titles.name, ...lines.map(({ name }) => visible(name))]));
  const what = widest(lines.map((line) => line.what));
  const most = widest([titles.most, ...lines.map((line) => line.most)]);
  const last = widest([titles.last, ...lines.map((line) => line.last)]);
  const plot = Math.min(PLOT_WIDTH_MAX, Math.max(PLOT_WIDTH_MIN, width - names - what - most - last - 6));
  const laid = (name: string, of: string, drawn: string, numbers: readonly [string, string]): string => {
    const head = `${padEnd(truncate(visible(name), names), names)} ${padEnd(of, what)}`;
    return `${head}  ${drawn}  ${padStart(numbers[0], most)} ${padStart(numbers[1], last)}`.trimEnd();
  };
  return [
    paint.dim(laid(titles.name, "", timeAxis(atNs, plot), [titles.most, titles.last])),
    ...lines.map((line) =>
      laid(line.name, line.what, paint.green(padEnd(line.draw(plot), plot)), [line.most, line.last]),
    ),
  ];
}
