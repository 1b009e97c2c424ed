// Goal: streams issue what they say: the rate to the access, pages by the law of their pattern, writes and contents by
// their parts; and exactly what the naive twin of the streams issues.
// Method: counts over known times; frequencies against the law; a shadow of every page.

import { describe, expect, test } from "vitest";
import type { StreamSpec } from "../../src/scenario/types.ts";
import { poolContent } from "../model/prng.ts";
import { contentsOf, coreOf, mixOf, runTo, SECOND, streamOf, worldOf } from "../support/world.ts";

/** Pages that a stream's next accesses go to. */
function pagesOf(stream: Partial<StreamSpec>, pages: number, draws: number): number[] {
  const { wasm } = coreOf({ vms: [{ pages, workload: [streamOf({ pages, ...stream })] }] }, "release");
  return Array.from({ length: draws }, () => wasm.accesses_nextPage(0) >>> 0);
}

function countsOf(drawn: readonly number[], pages: number): number[] {
  const counts = new Array<number>(pages).fill(0);
  for (const page of drawn) counts[page]! += 1;
  return counts;
}

const accessesOf = async (stream: Partial<StreamSpec>, untilNs: number): Promise<number[]> => {
  const world = await worldOf({ vms: [{ pages: 8, workload: [streamOf({ pages: 8, ...stream })] }] });
  runTo(world, untilNs);
  return [world.columns.vmAccesses.get(0), world.columns.vmWrites.get(0)];
};

describe("rate", () => {
  test.each([
    ["1000/s for 10 s", { ratePerKs: 1_000_000 }, 10 * SECOND, 10_000],
    ["one in 1000 s, after 999.999 s", { ratePerKs: 1 }, 999_999_999_999, 0],
    ["one in 1000 s, after 1000 s", { ratePerKs: 1 }, 1_000_000_000_000, 1],
    ["7 in 1000 s, after 10,001 s", { ratePerKs: 7 }, 10_001 * SECOND, 70],
    ["33/s, an access and a bit a batch, after 100.01 s", { ratePerKs: 33_000 }, 100.01 * SECOND, 3300],
    ["from 2 s to 5 s at 100/s", { startNs: 2e9, stopNs: 5e9, ratePerKs: 1e5 }, 9e9, 300],
    ["a stop just before a batch leaves it out", { stopNs: 1e9 - 1, ratePerKs: 1e5 }, 9e9, 99],
    ["a start after the end", { startNs: 9e9 }, 9e9, 0],
  ])("%s", async (_, stream, untilNs, accesses) => {
    expect(await accessesOf(stream, untilNs)).toEqual([accesses, 0]);
  });

  test("a billion a second is earned without wrapping", () => {
    const stream = streamOf({ ratePerKs: 1_000_000_000_000, pages: 8 });
    const { wasm } = coreOf({ vms: [{ pages: 8, workload: [stream] }] });
    expect(BigInt.asUintN(64, wasm.accesses_due(0))).toBe(10_000_000n);
    expect(BigInt.asUintN(64, wasm.accesses_due(0))).toBe(10_000_000n);
  });

  test("writes are their part of the accesses: all, none, a quarter", async () => {
    expect(await accessesOf({ writesPpm: 1_000_000 }, SECOND)).toEqual([1000, 1000]);
    expect(await accessesOf({ writesPpm: 0 }, SECOND)).toEqual([1000, 0]);
    const [accesses, writes] = await accessesOf({ writesPpm: 250_000 }, 40 * SECOND);
    expect(accesses).toBe(40_000);
    // 5 standard deviations of a binomial: 433.
    expect(Math.abs(writes! - 10_000)).toBeLessThan(433);
  });
});

