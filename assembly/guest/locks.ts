/**
 * Locks of guests.
 *
 *   spin lock     freed: whoever spins on a running vCPU has it at once, the first to arrive among them; else it is
 *                 free, and the first to be dispatched or to come by takes it
 *   ticket lock   handed to the first in line, even if its vCPU does not run: all others spin until it has
 *   mutex         waiters sleep; handed to the first in line
 *
 * Source: Friebel, Biemueller, "How to deal with lock holder preemption", Xen Summit 2008 (what ticket locks do to
 * guests). Cost: O(1); spin locks O(waiters).
 */
import { NONE, State, Thread } from "../cpu/states";
import {
  setSyncHolder,
  setTaskState,
  setVcpuSpinUntilNs,
  setTaskSync,
  syncHead,
  syncHolder,
  syncKind,
  taskNext,
  taskState,
  taskSync,
  taskVcpu,
  vcpuState,
} from "../layout";
import { NEVER } from "../queue";
import { Sync } from "./ready";
import { endWait, leaveLine, waitAt } from "./waiting";

/**
 * Takes a lock, or waits for it.
 *
 * @returns true if the thread has it
 */
export function lock(sync: u32, task: u32, at: u64): bool {
  assert(syncKind(sync) <= <u8>Sync.Mutex);
  if (syncHolder(sync) == NONE) {
    setSyncHolder(sync, task);
    return true;
  }
  waitAt(sync, task, at);
  return false;
}

/** Frees a lock; one that the thread does not hold stays as it is. */
export function unlock(sync: u32, task: u32, at: u64): void {
  if (syncHolder(sync) != task) return;
  const next = syncKind(sync) == Sync.Spin ? firstThatRuns(sync) : syncHead(sync);
  setSyncHolder(sync, next);
  if (next == NONE) return;
  leaveLine(sync, next);
  endWait(next, at);
}

function firstThatRuns(sync: u32): u32 {
  let waiter = syncHead(sync);
  while (waiter != NONE) {
    if (taskState(waiter) == Thread.Spins && vcpuState(taskVcpu(waiter)) == State.Run) return waiter;
    waiter = taskNext(waiter);
  }
  return NONE;
}

/**
 * A spinning thread that runs again looks at its lock.
 *
 * @returns true if it was free: the thread has it and goes on
 */
export function takeIfFree(task: u32): bool {
  const sync = taskSync(task);
  if (syncKind(sync) != Sync.Spin || syncHolder(sync) != NONE) return false;
  leaveLine(sync, task);
  setSyncHolder(sync, task);
  setTaskSync(task, NONE);
  setTaskState(task, <u8>Thread.OnVcpu);
  setVcpuSpinUntilNs(taskVcpu(task), NEVER);
  return true;
}
