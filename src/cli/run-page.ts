/** `ballast run` of a scenario at page resolution. */
import { join } from "node:path";
import {
  explainDefaults,
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
import { UsageError } from "./fail.ts";
import { prepareFolder } from "./files.ts";
import { type Interrupt, watchInterrupt } from "./interrupt.ts";
import { assignmentsOf, type Chosen, choosePolicies, fileOf, ownOf } from "./policies.ts";
import type { RunOptions } from "./run-scenario.ts";
import { colors, reportWidth, statusLine } from "./terminal.ts";

/** Simulates, and prints or writes what came out. */
export async function runPage(path: string, options: RunOptions): Promise<void> {
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
  const writer = options.out === undefined ? undefined : await import("./artefacts.ts");
  const status = statusLine(!options.quiet);
  const interrupt = watchInterrupt(() => {
    status.clear();
    if (!options.quiet) process.stderr.write("stopping; once more to end at once\n");
  });
  try {
    const result = await simulateWatched(scenario, chosen, { threads, status, interrupt, options });
    const written = options.out === undefined ? [] : await writer!.writeArtefacts(options.out, result);
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
