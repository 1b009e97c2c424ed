/**
 * What goes on the wire: the next pages of a round, as they are now; what the destination then has of them.
 *
 *   page at the source      on the wire            at the destination
 *   nothing, zero           header                 nothing
 *   mapped                  page, or its delta     a frame
 *   shared, sent before     reference              a frame with what another frame has
 *   paged out               reference, or page     a slot, or a frame
 *   dirtied again           nothing, later         what it had
 *   ballooned, free         nothing                nothing
 *
 * A chunk is what the link carries in a millisecond. Pages are read when their chunk begins: what is written later is in the
 * log, and goes again.
 *
 * Source: NSDI'05 §4 (to_send, to_skip), VMotion (shared and swapped pages). Cost: 20 to 60 ns a page, mostly cache misses.
 */
import {
  hostSwapDisk,
  hostSwapCount,
  landingMpn,
  moveAgainBytes,
  moveBytes,
  moveDeltas,
  moveFrom,
  moveFree,
  moveNormal,
  movePageBytes,
  movePosition,
  moveReadyNs,
  moveReference,
  moveReferenceBytes,
  moveShareBps,
  moveSharedSwap,
  moveSkipped,
  moveSkips,
  moveTo,
  moveVm,
  moveWaiting,
  moveZero,
  moveZeroBytes,
  mpnBytesAt,
  mpnLanded,
  mpnRefcount,
  ppnFlags,
  ppnGuest,
  ppnMpn,
  regionCount,
  sendWordBits,
  setMoveBytes,
  setMoveFailed,
  setMoveFree,
  setMoveNormal,
  setMovePosition,
  setMoveReadyNs,
  setMoveReference,
  setMoveSkipped,
  setMoveWaiting,
  setMoveZero,
  setMpnLanded,
  setSendWordBits,
  slotCount,
  vmOs,
  vmPpnCount,
  vmPpnFirst,
  worldBytesForm,
} from "../layout";
import { copyContent, equalContents, isZeroContent } from "../memory/content";
import { diskRead } from "../memory/disk";
import { isLogged } from "../memory/dirty-log";
import { hostOfFrame, NO_MPN } from "../memory/frames";
import { Flag } from "../memory/pmap";
import { loadFromSlot, swapRoom } from "../memory/swap";
import { dropLanding, landingFrame, landingRow, landSlot, NOTHING, sendWord } from "./landing";
import { SECOND } from "./link";
import { deltaBytes } from "./xbzrle";

/** moveSkips. */
export const enum Skip {
  Dirty = 1,
  Free = 2,
}

const CHUNK_PAGES: u32 = 512;
/** A chunk is what goes over in 1/1000 s. */
const CHUNKS_PER_SECOND: u64 = 1000;
/** ppnGuest: in one of the guest's lists of free pages. */
const GUEST_FREE: u32 = 8 | 16;

/**
 * Puts the next pages together, from where the last ones ended.
 *
 * @param skips  whether pages that have been dirtied again wait for the next round
 * @returns      bytes; 0: nothing waits, or nothing of it takes any
 */
export function nextChunk(move: u32, skips: bool, at: u64): u64 {
  const most = moveShareBps(move) / 8 / CHUNKS_PER_SECOND;
  const pages = vmPpnCount(moveVm(move));
  let bytes: u64 = 0;
  let sent: u32 = 0;
  let offset = movePosition(move);
  let wrapped = false;
  while (moveWaiting(move) > 0 && sent < CHUNK_PAGES && (bytes == 0 || bytes < most)) {
    offset = nextWaiting(move, offset, pages);
    if (offset >= pages) {
      assert(!wrapped);
      wrapped = true;
      offset = 0;
      continue;
    }
    takeOne(move, offset);
    const size = sendPage(move, offset, skips, at);
    if (size == FAILED) {
      setMoveFailed(move, 1);
      break;
    }
    bytes += <u64>size;
    sent += 1;
    offset += 1;
  }
  setMovePosition(move, offset >= pages ? 0 : offset);
  setMoveBytes(move, moveBytes(move) + bytes);
  return bytes;
}

/** The next page of the set at or after `offset`; `pages` or more if there is none. */
export function nextWaiting(move: u32, offset: u32, pages: u32): u32 {
  let at = offset;
  while (at < pages) {
    const word = sendWordBits(sendWord(move, at)) >> (at & 63);
    if (word != 0) return at + <u32>ctz(word);
    at = (at | 63) + 1;
  }
  return pages;
}

