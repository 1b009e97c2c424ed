/**
 * Interrupts: work of the hypervisor on behalf of a VM, wherever it lands.
 *
 *   exact     the VM that it is done for is charged (SYS); the vCPU that it interrupts is not (OVRLP)
 *   sampled   now and then every pCPU is looked at, and whoever an interrupt works for just then (others may wait behind
 *             it) is charged the whole distance since the last look: cheap, and right on average
 *
 * Sources are spread over pCPUs by the work that they bring, the largest first onto the least loaded, once: their rates
 * do not change.
 *
 * Source: ESX ("charge VM on whose behalf system work performed", "based on statistical sampling"). Cost: O(levels) an
 * interrupt; O(sources × pCPUs) at the start.
 */
import {
  hostIrqCount,
  hostIrqFirst,
  hostPcpuCount,
  hostPcpuFirst,
  hostRandom,
  irqCostNs,
  irqDraw,
  irqGapNs,
  irqHost,
  irqPcpu,
  irqRaised,
  irqRandom,
  irqVm,
  pcpuIrqPerKs,
  pcpuStolenNs,
  pcpuStolenVm,
  pcpuSystemNs,
  serviceCount,
  serviceUntilNs,
  serviceVm,
  setHostRandom,
  setIrqPcpu,
  setIrqRaised,
  setIrqRandom,
  setPcpuIrqPerKs,
  setPcpuStolenNs,
  setPcpuStolenVm,
  setPcpuSystemNs,
  setVcpuSystemNs,
  setServiceUntilNs,
  setServiceVm,
  setVmSampledSystemNs,
  vcpuSystemNs,
  vmClient,
  vmPower,
  vmSampledSystemNs,
  vmVcpuFirst,
  worldSampleNs,
} from "../layout";
import { irqEvent, sampleEvent } from "../events";
import { drawLength } from "../guest/draw";
import { nextState } from "../prng";
import { NEVER, schedule } from "../queue";
import { project } from "./dispatch";
import { payLimits } from "./limit";
import { settle } from "./settle";
import { noteStolen } from "./skew";
import { NONE, Power } from "./states";
import { charge } from "./vtime";

/** Next length of a gap; at least 1 ns. */
function gapOf(state: u64, draw: u32, mean: u64): u64 {
  return max<u64>(1, drawLength(draw, mean, 0, state));
}

/** An interrupt. */
export function interrupt(irq: u32, at: u64): void {
  const state = nextState(irqRandom(irq));
  setIrqRandom(irq, state);
  schedule(irqEvent(irq), at + gapOf(state, irqDraw(irq), irqGapNs(irq)));
  setIrqRaised(irq, irqRaised(irq) + 1);
  const pcpu = irqPcpu(irq);
  const cost = irqCostNs(irq);
  settle(pcpu, at);
  const before = max(pcpuStolenNs(pcpu), at);
  setPcpuStolenNs(pcpu, before + cost);
  setPcpuStolenVm(pcpu, irqVm(irq));
  noteService(pcpu, irqVm(irq), before, at);
  setPcpuSystemNs(pcpu, pcpuSystemNs(pcpu) + cost);
  project(pcpu, at);
  noteStolen(pcpu, at);
  const vm = irqVm(irq);
  if (vm == NONE || vmPower(vm) != Power.On) return;
  const first = vmVcpuFirst(vm);
  setVcpuSystemNs(first, vcpuSystemNs(first) + cost);
  charge(vmClient(vm), cost, at);
  payLimits(vmClient(vm), cost, at);
}

/** Takes the last pCPU of a host away for the hypervisor's own work. */
export function steal(host: u32, ns: u64, at: u64): void {
  if (hostPcpuCount(host) == 0) return;
  const pcpu = hostPcpuFirst(host) + hostPcpuCount(host) - 1;
  settle(pcpu, at);
  const before = max(pcpuStolenNs(pcpu), at);
  setPcpuStolenNs(pcpu, before + ns);
  setPcpuStolenVm(pcpu, NONE);
  noteService(pcpu, NONE, before, at);
  setPcpuSystemNs(pcpu, pcpuSystemNs(pcpu) + ns);
  project(pcpu, at);
  noteStolen(pcpu, at);
}

/** Rows a pCPU of those that are in line. */
export const SERVICES: u32 = 16;

/**
 * One more in line on a pCPU, the last to be done. One row holds all that come one after the other for one VM; where all
 * rows are taken nothing is noted.
 *
 * @param before  when those before it will be done, or `at`
 */
function noteService(pcpu: u32, vm: u32, before: u64, at: u64): void {
  if (serviceCount() == 0) return;
  const first = pcpu * SERVICES;
  let free: u32 = NONE;
  for (let row = first; row < first + SERVICES; ++row) {
    const until = serviceUntilNs(row);
    if (until == before && before > at && serviceVm(row) == vm) {
      setServiceUntilNs(row, pcpuStolenNs(pcpu));
      return;
    }
    if (until <= at) free = row;
  }
  if (free == NONE) return;
  setServiceUntilNs(free, pcpuStolenNs(pcpu));
  setServiceVm(free, vm);
}

/** Whom a pCPU works for now: of those in line the one that is done first; beyond the rows, the last that came. */
function inService(pcpu: u32, at: u64): u32 {
  const first = pcpu * SERVICES;
  let until = NEVER;
  let vm = pcpuStolenVm(pcpu);
  for (let row = first; row < first + SERVICES; ++row) {
    if (serviceUntilNs(row) <= at || serviceUntilNs(row) >= until) continue;
    until = serviceUntilNs(row);
    vm = serviceVm(row);
  }
  return vm;
}

/** Looks at every pCPU of a host. */
export function sampleSystemTime(host: u32, at: u64): void {
  const mean = worldSampleNs(0);
  const state = nextState(hostRandom(host));
  setHostRandom(host, state);
  // Uniform around the mean, so that no source can hide between the samples.
  schedule(sampleEvent(host), at + max<u64>(1, drawLength(1, mean, mean, state)));
  const first = hostPcpuFirst(host);
  for (let pcpu = first; pcpu < first + hostPcpuCount(host); ++pcpu) {
    const vm = pcpuStolenNs(pcpu) > at ? inService(pcpu, at) : NONE;
    if (vm != NONE) setVmSampledSystemNs(vm, vmSampledSystemNs(vm) + mean);
  }
}

/** Spreads a host's interrupt sources over its pCPUs: each in turn, the busiest first, to the one with least. */
export function spreadInterrupts(host: u32): void {
  const count = hostIrqCount(host);
  if (count == 0) return;
  const pcpus = hostPcpuFirst(host);
  const end = pcpus + hostPcpuCount(host);
  for (let pcpu = pcpus; pcpu < end; ++pcpu) setPcpuIrqPerKs(pcpu, 0);
  const first = hostIrqFirst(host);
  // Sources stand in order of their load, as boot has put them.
  for (let irq = first; irq < first + count; ++irq) {
    assert(irqHost(irq) == host);
    let best = pcpus;
    for (let pcpu = pcpus; pcpu < end; ++pcpu) if (pcpuIrqPerKs(pcpu) < pcpuIrqPerKs(best)) best = pcpu;
    setIrqPcpu(irq, best);
    setPcpuIrqPerKs(best, pcpuIrqPerKs(best) + (irqCostNs(irq) * 1_000_000_000_000) / irqGapNs(irq));
  }
}
