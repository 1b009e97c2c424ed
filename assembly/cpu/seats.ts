/**
 * Trees of a run queue: for each group of the scheduler's tree a tournament among its children.
 *
 *        [ least ]            inner nodes: the least key below
 *      [ A ]   [ B ]
 *     a1  a2  b1   -          leaves, by rank; key = virtual time above rank, so ties go to the lower name
 *
 * Groups are charged wherever their vCPUs run, so the key of a group's seat may be out of date in other queues; keys only
 * grow, so the least one is brought up to date when it is looked at, and the search goes on. Lottery keeps sums of shares
 * instead, round robin the order of arrival, credit priority and order of arrival (of the first vCPU below); reservations have a tree of their own beside, by when they are due.
 *
 * Source: Gulati, Merchant, Varman, "mClock", OSDI 2010, for reservations by tags beside shares; Waldspurger, Weihl, OSDI
 * 1994 (lottery). Cost: O(log children), one load and one store a step.
 */
import {
  clientChildren,
  clientFirst,
  clientHost,
  clientParent,
  clientReserveNs,
  clientTagPpm,
  clientSeat,
  clientSeats,
  clientShares,
  clientThrottled,
  clientVcpu,
  clientVtime,
  hostRunQueues,
  hostSeatFirst,
  hostSeatStride,
  hostWantTrees,
  seatKeyAt,
  seatReserveAt,
  setWorldLotteryRandom,
  setWorldTurn,
  vcpuLine,
  vcpuPriority,
  worldLotteryRandom,
  worldScheduler,
  worldTurn,
} from "../layout";
import { mix64, nextState } from "../prng";
import { NONE, Priority, Scheduler } from "./states";

/** No seat taken. */
export const EMPTY: u64 = 0xffff_ffff_ffff_ffff;

/** Reservation tags are kept in 1.024 µs, so that rank fits below. */
const TAG_SHIFT: u64 = 10;

/** Bits of a number in the line, so that priority fits above and rank below. */
const LINE_BITS: u64 = 44;

/** First row of the trees of a run queue, which is how queues are told apart here. */
export function treesOf(host: u32, queue: u32): u32 {
  return hostSeatFirst(host) + queue * hostSeatStride(host);
}

/** Address of a group's tree. */
export function treeAt(trees: u32, group: u32): usize {
  return seatKeyAt(trees + clientSeat(group));
}

/** Sets a leaf of a tree, and the least keys above it; the top one is returned. */
function put(tree: usize, seats: u32, rank: u32, key: u64): u64 {
  return climb(tree, seats + rank, key);
}

/** Sets a node of a tree, and the least keys above it; the top one is returned. */
export function climb(tree: usize, from: u32, key: u64): u64 {
  let node = <usize>from;
  let least = key;
  store<u64>(tree + (node << 3), least);
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

export function top(trees: u32, group: u32): u64 {
  return load<u64>(treeAt(trees, group) + 8);
}

export function isEmpty(key: u64): bool {
  return key == (worldScheduler(0) == Scheduler.Lottery ? 0 : EMPTY);
}

export function isVacant(trees: u32, group: u32): bool {
  return isEmpty(top(trees, group));
}

/** A client has a seat in its group's tree. */
export function isSeated(trees: u32, client: u32): bool {
  const group = clientParent(client);
  const leaf = <usize>(clientSeats(group) + (client - clientFirst(group)));
  return !isEmpty(load<u64>(treeAt(trees, group) + (leaf << 3)));
}

function bitsOf(seats: u32): u64 {
  return <u64>ctz<u32>(seats);
}

export function keyOf(client: u32, seats: u32, rank: u32): u64 {
  return (clientVtime(client) << bitsOf(seats)) | (<u64>rank);
}

/** Gives `client` a seat in its group's tree, or takes it; returns the tree's top. */
export function seat(trees: u32, group: u32, client: u32, taken: bool): u64 {
  const tree = treeAt(trees, group);
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
    case Scheduler.Credit: {
      const line = taken ? lineOf(trees, client) : EMPTY;
      return put(tree, seats, rank, line == EMPTY ? EMPTY : (line << bitsOf(seats)) | (<u64>rank));
    }
    default:
      return put(tree, seats, rank, taken ? keyOf(client, seats, rank) : EMPTY);
  }
}

