/** Processors for a storm's scenario: topologies, pools, controls, programs, interrupts, policies and events by chance. */
import { parseScenario } from "../../src/scenario/index.ts";
import type { Scenario } from "../../src/scenario/types.ts";
import type { GivenImages } from "../../src/sim/image-source.ts";
import type { Random } from "./random.ts";

/** A part of a text that says it with a unit. */
const us = (count: number): string => `${count}us`;

function length(random: Random, most: number): unknown {
  const whole = random.between(1, most);
  const mean = us(whole);
  if (random.chance(0.7)) return mean;
  return random.chance(0.5)
    ? { mean, draw: "exponential" }
    : { mean, spread: us(random.below(whole + 1)), draw: random.pick(["uniform", "normal"]) };
}

function work(random: Random): object {
  const most = random.pick([300, 5000, 40_000]);
  const threads = random.chance(0.5) ? {} : { threads: random.between(1, 6) };
  const start = random.chance(0.7) ? {} : { start: us(random.below(3_000_000)) };
  const stop = random.chance(0.8) ? {} : { stop: us(random.between(4_000_000, 20_000_000)) };
  switch (random.below(7)) {
    case 0:
      return { busy: true, ...threads, ...start };
    case 1:
    case 2:
      return { run: length(random, most), sleep: length(random, most), ...threads, ...start, ...stop };
    case 3:
      return {
        requests: `${random.between(1, 1000)}/s`,
        arrivals: random.pick(["constant", "exponential"]),
        service: length(random, most),
        ...threads,
      };
    case 4:
      return { barrier: { work: length(random, most), spin: random.chance(0.7), ...threads } };
    case 5:
      return {
        lock: {
          hold: length(random, most),
          between: length(random, most),
          kind: random.pick(["spin", "ticket", "mutex"]),
          ...threads,
        },
      };
    default: {
      const barrier = random.pick(["spin-barrier", "barrier"]);
      const lock = random.pick(["spin", "ticket", "mutex"]);
      return {
        phases: [
          { run: length(random, most) },
          { barrier },
          { lock },
          { run: length(random, most) },
          { unlock: lock },
          random.chance(0.5) ? { timer: us(random.between(100, 50_000)) } : { sleep: length(random, most) },
        ],
        syncs: [
          { name: barrier, kind: barrier },
          { name: lock, kind: lock },
        ],
        ...threads,
      };
    }
  }
}

function controls(random: Random, mhz: number): object {
  return {
    shares: random.pick(["low", "normal", "high", 1, random.between(1, 10), random.between(1, 1_000_000)]),
    ...(random.chance(0.8) ? {} : { reservation: `${random.between(1, Math.ceil(mhz / 20))}MHz` }),
    ...(random.chance(0.7) ? {} : { limit: `${random.between(Math.ceil(mhz / 20), 3 * mhz)}MHz` }),
  };
}

/** Ways of a last-level cache where no host says otherwise. */
const WAYS = 8;

function hostCpu(random: Random): object {
  const cores = random.pick([1, 2, 3, 4]);
  return {
    sockets: random.pick([1, 1, 2]),
    cores,
    threads: random.pick([1, 1, 1, 2, 4]),
    mhz: 1000,
    ...(random.chance(0.7) ? {} : { smtGain: random.pick([1, 1.25, 1.6]) }),
    llc: {
      size: `${random.between(1, 16)}MiB`,
      cores: random.chance(0.5) ? cores : 1,
      ways: WAYS,
      miss: `${random.between(1, 200)}ns`,
    },
  };
}

function power(random: Random): object {
  if (random.chance(0.7)) return {};
  return {
    power: {
      table: "hp-ml110-g5",
      states: ["1GHz", `${random.between(300, 900)}MHz`],
      governor: random.pick(["performance", "powersave", "on-demand"]),
    },
  };
}

function interrupts(random: Random, vms: readonly string[]): object[] {
  return Array.from({ length: random.pick([0, 0, 1, 2]) }, (_, i) => ({
    name: `irq${i}`,
    ...random.pick([
      { rate: `${random.between(1, 2000)}/s`, cost: us(random.between(1, 60)) },
      { rate: `${random.between(1, 2000)}/s`, cost: us(random.between(1, 400)) },
      { rate: `${random.between(1, 40)}/s`, cost: us(random.between(1, 20_000)) },
    ]),
    arrivals: random.pick(["constant", "exponential"]),
    ...(vms.length === 0 || random.chance(0.4) ? {} : { vm: random.pick(vms) }),
  }));
}

