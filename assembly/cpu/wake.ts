/**
 * A vCPU that wakes: where it goes.
 *
 *   1  the pCPU it was on, if that is idle (with SMT: if its whole core is)
 *   2  the nearest idle pCPU, on an idle core first
 *   3  wake-up preemption: the pCPU it was on or one near it, if what runs there is ahead of it by more than a margin
 *   4  the run queue of the pCPU it was on, or a near one that is shorter by two
 *
 * Source: ESX ("push whenever a virtual CPU wakes up"). Cost: O(1) pCPUs looked at.
 */
import {
  clientHost,
  hostPcpuCount,
  hostPcpuFirst,
  hostRunQueues,
  hostThreads,
  pcpuHost,
  pcpuVcpu,
  setVcpuPcpu,
  vcpuClient,
  vcpuPcpu,
  vcpuVm,
  vmGang,
  worldWakeMarginNs,
  worldWakePreempts,
} from "../layout";
import { activate, setState } from "./account";
import { behind } from "./compare";
import { boost } from "./credit";
import { preempt, start } from "./dispatch";
import { fill } from "./fill";
import { gangJoin } from "./gang";
import { idleIn } from "./idle";
import { isLimited } from "./limit";
import { enqueue, queuedAt } from "./run-queue";
import { settle } from "./settle";
import { hurryStops, isCoscheduled, syncDeficit } from "./skew";
import { busyThreads } from "./speed";
import { NONE, State } from "./states";
import { Distance, runOf, spanOf } from "./topology";

const CONSIDERED: u32 = 4;

/** An idle vCPU whose guest has work, or one whose page has come, wants to run. */
export function wake(vcpu: u32, at: u64): void {
  const coscheduled = isCoscheduled(vcpu);
  if (coscheduled) syncDeficit(vcpu, at);
  activate(vcpu, at);
  if (vmGang(vcpuVm(vcpu)) != 0) {
    gangJoin(vcpu, at);
    return;
  }
  setState(vcpu, State.Ready, at);
  boost(vcpu);
  place(vcpu, worldWakePreempts(0) != 0, at);
  if (coscheduled) hurryStops(vcpu, at);
}

/**
 * Finds a pCPU for a ready vCPU that is in no queue.
 *
 * @param preempts  it may take one from a vCPU that is far enough ahead
 */
export function place(vcpu: u32, preempts: bool, at: u64): void {
  const last = vcpuPcpu(vcpu);
  const idle = nearestIdle(last);
  // Asked last: on a host that is full nobody is idle, and the way up to the root is spared.
  if (idle != NONE && !isLimited(vcpuClient(vcpu))) {
    if (hostThreads(pcpuHost(idle)) == 1) {
      if (!start(idle, vcpu, at)) enqueue(vcpu, last);
      return;
    }
    // A core mate may object.
    setVcpuPcpu(vcpu, idle);
    enqueue(vcpu, idle);
    fill(idle, at);
    return;
  }
  const target = preempts ? victim(vcpu, last, at) : NONE;
  if (target != NONE) {
    setVcpuPcpu(vcpu, target);
    enqueue(vcpu, target);
    preempt(target, at);
    fill(target, at);
    return;
  }
  const queue = shorterQueue(last);
  setVcpuPcpu(vcpu, queue);
  enqueue(vcpu, queue);
}

/** The nearest idle pCPU; with SMT one whose core is idle altogether, if there is any among the first few. */
function nearestIdle(last: u32): u32 {
  const host = pcpuHost(last);
  const first = hostPcpuFirst(host);
  if (idleIn(host, 0, hostPcpuCount(host)) == NONE) return NONE;
  const threads = hostThreads(host);
  if (idleIn(host, last - first, last - first + 1) != NONE && (threads == 1 || busyThreads(last) == 0)) {
    return last;
  }
  let found: u32 = NONE;
  for (let level: u32 = Distance.Core; level <= <u32>Distance.Host; ++level) {
    const begin = runOf(last, level);
    const end = begin + spanOf(host, level);
    let next = begin;
    for (let considered: u32 = 0; considered < CONSIDERED; ++considered) {
      const idle = idleIn(host, next, end);
      if (idle == NONE) break;
      if (threads == 1 || busyThreads(idle) == 0) return idle;
      if (found == NONE) found = idle;
      next = runOf(idle, Distance.Core) + threads;
    }
  }
  return found;
}

/** A pCPU near `last` whose vCPU is far enough ahead. */
function victim(vcpu: u32, last: u32, at: u64): u32 {
  const host = pcpuHost(last);
  const begin = hostPcpuFirst(host) + runOf(last, Distance.Cache);
  const span = spanOf(host, Distance.Cache);
  let best: u32 = NONE;
  let most = worldWakeMarginNs(0);
  for (let step: u32 = 0; step < min(span, CONSIDERED); ++step) {
    const pcpu = begin + ((last - begin + step) % span);
    const other = pcpuVcpu(pcpu);
    if (other == NONE) continue;
    settle(pcpu, at);
    const gap = behind(vcpu, other, at);
    if (gap > most) {
      most = gap;
      best = pcpu;
    }
  }
  return best;
}

/** The run queue of `last`, or one near it that is shorter by two. */
function shorterQueue(last: u32): u32 {
  const host = pcpuHost(last);
  if (hostRunQueues(host) == 1) return last;
  const begin = hostPcpuFirst(host) + runOf(last, Distance.Cache);
  const span = spanOf(host, Distance.Cache);
  let best = last;
  let least = queuedAt(last);
  let pcpu = last;
  for (let step: u32 = 1; step < min(span, CONSIDERED + 1); ++step) {
    pcpu = pcpu + 1 < begin + span ? pcpu + 1 : begin;
    const queued = queuedAt(pcpu);
    if (queued + 1 < least) {
      least = queued;
      best = pcpu;
    }
  }
  return best;
}

/** A client may run again: idle pCPUs of its host see whether there is something for them now. */
export function wakeAfterRefill(client: u32, at: u64): void {
  const host = clientHost(client);
  const end = hostPcpuCount(host);
  let next: u32 = 0;
  for (;;) {
    const idle = idleIn(host, next, end);
    if (idle == NONE) return;
    fill(idle, at);
    next = idle - hostPcpuFirst(host) + 1;
  }
}
