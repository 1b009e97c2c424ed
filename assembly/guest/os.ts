/**
 * The life of a guest that manages its memory: it boots, is up, is reset, loses power; and what it does ten times a second.
 *
 *   off ──bootOs──▶ boots: writes its kernel, or all of memory ──▶ up: driver ready, streams begin
 *    ▲                ▲ reset: lists begin anew, frames stay as they are      │ each tick: zeroes free pages, drives the balloon
 *    └──stopOs────────┴───────────────────────────────────────────────────────┘
 *
 * The kernel has the first pages; the first of them hold contents that equal systems have in common.
 *
 * Here boot takes its time whatever the vCPUs do, and the driver and streams come later where the host has no memory to
 * give. Threads begin when the boot should be over: no page of theirs is the kernel's.
 *
 * Cost: O(pages) to boot and to stop; a tick O(pages that it writes or moves).
 */
import { guestEvent } from "../events";
import {
  logicalFlags,
  moveCount,
  regionCount,
  regionFile,
  regionFirst,
  regionPages,
  setLogicalFlags,
  setLogicalPpn,
  setPpnGuest,
  setPpnLogical,
  setVmBalloonReady,
  setVmBootNext,
  setVmGuestCarry,
  setVmGuestSwapUsed,
  setVmOsPhase,
  setVmOsSinceNs,
  setVmStuck,
  setVmZeroCarry,
  vmBalloonMax,
  vmBootNext,
  vmBootNs,
  vmBootPages,
  vmFreeHead,
  vmKernelCommon,
  vmKernelPages,
  vmOs,
  vmOsPhase,
  vmOsSinceNs,
  vmPaused,
  vmPool,
  vmPpnCount,
  vmPpnFirst,
  vmRegionCount,
  vmRegionFirst,
  vmZeroCarry,
  vmZeroRate,
  worldSeed,
} from "../layout";
import { billedAt, openBill } from "../memory/bill";
import { readPage, writePage } from "../memory/fault";
import { poolContent } from "../memory/load";
import { seedStream, Subsystem } from "../prng";
import { NEVER, schedule } from "../queue";
import { driveBalloon } from "./balloon";
import { startStreams, stopStreams } from "./batch";
import { clearLists, NO_PAGE, Page, popFree, pushFree, pushZeroed } from "./lists";
import { payBill } from "./pay";
import { Logical } from "./replacement";

/** vmOsPhase. */
export const enum Phase {
  Off = 0,
  Boots = 1,
  Up = 2,
}

/** A guest does its own housekeeping this often. */
export const GUEST_PERIOD_NS: u64 = 100_000_000;
const SECOND: u64 = 1_000_000_000;
/** Pages of the kernel that it uses in a tick: what the host has paged out comes back within minutes. */
const KERNEL_TOUCHES: u64 = 2;

/** Whether a VM's guest manages its memory. */
export function hasOs(vm: u32): bool {
  return regionCount() > 0 && vmOs(vm) != 0;
}

/** How long after power-on the programs of a VM's guest begin. */
export function bootDelay(vm: u32): u64 {
  return hasOs(vm) ? vmBootNs(vm) : 0;
}

/** A guest begins to boot; what its pages hold does not matter to it. */
export function bootOs(vm: u32, at: u64): void {
  assert(hasOs(vm));
  stopStreams(vm);
  clearLists(vm);
  forgetLogical(vm);
  setVmOsPhase(vm, <u8>Phase.Boots);
  setVmOsSinceNs(vm, at);
  setVmBootNext(vm, 0);
  setVmBalloonReady(vm, 0);
  setVmGuestCarry(vm, 0);
  setVmZeroCarry(vm, 0);
  setVmStuck(vm, 0);
  const first = vmPpnFirst(vm);
  for (let index: u32 = 0; index < vmKernelPages(vm); ++index) {
    setPpnGuest(first + index, <u8>Page.Kernel);
    setPpnLogical(first + index, NO_PAGE);
  }
  // Backwards, so that the lowest goes first.
  for (let index = vmPpnCount(vm); index > vmKernelPages(vm); --index) pushFree(vm, first + index - 1);
  schedule(guestEvent(vm), at);
}

/** A guest stops; its frames are somebody else's matter. */
export function haltOs(vm: u32): void {
  stopStreams(vm);
  clearLists(vm);
  forgetLogical(vm);
  setVmOsPhase(vm, <u8>Phase.Off);
  setVmBalloonReady(vm, 0);
  const end = vmPpnFirst(vm) + vmPpnCount(vm);
  for (let ppn = vmPpnFirst(vm); ppn < end; ++ppn) {
    setPpnGuest(ppn, 0);
    setPpnLogical(ppn, NO_PAGE);
  }
  schedule(guestEvent(vm), NEVER);
}

