/**
 * A day of CloudSim's PlanetLab experiment: looks every 300 s, moves that end in between, energy from look to look.
 *
 *   300.1 s   look · energy · idle VMs leave · decide · moves begin, whose hosts look again
 *   + RAM / 62.5 MB/s   look · energy · the moves that end now change hosts · look
 *   + 300 s   and so on, while there is a day left
 *
 * A host's energy between two looks is the mean of its power at both, and none if it was not in use at the first. A VM that
 * asks for nothing at all at a look counts as having finished, and is not seen again.
 *
 * Source: facts §10; peers §5. Cost: O(hosts + VMs) a look, about 2000 looks; `optimise` besides.
 */
import type { Detector } from "./detect.ts";
import { type Fleet, type Host, remove, share, usedPart } from "./fleet.ts";
import { Metrics } from "./metrics.ts";
import { type Move, optimise, takeOff } from "./optimise.ts";
import type { Selector } from "./select.ts";
import { END_S, FIRST_S, INTERVAL_S, MOVE_MB_PER_S, wattsAt } from "./setup.ts";

/** Who decides on moves; absent: nobody. */
export interface Consolidation {
  readonly isOver: Detector;
  readonly select: Selector;
}

export interface DayResult extends ReturnType<Metrics["finish"]> {
  readonly energyKwh: number;
  readonly migrations: number;
}

interface Pending extends Move {
  readonly atS: number;
}

class Day {
  readonly #fleet: Fleet;
  readonly #metrics: Metrics;
  #lastS = 0;
  #joules = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#metrics = new Metrics(fleet);
  }

  /** Looks at everything, and counts the energy since the last look. */
  look(atS: number, isTick: boolean): void {
    const fleet = this.#fleet;
    fleet.look(atS);
    // Whether a look is recorded hangs on how its time was rounded, as it does in the published code.
    if (isTick && (atS - 0.1) % INTERVAL_S === 0) fleet.record();
    for (const host of fleet.hosts) this.lookAt(host, atS);
    const time = atS - this.#lastS;
    this.#lastS = atS;
    if (time > 0) for (const host of fleet.hosts) this.#joules += energy(host, time);
    for (const host of fleet.hosts) this.#dropIdle(host);
  }

  lookAt(host: Host, atS: number): void {
    const fleet = this.#fleet;
    host.usedBefore = host.used;
    if (host.vms.length > 0) share(fleet, host);
    else host.asked = 0;
    let used = 0;
    for (let i = 0; i < host.vms.length; i += 1) {
      const vm = host.vms[i]!;
      let given = host.given[i]!;
      if (!host.incoming.includes(vm)) {
        const isMoving = fleet.isMoving[vm] === 1;
        this.#metrics.vm(vm, atS, given, fleet.asked[vm]!, isMoving);
        if (isMoving) given /= 0.9;
      }
      used += given;
    }
    host.used = used;
    this.#metrics.host(host, atS);
  }

  #dropIdle(host: Host): void {
    const fleet = this.#fleet;
    const idle = host.vms.filter((vm) => fleet.isMoving[vm] === 0 && fleet.asked[vm] === 0);
    for (const vm of idle) takeOff(fleet, vm);
  }

  /** Moves begin: their VMs stand on both hosts. */
  begin(moves: readonly Move[], atS: number): Pending[] {
    const fleet = this.#fleet;
    for (const { vm, to } of moves) {
      const [target, source] = [fleet.hosts[to]!, fleet.hosts[fleet.home[vm]!]!];
      fleet.isMoving[vm] = 1;
      target.vms.push(vm);
      target.incoming.push(vm);
      this.lookAt(target, atS);
      this.lookAt(source, atS);
    }
    const pending = moves.map((move) => ({ ...move, atS: atS + fleet.ram[move.vm]! / MOVE_MB_PER_S }));
    return pending.sort((a, b) => a.atS - b.atS);
  }

  /** Moves end: VMs leave their old hosts. */
  end(moves: readonly Pending[]): void {
    const fleet = this.#fleet;
    for (const { vm, to } of moves) {
      const [target, source] = [fleet.hosts[to]!, fleet.hosts[fleet.home[vm]!]!];
      remove(fleet, source, vm);
      target.incoming.splice(target.incoming.indexOf(vm), 1);
      fleet.isMoving[vm] = 0;
      target.vms.splice(target.vms.indexOf(vm), 1);
      target.vms.push(vm);
      share(fleet, target);
      fleet.home[vm] = to;
    }
  }

  result(migrations: number): DayResult {
    return { ...this.#metrics.finish(), energyKwh: this.#joules / 3_600_000, migrations };
  }
}

function energy({ kind, capacity, usedBefore, used }: Host, time: number): number {
  if (usedBefore === 0) return 0;
  const before = wattsAt(kind.watts, usedPart({ used: usedBefore, capacity }));
  const now = wattsAt(kind.watts, usedPart({ used, capacity }));
  return (before + (now - before) / 2) * time;
}

/** Runs the day of a fleet whose VMs have their hosts. */
export function runDay(fleet: Fleet, consolidation?: Consolidation): DayResult {
  const day = new Day(fleet);
  let migrations = 0;
  for (let atS = FIRST_S; atS < END_S; atS += INTERVAL_S) {
    day.look(atS, true);
    if (consolidation === undefined) continue;
    const moves = optimise(fleet, consolidation.isOver, consolidation.select);
    migrations += moves.length;
    const pending = day.begin(moves, atS);
    for (let from = 0; from < pending.length; ) {
      const endS = pending[from]!.atS;
      if (endS >= END_S) break;
      let to = from + 1;
      while (to < pending.length && pending[to]!.atS === endS) to += 1;
      day.look(endS, false);
      day.end(pending.slice(from, to));
      day.look(endS, false);
      from = to;
    }
  }
  return day.result(migrations);
}
