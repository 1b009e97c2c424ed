/**
 * Rules while items are being placed: whether one more may go to a bin, given who is where.
 *
 * Items that do not run at the same time do not see each other: anti-affinity, bans and quotas count those whose times
 * overlap. Affinity and credits hold over all time. Cost: O(rules of the item × their members placed).
 */

import type { Problem } from "./problem.ts";
import { ALWAYS, Profile } from "./profile.ts";
import { allowedBins, domainNumbers, type PlaceRules, type QuotaRule } from "./rules.ts";

interface Spot {
  readonly item: number;
  readonly domain: number;
  readonly from: number;
  readonly to: number;
}

/** One rule over domains, and who is placed under it. */
interface Spread {
  readonly kind: "affinity" | "anti" | "ban";
  readonly domains: Int32Array | undefined;
  readonly most: number;
  /** Of a ban: per item its side. */
  readonly sides: ReadonlyMap<number, number>;
  readonly spots: Spot[];
  /** Domains tried in vain, while a unit is placed. */
  readonly closed: Set<number>;
}

interface Quota {
  readonly most: Float64Array | undefined;
  readonly profile: Profile;
  readonly credits: number;
  readonly prices: readonly number[] | undefined;
  spent: number;
}

/** Prices are for an hour. */
const HOUR = 3600;
const NEAR = 1e-9;

export class RuleState {
  readonly #problem: Problem;
  readonly #spreads: readonly (readonly Spread[])[];
  readonly #quotas: readonly (readonly Quota[])[];
  readonly #allowed: readonly (Uint8Array | undefined)[];
  readonly #peak: Float64Array;

  constructor(problem: Problem, rules: PlaceRules) {
    this.#problem = problem;
    this.#peak = new Float64Array(problem.dimensions);
    const spreads = Array.from({ length: problem.items }, (): Spread[] => []);
    const add = (
      kind: Spread["kind"],
      level: string | undefined,
      most: number,
      sides: Map<number, number>,
    ): void => {
      const domains = domainNumbers(rules, level);
      const spread: Spread = { kind, domains, most, sides, spots: [], closed: new Set() };
      for (const item of sides.keys()) spreads[item]!.push(spread);
    };
    const all = (items: readonly number[]): Map<number, number> => new Map(items.map((item) => [item, 0]));
    for (const { items, level } of rules.affinity ?? []) add("affinity", level, 0, all(items));
    for (const { items, level, most = 1 } of rules.antiAffinity ?? []) add("anti", level, most, all(items));
    for (const { items, others, level } of rules.bans ?? []) {
      add(
        "ban",
        level,
        0,
        new Map([...items.map((item) => [item, 1] as const), ...others.map((item) => [item, 2] as const)]),
      );
    }
    this.#spreads = spreads;
    const quotas = Array.from({ length: problem.items }, (): Quota[] => []);
    for (const rule of rules.quotas ?? []) {
      const quota = quotaOf(problem, rule);
      for (const item of new Set(rule.items)) quotas[item]!.push(quota);
    }
    this.#quotas = quotas;
    this.#allowed = Number.isFinite(problem.bins) ? allowedBins(problem, rules) : [];
  }

  /** Whether an item may go to a bin, size apart. */
  allows(item: number, bin: number, from = 0, to: number = ALWAYS): boolean {
    if (this.#allowed[item]?.[bin] === 0) return false;
    for (const spread of this.#spreads[item]!) if (!allowsSpread(spread, item, bin, from, to)) return false;
    for (const quota of this.#quotas[item]!) if (!this.#allowsQuota(quota, item, from, to)) return false;
    return true;
  }

  put(item: number, bin: number, from = 0, to: number = ALWAYS): void {
    for (const { domains, spots } of this.#spreads[item]!) {
      spots.push({ item, domain: domains?.[bin] ?? bin, from, to });
    }
    for (const quota of this.#quotas[item]!) {
      quota.profile.add({ item, from, to });
      quota.spent += this.#cost(quota, item, from, to);
    }
  }

  take(item: number, from = 0, to: number = ALWAYS): void {
    for (const { spots } of this.#spreads[item]!) {
      spots.splice(
        spots.findIndex((spot) => spot.item === item),
        1,
      );
    }
    for (const quota of this.#quotas[item]!) {
      quota.profile.remove(item);
      quota.spent -= this.#cost(quota, item, from, to);
    }
  }

  /** Keeps the affine ones of an item out of the domain where it is now. @returns false: it has none */
  closeDomain(item: number, bin: number): boolean {
    const spread = this.#spreads[item]!.find(({ kind }) => kind === "affinity");
    spread?.closed.add(spread.domains?.[bin] ?? bin);
    return spread !== undefined;
  }

  /** Lets all domains of an item's affine ones be used again. */
  openDomains(item: number): void {
    for (const { closed } of this.#spreads[item]!) closed.clear();
  }

  #allowsQuota(quota: Quota, item: number, from: number, to: number): boolean {
    const { dimensions, sizes, slack } = this.#problem;
    if (quota.spent + this.#cost(quota, item, from, to) > quota.credits * (1 + NEAR)) return false;
    if (quota.most === undefined) return true;
    quota.profile.peak(from, to, this.#peak, 0);
    for (let d = 0; d < dimensions; d += 1) {
      const size = sizes[item * dimensions + d]!;
      if (size > 0 && this.#peak[d]! + size > quota.most[d]! + slack[d]!) return false;
    }
    return true;
  }

  #cost({ prices }: Quota, item: number, from: number, to: number): number {
    if (prices === undefined) return 0;
    const { dimensions, sizes } = this.#problem;
    let cost = 0;
    for (let d = 0; d < dimensions; d += 1) cost += prices[d]! * sizes[item * dimensions + d]!;
    return to === ALWAYS ? cost : (cost * (to - from)) / HOUR;
  }
}

function quotaOf(problem: Problem, { most, credits, prices }: QuotaRule): Quota {
  return {
    most: most === undefined ? undefined : Float64Array.from(most),
    profile: new Profile(problem.sizes, problem.dimensions),
    credits: credits ?? Number.POSITIVE_INFINITY,
    prices,
    spent: 0,
  };
}

function allowsSpread(
  { kind, domains, most, sides, spots, closed }: Spread,
  item: number,
  bin: number,
  from: number,
  to: number,
): boolean {
  const domain = domains?.[bin] ?? bin;
  if (kind === "affinity") return !closed.has(domain) && spots.every((spot) => spot.domain === domain);
  let here = 0;
  const side = sides.get(item)!;
  for (const spot of spots) {
    if (spot.domain !== domain || spot.from >= to || spot.to <= from) continue;
    if (kind === "ban" && sides.get(spot.item) !== side) return false;
    here += 1;
  }
  return kind === "ban" || here < most;
}
