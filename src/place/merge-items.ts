/**
 * VMs that must share a host are one VM to the heuristics: the sum of their sizes.
 *
 * Not where items have times, where a quota counts only some of them, or where an anti-affinity rule counts several: such
 * sets are placed one by one, as units.
 */
import { makeProblem, type Problem } from "./problem.ts";
import type { AffinityRule, PlaceRules } from "./rules.ts";

export interface Merged {
  readonly problem: Problem;
  /** Per merged item the items in it. */
  readonly parts: readonly (readonly number[])[];
}

/** The problem with fewer, larger items; itself where nothing is to be merged. */
export function mergeItems(problem: Problem): Merged {
  const { items, dimensions, sizes, rules } = problem;
  const alone = (): Merged => ({ problem, parts: Array.from({ length: items }, (_, item) => [item]) });
  const merging = (rules?.affinity ?? []).filter((rule) => mayMerge(rules!, rule));
  if (rules === undefined || rules.times !== undefined || merging.length === 0) return alone();
  const root = Int32Array.from({ length: items }, (_, item) => item);
  const find = (item: number): number => (root[item] === item ? item : find(root[item]!));
  for (const { items: members } of merging) {
    for (const item of members) {
      const [a, b] = [find(item), find(members[0]!)];
      root[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const parts: number[][] = [];
  const place = new Int32Array(items);
  for (let item = 0; item < items; item += 1) {
    const first = find(item);
    if (first === item) place[item] = parts.push([item]) - 1;
    else {
      place[item] = place[first]!;
      parts[place[item]!]!.push(item);
    }
  }
  // Sets that overlap may have become too large for a rule together.
  const whole = new Map(parts.map((part) => [part[0]!, { items: part }]));
  if ([...whole.values()].some((part) => part.items.length > 1 && !mayMerge(rules, part))) return alone();
  const merged = new Float64Array(parts.length * dimensions);
  for (const [at, part] of parts.entries()) {
    for (const item of part)
      for (let d = 0; d < dimensions; d += 1) merged[at * dimensions + d]! += sizes[item * dimensions + d]!;
  }
  const made = makeProblem(dimensions, merged, problem.capacities, !Number.isFinite(problem.bins));
  return { problem: { ...made, rules: renumber(rules, merging, place) }, parts };
}

function mayMerge(rules: PlaceRules, { items, level }: AffinityRule): boolean {
  if (level !== undefined && level !== "host") return false;
  const set = new Set(items);
  const counted = (members: readonly number[]): number =>
    new Set(members.filter((item) => set.has(item))).size;
  return (
    (rules.antiAffinity ?? []).every((rule) => counted(rule.items) <= 1) &&
    (rules.quotas ?? []).every((rule) => [0, set.size].includes(counted(rule.items)))
  );
}

function renumber(rules: PlaceRules, gone: readonly AffinityRule[], place: Int32Array): PlaceRules {
  const move = (items: readonly number[]): number[] => [...new Set(items.map((item) => place[item]!))];
  const moved = <Kind extends { readonly items: readonly number[] }>(list: readonly Kind[] = []): Kind[] =>
    list.map((rule) => ({ ...rule, items: move(rule.items) }));
  return {
    ...(rules.domains === undefined ? {} : { domains: rules.domains }),
    affinity: moved((rules.affinity ?? []).filter((rule) => !gone.includes(rule))),
    antiAffinity: moved(rules.antiAffinity),
    bans: moved(rules.bans).map((rule) => ({ ...rule, others: move(rule.others) })),
    hosts: moved(rules.hosts),
    requests: moved(rules.requests),
    quotas: moved(rules.quotas),
  };
}
