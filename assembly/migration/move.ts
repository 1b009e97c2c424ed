/**
 * A migration from its reservation to its end, event by event; what to do at the end of a round is TypeScript's to decide.
 *
 *   moveDue      what was on the wire has gone over, or a wait is over: the next thing
 *   begin        reserves; nextRound, stopNow, goPostCopy, abort: what was decided
 *   cutLink …    failures
 *
 *   total = round trip + disk + rounds + downtime      downtime = rest + state + round trip + switch-over
 *
 * Source: NSDI'05 §3 (phases, failures); Hines and Gopalan, VEE 2009; QEMU (paused post-copy). Cost: O(chunk) an event.
 */
import { steal } from "../cpu/interrupt";
import { resume, suspend } from "../cpu/suspend";
import { deafen, resumeStreams } from "../guest/batch";
import { moveEvent } from "../events";
import {
  landingMpnAt,
  moveAnnounceNs,
  moveBytes,
  moveCapBps,
  moveCheckNs,
  moveCpuNsPerPage,
  moveDiskBytes,
  moveDownNs,
  moveFailed,
  moveFrom,
  moveKeepsPlace,
  moveLatencyNs,
  moveMode,
  moveNormal,
  movePausedNs,
  movePhase,
  moveReference,
  moveRest,
  moveRound,
  moveRoundBytes,
  moveRoundNs,
  moveRoundPages,
  moveSkips,
  moveStateBytes,
  moveSwitchNs,
  moveThreshold,
  moveTo,
  moveVm,
  moveWaiting,
  moveWindowNs,
  moveZero,
  pcpuCount,
  sendWordBitsAt,
  setMoveAsks,
  setMoveBegunNs,
  setMoveFailed,
  setMoveBytes,
  setMoveCheckNs,
  setMoveDownNs,
  setMoveEndedNs,
  setMoveLeft,
  setMovePausedNs,
  setMovePosition,
  setMovePivot,
  setMoveRest,
  setMoveResumedNs,
  setMoveRound,
  setMoveRoundBytes,
  setMoveRoundNs,
  setMoveRoundPages,
  setMoveStopBytes,
  setMoveStopNs,
  setMoveStopPages,
  setMoveWaiting,
  setRoundBytes,
  setRoundCapBps,
  setRoundDirtied,
  setRoundLengthNs,
  setRoundPages,
  setRoundThrottlePpm,
  setRoundWaiting,
  setVmMove,
  setVmRemote,
  setVmStunFaults,
  setVmThrottlePpm,
  vmDirtyLog,
  vmPaused,
  vmPpnCount,
  vmThrottlePpm,
  worldPhaseWatch,
  worldRangePages,
} from "../layout";
import { openBill } from "../memory/bill";
import { closeLog, harvest, openLog } from "../memory/dirty-log";
import { breakAll } from "../memory/large-page";
import { NEVER, schedule } from "../queue";
import { landingRow, NOTHING, sendWord } from "./landing";
import { project, reshare, settleMove, transmit } from "./link";
import { enter, Mode, Phase, ROUNDS } from "./phases";
import { pushChunk } from "./push";
import { nextChunk, Skip } from "./send";
import { switchHosts } from "./switch";

/** Disk and state go over in parts of this. */
const PART_BYTES: u64 = 4 << 20;
const RETRY_NS: u64 = 100_000_000;

/** Reserves: the destination has been found to have room. The range is free. */
export function begin(move: u32, at: u64): void {
  const vm = moveVm(move);
  memory.fill(landingMpnAt(landingRow(move, 0)), 0xff, (<usize>worldRangePages(0)) << 2);
  memory.fill(sendWordBitsAt(sendWord(move, 0)), 0, (<usize>worldRangePages(0)) >> 3);
  openLog(vm);
  breakAll(vm);
  setVmMove(vm, move + 1);
  setMoveBegunNs(move, at);
  setMovePivot(move, NOTHING);
  enter(move, Phase.Reserved, at);
  schedule(moveEvent(move), at + moveLatencyNs(move));
}

/**
 * The event of a migration.
 *
 * @returns true if TypeScript has to decide what comes next, or that nothing does
 */
export function moveDue(move: u32, at: u64): bool {
  const before = <u32>movePhase(move);
  const decides = goOn(move, at);
  const now = <u32>movePhase(move);
  return decides || (now != before && ((worldPhaseWatch(0) >> now) & 1) != 0);
}

