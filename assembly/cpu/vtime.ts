/**
 * Virtual time: usage divided by shares, at every node of the scheduler's tree.
 *
 *   charge      vtime += used · 2^12 / shares         remainder kept, so ties stay exact
 *   clock       of a group: the largest virtual time at which a child was dispatched by its shares
 *   sleeper     comes back at max(own, clock − lag): what it did not use it may use for so long, not for ever; on several
 *               pCPUs at max(own, meeting − lag)
 *   reserved    runs ahead of its shares by at most the same lag
 *   rebase      once times get large, a group's times and clock all go down by the same amount
 *
 * Source: ESX scheduler ("virtual time = usage / shares", bounded lag of 8 quanta); Goyal, Guo, Vin, "Start-time fair
 * queueing", SIGCOMM 1996, for the clock. Cost: one division per level and charge.
 */
import {
  clientActive,
  clientChildren,
  clientClock,
  clientClockIn,
  clientFirst,
  clientFirstIn,
  clientHost,
  clientLag,
  clientParent,
  clientParentIn,
  clientQueued,
  clientRecord,
  clientRecordFrom,
  clientRemain,
  clientReserveNs,
  clientTagPpm,
  clientSeatIn,
  clientSeatsIn,
  clientShares,
  clientSharesIn,
  clientSharesSum,
  clientSlack,
  clientSlackIn,
  clientThrottled,
  clientUsedNs,
  clientUsedNsIn,
  clientVcpu,
  clientVtime,
  clientVtimeIn,
  clientVtimeRestIn,
  hostPcpuCount,
  hostWantTrees,
  seatKeyAt,
  setClientClock,
  setClientLag,
  setClientRemain,
  setClientReserveNs,
  setClientShares,
  setClientSharesMost,
  setClientSharesSum,
  setClientSlack,
  setClientUsedNs,
  setClientUsedNsIn,
  setClientVtime,
  setClientVtimeIn,
  setClientVtimeRest,
  setClientVtimeRestIn,
  vacantCount,
  vacantNow,
  vcpuState,
  worldLagNs,
  worldQuantumNs,
  worldReserving,
  worldScheduler,
} from "../layout";
import { climb, rekeyGroup, seat } from "./seats";
import { NONE, Scheduler, State, VTIME_SHIFT } from "./states";

/** Virtual times above this are brought down. */
const REBASE_AT: u64 = 1 << 46;
/** The clock's place after that. */
const REBASED_CLOCK: u64 = 1 << 44;
/**
 * Slacks are so much longer where siblings run at the same time: a group may be sixteen quanta ahead for a member's sake
 * (siblings.ts), and whom it is ahead of must not lose what it is behind.
 */
const LENIENT: u64 = 3;
/** No lag is longer: 1.6 s at one share. */
export const FARTHEST: u64 = 1 << 43;

/** Service that `client` is behind a virtual time of its group, in ns of nominal core time; 0 if it is not. */
export function behindOf(client: u32, vtime: u64): u64 {
  const own = clientVtime(client);
  if (own >= vtime) return 0;
  return serviceOf(vtime - own, clientShares(client));
}

/** Service that a distance between virtual times is to somebody with these shares. */
export function serviceOf(gap: u64, shares: u32): u64 {
  return gap >= FARTHEST ? worldLagNs(0) + 1 : (gap * <u64>shares) >> VTIME_SHIFT;
}

function lagOf(client: u32): u64 {
  return (worldLagNs(0) << VTIME_SHIFT) / <u64>clientShares(client);
}

/** Charges a client and every group above it; the root keeps no virtual time. */
export function charge(client: u32, used: u64, at: u64): void {
  if (worldReserving(0) != 0) {
    chargeReserving(client, used, at);
    return;
  }
  let own = clientRecord(client);
  for (let node = client; ;) {
    const group = clientParentIn(own);
    if (group == NONE) break;
    const above = clientRecord(group);
    const vtime = pay(own, used);
    if (vtime + clientSlackIn(above) < clientClockIn(above)) bound(node, group);
    if (vtime >= REBASE_AT) bound(node, group);
    node = group;
    own = above;
  }
  setClientUsedNsIn(own, clientUsedNsIn(own) + used);
}

/**
 * The same for a vCPU that is about to come back to a run queue which keeps its seats: they get their new keys on the way. One
 * loop, because calls would cost as much. Hosts without reservations only.
 *
 * @param trees  the run queue's
 */
export function chargeSeated(client: u32, used: u64, trees: u32): void {
  const zero = clientRecord(0);
  const first = seatKeyAt(trees);
  let own = clientRecordFrom(zero, client);
  for (let node = client; ;) {
    const group = clientParentIn(own);
    if (group == NONE) break;
    const above = clientRecordFrom(zero, group);
    let vtime = pay(own, used);
    if (vtime + clientSlackIn(above) < clientClockIn(above)) vtime = bound(node, group);
    if (vtime >= REBASE_AT) vtime = bound(node, group);
    const seats = clientSeatsIn(above);
    const rank = node - clientFirstIn(above);
    const key = (vtime << (<u64>ctz<u32>(seats))) | (<u64>rank);
    climb(first + ((<usize>clientSeatIn(above)) << 3), seats + rank, key);
    node = group;
    own = above;
  }
  setClientUsedNsIn(own, clientUsedNsIn(own) + used);
}

