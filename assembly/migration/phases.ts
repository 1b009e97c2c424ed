/**
 * The phases of a migration, as published from reservation to activation, and what is common knowledge about them.
 *
 *   reserved ─▶ disk ─▶ rounds ─▶ stop-and-copy ─▶ commits ─▶ activates ─▶ done          (pre-copy, stop-and-copy)
 *                          └────▶ state ─────────▶ commits ─▶ activates ─▶ push ─▶ done   (post-copy, hybrid)
 *
 * Until it is committed the source is the VM's home: whatever fails, it goes on there. Source: NSDI'05 §3.
 */
import { movePhase, phaseNs, setMovePhase, setPhaseNs } from "../layout";
import { Message, post } from "../ring";

export const PHASES: u32 = 16;
export const ROUNDS: u32 = 256;

/** movePhase. */
export const enum Phase {
  Idle = 0,
  /** The destination has been asked, and has room. */
  Reserved = 1,
  /** A disk that is not shared is copied. */
  Disk = 2,
  /** Rounds of pre-copy. */
  Rounds = 3,
  /** The VM stands still; the rest of its pages and its state go over. */
  Stop = 4,
  /** The VM stands still; its state goes over, its pages stay. */
  State = 5,
  /** Everything that has to be there is there; the destination says so. */
  Commits = 6,
  /** The VM is the destination's; network and disks are redirected. */
  Activates = 7,
  /** It runs there; pages are pushed and fetched. */
  Push = 8,
  /** The link is lost after the switch: the VM stands still, and nothing of it is lost. */
  Cut = 9,
  Done = 10,
  /** It goes on at its source. */
  Aborted = 11,
  /** It is lost. */
  Lost = 12,
}

/** moveMode. */
export const enum Mode {
  PreCopy = 0,
  PostCopy = 1,
  Hybrid = 2,
  StopAndCopy = 3,
}

/** Brings a migration to a phase; the first time is kept, TypeScript is told. */
export function enter(move: u32, phase: Phase, at: u64): void {
  setMovePhase(move, <u8>phase);
  const row = move * PHASES + phase;
  if (phaseNs(row) == 0) setPhaseNs(row, at + 1);
  post(at, Message.MovePhase, move, phase);
}

/** Whether the VM has come to run on the destination, or will. */
export function isCommitted(move: u32): bool {
  const phase = <u32>movePhase(move);
  return phase >= <u32>Phase.Activates && phase <= <u32>Phase.Done;
}

/** Whether a migration goes on. */
export function isUnderWay(move: u32): bool {
  const phase = <u32>movePhase(move);
  return phase >= <u32>Phase.Reserved && phase <= <u32>Phase.Cut;
}

/** Whether it has something to send in this phase. */
export function sends(move: u32): bool {
  const phase = <u32>movePhase(move);
  return (phase >= <u32>Phase.Disk && phase <= <u32>Phase.State) || phase == Phase.Push;
}
