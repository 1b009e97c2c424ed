/**
 * Items that are placed as one: requests of several VMs, all or nothing; and affine VMs, for whom the first one's place
 * decides where the others may go.
 *
 * A unit is tried in one domain after the other, as the heuristic takes them, until all its items have a place. Where
 * no domain takes all, a request gets nothing, and of affine items the most that one domain takes are placed.
 *
 * Cost: at most one try a domain.
 */
import type { Problem } from "./problem.ts";
import { NO_BIN, type Room } from "./room.ts";

/** Where a heuristic wants an item; −1 nowhere. */
export type Choose = (item: number) => number;

interface Spot {
  readonly item: number;
  readonly bin: number;
}

/** Per item the others that are placed with it, itself among them; undefined: it is alone. */
export function unitsOf({ items, rules }: Problem): (readonly number[] | undefined)[] {
  const root = Int32Array.from({ length: items }, (_, item) => item);
  const find = (item: number): number => {
    let at = item;
    while (root[at] !== at) at = root[at]!;
    root[item] = at;
    return at;
  };
  const sets = [...(rules?.requests ?? []), ...(rules?.affinity ?? [])];
  for (const { items: members } of sets) for (const item of members) root[find(item)] = find(members[0]!);
  const units: (number[] | undefined)[] = Array.from({ length: items }, () => undefined);
  for (const item of new Set(sets.flatMap(({ items: members }) => members))) {
    const first = find(item);
    units[first] ??= [];
    units[item] = units[first];
    units[item]!.push(item);
  }
  return units;
}

/** Items of requests that are not placed whole. */
export function brokenItems({ rules }: Problem, isPlaced: (item: number) => boolean): Set<number> {
  const broken = new Set<number>();
  for (let before = -1; broken.size > before; ) {
    before = broken.size;
    for (const { items } of rules?.requests ?? []) {
      if (items.every((item) => isPlaced(item) && !broken.has(item))) continue;
      for (const item of items) broken.add(item);
    }
  }
  return broken;
}

/** Takes out what is left of requests that are not whole. */
export function dropBroken(room: Room): void {
  for (const item of brokenItems(room.problem, (one) => room.assignment[one] !== NO_BIN)) {
    if (room.assignment[item] !== NO_BIN) room.take(item);
  }
}

/** Places the items of a unit, in their order. */
export function placeUnit(room: Room, items: readonly number[], choose: Choose): void {
  let best: readonly Spot[] = [];
  for (;;) {
    const spots = tryUnit(room, items, choose);
    const broken = brokenItems(
      room.problem,
      (item) => room.assignment[item] !== NO_BIN || !items.includes(item),
    );
    const kept = spots.filter(({ item }) => !broken.has(item));
    if (kept.length === items.length) {
      best = [];
      break;
    }
    for (const { item } of spots.toReversed()) room.take(item);
    if (kept.length > best.length) best = kept;
    if (!spots.some(({ item, bin }) => room.rules?.closeDomain(item, bin) === true)) break;
  }
  for (const item of items) room.rules?.openDomains(item);
  for (const { item, bin } of best) room.put(item, bin);
}

function tryUnit(room: Room, items: readonly number[], choose: Choose): Spot[] {
  const spots: Spot[] = [];
  for (const item of items) {
    const bin = choose(item);
    if (bin === NO_BIN) continue;
    room.put(item, bin);
    spots.push({ item, bin });
  }
  return spots;
}

/** A packing as it stood at one moment. */
export interface Packed {
  readonly assignment: Int32Array;
  /** Per item when it begins; where items have times. */
  readonly starts: Float64Array | undefined;
  /** Items that have a bin. */
  readonly placed: number;
  /** Bins that hold an item. */
  readonly used: number;
}

/** The packing of a room, requests that are not whole left out. */
export function snapshotOf(room: Room): Packed {
  const { problem } = room;
  const assignment = room.assignment.slice();
  for (const item of brokenItems(problem, (one) => room.assignment[one] !== NO_BIN))
    assignment[item] = NO_BIN;
  const used = new Set(assignment);
  used.delete(NO_BIN);
  const placed = assignment.reduce((count, bin) => count + (bin === NO_BIN ? 0 : 1), 0);
  const timed = problem.rules?.times !== undefined;
  return {
    assignment,
    starts: timed ? Float64Array.from(assignment, (_, item) => room.startOf(item)) : undefined,
    placed,
    used: used.size,
  };
}

/** More items placed, or as many in fewer bins. */
export function isBetter(packed: Packed, than: Packed): boolean {
  return packed.placed > than.placed || (packed.placed === than.placed && packed.used < than.used);
}
