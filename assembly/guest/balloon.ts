/**
 * The balloon driver: a guest program that takes pages of its guest and tells the host that it needs none behind them.
 *
 *   inflate   a free page, or one that the guest's own replacement frees ─▶ balloon; the host takes its frame
 *   deflate   balloon ─▶ free list; the host gives a zeroed frame when the page is touched
 *
 * The guest decides which pages to give up, by the same lists as ever: what is cached of files goes, what programs use is
 * paged out by the guest itself. The driver stops where it would take what the guest needs to go on: at its minimum of
 * free pages.
 *
 * Source: ESX'02 §3.2. Cost: O(1) a page and what reclaiming costs.
 */
import {
  ppnFlags,
  setPpnFlags,
  setVmBalloonPages,
  setVmGuestCarry,
  vmBalloonMax,
  vmBalloonPages,
  vmBalloonRate,
  vmBalloonReady,
  vmBalloonTarget,
  vmFreeMin,
  vmFreePages,
  vmGuestCarry,
} from "../layout";
import { billedAt } from "../memory/bill";
import { dropPage } from "../memory/fault";
import { Flag } from "../memory/pmap";
import { NO_PAGE, popBalloon, pushBalloon, pushFree } from "./lists";
import { allocatePage } from "./paging";

const SECOND: u64 = 1_000_000_000;

/** Walks the balloon of a VM towards its target. */
export function driveBalloon(vm: u32, periodNs: u64): void {
  if (vmBalloonReady(vm) == 0) return;
  const target = min(vmBalloonTarget(vm), vmBalloonMax(vm));
  if (target == vmBalloonPages(vm)) {
    setVmGuestCarry(vm, 0);
    return;
  }
  const earned = vmGuestCarry(vm) + <u64>vmBalloonRate(vm) * periodNs;
  setVmGuestCarry(vm, earned % SECOND);
  const most = <u32>(earned / SECOND);
  const begun = billedAt();
  for (let pages: u32 = 0; pages < most && vmBalloonPages(vm) != target; ++pages) {
    const went = vmBalloonPages(vm) < target ? inflate(vm) : deflate(vm);
    // It waits for the host, or for the guest's disk, as any program does.
    if (!went || billedAt() > begun) return;
  }
}

/** @returns false if the guest has nothing to give */
function inflate(vm: u32): bool {
  const ppn = allocatePage(vm, false);
  if (ppn == NO_PAGE) return false;
  if (vmFreePages(vm) < vmFreeMin(vm)) {
    pushFree(vm, ppn);
    return false;
  }
  pushBalloon(vm, ppn);
  dropPage(ppn);
  const flags = <u32>ppnFlags(ppn);
  // It may be held already, by the driver of a life before the guest was reset.
  if ((flags & Flag.Ballooned) != 0) return true;
  setPpnFlags(ppn, <u16>(flags | Flag.Ballooned));
  setVmBalloonPages(vm, vmBalloonPages(vm) + 1);
  return true;
}

/** @returns false if the driver holds nothing */
function deflate(vm: u32): bool {
  const ppn = popBalloon(vm);
  if (ppn == NO_PAGE) return false;
  unballoon(vm, ppn);
  pushFree(vm, ppn);
  return true;
}

/** The host may put a frame behind a page again. */
export function unballoon(vm: u32, ppn: u32): void {
  const flags = <u32>ppnFlags(ppn);
  if ((flags & Flag.Ballooned) == 0) return;
  setPpnFlags(ppn, <u16>(flags & ~Flag.Ballooned));
  setVmBalloonPages(vm, vmBalloonPages(vm) - 1);
}
