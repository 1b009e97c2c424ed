/**
 * What accesses to memory cost whoever makes them: work of the processor, and a time to wait for. Whoever accesses opens a
 * bill, makes its accesses, and pays.
 *
 *   openBill(at)   access, access, …   work: billedWork() ns of processor time, then wait until billedUntil()
 *
 * The bill is empty between events: nothing of it outlives one.
 */

let now: u64 = 0;
let work: u64 = 0;
let hostUntil: u64 = 0;
let guestUntil: u64 = 0;

export function openBill(at: u64): void {
  now = at;
  work = 0;
  hostUntil = at;
  guestUntil = at;
}

/** Time of the bill. */
export function billedAt(): u64 {
  return now;
}

/** Processor time, ns. */
export function billWork(ns: u64): void {
  work += ns;
}

/** The host's device has the page then: the whole vCPU waits. */
export function billHostWait(until: u64): void {
  hostUntil = max(hostUntil, until);
  now = max(now, until);
}

/** The guest's own disk has it then: the thread waits, others may run. */
export function billGuestWait(until: u64): void {
  guestUntil = max(guestUntil, until);
  now = max(now, until);
}

export function billedWork(): u64 {
  return work;
}

export function hasWait(at: u64): bool {
  return hostUntil > at || guestUntil > at;
}

export function billedHostUntil(): u64 {
  return hostUntil;
}

export function billedGuestUntil(): u64 {
  return guestUntil;
}
