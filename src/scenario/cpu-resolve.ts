/** Processors, controls and the CPU policy of a checked scenario in base units, gaps filled from cpu-defaults.ts. */
import {
  cpuDefaults as defaults,
  poolVcpus,
  powerTables,
  schedulerDefaults,
  schedulerNames,
  sharesByWord,
} from "./cpu-defaults.ts";
import type { CpuAmount } from "./fields.ts";
import type { ParsedScenario } from "./schema.ts";
import type { CpuControls, CpuPolicySpec, CpuSpec, GuestSpec, PowerSpec, Profile, VmSpec } from "./types.ts";
import { readNs, readPpm } from "./units.ts";

type ParsedHost = ParsedScenario["hosts"][number];
type ParsedVm = ParsedScenario["vms"][number];
type ParsedControls = NonNullable<ParsedVm["cpu"]>;
type ParsedCpuPolicy = NonNullable<ParsedScenario["policies"]>["cpu"];
/** The CPU policy as a map. */
export type ParsedCpuSettings = Exclude<ParsedCpuPolicy, string | undefined>;

/**
 * Speed of each of k busy threads of a core, k = 1 … threads.
 *
 *   gain(k) = 1 + (g − 1)(k − 1) / (threads − 1)      speed(k) = gain(k) / k
 *
 * @param smtGain  g, or gain(1) … gain(threads)
 * @returns        ppm, the first 1 000 000
 */
export function smtSpeeds(threads: number, smtGain: number | readonly number[]): number[] {
  return Array.from({ length: threads }, (_, i) => {
    const gain =
      typeof smtGain !== "number" ? smtGain[i]! : i === 0 ? 1 : 1 + ((smtGain - 1) * i) / (threads - 1);
    return Math.round((gain / (i + 1)) * 1e6);
  });
}

/** Processors of a host, its interrupt sources left out. */
export function resolveCpu(
  { cpu, power }: ParsedHost,
  basic: Pick<CpuSpec, "sockets" | "cores" | "threads" | "mhz">,
): Omit<CpuSpec, "interrupts"> {
  const { host } = defaults;
  const spec = resolvePower(power, basic.mhz);
  return {
    ...basic,
    smtPpm: smtSpeeds(basic.threads, cpu?.smtGain ?? host.smtGain.value),
    cache: {
      cores: cpu?.llc?.cores ?? basic.cores,
      bytes: cpu?.llc?.size ?? host.cacheBytes.value,
      ways: cpu?.llc?.ways ?? host.cacheWays.value,
      missNs: cpu?.llc?.miss ?? host.cacheMissNs.value,
    },
    ...(spec === undefined ? {} : { power: spec }),
  };
}

function resolvePower(power: ParsedHost["power"], mhz: number): PowerSpec | undefined {
  if (power === undefined) return undefined;
  const {
    table,
    states = [],
    governor = defaults.host.governor.value,
  } = typeof power === "string" ? { table: power } : power;
  const watts = typeof table === "string" ? powerTables[table] : table;
  const ppms = [...states.map((state) => Math.round((mhzOf(state, mhz) / mhz) * 1e6)), 1e6];
  return {
    milliwatts: watts.map((watt) => Math.round(watt * 1000)),
    statesPpm: [...new Set(ppms)].sort((a, b) => a - b),
    governor,
  };
}

/** MHz of nominal clock; percent are of one pCPU of `mhz`. */
export function mhzOf(amount: CpuAmount, mhz: number): number {
  return "mhz" in amount ? amount.mhz : (amount.ppm * mhz) / 1e6;
}

/**
 * Controls of a VM or a pool.
 *
 * @param vcpus  of the VM; undefined: a pool
 * @param mhz    nominal clock of its host
 */
export function resolveControls(
  given: ParsedControls | undefined,
  vcpus: number | undefined,
  mhz: number,
): CpuControls {
  const shares = given?.shares ?? defaults.control.shares.value;
  const perVcpu = typeof shares === "string" ? sharesByWord[shares] : undefined;
  const reservation = given?.reservation ?? "none";
  const limit = given?.limit ?? "none";
  return {
    shares: typeof shares === "number" ? shares : sharesByWord[shares] * (vcpus ?? poolVcpus),
    ...(perVcpu === undefined || vcpus === undefined ? {} : { sharesPerVcpu: perVcpu }),
    reservationMhz: reservation === "none" ? defaults.control.reservationMhz.value : mhzOf(reservation, mhz),
    ...(limit === "none" ? {} : { limitMhz: mhzOf(limit, mhz) }),
  };
}

