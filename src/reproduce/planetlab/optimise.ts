/**
 * Who moves where, as CloudSim's consolidation decides it: overloaded hosts give VMs away, then the least loaded hosts are
 * emptied one after the other as long as all their VMs find a place.
 *
 * Moves are tried out on the lists of the hosts themselves and taken back at the end. What a host used at the last look does
 * not change meanwhile, so the power a host is said to gain counts what has been put there already. A VM that an
 * overloaded host gave away may move on at once: then it makes two moves.
 *
 * Of the hosts that are empty and off only the first of each kind is looked at: the others tie with it.
 *
 * Source: facts §10, "Placement PABFD", "Under-load". Cost: O(moves × hosts on).
 */
import type { Detector } from "./detect.ts";
import { add, type Fleet, type Host, NOWHERE, remove, share, usedPart } from "./fleet.ts";
import type { Selector } from "./select.ts";
import { HOST_KINDS, wattsAt } from "./setup.ts";

export interface Move {
  readonly vm: number;
  readonly to: number;
}

/** Moves for all hosts as they are now; their lists stand as before when it returns. */
export function optimise(fleet: Fleet, isOver: Detector, select: Selector): Move[] {
  const { hosts } = fleet;
  const over = hosts.filter((host) => host.vms.length > 0 && isOver(fleet, host));
  const isOut = new Uint8Array(hosts.length);
  for (const { id } of over) isOut[id] = 1;
  const tries = new Tries(fleet, isOver);
  const leaving: number[] = [];
  for (const host of over) {
    tries.keep(host);
    relieve(fleet, host, { isOver, select, leaving });
  }
  const moves = tries.placeAll(leaving, candidatesOf(fleet, isOut));
  moves.push(...evacuate(tries, isOut));
  tries.takeBack();
  return moves;
}

/** Takes VMs from a host until it has enough left. */
function relieve(
  fleet: Fleet,
  host: Host,
  how: { readonly isOver: Detector; readonly select: Selector; readonly leaving: number[] },
): void {
  for (;;) {
    const vm = how.select(fleet, host);
    if (vm === undefined) return;
    how.leaving.push(vm);
    remove(fleet, host, vm);
    if (!how.isOver(fleet, host)) return;
  }
}

/** Hosts that may take a VM: those in use, and of those that are off the lowest of each kind. */
interface Candidates {
  readonly on: Host[];
  readonly off: (Host | undefined)[];
  /** Those behind them, per kind, the lowest last. */
  readonly spare: readonly Host[][];
}

function candidatesOf({ hosts, hostUsed }: Fleet, isOut: Uint8Array): Candidates {
  const on: Host[] = [];
  const spare = HOST_KINDS.map((): Host[] => []);
  for (let at = hosts.length - 1; at >= 0; at -= 1) {
    const host = hosts[at]!;
    if (isOut[at] === 1) continue;
    if (host.vms.length > 0 || hostUsed[at] !== 0) on.push(host);
    else spare[HOST_KINDS.indexOf(host.kind)]!.push(host);
  }
  return { on: on.reverse(), off: spare.map((all) => all.pop()), spare };
}

/** VMs that are tried out on hosts, and how the hosts were before. */
class Tries {
  readonly fleet: Fleet;
  readonly #isOver: Detector;
  readonly #before = new Map<Host, number[]>();

  constructor(fleet: Fleet, isOver: Detector) {
    this.fleet = fleet;
    this.#isOver = isOver;
  }

