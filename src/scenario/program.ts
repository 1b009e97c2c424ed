/**
 * Programs of guest threads, from nested steps to the flat list that the core walks:
 *
 *   repeat 0 [ run 4ms, repeat 3 [ lock a, run 1ms, unlock a ], sleep 1ms ]
 *
 *   0 loop 0 → 12   1 begin   2 run   3 finish   4 loop 3 → 10   5 begin  …  9 finish   10 next → 4   11 sleep   12 next → 0
 *   13 end
 *
 * An operation is what is computed between two waits: it begins where a sleep, timer, suspend or round of a repeat ends,
 * and ends where the next begins; a take begins it itself, at the arrival. Stretches without a run are none; stretches that mark their own are left alone.
 */
import type { Finding, Path } from "./fault.ts";
import type { ProgramSpec, SourceSpec, StepSpec, SyncSpec, ThreadSpec } from "./types.ts";

/** A step before loops are numbered; `repeat` with rounds 0 is for ever, a silent one has no operations. */
export type Node =
  | Exclude<StepSpec, { kind: "loop" | "next" | "end" }>
  | {
      readonly kind: "repeat";
      readonly rounds: number;
      readonly body: readonly Node[];
      readonly isSilent?: true;
    };

/** Loops nest so deep. */
export const loopsMax = 4;
/** More steps than this are no program but a recording. */
export const stepsMax = 1_000_000;

/** Where faults and notes of a program go. */
export interface Sink {
  finding(finding: Finding): void;
  /** A fault within another file than the scenario's: a trace. */
  fault(fault: {
    readonly file: string;
    readonly path: Path;
    readonly line?: number;
    readonly column?: number;
    readonly expected: string;
    readonly got: string;
    readonly hint?: string;
  }): void;
  /** What is left out of a workload, in a sentence. */
  warn(text: string): void;
}

/** The program of one VM while it is put together. */
export interface Draft {
  /** Threads begin when the guest is up, so long after power-on, from which the core counts stops. */
  readonly bootNs: number;
  readonly syncs: { kind: SyncSpec["kind"]; parties: number }[];
  /** Row of each name; locks, barriers and queues have names of their own. */
  readonly names: Map<string, number>;
  readonly sources: SourceSpec[];
  readonly threads: ThreadSpec[];
}

/** A program without anything. */
export function emptyDraft(bootNs = 0): Draft {
  return { bootNs, syncs: [], names: new Map(), sources: [], threads: [] };
}

/**
 * Row of what threads meet at; made if it is new.
 *
 * @param family  names of one family are apart from those of another
 */
export function syncRow(
  draft: Draft,
  family: "lock" | "barrier" | "queue",
  name: string,
  kind: SyncSpec["kind"],
): number {
  const key = `${family} ${name}`;
  const known = draft.names.get(key);
  if (known !== undefined) return known;
  draft.names.set(key, draft.syncs.length);
  return draft.syncs.push({ kind, parties: 0 }) - 1;
}

/** A sync without a name. */
export function ownSync(draft: Draft, kind: SyncSpec["kind"]): number {
  return draft.syncs.push({ kind, parties: 0 }) - 1;
}

/**
 * Adds threads of one program; each counts at the barriers that it comes to. Times are after the guest is up.
 *
 * @param isCounted  false: what they do are no operations
 */
export function addThreads(
  draft: Draft,
  count: number,
  startNs: number,
  nodes: readonly Node[],
  isCounted = true,
): void {
  const first = draft.threads.length;
  const steps = flatten(nodes, isCounted).map((step) => {
    if (step.kind === "online") return { ...step, first };
    return step.kind === "stop" || step.kind === "until" ? { ...step, ns: step.ns + draft.bootNs } : step;
  });
  const barriers = new Set(steps.flatMap((step) => (step.kind === "barrier" ? [step.sync] : [])));
  for (const row of barriers) draft.syncs[row]!.parties += count;
  for (let i = 0; i < count; ++i) draft.threads.push({ startNs, steps });
}