/** No page of a program or file is in memory, and nothing in swap space; files on the disk are as they were last written. */
function forgetLogical(vm: u32): void {
  setVmGuestSwapUsed(vm, 0);
  const end = vmRegionFirst(vm) + vmRegionCount(vm);
  for (let region = vmRegionFirst(vm); region < end; ++region) {
    const file: u32 = regionFile(region) != 0 ? Logical.File : 0;
    const last = regionFirst(region) + regionPages(region);
    for (let logical = regionFirst(region); logical < last; ++logical) {
      setLogicalPpn(logical, NO_PAGE);
      setLogicalFlags(logical, <u8>(file | ((<u32>logicalFlags(logical)) & Logical.Changed)));
    }
  }
}

/** The event of a guest. */
export function guestTick(vm: u32, at: u64): void {
  openBill(at);
  let next = at + GUEST_PERIOD_NS;
  if (moveCount() > 0 && vmPaused(vm) != 0) {
    schedule(guestEvent(vm), next);
    return;
  }
  if (vmOsPhase(vm) == Phase.Boots) {
    const end = vmOsSinceNs(vm) + vmBootNs(vm);
    if (bootOn(vm, at, end)) comeUp(vm, at);
    else if (end > at) next = min(next, end);
  } else {
    zeroPages(vm);
    if (billedAt() == at) driveBalloon(vm, GUEST_PERIOD_NS);
    if (billedAt() == at) touchKernel(vm, at);
  }
  payBill(vm, at);
  schedule(guestEvent(vm), max(next, billedAt()));
}

/**
 * Writes what is to be written by now.
 *
 * @returns true if that was all
 */
function bootOn(vm: u32, at: u64, end: u64): bool {
  const pages = <u64>vmBootPages(vm);
  const due = at >= end ? pages : (pages * (at - vmOsSinceNs(vm))) / vmBootNs(vm);
  const own = seedStream(worldSeed(0), Subsystem.Image, vm);
  for (let index = vmBootNext(vm); <u64>index < due; ++index) {
    const kernel = index < vmKernelPages(vm);
    // Its first programs may be quicker: then there is nothing left to zero.
    if (!kernel && vmFreeHead(vm) == NO_PAGE) return at >= end;
    if (!(kernel ? writeKernel(vm, index, own) : zeroNext(vm))) return false;
    setVmBootNext(vm, index + 1);
    if (billedAt() > at) return false;
  }
  return at >= end;
}

function writeKernel(vm: u32, index: u32, own: u64): bool {
  return writePage(vmPpnFirst(vm) + index, poolContent(index < vmKernelCommon(vm) ? vmPool(vm) : own, index));
}

/** Zeroes a free page; false if there is none, or the host has no frame for it. */
function zeroNext(vm: u32): bool {
  const ppn = popFree(vm);
  if (ppn == NO_PAGE) return false;
  if (writePage(ppn, 0)) {
    pushZeroed(vm, ppn);
    return true;
  }
  pushFree(vm, ppn);
  return false;
}

function comeUp(vm: u32, at: u64): void {
  setVmOsPhase(vm, <u8>Phase.Up);
  setVmOsSinceNs(vm, at);
  setVmBalloonReady(vm, <u8>(vmBalloonMax(vm) > 0));
  startStreams(vm, at, true);
}

/** The kernel goes through its own pages, slowly and for ever. */
function touchKernel(vm: u32, at: u64): void {
  const pages = <u64>vmKernelPages(vm);
  if (pages == 0) return;
  const first = (at / GUEST_PERIOD_NS) * KERNEL_TOUCHES;
  for (let touch: u64 = 0; touch < KERNEL_TOUCHES; ++touch) {
    readPage(vmPpnFirst(vm) + <u32>((first + touch) % pages));
  }
}

/** The zero-page thread: free pages become zeroed ones. */
function zeroPages(vm: u32): void {
  setVmStuck(vm, 0);
  if (vmZeroRate(vm) == 0 || vmFreeHead(vm) == NO_PAGE) {
    setVmZeroCarry(vm, 0);
    return;
  }
  const earned = vmZeroCarry(vm) + <u64>vmZeroRate(vm) * GUEST_PERIOD_NS;
  setVmZeroCarry(vm, earned % SECOND);
  const begun = billedAt();
  for (let pages = <u32>(earned / SECOND); pages > 0; --pages) {
    if (!zeroNext(vm) || billedAt() > begun) return;
  }
}
