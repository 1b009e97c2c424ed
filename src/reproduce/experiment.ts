/** What a published experiment is: how to run it again, and how its numbers compare. */

/** How sure a published number is: S read in a source, R produced by a reference program, K known, ? shape only. */
export type Sure = "S" | "R" | "K" | "?";

export interface Row {
  readonly what: string;
  /** In `unit`. */
  readonly published: number;
  readonly sure: Sure;
  readonly simulated: number;
  readonly unit: string;
  /** simulated − published. */
  readonly error: number;
  /** Largest |error| that passes. */
  readonly tolerance: number;
  readonly ok: boolean;
}

export interface Reproduction {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly rows: readonly Row[];
}

export interface Experiment {
  readonly id: string;
  readonly title: string;
  /** Paper and section. */
  readonly source: string;
  run(): Promise<readonly Row[]>;
}

/** A row of the table; rounding to the published digits is the caller's. */
export function row(
  what: string,
  sure: Sure,
  unit: string,
  numbers: { readonly published: number; readonly simulated: number; readonly tolerance: number },
): Row {
  const { published, simulated, tolerance } = numbers;
  const error = simulated - published;
  // A hair of slack for sums of decimal fractions.
  return {
    what,
    published,
    sure,
    simulated,
    unit,
    error,
    tolerance,
    ok: Math.abs(error) <= tolerance + 1e-9,
  };
}
