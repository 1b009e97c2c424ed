/**
 * Work for idle pCPUs, and fairness between run queues.
 *
 *   pull      an idle pCPU takes from the nearest queue that holds somebody, if the move costs less than the wait
 *   balance   now and then a pCPU looks at a few other queues: whoever waits there and is far behind the one that runs
 *             here is fetched, and runs
 *
 * Source: ESX ("pull whenever a physical CPU becomes idle", "scan remote queues periodically for fairness"); at most four
 * candidates are considered, as its options say. Cost: O(1) queues a call.
 */
import {
  hostBalanceNext,
  hostPcpuCount,
  hostPcpuFirst,
  hostRunQueues,
  pcpuHost,
  pcpuSliceEndNs,
  pcpuVcpu,
  setHostBalanceNext,
  vcpuPcpu,
  vcpuVm,
  vmGang,
  worldBalanceMarginNs,
} from "../layout";
import { mix64 } from "../prng";
import { behind } from "./compare";
import { fill, moveTo, preempt, startFrom } from "./dispatch";
import { queuedIn } from "./idle";
import { dequeue, enqueue, pick, queuedAt } from "./run-queue";
import { settle } from "./settle";
import { NONE } from "./states";
import { Distance, refillOf, runOf, spanOf } from "./topology";

/** Queues considered a level. */
const CONSIDERED: u32 = 4;

/** Takes a waiting vCPU from the nearest queue where it pays. */
export function pull(pcpu: u32, at: u64): void {
  const host = pcpuHost(pcpu);
  const own = pcpu - hostPcpuFirst(host);
  let from = own;
  let until = own + 1;
  for (let level: u32 = Distance.Core; level <= <u32>Distance.Host; ++level) {
    const begin = runOf(pcpu, level);
    const end = begin + spanOf(host, level);
    // What a lower level has covered is not looked at twice.
    if (begin < from && pullIn(pcpu, begin, from, at)) return;
    if (end > until && pullIn(pcpu, until, end, at)) return;
    from = begin;
    until = end;
  }
}

function pullIn(pcpu: u32, from: u32, until: u32, at: u64): bool {
  const host = pcpuHost(pcpu);
  let next = from;
  for (let considered: u32 = 0; considered < CONSIDERED; ++considered) {
    const other = queuedIn(host, next, until);
    if (other == NONE) return false;
    if (pays(pcpu, other, at)) {
      startFrom(pcpu, other, at, 0);
      if (pcpuVcpu(pcpu) != NONE) return true;
    }
    next = other - hostPcpuFirst(host) + 1;
  }
  return false;
}

/** The wait at `other` is longer than the caches of `pcpu` take to fill. */
function pays(pcpu: u32, other: u32, at: u64): bool {
  if (pcpuVcpu(other) == NONE || queuedAt(other) > 1) return true;
  const vcpu = pick(other, at);
  if (vcpu == NONE) return false;
  const end = pcpuSliceEndNs(other);
  return refillOf(vcpu, other, pcpu) < (end > at ? end - at : 0);
}

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
  const found = furthestBehind(pcpu, running, at);
  if (found == NONE) return;
  const from = vcpuPcpu(found);
  dequeue(found, from);
  moveTo(found, pcpu);
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
    const vcpu = pick(other, at);
    if (vcpu == NONE || vmGang(vcpuVm(vcpu)) != 0) continue;
    const cost = other == pcpu ? 0 : refillOf(vcpu, other, pcpu);
    const gap = behind(vcpu, running, at);
    if (gap > most + cost) {
      most = gap - cost;
      best = vcpu;
    }
  }
  return best;
}
