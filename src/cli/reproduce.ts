/** `ballast reproduce [ID…]`: published experiments, run again. */
import type { Command } from "commander";
import { UsageError } from "./fail.ts";
import type { PlanetlabFlags } from "./planetlab.ts";

const EXAMPLES = `
Examples:
  $ ballast reproduce
  $ ballast reproduce esx02-fig5 --json
  $ ballast reproduce esx02-fig7 --out out/fig7
  $ ballast reproduce --list
  $ ballast reproduce planetlab --trace 20110303.csv.gz --policy lr-mmt-1.2`;

interface Options extends PlanetlabFlags {
  readonly list?: boolean;
  readonly out?: string;
}

export function registerReproduce(command: Command): void {
  command
    .argument("[id...]", "experiments; all of them if absent")
    .option("--list", "only say which there are")
    .option("--json", "print one JSON document")
    .option("--out <folder>", "write report.html with the figures, and reproduce.json")
    .option("--trace <file>", "of planetlab: packed CSV, or folder of PlanetLab files")
    .option("--policy <names>", "of planetlab: npa, dvfs, DETECTOR-SELECTOR-NUMBER, with commas")
    .option(
      "--order <name>",
      "of planetlab: how the trace's files are ordered, ntfs or ascii; ntfs if absent",
    )
    .option("--seed <n>", "of planetlab: for the selector rs; 1 if absent")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(ids: readonly string[], options: Options): Promise<void> {
  if (ids.includes("planetlab")) {
    if (ids.length > 1) throw new UsageError("reproduce: expected planetlab alone, it reads a trace");
    if (options.out !== undefined)
      throw new UsageError("reproduce planetlab: expected no --out, it draws no figure");
    if (!options.list) (await import("./planetlab.ts")).reproducePlanetlab(options);
    else process.stdout.write("planetlab  needs --trace FILE\n");
    return;
  }
  for (const name of ["trace", "policy", "order", "seed"] as const) {
    if (options[name] !== undefined)
      throw new UsageError(`--${name}: expected planetlab beside it, which it is for`);
  }
  await (await import("./experiments.ts")).reproduceExperiments(ids, options);
}
