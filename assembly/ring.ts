/**
 * Messages to TypeScript: a ring of fixed size. Nobody is called back; `advance` stops while there is room for what
 * one event may post, and TypeScript drains it.
 */
import {
  ringCount,
  setRingAt,
  setRingNumber,
  setRingKind,
  setRingRow,
  setWorldRingHead,
  worldRingHead,
  worldRingTail,
} from "./layout";

export const enum Message {
  /** Every mapped page of a host has been visited since its last write. Row: host. */
  ScanComplete = 1,
  /** An access found no free frame, for the first time. Row: VM. */
  OutOfFrames = 2,
  /** A guest waited too long for another of its vCPUs. Row: VM. */
  Panic = 3,
  /** A VM slowed down its core mates and runs alone from now on. Row: VM. */
  Quarantine = 4,
  /** A migration has come to a phase. Row: migration. */
  MovePhase = 5,
}

/** No event posts more than this. */
export const MESSAGES_PER_EVENT: u32 = 64;

export function ringHasRoom(): bool {
  return worldRingHead(0) - worldRingTail(0) + MESSAGES_PER_EVENT <= ringCount();
}

/** @param at  simulated ns */
export function post(at: u64, kind: u32, row: u32, count: u64): void {
  assert(worldRingHead(0) - worldRingTail(0) < ringCount());
  const slot = worldRingHead(0) % ringCount();
  setRingAt(slot, <f64>at);
  setRingKind(slot, kind);
  setRingRow(slot, row);
  setRingNumber(slot, <f64>count);
  setWorldRingHead(0, worldRingHead(0) + 1);
}
