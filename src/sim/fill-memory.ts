/** Writes what reclaiming, devices and guests that manage their memory start from. */
import { memoryThresholds } from "../controls/memory-states.ts";
import type { Core } from "../core/boot.ts";
import type { DiskSpec, Scenario, VmSpec } from "../scenario/types.ts";
import type { WorldPlan } from "./plan-world.ts";

const SUBSYSTEM = { page: 11, file: 12 } as const;
const NONE = 0xffff_ffff;
const PAGE = 4096;

export function fillMemory(core: Core, scenario: Scenario, plan: WorldPlan): void {
  fillPolicy(core, scenario);
  fillHosts(core, scenario, plan);
  // Nothing is anywhere before a guest boots.
  core.columns.logicalPpn.fill(NONE);
  core.columns.ppnLogical.fill(NONE);
  plan.vmOrder.forEach((index, row) => {
    fillVm(core, scenario, plan, row, scenario.vms[index]!);
  });
}

function fillPolicy({ columns }: Core, scenario: Scenario): void {
  const { reclaim, activity, costs } = scenario.policies.memory;
  columns.worldTaxPpm[0] = scenario.policies.memory.idleTaxPpm;
  scenario.pools.forEach(({ mem }, row) => {
    columns.poolMinPages[row] = mem.minPages;
    columns.poolMaxPages[row] = mem.maxPages ?? NONE;
    columns.poolMemShares[row] = mem.shares;
  });
  columns.worldShareFirst[0] = reclaim.shareFirst ? 1 : 0;
  columns.worldCluster[0] = reclaim.clusterPages;
  columns.worldZipPpm[0] = reclaim.zipPpm;
  columns.worldZipQuarterPpm[0] = reclaim.zipQuarterPpm;
  columns.worldZipHalfPpm[0] = reclaim.zipHalfPpm;
  columns.worldActivityNs.set(0, activity.everyNs);
  columns.worldSamplePages[0] = activity.pages;
  columns.worldSlowKeepPpm[0] = activity.slowKeepPpm;
  columns.worldFastKeepPpm[0] = activity.fastKeepPpm;
  columns.worldActiveMinPpm[0] = activity.minPpm;
  columns.worldReclaimNs.set(0, reclaim.enabled ? reclaim.everyNs : 0);
  columns.worldMapNs.set(0, costs.mapNs);
  columns.worldZeroNs.set(0, costs.zeroNs);
  columns.worldCopyNs.set(0, costs.copyNs);
  columns.worldZipNs.set(0, costs.zipNs);
  columns.worldUnzipNs.set(0, costs.unzipNs);
}

function fillDisk({ columns }: Core, row: number, disk: DiskSpec): void {
  columns.diskReadNs.set(row, disk.readNs);
  columns.diskWriteNs.set(row, disk.writeNs);
  columns.diskPageNs.set(row, Math.max(1, Math.round((PAGE * 1e9) / disk.bytesPerSecond)));
  columns.diskSerial[row] = disk.serial ? 1 : 0;
}

function fillHosts(core: Core, scenario: Scenario, plan: WorldPlan): void {
  const { columns } = core;
  const { states, hysteresisPpm } = scenario.policies.memory.reclaim;
  scenario.hosts.forEach((host, row) => {
    const own = plan.memory.hosts[row]!;
    columns.hostSystemPages[row] = host.systemPages;
    columns.hostSwapDisk[row] = own.disk ?? NONE;
    columns.hostSwapFirst[row] = own.swapFirst;
    columns.hostSwapCount[row] = own.swapPages;
    columns.hostSlotCount[row] = own.slots;
    columns.hostPageOutFirst[row] = own.pageOutFirst;
    if (own.disk !== undefined) fillDisk(core, own.disk, host.swap!.disk);
    if (!plan.memory.reclaims[row]) return;
    const { clear, soft, hard, low } = memoryThresholds(states, host.memoryPages, hysteresisPpm);
    columns.hostClearBelow[row] = clear.below;
    columns.hostClearAbove[row] = clear.above;
    columns.hostSoftBelow[row] = soft.below;
    columns.hostSoftAbove[row] = soft.above;
    columns.hostHardBelow[row] = hard.below;
    columns.hostHardAbove[row] = hard.above;
    columns.hostLowBelow[row] = low.below;
    columns.hostLowAbove[row] = low.above;
  });
}

