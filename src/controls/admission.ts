/**
 * Admission control: whether a reservation fits before it is made. Of CPU time in MHz, or of memory in pages.
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
import { writePages } from "../scenario/format.ts";
import { arrangePools } from "./pool-tree.ts";

/** One pool or VM; parents by their number in the list. */
export interface Control {
  readonly name: string;
  readonly kind: "pool" | "vm";
  /** −1: right under the root. */
  readonly parent: number;
  readonly reservation: number;
  /** VMs: what it holds beyond its reservation while it is on, within no limit of its own. */
  readonly overhead?: number;
  /** None if absent or infinite. */
  readonly limit?: number | undefined;
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
  readonly capacity: number;
  /** What is reserved, as in a scenario: MHz of processors, or pages of memory. */
  readonly resource: "cpu" | "mem";
}

export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      /** Of what stands in the way: `pools.bob.cpu.reservation`, `pools.bob.mem.limit`, `hosts.h1`. */
      readonly path: string;
      /** Asked there. */
      readonly needed: number;
      /** Left there. */
      readonly available: number;
      readonly text: string;
    };

/** Reservations in percent of a pCPU add up to what they should within far less than this. Pages are whole. */
const SLACK = 1e-6;
const ADMITTED: Admission = { admitted: true };

/**
 * What children hold of each node.
 *
 * @returns per node the sum its children hold; at the end, what the root's children hold
 * @throws RangeError if a parent is no node, or nodes stand in a circle
 */
