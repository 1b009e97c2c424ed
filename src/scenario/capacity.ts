/**
 * Faults that show only in base units, once everybody has a host: limits below reservations, reservations above what
 * there is, ways and interrupts that a host does not have.
 *
 * VMs' reservations may add up to more than a pool or host has: admission decides when they are powered on. Pools are
 * there from the start, so theirs may not:
 *
 *   held(pool) = max(own reservation, Σ held(child pools))      Σ held(pools of a host) ≤ cores · MHz
 */
import type { Finding, Path } from "./fault.ts";
import { formatMhz, formatPages } from "./format.ts";
import { memoryEventFindings, memoryFindings } from "./memory-capacity.ts";
import type { ParsedScenario } from "./schema.ts";
import type { HostSpec, PoolSpec, Scenario, VmSpec } from "./types.ts";

/** Where rows come from in the text: index of each pool, index of the group of each VM. */
export interface Origins {
  readonly pools: readonly number[];
  readonly groups: readonly number[];
}

/** MHz of a host's cores. */
export function hostMhz({ cpu }: HostSpec): number {
  return cpu.sockets * cpu.cores * cpu.mhz;
}

/** Everything that does not fit. */
export function capacityFindings(scenario: Scenario, parsed: ParsedScenario, origins: Origins): Finding[] {
  return [
    ...poolFindings(scenario, origins, processors),
    ...poolFindings(scenario, origins, memory),
    ...vmFindings(scenario, origins),
    ...interruptFindings(scenario, parsed),
    ...eventFindings(scenario, parsed),
    ...memoryFindings(scenario, origins),
    ...memoryEventFindings(scenario, parsed),
  ];
}

/** What is reserved and limited, in one unit. */
interface Resource {
  readonly key: "cpu" | "mem";
  readonly of: (owner: Pick<PoolSpec, "cpu" | "mem">) => {
    readonly reservation: number;
    readonly limit?: number;
  };
  readonly capacity: (host: HostSpec) => number;
  readonly format: (amount: number) => string;
}

const processors: Resource = {
  key: "cpu",
  of: ({ cpu: { reservationMhz, limitMhz } }) => ({
    reservation: reservationMhz,
    ...(limitMhz === undefined ? {} : { limit: limitMhz }),
  }),
  capacity: hostMhz,
  format: formatMhz,
};

const memory: Resource = {
  key: "mem",
  of: ({ mem: { minPages, maxPages } }) => ({
    reservation: minPages,
    ...(maxPages === undefined ? {} : { limit: maxPages }),
  }),
  capacity: ({ memoryPages, systemPages }) => memoryPages - systemPages,
  format: formatPages,
};

function limitFindings(
  owner: Pick<PoolSpec, "cpu" | "mem">,
  path: Path,
  { key, of, format }: Resource,
): Finding[] {
  const { reservation, limit } = of(owner);
  if (limit === undefined) return [];
  if (limit === 0) return [{ path: [...path, key, "limit"], expected: "more than 0, or none" }];
  if (limit >= reservation) return [];
  return [{ path: [...path, key, "limit"], expected: `at least its reservation (${format(reservation)})` }];
}

function reservationFinding(path: Path, most: number, of: string, { key, format }: Resource): Finding {
  return { path: [...path, key, "reservation"], expected: `at most ${format(most)}, ${of}` };
}

function poolFindings(
  { pools, hosts, events }: Scenario,
  { pools: rows }: Origins,
  resource: Resource,
): Finding[] {
  const { key, of, format } = resource;
  // Those that come later are admitted then, or refused.
  const later = new Set(events.flatMap((event) => (event.kind === "add-pool" ? [event.pool] : [])));
  const found: Finding[] = [];
  const children = pools.map(() => 0);
  const hostHeld = hosts.map(() => 0);
  const worst = new Map<number, number>();
  // What one pool alone has too much of is told there.
  const told = new Set<number>();
  // Children stand behind their parents, so that backwards each pool is complete when it is met.
  for (let row = pools.length - 1; row >= 0; --row) {
    const { parent, host, expandable, name } = pools[row]!;
    const { reservation } = of(pools[row]!);
    const path = ["pools", rows[row]!];
    found.push(...limitFindings(pools[row]!, path, resource));
    const capacity = resource.capacity(hosts[host]!);
    if (reservation > capacity) {
      found.push(reservationFinding(path, capacity, `the capacity of host ${hosts[host]!.name}`, resource));
      told.add(host);
    }
    if (!expandable && children[row]! > reservation) {
      const expected = `at least ${format(children[row]!)}, which the pools in ${name} reserve, or expandable: true`;
      found.push({ path: [...path, key, "reservation"], expected });
    }
    if (later.has(row)) continue;
    const held = Math.max(reservation, children[row]!);
    if (parent !== undefined) children[parent]! += held;
    else {
      hostHeld[host]! += held;
      worst.set(host, row);
    }
  }
  for (const [host, row] of worst) {
    const capacity = resource.capacity(hosts[host]!);
    if (told.has(host) || hostHeld[host]! <= capacity) continue;
    const expected = `reservations of pools of at most ${format(capacity)} in all, the capacity of host ${hosts[host]!.name}`;
    found.push({ path: ["pools", rows[row]!], expected, got: format(hostHeld[host]!) });
  }
  return found;
}

/** What all vCPUs that a VM can ever have make of as many cores. */
function usableMhz({ vcpusMax }: VmSpec, { cpu }: HostSpec): number {
  return vcpusMax * cpu.mhz;
}

