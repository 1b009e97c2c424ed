/** Scenario text or object to `Scenario`: read, override, check, resolve; every fault at once. */

import { type Gathered, gatherAdded } from "./added.ts";
import { cpuPolicyNames, schedulerNames } from "./cpu-defaults.ts";
import { memoryPolicyNames } from "./defaults.ts";
import { readDocument, type TextDocument } from "./document.ts";
import { type ExplainRow, explain } from "./explain.ts";
import {
  type Fault,
  type Finding,
  formatPath,
  type Path,
  printable,
  ScenarioError,
  showValue,
} from "./fault.ts";
import { findingsOf, isNotPage, notYet, oneOf, valueAt, withoutEchoes } from "./issues.ts";
import { asList, asMap } from "./loose.ts";
import { nearest } from "./nearest.ts";
import type { PageTraceText } from "./page-trace.ts";
import { baseName, joinPath } from "./paths.ts";
import type { Sink } from "./program.ts";
import { resolveParsed } from "./resolve.ts";
import { lateFindings, ruleFindings } from "./rules.ts";
import { laterWords, type ParsedScenario, type ScenarioInput, scenarioSchema } from "./schema.ts";
import { assign } from "./set-path.ts";
import type { TraceText } from "./trace.ts";
import type { Scenario } from "./types.ts";

/** What goes with a scenario's text. */
export interface ParseOptions {
  /** Named in faults, as the user wrote it. */
  readonly file?: string;
  /** Folder that image files are relative to, absolute; absent: paths stay as written. */
  readonly base?: string;
  /** Values changed before the check, each `PATH=VALUE`, in order. */
  readonly set?: readonly string[];
  /** Overrides `seed`. */
  readonly seed?: number | string;
  /** Overrides `duration`, such as `90s`. */
  readonly until?: string;
  /** Memory policies known besides the built-in ones. */
  readonly memoryPolicies?: readonly string[];
  /** CPU policies known besides the built-in ones. */
  readonly cpuPolicies?: readonly string[];
  /** Texts of the traces that workloads name, by the name in the scenario; `loadScenario` reads them itself. */
  readonly traces?: Readonly<Record<string, string>>;
  /** Page traces that workloads name, by the name in the scenario: as `readPageTrace` returns them. */
  readonly pageTraces?: Readonly<
    Record<string, { readonly references: Uint32Array; readonly pageNumbers: { readonly length: number } }>
  >;
  /** Told what is left out of a workload, such as the priorities of an rt-app file. */
  readonly onWarning?: (text: string) => void;
}

/** A document on its way: where its parts came from. */
export interface Draft {
  readonly value: unknown;
  readonly text: TextDocument | undefined;
  readonly options: ParseOptions;
  /** Overridden paths and the options that did it, later ones first. */
  readonly overrides: readonly { readonly path: Path; readonly label: string }[];
  /** Of options that lead nowhere. */
  readonly faults: readonly Fault[];
  /** Where findings of the gathered document stand in this one; absent: where they say. */
  readonly back?: Gathered["back"];
}

/** The checked text behind a scenario, for `explainDefaults`; beside it, so that the scenario stays plain data. */
const sources = new WeakMap<Scenario, ParsedScenario>();
/** Where a scenario came from, for faults that only its images or its size bring up. */
const drafts = new WeakMap<Scenario, Draft>();

/**
 * The error for what is wrong with a scenario that has been read: with file, line and column where they are known.
 *
 * @param scenario  from `parseScenario` or `loadScenario`; another one has paths and no lines
 */
export function scenarioError(scenario: Scenario, findings: readonly Finding[]): ScenarioError {
  const value = sources.get(scenario);
  return errorOf(
    findings,
    drafts.get(scenario) ?? { value, text: undefined, options: {}, overrides: [], faults: [] },
  );
}

/**
 * Where a VM stands in the scenario's text: its group, for VMs of a `count`.
 *
 * @param index  of `scenario.vms`
 */
export function vmPath(scenario: Scenario, index: number): Path {
  let first = 0;
  for (const [group, { count }] of (sources.get(scenario)?.vms ?? []).entries()) {
    first += count ?? 1;
    if (index < first) return ["vms", group];
  }
  return ["vms", index];
}

/**
 * Reads a scenario from YAML or JSON.
 *
 * @param text     the whole text
 * @param options  its file name for faults, and overrides
 * @throws         ScenarioError with every fault
 */
export function parseScenario(text: string, options: ParseOptions = {}): Scenario {
  return finish(draftOf(text, options));
}

/**
 * A scenario's text with its overrides, before it is checked; for who has to read what the scenario names.
 *
 * @throws  ScenarioError if the text cannot be read
 */
export function draftOf(text: string, options: ParseOptions): Draft {
  const document = readDocument(text);
  if (document.value === undefined) {
    const draft = { value: undefined, text: document, options, overrides: [], faults: [] };
    throw errorOf(document.findings, draft);
  }
  return override(document.value, document, options);
}

