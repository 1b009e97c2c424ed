/** Rows of `--explain` for processors: what hosts, VMs and pools left to the defaults, and all of the CPU policy. */
import { cpuDefaults as defaults, schedulerDefaults } from "./cpu-defaults.ts";
import { cpuSettingsOf } from "./cpu-resolve.ts";
import type { Default } from "./defaults.ts";
import type { ExplainRow } from "./explain.ts";
import { formatBytes, formatNs, formatPpm, formatRate } from "./format.ts";
import type { ParsedScenario } from "./schema.ts";
import type { Scenario } from "./types.ts";

type Entry = readonly [
  key: string,
  fallback: Default<string | number | boolean>,
  print?: (value: number) => string,
];

/** Rows for the values that are absent. */
export function absentRows(base: string, given: object, entries: readonly Entry[]): ExplainRow[] {
  return entries
    .filter(([key]) => (given as Record<string, unknown>)[key] === undefined)
    .map(([key, { value, origin }, print]) => ({
      path: base + key,
      value: typeof value === "number" && print !== undefined ? print(value) : String(value),
      origin,
    }));
}

const { host, control, vm: vmDefaults, policy } = defaults;
const controlRows: readonly Entry[] = [
  ["shares", control.shares],
  ["reservation", { ...control.reservationMhz, value: "none" }],
  ["limit", control.limit],
];

/** Processors of a host. */
export function hostCpuRows({ cpu, power }: ParsedScenario["hosts"][number], path: string): ExplainRow[] {
  const rows: ExplainRow[] = [];
  if ((cpu?.threads ?? 1) > 1)
    rows.push(...absentRows(`${path}cpu.`, cpu ?? {}, [["smtGain", host.smtGain]]));
  rows.push(
    ...absentRows(`${path}cpu.llc.`, cpu?.llc ?? {}, [
      ["size", host.cacheBytes, formatBytes],
      ["cores", { value: "those of a socket", origin: "ballast" }],
      ["ways", host.cacheWays],
      ["miss", host.cacheMissNs, formatNs],
    ]),
  );
  if (typeof power === "object")
    rows.push(...absentRows(`${path}power.`, power, [["governor", host.governor]]));
  return rows;
}

/** Controls and habits of a VM. */
export function vmCpuRows(vm: ParsedScenario["vms"][number], path: string): ExplainRow[] {
  const rows = [
    ...absentRows(`${path}cpu.`, vm.cpu ?? {}, controlRows),
    ...absentRows(path, vm, [["start", vmDefaults.startNs, formatNs]]),
  ];
  if (vm.smt !== undefined) {
    rows.push(
      ...absentRows(`${path}smt.`, vm.smt, [
        ["sharing", vmDefaults.smtSharing],
        ["interference", vmDefaults.harmPpm, formatPpm],
      ]),
    );
  }
  if (vm.guest?.ticks !== undefined) {
    rows.push(
      ...absentRows(`${path}guest.`, vm.guest, [
        ["lateTicks", vmDefaults.lateTicks],
        ["catchUp", vmDefaults.catchUpPpm, formatPpm],
      ]),
    );
  }
  return rows;
}

/** Controls of a pool. */
export function poolRows(pool: NonNullable<ParsedScenario["pools"]>[number], i: number): ExplainRow[] {
  return [
    ...absentRows(`pools[${i}].`, pool, [["expandable", control.expandable]]),
    ...absentRows(`pools[${i}].cpu.`, pool.cpu ?? {}, controlRows),
  ];
}

/** The whole CPU policy, given or not. */
export function cpuPolicyRows(scenario: Scenario, source: ParsedScenario | undefined): ExplainRow[] {
  const { cpu } = scenario.policies;
  const given = cpuSettingsOf(source?.policies?.cpu);
  const row = (
    path: string,
    value: string | number | boolean,
    own: unknown,
    { origin }: { origin: string },
  ) => ({
    path: `policies.cpu.${path}`,
    value: String(value),
    origin: own !== undefined || source === undefined ? "scenario" : origin,
  });
  const absent = schedulerDefaults(cpu.scheduler, scenario.profile);
  const limitPeriod = cpu.credit ? defaults.credit.limitPeriod : policy.limitPeriodNs;
  const scan = given.balance === "none" ? undefined : given.balance;
  const balance =
    cpu.balance.everyNs === 0
      ? [row("balance", "none", given.balance, defaults.credit.balance)]
      : [
          row("balance.every", formatNs(cpu.balance.everyNs), scan?.every, policy.balanceNs),
          row("balance.margin", formatNs(cpu.balance.marginNs), scan?.margin, policy.balanceMarginQuanta),
        ];
  const due = given.entitlements === "none" ? undefined : given.entitlements;
  const entitlements =
    cpu.entitlements.everyNs === 0
      ? row("entitlements", "none", true, policy.entitleNs)
      : row("entitlements.every", formatNs(cpu.entitlements.everyNs), due?.every, policy.entitleNs);
  const samples = cpu.samplesPerSecond === 0 ? undefined : cpu.samplesPerSecond;
  return [
    row("name", cpu.name, given.name, policy.name),
    row("every", formatNs(cpu.everyNs), given.every, policy.everyNs),
    row("scheduler", cpu.scheduler, given.scheduler, policy.scheduler),
    row("queues", cpu.queues, given.queues, defaults.queues[cpu.scheduler]),
    row("quantum", formatNs(cpu.quantumNs), given.quantum, absent.quantumNs),
    row("wakeupPreemption", cpu.wakeupPreemption, given.wakeupPreemption, absent.wakeupPreemption),
    row("wakeupMargin", formatNs(cpu.wakeupMarginNs), given.wakeupMargin, policy.wakeupMarginNs),
    row("boundLag", cpu.boundLagQuanta, given.boundLag, policy.boundLagQuanta),
    row("limitPeriod", formatNs(cpu.limitPeriodNs), given.limitPeriod, limitPeriod),
    row("coscheduling", cpu.coscheduling, given.coscheduling, absent.coscheduling),
    row("skew.costop", formatNs(cpu.skew.costopNs), given.skew?.costop, policy.costopNs),
    row("skew.costart", formatNs(cpu.skew.costartNs), given.skew?.costart, policy.costartNs),
    row("skew.poll", formatNs(cpu.skew.pollNs), given.skew?.poll, policy.pollNs),
    ...balance,
    ...(cpu.credit
      ? [
          row("credit.tick", formatNs(cpu.credit.tickNs), given.credit?.tick, defaults.credit.ticks),
          row("credit.boost", cpu.credit.boost, given.credit?.boost, defaults.credit.boost),
        ]
      : []),
    entitlements,
    row("wholeCore", formatNs(cpu.wholeCoreNs), given.wholeCore, absent.wholeCoreQuanta),
    row("guestSlice", formatNs(cpu.guestSliceNs), given.guestSlice, policy.guestSliceNs),
    row("refill", formatNs(cpu.refillNsPerMib), given.refill, policy.refillNsPerMib),
    row("refillFar", formatNs(cpu.refillFarNsPerMib), given.refillFar, policy.refillFarPpm),
    row("samples", formatRate(samples), given.samples, policy.samplesPerSecond),
  ];
}
