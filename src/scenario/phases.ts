/** Phases as a scenario writes them to steps of a program, and what is wrong with them. */
import { cpuDefaults } from "./cpu-defaults.ts";
import type { Path } from "./fault.ts";
import { type Draft, depthOf, loopsMax, type Node, type Sink, syncRow, takesTime } from "./program.ts";
import type { Draw, SyncSpec } from "./types.ts";
import type { Length, Phase } from "./work-schema.ts";

/** Repeats that take no time are told if they have more rounds than this. */
const freeRoundsMax = 1000;
/** What `busy: true` computes before it goes round: a loop needs some length. */
const busyNs = 3_600_000_000_000;

/** Where the threads of a VM suspend and resume: a name that stands on one side only is a fault. */
export interface QueueUse {
  readonly suspended: Map<string, Path>;
  readonly resumed: Map<string, Path>;
}

/** What reading phases needs to know. */
export interface PhaseContext {
  readonly draft: Draft;
  readonly sink: Sink;
  /** Kinds of locks and barriers that the workload declares. */
  readonly kinds: ReadonlyMap<string, SyncSpec["kind"]>;
  readonly queues: QueueUse;
}

/** The locks that a thread holds where we are. */
type Held = Set<string>;

/** A run or sleep of a length as read. */
export function lengthStep(kind: "run" | "sleep", length: Length): Node {
  if (typeof length === "number") return { kind, ns: length, draw: "constant", spreadNs: 0 };
  const { mean, spread = 0 } = length;
  const draw: Draw = length.draw ?? (length.spread === undefined ? "exponential" : "uniform");
  return { kind, ns: mean, draw, spreadNs: spread };
}

/** Computes for ever; with a stop in rounds short enough to be stopped after. */
export function busyLoop(stop: readonly Node[]): Node {
  const ns = stop.length === 0 ? busyNs : cpuDefaults.policy.guestSliceNs.value;
  const body: Node[] = [...stop, { kind: "run", ns, draw: "constant", spreadNs: 0 }];
  return { kind: "repeat", rounds: 0, body, isSilent: true };
}

/**
 * Reads a list of phases.
 *
 * @param times  passes through them; 0: for ever
 * @param stop   steps before each pass
 * @returns      steps; faults went to the sink
 */
export function phaseNodes(
  phases: readonly Phase[],
  path: Path,
  context: PhaseContext,
  { times, stop }: { readonly times: number; readonly stop: readonly Node[] },
): Node[] {
  const nodes = [repeatOf(times, phases, path, context, { held: new Set(), stop })];
  const depth = depthOf(nodes);
  if (depth > loopsMax) {
    const got = `${depth}${times === 1 ? "" : ", the passes counted"}`;
    context.sink.finding({ path, expected: `at most ${loopsMax} nested repeats`, got });
  }
  return nodes;
}

/** A round starts and ends with the same locks held, and an endless one lets time pass. */
function repeatOf(
  rounds: number,
  phases: readonly Phase[],
  path: Path,
  context: PhaseContext,
  { held, stop }: { readonly held: Held; readonly stop: readonly Node[] },
): Node {
  const before = new Set(held);
  const body = bodyOf(phases, path, context, held);
  const lost = [...before].find((name) => !held.has(name));
  const kept = [...held].find((name) => !before.has(name));
  if (rounds !== 1 && (lost ?? kept) !== undefined) {
    const expected = "each round to release the locks that it takes, and no others";
    context.sink.finding({
      path,
      expected,
      got: `${lost ?? kept} ${lost === undefined ? "kept" : "released"}`,
    });
  }
  if ((rounds === 0 || rounds > freeRoundsMax) && !takesTime(body)) {
    const got = rounds === 0 ? "an endless loop without any" : `${rounds} rounds without any`;
    context.sink.finding({ path, expected: "a run, sleep or timer, so that time passes", got });
  }
  const last = body.at(-1);
  // Around what never ends there is nothing to repeat.
  const isEndless = last?.kind === "repeat" && last.rounds === 0;
  return { kind: "repeat", rounds: isEndless ? 1 : rounds, body: [...stop, ...body] };
}