/**
 * The names of the traces that a draft asks for, each once.
 *
 * @param key  `trace`: of processors; `pages`: of references to pages
 */
export function traceNames({ value }: Draft, key: "trace" | "pages"): string[] {
  const entries = asList(asMap(gatherAdded(value).value).vms).flatMap((vm) => {
    const { workload } = asMap(vm);
    return Array.isArray(workload) ? asList(workload) : [workload];
  });
  const names = entries.map((entry) => asMap(entry)[key]);
  return [...new Set(names.filter((name): name is string => typeof name === "string" && name !== ""))];
}

/**
 * Checks and resolves a scenario given as an object of the same shape as the text.
 *
 * @param input    sizes, times and rates as text with units
 * @param options  as for `parseScenario`
 * @throws         ScenarioError with every fault; faults have paths and no lines
 */
export function resolveScenario(input: ScenarioInput, options: ParseOptions = {}): Scenario {
  return finish(override(input, undefined, options));
}

/**
 * A copy of a scenario with another seed or duration.
 *
 * @param overrides  seed: a safe integer, 0 or more; durationNs: a safe integer, 1 or more
 * @throws           ScenarioError if one is out of range
 */
export function withOverrides(
  scenario: Scenario,
  overrides: { readonly seed?: number; readonly durationNs?: number },
): Scenario {
  const { seed = scenario.seed, durationNs = scenario.durationNs } = overrides;
  const faults: Fault[] = [];
  const check = (path: string, value: number, min: number) => {
    if (Number.isSafeInteger(value) && value >= min) return;
    faults.push({ path, expected: `a whole number, at least ${min}`, got: showValue(value, true) });
  };
  check("seed", seed, 0);
  check("durationNs", durationNs, 1);
  if (faults.length > 0) throw new ScenarioError(undefined, faults);
  const copy = { ...scenario, seed, durationNs };
  const source = sources.get(scenario);
  if (source !== undefined) sources.set(copy, { ...source, seed, duration: durationNs });
  const draft = drafts.get(scenario);
  if (draft !== undefined) drafts.set(copy, draft);
  return copy;
}

/**
 * Lists what the scenario left to the defaults, and all of its policies.
 *
 * @param scenario  from `parseScenario`, `loadScenario`, `resolveScenario` or `withOverrides`
 * @returns         rows in the order of the schema; for a scenario made otherwise, its policies only
 */
export function explainDefaults(scenario: Scenario): ExplainRow[] {
  const rows = explain(scenario, sources.get(scenario));
  const { back } = drafts.get(scenario) ?? {};
  if (back === undefined) return rows;
  return rows.map((row) => ({
    ...row,
    path: row.path.replace(/^(vms|pools)\[(\d+)\]/, (_, list: string, index: string) =>
      formatPath(back({ path: [list, Number(index)], expected: "" }).path),
    ),
  }));
}

/**
 * Checks and resolves a draft.
 *
 * @param traces      texts of its traces, or why one could not be read; instead of those of the options
 * @param pageTraces  its page traces likewise
 * @throws            ScenarioError with every fault
 */
export function finish(
  draft: Draft,
  traces?: ReadonlyMap<string, TraceText>,
  pageTraces?: ReadonlyMap<string, PageTraceText>,
): Scenario {
  const { text, options } = draft;
  const gathered = gatherAdded(draft.value);
  const { value } = gathered;
  const here = { ...draft, back: gathered.back };
  // Code made for a schema pays from some dozens of parses on; a scenario is one.
  const outcome = scenarioSchema.safeParse(value, { jitless: true });
  const all = [
    ...(text?.findings ?? []),
    ...(outcome.success ? [] : findingsOf(outcome.error.issues, value)),
    ...ruleFindings(draft.value, gathered),
    ...lateEvents(value, options),
    ...policyFindings(value, "memory", [...memoryPolicyNames, ...(options.memoryPolicies ?? [])]),
    ...policyFindings(value, "cpu", [...cpuPolicyNames, ...(options.cpuPolicies ?? [])], schedulerNames),
  ];
  const findings = isNotPage(value) ? all.filter(({ path }) => path[0] === "resolution") : withoutEchoes(all);
  if (findings.length > 0 || draft.faults.length > 0 || !outcome.success) throw errorOf(findings, here);
  const name = baseName(options.file ?? "").replace(/\.(ya?ml|json)$/i, "") || "scenario";
  const given = Object.entries(options.traces ?? {}).map(([key, content]) => [key, { content }] as const);
  const late: Finding[] = [];
  const faults: Fault[] = [];
  const sink: Sink = {
    finding: (finding) => late.push(finding),
    fault: ({ path, file, ...fault }) =>
      faults.push({ ...fault, file: joinPath(folderOf(options.file), file), path: formatPath(path) }),
    warn: (warning) => options.onWarning?.(warning),
  };
  const surroundings = {
    name,
    base: options.base ?? "",
    traces: traces ?? new Map(given),
    pageTraces: (trace: string) => pageTraces?.get(trace) ?? givenPages(trace, options),
  };
  const scenario = resolveParsed(outcome.data, gathered.added, surroundings, sink);
  if (late.length > 0 || faults.length > 0) throw errorOf(late, { ...here, faults });
  sources.set(scenario, outcome.data);
  drafts.set(scenario, here);
  return scenario;
}

