/** A checked scenario of a cluster to columns: counts expanded, the trace's VMs joined, gaps filled. */
import { clusterDefaults } from "./cluster-defaults.ts";
import { addedHosts, numbers, refuseOvercommit, resolveEvents } from "./cluster-events.ts";
import type { ParsedCluster } from "./cluster-schema.ts";
import type { ClusterHosts, ClusterPool } from "./cluster-spec.ts";
import type { ClusterScenario, DemandInput } from "./cluster-types.ts";
import { draftVms, vmColumns } from "./cluster-vms.ts";
import { powerTables } from "./cpu-defaults.ts";
import { resolveControls } from "./cpu-resolve.ts";
import type { Finding } from "./fault.ts";
import { expandedNames } from "./names.ts";
import { orderPools } from "./pool-resolve.ts";

const PAGES_PER_MIB = 256;

/**
 * Resolves a checked document.
 *
 * @param demand  of the trace that it names
 * @param tell    of what only shows now, such as a VM that the trace has not
 */
export function resolveCluster(
  parsed: ParsedCluster,
  name: string,
  demand: DemandInput | undefined,
  tell: (finding: Finding) => void,
): ClusterScenario {
  const { stepNs, durationNs, steps } = timesOf(parsed, demand, tell);
  const { hosts, labels } = resolveHosts(parsed);
  const order = orderPools((parsed.pools ?? []).map((pool) => ({ ...pool })));
  const mhz = hosts.pcpuMhz[0] ?? clusterDefaults.mhz;
  const pools = order.map(({ pool, parent }): ClusterPool => {
    return { name: pool.name, parent: parent ?? -1, ...numbers(resolveControls(pool.cpu, undefined, mhz)) };
  });
  const series: number[][] = [];
  const drafts = draftVms(parsed, { demand, stepNs, steps, mhz, series, tell });
  const poolOf = new Map(order.map(({ pool }, row) => [pool.name, row]));
  const hostOf = new Map(hosts.names.map((host, row) => [host, row]));
  const vms = vmColumns(drafts, { mhz, poolOf, hostOf });
  const events = resolveEvents(parsed, { stepNs, vms, hostOf, poolOf, mhz, tell });
  refuseOvercommit(vms, pools, hosts, tell);
  const { balance, placement, migration, memory, restart } = parsed.policies ?? {};
  const policy = typeof balance === "object" ? balance : { name: balance ?? clusterDefaults.balance };
  const { name: balanceName, every: balanceEvery, ...options } = policy as { name: string; every?: number };
  const isOut = hosts.isOut.slice();
  for (const host of addedHosts(events)) isOut[host] = 1;
  return {
    resolution: "fluid",
    name: parsed.name ?? name,
    seed: parsed.seed ?? 1,
    durationNs,
    balance: { name: balanceName, options },
    labels,
    hasRules: (parsed.rules ?? []).length > 0,
    columns: {
      name: parsed.name ?? name,
      seed: parsed.seed ?? 1,
      stepNs,
      steps,
      balanceSteps: Math.max(1, Math.round((balanceEvery ?? stepNs) / stepNs)),
      hosts: { ...hosts, isOut },
      vms,
      pools,
      ...joinDemand(demand, series, steps),
      events,
      moves:
        migration?.rule === "half-link"
          ? { kind: "half-link" }
          : { kind: "pre-copy", dirtyPartPerS: (migration?.dirty ?? clusterDefaults.dirtyPpm) / 1e6 },
      memory: {
        taxPpm: memory?.idleTax ?? clusterDefaults.taxPpm,
        balloonPpm: memory?.balloon ?? clusterDefaults.balloonPpm,
        sharedPpm: memory?.sharing ?? 0,
      },
      placement: placement ?? "most-free",
      restartNs: restart ?? clusterDefaults.restartNs,
    },
  };
}

/** Length and number of the intervals. */
function timesOf(
  parsed: ParsedCluster,
  demand: DemandInput | undefined,
  tell: (finding: Finding) => void,
): { stepNs: number; durationNs: number; steps: number } {
  const stepNs = parsed.every ?? demand?.stepNs ?? clusterDefaults.stepNs;
  if (demand !== undefined && stepNs !== demand.stepNs)
    tell({ path: ["every"], expected: `the trace's interval, ${demand.stepNs / 1e9} s` });
  const durationNs =
    parsed.duration ?? (demand === undefined ? clusterDefaults.durationNs : demand.steps * stepNs);
  const steps = Math.ceil(durationNs / stepNs);
  if (demand !== undefined && steps > demand.steps)
    tell({ path: ["duration"], expected: `at most the trace's ${(demand.steps * stepNs) / 1e9} s` });
  if (durationNs < stepNs) tell({ path: ["duration"], expected: `at least one interval, ${stepNs / 1e9} s` });
  return { stepNs, durationNs, steps };
}

function resolveHosts(parsed: ParsedCluster): { hosts: ClusterHosts; labels: Record<string, string[]> } {
  const names: string[] = [];
  const rows: {
    pcpu: number;
    cores: number;
    memory: number;
    nic: number;
    watts: readonly number[] | undefined;
  }[] = [];
  const labels: Record<string, string[]> = {};
  for (const { name, count, cpu, memory, power, nic, labels: own = {} } of parsed.hosts) {
    const table = typeof power === "object" && !Array.isArray(power) ? power.table : power;
    const watts = typeof table === "string" ? powerTables[table] : table;
    const row = {
      pcpu: cpu?.mhz ?? clusterDefaults.mhz,
      cores: (cpu?.sockets ?? 1) * (cpu?.cores ?? 1),
      memory: memory / PAGES_PER_MIB,
      nic: nic ?? clusterDefaults.nicBytesPerS,
      watts,
    };
    for (const one of expandedNames(name, count)) {
      for (const [level, label] of Object.entries(own)) {
        labels[level] ??= [];
        labels[level]![names.length] = label;
      }
      names.push(one);
      rows.push(row);
    }
  }
  // A host without a label is a domain of its own.
  for (const list of Object.values(labels)) for (let i = 0; i < names.length; i += 1) list[i] ??= names[i]!;
  const column = (read: (row: (typeof rows)[number]) => number): Float64Array =>
    Float64Array.from(rows, read);
  const hosts = {
    names,
    mhz: column(({ pcpu, cores }) => pcpu * cores),
    pcpuMhz: column(({ pcpu }) => pcpu),
    memoryMib: column(({ memory }) => memory),
    linkBytesPerS: column(({ nic }) => nic),
    watts: rows.map(({ watts }) => watts),
    isOut: new Uint8Array(names.length),
  };
  return { hosts, labels };
}

/** The trace's table, with rows for VMs of the scenario's own behind it. */
function joinDemand(demand: DemandInput | undefined, series: readonly number[][], steps: number) {
  const width = demand?.steps ?? steps;
  if (series.length === 0) {
    if (demand === undefined) return {};
    const { cpu, memory } = demand;
    return { demand: { steps: width, cpu, ...(memory === undefined ? {} : { memory }) } };
  }
  const rows = demand?.vms.length ?? 0;
  const cpu = new Float32Array((rows + series.length) * width);
  if (demand !== undefined) cpu.set(demand.cpu);
  for (const [i, values] of series.entries())
    for (let step = 0; step < width; step += 1)
      cpu[(rows + i) * width + step] = values[step % values.length]!;
  if (demand?.memory === undefined) return { demand: { steps: width, cpu } };
  const memory = new Float32Array((rows + series.length) * width).fill(1);
  memory.set(demand.memory);
  return { demand: { steps: width, cpu, memory } };
}
