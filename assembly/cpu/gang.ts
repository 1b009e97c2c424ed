/**
 * Strict co-scheduling: once a vCPU of a VM has too much skew the whole VM stops, and starts again only when there are
 * pCPUs for all of its vCPUs that are not idle, at the same time.
 *
 * The first of them waits in a run queue for all; when its turn comes, idle pCPUs are taken first, then those whose vCPUs
 * deserve less, and after eight quanta (the lag) any that nobody reserves. Where there are too few, the turn passes: that is the fragmentation that relaxed co-scheduling avoids.
 *
 * Source: ESX 2. Cost: O(pCPUs of the host) per try.
 */
import {
  clientParent,
  clientReservePpm,
  hostPcpuCount,
  hostPcpuFirst,
  pcpuHost,
  pcpuVcpu,
  setVcpuCostops,
  setVcpuDeficitNs,
  setVmGang,
  setVmGangNext,
  vcpuCostops,
  vcpuPcpu,
  vcpuSinceNs,
  vcpuState,
  vcpuVm,
  vmGang,
  vmGangNext,
  vmVcpuFirst,
  vmVcpuOnline,
  worldLagNs,
} from "../layout";
import { pcpuEvent } from "../events";
import { schedule } from "../queue";
import { setState } from "./account";
import { behind } from "./compare";
import { coreAllows } from "./core-sharing";
import { preempt, start, stop } from "./dispatch";
import { isLimited } from "./limit";
import { dequeue, enqueue } from "./run-queue";
import { settle } from "./settle";
import { deficitOf, hurryStops } from "./skew";
import { NONE, State } from "./states";
import { vcpuClient } from "../layout";

/** The vCPU that waits in a run queue for all of a stopped VM: the first that is not idle. */
function leaderOf(vm: u32): u32 {
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuOnline(vm); ++vcpu) {
    if (vcpuState(vcpu) == State.Costop) return vcpu;
  }
  return NONE;
}

/** Stops every vCPU of a VM that is not idle; pCPUs that lose one look for others at once. */
export function gangStop(vm: u32, at: u64): void {
  const first = vmVcpuFirst(vm);
  for (let vcpu = first; vcpu < first + vmVcpuOnline(vm); ++vcpu) {
    const pcpu = vcpuPcpu(vcpu);
    if (vcpuState(vcpu) == State.Run) {
      settle(pcpu, at);
      stop(pcpu, State.Costop, at);
      schedule(pcpuEvent(pcpu), at);
    } else if (vcpuState(vcpu) == State.Ready) {
      dequeue(vcpu, pcpu);
      setState(vcpu, State.Costop, at);
    } else continue;
    setVcpuCostops(vcpu, vcpuCostops(vcpu) + 1);
  }
  setVmGang(vm, 1);
  const leader = leaderOf(vm);
  enqueue(leader, vcpuPcpu(leader));
}

/** A vCPU that wakes while its VM waits joins the others. */
export function gangJoin(vcpu: u32, at: u64): void {
  const vm = vcpuVm(vcpu);
  const leader = leaderOf(vm);
  setState(vcpu, State.Costop, at);
  const now = leaderOf(vm);
  if (now == leader) return;
  dequeue(leader, vcpuPcpu(leader));
  enqueue(now, vcpuPcpu(now));
}

/** Takes a stopped VM out of the run queue for good: power-off, panic. */
export function gangLeave(vm: u32): void {
  if (vmGang(vm) == 0) return;
  const leader = leaderOf(vm);
  if (leader != NONE) dequeue(leader, vcpuPcpu(leader));
  setVmGang(vm, 0);
}

/** A pCPU that could take a vCPU of the gang now: idle, or with one that deserves less. */
function isToBeHad(pcpu: u32, leader: u32, at: u64, idle: bool): bool {
  if (!coreAllows(pcpu, leader)) return false;
  const other = pcpuVcpu(pcpu);
  if (other == NONE) return idle;
  if (idle || vcpuVm(other) == vcpuVm(leader)) return false;
  settle(pcpu, at);
  return behind(leader, other, at) > 0 || (hasWaitedLong(leader, at) && !isReserved(other));
}

