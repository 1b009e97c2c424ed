/**
 * What a pCPU without a vCPU does next: its own run queue, else the nearest that holds somebody, if the move costs less
 * than the wait; else it idles.
 *
 *   skipped   a gang that finds too few pCPUs, a vCPU that a core mate objects to: others may go first
 *   held      left idle for a while, because a core mate is far behind the one whose turn it is
 *
 * Source: ESX ("pull whenever a physical CPU becomes idle"); at most four candidates are considered, as its options say.
 * Cost: O(levels × log children) a vCPU looked at.
 */
import {
  hostPcpuFirst,
  hostRoot,
  hostRunQueues,
  hostWantTrees,
  pcpuHeld,
  pcpuHost,
  pcpuSliceEndNs,
  pcpuVcpu,
  setPcpuHeld,
  setPcpuSettledNs,
  setVcpuPcpu,
  vcpuPcpu,
  vcpuVm,
  vmGang,
  worldBalanceNs,
} from "../layout";
import { pcpuEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { behind } from "./compare";
import { holdTime, mayShareCore } from "./core-sharing";
import { isOver, mayJump, urgentQueue } from "./credit";
import { start } from "./dispatch";
import { gangStart } from "./gang";
import { markBusy, markIdle, queuedIn } from "./idle";
import { foremost, instead, peek, pick } from "./pick";
import { dequeue, enqueue, queuedAt } from "./run-queue";
import { furthestBehind, waiting } from "./siblings";
import { NONE } from "./states";
import { Distance, refillOf, runOf, spanOf } from "./topology";

/** Queues considered a level. */
const CONSIDERED: u32 = 4;
/** vCPUs that could not be started just now are skipped: this many at most. */
const SKIPS: u32 = 4;

/** Finds something for a pCPU without vCPU to do; a gang that has just started elsewhere may have come to this one too. */
export function fill(pcpu: u32, at: u64): void {
  if (pcpuVcpu(pcpu) != NONE) return;
  const skipped = startFrom(pcpu, pcpu, at, 0);
  if (pcpuVcpu(pcpu) != NONE) return;
  const again = !skipped && hostRunQueues(pcpuHost(pcpu)) > 1 ? pull(pcpu, at) : NEVER;
  if (pcpuVcpu(pcpu) == NONE) rest(pcpu, at, again);
}

/**
 * A pCPU without work: idle, or left idle for the sake of a core mate until a known time.
 *
 * @param again  when who waits elsewhere is worth a second look; NEVER: nobody waits
 */
function rest(pcpu: u32, at: u64, again: u64): void {
  setPcpuSettledNs(pcpu, at);
  if (pcpuHeld(pcpu) != 0) return;
  schedule(pcpuEvent(pcpu), again);
  markIdle(pcpu);
}

/**
 * Starts the vCPU whose turn it is in the run queue of `from` on `pcpu`; those that cannot start now are skipped.
 *
 * @returns true if somebody was left there
 */
export function startFrom(pcpu: u32, from: u32, at: u64, depth: u32): bool {
  const vcpu = from == pcpu && depth == 0 ? choose(pcpu, at) : pick(from, at);
  if (vcpu == NONE) return false;
  if (vmGang(vcpuVm(vcpu)) != 0) {
    if (gangStart(vcpu, pcpu, at)) return false;
  } else if (mayShareCore(pcpu, vcpu, at)) {
    const until = holdTime(pcpu, vcpu, at);
    if (until > at) {
      hold(pcpu, until);
      return true;
    }
    dequeue(vcpu, from);
    if (start(pcpu, vcpu, at)) return false;
    enqueue(vcpu, vcpuPcpu(vcpu));
    // A limit above it has just been reached; others may go on.
    return startFrom(pcpu, from, at, depth);
  }
  if (depth == SKIPS) return true;
  dequeue(vcpu, from);
  startFrom(pcpu, from, at, depth + 1);
  enqueue(vcpu, vcpuPcpu(vcpu));
  return true;
}

/** Whose turn it is here: somebody who waits elsewhere and is due more is brought to this run queue first. */
function choose(pcpu: u32, at: u64): u32 {
  const vcpu = foremost(pcpu, at);
  if (vcpu != NONE && isOver(vcpu) && fetchUrgent(pcpu, at)) return foremost(pcpu, at);
  const trees = hostWantTrees(pcpuHost(pcpu));
  if (vcpu == NONE || trees == NONE) return vcpu;
  const other = furthestBehind(trees, vcpu, at);
  if (other == NONE) return vcpu;
  return fetch(other, vcpu, pcpu, at) ? foremost(pcpu, at) : instead(vcpu, pcpu, at);
}

/** Brings the vCPU below a client that waits elsewhere to the run queue of a pCPU, if the move costs less than it is behind. */
function fetch(client: u32, foremost: u32, pcpu: u32, at: u64): bool {
  if (worldBalanceNs(0) == 0) return false;
  const vcpu = waiting(client, pcpu);
  if (vcpu == NONE) return false;
  if (behind(vcpu, foremost, at) <= refillOf(vcpu, pcpu)) return false;
  bring(vcpu, pcpu);
  return true;
}

/** Credit: brings somebody with credits left, who waits elsewhere, to the run queue of a pCPU where nobody has any. */
function fetchUrgent(pcpu: u32, at: u64): bool {
  const from = urgentQueue(pcpu);
  if (from == NONE) return false;
  const vcpu = peek(from, hostRoot(pcpuHost(pcpu)), at);
  if (vcpu == NONE || !mayJump(vcpu)) return false;
  bring(vcpu, pcpu);
  return true;
}

/** From one run queue to another. */
function bring(vcpu: u32, pcpu: u32): void {
  dequeue(vcpu, vcpuPcpu(vcpu));
  setVcpuPcpu(vcpu, pcpu);
  enqueue(vcpu, pcpu);
}

function hold(pcpu: u32, until: u64): void {
  setPcpuHeld(pcpu, 1);
  markBusy(pcpu);
  schedule(pcpuEvent(pcpu), until);
}

/**
 * Takes a waiting vCPU from the nearest queue where it pays.
 *
 * @returns when the first quantum is over whose end seemed worth waiting for, if nobody came; NEVER: there is none
 */
function pull(pcpu: u32, at: u64): u64 {
  const host = pcpuHost(pcpu);
  const own = pcpu - hostPcpuFirst(host);
  let from = own;
  let until = own + 1;
  let again = NEVER;
  for (let level: u32 = Distance.Core; level <= <u32>Distance.Host; ++level) {
    const begin = runOf(pcpu, level);
    const end = begin + spanOf(host, level);
    // What a lower level has covered is not looked at twice.
    if (begin < from) again = min(again, pullIn(pcpu, begin, from, at));
    if (pcpuVcpu(pcpu) == NONE && end > until) again = min(again, pullIn(pcpu, until, end, at));
    if (pcpuVcpu(pcpu) != NONE) break;
    from = begin;
    until = end;
  }
  return again;
}

function pullIn(pcpu: u32, from: u32, until: u32, at: u64): u64 {
  const host = pcpuHost(pcpu);
  let next = from;
  let again = NEVER;
  for (let considered: u32 = 0; considered < CONSIDERED; ++considered) {
    const other = queuedIn(host, next, until);
    if (other == NONE) break;
    if (pays(pcpu, other, at)) {
      startFrom(pcpu, other, at, 0);
      if (pcpuVcpu(pcpu) != NONE) break;
    } else {
      // Its turn need not come then: who runs there may be due again.
      again = min(again, max(at, pcpuSliceEndNs(other)) + 1);
    }
    next = other - hostPcpuFirst(host) + 1;
  }
  return again;
}

/** The wait at `other` is no shorter than the caches of `pcpu` take to fill; at the end of a quantum both may be nothing. */
function pays(pcpu: u32, other: u32, at: u64): bool {
  if (pcpuVcpu(other) == NONE || queuedAt(other) > 1) return true;
  const vcpu = pick(other, at);
  if (vcpu == NONE) return false;
  const end = pcpuSliceEndNs(other);
  return refillOf(vcpu, pcpu) <= (end > at ? end - at : 0);
}
