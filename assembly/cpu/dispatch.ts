/**
 * A pCPU takes a vCPU, lets it go, and knows how long it can go on without being looked at.
 *
 *   start     a ready vCPU begins to run here
 *   stop      the vCPU that runs gets another state
 *   project   the earliest of: work done, quantum over, budget spent, guest's slice over, skew too large, panic
 *
 * Here, threads of a core are re-projected whenever a mate starts or stops. Cost: O(levels × log children) a dispatch.
 */
import {
  hostThreads,
  pcpuChargePpm,
  pcpuChargeRest,
  pcpuDispatches,
  pcpuGrantNs,
  pcpuHost,
  pcpuSettledNs,
  pcpuSliceEndNs,
  pcpuStolenNs,
  pcpuVcpu,
  pcpuWorkPpm,
  setPcpuDispatches,
  setPcpuGrantNs,
  setPcpuHeld,
  setPcpuSettledNs,
  setPcpuSliceEndNs,
  setPcpuVcpu,
  setVcpuDispatches,
  setVcpuMigrations,
  setVcpuPcpu,
  setVcpuPreemptions,
  setVcpuRefillNs,
  setVcpuSpinUntilNs,
  setVcpuWarm,
  taskState,
  taskWorkNs,
  vcpuDispatches,
  vcpuMigrations,
  vcpuPcpu,
  vcpuPreemptions,
  vcpuRefillNs,
  vcpuSliceNs,
  vcpuSpinUntilNs,
  vcpuTask,
  vcpuVm,
  vcpuWorkRest,
  vcpuWarm,
  vmQueueHead,
  worldQuantumNs,
} from "../layout";
import { pcpuEvent } from "../events";
import { retrySpin } from "../guest/sync";
import { NEVER, schedule } from "../queue";
import { MIGRATED, setState } from "./account";
import { markBusy } from "./idle";
import { returnGrant, takeGrant, UNLIMITED } from "./limit";
import { enqueue, queuedAt } from "./run-queue";
import { hurryStops, isCoscheduled, noteSkew, noteStolen, planStarts, planStop } from "./skew";
import { coreOf, updateSpeed } from "./speed";
import { settle } from "./settle";
import { NONE, State, Thread } from "./states";
import { refillOf } from "./topology";

const ONE: u64 = 1_000_000;

/** Elapsed time after which `amount` at `ppm` is done, `rest` of it being there already. */
function timeFor(amount: u64, ppm: u64, rest: u64): u64 {
  return ppm == ONE ? amount : (amount * ONE - min(rest, amount * ONE) + ppm - 1) / ppm;
}

/** Sets when a pCPU must be looked at again; its time is settled up to `at`. */
export function project(pcpu: u32, at: u64): void {
  const vcpu = pcpuVcpu(pcpu);
  if (vcpu == NONE) return;
  const task = vcpuTask(vcpu);
  if (task == NONE) {
    // Its guest has just been stopped, or it spun for what was there: it leaves the pCPU at this time.
    schedule(pcpuEvent(pcpu), at);
    return;
  }
  let next = pcpuSliceEndNs(pcpu);
  const begin = max(at, pcpuStolenNs(pcpu));
  const grant = pcpuGrantNs(pcpu);
  if (grant != UNLIMITED) {
    next = min(next, begin + timeFor(grant, <u64>pcpuChargePpm(pcpu), <u64>pcpuChargeRest(pcpu)));
  }
  if (taskState(task) == Thread.Spins) next = min(next, vcpuSpinUntilNs(vcpu));
  else {
    const work = vcpuRefillNs(vcpu) + taskWorkNs(task);
    next = min(next, begin + timeFor(work, <u64>pcpuWorkPpm(pcpu), <u64>vcpuWorkRest(vcpu)));
  }
  if (vmQueueHead(vcpuVm(vcpu)) != NONE) next = min(next, begin + vcpuSliceNs(vcpu));
  if (isCoscheduled(vcpu)) next = min(next, planStop(vcpu, at));
  schedule(pcpuEvent(pcpu), max(next, at));
}

/** Before a core's threads change: what has been is accounted at the old speeds. */
function settleMates(pcpu: u32, at: u64): void {
  const threads = hostThreads(pcpuHost(pcpu));
  const core = coreOf(pcpu);
  for (let mate = core; mate < core + threads; ++mate) settle(mate, at);
}

