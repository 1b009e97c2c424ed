/** `ballast run` of a scenario at fluid resolution: one policy, or several side by side. */
import { join } from "node:path";
import {
  type BalancePolicy,
  balancePolicyOf,
  type ClusterResult,
  type ClusterScenario,
  clusterText,
  loadCluster,
  PolicyError,
  scenarioPolicy,
  simulateCluster,
} from "../index.ts";
import { UsageError } from "./fail.ts";
import { prepareFolder } from "./files.ts";
import { watchInterrupt } from "./interrupt.ts";
import { isPolicyFile, loadPolicyFile } from "./policy-file.ts";
import type { RunOptions } from "./run-scenario.ts";
import { colors, reportWidth, statusLine } from "./terminal.ts";

interface Choice {
  readonly policy: BalancePolicy;
  readonly file?: string;
}

/** Simulates, and prints or writes what came out. */
export async function runCluster(path: string, options: RunOptions): Promise<void> {
  for (const name of ["timeline", "explain"] as const) {
    if (options[name] !== undefined)
      throw new UsageError(`--${name}: only with resolution: page, ${path} is fluid`);
  }
  const scenario = await loadCluster(path, {
    set: options.set ?? [],
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.until === undefined ? {} : { until: options.until }),
  });
  const choices = await choose(options.policy ?? [], scenario);
  const tidy = options.out === undefined ? async () => {} : await prepareFolder(options.out);
  const writer = options.out === undefined ? undefined : await import("./artefacts.ts");
  try {
    const results = await simulateAll(scenario, choices, options);
    const written = options.out === undefined ? [] : await writer!.writeClusters(options.out, results);
    print(results, options);
    if (options.quiet === true) return;
    for (const name of written) process.stderr.write(`wrote ${join(options.out ?? "", name)}\n`);
  } finally {
    await tidy();
  }
}

async function simulateAll(
  scenario: ClusterScenario,
  choices: readonly Choice[],
  options: RunOptions,
): Promise<ClusterResult[]> {
  const status = statusLine(options.quiet !== true);
  const interrupt = watchInterrupt(() => status.clear());
  const results: ClusterResult[] = [];
  try {
    for (const { policy, file } of choices) {
      try {
        results.push(
          await simulateCluster(scenario, {
            policy,
            stop: interrupt.signal,
            onProgress: ({ fraction }) => status.show(`${policy.name}: ${Math.floor(fraction * 100)} %`),
          }),
        );
      } catch (fault) {
        if (!(fault instanceof PolicyError) || file === undefined) throw fault;
        throw new UsageError(`${file}: ${fault.message}`);
      }
      if (interrupt.signal.aborted) break;
    }
    return results;
  } finally {
    status.clear();
    interrupt.done();
  }
}

/** Policies by `--policy balance=NAME,./file.ts`; the scenario's if none is given. */
async function choose(given: readonly string[], scenario: ClusterScenario): Promise<Choice[]> {
  const chosen: Choice[] = [];
  for (const text of given) {
    const [, kind, names] = text.match(/^([^=]*)=(.+)$/) ?? [];
    if (kind !== "balance" || names === undefined)
      throw new UsageError(
        `--policy: expected balance=NAME at fluid resolution, or several with commas, got ${text || "nothing"}`,
      );
    for (const name of names.split(",")) chosen.push(await one(name));
  }
  return chosen.length > 0 ? chosen : [{ policy: scenarioPolicy(scenario) }];
}

async function one(name: string): Promise<Choice> {
  if (isPolicyFile(name)) return { policy: await loadPolicyFile<BalancePolicy>(name), file: name };
  try {
    const policy = balancePolicyOf(name);
    if (policy !== undefined) return { policy };
  } catch (fault) {
    throw new UsageError(`--policy balance=${name}: ${(fault as Error).message}`);
  }
  throw new UsageError(
    `--policy balance=${name}: expected static, npa, dvfs, consolidation, DETECTOR-SELECTOR-NUMBER such as thr-mmt-0.8, or a file`,
  );
}

function print(results: readonly ClusterResult[], { json, all }: RunOptions): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(results.length === 1 ? results[0] : results)}\n`);
    return;
  }
  const { isColorSupported, bold, dim, green, yellow } = colors();
  const paint = isColorSupported ? { paint: { bold, dim, green, yellow } } : {};
  process.stdout.write(clusterText(results, { width: reportWidth(), all: all ?? false, ...paint }));
}
