/** Saved memory over simulated time, a line for each run: while it runs, and to compare. */
import uPlot from "uplot";
import { formatPages } from "../src/index.ts";
import { make } from "./dom.ts";

export interface Line {
  readonly name: string;
  readonly atNs: readonly number[];
  readonly savedPages: readonly number[];
}

const HEIGHT = 260;
const COLOURS = 8;
/** Steps of the axis of pages: powers of two read well as KiB, MiB, GiB. */
const STEPS = Array.from({ length: 40 }, (_, power) => 2 ** power);
const UNITS: readonly (readonly [string, number])[] = [
  ["h", 3600e9],
  ["min", 60e9],
  ["s", 1e9],
  ["ms", 1e6],
];

/** A plot that fills its place and follows its width and the system's colours. */
export class SavedPlot {
  readonly element = make("div", { className: "plot" });
  readonly #durationNs: number;
  #lines: readonly Line[] = [];
  #plot: uPlot | undefined;
  readonly #resized = new ResizeObserver(() => this.#fit());
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = (): void => this.#build();

  constructor(durationNs: number) {
    this.#durationNs = durationNs;
    this.#resized.observe(this.element);
    this.#dark.addEventListener("change", this.#redraw);
  }

  /** Draws these lines; points of different lines need not stand at the same times. */
  show(lines: readonly Line[]): void {
    const same = lines.length === this.#lines.length && this.#plot !== undefined;
    this.#lines = lines;
    if (same) this.#plot!.setData(this.#data());
    else this.#build();
  }

  dispose(): void {
    this.#resized.disconnect();
    this.#dark.removeEventListener("change", this.#redraw);
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #unit(): readonly [string, number] {
    return UNITS.find(([, ns]) => this.#durationNs >= 3 * ns) ?? ["ns", 1];
  }

  #data(): uPlot.AlignedData {
    const [, unit] = this.#unit();
    const tables = this.#lines.map(
      ({ atNs, savedPages }): uPlot.AlignedData => [atNs.map((at) => at / unit), [...savedPages]],
    );
    if (tables.length === 0) return [[], []];
    return tables.length === 1 ? tables[0]! : uPlot.join(tables);
  }

  #fit(): void {
    const width = this.element.clientWidth;
    if (width === 0) return;
    if (this.#plot) this.#plot.setSize({ width, height: HEIGHT });
    else this.#build();
  }

  #build(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    const width = this.element.clientWidth;
    if (width === 0 || this.#lines.length === 0) return;
    const style = getComputedStyle(this.element);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const [name, unit] = this.#unit();
    const axis = {
      stroke: colour("muted"),
      grid: { stroke: colour("rule"), width: 1 },
      ticks: { show: false },
    };
    const pages = (value: number | null): string => (value === null ? "" : formatPages(Math.round(value)));
    const options: uPlot.Options = {
      width,
      height: HEIGHT,
      scales: {
        x: { time: false, range: [0, this.#durationNs / unit] },
        y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.05 : 1] },
      },
      axes: [
        { ...axis, label: `simulated ${name}`, labelSize: 18, size: 34 },
        { ...axis, size: 72, incrs: STEPS, values: (_plot, splits) => splits.map(pages) },
      ],
      series: [
        { label: `at ${name}` },
        ...this.#lines.map((line, index) => ({
          label: line.name,
          stroke: colour(`line-${index % COLOURS}`),
          width: 2,
          // Lines that coincide stay visible through each other's gaps.
          ...(index === 0 ? {} : { dash: [10, 3 + 2 * index] }),
          spanGaps: true,
          points: { show: false },
          value: (_plot: uPlot, value: number | null) => pages(value),
        })),
      ],
      legend: { show: this.#lines.length > 1 },
    };
    this.#plot = new uPlot(options, this.#data(), this.element);
  }
}
