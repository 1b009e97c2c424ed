/**
 * The second range of a VM that moves: for each of its pages what the other host holds.
 *
 *   before the switch   a frame of the destination with what was sent last, or a slot of its swap file, or nothing
 *   after it            what the source still holds: a frame (with its reference), or a slot
 *
 * Cost: O(1) a page.
 */
import {
  hostSwapUsed,
  landingMpn,
  moveFrom,
  moveRange,
  moveSalt,
  moveTo,
  ppnFlags,
  ppnMpn,
  sendWordBits,
  setHostSwapUsed,
  setLandingMpn,
  setSendWordBits,
  vmHost,
  vmPpnCount,
  vmPpnFirst,
  worldRangePages,
} from "../layout";
import { copyContent } from "../memory/content";
import { allocateFrame, NO_MPN, releaseFrame } from "../memory/frames";
import { leaveFrame } from "../memory/page-sharing";
import { Flag, unmapPage, vmOf } from "../memory/pmap";
import { copySlot, forgetSwapped, freeSlot, loadFromSlot, rescue, takeSlot } from "../memory/swap";
import { forgetCompressed } from "../memory/zip";

export const NOTHING: u32 = 0xffff_ffff;
const SLOT: u32 = 0x8000_0000;
const SHARED: u32 = 0x4000_0000;
const INDEX: u32 = 0x3fff_ffff;

/** Row of a page of a VM that moves. */
export function landingRow(move: u32, offset: u32): u32 {
  return moveRange(move) * worldRangePages(0) + offset;
}

/** Word of the set of pages to be sent. */
export function sendWord(move: u32, offset: u32): u32 {
  return moveRange(move) * (worldRangePages(0) >> 6) + (offset >> 6);
}

export function isWaiting(move: u32, offset: u32): bool {
  return ((sendWordBits(sendWord(move, offset)) >> (offset & 63)) & 1) != 0;
}

export function takeFromSet(move: u32, offset: u32): void {
  const word = sendWord(move, offset);
  setSendWordBits(word, sendWordBits(word) & ~((<u64>1) << (offset & 63)));
}

/** A frame of the destination for a page, the one it has or a new one; NO_MPN: there is none. */
export function landingFrame(move: u32, row: u32): u32 {
  const known = landingMpn(row);
  if (known != NOTHING && (known & SLOT) == 0) return known;
  const frame = allocateFrame(moveTo(move));
  if (frame == NO_MPN) return NO_MPN;
  if (known != NOTHING) dropSlot(moveTo(move), known & INDEX);
  setLandingMpn(row, frame);
  return frame;
}

/** The destination holds a page's content in its swap file. */
export function landSlot(move: u32, row: u32, from: u32): void {
  dropLanding(move, row);
  const host = moveTo(move);
  const slot = takeSlot(host);
  copySlot(slot, from);
  setHostSwapUsed(host, hostSwapUsed(host) + 1);
  setLandingMpn(row, SLOT | slot);
}

/** What the destination has of a page is no longer true: it holds nothing, which reads as zeroes. */
export function dropLanding(move: u32, row: u32): void {
  const known = landingMpn(row);
  if (known == NOTHING) return;
  if (known & SLOT) dropSlot(moveTo(move), known & INDEX);
  else releaseFrame(moveTo(move), known);
  setLandingMpn(row, NOTHING);
}

function dropSlot(host: u32, slot: u32): void {
  freeSlot(slot);
  setHostSwapUsed(host, hostSwapUsed(host) - 1);
}

/** True, and which: the destination has the page in its swap file. */
export function landedSlot(row: u32): u32 {
  const known = landingMpn(row);
  return known != NOTHING && (known & SLOT) != 0 ? known & INDEX : NOTHING;
}

/** Before the switch: takes a page off its host, which goes on holding it for whoever fetches it. */
export function leaveBehind(ppn: u32, row: u32): bool {
  const host = vmHost(vmOf(ppn));
  let flags = <u32>ppnFlags(ppn);
  if (flags & Flag.Mapped) {
    if (flags & Flag.Leaving) rescue(ppn);
    setLandingMpn(row, ppnMpn(ppn) | ((flags & Flag.Cow) != 0 ? SHARED : 0));
    unmapPage(ppn);
    return true;
  }
  if (flags & Flag.Swapped) {
    const slot = takeSlot(host);
    copySlot(slot, ppnMpn(ppn));
    forgetSwapped(ppn);
    setHostSwapUsed(host, hostSwapUsed(host) + 1);
    setLandingMpn(row, SLOT | slot);
    return true;
  }
  if (flags & Flag.Compressed) {
    const slot = takeSlot(host);
    copySlot(slot, ppnMpn(ppn));
    forgetCompressed(ppn);
    setHostSwapUsed(host, hostSwapUsed(host) + 1);
    setLandingMpn(row, SLOT | slot);
    return true;
  }
  return false;
}

/** After the switch: brings what the source holds of a page into a frame. */
export function copyLeft(row: u32, frame: u32): void {
  const held = landingMpn(row);
  assert(held != NOTHING);
  if (held & SLOT) loadFromSlot(frame, held & INDEX);
  else copyContent(frame, held & INDEX);
}

/** Whether the source has a page in its swap file, so that its device must read it. */
export function isLeftInSlot(row: u32): bool {
  return (landingMpn(row) & SLOT) != 0;
}

/** After the switch: the source lets a page go. */
export function releaseLeft(move: u32, row: u32): void {
  const held = landingMpn(row);
  assert(held != NOTHING);
  const host = moveFrom(move);
  setLandingMpn(row, NOTHING);
  if (held & SLOT) {
    dropSlot(host, held & INDEX);
    return;
  }
  if ((held & SHARED) == 0) {
    releaseFrame(host, held & INDEX);
    return;
  }
  // The frame is on file under the salt of the source.
  leaveFrame(held & INDEX, host, moveSalt(move));
}

/** Page of a VM, counted from its first. */
export function offsetOf(vm: u32, ppn: u32): u32 {
  assert(ppn >= vmPpnFirst(vm));
  assert(ppn - vmPpnFirst(vm) < vmPpnCount(vm));
  return ppn - vmPpnFirst(vm);
}
