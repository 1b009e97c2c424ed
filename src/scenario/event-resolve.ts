/** Events in base units, by time. */

import { poolVcpus, sharesByWord } from "./cpu-defaults.ts";
import { mhzOf } from "./cpu-resolve.ts";
import { memoryDefaults } from "./memory-defaults.ts";
import { controlPages, sharesOf as memoryShares } from "./memory-resolve.ts";
import { endsOf, resolveFail, resolveMove } from "./move-resolve.ts";
import type { ParsedScenario } from "./schema.ts";
import type { EventSpec, HostSpec, PoolSpec } from "./types.ts";

type ParsedEvent = NonNullable<ParsedScenario["events"]>[number];
type ParsedSet = NonNullable<ParsedEvent["set"]>;

/** What the names of events refer to. */
export interface Places {
  readonly vmOf: ReadonlyMap<string, number>;
  readonly pools: readonly PoolSpec[];
  readonly hosts: readonly HostSpec[];
  readonly vmHosts: readonly number[];
  readonly vmPages: readonly number[];
  readonly hostOf: ReadonlyMap<string, number>;
  /** By the number of an event in the text: the rows that it adds. */
  readonly rowsOf: (event: number) => { readonly vms: readonly number[]; readonly pool?: number };
}

/** Events sorted by time, equal times in the scenario's order. */
export function resolveEvents(events: readonly ParsedEvent[], places: Places): EventSpec[] {
  const poolOf = new Map(places.pools.map(({ name }, row) => [name, row]));
  return events
    .map((event, i) => resolveEvent(event, i, { ...places, poolOf }))
    .sort((a, b) => a.atNs - b.atNs);
}

type Known = Places & { readonly poolOf: ReadonlyMap<string, number> };

function resolveEvent(event: ParsedEvent, i: number, places: Known): EventSpec {
  const path = `events[${i}]`;
  const base = { atNs: event.at, ...(event.actor === undefined ? {} : { actor: event.actor }), path };
  const { start, stop, reset, idleTax, migrate, fail, repair, set } = event;
  if (migrate !== undefined) return { ...base, kind: "migrate", ...resolveMove(migrate, places) };
  if (fail !== undefined) return { ...base, kind: "fail", ...resolveFail(fail, places) };
  if (repair !== undefined) return { ...base, kind: "repair", link: endsOf(repair.link, places.hostOf) };
  if (start !== undefined) return { ...base, kind: "start", vm: places.vmOf.get(start.vm)! };
  if (stop !== undefined) return { ...base, kind: "stop", vm: places.vmOf.get(stop.vm)! };
  if (reset !== undefined) return { ...base, kind: "reset", vm: places.vmOf.get(reset.vm)! };
  if (idleTax !== undefined) return { ...base, kind: "tax", taxPpm: idleTax };
  if (event.add !== undefined) {
    const { vms, pool } = places.rowsOf(i);
    return pool === undefined ? { ...base, kind: "add", vms } : { ...base, kind: "add-pool", pool };
  }
  const { remove } = event;
  if (remove?.vm !== undefined) return { ...base, kind: "remove", vm: places.vmOf.get(remove.vm)! };
  if (remove !== undefined) return { ...base, kind: "remove-pool", pool: places.poolOf.get(remove.pool!)! };
  if (set?.vm !== undefined && set.pool !== undefined) {
    const to = set.pool === "none" ? {} : { pool: places.poolOf.get(set.pool)! };
    return { ...base, kind: "place", vm: places.vmOf.get(set.vm)!, ...to };
  }
  return { ...base, kind: "set", ...changeOf(set!, places) };
}

type Change = Omit<Extract<EventSpec, { kind: "set" }>, "atNs" | "actor" | "path" | "kind">;

function changeOf(set: ParsedSet, { vmOf, poolOf, pools, hosts, vmHosts, vmPages }: Known): Change {
  const isVm = set.vm !== undefined;
  const index = isVm ? vmOf.get(set.vm!)! : poolOf.get(set.pool!)!;
  const { mhz } = hosts[isVm ? vmHosts[index]! : pools[index]!.host]!.cpu;
  const shares = set["cpu.shares"] ?? set.cpu?.shares;
  const reservation = set["cpu.reservation"] ?? set.cpu?.reservation;
  const limit = set["cpu.limit"] ?? set.cpu?.limit;
  const keys: string[] = [];
  if (shares !== undefined) keys.push("cpu.shares");
  if (reservation !== undefined) keys.push("cpu.reservation");
  if (limit !== undefined) keys.push("cpu.limit");
  if (set.vcpus !== undefined) keys.push("vcpus");
  const mem = memoryOf(set, isVm ? vmPages[index]! : memoryDefaults.poolPages);
  keys.push(...Object.keys(mem).map((key) => memoryKeys[key as keyof MemoryChange]));
  return {
    target: { kind: isVm ? "vm" : "pool", index },
    ...(shares === undefined ? {} : sharesOf(shares, isVm)),
    ...(reservation === undefined
      ? {}
      : { reservationMhz: reservation === "none" ? 0 : mhzOf(reservation, mhz) }),
    ...(limit === undefined ? {} : { limitMhz: limit === "none" ? limit : mhzOf(limit, mhz) }),
    ...(set.vcpus === undefined ? {} : { vcpus: set.vcpus }),
    ...(Object.keys(mem).length === 0 ? {} : { mem }),
    keys,
  };
}

type MemoryChange = NonNullable<Change["mem"]>;
const memoryKeys: Readonly<Record<keyof MemoryChange, string>> = {
  shares: "mem.shares",
  minPages: "mem.reservation",
  maxPages: "mem.limit",
};

/** @param pages  that words and percentages are of */
function memoryOf(set: ParsedSet, pages: number): MemoryChange {
  const shares = set["mem.shares"] ?? set.mem?.shares;
  const reservation = set["mem.reservation"] ?? set.mem?.reservation;
  const limit = set["mem.limit"] ?? set.mem?.limit;
  return {
    ...(shares === undefined ? {} : { shares: memoryShares(shares, pages) }),
    ...(reservation === undefined ? {} : { minPages: controlPages(reservation, pages) ?? 0 }),
    ...(limit === undefined ? {} : { maxPages: controlPages(limit, pages) ?? ("none" as const) }),
  };
}

function sharesOf(shares: number | keyof typeof sharesByWord, isVm: boolean) {
  if (typeof shares === "number") return { shares };
  // How many vCPUs the VM has by then is known only while running.
  return isVm ? { sharesPerVcpu: sharesByWord[shares] } : { shares: sharesByWord[shares] * poolVcpus };
}

/** The most vCPUs that an event gives each VM; 0: none gives any. */
export function vcpusMaxOf(events: readonly EventSpec[], vms: number): number[] {
  const most = Array.from({ length: vms }, () => 0);
  for (const event of events) {
    if (event.kind !== "set" || event.target.kind !== "vm" || event.vcpus === undefined) continue;
    most[event.target.index] = Math.max(most[event.target.index]!, event.vcpus);
  }
  return most;
}

/** The same of each group of VMs. */
export function pluggedOf(rows: readonly { readonly group: number }[], most: readonly number[]): number[] {
  const plugged: number[] = [];
  for (const [row, { group }] of rows.entries()) plugged[group] = Math.max(plugged[group] ?? 0, most[row]!);
  return plugged;
}
