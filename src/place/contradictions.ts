/**
 * Rules that cannot all hold, found before anything is placed, and named.
 *
 * Together at L is together at every coarser level; apart at M is apart at every finer one. So affinity at L contradicts
 * anti-affinity or a ban at M where L is finer than M or the same.
 */
import type { PlaceFault } from "./place-error.ts";
import type { Problem } from "./problem.ts";
import {
  type AntiAffinityRule,
  allowedBins,
  domainNumbers,
  isFiner,
  type PlaceRules,
  type Rule,
  type RuleKind,
  type RuleNames,
  ruleFault,
  ruleLabel,
} from "./rules.ts";

/** Every `list` of numbers that one message shows. */
const SHOWN = 4;

/** Every two rules of which only one can hold, and every rule that nothing can satisfy. */
export function contradictions(problem: Problem, rules: PlaceRules, names: RuleNames): PlaceFault[] {
  const faults: PlaceFault[] = [];
  const allowed = Number.isFinite(problem.bins) ? allowedBins(problem, rules) : [];
  for (const [index, rule] of (rules.affinity ?? []).entries()) {
    const own = ruleLabel("affinity", index, rule);
    const together = new Set(rule.items);
    const say = (kind: RuleKind, at: number, other: Rule, items: readonly number[], why: string): void => {
      const what = `${own} and ${ruleLabel(kind, at, other)} to agree on ${shown(items, names)}`;
      faults.push({
        ...rule.at,
        path: rule.at === undefined ? `rules.affinity[${index}]` : "",
        expected: what,
        got: why,
      });
    };
    for (const [at, other] of (rules.antiAffinity ?? []).entries()) {
      const both = [...new Set(other.items)].filter((item) => together.has(item));
      if (both.length <= (other.most ?? 1) || !isFiner(rules, rule.level, other.level)) continue;
      const apart = `at most ${other.most ?? 1} in each ${other.level ?? "host"}`;
      say("antiAffinity", at, other, both, `all in one ${rule.level ?? "host"} against ${apart}`);
    }
    for (const [at, other] of (rules.bans ?? []).entries()) {
      const some = other.items.filter((item) => together.has(item));
      const rest = other.others.filter((item) => together.has(item));
      if (some.length === 0 || rest.length === 0 || !isFiner(rules, rule.level, other.level)) continue;
      say(
        "bans",
        at,
        other,
        [some[0]!, rest[0]!],
        `one ${rule.level ?? "host"} against never in one ${other.level ?? "host"}`,
      );
    }
    hostContradiction(problem, rules, names, index, allowed, faults);
  }
  for (const [index, rule] of (rules.antiAffinity ?? []).entries())
    tooFewDomains(problem, rules, index, rule, faults);
  nowhere(problem, rules, names, allowed, faults);
  return faults;
}

function shown(items: readonly number[], names: RuleNames): string {
  const list = items.slice(0, SHOWN).map(names.item).join(", ");
  return items.length > SHOWN ? `${list} and ${items.length - SHOWN} more` : list;
}

/** VMs that must be together, but are kept to places that have nothing in common. */
function hostContradiction(
  problem: Problem,
  rules: PlaceRules,
  names: RuleNames,
  index: number,
  allowed: readonly (Uint8Array | undefined)[],
  faults: PlaceFault[],
): void {
  if (!Number.isFinite(problem.bins) || (rules.hosts ?? []).length === 0) return;
  const rule = rules.affinity![index]!;
  const domains = domainNumbers(rules, rule.level);
  const domainOf = (bin: number): number => domains?.[bin] ?? bin;
  let left: Set<number> | undefined;
  for (const item of rule.items) {
    const mine = new Set<number>();
    for (let bin = 0; bin < problem.bins; bin += 1) if (allowed[item]?.[bin] !== 0) mine.add(domainOf(bin));
    left = left === undefined ? mine : new Set([...left].filter((domain) => mine.has(domain)));
  }
  if (left === undefined || left.size > 0) return;
  const involved = (rules.hosts ?? []).flatMap((other, at) =>
    other.items.some((item) => rule.items.includes(item)) ? [ruleLabel("hosts", at, other)] : [],
  );
  faults.push({
    ...rule.at,
    path: rule.at === undefined ? `rules.affinity[${index}]` : "",
    expected: `${ruleLabel("affinity", index, rule)} and ${involved.join(", ")} to agree on ${shown(rule.items, names)}`,
    got: `no ${rule.level ?? "host"} that all may use`,
  });
}

function tooFewDomains(
  problem: Problem,
  rules: PlaceRules,
  index: number,
  rule: AntiAffinityRule,
  faults: PlaceFault[],
): void {
  if (!Number.isFinite(problem.bins) || rules.times !== undefined) return;
  const numbers = domainNumbers(rules, rule.level);
  const domains = numbers === undefined ? problem.bins : new Set(numbers).size;
  const items = new Set(rule.items).size;
  const most = rule.most ?? 1;
  if (items <= most * domains) return;
  const level = rule.level ?? "host";
  faults.push(
    ruleFault(
      "antiAffinity",
      index,
      rule,
      "",
      `at most ${most * domains} items, ${most} in each of ${domains} ${level}s`,
      String(items),
    ),
  );
}

/** Items whose host rules leave them no host at all. */
function nowhere(
  problem: Problem,
  rules: PlaceRules,
  names: RuleNames,
  allowed: readonly (Uint8Array | undefined)[],
  faults: PlaceFault[],
): void {
  if (!Number.isFinite(problem.bins)) return;
  const seen = new Set<string>();
  for (const item of new Set((rules.hosts ?? []).flatMap(({ items }) => items))) {
    if (allowed[item]?.includes(1) !== false) continue;
    const involved = (rules.hosts ?? []).flatMap((rule, index) =>
      rule.items.includes(item) ? [ruleLabel("hosts", index, rule)] : [],
    );
    const key = involved.join();
    if (seen.has(key)) continue;
    seen.add(key);
    const rule = (rules.hosts ?? []).find(({ items }) => items.includes(item))!;
    const expected = `${involved.join(", ")} to leave ${names.item(item)} a host`;
    faults.push({ ...rule.at, path: rule.at === undefined ? "rules.hosts" : "", expected, got: "none" });
  }
}
