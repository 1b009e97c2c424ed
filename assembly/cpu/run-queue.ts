/**
 * Run queues: who waits for a pCPU, and whose turn it is.
 *
 *   root          a     b              every group has a tree of seats for its children, see seats.ts
 *                / \   / \
 *   pools, VMs  a1 a2 b1 b2            picking: from the root down, at every group the child with the least key
 *
 * A child has a seat where something below it is queued. A vCPU that leaves to run keeps its seats for the time being:
 * most come back before anybody else looks at the queue, with new keys, and each tree is climbed once a decision, not
 * twice. Whoever else looks has them cleared first.
 *
 * Source: ESX ("maintain virtual time at each node; recursively choose node with smallest virtual time"). Cost:
 * O(levels × log children).
 */
import {
  clientFirstIn,
  clientHost,
  clientParent,
  clientParentIn,
  clientRecord,
  clientSeatIn,
  clientSeatsIn,
  clientThrottled,
  clientThrottledIn,
  clientVtimeIn,
  hostBitFirst,
  hostPcpuFirst,
  hostRunQueues,
  pcpuCount,
  pcpuHost,
  pcpuKept,
  pcpuQueue,
  pcpuQueued,
  pcpuTrees,
  runBitWordAt,
  seatKeyAt,
  seatReserveAt,
  setPcpuKept,
  setPcpuQueue,
  setPcpuQueued,
  setPcpuTrees,
  setVcpuLine,
  setWorldTurn,
  vcpuClient,
  vcpuPcpu,
  worldReserving,
  worldScheduler,
  worldTurn,
} from "../layout";
import { clearBit, setBit } from "../bits";
import { climb, EMPTY, isEmpty, isSeated, isVacant, reserveUp, seat, top, treesOf } from "./seats";
import { NONE, Scheduler } from "./states";
import { noteQueued, noteTaken } from "./wants";

/** Neither drawn lots nor turns: seats go by virtual time. */
function goesByTime(): bool {
  return worldScheduler(0) <= <u32>Scheduler.Stride;
}

function goesByCredit(): bool {
  return worldScheduler(0) == Scheduler.Credit;
}

/** Seats `client` and, where its group had nobody, the group above, up to the root or a throttled one. */
export function seatUp(trees: u32, client: u32): void {
  if (goesByTime()) seatUpByTime(trees, client);
  else if (goesByCredit()) passUp(trees, client, true);
  else seatUpByRules(trees, client);
  if (worldReserving(0) != 0) reserveUp(trees, client);
}

function seatUpByTime(trees: u32, client: u32): void {
  let own = clientRecord(client);
  for (let node = client; clientThrottledIn(own) == 0;) {
    const group = clientParentIn(own);
    if (group == NONE) return;
    const above = clientRecord(group);
    const seats = clientSeatsIn(above);
    const rank = node - clientFirstIn(above);
    const tree = seatKeyAt(trees + clientSeatIn(above));
    const had = load<u64>(tree, 8) != EMPTY;
    climb(tree, seats + rank, (clientVtimeIn(own) << (<u64>ctz<u32>(seats))) | (<u64>rank));
    if (had) return;
    node = group;
    own = above;
  }
}

function seatUpByRules(trees: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) break;
    if (clientThrottled(node) != 0) break;
    const had = !isEmpty(top(trees, group));
    seat(trees, group, node, true);
    if (had) break;
    node = group;
  }
}

/**
 * Takes `client`'s seat and, where its group has nobody left, the group's, up to the root.
 *
 * @returns the first group above that has others left; NONE: the queue is empty now
 */
export function unseatUp(trees: u32, client: u32): u32 {
  const left = goesByTime()
    ? unseatUpByTime(trees, client)
    : goesByCredit()
      ? passUp(trees, client, false)
      : unseatUpByRules(trees, client);
  if (worldReserving(0) != 0) reserveUp(trees, client);
  return left;
}

function unseatUpByTime(trees: u32, client: u32): u32 {
  let own = clientRecord(client);
  for (let node = client; ;) {
    const group = clientParentIn(own);
    if (group == NONE) return NONE;
    const above = clientRecord(group);
    const tree = seatKeyAt(trees + clientSeatIn(above));
    const left = climb(tree, clientSeatsIn(above) + (node - clientFirstIn(above)), EMPTY);
    if (left != EMPTY) return group;
    node = group;
    own = above;
  }
  return NONE;
}

function unseatUpByRules(trees: u32, client: u32): u32 {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return NONE;
    if (!isEmpty(seat(trees, group, node, false))) {
      // The turn is over for the group as a whole.
      if (worldScheduler(0) == Scheduler.RoundRobin) passTurn(trees, group);
      return group;
    }
    node = group;
  }
  return NONE;
}

/**
 * Credit: gives `client` its seat, or takes it, and every group above the key of the first below it, so that a line is the
 * same whatever pools divide it. Who is throttled has no seat.
 *
 * @returns the first group above that has others; NONE: nobody is left
 */
function passUp(trees: u32, client: u32, taken: bool): u32 {
  let left = NONE;
  let has = taken;
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return left;
    const before = top(trees, group);
    const after = seat(trees, group, node, has && clientThrottled(node) == 0);
    if (left == NONE && after != EMPTY) left = group;
    if (after == before) return left;
    node = group;
    has = after != EMPTY;
  }
  return NONE;
}

function passTurn(trees: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return;
    seat(trees, group, node, true);
    node = group;
  }
}

