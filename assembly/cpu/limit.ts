/**
 * CPU limits: a client with a limit has a budget of nominal core time for every period, and waits for the next one when it
 * is spent.
 *
 *   grant      a pCPU that dispatches takes a part of the budget of every limited client above the vCPU, and gives back
 *              what is left; so no number of pCPUs at once can use more than the limit
 *   throttled  budget spent: nobody below is picked, until the period ends or somebody gives back
 *
 * Periods are the same for all: multiples of worldLimitPeriodNs. Source: ESX limits; Turner, Rao, Rao, "CPU bandwidth
 * control for CFS", OLS 2010, for budget by slices. Cost: O(levels) per grant; O(vCPUs below) per throttling.
 */
import {
  clientBudgetNs,
  clientHost,
  clientChildren,
  clientClock,
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
} from "../layout";
import { clientEvent, pcpuEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { idleIn } from "./idle";
import { seatAgain, unseatHeld } from "./run-queue";
import { NONE, State } from "./states";
import { noteHeld, noteReleased } from "./wants";

/** Nobody limits. */
export const UNLIMITED: u64 = NEVER;

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
  for (; client != NONE; client = clientParent(client)) {
    if (clientQuotaNs(client) == UNLIMITED) continue;
    if (clientThrottled(client) != 0) return 0;
    const budget = budgetOf(client, at);
    if (budget <= 0) {
      throttle(client, at);
      return 0;
    }
    least = min(least, <u64>budget);
  }
  if (least == UNLIMITED) return UNLIMITED;
  const grant = min(least, worldGrantNs(0));
  for (client = clientParent(vcpuClient(vcpu)); client != NONE; client = clientParent(client)) {
    if (clientQuotaNs(client) != UNLIMITED) setClientBudgetNs(client, clientBudgetNs(client) - grant);
  }
  return grant;
}

/** Takes work done on a client's behalf off the budgets, which may be overdrawn. */
export function payLimits(client: u32, used: u64, at: u64): void {
  for (let node = client; node != NONE; node = clientParent(node)) {
    if (clientQuotaNs(node) == UNLIMITED) continue;
    setClientBudgetNs(node, <u64>(budgetOf(node, at) - <i64>used));
  }
}

/** Gives back what was not used of a grant; worth nothing once its period is over. */
export function returnGrant(vcpu: u32, grant: u64, at: u64): void {
  if (grant == UNLIMITED || grant == 0) return;
  const period = at / worldLimitPeriodNs(0);
  let client = clientParent(vcpuClient(vcpu));
  for (; client != NONE; client = clientParent(client)) {
    if (clientQuotaNs(client) == UNLIMITED || clientPeriod(client) != period) continue;
    const budget = min(<i64>(clientBudgetNs(client) + grant), <i64>clientQuotaNs(client));
    setClientBudgetNs(client, <u64>budget);
    if (clientThrottled(client) == 0 || budget <= 0) continue;
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

function throttle(client: u32, at: u64): void {
  setClientThrottled(client, 1);
  unseatHeld(client);
  noteHeld(client, clientHost(client));
  setClientRemain(client, clientVtime(client) - clientClock(clientParent(client)));
  schedule(clientEvent(client), (at / worldLimitPeriodNs(0) + 1) * worldLimitPeriodNs(0));
  markLimited(client, at);
}

/** A new period for a throttled client. */
export function refill(client: u32, at: u64): void {
  if (clientThrottled(client) == 0) return;
  if (budgetOf(client, at) > 0) release(client, at);
  else schedule(clientEvent(client), (at / worldLimitPeriodNs(0) + 1) * worldLimitPeriodNs(0));
}

function release(client: u32, at: u64): void {
  setClientThrottled(client, 0);
  // What others used meanwhile is not held against them: it is as far behind as it was.
  const vtime = clientClock(clientParent(client)) + clientRemain(client);
  if (<i64>(vtime - clientVtime(client)) > 0) setClientVtime(client, vtime);
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
  if (clientThrottled(client) != 0 && clientBudgetNs(client) > 0) release(client, at);
}
