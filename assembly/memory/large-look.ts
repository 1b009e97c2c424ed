/**
 * A host looks at its large pages: breaks them for sharing while memory is short, forms them again while there is plenty.
 *
 *   short    those with most pages held back from sharing first (256 and more, 128 and more, …), as many as promise to bring
 *            free memory back; in a state worse than high their held pages are shared at once, else by the scan in its time
 *   plenty   defragment.ts, as fast as its rate allows
 *
 * Source: ESXi 6: below 400 % of minFree large pages are broken and the scan finds what can be shared; below 100 % the scan is
 * called at once. Here which are broken first is ours. Cost: O(extents) a look while memory is short.
 */
import {
  hostLargeAbove,
  hostState,
  hostVmCount,
  hostVmFirst,
  largeBlock,
  largeHeld,
  slotCount,
  vmHost,
  vmLargeHeld,
  vmPpnCount,
  vmPpnFirst,
  worldLargeNs,
} from "../layout";
import { largeEvent } from "../events";
import { schedule } from "../queue";
import { defragment } from "./defragment";
import { BLOCK_PAGES, freeFrames } from "./frames";
import { Break, breakLarge, breaksForSharing, hasPlenty } from "./large-page";
import { visitPage } from "./page-sharing";

/** Pages held back that make a large page one of the richest. */
const RICH: u32 = 256;

/** A host's look at its large pages, once a period. */
export function largeTick(host: u32, at: u64): void {
  schedule(largeEvent(host), at + worldLargeNs(0));
  if (breaksForSharing(host)) breakForSharing(host);
  if (hasPlenty(host)) defragment(host, worldLargeNs(0));
}

/** Breaks large pages until what could be shared of them makes up for what memory is short of. */
function breakForSharing(host: u32): void {
  if (slotCount() == 0) return;
  const free = freeFrames(host);
  const goal = hostLargeAbove(host);
  const short = goal > free ? goal - free : 1;
  const end = hostVmFirst(host) + hostVmCount(host);
  let promised: u32 = 0;
  for (let rich: u32 = RICH; rich > 0; rich >>= 1) {
    for (let vm = hostVmFirst(host); vm < end; ++vm) {
      if (vmHost(vm) != host || vmLargeHeld(vm) == 0) continue;
      const last = (vmPpnFirst(vm) + vmPpnCount(vm)) >> 9;
      for (let extent = vmPpnFirst(vm) >> 9; extent < last; ++extent) {
        if (largeBlock(extent) == 0 || <u32>largeHeld(extent) < rich) continue;
        if (promised >= short) return;
        promised += <u32>largeHeld(extent);
        breakRich(extent, hostState(host) > 0);
      }
    }
  }
}

/**
 * Breaks a large page so that pages held back can be shared.
 *
 * @param atOnce  they are visited now; else the scan comes to it
 */
function breakRich(extent: u32, atOnce: bool): void {
  breakLarge(extent, Break.Shared);
  if (!atOnce) return;
  const first = extent << 9;
  for (let ppn = first; ppn < first + BLOCK_PAGES; ++ppn) visitPage(ppn);
}
