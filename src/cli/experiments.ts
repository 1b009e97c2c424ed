/** `ballast reproduce`: the experiments that need nothing of the user's. */
import { EXPERIMENTS, type Experiment, nearest, type Reproduction, reproduce, tableText } from "../index.ts";
import { EXIT, Exit, UsageError } from "./fail.ts";
import { prepareFolder } from "./files.ts";

const PLANETLAB = "ballast reproduce planetlab --trace FILE, CloudSim's consolidation on a day of PlanetLab";

export interface ExperimentOptions {
  readonly list?: boolean;
  readonly json?: boolean;
  readonly out?: string;
}

/** Runs those that are named, or all; prints what was published beside what came out. */
export async function reproduceExperiments(
  ids: readonly string[],
  options: ExperimentOptions,
): Promise<void> {
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
  const writer = options.out === undefined ? undefined : await import("./artefacts.ts");
  const done: Reproduction[] = [];
  for (const experiment of chosen) {
    const reproduction = await runOne(experiment, undo);
    done.push(reproduction);
    if (!options.json) process.stdout.write(`${text(reproduction)}\n`);
  }
  if (options.out !== undefined) await writer!.writeReproductions(options.out, done);
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
