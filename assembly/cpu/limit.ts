/**
 * CPU limits: a client with a limit has a budget of nominal core time for every period, and waits for the next one when it
 * is spent.
 *
 *   grant      a pCPU that dispatches takes a part of the budget of every limited client above the vCPU, and gives back
 *              what is left; so no number of pCPUs at once can use more than the limit
 *   throttled  budget spent: nobody below is picked, until the period ends or somebody gives back
 *   share      of a budget above, on hosts that go by entitlements: who has spent his waits for those who can still spend theirs
 *
 * Periods are the same for all: multiples of worldLimitPeriodNs. Source: ESX limits; Turner, Rao, Rao, "CPU bandwidth
 * control for CFS", OLS 2010, for budget by slices. Cost: O(levels) per grant; O(vCPUs below) per throttling.
 */
import {
  clientActive,
  clientBudgetNs,
  clientDueNs,
  clientMostNs,
  clientShareHeld,
  clientShareNs,
  clientSharePeriod,
  clientShareUsedNs,
  entitleCount,
  setClientShareHeld,
  setClientShareNs,
  setClientSharePeriod,
  setClientShareUsedNs,
  clientHost,
  clientChildren,
  clientFirst,
  clientParent,
  clientPeriod,
  clientQuotaNs,
  clientRemain,
  clientThrottled,
  clientVcpu,
  hostPcpuCount,
  hostPcpuFirst,
  clientVtime,
  setClientBudgetNs,
  setClientPeriod,
  setClientQuotaNs,
  setClientRemain,
  setClientThrottled,
  setClientVtime,
  setVcpuLimited,
  setVcpuLimitedNs,
  setVcpuLimitedSinceNs,
  vcpuClient,
  vcpuLimited,
  vcpuLimitedNs,
  vcpuLimitedSinceNs,
  vcpuState,
  worldGrantNs,
  worldLimitPeriodNs,
  worldQuantumNs,
} from "../layout";
import { clientEvent, pcpuEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { idleIn } from "./idle";
import { seatAgain, unseatHeld } from "./run-queue";
import { NONE, State } from "./states";
import { standing } from "./vtime";
import { noteHeld, noteReleased } from "./wants";

/** Nobody limits. */
export const UNLIMITED: u64 = NEVER;

/** Who has spent his share looks again so many times a period. */
const LOOKS: u64 = 10;

/** Budget left in the period of `at`; below 0: work done on a client's behalf has overdrawn it, later periods pay. */
function budgetOf(client: u32, at: u64): i64 {
  const period = at / worldLimitPeriodNs(0);
  const since = period - clientPeriod(client);
  if (since > 0) {
    const quota = <i64>clientQuotaNs(client);
    const left = <i64>clientBudgetNs(client);
    // What is not used up is lost, what is overdrawn is not.
    const paid = since > 1_000_000 ? 0 : left + <i64>since * quota;
    setClientPeriod(client, period);
    setClientBudgetNs(client, <u64>(left < 0 ? min(quota, since > 1_000_000 ? quota : paid) : quota));
  }
  return <i64>clientBudgetNs(client);
}

/**
 * Takes a part of the budget of everybody who limits a vCPU.
 *
 * @returns UNLIMITED, a part in ns, or 0: somebody's is spent, who is throttled now
 */
export function takeGrant(vcpu: u32, at: u64): u64 {
  let least: u64 = UNLIMITED;
  let client = clientParent(vcpuClient(vcpu));
  const shares = entitleCount() > 0;
  for (; client != NONE; client = clientParent(client)) {
    const isShare = shares && clientShareNs(client) != UNLIMITED;
    if (clientQuotaNs(client) == UNLIMITED && !isShare) continue;
    if (clientThrottled(client) != 0) return 0;
    if (isShare) {
      const left = shareLeft(client, at);
      if (left == 0) {
        throttle(client, at, true);
        return 0;
      }
      least = min(least, left);
    }
    if (clientQuotaNs(client) == UNLIMITED) continue;
    const budget = budgetOf(client, at);
    if (budget <= 0) {
      throttle(client, at, false);
      return 0;
    }
    least = min(least, <u64>budget);
  }
  if (least == UNLIMITED) return UNLIMITED;
  const grant = min(least, worldGrantNs(0));
  for (client = clientParent(vcpuClient(vcpu)); client != NONE; client = clientParent(client)) {
    if (clientQuotaNs(client) != UNLIMITED) setClientBudgetNs(client, clientBudgetNs(client) - grant);
    if (shares) setClientShareUsedNs(client, clientShareUsedNs(client) + grant);
  }
  return grant;
}

/**
 * What is left of a client's share in the period of `at`. What it did not take of earlier ones it may take now, up to two
 * quanta for each who wants to run: quanta may be as long as periods.
 */
function shareLeft(client: u32, at: u64): u64 {
  const share = <i64>clientShareNs(client);
  const period = at / worldLimitPeriodNs(0);
  const since = period - clientSharePeriod(client);
  if (since > 0) {
    const most = -(<i64>(2 * worldQuantumNs(0) * <u64>clientActive(client)));
    const used = since > 1_000_000 ? most : <i64>clientShareUsedNs(client) - <i64>since * share;
    setClientSharePeriod(client, period);
    setClientShareUsedNs(client, <u64>max(used, most));
  }
  const left = share - <i64>clientShareUsedNs(client);
  return left > 0 ? <u64>left : 0;
}

/** Takes work done on a client's behalf off the budgets, which may be overdrawn. */
export function payLimits(client: u32, used: u64, at: u64): void {
  const shares = entitleCount() > 0;
  for (let node = client; node != NONE; node = clientParent(node)) {
    if (shares) setClientShareUsedNs(node, clientShareUsedNs(node) + used);
    if (clientQuotaNs(node) == UNLIMITED) continue;
    setClientBudgetNs(node, <u64>(budgetOf(node, at) - <i64>used));
  }
}

/** Gives back what was not used of a grant; worth nothing once its period is over. */
export function returnGrant(vcpu: u32, grant: u64, at: u64): void {
  if (grant == UNLIMITED || grant == 0) return;
  const period = at / worldLimitPeriodNs(0);
  const shares = entitleCount() > 0;
  let client = clientParent(vcpuClient(vcpu));
  for (; client != NONE; client = clientParent(client)) {
    if (shares) setClientShareUsedNs(client, clientShareUsedNs(client) - grant);
    if (clientQuotaNs(client) == UNLIMITED || clientPeriod(client) != period) continue;
    const budget = min(<i64>(clientBudgetNs(client) + grant), <i64>clientQuotaNs(client));
    setClientBudgetNs(client, <u64>budget);
    if (clientThrottled(client) == 0 || budget <= 0 || isShareHeld(client)) continue;
    release(client, at);
    callIdle(clientHost(client), at);
  }
}

/** Idle pCPUs look again, once this event is through. */
function callIdle(host: u32, at: u64): void {
  const end = hostPcpuCount(host);
  for (let from: u32 = 0; ;) {
    const idle = idleIn(host, from, end);
    if (idle == NONE) return;
    schedule(pcpuEvent(idle), at);
    from = idle - hostPcpuFirst(host) + 1;
  }
}

/** @param ofShare  its share of a budget above is spent, not a limit of its own */
function throttle(client: u32, at: u64, ofShare: bool): void {
  setClientThrottled(client, 1);
  unseatHeld(client);
  if (ofShare) setClientShareHeld(client, 1);
  noteHeld(client, clientHost(client));
  setClientRemain(client, clientVtime(client) - standing(clientParent(client)));
  schedule(clientEvent(client), ofShare ? nextLook(at) : nextPeriod(at));
  markLimited(client, at);
}

function nextPeriod(at: u64): u64 {
  return (at / worldLimitPeriodNs(0) + 1) * worldLimitPeriodNs(0);
}

function nextLook(at: u64): u64 {
  return min(at + worldLimitPeriodNs(0) / LOOKS, nextPeriod(at));
}

function isShareHeld(client: u32): bool {
  return entitleCount() > 0 && clientShareHeld(client) != 0;
}

/** A throttled client looks whether it may go on: a new period, or its siblings leave something of this one. */
export function refill(client: u32, at: u64): void {
  if (clientThrottled(client) == 0) return;
  if (clientQuotaNs(client) != UNLIMITED && budgetOf(client, at) <= 0)
    schedule(clientEvent(client), nextPeriod(at));
  else if (isShareHeld(client) && shareLeft(client, at) == 0) spare(client, at);
  else release(client, at);
}

/** What nobody else of a group can still use of a budget above goes to one whose share is spent. */
function spare(client: u32, at: u64): void {
  const group = clientParent(client);
  const left = clientQuotaNs(group) == UNLIMITED ? <i64>shareLeft(group, at) : budgetOf(group, at);
  const time = nextPeriod(at) - at;
  let kept: i64 = 0;
  const first = clientFirst(group);
  for (let child = first; child < first + clientChildren(group); ++child) {
    const unused = <i64>(shareLeft(child, at) + clientDueNs(child)) - <i64>clientShareNs(child);
    if (unused > 0) kept += min(unused, <i64>((clientMostNs(child) * time) / worldLimitPeriodNs(0)));
  }
  if (left <= kept) {
    schedule(clientEvent(client), nextLook(at));
    return;
  }
  const more = min(<u64>(left - kept), worldGrantNs(0));
  setClientShareUsedNs(client, clientShareUsedNs(client) - more);
  release(client, at);
}

/** Sets a client's share of a period of a limit above it; UNLIMITED: nobody cares any more. */
export function changeShare(client: u32, share: u64, at: u64): void {
  if (clientShareNs(client) == UNLIMITED && share != UNLIMITED) {
    setClientSharePeriod(client, at / worldLimitPeriodNs(0));
    setClientShareUsedNs(client, 0);
  }
  setClientShareNs(client, share);
  if (clientShareHeld(client) != 0 && shareLeft(client, at) > 0) schedule(clientEvent(client), at);
}

function release(client: u32, at: u64): void {
  if (isShareHeld(client)) {
    setClientShareHeld(client, 0);
  } else {
    // What others used meanwhile is not held against them: it is as far behind as it was.
    const vtime = standing(clientParent(client)) + clientRemain(client);
    if (<i64>(vtime - clientVtime(client)) > 0) setClientVtime(client, vtime);
  }
  setClientThrottled(client, 0);
  schedule(clientEvent(client), NEVER);
  noteReleased(client, clientHost(client));
  markLimited(client, at);
  seatAgain(client);
}

/** Some client at or above this one is throttled. */
export function isLimited(client: u32): bool {
  for (let node = client; node != NONE; node = clientParent(node)) {
    if (clientThrottled(node) != 0) return true;
  }
  return false;
}

/** Brings MLMTD of every vCPU below a client up to date, and whether it goes on. */
function markLimited(client: u32, at: u64): void {
  const vcpu = clientVcpu(client);
  if (vcpu != NONE) {
    markVcpu(vcpu, at);
    return;
  }
  const first = clientFirst(client);
  for (let child = first; child < first + clientChildren(client); ++child) markLimited(child, at);
}

/** Brings MLMTD of one vCPU up to date: called whenever its state or what is above it changes. */
export function markVcpu(vcpu: u32, at: u64): void {
  if (vcpuLimited(vcpu) != 0) {
    setVcpuLimitedNs(vcpu, vcpuLimitedNs(vcpu) + (at - vcpuLimitedSinceNs(vcpu)));
  }
  const limited = vcpuState(vcpu) == State.Ready && isLimited(vcpuClient(vcpu));
  setVcpuLimited(vcpu, limited ? 1 : 0);
  setVcpuLimitedSinceNs(vcpu, at);
}

/** @param quota  ns of nominal core time a period; UNLIMITED none */
export function changeLimit(client: u32, quota: u64, at: u64): void {
  const before = clientQuotaNs(client);
  const spent = before == UNLIMITED ? 0 : <u64>max<i64>(0, <i64>before - budgetOf(client, at));
  setClientQuotaNs(client, quota);
  setClientPeriod(client, at / worldLimitPeriodNs(0));
  setClientBudgetNs(client, quota == UNLIMITED ? UNLIMITED : quota - min(quota, spent));
  if (clientThrottled(client) != 0 && !isShareHeld(client) && clientBudgetNs(client) > 0) release(client, at);
}
