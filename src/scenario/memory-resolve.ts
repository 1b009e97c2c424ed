/** From what a scenario says of memory to base units: controls, devices, reclaiming, sampling. */
import type * as z from "zod";
import { type MemoryAmount, pagesOf } from "./fields.ts";
import { resolveHarvest } from "./harvest.ts";
import type * as mem from "./mem-schema.ts";
import { diskKinds, memoryDefaults, memoryProfiles } from "./memory-defaults.ts";
import { resolveMmu } from "./mmu.ts";
import type { ParsedScenario } from "./schema.ts";
import type {
  ActivitySpec,
  DiskSpec,
  HostSpec,
  MemoryControls,
  MemoryCosts,
  MemoryPolicySpec,
  Profile,
  ReclaimSpec,
  VmSpec,
} from "./types.ts";

type ParsedVm = ParsedScenario["vms"][number];
/** Memory controls as written. */
export type ParsedControls = z.output<typeof mem.controls>;
type ParsedPolicy = Exclude<NonNullable<NonNullable<ParsedScenario["policies"]>["memory"]>, string>;
type ParsedDevice = Pick<z.output<typeof mem.swapMap>, "kind" | "read" | "write" | "bandwidth">;

/**
 * Shares of a VM or pool.
 *
 * @param pages  that words count for: the VM's memory, or what a pool counts as
 */
export function sharesOf(shares: ParsedControls["shares"], pages: number): number {
  const { shareWords } = memoryDefaults;
  const given = shares ?? memoryDefaults.shares.value;
  if (typeof given === "number") return given;
  return Math.max(1, Math.round((shareWords[given] * pages) / 256));
}

/** Pages of a reservation or limit; undefined: none. */
export function controlPages(amount: MemoryAmount | "none" | undefined, pages: number): number | undefined {
  return amount === undefined || amount === "none" ? undefined : pagesOf(amount, pages);
}

/** Controls of a VM of so many pages. */
export function resolveVmControls(given: ParsedControls | undefined, pages: number): MemoryControls {
  return {
    shares: sharesOf(given?.shares, pages),
    minPages: controlPages(given?.reservation, pages) ?? 0,
    maxPages: controlPages(given?.limit, pages) ?? pages,
  };
}

/** Controls of a pool; the rules have refused percentages. */
export function resolvePoolControls(given: ParsedControls | undefined): MemoryControls {
  const { poolPages } = memoryDefaults;
  const maxPages = controlPages(given?.limit, poolPages);
  return {
    shares: sharesOf(given?.shares, poolPages),
    minPages: controlPages(given?.reservation, poolPages) ?? 0,
    ...(maxPages === undefined ? {} : { maxPages }),
  };
}

/** A device by its kind, and by what it is told of itself. */
function resolveDevice(
  { kind, read, write, bandwidth }: ParsedDevice,
  absent: keyof typeof diskKinds,
): DiskSpec {
  const own = diskKinds[kind ?? absent];
  return {
    ...own,
    readNs: read ?? own.readNs,
    writeNs: write ?? own.writeNs,
    bytesPerSecond: bandwidth ?? own.bytesPerSecond,
  };
}

/** A guest's disk. */
export function resolveDisk(disk: ParsedVm["disk"]): DiskSpec {
  return resolveDevice(
    typeof disk === "string" ? { kind: disk } : (disk ?? {}),
    memoryDefaults.diskKind.value,
  );
}

/**
 * A host's swap device.
 *
 * @param vmPages  memory of its VMs in all
 */
export function resolveSwap(
  swap: ParsedScenario["hosts"][number]["swap"],
  vmPages: number,
): Pick<HostSpec, "swap"> {
  if (swap === "none") return {};
  const given = typeof swap === "string" ? { kind: swap } : (swap ?? {});
  const disk = resolveDevice(given, memoryDefaults.swapKind.value);
  return { swap: { disk, pages: ("size" in given ? given.size : undefined) ?? vmPages } };
}

