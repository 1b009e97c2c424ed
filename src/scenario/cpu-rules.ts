/** Rules of processors and of the CPU policy that the shape alone cannot say; as in rules.ts, of a document of any shape. */
import { cpuDefaults, pcpusMax, schedulerDefaults } from "./cpu-defaults.ts";
import { type Finding, type Path, printable, showValue } from "./fault.ts";
import { readCpuAmount } from "./fields.ts";
import { formatMhz, formatNs } from "./format.ts";
import { asList, asMap, numberOf } from "./loose.ts";
import { referenceFindings } from "./names.ts";
import { readBytes, readGapNs, readMhz, readNs, readPpm } from "./units.ts";

type RawMap = Readonly<Record<string, unknown>>;

/** A whole number as given, or what stands for it where it is absent or wrong. */
function wholeOr(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : fallback;
}

/** Topology, SMT, caches, power and interrupts of a host. */
export function hostCpuFindings(raw: unknown, i: number, vmNames: ReadonlySet<string>): Finding[] {
  const host = asMap(raw);
  const path: Path = ["hosts", i];
  return [
    ...topologyFindings(asMap(host.cpu), [...path, "cpu"]),
    ...gainFindings(asMap(host.cpu), [...path, "cpu", "smtGain"]),
    ...stateFindings(host, path),
    ...interruptFindings(host, [...path, "interrupts"], vmNames),
    ...interruptLoadFindings(host, [...path, "interrupts"]),
  ];
}

function topologyFindings(cpu: RawMap, path: Path): Finding[] {
  const [sockets, cores, threads] = [wholeOr(cpu.sockets, 1), wholeOr(cpu.cores, 1), wholeOr(cpu.threads, 1)];
  const found: Finding[] = [];
  const pcpus = sockets * cores * threads;
  if (pcpus > pcpusMax && sockets <= pcpusMax && cores <= pcpusMax) {
    found.push({
      path,
      expected: `at most ${pcpusMax} pCPUs (sockets × cores × threads)`,
      got: String(pcpus),
    });
  }
  const shared = asMap(cpu.llc).cores;
  if (typeof shared === "number" && Number.isSafeInteger(shared) && shared > 0 && cores % shared !== 0) {
    const expected = `a number that divides the ${cores} cores of a socket`;
    found.push({ path: [...path, "llc", "cores"], expected, got: String(shared) });
  }
  return found;
}

/** k busy threads do no more than k times the work of one, and no less than k − 1. */
function gainFindings({ smtGain, threads: raw }: RawMap, path: Path): Finding[] {
  const threads = wholeOr(raw, 1);
  if (![1, 2, 4, 8].includes(threads)) return [];
  if (typeof smtGain === "number") {
    // One thread has no use for it; what no core could have is a mistake all the same.
    const most = threads === 1 ? 8 : threads;
    if (!Number.isFinite(smtGain) || smtGain <= most) return [];
    const what = threads === 1 ? "the most threads of a core" : "the threads of a core";
    return [{ path, expected: `at most ${most}, ${what}`, got: String(smtGain) }];
  }
  if (!Array.isArray(smtGain) || smtGain.some((gain) => !Number.isFinite(gain))) return [];
  if (smtGain.length !== threads) {
    const expected = `${threads} ${threads === 1 ? "number" : "numbers"}, one for each number of busy threads`;
    return [{ path, expected, got: String(smtGain.length) }];
  }
  for (const [k, gain] of (smtGain as number[]).entries()) {
    const least = k === 0 ? 1 : (smtGain[k - 1] as number);
    if (gain >= least && gain <= k + 1) continue;
    const expected = k === 0 ? "1, what a thread alone does" : `${least} to ${k + 1}`;
    return [{ path: [...path, k], expected, got: String(gain) }];
  }
  return [];
}

