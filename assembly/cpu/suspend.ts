/**
 * A VM stops where it stands, and goes on later, here or on another host: its threads stay on its vCPUs.
 *
 *   runs ──suspend──▶ paused: no vCPU runs, waits or is in a queue ──resume──▶ runs
 *                       └─ seat: its nodes in another host's tree
 *
 * Timers of the guest that fall due meanwhile make its threads ready; they run when it does. Time paused is neither ready nor
 * idle: it counts as if the VM were off. Cost: O(vCPUs) times a dispatch.
 */
import {
  clientChildren,
  clientFirst,
  clientHost,
  hostPcpuCount,
  hostPcpuFirst,
  hostThreads,
  setVcpuClient,
  setVcpuPcpu,
  setVcpuRefillNs,
  setVmClient,
  setVmPaused,
  setVmPausedNs,
  setVmPausedSinceNs,
  setVmTimeSeenNs,
  vcpuClient,
  vcpuState,
  vcpuTask,
  vmClient,
  vmPaused,
  vmPausedNs,
  vmPausedSinceNs,
  vmPower,
  vmVcpuCount,
  vmVcpuFirst,
  vmVcpuOnline,
} from "../layout";
import { setState } from "./account";
import { gangLeave } from "./gang";
import { settleGuestTime } from "./guest-time";
import { entitleSoon } from "./entitle";
import { kick } from "./kick";
import { withdraw } from "./machine";
import { enter, forgetSeats, leave } from "./places";
import { NONE, Power, State } from "./states";
import { join } from "./vtime";

/** Stops a VM that is on; nothing happens to one that is paused. */
export function suspend(vm: u32, at: u64): void {
  if (vmPower(vm) != Power.On || vmPaused(vm) != 0) return;
  settleGuestTime(vm, at);
  gangLeave(vm);
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuCount(vm); ++vcpu) {
    if (vcpuState(vcpu) != State.Off) withdraw(vcpu, at);
  }
  setVmPaused(vm, 1);
  entitleSoon(clientHost(vmClient(vm)), at);
  setVmPausedSinceNs(vm, at);
}

/** Lets a paused VM run again. */
export function resume(vm: u32, at: u64): void {
  if (vmPaused(vm) == 0) return;
  setVmPaused(vm, 0);
  setVmPausedNs(vm, vmPausedNs(vm) + (at - vmPausedSinceNs(vm)));
  if (vmPower(vm) != Power.On) return;
  setVmTimeSeenNs(vm, at);
  entitleSoon(clientHost(vmClient(vm)), at);
  join(vmClient(vm), at);
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuOnline(vm); ++vcpu) {
    join(vcpuClient(vcpu), at);
    setState(vcpu, State.Idle, at);
    if (vcpuTask(vcpu) != NONE) kick(vcpu);
  }
}

/** Gives a paused VM nodes of another host's tree, and its vCPUs processors there, spread as at boot. */
export function seat(vm: u32, client: u32, at: u64): void {
  assert(vmPaused(vm) != 0 || vmPower(vm) != Power.On);
  assert(clientChildren(client) >= vmVcpuCount(vm));
  forgetSeats(vm);
  leave(vmClient(vm));
  setVmClient(vm, client);
  enter(client, at);
  const host = clientHost(client);
  const pcpus = hostPcpuCount(host);
  const cores = pcpus / hostThreads(host);
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuCount(vm); ++vcpu) {
    setVcpuClient(vcpu, clientFirst(client) + (vcpu - first));
    const turn = vcpu % pcpus;
    setVcpuPcpu(vcpu, hostPcpuFirst(host) + (turn % cores) * hostThreads(host) + turn / cores);
    setVcpuRefillNs(vcpu, 0);
  }
}
