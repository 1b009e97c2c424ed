/**
 * Co-scheduling of SMP VMs: how far the vCPUs of one VM may drift apart.
 *
 *   progress of a vCPU   time in which it ran or was idle; ready, co-stopped and stolen time is its *deficit*
 *   skew_i             = (largest deficit of a sibling that is not idle) − deficit_i
 *   co-stop              a vCPU that runs and has skew above 3 ms stops; it may start again below 2 ms; looked at each 1 ms
 *
 * Nobody polls: with all rates 0 or 1 the moment when a skew crosses its threshold is known as soon as a sibling changes
 * state, and is rounded up to the grid of polls. A vCPU that wakes starts without skew.
 *
 * Source: ESX 4 and later (per vCPU, against the slowest sibling), ESX 3 (relaxed), ESX 2 (strict). Cost: O(vCPUs of a VM).
 */
import {
  eventAt,
  setVcpuDeficitNs,
  setVcpuSkewMaxNs,
  vcpuDeficitNs,
  vcpuPcpu,
  vcpuSinceNs,
  vcpuSkewMaxNs,
  vcpuState,
  vcpuVm,
  vmCostopped,
  vmVcpuFirst,
  vmVcpuOnline,
  worldCoscheduling,
  worldCostartNs,
  worldCostopNs,
  worldSkewPollNs,
} from "../layout";
import { pcpuEvent, vcpuEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { State } from "./states";

/** worldCoscheduling. */
export const enum Coscheduling {
  None = 0,
  Strict = 1,
  Relaxed = 2,
  PerVcpu = 3,
}

/** The vCPU's VM has others to keep up with. */
export function isCoscheduled(vcpu: u32): bool {
  return worldCoscheduling(0) != Coscheduling.None && vmVcpuOnline(vcpuVm(vcpu)) > 1;
}

/** Time without progress up to now. */
export function deficitOf(vcpu: u32, at: u64): u64 {
  const state = vcpuState(vcpu);
  const waits = state == State.Ready || state == State.Costop;
  return vcpuDeficitNs(vcpu) + (waits ? at - vcpuSinceNs(vcpu) : 0);
}

/** Largest deficit among the siblings that are not idle; 0 if all are. */
function worstDeficit(vcpu: u32, at: u64): u64 {
  const vm = vcpuVm(vcpu);
  const first = vmVcpuFirst(vm);
  let worst: u64 = 0;
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (sibling != vcpu && isBehindable(sibling)) worst = max(worst, deficitOf(sibling, at));
  }
  return worst;
}

/** Idle vCPUs count as running: nobody waits for them. */
function isBehindable(vcpu: u32): bool {
  const state = vcpuState(vcpu);
  return state == State.Run || state == State.Ready || state == State.Costop;
}

/** How far a vCPU is ahead of its slowest sibling that is not idle. */
export function skewOf(vcpu: u32, at: u64): u64 {
  const worst = worstDeficit(vcpu, at);
  const own = deficitOf(vcpu, at);
  return worst > own ? worst - own : 0;
}

/** A vCPU that wakes has no lead, and nobody waits for what it missed before it went to sleep. */
export function syncDeficit(vcpu: u32, at: u64): void {
  const worst = worstDeficit(vcpu, at);
  if (worst > 0) setVcpuDeficitNs(vcpu, worst);
}

function onGrid(at: u64): u64 {
  const poll = worldSkewPollNs(0);
  return ((at + poll - 1) / poll) * poll;
}

/** When a sibling that waits since `since` makes a deficit of `own` a skew above the threshold. */
function crossing(own: u64, sibling: u32): u64 {
  const known = vcpuDeficitNs(sibling);
  const due = own + worldCostopNs(0) + 1;
  return onGrid(vcpuSinceNs(sibling) + (due > known ? due - known : 0));
}

/** When a vCPU that runs will have to stop for its siblings as they are now; NEVER: it will not. */
export function stopTime(vcpu: u32, at: u64): u64 {
  if (worldCostopNs(0) == 0) return NEVER;
  const vm = vcpuVm(vcpu);
  const own = vcpuDeficitNs(vcpu);
  let earliest: u64 = NEVER;
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (sibling == vcpu) continue;
    const state = vcpuState(sibling);
    if (state == State.Ready || state == State.Costop) earliest = min(earliest, crossing(own, sibling));
    else if (state == State.Run && vcpuDeficitNs(sibling) > own + worldCostopNs(0)) {
      earliest = min(earliest, onGrid(at));
    }
  }
  return max(earliest, at);
}

/** A vCPU has begun to wait: those of its siblings that run may have to stop earlier than they thought. */
export function hurryStops(vcpu: u32): void {
  if (worldCostopNs(0) == 0) return;
  const vm = vcpuVm(vcpu);
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (sibling == vcpu || vcpuState(sibling) != State.Run) continue;
    const event = pcpuEvent(vcpuPcpu(sibling));
    const due = crossing(vcpuDeficitNs(sibling), vcpu);
    if (due < eventAt(event)) schedule(event, due);
  }
}

/** A vCPU waits no more: those of its siblings that are co-stopped may start again at a time that is known now. */
export function planStarts(vm: u32, at: u64): void {
  if (vmCostopped(vm) == 0 || worldCoscheduling(0) == Coscheduling.Strict) return;
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (vcpuState(sibling) == State.Costop) schedule(vcpuEvent(sibling), startTime(sibling, at));
  }
}

/** When a co-stopped vCPU may start again if its siblings stay as they are; NEVER: not before one changes. */
function startTime(vcpu: u32, at: u64): u64 {
  const vm = vcpuVm(vcpu);
  const own = deficitOf(vcpu, at);
  const costart = worldCostartNs(0);
  let latest = at;
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (sibling == vcpu || !isBehindable(sibling)) continue;
    const theirs = deficitOf(sibling, at);
    if (theirs < own + costart) continue;
    // One that waits as well keeps its distance.
    if (vcpuState(sibling) != State.Run) return NEVER;
    latest = max(latest, at + (theirs - own - costart) + 1);
  }
  return onGrid(latest);
}

/** Keeps the largest skew that a vCPU has had when it stopped running. */
export function noteSkew(vcpu: u32, at: u64): void {
  const skew = skewOf(vcpu, at);
  if (skew > vcpuSkewMaxNs(vcpu)) setVcpuSkewMaxNs(vcpu, skew);
}
