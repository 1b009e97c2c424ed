/** What is assumed where an inventory says nothing, and what it was made of where it says something. */
import { ASSUMED_CPU } from "../demand/index.ts";
import type { Estate, EstateHost, EstateVm } from "./estate.ts";

/** Assumed active part of the memory of a VM that nothing is known of. */
export const ASSUMED_MEMORY = 0.25;
/** Assumed clock of cores. */
export const ASSUMED_MHZ = 2600;
/** Assumed hosts for inventories that list none. */
export const ASSUMED_HOST = { sockets: 2, coresPerSocket: 16, memoryMib: 256 * 1024 };
/** vCPUs that an assumed host takes for each of its cores. */
const VCPUS_PER_CORE = 4;

export interface Assumptions {
  /** Part of its vCPUs that a VM asks for. */
  readonly cpu?: number | undefined;
  /** Part of its memory that a VM uses. */
  readonly memory?: number | undefined;
}

/** A VM with what it asks for. */
export interface LoadedVm extends EstateVm {
  /** 0 … 1. */
  readonly cpuPart: number;
  readonly memoryPart: number;
}

/** An estate that can be simulated: hosts that are known, VMs that run. */
export interface LoadedEstate {
  readonly hosts: readonly EstateHost[];
  readonly vms: readonly LoadedVm[];
  readonly notes: readonly string[];
}

/** Fills in what an estate leaves open. */
export function assume(estate: Estate, { cpu, memory }: Assumptions = {}): LoadedEstate {
  const notes: string[] = [];
  const on = estate.vms.filter(({ isOn }) => isOn);
  const off = estate.vms.length - on.length;
  if (off > 0)
    notes.push(`${off} of ${estate.vms.length} VMs do not run (off, or templates) and are left out`);
  const hosts = hostsOf(estate, on, notes);
  const byHost = usageOf(hosts, on);
  const tally = { seen: 0, shared: 0, assumed: 0, active: 0, assumedActive: 0 };
  const vms = on.map((vm): LoadedVm => {
    const ofHost = byHost.get(vm.host);
    let cpuPart = vm.cpuDemand;
    if (cpuPart !== undefined) tally.seen += 1;
    else if (ofHost !== undefined) {
      cpuPart = ofHost;
      tally.shared += 1;
    } else {
      cpuPart = cpu ?? ASSUMED_CPU;
      tally.assumed += 1;
    }
    const isSeen = vm.activeMib !== undefined;
    tally[isSeen ? "active" : "assumedActive"] += 1;
    const memoryPart = isSeen ? Math.min(1, vm.activeMib! / vm.memoryMib) : (memory ?? ASSUMED_MEMORY);
    return { ...vm, cpuPart, memoryPart };
  });
  notes.push(...demandNotes(tally, cpu ?? ASSUMED_CPU, memory ?? ASSUMED_MEMORY));
  return { hosts, vms, notes };
}

type Tally = Readonly<Record<"seen" | "shared" | "assumed" | "active" | "assumedActive", number>>;

function demandNotes(
  { seen, shared, assumed, active, assumedActive }: Tally,
  cpu: number,
  memory: number,
): string[] {
  const vms = (count: number): string => (count === 1 ? "1 VM" : `${count} VMs`);
  const percent = (part: number): string => `${Math.round(part * 1000) / 10} %`;
  return [
    ...(seen > 0 ? [`CPU demand of ${vms(seen)} is what the inventory measured`] : []),
    ...(shared > 0
      ? [`CPU demand of ${vms(shared)} is assumed: the CPU usage of their host, divided by vCPUs`]
      : []),
    ...(assumed > 0 ? [`CPU demand of ${vms(assumed)} is assumed: ${percent(cpu)} of vCPUs`] : []),
    ...(active > 0 ? [`active memory of ${vms(active)} is what the inventory measured`] : []),
    ...(assumedActive > 0 ? [`active memory of ${vms(assumedActive)} is assumed: ${percent(memory)}`] : []),
  ];
}

function hostsOf({ hosts }: Estate, vms: readonly EstateVm[], notes: string[]): EstateHost[] {
  if (hosts.length === 0) return assumedHosts(vms, notes);
  const slow = hosts.filter(({ mhz }) => !(mhz > 0)).length;
  if (slow > 0) notes.push(`the clock of ${slow} hosts is assumed: ${ASSUMED_MHZ} MHz`);
  const bare = hosts.filter(({ memoryMib }) => !(memoryMib > 0)).length;
  if (bare > 0) notes.push(`the memory of ${bare} hosts is assumed: ${ASSUMED_HOST.memoryMib / 1024} GiB`);
  return hosts.map((host) => ({
    ...host,
    mhz: host.mhz > 0 ? host.mhz : ASSUMED_MHZ,
    memoryMib: host.memoryMib > 0 ? host.memoryMib : ASSUMED_HOST.memoryMib,
  }));
}

/** Hosts that VMs name, or as many as they need. */
function assumedHosts(vms: readonly EstateVm[], notes: string[]): EstateHost[] {
  const { sockets, coresPerSocket } = ASSUMED_HOST;
  const named = new Map<string, number>();
  for (const vm of vms) if (vm.host !== "") named.set(vm.host, (named.get(vm.host) ?? 0) + vm.memoryMib);
  const largest = Math.max(
    2 * vms.reduce((most, vm) => Math.max(most, vm.memoryMib), 0),
    ...[...named.values()],
  );
  let { memoryMib } = ASSUMED_HOST;
  while (memoryMib < largest) memoryMib *= 2;
  const memory = vms.reduce((sum, vm) => sum + vm.memoryMib, 0) / memoryMib;
  const vcpus = vms.reduce((sum, vm) => sum + vm.vcpus, 0) / (sockets * coresPerSocket * VCPUS_PER_CORE);
  const count = Math.max(1, Math.ceil(Math.max(memory, vcpus)));
  const names =
    named.size > 0 ? [...named.keys()] : Array.from({ length: count }, (_, at) => `host${at + 1}`);
  const each = `${sockets} × ${coresPerSocket} cores of ${ASSUMED_MHZ} MHz, ${memoryMib / 1024} GiB`;
  const which = named.size > 0 ? `the ${names.length} that VMs name` : `${names.length}`;
  notes.push(`no hosts are listed: ${which} ${names.length === 1 ? "is" : "are"} assumed, each ${each}`);
  return names.map((name) => ({
    name,
    sockets,
    coresPerSocket,
    threadsPerCore: 1,
    mhz: ASSUMED_MHZ,
    memoryMib,
    gpus: 0,
    labels: {},
  }));
}

/** Per host the part of each vCPU that its measured usage comes to. */
function usageOf(hosts: readonly EstateHost[], vms: readonly EstateVm[]): Map<string, number> {
  const vcpus = new Map<string, number>();
  for (const vm of vms) vcpus.set(vm.host, (vcpus.get(vm.host) ?? 0) + vm.vcpus);
  return new Map(
    hosts.flatMap(({ name, cpuUsage, sockets, coresPerSocket }) => {
      const on = vcpus.get(name) ?? 0;
      if (cpuUsage === undefined || on === 0) return [];
      return [[name, Math.min(1, (cpuUsage * sockets * coresPerSocket) / on)] as const];
    }),
  );
}
