/**
 * How a host takes memory back: the state of its free memory, and what it does in each.
 *
 *            VMs above their target                         VMs below it
 *   high     nothing; balloons deflate into spare memory    their balloons deflate
 *   clear    nothing                                        as above
 *   soft     balloon; pages where there is none             as above
 *   hard     pages are shared, compressed, paged out        as above
 *   low      as hard, and they are stopped                  as above
 *
 * The state gets worse as soon as free memory is below a threshold, and better only above the next higher one and a margin.
 * A VM above its own limit is reclaimed from in every state.
 *
 * Source: ESX'02 §6.3; thresholds from src/controls/memory-states.ts. Cost: O(VMs) a tick, and the pages taken.
 */
import {
  eventAt,
  hostAlarmBelow,
  hostClearAbove,
  hostClearBelow,
  hostClearNs,
  hostHardAbove,
  hostHardBelow,
  hostHardNs,
  hostHighNs,
  hostLowAbove,
  hostLowBelow,
  hostLookedNs,
  hostLowNs,
  hostSoftAbove,
  hostSoftBelow,
  hostSoftNs,
  hostState,
  hostStateSinceNs,
  hostVmCount,
  hostVmFirst,
  setHostAlarmBelow,
  setHostClearNs,
  setHostHardNs,
  setHostHighNs,
  setHostLookedNs,
  setHostLowNs,
  setHostSoftNs,
  setHostState,
  setHostStateSinceNs,
  setVmBalloonTarget,
  setVmBlocked,
  setVmBlockedNs,
  setVmSwapTarget,
  vmBalloonMax,
  vmBalloonPages,
  vmBalloonReady,
  vmBalloonTarget,
  vmBlocked,
  vmBlockedNs,
  vmCompressedPages,
  vmGrantedPages,
  vmLeavingPages,
  vmPpnCount,
  vmSwappedPages,
  worldReclaimNs,
  vmHost,
} from "../layout";
import { reclaimEvent } from "../events";
import { schedule } from "../queue";
import { freeFrames } from "./frames";
import { mostPages, targetPages, usedPages } from "./use";
import { takePages } from "./victims";

/** hostState. */
export const enum Level {
  High = 0,
  Clear = 1,
  Soft = 2,
  Hard = 3,
  Low = 4,
}

/**
 * Pages that a VM gives in one tick at the most: what a host can have on its way to the device. With less, guests on fast
 * devices bring pages back faster than they leave, and the host never comes out of hard, where nobody balloons.
 */
const BATCH: u32 = 1024;

/** Whether a host ever reclaims. */
export function reclaims(host: u32): bool {
  return worldReclaimNs(0) > 0 && hostSoftBelow(host) > 0;
}

/** Free pages below which a level begins; 0: there is none. */
function below(host: u32, level: u32): u32 {
  if (level == Level.Clear) return hostClearBelow(host);
  if (level == Level.Soft) return hostSoftBelow(host);
  return level == Level.Hard ? hostHardBelow(host) : hostLowBelow(host);
}

/** Free pages from which on it is over. */
function above(host: u32, level: u32): u32 {
  if (level == Level.Clear) return hostClearAbove(host);
  if (level == Level.Soft) return hostSoftAbove(host);
  return level == Level.Hard ? hostHardAbove(host) : hostLowAbove(host);
}

/** The level that follows from free memory and the level there was. */
function nextLevel(host: u32, free: u32): u32 {
  let level = <u32>hostState(host);
  for (let worse: u32 = Level.Low; worse > level; --worse) {
    if (free < below(host, worse)) return worse;
  }
  while (level > <u32>Level.High && (below(host, level) == 0 || free >= above(host, level))) level -= 1;
  return level;
}

/** The first host of a run, and after every change: what free memory the next worse level begins at. */
export function setAlarm(host: u32): void {
  let next: u32 = 0;
  for (let worse = <u32>hostState(host) + 1; worse <= <u32>Level.Low && next == 0; ++worse) {
    next = below(host, worse);
  }
  setHostAlarmBelow(host, next);
}

/** @returns true if the level has changed */
function changeLevel(host: u32, at: u64): bool {
  const before = <u32>hostState(host);
  const level = nextLevel(host, freeFrames(host));
  if (level == before) return false;
  const time = at - hostStateSinceNs(host);
  if (before == Level.High) setHostHighNs(host, hostHighNs(host) + time);
  else if (before == Level.Clear) setHostClearNs(host, hostClearNs(host) + time);
  else if (before == Level.Soft) setHostSoftNs(host, hostSoftNs(host) + time);
  else if (before == Level.Hard) setHostHardNs(host, hostHardNs(host) + time);
  else setHostLowNs(host, hostLowNs(host) + time);
  setHostState(host, <u8>level);
  setHostStateSinceNs(host, at);
  setAlarm(host);
  return true;
}

