/**
 * Run queues: for every queue a tree of tournaments, one for each group of the scheduler's tree.
 *
 *   root       [ least of both ]         a group's tournament: leaves are its children by rank, inner nodes the least
 *            [ A ]     [ B ]             key below; key = virtual time above rank, so ties go to the lower name
 *             |          |
 *   pool     [a1 a2]   [b1 b2]           picking: from the root down, at every group the child with the least key
 *
 * A child has a seat where something below it is queued. Groups are charged wherever their vCPUs run, so the key of a
 * group's seat may be out of date in other queues; keys only grow, so the least one is brought up to date when it is
 * looked at, and the search goes on. Lottery keeps sums of shares instead, round robin the order of arrival.
 *
 * Source: ESX ("maintain virtual time at each node; recursively choose node with smallest virtual time"); Gulati,
 * Merchant, Varman, "mClock", OSDI 2010, for reservations by tags beside shares; Waldspurger, Weihl, OSDI 1994 (lottery).
 * Cost: O(levels × log children), one load and one store a step.
 */
import {
  clientChildren,
  clientFirst,
  clientHost,
  clientParent,
  clientReserveNs,
  clientReservePpm,
  clientSeat,
  clientSeats,
  clientShares,
  clientThrottled,
  clientVcpu,
  clientVtime,
  hostBitFirst,
  hostPcpuFirst,
  hostRoot,
  hostRunQueues,
  hostSeatFirst,
  hostSeatStride,
  pcpuHost,
  pcpuQueued,
  runBitWordAt,
  seatKeyAt,
  seatReserveAt,
  setPcpuQueued,
  setWorldLotteryRandom,
  setWorldTurn,
  vcpuClient,
  worldLotteryRandom,
  worldReserving,
  worldScheduler,
  worldTurn,
} from "../layout";
import { clearBit, setBit } from "../bits";
import { mix64, nextState } from "../prng";
import { NONE } from "./states";
import { advanceClock, Scheduler } from "./vtime";

/** No seat taken. */
const EMPTY: u64 = 0xffff_ffff_ffff_ffff;
/** Reservation tags are kept in 1.024 µs, so that rank fits below. */
const TAG_SHIFT: u64 = 10;

/** The run queue that a pCPU takes from, relative to its host. */
export function queueOf(pcpu: u32): u32 {
  const host = pcpuHost(pcpu);
  return hostRunQueues(host) == 1 ? 0 : pcpu - hostPcpuFirst(host);
}

/** First row of a group's tree in a run queue. */
function treeOf(queue: u32, group: u32): u32 {
  const host = clientHost(group);
  return hostSeatFirst(host) + queue * hostSeatStride(host) + clientSeat(group);
}

/** Sets a leaf of a tree, and the least keys above it; the top one is returned. */
function put(tree: usize, seats: u32, rank: u32, key: u64): u64 {
  let node = <usize>(seats + rank);
  store<u64>(tree + (node << 3), key);
  let least = key;
  while (node > 1) {
    const other = load<u64>(tree + ((node ^ 1) << 3));
    least = min(least, other);
    node >>= 1;
    store<u64>(tree + (node << 3), least);
  }
  return least;
}

/** The same for sums. */
function putSum(tree: usize, seats: u32, rank: u32, shares: u64): u64 {
  let node = <usize>(seats + rank);
  store<u64>(tree + (node << 3), shares);
  let sum = shares;
  while (node > 1) {
    sum += load<u64>(tree + ((node ^ 1) << 3));
    node >>= 1;
    store<u64>(tree + (node << 3), sum);
  }
  return sum;
}

function top(queue: u32, group: u32): u64 {
  return load<u64>(seatKeyAt(treeOf(queue, group)) + 8);
}

function isEmpty(key: u64): bool {
  return key == (worldScheduler(0) == Scheduler.Lottery ? 0 : EMPTY);
}

/** Nothing is queued below `group` here. */
export function nothingQueued(queue: u32, group: u32): bool {
  return isEmpty(top(queue, group));
}

function bitsOf(seats: u32): u64 {
  return <u64>ctz<u32>(seats);
}

function keyOf(client: u32, seats: u32, rank: u32): u64 {
  return (clientVtime(client) << bitsOf(seats)) | (<u64>rank);
}

