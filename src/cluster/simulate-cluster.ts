/** Simulates a cluster from beginning to end. */
import { BALANCE_POLICIES, balancePolicyOf, LATER_BALANCE } from "../policy/balance/names.ts";
import type { BalancePolicy } from "../policy/balance/policy.ts";
import type { ClusterResult } from "../report/cluster-result.ts";
import type { ClusterScenario } from "../scenario/cluster-types.ts";
import { printable } from "../scenario/fault.ts";
import { notYet } from "../scenario/issues.ts";
import { nearest } from "../scenario/nearest.ts";
import { clusterError } from "../scenario/parse-cluster.ts";
import { clusterSpec } from "./load-cluster.ts";
import { clusterResult } from "./result.ts";
import { ClusterRun } from "./run-cluster.ts";
import type { ClusterSpec } from "./spec.ts";

export interface SimulateClusterOptions {
  /** Instead of the policy that the scenario names. */
  readonly policy?: BalancePolicy;
  readonly onProgress?: (progress: {
    readonly fraction: number;
    readonly simulatedNs: number;
    readonly wallMs: number;
  }) => void;
  /** Ends early: the result so far, marked `interrupted`. */
  readonly stop?: AbortSignal;
}

/** Wall time between two looks at the outside. */
const BREATH_MS = 40;

/**
 * Simulates a cluster's scenario.
 *
 * @returns the same result for the same scenario and policy, on every machine, but for `hostMachine`
 * @throws ScenarioError, PlaceError (rules), PolicyError
 */
export async function simulateCluster(
  scenario: ClusterScenario,
  options: SimulateClusterOptions = {},
): Promise<ClusterResult> {
  const policy = options.policy ?? scenarioPolicy(scenario);
  return simulateColumns(clusterSpec(scenario), policy, options);
}

/** The same for columns that a program made itself; see `ClusterSpec`. */
export async function simulateColumns(
  spec: ClusterSpec,
  policy: BalancePolicy,
  { onProgress, stop }: SimulateClusterOptions = {},
): Promise<ClusterResult> {
  const begun = performance.now();
  const run = new ClusterRun(spec, policy);
  let lastBreath = begun;
  while (!run.isOver && stop?.aborted !== true) {
    run.interval();
    const now = performance.now();
    if (now - lastBreath < BREATH_MS) continue;
    const { step } = run.state;
    onProgress?.({ fraction: step / spec.steps, simulatedNs: step * spec.stepNs, wallMs: now - begun });
    await new Promise((resolve) => setTimeout(resolve, 0));
    lastBreath = performance.now();
  }
  return clusterResult(run, performance.now() - begun, !run.isOver);
}

/** The policy that a scenario names. @throws ScenarioError for a name or an option that is none */
export function scenarioPolicy(scenario: ClusterScenario): BalancePolicy {
  const { name, options } = scenario.balance;
  let policy: BalancePolicy | undefined;
  try {
    policy = balancePolicyOf(name, options);
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
    const [, key = "", expected = "", got = ""] =
      /^(\w+): expected (.*), got (.*)$/.exec(fault.message) ?? [];
    throw clusterError(scenario, [{ path: ["policies", "balance", key], expected, got }]);
  }
  if (policy !== undefined) return policy;
  const known = [...Object.keys(BALANCE_POLICIES), "thr-mmt-0.8 and the like"];
  const meant = nearest(name, Object.keys(BALANCE_POLICIES));
  const hint = LATER_BALANCE.includes(name)
    ? notYet
    : meant === undefined
      ? undefined
      : `did you mean ${meant}?`;
  const expected = `one of ${known.join(", ")}`;
  const finding = { path: ["policies", "balance", "name"], expected, got: printable(name) };
  throw clusterError(scenario, [hint === undefined ? finding : { ...finding, hint }]);
}