/** Credit: priority above number in the line, of a vCPU or of the first below a group; EMPTY: there is none. */
function lineOf(trees: u32, client: u32): u64 {
  const vcpu = clientVcpu(client);
  if (vcpu != NONE) return ((<u64>vcpuPriority(vcpu)) << LINE_BITS) | vcpuLine(vcpu);
  const key = top(trees, client);
  return key == EMPTY ? EMPTY : key >> bitsOf(clientSeats(client));
}

/** Credit: the priority of the first in a run queue's line; nobody's is lower than that of none. */
export function foremostPriority(trees: u32, root: u32): u32 {
  const key = top(trees, root);
  return key == EMPTY ? <u32>Priority.Over + 1 : <u32>((key >> bitsOf(clientSeats(root))) >> LINE_BITS);
}

/** The child whose turn it is, throttled ones and old keys put right on the way. */
export function first(trees: u32, group: u32, scheduler: u32): u32 {
  const tree = treeAt(trees, group);
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
    if (scheduler >= <u32>Scheduler.RoundRobin) return child;
    const fresh = keyOf(child, seats, rank);
    if (fresh == key) return child;
    put(tree, seats, rank, fresh);
  }
  return NONE;
}

/** A lottery among the children, by shares. */
export function draw(trees: u32, group: u32): u32 {
  const tree = treeAt(trees, group);
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
function tagOf(trees: u32, client: u32): u64 {
  if (clientThrottled(client) != 0) return EMPTY;
  const isLeaf = clientVcpu(client) != NONE;
  if (!isLeaf && isVacant(trees, client)) return EMPTY;
  const own = clientTagPpm(client) > 0 ? clientReserveNs(client) >> TAG_SHIFT : EMPTY;
  return isLeaf ? own : min(own, earliestTag(trees, client));
}

/** Earliest tag among a group's children, old ones put right on the way. */
function earliestTag(trees: u32, group: u32): u64 {
  const tree = seatReserveAt(trees + clientSeat(group));
  const seats = clientSeats(group);
  for (;;) {
    const key = load<u64>(tree + 8);
    if (key == EMPTY) return EMPTY;
    const rank = (<u32>key) & (seats - 1);
    const tag = tagOf(trees, clientFirst(group) + rank);
    const fresh = tag == EMPTY ? EMPTY : (tag << bitsOf(seats)) | (<u64>rank);
    if (fresh == key) return tag;
    put(tree, seats, rank, fresh);
  }
  return EMPTY;
}

/** The child that is furthest behind its reservation, or one below it; NONE if nobody is behind. */
export function firstReserved(trees: u32, group: u32, at: u64): u32 {
  const tree = seatReserveAt(trees + clientSeat(group));
  const seats = clientSeats(group);
  const due = at >> TAG_SHIFT;
  // Tags only grow, so a late top says it all.
  if (load<u64>(tree + 8) >> bitsOf(seats) > due) return NONE;
  if (earliestTag(trees, group) > due) return NONE;
  return clientFirst(group) + ((<u32>load<u64>(tree + 8)) & (seats - 1));
}

/** Brings the tags of `client` and of the groups above up to date in a queue. */
export function reserveUp(trees: u32, client: u32): void {
  for (let node = client; ;) {
    const group = clientParent(node);
    if (group == NONE) return;
    const seats = clientSeats(group);
    const rank = node - clientFirst(group);
    const tag = isSeated(trees, node) ? tagOf(trees, node) : EMPTY;
    put(
      seatReserveAt(trees + clientSeat(group)),
      seats,
      rank,
      tag == EMPTY ? EMPTY : (tag << bitsOf(seats)) | (<u64>rank),
    );
    node = group;
  }
}

/** Writes the keys of a group's children anew in every queue, after its virtual times have changed downwards. */
export function rekeyGroup(group: u32): void {
  if (worldScheduler(0) >= <u32>Scheduler.RoundRobin) return;
  const host = clientHost(group);
  const queues = hostRunQueues(host) + u32(hostWantTrees(host) != NONE);
  for (let queue: u32 = 0; queue < queues; ++queue) {
    const trees = treesOf(host, queue);
    const tree = treeAt(trees, group);
    const seats = clientSeats(group);
    for (let rank: u32 = 0; rank < clientChildren(group); ++rank) {
      if (isEmpty(load<u64>(tree + ((<usize>(seats + rank)) << 3)))) continue;
      seat(trees, group, clientFirst(group) + rank, true);
    }
  }
}
