/** Writes processors, the scheduler's trees and the settings of the scheduler into the columns of a fresh core. */
import type { Core } from "../core/boot.ts";
import type { CpuControls, HostSpec, Scenario, VmSpec } from "../scenario/types.ts";
import { bitsetWords } from "./bitset-words.ts";
import { fillGuest } from "./fill-guest.ts";
import { type ClientPlan, type CpuPlan, NONE, SMT_ROWS, WATT_ROWS } from "./plan-cpu.ts";

/** Subsystems of the random streams, as in assembly/prng.ts. */
const SUBSYSTEM = { irq: 8, sample: 9, lottery: 10 } as const;
const SCHEDULERS = { "virtual-time": 0, stride: 1, lottery: 2, "round-robin": 3, credit: 4 } as const;
const UNDER = 1;
const COSCHEDULING = { none: 0, strict: 1, relaxed: 2, "per-vcpu": 3 } as const;
const DRAWS = { constant: 0, exponential: 2 } as const;
const SHARING = { any: 0, internal: 1, none: 2 } as const;
const LATE = { process: 0, sponge: 1, steal: 2 } as const;
const NEVER = (1n << 64n) - 1n;
/** A limited vCPU takes its budget in parts of this: the slice of Linux's bandwidth control. */
const GRANT_NS = 5_000_000;
/** Housekeeping: energy, caches, core mates. */
const TICK_NS = 10_000_000;

export function fillCpu(core: Core, scenario: Scenario, plan: CpuPlan, vmOrder: readonly number[]): void {
  const { columns } = core;
  const vms = vmOrder.map((index) => scenario.vms[index]!);
  fillSettings(core, scenario, plan);
  scenario.hosts.forEach((host, row) => {
    fillHost(core, scenario, plan, host, row);
  });
  plan.clients.forEach((client, row) => {
    fillClient(core, scenario, vms, client, row);
    if (plan.groups.includes("entitled")) columns.clientShareNs.setBig(row, NEVER);
    if (plan.reserving && !plan.hosts[client.host]!.entitles) {
      columns.clientTagPpm[row] = columns.clientReservePpm[row]!;
    }
  });
  fillVms(core, scenario, plan, vms);
  fillGuest(core, vms, scenario.seed);
}

function streamOf(core: Core, seed: number, subsystem: number, row: number): bigint {
  return BigInt.asUintN(64, core.wasm.prng_seedStream(BigInt(seed), subsystem, BigInt(row)));
}

function fillSettings(core: Core, scenario: Scenario, plan: CpuPlan): void {
  const { columns } = core;
  const { cpu } = scenario.policies;
  columns.worldScheduler[0] = SCHEDULERS[cpu.scheduler];
  columns.worldQuantumNs.set(0, cpu.quantumNs);
  columns.worldWakePreempts[0] = cpu.wakeupPreemption ? 1 : 0;
  columns.worldWakeMarginNs.set(0, cpu.wakeupMarginNs);
  columns.worldLagNs.set(0, cpu.boundLagQuanta * cpu.quantumNs);
  columns.worldLimitPeriodNs.set(0, cpu.limitPeriodNs);
  columns.worldGrantNs.set(0, Math.min(GRANT_NS, cpu.quantumNs));
  columns.worldCoscheduling[0] = COSCHEDULING[cpu.coscheduling];
  columns.worldCostopNs.set(0, cpu.skew.costopNs);
  columns.worldCostartNs.set(0, cpu.skew.costartNs);
  columns.worldSkewPollNs.set(0, cpu.skew.pollNs);
  columns.worldBalanceNs.set(0, cpu.balance.everyNs);
  columns.worldBalanceMarginNs.set(0, cpu.balance.marginNs);
  columns.worldWholeCoreNs.set(0, cpu.wholeCoreNs);
  columns.worldGuestSliceNs.set(0, cpu.guestSliceNs);
  columns.worldRefillNsPerMib.set(0, cpu.refillNsPerMib);
  columns.worldRefillFarNsPerMib.set(0, cpu.refillFarNsPerMib);
  if (plan.groups.includes("trace")) columns.worldTracing[0] = 1;
  columns.worldReserving[0] = plan.reserving ? 1 : 0;
  columns.worldTagging[0] = plan.reserving && plan.hosts.some(({ entitles }) => !entitles) ? 1 : 0;
  columns.worldCaches[0] = plan.caches;
  columns.worldSampleNs.set(0, cpu.samplesPerSecond > 0 ? Math.round(1e9 / cpu.samplesPerSecond) : 0);
  columns.worldLotteryRandom.setBig(0, streamOf(core, scenario.seed, SUBSYSTEM.lottery, 0));
  if (cpu.credit === undefined) return;
  columns.worldCreditTickNs.set(0, cpu.credit.tickNs);
  columns.worldCreditTicks[0] = cpu.credit.ticks;
  columns.worldCreditBoost[0] = cpu.credit.boost ? 1 : 0;
  columns.vcpuPriority.fill(UNDER);
}