/** How a VM shares cores and caches, and what its guest knows of time. */
export function resolveHabits({ smt, cache, guest }: ParsedVm): Pick<VmSpec, "smt" | "cache" | "guest"> {
  const { vm } = defaults;
  const guestSpec: GuestSpec = {
    ...(guest?.panic === undefined ? {} : { panicNs: guest.panic }),
    ...(guest?.ticks === undefined ? {} : { tickNs: guest.ticks }),
    lateTicks: guest?.lateTicks ?? vm.lateTicks.value,
    catchUpPpm: guest?.catchUp ?? vm.catchUpPpm.value,
  };
  return {
    smt: {
      sharing: smt?.sharing ?? vm.smtSharing.value,
      harmPpm: smt?.interference ?? vm.harmPpm.value,
    },
    cache: {
      workingBytes: cache?.workingSet ?? vm.workingBytes.value,
      referencesPerMs: cache?.references ?? 0,
      curve: (cache?.misses ?? []).map(([bytes, missPpm]) => ({ bytes, missPpm })),
      ...(cache?.ways === undefined ? {} : { ways: wayMask(cache.ways) }),
    },
    guest: guestSpec,
  };
}

/** First and last way of a range such as `0-7` or `3`. */
export function wayRange(text: string): readonly [first: number, last: number] {
  const [first = 0, last = first] = text.split("-").map(Number);
  return [first, last];
}

function wayMask(text: string): number {
  const [first, last] = wayRange(text);
  let mask = 0;
  for (let way = first; way <= last; ++way) mask += 2 ** way;
  return mask;
}

/** The CPU policy with every gap filled. */
export function resolveCpuPolicy(given: ParsedCpuPolicy, profile: Profile): CpuPolicySpec {
  const settings = cpuSettingsOf(given);
  const { policy, queues } = defaults;
  const scheduler = settings.scheduler ?? policy.scheduler.value;
  const { skew, balance, samples } = settings;
  const { entitlements } = settings;
  const absent = schedulerDefaults(scheduler, profile);
  const isBalanced = balance !== "none" && scheduler !== "credit";
  const scan = balance === "none" ? undefined : balance;
  const quantumNs = settings.quantum ?? absent.quantumNs.value;
  const refillNsPerMib = settings.refill ?? policy.refillNsPerMib.value;
  return {
    name: settings.name ?? policy.name.value,
    everyNs: settings.every ?? policy.everyNs.value,
    options: Object.fromEntries(
      Object.entries(settings.options ?? {}).map(([key, value]) => [key, optionOf(value)]),
    ),
    scheduler,
    queues: settings.queues ?? queues[scheduler].value,
    quantumNs,
    wakeupPreemption: settings.wakeupPreemption ?? absent.wakeupPreemption.value,
    wakeupMarginNs: settings.wakeupMargin ?? policy.wakeupMarginNs.value,
    boundLagQuanta: settings.boundLag ?? policy.boundLagQuanta.value,
    limitPeriodNs: settings.limitPeriod ?? limitPeriodOf(scheduler, quantumNs),
    coscheduling: settings.coscheduling ?? absent.coscheduling.value,
    skew: {
      costopNs: skew?.costop ?? policy.costopNs.value,
      costartNs: skew?.costart ?? policy.costartNs.value,
      pollNs: skew?.poll ?? policy.pollNs.value,
    },
    balance: {
      everyNs: isBalanced ? (scan?.every ?? Math.min(policy.balanceNs.value, quantumNs)) : 0,
      marginNs: scan?.margin ?? policy.balanceMarginQuanta.value * quantumNs,
    },
    entitlements: {
      everyNs: entitlements === "none" ? 0 : (entitlements?.every ?? policy.entitleNs.value),
    },
    wholeCoreNs: settings.wholeCore ?? absent.wholeCoreQuanta.value * quantumNs,
    ...(scheduler === "credit" ? { credit: creditOf(settings.credit, quantumNs) } : {}),
    guestSliceNs: settings.guestSlice ?? policy.guestSliceNs.value,
    refillNsPerMib,
    refillFarNsPerMib: settings.refillFar ?? Math.round((refillNsPerMib * policy.refillFarPpm.value) / 1e6),
    samplesPerSecond: samples === "none" ? 0 : (samples ?? policy.samplesPerSecond.value),
  };
}

function limitPeriodOf(scheduler: CpuPolicySpec["scheduler"], quantumNs: number): number {
  return scheduler === "credit" ? Math.max(quantumNs, 1_000_000) : defaults.policy.limitPeriodNs.value;
}

function creditOf(given: ParsedCpuSettings["credit"], quantumNs: number): Required<CpuPolicySpec>["credit"] {
  const { ticks, boost } = defaults.credit;
  const tickNs = given?.tick ?? Math.floor(quantumNs / ticks.value);
  return {
    tickNs,
    ticks: Math.max(1, Math.round(quantumNs / tickNs)),
    boost: given?.boost ?? boost.value,
  };
}

/** A policy's name, or a scheduler's, stands for a map with nothing else in it. */
export function cpuSettingsOf(given: ParsedCpuPolicy): ParsedCpuSettings {
  if (typeof given !== "string") return given ?? {};
  const scheduler = schedulerNames.find((name) => name === given);
  return scheduler === undefined ? { name: given } : { scheduler };
}

/** Options are numbers as they stand, times in ns, percentages in ppm, or words. */
function optionOf(value: number | string): number | string {
  if (typeof value === "number") return value;
  if (!/^\s*\+?\d/.test(value)) return value;
  for (const read of [readNs, readPpm]) {
    const reading = read(value);
    if (typeof reading === "number") return reading;
  }
  return value;
}