  /** Remembers a host's list. */
  keep(host: Host): void {
    if (!this.#before.has(host)) this.#before.set(host, host.vms.slice());
  }

  /** All lists as they were. */
  takeBack(): void {
    for (const [host, vms] of this.#before) {
      host.vms = vms;
      share(this.fleet, host);
    }
  }

  /**
   * Places VMs, those that ask for most first.
   *
   * @param wholeOnly  none of them, unless all find a host
   */
  placeAll(vms: readonly number[], candidates: Candidates, wholeOnly = false): Move[] {
    const { fleet } = this;
    const { asked } = fleet;
    const order = vms.length > 1 ? vms.slice().sort((a, b) => asked[b]! - asked[a]!) : vms;
    const moves: Move[] = [];
    for (const vm of order) {
      const host = findHost(fleet, vm, this.#isOver, candidates);
      if (host !== undefined) {
        this.keep(host);
        add(fleet, host, vm);
        moves.push({ vm, to: host.id });
      } else if (wholeOnly) {
        for (const move of moves) remove(fleet, fleet.hosts[move.to]!, move.vm);
        return [];
      }
    }
    return moves;
  }
}

/** The host whose power grows least and that does not become overloaded; the first of equals. */
function findHost(
  fleet: Fleet,
  vm: number,
  isOver: Detector,
  { on, off, spare }: Candidates,
): Host | undefined {
  const { hostFree, hostInUse, hostWatts } = fleet;
  const asked = fleet.asked[vm]!;
  // Not a pair of two: what makes and takes apart pairs is slow until it is compiled, and makes rows of VMs doubles.
  let best: Host | undefined;
  let least = Number.MAX_VALUE;
  for (let at = 0; at < on.length; at += 1) {
    const host = on[at]!;
    const { id, kind, capacity } = host;
    if (kind.mips < asked || hostFree[id]! < asked) continue;
    const inUse = hostInUse[id]!;
    const gain = wattsAt(kind, (inUse + asked) / capacity) - hostWatts[id]!;
    if (gain > least || (gain === least && best !== undefined && id > best.id)) continue;
    if (inUse !== 0 && isOver(fleet, host, vm)) continue;
    best = host;
    least = gain;
  }
  for (const host of off) {
    if (host === undefined || host.kind.mips < asked || hostFree[host.id]! < asked) continue;
    const gain = wattsAt(host.kind, asked / host.capacity) - hostWatts[host.id]!;
    if (gain < least || (gain === least && best !== undefined && host.id < best.id)) {
      best = host;
      least = gain;
    }
  }
  const kind = best === undefined ? -1 : off.indexOf(best);
  if (kind >= 0) {
    on.push(best!);
    off[kind] = spare[kind]!.pop();
  }
  return best;
}

/** Empties hosts, the least loaded first. */
function evacuate(tries: Tries, isOver: Uint8Array): Move[] {
  const { fleet } = tries;
  const { hosts } = fleet;
  // Overloaded hosts and those that are off neither give nor take; a host that was emptied takes nobody, one that took
  // stays. Hosts that took from overloaded ones may still be emptied, as in the published code.
  const takesNobody = isOver.slice();
  for (const { id } of hosts) if (fleet.hostUsed[id] === 0) takesNobody[id] = 1;
  const stays = takesNobody.slice();
  const candidates = candidatesOf(fleet, takesNobody);
  const order = hosts.filter((host) => stays[host.id] === 0 && usedPart(fleet, host) < 1);
  order.sort((a, b) => usedPart(fleet, a) - usedPart(fleet, b) || a.id - b.id);
  const moves: Move[] = [];
  for (const host of order) {
    if (stays[host.id] === 1 || isOnTheMove(fleet, host)) continue;
    candidates.on.splice(candidates.on.indexOf(host), 1);
    const vms = host.vms.filter((vm) => fleet.isMoving[vm] === 0);
    const placed = tries.placeAll(vms, candidates, true);
    for (const { to } of placed) stays[to] = 1;
    moves.push(...placed);
  }
  return moves;
}

/** Whether all VMs leave, or one that comes stands before the first that stays. */
function isOnTheMove(fleet: Fleet, { vms, incoming }: Host): boolean {
  for (const vm of vms) {
    if (fleet.isMoving[vm] === 0) return false;
    if (incoming.includes(vm)) return true;
  }
  return true;
}

/**
 * Where VMs start, one after the other, each as large as it may get.
 *
 * @param byPower  the host whose power grows least, instead of the first with room
 * @throws RangeError  if a VM finds no host
 */
export function placeAtStart(fleet: Fleet, byPower: boolean): void {
  fleet.asked.set(fleet.mips);
  const candidates = candidatesOf(fleet, new Uint8Array(fleet.hosts.length));
  for (let vm = 0; vm < fleet.vms; vm += 1) {
    const hasRoom = ({ id }: Host): boolean => fleet.hostRamFree[id]! >= fleet.ram[vm]!;
    // Power alone decides at the start: nobody asks for anything yet, so no host is overloaded.
    const host = byPower
      ? findHost(fleet, vm, (_, on) => !hasRoom(on), candidates)
      : fleet.hosts.find(
          (one) =>
            one.kind.mips >= fleet.mips[vm]! && fleet.hostFree[one.id]! >= fleet.mips[vm]! && hasRoom(one),
        );
    if (host === undefined)
      throw new RangeError(`VM ${vm}: expected a host with room at the start, got none`);
    add(fleet, host, vm);
    fleet.hostRamFree[host.id]! -= fleet.ram[vm]!;
    fleet.home[vm] = host.id;
  }
}

/** Takes a VM off its host for good. */
export function takeOff(fleet: Fleet, vm: number): void {
  const host = fleet.hosts[fleet.home[vm]!]!;
  remove(fleet, host, vm);
  fleet.home[vm] = NOWHERE;
}
