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
  clientClock,
  clientFirst,
  clientHost,
  clientParent,
  clientReservePpm,
  clientSeats,
  clientSharesSum,
  clientThrottled,
  clientVcpu,
  clientVtime,
  hostBitFirst,
  hostPcpuFirst,
  hostRoot,
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
  setClientClock,
  setPcpuKept,
  setPcpuQueue,
  setPcpuQueued,
  setPcpuTrees,
  vcpuClient,
  worldQuantumNs,
  worldReserving,
  worldScheduler,
} from "../layout";
import { clearBit, setBit } from "../bits";
import {
  climb,
  draw,
  EMPTY,
  first,
  firstReserved,
  isEmpty,
  isVacant,
  keyOf,
  reserveUp,
  seat,
  top,
  treeAt,
  treesOf,
} from "./seats";
import { NONE, Scheduler, VTIME_SHIFT } from "./states";

/** Seats `client` and, where its group had nobody, the group above, up to the root or a throttled one. */
function seatUp(trees: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) break;
    if (clientThrottled(node) != 0) break;
    const had = !isEmpty(top(trees, group));
    seat(trees, group, node, true);
    if (had) break;
    node = group;
  }
  if (worldReserving(0) != 0) reserveUp(trees, client);
}

/** Takes `client`'s seat and, where its group has nobody left, the group's, up to the root. */
function unseatUp(trees: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) break;
    const left = !isEmpty(seat(trees, group, node, false));
    if (left) {
      // The turn is over for the group as a whole.
      if (worldScheduler(0) == Scheduler.RoundRobin) passTurn(trees, group);
      break;
    }
    node = group;
  }
  if (worldReserving(0) != 0) reserveUp(trees, client);
}

function passTurn(trees: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return;
    seat(trees, group, node, true);
    node = group;
  }
}

/**
 * The same for a vCPU whose seats are all still there: new keys, and nothing else.
 *
 * @returns false if somebody above is throttled
 */
function reseat(trees: u32, client: u32): bool {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) break;
    if (clientThrottled(node) != 0) return false;
    const seats = clientSeats(group);
    const rank = node - clientFirst(group);
    climb(treeAt(trees, group), seats + rank, keyOf(node, seats, rank));
    node = group;
  }
  if (worldReserving(0) != 0) reserveUp(trees, client);
  return true;
}

/** Puts a vCPU into a run queue. */
export function enqueue(vcpu: u32, pcpu: u32): void {
  const queue = pcpuQueue(pcpu);
  const trees = pcpuTrees(pcpu);
  const client = vcpuClient(vcpu);
  const isBack = pcpuKept(queue) == vcpu;
  if (isBack && reseat(trees, client)) setPcpuKept(queue, NONE);
  else {
    clearKept(queue, trees);
    seatUp(trees, client);
  }
  count(queue, 1);
}

/**
 * Takes a vCPU out of the run queue it is in. Most that leave to run come back before anybody else looks at the queue:
 * until then its seats are kept, which halves the work of a decision.
 */
export function dequeue(vcpu: u32, pcpu: u32): void {
  const queue = pcpuQueue(pcpu);
  const trees = pcpuTrees(pcpu);
  if (pcpuKept(queue) != NONE) clearKept(queue, trees);
  if (worldScheduler(0) <= <u32>Scheduler.Stride) setPcpuKept(queue, vcpu);
  else unseatUp(trees, vcpuClient(vcpu));
  count(queue, -1);
}

/** Somebody else looks at a queue: kept seats are taken. */
function clearKept(queue: u32, trees: u32): void {
  const vcpu = pcpuKept(queue);
  if (vcpu == NONE) return;
  setPcpuKept(queue, NONE);
  unseatUp(trees, vcpuClient(vcpu));
}

