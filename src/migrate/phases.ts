/**
 * The phases of a migration, and what becomes of the VM when something fails in one of them.
 *
 *   reservation → (storage) → pre-copy → stop-and-copy → commitment → activation        pre-copy, stop-and-copy
 *   reservation → (storage) → pre-copy → stop-and-copy → commitment → activation → push  post-copy, hybrid
 *
 *                       source lost        destination lost     link lost
 *   before commitment   lost               runs on source       runs on source
 *   after it            on destination     lost                 on destination
 *   while pages come    lost               lost                 paused, to be recovered
 *
 * Before commitment the source's copy is the one that counts: the destination does not run until it has said that it has
 * everything, and the source does not run again once it knows. So there are never two that run. When the acknowledgement
 * itself is lost, the source cannot know: it stays stopped until it hears.
 *
 * Source: Clark et al., NSDI 2005, §3.1 (phases 0 to 5); QEMU's description of post-copy. Cost: O(phases).
 */
import type { Migration, MigrationMode, ModePlan } from "./migration.ts";

export const phaseNames = [
  "reservation",
  "storage",
  "pre-copy",
  "stop-and-copy",
  "commitment",
  "activation",
  "push",
] as const;
export type PhaseName = (typeof phaseNames)[number];

/** One phase of a plan. */
export interface Phase {
  readonly phase: PhaseName;
  readonly fromNs: number;
  readonly toNs: number;
  /** Where the guest runs meanwhile. */
  readonly guest: "source" | "stopped" | "destination";
}

export const failureNames = ["source", "destination", "link"] as const;
/** What is lost: a host, or the link between them. */
export type Failure = (typeof failureNames)[number];

/** What became of the VM. */
export type VmFate = "runs on source" | "runs on destination" | "paused, can be recovered" | "lost";

export interface MigrationOutcome {
  readonly failure: Failure;
  readonly atNs: number;
  /** In which it happened; `before` and `after` the migration. */
  readonly phase: PhaseName | "after";
  readonly vm: VmFate;
  readonly reason: string;
}

type Fate = Omit<MigrationOutcome, "failure" | "atNs" | "phase">;

/**
 * What becomes of a VM.
 *
 * @param phase  in which it happens; `after`: the migration is over
 */
export function migrationFate(phase: PhaseName | "after", failure: Failure): Fate {
  if (phase === "push") {
    return failure === "link"
      ? { vm: "paused, can be recovered", reason: "pages are missing until the link is back" }
      : { vm: "lost", reason: "neither host has all of its memory" };
  }
  if (phase === "after" || phase === "activation") {
    if (failure === "destination") return { vm: "lost", reason: "the destination has the only copy" };
    return { vm: "runs on destination", reason: "the destination has everything and has said so" };
  }
  if (failure === "source") return { vm: "lost", reason: "the destination's copy is not whole" };
  if (phase === "commitment" && failure === "link") {
    return { vm: "runs on destination", reason: "the source stays stopped until it hears who has the VM" };
  }
  return { vm: "runs on source", reason: "the source's copy counts until the destination has everything" };
}

/** Phases of a plan, one behind the other, from 0 to its total; those that take no time are left out. */
export function phasesOf(
  { latencyS }: Pick<Migration, "latencyS">,
  plan: Pick<ModePlan, "mode" | "rounds" | "stopCopy" | "downtimeNs" | "totalNs" | "storage">,
): Phase[] {
  const latencyNs = latencyS * 1e9;
  const phases: Phase[] = [];
  let fromNs = 0;
  const until = (phase: PhaseName, end: number, guest: Phase["guest"]): void => {
    const toNs = Math.min(plan.totalNs, Math.round(end));
    if (toNs <= fromNs) return;
    phases.push({ phase, fromNs, toNs, guest });
    fromNs = toNs;
  };
  let stopped = latencyNs + (plan.storage?.ns ?? 0);
  until("reservation", latencyNs, "source");
  until("storage", stopped, "source");
  for (const { ns } of plan.rounds) stopped += ns;
  const sent = stopped + plan.stopCopy.ns;
  until("pre-copy", stopped, "source");
  until("stop-and-copy", sent, "stopped");
  until("commitment", sent + latencyNs, "stopped");
  until("activation", stopped + plan.downtimeNs, "stopped");
  if (plan.mode === "post-copy" || plan.mode === "hybrid") until("push", plan.totalNs, "destination");
  return phases;
}

/** What becomes of the VM when something fails at a point of a plan. */
export function outcomeOf(
  { mode, phases }: { readonly mode: MigrationMode; readonly phases: readonly Phase[] },
  failure: Failure,
  atNs: number,
): MigrationOutcome {
  const found = phases.find(({ fromNs, toNs }) => fromNs <= atNs && atNs < toNs);
  const phase = found?.phase ?? "after";
  // Behind the switch, until the last page is there, neither host has everything.
  const pushes = (mode === "post-copy" || mode === "hybrid") && phase === "activation";
  return { failure, atNs, phase, ...migrationFate(pushes ? "push" : phase, failure) };
}
