/**
 * A packing problem as columns: items with a size in every dimension, bins with a capacity.
 *
 *   sizes       [ item 0: d0 d1 … | item 1: d0 d1 … | … ]
 *   capacities  [ bin 0:  d0 d1 … | … ]                      one row only where bins are alike and as many as needed
 *   weights     what makes dimensions comparable: largest unit / unit of d, the unit being the largest bin's capacity
 *
 * Weights are 1 where all dimensions have the same capacity, so that scores of whole numbers stay whole and ties stay
 * ties.
 */
import { type PlaceFault, refuseFaults } from "./place-error.ts";
import type { PlaceRules } from "./rules.ts";

/** A number: one dimension. */
export type Vector = number | ArrayLike<number>;

/** Bins: a capacity, of which there are as many as needed; or a list of hosts, each there once. */
export type Bins =
  | number
  | readonly number[]
  | Float64Array
  | { readonly capacity: Vector; readonly count?: number }
  | readonly (readonly number[] | Float64Array | { readonly capacity: Vector; readonly count?: number })[];

export interface Problem {
  readonly dimensions: number;
  readonly items: number;
  readonly sizes: Float64Array;
  /** Bins that there are; Infinity: as many as needed, all alike. */
  readonly bins: number;
  readonly capacities: Float64Array;
  readonly weights: Float64Array;
  /** Per dimension the largest capacity, 1 where that is 0. */
  readonly units: Float64Array;
  /** Per dimension what a sum may exceed a capacity by: 0 where all numbers are whole. */
  readonly slack: Float64Array;
  /** Per dimension whether a size is below 0, as in published triplets. */
  readonly isSigned: readonly boolean[];
  /** What else than size says where items may go. */
  readonly rules?: PlaceRules;
}

/** Largest list of bins and of items: more would not fit a typed array of all dimensions. */
const ROWS_MAX = 50_000_000;
/** Where numbers have fractions, sums may exceed a capacity by so much of the largest: ten times 0.1 fits into 1. */
const SLACK = 1e-9;

/**
 * Reads what the library is given.
 *
 * @throws PlaceError with all faults, each with its path: `items[3][1]: expected a number from 0, got NaN`
 */
export function readProblem(items: ArrayLike<Vector>, bins: Bins): Problem {
  const faults: PlaceFault[] = [];
  const rows = binRows(bins, faults);
  const dimensions = rows[0]?.vector.length ?? 0;
  if (rows.length === 0 || dimensions === 0) {
    faults.push({ path: "bins", expected: "at least one bin of at least one dimension", got: "none" });
  }
  const many = rows.reduce((sum, { count }) => sum + count, 0);
  const isList = Array.isArray(bins) && typeof bins[0] !== "number";
  const unlimited = !isList && many === Number.POSITIVE_INFINITY;
  if (!unlimited && !(many <= ROWS_MAX)) {
    faults.push({ path: "bins", expected: `at most ${ROWS_MAX} bins`, got: String(many) });
  }
  refuseFaults(faults);
  const capacities = new Float64Array((unlimited ? 1 : many) * dimensions);
  let at = 0;
  for (const { vector, path, count } of rows) {
    checkVector(vector, path, dimensions, faults);
    for (let copy = 0; copy < (unlimited ? 1 : count); copy += 1, at += dimensions) {
      for (let d = 0; d < dimensions; d += 1) capacities[at + d] = vector[d]! + 0;
    }
  }
  const sizes = new Float64Array(items.length * dimensions);
  for (let item = 0; item < items.length; item += 1) {
    const vector = vectorOf(items[item]!);
    checkVector(vector, `items[${item}]`, dimensions, faults);
    for (let d = 0; d < dimensions; d += 1) sizes[item * dimensions + d] = (vector[d] ?? 0) + 0;
  }
  refuseFaults(faults);
  return makeProblem(dimensions, sizes, capacities, unlimited);
}

/** A problem from columns that are known to be good. */
export function makeProblem(
  dimensions: number,
  sizes: Float64Array,
  capacities: Float64Array,
  unlimited: boolean,
): Problem {
  const units = new Float64Array(dimensions);
  for (let at = 0; at < capacities.length; at += 1) {
    units[at % dimensions] = Math.max(units[at % dimensions]!, capacities[at]!);
  }
  const slack = new Float64Array(dimensions);
  for (const column of [sizes, capacities]) {
    for (let at = 0; at < column.length; at += 1) {
      const d = at % dimensions;
      if (!Number.isInteger(column[at])) slack[d] = SLACK * units[d]!;
    }
  }
  const largest = units.reduce((most, unit) => Math.max(most, unit), 0);
  return {
    dimensions,
    items: sizes.length / dimensions,
    sizes,
    bins: unlimited ? Number.POSITIVE_INFINITY : capacities.length / dimensions,
    capacities,
    weights: units.map((unit) => (unit > 0 ? largest / unit : 1)),
    units: units.map((unit) => (unit > 0 ? unit : 1)),
    slack,
    isSigned: [...units].map((_, d) => sizes.some((size, at) => size < 0 && at % dimensions === d)),
  };
}

interface Row {
  readonly vector: ArrayLike<number>;
  readonly path: string;
  readonly count: number;
}

function vectorOf(value: Vector): ArrayLike<number> {
  return typeof value === "number" ? [value] : (value ?? []);
}

function binRows(bins: Bins, faults: PlaceFault[]): Row[] {
  const NONE = Number.POSITIVE_INFINITY;
  if (typeof bins === "number") return [{ vector: [bins], path: "bins", count: NONE }];
  if (ArrayBuffer.isView(bins)) return [{ vector: bins, path: "bins", count: NONE }];
  if (!Array.isArray(bins)) {
    return [countedRow(bins as { capacity: Vector; count?: number }, "bins", NONE, faults)];
  }
  const list = bins as readonly (number | ArrayLike<number> | { capacity: Vector; count?: number })[];
  if (typeof list[0] === "number") return [{ vector: list as readonly number[], path: "bins", count: NONE }];
  return list.map((bin, index) => countedRow(bin, `bins[${index}]`, 1, faults));
}

function countedRow(
  bin: number | ArrayLike<number> | { capacity: Vector; count?: number },
  path: string,
  absent: number,
  faults: PlaceFault[],
): Row {
  if (typeof bin === "number") return { vector: [bin], path, count: 1 };
  if (bin === null || bin === undefined || "length" in bin) return { vector: bin ?? [], path, count: absent };
  const count = bin.count ?? absent;
  if (!(count >= 0 && (Number.isInteger(count) || count === absent))) {
    faults.push({ path: `${path}.count`, expected: "a whole number from 0", got: String(count) });
    return { vector: vectorOf(bin.capacity), path, count: 0 };
  }
  return { vector: vectorOf(bin.capacity), path: `${path}.capacity`, count };
}

function checkVector(
  vector: ArrayLike<number>,
  path: string,
  dimensions: number,
  faults: PlaceFault[],
): void {
  if (vector.length !== dimensions) {
    const numbers = dimensions === 1 ? "1 number" : `${dimensions} numbers, one a dimension`;
    faults.push({ path, expected: numbers, got: String(vector.length) });
    return;
  }
  for (let d = 0; d < dimensions; d += 1) {
    const value: unknown = vector[d];
    if (typeof value === "number" && value >= 0 && value <= 1e15) continue;
    const got = typeof value === "number" ? String(value) : `a ${typeof value}`;
    faults.push({ path: `${path}[${d}]`, expected: "a number from 0 to 1e15", got });
  }
}
