/**
 * What TypeScript asks of migrations between two events. Times are those of the event that stopped the world, as a safe
 * integer in an f64. Cost: see the functions called.
 */
import { resume as wakeUp, suspend as putToSleep } from "../cpu/suspend";
import { drainKicks } from "../cpu/turn";
import { reshare as share } from "./link";
import { abort as giveUp, cut, lose, recover } from "./failures";
import { begin as start, goPostCopy as switchFirst, nextRound as again, stopNow } from "./move";

/** Lets a paused VM run again; off, it is no longer paused. */
export function resume(vm: u32, atNs: f64): void {
  wakeUp(vm, <u64>atNs);
  drainKicks(<u64>atNs);
}

export function suspend(vm: u32, atNs: f64): void {
  putToSleep(vm, <u64>atNs);
  drainKicks(<u64>atNs);
}

export function begin(move: u32, atNs: f64): void {
  start(move, <u64>atNs);
}

/** Another round, at the rate limit in force. */
export function nextRound(move: u32, atNs: f64): void {
  again(move, <u64>atNs);
}

/** The VM stops, and the rest goes over. */
export function stopAndCopy(move: u32, atNs: f64): void {
  stopNow(move, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** The VM stops, its state goes over, its pages follow when it runs there. */
export function goPostCopy(move: u32, atNs: f64): void {
  switchFirst(move, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** Gives up before it is committed: the VM goes on where it is. */
export function abortMove(move: u32, atNs: f64): void {
  giveUp(move, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** What is left of it is let go; the VM is powered off beside this. */
export function loseMove(move: u32, atNs: f64): void {
  lose(move, <u64>atNs);
}

/** The link is lost after the switch. */
export function cutMove(move: u32, atNs: f64): void {
  cut(move, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** The link is there again. */
export function recoverMove(move: u32, atNs: f64): void {
  recover(move, <u64>atNs);
  drainKicks(<u64>atNs);
}

/** Rates have been changed from outside: a limit, a guest's traffic, power. */
export function reshareAt(atNs: f64): void {
  share(<u64>atNs);
}