/** What a VM says of memory beside its guest. */
export function resolveVmMemory({
  memory,
  mem,
  idleTax,
  overhead,
  balloon,
  os,
  largePages,
  harvest,
  mmu,
}: ParsedVm): Pick<
  VmSpec,
  "mem" | "taxPpm" | "overheadPages" | "balloon" | "largePages" | "harvest" | "mmu"
> {
  const { balloonPpm, balloonPagesPerSecond, overheadPages } = memoryDefaults;
  const given = typeof balloon === "object" ? balloon : {};
  const part = os === undefined || balloon === "none" ? 0 : (given.max ?? balloonPpm.value);
  return {
    mem: resolveVmControls(mem, memory),
    ...(idleTax === undefined ? {} : { taxPpm: idleTax }),
    ...(largePages === undefined ? {} : { largePages }),
    ...resolveHarvest(harvest),
    ...resolveMmu(mmu, memory),
    overheadPages: overhead ?? overheadPages.value,
    balloon: {
      maxPages: Math.floor((memory * part) / 1e6),
      pagesPerSecond: given.rate ?? balloonPagesPerSecond.value,
    },
  };
}

/** What the policy for memory is told. */
export function resolveReclaiming(
  { idleTax, reclaim, sampling, costs }: Omit<ParsedPolicy, "name" | "every" | "sharing" | "largePages">,
  profile: Profile,
): Pick<MemoryPolicySpec, "idleTaxPpm" | "reclaim" | "activity" | "costs"> {
  return {
    idleTaxPpm: idleTax ?? memoryDefaults.idleTaxPpm.value,
    reclaim: resolveReclaim(reclaim, profile),
    activity: resolveSampling(sampling, profile),
    costs: resolveCosts(costs),
  };
}

function resolveReclaim(reclaim: ParsedPolicy["reclaim"], profile: Profile): ReclaimSpec {
  const absent = memoryDefaults.reclaim;
  const generation = memoryProfiles[profile];
  const given = reclaim === "none" || reclaim === undefined ? {} : reclaim;
  const { compression } = given;
  const zip = typeof compression === "object" ? compression : {};
  const isZipping = compression === undefined ? generation.compression : compression !== "none";
  return {
    enabled: reclaim !== "none",
    everyNs: given.every ?? absent.everyNs.value,
    balloon: given.balloon ?? absent.balloon.value,
    shareFirst: given.shareFirst ?? absent.shareFirst.value,
    clusterPages: given.cluster ?? absent.clusterPages.value,
    zipPpm: isZipping ? (zip.cache ?? absent.zipPpm.value) : 0,
    zipQuarterPpm: zip.quarter ?? absent.zipQuarterPpm.value,
    zipHalfPpm: zip.half ?? absent.zipHalfPpm.value,
    states: given.states ?? generation.states,
    hysteresisPpm: given.hysteresis ?? absent.hysteresisPpm.value,
  };
}

function resolveSampling(sampling: ParsedPolicy["sampling"], profile: Profile): ActivitySpec {
  const { pages, slowKeepPpm, fastKeepPpm, minPpm } = memoryDefaults.activity;
  const given = sampling === "none" || sampling === undefined ? {} : sampling;
  return {
    everyNs: sampling === "none" ? 0 : (given.every ?? memoryProfiles[profile].activityNs),
    pages: given.pages ?? pages.value,
    slowKeepPpm: given.slow ?? slowKeepPpm.value,
    fastKeepPpm: given.fast ?? fastKeepPpm.value,
    minPpm: given.min ?? minPpm.value,
  };
}

function resolveCosts({ map, zero, copy, zip, unzip }: NonNullable<ParsedPolicy["costs"]> = {}): MemoryCosts {
  const { value } = memoryDefaults.costs;
  return {
    mapNs: map ?? value.mapNs,
    zeroNs: zero ?? value.zeroNs,
    copyNs: copy ?? value.copyNs,
    zipNs: zip ?? value.zipNs,
    unzipNs: unzip ?? value.unzipNs,
  };
}
