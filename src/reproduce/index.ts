/** Published experiments that can be run again, by id. */
import type { Experiment, Reproduction } from "./experiment.ts";
import { fig2 } from "./fig2.ts";
import { fig4 } from "./fig4.ts";
import { fig5 } from "./fig5.ts";
import { fig6 } from "./fig6.ts";
import { fig7 } from "./fig7.ts";
import { fig8 } from "./fig8.ts";
import { mmuCrossover } from "./mmu-crossover.ts";
import { nsdiFig8, nsdiFig10, nsdiFig11 } from "./nsdi-guest.ts";
import { nsdiDowntimes, nsdiFig2 } from "./nsdi-working-set.ts";
import { nsdiFig9, nsdiFig12 } from "./nsdi05.ts";

export type { AblationResult, Experiment, Findings, Reproduction, Row, Sure } from "./experiment.ts";
export { migrationHtml } from "./migration-page.ts";
export type { Line, Plot, Point } from "./plot.ts";
export { reproductionHtml } from "./report.ts";
export { tableText } from "./table.ts";

export const EXPERIMENTS: readonly Experiment[] = [
  fig2,
  fig4,
  fig5,
  fig6,
  fig7,
  fig8,
  nsdiFig2,
  ...nsdiDowntimes,
  nsdiFig8,
  nsdiFig9,
  nsdiFig10,
  nsdiFig11,
  nsdiFig12,
  mmuCrossover,
];

/** Runs a published experiment again, and once more with a mechanism off. */
export async function reproduce(experiment: Experiment): Promise<Reproduction> {
  const { id, title, source, ablation } = experiment;
  const { rows, plots } = await experiment.run();
  if (ablation === undefined) return { id, title, source, rows, plots, ablations: [] };
  const without = await ablation.run();
  const fails = without.some(({ ok }) => !ok);
  return { id, title, source, rows, plots, ablations: [{ what: ablation.what, rows: without, fails }] };
}
