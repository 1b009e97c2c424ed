/** From zod's issues to findings in the words of a user: what was expected, what stood there, what was meant. */
import type * as z from "zod";
import { cpuPolicyNames, powerTables, schedulerNames, sharesByWord } from "./cpu-defaults.ts";
import { type Finding, formatPath, type Path, printable, showValue } from "./fault.ts";
import { formatCount } from "./format.ts";
import { nearest } from "./nearest.ts";
import { type Keys, keysAt, laterWords } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** Shared by keys, words and policies of later versions. */
export const notYet = "not simulated by this version of ballast";

/** Words that stand beside other forms of a value, by path without list indices. */
const wordsAt: Readonly<Record<string, readonly string[]>> = {
  "hosts.power": Object.keys(powerTables),
  "hosts.power.table": Object.keys(powerTables),
  "vms.shares": Object.keys(sharesByWord),
  "pools.shares": Object.keys(sharesByWord),
  "events.set.shares": Object.keys(sharesByWord),
  "hosts.swap": ["hdd", "ssd", "nvme", "remote", "none"],
  "vms.disk": ["hdd", "ssd", "nvme"],
  "vms.os": ["linux", "windows"],
};

/** Each has a schema of its own; what reads scenarios of one kind only says so where it gets the other. */
const RESOLUTIONS: readonly string[] = ["page", "fluid"];

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  object: "a map",
  record: "a map",
  array: "a list",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
};

/**
 * Turns zod's issues into findings, one for each wrong value and each wrong key.
 *
 * @param issues  as `safeParse` gives them
 * @param root    the document they are about
 * @param keys    keys of its maps, to name the one that was meant
 */
export function findingsOf(
  issues: readonly Issue[],
  root: unknown,
  keys: Readonly<Record<string, Keys>> = keysAt,
): Finding[] {
  // Two checks of one value (a number too large, and unsafe too) are one fault: what our own bound says comes last.
  const byPlace = new Map<string, Finding>();
  for (const finding of issues.flatMap((issue) => findings(issue, [], root, keys))) {
    byPlace.set(`${finding.at ?? "value"} ${formatPath(finding.path)}`, finding);
  }
  return [...byPlace.values()];
}

/**
 * Leaves out what is said only because a key was mistyped: that the key is absent, or, of a workload, that it is of no kind.
 *
 * @param all  findings of the shape and of the rules
 */
export function withoutEchoes(all: readonly Finding[]): Finding[] {
  const typos = all.filter(({ meant }) => meant !== undefined);
  return all.filter((finding) => typos.every((typo) => !echoes(finding, typo)));
}

function echoes(finding: Finding, typo: Finding): boolean {
  if (finding === typo || finding.at === "key") return false;
  const map = typo.path.slice(0, -1);
  const isThere = (length: number): boolean =>
    finding.path.length === length && map.every((step, i) => step === finding.path[i]);
  const isAbsent = isThere(typo.path.length) && (finding.got ?? "nothing") === "nothing";
  const isWork = /^vms\.workload$/.test(kindOf(map));
  return (isAbsent && (isWork || finding.path.at(-1) === typo.meant)) || (isWork && isThere(map.length));
}

function findings(issue: Issue, above: Path, root: unknown, keys: Readonly<Record<string, Keys>>): Finding[] {
  const path = [...above, ...(issue.path as (string | number)[])];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key, keys));
  if (issue.code === "invalid_union") {
    const branch = branchMeant(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => findings(inner, path, root, keys));
  }
  const value = valueAt(root, path);
  const hint = hintOf(issue, path, value);
  const asked = isResolution(path) && value !== "fluid" ? oneOf(RESOLUTIONS) : expected(issue);
  return [{ path, expected: asked, got: got(issue, value), ...(hint === undefined ? {} : { hint }) }];
}

/** The one branch of a union that takes this kind of value, so that the fault is deeper or a matter of range. */
function branchMeant(branches: readonly Issue[][]): Issue[] | undefined {
  const refuses = (issue: Issue) =>
    issue.path.length === 0 && ["invalid_type", "invalid_value", "invalid_union"].includes(issue.code);
  // A whole-number check fails by type too: 1.5 is a number all the same, and only that branch says so.
  const taking = branches.filter((issues) => !issues.some((issue) => refuses(issue) && !isInteger(issue)));
  return taking.length === 1 ? taking[0] : undefined;
}

function isInteger(issue: Issue): boolean {
  return issue.code === "invalid_type" && issue.expected === "int";
}

