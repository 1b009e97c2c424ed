/**
 * Workloads' streams of accesses in time: batches, waits, beginnings and ends.
 *
 *   due ─▶ access access access ─┤ one waits for a page, or the work has taken too long
 *                                └──────────────▶ the rest goes on when it is over; then the next batch
 *
 * So the rate of a stream is what it does if nothing keeps it waiting. A batch that has taken longer than to the next one
 * delays that; what has been missed is not made up for.
 *
 * When the last stream of a program's memory ends, the program does: its pages are free. Files stay cached.
 *
 * Cost: O(log events) a batch, and its accesses.
 */
import { streamEvent } from "../events";
import {
  logicalPpn,
  moveCount,
  regionFile,
  regionFirst,
  regionPages,
  setLogicalFlags,
  setLogicalPpn,
  setStreamCarry,
  setStreamDueNs,
  setStreamFaults,
  setStreamHeld,
  setStreamParked,
  setStreamPending,
  setVmDeafUntilNs,
  streamCount,
  streamDueNs,
  streamFaults,
  streamHeld,
  streamParked,
  streamPending,
  streamPeriodNs,
  streamRatePerKs,
  streamRegion,
  streamStartNs,
  streamStopNs,
  streamVm,
  vmCount,
  vmDirtyLog,
  vmHost,
  vmLoggedPages,
  vmOutOfFrames,
  vmPaused,
  vmStreamFirst,
  vmStunFaults,
} from "../layout";
import { billedAt, billedWork, openBill } from "../memory/bill";
import { blockedUntil } from "../memory/reclaim";
import { NEVER, schedule } from "../queue";
import { Message, post } from "../ring";
import { accessesDue } from "./accesses";
import { makeAccesses } from "./issue";
import { NO_PAGE, pushFree, unlink } from "./lists";
import { payBill } from "./pay";
import { forgetCopy } from "./replacement";

/**
 * The event of a stream.
 *
 * @returns true if this is the first time that the host had no frame for its VM
 */
export function streamDue(stream: u32, at: u64): bool {
  const vm = streamVm(stream);
  schedule(streamEvent(stream), NEVER);
  if (at > streamStopNs(stream)) {
    endProgram(stream, at);
    return false;
  }
  if (moveCount() > 0 && (vmPaused(vm) != 0 || streamParked(stream) != 0)) {
    setStreamHeld(stream, 1);
    return false;
  }
  const blocked = blockedUntil(vm, vmHost(vm), at);
  if (blocked > at) {
    plan(stream, blocked);
    return false;
  }
  let due = streamPending(stream);
  if (due == 0) {
    due = accessesDue(stream);
    setStreamDueNs(stream, at + streamPeriodNs(stream));
  }
  const out = vmOutOfFrames(vm);
  openBill(at);
  const logged = moveCount() > 0 ? vmLoggedPages(vm) : 0;
  const done = makeAccesses(stream, due, at);
  if (moveCount() > 0) stun(stream, vm, vmLoggedPages(vm) - logged);
  setStreamPending(stream, due - done);
  payBill(vm, at);
  const end = billedAt() + billedWork();
  plan(stream, done < due ? end : max(end, streamDueNs(stream)));
  if (out > 0 || vmOutOfFrames(vm) == 0) return false;
  post(at, Message.OutOfFrames, vm, vmOutOfFrames(vm));
  return true;
}

/** A stream that has made too many first writes of pages while its VM moves waits for the end of that. */
function stun(stream: u32, vm: u32, faults: u32): void {
  if (vmStunFaults(vm) == 0 || vmDirtyLog(vm) == 0) return;
  setStreamFaults(stream, streamFaults(stream) + faults);
  if (streamFaults(stream) >= vmStunFaults(vm)) setStreamParked(stream, 1);
}

/** Lets streams go on that were held while their VM was paused, or parked; call when it runs. */
export function resumeStreams(vm: u32, at: u64): void {
  for (let stream = vmStreamFirst(vm); stream < endOfStreams(vm); ++stream) {
    setStreamParked(stream, 0);
    setStreamFaults(stream, 0);
    if (streamHeld(stream) == 0) continue;
    setStreamHeld(stream, 0);
    schedule(streamEvent(stream), at);
  }
}

/** Requests that come before this time are lost: nobody knows where the VM is. */
export function deafen(vm: u32, until: u64): void {
  setVmDeafUntilNs(vm, until);
}

/** Schedules a stream's next batch, or its end. */
function plan(stream: u32, next: u64): void {
  const stop = streamStopNs(stream);
  if (next <= stop) schedule(streamEvent(stream), next);
  else if (streamRegion(stream) != NO_PAGE) schedule(streamEvent(stream), stop + 1);
}

/** @param at  first batch: one period after the stream's start */
export function startStream(stream: u32, at: u64): void {
  assert(stream < streamCount());
  setStreamPending(stream, 0);
  setStreamCarry(stream, 0);
  if (at <= streamStopNs(stream)) schedule(streamEvent(stream), at);
}

/** Starts what a VM's workload does by itself: streams with a rate, of regions or of physical memory. */
export function startStreams(vm: u32, at: u64, ofRegions: bool): void {
  for (let stream = vmStreamFirst(vm); stream < endOfStreams(vm); ++stream) {
    if (streamRatePerKs(stream) == 0 || (streamRegion(stream) != NO_PAGE) != ofRegions) continue;
    startStream(stream, max(at, streamStartNs(stream)) + streamPeriodNs(stream));
  }
}

/** Stops all streams of a VM. */
export function stopStreams(vm: u32): void {
  for (let stream = vmStreamFirst(vm); stream < endOfStreams(vm); ++stream) {
    setStreamPending(stream, 0);
    schedule(streamEvent(stream), NEVER);
  }
}

function endOfStreams(vm: u32): u32 {
  return vm + 1 < vmCount() ? vmStreamFirst(vm + 1) : streamCount();
}

/** A stream is over; with the last of its region the program that had it is. */
function endProgram(stream: u32, at: u64): void {
  const vm = streamVm(stream);
  const region = streamRegion(stream);
  setStreamPending(stream, 0);
  if (regionFile(region) != 0) return;
  for (let other = vmStreamFirst(vm); other < endOfStreams(vm); ++other) {
    if (streamRegion(other) == region && streamStopNs(other) >= at) return;
  }
  freeRegion(vm, region);
}

/** A program gives all its memory back: nothing of it is kept. */
export function freeRegion(vm: u32, region: u32): void {
  const end = regionFirst(region) + regionPages(region);
  for (let logical = regionFirst(region); logical < end; ++logical) {
    forgetCopy(vm, logical);
    setLogicalFlags(logical, 0);
    const ppn = logicalPpn(logical);
    if (ppn == NO_PAGE) continue;
    setLogicalPpn(logical, NO_PAGE);
    unlink(vm, ppn);
    pushFree(vm, ppn);
  }
}
