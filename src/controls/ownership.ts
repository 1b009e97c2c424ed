/**
 * Who may change what: an owner of a pool changes anything strictly below it, and nothing of the pool's own.
 *
 *   alice owns A       A        not alice: its shares, reservation, limit divide what lies above it
 *                      ├─ A1    alice, all of it, whoever owns A1
 *                      └─ vm    alice
 *
 * No actor is the administrator, who may do anything; an actor who owns nothing may do nothing.
 *
 * Source: seed 000. Cost: O(depth), and O(nodes) to word a refusal.
 */
import type { Control } from "./admission.ts";

/** What ownership reads of a tree. */
export type Owned = Pick<Control, "name" | "kind" | "parent" | "owner">;

export type Permission =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** What was to be changed: `pools.alice.cpu.shares`. */
      readonly path: string;
      readonly text: string;
    };

const ALLOWED: Permission = { allowed: true };

/**
 * May this actor change this key of this node?
 *
 * @param actor  undefined: the administrator
 * @param node   its number
 * @param key    as in a scenario: `cpu.shares`, `pool`, `vcpus`
 */
export function mayChange(
  tree: readonly Owned[],
  actor: string | undefined,
  node: number,
  key: string,
): Permission {
  const control = tree[node]!;
  if (actor === undefined || ownsAbove(tree, actor, control.parent)) return ALLOWED;
  return refusal(tree, actor, control, key, control.owner === actor);
}

/**
 * May this actor put something into this pool: add a VM or a pool, or move one there? To move needs `mayChange` of what
 * is moved, too.
 *
 * @param pool  its number; −1: the root, which only the administrator fills
 */
export function mayFill(tree: readonly Owned[], actor: string | undefined, pool: number): Permission {
  if (actor === undefined || ownsAbove(tree, actor, pool)) return ALLOWED;
  if (pool >= 0) return refusal(tree, actor, tree[pool]!, "children", false);
  return {
    allowed: false,
    path: "pools",
    text: `only the administrator adds what no pool holds, not ${JSON.stringify(actor)}`,
  };
}

/** Does the actor own this pool, or one above it? */
function ownsAbove(tree: readonly Owned[], actor: string, pool: number): boolean {
  let at = pool;
  for (let steps = 0; at >= 0 && steps <= tree.length; steps += 1) {
    const { owner, parent, kind } = tree[at]!;
    if (kind === "pool" && owner === actor) return true;
    at = parent;
  }
  return false;
}

function refusal(
  tree: readonly Owned[],
  actor: string,
  { kind, name }: Owned,
  key: string,
  own: boolean,
): Permission {
  const path = `${kind}s.${name}.${key}`;
  const who = JSON.stringify(actor);
  if (own && kind === "pool") {
    return {
      allowed: false,
      path,
      text: `${who} owns pool ${name} and may change what is in it, not its own ${key}`,
    };
  }
  const pools = tree.filter((one) => one.kind === "pool" && one.owner === actor).map((one) => one.name);
  const text =
    pools.length === 0
      ? `${who} owns no pool`
      : `${who} may change what is in ${pools.join(", ")}; ${kind} ${name} is not`;
  return { allowed: false, path, text };
}