/** Gives `client` a seat in its group's tree, or takes it; returns the tree's top. */
function seat(queue: u32, group: u32, client: u32, taken: bool): u64 {
  const tree = seatKeyAt(treeOf(queue, group));
  const seats = clientSeats(group);
  const rank = client - clientFirst(group);
  switch (worldScheduler(0)) {
    case Scheduler.Lottery:
      return putSum(tree, seats, rank, taken ? <u64>clientShares(client) : 0);
    case Scheduler.RoundRobin: {
      if (!taken) return put(tree, seats, rank, EMPTY);
      const turn = worldTurn(0) + 1;
      setWorldTurn(0, turn);
      return put(tree, seats, rank, (turn << bitsOf(seats)) | (<u64>rank));
    }
    default:
      return put(tree, seats, rank, taken ? keyOf(client, seats, rank) : EMPTY);
  }
}

/** Seats `client` and, where its group had nobody, the group above, up to the root or a throttled one. */
export function seatUp(queue: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) break;
    if (clientThrottled(node) != 0) break;
    const had = !isEmpty(top(queue, group));
    seat(queue, group, node, true);
    if (had) break;
    node = group;
  }
  if (worldReserving(0) != 0) reserveUp(queue, client);
}

/** Takes `client`'s seat and, where its group has nobody left, the group's, up to the root. */
function unseatUp(queue: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) break;
    const left = !isEmpty(seat(queue, group, node, false));
    if (left) {
      // The turn is over for the group as a whole.
      if (worldScheduler(0) == Scheduler.RoundRobin) passTurn(queue, group);
      break;
    }
    node = group;
  }
  if (worldReserving(0) != 0) reserveUp(queue, client);
}

function passTurn(queue: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return;
    seat(queue, group, node, true);
    node = group;
  }
}

/** Puts a vCPU into a run queue. */
export function enqueue(vcpu: u32, pcpu: u32): void {
  seatUp(queueOf(pcpu), vcpuClient(vcpu));
  count(pcpu, 1);
}

/** Takes a vCPU out of the run queue it is in. */
export function dequeue(vcpu: u32, pcpu: u32): void {
  unseatUp(queueOf(pcpu), vcpuClient(vcpu));
  count(pcpu, -1);
}

function count(pcpu: u32, by: i32): void {
  const host = pcpuHost(pcpu);
  const queue = queueOf(pcpu);
  const row = hostPcpuFirst(host) + queue;
  const left = pcpuQueued(row) + <u32>by;
  setPcpuQueued(row, left);
  const bits = runBitWordAt(hostBitFirst(host));
  if (left == 0) clearBit(bits, hostRunQueues(host), queue);
  else if (by > 0 && left == 1) setBit(bits, hostRunQueues(host), queue);
}

/** vCPUs in the run queue that `pcpu` takes from. */
export function queuedAt(pcpu: u32): u32 {
  return pcpuQueued(hostPcpuFirst(pcpuHost(pcpu)) + queueOf(pcpu));
}

/**
 * The vCPU whose turn it is in the run queue of a pCPU. It stays queued.
 *
 * @returns NONE if nobody may run
 */
export function pick(pcpu: u32, at: u64): u32 {
  const queue = queueOf(pcpu);
  const root = hostRoot(pcpuHost(pcpu));
  let group = root;
  for (;;) {
    let child = worldReserving(0) != 0 ? firstReserved(queue, group, at) : NONE;
    if (child == NONE) {
      child = first(queue, group);
      if (child != NONE && worldScheduler(0) != Scheduler.Lottery) advanceClock(group, child);
    }
    if (child == NONE) {
      // All below are throttled: the group loses its own seat, and the search begins again.
      if (group == root) return NONE;
      seat(queue, clientParent(group), group, false);
      group = root;
      continue;
    }
    const vcpu = clientVcpu(child);
    if (vcpu != NONE) return vcpu;
    group = child;
  }
  return NONE;
}

/** The child whose turn it is, throttled ones and old keys put right on the way. */
function first(queue: u32, group: u32): u32 {
  if (worldScheduler(0) == Scheduler.Lottery) return draw(queue, group);
  const tree = seatKeyAt(treeOf(queue, group));
  const seats = clientSeats(group);
  const children = clientFirst(group);
  for (;;) {
    const key = load<u64>(tree + 8);
    if (key == EMPTY) return NONE;
    const rank = (<u32>key) & (seats - 1);
    const child = children + rank;
    if (clientThrottled(child) != 0) {
      put(tree, seats, rank, EMPTY);
      continue;
    }
    if (worldScheduler(0) == Scheduler.RoundRobin) return child;
    const fresh = keyOf(child, seats, rank);
    if (fresh == key) return child;
    put(tree, seats, rank, fresh);
  }
  return NONE;
}

