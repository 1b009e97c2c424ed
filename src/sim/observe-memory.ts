/** What reclaiming, sampling and guests did, for results and series. */
import { MEMORY_STATES, wantedFreePages } from "../controls/memory-states.ts";
import type { GuestMemory, HostMemory, VmMemory } from "../report/result.ts";
import { observeHostLarge, observeVmLarge } from "./observe-large.ts";
import type { World } from "./world.ts";

/** In `vmTargetPages`: as many as it wants. */
export const NO_TARGET = 0xffff_ffff;
const NONE = 0xffff_ffff;

/** What a sum over the VMs of a host gives, and the state of its memory. */
export function observeReclaiming(
  world: World,
  host: number,
  sum: (of: (vm: number) => number) => number,
): Omit<HostMemory, HostKeys> {
  const { columns, scenario, plan } = world;
  const { enabled, states } = scenario.policies.memory.reclaim;
  const reclaims = enabled && plan.memory.reclaims[host] === true;
  const held = (of: (vm: number) => number): number =>
    sum((vm) => (isOn(world, vm) ? of(vm) + columns.vmOverheadPages[vm]! : 0));
  const state = MEMORY_STATES[columns.hostState[host]!]!;
  const since = world.nowNs - columns.hostStateSinceNs.get(host);
  const stateNs = {
    high: columns.hostHighNs.get(host),
    clear: columns.hostClearNs.get(host),
    soft: columns.hostSoftNs.get(host),
    hard: columns.hostHardNs.get(host),
    low: columns.hostLowNs.get(host),
  };
  stateNs[state] += since;
  return {
    systemPages: columns.hostSystemPages[host]!,
    overheadPages: columns.hostOverheadPages[host]!,
    minFreePages: reclaims ? wantedFreePages(states, columns.hostPages[host]!) : 0,
    reservedPages: columns.hostSystemPages[host]! + held((vm) => columns.vmMinPages[vm]!),
    configuredPages: held((vm) => columns.vmPpnCount[vm]!),
    state,
    stateNs,
    balloonPages: sum((vm) => columns.vmBalloonPages[vm]!),
    swappedPages: sum((vm) => columns.vmSwappedPages[vm]!),
    swapSizePages: columns.hostSwapCount[host]!,
    compressedPages: sum((vm) => columns.vmCompressedPages[vm]!),
    zipFrames: columns.hostZipFrames[host]!,
    swapIns: sum((vm) => columns.vmSwapIns.get(vm)),
    swapOuts: sum((vm) => columns.vmSwapOuts.get(vm)),
    sharedBeforeSwap: sum((vm) => columns.vmSharedFirst.get(vm)),
    largestGrantedPages: columns.hostLargestUse[host]!,
    ...observeHostLarge(world, host, sum),
  };
}

/** VMs that do not compute are on all the time. */
function isOn({ columns, plan }: World, vm: number): boolean {
  return plan.cpu === undefined || columns.vmPower[vm] !== 0;
}

type HostKeys =
  | "sizePages"
  | "freePages"
  | "usedPages"
  | "grantedPages"
  | "sharedPages"
  | "commonPages"
  | "savedPages"
  | "zeroPages"
  | "hintPages"
  | "scannedPages"
  | "unvisitedPages"
  | "cowBreaks"
  | "falseMatches"
  | "outOfFrames";

/** Estimate of the active part of a VM's memory: the largest of slow, fast and next. */
export function activeEstimate({ columns, scenario }: World, vm: number) {
  const { fastKeepPpm, pages } = scenario.policies.memory.activity;
  const slow = columns.vmSlowPpm[vm]!;
  const fast = columns.vmFastPpm[vm]!;
  // The fast average as it would be if the period ended now.
  const now = (columns.vmSampleTouched[vm]! / Math.max(1, Math.min(pages, columns.vmPpnCount[vm]!))) * 1e6;
  const next = Math.round((fast * fastKeepPpm + now * (1e6 - fastKeepPpm)) / 1e6);
  return { slow, fast, next, most: Math.max(slow, fast, next, scenario.policies.memory.activity.minPpm) };
}

