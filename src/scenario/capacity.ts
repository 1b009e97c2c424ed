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
import { formatMhz } from "./format.ts";
import type { ParsedScenario } from "./schema.ts";
import type { CpuControls, HostSpec, Scenario } from "./types.ts";

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
    ...poolFindings(scenario, origins),
    ...vmFindings(scenario, origins),
    ...interruptFindings(scenario, parsed),
    ...eventFindings(scenario, parsed),
  ];
}

function limitFindings({ reservationMhz, limitMhz }: CpuControls, path: Path): Finding[] {
  if (limitMhz === undefined) return [];
  if (limitMhz === 0) return [{ path: [...path, "cpu", "limit"], expected: "more than 0, or none" }];
  if (limitMhz >= reservationMhz) return [];
  return [
    { path: [...path, "cpu", "limit"], expected: `at least its reservation (${formatMhz(reservationMhz)})` },
  ];
}

function reservationFinding(path: Path, mostMhz: number, of: string): Finding {
  return { path: [...path, "cpu", "reservation"], expected: `at most ${formatMhz(mostMhz)}, ${of}` };
}

function poolFindings({ pools, hosts }: Scenario, { pools: rows }: Origins): Finding[] {
  const found: Finding[] = [];
  const children = pools.map(() => 0);
  const hostHeld = hosts.map(() => 0);
  const worst = new Map<number, number>();
  // Children stand behind their parents, so that backwards each pool is complete when it is met.
  for (let row = pools.length - 1; row >= 0; --row) {
    const { parent, host, expandable, cpu, name } = pools[row]!;
    const path = ["pools", rows[row]!];
    found.push(...limitFindings(cpu, path));
    const capacity = hostMhz(hosts[host]!);
    if (cpu.reservationMhz > capacity) {
      found.push(reservationFinding(path, capacity, `the capacity of host ${hosts[host]!.name}`));
    }
    if (!expandable && children[row]! > cpu.reservationMhz) {
      const expected = `at least ${formatMhz(children[row]!)}, which the pools in ${name} reserve, or expandable: true`;
      found.push({ path: [...path, "cpu", "reservation"], expected });
    }
    const held = Math.max(cpu.reservationMhz, children[row]!);
    if (parent !== undefined) children[parent]! += held;
    else {
      hostHeld[host]! += held;
      if (cpu.reservationMhz <= capacity) worst.set(host, row);
    }
  }
  for (const [host, row] of worst) {
    const capacity = hostMhz(hosts[host]!);
    if (hostHeld[host]! <= capacity) continue;
    const expected = `reservations of pools of at most ${formatMhz(capacity)} in all, the capacity of host ${hosts[host]!.name}`;
    found.push({ path: ["pools", rows[row]!], expected, got: formatMhz(hostHeld[host]!) });
  }
  return found;
}

function vmFindings({ vms, pools, hosts }: Scenario, { groups }: Origins): Finding[] {
  const found: Finding[] = [];
  const told = new Set<number>();
  for (const [row, { cpu, host, pool, cache }] of vms.entries()) {
    const group = groups[row]!;
    if (told.has(group)) continue;
    const path = ["vms", group];
    const own = [...limitFindings(cpu, path)];
    const capacity = hostMhz(hosts[host]!);
    const above = pool === undefined ? undefined : pools[pool]!;
    if (cpu.reservationMhz > capacity) {
      own.push(reservationFinding(path, capacity, `the capacity of host ${hosts[host]!.name}`));
    } else if (above !== undefined && !above.expandable && cpu.reservationMhz > above.cpu.reservationMhz) {
      own.push(reservationFinding(path, above.cpu.reservationMhz, `the reservation of pool ${above.name}`));
    }
    const { ways } = hosts[host]!.cpu.cache;
    if (cache.ways !== undefined && cache.ways >= 2 ** ways) {
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

/** One event does not set a limit below the reservation that it sets. */
function eventFindings({ events }: Scenario, { events: texts = [] }: ParsedScenario): Finding[] {
  return events.flatMap((event): Finding[] => {
    if (event.kind !== "set" || typeof event.limitMhz !== "number") return [];
    const { reservationMhz = 0, limitMhz, path } = event;
    if (limitMhz > 0 && limitMhz >= reservationMhz) return [];
    const row = Number(/\d+/.exec(path)![0]);
    const key = texts[row]!.set!["cpu.limit"] === undefined ? ["cpu", "limit"] : ["cpu.limit"];
    const least = `at least its reservation (${formatMhz(reservationMhz)})`;
    const expected = limitMhz === 0 ? "more than 0, or none" : least;
    return [{ path: ["events", row, "set", ...key], expected }];
  });
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
