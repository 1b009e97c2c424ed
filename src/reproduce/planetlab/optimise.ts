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
import { add, type Fleet, type Host, NOWHERE, potential, remove, share, usedPart } from "./fleet.ts";
import type { Selector } from "./select.ts";
import { HOST_KINDS, wattsAt } from "./setup.ts";

export interface Move {
  readonly vm: number;
  readonly to: number;
}

/** Moves for all hosts as they are now; their lists stand as before when it returns. */
export function optimise(fleet: Fleet, isOver: Detector, select: Selector): Move[] {
  const { hosts } = fleet;
  const over = new Uint8Array(hosts.length);
  const lists = hosts.map(({ vms }) => vms.slice());
  const leaving: number[] = [];
  for (const host of hosts) if (host.vms.length > 0 && isOver(fleet, host)) over[host.id] = 1;
  for (const host of hosts) if (over[host.id] === 1) relieve(fleet, host, { isOver, select, leaving });
  const touched = new Set<Host>(hosts.filter(({ id }) => over[id] === 1));
  const moves = placeAll(fleet, leaving, { isOver, excluded: over, touched }).moves;
  moves.push(...evacuate(fleet, { isOver, over, touched }));
  for (const host of touched) {
    host.vms = lists[host.id]!;
    share(fleet, host);
  }
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

interface Search {
  readonly isOver: Detector;
  /** Hosts that take nobody. */
  readonly excluded: Uint8Array;
  /** Hosts whose lists changed. */
  readonly touched: Set<Host>;
}

/** Places VMs, those that ask for most first; `isWhole`: all of them found a host. */
function placeAll(
  fleet: Fleet,
  vms: readonly number[],
  search: Search,
  wholeOnly = false,
): { moves: Move[]; isWhole: boolean } {
  const order = vms.slice().sort((a, b) => fleet.asked[b]! - fleet.asked[a]!);
  const moves: Move[] = [];
  for (const vm of order) {
    const host = findHost(fleet, vm, search);
    if (host !== undefined) {
      add(fleet, host, vm);
      search.touched.add(host);
      moves.push({ vm, to: host.id });
    } else if (wholeOnly) {
      for (const move of moves) remove(fleet, fleet.hosts[move.to]!, move.vm);
      return { moves: [], isWhole: false };
    }
  }
  return { moves, isWhole: moves.length === vms.length };
}

/** The host whose power grows least and that does not become overloaded; the first of equals. */
export function findHost(fleet: Fleet, vm: number, { isOver, excluded }: Search): Host | undefined {
  const asked = fleet.asked[vm]!;
  let [best, least] = [undefined as Host | undefined, Number.MAX_VALUE];
  const hasOff = new Uint8Array(HOST_KINDS.length);
  for (const host of fleet.hosts) {
    if (excluded[host.id] === 1 || host.kind.mips < asked || host.free < asked) continue;
    const isOff = host.vms.length === 0 && host.used === 0;
    if (isOff) {
      const kind = host.id % HOST_KINDS.length;
      if (hasOff[kind] === 1) continue;
      hasOff[kind] = 1;
    }
    const { watts } = host.kind;
    const inUse = isOff ? 0 : potential(host);
    const gain = wattsAt(watts, (inUse + asked) / host.capacity) - wattsAt(watts, usedPart(host));
    if (!(gain < least)) continue;
    if (inUse !== 0 && isOverWith(fleet, host, vm, isOver)) continue;
    [best, least] = [host, gain];
  }
  return best;
}

/** Whether a host would be overloaded with one VM more. */
function isOverWith(fleet: Fleet, host: Host, vm: number, isOver: Detector): boolean {
  const { asked, free } = host;
  add(fleet, host, vm);
  const isTooMuch = isOver(fleet, host);
  host.vms.pop();
  host.given.pop();
  host.asked = asked;
  host.free = free;
  host.isHistoryFresh = false;
  return isTooMuch;
}

/** Empties hosts, the least loaded first. */
function evacuate(
  fleet: Fleet,
  {
    isOver,
    over,
    touched,
  }: { readonly isOver: Detector; readonly over: Uint8Array; readonly touched: Set<Host> },
): Move[] {
  const { hosts } = fleet;
  // Overloaded hosts and those that are off neither give nor take; a host that was emptied takes nobody, one that took
  // stays. Hosts that took from overloaded ones may still be emptied, as in the published code.
  const takesNobody = over.slice();
  for (const { id, used } of hosts) if (used === 0) takesNobody[id] = 1;
  const stays = takesNobody.slice();
  const search = { isOver, excluded: takesNobody, touched };
  const moves: Move[] = [];
  for (;;) {
    const host = leastLoaded(fleet, stays);
    if (host === undefined) return moves;
    stays[host.id] = 1;
    takesNobody[host.id] = 1;
    const vms = host.vms.filter((vm) => fleet.isMoving[vm] === 0);
    if (vms.length === 0) continue;
    const placed = placeAll(fleet, vms, search, true).moves;
    for (const { to } of placed) stays[to] = 1;
    moves.push(...placed);
  }
}

function leastLoaded(fleet: Fleet, stays: Uint8Array): Host | undefined {
  let [best, least] = [undefined as Host | undefined, 1];
  for (const host of fleet.hosts) {
    if (stays[host.id] === 1) continue;
    const part = usedPart(host);
    if (part > 0 && part < least && !isOnTheMove(fleet, host)) [best, least] = [host, part];
  }
  return best;
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
 * @throws Error   if a VM finds no host
 */
export function placeAtStart(fleet: Fleet, byPower: boolean): void {
  const excluded = new Uint8Array(fleet.hosts.length);
  fleet.asked.set(fleet.mips);
  for (let vm = 0; vm < fleet.vms; vm += 1) {
    const ram = fleet.ram[vm]!;
    for (const { id, ramFree } of fleet.hosts) excluded[id] = ramFree < ram ? 1 : 0;
    const search: Search = { isOver: () => false, excluded, touched: new Set() };
    const host = byPower ? findHost(fleet, vm, search) : firstWithRoom(fleet, vm, excluded);
    if (host === undefined)
      throw new RangeError(`VM ${vm}: expected a host with room at the start, got none`);
    add(fleet, host, vm);
    host.ramFree -= ram;
    fleet.home[vm] = host.id;
  }
}

function firstWithRoom(fleet: Fleet, vm: number, excluded: Uint8Array): Host | undefined {
  const mips = fleet.mips[vm]!;
  return fleet.hosts.find(({ id, kind, free }) => excluded[id] === 0 && kind.mips >= mips && free >= mips);
}

/** Takes a VM off its host for good. */
export function takeOff(fleet: Fleet, vm: number): void {
  const host = fleet.hosts[fleet.home[vm]!]!;
  remove(fleet, host, vm);
  fleet.home[vm] = NOWHERE;
}
