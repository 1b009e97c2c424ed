/** A figure of a published experiment: simulated lines, and the published points beside them. */
import type { Line, Point } from "../report/plot.ts";
import type { Result } from "../report/result.ts";

export type { Line, Plot, Point } from "../report/plot.ts";

const PAGES_PER_MB = 256;
const MINUTE = 60e9;
/** Points of a line at the most: more than a figure has room for help nobody. */
const POINTS = 400;

/** A series in pages over time as a line in MB over minutes. */
export function lineOf(name: string, { series }: Result, pages: readonly number[]): Line {
  const stride = Math.max(1, Math.ceil(pages.length / POINTS));
  const points = series.atNs.map((at, index): Point => [at / MINUTE, pages[index]! / PAGES_PER_MB]);
  return { name, points: points.filter((_, index) => index % stride === 0 || index === points.length - 1) };
}

/** A published value that holds from one x to another. */
export function publishedSpan(name: string, y: number, from: number, to: number): Line {
  return {
    name,
    points: [
      [from, y],
      [to, y],
    ],
    published: true,
  };
}
