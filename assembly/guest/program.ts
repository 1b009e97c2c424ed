/**
 * Programs of guest threads, step by step: what a thread does between two pieces of work, in no time.
 *
 *   run 4 ms · lock · run 10 µs · unlock · access memory · sleep 1 ms · and again
 *
 * Only a thread on a vCPU that runs takes steps. Steps that wait leave the vCPU; a spin keeps it.
 *
 * Source: rt-app (run, sleep, timer, lock, barrier, suspend, resume). Cost: a few ns per step.
 */
import { NONE, Thread } from "../cpu/states";
import { taskEvent } from "../events";
import {
  opDraw,
  opKind,
  opNs,
  opSpreadNs,
  opTarget,
  setTaskAccesses,
  setTaskOp,
  setTaskRandom,
  setTaskTimerNs,
  setTaskWorkNs,
  setVcpuSwapUntilNs,
  taskAccesses,
  taskBeginNs,
  taskOp,
  taskOpFirst,
  taskRandom,
  taskTimerNs,
  taskVcpu,
  taskVm,
  vcpuSwapUntilNs,
  vmHost,
  vmPowerNs,
  vmSourceFirst,
  vmStreamFirst,
  vmSyncFirst,
} from "../layout";
import { billedAt, billedGuestUntil, billedHostUntil, billedWork, openBill } from "../memory/bill";
import { blockedUntil } from "../memory/reclaim";
import { nextState } from "../prng";
import { schedule } from "../queue";
import { takeRequest } from "./arrivals";
import { drawLength, stateAfter } from "./draw";
import { passMarks, Step } from "./flow";
import { makeAccesses } from "./issue";
import { recordOperation } from "./latency";
import { lock, unlock } from "./locks";
import { arrive, resume, suspend } from "./meetings";
import { payBill } from "./pay";
import { takeOff } from "./ready";

/** Takes a thread's steps until it has work, spins, or has left its vCPU. */
export function takeSteps(task: u32, at: u64): void {
  assert(taskVcpu(task) != NONE);
  do {
    if (!passMarks(task, at)) {
      takeOff(taskVcpu(task), Thread.Ended);
      return;
    }
  } while (takeStep(task, at));
}

/** @returns true if the thread goes on at once */
function takeStep(task: u32, at: u64): bool {
  const op = taskOpFirst(task) + taskOp(task);
  const kind = <u32>opKind(op);
  setTaskOp(task, taskOp(task) + 1);
  if (kind == Step.Run) {
    const work = draw(task, op);
    setTaskWorkNs(task, work);
    return work == 0;
  }
  if (kind == Step.Finish) {
    recordOperation(taskVm(task), at - taskBeginNs(task));
    return true;
  }
  const vm = taskVm(task);
  if (kind == Step.Access) return access(task, op, vm, at);
  if (kind == Step.Take) return takeRequest(vmSourceFirst(vm) + opTarget(op), task);
  const meets = kind >= <u32>Step.Lock && kind <= <u32>Step.Resume;
  if (meets) return meet(kind, vmSyncFirst(vm) + opTarget(op), task, at);
  return !sleepUntil(task, wakeTime(kind, op, task, at), at);
}

/**
 * Accesses to memory. What they cost is work of the thread; for a page on the guest's disk the thread sleeps, for one that
 * the host has paged out, or while the host holds the VM, its whole vCPU waits. The step is then taken up again.
 *
 * @returns true if the thread goes on at once
 */
function access(task: u32, op: u32, vm: u32, at: u64): bool {
  const stream = vmStreamFirst(vm) + opTarget(op);
  const held = blockedUntil(vm, vmHost(vm), at);
  if (held > at) {
    setTaskOp(task, taskOp(task) - 1);
    return !sleepUntil(task, held, at);
  }
  const count = taskAccesses(task) > 0 ? <u64>taskAccesses(task) : opNs(op);
  openBill(at);
  const left = count - makeAccesses(stream, count, at);
  payBill(vm, at);
  setTaskAccesses(task, <u32>left);
  if (left > 0) setTaskOp(task, taskOp(task) - 1);
  const vcpu = taskVcpu(task);
  const host = billedHostUntil();
  if (host > at) setVcpuSwapUntilNs(vcpu, max(vcpuSwapUntilNs(vcpu), host));
  // With something left to do the thread stays on the vCPU that waits.
  const work = host > at ? max<u64>(billedWork(), 1) : billedWork();
  setTaskWorkNs(task, work);
  if (billedGuestUntil() > at) return !sleepUntil(task, billedAt(), at);
  return work == 0;
}

function meet(kind: u32, sync: u32, task: u32, at: u64): bool {
  if (kind == Step.Lock) return lock(sync, task, at);
  if (kind == Step.Barrier) return arrive(sync, task, at);
  if (kind == Step.Unlock) {
    unlock(sync, task, at);
    return true;
  }
  if (kind == Step.Resume) {
    resume(sync, at);
    return true;
  }
  suspend(sync, task, at);
  return false;
}

/** When a sleep is over. A timer keeps its grid: a release that is past is as good as one to come. */
function wakeTime(kind: u32, op: u32, task: u32, at: u64): u64 {
  if (kind == Step.Sleep) return at + draw(task, op);
  if (kind == Step.Until) return vmPowerNs(taskVm(task)) + opNs(op);
  assert(kind == Step.Timer);
  const release = taskTimerNs(task) + opNs(op);
  setTaskTimerNs(task, release);
  return release;
}

/** @returns false if that is past: the thread does not sleep */
function sleepUntil(task: u32, until: u64, at: u64): bool {
  if (until <= at) return false;
  takeOff(taskVcpu(task), Thread.Blocked);
  schedule(taskEvent(task), until);
  return true;
}

function draw(task: u32, op: u32): u64 {
  const kind = <u32>opDraw(op);
  const state = taskRandom(task);
  setTaskRandom(task, stateAfter(kind, state));
  return drawLength(kind, opNs(op), opSpreadNs(op), nextState(state));
}
