/**
 * What a host looks at now and then: the energy it has used, VMs that hurt their core mates.
 *
 *   energy      power table at the busy part of the time since the last look, linear between its points, × (clock)²
 *               on the part above idle when the clock is low
 *   quarantine  a VM that slows core mates by 10 % or more, and has done so for 100 ms, runs alone on a core from then on
 *
 * Source: SPECpower tables (facts of the power models); ESX's automatic quarantine, whose thresholds are not published:
 * these are ours. Cost: O(pCPUs).
 */
import {
  hostBusyNs,
  hostEnergyMicroJ,
  hostFrequencyPpm,
  hostPcpuCount,
  hostPcpuFirst,
  hostThreads,
  hostTickNs,
  pcpuBusyNs,
  pcpuSystemNs,
  pcpuVcpu,
  setHostBusyNs,
  setHostEnergyMicroJ,
  setVmHarmNs,
  setVmQuarantined,
  vcpuVm,
  vmHarmNs,
  vmHarmPpm,
  vmQuarantined,
  wattCount,
  wattMilli,
} from "../layout";
import { tickEvent } from "../events";
import { schedule } from "../queue";
import { Message, post } from "../ring";
import { settleCaches } from "./cache";
import { settle } from "./settle";
import { busyThreads } from "./speed";
import { NONE } from "./states";

const ONE: u64 = 1_000_000;
const HARM_PPM: u32 = 100_000;
const HARM_NS: u64 = 100_000_000;
/** Rows of a power table. */
export const WATT_ROWS: u32 = 11;

/** The event of a host. */
export function keepHouse(host: u32, at: u64): void {
  schedule(tickEvent(host), at + hostTickNs(host));
  const first = hostPcpuFirst(host);
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) settle(pcpu, at);
  useEnergy(host);
  watchMates(host, at);
  settleCaches(host, at);
}

/** Time with a vCPU or an interrupt, of all pCPUs. */
function busyOf(host: u32): u64 {
  const first = hostPcpuFirst(host);
  let busy: u64 = 0;
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) busy += pcpuBusyNs(pcpu);
  return busy;
}

function useEnergy(host: u32): void {
  if (wattCount() == 0 || wattMilli(host * WATT_ROWS + WATT_ROWS - 1) == 0) return;
  const busy = busyOf(host);
  const period = hostTickNs(host) * <u64>hostPcpuCount(host);
  const part = min(((busy - hostBusyNs(host)) * ONE) / period, ONE);
  setHostBusyNs(host, busy);
  const milliwatts = powerAt(host, part);
  // mW × µs = nJ
  const microJ = (milliwatts * (hostTickNs(host) / 1000)) / 1000;
  setHostEnergyMicroJ(host, hostEnergyMicroJ(host) + microJ);
}

/** Power in mW at a busy part, in ppm, and the clock in force. */
function powerAt(host: u32, part: u64): u64 {
  const table = host * WATT_ROWS;
  const step = min<u64>(part / 100_000, WATT_ROWS - 2);
  const low = <u64>wattMilli(table + <u32>step);
  const high = <u64>wattMilli(table + <u32>step + 1);
  const above = part - step * 100_000;
  const full = high >= low ? low + ((high - low) * above) / 100_000 : low - ((low - high) * above) / 100_000;
  const idle = <u64>wattMilli(table);
  const clock = <u64>hostFrequencyPpm(host);
  if (clock == ONE || full <= idle) return full;
  return idle + ((((full - idle) * clock) / ONE) * clock) / ONE;
}

function watchMates(host: u32, at: u64): void {
  if (hostThreads(host) == 1) return;
  const first = hostPcpuFirst(host);
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) {
    const vcpu = pcpuVcpu(pcpu);
    if (vcpu == NONE || busyThreads(pcpu) < 2) continue;
    const vm = vcpuVm(vcpu);
    if (vmHarmPpm(vm) < HARM_PPM || vmQuarantined(vm) != 0) continue;
    setVmHarmNs(vm, vmHarmNs(vm) + hostTickNs(host));
    if (vmHarmNs(vm) < HARM_NS) continue;
    setVmQuarantined(vm, 1);
    post(at, Message.Quarantine, vm, 0);
  }
}
