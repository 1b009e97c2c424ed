/** What a published experiment is: how to run it again, how its numbers compare, and what shows that it could fail. */
import type { Plot } from "./plot.ts";

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
  /** Largest |error| that passes; with a bound, the largest on its wrong side. */
  readonly tolerance: number;
  /** Present where only one side is published: "30 % or more". */
  readonly bound?: "at least" | "at most";
  readonly ok: boolean;
}

/** The same experiment with a mechanism off: rows have to fail, or the mechanism is not what made them hold. */
export interface AblationResult {
  /** What is off: `without share before swap`. */
  readonly what: string;
  readonly rows: readonly Row[];
  /** Whether a row fails. */
  readonly fails: boolean;
}

export interface Reproduction {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly rows: readonly Row[];
  readonly plots: readonly Plot[];
  readonly ablations: readonly AblationResult[];
}

/** Rows, and the figures drawn. */
export interface Findings {
  readonly rows: readonly Row[];
  readonly plots: readonly Plot[];
}

export interface Ablation {
  readonly what: string;
  run(): Promise<readonly Row[]>;
}

export interface Experiment {
  readonly id: string;
  readonly title: string;
  /** Paper and section. */
  readonly source: string;
  run(): Promise<Findings>;
  /** Absent: there is no mechanism to turn off. */
  readonly ablation?: Ablation;
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

/** A row that holds from a bound upwards ("30 % or more") or downwards; `published` is the bound. */
export function bounded(
  bound: "at least" | "at most",
  what: string,
  sure: Sure,
  unit: string,
  numbers: { readonly published: number; readonly simulated: number },
): Row {
  const { published, simulated } = numbers;
  const error = simulated - published;
  const ok = bound === "at least" ? error >= 0 : error <= 0;
  return { what, published, sure, simulated, unit, error, tolerance: 0, bound, ok };
}
