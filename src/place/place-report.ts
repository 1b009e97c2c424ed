/** What `ballast place` prints for people: a row a heuristic, and in a sentence which to take. */
import type { HeuristicResult, PlaceResult } from "./place.ts";

/** Colours, if the caller has any: from text to text of the same width. */
export interface PlacePalette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

export interface PlaceNames {
  /** Such as `hosts.csv` or a problem's name. */
  readonly title: string;
  /** What bins and items are. */
  readonly bin: "host" | "bin";
  readonly item: "VM" | "item";
  /** Hosts that there are; absent: as many as needed. */
  readonly available?: number;
  /** Names of the dimensions; absent: numbered. */
  readonly dimensions?: readonly string[];
  /** Of the best packing that is known. */
  readonly bestKnown?: number | undefined;
  /** Items that the best packing leaves, each with its reason. */
  readonly left?: readonly string[];
}

const PLAIN: PlacePalette = { bold: (text) => text, dim: (text) => text, strong: (text) => text };
/** Dimensions with a column of their own. */
const SHOWN_DIMENSIONS = 5;

/** The report as text, no line end behind the last. */
export function placeReport(result: PlaceResult, names: PlaceNames, palette: PlacePalette = PLAIN): string {
  const dimensions = (names.dimensions ?? result.results[0]?.fill.map((_, d) => `d${d + 1}`) ?? []).slice(
    0,
    SHOWN_DIMENSIONS,
  );
  const anyUnplaced = result.results.some(({ unplaced }) => unplaced > 0);
  const header = ["heuristic", `${names.bin}s`, "gap", ...(anyUnplaced ? ["unplaced"] : []), ...dimensions];
  const rows = result.results.map((row) => [
    row.heuristic,
    whole(row.bins),
    row.gap === null ? "–" : percent(row.gap),
    ...(anyUnplaced ? [row.unplaced === 0 ? "–" : whole(row.unplaced)] : []),
    ...dimensions.map((_, d) => percent(row.fill[d]!)),
  ]);
  const lines = align([header, ...rows]);
  const best = bestOf(result.results);
  const marked = lines
    .slice(1)
    .map((line, row) => (result.results[row] === best ? palette.bold(line) : line));
  const { bounds } = result;
  const apart = bounds.apart === undefined ? "" : `, rules ${whole(bounds.apart)}`;
  const own = `continuous ${whole(bounds.continuous)}, L2 ${whole(bounds.l2)}, clique ${whole(bounds.clique)}${apart}`;
  const known = names.bestKnown === undefined ? "" : `; best known ${whole(names.bestKnown)}`;
  return [
    `${palette.bold(names.title)}  ${counted(result.items, names.item)}, ${counted(result.dimensions, "dimension")}${
      names.available === undefined ? "" : `, ${counted(names.available, names.bin)}`
    }`,
    result.short.length > 0
      ? `these ${names.bin}s cannot hold all: ${shortage(result, names)}`
      : `no packing has fewer than ${palette.bold(counted(result.lowerBound, names.bin))} (${own})${known}`,
    "",
    palette.dim(lines[0]!),
    ...marked,
    "",
    best === undefined ? "No heuristic was asked for." : sentence(best, result, names, palette),
    ...(names.left ?? []).map((line) => `  ${line}`),
  ].join("\n");
}

/** Fewest unplaced, then fewest bins, the first of equals. */
export function bestOf<Row extends Pick<HeuristicResult, "bins" | "unplaced">>(
  rows: readonly Row[],
): Row | undefined {
  return rows.reduce<Row | undefined>((best, row) => {
    if (best === undefined) return row;
    const better = row.unplaced < best.unplaced || (row.unplaced === best.unplaced && row.bins < best.bins);
    return better ? row : best;
  }, undefined);
}

function sentence(
  best: HeuristicResult,
  { lowerBound }: PlaceResult,
  { bin, item }: PlaceNames,
  { strong }: PlacePalette,
): string {
  const what = strong(`${best.heuristic} needs ${counted(best.bins, bin)}`);
  if (best.unplaced > 0) return `${what} and leaves ${counted(best.unplaced, item)} without a ${bin}.`;
  if (best.proved === true) return `${what}: that is proved, none can do with fewer.`;
  if (best.bins === lowerBound) return `${what}: none can do with fewer.`;
  return `${what}, ${whole(best.bins - lowerBound)} above the lower bound.`;
}

function shortage({ short }: PlaceResult, { dimensions }: PlaceNames): string {
  return short
    .map(({ dimension, asked, there }) => {
      const part = percent(asked / there - 1);
      const name = dimensions?.[dimension] ?? `d${dimension + 1}`;
      return there > 0 ? `${part} more ${name} asked for than there is` : `no ${name} is there`;
    })
    .join(", ");
}

function counted(count: number, what: string): string {
  return `${whole(count)} ${what}${count === 1 ? "" : "s"}`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** `1 234 567`. */
function whole(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** First column to the left, the others to the right, two spaces between. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