function policy(random: Random): object {
  const quantum = random.pick([1000, 3000, 10_000, 50_000, random.between(500, 60_000)]);
  const costop = random.pick([3000, random.between(100, 20_000)]);
  const scheduler = random.pick([
    "virtual-time",
    "virtual-time",
    "virtual-time",
    "stride",
    "lottery",
    "round-robin",
    "credit",
  ]);
  return {
    scheduler,
    ...(random.chance(0.6) ? {} : { queues: random.pick(["per-pcpu", "host"]) }),
    quantum: us(quantum),
    wakeupPreemption: random.chance(0.5),
    boundLag: random.pick([0, 1, 8]),
    limitPeriod: us(random.pick([100_000, 20_000, random.between(1000, 200_000)])),
    coscheduling: random.pick(["none", "strict", "relaxed", "per-vcpu"]),
    skew: {
      costop: us(costop),
      costart: us(random.between(1, costop - 1)),
      poll: us(random.pick([10, 1000, 3000])),
    },
    ...(scheduler === "credit" ? { credit: { boost: random.chance(0.7) } } : {}),
    balance:
      random.chance(0.2) || scheduler === "credit"
        ? "none"
        : { every: us(random.between(500, 50_000)), margin: us(random.below(20_000)) },
    ...(random.chance(0.5) ? {} : { wholeCore: us(random.below(50_000)) }),
    guestSlice: us(random.pick([10_000, random.between(100, 20_000)])),
  };
}

function smt(random: Random): object {
  return {
    smt: {
      sharing: random.pick(["any", "internal", "none"]),
      ...(random.chance(0.5) ? {} : { interference: `${random.between(1, 60)}%` }),
    },
  };
}

function cache(random: Random): object {
  if (random.chance(0.5)) return { cache: { workingSet: `${random.between(1, 4)}MiB` } };
  const first = random.below(WAYS);
  const ways = { ways: `${first}-${random.between(first, WAYS - 1)}` };
  const most = random.between(1, 100);
  return {
    cache: {
      references: `${random.between(1, 50)}M/s`,
      misses: [
        ["1MiB", `${most}%`],
        ["8MiB", `${random.below(most + 1)}%`],
      ],
      ...(random.chance(0.5) ? {} : ways),
    },
  };
}

function guest(random: Random): object {
  return {
    guest: {
      panic: us(random.between(1000, 200_000)),
      ticks: "100/s",
      lateTicks: random.pick(["process", "sponge", "steal"]),
      catchUp: `${random.between(1, 300)}%`,
    },
  };
}

function vmWords(random: Random, name: string, pools: readonly string[]): object {
  const vcpus = random.pick([1, 1, 2, 3, 4, 8]);
  return {
    name,
    memory: "4KiB",
    vcpus,
    ...(pools.length === 0 || random.chance(0.3) ? {} : { pool: random.pick(pools) }),
    ...(random.chance(0.3) ? {} : { cpu: controls(random, 1000) }),
    ...(random.chance(0.8) ? {} : smt(random)),
    ...(random.chance(0.7) ? {} : cache(random)),
    ...(random.chance(0.7) ? {} : { start: us(random.below(5_000_000)) }),
    ...(random.chance(0.8) ? {} : guest(random)),
    ...(random.chance(0.15)
      ? {}
      : { workload: Array.from({ length: random.pick([1, 1, 2]) }, () => work(random)) }),
  };
}

function event(random: Random, vms: readonly string[], poolsOf: (vm?: string) => readonly string[]): object {
  const at = us(random.below(28_000_000));
  const vm = random.pick(vms);
  const pools = poolsOf();
  const target = pools.length > 0 && random.chance(0.4) ? { pool: random.pick(pools) } : { vm };
  switch (random.below(10)) {
    case 7:
    case 8:
      return { at, set: { vm, pool: random.pick(["none", ...poolsOf(vm)]) } };
    case 9:
      return { at, remove: random.chance(0.5) ? target : { vm } };
    case 0:
      return { at, start: { vm } };
    case 1:
      return { at, stop: { vm } };
    case 2:
      return { at, set: { vm, vcpus: random.between(1, 6) } };
    case 3:
      return { at, set: { ...target, "cpu.shares": random.between(1, 100_000) } };
    case 4:
      return { at, set: { ...target, "cpu.reservation": `${random.below(60)}MHz` } };
    default:
      return {
        at,
        set: { ...target, "cpu.limit": random.chance(0.3) ? "none" : `${random.between(50, 2500)}MHz` },
      };
  }
}