function chargeReserving(client: u32, used: u64, at: u64): void {
  let node = client;
  for (;;) {
    const group = clientParent(node);
    if (group == NONE) break;
    const before = clientVtime(node);
    pay(clientRecord(node), used);
    chargeReservation(node, group, used, at, before);
    bound(node, group);
    node = group;
  }
  setClientUsedNs(node, clientUsedNs(node) + used);
}

/** Charges one node; returns its virtual time. */
function pay(own: usize, used: u64): u64 {
  const shares = <u64>clientSharesIn(own);
  const total = (used << VTIME_SHIFT) + <u64>clientVtimeRestIn(own);
  const whole = total / shares;
  const vtime = clientVtimeIn(own) + whole;
  setClientUsedNsIn(own, clientUsedNsIn(own) + used);
  setClientVtimeRestIn(own, <u32>(total - whole * shares));
  setClientVtimeIn(own, vtime);
  return vtime;
}

/**
 * A client whose shares are more than it can use would fall behind for ever. It may do so by the lag of the sibling with
 * least shares: by less, and it would have to wait for those that only take turns among themselves. Its virtual time is
 * returned.
 */
function bound(node: u32, group: u32): u64 {
  const clock = clientClock(group);
  const slack = clientSlack(group);
  const vtime = clientVtime(node);
  if (vtime + slack < clock && worldScheduler(0) == Scheduler.VirtualTime)
    setClientVtime(node, clock - slack);
  if (vtime >= REBASE_AT) rebase(group);
  return clientVtime(node);
}

/**
 * Serves the reservation, and keeps a client that runs by it from getting too far ahead of its shares. It stays where it
 * was `before` at least: keys in other queues, where siblings of its vCPUs wait, must not be above it.
 */
function chargeReservation(node: u32, group: u32, used: u64, at: u64, before: u64): void {
  const ppm = <u64>clientTagPpm(node);
  if (ppm == 0) return;
  const floor = at > worldLagNs(0) ? at - worldLagNs(0) : 0;
  const isDue = clientReserveNs(node) <= at;
  const served = max(clientReserveNs(node), floor) + (used * 1_000_000) / ppm;
  setClientReserveNs(node, served);
  // What it has by its shares while others wait counts in full.
  if (!isDue && hostWantTrees(clientHost(node)) != NONE && clientQueued(group) > clientQueued(node)) return;
  const most = clientClock(group) + lagOf(node);
  if (clientVtime(node) > most) setClientVtime(node, max(most, before));
}

/** A client with nothing below it that wants to run comes back. */
export function rejoin(client: u32, at: u64): void {
  const group = clientParent(client);
  if (group == NONE) return;
  const clock = clientClock(group);
  if (worldScheduler(0) == Scheduler.Stride) {
    const vtime = <i64>clock + <i64>clientRemain(client);
    setClientVtime(client, vtime > 0 ? <u64>vtime : 0);
  } else {
    // The same for all siblings: bounded by each one's own shares, those with more would come back less far behind.
    const lag = clientLag(group);
    if (clientVtime(client) < clock - min(clock, lag)) {
      const level = meeting(group);
      const least = level - min(level, lag);
      if (clientVtime(client) < least) setClientVtime(client, least);
    }
  }
  if (worldReserving(0) != 0 && clientReserveNs(client) < at) setClientReserveNs(client, at);
}

/** Nothing below a client wants to run any more. */
export function part(client: u32): void {
  const group = clientParent(client);
  if (group == NONE || worldScheduler(0) != Scheduler.Stride) return;
  setClientRemain(client, clientVtime(client) - clientClock(group));
}

/** A client that is new among its siblings: no credit, no debt; with strides the first pass is a stride. */
export function join(client: u32, at: u64): void {
  const group = clientParent(client);
  const clock = clientClock(group);
  const stride = (worldQuantumNs(0) << VTIME_SHIFT) / <u64>clientShares(client);
  const isStride = worldScheduler(0) == Scheduler.Stride;
  setClientVtime(client, isStride ? clock + stride : meeting(group));
  setClientVtimeRest(client, 0);
  setClientRemain(client, isStride ? stride : 0);
  if (worldReserving(0) != 0) setClientReserveNs(client, at);
  // What it wanted before it was off has a key that may be above its new virtual time.
  const trees = hostWantTrees(clientHost(client));
  if (trees != NONE) seat(trees, group, client, false);
}

