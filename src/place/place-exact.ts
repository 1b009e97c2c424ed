/** The exact optimum of a problem, by branch and bound of our own and, where that gives up, by HiGHS. */

import { MissingPackageError } from "../demand/index.ts";
import { type ExactResult, exactPacking } from "./exact.ts";
import { highsPacking } from "./highs.ts";
import { lowerBound } from "./lower-bound.ts";
import { packProblem } from "./pack-vectors.ts";
import { PlaceError } from "./place-error.ts";
import type { Problem } from "./problem.ts";

export interface PlaceExactOptions {
  /** `own`: branch and bound; `highs`: the package; absent: the one, then the other if it is installed. */
  readonly solver?: "own" | "highs";
  /** Places that branch and bound looks at; 5 million if absent. */
  readonly nodes?: number;
  /** For HiGHS; 30 if absent. */
  readonly seconds?: number;
}

/** Rules that decide where items go; times and failure domains alone do not. */
const BINDING = ["affinity", "antiAffinity", "bans", "hosts", "requests", "quotas", "times"] as const;

/**
 * The fewest bins for all items that fit any.
 *
 * @throws PlaceError if the problem has rules, or not all of its items find a bin
 * @throws MissingPackageError if HiGHS is asked for and not installed
 */
export async function placeExact(problem: Problem, options: PlaceExactOptions = {}): Promise<ExactResult> {
  const { rules } = problem;
  const binding = BINDING.find((kind) => rules?.[kind] !== undefined);
  if (binding !== undefined) {
    throw new PlaceError([
      { path: "exact", expected: "a problem without rules", got: `a rule of ${binding}` },
    ]);
  }
  const start = packProblem(problem, "local-search", { effort: 2_000_000 }, lowerBound(problem).bins);
  if (start.unplaced > 0) {
    const got = `${start.unplaced} that the local search finds no room for`;
    throw new PlaceError([{ path: "exact", expected: "items that all find a bin", got }]);
  }
  if (options.solver === "highs") return highsPacking(problem, start.assignment, options);
  const own = exactPacking(problem, start.assignment, options);
  if (own.isProved || options.solver === "own") return own;
  try {
    return await highsPacking(problem, own.assignment, options);
  } catch (fault) {
    if (fault instanceof MissingPackageError) return own;
    throw fault;
  }
}
