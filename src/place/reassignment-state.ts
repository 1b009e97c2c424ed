/** An assignment of the challenge while it is searched: what is where, so that one move costs little to try. */
import type { Reassignment } from "./reassignment.ts";
import { machineCost } from "./reassignment-cost.ts";

/** Counts by service and place; places are few, services many. */
class Counts {
  readonly #counts = new Map<number, number>();
  readonly #wide: number;
  readonly distinct: Int32Array;

  constructor(rows: number, wide: number) {
    this.#wide = wide;
    this.distinct = new Int32Array(rows);
  }

  get(row: number, at: number): number {
    return this.#counts.get(row * this.#wide + at) ?? 0;
  }

  add(row: number, at: number, change: number): void {
    const key = row * this.#wide + at;
    const before = this.#counts.get(key) ?? 0;
    const after = before + change;
    if (after === 0) this.#counts.delete(key);
    else this.#counts.set(key, after);
    this.distinct[row]! += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  }
}

export class ReassignmentState {
  readonly model: Reassignment;
  readonly start: Int32Array;
  readonly now: Int32Array;
  readonly #used: Float64Array;
  /** Transient resources that processes hold where they began and no longer are. */
  readonly #held: Float64Array;
  readonly #onMachine: Counts;
  readonly #inLocation: Counts;
  readonly #inNeighbourhood: Counts;
  readonly #dependents: number[][];
  readonly #movedOf: Int32Array;
  /** Services by how many of their processes moved. */
  readonly #histogram: Int32Array;
  #most = 0;
  /** Of moves alone. */
  #moveCost = 0;

  constructor(model: Reassignment, start: Int32Array) {
    const { machines, resources, services, processes } = model;
    this.model = model;
    this.start = start;
    this.now = start.slice();
    this.#used = new Float64Array(machines * resources);
    this.#held = new Float64Array(machines * resources);
    this.#onMachine = new Counts(services, machines);
    this.#inLocation = new Counts(services, 1 + model.location.reduce((most, one) => Math.max(most, one), 0));
    this.#inNeighbourhood = new Counts(
      services,
      1 + model.neighbourhood.reduce((most, one) => Math.max(most, one), 0),
    );
    this.#dependents = Array.from({ length: services }, () => []);
    for (const [service, others] of model.dependsOn.entries())
      for (const other of others) this.#dependents[other]!.push(service);
    this.#movedOf = new Int32Array(services);
    this.#histogram = new Int32Array(processes + 2);
    this.#histogram[0] = services;
    for (let process = 0; process < processes; process += 1) this.#put(process, start[process]!, 1);
  }

  /** What moves cost so far. */
  get moveCost(): number {
    return this.#moveCost + this.model.weights.service * this.#most;
  }

  machineCost(machine: number): number {
    return machineCost(this.model, this.#used, machine);
  }

  /** Takes a process off its machine; `attach` has to follow. */
  detach(process: number): void {
    this.#count(process, this.now[process]!, -1);
    this.#put(process, this.now[process]!, -1);
  }

  attach(process: number, machine: number): void {
    this.now[process] = machine;
    this.#put(process, machine, 1);
    this.#count(process, machine, 1);
  }

  /** Whether a machine has room for a detached process, and none of its service. */
  hasRoom(process: number, machine: number): boolean {
    const { resources, requirement, capacity, isTransient, service } = this.model;
    if (this.#onMachine.get(service[process]!, machine) > 0) return false;
    const isHome = this.start[process] === machine;
    for (let r = 0; r < resources; r += 1) {
      const at = machine * resources + r;
      const own = requirement[process * resources + r]!;
      // At home it holds nothing twice.
      const held = this.#held[at]! - (isHome && isTransient[r] === 1 ? own : 0);
      if (this.#used[at]! + held + own > capacity[at]!) return false;
    }
    return true;
  }

  /** Whether what is on a machine, and what is held of it, fits. */
  fits(machine: number): boolean {
    const { resources, capacity } = this.model;
    for (let at = machine * resources; at < (machine + 1) * resources; at += 1)
      if (this.#used[at]! + this.#held[at]! > capacity[at]!) return false;
    return true;
  }

  /** Whether spread and dependencies hold after a process has moved away from `machine`. */
  isSound(process: number, machine: number): boolean {
    const { service, spread, dependsOn, neighbourhood } = this.model;
    const one = service[process]!;
    if (this.#inLocation.distinct[one]! < spread[one]!) return false;
    const [left, entered] = [neighbourhood[machine]!, neighbourhood[this.now[process]!]!];
    if (left === entered) return true;
    for (const other of dependsOn[one]!) if (this.#inNeighbourhood.get(other, entered) === 0) return false;
    if (this.#inNeighbourhood.get(one, left) > 0) return true;
    return this.#dependents[one]!.every((other) => this.#inNeighbourhood.get(other, left) === 0);
  }

  /** Room and places. */
  #put(process: number, machine: number, sign: number): void {
    const { resources, requirement, service, location, neighbourhood, isTransient } = this.model;
    const home = this.start[process]!;
    for (let r = 0; r < resources; r += 1) {
      const own = requirement[process * resources + r]!;
      this.#used[machine * resources + r]! += sign * own;
      if (isTransient[r] === 1 && machine !== home) this.#held[home * resources + r]! += sign * own;
    }
    this.#onMachine.add(service[process]!, machine, sign);
    this.#inLocation.add(service[process]!, location[machine]!, sign);
    this.#inNeighbourhood.add(service[process]!, neighbourhood[machine]!, sign);
  }

  /** Costs of moves. */
  #count(process: number, machine: number, sign: number): void {
    const home = this.start[process]!;
    if (machine === home) return;
    const { weights, processMove, machineMove, machines, service } = this.model;
    const cost =
      weights.process * processMove[process]! + weights.machine * machineMove[home * machines + machine]!;
    this.#moveCost += sign * cost;
    const one = service[process]!;
    this.#histogram[this.#movedOf[one]!]! -= 1;
    this.#movedOf[one]! += sign;
    const moved = this.#movedOf[one]!;
    this.#histogram[moved]! += 1;
    this.#most = Math.max(this.#most, moved);
    while (this.#most > 0 && this.#histogram[this.#most] === 0) this.#most -= 1;
  }
}
