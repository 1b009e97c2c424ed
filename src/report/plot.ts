/** A figure as data: lines over an axis, and what is published beside them. */

export type Point = readonly [x: number, y: number];

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Published numbers are drawn as dots, or as a dashed line where they hold for a span. */
  readonly published?: boolean;
}

export interface Plot {
  readonly title: string;
  /** What stands on the axes, with the unit: `time, min`. */
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}
