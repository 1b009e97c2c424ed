/**
 * Credit: what the scheduler of Xen knows of a vCPU. Running takes credits; every few ticks all get new ones by shares
 * (credit-accounts.ts), and whoever has some left goes before whoever has none.
 *
 *   boost   has just woken up, and had credits       first in line, and takes a pCPU from the others
 *   under   has credits left                         in turn
 *   over    has none                                 in turn, where nobody of the others is anywhere on the host
 *
 * Here a credit is a nanosecond on a pCPU; Xen counts ten a millisecond.
 *
 * Source: Xen, `xen/common/sched/credit.c` [K]; Cherkasova, Gupta, Vahdat, "Comparison of the three CPU schedulers in Xen",
 * ACM SIGMETRICS Performance Evaluation Review 35 (2), 2007. Cost: O(1).
 */
import {
  hostPcpuFirst,
  hostRoot,
  hostRunQueues,
  pcpuHost,
  pcpuTrees,
  setVcpuCreditNs,
  setVcpuPriority,
  vcpuCreditNs,
  vcpuPriority,
  vcpuVm,
  vmGang,
  worldCreditBoost,
  worldScheduler,
} from "../layout";
import { queuedIn } from "./idle";
import { foremostPriority } from "./seats";
import { NONE, Priority, Scheduler } from "./states";

/** How far one is ahead of another by priority alone, in the form of `behind`: more than any margin, or 0. */
export function ahead(vcpu: u32, other: u32): u64 {
  const own = <u64>vcpuPriority(vcpu);
  const its = <u64>vcpuPriority(other);
  return own < its ? (its - own) << 60 : 0;
}

/** Takes what a vCPU has run off its credits. */
export function debit(vcpu: u32, ns: u64): void {
  if (worldScheduler(0) == Scheduler.Credit) setVcpuCreditNs(vcpu, vcpuCreditNs(vcpu) - ns);
}

/** A vCPU wakes up: if it has credits, it goes before all others until a tick finds it running. */
export function boost(vcpu: u32): void {
  if (worldScheduler(0) != Scheduler.Credit || worldCreditBoost(0) == 0) return;
  if (vcpuPriority(vcpu) == Priority.Under) setVcpuPriority(vcpu, <u8>Priority.Boost);
}

/** A vCPU has used up its credits: whoever waits elsewhere with some left goes first. */
export function isOver(vcpu: u32): bool {
  return worldScheduler(0) == Scheduler.Credit && vcpuPriority(vcpu) == Priority.Over;
}

/**
 * The next run queue behind a pCPU's own, in turn, whose first in line has credits left.
 *
 * @returns NONE: there is none
 */
export function urgentQueue(pcpu: u32): u32 {
  const host = pcpuHost(pcpu);
  const queues = hostRunQueues(host);
  if (queues == 1) return NONE;
  const own = pcpu - hostPcpuFirst(host);
  const later = urgentIn(host, own + 1, queues);
  return later == NONE ? urgentIn(host, 0, own) : later;
}

function urgentIn(host: u32, from: u32, until: u32): u32 {
  for (let next = from; next < until;) {
    const queue = queuedIn(host, next, until);
    if (queue == NONE) return NONE;
    if (foremostPriority(pcpuTrees(queue), hostRoot(host)) < <u32>Priority.Over) return queue;
    next = queue - hostPcpuFirst(host) + 1;
  }
  return NONE;
}

/** Whether a vCPU may be taken to another queue before its turn: it has credits, and its VM is not held together. */
export function mayJump(vcpu: u32): bool {
  return vcpuPriority(vcpu) < <u8>Priority.Over && vmGang(vcpuVm(vcpu)) == 0;
}
