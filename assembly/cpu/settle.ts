/**
 * Accounts the time that a pCPU has spent since it was last looked at: to its vCPU, to everybody above it in the tree, to
 * the guest's work. Splitting an interval in two makes no difference but where lags are bounded.
 *
 *   elapsed = stolen by interrupts (OVRLP: not charged, no progress) + the guest's
 *   charged = guest's × charge ppm;  work = guest's × work ppm, cache refill first
 *
 * Cost: O(levels).
 */
import {
  pcpuBusyNs,
  pcpuChargePpm,
  pcpuChargeRest,
  pcpuGrantNs,
  pcpuSettledNs,
  pcpuSliceEndNs,
  pcpuStolenNs,
  pcpuUsedNs,
  pcpuVcpu,
  pcpuWorkPpm,
  setPcpuBusyNs,
  setPcpuChargeRest,
  setPcpuGrantNs,
  setPcpuSettledNs,
  setPcpuUsedNs,
  setTaskWorkNsIn,
  setVcpuDeficitNsIn,
  setVcpuOverlapNs,
  setVcpuRefillNsIn,
  setVcpuRunNsIn,
  setVcpuSliceNsIn,
  setVcpuUsedNsIn,
  setVcpuWorkRestIn,
  setVmSpinNs,
  taskRecord,
  taskStateIn,
  taskWorkNsIn,
  vcpuClientIn,
  vcpuDeficitNsIn,
  vcpuOverlapNs,
  vcpuPcpu,
  vcpuRecord,
  vcpuRefillNsIn,
  vcpuRunNsIn,
  vcpuSliceNsIn,
  vcpuState,
  vcpuTaskIn,
  vcpuUsedNsIn,
  vcpuVmIn,
  vcpuWorkRestIn,
  vmSpinNs,
} from "../layout";
import { debit } from "./credit";
import { UNLIMITED } from "./limit";
import { treesKept } from "./run-queue";
import { NONE, State, Thread } from "./states";
import { charge, chargeSeated } from "./vtime";

const ONE: u64 = 1_000_000;

/** Time of a pCPU that is charged, for `guest` ns of its guest and what was left over before. */
export function chargedOf(pcpu: u32, guest: u64): u64 {
  const ppm = <u64>pcpuChargePpm(pcpu);
  return ppm == ONE ? guest : (guest * ppm + <u64>pcpuChargeRest(pcpu)) / ONE;
}

/** Part of the time since the last look that interrupts took. */
export function stolenOf(pcpu: u32, from: u64, at: u64): u64 {
  const until = pcpuStolenNs(pcpu);
  return until > from ? min(until, at) - from : 0;
}

/** Accounts a pCPU's time up to `at`. */
export function settle(pcpu: u32, at: u64): void {
  const from = pcpuSettledNs(pcpu);
  if (at <= from) return;
  setPcpuSettledNs(pcpu, at);
  const vcpu = pcpuVcpu(pcpu);
  if (vcpu == NONE) return;
  const own = vcpuRecord(vcpu);
  const elapsed = at - from;
  setPcpuBusyNs(pcpu, pcpuBusyNs(pcpu) + elapsed);
  setVcpuRunNsIn(own, vcpuRunNsIn(own) + elapsed);
  const stolen = stolenOf(pcpu, from, at);
  if (stolen > 0) {
    setVcpuOverlapNs(vcpu, vcpuOverlapNs(vcpu) + stolen);
    setVcpuDeficitNsIn(own, vcpuDeficitNsIn(own) + stolen);
  }
  const guest = elapsed - stolen;
  if (guest > 0) settleGuest(pcpu, vcpu, own, guest, at);
}

/** @param own  the vCPU's record */
function settleGuest(pcpu: u32, vcpu: u32, own: usize, guest: u64, at: u64): void {
  const charged = chargedOf(pcpu, guest);
  const ppm = <u64>pcpuChargePpm(pcpu);
  if (ppm != ONE) {
    setPcpuChargeRest(pcpu, <u32>(guest * ppm + <u64>pcpuChargeRest(pcpu) - charged * ONE));
  }
  setPcpuUsedNs(pcpu, pcpuUsedNs(pcpu) + charged);
  debit(vcpu, guest);
  setVcpuUsedNsIn(own, vcpuUsedNsIn(own) + charged);
  if (pcpuGrantNs(pcpu) != UNLIMITED) {
    setPcpuGrantNs(pcpu, pcpuGrantNs(pcpu) - min(pcpuGrantNs(pcpu), charged));
  }
  // Its quantum is over: it is about to go back to its run queue.
  const trees = at >= pcpuSliceEndNs(pcpu) ? treesKept(vcpu, pcpu) : NONE;
  if (trees == NONE) charge(vcpuClientIn(own), charged, at);
  else chargeSeated(vcpuClientIn(own), charged, trees);
  progress(pcpu, own, guest);
}

/** What the guest gets done. */
function progress(pcpu: u32, own: usize, guest: u64): void {
  const thread = vcpuTaskIn(own);
  if (thread == NONE) return;
  setVcpuSliceNsIn(own, vcpuSliceNsIn(own) - min(vcpuSliceNsIn(own), guest));
  const task = taskRecord(thread);
  if (taskStateIn(task) == Thread.Spins) {
    const vm = vcpuVmIn(own);
    setVmSpinNs(vm, vmSpinNs(vm) + guest);
    return;
  }
  const ppm = <u64>pcpuWorkPpm(pcpu);
  let work = guest;
  if (ppm != ONE) {
    const parts = guest * ppm + <u64>vcpuWorkRestIn(own);
    work = parts / ONE;
    setVcpuWorkRestIn(own, <u32>(parts - work * ONE));
  }
  const refill = vcpuRefillNsIn(own);
  if (refill > 0) {
    const part = min(refill, work);
    setVcpuRefillNsIn(own, refill - part);
    work -= part;
  }
  setTaskWorkNsIn(task, taskWorkNsIn(task) - min(taskWorkNsIn(task), work));
}

/** Accounts a vCPU's time up to `at`, if it runs. */
export function settleVcpu(vcpu: u32, at: u64): void {
  if (vcpuState(vcpu) == State.Run) settle(vcpuPcpu(vcpu), at);
}
