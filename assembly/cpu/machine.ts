/**
 * Virtual machines as a whole: power on and off, panic, vCPUs plugged and unplugged, clocks changed.
 *
 * Cost: O(vCPUs of the VM) times a dispatch.
 */
import {
  clientHost,
  hostPcpuCount,
  hostPcpuFirst,
  pcpuVcpu,
  setHostFrequencyPpm,
  setVcpuState,
  setVcpuSinceNs,
  setVcpuSwapUntilNs,
  setVmPower,
  setVmPowerNs,
  setVmPowerTotalNs,
  setVmTimeSeenNs,
  vcpuClient,
  vcpuPcpu,
  vcpuState,
  vmClient,
  vmPower,
  vmPowerNs,
  vmPowerTotalNs,
  vmVcpuCount,
  vmVcpuFirst,
  vmVcpuOnline,
} from "../layout";
import { pcpuEvent, vcpuEvent } from "../events";
import { plugVcpus, startGuest, stopGuest } from "../guest/threads";
import { NEVER, schedule } from "../queue";
import { Message, post } from "../ring";
import { deactivate, setState } from "./account";
import { project, stop } from "./dispatch";
import { entitleSoon } from "./entitle";
import { gangLeave } from "./gang";
import { settleGuestTime } from "./guest-time";
import { dequeue } from "./run-queue";
import { settle } from "./settle";
import { updateSpeed } from "./speed";
import { NONE, Power, State } from "./states";
import { join } from "./vtime";

/** Powers a VM on: its vCPUs are idle, its guest starts. */
export function powerOn(vm: u32, at: u64): void {
  if (vmPower(vm) == Power.On) return;
  if (vmPower(vm) == Power.Panicked) powerOff(vm, at);
  setVmPower(vm, <u8>Power.On);
  setVmPowerNs(vm, at);
  setVmTimeSeenNs(vm, at);
  join(vmClient(vm), at);
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuOnline(vm); ++vcpu) {
    join(vcpuClient(vcpu), at);
    setState(vcpu, State.Idle, at);
  }
  startGuest(vm, at);
  entitleSoon(clientHost(vmClient(vm)), at);
}

/** Takes a vCPU off its pCPU or out of its run queue. */
export function withdraw(vcpu: u32, at: u64): void {
  const pcpu = vcpuPcpu(vcpu);
  schedule(vcpuEvent(vcpu), NEVER);
  setVcpuSwapUntilNs(vcpu, 0);
  switch (<u32>vcpuState(vcpu)) {
    case State.Run:
      settle(pcpu, at);
      stop(pcpu, State.Off, at);
      deactivate(vcpu);
      // Its pCPU looks for others at once, when this is through.
      schedule(pcpuEvent(pcpu), at);
      return;
    case State.Ready:
      dequeue(vcpu, pcpu);
      deactivate(vcpu);
      break;
    case State.Costop:
      deactivate(vcpu);
      break;
    default:
      break;
  }
  setState(vcpu, State.Off, at);
}

/** Powers a VM off. */
export function powerOff(vm: u32, at: u64): void {
  if (vmPower(vm) == Power.Off) return;
  if (vmPower(vm) == Power.On) halt(vm, at);
  setVmPower(vm, <u8>Power.Off);
}

/** Stops everything of a VM. */
function halt(vm: u32, at: u64): void {
  settleGuestTime(vm, at);
  stopGuest(vm, at);
  gangLeave(vm);
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuCount(vm); ++vcpu) {
    if (vcpuState(vcpu) != State.Off) withdraw(vcpu, at);
  }
  setVmPowerTotalNs(vm, vmPowerTotalNs(vm) + (at - vmPowerNs(vm)));
  entitleSoon(clientHost(vmClient(vm)), at);
}

/** A guest waited longer for another of its vCPUs than it bears: it is dead until powered off and on. */
export function panic(vm: u32, at: u64): void {
  halt(vm, at);
  setVmPower(vm, <u8>Power.Panicked);
  post(at, Message.Panic, vm, 0);
}

/** Hot-adds or unplugs vCPUs: the first `online` of a VM stay or come. */
export function plug(vm: u32, online: u32, at: u64): void {
  assert(online >= 1 && online <= vmVcpuCount(vm));
  const before = vmVcpuOnline(vm);
  if (online == before) return;
  entitleSoon(clientHost(vmClient(vm)), at);
  const first = vmVcpuFirst(vm);
  if (vmPower(vm) != Power.On) {
    plugVcpus(vm, online, at);
    return;
  }
  gangRelease(vm, at);
  for (let vcpu = first + before; vcpu < first + online; ++vcpu) {
    join(vcpuClient(vcpu), at);
    setState(vcpu, State.Idle, at);
  }
  for (let vcpu = first + online; vcpu < first + before; ++vcpu) {
    if (vcpuState(vcpu) == State.Run) settle(vcpuPcpu(vcpu), at);
  }
  plugVcpus(vm, online, at);
  for (let vcpu = first + online; vcpu < first + before; ++vcpu) {
    if (vcpuState(vcpu) != State.Off) withdraw(vcpu, at);
  }
}

/** A VM that strict co-scheduling holds is let go before its vCPUs change. */
function gangRelease(vm: u32, at: u64): void {
  gangLeave(vm);
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuOnline(vm); ++vcpu) {
    if (vcpuState(vcpu) == State.Costop) schedule(vcpuEvent(vcpu), at);
  }
}

/** Changes the clock of a host's cores. */
export function changeFrequency(host: u32, ppm: u32, at: u64): void {
  assert(ppm > 0);
  const first = hostPcpuFirst(host);
  const end = first + hostPcpuCount(host);
  for (let pcpu = first; pcpu < end; ++pcpu) settle(pcpu, at);
  setHostFrequencyPpm(host, ppm);
  entitleSoon(host, at);
  for (let pcpu = first; pcpu < end; ++pcpu) {
    if (pcpuVcpu(pcpu) == NONE) continue;
    updateSpeed(pcpu);
    project(pcpu, at);
  }
}
