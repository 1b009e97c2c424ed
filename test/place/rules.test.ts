// Goal: no packing breaks a rule, and rules that cannot all hold are named.
// Method: one case by hand for each rule; random problems with random rules under every heuristic, checked rule by rule;
// contradictions by their messages.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HEURISTIC_NAMES, type HeuristicName } from "../../src/place/heuristics.ts";
import { packVectors } from "../../src/place/pack-vectors.ts";
import type { PlaceRules } from "../../src/place/rules.ts";
import { brokenRule } from "../model/place/rules.ts";

const place = (
  items: number[],
  hosts: number[],
  rules: PlaceRules,
  name: HeuristicName = "first-fit",
): number[] => [
  ...packVectors(
    items,
    hosts.map((host) => [host]),
    name,
    { rules, effort: 20_000 },
  ).assignment,
];
const racks = { rack: ["r1", "r1", "r2", "r2"] };

describe("by hand: four hosts of 10, two racks", () => {
  const hosts = [10, 10, 10, 10];

  test.each<[string, number[], PlaceRules, number[]]>([
    [
      "affinity: 6 and 5 need one host together, 6 and 4 have it",
      [6, 4],
      { affinity: [{ items: [0, 1] }] },
      [0, 0],
    ],
    [
      "affinity: what fits no host together goes nowhere",
      [6, 5, 3],
      { affinity: [{ items: [0, 1] }] },
      [-1, -1, 0],
    ],
    [
      "affinity in a rack: the first rack has no room for all three",
      [9, 9, 9, 9],
      { domains: racks, affinity: [{ items: [1, 2], level: "rack" }] },
      [0, 2, 3, 1],
    ],
    ["anti-affinity: one a host", [1, 1, 1], { antiAffinity: [{ items: [0, 1, 2] }] }, [0, 1, 2]],
    [
      "anti-affinity: two a rack",
      [1, 1, 1],
      { domains: racks, antiAffinity: [{ items: [0, 1, 2], level: "rack", most: 2 }] },
      [0, 0, 2],
    ],
    ["ban: 0 never beside 1 and 2", [1, 1, 1], { bans: [{ items: [0], others: [1, 2] }] }, [0, 1, 1]],
    ["ban in a rack", [1, 1], { domains: racks, bans: [{ items: [0], others: [1], level: "rack" }] }, [0, 2]],
    ["only on", [1, 1], { hosts: [{ items: [1], on: [3] }] }, [0, 3]],
    ["never on", [1, 1], { hosts: [{ items: [0, 1], notOn: [0, 1] }] }, [2, 2]],
    [
      "a request of 3 that do not all fit gets nothing, the next VM does",
      [10, 20, 10, 5],
      { requests: [{ items: [0, 1, 2] }] },
      [-1, -1, -1, 0],
    ],
    ["a request that fits", [10, 10, 10, 5], { requests: [{ items: [0, 1, 2] }] }, [0, 1, 2, 3]],
    ["quota: 12 at most", [5, 5, 5, 2], { quotas: [{ items: [0, 1, 2, 3], most: [12] }] }, [0, 0, -1, 1]],
    [
      "credits: 5 × 2 + 5 × 2 spends 20 of 24, another 5 costs 10, 2 costs 4",
      [5, 5, 5, 2],
      { quotas: [{ items: [0, 1, 2, 3], credits: 24, prices: [2] }] },
      [0, 0, -1, 1],
    ],
  ])("%s", (_, items, rules, expected) => {
    expect(place(items, hosts, rules)).toEqual(expected);
  });

  test("a host that is off at night holds twice as much: times", () => {
    const times = [{ start: 0, end: 8 }, { start: 8, end: 16 }, { start: 4, end: 12 }, { start: 16 }];
    expect(place([10, 10, 10, 10], hosts, { times })).toEqual([0, 0, 1, 0]);
  });

  test("a deadline lets a VM wait for room, as late as it may", () => {
    const times = [
      { end: 8 },
      { start: 2, duration: 4, deadline: 12 },
      { start: 2, duration: 4, deadline: 11 },
    ];
    const { assignment, starts } = packVectors([10, 10, 10], [[10]], "first-fit", { rules: { times } });
    expect([[...assignment], [...starts!]]).toEqual([
      [0, 0, -1],
      [0, 8, 0],
    ]);
  });

  test("credits are for an hour", () => {
    const times = [{ end: 1800 }, { end: 7200 }, { end: 3600 }];
    // 5 for half an hour costs 2.5, for two hours 10, for one hour 5.
    const quotas = [{ items: [0, 1, 2], credits: 8, prices: [1] }];
    expect(place([5, 5, 5], hosts, { times, quotas })).toEqual([0, -1, 0]);
  });

  test("those who never meet share a host in spite of a ban", () => {
    const times = [{ end: 8 }, { start: 8 }];
    expect(place([1, 1], hosts, { times, bans: [{ items: [0], others: [1] }] })).toEqual([0, 0]);
  });
});

