/**
 * Who waits at a lock, barrier or wait queue, in order of arrival: by spinning on a vCPU, or asleep without one.
 *
 * Cost: O(1); O(waiters) to take out one in the middle.
 */
import { kick } from "../cpu/kick";
import { settleVcpu } from "../cpu/settle";
import { NONE, State, Thread } from "../cpu/states";
import {
  setSyncHead,
  setSyncTail,
  setTaskNext,
  setTaskState,
  setTaskSync,
  setVcpuSpinUntilNs,
  syncHead,
  syncTail,
  syncVm,
  taskNext,
  taskState,
  taskVcpu,
  vcpuState,
} from "../layout";
import { NEVER } from "../queue";
import { passMarks } from "./flow";
import { makeReady, spinEnd, spinsAt, takeOff } from "./ready";

/** Has the thread that is being interpreted wait from now on. */
export function waitAt(sync: u32, task: u32, at: u64): void {
  setTaskNext(task, NONE);
  if (syncHead(sync) == NONE) setSyncHead(sync, task);
  else setTaskNext(syncTail(sync), task);
  setSyncTail(sync, task);
  setTaskSync(task, sync);
  if (spinsAt(sync)) {
    setTaskState(task, <u8>Thread.Spins);
    setVcpuSpinUntilNs(taskVcpu(task), spinEnd(syncVm(sync), at));
  } else {
    takeOff(taskVcpu(task), Thread.Blocked);
  }
}

/** Takes a waiter out of the line. */
export function leaveLine(sync: u32, task: u32): void {
  let before = NONE;
  let waiter = syncHead(sync);
  while (waiter != task) {
    assert(waiter != NONE);
    before = waiter;
    waiter = taskNext(waiter);
  }
  const next = taskNext(task);
  if (before == NONE) setSyncHead(sync, next);
  else setTaskNext(before, next);
  if (next == NONE) setSyncTail(sync, before);
  setTaskNext(task, NONE);
}

/** Ends a wait of a thread that is out of the line: it goes on when it has a vCPU that runs. */
export function endWait(task: u32, at: u64): void {
  setTaskSync(task, NONE);
  const state = taskState(task);
  if (state == Thread.Blocked) {
    makeReady(task, at);
    return;
  }
  if (state == Thread.Spins) {
    const vcpu = taskVcpu(task);
    settleVcpu(vcpu, at);
    setTaskState(task, <u8>Thread.OnVcpu);
    setVcpuSpinUntilNs(vcpu, NEVER);
    if (vcpuState(vcpu) == State.Run) kick(vcpu);
  }
  // A program that is over ends when the thread next runs.
  passMarks(task, at);
}
