/**
 * The processors of a world in rows: pCPUs, the scheduler's tree of every host, vCPUs, run queues.
 *
 *   root ─ pools ─ … ─ VMs ─ vCPUs      breadth first, siblings adjacent and in the order of their names
 */
import type { GroupName, SpaceName } from "../core/layout.ts";
import type { HostSpec, Scenario } from "../scenario/types.ts";
import { bitsetWords } from "./bitset-words.ts";
import { configuredPages } from "./control-tree.ts";
import { countGuest } from "./fill-guest.ts";

export const NONE = 0xffff_ffff;
export const SMT_ROWS = 8;
export const WATT_ROWS = 11;
const WAYS = 32;
/** Interrupts in line that samples can tell apart, a pCPU. */
const SERVICES = 16;
const TRACE_ROWS = 1 << 16;

/** A node of a scheduler's tree. */
export interface ClientPlan {
  readonly kind: "root" | "pool" | "vm" | "vcpu";
  readonly host: number;
  readonly depth: number;
  /** NONE: a root. */
  readonly parent: number;
  /** First child and how many: filled while the tree is laid out. */
  first: number;
  children: number;
  /** Index into the scenario's pools; row of a VM; row of a vCPU. */
  readonly pool?: number;
  readonly vm?: number;
  readonly vcpu?: number;
  /** Groups: place of the tree within a run queue, and its leaves. */
  seat: number;
  seats: number;
}

export interface HostCpuPlan {
  readonly pcpuFirst: number;
  readonly pcpus: number;
  readonly queues: number;
  readonly root: number;
  readonly seatFirst: number;
  readonly seatStride: number;
  /** Trees of all who want processors, behind those of the run queues. */
  readonly wants: boolean;
  /** It goes by entitlements, where somebody reserves or limits. */
  readonly entitles: boolean;
  readonly bitFirst: number;
  readonly irqFirst: number;
}

export interface CpuPlan {
  readonly hosts: readonly HostCpuPlan[];
  readonly clients: readonly ClientPlan[];
  readonly vcpuFirst: readonly number[];
  /** Client row of every pool of the scenario, and of every VM row. */
  readonly poolClients: readonly number[];
  readonly vmClients: readonly number[];
  /** Client rows that VMs have or may come to have, by `landingKey`. */
  readonly landings: ReadonlyMap<string, number>;
  /** The same by row of the VM. */
  readonly vmPlaces: readonly (readonly number[])[];
  /** Row of every VM of the scenario. */
  readonly vmRows: readonly number[];
  readonly rows: Partial<Record<SpaceName, number>>;
  readonly groups: readonly GroupName[];
  readonly reserving: boolean;
  /** A policy sets controls. */
  readonly decides: boolean;
  readonly caches: number;
  /** The CPU policy and the governors are due at multiples of this; absent: there is nothing to decide. */
  readonly everyNs?: number;
}

/** Names as people sort them: runs of digits by value. */
export function compareNames(a: string, b: string): number {
  const parts = (name: string): string[] => name.match(/\d+|\D+/g) ?? [];
  const [one, other] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(one.length, other.length); i += 1) {
    const [x, y] = [one[i]!, other[i]!];
    if (x === y) continue;
    const numbers = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    return numbers || (x < y ? -1 : 1);
  }
  return one.length - other.length;
}

/** Some guest computes, powers on or changes, or some host has interrupts: else a world has no processors at all. */
export function usesCpu(scenario: Scenario): boolean {
  return (
    scenario.events.length > 0 ||
    scenario.vms.some(({ trafficBps }) => trafficBps !== undefined) ||
    scenario.vms.some(
      ({ program, os, startNs, overheadPages, mem }) =>
        program !== undefined || os !== undefined || startNs + overheadPages + mem.minPages > 0,
    ) ||
    scenario.hosts.some(
      // Too little swap space for all VMs: some of them are not powered on.
      ({ cpu, swap }, host) =>
        cpu.interrupts.length > 0 || (swap !== undefined && swap.pages < configuredPages(scenario)[host]!),
    )
  );
}

