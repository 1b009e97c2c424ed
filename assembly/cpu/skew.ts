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
  pcpuSettledNs,
  pcpuStolenNs,
  pcpuVcpu,
  setVcpuDeficitNs,
  setVcpuSkewMaxNs,
  setVcpuStopNs,
  vcpuDeficitNs,
  vcpuDeficitNsIn,
  vcpuPcpu,
  vcpuPcpuIn,
  vcpuRecord,
  vcpuSinceNsIn,
  vcpuSkewMaxNs,
  vcpuState,
  vcpuStateIn,
  vcpuStopNs,
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
import { stolenOf } from "./settle";
import { NONE, State } from "./states";

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

function waits(state: u32): bool {
  return state == State.Ready || state == State.Costop;
}

/** Time without progress up to now. */
export function deficitOf(vcpu: u32, at: u64): u64 {
  return deficitIn(vcpuRecord(vcpu), at);
}

/** The same, by the address of its record: a host of SMP VMs asks for it a dozen times a dispatch. */
function deficitIn(own: usize, at: u64): u64 {
  const state = <u32>vcpuStateIn(own);
  const known = vcpuDeficitNsIn(own);
  if (waits(state)) return known + (at - vcpuSinceNsIn(own));
  if (state != State.Run) return known;
  const pcpu = vcpuPcpuIn(own);
  return known + stolenOf(pcpu, pcpuSettledNs(pcpu), at);
}

/** Largest deficit among the siblings that are not idle; 0 if all are. */
function worstDeficit(vcpu: u32, at: u64): u64 {
  const vm = vcpuVm(vcpu);
  const first = vmVcpuFirst(vm);
  let worst: u64 = 0;
  const end = first + vmVcpuOnline(vm);
  for (let sibling = first; sibling < end; ++sibling) {
    if (sibling == vcpu) continue;
    const its = vcpuRecord(sibling);
    if (isBehindable(<u32>vcpuStateIn(its))) worst = max(worst, deficitIn(its, at));
  }
  return worst;
}

/** Idle vCPUs count as running: nobody waits for them. */
function isBehindable(state: u32): bool {
  return state == State.Run || waits(state);
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

/**
 * When a vCPU with a deficit of `own` has to stop for a sibling as that is now: one that waits falls behind for good, one
 * whose pCPU does interrupts for as long as they take. NEVER: it has not.
 */
function crossing(own: u64, sibling: u32, at: u64): u64 {
  const its = vcpuRecord(sibling);
  const state = <u32>vcpuStateIn(its);
  const known = vcpuDeficitNsIn(its);
  const due = own + worldCostopNs(0) + 1;
  const missing = due > known ? due - known : 0;
  // One that was too far ahead when it came may go on to the next poll while its sibling runs, no longer.
  if (waits(state)) return missing == 0 ? at : onGrid(vcpuSinceNsIn(its) + missing);
  if (state != State.Run) return NEVER;
  const pcpu = vcpuPcpuIn(its);
  const crosses = pcpuSettledNs(pcpu) + missing;
  return missing > 0 && crosses > pcpuStolenNs(pcpu) ? NEVER : onGrid(max(crosses, at));
}

/** Works out when a vCPU that runs will have to stop for its siblings as they are now; NEVER: it will not. */
export function planStop(vcpu: u32, at: u64): u64 {
  const due = worldCostopNs(0) == 0 ? NEVER : max(stopTime(vcpu, at), at);
  setVcpuStopNs(vcpu, due);
  return due;
}

function stopTime(vcpu: u32, at: u64): u64 {
  const vm = vcpuVm(vcpu);
  const own = vcpuDeficitNs(vcpu);
  let earliest: u64 = NEVER;
  const first = vmVcpuFirst(vm);
  const end = first + vmVcpuOnline(vm);
  for (let sibling = first; sibling < end; ++sibling) {
    if (sibling != vcpu) earliest = min(earliest, crossing(own, sibling, at));
  }
  return earliest;
}

/** A vCPU that runs, its time settled, has to stop for its siblings now. */
export function mustStop(vcpu: u32, at: u64): bool {
  return at >= vcpuStopNs(vcpu) && skewOf(vcpu, at) > worldCostopNs(0);
}

/** A vCPU falls behind from now on: those of its siblings that run may have to stop earlier than they thought. */
export function hurryStops(vcpu: u32, at: u64): void {
  if (worldCostopNs(0) == 0) return;
  const vm = vcpuVm(vcpu);
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + vmVcpuOnline(vm); ++sibling) {
    if (sibling == vcpu || vcpuState(sibling) != State.Run) continue;
    const event = pcpuEvent(vcpuPcpu(sibling));
    const due = max(crossing(vcpuDeficitNs(sibling), vcpu, at), at);
    if (due < vcpuStopNs(sibling)) setVcpuStopNs(sibling, due);
    if (due < eventAt(event)) schedule(event, due);
  }
}

/** Interrupts have taken a pCPU, or have it when a vCPU comes: the siblings of the one that it runs do not wait for them. */
export function noteStolen(pcpu: u32, at: u64): void {
  const vcpu = pcpuVcpu(pcpu);
  if (vcpu != NONE && pcpuStolenNs(pcpu) > at && isCoscheduled(vcpu)) hurryStops(vcpu, at);
}

/**
 * A vCPU waits no more: those of its siblings that are co-stopped may start again at a time that is known now, if the others
 * stay as they are. Behind one that waits as well they keep their distance.
 */
export function planStarts(vm: u32, at: u64): void {
  if (vmCostopped(vm) == 0 || worldCoscheduling(0) == Coscheduling.Strict) return;
  const first = vmVcpuFirst(vm);
  const end = first + vmVcpuOnline(vm);
  const costart = worldCostartNs(0);
  let waiting: u64 = 0;
  let running: u64 = 0;
  for (let vcpu = first; vcpu < end; ++vcpu) {
    const own = vcpuRecord(vcpu);
    const state = <u32>vcpuStateIn(own);
    if (!isBehindable(state)) continue;
    const deficit = deficitIn(own, at);
    if (state == State.Run) running = max(running, deficit);
    else waiting = max(waiting, deficit);
  }
  for (let vcpu = first; vcpu < end; ++vcpu) {
    if (vcpuState(vcpu) != State.Costop) continue;
    const enough = deficitOf(vcpu, at) + costart;
    const start = running < enough ? at : at + (running - enough) + 1;
    const due = waiting < enough ? onGrid(start) : NEVER;
    const event = vcpuEvent(vcpu);
    if (eventAt(event) != due) schedule(event, due);
  }
}

/** Keeps the largest skew that a vCPU has had when it stopped running. */
export function noteSkew(vcpu: u32, at: u64): void {
  const skew = skewOf(vcpu, at);
  if (skew > vcpuSkewMaxNs(vcpu)) setVcpuSkewMaxNs(vcpu, skew);
}
