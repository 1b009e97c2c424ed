/** `ballast run SCENARIO`: simulate, show progress, print the report. */
import type { Command } from "commander";
import pc from "picocolors";
import {
  explainDefaults,
  loadScenario,
  type MemoryPolicy,
  memoryPolicyOf,
  type Progress,
  progressLine,
  type Result,
  reportText,
  type Scenario,
  simulate,
} from "../index.ts";
import { prepareFolder, writeArtefacts } from "./artefacts.ts";
import { EXIT, Exit, UsageError } from "./fail.ts";
import { isPolicyFile, loadPolicyFile } from "./policy-file.ts";

interface RunOptions {
  readonly seed?: string;
  readonly until?: string;
  readonly set: readonly string[];
  readonly policy: readonly string[];
  readonly out?: string;
  readonly threads?: string;
  readonly json?: boolean;
  readonly explain?: boolean;
  readonly all?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `
Examples:
  $ ballast run examples/three-clones.yaml
  $ ballast run host.yaml --until 90s --set policies.memory.sharing.rate=400/s --out report/
  $ ballast run host.yaml --policy memory=./mine.ts --json > result.json`;

const repeated = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function registerRun(program: Command): void {
  program
    .command("run")
    .description("simulate a scenario and report what its hosts and VMs came to")
    .argument("<scenario>", "scenario file, YAML or JSON")
    .option("--seed <n>", "instead of the scenario's seed")
    .option("--until <time>", "instead of the scenario's duration, such as 90s")
    .option("--set <path=value>", "change one value of the scenario; may be repeated", repeated, [])
    .option("--policy <kind=name>", "memory=NAME or memory=./file.ts; may be repeated", repeated, [])
    .option("--out <folder>", "write result.json, series.csv and report.html there")
    .option("--threads <n>", "threads for hashing; the result is the same for any number")
    .option("--explain", "print every default and where it comes from, then stop")
    .option("--all", "print every VM and every decision")
    .option("--json", "print the result as one JSON document")
    .option("--quiet", "no progress")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(path: string, options: RunOptions): Promise<void> {
  const chosen = await choosePolicy(options.policy);
  const scenario = await loadScenario(path, {
    set: options.set,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.until === undefined ? {} : { until: options.until }),
  });
  if (options.explain) {
    printDefaults(scenario, options.json ?? false);
    return;
  }
  if (options.out !== undefined) await prepareFolder(options.out);
  const { result, interrupted } = await simulateWatched(scenario, chosen, options);
  const written = options.out === undefined ? [] : await writeArtefacts(options.out, result);
  print(result, options);
  for (const name of written) process.stderr.write(`wrote ${options.out}/${name}\n`);
  if (interrupted) throw new Exit(EXIT.interrupted);
}

async function choosePolicy(given: readonly string[]): Promise<MemoryPolicy | undefined> {
  let chosen: MemoryPolicy | undefined;
  for (const text of given) {
    const [, kind, value] = text.match(/^([^=]*)=(.+)$/) ?? [];
    if (kind !== "memory" || value === undefined) {
      throw new UsageError(`--policy: expected memory=NAME or memory=./file.ts, got ${text}`);
    }
    chosen = isPolicyFile(value) ? await loadPolicyFile(value) : memoryPolicyOf(value);
  }
  return chosen;
}

async function simulateWatched(
  scenario: Scenario,
  policy: MemoryPolicy | undefined,
  options: RunOptions,
): Promise<{ result: Result; interrupted: boolean }> {
  const stop = new AbortController();
  const onSignal = (): void => {
    // A second signal does not wait for the files.
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  const draws = process.stderr.isTTY === true && !options.quiet;
  const onProgress = ({ simulatedNs, wallMs, savedPages }: Progress): void => {
    const line = progressLine({ simulatedNs, durationNs: scenario.durationNs, wallMs, savedPages });
    process.stderr.write(`\r\x1b[K${line}`);
  };
  try {
    const result = await simulate(scenario, {
      ...(policy === undefined ? {} : { policies: { memory: policy } }),
      ...(draws ? { onProgress } : {}),
      stop: stop.signal,
      threads: threadsOf(options.threads),
      onWarning: (text) => process.stderr.write(`${text}\n`),
    });
    return { result, interrupted: result.interrupted ?? false };
  } finally {
    if (draws) process.stderr.write("\r\x1b[K");
    process.off("SIGINT", onSignal);
  }
}

function threadsOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new UsageError(`--threads: expected a whole number from 1 to 256, got ${text}`);
}

function print(result: Result, options: RunOptions): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const width = Math.max(60, Math.min(200, process.stdout.columns ?? 100));
  const paint = { bold: pc.bold, dim: pc.dim, green: pc.green, yellow: pc.yellow };
  process.stdout.write(
    reportText(result, { width, all: options.all ?? false, ...(pc.isColorSupported ? { paint } : {}) }),
  );
}

function printDefaults(scenario: Scenario, json: boolean): void {
  const rows = explainDefaults(scenario);
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const wide = (key: "path" | "value"): number => Math.max(0, ...rows.map((row) => row[key].length));
  const [path, value] = [wide("path"), wide("value")];
  for (const row of rows) {
    process.stdout.write(`${row.path.padEnd(path)}  ${row.value.padStart(value)}  ${row.origin}\n`);
  }
}