/** What the caller of a world adds to its scenario. */
export interface CpuWishes {
  /** Room for a timeline. */
  readonly trace: boolean;
  /** A policy of the caller's own sets CPU controls. */
  readonly policy: boolean;
}

/** @param vmOrder  index in the scenario of every VM row */
export function planCpu(scenario: Scenario, vmOrder: readonly number[], wishes: CpuWishes): CpuPlan {
  const vcpuFirst: number[] = [];
  let vcpus = 0;
  for (const index of vmOrder) {
    vcpuFirst.push(vcpus);
    vcpus += scenario.vms[index]!.vcpusMax;
  }
  const tree = layOut(scenario, vmOrder, vcpuFirst);
  const decides = wishes.policy || scenario.policies.cpu.name !== "fixed";
  const isBound = decides || isReserving(scenario) || isLimiting(scenario);
  const hosts = planHosts(scenario, tree, isBound);
  const last = hosts.at(-1)!;
  const hasCache = scenario.vms.some(({ cache }) => cache.curve.length > 0);
  const reserving = decides || isReserving(scenario);
  const entitles = hosts.some((host) => host.entitles);
  const caches = Math.max(...scenario.hosts.map((host) => cachesOf(host)));
  const bits = hosts.map(({ queues, pcpus }) => bitsetWords(queues) + bitsetWords(pcpus));
  const pcpus = last.pcpuFirst + last.pcpus;
  const irqs = scenario.hosts.reduce((sum, { cpu }) => sum + cpu.interrupts.length, 0);
  const isSampled = irqs > 0 && scenario.policies.cpu.samplesPerSecond > 0;
  const rows: Partial<Record<SpaceName, number>> = {
    ...countGuest(vmOrder.map((index) => scenario.vms[index]!)),
    pcpu: pcpus,
    smt: scenario.hosts.length * SMT_ROWS,
    client: tree.clients.length,
    vacant: hasVacancies(scenario) ? tree.clients.length : 0,
    entitle: entitles ? scenario.hosts.length : 0,
    vcpu: vcpus,
    seat: last.seatFirst + treesOf(last) * last.seatStride,
    runBit: bits.reduce((sum, words) => sum + words, 0),
    irq: irqs,
    service: isSampled ? pcpus * SERVICES : 0,
    curve: scenario.vms.reduce((sum, { cache }) => sum + cache.curve.length, 0),
    line: hasCache ? scenario.vms.length * caches * WAYS : 0,
    watt: scenario.hosts.some(({ cpu }) => cpu.power) ? scenario.hosts.length * WATT_ROWS : 0,
    trace: wishes.trace ? TRACE_ROWS + 8 * vcpus : 0,
  };
  const groups: GroupName[] = ["cpu"];
  if (reserving) groups.push("reserved");
  if (hosts.some(({ wants }) => wants)) groups.push("wants");
  if (scenario.policies.cpu.credit !== undefined) groups.push("credit");
  if (entitles) groups.push("entitled");
  if (hasCache) groups.push("cache");
  if (wishes.trace) groups.push("trace");
  const vmRows: number[] = [];
  for (const [row, index] of vmOrder.entries()) vmRows[index] = row;
  const isDue = decides || scenario.hosts.some(isGoverned);
  const every = isDue ? { everyNs: scenario.policies.cpu.everyNs } : {};
  return { hosts, ...tree, vcpuFirst, vmRows, rows, groups, reserving, decides, caches, ...every };
}

/** Whether some nodes of the trees have nobody for a time. */
function hasVacancies({ events }: Scenario): boolean {
  return events.some(({ kind }) =>
    ["migrate", "place", "add", "add-pool", "remove", "remove-pool"].includes(kind),
  );
}

