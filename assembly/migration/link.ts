/**
 * What migrations and guests' traffic get of network cards and links: max-min fair, each no more than it asks for.
 *
 *   all shares grow alike  ─▶  a lane is full, or somebody has enough: who is on it stands still, the others grow on
 *
 *   lanes of a migration   card of its source (out), link between (its direction), card of its destination (in)
 *   lanes of a VM          card of its host (out)
 *
 * Shares change only when somebody begins, ends, or changes its limit; until then bits flow at a constant rate, so that the
 * end of what is on the wire is known.
 *
 * Here everything is as long as it is: no headers, no losses, no slow start.
 *
 * Source: Bertsekas and Gallager, progressive filling. Cost: O(flows × (flows + lanes)) a change.
 */
import { moveEvent } from "../events";
import {
  hostCount,
  hostNicBps,
  linkBps,
  linkCount,
  linkOne,
  moveCapBps,
  moveCount,
  moveCredit,
  moveFixed,
  moveFrom,
  moveLeft,
  movePath,
  moveReadyNs,
  moveSettledNs,
  moveShareBps,
  moveTo,
  setMoveFixed,
  setMoveLeft,
  setMoveCredit,
  setMoveSettledNs,
  setMoveShareBps,
  setVmTrafficBytes,
  setVmTrafficFixed,
  setVmTrafficRest,
  setVmTrafficSettledNs,
  setVmTrafficShare,
  vmCount,
  vmHost,
  vmPaused,
  vmPower,
  vmTrafficBps,
  vmTrafficBytes,
  vmTrafficFixed,
  vmTrafficRest,
  vmTrafficSettledNs,
  vmTrafficShare,
} from "../layout";
import { NEVER, schedule } from "../queue";
import { sends } from "./phases";

/** Left over of what is on the wire is counted in bits times 10^9: divided by bit/s that is ns. */
export const SECOND: u64 = 1_000_000_000;
const BYTE_NS: u64 = 8_000_000_000;
/** vmPower. */
const ON: u8 = 1;

function isFlowing(vm: u32): bool {
  return vmTrafficBps(vm) > 0 && vmPower(vm) == ON && vmPaused(vm) == 0;
}

/** Accounts what has flowed, at the rates that held. */
function settleAll(at: u64): void {
  for (let move: u32 = 0; move < moveCount(); ++move) settleMove(move, at);
  for (let vm: u32 = 0; vm < vmCount(); ++vm) {
    const elapsed = at - vmTrafficSettledNs(vm);
    const bytes = vmTrafficShare(vm) / 8;
    const rest = vmTrafficRest(vm) + bytes * (elapsed % SECOND);
    setVmTrafficBytes(vm, vmTrafficBytes(vm) + bytes * (elapsed / SECOND) + rest / SECOND);
    setVmTrafficRest(vm, rest % SECOND);
    setVmTrafficSettledNs(vm, at);
  }
}

/** Accounts what a migration has on the wire. */
export function settleMove(move: u32, at: u64): void {
  const elapsed = at - moveSettledNs(move);
  const rate = moveShareBps(move);
  setMoveSettledNs(move, at);
  if (moveLeft(move) == 0 || rate == 0) return;
  const needed = (moveLeft(move) + rate - 1) / rate;
  if (elapsed >= needed) {
    // Times are whole ns: what more could have gone is credited to what comes next.
    setMoveCredit(move, needed * rate - moveLeft(move));
    setMoveLeft(move, 0);
  } else setMoveLeft(move, moveLeft(move) - elapsed * rate);
}

/** Somebody begins, ends or changes its limit: everybody's share anew, and when each is through. */
export function reshare(at: u64): void {
  settleAll(at);
  for (let move: u32 = 0; move < moveCount(); ++move) {
    const takesPart = sends(move);
    setMoveFixed(move, takesPart ? 0 : 1);
    setMoveShareBps(move, 0);
  }
  for (let vm: u32 = 0; vm < vmCount(); ++vm) {
    setVmTrafficFixed(vm, isFlowing(vm) ? 0 : 1);
    setVmTrafficShare(vm, 0);
  }
  while (raise()) {}
  for (let move: u32 = 0; move < moveCount(); ++move) if (sends(move)) project(move, at);
}

