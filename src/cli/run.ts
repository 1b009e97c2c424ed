/** `ballast run SCENARIO`: simulate, show progress, print the report. */
import { join } from "node:path";
import type { Command } from "commander";
import {
  explainDefaults,
  isClusterFile,
  loadScenario,
  PolicyError,
  type Progress,
  progressLine,
  type Result,
  reportText,
  resultJson,
  type Scenario,
  simulate,
  timelineText,
} from "../index.ts";
import { prepareFolder, writeArtefacts } from "./artefacts.ts";
import { UsageError } from "./fail.ts";
import { type Interrupt, watchInterrupt } from "./interrupt.ts";
import { assignmentsOf, type Chosen, choosePolicies, fileOf, ownOf } from "./policies.ts";
import { type ClusterRunOptions, runCluster } from "./run-cluster.ts";
import { colors, reportWidth, statusLine } from "./terminal.ts";

interface RunOptions extends ClusterRunOptions {
  readonly timeline?: string | true;
}

const EXAMPLES = `
Examples:
  $ ballast run examples/three-clones.yaml
  $ ballast run host.yaml --until 90s --set vms.web.memory=2GiB --out report/
  $ ballast run host.yaml --policy memory=./mine.ts --json > result.json
  $ ballast run cluster.yaml --policy balance=npa,lr-mmt-1.2,./own.ts`;

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function registerRun(program: Command): void {
  program
    .command("run")
    .description("simulate a scenario and report what its hosts and VMs came to")
    .argument("<scenario>", "scenario file, YAML or JSON")
    .option("--seed <n>", "instead of the scenario's seed")
    .option("--until <time>", "instead of the scenario's duration, such as 90s")
    .option("--set <path=value>", "change one value of the scenario; may be repeated", repeated)
    .option(
      "--policy <kind=name>",
      "memory or cpu = NAME or ./file.ts; balance = several with commas; may be repeated",
      repeated,
    )
    .option(
      "--out <folder>",
      "write result.json, series.csv, report.html, esxtop.csv and timeline.perfetto.json there",
    )
    .option(
      "--timeline [quanta]",
      "print what every vCPU did, a letter a quantum; the first 100 if no number",
    )
    .option("--threads <n>", "threads for hashing; the result is the same for any number")
    .option("--explain", "print every default and where it comes from, then stop")
    .option("--all", "print every VM, decision and event")
    .option("--json", "print the result as one JSON document")
    .option("--quiet", "no progress, no notes")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(path: string, options: RunOptions): Promise<void> {
  if (await isClusterFile(path)) return runCluster(path, options);
  const threads = threadsOf(options.threads);
  if (options.timeline !== undefined) quantaOf(options.timeline);
  const chosen = await choosePolicies(options.policy ?? []);
  const scenario = await loadScenario(path, {
    // As if it stood in the scenario: the limits that go with the name come along.
    set: [...assignmentsOf(chosen), ...(options.set ?? [])],
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.until === undefined ? {} : { until: options.until }),
    onWarning: (text) => note(text, options),
  });
  if (options.explain) {
    printDefaults(scenario, chosen, options.json ?? false);
    return;
  }
  const tidy = options.out === undefined ? async () => {} : await prepareFolder(options.out);
  const status = statusLine(!options.quiet);
  const interrupt = watchInterrupt(() => {
    status.clear();
    if (!options.quiet) process.stderr.write("stopping; once more to end at once\n");
  });
  try {
    const result = await simulateWatched(scenario, chosen, { threads, status, interrupt, options });
    const written = options.out === undefined ? [] : await writeArtefacts(options.out, result);
    print(result, options, scenario.policies.cpu.quantumNs);
    if (options.quiet) return;
    for (const name of written) process.stderr.write(`wrote ${join(options.out ?? "", name)}\n`);
  } catch (fault) {
    const file = fault instanceof PolicyError ? fileOf(chosen, fault.policy) : undefined;
    if (!(fault instanceof PolicyError) || file === undefined) throw fault;
    throw new UsageError(`${file}: ${fault.message}`);
  } finally {
    status.clear();
    await tidy();
    interrupt.done();
  }
}

interface Watched {
  readonly threads: number;
  readonly status: ReturnType<typeof statusLine>;
  readonly interrupt: Interrupt;
  readonly options: RunOptions;
}

async function simulateWatched(scenario: Scenario, chosen: Chosen, watched: Watched): Promise<Result> {
  const { threads, status, interrupt, options } = watched;
  const result = await simulate(scenario, {
    policies: ownOf(chosen),
    onProgress({ simulatedNs, wallMs, savedPages }: Progress) {
      if (interrupt.signal.aborted) return;
      status.show(progressLine({ simulatedNs, durationNs: scenario.durationNs, wallMs, savedPages }));
    },
    stop: interrupt.signal,
    threads,
    timeline: options.timeline !== undefined || options.out !== undefined,
    onWarning(text) {
      note(text, options);
    },
  });
  status.clear();
  return result;
}

function threadsOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const threads = Number(text);
  if (/^\d+$/.test(text) && threads >= 1 && threads <= 256) return threads;
  throw new UsageError(`--threads: expected a whole number from 1 to 256, got ${text || "nothing"}`);
}

function print(result: Result, options: RunOptions, quantumNs: number): void {
  if (options.json) {
    process.stdout.write(`${resultJson(result)}\n`);
    return;
  }
  const { isColorSupported, bold, dim, green, yellow } = colors();
  const paint = isColorSupported ? { paint: { bold, dim, green, yellow } } : {};
  process.stdout.write(reportText(result, { width: reportWidth(), all: options.all ?? false, ...paint }));
  if (result.timeline === undefined || options.timeline === undefined) return;
  const quanta = quantaOf(options.timeline);
  process.stdout.write(`\n${timelineText(result.timeline, { quantumNs, quanta })}`);
}

function note(text: string, { quiet }: RunOptions): void {
  if (!quiet) process.stderr.write(`note: ${text}\n`);
}

function quantaOf(given: string | true): number {
  if (given === true) return 100;
  const quanta = Number(given);
  if (/^\d+$/.test(given) && quanta >= 1 && quanta <= 10_000) return quanta;
  throw new UsageError(`--timeline: expected a whole number from 1 to 10000, got ${given}`);
}

function printDefaults(scenario: Scenario, chosen: Chosen, json: boolean): void {
  const own = ownOf(chosen);
  const names = new Map([
    ["policies.memory.name", own.memory?.name],
    ["policies.cpu.name", own.cpu?.name],
  ]);
  const rows = explainDefaults(scenario).map((row) => {
    const name = names.get(row.path);
    return name === undefined ? row : { ...row, value: name, origin: "--policy" };
  });
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
