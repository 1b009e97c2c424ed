/**
 * Admission control: whether a reservation fits before it is made.
 *
 *   root  capacity 1000        a node holds of its parent:  a VM that is on, its reservation
 *    ├─ bob  600, expandable                                a pool, its reservation, or what its children hold
 *    │   ├─ a  300   on                                     if that is more
 *    │   └─ b  400   asks: 300 are left in bob, 100 more are asked of the root, where 400 are left
 *    └─ …
 *
 * What a pool has not reserved is asked first; where that is too little and the pool is expandable, the rest is asked of
 * its parent, and so on to the root. An expandable pool never holds more than its limit.
 *
 * Source: seed 000; vSphere Resource Management. Cost: O(nodes) once for what is held, O(depth) a question.
 */
import { arrangePools } from "./pool-tree.ts";

/** One pool or VM; parents by their number in the list. */
export interface Control {
  readonly name: string;
  readonly kind: "pool" | "vm";
  /** −1: right under the root. */
  readonly parent: number;
  readonly reservationMhz: number;
  /** None if absent or infinite. */
  readonly limitMhz?: number | undefined;
  readonly shares: number;
  /** Pools: asks its parent for reservations that do not fit its own. */
  readonly expandable: boolean;
  /** Pools: who may change what lies below. */
  readonly owner?: string | undefined;
  /** VMs: powered on. Pools: there. */
  readonly on: boolean;
}

/** What lies above all: a host, as a rule. */
export interface Root {
  /** As faults shall name it: `hosts.h1`. */
  readonly path: string;
  readonly capacityMhz: number;
}

export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      /** Of what stands in the way: `pools.bob.cpu.reservation`, `pools.bob.cpu.limit`, `hosts.h1`. */
      readonly path: string;
      /** Asked there. */
      readonly neededMhz: number;
      /** Left there. */
      readonly availableMhz: number;
      readonly text: string;
    };

/** Reservations in percent of a pCPU add up to what they should within far less than this. */
const SLACK_MHZ = 1e-6;
const ADMITTED: Admission = { admitted: true };

/**
 * What children hold of each node.
 *
 * @returns per node the sum its children hold; at the end, what the root's children hold
 * @throws RangeError if a parent is no node, or nodes stand in a circle
 */
export function heldMhz(tree: readonly Control[]): Float64Array {
  const { places } = arrangePools(tree.map(({ parent }) => parent));
  const order = new Uint32Array(tree.length);
  for (const [node, row] of places.entries()) order[row - 1] = node;
  const held = new Float64Array(tree.length + 1);
  for (const node of order.reverse()) {
    held[slotOf(tree, node)]! += holds(tree[node]!, held[node]!);
  }
  return held;
}

/** What a node holds of its parent, while its children hold `below` of it. */
function holds({ kind, on, reservationMhz }: Control, below: number): number {
  if (!on) return 0;
  return kind === "pool" ? Math.max(reservationMhz, below) : reservationMhz;
}

function slotOf(tree: readonly Control[], node: number): number {
  const { parent } = tree[node]!;
  return parent < 0 ? tree.length : parent;
}

/**
 * Adds to what a node's parent is asked to hold, and passes on upward what goes beyond the parent's reservation: what
 * `heldMhz` would find afterwards, in O(depth).
 *
 * @param held  written
 * @param mhz   more held of the parent; negative: less
 */
export function holdMhz(tree: readonly Control[], held: Float64Array, node: number, mhz: number): void {
  let more = mhz;
  for (let at = node; more !== 0; ) {
    const slot = slotOf(tree, at);
    if (slot === tree.length) {
      held[slot]! += more;
      return;
    }
    const pool = tree[slot]!;
    const before = holds(pool, held[slot]!);
    held[slot]! += more;
    more = holds(pool, held[slot]!) - before;
    at = slot;
  }
}

/**
 * May this VM power on (or this pool be added)?
 *
 * @param node  its number; one that is on already is admitted
 * @param held  what `heldMhz` says of the tree: for callers that ask often
 */
export function admitPowerOn(
  tree: readonly Control[],
  node: number,
  root: Root,
  held: Float64Array = heldMhz(tree),
): Admission {
  const control = tree[node]!;
  if (control.on) return ADMITTED;
  return ask(tree, node, holds({ ...control, on: true }, held[node]!), root, held);
}

/**
 * May this reservation change, now?
 *
 * @param node            its number; a VM that is off holds nothing, so anything up to its limit is admitted
 * @param reservationMhz  the new one
 */
