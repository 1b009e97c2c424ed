/** Shortage for a storm's scenario: swap devices, compression, limits, reservations, sampling, and how hosts take memory back. */
import { diskKinds } from "../../src/scenario/memory-defaults.ts";
import { resolveReclaiming } from "../../src/scenario/memory-resolve.ts";
import type {
  EventSpec,
  HostSpec,
  MemoryPolicySpec,
  Scenario,
  StreamSpec,
  VmSpec,
} from "../../src/scenario/types.ts";
import type { Random } from "./random.ts";

const PPM = 1_000_000;
const SECOND = 1_000_000_000;

function swapOf(random: Random, vmPages: number): Pick<HostSpec, "swap"> {
  if (random.chance(0.2)) return {};
  const disk = diskKinds[random.pick(["hdd", "ssd", "nvme", "remote"] as const)];
  return { swap: { disk, pages: random.chance(0.8) ? vmPages : random.between(1, vmPages) } };
}

function policyOf(random: Random): Pick<MemoryPolicySpec, "idleTaxPpm" | "reclaim" | "activity" | "costs"> {
  const given = resolveReclaiming({}, random.pick(["esx2", "esx4", "esx6"]));
  const quarter = random.below(PPM + 1);
  return {
    ...given,
    idleTaxPpm: random.pick([0, 750_000, random.below(990_001)]),
    reclaim: {
      ...given.reclaim,
      everyNs: random.pick([SECOND / 10, SECOND, random.between(SECOND / 100, 3 * SECOND)]),
      balloon: random.chance(0.8),
      shareFirst: random.chance(0.7),
      clusterPages: random.pick([1, 16, random.between(1, 64)]),
      zipPpm: random.pick([0, 100_000, random.below(PPM + 1)]),
      zipQuarterPpm: quarter,
      zipHalfPpm: random.between(quarter, PPM),
      hysteresisPpm: random.pick([0, 5000, random.below(50_000)]),
    },
    activity: {
      ...given.activity,
      everyNs: random.pick([0, 3 * SECOND, random.between(SECOND / 5, 30 * SECOND)]),
      pages: random.pick([1, 100, random.between(1, 2000)]),
      slowKeepPpm: random.below(PPM + 1),
      fastKeepPpm: random.below(PPM + 1),
    },
  };
}

function controlsOf(random: Random, vm: VmSpec): Pick<VmSpec, "mem" | "taxPpm" | "overheadPages"> {
  const maxPages = random.chance(0.7) ? vm.memoryPages : random.between(1, vm.memoryPages);
  return {
    mem: {
      shares: random.pick([1, 1000, random.between(1, 100_000)]),
      minPages: random.chance(0.7) ? 0 : random.below(Math.ceil(maxPages / 2) + 1),
      maxPages,
    },
    ...(random.chance(0.8) ? {} : { taxPpm: random.below(990_001) }),
    overheadPages: random.chance(0.7) ? 0 : random.below(20),
  };
}

function eventOf(random: Random, vms: readonly VmSpec[]): EventSpec {
  const atNs = random.below(28 * SECOND);
  const path = "events[0]";
  const index = random.below(vms.length);
  const { memoryPages } = vms[index]!;
  const set = { atNs, path, kind: "set", target: { kind: "vm", index } } as const;
  switch (random.below(6)) {
    case 0:
      return { atNs, path, kind: "tax", taxPpm: random.below(990_001) };
    case 1:
      return { atNs, path, kind: random.pick(["stop", "start", "reset"]), vm: index };
    case 2:
      return { ...set, keys: ["mem.shares"], mem: { shares: random.between(1, 100_000) } };
    case 3:
      return { ...set, keys: ["mem.reservation"], mem: { minPages: random.below(memoryPages) } };
    default: {
      const maxPages = random.chance(0.3) ? "none" : random.between(1, memoryPages);
      return { ...set, keys: ["mem.limit"], mem: { maxPages } };
    }
  }
}

/** Most streams come to touch all that they may. */
function livelier(random: Random, stream: StreamSpec): StreamSpec {
  return random.chance(0.3) ? stream : { ...stream, ratePerKs: random.between(20_000, 1_000_000) };
}

/** The same scenario on hosts that take memory back, and may be shorter of it. */
export function withShortage(random: Random, scenario: Scenario): Scenario {
  const vms = scenario.vms.map((vm) => ({
    ...vm,
    ...controlsOf(random, vm),
    workload: vm.workload.map((stream) => livelier(random, stream)),
  }));
  const events = random.chance(0.5)
    ? []
    : Array.from({ length: random.below(8) }, () => eventOf(random, vms));
  const pagesOf = (host: number): number =>
    vms.reduce((sum, vm) => sum + (vm.host === host ? vm.memoryPages : 0), 0);
  return {
    ...scenario,
    hosts: scenario.hosts.map((host, row) => {
      const pages = pagesOf(row);
      const memoryPages = Math.max(
        1,
        random.chance(0.1) ? host.memoryPages : random.between(Math.ceil(pages / 3), pages + 1),
      );
      const systemPages = random.chance(0.7) ? 0 : random.below(Math.ceil(memoryPages / 4));
      return { ...host, memoryPages, systemPages, ...swapOf(random, Math.max(1, pages)) };
    }),
    vms,
    events: [...scenario.events, ...events].sort((a, b) => a.atNs - b.atNs),
    policies: {
      ...scenario.policies,
      memory: { ...scenario.policies.memory, ...policyOf(random) },
    },
  };
}
