/**
 * Who comes to a group of the scheduler's tree, leaves it, or goes to another while it runs. Nodes stand from boot on; one
 * with nobody there is vacant: its shares count in nobody's sums.
 *
 *   enter     new among its siblings: no credit, no debt
 *   leave     vacant again
 *   transfer  from one group of a host to another: vCPUs that want a pCPU queue anew, those that wait for a page go on
 *             waiting; what the VM is ahead of its group's clock or behind it, it is of the new one's
 *
 * Source: Linux, which takes a task from one control group to another with its virtual time relative to the queue's.
 * Cost: O(siblings), O(vCPUs) times a dispatch.
 */
import {
  clientBudgetNs,
  clientChildren,
  clientClock,
  clientFirst,
  clientHost,
  clientOwnShares,
  clientParent,
  clientPeriod,
  clientQuotaNs,
  clientRemain,
  clientReserveNs,
  clientReservePpm,
  clientShares,
  clientTagPpm,
  clientThrottled,
  clientVtime,
  clientVtimeRest,
  hostPcpuCount,
  hostPcpuFirst,
  hostWantTrees,
  pcpuKept,
  pcpuQueue,
  pcpuTrees,
  setClientBudgetNs,
  setClientClock,
  setClientOwnShares,
  setClientPeriod,
  setClientQuotaNs,
  setClientRemain,
  setClientReserveNs,
  setClientReservePpm,
  setClientShareHeld,
  setClientShares,
  setClientTagPpm,
  setClientThrottled,
  setClientVtime,
  setClientVtimeRest,
  setVacantNow,
  setVcpuClient,
  setVmClient,
  vcpuClient,
  vcpuState,
  vcpuTask,
  vcpuVm,
  vmClient,
  vmPower,
  vmVcpuCount,
  vmVcpuFirst,
  vmVcpuOnline,
  worldReserving,
} from "../layout";
import { clientEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { setState } from "./account";
import { entitles, entitleSoon } from "./entitle";
import { gangLeave } from "./gang";
import { kick } from "./kick";
import { withdraw } from "./machine";
import { clearKept } from "./run-queue";
import { seat } from "./seats";
import { NONE, Power, State } from "./states";
import { join, updateSlack } from "./vtime";

/** A pool or VM is there from now on. */
export function enter(client: u32, at: u64): void {
  setVacantNow(client, 0);
  updateSlack(clientParent(client));
  join(client, at);
  entitleSoon(clientHost(client), at);
}

/** Nobody is there any more; nothing below wants to run. */
export function leave(client: u32): void {
  setVacantNow(client, 1);
  updateSlack(clientParent(client));
}

/**
 * Queues keep no seats of a VM's vCPUs, none of which is in a queue, so that they can have other nodes. A vCPU may have been
 * fetched from a queue that still keeps its seats: all are looked at.
 */
export function forgetSeats(vm: u32): void {
  const host = clientHost(vmClient(vm));
  const first = hostPcpuFirst(host);
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) {
    const queue = pcpuQueue(pcpu);
    const kept = pcpuKept(queue);
    if (kept != NONE && vcpuVm(kept) == vm) clearKept(queue, pcpuTrees(pcpu));
  }
}

/** Takes a VM, on or off, to another of its nodes on the same host. */
export function transfer(vm: u32, to: u32, at: u64): void {
  const from = vmClient(vm);
  assert(clientHost(from) == clientHost(to));
  assert(clientChildren(to) >= vmVcpuCount(vm));
  const first = vmVcpuFirst(vm);
  const end = first + vmVcpuOnline(vm);
  gangLeave(vm);
  for (let vcpu = first; vcpu < end; ++vcpu) {
    const state = <u32>vcpuState(vcpu);
    if (state == State.Run || state == State.Ready || state == State.Costop) withdraw(vcpu, at);
  }
  forgetSeats(vm);
  takeControls(from, to, at);
  takeTime(from, to);
  for (let vcpu = first; vcpu < first + vmVcpuCount(vm); ++vcpu) {
    const client = clientFirst(to) + (vcpu - first);
    setClientVtime(client, clientVtime(vcpuClient(vcpu)));
    setClientVtimeRest(client, clientVtimeRest(vcpuClient(vcpu)));
    setClientRemain(client, clientRemain(vcpuClient(vcpu)));
    setVcpuClient(vcpu, client);
    unwant(to, client);
  }
  setClientClock(to, clientClock(from));
  setVmClient(vm, to);
  leave(from);
  setVacantNow(to, 0);
  updateSlack(clientParent(to));
  entitleSoon(clientHost(to), at);
  unwant(clientParent(to), to);
  if (vmPower(vm) != Power.On) return;
  for (let vcpu = first; vcpu < end; ++vcpu) {
    // Only those that were taken off their pCPU or out of their queue are off now.
    if (vcpuState(vcpu) != State.Off) continue;
    setState(vcpu, State.Idle, at);
    if (vcpuTask(vcpu) != NONE) kick(vcpu);
  }
}

/** Shares, limit with what is left of its budget, reservation with what is due. */
function takeControls(from: u32, to: u32, at: u64): void {
  // Of the weight nothing is known in the new group yet; what it is ahead or behind is measured by the old one.
  setClientOwnShares(to, clientOwnShares(from));
  setClientShares(to, clientShares(from));
  setClientQuotaNs(to, clientQuotaNs(from));
  setClientBudgetNs(to, clientBudgetNs(from));
  setClientPeriod(to, clientPeriod(from));
  setClientReservePpm(to, clientReservePpm(from));
  if (entitles(clientHost(to))) setClientShareHeld(from, 0);
  else if (worldReserving(0) != 0) {
    setClientTagPpm(to, clientTagPpm(from));
    setClientReserveNs(to, max(clientReserveNs(from), at));
  }
  if (clientThrottled(from) == 0) return;
  // Its budget is spent there as well: it is throttled when it first comes to a pCPU.
  setClientThrottled(from, 0);
  schedule(clientEvent(from), NEVER);
}

function takeTime(from: u32, to: u32): void {
  const own = clientVtime(from);
  const before = clientClock(clientParent(from));
  const after = clientClock(clientParent(to));
  setClientVtime(to, own >= before ? after + (own - before) : after - min(after, before - own));
  setClientVtimeRest(to, clientVtimeRest(from));
  setClientRemain(to, clientRemain(from));
}

/** What somebody wanted there before has a key that may be above its new virtual time. */
function unwant(group: u32, client: u32): void {
  const trees = hostWantTrees(clientHost(client));
  if (trees != NONE) seat(trees, group, client, false);
}