function goOn(move: u32, at: u64): bool {
  schedule(moveEvent(move), NEVER);
  openBill(at);
  settleMove(move, at);
  switch (<u32>movePhase(move)) {
    case Phase.Reserved:
      return reserved(move, at);
    case Phase.Disk:
      if (!sendPart(move, at)) firstRound(move, at);
      return moveFailed(move) != 0;
    case Phase.Rounds:
      return sendRound(move, at);
    case Phase.Stop:
      return sendRest(move, at);
    case Phase.State:
      if (!sendPart(move, at)) commit(move, at);
      return false;
    case Phase.Commits:
      switchHosts(move, at);
      enter(move, Phase.Activates, at);
      schedule(moveEvent(move), at + moveSwitchNs(move));
      return false;
    case Phase.Activates:
      return activate(move, at);
    case Phase.Push:
      return push(move, at);
    default:
      return false;
  }
}

function reserved(move: u32, at: u64): bool {
  if (moveDiskBytes(move) > 0) {
    enter(move, Phase.Disk, at);
    setMoveRest(move, moveDiskBytes(move));
    sendPart(move, at);
    reshare(at);
    return false;
  }
  return firstRound(move, at);
}

/** Everything is to be sent: in rounds, or when the VM has stopped. */
function firstRound(move: u32, at: u64): bool {
  fillSet(move);
  setMovePosition(move, 0);
  const mode = <u32>moveMode(move);
  if (mode == Mode.StopAndCopy) {
    stopNow(move, at);
    return false;
  }
  if (mode == Mode.PostCopy) {
    goPostCopy(move, at);
    return false;
  }
  openLog(moveVm(move));
  enter(move, Phase.Rounds, at);
  setMoveCheckNs(move, at + moveWindowNs(move));
  beginRound(move, at);
  reshare(at);
  return false;
}

function fillSet(move: u32): void {
  const pages = vmPpnCount(moveVm(move));
  const whole = pages >> 6;
  memory.fill(sendWordBitsAt(sendWord(move, 0)), 0xff, (<usize>whole) << 3);
  if ((pages & 63) != 0)
    store<u64>(sendWordBitsAt(sendWord(move, whole << 6)), ((<u64>1) << (pages & 63)) - 1);
  setMoveWaiting(move, pages);
}

function beginRound(move: u32, at: u64): void {
  setMoveAsks(move, 0);
  setMoveRound(move, moveRound(move) + 1);
  setMoveRoundNs(move, at);
  setMoveRoundBytes(move, moveBytes(move));
  setMoveRoundPages(move, pagesSent(move));
}

function pagesSent(move: u32): u64 {
  return moveNormal(move) + moveZero(move) + moveReference(move);
}

/** Sends the next part of a disk, or of the state; false if there is no more. */
function sendPart(move: u32, at: u64): bool {
  const rest = moveRest(move);
  if (rest == 0) return false;
  const part = min(rest, PART_BYTES);
  setMoveRest(move, rest - part);
  setMoveBytes(move, moveBytes(move) + part);
  transmit(move, part);
  project(move, at);
  return true;
}

/** Puts pages on the wire, and charges both hosts for them; false if no bytes had to be. */
function sendPages(move: u32, skips: bool, at: u64): bool {
  let bytes = nextChunk(move, skips, at);
  while (bytes == 0 && moveWaiting(move) > 0 && moveFailed(move) == 0) bytes = nextChunk(move, skips, at);
  if (bytes == 0) return false;
  transmit(move, bytes);
  project(move, at);
  chargeHosts(move, bytes, at);
  return true;
}

function chargeHosts(move: u32, bytes: u64, at: u64): void {
  if (moveCpuNsPerPage(move) == 0 || pcpuCount() == 0) return;
  const cost = (bytes * <u64>moveCpuNsPerPage(move)) / 4096;
  steal(moveFrom(move), cost, at);
  steal(moveTo(move), cost, at);
}

function sendRound(move: u32, at: u64): bool {
  if (moveFailed(move)) return true;
  const looks = moveThreshold(move) > 0 && moveWindowNs(move) > 0 && at >= moveCheckNs(move);
  if (looks) {
    while (moveCheckNs(move) <= at) setMoveCheckNs(move, moveCheckNs(move) + moveWindowNs(move));
    if (moveWaiting(move) < moveThreshold(move)) return endRound(move, at);
  }
  if (moveWaiting(move) > 0 && sendPages(move, (moveSkips(move) & Skip.Dirty) != 0, at)) return false;
  if (moveFailed(move)) return true;
  return endRound(move, at);
}