/** Works out how far a group's children may fall behind, after their shares have changed. */
export function updateSlack(group: u32): void {
  let least: u32 = 0xffff_ffff;
  let most: u32 = 0;
  let sum: u64 = 0;
  const first = clientFirst(group);
  let children: u64 = 0;
  for (let child = first; child < first + clientChildren(group); ++child) {
    if (vacantCount() > 0 && vacantNow(child) != 0) continue;
    children += 1;
    least = min(least, clientShares(child));
    most = max(most, clientShares(child));
    sum += <u64>clientShares(child);
  }
  setClientSharesMost(group, most);
  // With nobody there it does not matter, as long as it can be divided by.
  sum = max(sum, 1);
  setClientSharesSum(group, sum);
  setClientLag(group, min(((worldLagNs(0) << VTIME_SHIFT) / sum) * children, FARTHEST));
  const slack = spreads(clientHost(group)) ? LENIENT * worldLagNs(0) : worldLagNs(0);
  setClientSlack(group, min((slack << VTIME_SHIFT) / <u64>least, FARTHEST));
}

/** Whether siblings of a host run at the same time, each as far as it can, and virtual times come apart. */
function spreads(host: u32): bool {
  return hostPcpuCount(host) > 1 && worldScheduler(0) == Scheduler.VirtualTime;
}

/** Whether shares differ so much that siblings can be further apart than sleepers may; else there is nothing to look for. */
function isUneven(group: u32): bool {
  return spreads(clientHost(group)) && clientSlack(group) > 2 * LENIENT * clientLag(group);
}

/**
 * Where the children of a group stand: its clock. On several pCPUs one with few shares who found a pCPU free may have taken
 * the clock far ahead of all others, so there it is the least of those who want to run.
 */
export function standing(group: u32): u64 {
  if (!spreads(clientHost(group))) return clientClock(group);
  let least: u64 = u64.MAX_VALUE;
  const first = clientFirst(group);
  for (let child = first; child < first + clientChildren(group); ++child) {
    if (clientActive(child) > 0 && clientThrottled(child) == 0) least = min(least, clientVtime(child));
  }
  return min(least, clientClock(group));
}

/**
 * Where one who comes back to its siblings finds them: the least of those who wait, but for those with few shares, who may be
 * far ahead; where nobody does, where they stand. Who runs and has nobody waiting may be behind by what it cannot use: who
 * came back there would have all of a host for as long.
 */
function meeting(group: u32): u64 {
  const clock = clientClock(group);
  if (!isUneven(group)) return clock;
  const counts = hostWantTrees(clientHost(group)) != NONE;
  const few = clientSharesSum(group) / <u64>(2 * clientChildren(group));
  let least: u64 = u64.MAX_VALUE;
  let waiting: u64 = u64.MAX_VALUE;
  const first = clientFirst(group);
  for (let child = first; child < first + clientChildren(group); ++child) {
    if (clientActive(child) == 0 || clientThrottled(child) != 0) continue;
    const vtime = clientVtime(child);
    least = min(least, vtime);
    if (vtime < waiting && <u64>clientShares(child) >= few && waits(child, counts)) waiting = vtime;
  }
  return min(waiting == u64.MAX_VALUE ? least : waiting, clock);
}

/** @param counts  the host counts who waits; else nobody below the root has a sibling */
function waits(client: u32, counts: bool): bool {
  if (counts) return clientQueued(client) > 0;
  let leaf = client;
  while (clientVcpu(leaf) == NONE) leaf = clientFirst(leaf);
  return vcpuState(clientVcpu(leaf)) != State.Run;
}

/**
 * Changes the weight of a client; what it is ahead or behind in service stays what it is. Then: `weightsChanged`.
 *
 * @param clock  `standing` of its group
 */
export function changeWeight(client: u32, weight: u32, clock: u64): void {
  assert(weight > 0);
  const before = <u64>clientShares(client);
  const vtime = clientVtime(client);
  setClientShares(client, weight);
  setClientVtimeRest(client, 0);
  if (vtime >= clock) setClientVtime(client, clock + scaled(vtime - clock, before, weight));
  else setClientVtime(client, clock - min(clock, scaled(clock - vtime, before, weight)));
  const remain = <i64>clientRemain(client);
  const gap = scaled(<u64>abs<i64>(remain), before, weight);
  setClientRemain(client, remain < 0 ? <u64>-(<i64>gap) : gap);
}

/** Weights of a group's children have changed. */
export function weightsChanged(group: u32): void {
  updateSlack(group);
  rekeyGroup(group);
}

/** Changes the shares that a client goes by. */
export function changeShares(client: u32, shares: u32): void {
  const group = clientParent(client);
  changeWeight(client, shares, standing(group));
  weightsChanged(group);
}

function scaled(gap: u64, before: u64, after: u32): u64 {
  return (min(gap, FARTHEST) * before) / <u64>after;
}

/** Brings a group's virtual times down to where the clock is low again. */
function rebase(group: u32): void {
  const clock = clientClock(group);
  if (clock <= REBASED_CLOCK) return;
  const down = clock - REBASED_CLOCK;
  const first = clientFirst(group);
  for (let child = first; child < first + clientChildren(group); ++child) {
    const vtime = clientVtime(child);
    setClientVtime(child, vtime > down ? vtime - down : 0);
  }
  setClientClock(group, REBASED_CLOCK);
  rekeyGroup(group);
}
