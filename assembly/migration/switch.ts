/**
 * The switch: a VM's memory, processors and network become the destination's.
 *
 *   pages that have come   off the source's frames ─▶ on the destination's
 *   pages that have not    held by the source, for whoever fetches them (post-copy)
 *
 * Cost: O(pages of the VM), once a migration.
 */
import { leaveCaches } from "../cpu/cache";
import { seat } from "../cpu/suspend";
import {
  hostOverheadPages,
  landingMpn,
  moveClient,
  moveFrom,
  moveSalt,
  moveTo,
  moveVm,
  ppnFlags,
  setHostOverheadPages,
  setLandingMpn,
  setMoveClient,
  setMoveSalt,
  setMoveWaiting,
  setVmHost,
  setVmMoved,
  setVmRemote,
  setVmSalt,
  setWorldMoved,
  slotCount,
  vmClient,
  vmOverheadPages,
  vmPpnCount,
  vmPpnFirst,
  vmSalt,
  worldMoved,
} from "../layout";
import { isZeroContent } from "../memory/content";
import { dropPage } from "../memory/fault";
import { dropHintsOf } from "../memory/page-sharing";
import { Flag, mapPage } from "../memory/pmap";
import { pointAtSlot } from "../memory/swap";
import { dropLanding, isWaiting, landedSlot, landingRow, leaveBehind, NOTHING, takeFromSet } from "./landing";

/** The VM is the destination's from now on; it is paused. */
export function switchHosts(move: u32, at: u64): void {
  const vm = moveVm(move);
  if (slotCount() > 0) dropHintsOf(vm);
  const waiting = leaveSource(move, vm);
  setVmHost(vm, moveTo(move));
  const salt = vmSalt(vm);
  setVmSalt(vm, moveSalt(move));
  setMoveSalt(move, salt);
  const overhead = vmOverheadPages(vm);
  setHostOverheadPages(moveFrom(move), hostOverheadPages(moveFrom(move)) - overhead);
  setHostOverheadPages(moveTo(move), hostOverheadPages(moveTo(move)) + overhead);
  arriveAll(move, vm);
  setMoveWaiting(move, waiting);
  setVmRemote(vm, waiting > 0 ? move + 1 : 0);
  leaveCaches(vm);
  const client = vmClient(vm);
  seat(vm, moveClient(move), at);
  setMoveClient(move, client);
  setVmMoved(vm, move + 1);
  setWorldMoved(0, worldMoved(0) + 1);
}

/**
 * Takes every page off the source.
 *
 * @returns pages that it holds on
 */
function leaveSource(move: u32, vm: u32): u32 {
  let left: u32 = 0;
  const pages = vmPpnCount(vm);
  for (let offset: u32 = 0; offset < pages; ++offset) {
    const ppn = vmPpnFirst(vm) + offset;
    if (!isWaiting(move, offset)) {
      dropPage(ppn);
      continue;
    }
    dropLanding(move, landingRow(move, offset));
    if (leaveBehind(ppn, landingRow(move, offset))) left += 1;
    else takeFromSet(move, offset);
  }
  return left;
}

/** Puts the pages that have come where the destination has them. */
function arriveAll(move: u32, vm: u32): void {
  const pages = vmPpnCount(vm);
  for (let offset: u32 = 0; offset < pages; ++offset) {
    const row = landingRow(move, offset);
    const landed = landingMpn(row);
    if (landed == NOTHING || isWaiting(move, offset)) continue;
    const ppn = vmPpnFirst(vm) + offset;
    const slot = landedSlot(row);
    setLandingMpn(row, NOTHING);
    if (slot != NOTHING) {
      pointAtSlot(ppn, slot);
      continue;
    }
    assert(((<u32>ppnFlags(ppn)) & Flag.Ballooned) == 0);
    mapPage(ppn, landed, isZeroContent(landed) ? Flag.Zero : 0);
  }
}
