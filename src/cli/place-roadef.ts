/** `ballast place --roadef MODEL ASSIGNMENT`: machine reassignment of the challenge ROADEF/EURO 2012. */

import {
  formatCount,
  type Reassignment,
  type ReassignmentCost,
  readAssignment,
  readReassignment,
  reassign,
  reassignmentCost,
} from "../index.ts";
import { UsageError } from "./fail.ts";
import { writeFiles } from "./files.ts";
import { statusLine } from "./terminal.ts";
import { readTextFile } from "./text-file.ts";

export interface RoadefFlags {
  readonly effort?: string;
  readonly seed?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Costs of the assignment given; of the second one, or of the best that the search finds. */
export async function placeRoadef(files: readonly string[], flags: RoadefFlags): Promise<void> {
  const [modelFile, startFile, solutionFile] = files;
  if (modelFile === undefined || startFile === undefined || files.length > 3)
    throw new UsageError(
      `--roadef: expected MODEL ASSIGNMENT, or MODEL ASSIGNMENT SOLUTION, got ${files.length} files`,
    );
  const model = readReassignment(readTextFile(modelFile), modelFile);
  const start = readAssignment(readTextFile(startFile), startFile, model);
  const before = reassignmentCost(model, start, start);
  const now =
    solutionFile === undefined
      ? search(model, start, before, flags)
      : readAssignment(readTextFile(solutionFile), solutionFile, model);
  const after = reassignmentCost(model, start, now);
  if (flags.out !== undefined) await writeFiles({ [flags.out]: `${now.join(" ")}\n` });
  const { machines, processes, resources, services } = model;
  const result = { machines, processes, resources, services, original: before, result: after };
  process.stdout.write(
    `${flags.json === true ? JSON.stringify(result) : described(modelFile, model, before, after)}\n`,
  );
}

function search(
  model: Reassignment,
  start: Int32Array,
  before: ReassignmentCost,
  flags: RoadefFlags,
): Int32Array {
  const broken = Object.entries(before.violations).find(([, count]) => count > 0);
  if (broken !== undefined)
    throw new UsageError(
      `--roadef: expected an assignment that breaks no rule to begin with, got ${broken[1]} × ${broken[0]}`,
    );
  const { show, clear } = statusLine(flags.quiet !== true && flags.json !== true);
  try {
    return reassign(model, start, {
      ...numberOf("effort", flags.effort),
      ...numberOf("seed", flags.seed),
      onProgress: (fraction) => show(`${Math.floor(fraction * 100)} %`),
    });
  } finally {
    clear();
  }
}

function numberOf(name: "effort" | "seed", text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  if (/^\d{1,10}$/.test(text)) return { [name]: Number(text) };
  throw new UsageError(`--${name}: expected a whole number, got ${text}`);
}

const PARTS = ["cost", "load", "balance", "processMove", "serviceMove", "machineMove"] as const;

function described(
  file: string,
  model: Reassignment,
  before: ReassignmentCost,
  after: ReassignmentCost,
): string {
  const { machines, processes, resources, services } = model;
  const width = formatCount(Math.max(before.cost, after.cost)).length;
  const rows = PARTS.map((part) => {
    const [one, other] = [before[part], after[part]].map((value) => formatCount(value).padStart(width));
    return `${part.padEnd(12)}  ${one}  ${other}`;
  });
  const broken = Object.entries(after.violations).filter(([, count]) => count > 0);
  const rules =
    broken.length === 0
      ? "no rule is broken"
      : `broken: ${broken.map(([rule, count]) => `${count} × ${rule}`).join(", ")}`;
  return [
    `${file}  ${machines} machines, ${processes} processes, ${resources} resources, ${services} services`,
    `${"".padEnd(12)}  ${"original".padStart(width)}  ${"now".padStart(width)}`,
    ...rows,
    `${after.moved} processes moved; ${rules}`,
  ].join("\n");
}
