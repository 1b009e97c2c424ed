/** Published experiments that can be run again, by id. */
import type { Experiment, Reproduction } from "./experiment.ts";
import { fig4 } from "./fig4.ts";
import { fig5 } from "./fig5.ts";
import { nsdiFig9, nsdiFig12 } from "./nsdi05.ts";

export type { Experiment, Reproduction, Row, Sure } from "./experiment.ts";

export const EXPERIMENTS: readonly Experiment[] = [fig4, fig5, nsdiFig9, nsdiFig12];

/** Runs a published experiment again. */
export async function reproduce(experiment: Experiment): Promise<Reproduction> {
  const { id, title, source } = experiment;
  return { id, title, source, rows: await experiment.run() };
}