/** Clocks to choose from are above 0 and at most the nominal one. */
function stateFindings({ cpu, power }: RawMap, path: Path): Finding[] {
  const written = asMap(cpu).mhz;
  const nominal =
    written === undefined ? 2000 : typeof written === "number" ? written : numberOf(written, readMhz);
  if (nominal === undefined) return [];
  return asList(asMap(power).states).flatMap((state, k) => {
    if (typeof state !== "string") return [];
    const amount = readCpuAmount(state);
    if ("expected" in amount) return [];
    const mhz = "mhz" in amount ? amount.mhz : (amount.ppm * nominal) / 1e6;
    if (mhz > 0 && mhz <= nominal) return [];
    const expected = `more than 0 and at most the nominal clock (${formatMhz(nominal)})`;
    return [{ path: [...path, "power", "states", k], expected, got: printable(state) }];
  });
}

function interruptFindings({ interrupts }: RawMap, path: Path, vmNames: ReadonlySet<string>): Finding[] {
  const seen = new Map<unknown, number>();
  return asList(interrupts).flatMap((raw, k) => {
    const { name, vm, rate, cost } = asMap(raw);
    const found = referenceFindings([...path, k, "vm"], vm, vmNames, "VM");
    const earlier = typeof name === "string" ? seen.get(name) : undefined;
    if (earlier !== undefined) {
      const hint = `interrupts[${earlier}] has it`;
      found.push({ path: [...path, k, "name"], expected: "a name of its own", got: showValue(name), hint });
    }
    seen.set(name, k);
    const gapNs = numberOf(rate, readGapNs);
    const costNs = numberOf(cost, readNs);
    if (gapNs !== undefined && gapNs > 0 && costNs !== undefined && costNs >= gapNs) {
      const expected = `less than the gap between two interrupts (${formatNs(gapNs)})`;
      found.push({ path: [...path, k, "cost"], expected, got: showValue(cost) });
    }
    return found;
  });
}

/** No pCPU has more interrupts than time: the largest sources first, each to the pCPU with least, as the core spreads them. */
function interruptLoadFindings({ cpu, interrupts }: RawMap, path: Path): Finding[] {
  const { sockets, cores, threads } = asMap(cpu);
  const pcpus = wholeOr(sockets, 1) * wholeOr(cores, 1) * wholeOr(threads, 1);
  const loads = asList(interrupts).map((raw) => {
    const { rate, cost } = asMap(raw);
    return (numberOf(cost, readNs) ?? 0) / (numberOf(rate, readGapNs) || Number.POSITIVE_INFINITY);
  });
  // One that is too much alone has been told.
  if (loads.length < 2 || loads.some((load) => load >= 1) || pcpus > pcpusMax) return [];
  const bins = new Array<number>(pcpus).fill(0);
  for (const load of loads.sort((a, b) => b - a)) bins[bins.indexOf(Math.min(...bins))]! += load;
  const most = Math.max(...bins);
  if (most < 1) return [];
  const got = `${Math.round(most * 100)} % of one of ${pcpus}`;
  return [{ path, expected: "sources that leave some time of every pCPU", got }];
}

/** A VM's cache curve, its ways, and what goes with the guest's timer. */
export function habitFindings(vm: RawMap, i: number): Finding[] {
  const path: Path = ["vms", i];
  const found: Finding[] = [];
  const cache = asMap(vm.cache);
  for (const [key, other] of [
    ["references", "misses"],
    ["misses", "references"],
  ] as const) {
    if (cache[key] === undefined || cache[other] !== undefined) continue;
    const expected = `${other} beside ${key}`;
    found.push({ path: [...path, "cache", key], at: "key", expected, got: `${key} alone` });
  }
  found.push(...curveFindings(cache.misses, [...path, "cache", "misses"]));
  if (typeof cache.ways === "string" && /^\d{1,2}(-\d{1,2})?$/.test(cache.ways)) {
    const [first = 0, last = first] = cache.ways.split("-").map(Number);
    if (last < first || last > 31) {
      const expected = "a range of ways from low to high, at most 31";
      found.push({ path: [...path, "cache", "ways"], expected, got: cache.ways });
    }
  }
  const guest = asMap(vm.guest);
  for (const key of ["lateTicks", "catchUp"]) {
    if (guest[key] === undefined || guest.ticks !== undefined) continue;
    found.push({ path: [...path, "guest", key], at: "key", expected: `${key} only beside ticks`, got: key });
  }
  return found;
}

