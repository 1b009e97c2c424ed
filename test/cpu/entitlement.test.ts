// Goal: the solver gives what water-filling says: worked cases, any clients, any scale, the same bytes as its twin.
// Method: cases by hand; then random clients, nasty ones among them, against the sorted sweep and src/controls' twin.
import fc from "fast-check";
import { expect, test } from "vitest";
import { xorshift32 } from "../../bench/random.ts";
import { fillFlat } from "../../src/controls/water-fill.ts";
import { sweep } from "../model/cpu/entitlement.ts";
import { ARENA, rawCore } from "../support/raw-core.ts";

const COLUMNS_AT = ARENA + 64;
const NONE = Number.POSITIVE_INFINITY;

type Row = readonly [shares: number, low: number, high: number];

function poolOf(count: number) {
  const core = rawCore(64 + 32 * count);
  const column = (index: number) =>
    new Float64Array(core.memory.buffer, COLUMNS_AT + index * 8 * count, count);
  const [shares, low, high, out] = [column(0), column(1), column(2), column(3)];
  const solve = (capacity: number): Float64Array => {
    const [s, l, h, o] = [shares, low, high, out].map(({ byteOffset }) => byteOffset);
    core.wasm.entitlement_solveFlat(count, s!, l!, h!, o!, capacity, ARENA);
    return out;
  };
  return { shares, low, high, solve };
}

function solved(capacity: number, rows: readonly Row[]) {
  const pool = poolOf(rows.length);
  rows.forEach(([share, low, high], i) => {
    pool.shares[i] = share;
    pool.low[i] = low;
    pool.high[i] = high;
  });
  return { ...pool, out: pool.solve(capacity) };
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

test.each<[string, number, Row[], number[]]>([
  [
    "V10 A",
    6000,
    [
      [1000, 0, 500],
      [1000, 2250, NONE],
      [2000, 0, NONE],
    ],
    [500, 2250, 3250],
  ],
  [
    "V10 B",
    6000,
    [
      [1000, 0, 500],
      [1000, 2250, NONE],
      [2000, 0, 2000],
    ],
    [500, 3500, 2000],
  ],
  [
    "an idle client keeps no reservation",
    1000,
    [
      [1, 100, 100],
      [1, 0, NONE],
    ],
    [100, 900],
  ],
  [
    "10:1:1 on two pCPUs",
    200,
    [
      [10, 0, 100],
      [1, 0, 100],
      [1, 0, 100],
    ],
    [100, 50, 50],
  ],
  [
    "limit slide",
    1000,
    [
      [1, 0, NONE],
      [1, 0, 200],
    ],
    [800, 200],
  ],
  [
    "all satisfied",
    100,
    [
      [1, 0, 10],
      [1, 0, 20],
    ],
    [10, 20],
  ],
  [
    "overcommitted reservations shrink alike",
    90,
    [
      [1, 100, 100],
      [9, 20, NONE],
    ],
    [75, 15],
  ],
  [
    "nothing to divide",
    0,
    [
      [1, 0, NONE],
      [1, 0, 5],
    ],
    [0, 0],
  ],
  ["nothing to divide, though reserved", 0, [[1, 7, NONE]], [0]],
  [
    "a flat piece below the answer",
    950,
    [
      [1, 0, 100],
      [1, 800, NONE],
    ],
    [100, 850],
  ],
  [
    "a flat piece above the answer",
    899,
    [
      [1, 0, 100],
      [1, 800, NONE],
    ],
    [99, 800],
  ],
  [
    "an answer on a flat piece",
    900,
    [
      [1, 0, 100],
      [1, 800, NONE],
    ],
    [100, 800],
  ],
  [
    "breaks at one level",
    11,
    [
      [2, 4, 8],
      [1, 0, 2],
      [1, 2, 9],
    ],
    [6, 2, 3],
  ],
])("%s", (_, capacity, rows, expected) => {
  expect([...solved(capacity, rows).out]).toEqual(expected);
});

/** Breaks that coincide, widths of one ulp, shares that differ by many orders. */
const amount = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: 0, max: 1e4, noNaN: true }));
const row = fc
  .tuple(
    fc.oneof(fc.constantFrom(1, 500, 1000, 2000), fc.double({ min: 1e-3, max: 1e6, noNaN: true })),
    amount,
    fc.oneof(amount, fc.constantFrom(0, 1e-13, NONE)),
  )
  .map(([shares, low, more]): Row => [shares, low, low + more]);
const rows = fc.array(row, { minLength: 1, maxLength: 40 });

