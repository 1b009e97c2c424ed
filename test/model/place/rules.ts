/** Whether a packing keeps its rules, looked up one by one. */
import type { PlaceRules } from "../../../src/place/rules.ts";

interface Packed {
  readonly assignment: ArrayLike<number>;
  readonly starts?: ArrayLike<number>;
}

interface Seen {
  readonly sizes: readonly (readonly number[])[];
  readonly capacities: readonly (readonly number[])[];
  readonly rules: PlaceRules;
  readonly packed: Packed;
}

/** The first fault; undefined if there is none. */
export function brokenRule(
  sizes: readonly (readonly number[])[],
  capacities: readonly (readonly number[])[],
  rules: PlaceRules,
  packed: Packed,
): string | undefined {
  const seen = { sizes, capacities, rules, packed };
  return tooFull(seen) ?? outOfTime(seen) ?? wrongDomain(seen) ?? wrongSet(seen) ?? overQuota(seen);
}

function placed({ packed }: Seen, list: Iterable<number>): number[] {
  return [...new Set(list)].filter((item) => packed.assignment[item]! >= 0);
}

function all(seen: Seen): number[] {
  return placed(seen, seen.sizes.keys());
}

function span({ rules, packed }: Seen, item: number): readonly [number, number] {
  const { start = 0, end, duration } = rules.times?.[item] ?? {};
  const from = packed.starts?.[item] ?? start;
  return [from, end ?? from + (duration ?? Number.POSITIVE_INFINITY)];
}

function runsAt(seen: Seen, item: number, moment: number): boolean {
  return span(seen, item)[0] <= moment && moment < span(seen, item)[1];
}

function moments(seen: Seen): number[] {
  return [...new Set(all(seen).map((item) => span(seen, item)[0]))];
}

function sumsAt(seen: Seen, members: readonly number[], moment: number): number[] {
  const there = members.filter((item) => runsAt(seen, item, moment));
  return seen.capacities[0]!.map((_, d) => there.reduce((sum, item) => sum + seen.sizes[item]![d]!, 0));
}

function tooFull(seen: Seen): string | undefined {
  for (const [bin, capacity] of seen.capacities.entries()) {
    const members = all(seen).filter((item) => seen.packed.assignment[item] === bin);
    for (const moment of moments(seen)) {
      if (sumsAt(seen, members, moment).some((sum, d) => sum > capacity[d]! + 1e-6))
        return `bin ${bin} at ${moment}`;
    }
  }
  return undefined;
}

function outOfTime(seen: Seen): string | undefined {
  for (const item of all(seen)) {
    const { start = 0, deadline } = seen.rules.times?.[item] ?? {};
    if (span(seen, item)[0] < start) return `item ${item} begins before its start`;
    if (deadline !== undefined && span(seen, item)[1] > deadline)
      return `item ${item} is over after its deadline`;
  }
  return undefined;
}

function domainOf({ rules, packed }: Seen, item: number, level = "host"): string | number {
  const bin = packed.assignment[item]!;
  return level === "host" ? bin : rules.domains![level]![bin]!;
}

function wrongDomain(seen: Seen): string | undefined {
  const { affinity = [], antiAffinity = [], bans = [] } = seen.rules;
  for (const { items, level } of affinity) {
    if (new Set(placed(seen, items).map((item) => domainOf(seen, item, level))).size > 1)
      return `affinity of ${items}`;
  }
  for (const { items, level, most = 1 } of antiAffinity) {
    for (const item of placed(seen, items)) {
      const near = placed(seen, items)
        .filter((other) => domainOf(seen, other, level) === domainOf(seen, item, level))
        .filter((other) => runsAt(seen, other, span(seen, item)[0]));
      if (near.length > most) return `anti-affinity of ${items}`;
    }
  }
  for (const { items, others, level } of bans) {
    for (const a of placed(seen, items)) {
      for (const b of placed(seen, others)) {
        const meet = span(seen, a)[0] < span(seen, b)[1] && span(seen, b)[0] < span(seen, a)[1];
        if (meet && domainOf(seen, a, level) === domainOf(seen, b, level)) return `ban of ${a} beside ${b}`;
      }
    }
  }
  return undefined;
}

function wrongSet(seen: Seen): string | undefined {
  const { hosts = [], requests = [] } = seen.rules;
  for (const { items, on, notOn = [] } of hosts) {
    for (const item of placed(seen, items)) {
      const bin = seen.packed.assignment[item]!;
      if (on?.includes(bin) === false || notOn.includes(bin)) return `host of ${item}`;
    }
  }
  for (const { items } of requests) {
    if (![0, new Set(items).size].includes(placed(seen, items).length)) return `request of ${items} in part`;
  }
  return undefined;
}

function overQuota(seen: Seen): string | undefined {
  const NONE = Number.POSITIVE_INFINITY;
  for (const { items, most, credits = NONE, prices } of seen.rules.quotas ?? []) {
    for (const moment of moments(seen)) {
      const sums = sumsAt(seen, placed(seen, items), moment);
      if (sums.some((sum, d) => sum > (most?.[d] ?? NONE) + 1e-6)) return `quota of ${items}`;
    }
    const cost = placed(seen, items).reduce((total, item) => {
      const [from, to] = span(seen, item);
      const hours = to === NONE ? 1 : (to - from) / 3600;
      return total + seen.sizes[item]!.reduce((sum, size, d) => sum + size * (prices?.[d] ?? 0), 0) * hours;
    }, 0);
    if (cost > credits * (1 + 1e-6)) return `credits of ${items}`;
  }
  return undefined;
}
