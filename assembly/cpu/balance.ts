/**
 * Fairness between run queues: now and then a pCPU looks at a few other queues, and whoever waits there and is far behind
 * the one that runs here is fetched, and runs.
 *
 * Source: ESX ("scan remote queues periodically for fairness"). Cost: O(1) queues a call.
 */
import {
  clientParent,
  clientThrottled,
  hostBalanceNext,
  hostPcpuCount,
  hostPcpuFirst,
  hostRunQueues,
  hostThreads,
  pcpuHost,
  pcpuKept,
  pcpuQueue,
  pcpuVcpu,
  setHostBalanceNext,
  setVcpuPcpu,
  vcpuClient,
  vcpuPcpu,
  vcpuState,
  vcpuVm,
  vmGang,
  vmVcpuFirst,
  vmVcpuOnline,
  worldBalanceMarginNs,
} from "../layout";
import { mix64 } from "../prng";
import { behind } from "./compare";
import { preempt } from "./dispatch";
import { fill } from "./fill";
import { queuedIn } from "./idle";
import { mayHoldLaggard, peek } from "./pick";
import { dequeue, enqueue } from "./run-queue";
import { settle } from "./settle";
import { goesOn } from "./siblings";
import { busyThreads } from "./speed";
import { NONE, State } from "./states";
import { refillOf } from "./topology";

/** Queues considered a level. */
const CONSIDERED: u32 = 4;
/** VMs of no more vCPUs are looked through one by one. */
const SIBLINGS: u32 = 8;
/** pCPUs considered for an exchange. */
const SWAPS: u32 = 16;

/** The fairness scan of the pCPU whose turn it is. */
export function balance(host: u32, at: u64): void {
  const turn = hostBalanceNext(host);
  setHostBalanceNext(host, turn + 1 == hostPcpuCount(host) ? 0 : turn + 1);
  const pcpu = hostPcpuFirst(host) + turn;
  const running = pcpuVcpu(pcpu);
  if (running == NONE) {
    fill(pcpu, at);
    return;
  }
  settle(pcpu, at);
  // What one who is due a whole pCPU gives away here does not come back.
  const found = goesOn(running) ? NONE : furthestBehind(pcpu, running, at);
  if (found == NONE) {
    if (hostThreads(host) > 1) swapCores(pcpu, running, at);
    return;
  }
  const from = vcpuPcpu(found);
  dequeue(found, from);
  setVcpuPcpu(found, pcpu);
  enqueue(found, pcpu);
  preempt(pcpu, at);
  fill(pcpu, at);
}

/** Among a few queues elsewhere, the first in line that is furthest behind the one that runs here; NONE: nobody is. */
function furthestBehind(pcpu: u32, running: u32, at: u64): u32 {
  const host = pcpuHost(pcpu);
  const queues = hostRunQueues(host);
  let next = <u32>(mix64(at ^ (<u64>pcpu)) % <u64>queues);
  let best: u32 = NONE;
  let most: u64 = worldBalanceMarginNs(0);
  for (let considered: u32 = 0; considered < CONSIDERED; ++considered) {
    let other = queuedIn(host, next, queues);
    if (other == NONE) other = queuedIn(host, 0, queues);
    if (other == NONE) return best;
    next = other - hostPcpuFirst(host) + 1;
    // The head of the line, and the first below every group that the running one is in: its siblings may be far behind
    // it where the group as a whole is not, because the group's time goes to the others.
    const leaf = vcpuClient(running);
    let child = leaf;
    for (let group = clientParent(child); group != NONE; child = group, group = clientParent(group)) {
      if (clientThrottled(group) != 0) break;
      if (child == leaf && isAlone(running, other)) continue;
      if (!mayHoldLaggard(other, group, child, most)) continue;
      const vcpu = peek(other, group, at);
      if (vcpu == NONE) continue;
      const gap = behind(vcpu, running, at);
      if (gap <= most) continue;
      const cost = refillOf(vcpu, pcpu);
      if (gap <= most + cost) continue;
      most = gap - cost;
      best = vcpu;
    }
  }
  return best;
}

/**
 * Whether nobody of the VM of a vCPU that runs waits in a queue or has kept seats there. The VM's tree in that queue would say
 * the same, but it is one of as many as there are VMs and queues, and in no cache; who runs, and its siblings, are.
 *
 * @param queue  another pCPU's own
 * @returns false as well if the VM has so many vCPUs that its tree is less to look at
 */
function isAlone(running: u32, queue: u32): bool {
  const vm = vcpuVm(running);
  const online = vmVcpuOnline(vm);
  if (online > SIBLINGS) return false;
  const kept = pcpuKept(queue);
  if (kept != NONE && vcpuVm(kept) == vm) return false;
  const first = vmVcpuFirst(vm);
  for (let sibling = first; sibling < first + online; ++sibling) {
    const state = <u32>vcpuState(sibling);
    // Of a gang one waits for all, co-stopped.
    if (state != State.Ready && state != State.Costop) continue;
    if (pcpuQueue(vcpuPcpu(sibling)) == queue) return false;
  }
  return true;
}

/** With SMT: one that shares its core changes places with one that has a core alone and is far ahead of it. */
function swapCores(pcpu: u32, running: u32, at: u64): void {
  if (busyThreads(pcpu) < 2) return;
  const host = pcpuHost(pcpu);
  const first = hostPcpuFirst(host);
  const count = hostPcpuCount(host);
  const begin = <u32>(mix64(at ^ (<u64>pcpu)) % <u64>count);
  for (let step: u32 = 0; step < min(count, SWAPS); ++step) {
    const other = first + ((begin + step) % count);
    const vcpu = pcpuVcpu(other);
    if (vcpu == NONE || busyThreads(other) != 1) continue;
    settle(other, at);
    const cost = refillOf(running, other) + refillOf(vcpu, pcpu);
    if (behind(running, vcpu, at) <= worldBalanceMarginNs(0) + cost) continue;
    preempt(pcpu, at);
    preempt(other, at);
    requeue(running, pcpu, other);
    requeue(vcpu, other, pcpu);
    fill(other, at);
    fill(pcpu, at);
    return;
  }
}

function requeue(vcpu: u32, from: u32, to: u32): void {
  dequeue(vcpu, from);
  setVcpuPcpu(vcpu, to);
  enqueue(vcpu, to);
}
