/** Migrations as they stand in the columns, for the result and for messages. */
import type { MigrationResult, MigrationRoundResult } from "../report/result.ts";
import { MOVE_REASONS } from "./move-reasons.ts";
import { roundOf } from "./move-rules.ts";
import { PHASE } from "./moves.ts";
import { PHASES, ROUNDS } from "./plan-moving.ts";
import type { World } from "./world.ts";

const NAMES = [
  "waiting",
  "reserved",
  "disk",
  "rounds",
  "stop",
  "state",
  "commits",
  "activates",
  "push",
  "cut",
  "done",
  "aborted",
  "lost",
] as const;

const TEXTS: Readonly<Record<string, string>> = {
  reserved: "is about to move: the destination has room",
  disk: "moves: its disk is copied first",
  rounds: "moves: its memory is copied while it runs",
  stop: "stands still: the rest of its memory is copied",
  state: "stands still: its state is copied",
  commits: "has been copied: the destination says so",
  activates: "is the destination's",
  push: "runs at the destination: its memory follows",
  cut: "stands still: part of its memory is out of reach",
  done: "has moved",
  aborted: "stays where it is",
  lost: "is lost",
};

/** Every migration of the scenario, in its order. */
export function observeMoves(world: World): MigrationResult[] {
  return world.plan.moves.map((_, move) => observeMove(world, move));
}

function observeMove(world: World, move: number): MigrationResult {
  const { columns, plan, scenario } = world;
  const { spec, path } = plan.moves[move]!;
  const phase = columns.movePhase[move]!;
  const begun = columns.moveBegunNs.get(move);
  const ended = phase >= PHASE.done ? columns.moveEndedNs.get(move) : world.nowNs;
  const from = phase === PHASE.idle ? scenario.vms[spec.vm]!.host : columns.moveFrom[move]!;
  const event = scenario.events.find((one) => one.path === path)!;
  const standing =
    phase >= PHASE.stop && phase <= PHASE.activates ? world.nowNs - columns.movePausedNs.get(move) : 0;
  return {
    vm: scenario.vms[spec.vm]!.name,
    from: scenario.hosts[from]!.name,
    to: scenario.hosts[spec.to]!.name,
    mode: spec.mode,
    rule: spec.rule,
    outcome: outcomeOf(world, move),
    converged: columns.moveConverged[move] === 1,
    reason: MOVE_REASONS[columns.moveReason[move]!]!,
    atNs: event.atNs,
    totalNs: phase === PHASE.idle ? 0 : ended - begun,
    downtimeNs: columns.moveDownNs.get(move) + standing,
    bytesSent: columns.moveBytes.get(move),
    normalPages: columns.moveNormal.get(move),
    zeroPages: columns.moveZero.get(move),
    referencePages: columns.moveReference.get(move),
    freePages: columns.moveFree.get(move),
    skippedPages: columns.moveSkipped.get(move),
    remoteFaults: columns.moveFaults.get(move),
    lostRequests: columns.vmLostRequests.get(columns.moveVm[move]!),
    rounds: roundsOf(world, move),
    stopCopy: {
      pages: columns.moveStopPages[move]!,
      bytes: columns.moveStopBytes.get(move),
      ns: columns.moveStopNs.get(move),
    },
    phases: phasesOf(world, move),
  };
}

function outcomeOf({ columns }: World, move: number): MigrationResult["outcome"] {
  const phase = columns.movePhase[move]!;
  if (phase === PHASE.idle) return columns.moveReason[move] === 0 ? "waiting" : "refused";
  if (phase === PHASE.done) return "done";
  if (phase === PHASE.aborted) return "aborted";
  return phase === PHASE.lost ? "lost" : "running";
}

function roundsOf(world: World, move: number): MigrationRoundResult[] {
  const { columns } = world;
  const begun = columns.moveRound[move]!;
  const rounds = Array.from({ length: Math.min(begun, ROUNDS) }, (_, round) => {
    const { pages, bytes, ns, dirtied, waiting } = roundOf(world, move, round + 1);
    const row = move * ROUNDS + round;
    return {
      pages,
      bytes,
      ns,
      dirtiedPages: dirtied,
      remainingPages: waiting,
      limitBitsPerS: columns.roundCapBps.get(row),
      throttlePpm: columns.roundThrottlePpm[row]!,
    };
  });
  // One that is not over has no numbers yet.
  return rounds.filter(({ limitBitsPerS }) => limitBitsPerS > 0);
}

function phasesOf({ columns }: World, move: number): MigrationResult["phases"] {
  return NAMES.flatMap((phase, at) => {
    const since = columns.phaseNs.get(move * PHASES + at);
    return since === 0 ? [] : [{ phase, atNs: since - 1 }];
  }).sort((a, b) => a.atNs - b.atNs || NAMES.indexOf(a.phase) - NAMES.indexOf(b.phase));
}

/** A phase that a migration has come to, in a sentence. */
export function describeMove(
  world: World,
  move: number,
  phase: number,
): { readonly vm: string; readonly host: string; readonly text: string } {
  const { scenario, plan, columns } = world;
  const { spec } = plan.moves[move]!;
  const name = NAMES[phase]!;
  const vm = scenario.vms[spec.vm]!.name;
  const committed = phase >= PHASE.activates && phase <= PHASE.done;
  const host = scenario.hosts[committed ? spec.to : columns.moveFrom[move]!]!.name;
  const why = phase > PHASE.done ? `: ${MOVE_REASONS[columns.moveReason[move]!]!}` : "";
  return { vm, host, text: `${vm} ${TEXTS[name]!}${why} (${name}).` };
}
