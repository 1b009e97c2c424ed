// Goal: the alias table draws rank r with probability ~ 1 / r^s: exactly for the first 4096 ranks, within s/128 of
// itself for the others.
// Method: the table's own probabilities, added up from rows and aliases, against the law.

import { describe, expect, test } from "vitest";
import { type AliasTable, zipfTable } from "../../src/sim/zipf.ts";

/** Probability of each row: the part it keeps, and what others give it. */
function rowsOf({ cut, other }: AliasTable): Float64Array {
  const rows = cut.length;
  const result = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const kept = cut[row] === 0xffff_ffff ? 1 : cut[row]! / 2 ** 32;
    result[row]! += kept / rows;
    result[other[row]!]! += (1 - kept) / rows;
  }
  return result;
}

/** Probability of each rank. */
function ranksOf(table: AliasTable, ranks: number): Float64Array {
  const result = new Float64Array(ranks);
  rowsOf(table).forEach((probability, row) => {
    const [first, count] = [table.rank[row]!, table.ranks[row]!];
    for (let rank = first; rank < first + count; rank += 1) result[rank] = probability / count;
  });
  return result;
}

function law(ranks: number, exponent: number): Float64Array {
  const weights = Float64Array.from({ length: ranks }, (_, rank) => (rank + 1) ** -exponent);
  const total = weights.reduceRight((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

test("two ranks, s = 1: 2/3 and 1/3", () => {
  const table = zipfTable(2, 1);
  expect([...ranksOf(table, 2)].map((p) => Math.round(p * 1e6))).toEqual([666_667, 333_333]);
  expect([[...table.rank], [...table.ranks]]).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

test("one rank is certain", () => {
  expect([...ranksOf(zipfTable(1, 0.99), 1)]).toEqual([1]);
});

describe.each([0.01, 0.5, 0.99, 1, 2, 4])("s = %d", (exponent) => {
  test.each([3, 100, 4096])("%i ranks: exact to the grain of 2^-32 a row", (ranks) => {
    const expected = law(ranks, exponent);
    ranksOf(zipfTable(ranks, exponent), ranks).forEach((found, rank) => {
      expect(Math.abs(found - expected[rank]!)).toBeLessThan(ranks * 2 ** -32);
    });
  });

  test("100,000 ranks: in a few thousand rows, within s/128 and the grain", () => {
    const ranks = 100_000;
    const table = zipfTable(ranks, exponent);
    expect(table.cut.length).toBeLessThan(4500);
    const expected = law(ranks, exponent);
    let worst = 0;
    ranksOf(table, ranks).forEach((found, rank) => {
      const grain = rank < 4096 ? table.cut.length * 2 ** -32 : 2 ** -32;
      worst = Math.max(worst, (Math.abs(found - expected[rank]!) - grain) / expected[rank]!);
    });
    expect(worst).toBeLessThan(exponent / 128 + 1e-3);
  });
});

test("the rows of a table cover every rank once", () => {
  for (const ranks of [1, 4095, 4097, 4161, 1_000_003]) {
    const { rank, ranks: sizes } = zipfTable(ranks, 0.99);
    let next = 0;
    rank.forEach((first, row) => {
      if (first !== next) throw new Error(`row ${row}: first rank ${first}, expected ${next}`);
      next = first + sizes[row]!;
    });
    expect(next).toBe(ranks);
  }
});