/** More cache, no more misses. */
function curveFindings(misses: unknown, path: Path): Finding[] {
  let before: { bytes: number; ppm: number } | undefined;
  for (const [k, point] of asList(misses).entries()) {
    const [size, part] = asList(point);
    const bytes = numberOf(size, readBytes);
    const ppm = numberOf(part, readPpm);
    if (bytes === undefined || ppm === undefined) return [];
    if (before !== undefined && bytes <= before.bytes) {
      return [{ path: [...path, k, 0], expected: "more cache than the point before", got: showValue(size) }];
    }
    if (before !== undefined && ppm > before.ppm) {
      return [
        { path: [...path, k, 1], expected: "no more misses than with less cache", got: showValue(part) },
      ];
    }
    before = { bytes, ppm };
  }
  return [];
}

export function cpuPolicyFindings(policies: unknown): Finding[] {
  const cpu = asMap(asMap(policies).cpu);
  return [...skewFindings(asMap(cpu.skew)), ...refillFindings(cpu), ...creditFindings(cpu)];
}

/** Settings that only one scheduler has, or that it has no use for. */
function creditFindings(cpu: RawMap): Finding[] {
  const path: Path = ["policies", "cpu"];
  const got = typeof cpu.scheduler === "string" ? cpu.scheduler : cpuDefaults.policy.scheduler.value;
  if (got !== "credit") {
    if (cpu.credit === undefined) return [];
    return [{ path: [...path, "credit"], at: "key", expected: "scheduler: credit beside it", got }];
  }
  const found: Finding[] = [];
  if (typeof cpu.balance === "object" && cpu.balance !== null) {
    const expected = "nothing, or none: the scheduler credit has no fairness scan";
    found.push({ path: [...path, "balance"], expected, got: "a map" });
  }
  const quantum = schedulerDefaults("credit", "esx2").quantumNs.value;
  const most = cpu.quantum === undefined ? quantum : numberOf(cpu.quantum, readNs);
  const tick = numberOf(asMap(cpu.credit).tick, readNs);
  if (tick !== undefined && most !== undefined && tick > most) {
    const expected = `at most the quantum (${formatNs(most)})`;
    found.push({ path: [...path, "credit", "tick"], expected, got: showValue(asMap(cpu.credit).tick) });
  }
  return found;
}

/** What is further away does not come sooner. */
function refillFindings(cpu: Record<string, unknown>): Finding[] {
  const near =
    cpu.refill === undefined ? cpuDefaults.policy.refillNsPerMib.value : numberOf(cpu.refill, readNs);
  const far = numberOf(cpu.refillFar, readNs);
  if (near === undefined || far === undefined || far >= near) return [];
  const expected = `refill (${formatNs(near)}) or more`;
  return [{ path: ["policies", "cpu", "refillFar"], expected, got: showValue(cpu.refillFar) }];
}

/** A vCPU that stopped because it was ahead goes on when it is less so. */
function skewFindings(skew: Record<string, unknown>): Finding[] {
  const { costopNs, costartNs } = cpuDefaults.policy;
  const costop = skew.costop === undefined ? costopNs.value : numberOf(skew.costop, readNs);
  const costart = skew.costart === undefined ? costartNs.value : numberOf(skew.costart, readNs);
  if (costop === undefined || costart === undefined || costop === 0 || costart < costop) return [];
  const key = skew.costart === undefined ? "costop" : "costart";
  const expected =
    key === "costart" ? `less than costop (${formatNs(costop)})` : `more than costart (${formatNs(costart)})`;
  return [{ path: ["policies", "cpu", "skew", key], expected, got: showValue(skew[key]) }];
}
