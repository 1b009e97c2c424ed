/**
 * `--set vms.web.memory=4GiB`: one value of a document changed before it is checked.
 *
 *   path = step { "." step | "[" number "]" }      a step names a key, or in a list the entry with that name
 *
 * The document is copied along the path, never changed: aliases make one map stand in several places.
 */
import { type Document, parseDocument } from "yaml";
import { schedulerNames } from "./cpu-defaults.ts";
import { readDocument } from "./document.ts";
import { formatPath, type Path, printable, ScenarioError, showValue } from "./fault.ts";
import { nearest } from "./nearest.ts";

type Step = string | number;

/** What an assignment did. */
export interface Assigned {
  readonly document: unknown;
  /** Where the value stands now, list entries by index. */
  readonly path: Path;
}

/**
 * Sets one value of a scenario before it is checked.
 *
 * @param document    a parsed document, or the text of one
 * @param assignment  `PATH=VALUE`; VALUE is read as YAML
 * @returns           the changed document; the one given stays as it is
 * @throws            ScenarioError if PATH leads nowhere or the assignment cannot be read
 */
export function setPath(document: unknown, assignment: string): unknown {
  const root = typeof document === "string" ? readOrThrow(document) : document;
  return assign(root, assignment, `--set ${assignment}`).document;
}

function readOrThrow(text: string): unknown {
  const { value, findings } = readDocument(text);
  if (findings.length === 0) return value;
  const faults = findings.map((finding) => ({ got: "", ...finding, path: formatPath(finding.path) }));
  throw new ScenarioError(undefined, faults);
}

/**
 * As `setPath`, and says where the value went.
 *
 * @param label  names the assignment in faults, such as `--set seed=7`
 */
export function assign(document: unknown, assignment: string, label: string): Assigned {
  const equals = assignment.indexOf("=");
  const fail = (path: Path, expected: string, got: string, hint?: string): never => {
    const fault = { file: printable(label), path: formatPath(path), expected, got };
    throw new ScenarioError(undefined, [hint === undefined ? fault : { ...fault, hint }]);
  };
  if (equals < 1)
    return fail([], "PATH=VALUE, such as vms.web.memory=4GiB", printable(assignment) || "nothing");
  const steps = parseSteps(assignment.slice(0, equals).trim());
  if (steps === undefined) {
    return fail([], "a path such as vms[0].memory", printable(assignment.slice(0, equals)));
  }
  const value = parseValue(assignment.slice(equals + 1));
  if (value === unreadable) return fail(steps, "a value in YAML", printable(assignment.slice(equals + 1)));
  const path: Step[] = [];
  return { document: put(document, steps, value, path, fail), path };
}

function parseSteps(text: string): Step[] | undefined {
  const steps: Step[] = [];
  const grammar = /([^.[\]]+)|\[(\d{1,15})\]/y;
  let at = 0;
  while (at < text.length) {
    if (at > 0 && text[at] === ".") at += 1;
    else if (at > 0 && text[at] !== "[") return undefined;
    grammar.lastIndex = at;
    const match = grammar.exec(text);
    if (match === null) return undefined;
    // A dot goes before a key, none before an index.
    if ((match[1] === undefined) !== (text[at - 1] !== "." && text[at] === "[")) return undefined;
    steps.push(match[1] ?? Number(match[2]));
    at = grammar.lastIndex;
  }
  return steps.length === 0 || text.endsWith(".") ? undefined : steps;
}

const unreadable = Symbol("unreadable");

function parseValue(text: string): unknown {
  let parsed: Document.Parsed;
  try {
    parsed = parseDocument(text);
    if (parsed.errors.length > 0 || parsed.warnings.length > 0) return unreadable;
    return parsed.toJS({ maxAliasCount: 0 });
  } catch {
    return unreadable;
  }
}

type Fail = (path: Path, expected: string, got: string, hint?: string) => never;

/** Copies `node` with the value put at `steps`; writes the steps taken to `path`. */
function put(node: unknown, steps: readonly Step[], value: unknown, path: Step[], fail: Fail): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(node)) {
    const index = entryIndex(node, step, path, fail);
    path.push(index);
    return node.with(index, put(node[index], rest, value, path, fail));
  }
  if (typeof step === "number") return fail(path, "a list", showValue(node, true));
  const map = mapOf(node, path);
  if (map === undefined) return fail(path, `a map to set ${printable(step)} in`, showValue(node, true));
  path.push(step);
  const inner = Object.hasOwn(map, step) ? map[step] : undefined;
  const copy: Record<string, unknown> = { ...map };
  const replaced = put(inner, rest, value, path, fail);
  // Defined, not assigned: `__proto__` stays a key like any other.
  Object.defineProperty(copy, step, {
    value: replaced,
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}

/** Keys whose short form, a word, is the kind of the long one. */
const kindKeys: ReadonlySet<string | number | undefined> = new Set(["swap", "os", "disk"]);

/** A map as it is, one made where nothing stood, or the long form of `memory: scan-time` and `os: linux`. */
function mapOf(node: unknown, path: Path): Readonly<Record<string, unknown>> | undefined {
  if (node === undefined || node === null) return path.length === 0 ? undefined : {};
  if (typeof node === "object") return node as Record<string, unknown>;
  if (typeof node !== "string") return undefined;
  if (path[0] === "policies" && path.length === 2) return policyMap(node, path[1]);
  return path.length === 3 && kindKeys.has(path[2]) ? { kind: node } : undefined;
}

/** `cpu: stride` is the scheduler, `cpu: latency-bound` the policy. */
function policyMap(word: string, kind: Step | undefined): Readonly<Record<string, unknown>> {
  const isScheduler = kind === "cpu" && schedulerNames.some((name) => name === word);
  return isScheduler ? { scheduler: word } : { name: word };
}

function entryIndex(list: readonly unknown[], step: Step, path: Path, fail: Fail): number {
  const names = list.map((entry) => (entry as { name?: unknown } | null)?.name);
  const named = names.indexOf(step);
  if (typeof step === "string" && named >= 0) return named;
  const index = typeof step === "number" || /^\d{1,15}$/.test(step) ? Number(step) : -1;
  if (index >= 0 && index < list.length) return index;
  if (index >= 0)
    return fail([...path, index], `an entry of the list, which has ${list.length}`, String(step));

  const texts = names.filter((name) => typeof name === "string");
  const group = texts.find((name) => String(step).startsWith(`${name}-`));
  const near = group ?? nearest(String(step), texts);
  const hint =
    near === undefined ? undefined : `did you mean ${near}${group === undefined ? "?" : ", with count?"}`;
  return fail(path, "an index, or the name of an entry", printable(String(step)), hint);
}
