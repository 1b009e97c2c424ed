/**
 * Who gives pages, and which: pages are picked uniformly at random, offered for sharing first, then compressed, then written
 * to the swap device in clusters.
 *
 *   takePages(vm, 40): share  share  zip  [16 pages → one write]  [16 pages → one write]  …
 *
 * Random victims do not interfere with what the guest itself evicts, as any order that resembles the guest's own would.
 * Pages on shared frames are no victims: nothing is gained.
 *
 * Source: ESX'02 §3.3 and §4 ("always attempt to share a page before paging it out"). Cost: O(1) expected a page while a
 * good part of the VM is mapped.
 */
import {
  eventAt,
  hostSwapDisk,
  hostVmCount,
  hostVmFirst,
  ppnFlags,
  setVmPageRandom,
  setVmSharedFirst,
  slotCount,
  vmGrantedPages,
  vmHost,
  vmLeavingPages,
  vmCowPages,
  vmPageRandom,
  vmPpnCount,
  vmPpnFirst,
  vmSharedFirst,
  worldCluster,
  worldReclaimNs,
  worldShareFirst,
} from "../layout";
import { pageOutEvent } from "../events";
import { below, mix64, nextState } from "../prng";
import { schedule } from "../queue";
import { billedAt, billHostWait } from "./bill";
import { diskWrite } from "./disk";
import { freeFrames, owedFrames } from "./frames";
import { breakAround } from "./large-page";
import { Visit, visitPage } from "./page-sharing";
import { Flag, vmOf } from "./pmap";
import { beginPageOut, datePageOuts, finishPageOuts, pageOutNow, pageOutRoom, swapRoom } from "./swap";
import { compressPage, takeEvicted } from "./zip";
import { targetPages, usedPages } from "./use";

const NO_PPN: u32 = 0xffff_ffff;
/** Draws before looking at neighbours. */
const DRAWS: u32 = 128;
/** Frames that are made free for whoever finds none: at least one, and some for the next. */
const AT_THE_DOOR: u32 = 8;

/** A mapped page of its own frame, uniformly at random; NO_PPN if the VM has none. */
function pick(vm: u32): u32 {
  const pages = vmPpnCount(vm);
  if (vmGrantedPages(vm) <= vmCowPages(vm) + vmLeavingPages(vm)) return NO_PPN;
  let at: u32 = 0;
  for (let draw: u32 = 0; draw < DRAWS; ++draw) {
    const state = nextState(vmPageRandom(vm));
    setVmPageRandom(vm, state);
    at = below(mix64(state), pages);
    if (isVictim(vmPpnFirst(vm) + at)) return vmPpnFirst(vm) + at;
  }
  // Few pages are mapped: the next one after the last draw.
  for (let step: u32 = 1; step < pages; ++step) {
    const ppn = vmPpnFirst(vm) + ((at + step) % pages);
    if (isVictim(ppn)) return ppn;
  }
  return NO_PPN;
}

function isVictim(ppn: u32): bool {
  return ((<u32>ppnFlags(ppn)) & (Flag.Mapped | Flag.Cow | Flag.Queued)) == Flag.Mapped;
}

/** True if the page could be shared instead: it has given its frame up. */
function shareInstead(ppn: u32, vm: u32): bool {
  if (worldShareFirst(0) == 0 || slotCount() == 0) return false;
  // One that was visited before is on file as a hint: whoever equals it finds it there.
  if (visitPage(ppn) != Visit.Shared) return false;
  setVmSharedFirst(vm, vmSharedFirst(vm) + 1);
  return true;
}

/**
 * Takes pages from a VM: some at once, by sharing and compression, the others as soon as they are written.
 *
 * @returns pages taken or on their way; fewer than asked if there are no victims, or no room to write to
 */
export function takePages(vm: u32, pages: u32, at: u64): u32 {
  const host = vmHost(vm);
  let taken: u32 = 0;
  let listed: u32 = 0;
  const cluster = max<u32>(worldCluster(0), 1);
  while (taken < pages) {
    const ppn = pick(vm);
    if (ppn == NO_PPN) break;
    breakAround(ppn);
    if (!shareInstead(ppn, vm) && !compressPage(ppn, true)) {
      if (pageOutRoom(host) == 0) break;
      beginPageOut(ppn, host);
      listed += 1;
    }
    taken += 1;
    if (listed == cluster) {
      write(host, listed, at);
      listed = 0;
    }
  }
  if (listed > 0) write(host, listed, at);
  writeEvicted(host, at);
  return taken;
}

/** Sends the pages that were put on their way last to the swap device, as one write. */
function write(host: u32, pages: u32, at: u64): void {
  const done = diskWrite(hostSwapDisk(host), pages, at);
  datePageOuts(host, pages, done);
  if (eventAt(pageOutEvent(host)) > done) schedule(pageOutEvent(host), done);
}

/** What compression caches passed on is written too; nobody waits for it. */
function writeEvicted(host: u32, at: u64): void {
  const pages = takeEvicted();
  if (pages > 0) diskWrite(hostSwapDisk(host), pages, at);
}

/** Pages that were written by now lose their frames. */
export function pagesWritten(host: u32, at: u64): void {
  schedule(pageOutEvent(host), finishPageOuts(host, at));
}

/**
 * Makes a frame free at once, because a VM needs one and there is none: from the VM that has most above its target.
 *
 * @param vm  who needs it; it waits for the write
 * @returns   false if nothing could be taken
 */
export function giveFrame(vm: u32): bool {
  if (worldReclaimNs(0) == 0) return false;
  const host = vmHost(vm);
  const at = billedAt();
  const from = mostAbove(host);
  let written: u32 = 0;
  for (let page: u32 = 0; page < AT_THE_DOOR; ++page) {
    let ppn = from == NO_PPN ? NO_PPN : pick(from);
    if (ppn == NO_PPN) ppn = pick(vm);
    if (ppn == NO_PPN) break;
    breakAround(ppn);
    if (shareInstead(ppn, vmOf(ppn)) || compressPage(ppn, true)) continue;
    if (swapRoom(host) == 0) break;
    pageOutNow(ppn, host);
    written += 1;
  }
  written += takeEvicted();
  if (written > 0) billHostWait(diskWrite(hostSwapDisk(host), written, at));
  return freeFrames(host) > 0;
}

/** A VM has been powered on: frames for its overhead are taken from others where none were free. */
export function makeRoom(vm: u32): void {
  const host = vmHost(vm);
  for (let owed = owedFrames(host); owed > 0; owed = owedFrames(host)) {
    giveFrame(vm);
    if (owedFrames(host) >= owed) return;
  }
}

/** The VM that has most above its target, or is least below it. */
function mostAbove(host: u32): u32 {
  let best = NO_PPN;
  let most: i64 = i64.MIN_VALUE;
  for (let vm = hostVmFirst(host); vm < hostVmFirst(host) + hostVmCount(host); ++vm) {
    if (vmHost(vm) != host || vmGrantedPages(vm) == 0) continue;
    const excess = <i64>usedPages(vm) - <i64>(<u64>targetPages(vm));
    if (excess <= most) continue;
    most = excess;
    best = vm;
  }
  return best;
}
