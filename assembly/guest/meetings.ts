/**
 * Barriers and wait queues of guests.
 *
 *   barrier      the last to arrive goes on at once and lets all others go on, in order of arrival
 *   wait queue   suspend sleeps until a resume; resume wakes all who wait, and is lost if nobody does
 *
 * Source: rt-app, whose suspend waits on a condition variable and whose resume broadcasts it. Cost: O(waiters).
 */
import { NONE } from "../cpu/states";
import {
  setSyncArrived,
  setSyncHead,
  setTaskNext,
  syncArrived,
  syncHead,
  syncKind,
  syncParties,
  taskNext,
} from "../layout";
import { Sync } from "./ready";
import { endWait, waitAt } from "./waiting";

/**
 * Arrives at a barrier.
 *
 * @returns true if the thread was the last: it goes on
 */
export function arrive(sync: u32, task: u32, at: u64): bool {
  assert(syncKind(sync) == Sync.SpinBarrier || syncKind(sync) == Sync.Barrier);
  const arrived = syncArrived(sync) + 1;
  if (arrived < syncParties(sync)) {
    setSyncArrived(sync, arrived);
    waitAt(sync, task, at);
    return false;
  }
  setSyncArrived(sync, 0);
  releaseAll(sync, at);
  return true;
}

/** Waits for a resume. */
export function suspend(sync: u32, task: u32, at: u64): void {
  assert(syncKind(sync) == Sync.Queue);
  waitAt(sync, task, at);
}

/** Wakes all who wait in a queue. */
export function resume(sync: u32, at: u64): void {
  assert(syncKind(sync) == Sync.Queue);
  releaseAll(sync, at);
}

function releaseAll(sync: u32, at: u64): void {
  let waiter = syncHead(sync);
  setSyncHead(sync, NONE);
  while (waiter != NONE) {
    const next = taskNext(waiter);
    setTaskNext(waiter, NONE);
    endWait(waiter, at);
    waiter = next;
  }
}