test("rules raise the lower bound: ten apart need ten hosts", () => {
  const rules = { antiAffinity: [{ items: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }] };
  const { lowerBound, bins, gap } = packVectors(Array(10).fill([1]), { capacity: [100] }, "ffd", { rules });
  expect([lowerBound, bins, gap]).toEqual([10, 10, 0]);
});

describe("property: any heuristic keeps any rules", () => {
  const some = (count: number, min = 1) =>
    fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: min, maxLength: 4 });
  const level = fc.option(fc.constantFrom("rack", "site"), { nil: undefined });
  const problem = fc
    .record({
      items: fc.integer({ min: 1, max: 12 }),
      hosts: fc.integer({ min: 1, max: 6 }),
      d: fc.integer({ min: 1, max: 2 }),
    })
    .chain(({ items, hosts, d }) => {
      const vectors = (count: number, max: number) =>
        fc.array(fc.array(fc.integer({ min: 0, max }), { minLength: d, maxLength: d }), {
          minLength: count,
          maxLength: count,
        });
      const list = <Value>(rule: fc.Arbitrary<Value>) => fc.array(rule, { maxLength: 2 });
      const time = fc.oneof(
        fc.constant({}),
        fc
          .record({ start: fc.nat(9), more: fc.integer({ min: 1, max: 9 }) })
          .map(({ start, more }) => ({ start, end: start + more })),
        fc
          .record({ start: fc.nat(9), duration: fc.integer({ min: 1, max: 9 }), more: fc.nat(9) })
          .map(({ start, duration, more }) => ({ start, duration, deadline: start + duration + more })),
      );
      return fc.record({
        sizes: vectors(items, 6),
        capacities: vectors(hosts, 14),
        rack: fc.array(fc.nat(2), { minLength: hosts, maxLength: hosts }),
        affinity: list(fc.record({ items: some(items), level })),
        antiAffinity: list(fc.record({ items: some(items), level, most: fc.integer({ min: 1, max: 2 }) })),
        bans: list(fc.record({ items: some(items), others: some(items), level })),
        hosts: list(fc.record({ items: some(items), notOn: some(hosts, 0) })),
        requests: list(fc.record({ items: some(items) })),
        quotas: list(
          fc.record({
            items: some(items),
            most: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: d, maxLength: d }),
            credits: fc.nat(40),
            prices: fc.array(fc.nat(2), { minLength: d, maxLength: d }),
          }),
        ),
        times: fc.option(fc.array(time, { minLength: items, maxLength: items }), { nil: undefined }),
        name: fc.constantFrom(...HEURISTIC_NAMES),
      });
    });

  test("rule by rule, recomputed from where each VM is", () => {
    let placed = 0;
    fc.assert(
      fc.property(problem, ({ sizes, capacities, rack, name, times, ...lists }) => {
        const rules = {
          ...lists,
          affinity: lists.affinity.map(({ items, level }) => ({
            items,
            ...(level === undefined ? {} : { level }),
          })),
          antiAffinity: lists.antiAffinity.map(({ level, ...rule }) => ({
            ...rule,
            ...(level === undefined ? {} : { level }),
          })),
          bans: lists.bans.map(({ level, ...rule }) => ({
            ...rule,
            ...(level === undefined ? {} : { level }),
          })),
          // Racks 0 and 1 are at one site.
          domains: { rack, site: rack.map((one) => one >> 1) },
          ...(times === undefined ? {} : { times }),
        } as PlaceRules;
        let packing: ReturnType<typeof packVectors>;
        try {
          packing = packVectors(sizes, capacities, name, { rules, effort: 3000 });
        } catch (fault) {
          expect((fault as Error).name).toBe("PlaceError");
          return;
        }
        expect(brokenRule(sizes, capacities, rules, packing)).toBe(undefined);
        if (packing.unplaced === 0) expect(packing.bins).toBeGreaterThanOrEqual(packing.lowerBound);
        placed += sizes.length - packing.unplaced;
      }),
      { numRuns: 1500 },
    );
    expect(placed).toBeGreaterThan(1000);
  });
});

