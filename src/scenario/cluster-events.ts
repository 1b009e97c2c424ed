/** Events of a cluster by interval, and what is promised beyond what there is. */
import type { ParsedCluster } from "./cluster-schema.ts";
import type { ClusterEvent, ClusterHosts, ClusterPool, ClusterVms } from "./cluster-spec.ts";
import { resolveControls } from "./cpu-resolve.ts";
import type { Finding } from "./fault.ts";
import type { CpuControls } from "./types.ts";

/** Controls as numbers; a limit of Infinity is none. */
export function numbers({ shares, reservationMhz, limitMhz }: CpuControls) {
  return { shares, reservationMhz, limitMhz: limitMhz ?? Number.POSITIVE_INFINITY };
}

/** Hosts whose first event is that they come. */
export function addedHosts(events: readonly ClusterEvent[]): number[] {
  const first = new Map<number, string>();
  for (const event of events)
    if ("host" in event && !first.has(event.host)) first.set(event.host, event.kind);
  return [...first].filter(([, kind]) => kind === "add").map(([host]) => host);
}

/** Events in order of time; equal times in the scenario's order. */
export function resolveEvents(
  { events = [] }: ParsedCluster,
  context: {
    readonly stepNs: number;
    readonly vms: ClusterVms;
    readonly hostOf: ReadonlyMap<string, number>;
    readonly poolOf: ReadonlyMap<string, number>;
    readonly mhz: number;
    readonly tell: (finding: Finding) => void;
  },
): ClusterEvent[] {
  const { stepNs, hostOf, poolOf, mhz, tell } = context;
  const vmOf = new Map(context.vms.names.map((name, row) => [name, row]));
  const resolved: ClusterEvent[] = [];
  for (const [i, { at, fail, add, remove, start, stop, set }] of events.entries()) {
    const step = Math.ceil(at / stepNs);
    const about = start?.vm ?? stop?.vm ?? set?.vm;
    const vm = about === undefined ? -1 : (vmOf.get(about) ?? -2);
    if (vm === -2) {
      const kind = start !== undefined ? "start" : stop !== undefined ? "stop" : "set";
      tell({ path: ["events", i, kind, "vm"], expected: "the name of a VM" });
    } else if (fail !== undefined) {
      const backStep =
        fail.for === undefined ? Number.POSITIVE_INFINITY : step + Math.ceil(fail.for / stepNs);
      resolved.push({ step, kind: "fail", host: hostOf.get(fail.host)!, backStep });
    } else if (add !== undefined) resolved.push({ step, kind: "add", host: hostOf.get(add.host)! });
    else if (remove !== undefined) resolved.push({ step, kind: "remove", host: hostOf.get(remove.host)! });
    else if (start !== undefined) resolved.push({ step, kind: "start", vm });
    else if (stop !== undefined) resolved.push({ step, kind: "stop", vm });
    else if (set !== undefined) {
      const all = numbers(resolveControls(set.cpu, vm >= 0 ? context.vms.vcpus[vm]! : undefined, mhz));
      resolved.push({
        step,
        kind: "set",
        ...(vm >= 0 ? { vm } : { pool: poolOf.get(set.pool!)! }),
        ...(set.cpu?.shares === undefined ? {} : { shares: all.shares }),
        ...(set.cpu?.reservation === undefined ? {} : { reservationMhz: all.reservationMhz }),
        ...(set.cpu?.limit === undefined ? {} : { limitMhz: all.limitMhz }),
      });
    }
  }
  return resolved
    .map((event, i) => ({ event, i }))
    .sort((a, b) => a.event.step - b.event.step || a.i - b.i)
    .map(({ event }) => event);
}

/** More is promised than there is: by pools and VMs directly below the cluster, or by a pool's members. */
export function refuseOvercommit(
  vms: ClusterVms,
  pools: readonly ClusterPool[],
  hosts: ClusterHosts,
  tell: (finding: Finding) => void,
): void {
  const promised = Float64Array.from(pools, ({ reservationMhz }) => reservationMhz);
  const members = new Float64Array(pools.length);
  let all = 0;
  for (let vm = 0; vm < vms.names.length; vm += 1) {
    const { [vm]: pool = -1 } = vms.pool;
    if (pool < 0) all += vms.reservationMhz[vm]!;
    else members[pool]! += vms.reservationMhz[vm]!;
  }
  for (let pool = pools.length - 1; pool >= 0; pool -= 1) {
    const held = Math.max(promised[pool]!, members[pool]!);
    const { parent, limitMhz, name } = pools[pool]!;
    if (held > limitMhz)
      tell({
        path: ["pools"],
        expected: `at most its limit (${limitMhz} MHz) reserved in pool ${name}`,
        got: `${held} MHz`,
      });
    if (parent < 0) all += held;
    else members[parent]! += held;
  }
  let capacity = 0;
  for (let host = 0; host < hosts.mhz.length; host += 1) capacity += hosts.mhz[host]!;
  if (all > capacity)
    tell({
      path: ["hosts"],
      expected: `room for the ${Math.round(all)} MHz that are reserved`,
      got: `${capacity} MHz`,
    });
  for (let vm = 0; vm < vms.names.length; vm += 1) {
    if (vms.reservationMhz[vm]! <= vms.limitMhz[vm]!) continue;
    tell({
      path: ["vms"],
      expected: `a reservation of ${vms.names[vm]!} within its limit (${vms.limitMhz[vm]} MHz)`,
      got: `${vms.reservationMhz[vm]} MHz`,
    });
    return;
  }
}