function bodyOf(phases: readonly Phase[], path: Path, context: PhaseContext, held: Held): Node[] {
  const nodes: Node[] = [];
  for (const [i, phase] of phases.entries()) {
    const last = nodes.at(-1);
    if (last?.kind === "repeat" && last.rounds === 0) {
      const got = "a phase that is never reached";
      context.sink.finding({ path: [...path, i], expected: "nothing after a phase that never ends", got });
      break;
    }
    nodes.push(...phaseOf(phase, [...path, i], context, held));
  }
  return nodes;
}

function phaseOf(phase: Phase, path: Path, context: PhaseContext, held: Held): Node[] {
  const { times = 1 } = phase;
  if (times === 1) return stepsOf(phase, path, context, held);
  const { times: _, ...once } = phase;
  return [repeatOf(times, [once], path, context, { held, stop: [] })];
}

function stepsOf(phase: Phase, path: Path, context: PhaseContext, held: Held): Node[] {
  const nodes: Node[] = [];
  if (phase.run !== undefined) nodes.push(lengthStep("run", phase.run));
  if (phase.sleep !== undefined) nodes.push(lengthStep("sleep", phase.sleep));
  if (phase.busy === true) nodes.push(busyLoop([]));
  else if (phase.busy !== undefined) nodes.push(lengthStep("run", phase.busy));
  if (phase.timer !== undefined) nodes.push({ kind: "timer", ns: phase.timer });
  if (phase.repeat !== undefined) {
    const { times = 0, phases } = phase.repeat;
    nodes.push(repeatOf(times, phases, [...path, "repeat", "phases"], context, { held, stop: [] }));
  }
  nodes.push(...meetingsOf(phase, path, context, held));
  return nodes;
}

/** The steps at which threads meet each other. */
function meetingsOf(phase: Phase, path: Path, context: PhaseContext, held: Held): Node[] {
  const { lock, unlock, barrier, suspend, resume } = phase;
  const { draft, sink, kinds, queues } = context;
  const nodes: Node[] = [];
  if (lock !== undefined) {
    const got = `${lock}, which the thread holds`;
    if (held.has(lock)) sink.finding({ path: [...path, "lock"], expected: "a lock not yet taken", got });
    held.add(lock);
    const kind = kinds.get(lock) ?? cpuDefaults.work.phaseLock.value;
    if (kind.endsWith("barrier")) {
      sink.finding({ path: [...path, "lock"], expected: "the name of a lock", got: `${lock}, a ${kind}` });
    }
    nodes.push({ kind: "lock", sync: syncRow(draft, "lock", lock, kind) });
  }
  if (unlock !== undefined) {
    const got = `${unlock}, which the thread does not hold`;
    if (!held.delete(unlock))
      sink.finding({ path: [...path, "unlock"], expected: "a lock taken before", got });
    nodes.push({ kind: "unlock", sync: syncRow(draft, "lock", unlock, kinds.get(unlock) ?? "mutex") });
  }
  if (barrier !== undefined) {
    const kind = kinds.get(barrier) ?? "barrier";
    if (!kind.endsWith("barrier")) {
      const got = `${barrier}, a ${kind} lock`;
      sink.finding({ path: [...path, "barrier"], expected: "the name of a barrier", got });
    }
    nodes.push({ kind: "barrier", sync: syncRow(draft, "barrier", barrier, kind) });
  }
  if (suspend !== undefined) {
    queues.suspended.set(suspend, [...path, "suspend"]);
    nodes.push({ kind: "suspend", sync: syncRow(draft, "queue", suspend, "queue") });
  }
  if (resume !== undefined) {
    queues.resumed.set(resume, [...path, "resume"]);
    nodes.push({ kind: "resume", sync: syncRow(draft, "queue", resume, "queue") });
  }
  return nodes;
}

/** Threads that wait for ever, and wake-ups for nobody. */
export function checkQueues({ suspended, resumed }: QueueUse, sink: Sink): void {
  for (const [name, path] of suspended) {
    if (!resumed.has(name)) sink.finding({ path, expected: "a name that something resumes", got: name });
  }
  for (const [name, path] of resumed) {
    if (!suspended.has(name))
      sink.finding({ path, expected: "a name that something suspends on", got: name });
  }
}
