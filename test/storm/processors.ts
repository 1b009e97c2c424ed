/** Processors: states, run queues, time and budgets recounted from scratch. */
import type { Columns } from "../../src/core/layout.ts";
import type { World } from "../../src/sim/world.ts";
import { type Check, rowsFrom, wrong } from "./checks.ts";

const NONE = 0xffff_ffff;
const NEVER = 2n ** 64n - 1n;
const STATE = { off: 0, run: 1, ready: 2, costop: 3, idle: 4, swap: 5 } as const;
const ON = 1;
const LOTTERY = 2;
const CREDIT = 4;
const STRICT = 1;

function wants(state: number): boolean {
  return state === STATE.run || state === STATE.ready || state === STATE.costop;
}

/** The client and all groups above it. */
function pathOf({ clientParent }: Columns, client: number): number[] {
  const path: number[] = [];
  for (let node = client; node !== NONE; node = clientParent.get(node)) path.push(node);
  return path;
}

/** Who runs where: each running vCPU on its own pCPU, each pCPU's vCPU running; the idle ones are those on file. */
export const checkDispatched: Check = ({ columns }) => {
  const { pcpuVcpu, pcpuHeld, pcpuHost, vcpuState, vcpuPcpu, vcpuVm, vmHost, vmPower } = columns;
  for (const [pcpu, vcpu] of pcpuVcpu.entries()) {
    if (vcpu === NONE) continue;
    const fault =
      wrong(`pcpu ${pcpu}: state of vcpu ${vcpu}`, vcpuState.get(vcpu), STATE.run) ??
      wrong(`pcpu ${pcpu}: place of vcpu ${vcpu}`, vcpuPcpu.get(vcpu), pcpu) ??
      wrong(`pcpu ${pcpu}: held beside vcpu ${vcpu}`, pcpuHeld.get(pcpu), 0);
    if (fault !== undefined) return fault;
  }
  for (const [vcpu, state] of vcpuState.entries()) {
    const pcpu = vcpuPcpu.get(vcpu);
    if (state === STATE.run && pcpuVcpu.get(pcpu) !== vcpu)
      return `vcpu ${vcpu} runs on ${pcpu}, which it is not on`;
    if (pcpuHost.get(pcpu) !== vmHost[vcpuVm.get(vcpu)])
      return `vcpu ${vcpu} is on pcpu ${pcpu} of another host`;
    if (state !== STATE.off && vmPower[vcpuVm.get(vcpu)] !== ON)
      return `vcpu ${vcpu}: state ${state} in a VM that is off`;
  }
  return checkIdle(columns);
};

