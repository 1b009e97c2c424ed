/** `ballast reproduce [ID…]`: published experiments, run again. */
import type { Command } from "commander";
import { EXPERIMENTS, type Experiment, nearest, type Reproduction, reproduce, tableText } from "../index.ts";
import { prepareFolder, writeReproductions } from "./artefacts.ts";
import { EXIT, Exit, UsageError } from "./fail.ts";
import { type PlanetlabFlags, reproducePlanetlab } from "./planetlab.ts";

const EXAMPLES = `
Examples:
  $ ballast reproduce
  $ ballast reproduce esx02-fig5 --json
  $ ballast reproduce esx02-fig7 --out out/fig7
  $ ballast reproduce --list
  $ ballast reproduce planetlab --trace 20110303.csv.gz --policy lr-mmt-1.2`;

const PLANETLAB = "ballast reproduce planetlab --trace FILE, CloudSim's consolidation on a day of PlanetLab";

interface Options extends PlanetlabFlags {
  readonly list?: boolean;
  readonly out?: string;
}

export function registerReproduce(program: Command): void {
  program
    .command("reproduce")
    .description("run published experiments again: published, simulated, error")
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
    if (!options.list) reproducePlanetlab(options);
    else process.stdout.write("planetlab  needs --trace FILE\n");
    return;
  }
  for (const name of ["trace", "policy", "order", "seed"] as const) {
    if (options[name] !== undefined)
      throw new UsageError(`--${name}: expected planetlab beside it, which it is for`);
  }
  const chosen = ids.length === 0 ? EXPERIMENTS : ids.map(find);
  if (options.list) {
    const rows = chosen.map(({ id, title, source }) => ({ id, title, source }));
    process.stdout.write(
      options.json
        ? `${JSON.stringify(rows)}\n`
        : rows.map((row) => `${row.id}  ${row.title} (${row.source})\n`).join(""),
    );
    if (ids.length === 0 && !options.json) process.stderr.write(`Beside these: ${PLANETLAB}\n`);
    return;
  }
  const undo = options.out === undefined ? undefined : await prepareFolder(options.out);
  const done: Reproduction[] = [];
  for (const experiment of chosen) {
    const reproduction = await runOne(experiment, undo);
    done.push(reproduction);
    if (!options.json) process.stdout.write(`${text(reproduction)}\n`);
  }
  if (options.out !== undefined) await writeReproductions(options.out, done);
  // Figures have too many points for a terminal or a pipe: they are in --out.
  const printed = done.map(({ plots, ...rest }) => rest);
  if (options.json) process.stdout.write(`${JSON.stringify(printed.length === 1 ? printed[0] : printed)}\n`);
  if (
    done.some(({ rows, ablations }) => rows.some(({ ok }) => !ok) || ablations.some(({ fails }) => !fails))
  ) {
    throw new Exit(EXIT.false);
  }
}

/** Takes a folder that was made for nothing away again. */
async function runOne(experiment: Experiment, undo?: () => Promise<void>): Promise<Reproduction> {
  try {
    return await reproduce(experiment);
  } catch (fault) {
    await undo?.();
    throw fault;
  }
}

function find(id: string): Experiment {
  const found = EXPERIMENTS.find((experiment) => experiment.id === id);
  if (found !== undefined) return found;
  const known = [...EXPERIMENTS.map((experiment) => experiment.id), "planetlab"];
  const meant = nearest(id, known);
  throw new UsageError(
    `reproduce: expected one of ${known.join(", ")}, got ${id || "nothing"}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  );
}

function text({ id, title, source, rows, ablations }: Reproduction): string {
  const without = ablations.map(({ what, rows: all, fails }) => {
    const failed = all.filter(({ ok }) => !ok);
    if (!fails) return `The same ${what}: no row fails, though one should.`;
    return `The same ${what}: ${failed.length} of ${all.length} rows fail, as they should:\n${tableText(failed)}`;
  });
  return [`${id}  ${title}`, `  ${source}`, "", tableText(rows), "", ...without, ""].join("\n");
}