/** What comes later: some VMs, and pools without members from the start; nobody speaks of them before. */
function withComings(random: Random, words: Words, hasImage: (name: string) => boolean): object {
  const { vms, pools = [], events, ...rest } = words;
  const comes = new Map<string, number>();
  const held = new Set<unknown>(pools.map(({ pool }) => pool));
  const latePools = pools.filter(({ name }) => !held.has(name) && random.chance(0.5));
  for (const { name } of latePools) comes.set(`pool ${name}`, random.below(20_000_000));
  const late = vms.filter(({ name, pool }, vm) => {
    const isLate = vm > 0 && !hasImage(name) && (random.chance(0.4) || comes.has(`pool ${pool}`));
    if (isLate) comes.set(`vm ${name}`, random.between(comes.get(`pool ${pool}`) ?? 0, 25_000_000));
    return isLate;
  });
  // Whoever has to be there from the start is in no pool that comes.
  const early = vms
    .filter((vm) => !late.includes(vm))
    .map((vm) => (comes.has(`pool ${vm.pool}`) ? { ...vm, pool: undefined } : vm));
  const added = [
    ...latePools.map((pool) => ({ at: us(comes.get(`pool ${pool.name}`)!), add: { pool } })),
    ...late.map(({ start: _, ...vm }) => ({ at: us(comes.get(`vm ${vm.name}`)!), add: { vm } })),
  ];
  const timely = events.filter((one) => {
    const { vm, pool } = Object.assign({}, ...Object.values(one).filter((part) => typeof part === "object"));
    const first = Math.max(comes.get(`vm ${vm}`) ?? -1, comes.get(`pool ${pool}`) ?? -1);
    return Number.parseInt(one.at, 10) > first;
  });
  return {
    ...rest,
    vms: early,
    ...(pools.length === 0 ? {} : { pools: pools.filter((pool) => !latePools.includes(pool)) }),
    events: [...added, ...timely],
  };
}

interface Words {
  readonly vms: readonly { readonly name: string; readonly pool?: string; readonly start?: string }[];
  readonly pools?: readonly { readonly name: string; readonly pool?: string }[];
  readonly events: readonly { readonly at: string }[];
}

/** The same scenario with processors that have something to do; hosts and VMs keep their names and memory. */
export function withProcessors(random: Random, scenario: Scenario, images: GivenImages): Scenario {
  const hostOf = scenario.vms.map(({ host }) => host);
  const pools: { name: string; host: number; words: object }[] = [];
  for (let i = random.pick([0, 1, 2, 4]); i > 0; i -= 1) {
    const host = random.below(scenario.hosts.length);
    const parents = pools.filter((pool) => pool.host === host).map(({ name }) => name);
    const parent = parents.length > 0 && random.chance(0.5) ? { pool: random.pick(parents) } : {};
    const name = `p${pools.length}`;
    const words = { name, host: scenario.hosts[host]!.name, ...parent, cpu: controls(random, 1000) };
    pools.push({ name, host, words });
  }
  const poolsOf = (host: number) => pools.filter((pool) => pool.host === host).map(({ name }) => name);
  const names = scenario.vms.map(({ name }) => name);
  const hosts = scenario.hosts.map(({ name }, host) => ({
    name,
    memory: "1GiB",
    cpu: hostCpu(random),
    ...power(random),
    interrupts: interrupts(
      random,
      names.filter((_, vm) => hostOf[vm] === host),
    ),
  }));
  const hostOfVm = (vm: string): number => hostOf[names.indexOf(vm)]!;
  const words = {
    ballast: 1,
    duration: "60s",
    hosts,
    ...(pools.length === 0 ? {} : { pools: pools.map((pool) => pool.words as { name: string }) }),
    vms: names.map((name, vm) => ({
      ...(vmWords(random, name, poolsOf(hostOf[vm]!)) as { name: string }),
      host: scenario.hosts[hostOf[vm]!]!.name,
    })),
    policies: { cpu: policy(random) },
    events: Array.from(
      { length: random.below(14) },
      () =>
        event(random, names, (vm) =>
          vm === undefined ? pools.map(({ name }) => name) : poolsOf(hostOfVm(vm)),
        ) as {
          at: string;
        },
    ),
  };
  const hasImage = (name: string): boolean => images[name] !== undefined;
  // Interrupts are for VMs that are there.
  const isAsked = (name: string): boolean =>
    hosts.some(({ interrupts }) => interrupts.some((irq) => (irq as { vm?: string }).vm === name));
  const coming = random.chance(0.5)
    ? withComings(random, words, (name) => hasImage(name) || isAsked(name))
    : words;
  return graft(scenario, parseScenario(JSON.stringify(coming)));
}

/** Memory from one, processors from the other. */
function graft(memory: Scenario, cpu: Scenario): Scenario {
  // The shadow knows of images from the start only.
  const late = new Set(cpu.events.flatMap((one) => (one.kind === "add" ? one.vms : [])));
  return {
    ...memory,
    hosts: memory.hosts.map((host, i) => ({ ...host, cpu: cpu.hosts[i]!.cpu })),
    pools: cpu.pools,
    vms: cpu.vms.map((vm, index) => {
      const { memoryPages, workload, host, image, salt } = memory.vms.find(({ name }) => name === vm.name)!;
      return {
        ...vm,
        ...{ memoryPages, workload, host },
        ...(image === undefined || late.has(index) ? {} : { image }),
        ...(salt === undefined ? {} : { salt }),
      };
    }),
    policies: { ...memory.policies, cpu: cpu.policies.cpu },
    events: cpu.events,
  };
}