/** A lottery among the children, by shares. */
function draw(queue: u32, group: u32): u32 {
  const tree = seatKeyAt(treeOf(queue, group));
  const seats = clientSeats(group);
  for (;;) {
    const sum = load<u64>(tree + 8);
    if (sum == 0) return NONE;
    const state = nextState(worldLotteryRandom(0));
    setWorldLotteryRandom(0, state);
    let ticket = mix64(state) % sum;
    let node: usize = 1;
    while (node < <usize>seats) {
      node <<= 1;
      const left = load<u64>(tree + (node << 3));
      if (ticket >= left) {
        ticket -= left;
        node += 1;
      }
    }
    const rank = <u32>node - seats;
    const child = clientFirst(group) + rank;
    if (clientThrottled(child) == 0) return child;
    putSum(tree, seats, rank, 0);
  }
  return NONE;
}

/** When a client's reservation is due here: its own, or the earliest below it; EMPTY: neither. In tags. */
function tagOf(queue: u32, client: u32): u64 {
  if (clientThrottled(client) != 0) return EMPTY;
  const isLeaf = clientVcpu(client) != NONE;
  if (!isLeaf && nothingQueued(queue, client)) return EMPTY;
  const own = clientReservePpm(client) > 0 ? clientReserveNs(client) >> TAG_SHIFT : EMPTY;
  return isLeaf ? own : min(own, earliestTag(queue, client));
}

/** Earliest tag among a group's children, old ones put right on the way. */
function earliestTag(queue: u32, group: u32): u64 {
  const tree = seatReserveAt(treeOf(queue, group));
  const seats = clientSeats(group);
  for (;;) {
    const key = load<u64>(tree + 8);
    if (key == EMPTY) return EMPTY;
    const rank = (<u32>key) & (seats - 1);
    const tag = tagOf(queue, clientFirst(group) + rank);
    const fresh = tag == EMPTY ? EMPTY : (tag << bitsOf(seats)) | (<u64>rank);
    if (fresh == key) return tag;
    put(tree, seats, rank, fresh);
  }
  return EMPTY;
}

/** The child that is furthest behind its reservation, or one below it; NONE if nobody is behind. */
function firstReserved(queue: u32, group: u32, at: u64): u32 {
  const tree = seatReserveAt(treeOf(queue, group));
  const seats = clientSeats(group);
  const due = at >> TAG_SHIFT;
  // Tags only grow, so a late top says it all.
  if (load<u64>(tree + 8) >> bitsOf(seats) > due) return NONE;
  if (earliestTag(queue, group) > due) return NONE;
  return clientFirst(group) + ((<u32>load<u64>(tree + 8)) & (seats - 1));
}

/** Brings the tags of `client` and of the groups above up to date in a queue. */
export function reserveUp(queue: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return;
    const seats = clientSeats(group);
    const rank = node - clientFirst(group);
    const isQueued = !isEmpty(load<u64>(seatKeyAt(treeOf(queue, group)) + ((<usize>(seats + rank)) << 3)));
    const tag = isQueued ? tagOf(queue, node) : EMPTY;
    put(
      seatReserveAt(treeOf(queue, group)),
      seats,
      rank,
      tag == EMPTY ? EMPTY : (tag << bitsOf(seats)) | (<u64>rank),
    );
    node = group;
  }
}

/** Writes the keys of a group's children anew in every queue, after its virtual times have changed downwards. */
export function rekeyGroup(group: u32): void {
  if (worldScheduler(0) == Scheduler.RoundRobin) return;
  const queues = hostRunQueues(clientHost(group));
  for (let queue: u32 = 0; queue < queues; ++queue) {
    const tree = seatKeyAt(treeOf(queue, group));
    const seats = clientSeats(group);
    for (let rank: u32 = 0; rank < clientChildren(group); ++rank) {
      if (isEmpty(load<u64>(tree + ((<usize>(seats + rank)) << 3)))) continue;
      seat(queue, group, clientFirst(group) + rank, true);
    }
  }
}

/** Empties the run queues of all hosts, once at boot. */
export function buildRunQueues(from: u32, rows: u32): void {
  const key: u64 = worldScheduler(0) == Scheduler.Lottery ? 0 : EMPTY;
  for (let row = from; row < from + rows; ++row) {
    store<u64>(seatKeyAt(row), key);
    if (worldReserving(0) != 0) store<u64>(seatReserveAt(row), EMPTY);
  }
}
