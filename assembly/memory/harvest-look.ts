/**
 * Periodic harvests: how many pages a VM writes in a period, as a hypervisor measures a working set without moving anything.
 *
 *   power-on ─▶ the log is on, large pages are broken ─▶ every period: count, clear, go on ─▶ power-off
 *
 * While a migration has the log, harvests pause: what it finds is for it alone. Large pages are broken, because a bit for 512 pages
 * would say that all of them were written.
 *
 * Source: KVM's and QEMU's calc-dirty-rate. Cost: O(pages / 64) a period.
 */
import {
  harvestCount,
  harvestEveryNs,
  harvestPages,
  harvestPeriods,
  setHarvestLastPages,
  setHarvestPages,
  setHarvestPeriods,
  setVmDirtyLog,
  vmDirtyLog,
  vmLoggedPages,
} from "../layout";
import { harvestEvent } from "../events";
import { NEVER, schedule } from "../queue";
import { closeLog, openLog } from "./dirty-log";
import { trackHarvest } from "./harvest";
import { breakAll } from "./large-page";

/** vmDirtyLog while periodic harvests have it; a migration sets 1. */
const PERIODIC: u8 = 2;

/** A VM is powered on: its first period begins. */
export function beginHarvest(vm: u32, at: u64): void {
  if (harvestCount() == 0 || harvestEveryNs(vm) == 0) return;
  take(vm);
  schedule(harvestEvent(vm), at + harvestEveryNs(vm));
}

/** A VM is powered off. */
export function endHarvest(vm: u32): void {
  if (harvestCount() == 0 || harvestEveryNs(vm) == 0) return;
  if (vmDirtyLog(vm) == PERIODIC) closeLog(vm);
  schedule(harvestEvent(vm), NEVER);
}

/** A period of a VM is over. */
export function harvestTick(vm: u32, at: u64): void {
  schedule(harvestEvent(vm), at + harvestEveryNs(vm));
  if (vmDirtyLog(vm) == PERIODIC) {
    const pages = vmLoggedPages(vm);
    trackHarvest(vm, pages);
    setHarvestLastPages(vm, pages);
    setHarvestPages(vm, harvestPages(vm) + <u64>pages);
    setHarvestPeriods(vm, harvestPeriods(vm) + 1);
  }
  if (vmDirtyLog(vm) != 1) take(vm);
}

/** The log is ours from now on, and empty. */
function take(vm: u32): void {
  openLog(vm);
  setVmDirtyLog(vm, PERIODIC);
  breakAll(vm);
}
