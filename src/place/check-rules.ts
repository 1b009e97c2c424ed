/** Rules that are none: unknown numbers and levels, times that cannot be, halves of what cannot be divided. */
import { nearest } from "../scenario/nearest.ts";
import { contradictions } from "./contradictions.ts";
import { type PlaceFault, refuseFaults } from "./place-error.ts";
import type { Problem } from "./problem.ts";
import {
  type BanRule,
  type HostRule,
  NUMBERED,
  type PlaceRules,
  type QuotaRule,
  RULE_KINDS,
  type Rule,
  type RuleKind,
  type RuleNames,
  ruleFault,
} from "./rules.ts";

/**
 * Checks rules against each other and against the problem.
 *
 * @throws PlaceError with every rule that is none, and every two that contradict each other, by name
 */
export function checkRules(problem: Problem, rules: PlaceRules, names: RuleNames = NUMBERED): void {
  const faults: PlaceFault[] = [];
  for (const kind of RULE_KINDS) {
    for (const [index, rule] of (rules[kind] ?? []).entries())
      checkRule(problem, rules, kind, index, rule, faults);
  }
  checkDomains(problem, rules, faults);
  checkTimes(problem, rules, names, faults);
  checkIndivisible(problem, rules, names, faults);
  refuseFaults(faults);
  refuseFaults(contradictions(problem, rules, names));
}

function checkRule(
  problem: Problem,
  rules: PlaceRules,
  kind: RuleKind,
  index: number,
  rule: Rule,
  faults: PlaceFault[],
): void {
  const { level, most, others, on, notOn, credits, prices } = rule as Partial<BanRule & HostRule & QuotaRule>;
  const tell = (key: string, expected: string, got: unknown, hint?: string): void => {
    faults.push(ruleFault(kind, index, rule, key, expected, String(got), hint));
  };
  const numbers = (key: string, list: readonly number[] | undefined, below: number): void => {
    for (const [i, value] of (list ?? []).entries()) {
      if (!(Number.isInteger(value) && value >= 0 && value < below))
        tell(`${key}[${i}]`, `a number from 0 to ${below - 1}`, value);
    }
  };
  numbers(".items", rule.items, problem.items);
  numbers(".others", others, problem.items);
  numbers(".on", on, problem.bins);
  numbers(".notOn", notOn, problem.bins);
  const levels = ["host", ...Object.keys(rules.domains ?? {})];
  if (level !== undefined && !levels.includes(level)) {
    const near = nearest(level, levels);
    tell(
      ".level",
      `one of ${levels.join(", ")}`,
      level,
      near === undefined ? undefined : `did you mean ${near}?`,
    );
  }
  const twice = others?.find((item) => rule.items.includes(item));
  if (twice !== undefined) tell(".others", "items that are not among `items`", `item ${twice} on both sides`);
  if (
    kind === "antiAffinity" &&
    most !== undefined &&
    !(Number.isInteger(most) && (most as unknown as number) >= 1)
  ) {
    tell(".most", "a whole number from 1", most);
  }
  if (kind !== "quotas") return;
  const amounts = (key: string, list: readonly number[] | undefined): void => {
    if (list === undefined) return;
    if (list.length !== problem.dimensions)
      tell(key, `${problem.dimensions} numbers, one a dimension`, list.length);
    for (const [d, value] of list.entries())
      if (!(value >= 0)) tell(`${key}[${d}]`, "a number from 0", value);
  };
  amounts(".most", most as readonly number[] | undefined);
  amounts(".prices", prices);
  if (credits !== undefined && !(credits >= 0)) tell(".credits", "a number from 0", credits);
  if (credits !== undefined && prices === undefined) tell("", "prices beside credits", "none");
}

function checkDomains({ bins }: Problem, { domains = {} }: PlaceRules, faults: PlaceFault[]): void {
  for (const [level, labels] of Object.entries(domains)) {
    const path = `rules.domains.${level}`;
    if (level === "host") faults.push({ path, expected: "a level of another name", got: "host" });
    if (!Number.isFinite(bins))
      faults.push({ path, expected: "bins that are counted", got: "as many as needed" });
    else if (labels.length !== bins)
      faults.push({ path, expected: `${bins} labels, one a bin`, got: String(labels.length) });
  }
}

function checkTimes({ items }: Problem, { times }: PlaceRules, names: RuleNames, faults: PlaceFault[]): void {
  if (times === undefined) return;
  if (times.length !== items) {
    faults.push({
      path: "rules.times",
      expected: `${items} entries, one an item`,
      got: String(times.length),
    });
    return;
  }
  for (const [item, time] of times.entries()) {
    if (time === undefined) continue;
    const path = names.item(item);
    const at = names.itemAt?.(item);
    const { start = 0, end, duration, deadline } = time;
    for (const [key, value] of Object.entries(time)) {
      if (value !== undefined && !(value >= 0 && value <= 1e12)) {
        faults.push({
          ...at,
          path: `${path}.${key}`,
          expected: "a time from 0 to 1e12 s",
          got: String(value),
        });
      }
    }
    if (end !== undefined && duration !== undefined) {
      faults.push({ ...at, path, expected: "an end or a duration", got: "both" });
    }
    if (end !== undefined && end <= start) {
      faults.push({
        ...at,
        path: `${path}.end`,
        expected: `more than its start (${start} s)`,
        got: `${end} s`,
      });
    }
    if (duration === 0) faults.push({ ...at, path: `${path}.duration`, expected: "more than 0", got: "0" });
    if (deadline === undefined) continue;
    const over = end ?? (duration === undefined ? undefined : start + duration);
    if (over === undefined)
      faults.push({
        ...at,
        path: `${path}.deadline`,
        expected: "an end or a duration beside it",
        got: "neither",
      });
    else if (over > deadline) {
      faults.push({
        ...at,
        path: `${path}.deadline`,
        expected: `at least ${over} s, when it can be over`,
        got: `${deadline} s`,
      });
    }
  }
}

function checkIndivisible(
  problem: Problem,
  { indivisible = [] }: PlaceRules,
  names: RuleNames,
  faults: PlaceFault[],
): void {
  const { dimensions, sizes, capacities } = problem;
  for (const [i, d] of indivisible.entries()) {
    if (!(Number.isInteger(d) && d >= 0 && d < dimensions)) {
      faults.push({
        path: `rules.indivisible[${i}]`,
        expected: `a dimension from 0 to ${dimensions - 1}`,
        got: String(d),
      });
      continue;
    }
    const whole = "a whole number, because it cannot be divided";
    for (let item = 0; item < problem.items; item += 1) {
      const size = sizes[item * dimensions + d]!;
      if (!Number.isInteger(size)) {
        faults.push({
          ...names.itemAt?.(item),
          path: `${names.item(item)}.${names.dimension(d)}`,
          expected: whole,
          got: String(size),
        });
      }
    }
    for (let at = d; at < capacities.length; at += dimensions) {
      if (Number.isInteger(capacities[at])) continue;
      const bin = Math.floor(at / dimensions);
      const path = `${names.dimension(d)} of host ${bin}`;
      faults.push({ ...names.binAt?.(bin), path, expected: whole, got: String(capacities[at]) });
    }
  }
}
