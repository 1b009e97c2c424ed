/** What the steps of a script share while they run: who may do it, what is told. */
import { mayChange } from "../controls/ownership.ts";
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
  const verdict = mayChange(ownedTree(run.world), step.actor, node, key);
  if (verdict.allowed) return true;
  const vm = node - scenario.pools.length;
  const row = vm < 0 ? -1 : plan.cpu!.vmRows[vm]!;
  say(run, "refused", row, `${verdict.path} stays as it is: ${verdict.text}.`);
  return false;
}
