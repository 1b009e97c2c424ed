/**
 * What a guest that counts timer ticks believes the time to be.
 *
 *   its first vCPU runs or idles   ticks come in time; late ones on top, at the catch-up rate
 *   it is ready or co-stopped      ticks pile up: backlog; its clock is behind by so much
 *   backlog above 60 s             given up; the guest's clock is set
 *
 * A tick that comes is charged to whatever the guest runs then: to a process (late ones too, which is wrong), late ones to
 * a sponge made for it, or all stolen time is reported as such. While the guest idles nobody is charged.
 *
 * Here ticks are a flow, not single interrupts: backlog and charges are to the ns. Source: VMware, "Timekeeping in VMware
 * Virtual Machines" (catch-up, backlog); Xen and KVM steal time. Cost: O(1) per change of state of a VM's first vCPU.
 */
import {
  setVmBacklogMaxNs,
  setVmBacklogNs,
  setVmDroppedNs,
  setVmProcessNs,
  setVmSpongeNs,
  setVmStealNs,
  setVmTimeSeenNs,
  vcpuState,
  vmBacklogMaxNs,
  vmBacklogNs,
  vmCatchUpPpm,
  vmDroppedNs,
  vmProcessNs,
  vmSpongeNs,
  vmStealNs,
  vmTickNs,
  vmTimeMode,
  vmTimeSeenNs,
  vmVcpuFirst,
} from "../layout";
import { State } from "./states";

/** vmTimeMode. */
const enum Late {
  Process = 0,
  Sponge = 1,
  Steal = 2,
}

const BACKLOG_MAX: u64 = 60_000_000_000;
const ONE: u64 = 1_000_000;

/** Brings a VM's guest time up to `at`; its first vCPU has been in its present state since the last time. */
export function settleGuestTime(vm: u32, at: u64): void {
  if (vmTickNs(vm) == 0) return;
  const elapsed = at - vmTimeSeenNs(vm);
  setVmTimeSeenNs(vm, at);
  if (elapsed == 0) return;
  const state = vcpuState(vmVcpuFirst(vm));
  if (state == State.Off) return;
  if (state == State.Run || state == State.Idle) deliver(vm, elapsed, state == State.Run);
  else pile(vm, elapsed);
}

function pile(vm: u32, elapsed: u64): void {
  let backlog = vmBacklogNs(vm) + elapsed;
  if (vmTimeMode(vm) == Late.Steal) setVmStealNs(vm, vmStealNs(vm) + elapsed);
  if (backlog > vmBacklogMaxNs(vm)) setVmBacklogMaxNs(vm, min(backlog, BACKLOG_MAX));
  if (backlog > BACKLOG_MAX) {
    setVmDroppedNs(vm, vmDroppedNs(vm) + backlog);
    backlog = 0;
  }
  setVmBacklogNs(vm, backlog);
}

function deliver(vm: u32, elapsed: u64, busy: bool): void {
  const backlog = vmBacklogNs(vm);
  const late = min(backlog, (elapsed * <u64>vmCatchUpPpm(vm)) / ONE);
  setVmBacklogNs(vm, backlog - late);
  if (busy) setVmProcessNs(vm, vmProcessNs(vm) + elapsed);
  if (vmTimeMode(vm) == Late.Sponge) setVmSpongeNs(vm, vmSpongeNs(vm) + late);
  else if (vmTimeMode(vm) == Late.Process && busy) setVmProcessNs(vm, vmProcessNs(vm) + late);
}
