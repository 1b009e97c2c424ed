/**
 * What falls due on a pCPU: its guest's work is done, the guest switches threads, a budget is spent, the skew is too
 * large, a wait has become a panic, the quantum is over.
 *
 * Cost: O(levels × log children).
 */
import {
  hostThreads,
  hostWantTrees,
  pcpuGrantNs,
  pcpuHost,
  pcpuSliceEndNs,
  pcpuVcpu,
  setPcpuGrantNs,
  setPcpuSliceEndNs,
  setVcpuCostops,
  setVcpuPreemptions,
  taskState,
  taskWorkNs,
  vcpuCostops,
  vcpuPcpu,
  vcpuPreemptions,
  vcpuRefillNs,
  vcpuSliceNs,
  vcpuSpinUntilNs,
  vcpuState,
  vcpuTask,
  vcpuVm,
  vmQueueHead,
  vmVcpuFirst,
  vmVcpuOnline,
  worldCoscheduling,
  worldCostartNs,
  worldQuantumNs,
} from "../layout";
import { guestSliceDone, workDone } from "../guest/threads";
import { deactivate, setState } from "./account";
import { mayShareCore } from "./core-sharing";
import { isOver } from "./credit";
import { project, start, stop } from "./dispatch";
import { fill } from "./fill";
import { gangStop } from "./gang";
import { takeKicked } from "./kick";
import { takeGrant } from "./limit";
import { panic } from "./machine";
import { leftForPage, pageCame } from "./page-wait";
import { exchange, goOn } from "./pick";
import { dequeue, enqueue, queuedAt, treesKept } from "./run-queue";
import { goesOn } from "./siblings";
import { settle } from "./settle";
import { Coscheduling, deficitOf, isCoscheduled, mustStop, planStarts, skewOf } from "./skew";
import { NONE, State, Thread } from "./states";
import { place, wake } from "./wake";

/** The event of a pCPU. */
export function turn(pcpu: u32, at: u64): void {
  settle(pcpu, at);
  const vcpu = pcpuVcpu(pcpu);
  if (vcpu == NONE) {
    fill(pcpu, at);
    return;
  }
  // It may wait for a page since it was dispatched, or since its last step.
  const waits = vcpuTask(vcpu) != NONE && leftForPage(pcpu, vcpu, at);
  if (!waits && !guestGoesOn(pcpu, vcpu, at)) return;
  if (waits || leftForPage(pcpu, vcpu, at)) {
    fill(pcpu, at);
    return;
  }
  if (pcpuGrantNs(pcpu) == 0) {
    const grant = takeGrant(vcpu, at);
    if (grant == 0) {
      stop(pcpu, State.Ready, at);
      enqueue(vcpu, pcpu);
      fill(pcpu, at);
      return;
    }
    setPcpuGrantNs(pcpu, grant);
  }
  if (isCoscheduled(vcpu) && mustStop(vcpu, at)) {
    costop(pcpu, vcpu, at);
    return;
  }
  if (at >= pcpuSliceEndNs(pcpu)) {
    quantumOver(pcpu, vcpu, at);
    return;
  }
  project(pcpu, at);
}

/** Lets the guest take its next steps; false if the vCPU has stopped running for want of work, or its VM for good. */
function guestGoesOn(pcpu: u32, vcpu: u32, at: u64): bool {
  let task = vcpuTask(vcpu);
  const spins = task != NONE && taskState(task) == Thread.Spins;
  if (spins && at >= vcpuSpinUntilNs(vcpu)) {
    panic(vcpuVm(vcpu), at);
    return false;
  }
  if (task != NONE && !spins && taskWorkNs(task) == 0 && vcpuRefillNs(vcpu) == 0) workDone(vcpu, at);
  else if (task != NONE && vmQueueHead(vcpuVm(vcpu)) != NONE && vcpuSliceNs(vcpu) == 0)
    guestSliceDone(vcpu, at);
  task = vcpuTask(vcpu);
  if (task != NONE) return true;
  halt(pcpu, at);
  return false;
}

/** The vCPU that runs has nothing more to do. */
function halt(pcpu: u32, at: u64): void {
  const vcpu = pcpuVcpu(pcpu);
  stop(pcpu, State.Idle, at);
  deactivate(vcpu);
  fill(pcpu, at);
}