/**
 * A look at a host: once a period, and as soon as its state gets worse.
 *
 * @returns true if its state has changed: policies should see that at once
 */
export function reclaimTick(host: u32, at: u64): bool {
  schedule(reclaimEvent(host), (at / worldReclaimNs(0) + 1) * worldReclaimNs(0));
  const changed = changeLevel(host, at);
  reclaimFrom(host, at);
  return changed;
}

/** Walks every VM of a host towards its target. */
export function reclaimFrom(host: u32, at: u64): void {
  const level = <u32>hostState(host);
  const end = hostVmFirst(host) + hostVmCount(host);
  const spare = level == <u32>Level.High ? sparePages(host) : 0;
  for (let vm = hostVmFirst(host); vm < end; ++vm) {
    if (vmHost(vm) != host) continue;
    if (vmBlocked(vm)) setVmBlockedNs(vm, vmBlockedNs(vm) + (at - hostLookedNs(host)));
    const use = usedPages(vm);
    const target = targetPages(vm);
    setVmBlocked(vm, <u8>(level == Level.Low && use > target));
    if (use > target) {
      const most = mostPages(vm);
      const limited = use > most ? use - most : 0;
      const excess = level >= <u32>Level.Soft ? use - target : limited;
      if (excess > 0) takeFrom(vm, excess, level, at);
      else if (spare > 0) giveBack(vm, 0, use, spare);
    } else {
      giveBack(vm, target - use, use, spare);
      setVmSwapTarget(vm, vmSwappedPages(vm));
    }
  }
  setHostLookedNs(host, at);
}

/** Of free memory that nobody claims, what each VM with a balloon could have. */
function sparePages(host: u32): u32 {
  const free = freeFrames(host);
  if (free <= hostSoftAbove(host)) return 0;
  const end = hostVmFirst(host) + hostVmCount(host);
  let balloons: u32 = 0;
  for (let vm = hostVmFirst(host); vm < end; ++vm)
    balloons += <u32>(vmHost(vm) == host && vmBalloonPages(vm) > 0);
  return balloons == 0 ? 0 : (free - hostSoftAbove(host)) / balloons;
}

/**
 * Lets a balloon deflate: by what the VM has below its target, or as far as its guest could then take no more than its part
 * of what is spare.
 */
function giveBack(vm: u32, owed: u32, use: u32, spare: u32): void {
  const ballooned = vmBalloonPages(vm);
  if (ballooned == 0) {
    setVmBalloonTarget(vm, 0);
    return;
  }
  const held = vmGrantedPages(vm) + ballooned + vmSwappedPages(vm) + vmCompressedPages(vm);
  const untouched = vmPpnCount(vm) - min(held, vmPpnCount(vm));
  const most = mostPages(vm);
  const room = most - min(use, most);
  const more = min(spare - min(spare, untouched), room);
  setVmBalloonTarget(vm, ballooned - min(ballooned, max(owed, more)));
}

/** Takes what a VM has too much: by its balloon, or page by page. */
function takeFrom(vm: u32, excess: u32, level: u32, at: u64): void {
  let rest = excess;
  if (level < <u32>Level.Hard && vmBalloonReady(vm) && vmBalloonMax(vm) > 0) {
    const target = min(vmBalloonPages(vm) + excess, vmBalloonMax(vm));
    setVmBalloonTarget(vm, max(target, vmBalloonPages(vm)));
    const room = vmBalloonMax(vm) - min(vmBalloonMax(vm), vmBalloonPages(vm));
    // The driver has time to give what it can; the rest is paged out.
    rest -= min(rest, room);
  }
  rest -= min(rest, vmLeavingPages(vm));
  setVmSwapTarget(vm, vmSwappedPages(vm) + vmLeavingPages(vm) + rest);
  if (rest > 0 && vmGrantedPages(vm) > 0) takePages(vm, min(rest, BATCH), at);
}

/** When a VM that is blocked may look again; `at` if it is not. */
export function blockedUntil(vm: u32, host: u32, at: u64): u64 {
  if (vmBlocked(vm) == 0) return at;
  return max(eventAt(reclaimEvent(host)), at + 1);
}