/** The program, or nothing if no thread has anything to do. */
export function finishDraft({ syncs, sources, threads }: Draft): ProgramSpec | undefined {
  return threads.length === 0 ? undefined : { syncs, sources, threads };
}

/** How deep repeats nest; a repeat of one round is none. */
export function depthOf(nodes: readonly Node[]): number {
  let deepest = 0;
  for (const node of nodes) {
    if (node.kind !== "repeat") continue;
    deepest = Math.max(deepest, depthOf(node.body) + (node.rounds === 1 ? 0 : 1));
  }
  return deepest;
}

/** Whether simulated time passes in a round, so that an endless loop of them ends some time. */
export function takesTime(nodes: readonly Node[]): boolean {
  return nodes.some((node) => {
    if (node.kind === "run" || node.kind === "sleep") return node.ns > 0;
    if (node.kind === "repeat") return takesTime(node.body);
    return node.kind === "timer" || node.kind === "take";
  });
}

/** What is wrong with how a thread takes and releases locks; undefined: nothing. */
export function lockProblem(nodes: readonly Node[], held: Set<number> = new Set()): string | undefined {
  for (const node of nodes) {
    if (node.kind === "lock" && held.has(node.sync)) return "a lock is taken twice";
    if (node.kind === "lock") held.add(node.sync);
    if (node.kind === "unlock" && !held.delete(node.sync)) return "a lock is released that is not held";
    if (node.kind !== "repeat") continue;
    const before = [...held];
    const inner = lockProblem(node.body, held);
    if (inner !== undefined) return inner;
    const isSame = held.size === before.length && before.every((sync) => held.has(sync));
    if (node.rounds !== 1 && !isSame) return "a lock is kept from one round to the next";
  }
  return undefined;
}

/** Nested steps as a list with operations marked, loops numbered and an end. */
export function flatten(nodes: readonly Node[], isCounted = true): StepSpec[] {
  const steps: StepSpec[] = [];
  append(nodes, 0, { steps, isCounted });
  steps.push({ kind: "end" });
  return steps;
}

const waits: ReadonlySet<Node["kind"]> = new Set([
  "sleep",
  "timer",
  "until",
  "suspend",
  "take",
  "stop",
  "online",
]);

/** The list as it grows. */
interface Program {
  readonly steps: StepSpec[];
  readonly isCounted: boolean;
}

function append(nodes: readonly Node[], depth: number, program: Program): void {
  let at = 0;
  while (at < nodes.length) {
    const node = nodes[at]!;
    if (node.kind === "repeat") {
      appendRepeat(node.rounds, node.body, depth, node.isSilent ? { ...program, isCounted: false } : program);
      at += 1;
    } else if (waits.has(node.kind)) {
      program.steps.push(node);
      at += 1;
    } else {
      at = appendStretch(nodes, at, program);
    }
  }
}

function appendRepeat(rounds: number, body: readonly Node[], depth: number, program: Program): void {
  if (rounds === 1) {
    append(body, depth, program);
    return;
  }
  const { steps } = program;
  const first = steps.length;
  // The partner is known once the body stands.
  steps.push({ kind: "loop", rounds, partner: 0, depth });
  append(body, depth + 1, program);
  steps.push({ kind: "next", rounds, partner: first, depth });
  steps[first] = { kind: "loop", rounds, partner: steps.length - 1, depth };
}

/** Copies what stands between two waits; returns where it ends. */
function appendStretch(nodes: readonly Node[], from: number, { steps, isCounted }: Program): number {
  let to = from;
  const stretch: StepSpec[] = [];
  for (; to < nodes.length; ++to) {
    const node = nodes[to]!;
    if (node.kind === "repeat" || waits.has(node.kind)) break;
    stretch.push(node);
  }
  const isMarked = stretch.some(({ kind }) => kind === "begin" || kind === "finish");
  const isOperation = isCounted && !isMarked && stretch.some(({ kind }) => kind === "run");
  const isBegun = steps.at(-1)?.kind === "take";
  if (isOperation && !isBegun) steps.push({ kind: "begin" });
  steps.push(...stretch);
  if (isOperation) steps.push({ kind: "finish" });
  return to;
}
