/**
 * What TypeScript asks of the processors between two events: power, controls, clocks, and how things stand now.
 *
 * Times are those of the event that stopped the world, as a safe integer in an f64. Cost: see the functions called.
 */
import {
  clientHost,
  clientOwnShares,
  clientShares,
  setClientOwnShares,
  setClientTagPpm,
  pcpuVcpu,
  pcpuSettledNs,
  setClientReserveNs,
  setClientReservePpm,
  setVcpuSeenCostopNs,
  setVcpuSeenIdleNs,
  setVcpuSeenLimitedNs,
  setVcpuSeenOverlapNs,
  setVcpuSeenReadyNs,
  setVcpuSeenRunNs,
  setVcpuSeenSwapNs,
  setVcpuSeenUsedNs,
  vcpuCostopNs,
  vcpuCount,
  vcpuIdleNs,
  vcpuLimited,
  vcpuLimitedNs,
  vcpuLimitedSinceNs,
  vcpuOverlapNs,
  vcpuPcpu,
  vcpuReadyNs,
  vcpuRunNs,
  vcpuSinceNs,
  vcpuState,
  vcpuSwapNs,
  vcpuUsedNs,
} from "../layout";
import { entitles, entitleSoon } from "./entitle";
import { changeLimit as limit, UNLIMITED } from "./limit";
import { changeFrequency as setClock, plug as plugVm, powerOff as off, powerOn as on } from "./machine";
import { enter as come, leave as go, transfer as carry } from "./places";
import { reserveAgain } from "./run-queue";
import { chargedOf, stolenOf } from "./settle";
import { NONE, State } from "./states";
import { drainKicks } from "./turn";
import { changeShares as share } from "./vtime";
import { wakeAfterRefill } from "./wake";

export function powerOn(vm: u32, atNs: f64): void {
  on(vm, <u64>atNs);
  drainKicks(<u64>atNs);
}

export function powerOff(vm: u32, atNs: f64): void {
  off(vm, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** Hot-adds or unplugs vCPUs, until `online` are left, in [1, the VM's most]. */
export function plug(vm: u32, online: u32, atNs: f64): void {
  plugVm(vm, online, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** A pool or VM comes to its place, where nobody was. */
export function enter(client: u32, atNs: f64): void {
  come(client, <u64>atNs);
}

/** It goes; nothing below it is on. */
export function leave(client: u32): void {
  go(client);
}

/** Takes a VM to another of its nodes on the same host. */
export function transfer(vm: u32, client: u32, atNs: f64): void {
  carry(vm, client, <u64>atNs);
  drainKicks(<u64>atNs);
}

export function changeShares(client: u32, shares: u32, atNs: f64): void {
  const before = clientOwnShares(client);
  setClientOwnShares(client, shares);
  // By entitlements its weight follows from all that hold by then.
  if (clientShares(client) == before) share(client, shares);
  entitleSoon(clientHost(client), <u64>atNs);
}

/** @param quotaNs  nominal core time a period; negative: no limit */
export function changeLimit(client: u32, quotaNs: f64, atNs: f64): void {
  limit(client, quotaNs < 0 ? UNLIMITED : <u64>quotaNs, <u64>atNs);
  entitleSoon(clientHost(client), <u64>atNs);
  wakeAfterRefill(client, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** @param ppm  of one pCPU; 0 none. The world must have been built with reservations. */
export function changeReservation(client: u32, ppm: u32, atNs: f64): void {
  setClientReservePpm(client, ppm);
  if (entitles(clientHost(client))) {
    entitleSoon(clientHost(client), <u64>atNs);
    return;
  }
  setClientTagPpm(client, ppm);
  setClientReserveNs(client, <u64>atNs);
  reserveAgain(client);
}

/** Changes the clock of a host's cores. */
export function changeFrequency(host: u32, ppm: u32, atNs: f64): void {
  setClock(host, ppm, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** Writes what every vCPU's counters would be at a time, without accounting anything: the `Seen` columns. */
export function recount(atNs: f64): void {
  for (let vcpu: u32 = 0; vcpu < vcpuCount(); ++vcpu) recountVcpu(vcpu, <u64>atNs);
}

function recountVcpu(vcpu: u32, at: u64): void {
  const state = vcpuState(vcpu);
  const since = at - vcpuSinceNs(vcpu);
  setVcpuSeenReadyNs(vcpu, vcpuReadyNs(vcpu) + (state == State.Ready ? since : 0));
  setVcpuSeenCostopNs(vcpu, vcpuCostopNs(vcpu) + (state == State.Costop ? since : 0));
  setVcpuSeenIdleNs(vcpu, vcpuIdleNs(vcpu) + (state == State.Idle ? since : 0));
  setVcpuSeenSwapNs(vcpu, vcpuSwapNs(vcpu) + (state == State.Swap ? since : 0));
  const limited = vcpuLimited(vcpu) != 0 ? at - vcpuLimitedSinceNs(vcpu) : 0;
  setVcpuSeenLimitedNs(vcpu, vcpuLimitedNs(vcpu) + limited);
  let run: u64 = 0;
  let stolen: u64 = 0;
  let charged: u64 = 0;
  if (state == State.Run) {
    const pcpu = vcpuPcpu(vcpu);
    const from = pcpuSettledNs(pcpu);
    run = at > from ? at - from : 0;
    stolen = run > 0 ? stolenOf(pcpu, from, at) : 0;
    charged = chargedOf(pcpu, run - stolen);
    assert(pcpuVcpu(pcpu) != NONE);
  }
  setVcpuSeenRunNs(vcpu, vcpuRunNs(vcpu) + run);
  setVcpuSeenOverlapNs(vcpu, vcpuOverlapNs(vcpu) + stolen);
  setVcpuSeenUsedNs(vcpu, vcpuUsedNs(vcpu) + charged);
}
