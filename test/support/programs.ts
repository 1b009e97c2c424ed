/** Programs of guest threads from a few words. */
import type { Draw, ProgramSpec, SourceSpec, StepSpec, SyncSpec } from "../../src/scenario/types.ts";

export const run = (ns: number, draw: Draw = "constant", spreadNs = 0): StepSpec => ({
  kind: "run",
  ns,
  draw,
  spreadNs,
});
export const sleep = (ns: number, draw: Draw = "constant", spreadNs = 0): StepSpec => ({
  kind: "sleep",
  ns,
  draw,
  spreadNs,
});
export const timer = (ns: number): StepSpec => ({ kind: "timer", ns });
export const until = (ns: number): StepSpec => ({ kind: "until", ns });
export const stop = (ns: number): StepSpec => ({ kind: "stop", ns });
export const online = (first = 0): StepSpec => ({ kind: "online", first });
export const lock = (sync = 0): StepSpec => ({ kind: "lock", sync });
export const unlock = (sync = 0): StepSpec => ({ kind: "unlock", sync });
export const barrier = (sync = 0): StepSpec => ({ kind: "barrier", sync });
export const suspend = (sync = 0): StepSpec => ({ kind: "suspend", sync });
export const resume = (sync = 0): StepSpec => ({ kind: "resume", sync });
export const take = (source = 0): StepSpec => ({ kind: "take", source });
export const begin: StepSpec = { kind: "begin" };
export const finish: StepSpec = { kind: "finish" };
export const end: StepSpec = { kind: "end" };

/** A loop; 0 rounds: for ever. Loops inside are written as `loop` too: see `flat`. */
export interface LoopOf {
  readonly rounds: number;
  readonly steps: readonly Step[];
}
export type Step = StepSpec | LoopOf;

export const loop = (rounds: number, ...steps: Step[]): LoopOf => ({ rounds, steps });
export const forever = (...steps: Step[]): LoopOf => loop(0, ...steps);

/** Loops written out as pairs of steps that name each other. */
export function flat(steps: readonly Step[], depth = 0, from = 0): StepSpec[] {
  const out: StepSpec[] = [];
  for (const step of steps) {
    if ("kind" in step) {
      out.push(step);
      continue;
    }
    const first = from + out.length;
    const inner = flat(step.steps, depth + 1, first + 1);
    const last = first + 1 + inner.length;
    out.push({ kind: "loop", rounds: step.rounds, partner: last, depth });
    out.push(...inner, { kind: "next", rounds: step.rounds, partner: first, depth });
  }
  return out;
}

export interface SmallProgram {
  readonly threads: readonly (readonly Step[])[];
  readonly startNs?: readonly number[];
  readonly syncs?: readonly (SyncSpec["kind"] | readonly [SyncSpec["kind"], number])[];
  readonly sources?: readonly SourceSpec[];
}

export function programOf({ threads, startNs = [], syncs = [], sources = [] }: SmallProgram): ProgramSpec {
  return {
    syncs: syncs.map((sync) =>
      typeof sync === "string" ? { kind: sync, parties: 0 } : { kind: sync[0], parties: sync[1] },
    ),
    sources,
    threads: threads.map((steps, index) => ({ startNs: startNs[index] ?? 0, steps: flat(steps) })),
  };
}
