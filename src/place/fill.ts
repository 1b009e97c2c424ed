/** How full the bins in use are; where items have times, at their fullest moment. */

import type { Problem } from "./problem.ts";
import { ALWAYS } from "./profile.ts";
import { NO_BIN } from "./room.ts";

/**
 * Per dimension the part that is used of the bins in use; 0 where they have nothing.
 *
 * @param starts  per item when it begins, where items have times
 */
export function fillOf(problem: Problem, assignment: Int32Array, starts?: Float64Array): number[] {
  const { dimensions, capacities, bins } = problem;
  const used = new Set(assignment);
  used.delete(NO_BIN);
  const have = new Float64Array(dimensions);
  for (const bin of used) {
    const at = Number.isFinite(bins) ? bin * dimensions : 0;
    for (let d = 0; d < dimensions; d += 1) have[d]! += capacities[at + d]!;
  }
  const want = starts === undefined ? sums(problem, assignment) : peaks(problem, assignment, starts);
  return [...want].map((sum, d) => (have[d]! > 0 ? sum / have[d]! : 0));
}

function sums({ dimensions, sizes }: Problem, assignment: Int32Array): Float64Array {
  const want = new Float64Array(dimensions);
  for (const [item, bin] of assignment.entries()) {
    if (bin === NO_BIN) continue;
    for (let d = 0; d < dimensions; d += 1) want[d]! += sizes[item * dimensions + d]!;
  }
  return want;
}

/** The most that is asked for at once in each dimension. */
function peaks(
  { dimensions, sizes, rules }: Problem,
  assignment: Int32Array,
  starts: Float64Array,
): Float64Array {
  const changes: (readonly [at: number, sign: number, item: number])[] = [];
  for (const [item, bin] of assignment.entries()) {
    if (bin === NO_BIN) continue;
    const { end, duration } = rules?.times?.[item] ?? {};
    const from = starts[item]!;
    changes.push([from, 1, item]);
    const to = end ?? (duration === undefined ? ALWAYS : from + duration);
    if (to < ALWAYS) changes.push([to, -1, item]);
  }
  // Who goes at a moment makes room for who comes.
  changes.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const now = new Float64Array(dimensions);
  const most = new Float64Array(dimensions);
  for (const [, sign, item] of changes) {
    for (let d = 0; d < dimensions; d += 1) {
      now[d]! += sign * sizes[item * dimensions + d]!;
      most[d] = Math.max(most[d]!, now[d]!);
    }
  }
  return most;
}
