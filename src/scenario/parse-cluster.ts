/** Text of a cluster's scenario to columns: read, override, check, resolve; every fault at once. */
import { resolveCluster } from "./cluster-resolve.ts";
import { clusterFindings } from "./cluster-rules.ts";
import { type ClusterInput, clusterKeysAt, clusterSchema } from "./cluster-schema.ts";
import type { ClusterScenario, DemandInput } from "./cluster-types.ts";
import type { Fault, Finding, ScenarioError } from "./fault.ts";
import { findingsOf } from "./issues.ts";
import { asMap } from "./loose.ts";
import { type Draft, draftOf, errorOf, override, type ParseOptions } from "./parse.ts";
import { baseName } from "./paths.ts";

/** Where a scenario came from, for what only its rules or its policy bring up. */
const drafts = new WeakMap<ClusterScenario, Draft>();

export interface ClusterParseOptions extends Pick<ParseOptions, "file" | "base" | "set" | "seed" | "until"> {
  /** Of the trace that `demand.file` names: as `readDemand` returns it. */
  readonly demand?: DemandInput;
}

/**
 * Reads a cluster's scenario from YAML or JSON.
 *
 * @throws ScenarioError with every fault
 */
export function parseCluster(text: string, options: ClusterParseOptions = {}): ClusterScenario {
  return finishCluster(draftOf(text, options), options.demand);
}

/** The same from an object. */
export function resolveClusterScenario(
  input: ClusterInput,
  options: ClusterParseOptions = {},
): ClusterScenario {
  return finishCluster(override(input, undefined, options), options.demand);
}

/** The trace that a draft names, and how it is to be read; undefined: none. */
export function demandOf({
  value,
}: Draft): { files: string[]; format?: string; lenient: boolean } | undefined {
  const { file, format, lenient } = asMap(asMap(value)["demand"]);
  const files = (Array.isArray(file) ? file : [file]).filter(
    (one): one is string => typeof one === "string" && one !== "",
  );
  if (files.length === 0) return undefined;
  return { files, ...(typeof format === "string" ? { format } : {}), lenient: lenient === true };
}

/**
 * Checks and resolves a draft.
 *
 * @param demand  of the trace, or what is wrong with it
 * @throws ScenarioError with every fault
 */
export function finishCluster(
  draft: Draft,
  demand?: DemandInput,
  faults: readonly Fault[] = [],
): ClusterScenario {
  const { value, text, options } = draft;
  // Code made for a schema pays from some dozens of parses on; a scenario is one.
  const outcome = clusterSchema.safeParse(value, { jitless: true });
  const findings = [
    ...(text?.findings ?? []),
    ...(outcome.success ? [] : findingsOf(outcome.error.issues, value, clusterKeysAt)),
    ...clusterFindings(value),
  ];
  const all = { ...draft, faults: [...draft.faults, ...faults] };
  if (findings.length > 0 || all.faults.length > 0 || !outcome.success) throw errorOf(findings, all);
  if (demand === undefined && outcome.data.demand !== undefined)
    throw errorOf(
      [
        {
          path: ["demand", "file"],
          expected: "a trace",
          got: "nothing read of it",
          hint: "give it as demand",
        },
      ],
      draft,
    );
  const name = baseName(options.file ?? "").replace(/\.(ya?ml|json)$/i, "") || "cluster";
  const late: Finding[] = [];
  const scenario = resolveCluster(outcome.data, name, demand, (finding) => late.push(finding));
  if (late.length > 0) throw errorOf(late, draft);
  drafts.set(scenario, draft);
  return scenario;
}

/** The error for what is wrong with a scenario that has been read. */
export function clusterError(scenario: ClusterScenario, findings: readonly Finding[]): ScenarioError {
  const draft = drafts.get(scenario) ?? {
    value: undefined,
    text: undefined,
    options: {},
    overrides: [],
    faults: [],
  };
  return errorOf(findings, draft);
}

/** The document behind a scenario: its rules, and where they stand. */
export function clusterDocument(scenario: ClusterScenario): Draft | undefined {
  return drafts.get(scenario);
}
