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
import { type Fleet, type Host, share, usedPart } from "./fleet.ts";
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
  /** Hosts that are worth a look, in order. */
  readonly #awake: Host[];
  #lastS = 0;
  #joules = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#metrics = new Metrics(fleet);
    this.#awake = fleet.hosts.slice();
  }

  /** Looks at everything at the start of an interval, and counts the energy since the last look. */
  tick(atS: number): void {
    this.#fleet.look(atS);
    // Whether a look is recorded hangs on how its time was rounded, as it does in the published code.
    if ((atS - 0.1) % INTERVAL_S === 0) this.#fleet.record();
    this.#lookAtAll(atS, true);
  }

  #lookAtAll(atS: number, isLast: boolean): void {
    const awake = this.#awake;
    const { hostUsedBefore, hostWatts, hostWattsBefore } = this.#fleet;
    const time = atS - this.#lastS;
    this.#lastS = atS;
    let kept = 0;
    for (let at = 0; at < awake.length; at += 1) {
      const host = awake[at]!;
      this.#lookAt(host, atS, isLast);
      if (time > 0 && hostUsedBefore[host.id]! > 0) {
        const before = hostWattsBefore[host.id]!;
        this.#joules += (before + (hostWatts[host.id]! - before) / 2) * time;
      }
      this.#dropIdle(host);
      if (host.isQuiet) continue;
      awake[kept] = host;
      kept += 1;
    }
    awake.length = kept;
  }

  /** @param isLast  whether what stands now is what is kept of this time */
  #lookAt(host: Host, atS: number, isLast: boolean): void {
    const { id, vms } = host;
    const { hostUsed, hostUsedBefore, hostWatts, hostWattsBefore, hostLookedS } = this.#fleet;
    hostUsedBefore[id] = hostUsed[id]!;
    hostWattsBefore[id] = hostWatts[id]!;
    if (hostLookedS[id] !== atS) this.#shareOut(host, atS);
    if (isLast) this.#keep(host, atS);
    host.isQuiet = isLast && vms.length === 0 && hostUsedBefore[id] === 0;
  }

  #shareOut(host: Host, atS: number): void {
    const fleet = this.#fleet;
    const { isMoving } = fleet;
    share(fleet, host);
    const { id, vms, given, incoming } = host;
    let used = 0;
    for (let i = 0; i < vms.length; i += 1) {
      const vm = vms[i]!;
      const isOut = isMoving[vm] === 1 && !incoming.includes(vm);
      used += isOut ? given[i]! / 0.9 : given[i]!;
    }
    fleet.hostUsed[id] = used;
    if (used !== fleet.hostUsedBefore[id]) fleet.hostWatts[id] = wattsAt(host.kind, usedPart(fleet, host));
    fleet.hostLookedS[id] = atS;
  }

  /** What each VM and the host are given from now on. */
  #keep(host: Host, atS: number): void {
    const metrics = this.#metrics;
    const { asked, isMoving, hostUsed, hostAsked } = this.#fleet;
    const { vms, given, incoming } = host;
    for (let i = 0; i < vms.length; i += 1) {
      const vm = vms[i]!;
      if (incoming.length > 0 && incoming.includes(vm)) continue;
      metrics.vm(vm, atS, given[i]!, asked[vm]!, isMoving[vm]!);
    }
    metrics.host(host.id, atS, hostUsed[host.id]!, hostAsked[host.id]!);
  }

  #dropIdle(host: Host): void {
    const fleet = this.#fleet;
    for (let i = host.vms.length - 1; i >= 0; i -= 1) {
      const vm = host.vms[i]!;
      if (fleet.asked[vm] === 0 && fleet.isMoving[vm] === 0) takeOff(fleet, vm);
    }
  }

  /** Moves begin: their VMs stand on both hosts, which are looked at once more. */
  begin(moves: readonly Move[], atS: number): Pending[] {
    const fleet = this.#fleet;
    const concerned = new Set<Host>();
    for (const { vm, to } of moves) {
      const target = fleet.hosts[to]!;
      fleet.isMoving[vm] = 1;
      target.vms.push(vm);
      target.incoming.push(vm);
      concerned.add(target).add(fleet.hosts[fleet.home[vm]!]!);
    }
    for (const host of concerned) {
      fleet.hostLookedS[host.id] = -1;
      if (host.isQuiet) this.#awake.push(host);
      this.#lookAt(host, atS, true);
    }
    this.#awake.sort((a, b) => a.id - b.id);
    const pending = moves.map(({ vm, to }) => ({ vm, to, atS: atS + fleet.ram[vm]! / MOVE_MB_PER_S }));
    return pending.sort((a, b) => a.atS - b.atS);
  }

  /** Moves end: VMs leave their old hosts. */
  end(moves: readonly Pending[], atS: number): void {
    const fleet = this.#fleet;
    fleet.look(atS);
    this.#lookAtAll(atS, false);
    for (const { vm, to } of moves) {
      const target = fleet.hosts[to]!;
      const source = fleet.hosts[fleet.home[vm]!]!;
      source.vms.splice(source.vms.lastIndexOf(vm), 1);
      target.incoming.splice(target.incoming.indexOf(vm), 1);
      target.vms.splice(target.vms.indexOf(vm), 1);
      target.vms.push(vm);
      fleet.hostLookedS[source.id] = -1;
      fleet.hostLookedS[to] = -1;
      fleet.isMoving[vm] = 0;
      fleet.home[vm] = to;
    }
    this.#lookAtAll(atS, true);
  }

  result(migrations: number): DayResult {
    return { ...this.#metrics.finish(), energyKwh: this.#joules / 3_600_000, migrations };
  }
}

/** Runs the day of a fleet whose VMs have their hosts. */
export function runDay(fleet: Fleet, consolidation?: Consolidation): DayResult {
  const day = new Day(fleet);
  let migrations = 0;
  for (let atS = FIRST_S; atS < END_S; atS += INTERVAL_S) {
    day.tick(atS);
    if (consolidation === undefined) continue;
    const moves = optimise(fleet, consolidation.isOver, consolidation.select);
    migrations += moves.length;
    const pending = day.begin(moves, atS);
    for (let from = 0; from < pending.length; ) {
      const endS = pending[from]!.atS;
      if (endS >= END_S) break;
      let to = from + 1;
      while (to < pending.length && pending[to]!.atS === endS) to += 1;
      day.end(pending.slice(from, to), endS);
      from = to;
    }
  }
  return day.result(migrations);
}
