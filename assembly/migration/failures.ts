/**
 * Migrations that end otherwise: given up, lost with a host, cut off from the source, found again.
 *
 *   before the commitment   abort: the VM goes on at its source, the destination forgets what it has
 *   pages still elsewhere   cut: it stands still and nothing is lost; lose: one of the two hosts is gone, and so is it
 *
 * Source: NSDI'05 §3; QEMU, postcopy.rst. Cost: O(pages of the VM).
 */
import { resume, suspend } from "../cpu/suspend";
import { moveEvent } from "../events";
import { resumeStreams } from "../guest/batch";
import {
  moveDownNs,
  movePausedNs,
  movePhase,
  moveVm,
  sendWordBitsAt,
  setMoveDownNs,
  setMovePausedNs,
  setMoveResumedNs,
  setMoveWaiting,
  vmPpnCount,
  worldRangePages,
} from "../layout";
import { closeLog } from "../memory/dirty-log";
import { NEVER, schedule } from "../queue";
import { dropLanding, isWaiting, landingRow, releaseLeft, sendWord } from "./landing";
import { reshare, settleMove } from "./link";
import { finish } from "./move";
import { enter, isCommitted, isUnderWay, Phase } from "./phases";

/** Gives up before it is committed: the VM goes on where it is, the destination forgets what it has. */
export function abort(move: u32, at: u64): void {
  assert(isUnderWay(move) && !isCommitted(move));
  const vm = moveVm(move);
  closeLog(vm);
  const pages = vmPpnCount(vm);
  for (let offset: u32 = 0; offset < pages; ++offset) dropLanding(move, landingRow(move, offset));
  const phase = <u32>movePhase(move);
  const stood = phase >= <u32>Phase.Stop && phase <= <u32>Phase.Commits;
  finish(move, Phase.Aborted, at);
  if (!stood) return;
  setMoveDownNs(move, moveDownNs(move) + (at - movePausedNs(move)));
  setMoveResumedNs(move, at);
  resume(vm, at);
  resumeStreams(vm, at);
}

/** One of the hosts that hold a part of it has failed, or it was powered off: what is left of it is let go. */
export function lose(move: u32, at: u64): void {
  assert(isUnderWay(move));
  const vm = moveVm(move);
  if (isCommitted(move)) {
    const pages = vmPpnCount(vm);
    for (let offset: u32 = 0; offset < pages; ++offset) {
      if (isWaiting(move, offset)) releaseLeft(move, landingRow(move, offset));
    }
    memory.fill(sendWordBitsAt(sendWord(move, 0)), 0, (<usize>worldRangePages(0)) >> 3);
    setMoveWaiting(move, 0);
  } else {
    closeLog(vm);
    for (let offset: u32 = 0; offset < vmPpnCount(vm); ++offset) dropLanding(move, landingRow(move, offset));
  }
  finish(move, Phase.Lost, at);
}

/** The link is lost after the switch: the VM stands still until it is there again. */
export function cut(move: u32, at: u64): void {
  assert(movePhase(move) == Phase.Push);
  settleMove(move, at);
  suspend(moveVm(move), at);
  setMovePausedNs(move, at);
  schedule(moveEvent(move), NEVER);
  enter(move, Phase.Cut, at);
  reshare(at);
}

/** The link is there again. */
export function recover(move: u32, at: u64): void {
  assert(movePhase(move) == Phase.Cut);
  setMoveDownNs(move, moveDownNs(move) + (at - movePausedNs(move)));
  resume(moveVm(move), at);
  resumeStreams(moveVm(move), at);
  enter(move, Phase.Push, at);
  reshare(at);
}