function fillHost(core: Core, scenario: Scenario, plan: CpuPlan, host: HostSpec, row: number): void {
  const { columns } = core;
  const own = plan.hosts[row]!;
  const { cpu } = host;
  columns.hostPcpuFirst.set(row, own.pcpuFirst);
  columns.hostPcpuCount.set(row, own.pcpus);
  columns.hostThreads.set(row, cpu.threads);
  columns.hostCachePcpus.set(row, cpu.cache.cores * cpu.threads);
  columns.hostSocketPcpus.set(row, cpu.cores * cpu.threads);
  columns.hostRunQueues.set(row, own.queues);
  columns.hostRoot.set(row, own.root);
  columns.hostQueueWords.set(row, bitsetWords(own.queues));
  columns.hostSeatFirst.set(row, own.seatFirst);
  columns.hostSeatStride.set(row, own.seatStride);
  columns.hostWantTrees.set(row, own.wants ? own.seatFirst + own.queues * own.seatStride : NONE);
  columns.hostBitFirst.set(row, own.bitFirst);
  columns.hostFrequencyPpm.set(
    row,
    cpu.power?.governor === "powersave" ? cpu.power.statesPpm[0]! : 1_000_000,
  );
  columns.hostRandom.setBig(row, streamOf(core, scenario.seed, SUBSYSTEM.sample, row));
  columns.hostIrqFirst[row] = own.irqFirst;
  columns.hostIrqCount[row] = cpu.interrupts.length;
  const hasCache = plan.groups.includes("cache");
  columns.hostCacheWays[row] = hasCache ? cpu.cache.ways : 0;
  columns.hostWayBytes[row] = Math.floor(cpu.cache.bytes / cpu.cache.ways);
  columns.hostMissNs[row] = cpu.cache.missNs;
  const needsTick = cpu.power !== undefined || hasCache || cpu.threads > 1;
  columns.hostTickNs.set(row, needsTick ? TICK_NS : 0);
  for (let k = 0; k < SMT_ROWS; k += 1) {
    columns.smtSpeedPpm[row * SMT_ROWS + k] = cpu.smtPpm[Math.min(k, cpu.smtPpm.length - 1)]!;
  }
  cpu.power?.milliwatts.forEach((milliwatts, step) => {
    columns.wattMilli[row * WATT_ROWS + step] = milliwatts;
  });
  if (plan.groups.includes("entitled")) {
    columns.entitleEveryNs.set(row, own.entitles ? scenario.policies.cpu.entitlements.everyNs : 0);
  }
  columns.pcpuHost.fill(row, own.pcpuFirst, own.pcpuFirst + own.pcpus);
  fillInterrupts(core, scenario, plan, row);
}

/** The busiest sources first: so they are spread over the pCPUs. */
function fillInterrupts(core: Core, scenario: Scenario, plan: CpuPlan, host: number): void {
  const { columns } = core;
  const load = (irq: { costNs: number; gapNs: number }): number => irq.costNs / irq.gapNs;
  const sources = [...scenario.hosts[host]!.cpu.interrupts].sort((a, b) => load(b) - load(a));
  sources.forEach((source, index) => {
    const row = plan.hosts[host]!.irqFirst + index;
    columns.irqHost[row] = host;
    columns.irqVm[row] = source.vm === undefined ? NONE : plan.vmRows[source.vm]!;
    columns.irqDraw[row] = DRAWS[source.draw];
    columns.irqGapNs.set(row, source.gapNs);
    columns.irqCostNs.set(row, source.costNs);
    columns.irqRandom.setBig(row, streamOf(core, scenario.seed, SUBSYSTEM.irq, row));
  });
}

/** A VM's or pool's controls as the core has them. */
export function coreControls(controls: CpuControls, host: HostSpec, limitPeriodNs: number) {
  return {
    quotaNs: limitQuotaNs(controls.limitMhz, host, limitPeriodNs),
    reservePpm: Math.round((controls.reservationMhz * 1e6) / host.cpu.mhz),
  };
}