/** Lets shares grow until the next one stands still; false if none grows. */
function raise(): bool {
  let least = NEVER;
  let grows = false;
  for (let move: u32 = 0; move < moveCount(); ++move) {
    if (moveFixed(move)) continue;
    grows = true;
    least = min(least, moveCapBps(move));
  }
  for (let vm: u32 = 0; vm < vmCount(); ++vm) {
    if (vmTrafficFixed(vm)) continue;
    grows = true;
    least = min(least, vmTrafficBps(vm));
  }
  if (!grows) return false;
  for (let lane: u32 = 0; lane < lanes(); ++lane) least = min(least, levelOf(lane));
  let fixed = false;
  for (let move: u32 = 0; move < moveCount(); ++move) {
    if (moveFixed(move) || (moveCapBps(move) > least && moveLevel(move) > least)) continue;
    setMoveShareBps(move, least);
    setMoveFixed(move, 2);
    fixed = true;
  }
  for (let vm: u32 = 0; vm < vmCount(); ++vm) {
    if (vmTrafficFixed(vm) || (vmTrafficBps(vm) > least && levelOf(2 * vmHost(vm)) > least)) continue;
    setVmTrafficShare(vm, least);
    setVmTrafficFixed(vm, 2);
    fixed = true;
  }
  // Those that were found to stand still in this pass stand at the same level.
  assert(fixed);
  return true;
}

function lanes(): u32 {
  return 2 * (hostCount() + linkCount());
}

/** Out of a card, into it, one way of a link and the other. */
function laneBps(lane: u32): u64 {
  const card = lane >> 1;
  return card < hostCount() ? hostNicBps(card) : linkBps(card - hostCount());
}

/** What each of those that still grow may have of a lane at the most; NEVER if none is on it. */
function levelOf(lane: u32): u64 {
  let taken: u64 = 0;
  let growing: u64 = 0;
  for (let move: u32 = 0; move < moveCount(); ++move) {
    if (!sends(move) || !isOn(move, lane)) continue;
    if (moveFixed(move)) taken += moveShareBps(move);
    else growing += 1;
  }
  if (lane < 2 * hostCount() && (lane & 1) == 0) {
    for (let vm: u32 = 0; vm < vmCount(); ++vm) {
      if (vmHost(vm) != lane >> 1 || !isFlowing(vm)) continue;
      if (vmTrafficFixed(vm)) taken += vmTrafficShare(vm);
      else growing += 1;
    }
  }
  if (growing == 0) return NEVER;
  const whole = laneBps(lane);
  return whole > taken ? (whole - taken) / growing : 0;
}

/** The lowest level of a migration's lanes. */
function moveLevel(move: u32): u64 {
  const level = min(levelOf(2 * moveFrom(move)), levelOf(2 * moveTo(move) + 1));
  return movePath(move) == 0 ? level : min(level, levelOf(linkLane(move)));
}

function linkLane(move: u32): u32 {
  const link = movePath(move) - 1;
  return 2 * (hostCount() + link) + (linkOne(link) == moveFrom(move) ? 0 : 1);
}

function isOn(move: u32, lane: u32): bool {
  if (lane == 2 * moveFrom(move) || lane == 2 * moveTo(move) + 1) return true;
  return movePath(move) != 0 && lane == linkLane(move);
}

/** Sets when what a migration has on the wire will have gone over. */
export function project(move: u32, at: u64): void {
  if (moveLeft(move) == 0) {
    schedule(moveEvent(move), at);
    return;
  }
  const rate = moveShareBps(move);
  if (rate == 0) {
    schedule(moveEvent(move), NEVER);
    return;
  }
  schedule(moveEvent(move), max(at + (moveLeft(move) + rate - 1) / rate, moveReadyNs(move)));
}

/** Puts bytes on the wire. */
export function transmit(move: u32, bytes: u64): void {
  const bits = bytes * BYTE_NS;
  const credit = min(moveCredit(move), bits);
  setMoveCredit(move, 0);
  setMoveLeft(move, moveLeft(move) + bits - credit);
}