/** What a VM has gone through. */
export function observeVmReclaiming(world: World, vm: number): Omit<VmMemory, VmKeys | "guest"> {
  const { columns } = world;
  const size = columns.vmPpnCount[vm]!;
  const target = columns.vmTargetPages[vm]!;
  const estimate = activeEstimate(world, vm);
  const isManaged = managesMemory(world, vm);
  return {
    balloonPages: columns.vmBalloonPages[vm]!,
    swappedPages: columns.vmSwappedPages[vm]!,
    compressedPages: columns.vmCompressedPages[vm]!,
    minPages: columns.vmMinPages[vm]!,
    maxPages: columns.vmMaxPages[vm]!,
    shares: columns.vmMemShares[vm]!,
    overheadPages: columns.vmOverheadPages[vm]!,
    targetPages: target === NO_TARGET ? null : target,
    balloonTargetPages: columns.vmBalloonTarget[vm]!,
    balloonMaxPages: columns.vmBalloonMax[vm]!,
    swapTargetPages: columns.vmSwapTarget[vm]!,
    swapIns: columns.vmSwapIns.get(vm),
    swapOuts: columns.vmSwapOuts.get(vm),
    zips: columns.vmZips.get(vm),
    unzips: columns.vmUnzips.get(vm),
    sharedBeforeSwap: columns.vmSharedFirst.get(vm),
    pops: columns.vmPops.get(vm),
    activePages: columns.vmActivePages[vm]!,
    activeEstimatePages: Math.round((estimate.most * size) / 1e6),
    activeSlowPpm: estimate.slow,
    activeFastPpm: estimate.fast,
    activeNextPpm: estimate.next,
    accessedEstimatePages: Math.round((columns.vmAccessedPpm[vm]! * size) / 1e6),
    faults: columns.vmFaults.get(vm),
    // Translation is work of accesses too, and told by itself.
    faultNs: columns.vmFaultNs.get(vm) - translatedNs(world, vm),
    stallNs: columns.vmStallNs.get(vm),
    blockedNs: columns.vmBlockedNs.get(vm),
    guestSwapIns: isManaged ? columns.vmGuestSwapIns.get(vm) : 0,
    guestSwapOuts: isManaged ? columns.vmGuestSwapOuts.get(vm) : 0,
    ...observeVmLarge(world, vm),
  };
}

/** What translating its addresses has been charged to a VM. */
function translatedNs({ columns, plan }: World, vm: number): number {
  const cx = plan.core.groups.has("mmu") ? columns.vmMmu[vm]! : 0;
  return cx > 0 ? columns.mmuBilledNs.get(cx - 1) : 0;
}

type VmKeys =
  | "sizePages"
  | "grantedPages"
  | "consumedPages"
  | "touchedPages"
  | "dirtyPages"
  | "sharedPages"
  | "savedPages"
  | "zeroPages"
  | "cowBreaks"
  | "scannedPages"
  | "accesses"
  | "writes"
  | "outOfFrames";

/** Whether the guest has an operating system that manages its memory. */
export function managesMemory({ columns, plan }: World, vm: number): boolean {
  return plan.core.groups.has("guest") && columns.vmOs[vm] !== 0;
}

/** What a guest did with its memory; counted page by page, so not for every sample. None if nobody manages it. */
export function observeGuest(world: World, vm: number): { readonly guest?: GuestMemory } {
  if (!managesMemory(world, vm)) return {};
  const { columns } = world;
  let cachePages = 0;
  let anonymousPages = 0;
  let dirtyPages = 0;
  const first = columns.vmRegionFirst[vm]!;
  for (let region = first; region < first + columns.vmRegionCount[vm]!; region += 1) {
    const isFile = columns.regionFile[region] === 1;
    const end = columns.regionFirst[region]! + columns.regionPages[region]!;
    for (let page = columns.regionFirst[region]!; page < end; page += 1) {
      const ppn = columns.logicalPpn[page]!;
      if (ppn === NONE) continue;
      if (isFile) cachePages += 1;
      else anonymousPages += 1;
      if ((columns.ppnGuest[ppn]! & 2) !== 0) dirtyPages += 1;
    }
  }
  const booted = columns.vmOsPhase[vm] === 2;
  const guest: GuestMemory = {
    freePages: columns.vmFreePages[vm]!,
    cachePages,
    anonymousPages,
    kernelPages: booted ? columns.vmKernelPages[vm]! : 0,
    dirtyPages,
    swapUsedPages: columns.vmGuestSwapUsed[vm]!,
    fileReads: columns.vmFileReads.get(vm),
    fileWrites: columns.vmFileWrites.get(vm),
    faults: columns.vmGuestFaults.get(vm),
    stallNs: columns.vmGuestStallNs.get(vm),
    outOfMemory: columns.vmGuestOom.get(vm),
    booted,
  };
  return { guest };
}