/** So long that it takes pCPUs from those who deserve more, too: with fewer than it needs, its turn would never come. */
function hasWaitedLong(leader: u32, at: u64): bool {
  return at - vcpuSinceNs(leader) > worldLagNs(0);
}

/** Somebody at or above a vCPU reserves. */
function isReserved(vcpu: u32): bool {
  for (let client = vcpuClient(vcpu); client != NONE; client = clientParent(client)) {
    if (clientReservePpm(client) > 0) return true;
  }
  return false;
}

/**
 * Tries to start all of a stopped VM at once; `pcpu` is free and takes one of them.
 *
 * @returns false if there are too few pCPUs
 */
export function gangStart(leader: u32, pcpu: u32, at: u64): bool {
  const vm = vcpuVm(leader);
  const host = pcpuHost(pcpu);
  const first = hostPcpuFirst(host);
  const end = first + hostPcpuCount(host);
  if (isLimited(vcpuClient(leader)) || !coreAllows(pcpu, leader)) return false;
  let needed: u32 = 0;
  const members = vmVcpuFirst(vm);
  for (let vcpu = members; vcpu < members + vmVcpuOnline(vm); ++vcpu) {
    needed += vcpuState(vcpu) == State.Costop ? 1 : 0;
  }
  // A VM wider than the host would wait for ever; as many as fit start, the others queue.
  needed = min(needed, hostPcpuCount(host));
  let found: u32 = 1;
  for (let other = first; other < end && found < needed; ++other) {
    if (other == pcpu) continue;
    if (isToBeHad(other, leader, at, true) || isToBeHad(other, leader, at, false)) found += 1;
  }
  if (found < needed) return false;
  dequeue(leader, vcpuPcpu(leader));
  setVmGang(vm, 0);
  startMembers(leader, pcpu, at);
  return true;
}

/**
 * Starts them where there is room. They begin without skew: what they were apart is what they were stopped for. Of a VM
 * wider than its host those are first the next time who did not fit.
 */
function startMembers(leader: u32, pcpu: u32, at: u64): void {
  const vm = vcpuVm(leader);
  const host = pcpuHost(pcpu);
  const members = vmVcpuFirst(vm);
  let worst: u64 = 0;
  for (let vcpu = members; vcpu < members + vmVcpuOnline(vm); ++vcpu) {
    if (vcpuState(vcpu) == State.Costop) worst = max(worst, deficitOf(vcpu, at));
  }
  const online = vmVcpuOnline(vm);
  const begin = vmGangNext(vm);
  let place = pcpu;
  let isFull = false;
  for (let step: u32 = 0; step < online; ++step) {
    const vcpu = members + ((begin + step) % online);
    if (vcpuState(vcpu) != State.Costop) continue;
    // The time in COSTOP is added to it when its state changes.
    setVcpuDeficitNs(vcpu, worst - (at - vcpuSinceNs(vcpu)));
    if (place == NONE) place = nextPlace(leader, host, at);
    if (place == NONE && !isFull) {
      isFull = true;
      setVmGangNext(vm, vcpu - members);
    }
    if (place != NONE && pcpuVcpu(place) != NONE) preempt(place, at);
    if (place == NONE || !start(place, vcpu, at)) {
      // A limit was reached, or a place lost, half-way: the others wait as any vCPU does.
      setState(vcpu, State.Ready, at);
      enqueue(vcpu, vcpuPcpu(vcpu));
      hurryStops(vcpu, at);
      if (place != NONE) schedule(pcpuEvent(place), at);
    }
    place = NONE;
  }
}

/** Idle pCPUs first, then those whose vCPUs deserve less. */
function nextPlace(leader: u32, host: u32, at: u64): u32 {
  const first = hostPcpuFirst(host);
  const end = first + hostPcpuCount(host);
  for (let pcpu = first; pcpu < end; ++pcpu) if (isToBeHad(pcpu, leader, at, true)) return pcpu;
  for (let pcpu = first; pcpu < end; ++pcpu) if (isToBeHad(pcpu, leader, at, false)) return pcpu;
  return NONE;
}
