/**
 * Requests from outside: an open loop, which does not wait for the guest to keep up.
 *
 *   stream of gaps   g1 g2 g3 g4 g5 …
 *   ahead            ────────────────▶   next arrival
 *   behind           ──────▶             arrival of the oldest request that nobody has taken
 *
 * Both ends draw the same stream, so that a backlog of any length takes no memory. A gap lasts 1 ns at the least.
 *
 * Cost: O(log events) per request.
 */
import { NONE, Thread } from "../cpu/states";
import { sourceEvent } from "../events";
import {
  moveCount,
  setSourceGapAfter,
  setSourceGapCount,
  setSourceHead,
  setSourceNextNs,
  setSourcePending,
  setSourceRandom,
  setSourceTail,
  setSourceTakenNs,
  setSourceTakenRandom,
  setTaskBeginNs,
  setTaskNext,
  setVmLostRequests,
  sourceCount,
  sourceDraw,
  sourceGapAfter,
  sourceGapCount,
  sourceGapNs,
  sourceHead,
  sourceNextNs,
  sourcePending,
  sourceRandom,
  sourceStopNs,
  sourceTail,
  sourceTakenNs,
  sourceTakenRandom,
  sourceVm,
  taskNext,
  taskVcpu,
  vmCount,
  vmDeafUntilNs,
  vmLostRequests,
  vmPaused,
  vmSourceFirst,
} from "../layout";
import { nextState } from "../prng";
import { NEVER, schedule } from "../queue";
import { drawLength, stateAfter } from "./draw";
import { makeReady, takeOff } from "./ready";

function gap(source: u32, state: u64): u64 {
  return max<u64>(drawLength(sourceDraw(source), sourceGapNs(source), 0, nextState(state)), 1);
}

function endOfSources(vm: u32): u32 {
  return vm + 1 < vmCount() ? vmSourceFirst(vm + 1) : sourceCount();
}

/** Starts a VM's sources: the first request comes a gap later. */
export function startSources(vm: u32, at: u64): void {
  for (let source = vmSourceFirst(vm); source < endOfSources(vm); ++source) {
    scheduleNext(source, at);
    setSourceTakenNs(source, sourceNextNs(source));
    setSourceTakenRandom(source, sourceRandom(source));
  }
}

/** Stops a VM's sources; requests that nobody has taken are lost. */
export function stopSources(vm: u32): void {
  for (let source = vmSourceFirst(vm); source < endOfSources(vm); ++source) {
    schedule(sourceEvent(source), NEVER);
    setSourcePending(source, 0);
    setSourceHead(source, NONE);
  }
}

function scheduleNext(source: u32, at: u64): void {
  const state = sourceRandom(source);
  const next = at + gap(source, state);
  setSourceRandom(source, stateAfter(sourceDraw(source), state));
  setSourceNextNs(source, next);
  schedule(sourceEvent(source), next <= sourceStopNs(source) ? next : NEVER);
}

/** A request arrives: who has waited longest takes it. */
export function sourceDue(source: u32, at: u64): void {
  assert(sourceNextNs(source) == at);
  if (moveCount() > 0 && loses(source, at)) {
    scheduleNext(source, at);
    return;
  }
  setSourcePending(source, sourcePending(source) + 1);
  scheduleNext(source, at);
  const task = sourceHead(source);
  if (task == NONE) return;
  setSourceHead(source, taskNext(task));
  setTaskNext(task, NONE);
  takeOldest(source, task);
  makeReady(task, at);
}

/**
 * Takes the oldest request, which begins an operation, or waits for one.
 *
 * @returns true if there was one
 */
export function takeRequest(source: u32, task: u32): bool {
  if (sourcePending(source) > 0) {
    takeOldest(source, task);
    return true;
  }
  if (sourceHead(source) == NONE) setSourceHead(source, task);
  else setTaskNext(sourceTail(source), task);
  setSourceTail(source, task);
  setTaskNext(task, NONE);
  takeOff(taskVcpu(task), Thread.Blocked);
  return false;
}

/**
 * A request that comes while its VM is paused, or has not been announced at its new place, is lost. All that are lost in one go
 * stand together; a second gap behind a backlog of the first is none: its requests wait.
 */
function loses(source: u32, at: u64): bool {
  const vm = sourceVm(source);
  if (vmPaused(vm) == 0 && at >= vmDeafUntilNs(vm)) return false;
  if (sourceGapCount(source) > 0 && sourceGapAfter(source) != sourcePending(source)) return false;
  if (sourceGapCount(source) == 0) setSourceGapAfter(source, sourcePending(source));
  setSourceGapCount(source, sourceGapCount(source) + 1);
  setVmLostRequests(vm, vmLostRequests(vm) + 1);
  return true;
}

/** Passes over requests that were lost before the oldest that is pending. */
function passGap(source: u32): void {
  if (sourceGapCount(source) == 0) return;
  if (sourceGapAfter(source) > 0) {
    setSourceGapAfter(source, sourceGapAfter(source) - 1);
    return;
  }
  for (let lost = sourceGapCount(source); lost > 0; --lost) {
    const state = sourceTakenRandom(source);
    setSourceTakenNs(source, sourceTakenNs(source) + gap(source, state));
    setSourceTakenRandom(source, stateAfter(sourceDraw(source), state));
  }
  setSourceGapCount(source, 0);
}

function takeOldest(source: u32, task: u32): void {
  if (moveCount() > 0) passGap(source);
  const arrived = sourceTakenNs(source);
  const state = sourceTakenRandom(source);
  setTaskBeginNs(task, arrived);
  setSourcePending(source, sourcePending(source) - 1);
  setSourceTakenNs(source, arrived + gap(source, state));
  setSourceTakenRandom(source, stateAfter(sourceDraw(source), state));
}
