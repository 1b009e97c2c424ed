/**
 * Guest threads that are ready, and the vCPUs of their VM: who is on which, and a queue of those that wait.
 *
 *   ready -> an idle vCPU, the one it was on last if that is idle, else the lowest; else the queue's tail
 *
 * A queue that is not empty means that every vCPU plugged in has a thread. Only then do the guest's slices matter: a
 * thread that was alone for a slice or longer has a whole one left when the first other one queues up.
 *
 * A thread may come onto a vCPU with no work left: its next steps are taken once the vCPU runs (`workDone`).
 *
 * Cost: O(1); O(vCPUs) where one is looked for, and when the queue fills.
 */
import { kick } from "../cpu/kick";
import { settleVcpu } from "../cpu/settle";
import { NONE, State, Thread } from "../cpu/states";
import {
  setTaskState,
  setTaskTurn,
  setTaskVcpu,
  setVcpuSliceNs,
  setVcpuSpinUntilNs,
  setVcpuTask,
  setVmQueueHead,
  setVmQueueTail,
  syncKind,
  taskSync,
  taskTurn,
  taskVcpu,
  taskVm,
  vcpuSliceNs,
  vcpuState,
  vcpuTask,
  vcpuVm,
  vmPanicNs,
  vmQueueHead,
  vmQueueTail,
  vmVcpuFirst,
  vmVcpuOnline,
  worldGuestSliceNs,
} from "../layout";
import { NEVER } from "../queue";
import { passMarks } from "./flow";

/** syncKind. */
export const enum Sync {
  Spin = 0,
  Ticket = 1,
  Mutex = 2,
  SpinBarrier = 3,
  Barrier = 4,
  Queue = 5,
}

/** Whether who waits there keeps its vCPU busy. */
export function spinsAt(sync: u32): bool {
  const kind = syncKind(sync);
  return kind == Sync.Spin || kind == Sync.Ticket || kind == Sync.SpinBarrier;
}

/** When a spin that begins now is a panic. */
export function spinEnd(vm: u32, at: u64): u64 {
  const panic = vmPanicNs(vm);
  return panic == NEVER ? NEVER : at + panic;
}

/** Wakes a thread: its wait or sleep is over. It ends here if nothing is left of its program. */
export function makeReady(task: u32, at: u64): void {
  if (!passMarks(task, at)) {
    setTaskState(task, <u8>Thread.Ended);
    return;
  }
  const vm = taskVm(task);
  const vcpu = vmQueueHead(vm) == NONE ? idleVcpu(vm, taskVcpu(task)) : NONE;
  if (vcpu == NONE) {
    queueLast(task, at);
    return;
  }
  putOn(task, vcpu, at);
  kick(vcpu);
}

/** An idle vCPU, `last` rather than others, then the lowest; NONE if all have threads. */
function idleVcpu(vm: u32, last: u32): u32 {
  const first = vmVcpuFirst(vm);
  const end = first + vmVcpuOnline(vm);
  if (last != NONE && last < end && vcpuTask(last) == NONE) return last;
  for (let vcpu = first; vcpu < end; ++vcpu) {
    if (vcpuTask(vcpu) == NONE) return vcpu;
  }
  return NONE;
}

/** Gives a thread a vCPU that has none; one that still waits by spinning goes on with that. */
export function putOn(task: u32, vcpu: u32, at: u64): void {
  assert(vcpuTask(vcpu) == NONE);
  const waits = taskSync(task) != NONE;
  setTaskState(task, <u8>(waits ? Thread.Spins : Thread.OnVcpu));
  setTaskVcpu(task, vcpu);
  setVcpuTask(vcpu, task);
  setVcpuSliceNs(vcpu, worldGuestSliceNs(0));
  setVcpuSpinUntilNs(vcpu, waits ? spinEnd(taskVm(task), at) : NEVER);
}

/** Takes the thread off a vCPU whose time is accounted; who calls says what it does from now on. */
export function takeOff(vcpu: u32, state: Thread): void {
  const task = vcpuTask(vcpu);
  assert(task != NONE);
  setTaskState(task, <u8>state);
  setVcpuTask(vcpu, NONE);
  setVcpuSpinUntilNs(vcpu, NEVER);
}

/** Has a thread wait for a vCPU behind all others. */
export function queueLast(task: u32, at: u64): void {
  const vm = taskVm(task);
  setTaskState(task, <u8>Thread.Queued);
  setTaskTurn(task, NONE);
  if (vmQueueHead(vm) == NONE) {
    setVmQueueHead(vm, task);
    beginSlices(vm, at);
  } else {
    setTaskTurn(vmQueueTail(vm), task);
  }
  setVmQueueTail(vm, task);
}

/** Has a thread wait for a vCPU before all others. */
export function queueFirst(task: u32, at: u64): void {
  const vm = taskVm(task);
  const head = vmQueueHead(vm);
  setTaskState(task, <u8>Thread.Queued);
  setTaskTurn(task, head);
  setVmQueueHead(vm, task);
  if (head != NONE) return;
  setVmQueueTail(vm, task);
  beginSlices(vm, at);
}

/** The first of the queue, taken out of it; NONE if it is empty. */
export function takeFirst(vm: u32): u32 {
  const task = vmQueueHead(vm);
  if (task == NONE) return NONE;
  setVmQueueHead(vm, taskTurn(task));
  setTaskTurn(task, NONE);
  return task;
}

/** Somebody waits now: slices have ends that the scheduler must know of. */
function beginSlices(vm: u32, at: u64): void {
  const end = vmVcpuFirst(vm) + vmVcpuOnline(vm);
  for (let vcpu = vmVcpuFirst(vm); vcpu < end; ++vcpu) {
    settleVcpu(vcpu, at);
    if (vcpuSliceNs(vcpu) == 0) setVcpuSliceNs(vcpu, worldGuestSliceNs(0));
    if (vcpuState(vcpu) == State.Run) kick(vcpu);
  }
}

/** Gives a vCPU without a thread the first that waits; NONE if nobody does. */
export function nextThread(vcpu: u32, at: u64): u32 {
  const task = takeFirst(vcpuVm(vcpu));
  if (task != NONE) putOn(task, vcpu, at);
  return task;
}
