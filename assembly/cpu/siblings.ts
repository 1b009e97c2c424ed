/**
 * Siblings that are due more than a run queue can see: what its pick has to give way to.
 *
 *   fetched       somebody who waits elsewhere, below a group of the one picked here, and is too far behind it
 *   passed over   the group of one who is too far ahead of a sibling that runs, for the sake of somebody else here
 *   goes on       one who runs and is far behind below some group: it has to run whenever it can, or its group's time
 *                 goes to others; neither the end of its quantum nor the fairness scan interrupts it
 *
 * Source: none, see wants.ts. Cost: O(levels) a look, O(children) a level where somebody is fetched.
 */
import {
  clientChildren,
  clientClock,
  clientFirst,
  clientHost,
  clientParent,
  clientQueued,
  clientShares,
  clientSharesSum,
  clientThrottled,
  clientVcpu,
  clientVtime,
  hostWantTrees,
  pcpuQueue,
  vcpuClient,
  vcpuPcpu,
  vcpuVm,
  vmGang,
  worldBalanceMarginNs,
  worldCoscheduling,
  worldReserving,
} from "../layout";
import { isDue } from "./compare";
import { Coscheduling } from "./skew";
import { NONE } from "./states";
import { behindOf } from "./vtime";
import { siblingBehind } from "./wants";

/** So many margins a group may be ahead for the sake of a member that runs. */
const LEEWAY: u64 = 8;

/** Where the comparison begins: vCPUs of a gang are kept together by other means. */
function ownOf(vcpu: u32): u32 {
  const client = vcpuClient(vcpu);
  return worldCoscheduling(0) == <u32>Coscheduling.Strict ? clientParent(client) : client;
}

/**
 * Whom a vCPU that would run is too far ahead of: at the highest level where somebody waits, else at the lowest where
 * somebody runs.
 *
 * @param trees  `hostWantTrees`
 * @returns NONE: of nobody, or it runs by its reservation
 */
export function furthestBehind(trees: u32, vcpu: u32, at: u64): u32 {
  const isReserving = worldReserving(0) != 0;
  let found = NONE;
  let child = ownOf(vcpu);
  for (let group = clientParent(child); group != NONE; child = group, group = clientParent(group)) {
    if (isReserving && isDue(child, at)) return NONE;
    const other = siblingBehind(trees, group, child, worldBalanceMarginNs(0));
    if (other != NONE && (found == NONE || clientQueued(other) > 0)) found = other;
  }
  return found;
}

/**
 * The vCPU below a client that waits in another run queue and is furthest behind.
 *
 * @returns NONE: nobody waits below it, or the one who does is in this queue
 */
export function waiting(client: u32, pcpu: u32): u32 {
  let node = client;
  while (clientVcpu(node) == NONE) {
    let best = NONE;
    const first = clientFirst(node);
    for (let child = first; child < first + clientChildren(node); ++child) {
      if (clientQueued(child) == 0 || clientThrottled(child) != 0) continue;
      if (best == NONE || clientVtime(child) < clientVtime(best)) best = child;
    }
    if (best == NONE) return NONE;
    node = best;
  }
  if (clientQueued(node) == 0) return NONE;
  const vcpu = clientVcpu(node);
  return pcpuQueue(vcpuPcpu(vcpu)) == pcpuQueue(pcpu) ? NONE : vcpu;
}

/**
 * The highest group above a vCPU, below the root, whose turn is not for the child on the way to it; NONE: it may run.
 *
 * @param last  the highest that is looked at
 */
export function groupTooFar(vcpu: u32, last: u32, at: u64): u32 {
  const isReserving = worldReserving(0) != 0;
  let found = NONE;
  let child = ownOf(vcpu);
  const trees = hostWantTrees(clientHost(child));
  for (
    let group = clientParent(child);
    clientParent(group) != NONE;
    child = group, group = clientParent(group)
  ) {
    if (isReserving && isDue(child, at)) return NONE;
    if (siblingBehind(trees, group, child, worldBalanceMarginNs(0)) != NONE) found = group;
    if (group == last) break;
  }
  return found;
}

/**
 * Whether a vCPU that runs is left alone, whoever else is due: it is far behind below some group, so it is due all that its
 * vCPUs can use, and would lose for good what it waits. From that group upwards only those count who wait and are much
 * further behind: what the group is ahead by, others of it can give back.
 */
export function goesOn(vcpu: u32): bool {
  let child = ownOf(vcpu);
  const trees = hostWantTrees(clientHost(child));
  if (trees == NONE) return false;
  let must = false;
  for (let group = clientParent(child); group != NONE; child = group, group = clientParent(group)) {
    must = must || (clientParent(group) != NONE && lagsIn(child, group));
    const other = siblingBehind(
      trees,
      group,
      child,
      must ? LEEWAY * worldBalanceMarginNs(0) : worldBalanceMarginNs(0),
    );
    if (other != NONE && (!must || clientQueued(other) > 0)) return false;
  }
  return must;
}

/** Whether a child is far behind its siblings, were they all as far as the group's clock. */
function lagsIn(child: u32, group: u32): bool {
  const sum = clientSharesSum(group);
  const others = sum - <u64>clientShares(child);
  // In 1.024 µs, so that shares fit above.
  const behind = min(behindOf(child, clientClock(group)) >> 10, (<u64>1) << 32);
  return behind * others > ((2 * worldBalanceMarginNs(0)) >> 10) * sum;
}