describe("pattern", () => {
  test("sequential: one after the other within the range, round and round", () => {
    const drawn = pagesOf({ pattern: "sequential", firstPage: 3, pages: 4 }, 8, 10);
    expect(drawn).toEqual([3, 4, 5, 6, 3, 4, 5, 6, 3, 4]);
  });

  test("uniform: every page of the range, equally likely (chi-square)", () => {
    const counts = countsOf(pagesOf({ firstPage: 20, pages: 80 }, 100, 80_000), 100);
    expect(counts.slice(0, 20).every((count) => count === 0)).toBe(true);
    const chi = counts.slice(20).reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 79 degrees of freedom: mean 79, standard deviation 12.6.
    expect(chi).toBeGreaterThan(35);
    expect(chi).toBeLessThan(142);
  });

  test("hot-cold: 90 % to the first 10 %", () => {
    const counts = countsOf(pagesOf({ pattern: "hot-cold" }, 200, 100_000), 200);
    const hot = counts.slice(0, 20).reduce((a, b) => a + b);
    expect(Math.abs(hot - 90_000)).toBeLessThan(475);
    for (const count of counts.slice(0, 20)) expect(Math.abs(count - 4500)).toBeLessThan(335);
    expect(counts.slice(20).every((count) => count > 0)).toBe(true);
  });

  test.each([
    ["all hot", { hotPagesPpm: 1_000_000, hotAccessesPpm: 0 }],
    ["one page", { pages: 1 }],
    ["no hot accesses", { hotPagesPpm: 500_000, hotAccessesPpm: 0 }],
  ])("hot-cold, %s: stays in range", (_, stream) => {
    for (const page of pagesOf({ pattern: "hot-cold", ...stream }, 10, 1000)) expect(page).toBeLessThan(10);
  });

  test("zipf: the k-th most drawn page comes with probability ~ 1 / k^s", () => {
    const [pages, draws, s] = [1000, 400_000, 0.99];
    const counts = countsOf(pagesOf({ pattern: "zipf", exponent: s }, pages, draws), pages).sort(
      (a, b) => b - a,
    );
    let norm = 0;
    for (let rank = 1; rank <= pages; rank += 1) norm += rank ** -s;
    for (const rank of [1, 2, 3, 5, 10, 30]) {
      const expected = (draws * rank ** -s) / norm;
      expect(Math.abs(counts[rank - 1]! - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
    const tail = counts.slice(500).reduce((a, b) => a + b);
    let tailLaw = 0;
    for (let rank = 501; rank <= pages; rank += 1) tailLaw += (draws * rank ** -s) / norm;
    expect(Math.abs(tail / tailLaw - 1)).toBeLessThan(0.05);
  });

  test("zipf: the favourite pages are scattered over the range", () => {
    const counts = countsOf(pagesOf({ pattern: "zipf", exponent: 1.5 }, 10_000, 50_000), 10_000);
    const favourites = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!).slice(0, 8);
    expect(Math.max(...favourites) - Math.min(...favourites)).toBeGreaterThan(2000);
  });
});

describe("content", () => {
  const written = async (stream: Partial<StreamSpec>) => {
    const vms = [
      {
        pages: 400,
        image: mixOf(10, 0, 1_000_000),
        workload: [streamOf({ pages: 400, writesPpm: 1e6, ...stream })],
      },
    ];
    const world = await worldOf({ vms });
    runTo(world, SECOND);
    return { world, contents: contentsOf(world).filter((id) => id !== undefined) };
  };

  test("all zeroes", async () => {
    const { contents } = await written({ pattern: "sequential", writesZeroPpm: 1_000_000 });
    expect(new Set(contents)).toEqual(new Set([0n]));
  });

  test("all of the pool: the ten contents that the image has", async () => {
    const { world, contents } = await written({ pattern: "sequential", writesCommonPpm: 1_000_000 });
    const pool = Array.from({ length: 10 }, (_, index) => poolContent(world.columns.vmPool.big(0), index));
    expect(new Set(contents)).toEqual(new Set(pool));
  });

  test("neither: contents never seen before", async () => {
    const { contents } = await written({ pattern: "sequential" });
    expect(new Set(contents).size).toBe(400);
  });

  test("as it was: nothing changes but that untouched pages become zero", async () => {
    const { world, contents } = await written({ pattern: "sequential", writesSamePpm: 1_000_000 });
    const pool = Array.from({ length: 10 }, (_, index) => poolContent(world.columns.vmPool.big(0), index));
    expect(new Set(contents)).toEqual(new Set([0n, ...pool]));
    expect(contents.filter((id) => id === 0n).length).toBe(390);
    expect(world.columns.vmWrites.get(0)).toBe(1000);
  });
});

test("streams are apart: another stream beside it does not change what one does", async () => {
  const stream = streamOf({ pages: 50, writesPpm: 500_000, pattern: "zipf" });
  const alone = await worldOf({ vms: [{ pages: 50, workload: [stream] }] });
  const other = streamOf({ pages: 50, writesPpm: 1_000_000 });
  const beside = await worldOf({
    vms: [
      { pages: 50, workload: [stream] },
      { pages: 50, workload: [other] },
    ],
  });
  runTo(alone, 5 * SECOND);
  runTo(beside, 5 * SECOND);
  expect(contentsOf(beside).slice(0, 50)).toEqual(contentsOf(alone).slice(0, 50));
});