function count(queue: u32, by: i32): void {
  const left = pcpuQueued(queue) + <u32>by;
  setPcpuQueued(queue, left);
  if (left == 0) markQueue(queue, false);
  else if (left == 1 && by > 0) markQueue(queue, true);
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

/** A client's reservation has changed: its tags in all queues. */
export function reserveAgain(client: u32): void {
  const host = clientHost(client);
  for (let queue: u32 = 0; queue < hostRunQueues(host); ++queue) {
    const trees = treesOf(host, queue);
    clearKept(hostPcpuFirst(host) + queue, trees);
    reserveUp(trees, client);
  }
}

/**
 * The vCPU whose turn it is in the run queue of a pCPU. It stays queued.
 *
 * @returns NONE if nobody may run
 */
export function pick(pcpu: u32, at: u64): u32 {
  return search(pcpu, hostRoot(pcpuHost(pcpu)), true, at);
}

/**
 * The vCPU below a group whose turn it would be in a pCPU's run queue, were it the group's.
 *
 * @returns NONE if nobody below it is queued here and may run
 */
export function peek(pcpu: u32, group: u32, at: u64): u32 {
  return search(pcpu, group, false, at);
}

/**
 * Whether somebody below a group, queued at a pCPU, may be behind a child of the group.
 *
 * @returns false only if it is sure that nobody is: keys in the trees are too low at the worst
 */
export function mayHoldLaggard(pcpu: u32, group: u32, child: u32): bool {
  const key = top(pcpuTrees(pcpu), group);
  if (worldReserving(0) != 0 || worldScheduler(0) > <u32>Scheduler.Stride) return !isEmpty(key);
  return key >> (<u64>ctz<u32>(clientSeats(group))) < clientVtime(child);
}

/** @param dispatches  false: the clocks stay where they are */
function search(pcpu: u32, root: u32, dispatches: bool, at: u64): u32 {
  const queue = pcpuQueue(pcpu);
  const trees = pcpuTrees(pcpu);
  if (pcpuKept(queue) != NONE) clearKept(queue, trees);
  if (isVacant(trees, root)) return NONE;
  const isPlain = worldReserving(0) == 0 && worldScheduler(0) <= <u32>Scheduler.Stride;
  return isPlain ? searchByShares(trees, root, dispatches) : searchByRules(pcpu, root, dispatches, at);
}

/**
 * By virtual time or stride, and nobody reserves. What is looked at but not needed to know the child, is looked at in
 * branches: so the next level need not wait for it.
 */
function searchByShares(trees: u32, root: u32, dispatches: bool): u32 {
  let group = root;
  for (;;) {
    const seats = clientSeats(group);
    const key = top(trees, group);
    let child = clientFirst(group);
    let isRight = key != EMPTY;
    if (isRight) {
      // An only child is known without its key.
      const rank = seats > 1 ? (<u32>key) & (seats - 1) : 0;
      child += rank;
      isRight = keyOf(child, seats, rank) == key;
    }
    if (!isRight || clientThrottled(child) != 0) {
      if (first(trees, group, Scheduler.VirtualTime) == NONE) {
        if (group == root) return NONE;
        group = giveUp(trees, group, root);
      }
      continue;
    }
    if (dispatches) advanceClock(group, child);
    const vcpu = clientVcpu(child);
    if (vcpu != NONE) return vcpu;
    group = child;
  }
  return NONE;
}

/** By any rule. */
function searchByRules(pcpu: u32, root: u32, dispatches: bool, at: u64): u32 {
  const trees = pcpuTrees(pcpu);
  const isReserving = worldReserving(0) != 0;
  const scheduler = worldScheduler(0);
  let group = root;
  for (;;) {
    let child = isReserving ? firstReserved(trees, group, at) : NONE;
    const isReserved = child != NONE;
    if (child == NONE) {
      child = scheduler == Scheduler.Lottery ? draw(trees, group) : first(trees, group, scheduler);
    }
    if (child == NONE) {
      if (group == root) return NONE;
      group = giveUp(trees, group, root);
      continue;
    }
    if (dispatches && scheduler != Scheduler.Lottery) {
      if (isReserved || (isReserving && clientReservePpm(child) > 0 && queuedAt(pcpu) < 2))
        creepClock(group, child);
      else advanceClock(group, child);
    }
    const vcpu = clientVcpu(child);
    if (vcpu != NONE) return vcpu;
    group = child;
  }
  return NONE;
}

/** All below are throttled: the group loses its own seat, and the search begins again. */
function giveUp(trees: u32, group: u32, root: u32): u32 {
  seat(trees, clientParent(group), group, false);
  return root;
}

/** Notes that a vCPU goes on because nobody else wants its pCPU. */
export function goOn(vcpu: u32): void {
  for (let node = vcpuClient(vcpu); ;) {
    const group = clientParent(node);
    if (group == NONE) return;
    if (worldReserving(0) != 0 && clientReservePpm(node) > 0) creepClock(group, node);
    else advanceClock(group, node);
    node = group;
  }
}

/** Notes that a child is dispatched because it is the one with the least virtual time. */
function advanceClock(group: u32, child: u32): void {
  const vtime = clientVtime(child);
  if (vtime > clientClock(group)) setClientClock(group, vtime);
}

/**
 * The same of one that runs by its reservation, or that had nobody to compete with while it may be ahead by one: the clock
 * goes on only as fast as the group's shares are served, or those who wait would lose what they are owed.
 */
function creepClock(group: u32, child: u32): void {
  const step = (worldQuantumNs(0) << VTIME_SHIFT) / clientSharesSum(group);
  const vtime = clientVtime(child);
  const clock = clientClock(group);
  if (vtime > clock) setClientClock(group, min(vtime, clock + step));
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
