/** Harvests of dirty and accessed pages: what VMs start from, and what became of it. */
import type { Core } from "../core/boot.ts";
import type { HarvestCounts } from "../report/result.ts";
import { harvestDefaults, trackingCosts } from "../scenario/harvest.ts";
import type { Scenario } from "../scenario/types.ts";
import type { World } from "./world.ts";

const METHODS = { "write-protection": 1, "dirty-bits": 2, "page-modification-log": 3, ring: 4 } as const;

/** Whether some VM is harvested. */
export function usesHarvest({ vms }: Scenario): boolean {
  return vms.some(({ harvest }) => harvest !== undefined);
}

/** Costs, and how VMs are tracked: those that are not harvested, too, for whoever logs their writes. */
export function fillHarvest({ columns, plan }: Core, { vms }: Scenario, vmOrder: readonly number[]): void {
  if (!plan.groups.has("dirty")) return;
  columns.worldTrackTrapNs.set(0, trackingCosts.trapNs);
  columns.worldTrackFullNs.set(0, trackingCosts.fullNs);
  columns.worldTrackRingNs.set(0, trackingCosts.ringNs);
  columns.worldTrackEntryPs[0] = trackingCosts.entryPs;
  columns.worldTrackFlushNs.set(0, trackingCosts.flushNs);
  vmOrder.forEach((index, row) => {
    const { harvest } = vms[index]!;
    columns.vmTracking[row] = METHODS[harvest?.method ?? harvestDefaults.method.value];
    columns.vmTrackRing[row] = harvest?.ring ?? harvestDefaults.ring.value;
    if (harvest === undefined) return;
    columns.harvestEveryNs.set(row, harvest.everyNs);
    columns.harvestAccessed[row] = harvest.accessed ? 1 : 0;
  });
}

/** What harvests found of a VM, and cost. */
export function observeHarvest(
  { columns }: World,
  row: number,
  { harvest }: Scenario["vms"][number],
): { readonly harvest?: HarvestCounts } {
  if (harvest === undefined) return {};
  return {
    harvest: {
      method: harvest.method,
      periods: columns.harvestPeriods.get(row),
      dirtyPages: columns.harvestPages.get(row),
      lastDirtyPages: columns.harvestLastPages[row]!,
      ...(harvest.accessed ? { lastAccessedPages: columns.harvestLastAccessed[row]! } : {}),
      traps: columns.vmTrackTraps.get(row),
      exits: columns.vmTrackExits.get(row),
      guestNs: columns.vmTrackNs.get(row),
      scannedEntries: columns.vmTrackScanned.get(row),
      hostNs: columns.vmTrackHostNs.get(row),
    },
  };
}
