/**
 * Credits are handed out: every few ticks a host's pCPUs earn one period each, which goes down the tree by shares.
 *
 *   earning   vCPUs that a tick has found running, until they have saved up a whole period
 *   a child   gets its part by shares of the children that earn, but no more than all its earning vCPUs could use, or its limit
 *             allows; what it cannot use goes to the others
 *   a vCPU    keeps −1 to 1 period: below 0 it is over; above 1 it stops earning and keeps half, so that a sleeper comes
 *             back with half a period in store and no more
 *
 * Here pools hand on what they get, where Xen has domains alone; and what one cannot use is divided at once, where Xen hands it to
 * those who come later in its list. Ticks come at the same time for all pCPUs. Source: as credit.ts. Cost: O(pCPUs) a
 * tick; O(clients × rounds) every few ticks, as many rounds as there are sets of children that cannot use their part.
 */
import {
  clientChildren,
  clientCount,
  clientCreditNs,
  clientEarning,
  clientFirst,
  clientParent,
  clientQuotaNs,
  clientShares,
  clientVcpu,
  hostCount,
  hostCreditTicks,
  hostPcpuCount,
  hostPcpuFirst,
  hostRoot,
  pcpuVcpu,
  setClientCreditNs,
  setClientEarning,
  setHostCreditTicks,
  setVcpuCreditNs,
  setVcpuEarns,
  setVcpuPriority,
  vcpuClient,
  vcpuCreditNs,
  vcpuEarns,
  vcpuPriority,
  vcpuState,
  worldCreditTickNs,
  worldCreditTicks,
  worldLimitPeriodNs,
} from "../layout";
import { UNLIMITED } from "./limit";
import { lineAgain } from "./run-queue";
import { settle } from "./settle";
import { NONE, Priority, State } from "./states";

/** Has got no part yet. */
const OPEN: u64 = 0xffff_ffff_ffff_ffff;

/** The tick of a host's pCPUs. */
export function creditTick(host: u32, at: u64): void {
  const first = hostPcpuFirst(host);
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) {
    const vcpu = pcpuVcpu(pcpu);
    if (vcpu == NONE) continue;
    settle(pcpu, at);
    setVcpuEarns(vcpu, 1);
    if (vcpuPriority(vcpu) == Priority.Boost) setVcpuPriority(vcpu, <u8>Priority.Under);
  }
  const ticks = hostCreditTicks(host) + 1;
  setHostCreditTicks(host, ticks < worldCreditTicks(0) ? ticks : 0);
  if (ticks >= worldCreditTicks(0)) handOut(host);
}

/** Ns of a period. */
function period(): u64 {
  return worldCreditTickNs(0) * <u64>worldCreditTicks(0);
}

/** a × b / c, where a × b may be beyond 64 bits and b is at most c. */
function part(a: u64, b: u64, c: u64): u64 {
  const whole = a / c;
  return whole * b + ((a - whole * c) * b) / c;
}

function handOut(host: u32): void {
  const root = hostRoot(host);
  const end = host + 1 < hostCount() ? hostRoot(host + 1) : clientCount();
  countEarning(root, end);
  setClientCreditNs(root, <u64>hostPcpuCount(host) * period());
  // Breadth first: every group has its credits before its children ask for them.
  for (let client = root; client < end; ++client) {
    if (clientEarning(client) == 0) continue;
    const vcpu = clientVcpu(client);
    if (vcpu == NONE) divide(client);
    else earn(vcpu, clientCreditNs(client));
  }
}

/** vCPUs that earn, at and below every client; one that is off begins anew when it comes back. */
function countEarning(root: u32, end: u32): void {
  for (let client = root; client < end; ++client) {
    setClientEarning(client, 0);
    const vcpu = clientVcpu(client);
    if (vcpu == NONE || vcpuClient(vcpu) != client) continue;
    if (vcpuState(vcpu) == State.Off) {
      setVcpuEarns(vcpu, 0);
      setVcpuCreditNs(vcpu, 0);
      setVcpuPriority(vcpu, <u8>Priority.Under);
    }
    setClientEarning(client, vcpuEarns(vcpu));
  }
  for (let client = end - 1; client > root; --client) {
    const group = clientParent(client);
    setClientEarning(group, clientEarning(group) + clientEarning(client));
  }
}

/** The most credits that a client can use in a period. */
function mostOf(client: u32): u64 {
  const all = <u64>clientEarning(client) * period();
  const quota = clientQuotaNs(client);
  const over = worldLimitPeriodNs(0);
  if (quota == UNLIMITED || quota / over >= <u64>clientEarning(client)) return all;
  // In 1.024 µs, so that products stay within 64 bits.
  return (quota / over) * period() + part(period(), (quota % over) >> 10, over >> 10);
}

/** Divides a group's credits among its children that earn. */
function divide(group: u32): void {
  const first = clientFirst(group);
  const end = first + clientChildren(group);
  let left = clientCreditNs(group);
  let shares: u64 = 0;
  for (let child = first; child < end; ++child) {
    if (clientEarning(child) == 0) continue;
    setClientCreditNs(child, OPEN);
    shares += <u64>clientShares(child);
  }
  for (let isMore = true; isMore;) {
    isMore = false;
    const credits = left;
    const among = shares;
    for (let child = first; child < end; ++child) {
      if (clientEarning(child) == 0 || clientCreditNs(child) != OPEN) continue;
      const most = mostOf(child);
      if (part(credits, <u64>clientShares(child), among) < most) continue;
      setClientCreditNs(child, most);
      left -= min(left, most);
      shares -= <u64>clientShares(child);
      isMore = true;
    }
  }
  for (let child = first; child < end; ++child) {
    if (clientEarning(child) == 0 || clientCreditNs(child) != OPEN) continue;
    setClientCreditNs(child, part(left, <u64>clientShares(child), shares));
  }
}

/** A vCPU gets credits, and the priority that goes with what it has then. */
function earn(vcpu: u32, credits: u64): void {
  const most = <i64>period();
  let has = <i64>(vcpuCreditNs(vcpu) + credits);
  const priority: u32 = has < 0 ? Priority.Over : Priority.Under;
  if (has > most) {
    setVcpuEarns(vcpu, 0);
    has /= 2;
  }
  setVcpuCreditNs(vcpu, <u64>max(has, -most));
  if (vcpuPriority(vcpu) == priority) return;
  setVcpuPriority(vcpu, <u8>priority);
  lineAgain(vcpu);
}
