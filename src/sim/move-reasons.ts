/** How migrations and their pre-copies end, in words; a column holds the place in the list. */

export const MOVE_REASONS = [
  "",
  "the remainder can be sent within the downtime limit",
  "less than 256 KiB remain",
  "at most 16 MiB remain",
  "less than 50 pages remain",
  "the remainder is below the threshold",
  "the next round would exceed the highest rate",
  "a round took less than 1 MiB off",
  "29 rounds",
  "three times the memory was sent",
  "a round did not shrink the remainder enough",
  "as many rounds as were asked for",
  "given up after the time that was asked for",
  "the guest dirties its working set as fast as it is sent",
  "everything is sent while the guest stands still",
  "every page goes over once",
  "what is dirty at the switch goes over behind the guest",
  "the destination has no memory left for it",
  "the source failed",
  "the destination failed",
  "the link failed",
  "the VM was powered off",
  "the VM is off",
  "the VM is being moved already",
  "the VM is there already",
  "no room for another migration (limits.concurrentMigrations)",
  "the destination has failed",
  "the link between the hosts has failed",
  "the destination has too few processors",
  "the destination has not enough free memory",
  "the destination does not admit its reservations",
  "the destination runs slower clocks than the guest was started on",
  "who asked for it may not",
  "the destination's pool is not there",
] as const;

export type MoveReason = (typeof MOVE_REASONS)[number];

/** Place of a reason. */
export function reasonOf(reason: MoveReason): number {
  return MOVE_REASONS.indexOf(reason);
}