/** Puts a vCPU into a run queue. One whose seats are all still there just has them: the search puts old keys right. */
export function enqueue(vcpu: u32, pcpu: u32): void {
  const queue = pcpuQueue(pcpu);
  const trees = pcpuTrees(pcpu);
  const client = vcpuClient(vcpu);
  const kept = pcpuKept(queue);
  if (kept != NONE) setPcpuKept(queue, NONE);
  if (kept == vcpu && !isHeld(client)) {
    if (worldReserving(0) != 0) reserveUp(trees, client);
  } else {
    if (kept != NONE) unseatUp(trees, vcpuClient(kept));
    if (goesByCredit()) standInLine(vcpu);
    seatUp(trees, client);
  }
  count(queue);
  noteQueued(client, pcpu);
}

function standInLine(vcpu: u32): void {
  const turn = worldTurn(0) + 1;
  setWorldTurn(0, turn);
  setVcpuLine(vcpu, turn);
}

/** The priority of a vCPU has changed: it keeps its number in the line, if it is in one. */
export function lineAgain(vcpu: u32): void {
  const client = vcpuClient(vcpu);
  const trees = pcpuTrees(vcpuPcpu(vcpu));
  if (isSeated(trees, client)) seatUp(trees, client);
}

/** Somebody at or above a client is throttled. */
function isHeld(client: u32): bool {
  let held: u32 = 0;
  for (let node = client; node != NONE;) {
    const own = clientRecord(node);
    held |= clientThrottledIn(own);
    node = clientParentIn(own);
  }
  return held != 0;
}

/** One more in a queue. */
export function count(queue: u32): void {
  const queued = pcpuQueued(queue);
  setPcpuQueued(queue, queued + 1);
  if (queued == 0) markQueue(queue, true);
}

/**
 * Takes a vCPU out of the run queue it is in. Most that leave to run come back before anybody else looks at the queue:
 * until then its seats are kept, which halves the work of a decision.
 */
export function dequeue(vcpu: u32, pcpu: u32): void {
  const queue = pcpuQueue(pcpu);
  const trees = pcpuTrees(pcpu);
  if (pcpuKept(queue) != NONE) clearKept(queue, trees);
  if (goesByTime()) setPcpuKept(queue, vcpu);
  else unseatUp(trees, vcpuClient(vcpu));
  const left = pcpuQueued(queue) - 1;
  setPcpuQueued(queue, left);
  if (left == 0) markQueue(queue, false);
  noteTaken(vcpuClient(vcpu), pcpu);
}

/**
 * The run queue that a vCPU which runs comes back to, if its seats there are kept, no limit holds it, and nobody
 * has a reservation.
 *
 * @returns its trees; NONE: no
 */
export function treesKept(vcpu: u32, pcpu: u32): u32 {
  if (pcpuKept(pcpuQueue(pcpu)) != vcpu || worldReserving(0) != 0 || isHeld(vcpuClient(vcpu))) return NONE;
  return pcpuTrees(pcpu);
}

/** Somebody else looks at a queue: kept seats are taken. */
export function clearKept(queue: u32, trees: u32): void {
  const vcpu = pcpuKept(queue);
  if (vcpu == NONE) return;
  setPcpuKept(queue, NONE);
  unseatUp(trees, vcpuClient(vcpu));
}

function markQueue(queue: u32, holds: bool): void {
  const host = pcpuHost(queue);
  const bits = runBitWordAt(hostBitFirst(host));
  const bit = queue - hostPcpuFirst(host);
  if (holds) setBit(bits, hostRunQueues(host), bit);
  else clearBit(bits, hostRunQueues(host), bit);
}

/** vCPUs in the run queue that `pcpu` takes from. */
export function queuedAt(pcpu: u32): u32 {
  return pcpuQueued(pcpuQueue(pcpu));
}

/** A client that was throttled is so no more: it gets its seats wherever somebody below it is queued. */
export function seatAgain(client: u32): void {
  const host = clientHost(client);
  for (let queue: u32 = 0; queue < hostRunQueues(host); ++queue) {
    const trees = treesOf(host, queue);
    clearKept(hostPcpuFirst(host) + queue, trees);
    if (!isVacant(trees, client)) seatUp(trees, client);
  }
}

/** Credit: a client that is throttled from now on loses its seats, or it would stand first in line for nobody. */
export function unseatHeld(client: u32): void {
  if (!goesByCredit()) return;
  const host = clientHost(client);
  for (let queue: u32 = 0; queue < hostRunQueues(host); ++queue) passUp(treesOf(host, queue), client, false);
}

/** A client's reservation has changed: its tags in all queues. */
export function reserveAgain(client: u32): void {
  const host = clientHost(client);
  for (let queue: u32 = 0; queue < hostRunQueues(host); ++queue) {
    const trees = treesOf(host, queue);
    clearKept(hostPcpuFirst(host) + queue, trees);
    reserveUp(trees, client);
  }
}

/** Empties the run queues of all hosts, once at boot. */
export function buildRunQueues(from: u32, rows: u32): void {
  for (let pcpu: u32 = 0; pcpu < pcpuCount(); ++pcpu) {
    const host = pcpuHost(pcpu);
    const queue = hostRunQueues(host) == 1 ? 0 : pcpu - hostPcpuFirst(host);
    setPcpuQueue(pcpu, hostPcpuFirst(host) + queue);
    setPcpuTrees(pcpu, treesOf(host, queue));
    setPcpuKept(pcpu, NONE);
  }
  const key: u64 = worldScheduler(0) == Scheduler.Lottery ? 0 : EMPTY;
  for (let row = from; row < from + rows; ++row) {
    store<u64>(seatKeyAt(row), key);
    if (worldReserving(0) != 0) store<u64>(seatReserveAt(row), EMPTY);
  }
}
