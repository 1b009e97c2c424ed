/**
 * An estate as a scenario of pages and quanta: each VM computes its part of the time, and touches its active memory.
 *
 *   cpuPart 25 %, 2 vCPUs      →  { run: 10ms, sleep: 30ms, threads: 2 }
 *   memoryPart 25 %            →  { pattern: uniform, size: 25%, rate: … }       every page about once in 15 s
 *
 * Page resolution holds every page of hosts and VMs. Where hosts have more than 16 GiB together all sizes of memory are divided by a
 * power of two, which leaves who has how much of what as it is.
 */
import type { LoadedEstate, LoadedVm } from "./assumed.ts";
import type { EstateControls, EstateHost } from "./estate.ts";

/** Memory that hosts of page resolution have together. */
const HOSTS_MIB = 16 * 1024;
const CYCLE_MS = 40;
/** A page of active memory is touched about this often; s. */
const TOUCH_S = 15;
/** Of a VM after all sizes were divided. */
const VM_MIB_MIN = 4;
const VCPUS_MAX = 256;
const PAGES_MIB = 256;

export interface ScenarioDocument {
  readonly [key: string]: unknown;
}

export interface PageOptions {
  readonly name: string;
  readonly durationS: number;
}

/** The scenario and what had to be said about it. */
export function pageScenario(
  { hosts, vms }: LoadedEstate,
  { name, durationS }: PageOptions,
): { document: ScenarioDocument; notes: string[] } {
  const notes: string[] = [];
  const total = hosts.reduce((sum, { memoryMib }) => sum + memoryMib, 0);
  let divisor = 1;
  while (total / divisor > HOSTS_MIB) divisor *= 2;
  if (divisor > 1)
    notes.push(`all memory is 1/${divisor} of its size, because page resolution holds every page`);
  if (vms.some(({ vcpus }) => !Number.isInteger(vcpus)))
    notes.push("VMs with parts of a vCPU have whole ones, limited to these parts");
  if (vms.some(({ gpus }) => gpus > 0))
    notes.push("accelerators are not simulated: `ballast place` places by them");
  const document = {
    ballast: 1,
    name,
    duration: `${durationS}s`,
    resolution: "page",
    hosts: hosts.map((host) => hostOf(host, divisor)),
    vms: vms.map((vm) => vmOf(vm, divisor)),
  };
  return { document, notes };
}

function hostOf(host: EstateHost, divisor: number): ScenarioDocument {
  const { name, sockets, coresPerSocket: cores, threadsPerCore: threads, mhz, memoryMib } = host;
  return {
    name,
    cpu: { sockets, cores, threads, mhz: Math.round(mhz) },
    memory: mib(memoryMib / divisor, 16),
  };
}

function vmOf(vm: LoadedVm, divisor: number): ScenarioDocument {
  const vcpus = Math.min(VCPUS_MAX, Math.max(1, Math.ceil(vm.vcpus)));
  const memoryMib = Math.max(VM_MIB_MIN, Math.round(vm.memoryMib / divisor));
  const cpu = cpuControls(vm.cpu, vm.vcpus);
  const memory = memoryControls(vm.memory, divisor, memoryMib);
  const busy = (vm.cpuPart * vm.vcpus) / vcpus;
  const work = workOf(busy, vcpus);
  const touched = Math.round(vm.memoryPart * 1000) / 10;
  const rate = Math.ceil((memoryMib * PAGES_MIB * vm.memoryPart) / TOUCH_S);
  const touching =
    touched > 0 ? [{ pattern: "uniform", rate: `${rate}/s`, size: `${touched}%`, writes: "30%" }] : [];
  const workload = [...work, ...touching];
  return {
    name: vm.name,
    ...(vm.host === "" ? {} : { host: vm.host }),
    vcpus,
    memory: mib(memoryMib, VM_MIB_MIN),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(Object.keys(memory).length > 0 ? { mem: memory } : {}),
    ...(vm.isShared === false ? { salt: `only-${vm.name}` } : {}),
    ...(workload.length === 0 ? {} : { workload }),
  };
}

/** A duty cycle in whole microseconds. */
function workOf(part: number, threads: number): ScenarioDocument[] {
  const run = Math.round(part * CYCLE_MS * 1000);
  if (run <= 0) return [];
  if (run >= CYCLE_MS * 1000) return [{ busy: true, threads }];
  return [{ run: `${run}us`, sleep: `${CYCLE_MS * 1000 - run}us`, threads }];
}

function cpuControls(
  { reservation, limit, limitCores, shares }: EstateControls,
  vcpus: number,
): ScenarioDocument {
  const cores = limitCores ?? (Number.isInteger(vcpus) ? undefined : vcpus);
  return {
    ...(shares === undefined ? {} : { shares: Math.round(shares) }),
    ...(reservation === undefined ? {} : { reservation: `${Math.round(reservation)}MHz` }),
    ...(limit === undefined
      ? cores === undefined
        ? {}
        : { limit: `${Math.max(1, Math.round(cores * 100))}%` }
      : { limit: `${Math.round(limit)}MHz` }),
  };
}

function memoryControls(
  { reservation, limit, shares }: EstateControls,
  divisor: number,
  memoryMib: number,
): ScenarioDocument {
  const fitting = (value: number): number => Math.min(memoryMib, Math.max(1, Math.round(value / divisor)));
  return {
    ...(shares === undefined ? {} : { shares: Math.round(shares) }),
    ...(reservation === undefined ? {} : { reservation: `${fitting(reservation)}MiB` }),
    ...(limit === undefined
      ? {}
      : { limit: `${Math.max(fitting(limit), reservation === undefined ? 1 : fitting(reservation))}MiB` }),
  };
}

function mib(value: number, least: number): string {
  const whole = Math.max(least, Math.round(value));
  return whole % 1024 === 0 ? `${whole / 1024}GiB` : `${whole}MiB`;
}
