/**
 * Cosine placement by the core: the same packing as the TypeScript's, for large problems.
 *
 * Where hosts are opened only when needed, the core stops at an item that no open host has room for; the best of the others
 * is found here, one of each kind looked at, and the core goes on.
 */
import { CosineKernel } from "./cosine-kernel.ts";
import { cosine } from "./fitness.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN } from "./room.ts";

/**
 * Places items in the order given.
 *
 * @param problem  one that `mayUseKernel`
 * @param spread   every host may be chosen from the start
 * @returns        per item its host, −1 none
 */
export function packCosine(module: WebAssembly.Module, problem: Problem, spread: boolean): Int32Array {
  const kernel = new CosineKernel(module, problem);
  kernel.sort(Uint32Array.from({ length: problem.items }, (_, item) => item));
  const closed = spread ? [] : kindsOf(problem);
  if (spread) kernel.openAll();
  for (let at = kernel.run(0); at < problem.items; ) {
    const kind = bestKind(problem, at, closed);
    if (kind === undefined) at = kernel.run(at + 1);
    else {
      kernel.open(kind.pop()!);
      at = kernel.run(at);
    }
  }
  return kernel.homes();
}

/** Hosts of each capacity, the lowest last. */
function kindsOf({ bins, dimensions, capacities }: Problem): number[][] {
  const kinds = new Map<string, number[]>();
  for (let bin = bins - 1; bin >= 0; bin -= 1) {
    const key = capacities.subarray(bin * dimensions, (bin + 1) * dimensions).join();
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [bin]);
    else kind.push(bin);
  }
  return [...kinds.values()];
}

/** The kind of closed hosts that an item fits and likes best, by its lowest host; undefined: it fits none. */
function bestKind(problem: Problem, item: number, kinds: readonly number[][]): number[] | undefined {
  const { dimensions, sizes, capacities, weights, slack } = problem;
  let best: number[] | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const kind of kinds) {
    const bin = kind.at(-1) ?? NO_BIN;
    if (bin === NO_BIN) continue;
    let fits = true;
    for (let d = 0; d < dimensions; d += 1) {
      if (sizes[item * dimensions + d]! > capacities[bin * dimensions + d]! + slack[d]!) fits = false;
    }
    if (!fits) continue;
    const score = cosine(dimensions, sizes, item * dimensions, capacities, bin * dimensions, weights);
    if (score > bestScore || (score === bestScore && bin < best!.at(-1)!)) [best, bestScore] = [kind, score];
  }
  return best;
}
