/** `ballast run SCENARIO`: simulate, show progress, print the report. */
import type { Command } from "commander";
import type { RunOptions } from "./run-scenario.ts";

const EXAMPLES = `
Examples:
  $ ballast run examples/three-clones.yaml
  $ ballast run host.yaml --until 90s --set vms.web.memory=2GiB --out report/
  $ ballast run host.yaml --policy memory=./mine.ts --json > result.json
  $ ballast run cluster.yaml --policy balance=npa,lr-mmt-1.2,./own.ts`;

const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function registerRun(command: Command): void {
  command
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
    .action(async (path: string, options: RunOptions) => {
      const { runScenario } = await import("./run-scenario.ts");
      await runScenario(path, options);
    });
}
