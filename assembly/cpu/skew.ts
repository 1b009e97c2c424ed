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
  setVcpuStopNsIn,
  vcpuDeficitNsIn,
  vcpuPcpu,
  vcpuPcpuIn,
  vcpuRecord,
  vcpuRecordFrom,
  vcpuSinceNsIn,
  vcpuSkewMaxNs,
  vcpuState,
  vcpuStateIn,
  vcpuStopNs,
  vcpuStopNsIn,
  vcpuVm,
  vcpuVmIn,
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
  const self = vcpuRecord(vcpu);
  const vm = vcpuVmIn(self);
  const first = vcpuRecord(vmVcpuFirst(vm));
  const end = vcpuRecordFrom(first, vmVcpuOnline(vm));
  let worst: u64 = 0;
  for (let its = first; its < end; its = vcpuRecordFrom(its, 1)) {
    if (its != self && isBehindable(<u32>vcpuStateIn(its))) worst = max(worst, deficitIn(its, at));
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
 * When a vCPU that has to stop at a deficit of `due` of a sibling has to, for the sibling as that is now: one that waits falls
 * behind for good, one whose pCPU does interrupts for as long as they take. To the ns, not to the poll; NEVER: it has not.
 *
 * @param its  the sibling's record
 */
function crossing(due: u64, its: usize, at: u64): u64 {
  const state = <u32>vcpuStateIn(its);
  const known = vcpuDeficitNsIn(its);
  const missing = due > known ? due - known : 0;
  if (waits(state)) return missing == 0 ? 0 : vcpuSinceNsIn(its) + missing;
  if (state != State.Run) return NEVER;
  const pcpu = vcpuPcpuIn(its);
  const crosses = pcpuSettledNs(pcpu) + missing;
  // One that was too far ahead when it came may go on to the next poll while its sibling runs, no longer.
  return missing > 0 && crosses > pcpuStolenNs(pcpu) ? NEVER : max(crosses, at);
}

/** The poll at which it is seen; at once where it is past. */
function seenAt(crosses: u64, at: u64): u64 {
  return crosses == 0 ? at : max(onGrid(crosses), at);
}

/** Works out when a vCPU that runs will have to stop for its siblings as they are now; NEVER: it will not. */
export function planStop(vcpu: u32, at: u64): u64 {
  const due = worldCostopNs(0) == 0 ? NEVER : stopTime(vcpu, at);
  setVcpuStopNs(vcpu, due);
  return due;
}

/** Polls are a grid, so that the earliest crossing is seen first: one division, not one a sibling. */
function stopTime(vcpu: u32, at: u64): u64 {
  const self = vcpuRecord(vcpu);
  const vm = vcpuVmIn(self);
  const due = vcpuDeficitNsIn(self) + worldCostopNs(0) + 1;
  const first = vcpuRecord(vmVcpuFirst(vm));
  const end = vcpuRecordFrom(first, vmVcpuOnline(vm));
  let earliest: u64 = NEVER;
  for (let its = first; its < end; its = vcpuRecordFrom(its, 1)) {
    if (its != self) earliest = min(earliest, crossing(due, its, at));
  }
  return earliest == NEVER ? NEVER : seenAt(earliest, at);
}

/** A vCPU that runs, its time settled, has to stop for its siblings now. */
export function mustStop(vcpu: u32, at: u64): bool {
  return at >= vcpuStopNs(vcpu) && skewOf(vcpu, at) > worldCostopNs(0);
}

/** A vCPU falls behind from now on: those of its siblings that run may have to stop earlier than they thought. */
export function hurryStops(vcpu: u32, at: u64): void {
  const costop = worldCostopNs(0);
  if (costop == 0) return;
  const self = vcpuRecord(vcpu);
  const vm = vcpuVmIn(self);
  const first = vcpuRecord(vmVcpuFirst(vm));
  const end = vcpuRecordFrom(first, vmVcpuOnline(vm));
  for (let its = first; its < end; its = vcpuRecordFrom(its, 1)) {
    if (its == self || vcpuStateIn(its) != State.Run) continue;
    const crosses = crossing(vcpuDeficitNsIn(its) + costop + 1, self, at);
    if (crosses == NEVER) continue;
    const event = pcpuEvent(vcpuPcpuIn(its));
    const due = seenAt(crosses, at);
    if (due < vcpuStopNsIn(its)) setVcpuStopNsIn(its, due);
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
  const firstVcpu = vmVcpuFirst(vm);
  const first = vcpuRecord(firstVcpu);
  const end = vcpuRecordFrom(first, vmVcpuOnline(vm));
  let waiting: u64 = 0;
  let running: u64 = 0;
  for (let own = first; own < end; own = vcpuRecordFrom(own, 1)) {
    const state = <u32>vcpuStateIn(own);
    if (state == State.Run) running = max(running, deficitIn(own, at));
    else if (waits(state)) waiting = max(waiting, deficitIn(own, at));
  }
  const costart = worldCostartNs(0);
  let event = vcpuEvent(firstVcpu);
  for (let own = first; own < end; own = vcpuRecordFrom(own, 1), ++event) {
    if (vcpuStateIn(own) != State.Costop) continue;
    const enough = deficitIn(own, at) + costart;
    let due: u64 = NEVER;
    if (waiting < enough) due = onGrid(running < enough ? at : at + (running - enough) + 1);
    if (eventAt(event) != due) schedule(event, due);
  }
}

/** Keeps the largest skew that a vCPU has had when it stopped running. */
export function noteSkew(vcpu: u32, at: u64): void {
  const skew = skewOf(vcpu, at);
  if (skew > vcpuSkewMaxNs(vcpu)) setVcpuSkewMaxNs(vcpu, skew);
}
