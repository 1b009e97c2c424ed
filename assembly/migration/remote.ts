/**
 * Pages that are still at the source when their VM runs at the destination: who touches one waits until it has come.
 *
 *   touch ─▶ request ── round trip ──▶ page on the wire ──▶ there          pushed pages wait for as long as that takes
 *
 * Each page crosses once: fetched or pushed, never both. Source: Hines and Gopalan, VEE 2009. Cost: O(1) a page.
 */
import {
  moveBytes,
  moveFaults,
  moveFrom,
  moveLatencyNs,
  moveNormal,
  movePageBytes,
  movePhase,
  moveShareBps,
  moveWaiting,
  hostSwapDisk,
  setMoveBelow,
  setMoveBytes,
  setMoveFaults,
  setMoveNormal,
  setMovePivot,
  setMovePosition,
  setMoveWaiting,
  vmRemote,
} from "../layout";
import { billedAt, billHostWait } from "../memory/bill";
import { diskRead } from "../memory/disk";
import { vmOf } from "../memory/pmap";
import { SECOND, settleMove, transmit, project } from "./link";
import { copyLeft, isLeftInSlot, isWaiting, landingRow, offsetOf, releaseLeft, takeFromSet } from "./landing";
import { Phase } from "./phases";

/** A page of a VM that runs at the destination, and the source has it still. */
export function isRemote(ppn: u32): bool {
  const vm = vmOf(ppn);
  const move = vmRemote(vm);
  return move != 0 && isWaiting(move - 1, offsetOf(vm, ppn));
}

/** Brings a remote page into a frame; whoever touched it waits. */
export function fetchRemote(ppn: u32, frame: u32): void {
  const vm = vmOf(ppn);
  const move = vmRemote(vm) - 1;
  const offset = offsetOf(vm, ppn);
  const at = billedAt();
  let ready = at;
  if (isLeftInSlot(landingRow(move, offset))) ready = diskRead(hostSwapDisk(moveFrom(move)), 1, at);
  arrive(move, offset, frame);
  setMoveFaults(move, moveFaults(move) + 1);
  setMovePivot(move, offset);
  setMovePosition(move, offset);
  setMoveBelow(move, offset);
  const bytes = <u64>movePageBytes(move);
  const rate = max<u64>(moveShareBps(move), 1);
  billHostWait(ready + moveLatencyNs(move) + (bytes * 8 * SECOND + rate - 1) / rate);
  if (movePhase(move) != Phase.Push) return;
  // It overtakes what is being pushed, which takes as much longer.
  settleMove(move, at);
  transmit(move, bytes);
  project(move, at);
}

/** A page has come: the source lets it go. */
export function arrive(move: u32, offset: u32, frame: u32): void {
  const row = landingRow(move, offset);
  copyLeft(row, frame);
  releaseLeft(move, row);
  takeFromSet(move, offset);
  setMoveWaiting(move, moveWaiting(move) - 1);
  setMoveBytes(move, moveBytes(move) + <u64>movePageBytes(move));
  setMoveNormal(move, moveNormal(move) + 1);
}

/** The guest loses a page's content before it has come: it never has to. */
export function forgetRemote(ppn: u32): void {
  const vm = vmOf(ppn);
  const move = vmRemote(vm) - 1;
  const offset = offsetOf(vm, ppn);
  releaseLeft(move, landingRow(move, offset));
  takeFromSet(move, offset);
  setMoveWaiting(move, moveWaiting(move) - 1);
}
