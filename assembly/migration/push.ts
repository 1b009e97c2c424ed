/**
 * After the switch of post-copy: pages are pushed, those around the last fault first (bubbling), growing outward.
 *
 *   … ◀ ◀ ◀  pivot  ▶ ▶ ▶ …          without a fault, or without bubbling: in the order of memory
 *
 * Source: Hines and Gopalan, VEE 2009 §3.2 (dual-direction bubbling). Cost: as a page that is sent.
 */
import {
  moveBelow,
  moveBubbles,
  movePageBytes,
  movePivot,
  movePosition,
  moveShareBps,
  moveTo,
  moveVm,
  moveWaiting,
  hostSwapDisk,
  moveFrom,
  moveReadyNs,
  sendWordBits,
  setMoveBelow,
  setMoveFailed,
  setMovePosition,
  setMoveReadyNs,
  vmPpnCount,
  vmPpnFirst,
} from "../layout";
import { isZeroContent } from "../memory/content";
import { diskRead } from "../memory/disk";
import { allocateFrame, NO_MPN } from "../memory/frames";
import { Flag, mapPage } from "../memory/pmap";
import { giveFrame } from "../memory/victims";
import { isLeftInSlot, landingRow, sendWord } from "./landing";
import { arrive } from "./remote";
import { nextWaiting } from "./send";

const NONE: u32 = 0xffff_ffff;
const CHUNK_PAGES: u32 = 512;

/**
 * Pushes the next pages.
 *
 * @returns bytes on the wire; 0 if none is left, or the destination has no frame
 */
export function pushChunk(move: u32, at: u64): u64 {
  const vm = moveVm(move);
  const most = moveShareBps(move) / 8000;
  let bytes: u64 = 0;
  for (
    let pages: u32 = 0;
    pages < CHUNK_PAGES && moveWaiting(move) > 0 && (bytes == 0 || bytes < most);
    ++pages
  ) {
    const offset = choose(move);
    let frame = allocateFrame(moveTo(move));
    if (frame == NO_MPN && giveFrame(vm)) frame = allocateFrame(moveTo(move));
    if (frame == NO_MPN) {
      setMoveFailed(move, 1);
      break;
    }
    if (isLeftInSlot(landingRow(move, offset)))
      setMoveReadyNs(move, max(moveReadyNs(move), diskRead(hostSwapDisk(moveFrom(move)), 1, at)));
    arrive(move, offset, frame);
    mapPage(vmPpnFirst(vm) + offset, frame, isZeroContent(frame) ? Flag.Zero : 0);
    bytes += <u64>movePageBytes(move);
  }
  return bytes;
}

/** The page that goes next: the one nearest to the last fault, the one above on ties. */
function choose(move: u32): u32 {
  const pages = vmPpnCount(moveVm(move));
  const pivot = movePivot(move);
  if (moveBubbles(move) == 0 || pivot == NONE) {
    let next = nextWaiting(move, movePosition(move), pages);
    if (next >= pages) next = nextWaiting(move, 0, pages);
    setMovePosition(move, next);
    return next;
  }
  const above = nextWaiting(move, movePosition(move), pages);
  const below = lastWaiting(move, moveBelow(move));
  // Nothing between the two is left.
  setMovePosition(move, above);
  setMoveBelow(move, below == NONE ? 0 : below + 1);
  if (above >= pages) return below;
  return below == NONE || above - pivot <= pivot - below ? above : below;
}

/** The last page of the set before `offset`; NONE if there is none. */
function lastWaiting(move: u32, offset: u32): u32 {
  let at = offset;
  while (at > 0) {
    const last = at - 1;
    const word = sendWordBits(sendWord(move, last)) << (63 - (last & 63));
    if (word != 0) return last - <u32>clz(word);
    at = last & ~63;
  }
  return NONE;
}
