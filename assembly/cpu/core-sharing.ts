/**
 * Who may run beside whom on one core, and who may have it alone.
 *
 *   any       beside anybody who allows it          internal   beside vCPUs of the same VM only
 *   none      beside nobody                         quarantine none, because it slowed down its core mates
 *
 * A vCPU that is far behind the one that wants the thread beside it keeps the core for itself until it has caught up: on
 * a core of two threads with a gain of 1.25 and shares 3 : 1 it gets 83.3 %, the other 27.8 %.
 *
 * Source: ESX (HTSharing, HTWholeCoreThreshold, automatic quarantine). Cost: O(threads of a core).
 */
import {
  hostThreads,
  pcpuHeld,
  pcpuHost,
  pcpuVcpu,
  setPcpuHeld,
  vcpuVm,
  vmQuarantined,
  vmSmtSharing,
  worldQuantumNs,
  worldWholeCoreNs,
} from "../layout";
import { pcpuEvent } from "../events";
import { schedule } from "../queue";
import { behind } from "./compare";
import { preempt } from "./dispatch";
import { settle } from "./settle";
import { coreOf } from "./speed";
import { NONE } from "./states";

const enum Sharing {
  Any = 0,
  Internal = 1,
  Alone = 2,
}

function sharingOf(vm: u32): u32 {
  return vmQuarantined(vm) != 0 ? Sharing.Alone : vmSmtSharing(vm);
}

/** Two VMs let each other run on one core. */
function isAgreed(a: u32, b: u32): bool {
  const one = sharingOf(a);
  const other = sharingOf(b);
  if (one == Sharing.Alone || other == Sharing.Alone) return false;
  return a == b || (one == Sharing.Any && other == Sharing.Any);
}

/** No core mate that runs forbids a vCPU this thread. */
export function coreAllows(pcpu: u32, vcpu: u32): bool {
  const threads = hostThreads(pcpuHost(pcpu));
  if (threads == 1) return true;
  const core = coreOf(pcpu);
  for (let mate = core; mate < core + threads; ++mate) {
    const other = pcpuVcpu(mate);
    if (mate != pcpu && other != NONE && !isAgreed(vcpuVm(vcpu), vcpuVm(other))) return false;
  }
  return true;
}

/**
 * Whether a vCPU may run on this thread now. Core mates that forbid it give way if it is far behind them.
 */
export function mayShareCore(pcpu: u32, vcpu: u32, at: u64): bool {
  const threads = hostThreads(pcpuHost(pcpu));
  if (threads == 1) return true;
  const core = coreOf(pcpu);
  let isFree = true;
  for (let mate = core; mate < core + threads; ++mate) {
    const other = pcpuVcpu(mate);
    if (mate == pcpu || other == NONE || isAgreed(vcpuVm(vcpu), vcpuVm(other))) continue;
    settle(mate, at);
    if (behind(vcpu, other, at) <= worldQuantumNs(0)) isFree = false;
  }
  if (!isFree) return false;
  for (let mate = core; mate < core + threads; ++mate) {
    const other = pcpuVcpu(mate);
    if (mate == pcpu || other == NONE || isAgreed(vcpuVm(vcpu), vcpuVm(other))) continue;
    preempt(mate, at);
    schedule(pcpuEvent(mate), at);
  }
  return true;
}

/** Until when a thread stays idle because a core mate that runs is too far behind `vcpu`; `at`: it need not. */
export function holdTime(pcpu: u32, vcpu: u32, at: u64): u64 {
  const threads = hostThreads(pcpuHost(pcpu));
  if (pcpuHeld(pcpu) != 0) setPcpuHeld(pcpu, 0);
  if (threads == 1 || worldWholeCoreNs(0) == 0) return at;
  const core = coreOf(pcpu);
  for (let mate = core; mate < core + threads; ++mate) {
    const other = pcpuVcpu(mate);
    if (mate == pcpu || other == NONE) continue;
    settle(mate, at);
    if (behind(other, vcpu, at) > worldWholeCoreNs(0)) return at + worldQuantumNs(0);
  }
  return at;
}
