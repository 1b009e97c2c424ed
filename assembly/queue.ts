/**
 * The pending events: at most one per (kind, row), in the total order (time, kind, row).
 *
 * A tournament tree over the events, kind after kind; a leaf stands for four of them, and each node holds the earliest
 * below it and when that is due. Ties go to the left: the lower kind, the lower row.
 *
 *               [e1]                    node 1
 *        [e1]          [e6]             leaves: nodes 2, 3
 *    e0 e1 e2 e3   e4 e5 e6 e7          eventAt
 *
 * A change walks from the leaf to the root. What it meets there, the siblings of the nodes on its way, is known before it
 * sets out, so nothing waits for memory but once; and no step branches on times, so bursts, ties and skew cost the same.
 *
 * Nodes hold times one higher than they are, 2^64 − 1 staying what it is. So no sibling is at 0, and one comparison serves
 * either side: with a sibling to the left, `sibling - 1 < own` says that it is due no later. In the order, 2^64 − 2 ns is
 * therefore as good as never.
 *
 * Source: Knuth vol. 3 §5.4.1. Cost: log2(events) - 2 steps per change, none to look at the earliest.
 */
import {
  eventAt,
  eventCount,
  setEventAt,
  setTreeDue,
  treeCount,
  treeDueAt,
  treeWinner,
  treeWinnerAt,
} from "./layout";

export const NEVER: u64 = 0xffff_ffff_ffff_ffff;

/** Empties the queue, once at boot. */
export function buildQueue(): void {
  assert(popcnt<u32>(treeCount()) == 1);
  assert(treeCount() * 2 >= eventCount());
  for (let event: u32 = 0; event < eventCount(); ++event) setEventAt(event, NEVER);
  for (let node: u32 = 0; node < treeCount(); ++node) setTreeDue(node, NEVER);
  for (let event: u32 = 0; event < eventCount(); event += 4) schedule(event, NEVER);
}

/** Sets when an event is due; NEVER takes it out. */
export function schedule(event: u32, at: u64): void {
  assert(event < eventCount());
  setEventAt(event, at);
  const first = event & ~3;
  const a = eventAt(first);
  const b = timeOf(first + 1);
  const c = timeOf(first + 2);
  const d = timeOf(first + 3);
  const left = min(a, b);
  const right = min(c, d);
  const winner = first + select<u32>(2 + u32(d < c), u32(b < a), right < left);
  climb((treeCount() + (event >> 1)) >> 1, min(min(left, right), NEVER - 1) + 1, winner);
}

/** Time of an event; those that fill up the last four are due never. */
function timeOf(event: u32): u64 {
  return event < eventCount() ? eventAt(event) : NEVER;
}

function min(a: u64, b: u64): u64 {
  return select(a, b, a < b);
}

/** Writes a node and those above it. Node 0 is the root's sibling, in place of an end of the loop that differs. */
function climb(leaf: u32, due: u64, winner: u32): void {
  // Looked up once: by row, each access would look up where its column begins.
  const dues = treeDueAt(0);
  const winners = treeWinnerAt(0);
  for (let node = <usize>leaf; node > 0; node >>= 1) {
    store<u64>(dues + (node << 3), due);
    store<u32>(winners + (node << 2), winner);
    const sibling = node ^ 1;
    const other = load<u64>(dues + (sibling << 3));
    // The two conditions differ only on ties, where times are equal; two, because each then costs one instruction.
    winner = select(load<u32>(winners + (sibling << 2)), winner, other - ((<u64>node) & 1) < due);
    due = min(other, due);
  }
}

/** The earliest event; its time is NEVER if none is pending. */
export function earliest(): u32 {
  return treeWinner(1);
}
