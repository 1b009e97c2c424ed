/**
 * Threads of guests: where they begin and end, and what the scheduler asks of a guest.
 *
 *          taskTimer, a lock, a request                    workDone
 *   blocked ──────────▶ queued ──▶ on a vCPU ◀──▶ spins ──────────▶ blocked, ended
 *                          ▲─────────┘ guestSliceDone, plugVcpus
 *
 * After `workDone` and `guestSliceDone` a vCPU has no thread, or one that spins, or one with work to do. A thread on a
 * vCPU that does not run may have none left: its next steps are taken by `workDone` as soon as the vCPU runs.
 *
 * Here we let guests switch threads at no cost, and move them between vCPUs only where one is idle.
 *
 * Cost: O(1) and the steps taken; O(threads + vCPUs) for power and plugging.
 */
import { kick } from "../cpu/kick";
import { settleVcpu } from "../cpu/settle";
import { NONE, Thread } from "../cpu/states";
import { taskEvent } from "../events";
import {
  eventAt,
  setSyncArrived,
  setSyncHead,
  setSyncHolder,
  setTaskAccesses,
  setTaskBeginNs,
  setTaskNext,
  setTaskOp,
  setTaskState,
  setTaskSteps,
  setTaskSync,
  setTaskTimerNs,
  setTaskTurn,
  setTaskVcpu,
  setTaskWorkNs,
  setVcpuSliceNs,
  setVmQueueHead,
  setVmVcpuOnline,
  syncCount,
  taskStartNs,
  taskState,
  taskWorkNs,
  vcpuTask,
  vcpuVm,
  vmCount,
  vmQueueHead,
  vmSyncFirst,
  vmTaskCount,
  vmTaskFirst,
  vmVcpuCount,
  vmVcpuFirst,
  vmVcpuOnline,
  worldGuestSliceNs,
} from "../layout";
import { NEVER, schedule } from "../queue";
import { startSources, stopSources } from "./arrivals";
import { takeIfFree } from "./locks";
import { isBack } from "./flow";
import { bootDelay } from "./os";
import { takeSteps } from "./program";
import { makeReady, nextThread, queueFirst, queueLast, takeOff } from "./ready";

/** A VM is powered on: when it has booted its threads begin, those with a delay by a timer, and its requests come. */
export function startGuest(vm: u32, powerNs: u64): void {
  const at = powerNs + bootDelay(vm);
  const first = vmTaskFirst(vm);
  const end = first + vmTaskCount(vm);
  for (let task = first; task < end; ++task) {
    resetTask(task);
    setTaskVcpu(task, NONE);
    setTaskTimerNs(task, at + taskStartNs(task));
    setTaskBeginNs(task, at + taskStartNs(task));
    if (at + taskStartNs(task) > powerNs) schedule(taskEvent(task), at + taskStartNs(task));
    else makeReady(task, at);
  }
  startSources(vm, at);
}

/** A VM loses power, or has panicked: nothing of its guest is left. */
export function stopGuest(vm: u32, at: u64): void {
  const endOfVcpus = vmVcpuFirst(vm) + vmVcpuCount(vm);
  for (let vcpu = vmVcpuFirst(vm); vcpu < endOfVcpus; ++vcpu) {
    settleVcpu(vcpu, at);
    if (vcpuTask(vcpu) != NONE) takeOff(vcpu, Thread.Blocked);
  }
  const endOfTasks = vmTaskFirst(vm) + vmTaskCount(vm);
  for (let task = vmTaskFirst(vm); task < endOfTasks; ++task) {
    if (eventAt(taskEvent(task)) != NEVER) schedule(taskEvent(task), NEVER);
    resetTask(task);
  }
  setVmQueueHead(vm, NONE);
  const endOfSyncs = vm + 1 < vmCount() ? vmSyncFirst(vm + 1) : syncCount();
  for (let sync = vmSyncFirst(vm); sync < endOfSyncs; ++sync) {
    setSyncHolder(sync, NONE);
    setSyncArrived(sync, 0);
    setSyncHead(sync, NONE);
  }
  stopSources(vm);
}

function resetTask(task: u32): void {
  setTaskState(task, <u8>Thread.Blocked);
  setTaskOp(task, 0);
  setTaskSteps(task, 0);
  setTaskWorkNs(task, 0);
  setTaskAccesses(task, 0);
  setTaskTurn(task, NONE);
  setTaskSync(task, NONE);
  setTaskNext(task, NONE);
}

/** A sleep is over, or a delayed thread begins. */
export function taskTimer(task: u32, at: u64): void {
  assert(taskState(task) == Thread.Blocked);
  schedule(taskEvent(task), NEVER);
  makeReady(task, at);
}

/** The thread on a vCPU that runs has no work left and does not spin: it takes its next steps, then others do. */
export function workDone(vcpu: u32, at: u64): void {
  for (;;) {
    const task = vcpuTask(vcpu) == NONE ? nextThread(vcpu, at) : vcpuTask(vcpu);
    if (task == NONE) return;
    if (taskState(task) == Thread.Spins && !takeIfFree(task)) return;
    if (taskWorkNs(task) > 0) return;
    takeSteps(task, at);
  }
}

/** The thread on a vCPU that runs has had its guest's slice: the next one's turn, if one waits. */
export function guestSliceDone(vcpu: u32, at: u64): void {
  if (vmQueueHead(vcpuVm(vcpu)) == NONE || vcpuTask(vcpu) == NONE) {
    setVcpuSliceNs(vcpu, worldGuestSliceNs(0));
    return;
  }
  const task = vcpuTask(vcpu);
  takeOff(vcpu, Thread.Queued);
  queueLast(task, at);
  workDone(vcpu, at);
}

/**
 * Plugs vCPUs in or out: the first `online` stay. Threads of the others wait before all that wait already, then all idle
 * vCPUs take their turn.
 *
 * @param online  1 … vmVcpuCount
 */
export function plugVcpus(vm: u32, online: u32, at: u64): void {
  assert(online > 0);
  assert(online <= vmVcpuCount(vm));
  const first = vmVcpuFirst(vm);
  const before = vmVcpuOnline(vm);
  setVmVcpuOnline(vm, online);
  for (let index = before; index > online; --index) {
    const vcpu = first + index - 1;
    const task = vcpuTask(vcpu);
    if (task == NONE) continue;
    settleVcpu(vcpu, at);
    takeOff(vcpu, Thread.Queued);
    queueFirst(task, at);
    kick(vcpu);
  }
  for (let index: u32 = 0; index < online; ++index) {
    const vcpu = first + index;
    if (vcpuTask(vcpu) != NONE) continue;
    if (nextThread(vcpu, at) == NONE) break;
    kick(vcpu);
  }
  if (online > before) beginAgain(vm, at);
}

/** Threads of vCPUs that have come. */
function beginAgain(vm: u32, at: u64): void {
  const end = vmTaskFirst(vm) + vmTaskCount(vm);
  for (let task = vmTaskFirst(vm); task < end; ++task) {
    if (taskState(task) == Thread.Ended && isBack(task)) makeReady(task, at);
  }
}
