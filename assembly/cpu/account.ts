/**
 * Changes of state of a vCPU: the time in the old one is accounted, the timeline is told.
 *
 *   RUN + READY + COSTOP + WAIT (idle, swap) = time plugged in and powered on
 *
 * RUN is accounted by `settle`. Cost: O(1); O(levels) where a limit holds.
 */
import {
  clientActive,
  clientParent,
  setClientActive,
  setTraceAt,
  setTracePcpu,
  setTraceState,
  setTraceVcpu,
  setVcpuCostopNs,
  setVcpuDeficitNsIn,
  setVcpuIdleNs,
  setVcpuReadyNsIn,
  setVcpuSinceNsIn,
  setVcpuStateIn,
  setVcpuSwapNs,
  setVmCostopped,
  setWorldTraceHead,
  traceCount,
  traceState,
  vcpuClient,
  vcpuClientIn,
  vcpuCostopNs,
  vcpuDeficitNsIn,
  vcpuIdleNs,
  vcpuLimitedIn,
  vcpuPcpu,
  vcpuReadyNsIn,
  vcpuRecord,
  vcpuSinceNsIn,
  vcpuStateIn,
  vcpuSwapNs,
  vcpuVmIn,
  vmCostopped,
  vmVcpuFirst,
  worldTraceHead,
  worldTracing,
} from "../layout";
import { settleGuestTime } from "./guest-time";
import { isLimited, markVcpu } from "./limit";
import { NONE, State } from "./states";
import { part, rejoin } from "./vtime";

/** Added to a state in the timeline: it came from another pCPU. */
export const MIGRATED: u32 = 16;

/** Brings a vCPU into a state. */
export function setState(vcpu: u32, state: u32, at: u64, flag: u32 = 0): void {
  const own = vcpuRecord(vcpu);
  const vm = vcpuVmIn(own);
  if (vcpu == vmVcpuFirst(vm)) settleGuestTime(vm, at);
  const since = at - vcpuSinceNsIn(own);
  switch (<u32>vcpuStateIn(own)) {
    case State.Ready:
      setVcpuReadyNsIn(own, vcpuReadyNsIn(own) + since);
      setVcpuDeficitNsIn(own, vcpuDeficitNsIn(own) + since);
      break;
    case State.Costop:
      setVcpuCostopNs(vcpu, vcpuCostopNs(vcpu) + since);
      setVcpuDeficitNsIn(own, vcpuDeficitNsIn(own) + since);
      setVmCostopped(vm, vmCostopped(vm) - 1);
      break;
    case State.Idle:
      setVcpuIdleNs(vcpu, vcpuIdleNs(vcpu) + since);
      break;
    case State.Swap:
      setVcpuSwapNs(vcpu, vcpuSwapNs(vcpu) + since);
      break;
    default:
      break;
  }
  setVcpuStateIn(own, <u8>state);
  setVcpuSinceNsIn(own, at);
  if (state == State.Costop) setVmCostopped(vm, vmCostopped(vm) + 1);
  if (vcpuLimitedIn(own) != 0 || (state == State.Ready && isLimited(vcpuClientIn(own)))) markVcpu(vcpu, at);
  if (traceCount() > 0 && worldTracing(0) != 0) traceState(vcpu, state | flag, at);
}

function traceState(vcpu: u32, state: u32, at: u64): void {
  const row = worldTraceHead(0) % traceCount();
  setTraceAt(row, <f64>at);
  setTraceVcpu(row, vcpu);
  setTracePcpu(row, vcpuPcpu(vcpu));
  setTraceState(row, <u8>state);
  setWorldTraceHead(0, worldTraceHead(0) + 1);
}

/** A vCPU wants to run: clients above it that had nobody come back to their siblings. */
export function activate(vcpu: u32, at: u64): void {
  for (let client = vcpuClient(vcpu); client != NONE; client = clientParent(client)) {
    const active = clientActive(client);
    // First, or it would be one of those that it comes back to.
    if (active == 0) rejoin(client, at);
    setClientActive(client, active + 1);
  }
}

/** A vCPU does not want to run any more. */
export function deactivate(vcpu: u32): void {
  for (let client = vcpuClient(vcpu); client != NONE; client = clientParent(client)) {
    const active = clientActive(client) - 1;
    setClientActive(client, active);
    if (active == 0) part(client);
  }
}
