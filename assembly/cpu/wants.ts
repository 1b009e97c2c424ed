/**
 * Who wants processors, on the host as a whole: beside the run queues one more set of trees, in which a group has those of
 * its children below which somebody has waited, and still waits or runs.
 *
 *   pool  due 1.2 pCPUs:   a 1 vCPU, due 1.0      b 3 vCPUs, due 0.2
 *
 * The pool's time is the pool's, whoever uses it: while b's vCPUs run on three pCPUs at once the pool is soon ahead of its
 * siblings, and a waits with it. So a child that is too far ahead of the one of its siblings who wants processors and is
 * furthest behind does not get the pool's turn (siblings.ts). Who runs wants as well: it would wait if others went first.
 *
 * Source: none; compare the group-wide readjustment of Chandra, Shenoy, "Hierarchical scheduling for symmetric
 * multiprocessors", IEEE TPDS 2008. Cost: O(levels) a change of a queue, O(log children) a key put right.
 */
import {
  clientActive,
  clientFirstIn,
  clientParent,
  clientParentIn,
  clientQueued,
  clientRecord,
  clientSeatIn,
  clientSeatsIn,
  clientShares,
  clientThrottled,
  clientThrottledIn,
  clientVtime,
  clientVtimeIn,
  hostWantTrees,
  pcpuHost,
  seatKeyAt,
  setClientQueued,
} from "../layout";
import { climb, EMPTY } from "./seats";
import { NONE } from "./states";
import { FARTHEST, serviceOf } from "./vtime";

/** Somebody in a run queue is one more who waits below `client` and every group above it, up to one that a limit holds. */
function countUp(trees: u32, client: u32, queued: u32): void {
  for (let node = client; ;) {
    setClientQueued(node, clientQueued(node) + queued);
    const own = clientRecord(node);
    const group = clientParentIn(own);
    if (group == NONE || clientThrottledIn(own) != 0) return;
    const above = clientRecord(group);
    const seats = clientSeatsIn(above);
    const rank = node - clientFirstIn(above);
    const tree = seatKeyAt(trees + clientSeatIn(above));
    const key = (clientVtimeIn(own) << (<u64>ctz<u32>(seats))) | (<u64>rank);
    // No seat, or one from before its virtual time was set anew.
    if (load<u64>(tree + ((<usize>(seats + rank)) << 3)) > key) climb(tree, seats + rank, key);
    node = group;
  }
}

function countDown(client: u32, queued: u32): void {
  for (let node = client; node != NONE;) {
    setClientQueued(node, clientQueued(node) - queued);
    const own = clientRecord(node);
    if (clientThrottledIn(own) != 0) return;
    node = clientParentIn(own);
  }
}

/** A vCPU has been put into a run queue of a pCPU. */
export function noteQueued(client: u32, pcpu: u32): void {
  const trees = hostWantTrees(pcpuHost(pcpu));
  if (trees != NONE) countUp(trees, client, 1);
}

/** It has been taken out. */
export function noteTaken(client: u32, pcpu: u32): void {
  if (hostWantTrees(pcpuHost(pcpu)) != NONE) countDown(client, 1);
}

/** A limit holds a client from now on: who waits below it wants nothing of the groups above. */
export function noteHeld(client: u32, host: u32): void {
  if (hostWantTrees(host) != NONE) countDown(clientParent(client), clientQueued(client));
}

/** And no more. */
export function noteReleased(client: u32, host: u32): void {
  const trees = hostWantTrees(host);
  const queued = clientQueued(client);
  if (trees == NONE) return;
  setClientQueued(client, 0);
  countUp(trees, client, queued);
}

/**
 * The sibling that a child of a group is too far ahead of: the one furthest behind of those who want processors.
 *
 * @param trees   `hostWantTrees`
 * @param margin  ns of service that is not too far
 * @returns NONE: it is not too far ahead of any
 */
export function siblingBehind(trees: u32, group: u32, child: u32, margin: u64): u32 {
  const above = clientRecord(group);
  const seats = clientSeatsIn(above);
  const bits = <u64>ctz<u32>(seats);
  const first = clientFirstIn(above);
  const tree = seatKeyAt(trees + clientSeatIn(above));
  const vtime = clientVtime(child);
  for (;;) {
    const key = load<u64>(tree, 8);
    // Keys are too low at the worst: who is not too far ahead of them is not.
    if (key == EMPTY || !leads(child, vtime, key >> bits, margin)) return NONE;
    const rank = (<u32>key) & (seats - 1);
    const other = first + rank;
    const wants = clientActive(other) > 0 && clientThrottled(other) == 0;
    const fresh = wants ? (clientVtime(other) << bits) | (<u64>rank) : EMPTY;
    if (fresh == key) return other;
    climb(tree, seats + rank, fresh);
  }
  return NONE;
}

function leads(child: u32, vtime: u64, behind: u64, margin: u64): bool {
  return vtime > behind && serviceOf(min(vtime - behind, FARTHEST - 1), clientShares(child)) > margin;
}