/** Whether a host's clock may change while running. */
export function isGoverned({ cpu: { power } }: HostSpec): boolean {
  return power !== undefined && power.governor !== "performance" && power.statesPpm.length > 1;
}

/** Reservations are there, or may come by an event. */
function isReserving({ pools, vms, events }: Scenario): boolean {
  return (
    [...pools, ...vms].some(({ cpu }) => cpu.reservationMhz > 0) ||
    events.some((event) => event.kind === "set" && event.reservationMhz !== undefined)
  );
}

/** Limits are there, or may come by an event. */
function isLimiting({ pools, vms, events }: Scenario): boolean {
  return (
    [...pools, ...vms].some(({ cpu }) => cpu.limitMhz !== undefined) ||
    events.some((event) => event.kind === "set" && event.limitMhz !== undefined)
  );
}

export function pcpusOf({ cpu }: HostSpec): number {
  return cpu.sockets * cpu.cores * cpu.threads;
}

function cachesOf(host: HostSpec): number {
  return pcpusOf(host) / (host.cpu.cache.cores * host.cpu.threads);
}

type Tree = Pick<CpuPlan, "clients" | "poolClients" | "vmClients" | "landings" | "vmPlaces">;

/** A VM row at a host, in a pool of it or directly below it. */
export function landingKey(vm: number, host: number, pool: number | undefined): string {
  return `${vm} ${host} ${pool ?? "root"}`;
}

/** Breadth first, so that the children of a group stand side by side. */
function layOut(scenario: Scenario, vmOrder: readonly number[], vcpuFirst: readonly number[]): Tree {
  const clients: ClientPlan[] = [];
  const poolClients: number[] = [];
  const vmClients: number[] = [];
  const landings = new Map<string, number>();
  type Entry = Pick<ClientPlan, "kind" | "pool" | "vm" | "vcpu">;
  const add = (entry: Entry, host: number, parent: number): number => {
    const depth = parent === NONE ? 0 : clients[parent]!.depth + 1;
    clients.push({ ...entry, host, parent, depth, first: 0, children: 0, seat: 0, seats: 0 });
    return clients.length - 1;
  };
  const childrenOf = membersOf(scenario, vmOrder);
  scenario.hosts.forEach((_, host) => {
    const begin = add({ kind: "root" }, host, NONE);
    for (let row = begin; row < clients.length; row += 1) {
      const client = clients[row]!;
      if (client.kind === "vcpu") continue;
      const children =
        client.kind === "vm"
          ? Array.from({ length: scenario.vms[vmOrder[client.vm!]!]!.vcpusMax }, (_, i) => ({
              kind: "vcpu" as const,
              vm: client.vm!,
              vcpu: vcpuFirst[client.vm!]! + i,
            }))
          : childrenOf(host, client.pool);
      client.first = clients.length;
      client.children = children.length;
      for (const child of children) {
        const at = add(child, host, row);
        if (child.kind === "pool") poolClients[child.pool!] = at;
        if (child.kind !== "vm") continue;
        const { host: home, pool } = scenario.vms[vmOrder[child.vm!]!]!;
        if (home === host && pool === client.pool) vmClients[child.vm!] = at;
        landings.set(landingKey(child.vm!, host, client.pool), at);
      }
    }
  });
  const vmPlaces = vmOrder.map((): number[] => []);
  for (const [row, { kind, vm }] of clients.entries()) if (kind === "vm") vmPlaces[vm!]!.push(row);
  return { clients, poolClients, vmClients, landings, vmPlaces };
}

interface Destination {
  readonly vm: number;
  readonly host: number;
  readonly pool: number | undefined;
}

