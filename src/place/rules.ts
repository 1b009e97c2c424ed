/**
 * What else than size says where a VM may go.
 *
 *   level   host, or a failure domain that hosts are labelled with, such as rack or site
 *   finer   level L is finer than M if every domain of L lies in one domain of M; a host is finer than all
 *
 * Source: seed 002 (quotas with credits, deadlines, affinity, anti-affinity, co-location); vSphere DRS for VM-host rules.
 */
import type { PlaceFault } from "./place-error.ts";
import type { Problem } from "./problem.ts";

/** In a text, line and column from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export interface Rule {
  /** Items by number. */
  readonly items: readonly number[];
  /** In messages. */
  readonly name?: string;
  /** Where the user wrote it. */
  readonly at?: Place;
}

/** All in one domain of a level; `host` if absent. */
export interface AffinityRule extends Rule {
  readonly level?: string;
}

/** At most so many in each domain of a level; 1 in each host if absent. */
export interface AntiAffinityRule extends Rule {
  readonly level?: string;
  readonly most?: number;
}

/** No domain of a level holds some of these and some of the others. */
export interface BanRule extends Rule {
  readonly others: readonly number[];
  readonly level?: string;
}

/** Only on, or never on, some bins. */
export interface HostRule extends Rule {
  readonly on?: readonly number[];
  readonly notOn?: readonly number[];
}

/** All of them find a place, or none gets one. */
export type RequestRule = Rule;

/** What items may take together, at any time, and what they may cost in sum. */
export interface QuotaRule extends Rule {
  /** Per dimension; Infinity: no quota. */
  readonly most?: readonly number[];
  readonly credits?: number;
  /** Per dimension: credits for one of it, for an hour; an item without an end is charged one hour. */
  readonly prices?: readonly number[];
}

/** When an item runs, in seconds. */
export interface TimeRule {
  /** Not before; 0 if absent. */
  readonly start?: number;
  /** From `start` to here. Give this or `duration`; neither: for ever. */
  readonly end?: number;
  readonly duration?: number;
  /** Over by then; with a `duration` it may begin later than at `start`. */
  readonly deadline?: number;
}

export interface PlaceRules {
  /** Per level the domain of each bin. */
  readonly domains?: Readonly<Record<string, readonly (string | number)[]>>;
  readonly affinity?: readonly AffinityRule[];
  readonly antiAffinity?: readonly AntiAffinityRule[];
  readonly bans?: readonly BanRule[];
  readonly hosts?: readonly HostRule[];
  readonly requests?: readonly RequestRule[];
  readonly quotas?: readonly QuotaRule[];
  /** Per item. */
  readonly times?: readonly (TimeRule | undefined)[];
  /** Dimensions of things that cannot be divided: their numbers are whole. */
  readonly indivisible?: readonly number[];
}

/** The kinds of rules that name items, as in messages. */
export const RULE_KINDS = ["affinity", "antiAffinity", "bans", "hosts", "requests", "quotas"] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

/** Names for messages. */
export interface RuleNames {
  readonly item: (item: number) => string;
  readonly dimension: (d: number) => string;
  /** Where an item was written, and a bin. */
  readonly itemAt?: (item: number) => Place;
  readonly binAt?: (bin: number) => Place;
}

export const NUMBERED: RuleNames = { item: (item) => `item ${item}`, dimension: (d) => `dimension ${d}` };

/** How a rule is called: by its own name, by where it was written, by its number. */
export function ruleLabel(kind: RuleKind, index: number, { name, at }: Rule): string {
  if (name !== undefined) return name;
  const word = {
    affinity: "affinity",
    antiAffinity: "anti-affinity",
    bans: "ban",
    hosts: "host rule",
    requests: "request",
    quotas: "quota",
  }[kind];
  return at?.line === undefined ? `${word} ${index}` : `${word} of line ${at.line}`;
}

/** A fault of a rule, where the user wrote it if that is known. */
export function ruleFault(
  kind: RuleKind,
  index: number,
  rule: Rule,
  key: string,
  expected: string,
  got: string,
  hint?: string,
): PlaceFault {
  const path =
    rule.at === undefined ? `rules.${kind}[${index}]${key}` : `${ruleLabel(kind, index, rule)}${key}`;
  return { ...rule.at, path, expected, got, hint };
}

/** A number of the domain of every bin; undefined: each bin is its own. */
export function domainNumbers({ domains }: PlaceRules, level: string | undefined): Int32Array | undefined {
  const labels = level === undefined || level === "host" ? undefined : domains?.[level];
  if (labels === undefined) return undefined;
  const numbers = new Map<string | number, number>();
  return Int32Array.from(labels, (label) => {
    const known = numbers.get(label) ?? numbers.size;
    numbers.set(label, known);
    return known;
  });
}

/** Whether every domain of one level lies in one domain of another. */
export function isFiner(rules: PlaceRules, level: string | undefined, than: string | undefined): boolean {
  if ((level ?? "host") === (than ?? "host") || (level ?? "host") === "host") return true;
  const [fine, coarse] = [domainNumbers(rules, level), domainNumbers(rules, than)];
  if (fine === undefined || coarse === undefined) return false;
  const above = new Map<number, number>();
  for (const [bin, domain] of fine.entries()) {
    if ((above.get(domain) ?? coarse[bin]) !== coarse[bin]) return false;
    above.set(domain, coarse[bin]!);
  }
  return true;
}

/**
 * Per item the bins that host rules leave it, 1 a bin; undefined: all. Items under the same rules have one array.
 *
 * @param problem  its bins are counted
 */
export function allowedBins(problem: Problem, { hosts = [] }: PlaceRules): (Uint8Array | undefined)[] {
  const keys = Array.from({ length: problem.items }, () => "");
  for (const [index, { items }] of hosts.entries()) {
    for (const item of new Set(items)) keys[item] += `${index} `;
  }
  const made = new Map<string, Uint8Array>();
  return keys.map((key) => {
    if (key === "") return undefined;
    const known = made.get(key);
    if (known !== undefined) return known;
    const allowed = new Uint8Array(problem.bins).fill(1);
    for (const index of key.trim().split(" ")) {
      const { on, notOn = [] } = hosts[Number(index)]!;
      const kept = on === undefined ? undefined : new Set(on);
      if (kept !== undefined) for (const bin of allowed.keys()) if (!kept.has(bin)) allowed[bin] = 0;
      for (const bin of notOn) allowed[bin] = 0;
    }
    made.set(key, allowed);
    return allowed;
  });
}