export function heldOf(tree: readonly Control[]): Float64Array {
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
function holds({ kind, on, reservation, overhead = 0 }: Control, below: number): number {
  if (!on) return 0;
  return kind === "pool" ? Math.max(reservation, below) : reservation + overhead;
}

function slotOf(tree: readonly Control[], node: number): number {
  const { parent } = tree[node]!;
  return parent < 0 ? tree.length : parent;
}

/**
 * Adds to what a node's parent is asked to hold, and passes on upward what goes beyond the parent's reservation: what
 * `heldOf` would find afterwards, in O(depth).
 *
 * @param held  written
 * @param more  held of the parent; negative: less
 */
function hold(tree: readonly Control[], held: Float64Array, node: number, more: number): void {
  for (let [at, left] = [node, more]; left !== 0; ) {
    const slot = slotOf(tree, at);
    if (slot === tree.length) {
      held[slot]! += left;
      return;
    }
    const pool = tree[slot]!;
    const before = holds(pool, held[slot]!);
    held[slot]! += left;
    left = holds(pool, held[slot]!) - before;
    at = slot;
  }
}

/**
 * Puts other controls in a node's place, and keeps what is held in step.
 *
 * @param tree  written
 * @param held  written
 */
export function replaceControl(tree: Control[], held: Float64Array, node: number, next: Control): void {
  const before = holds(tree[node]!, held[node]!);
  tree[node] = next;
  hold(tree, held, node, holds(next, held[node]!) - before);
}

/**
 * May this VM power on (or this pool be added)?
 *
 * @param node  its number; one that is on already is admitted
 * @param held  what `heldOf` says of the tree: for callers that ask often
 */
export function admitPowerOn(
  tree: readonly Control[],
  node: number,
  root: Root,
  held: Float64Array = heldOf(tree),
): Admission {
  const control = tree[node]!;
  if (control.on) return ADMITTED;
  return ask(tree, node, holds({ ...control, on: true }, held[node]!), root, held);
}

/**
 * May this reservation change, now?
 *
 * @param node            its number; a VM that is off holds nothing, so anything up to its limit is admitted
 * @param reservation  the new one
 */
export function admitReservation(
  tree: readonly Control[],
  node: number,
  reservation: number,
  root: Root,
  held: Float64Array = heldOf(tree),
): Admission {
  const control = tree[node]!;
  const limit = control.limit ?? Number.POSITIVE_INFINITY;
  if (reservation > limit) {
    const text = `${control.name} cannot reserve ${amountText(reservation, root)}: its limit is ${amountText(limit, root)}`;
    return refusal(`${pathOf(control, root)}.limit`, reservation, limit, text);
  }
  const below = held[node]!;
  if (control.kind === "pool" && !control.expandable && below > reservation + SLACK) {
    const text = `${control.name} cannot reserve only ${amountText(reservation, root)}: what is in it holds ${amountText(below, root)}, and it is not expandable`;
    return refusal(`${pathOf(control, root)}.reservation`, below, reservation, text);
  }
  const more = holds({ ...control, reservation }, below) - holds(control, below);
  return more > 0 ? ask(tree, node, more, root, held) : ADMITTED;
}

/**
 * The most that a VM could reserve now: what `admitReservation` would just admit.
 *
 * @param node  its number; of one that is off only its limit counts, and the root's capacity
 * @returns     never less than it has reserved
 */
export function mostReservation(
  tree: readonly Control[],
  node: number,
  root: Root,
  held: Float64Array = heldOf(tree),
): number {
  const control = tree[node]!;
  const limit = Math.min(control.limit ?? Number.POSITIVE_INFINITY, root.capacity);
  const room = control.on ? roomAbove(tree, node, root, held) : limit;
  return Math.max(control.reservation, Math.min(limit, control.reservation + room));
}

function roomAbove(tree: readonly Control[], node: number, root: Root, held: Float64Array): number {
  const slot = slotOf(tree, node);
  if (slot === tree.length) return Math.max(0, root.capacity - held[slot]!);
  const pool = tree[slot]!;
  const available = Math.max(0, (pool.on ? pool.reservation : 0) - held[slot]!);
  if (!pool.expandable) return available;
  const room = (pool.limit ?? Number.POSITIVE_INFINITY) - held[slot]!;
  return Math.max(available, Math.min(room, available + roomAbove(tree, slot, root, held)));
}

/**
 * May this limit change, now? It may not cut what is reserved.
 *
 * @param newLimit  undefined or infinite: none
 */
export function admitLimit(
  tree: readonly Control[],
  node: number,
  newLimit: number | undefined,
  root: Root,
  held: Float64Array = heldOf(tree),
): Admission {
  const control = tree[node]!;
  const limit = newLimit ?? Number.POSITIVE_INFINITY;
  const reserved = Math.max(control.reservation, control.kind === "pool" ? held[node]! : 0);
  if (reserved <= limit + SLACK) return ADMITTED;
  const text = `${control.name} cannot be limited to ${amountText(limit, root)}: ${amountText(reserved, root)} are reserved`;
  return refusal(`${pathOf(control, root)}.reservation`, reserved, limit, text);
}

/** Room to page out to. */
export interface SwapSpace {
  /** As faults shall name it: `hosts.h1.swap`. */
  readonly path: string;
  readonly pages: number;
}

/**
 * Swap space that a VM may come to need while it is on: what it can have beyond what it is guaranteed.
 *
 * @returns pages; of pools 0
 */
export function swapNeed({ kind, reservation, limit = reservation }: Control): number {
  return kind === "pool" ? 0 : Math.max(0, limit - reservation);
}

/** Swap space that the VMs that are on may come to need together. */
export function swapHeld(tree: readonly Control[]): number {
  return tree.reduce((sum, control) => (control.on ? sum + swapNeed(control) : sum), 0);
}

/**
 * Is there swap space for a VM that powers on, or whose memory controls change?
 *
 * @param before  its controls in force
 * @param after   those asked for
 * @param held    what `swapHeld` says of the host
 */
export function admitSwap(before: Control, after: Control, swap: SwapSpace, held: number): Admission {
  const needed = swapNeed(after) - (before.on ? swapNeed(before) : 0);
  const available = Math.max(0, swap.pages - held);
  if (!after.on || needed <= 0 || needed <= available) return ADMITTED;
  const text = `${after.name} needs ${writePages(needed)} of swap space; ${swap.path} has ${writePages(available)} left`;
  return refusal(swap.path, needed, available, text);
}

/** Asks a node's parent for something, then the parent's parent for what is missing there, up to the root. */
function ask(
  tree: readonly Control[],
  node: number,
  asked: number,
  root: Root,
  held: Float64Array,
): Admission {
  const { name } = tree[node]!;
  let needed = asked;
  for (let slot = slotOf(tree, node); slot < tree.length; slot = slotOf(tree, slot)) {
    const pool = tree[slot]!;
    // A pool that is not there holds nothing and gives nothing; what it had reserved is not its own.
    const own = pool.on ? pool.reservation : 0;
    const available = Math.max(0, own - held[slot]!);
    if (needed <= available + SLACK) return ADMITTED;
    if (!pool.expandable) {
      const text = `${name} needs ${amountText(needed, root)}; pool ${pool.name} has ${amountText(available, root)} of its reservation left and is not expandable`;
      return refusal(`${pathOf(pool, root)}.reservation`, needed, available, text);
    }
    const room = (pool.limit ?? Number.POSITIVE_INFINITY) - held[slot]!;
    if (needed > room + SLACK) {
      const text = `${name} needs ${amountText(needed, root)}; pool ${pool.name} has ${amountText(Math.max(0, room), root)} left up to its limit`;
      return refusal(`${pathOf(pool, root)}.limit`, needed, Math.max(0, room), text);
    }
    needed -= available;
  }
  const available = Math.max(0, root.capacity - held[tree.length]!);
  if (needed <= available + SLACK) return ADMITTED;
  const text = `${name} needs ${amountText(needed, root)}; ${root.path} has ${amountText(available, root)} unreserved`;
  return refusal(root.path, needed, available, text);
}

function refusal(path: string, needed: number, available: number, text: string): Admission {
  return { admitted: false, path, needed, available, text };
}

/** `pools.bob.cpu` */
function pathOf({ kind, name }: Control, { resource }: Root): string {
  return `${kind}s.${name}.${resource}`;
}

function amountText(amount: number, { resource }: Root): string {
  if (!Number.isFinite(amount)) return "none";
  return resource === "mem" ? writePages(amount) : `${Math.round(amount * 1e3) / 1e3} MHz`;
}
