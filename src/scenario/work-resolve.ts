/** From the workload of a VM group to streams of accesses and to the program of its guest threads. */
import { cpuDefaults } from "./cpu-defaults.ts";
import type { Path } from "./fault.ts";
import { busyLoop, checkQueues, lengthStep, type PhaseContext, phaseNodes, type QueueUse } from "./phases.ts";
import { addThreads, type Draft, type Node, ownSync, type Sink, stepsMax } from "./program.ts";
import type { ParsedScenario } from "./schema.ts";
import { addTrace, type TraceTexts } from "./trace.ts";
import type { SyncSpec } from "./types.ts";
import { type Phase, streamKeys } from "./work-schema.ts";

type ParsedVm = ParsedScenario["vms"][number];
/** One entry of a workload: a stream or CPU work. */
export type ParsedWork = Exclude<NonNullable<ParsedVm["workload"]>, readonly unknown[]>;

/** The entries of a VM's workload with their paths. */
export function workOf(vm: ParsedVm, path: Path): readonly (readonly [work: ParsedWork, path: Path])[] {
  const { workload } = vm;
  if (workload === undefined) return [];
  if (!Array.isArray(workload)) return [[workload, [...path, "workload"]]];
  return workload.map((work, k) => [work, [...path, "workload", k]] as const);
}

/** Whether an entry is a stream of memory accesses. */
export function isStream(work: ParsedWork): boolean {
  return streamKeys.some((key) => work[key as keyof ParsedWork] !== undefined);
}

/** What the program of a VM group is made from. */
export interface WorkContext {
  readonly vcpus: number;
  /** The most that events leave it; absent: none changes them. */
  readonly plugged?: number;
  /** When the VM is powered on. */
  readonly onNs: number;
  readonly traces: TraceTexts;
  readonly sink: Sink;
}

/**
 * Compiles the CPU work of a VM.
 *
 * @param path   of the VM, for faults
 * @param draft  of its program; threads are added
 */
export function resolveProgram(vm: ParsedVm, path: Path, context: WorkContext, draft: Draft): void {
  const entries = workOf(vm, path).filter(([work]) => !isStream(work));
  const queues: QueueUse = { suspended: new Map(), resumed: new Map() };
  const kinds = new Map<string, SyncSpec["kind"]>();
  for (const [work, at] of entries) declareSyncs(work, at, kinds, context.sink);
  for (const [work, at] of entries) addWork(work, at, { ...context, draft, kinds, queues });
  checkQueues(queues, context.sink);
  const steps = new Set(draft.threads.map((thread) => thread.steps));
  const total = [...steps].reduce((sum, { length }) => sum + length, 0);
  if (total > stepsMax) {
    context.sink.finding({
      path: [...path, "workload"],
      expected: `at most ${stepsMax} steps`,
      got: String(total),
    });
  }
}

function declareSyncs(work: ParsedWork, path: Path, kinds: Map<string, SyncSpec["kind"]>, sink: Sink): void {
  for (const [i, { name, kind }] of (work.syncs ?? []).entries()) {
    const known = kinds.get(name);
    if (known !== undefined && known !== kind) {
      sink.finding({
        path: [...path, "syncs", i, "kind"],
        expected: `${known}, as declared before`,
        got: kind,
      });
    }
    kinds.set(name, kind);
  }
}

type Place = PhaseContext & WorkContext;