function givenPages(name: string, { pageTraces = {} }: ParseOptions): PageTraceText | undefined {
  if (!Object.hasOwn(pageTraces, name)) return undefined;
  const { references, pageNumbers } = pageTraces[name]!;
  return { references, pages: pageNumbers.length };
}

/** Folder of a file as the user wrote it; empty: none. */
function folderOf(file: string | undefined): string {
  return file === undefined ? "" : file.slice(0, file.length - baseName(file).length).replace(/[/\\]$/, "");
}

/** A document with the overrides of options. */
export function override(value: unknown, text: TextDocument | undefined, options: ParseOptions): Draft {
  const list = (options.set ?? []).map((assignment) => ({ assignment, label: `--set ${assignment}` }));
  const { seed, until } = options;
  if (seed !== undefined) list.push({ assignment: `seed=${seed}`, label: `--seed ${seed}` });
  if (until !== undefined) list.push({ assignment: `duration=${until}`, label: `--until ${until}` });

  const overrides: { path: Path; label: string }[] = [];
  const faults: Fault[] = [];
  let document = value;
  // A document that is no map has nothing to override, and says so itself.
  if (asMap(value) !== value) return { value, text, options, overrides, faults };
  for (const { assignment, label } of list) {
    try {
      const assigned = assign(document, assignment, label);
      document = assigned.document;
      overrides.unshift({ path: assigned.path, label });
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      faults.push(...error.faults);
    }
  }
  return { value: document, text, options, overrides, faults };
}

/** A mistake, unless it was an option that ended the run early. */
function lateEvents(root: unknown, { until, onWarning }: ParseOptions): Finding[] {
  const late = lateFindings(root);
  if (until === undefined || late.length === 0) return late;
  const [first] = late;
  const others = late.length === 1 ? "" : ` and ${late.length - 1} more`;
  onWarning?.(`${formatPath(first!.path.slice(0, 2))}${others}: left out, after --until ${until}`);
  return [];
}

/**
 * The policy's name is known; names are data here, because policies stand above this floor.
 *
 * @param short  what may stand for the whole map besides
 */
function policyFindings(
  root: unknown,
  kind: "memory" | "cpu",
  known: readonly string[],
  short: readonly string[] = [],
): Finding[] {
  const policy = valueAt(root, ["policies", kind]);
  const isShort = typeof policy === "string";
  const name = isShort ? policy : asMap(policy).name;
  const names = isShort ? [...known, ...short] : known;
  if (typeof name !== "string" || name === "" || names.includes(name)) return [];
  const isLater = laterWords[`policies.${kind}.name`]?.includes(name);
  const meant = short.includes(name) ? `scheduler: ${name}` : nearest(name, names);
  const hint = isLater ? notYet : meant === undefined ? undefined : `did you mean ${meant}?`;
  const path = isShort ? ["policies", kind] : ["policies", kind, "name"];
  return [{ path, expected: oneOf(names), got: printable(name), ...(hint === undefined ? {} : { hint }) }];
}

/** The error for findings in a draft, each with its place. */
export function errorOf(findings: readonly Finding[], draft: Draft): ScenarioError {
  const { back = (finding: Finding) => finding } = draft;
  const faults = [...draft.faults, ...findings.map((finding) => faultOf(back(finding), draft))];
  const order = (fault: Fault) => fault.line ?? 0;
  faults.sort((a, b) => order(a) - order(b) || (a.column ?? 0) - (b.column ?? 0));
  return new ScenarioError(draft.options.file, faults);
}

function faultOf(finding: Finding & { position?: { line: number; column: number } }, draft: Draft): Fault {
  const { path, expected, hint } = finding;
  const got = finding.got ?? showValue(valueAt(draft.value, path));
  const place = placeOf(finding, draft);
  return { ...place, path: formatPath(path), expected, got, ...(hint === undefined ? {} : { hint }) };
}

function placeOf(
  finding: Finding & { position?: { line: number; column: number } },
  { text, options, overrides }: Draft,
): Pick<Fault, "file" | "line" | "column"> {
  const { path, at = "value", position } = finding;
  const begins = (whole: Path, part: Path) => part.every((step, i) => step === whole[i]);
  // What stands at an override or below it; or above it, where the text itself has nothing.
  const isNew = text === undefined || valueAt(text.value, path) === undefined;
  const by = overrides.find((over) => begins(path, over.path) || (isNew && begins(over.path, path)));
  if (by !== undefined) return { file: by.label };
  if (text === undefined) return options.file === undefined ? {} : { file: options.file };
  const found = position ?? text.locate(path, at);
  return { file: options.file ?? "scenario", ...found };
}