function vcpusCan({ vcpusMax }: VmSpec): string {
  return `what ${vcpusMax === 1 ? "1 vCPU" : `${vcpusMax} vCPUs`} can use`;
}

/** A VM's reservation of one resource. */
function vmControlFindings(
  vm: VmSpec,
  path: Path,
  { pools, hosts }: Scenario,
  resource: Resource,
): Finding[] {
  const { reservation } = resource.of(vm);
  const overhead = resource.key === "mem" ? vm.overheadPages : 0;
  const host = hosts[vm.host]!;
  const capacity = Math.max(0, resource.capacity(host) - overhead);
  const above = vm.pool === undefined ? undefined : pools[vm.pool]!;
  const found = limitFindings(vm, path, resource);
  if (reservation > capacity) {
    const of = `the capacity of host ${host.name}${overhead === 0 ? "" : " without the VM's overhead"}`;
    found.push(reservationFinding(path, capacity, of, resource));
  } else if (resource.key === "cpu" && reservation > usableMhz(vm, host)) {
    found.push(reservationFinding(path, usableMhz(vm, host), vcpusCan(vm), resource));
  } else if (above !== undefined && !above.expandable && reservation > resource.of(above).reservation) {
    const of = `the reservation of pool ${above.name}`;
    found.push(reservationFinding(path, resource.of(above).reservation, of, resource));
  }
  return found;
}

function vmFindings(scenario: Scenario, { groups }: Origins): Finding[] {
  const found: Finding[] = [];
  const told = new Set<number>();
  for (const [row, vm] of scenario.vms.entries()) {
    const group = groups[row]!;
    if (told.has(group)) continue;
    const path = ["vms", group];
    const own = [processors, memory].flatMap((resource) => vmControlFindings(vm, path, scenario, resource));
    const { ways } = scenario.hosts[vm.host]!.cpu.cache;
    if (vm.cache.ways !== undefined && vm.cache.ways >= 2 ** ways) {
      own.push({
        path: [...path, "cache", "ways"],
        expected: `ways below ${ways}, as the caches of its host have`,
      });
    }
    if (own.length > 0) told.add(group);
    found.push(...own);
  }
  return found;
}

/** One event sets no limit below the reservation that it sets, and no reservation that the VM's vCPUs could not use. */
export function eventFindings(
  scenario: Scenario,
  { events: texts = [] }: Pick<ParsedScenario, "events">,
): Finding[] {
  return scenario.events.flatMap((event): Finding[] => {
    if (event.kind === "place") return placeFindings(scenario, event);
    if (event.kind !== "set") return [];
    const row = Number(/\d+/.exec(event.path)![0]);
    const at = (key: "cpu.limit" | "cpu.reservation"): Path => {
      const isFlat = texts[row]!.set![key] !== undefined;
      return ["events", row, "set", ...(isFlat ? [key] : key.split("."))];
    };
    return [
      ...eventLimit(event, at("cpu.limit")),
      ...eventReservation(scenario, event, at("cpu.reservation")),
    ];
  });
}

/** A VM that never leaves its host goes to no pool of another. */
function placeFindings(
  { vms, pools, hosts, events }: Scenario,
  { vm, pool, path }: Extract<Scenario["events"][number], { kind: "place" }>,
): Finding[] {
  const { name, host } = vms[vm]!;
  const stays = !events.some((event) => event.kind === "migrate" && event.vm === vm);
  if (pool === undefined || pools[pool]!.host === host || !stays) return [];
  const row = Number(/\d+/.exec(path)![0]);
  const got = `${pools[pool]!.name}, which is on ${hosts[pools[pool]!.host]!.name}`;
  const expected = `a pool of host ${hosts[host]!.name}, where ${name} is`;
  return [{ path: ["events", row, "set", "pool"], expected, got, hint: "or migrate it there" }];
}

type SetEvent = Extract<Scenario["events"][number], { kind: "set" }>;

function eventLimit({ reservationMhz = 0, limitMhz }: SetEvent, path: Path): Finding[] {
  if (typeof limitMhz !== "number" || (limitMhz > 0 && limitMhz >= reservationMhz)) return [];
  const least = `at least its reservation (${formatMhz(reservationMhz)})`;
  return [{ path, expected: limitMhz === 0 ? "more than 0, or none" : least }];
}

function eventReservation(
  { vms, hosts }: Scenario,
  { reservationMhz, target }: SetEvent,
  path: Path,
): Finding[] {
  const vm = target.kind === "vm" ? vms[target.index]! : undefined;
  if (vm === undefined || reservationMhz === undefined) return [];
  const most = usableMhz(vm, hosts[vm.host]!);
  return reservationMhz <= most ? [] : [{ path, expected: `at most ${formatMhz(most)}, ${vcpusCan(vm)}` }];
}

/** Interrupts leave time for others, and are for VMs of their host. */
function interruptFindings({ hosts, vms }: Scenario, parsed: ParsedScenario): Finding[] {
  const found: Finding[] = [];
  let first = 0;
  for (const [i, { count = 1, interrupts = [] }] of parsed.hosts.entries()) {
    for (const [k, { vm }] of interrupts.entries()) {
      const home = vm === undefined ? undefined : vms.find(({ name }) => name === vm)!.host;
      if (home === undefined || (home >= first && home < first + count && count === 1)) continue;
      const expected = `a VM of host ${hosts[first]!.name}`;
      const got = `${vm}, which is on ${hosts[home]!.name}`;
      found.push({ path: ["hosts", i, "interrupts", k, "vm"], expected, got });
    }
    first += count;
  }
  return found;
}
