/** Scenario files of clusters, with the traces that they name and their rules: where the rooms that read them meet. */
import { DEMAND_FORMATS, type DemandFormatName, readDemand } from "../demand/index.ts";
import { checkRules } from "../place/check-rules.ts";
import { type Inventory, namesOf } from "../place/inventory.ts";
import { refuseFaults } from "../place/place-error.ts";
import { readRuleList } from "../place/read-rules.ts";
import type { PlaceRules } from "../place/rules.ts";
import type { ClusterScenario, DemandInput } from "../scenario/cluster-types.ts";
import type { Fault } from "../scenario/fault.ts";
import { draftOf } from "../scenario/parse.ts";
import {
  type ClusterParseOptions,
  clusterDocument,
  demandOf,
  finishCluster,
} from "../scenario/parse-cluster.ts";
import { joinPath } from "../scenario/paths.ts";
import { readScenarioText } from "../scenario/read-text.ts";
import { TraceError } from "../trace/index.ts";
import type { ClusterSpec } from "./spec.ts";

/** No import, so that bundlers for browsers have nothing to resolve. */
function builtin<Id extends "node:path">(id: Id) {
  const host = (globalThis as { process?: { getBuiltinModule?: typeof process.getBuiltinModule } }).process;
  const module = host?.getBuiltinModule?.(id);
  if (module === undefined)
    throw new Error("loadCluster reads files, which needs Node; use parseCluster(text, { demand }) here");
  return module;
}

/**
 * Reads a cluster's scenario file, YAML or JSON, and the trace that it names, which is relative to it.
 *
 * @param path  faults name it as it is written here
 * @throws ScenarioError with every fault; TraceError for the trace's own
 */
export async function loadCluster(
  path: string,
  options: Omit<ClusterParseOptions, "file" | "base"> = {},
): Promise<ClusterScenario> {
  const { dirname, resolve } = builtin("node:path");
  const text = await readScenarioText(path);
  return readCluster(text, { ...options, file: path, base: dirname(resolve(path)) });
}

/** The same for a text; files that it names are relative to `base`. */
async function readCluster(text: string, options: ClusterParseOptions): Promise<ClusterScenario> {
  const draft = draftOf(text, options);
  const named = demandOf(draft);
  if (named === undefined || options.demand !== undefined) return finishCluster(draft, options.demand);
  const format = named.format as DemandFormatName | undefined;
  const names = DEMAND_FORMATS.map(String);
  if (format !== undefined && !names.includes(format)) {
    const fault: Fault = { path: "demand.format", expected: `one of ${names.join(", ")}`, got: format };
    return finishCluster(draft, undefined, [fault]);
  }
  const folder = options.base ?? "";
  const sources = named.files.map((file) => ({ path: joinPath(folder, file) }));
  let demand: DemandInput;
  try {
    demand = await readDemand(sources, { format, lenient: named.lenient });
  } catch (fault) {
    // What else is wrong with the scenario is told first: the file may be the wrong one for that.
    if (!(fault instanceof TraceError) || fault.line !== undefined) throw fault;
    const { file, expected, got } = fault;
    return finishCluster(draft, undefined, [{ file, path: "demand.file", expected, got }]);
  }
  return finishCluster(draft, demand);
}

/**
 * The columns of a scenario with its rules read and held against each other.
 *
 * @throws PlaceError naming rules that are none or contradict each other, with file and line
 */
export function clusterSpec(scenario: ClusterScenario): ClusterSpec {
  const rules = rulesOf(scenario);
  return rules === undefined ? scenario.columns : { ...scenario.columns, rules };
}

/** Kinds of rules that say nothing about a running cluster. */
const OTHERS = { requests: "request", quotas: "quota", indivisible: "indivisible" } as const;

function rulesOf(scenario: ClusterScenario): PlaceRules | undefined {
  if (!scenario.hasRules) return undefined;
  const { hosts, vms, pools } = scenario.columns;
  const draft = clusterDocument(scenario);
  const file = draft?.options.file ?? "scenario";
  const none = new Float64Array(1);
  const inventory: Inventory = {
    problem: {
      dimensions: 0,
      items: vms.names.length,
      sizes: new Float64Array(0),
      bins: hosts.names.length,
      ...{ capacities: none, weights: none, units: none, slack: none, isSigned: [] },
    },
    dimensions: [],
    units: [],
    vmNames: vms.names,
    hostNames: hosts.names,
    domains: scenario.labels,
    vmLabels: { pool: Array.from(vms.pool, (pool) => pools[pool]?.name ?? "") },
    times: undefined,
    vmAt: () => ({ file }),
    hostAt: () => ({ file }),
    notes: [],
  };
  const locate = draft?.text?.locate ?? (() => undefined);
  const list = readRuleList(inventory, { value: draft?.value, findings: [], locate }, file, [], false);
  const rules = { ...list, domains: scenario.labels };
  const foreign = Object.entries(OTHERS).filter(([kind]) => rules[kind as keyof typeof OTHERS] !== undefined);
  refuseFaults(
    foreign.map(([, word]) => ({
      file,
      path: "rules",
      expected: `no ${word} rule at fluid resolution`,
      got: word,
    })),
  );
  checkRules(inventory.problem, rules, namesOf(inventory));
  return rules;
}