/** After it: new speeds, new deadlines; a thread left idle for this one's sake looks again. */
export function projectMates(pcpu: u32, at: u64): void {
  const threads = hostThreads(pcpuHost(pcpu));
  if (threads == 1) return;
  const core = coreOf(pcpu);
  for (let mate = core; mate < core + threads; ++mate) {
    if (mate == pcpu) continue;
    if (pcpuVcpu(mate) == NONE) {
      if (queuedAt(mate) > 0) schedule(pcpuEvent(mate), at);
      continue;
    }
    updateSpeed(mate);
    project(mate, at);
  }
}

/** A vCPU begins to run: where that is not where it ran last, its caches have to be filled again. Returns a flag if so. */
function warm(vcpu: u32, pcpu: u32): u32 {
  const last = vcpuWarm(vcpu);
  setVcpuPcpu(vcpu, pcpu);
  setVcpuWarm(vcpu, pcpu);
  if (last == pcpu || vcpuDispatches(vcpu) == 0) return 0;
  setVcpuMigrations(vcpu, vcpuMigrations(vcpu) + 1);
  return MIGRATED;
}

/**
 * A ready vCPU, in no queue, begins to run on an idle pCPU.
 *
 * @returns false if a limit holds it: it is as it was
 */
export function start(pcpu: u32, vcpu: u32, at: u64): bool {
  assert(pcpuVcpu(pcpu) == NONE);
  const grant = takeGrant(vcpu, at);
  if (grant == 0) return false;
  const hasMates = hostThreads(pcpuHost(pcpu)) > 1;
  if (hasMates) settleMates(pcpu, at);
  if (vcpuWarm(vcpu) != pcpu) setVcpuRefillNs(vcpu, refillOf(vcpu, pcpu));
  setState(vcpu, State.Run, at, warm(vcpu, pcpu));
  setPcpuVcpu(pcpu, vcpu);
  setPcpuHeld(pcpu, 0);
  setPcpuSettledNs(pcpu, at);
  setPcpuSliceEndNs(pcpu, at + worldQuantumNs(0));
  setPcpuGrantNs(pcpu, grant);
  setPcpuDispatches(pcpu, pcpuDispatches(pcpu) + 1);
  setVcpuDispatches(vcpu, vcpuDispatches(vcpu) + 1);
  markBusy(pcpu);
  updateSpeed(pcpu);
  if (hasMates) projectMates(pcpu, at);
  const until = vcpuSpinUntilNs(vcpu);
  if (until != NEVER) setVcpuSpinUntilNs(vcpu, at + until);
  if (taskState(vcpuTask(vcpu)) == Thread.Spins) retrySpin(vcpu, at);
  if (vcpuTask(vcpu) == NONE) {
    // What it spun for was there, and the guest has nothing else to do.
    schedule(pcpuEvent(pcpu), at);
    return true;
  }
  project(pcpu, at);
  if (isCoscheduled(vcpu)) {
    planStarts(vcpuVm(vcpu), at);
    noteStolen(pcpu, at);
  }
  return true;
}

/** The vCPU that runs gets another state; the pCPU is then between two vCPUs: `fill` it. Its time is settled. */
export function stop(pcpu: u32, state: u32, at: u64): void {
  const vcpu = pcpuVcpu(pcpu);
  const hasMates = hostThreads(pcpuHost(pcpu)) > 1;
  if (hasMates) settleMates(pcpu, at);
  returnGrant(vcpu, pcpuGrantNs(pcpu), at);
  const coscheduled = isCoscheduled(vcpu);
  if (coscheduled) noteSkew(vcpu, at);
  // What is left of the guest's patience: only running time counts, and until it runs again this is no date.
  const until = vcpuSpinUntilNs(vcpu);
  if (until != NEVER) setVcpuSpinUntilNs(vcpu, until > at ? until - at : 0);
  setState(vcpu, state, at);
  setPcpuVcpu(pcpu, NONE);
  if (hasMates) projectMates(pcpu, at);
  if (!coscheduled) return;
  if (state == State.Ready || state == State.Costop) hurryStops(vcpu, at);
  else planStarts(vcpuVm(vcpu), at);
}

/** The vCPU that runs goes back to the run queue: others' turn. */
export function preempt(pcpu: u32, at: u64): void {
  const vcpu = pcpuVcpu(pcpu);
  settle(pcpu, at);
  stop(pcpu, State.Ready, at);
  setVcpuPreemptions(vcpu, vcpuPreemptions(vcpu) + 1);
  enqueue(vcpu, pcpu);
}
