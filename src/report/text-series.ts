/** The part of the text report that shows saved memory over time. */
import { formatDuration, formatPages, formatPercent } from "./format.ts";
import { displayWidth, padEnd, padStart, truncate, visible } from "./names.ts";
import type { HostSeries, Result } from "./result.ts";
import { own } from "./series.ts";
import { brailleLine, sparkline } from "./sparkline.ts";
import type { TextContext } from "./table.ts";

/** Up to this many hosts are drawn large; more get a line each. */
const LARGE_MAX = 2;
const SMALL_MAX = 8;
const LARGE_HEIGHT = 4;
const PLOT_WIDTH_MAX = 72;
const PLOT_WIDTH_MIN = 10;

/** Saved memory of each host over time, drawn; a sentence if nothing was sampled. */
export function savedOverTime(result: Result, context: TextContext): string[] {
  const { atNs, hosts } = result.series;
  const named = result.hosts
    .map((host) => ({ name: visible(host.name), series: own(hosts, host.name) }))
    .filter((each): each is Named => each.series !== undefined);
  if (named.length === 0) return [];
  if (atNs.length === 0) return ["saved over time: nothing was sampled"];
  if (named.length <= LARGE_MAX) {
    return named.flatMap((host, index) => [...(index > 0 ? [""] : []), ...large(host, atNs, context)]);
  }
  return small(named, atNs, context);
}

interface Named {
  readonly name: string;
  readonly series: HostSeries;
}

function large({ name, series }: Named, atNs: readonly number[], { width, paint }: TextContext): string[] {
  const saved = series.savedPages;
  const { min, max, maxAt } = extent(saved);
  const labels = [formatPages(max), "", "", "0"];
  const labelWidth = Math.max(...labels.map(displayWidth));
  const plotWidth = Math.min(PLOT_WIDTH_MAX, width - labelWidth - 4);
  const lines = brailleLine(atNs, saved, plotWidth, LARGE_HEIGHT);
  const drawn = lines.map(
    (line, row) =>
      `  ${padStart(labels[row]!, labelWidth)} ${paint.dim(row === 3 ? "┴" : "┤")}${paint.green(line)}`,
  );
  const peak = max > 0 ? ` at ${formatDuration(atNs[maxAt] ?? 0)}` : "";
  const facts = `first ${formatPages(saved[0] ?? 0)}, min ${formatPages(min)}, max ${formatPages(max)}${peak}, last ${formatPages(saved.at(-1) ?? 0)}`;
  return [
    truncate(`saved on ${name}`, width),
    ...drawn,
    `  ${" ".repeat(labelWidth + 2)}${timeAxis(atNs, plotWidth)}`,
    paint.dim(truncate(`  ${facts}`, width)),
  ];
}

function small(
  named: readonly Named[],
  atNs: readonly number[],
  { width, paint, all }: TextContext,
): string[] {
  const last = (host: Named): number => host.series.savedPages.at(-1) ?? 0;
  const shown = all ? named : [...named].sort((a, b) => last(b) - last(a)).slice(0, SMALL_MAX);
  const rows = shown.map((host) => {
    const saved = host.series.savedPages;
    const { min, max } = extent(saved);
    return { name: host.name, saved, numbers: [saved[0] ?? 0, min, max, last(host)].map(formatPages) };
  });
  const titles = ["first", "min", "max", "last"];
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row.numbers[i]!.length)),
  );
  const numbersWidth = widths.reduce((sum, each) => sum + each + 2, 0);
  const nameRoom = Math.min(20, width - numbersWidth - 2 - PLOT_WIDTH_MIN);
  const nameWidth = Math.min(
    nameRoom,
    Math.max("saved on".length, ...rows.map((row) => displayWidth(row.name))),
  );
  const plotWidth = Math.max(PLOT_WIDTH_MIN, Math.min(PLOT_WIDTH_MAX, width - nameWidth - 2 - numbersWidth));
  const numbers = (texts: readonly string[]): string =>
    texts.map((text, i) => `  ${padStart(text, widths[i]!)}`).join("");
  const lines = [
    paint.dim(`${padEnd("saved on", nameWidth)}  ${timeAxis(atNs, plotWidth)}${numbers(titles)}`),
  ];
  for (const row of rows) {
    const line = padEnd(sparkline(atNs, row.saved, plotWidth), plotWidth);
    lines.push(
      `${padEnd(truncate(row.name, nameWidth), nameWidth)}  ${paint.green(line)}${numbers(row.numbers)}`,
    );
  }
  const rest = named.length - shown.length;
  if (rest > 0) {
    const sum = (hosts: readonly Named[]): number => hosts.reduce((pages, host) => pages + last(host), 0);
    const part = formatPercent(sum(shown), sum(named));
    lines.push(paint.dim(`${rest} hosts not drawn; those above hold ${part} of what is saved`));
  }
  return lines;
}

/** First moment on the left, last on the right, the middle where there is room. */
export function timeAxis(atNs: readonly number[], width: number): string {
  const first = atNs[0]!;
  const last = atNs.at(-1)!;
  const start = formatDuration(first);
  const end = formatDuration(last);
  const middle = formatDuration(Math.round((first + last) / 2));
  const used = start.length + middle.length + end.length;
  if (width < start.length + end.length + 2) return padEnd(truncate(start, width), width);
  if (width < used + 12 || last === first) return padEnd(start, width - end.length) + end;
  const left = Math.round((width - middle.length) / 2);
  return padEnd(padEnd(start, left) + middle, width - end.length) + end;
}

function extent(values: readonly number[]): { min: number; max: number; maxAt: number } {
  let min = values[0] ?? 0;
  let max = min;
  let maxAt = 0;
  values.forEach((value, index) => {
    if (value < min) min = value;
    if (value > max) {
      max = value;
      maxAt = index;
    }
  });
  return { min, max, maxAt };
}
