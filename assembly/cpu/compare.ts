/**
 * Which of two vCPUs of a host deserves the processor more: they are compared where their paths to the root part.
 *
 * Cost: O(levels).
 */
import {
  clientDepth,
  clientParent,
  clientReserveNs,
  clientTagPpm,
  clientShares,
  clientVtime,
  vcpuClient,
  worldReserving,
  worldScheduler,
} from "../layout";
import { ahead } from "./credit";
import { Scheduler } from "./states";
import { behindOf, FARTHEST, serviceOf } from "./vtime";

/** Behind by more than any lag. */
const FAR: u64 = 1 << 62;

/**
 * How far `vcpu` is behind `other`, in ns of its own service.
 *
 * @returns 0 if it is not
 */
export function behind(vcpu: u32, other: u32, at: u64): u64 {
  let a = vcpuClient(vcpu);
  let b = vcpuClient(other);
  let needA = false;
  let needB = false;
  const reserving = worldReserving(0) != 0;
  while (clientParent(a) != clientParent(b)) {
    const depthA = clientDepth(a);
    const depthB = clientDepth(b);
    if (depthA >= depthB) {
      if (reserving) needA = needA || isDue(a, at);
      a = clientParent(a);
    }
    if (depthB >= depthA) {
      if (reserving) needB = needB || isDue(b, at);
      b = clientParent(b);
    }
  }
  if (reserving) {
    needA = needA || isDue(a, at);
    needB = needB || isDue(b, at);
    if (needA != needB) return needA ? FAR : 0;
  }
  return worldScheduler(0) == Scheduler.Credit ? ahead(vcpu, other) : behindOf(a, clientVtime(b));
}

/** Whether one is behind another by more than `most` ns of the service of both: of the one that has fewer shares. */
export function lagsBehind(vcpu: u32, other: u32, most: u64): bool {
  let a = vcpuClient(vcpu);
  let b = vcpuClient(other);
  while (clientParent(a) != clientParent(b)) {
    const depthA = clientDepth(a);
    const depthB = clientDepth(b);
    if (depthA >= depthB) a = clientParent(a);
    if (depthB >= depthA) b = clientParent(b);
  }
  const own = clientVtime(a);
  const its = clientVtime(b);
  if (own >= its) return false;
  const gap = min(its - own, FARTHEST - 1);
  return serviceOf(gap, min(clientShares(a), clientShares(b))) > most;
}

/** A client has a reservation that has not been served up to now. */
export function isDue(client: u32, at: u64): bool {
  return clientTagPpm(client) > 0 && clientReserveNs(client) <= at;
}
