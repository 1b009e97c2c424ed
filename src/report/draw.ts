/**
 * Draws a figure as SVG: axes with round numbers, simulated lines, published points as open dots, published spans dashed.
 *
 * No script: the figure is in the page as it is, and can be taken out of it. Colours are the report's own variables.
 */
import { html, type Markup } from "./markup.ts";
import type { Line, Plot, Point } from "./plot.ts";

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 40;
const COLOURS = 8;

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** Steps of 1, 2 or 5 times a power of ten that divide a range into at most `most` parts. */
export function roundStep(range: number, most: number): number {
  let step = 1e-6;
  for (;;) {
    for (const factor of [1, 2, 5]) if (range / (step * factor) <= most) return step * factor;
    step *= 10;
  }
}

/** From 0, or below where values are, to a round number above all of them. */
function scaleOf(values: readonly number[], most: number, fromZero: boolean): Scale {
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  const low = fromZero ? Math.min(0, least) : least;
  const step = roundStep(Math.max(largest - low, 1e-6), most);
  return {
    low: Math.floor(low / step + 1e-9) * step,
    high: fromZero ? Math.ceil(largest / step - 1e-9) * step : largest,
    step,
  };
}

function ticks({ low, high, step }: Scale): number[] {
  const count = Math.floor((high - low) / step + 1e-6) + 1;
  return Array.from({ length: count }, (_, index) => Number((low + index * step).toPrecision(12)));
}

/** The whole figure, as an `svg` element that scales with its place. */
export function drawPlot(plot: Plot): Markup {
  const points = plot.lines.flatMap((line) => line.points);
  const xs = scaleOf(
    points.map(([x]) => x),
    10,
    false,
  );
  const ys = scaleOf(
    points.map(([, y]) => y),
    6,
    true,
  );
  const px = (x: number): number =>
    LEFT + ((x - xs.low) / Math.max(xs.high - xs.low, 1e-9)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number =>
    HEIGHT - BOTTOM - ((y - ys.low) / Math.max(ys.high - ys.low, 1e-9)) * (HEIGHT - BOTTOM - TOP);
  const place = ([x, y]: Point): Point => [hundredth(px(x)), hundredth(py(y))];
  const bottom = HEIGHT - BOTTOM;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${plot.title}">
${ticks(ys).map(
  (y) =>
    html`<path class="rule" d="M${LEFT} ${hundredth(py(y))}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${hundredth(py(y) + 4)}" text-anchor="end">${y}</text>`,
)}
${ticks(xs).map(
  (x) => html`<text x="${hundredth(px(x))}" y="${bottom + 16}" text-anchor="middle">${x}</text>`,
)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${plot.x}</text>
<text x="12" y="${(TOP + bottom) / 2}" text-anchor="middle" transform="rotate(-90 12 ${(TOP + bottom) / 2})">${plot.y}</text>
${plot.lines.map((line, index) => drawLine(line, colourOf(plot.lines, index), place))}
</svg>`;
}

const hundredth = (value: number): number => Math.round(value * 100) / 100;

/** Published lines have the colour of the simulated one they come after. */
function colourOf(lines: readonly Line[], index: number): string {
  const simulated = lines.slice(0, index + 1).filter(({ published }) => published !== true).length;
  return `var(--line-${Math.max(0, simulated - 1) % COLOURS})`;
}

function drawLine(line: Line, colour: string, place: (point: Point) => Point): Markup {
  const path = line.points.map((point, at) => `${at === 0 ? "M" : "L"}${place(point).join(" ")}`).join("");
  if (line.published !== true) {
    return html`<path class="line" stroke="${colour}" d="${path}"><title>${line.name}</title></path>`;
  }
  const dots = line.points.map((point) => {
    const [x, y] = place(point);
    return html`<circle class="dot" stroke="${colour}" cx="${x}" cy="${y}" r="4"><title>${line.name}</title></circle>`;
  });
  return html`<path class="line published" stroke="${colour}" d="${path}"/>${dots}`;
}

/** Which line is which, and how published ones look. */
export function drawLegend({ lines }: Plot): Markup {
  const entries = lines.map(
    ({ name, published }, index) =>
      html`<li><svg viewBox="0 0 24 10" aria-hidden="true"><path class="line${published === true ? " published" : ""}" stroke="${colourOf(lines, index)}" d="M0 5H24"/>${
        published === true
          ? html`<circle class="dot" stroke="${colourOf(lines, index)}" cx="12" cy="5" r="4"/>`
          : html``
      }</svg>${name}</li>`,
  );
  return html`<ul class="legend">${entries}</ul>`;
}
