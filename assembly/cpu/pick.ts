/**
 * Picking: whose turn it is in a run queue, from the root down, at every group the child with the least key.
 *
 * Keys on file may be too low: of the vCPU that has just run, of a group that has run elsewhere. The least is put right, and
 * what is then the least is looked at; the one that is right is the least of all.
 *
 * Source: ESX ("recursively choose node with smallest virtual time"). Cost: O(levels), and O(log children) a key put right.
 */
import {
  clientClock,
  clientClockIn,
  clientFirstIn,
  clientParent,
  clientRecord,
  clientRecordFrom,
  clientSeatIn,
  clientSeats,
  clientSeatsIn,
  clientShares,
  clientSharesMost,
  clientSharesSum,
  clientThrottledIn,
  clientVcpu,
  clientVcpuIn,
  clientVtime,
  clientVtimeIn,
  hostRoot,
  hostWantTrees,
  pcpuHost,
  pcpuKept,
  pcpuQueue,
  pcpuTrees,
  seatKeyAt,
  setClientClock,
  setClientClockIn,
  setPcpuKept,
  vcpuClient,
  worldBalanceMarginNs,
  worldQuantumNs,
  worldReserving,
  worldScheduler,
} from "../layout";
import { lagsBehind } from "./compare";
import { clearKept, count, queuedAt, seatUp, unseatUp } from "./run-queue";
import { climb, draw, EMPTY, first, firstReserved, isEmpty, isVacant, seat, top } from "./seats";
import { furthestBehind, groupTooFar } from "./siblings";
import { NONE, Scheduler, VTIME_SHIFT } from "./states";
import { FARTHEST, serviceOf } from "./vtime";

/** Groups that are passed over in one look at the most. */
const PASSES: u32 = 4;

/**
 * The vCPU whose turn it is in the run queue of a pCPU. It stays queued.
 *
 * @returns NONE if nobody may run
 */
export function pick(pcpu: u32, at: u64): u32 {
  const vcpu = foremost(pcpu, at);
  const trees = hostWantTrees(pcpuHost(pcpu));
  if (vcpu == NONE || trees == NONE || furthestBehind(trees, vcpu, at) == NONE) return vcpu;
  return instead(vcpu, pcpu, at);
}

/** The same by virtual time alone, whatever siblings elsewhere are due. */
export function foremost(pcpu: u32, at: u64): u32 {
  return search(pcpu, hostRoot(pcpuHost(pcpu)), true, at);
}

/** Somebody else, if the foremost is too far ahead of a sibling and not far behind that somebody. */
export function instead(vcpu: u32, pcpu: u32, at: u64): u32 {
  if (queuedAt(pcpu) < 2) return vcpu;
  const group = groupTooFar(vcpu, hostRoot(pcpuHost(pcpu)), at);
  if (group == NONE) return vcpu;
  const other = passOver(pcpu, group, at, 1);
  // A group that is behind the others has to use its turns, whoever of it can.
  return other == NONE || lagsBehind(vcpu, other, 2 * worldBalanceMarginNs(0)) ? vcpu : other;
}

