/**
 * What accesses to memory cost whoever makes them: work of the processor, and a time to wait for. Whoever accesses opens a
 * bill, makes its accesses, and pays.
 *
 *   openBill(at)   access, access, …   work: billedWork() ns of processor time, then wait until billedUntil()
 *
 * The bill is empty between events: nothing of it outlives one.
 */

import {
  setWorldBillAt,
  setWorldBillGuestNs,
  setWorldBillHostNs,
  setWorldBillWorkNs,
  worldBillAt,
  worldBillGuestNs,
  worldBillHostNs,
  worldBillWorkNs,
} from "../layout";

export function openBill(at: u64): void {
  setWorldBillAt(0, at);
  setWorldBillWorkNs(0, 0);
  setWorldBillHostNs(0, at);
  setWorldBillGuestNs(0, at);
}

/** Time that the bill has come to: waits so far are over. */
export function billedAt(): u64 {
  return worldBillAt(0);
}

/** Processor time, ns. */
export function billWork(ns: u64): void {
  setWorldBillWorkNs(0, worldBillWorkNs(0) + ns);
}

/** The host's device has the page then: the whole vCPU waits. */
export function billHostWait(until: u64): void {
  setWorldBillHostNs(0, max(worldBillHostNs(0), until));
  setWorldBillAt(0, max(worldBillAt(0), until));
}

/** The guest's own disk has it then: the thread waits, others may run. */
export function billGuestWait(until: u64): void {
  setWorldBillGuestNs(0, max(worldBillGuestNs(0), until));
  setWorldBillAt(0, max(worldBillAt(0), until));
}

export function billedWork(): u64 {
  return worldBillWorkNs(0);
}

export function hasWait(at: u64): bool {
  return worldBillHostNs(0) > at || worldBillGuestNs(0) > at;
}

export function billedHostUntil(): u64 {
  return worldBillHostNs(0);
}

export function billedGuestUntil(): u64 {
  return worldBillGuestNs(0);
}