function addWork(work: ParsedWork, path: Path, place: Place): void {
  const { draft, sink, vcpus, plugged } = place;
  const follows = plugged !== undefined && followsVcpus(work);
  const { start: startNs = 0, stop: stopNs, threads = follows ? plugged : vcpus } = work;
  const stop: Node[] = [
    ...(follows ? [{ kind: "online" as const, first: 0 }] : []),
    ...(stopNs === undefined ? [] : [{ kind: "stop" as const, ns: stopNs }]),
  ];
  if (work.busy !== undefined) addThreads(draft, threads, startNs, [busyLoop(stop)]);
  else if (work.run !== undefined) {
    const rest = work.sleep === undefined ? [] : [lengthStep("sleep", work.sleep)];
    const body = [...stop, lengthStep("run", work.run), ...rest];
    addThreads(draft, threads, startNs, [{ kind: "repeat", rounds: 0, body }]);
  } else if (work.phases !== undefined) {
    const nodes = phaseNodes(work.phases, [...path, "phases"], place, { times: work.times ?? 0, stop });
    addThreads(draft, threads, startNs, nodes);
  } else if (work.requests !== undefined) addRequests(work, place, threads, follows ? stop.slice(0, 1) : []);
  else if (work.barrier !== undefined) addBarrier(work.barrier, place, startNs);
  else if (work.lock !== undefined) addLock(work.lock, place, { startNs, stop, threads });
  else if (work.trace !== undefined) {
    const holdsGaps = work.gaps === "hold";
    addTrace(work.trace, path, place.traces, { draft, sink, vcpus, startNs, stopNs, holdsGaps });
  }
}

/**
 * Whether there is a thread for each vCPU that the VM has at the time: endless work without a number of threads, and without a
 * place where they wait for each other by number or name.
 */
function followsVcpus(work: ParsedWork): boolean {
  if (work.threads !== undefined || work.times !== undefined) return false;
  if (work.lock !== undefined) return work.lock.threads === undefined;
  if (work.phases !== undefined) return !work.phases.some(meets);
  return work.busy !== undefined || work.run !== undefined || work.requests !== undefined;
}

function meets({ barrier, suspend, resume, repeat }: Phase): boolean {
  const inner = (repeat?.phases ?? []) as readonly Phase[];
  return (barrier ?? suspend ?? resume) !== undefined || inner.some(meets);
}

/** An open loop: requests come whether or not the ones before are done. */
function addRequests(
  work: ParsedWork,
  { draft, onNs }: Place,
  threads: number,
  online: readonly Node[],
): void {
  const source = draft.sources.length;
  draft.sources.push({
    gapNs: work.requests!,
    draw: work.arrivals ?? cpuDefaults.work.arrivals.value,
    ...(work.stop === undefined ? {} : { stopNs: onNs + draft.bootNs + work.stop }),
  });
  const body: Node[] = [...online, { kind: "take", source }, lengthStep("run", work.service!)];
  addThreads(draft, threads, 0, [{ kind: "repeat", rounds: 0, body }]);
}

function addBarrier(
  { threads, work, spin = cpuDefaults.work.spin.value, rounds = 0 }: NonNullable<ParsedWork["barrier"]>,
  { draft, vcpus }: Place,
  startNs: number,
): void {
  const sync = ownSync(draft, spin ? "spin-barrier" : "barrier");
  const body: Node[] = [lengthStep("run", work), { kind: "barrier", sync }];
  const nodes: Node[] = [{ kind: "repeat", rounds, body }];
  // A round is one operation, so one thread counts it.
  addThreads(draft, 1, startNs, nodes);
  addThreads(draft, (threads ?? vcpus) - 1, startNs, nodes, false);
}

function addLock(
  { threads: own, hold, between, kind = cpuDefaults.work.lock.value }: NonNullable<ParsedWork["lock"]>,
  { draft }: Place,
  {
    startNs,
    stop,
    threads,
  }: { readonly startNs: number; readonly stop: readonly Node[]; readonly threads: number },
): void {
  const sync = ownSync(draft, kind);
  const body: Node[] = [
    ...stop,
    lengthStep("run", between),
    // What a user waits for is the lock and what is done with it.
    { kind: "begin" },
    { kind: "lock", sync },
    lengthStep("run", hold),
    { kind: "unlock", sync },
    { kind: "finish" },
  ];
  addThreads(draft, own ?? threads, startNs, [{ kind: "repeat", rounds: 0, body }]);
}