/** The one whose turn it is below others than a group; NONE: nobody, or nobody who is not too far ahead himself. */
function passOver(pcpu: u32, group: u32, at: u64, depth: u32): u32 {
  const trees = pcpuTrees(pcpu);
  const root = hostRoot(pcpuHost(pcpu));
  // Above the first group that still has others the way down is the same as before.
  let from = unseatUp(trees, group);
  let vcpu = from == NONE ? NONE : search(pcpu, from, true, at);
  if (vcpu == NONE && from != NONE && from != root) {
    from = root;
    vcpu = search(pcpu, root, true, at);
  }
  if (vcpu != NONE) {
    const next = groupTooFar(vcpu, from, at);
    if (next != NONE) vcpu = depth < PASSES ? passOver(pcpu, next, at, depth + 1) : NONE;
  }
  seatUp(trees, group);
  return vcpu;
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
 * Whether somebody below a group, queued at a pCPU, may be behind a child of the group by more than `ns` of service.
 *
 * @returns false only if it is sure that nobody is: keys in the trees are too low at the worst
 */
export function mayHoldLaggard(pcpu: u32, group: u32, child: u32, ns: u64): bool {
  const key = top(pcpuTrees(pcpu), group);
  if (worldReserving(0) != 0 || worldScheduler(0) > <u32>Scheduler.Stride) return !isEmpty(key);
  const least = key >> (<u64>ctz<u32>(clientSeats(group)));
  const vtime = clientVtime(child);
  if (least >= vtime) return false;
  const gap = vtime - least;
  return gap >= FARTHEST || serviceOf(gap, clientSharesMost(group)) > ns;
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
 * By virtual time or stride, and nobody reserves. The key on top may be out of date: that of the vCPU that has just run, or
 * of a group that has run elsewhere. It is put right, and what is then on top is looked at.
 */
function searchByShares(trees: u32, root: u32, dispatches: bool): u32 {
  let group = root;
  let above = clientRecord(group);
  for (;;) {
    const seats = clientSeatsIn(above);
    const tree = seatKeyAt(trees + clientSeatIn(above));
    const children = clientFirstIn(above);
    let key = load<u64>(tree, 8);
    let own: usize = 0;
    let child = NONE;
    while (key != EMPTY) {
      const rank = (<u32>key) & (seats - 1);
      child = children + rank;
      own = clientRecord(child);
      const fresh =
        clientThrottledIn(own) != 0 ? EMPTY : (clientVtimeIn(own) << (<u64>ctz<u32>(seats))) | (<u64>rank);
      if (fresh == key) break;
      key = climb(tree, seats + rank, fresh);
    }
    if (key == EMPTY) {
      if (group == root) return NONE;
      group = giveUp(trees, group, root);
      above = clientRecord(group);
      continue;
    }
    if (dispatches) {
      const vtime = clientVtimeIn(own);
      if (vtime > clientClockIn(above)) setClientClockIn(above, vtime);
    }
    const vcpu = clientVcpuIn(own);
    if (vcpu != NONE) return vcpu;
    group = child;
    above = own;
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
      if (isReserved || (isReserving && isFarAhead(group, child))) creepClock(group, child);
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
    if (worldReserving(0) != 0 && isFarAhead(group, node)) creepClock(group, node);
    else advanceClock(group, node);
    node = group;
  }
}

/** By more than a quantum of its own: it has run by a reservation. */
function isFarAhead(group: u32, child: u32): bool {
  const quantum = (worldQuantumNs(0) << VTIME_SHIFT) / <u64>clientShares(child);
  return clientVtime(child) > clientClock(group) + quantum;
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

/**
 * The vCPU that runs goes back to the run queue that keeps its seats, and whoever's turn it is leaves it: `enqueue`, `pick`
 * and `dequeue` at once, for hosts that go by shares alone.
 *
 * @returns the one whose turn it is, maybe the same again; NONE: limits hold all of them, and it is queued
 */
export function exchange(pcpu: u32): u32 {
  const queue = pcpuQueue(pcpu);
  const leaf = leafDue(pcpuTrees(pcpu), hostRoot(pcpuHost(pcpu)));
  const vcpu = leaf == NONE ? NONE : clientVcpu(leaf);
  setPcpuKept(queue, vcpu);
  if (vcpu == NONE) count(queue);
  return vcpu;
}

/**
 * The leaf whose turn it is, by shares alone. As a rule every key on the way is right, and this loop has nothing in it that
 * the next level must wait for.
 *
 * @returns NONE: nobody may run
 */
export function leafDue(trees: u32, root: u32): u32 {
  const tops = seatKeyAt(trees) + 8;
  const zero = clientRecord(0);
  let above = clientRecordFrom(zero, root);
  for (;;) {
    const seats = clientSeatsIn(above);
    const key = load<u64>(tops + ((<usize>clientSeatIn(above)) << 3));
    const rank = (<u32>key) & (seats - 1);
    const child = clientFirstIn(above) + rank;
    const own = clientRecordFrom(zero, child);
    const vtime = clientVtimeIn(own);
    if (((vtime << (<u64>ctz<u32>(seats))) | (<u64>rank)) != key || clientThrottledIn(own) != 0) break;
    if (vtime > clientClockIn(above)) setClientClockIn(above, vtime);
    if (clientVcpuIn(own) != NONE) return child;
    above = own;
  }
  const vcpu = searchByShares(trees, root, true);
  return vcpu == NONE ? NONE : vcpuClient(vcpu);
}