/** Nominal core time a period; negative: no limit. */
export function limitQuotaNs(limitMhz: number | undefined, host: HostSpec, limitPeriodNs: number): number {
  return limitMhz === undefined ? -1 : Math.max(1, Math.round((limitMhz / host.cpu.mhz) * limitPeriodNs));
}

function fillClient(
  core: Core,
  scenario: Scenario,
  vms: readonly VmSpec[],
  client: ClientPlan,
  row: number,
): void {
  const { columns } = core;
  columns.clientParent.set(row, client.parent);
  columns.clientFirst.set(row, client.first);
  columns.clientChildren[row] = client.children;
  columns.clientHost[row] = client.host;
  columns.clientDepth[row] = client.depth;
  columns.clientVm[row] = client.vm ?? NONE;
  columns.clientVcpu.set(row, client.vcpu ?? NONE);
  columns.clientSeat.set(row, client.seat);
  columns.clientSeats.set(row, client.seats);
  const controls =
    client.kind === "pool"
      ? scenario.pools[client.pool!]!.cpu
      : client.kind === "vm"
        ? vms[client.vm!]!.cpu
        : undefined;
  columns.clientShares.set(row, controls?.shares ?? 1000);
  columns.clientOwnShares[row] = controls?.shares ?? 1000;
  const { limitPeriodNs } = scenario.policies.cpu;
  const host = scenario.hosts[client.host]!;
  const { quotaNs, reservePpm } = coreControls(
    controls ?? { shares: 1, reservationMhz: 0 },
    host,
    limitPeriodNs,
  );
  columns.clientQuotaNs.setBig(row, quotaNs < 0 ? NEVER : BigInt(quotaNs));
  columns.clientBudgetNs.setBig(row, quotaNs < 0 ? NEVER : BigInt(quotaNs));
  columns.clientReservePpm[row] = reservePpm;
}

function fillVms(core: Core, scenario: Scenario, plan: CpuPlan, vms: readonly VmSpec[]): void {
  const { columns } = core;
  let points = 0;
  vms.forEach((vm, row) => {
    columns.vmClient[row] = plan.vmClients[row]!;
    columns.vmVcpuFirst.set(row, plan.vcpuFirst[row]!);
    columns.vmVcpuCount[row] = vm.vcpusMax;
    columns.vmVcpuOnline.set(row, vm.vcpus);
    columns.vmSmtSharing.set(row, SHARING[vm.smt.sharing]);
    columns.vmHarmPpm[row] = vm.smt.harmPpm;
    columns.vmWorkingBytes.set(row, vm.cache.workingBytes);
    columns.vmReferencesPerUs[row] = vm.cache.referencesPerMs;
    columns.vmWayMask[row] = vm.cache.ways ?? 0xffff_ffff;
    columns.vmCachePpm.set(row, 1_000_000);
    columns.vmCurveFirst[row] = points;
    columns.vmCurveCount[row] = vm.cache.curve.length;
    for (const { bytes, missPpm } of vm.cache.curve) {
      columns.curveBytes.set(points, bytes);
      columns.curveMissPpm[points++] = missPpm;
    }
    const { guest } = vm;
    columns.vmPanicNs.setBig(row, guest.panicNs === undefined ? NEVER : BigInt(guest.panicNs));
    columns.vmTickNs.set(row, guest.tickNs ?? 0);
    columns.vmTimeMode[row] = LATE[guest.lateTicks];
    columns.vmCatchUpPpm[row] = guest.catchUpPpm;
    fillVcpus(core, scenario, plan, vm, row);
  });
}

/** vCPUs begin their lives spread over the pCPUs of their host, VM after VM. */
function fillVcpus(core: Core, scenario: Scenario, plan: CpuPlan, vm: VmSpec, row: number): void {
  const { columns } = core;
  const { pcpuFirst, pcpus } = plan.hosts[vm.host]!;
  const threads = scenario.hosts[vm.host]!.cpu.threads;
  const client = plan.clients[plan.vmClients[row]!]!;
  for (let i = 0; i < vm.vcpusMax; i += 1) {
    const vcpu = plan.vcpuFirst[row]! + i;
    columns.vcpuVm.set(vcpu, row);
    if (plan.groups.includes("entitled")) columns.vcpuDemand[vcpu] = 1;
    columns.vcpuClient.set(vcpu, client.first + i);
    // One core after the other, first threads before second ones.
    const turn = vcpu % pcpus;
    const cores = pcpus / threads;
    columns.vcpuPcpu.set(vcpu, pcpuFirst + (turn % cores) * threads + Math.floor(turn / cores));
  }
}
