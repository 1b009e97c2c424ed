/**
 * What an assignment of the challenge costs, and what it may not do.
 *
 *   load       Σr weight · Σm max(0, used − safety capacity)
 *   balance    Σb weight · Σm max(0, target · free(r1) − free(r2))
 *   moves      weight · Σ costs of moved processes;  weight · the most processes that one service moves;  weight · Σ costs from machine to machine
 *
 * Hard: capacity, transient resources counted on both machines; processes of a service on machines of their own; a service in at least
 * so many locations; a process in a neighbourhood where each service runs that its own depends on.
 */
import type { Reassignment } from "./reassignment.ts";

export interface ReassignmentCost {
  readonly cost: number;
  readonly load: number;
  readonly balance: number;
  readonly processMove: number;
  readonly serviceMove: number;
  readonly machineMove: number;
  readonly moved: number;
  /** How often each rule is broken. */
  readonly violations: Violations;
}

export interface Violations {
  readonly capacity: number;
  readonly transient: number;
  readonly conflict: number;
  readonly spread: number;
  readonly dependency: number;
}

/** Per machine and resource what is used, in `of`. */
export function usageOf(model: Reassignment, of: Int32Array): Float64Array {
  const { machines, resources, processes, requirement } = model;
  const used = new Float64Array(machines * resources);
  for (let process = 0; process < processes; process += 1) {
    for (let r = 0; r < resources; r += 1)
      used[of[process]! * resources + r]! += requirement[process * resources + r]!;
  }
  return used;
}

/** Load and balance cost of one machine. */
export function machineCost(model: Reassignment, used: Float64Array, machine: number): number {
  const { resources, loadWeight, safety, capacity, balances } = model;
  const at = machine * resources;
  let cost = 0;
  for (let r = 0; r < resources; r += 1)
    cost += loadWeight[r]! * Math.max(0, used[at + r]! - safety[at + r]!);
  for (const { first, second, target, weight } of balances) {
    const free = (r: number): number => capacity[at + r]! - used[at + r]!;
    cost += weight * Math.max(0, target * free(first) - free(second));
  }
  return cost;
}

/** The cost of an assignment against the one at the begin. Exact while sums stay below 2^53. */
export function reassignmentCost(model: Reassignment, start: Int32Array, now: Int32Array): ReassignmentCost {
  const { machines, resources, processes, services, loadWeight, safety, weights, service } = model;
  const used = usageOf(model, now);
  let load = 0;
  let all = 0;
  for (let machine = 0; machine < machines; machine += 1) {
    for (let r = 0; r < resources; r += 1)
      load += loadWeight[r]! * Math.max(0, used[machine * resources + r]! - safety[machine * resources + r]!);
    all += machineCost(model, used, machine);
  }
  const movedOf = new Int32Array(services);
  let [processMove, machineMove, moved] = [0, 0, 0];
  for (let process = 0; process < processes; process += 1) {
    if (start[process] === now[process]) continue;
    moved += 1;
    processMove += model.processMove[process]!;
    machineMove += model.machineMove[start[process]! * machines + now[process]!]!;
    movedOf[service[process]!]! += 1;
  }
  const most = movedOf.reduce((max, count) => Math.max(max, count), 0);
  const parts = {
    load,
    balance: all - load,
    processMove: weights.process * processMove,
    serviceMove: weights.service * most,
    machineMove: weights.machine * machineMove,
  };
  const cost = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { cost, ...parts, moved, violations: violationsOf(model, start, now, used) };
}

function violationsOf(
  model: Reassignment,
  start: Int32Array,
  now: Int32Array,
  used: Float64Array,
): Violations {
  const { machines, resources, processes, services, capacity, isTransient, requirement, service } = model;
  const both = used.slice();
  for (let process = 0; process < processes; process += 1) {
    if (start[process] === now[process]) continue;
    for (let r = 0; r < resources; r += 1)
      if (isTransient[r] === 1)
        both[start[process]! * resources + r]! += requirement[process * resources + r]!;
  }
  const above = (sums: Float64Array): number =>
    sums.reduce((count, sum, at) => count + (sum > capacity[at]! ? 1 : 0), 0);
  const capacityFaults = above(used);
  const locations = Array.from({ length: services }, () => new Set<number>());
  const places = Array.from({ length: services }, () => new Set<number>());
  const pairs = new Set<number>();
  let conflict = 0;
  for (let process = 0; process < processes; process += 1) {
    const [machine, one] = [now[process]!, service[process]!];
    const pair = one * machines + machine;
    if (pairs.has(pair)) conflict += 1;
    pairs.add(pair);
    locations[one]!.add(model.location[machine]!);
    places[one]!.add(model.neighbourhood[machine]!);
  }
  let spread = 0;
  let dependency = 0;
  for (let one = 0; one < services; one += 1) {
    if (locations[one]!.size < model.spread[one]!) spread += 1;
    for (const other of model.dependsOn[one]!)
      for (const place of places[one]!) if (!places[other]!.has(place)) dependency += 1;
  }
  return { capacity: capacityFaults, transient: above(both) - capacityFaults, conflict, spread, dependency };
}