function takeOne(move: u32, offset: u32): void {
  const word = sendWord(move, offset);
  setSendWordBits(word, sendWordBits(word) & ~((<u64>1) << (offset & 63)));
  setMoveWaiting(move, moveWaiting(move) - 1);
}

/** No frame at the destination. */
const FAILED: u32 = 0xffff_ffff;

/** @returns bytes on the wire, or FAILED */
function sendPage(move: u32, offset: u32, skips: bool, at: u64): u32 {
  const ppn = vmPpnFirst(moveVm(move)) + offset;
  if (skips && isLogged(ppn)) {
    setMoveSkipped(move, moveSkipped(move) + 1);
    return 0;
  }
  const row = landingRow(move, offset);
  const flags = <u32>ppnFlags(ppn);
  if ((flags & Flag.Ballooned) != 0 || isFreeInGuest(move, ppn)) {
    dropLanding(move, row);
    setMoveFree(move, moveFree(move) + 1);
    return 0;
  }
  if (flags & Flag.Mapped) return sendFrame(move, row, ppnMpn(ppn), (flags & Flag.Cow) != 0);
  if (flags & Flag.Swapped) return sendSwapped(move, row, ppnMpn(ppn), at);
  if (flags & Flag.Compressed) return sendSlot(move, row, ppnMpn(ppn));
  return sendZero(move, row);
}

function isFreeInGuest(move: u32, ppn: u32): bool {
  if ((moveSkips(move) & Skip.Free) == 0 || regionCount() == 0 || !vmOs(moveVm(move))) return false;
  return ((<u32>ppnGuest(ppn)) & GUEST_FREE) != 0;
}

function sendZero(move: u32, row: u32): u32 {
  dropLanding(move, row);
  setMoveZero(move, moveZero(move) + 1);
  return moveZeroBytes(move);
}

function sendFrame(move: u32, row: u32, mpn: u32, shared: bool): u32 {
  if (isZeroContent(mpn)) return sendZero(move, row);
  const again = landingMpn(row) != NOTHING;
  const frame = landingFrame(move, row);
  if (frame == NO_MPN) return FAILED;
  if (shared && slotCount() > 0) {
    const known = mpnLanded(mpn);
    setMpnLanded(mpn, frame + 1);
    if (known != 0 && isThere(move, known - 1) && equalContents(mpn, known - 1)) {
      copyContent(frame, mpn);
      setMoveReference(move, moveReference(move) + 1);
      return moveReferenceBytes(move);
    }
  }
  setMoveNormal(move, moveNormal(move) + 1);
  let size = again ? moveAgainBytes(move) : movePageBytes(move);
  if (again && moveDeltas(move) != 0 && worldBytesForm(0)) {
    const header = movePageBytes(move) - 4096;
    size = min(deltaBytes(mpnBytesAt(frame), mpnBytesAt(mpn)) + header, movePageBytes(move));
  }
  copyContent(frame, mpn);
  return size;
}

/** A frame of the destination that is in use. */
function isThere(move: u32, frame: u32): bool {
  return mpnRefcount(frame) > 0 && hostOfFrame(frame) == moveTo(move);
}

/** A page in the source's swap file: the destination may see the file too, else it is read. */
function sendSwapped(move: u32, row: u32, slot: u32, at: u64): u32 {
  if (moveSharedSwap(move) != 0 && hostSwapCount(moveTo(move)) > 0 && swapRoom(moveTo(move)) > 0) {
    landSlot(move, row, slot);
    setMoveReference(move, moveReference(move) + 1);
    return moveReferenceBytes(move);
  }
  setMoveReadyNs(move, max(moveReadyNs(move), diskRead(hostSwapDisk(moveFrom(move)), 1, at)));
  return sendSlot(move, row, slot);
}

function sendSlot(move: u32, row: u32, slot: u32): u32 {
  const frame = landingFrame(move, row);
  if (frame == NO_MPN) return FAILED;
  loadFromSlot(frame, slot);
  setMoveNormal(move, moveNormal(move) + 1);
  return movePageBytes(move);
}

/** Ticks of the clock that a chunk lasts for at the least: what CPU costs are spread over. */
export const CHUNK_NS: u64 = SECOND / CHUNKS_PER_SECOND;
