/** What the steps of a script share while they run: who may do it, what is told. */
import { mayChange, mayFill, type Permission } from "../controls/ownership.ts";
import { type HeldTrees, ownedTree } from "./control-tree.ts";
import type { Message } from "./message.ts";
import type { World } from "./world.ts";

export interface Run {
  readonly world: World;
  readonly messages: Message[];
  /** For admission; in step with what the steps before have done. */
  readonly trees: HeldTrees;
}

export function say({ world, messages }: Run, kind: Message["kind"], row: number, text: string): void {
  messages.push({ atNs: world.nowNs, kind, row, count: 0, text });
}

/** May the actor of this step change this key of this node? If not, that is told. */
export function permit(run: Run, step: { readonly actor?: string }, node: number, key: string): boolean {
  const { scenario, plan } = run.world;
  const vm = node - scenario.pools.length;
  const row = vm < 0 ? -1 : plan.cpu!.vmRows[vm]!;
  return told(run, mayChange(ownedTree(run.world), step.actor, node, key), row);
}

/**
 * May the actor of this step move a VM (a row) to another host, into this pool? If not, that is told.
 *
 * @param pool  undefined: directly below the host, where only the administrator puts something
 */
export function permitFill(
  run: Run,
  step: { readonly actor?: string; readonly vm: number },
  row: number,
  pool: number | undefined,
): boolean {
  const verdict = mayFill(ownedTree(run.world), step.actor, pool ?? -1);
  const path = `vms.${run.world.scenario.vms[step.vm]!.name}.pool`;
  return told(run, verdict.allowed ? verdict : { ...verdict, path }, row);
}

/** What lies in no pool only the administrator changes. */
export function permitRoot(run: Run, step: { readonly actor?: string }, path: string): boolean {
  if (step.actor === undefined) return true;
  const text = `only the administrator changes what no pool holds, not ${JSON.stringify(step.actor)}`;
  return told(run, { allowed: false, path, text }, -1);
}

function told(run: Run, verdict: Permission, row: number): boolean {
  if (verdict.allowed) return true;
  say(run, "refused", row, `${verdict.path} stays as it is: ${verdict.text}.`);
  return false;
}