/** The round is over: its numbers, and what is dirty waits too. */
function endRound(move: u32, at: u64): bool {
  const row = move * ROUNDS + min(moveRound(move), ROUNDS) - 1;
  setRoundPages(row, <u32>(pagesSent(move) - moveRoundPages(move)));
  setRoundBytes(row, moveBytes(move) - moveRoundBytes(move));
  setRoundLengthNs(row, at - moveRoundNs(move));
  setRoundCapBps(row, moveCapBps(move));
  setRoundThrottlePpm(row, vmThrottlePpm(moveVm(move)));
  const before = moveWaiting(move);
  look(move);
  setMoveAsks(move, 1);
  setRoundDirtied(row, moveWaiting(move) - before);
  setRoundWaiting(row, moveWaiting(move));
  return true;
}

/** What has been dirtied since the last look waits too. */
function look(move: u32): void {
  const vm = moveVm(move);
  if (vmDirtyLog(vm) == 0) return;
  setMoveWaiting(move, harvest(vm, sendWordBitsAt(sendWord(move, 0))));
}

/** Another round, at the rate limit in force. */
export function nextRound(move: u32, at: u64): void {
  if (moveKeepsPlace(move) == 0) setMovePosition(move, 0);
  beginRound(move, at);
  reshare(at);
}

/** The VM stops, and the rest goes over. */
export function stopNow(move: u32, at: u64): void {
  pause(move, at);
  look(move);
  setMoveStopPages(move, moveWaiting(move));
  setMoveRest(move, moveStateBytes(move));
  setMovePosition(move, 0);
  setMoveRoundBytes(move, moveBytes(move));
  enter(move, Phase.Stop, at);
  reshare(at);
}

function pause(move: u32, at: u64): void {
  setMoveAsks(move, 0);
  suspend(moveVm(move), at);
  setMovePausedNs(move, at);
}

function sendRest(move: u32, at: u64): bool {
  if (moveWaiting(move) > 0 && sendPages(move, false, at)) return false;
  if (moveFailed(move)) return true;
  if (sendPart(move, at)) return false;
  setMoveStopBytes(move, moveBytes(move) - moveRoundBytes(move));
  commit(move, at);
  return false;
}

/** The VM stops, its state goes over, its pages follow when it runs there. */
export function goPostCopy(move: u32, at: u64): void {
  pause(move, at);
  look(move);
  setMoveRest(move, moveStateBytes(move));
  setMoveRoundBytes(move, moveBytes(move));
  enter(move, Phase.State, at);
  reshare(at);
}

/** Everything that has to be there is there: the destination says so, which takes a round trip. */
function commit(move: u32, at: u64): void {
  setMoveStopNs(move, at - movePausedNs(move));
  setMoveStopBytes(move, moveBytes(move) - moveRoundBytes(move));
  closeLog(moveVm(move));
  enter(move, Phase.Commits, at);
  schedule(moveEvent(move), at + moveLatencyNs(move));
  reshare(at);
}

function activate(move: u32, at: u64): bool {
  const vm = moveVm(move);
  setMoveDownNs(move, moveDownNs(move) + (at - movePausedNs(move)));
  setMoveResumedNs(move, at);
  deafen(vm, at + moveAnnounceNs(move));
  resume(vm, at);
  resumeStreams(vm, at);
  if (moveWaiting(move) == 0) {
    finish(move, Phase.Done, at);
    return true;
  }
  setMovePosition(move, 0);
  enter(move, Phase.Push, at);
  reshare(at);
  return false;
}

function push(move: u32, at: u64): bool {
  const bytes = moveWaiting(move) > 0 ? pushChunk(move, at) : 0;
  if (moveFailed(move)) {
    // The destination has no frame left: it may have one later.
    setMoveFailed(move, 0);
    if (bytes == 0) schedule(moveEvent(move), at + RETRY_NS);
  }
  if (bytes > 0) {
    transmit(move, bytes);
    project(move, at);
    chargeHosts(move, bytes, at);
    return false;
  }
  if (moveWaiting(move) > 0) return false;
  finish(move, Phase.Done, at);
  return true;
}

/** It is over: ranges and marks are given back. */
export function finish(move: u32, phase: Phase, at: u64): void {
  const vm = moveVm(move);
  setMoveAsks(move, 0);
  setMoveFailed(move, 0);
  setMoveEndedNs(move, at);
  setMoveLeft(move, 0);
  setVmMove(vm, 0);
  setVmRemote(vm, 0);
  setVmThrottlePpm(vm, 0);
  setVmStunFaults(vm, 0);
  schedule(moveEvent(move), NEVER);
  enter(move, phase, at);
  if (vmPaused(vm) == 0) resumeStreams(vm, at);
  reshare(at);
}