describe("contradictions are named", () => {
  const refuse =
    (rules: PlaceRules): (() => unknown) =>
    () =>
      place([1, 1, 1], [10, 10, 10, 10], rules);

  test.each<[string, PlaceRules]>([
    [
      "rules.affinity[0]: expected affinity 0 and anti-affinity 0 to agree on item 0, item 1, got all in one host against at most 1 in each rack",
      { domains: racks, affinity: [{ items: [0, 1, 2] }], antiAffinity: [{ items: [0, 1], level: "rack" }] },
    ],
    [
      "expected web together and db apart to agree on item 0, item 1, got all in one rack against at most 1 in each rack",
      {
        domains: racks,
        affinity: [{ items: [0, 1], level: "rack", name: "web together" }],
        antiAffinity: [{ items: [0, 1], level: "rack", name: "db apart" }],
      },
    ],
    [
      "expected affinity 0 and ban 0 to agree on item 0, item 2, got one host against never in one rack",
      {
        domains: racks,
        affinity: [{ items: [0, 1, 2] }],
        bans: [{ items: [0], others: [2], level: "rack" }],
      },
    ],
    [
      "expected affinity 0 and host rule 0, host rule 1 to agree on item 0, item 1, got no host that all may use",
      {
        affinity: [{ items: [0, 1] }],
        hosts: [
          { items: [0], on: [0] },
          { items: [1], on: [1, 2] },
        ],
      },
    ],
    [
      "rules.hosts: expected host rule 0, host rule 1 to leave item 0 a host, got none",
      {
        hosts: [
          { items: [0], on: [0] },
          { items: [0, 1], notOn: [0] },
        ],
      },
    ],
    [
      "rules.antiAffinity[0]: expected at most 2 items, 1 in each of 2 racks, got 3",
      { domains: racks, antiAffinity: [{ items: [0, 1, 2], level: "rack" }] },
    ],
    [
      "rules.bans[0].others: expected items that are not among `items`, got item 1 on both sides",
      { bans: [{ items: [0, 1], others: [1] }] },
    ],
    ["rules.affinity[0].items[1]: expected a number from 0 to 2, got 7", { affinity: [{ items: [0, 7] }] }],
    [
      "rules.affinity[0].level: expected one of host, rack, got rak; did you mean rack?",
      { domains: racks, affinity: [{ items: [0], level: "rak" }] },
    ],
    ["rules.domains.rack: expected 4 labels, one a bin, got 1", { domains: { rack: ["r1"] } }],
    ["rules.times: expected 3 entries, one an item, got 1", { times: [{}] }],
    ["item 0.end: expected more than its start (5 s), got 5 s", { times: [{ start: 5, end: 5 }, {}, {}] }],
    [
      "item 0.deadline: expected at least 9 s, when it can be over, got 8 s",
      { times: [{ start: 5, duration: 4, deadline: 8 }, {}, {}] },
    ],
    [
      "item 0.deadline: expected an end or a duration beside it, got neither",
      { times: [{ deadline: 8 }, {}, {}] },
    ],
    [
      "rules.quotas[0].most: expected 1 numbers, one a dimension, got 2",
      { quotas: [{ items: [0], most: [1, 2] }] },
    ],
    ["rules.quotas[0]: expected prices beside credits, got none", { quotas: [{ items: [0], credits: 5 }] }],
  ])("%s", (message, rules) => {
    expect(refuse(rules)).toThrow(message);
  });

  test("affinity in a rack and anti-affinity on hosts do agree", () => {
    const rules = {
      domains: racks,
      affinity: [{ items: [0, 1], level: "rack" }],
      antiAffinity: [{ items: [0, 1] }],
    };
    expect(place([1, 1, 1], [10, 10, 10, 10], rules)).toEqual([0, 1, 0]);
  });

  test("half an accelerator", () => {
    expect(() => packVectors([[1, 0.5]], [[4, 4]], "ffd", { rules: { indivisible: [1] } })).toThrow(
      "item 0.dimension 1: expected a whole number, because it cannot be divided, got 0.5",
    );
  });
});
