/**
 * The pending events: at most one per (kind, row), in the total order (time, kind, row).
 *
 * A tournament tree whose leaves are the events, kind after kind; a node holds the earlier of its two children, the
 * left one (lower kind, lower row) on ties.
 *
 *            [e1]            treeWinner(1)
 *        [e1]    [e2]
 *       e0 e1    e2 e3       leaves: eventAt
 *
 * Cost: log2(events) comparisons per change, none to look at the earliest.
 */
import { eventAt, eventCount, setEventAt, setTreeWinner, treeCount, treeWinner } from "./layout";

export const NEVER: u64 = 0xffff_ffff_ffff_ffff;

/** Leaves of the tree: the next power of two. */
function leaves(): u32 {
  return treeCount();
}

/** Fills the tree from the leaves, once at boot. */
export function buildQueue(): void {
  assert(popcnt<u32>(leaves()) == 1);
  assert(leaves() >= eventCount());
  for (let event: u32 = 0; event < eventCount(); ++event) setEventAt(event, NEVER);
  for (let node = leaves() - 1; node > 0; --node) setTreeWinner(node, earlier(2 * node, 2 * node + 1));
}

/** Event on top of a node: a leaf's own, an inner node's winner; absent leaves give `eventCount`. */
function top(node: u32): u32 {
  if (node < leaves()) return treeWinner(node);
  const event = node - leaves();
  return event < eventCount() ? event : eventCount();
}

function timeOf(event: u32): u64 {
  return event < eventCount() ? eventAt(event) : NEVER;
}

function earlier(left: u32, right: u32): u32 {
  const a = top(left);
  const b = top(right);
  return timeOf(b) < timeOf(a) ? b : a;
}

/** Sets when an event is due; NEVER takes it out. */
export function schedule(event: u32, at: u64): void {
  assert(event < eventCount());
  setEventAt(event, at);
  for (let node = (leaves() + event) >> 1; node > 0; node >>= 1) {
    setTreeWinner(node, earlier(2 * node, 2 * node + 1));
  }
}

/** The earliest event; its time is NEVER if none is pending. */
export function earliest(): u32 {
  return leaves() == 1 ? 0 : treeWinner(1);
}