/** Where events may bring VMs: to another host, or to another pool of one where they may be. */
function destinationsOf({ events, vms, pools }: Scenario): Destination[] {
  const found: Destination[] = [];
  const hosts = vms.map(({ host }) => new Set([host]));
  for (const event of events) {
    if (event.kind !== "migrate") continue;
    hosts[event.vm]!.add(event.to);
    found.push({ vm: event.vm, host: event.to, pool: event.pool });
  }
  for (const event of events) {
    if (event.kind !== "place") continue;
    const { vm, pool } = event;
    // Once moved it may go back to where it was by another event only, which names that place.
    const all = pool === undefined ? [...hosts[vm]!] : [pools[pool]!.host];
    for (const host of all) found.push({ vm, host, pool });
  }
  return found;
}

/** Pools and VMs right below a pool, or below a host's root, by name. */
function membersOf(scenario: Scenario, vmOrder: readonly number[]) {
  interface Member {
    readonly name: string;
    readonly kind: "pool" | "vm";
    readonly pool?: number;
    readonly vm?: number;
  }
  const lists = new Map<string, Member[]>();
  const put = (host: number, pool: number | undefined, member: Member): void => {
    const key = `${host} ${pool ?? "root"}`;
    lists.set(key, [...(lists.get(key) ?? []), member]);
  };
  scenario.pools.forEach(({ name, host, parent }, pool) => {
    put(host, parent, { name, kind: "pool", pool });
  });
  vmOrder.forEach((index, vm) => {
    const { name, host, pool } = scenario.vms[index]!;
    put(host, pool, { name, kind: "vm", vm });
  });
  // Where VMs may come to: nodes that nobody is in until then.
  const known = new Set<string>();
  for (const { vm: index, host, pool } of destinationsOf(scenario)) {
    const vm = vmOrder.indexOf(index);
    const home = scenario.vms[index]!;
    const key = landingKey(vm, host, pool);
    if (key === landingKey(vm, home.host, home.pool) || known.has(key)) continue;
    known.add(key);
    put(host, pool, { name: home.name, kind: "vm", vm });
  }
  for (const list of lists.values()) list.sort((a, b) => compareNames(a.name, b.name));
  return (host: number, pool: number | undefined): readonly Member[] =>
    lists.get(`${host} ${pool ?? "root"}`) ?? [];
}

function planHosts(scenario: Scenario, { clients }: Tree, isBound: boolean): HostCpuPlan[] {
  const plans: HostCpuPlan[] = [];
  const next = { pcpu: 0, seat: 0, bit: 0, irq: 0 };
  scenario.hosts.forEach((host, index) => {
    const pcpus = pcpusOf(host);
    const queues = scenario.policies.cpu.queues === "host" ? 1 : pcpus;
    let stride = 0;
    for (const client of clients) {
      if (client.host !== index || client.kind === "vcpu") continue;
      client.seat = stride;
      client.seats = leavesFor(client.children);
      stride += 2 * client.seats;
    }
    const root = clients.findIndex((client) => client.kind === "root" && client.host === index);
    const { scheduler, entitlements } = scenario.policies.cpu;
    // Only siblings below the root can be behind each other while their group as a whole is not.
    const siblings = clients.some((one) => one.host === index && one.kind !== "root" && one.children > 1);
    const spreads = pcpus > 1 && scheduler === "virtual-time";
    const wants = siblings && spreads;
    const entitles = isBound && spreads && queues > 1 && entitlements.everyNs > 0;
    plans.push({
      pcpuFirst: next.pcpu,
      pcpus,
      queues,
      root,
      seatFirst: next.seat,
      seatStride: stride,
      wants,
      entitles,
      bitFirst: next.bit,
      irqFirst: next.irq,
    });
    next.pcpu += pcpus;
    next.seat += treesOf({ queues, wants }) * stride;
    next.bit += bitsetWords(queues) + bitsetWords(pcpus);
    next.irq += host.cpu.interrupts.length;
  });
  return plans;
}

function treesOf({ queues, wants }: Pick<HostCpuPlan, "queues" | "wants">): number {
  return queues + (wants ? 1 : 0);
}

function leavesFor(children: number): number {
  let leaves = 1;
  while (leaves < children) leaves *= 2;
  return leaves;
}
