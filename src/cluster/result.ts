/** What a run of a cluster came to, in the words of its result. */
import { inNode } from "../core/module.ts";
import type {
  ClusterHostResult,
  ClusterPoolResult,
  ClusterResult,
  ClusterTotals,
  ClusterVmResult,
} from "../report/cluster-result.ts";
import { MODEL, VERSION } from "../version.ts";
import type { Accounts } from "./accounts.ts";
import { digestOf, hashOf } from "./digest.ts";
import type { ClusterRun } from "./run-cluster.ts";
import type { ClusterState } from "./state.ts";

/** Results have each VM up to here; above only those that got least of what they asked for. */
const VMS_MAX = 10_000;
const WORST = 100;

/** @param interrupted  whether it was ended early */
export function clusterResult(run: ClusterRun, wallMs: number, interrupted: boolean): ClusterResult {
  const { state, accounts, policy } = run;
  const { spec } = state;
  const simulatedNs = state.step * spec.stepNs;
  return {
    ballast: VERSION,
    model: MODEL,
    scenario: { name: spec.name, digest: digestOf(spec) },
    seed: spec.seed,
    resolution: "fluid",
    policies: { balance: policy.name },
    simulatedNs,
    stepNs: spec.stepNs,
    ...(interrupted ? { interrupted: true } : {}),
    stateHash: hashOf(run),
    counts: { hosts: state.hosts, vms: state.vms },
    totals: totalsOf(run),
    hosts: spec.hosts.names.map((_, host) => hostResult(state, accounts, host)),
    pools: poolResults(state, accounts),
    vms: vmRows(state, accounts).map((vm) => vmResult(state, accounts, vm)),
    migrations: run.moved,
    events: run.changes.log,
    series: run.sampler.series(),
    hostMachine: {
      runtime: inNode() ? `node ${process.version}` : (globalThis.navigator?.userAgent ?? "unknown"),
      platform: inNode() ? `${process.platform} ${process.arch}` : "browser",
      threads: 1,
      wallMs,
      scannedPagesPerSecond: 0,
      coreBytes: 0,
    },
    vmLines: () => vmLines(state, accounts),
  };
}

const VM_COLUMNS = [
  ...["name", "host", "pool", "demandMhz", "deliveredMhz", "readyNs", "downNs", "moves"],
  ...["activeMib", "consumedMib", "balloonMib", "swappedMib"],
] as const;

function* vmLines(state: ClusterState, accounts: Accounts): Generator<string> {
  const quoted = (value: string | number | undefined): string => {
    const text = String(value ?? "");
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  yield `${VM_COLUMNS.join(",")}\n`;
  for (let vm = 0; vm < state.vms; vm += 1) {
    const row = vmResult(state, accounts, vm) as unknown as Readonly<
      Record<string, string | number | undefined>
    >;
    yield `${VM_COLUMNS.map((name) => quoted(row[name])).join(",")}\n`;
  }
}

function totalsOf({ state, accounts, moves }: ClusterRun): ClusterTotals {
  const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
  const [on, short] = [sum(accounts.onNs), sum(accounts.shortNs)];
  const slatah = on > 0 ? short / on : 0;
  const ran = accounts.onNs.reduce((count, ns) => count + (ns > 0 ? 1 : 0), 0);
  const own = accounts.onNs.reduce((all, ns, host) => all + (ns > 0 ? accounts.shortNs[host]! / ns : 0), 0);
  const pdm = accounts.asked > 0 ? accounts.lostMoving / accounts.asked : 0;
  const energyKwh = sum(accounts.energyJ) / 3.6e6;
  const steps = Math.max(1, state.step);
  return {
    energyKwh,
    migrations: moves.begun,
    slatah,
    slatahMean: ran > 0 ? own / ran : 0,
    pdm,
    slav: slatah * pdm,
    esv: energyKwh * slatah * pdm,
    slaOverall: accounts.asked > 0 ? accounts.missing / accounts.asked : 0,
    hostShutdowns: accounts.shutdowns,
    hostsOnMean: on / steps / state.spec.stepNs,
    imbalanceMean: accounts.imbalance / steps,
    downtimeNs: accounts.downtimeNs,
    activeSwappedMibMean: accounts.thrashedMib / steps,
  };
}

function hostResult({ spec, hostVms }: ClusterState, accounts: Accounts, host: number): ClusterHostResult {
  const onNs = accounts.onNs[host]!;
  return {
    name: spec.hosts.names[host]!,
    mhz: spec.hosts.mhz[host]!,
    memoryMib: spec.hosts.memoryMib[host]!,
    vms: hostVms[host]!,
    energyJ: accounts.energyJ[host]!,
    onNs: Math.round(onNs),
    shortNs: Math.round(accounts.shortNs[host]!),
    downNs: accounts.downNs[host]!,
    meanLoad: onNs > 0 ? accounts.loadNs[host]! / onNs : 0,
    peakLoad: accounts.peak[host]!,
    movesIn: accounts.movesIn[host]!,
    movesOut: accounts.movesOut[host]!,
  };
}

function poolResults({ spec, vms }: ClusterState, accounts: Accounts): ClusterPoolResult[] {
  const steps = Math.max(
    1,
    accounts.vmSteps.reduce((most, count) => Math.max(most, count), 0),
  );
  const demand = new Float64Array(spec.pools.length);
  const given = new Float64Array(spec.pools.length);
  for (let vm = 0; vm < vms; vm += 1) {
    for (let pool = spec.vms.pool[vm]!; pool >= 0; pool = spec.pools[pool]!.parent) {
      demand[pool]! += accounts.vmDemand[vm]!;
      given[pool]! += accounts.vmDelivered[vm]!;
    }
  }
  return spec.pools.map(({ name }, pool) => {
    return { name, demandMhz: demand[pool]! / steps, deliveredMhz: given[pool]! / steps };
  });
}

/** All VMs, or of many those that got least of what they asked for. */
function vmRows({ vms }: ClusterState, { vmReadyNs, vmDownNs }: Accounts): number[] {
  const rows = Array.from({ length: vms }, (_, vm) => vm);
  if (vms <= VMS_MAX) return rows;
  const hurt = (vm: number): number => vmReadyNs[vm]! + vmDownNs[vm]!;
  return rows.sort((a, b) => hurt(b) - hurt(a) || a - b).slice(0, WORST);
}

function vmResult(state: ClusterState, accounts: Accounts, vm: number): ClusterVmResult {
  const { spec, vmHost } = state;
  const steps = Math.max(1, accounts.vmSteps[vm]!);
  const [host, pool] = [spec.hosts.names[vmHost[vm]!], spec.pools[spec.vms.pool[vm]!]];
  return {
    name: spec.vms.names[vm]!,
    ...(host === undefined ? {} : { host }),
    ...(pool === undefined ? {} : { pool: pool.name }),
    demandMhz: accounts.vmDemand[vm]! / steps,
    deliveredMhz: accounts.vmDelivered[vm]! / steps,
    readyNs: Math.round(accounts.vmReadyNs[vm]!),
    downNs: Math.round(accounts.vmDownNs[vm]!),
    moves: accounts.vmMoves[vm]!,
    activeMib: state.vmActiveMib[vm]!,
    consumedMib: state.vmConsumedMib[vm]!,
    balloonMib: state.vmBalloonMib[vm]!,
    swappedMib: state.vmSwappedMib[vm]!,
  };
}
