/**
 * The heuristics by name: in which order items come, and which bin each one goes to.
 *
 * `best-fit` is `tightest` (least free), `worst-fit` is `loosest` (most free), as usual in the field; seed 002 uses the
 * two words the other way round.
 */
import { nearest } from "../scenario/nearest.ts";
import { cosine, type Fitness, l2Difference, l2Ratio, loosest, tightest } from "./fitness.ts";
import { PlaceError } from "./place-error.ts";

/** What decides the order of items; `given` leaves it as it is. */
export type Order = "given" | "sum" | "product" | "average-sum";

export type Heuristic =
  | { readonly kind: "first"; readonly order: Order }
  | { readonly kind: "next"; readonly order: Order }
  | { readonly kind: "score"; readonly order: Order; readonly fitness: Fitness }
  | { readonly kind: "bin"; readonly measure: "dot" | "l2" }
  | { readonly kind: "search" };

/** Heuristics of `ballast place`, in the order in which it prints them. */
export const HEURISTICS = {
  "first-fit": { kind: "first", order: "given" },
  "next-fit": { kind: "next", order: "given" },
  tightest: { kind: "score", order: "given", fitness: tightest },
  loosest: { kind: "score", order: "given", fitness: loosest },
  cosine: { kind: "score", order: "given", fitness: cosine },
  "l2-difference": { kind: "score", order: "given", fitness: l2Difference },
  "l2-ratio": { kind: "score", order: "given", fitness: l2Ratio },
  ffd: { kind: "first", order: "sum" },
  "ffd-sum": { kind: "first", order: "sum" },
  "ffd-product": { kind: "first", order: "product" },
  "ffd-average-sum": { kind: "first", order: "average-sum" },
  bfd: { kind: "score", order: "sum", fitness: tightest },
  "dot-product": { kind: "bin", measure: "dot" },
  "l2-greedy": { kind: "bin", measure: "l2" },
  "local-search": { kind: "search" },
} as const satisfies Record<string, Heuristic>;

/** Other words for the same. */
export const HEURISTIC_ALIASES = {
  "best-fit": "tightest",
  "worst-fit": "loosest",
} as const;

export type HeuristicName = keyof typeof HEURISTICS | keyof typeof HEURISTIC_ALIASES;

/** All names, aliases left out. */
export const HEURISTIC_NAMES: readonly (keyof typeof HEURISTICS)[] = Object.keys(
  HEURISTICS,
) as (keyof typeof HEURISTICS)[];

/**
 * The heuristic of a name.
 *
 * @throws PlaceError if there is none of that name
 */
export function heuristicOf(name: string): { name: keyof typeof HEURISTICS; heuristic: Heuristic } {
  const own = Object.hasOwn(HEURISTIC_ALIASES, name)
    ? HEURISTIC_ALIASES[name as keyof typeof HEURISTIC_ALIASES]
    : name;
  if (Object.hasOwn(HEURISTICS, own)) {
    const known = own as keyof typeof HEURISTICS;
    return { name: known, heuristic: HEURISTICS[known] };
  }
  const near = nearest(String(name), [...HEURISTIC_NAMES, ...Object.keys(HEURISTIC_ALIASES)]);
  throw new PlaceError([
    {
      path: "heuristic",
      expected: `one of ${HEURISTIC_NAMES.join(", ")}`,
      got: String(name),
      hint: near === undefined ? undefined : `did you mean ${near}?`,
    },
  ]);
}