function unknownKey(path: Path, key: string, keys: Readonly<Record<string, Keys>>): Finding {
  const kind = kindOf(path);
  const { known, later, elsewhere } = keys[kind] ?? { known: [], later: [] };
  const whole = [...path, key];
  const base = { path: whole, at: "key", got: showValue(key) } as const;
  if (later.includes(key)) return { ...base, expected: "a key of this version", hint: notYet };
  if (elsewhere?.keys.includes(key))
    return { ...base, expected: `a key of resolution: ${elsewhere.here}`, hint: elsewhere.hint };
  const meant = nearest(key, [...known, ...later]);
  const hint = hintOfKey(kind, key) ?? (meant === undefined ? `keys are ${known.join(" ")}` : undefined);
  if (hint !== undefined) return { ...base, expected: "a known key", hint };
  return { ...base, expected: "a known key", hint: `did you mean ${meant}?`, meant: meant! };
}

/** A name where the key that it is a value of should stand. */
function hintOfKey(kind: string, key: string): string | undefined {
  if (kind === "events.set" && ["shares", "reservation", "limit"].includes(key))
    return `did you mean cpu.${key} or mem.${key}?`;
  if (kind !== "policies.cpu") return undefined;
  if (schedulerNames.some((name) => name === key)) return `did you mean scheduler: ${key}?`;
  return cpuPolicyNames.includes(key) ? `did you mean name: ${key}?` : undefined;
}

/** A path without list indices: the kind of thing that stands there. */
export function kindOf(path: Path): string {
  return path.filter((step) => typeof step === "string").join(".");
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      // A message of our own wins over the type's name.
      if (!issue.message.startsWith("Invalid input")) return issue.message;
      return kinds[issue.expected] ?? issue.expected;
    case "too_small":
      return `${issue.inclusive ? "at least" : "more than"} ${amount(Number(issue.minimum), issue.origin)}`;
    case "too_big":
      return `at most ${amount(Number(issue.maximum), issue.origin)}`;
    case "invalid_value":
      return oneOf(issue.values.map(String));
    default:
      // Our own checks and unions carry the expectation as their message.
      return issue.message;
  }
}

function amount(limit: number, origin: string): string {
  const count = formatCount(limit);
  if (origin === "array") return limit === 1 ? "1 entry" : `${count} entries`;
  if (origin === "string") return limit === 1 ? "1 character" : `${count} characters`;
  return count;
}

/** Such as `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

function got(issue: Issue, value: unknown): string {
  if (issue.code === "too_big" && typeof value === "string") return `${formatCount(value.length)} characters`;
  const isLength = issue.code === "too_big" || (issue.code === "too_small" && asCount(value) > 0);
  if (isLength && Array.isArray(value)) return `${formatCount(value.length)} entries`;
  return showValue(value, issue.code === "invalid_type" || isNumberAsText(value));
}

/** `"3"` is text, and shown without its quotes it would look like what was asked for. */
function isNumberAsText(value: unknown): value is string {
  return typeof value === "string" && /^\s*[-+]?\d+(\.\d+)?(e[-+]?\d+)?\s*$/i.test(value);
}

function asCount(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function hintOf(issue: Issue, path: Path, value: unknown): string | undefined {
  if (issue.code === "custom") return (issue.params as { hint?: string } | undefined)?.hint;
  if (issue.code === "invalid_type" && issue.expected === "string" && isScalar(value)) {
    return `in quotes it is text: "${String(value)}"`;
  }
  const kind = kindOf(path);
  const form = longForm(kind, value);
  if (form !== undefined) return `write ${form}`;
  if (/shares$/.test(kind) && isNumberAsText(value)) return `without quotes it is a number: ${value.trim()}`;
  if (kind === "ballast" && typeof value === "number") return "the version of the format, not of ballast";
  if (kind === "vms.image" && typeof value === "string") return `write { file: ${printable(value)} }`;
  const words = wordsAt[kind.replace(/\.(cpu|mem|memory)\.shares$/, ".shares")];
  if (words !== undefined && typeof value === "string") {
    const meant = nearest(value, words);
    return meant === undefined ? `names are ${words.join(" ")}` : `did you mean ${meant}?`;
  }
  if (issue.code !== "invalid_value" || typeof value !== "string") return undefined;
  if (kind === "resolution" && value === "fluid") return "a cluster: loadCluster and parseCluster read it";
  if (laterWords[kind]?.includes(value)) return notYet;
  const meant = nearest(value, isResolution(path) ? RESOLUTIONS : issue.values.map(String));
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** The map for which people write the one word that they think of. */
function longForm(kind: string, value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (/^(vms|pools|events\.set)\.(cpu|mem)$/.test(kind) && Object.hasOwn(sharesByWord, value))
    return `{ shares: ${value} }`;
  if (/^events\.(start|stop|reset|set)$/.test(kind)) return `{ vm: ${printable(value)} }`;
  return kind === "vms.workload" && value === "busy" ? "{ busy: true }" : undefined;
}

function isResolution(path: Path): boolean {
  return path.length === 1 && path[0] === "resolution";
}

/** Whether a document asks for another resolution than page: then it has other keys too. */
export function isNotPage(root: unknown): boolean {
  const value = valueAt(root, ["resolution"]);
  return value !== undefined && value !== "page";
}

function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

/** What stands at a path; undefined if the path leads nowhere. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