test("property: equals the sorted sweep, adds up, one level for all between their bounds", () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1.2, noNaN: true }), (clients, fraction) => {
      const finite = clients.map(([, low, high]) => (high === NONE ? low + 1e4 : high));
      const capacity = fraction * finite.reduce((sum, value) => sum + value, 0);
      const { shares, low, high, out } = solved(capacity, clients);
      const expected = new Float64Array(clients.length);
      sweep(shares, low, high, capacity, expected);
      const slack = 1e-11 * Math.max(1, capacity);
      out.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(slack);
        expect(value).toBeLessThanOrEqual(high[i]!);
        if (sumOf(low) <= capacity) expect(value).toBeGreaterThanOrEqual(low[i]!);
      });
      const all = Math.min(capacity, sumOf(high));
      expect(Math.abs(sumOf(out) - all)).toBeLessThanOrEqual(slack);
    }),
    { numRuns: 2000 },
  );
});

test("property: the twin of src/controls gives the same bytes", () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 2e5, noNaN: true }), (clients, capacity) => {
      const { shares, low, high, out } = solved(capacity, clients);
      const twin = new Float64Array(clients.length);
      fillFlat({ shares, low, high }, capacity, twin);
      expect([...out]).toEqual([...twin]);
    }),
    { numRuns: 2000 },
  );
});

test("property: no client gets less for shares of its own", () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1e5, noNaN: true }), fc.nat(), (clients, capacity, pick) => {
      const chosen = pick % clients.length;
      const before = solved(capacity, clients).out[chosen]!;
      const more = clients.map(([s, l, h], i): Row => [i === chosen ? s * 1.5 : s, l, h]);
      expect(solved(capacity, more).out[chosen]!).toBeGreaterThanOrEqual(
        before - 1e-9 * Math.max(1, capacity),
      );
    }),
  );
});

test("property: shares of twice the size change nothing, not a bit", () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0, max: 1e5, noNaN: true }), (clients, capacity) => {
      const twice = clients.map(([s, l, h]): Row => [s * 2, l, h]);
      expect([...solved(capacity, twice).out]).toEqual([...solved(capacity, clients).out]);
    }),
  );
});

test("a quarter of a million clients, started from a sample: the sweep's answer, the twin's bytes", () => {
  const count = (1 << 18) + 3;
  const next = xorshift32(7);
  const pool = poolOf(count);
  const twin = new Float64Array(count);
  const expected = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    pool.shares[i] = [500, 1000, 2000][next() % 3]! * (1 + (next() % 4));
    pool.low[i] = next() % 4 === 0 ? next() % 500 : 0;
    pool.high[i] = pool.low[i]! + (next() % 5 === 0 ? NONE : next() % 3000);
  }
  // The last: nearly all of what the clients with an end can use, so that the sample is far from the answer.
  for (const capacity of [count, 500 * count, 3000 * count, 1e6 * count]) {
    const out = pool.solve(capacity);
    fillFlat(pool, capacity, twin);
    sweep(pool.shares, pool.low, pool.high, capacity, expected);
    expect(Buffer.compare(Buffer.from(out.slice().buffer), Buffer.from(twin.buffer))).toBe(0);
    let worst = 0;
    for (let i = 0; i < count; i += 1) worst = Math.max(worst, Math.abs(out[i]! - expected[i]!));
    expect(worst).toBeLessThan(1e-6);
  }
});

test("a client among thousands that all meet their bounds: found over flat pieces, in few looks", () => {
  const clients = Array.from({ length: 5000 }, (_, i): Row => [1, i, i]);
  const fixed = (4999 * 5000) / 2;
  const { out } = solved(fixed + 40, [...clients, [1e-9, 0, 1], [1e-6, 3, 50]]);
  expect([out[5000], out[5001]]).toEqual([expect.closeTo(40 / 1001, 9), expect.closeTo(40_000 / 1001, 9)]);
});

test("rejects: rows that are not breadth first abort at the assert", () => {
  const core = rawCore(4096);
  new Uint32Array(core.memory.buffer, ARENA + 256, 2).set([1, 0]); // the child of row 1 would be row 0
  new Uint32Array(core.memory.buffer, ARENA + 264, 2).set([1, 1]);
  const [low, high, out] = [ARENA + 512, ARENA + 768, ARENA + 1024];
  const solve = () =>
    core.wasm.entitlement_solveTree(2, ARENA + 256, ARENA + 264, low, low, high, out, 1, ARENA);
  expect(solve).toThrow(/entitlement\.ts:\d+/);
});