function fillVm(core: Core, scenario: Scenario, plan: WorldPlan, row: number, vm: VmSpec): void {
  const { columns } = core;
  const own = plan.memory.vms[row]!;
  columns.vmMinPages[row] = vm.mem.minPages;
  columns.vmMaxPages[row] = vm.mem.maxPages ?? vm.memoryPages;
  columns.vmMemShares[row] = vm.mem.shares;
  columns.vmTaxPpm[row] = vm.taxPpm ?? NONE;
  columns.vmOverheadPages[row] = vm.overheadPages;
  columns.vmTargetPages[row] = NONE;
  columns.vmCapPages[row] = NONE;
  const { balloon } = scenario.policies.memory.reclaim;
  columns.vmBalloonMax[row] = vm.os !== undefined && balloon ? vm.balloon.maxPages : 0;
  columns.vmBalloonRate[row] = vm.balloon.pagesPerSecond;
  columns.vmZipFirst[row] = own.zipFirst;
  columns.vmZipRows[row] = own.zipRows;
  columns.vmSampleFirst[row] = own.sampleFirst;
  const random = core.wasm.prng_seedStream(BigInt(scenario.seed), SUBSYSTEM.page, BigInt(row));
  columns.vmPageRandom.setBig(row, BigInt.asUintN(64, random));
  if (plan.core.groups.has("guest")) fillOs(core, scenario, plan, row, vm);
}

function fillOs(core: Core, scenario: Scenario, plan: WorldPlan, row: number, vm: VmSpec): void {
  const { columns } = core;
  const { os } = vm;
  const own = plan.memory.vms[row]!;
  columns.vmRegionFirst[row] = own.regionFirst;
  columns.vmStreamFirst[row] = own.streamFirst;
  columns.vmDisk[row] = own.disk ?? NONE;
  if (os === undefined) return;
  columns.vmOs[row] = 1;
  columns.vmBootNs.set(row, os.bootNs);
  columns.vmBootPages[row] = os.bootZeroes ? vm.memoryPages : os.kernelPages;
  columns.vmKernelPages[row] = os.kernelPages;
  columns.vmKernelCommon[row] = Math.round((os.kernelPages * os.kernelCommonPpm) / 1e6);
  columns.vmZeroRate[row] = os.zeroPagesPerSecond;
  columns.vmFreeMin[row] = os.freePages.min;
  columns.vmFreeLow[row] = os.freePages.low;
  columns.vmFreeHigh[row] = os.freePages.high;
  columns.vmGuestSwapPages[row] = os.swapPages;
  columns.vmRegionCount[row] = os.regions.length;
  fillDisk(core, own.disk!, os.disk);
  let first = own.logicalFirst;
  os.regions.forEach((region, index) => {
    const at = own.regionFirst + index;
    columns.regionVm[at] = row;
    columns.regionFirst[at] = first;
    columns.regionPages[at] = region.pages;
    columns.regionFile[at] = region.kind === "file" ? 1 : 0;
    const key = core.wasm.prng_seedStream(BigInt(scenario.seed), SUBSYSTEM.file, nameKey(region.name));
    columns.regionContent.setBig(at, BigInt.asUintN(64, key));
    first += region.pages;
  });
}

/** FNV-1a of a name: a key that does not depend on which other names there are. */
export function nameKey(name: string): bigint {
  let key = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    key = BigInt.asUintN(64, (key ^ BigInt(byte)) * 0x100000001b3n);
  }
  return key;
}