export function least(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

function words(bits: number): number[] {
  const levels: number[] = [];
  let level = bits;
  do {
    level = Math.ceil(level / 64);
    levels.push(level);
  } while (level > 1);
  return levels;
}

/** Whether a bit is set in a bitset's lowest level, and its upper levels say so. */
function bitsAt({ runBitWord }: Columns, first: number, bits: number): boolean[] | string {
  const sets: boolean[] = [];
  for (let bit = 0; bit < bits; bit += 1) {
    let at = first;
    let index = bit;
    const seen: boolean[] = [];
    for (const count of words(bits)) {
      seen.push(((runBitWord.big(at + Math.floor(index / 64)) >> BigInt(index % 64)) & 1n) === 1n);
      at += count;
      index = Math.floor(index / 64);
    }
    if (seen[0] && seen.includes(false)) return `bit ${bit} of the set at ${first}: not in the levels above`;
    sets.push(seen[0]!);
  }
  return sets;
}

function checkIdle(columns: Columns): string | undefined {
  const { hostBitFirst, hostPcpuCount, hostPcpuFirst, hostQueueWords, hostRunQueues } = columns;
  for (const host of hostPcpuCount.keys()) {
    const pcpus = hostPcpuCount.get(host);
    if (pcpus === 0) continue;
    const idle = bitsAt(columns, hostBitFirst.get(host) + hostQueueWords.get(host), pcpus);
    const queues = bitsAt(columns, hostBitFirst.get(host), hostRunQueues.get(host));
    if (typeof idle === "string") return idle;
    if (typeof queues === "string") return queues;
    for (const pcpu of rowsFrom(hostPcpuFirst.get(host), pcpus)) {
      const isIdle = columns.pcpuVcpu.get(pcpu) === NONE && columns.pcpuHeld.get(pcpu) === 0;
      const fault = wrong(`pcpu ${pcpu} on file as idle`, idle[pcpu - hostPcpuFirst.get(host)], isIdle);
      if (fault !== undefined) return fault;
    }
    for (const [queue, holds] of queues.entries()) {
      const queued = columns.pcpuQueued.get(hostPcpuFirst.get(host) + queue);
      const fault = wrong(`queue ${queue} of host ${host} on file as holding`, holds, queued > 0);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

/** vCPUs that a run queue must hold: the ready ones, and for a gang that waits its first member that is not idle. */
export function queuedBy({ columns }: World): Map<number, number[]> {
  const { vcpuState, vcpuPcpu, pcpuQueue, vcpuVm, vmGang, vmVcpuFirst } = columns;
  const queues = new Map<number, number[]>();
  const led = new Set<number>();
  for (const [vcpu, state] of vcpuState.entries()) {
    const vm = vcpuVm.get(vcpu);
    const leads =
      vmGang.get(vm) !== 0 && state === STATE.costop && !led.has(vm) && vcpu >= vmVcpuFirst.get(vm);
    if (leads) led.add(vm);
    if (state !== STATE.ready && !leads) continue;
    const queue = pcpuQueue.get(vcpuPcpu.get(vcpu));
    queues.set(queue, [...(queues.get(queue) ?? []), vcpu]);
  }
  return queues;
}

/** Every ready vCPU is queued exactly once; trees hold who is queued, with the keys they have now, least ones on top. */
export const checkRunQueues: Check = (world) => {
  const { columns } = world;
  const held = queuedBy(world);
  for (const host of columns.hostPcpuCount.keys()) {
    for (const queue of rowsFrom(columns.hostPcpuFirst.get(host), columns.hostRunQueues.get(host))) {
      const vcpus = held.get(queue) ?? [];
      held.delete(queue);
      const fault =
        wrong(`queue ${queue}: vCPUs`, columns.pcpuQueued.get(queue), vcpus.length) ??
        checkTrees(world, host, queue, vcpus);
      if (fault !== undefined) return fault;
    }
  }
  const [lost] = held.keys();
  return lost === undefined
    ? undefined
    : `vcpu ${held.get(lost)![0]} waits at ${lost}, which is no run queue`;
};

function checkTrees(world: World, host: number, queue: number, vcpus: readonly number[]): string | undefined {
  const { columns } = world;
  const kept = columns.pcpuKept.get(queue);
  const below = new Set(vcpus.map((vcpu) => columns.vcpuClient.get(vcpu)));
  if (kept !== NONE && below.has(columns.vcpuClient.get(kept)))
    return `queue ${queue}: vcpu ${kept} queued and kept`;
  if (kept !== NONE) below.add(columns.vcpuClient.get(kept));
  /** Clients with somebody below who is not throttled on the way up to it. */
  const runnable = new Set<number>();
  const any = new Set<number>();
  for (const leaf of below) {
    let free = true;
    for (const node of pathOf(columns, leaf)) {
      any.add(node);
      if (columns.clientThrottled.get(node) !== 0) free = false;
      if (free) runnable.add(node);
    }
  }
  for (const group of columns.clientHost.keys()) {
    if (columns.clientHost[group] !== host || columns.clientVcpu.get(group) !== NONE) continue;
    const fault = checkTree(columns, queue, group, runnable, any);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const bits = (seats: number): bigint => BigInt(Math.log2(seats));

/** Credit: priority and number in the line of a vCPU, or of the first below a group. */
function lineOf(columns: Columns, queue: number, client: number): bigint {
  const vcpu = columns.clientVcpu.get(client);
  if (vcpu !== NONE) return (BigInt(columns.vcpuPriority[vcpu]!) << 44n) | columns.vcpuLine.big(vcpu);
  const top = columns.seatKey.big(columns.pcpuTrees.get(queue) + columns.clientSeat.get(client) + 1);
  return top >> bits(columns.clientSeats.get(client));
}

function checkTree(
  columns: Columns,
  queue: number,
  group: number,
  runnable: ReadonlySet<number>,
  any: ReadonlySet<number>,
): string | undefined {
  const { seatKey, clientFirst, clientChildren, clientSeats, clientShares } = columns;
  const isLottery = columns.worldScheduler[0] === LOTTERY;
  const empty = isLottery ? 0n : NEVER;
  const first = columns.pcpuTrees.get(queue) + columns.clientSeat.get(group);
  const seats = clientSeats.get(group);
  const name = `queue ${queue} group ${group}`;
  for (let rank = 0; rank < seats; rank += 1) {
    const key = seatKey.big(first + seats + rank);
    const child = clientFirst.get(group) + rank;
    if (rank >= clientChildren[group]! || !any.has(child)) {
      if (key !== empty) return `${name}: a seat for client ${child}, below which nobody is queued`;
      continue;
    }
    if (key === empty) {
      if (runnable.has(child)) return `${name}: no seat for client ${child}, below which somebody may run`;
      continue;
    }
    if (isLottery) {
      const fault = wrong(`${name}: shares of ${child}`, key, BigInt(clientShares.get(child)));
      if (fault !== undefined) return fault;
    } else if (columns.worldScheduler[0]! < LOTTERY) {
      const fresh = (columns.clientVtime.big(child) * BigInt(seats)) | BigInt(rank);
      // Groups are charged wherever their vCPUs run, and who comes back keeps its seat: keys may be old, and then too low.
      if (key > fresh) return `${name}: key of ${child} is ${key}, recounted ${fresh}`;
    } else if (columns.worldScheduler[0] === CREDIT) {
      const fault = wrong(
        `${name}: line of ${child}`,
        key,
        (lineOf(columns, queue, child) << bits(seats)) | BigInt(rank),
      );
      if (fault !== undefined) return fault;
      if (!runnable.has(child)) return `${name}: a seat for client ${child}, which a limit holds`;
    }
  }
  for (let node = seats - 1; node > 0; node -= 1) {
    const [one, other] = [seatKey.big(first + 2 * node), seatKey.big(first + 2 * node + 1)];
    const expected = isLottery ? one + other : least(one, other);
    const fault = wrong(`${name} node ${node}`, seatKey.big(first + node), expected);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Counters of who wants to run, and of who is co-stopped; no guest's change is left over for later. */
export const checkActive: Check = ({ columns }) => {
  const { vcpuState, vcpuClient, vcpuVm, clientActive, vmCostopped } = columns;
  const active = new Uint32Array(clientActive.length);
  const costopped = new Uint32Array(vmCostopped.length);
  for (const [vcpu, state] of vcpuState.entries()) {
    if (state === STATE.costop) costopped[vcpuVm.get(vcpu)]! += 1;
    if (!wants(state)) continue;
    for (const client of pathOf(columns, vcpuClient.get(vcpu))) active[client]! += 1;
  }
  for (const [client, count] of active.entries()) {
    const fault = wrong(`client ${client} active`, clientActive[client], count);
    if (fault !== undefined) return fault;
  }
  for (const [vm, count] of costopped.entries()) {
    const fault = wrong(`vm ${vm} co-stopped`, vmCostopped.get(vm), count);
    if (fault !== undefined) return fault;
  }
  return wrong("kicked", columns.worldKickHead[0], NONE);
};

/** No client has more budget than its quota, grants in hand included; limited is who is ready below a throttled one. */
export const checkLimits: Check = ({ columns, plan }) => {
  const { clientQuotaNs, clientBudgetNs, clientThrottled, pcpuVcpu, pcpuGrantNs, vcpuClient } = columns;
  const inHand = new Map<number, bigint>();
  for (const [pcpu, vcpu] of pcpuVcpu.entries()) {
    const grant = pcpuGrantNs.big(pcpu);
    if (vcpu === NONE || grant === NEVER) continue;
    for (const client of pathOf(columns, vcpuClient.get(vcpu)))
      inHand.set(client, (inHand.get(client) ?? 0n) + grant);
  }
  for (const client of columns.clientHost.keys()) {
    const quota = clientQuotaNs.big(client);
    if (quota === NEVER) {
      // Its share of a budget above may be spent.
      const isShare = plan.core.groups.has("entitled") && columns.clientShareHeld[client] === 1;
      if (clientThrottled.get(client) !== 0 && !isShare) return `client ${client}: throttled without a limit`;
      continue;
    }
    // Interrupts overdraw it.
    const budget = BigInt.asIntN(64, clientBudgetNs.big(client));
    if (budget > quota) return `client ${client}: budget ${budget} of ${quota}`;
  }
  for (const [vcpu, state] of columns.vcpuState.entries()) {
    const held = pathOf(columns, vcpuClient.get(vcpu)).some((client) => clientThrottled.get(client) !== 0);
    const fault = wrong(
      `vcpu ${vcpu} limited`,
      columns.vcpuLimited.get(vcpu),
      state === STATE.ready && held ? 1 : 0,
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** States partition the time powered on; what is charged is the same by pCPU, by vCPU and at every node of the tree. */
export const checkTime: Check = (world) => {
  const { columns, scenario, vmRows } = world;
  world.recount();
  const sum = (rows: readonly number[], column: { big(row: number): bigint }) =>
    rows.reduce((total, row) => total + column.big(row), 0n);
  for (const [index, spec] of scenario.vms.entries()) {
    const vm = vmRows[index]!;
    const vcpus = rowsFrom(columns.vmVcpuFirst.get(vm), columns.vmVcpuCount[vm]!);
    const states = (["Run", "Ready", "Costop", "Idle", "Swap"] as const).map((name) =>
      sum(vcpus, columns[`vcpuSeen${name}Ns`]),
    );
    const now = columns.vmPower[vm] === ON ? BigInt(world.nowNs) - columns.vmPowerNs.big(vm) : 0n;
    const powered = columns.vmPowerTotalNs.big(vm) + now;
    const total = states.reduce((all, ns) => all + ns, 0n);
    if (spec.vcpusMax !== spec.vcpus || columns.vmVcpuOnline.get(vm) !== spec.vcpus) {
      if (total > powered * BigInt(spec.vcpusMax))
        return `vm ${vm}: states ${total} of ${powered} powered on`;
    } else if (!scenario.events.some((event) => event.kind === "set" && event.vcpus !== undefined)) {
      const fault = wrong(`vm ${vm} states`, total, powered * BigInt(spec.vcpus));
      if (fault !== undefined) return fault;
    }
  }
  return checkCharges(world);
};

function checkCharges({ columns }: World): string | undefined {
  const { pcpuHost, vcpuClient, clientHost, vcpuVm, vmClient } = columns;
  const clients = new Map<number, bigint>();
  const add = (client: number, ns: bigint) => {
    for (const node of pathOf(columns, client)) clients.set(node, (clients.get(node) ?? 0n) + ns);
  };
  const run: bigint[] = [];
  const used: bigint[] = [];
  for (const [vcpu, client] of vcpuClient.entries()) {
    const host = clientHost[client]!;
    run[host] = (run[host] ?? 0n) + columns.vcpuRunNs.big(vcpu);
    used[host] = (used[host] ?? 0n) + columns.vcpuUsedNs.big(vcpu);
    add(client, columns.vcpuUsedNs.big(vcpu));
    add(vmClient[vcpuVm.get(vcpu)]!, columns.vcpuSystemNs.big(vcpu));
  }
  // Where VMs change pools, what they have used so far stays with the nodes that they had: only the whole is known.
  const moves = columns.vmPoolSince.some((since) => since > 0);
  for (const client of columns.clientHost.keys()) {
    if (moves && columns.clientDepth[client]! > 0) continue;
    const fault = wrong(`client ${client} used`, columns.clientUsedNs.big(client), clients.get(client) ?? 0n);
    if (fault !== undefined) return fault;
  }
  for (const host of columns.hostPcpuCount.keys()) {
    let [busy, charged] = [0n, 0n];
    for (const [pcpu, home] of pcpuHost.entries()) {
      if (home !== host) continue;
      busy += columns.pcpuBusyNs.big(pcpu);
      charged += columns.pcpuUsedNs.big(pcpu);
    }
    const fault =
      wrong(`host ${host} busy`, busy, run[host] ?? 0n) ??
      wrong(`host ${host} charged`, charged, used[host] ?? 0n);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** No pCPU idles while somebody may run: where nothing but a limit can keep one waiting. */
export const checkConserving: Check = ({ columns, scenario }) => {
  if (columns.worldCoscheduling[0] === STRICT) return undefined;
  for (const [host, { cpu }] of scenario.hosts.entries()) {
    const pcpus = rowsFrom(columns.hostPcpuFirst.get(host), columns.hostPcpuCount.get(host));
    // At most four queues are looked at; a migration may cost more than the wait.
    if (cpu.threads > 1 || pcpus.length > 4) continue;
    if (scenario.vms.some((vm) => vm.host === host && vm.cache.workingBytes > 0)) continue;
    const idle = pcpus.find((pcpu) => columns.pcpuVcpu.get(pcpu) === NONE);
    if (idle === undefined) continue;
    for (const [vcpu, state] of columns.vcpuState.entries()) {
      if (state !== STATE.ready || columns.vcpuLimited.get(vcpu) !== 0) continue;
      if (pcpus.includes(columns.vcpuPcpu.get(vcpu))) return `pcpu ${idle} is idle, vcpu ${vcpu} waits`;
    }
  }
  return undefined;
};