/** The quantum is over: whoever has the least virtual time is next, which may be the same again. */
function quantumOver(pcpu: u32, vcpu: u32, at: u64): void {
  const mayBeOthers = (queuedAt(pcpu) > 0 && !goesOn(vcpu)) || isOver(vcpu);
  if (mayBeOthers || hostThreads(pcpuHost(pcpu)) > 1) {
    stop(pcpu, State.Ready, at);
    setVcpuPreemptions(vcpu, vcpuPreemptions(vcpu) + 1);
    takeTurns(pcpu, vcpu, at);
    // Its own turn again: nobody has taken the processor from it.
    if (pcpuVcpu(pcpu) == vcpu) setVcpuPreemptions(vcpu, vcpuPreemptions(vcpu) - 1);
    return;
  }
  setPcpuSliceEndNs(pcpu, at + worldQuantumNs(0));
  goOn(vcpu);
  project(pcpu, at);
}

/** The vCPU that has just stopped goes back to the run queue, and whoever's turn it is takes the pCPU. */
function takeTurns(pcpu: u32, vcpu: u32, at: u64): void {
  const host = pcpuHost(pcpu);
  const mayObject =
    hostThreads(host) > 1 || hostWantTrees(host) != NONE || worldCoscheduling(0) == Coscheduling.Strict;
  if (mayObject || treesKept(vcpu, pcpu) == NONE) {
    enqueue(vcpu, pcpu);
    fill(pcpu, at);
    return;
  }
  const next = exchange(pcpu);
  if (next != NONE) {
    if (start(pcpu, next, at)) return;
    // A limit above it has just been reached; others may go on.
    enqueue(next, vcpuPcpu(next));
  }
  fill(pcpu, at);
}

/** A vCPU is too far ahead of its siblings. */
function costop(pcpu: u32, vcpu: u32, at: u64): void {
  const vm = vcpuVm(vcpu);
  if (worldCoscheduling(0) == Coscheduling.Strict) {
    gangStop(vm, at);
    return;
  }
  stopForSkew(pcpu, vcpu, at);
  if (worldCoscheduling(0) == Coscheduling.Relaxed) stopLeaders(vm, vcpu, at);
  handOff(pcpu, vm, at);
  planStarts(vm, at);
}

/**
 * The pCPU of a vCPU that was too far ahead goes to the sibling that is furthest behind and waits for one, for what is left
 * of the quantum: with a quantum of their own two siblings would keep a pCPU to themselves for ever.
 */
function handOff(pcpu: u32, vm: u32, at: u64): void {
  const first = vmVcpuFirst(vm);
  let slowest: u32 = NONE;
  let most: u64 = 0;
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (vcpuState(sibling) != State.Ready) continue;
    const deficit = deficitOf(sibling, at);
    if (slowest != NONE && deficit <= most) continue;
    slowest = sibling;
    most = deficit;
  }
  const end = pcpuSliceEndNs(pcpu);
  if (slowest != NONE && end > at && mayShareCore(pcpu, slowest, at)) {
    const from = vcpuPcpu(slowest);
    dequeue(slowest, from);
    if (start(pcpu, slowest, at)) {
      setPcpuSliceEndNs(pcpu, end);
      project(pcpu, at);
      return;
    }
    enqueue(slowest, from);
  }
  fill(pcpu, at);
}

function stopForSkew(pcpu: u32, vcpu: u32, at: u64): void {
  stop(pcpu, State.Costop, at);
  setVcpuCostops(vcpu, vcpuCostops(vcpu) + 1);
}

/** Relaxed: with the leader stop all siblings that are ahead of the slowest by as much as would let nobody start. */
function stopLeaders(vm: u32, leader: u32, at: u64): void {
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (sibling == leader || vcpuState(sibling) != State.Run) continue;
    const pcpu = vcpuPcpu(sibling);
    settle(pcpu, at);
    if (skewOf(sibling, at) < worldCostartNs(0)) continue;
    stopForSkew(pcpu, sibling, at);
    handOff(pcpu, vm, at);
  }
}

/** The event of a vCPU: the page that it waited for has come, or it may start again if its siblings have caught up. */
export function costart(vcpu: u32, at: u64): void {
  if (vcpuState(vcpu) == State.Swap) {
    pageCame(vcpu, at);
    return;
  }
  if (vcpuState(vcpu) != State.Costop) return;
  if (skewOf(vcpu, at) >= worldCostartNs(0)) {
    planStarts(vcpuVm(vcpu), at);
    return;
  }
  setState(vcpu, State.Ready, at);
  place(vcpu, true, at);
}

/** Deals with every vCPU whose guest has more or less to do than before. */
export function drainKicks(at: u64): void {
  for (let vcpu = takeKicked(); vcpu != NONE; vcpu = takeKicked()) {
    const hasTask = vcpuTask(vcpu) != NONE;
    const state = vcpuState(vcpu);
    if (state == State.Idle && hasTask) wake(vcpu, at);
    else if (state == State.Run) {
      settle(vcpuPcpu(vcpu), at);
      if (hasTask) project(vcpuPcpu(vcpu), at);
      else halt(vcpuPcpu(vcpu), at);
    }
  }
}
