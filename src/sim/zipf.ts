/**
 * Alias tables for zipf streams: rank r of n is drawn with probability ~ 1 / r^s.
 *
 * The first ranks have a row each; behind them a row stands for a group of neighbouring ranks, 1/64 longer each time,
 * drawn equally likely within the group. So a table of a few thousand rows serves ranges of any length, and no
 * probability is off by more than s/128 of itself.
 *
 * Source: Walker 1977, Vose 1991 (the alias method). Cost: O(rows) to build, one row per draw.
 */
import { power } from "../number/power.ts";

export interface AliasTable {
  readonly cut: Uint32Array;
  readonly other: Uint32Array;
  readonly rank: Uint32Array;
  readonly ranks: Uint32Array;
}

const EXACT_RANKS = 4096;

/**
 * @param ranks     pages of the range, at least 1
 * @param exponent  s, in (0, 4]
 */
export function zipfTable(ranks: number, exponent: number): AliasTable {
  const firsts: number[] = [];
  const weights: number[] = [];
  for (let rank = 0; rank < ranks; ) {
    const size = rank < EXACT_RANKS ? 1 : Math.min(Math.ceil(rank / 64), ranks - rank);
    firsts.push(rank);
    // The middle rank stands for the group; ranks count from 1 in the law.
    weights.push(size * power(rank + (size + 1) / 2, -exponent));
    rank += size;
  }
  const { cut, other } = alias(weights);
  const rank = Uint32Array.from(firsts);
  const sizes = Uint32Array.from(firsts, (first, row) => (firsts[row + 1] ?? ranks) - first);
  return { cut, other, rank, ranks: sizes };
}

/** Vose's method: every row is split between itself and one other; rows are taken in order, so runs replay exactly. */
function alias(weights: readonly number[]): { cut: Uint32Array; other: Uint32Array } {
  const rows = weights.length;
  let total = 0;
  for (const weight of weights) total += weight;
  const part = weights.map((weight) => (weight * rows) / total);
  const cut = new Uint32Array(rows).fill(0xffff_ffff);
  const other = Uint32Array.from(weights, (_, row) => row);
  const small: number[] = [];
  const large: number[] = [];
  for (let row = 0; row < rows; row += 1) (part[row]! < 1 ? small : large).push(row);
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!;
    const more = large.pop()!;
    cut[less] = Math.min(0xffff_ffff, Math.floor(part[less]! * 2 ** 32));
    other[less] = more;
    part[more] = part[more]! - (1 - part[less]!);
    (part[more]! < 1 ? small : large).push(more);
  }
  return { cut, other };
}