export function admitReservation(
  tree: readonly Control[],
  node: number,
  reservationMhz: number,
  root: Root,
  held: Float64Array = heldMhz(tree),
): Admission {
  const control = tree[node]!;
  const limit = control.limitMhz ?? Number.POSITIVE_INFINITY;
  if (reservationMhz > limit) {
    const text = `${control.name} cannot reserve ${mhzText(reservationMhz)}: its limit is ${mhzText(limit)}`;
    return refusal(`${pathOf(control)}.limit`, reservationMhz, limit, text);
  }
  const below = held[node]!;
  if (control.kind === "pool" && !control.expandable && below > reservationMhz + SLACK_MHZ) {
    const text = `${control.name} cannot reserve only ${mhzText(reservationMhz)}: what is in it holds ${mhzText(below)}, and it is not expandable`;
    return refusal(`${pathOf(control)}.reservation`, below, reservationMhz, text);
  }
  const more = holds({ ...control, reservationMhz }, below) - holds(control, below);
  return more > 0 ? ask(tree, node, more, root, held) : ADMITTED;
}

/**
 * The most that a VM could reserve now: what `admitReservation` would just admit.
 *
 * @param node  its number; of one that is off only its limit counts, and the root's capacity
 * @returns     MHz, never less than it has reserved
 */
export function mostReservationMhz(
  tree: readonly Control[],
  node: number,
  root: Root,
  held: Float64Array = heldMhz(tree),
): number {
  const control = tree[node]!;
  const limit = Math.min(control.limitMhz ?? Number.POSITIVE_INFINITY, root.capacityMhz);
  const room = control.on ? roomAbove(tree, node, root, held) : limit;
  return Math.max(control.reservationMhz, Math.min(limit, control.reservationMhz + room));
}

function roomAbove(tree: readonly Control[], node: number, root: Root, held: Float64Array): number {
  const slot = slotOf(tree, node);
  if (slot === tree.length) return Math.max(0, root.capacityMhz - held[slot]!);
  const pool = tree[slot]!;
  const available = Math.max(0, (pool.on ? pool.reservationMhz : 0) - held[slot]!);
  if (!pool.expandable) return available;
  const room = (pool.limitMhz ?? Number.POSITIVE_INFINITY) - held[slot]!;
  return Math.max(available, Math.min(room, available + roomAbove(tree, slot, root, held)));
}

/**
 * May this limit change, now? It may not cut what is reserved.
 *
 * @param limitMhz  the new one; undefined or infinite: none
 */
export function admitLimit(
  tree: readonly Control[],
  node: number,
  limitMhz: number | undefined,
  held: Float64Array = heldMhz(tree),
): Admission {
  const control = tree[node]!;
  const limit = limitMhz ?? Number.POSITIVE_INFINITY;
  const reserved = Math.max(control.reservationMhz, control.kind === "pool" ? held[node]! : 0);
  if (reserved <= limit + SLACK_MHZ) return ADMITTED;
  const text = `${control.name} cannot be limited to ${mhzText(limit)}: ${mhzText(reserved)} are reserved`;
  return refusal(`${pathOf(control)}.reservation`, reserved, limit, text);
}

/** Asks a node's parent for `mhz`, then the parent's parent for what is missing there, up to the root. */
function ask(tree: readonly Control[], node: number, mhz: number, root: Root, held: Float64Array): Admission {
  const { name } = tree[node]!;
  let needed = mhz;
  for (let slot = slotOf(tree, node); slot < tree.length; slot = slotOf(tree, slot)) {
    const pool = tree[slot]!;
    // A pool that is not there holds nothing and gives nothing; what it had reserved is not its own.
    const own = pool.on ? pool.reservationMhz : 0;
    const available = Math.max(0, own - held[slot]!);
    if (needed <= available + SLACK_MHZ) return ADMITTED;
    if (!pool.expandable) {
      const text = `${name} needs ${mhzText(needed)}; pool ${pool.name} has ${mhzText(available)} of its reservation left and is not expandable`;
      return refusal(`${pathOf(pool)}.reservation`, needed, available, text);
    }
    const room = (pool.limitMhz ?? Number.POSITIVE_INFINITY) - held[slot]!;
    if (needed > room + SLACK_MHZ) {
      const text = `${name} needs ${mhzText(needed)}; pool ${pool.name} has ${mhzText(Math.max(0, room))} left up to its limit`;
      return refusal(`${pathOf(pool)}.limit`, needed, Math.max(0, room), text);
    }
    needed -= available;
  }
  const available = Math.max(0, root.capacityMhz - held[tree.length]!);
  if (needed <= available + SLACK_MHZ) return ADMITTED;
  const text = `${name} needs ${mhzText(needed)}; ${root.path} has ${mhzText(available)} unreserved`;
  return refusal(root.path, needed, available, text);
}

function refusal(path: string, neededMhz: number, availableMhz: number, text: string): Admission {
  return { admitted: false, path, neededMhz, availableMhz, text };
}

/** `pools.bob.cpu` */
function pathOf({ kind, name }: Control): string {
  return `${kind}s.${name}.cpu`;
}

function mhzText(mhz: number): string {
  return Number.isFinite(mhz) ? `${Math.round(mhz * 1e3) / 1e3} MHz` : "none";
}
