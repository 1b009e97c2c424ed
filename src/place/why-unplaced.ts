/** Why an item has no bin, in words that a person can check. */
import type { Packing } from "./pack-vectors.ts";
import type { Problem } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";
import { allowedBins, type BanRule, type RuleNames, ruleLabel } from "./rules.ts";
import { makeRoom } from "./timed-room.ts";

/**
 * Reasons, one an item, for the first `most` items without a bin.
 *
 * @param names  of items and dimensions
 */
export function whyUnplaced(
  problem: Problem,
  { assignment }: Packing,
  names: RuleNames,
  most = 10,
): { readonly item: number; readonly reason: string }[] {
  const unplaced = [...assignment.keys()].filter((item) => assignment[item] === NO_BIN).slice(0, most);
  if (unplaced.length === 0) return [];
  const room = makeRoom(problem, false);
  for (const [item, bin] of assignment.entries()) {
    // Those that affinity lets in only together were put there together, in an order that is not kept.
    if (bin !== NO_BIN && room.fits(item, bin)) room.put(item, bin);
  }
  const { rules, bins } = problem;
  const allowed = rules === undefined || !Number.isFinite(bins) ? [] : allowedBins(problem, rules);
  return unplaced.map((item) => ({ item, reason: reasonOf(problem, room, item, allowed[item], names) }));
}

function reasonOf(
  problem: Problem,
  room: Room,
  item: number,
  allowed: Uint8Array | undefined,
  names: RuleNames,
): string {
  const { dimensions, sizes, capacities, slack, rules } = problem;
  const rows = capacities.length / dimensions;
  const size = (d: number): number => sizes[item * dimensions + d]!;
  const usable = Array.from({ length: rows }, (_, bin) => bin).filter((bin) => allowed?.[bin] !== 0);
  const where = allowed === undefined ? "no host" : "none of the hosts that it may use";
  for (let d = 0; d < dimensions; d += 1) {
    const largest = usable.reduce((most, bin) => Math.max(most, capacities[bin * dimensions + d]!), 0);
    if (size(d) > largest + slack[d]!)
      return `${where} has ${amount(size(d))} ${names.dimension(d)}; the largest has ${amount(largest)}`;
  }
  const holds = (bin: number): boolean => {
    for (let d = 0; d < dimensions; d += 1)
      if (size(d) > capacities[bin * dimensions + d]! + slack[d]!) return false;
    return true;
  };
  if (!usable.some(holds)) return `${where} is large enough in all dimensions at once`;
  for (const [index, rule] of (rules?.requests ?? []).entries()) {
    if (rule.items.includes(item))
      return `not all ${rule.items.length} of ${ruleLabel("requests", index, rule)} find room`;
  }
  const roomy = usable.filter((bin) => {
    for (let d = 0; d < dimensions; d += 1)
      if (size(d) > room.free[bin * dimensions + d]! + slack[d]!) return false;
    return true;
  });
  if (roomy.length === 0) {
    for (let d = 0; d < dimensions; d += 1) {
      const most = usable.reduce((free, bin) => Math.max(free, room.free[bin * dimensions + d]!), 0);
      if (size(d) > most + slack[d]!) {
        return `${where} has ${amount(size(d))} ${names.dimension(d)} left; the most that one has is ${amount(most)}`;
      }
    }
    return `${where} has enough of everything left at once`;
  }
  if (room.rules === undefined) return `${where} has room left for it`;
  const mine = (["quotas", "affinity", "antiAffinity", "bans"] as const).flatMap((kind) =>
    (rules?.[kind] ?? []).flatMap((rule, index) =>
      rule.items.includes(item) || (rule as Partial<BanRule>).others?.includes(item) === true
        ? [ruleLabel(kind, index, rule)]
        : [],
    ),
  );
  if (mine.length === 0) return `${where} has room left for it`;
  return `${roomy.length} ${roomy.length === 1 ? "host has" : "hosts have"} room, but ${mine.join(", ")} ${mine.length === 1 ? "forbids" : "forbid"} it`;
}

function amount(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
