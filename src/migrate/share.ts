/**
 * A link shared by a migration and by the guest's own traffic: max-min fair.
 *
 *   both fit: both get what they want        else: half each, and what one does not want goes to the other
 *
 * Cost: O(1).
 */
/** What each gets of a link; all in one unit. */
export function shareLink(
  capacity: number,
  migration: number,
  guest: number,
): { readonly migration: number; readonly guest: number } {
  // As `maxMinFair` of the two, without its lists: plans ask several times each.
  if (migration + guest <= capacity) return { migration, guest };
  const half = capacity / 2;
  if (guest <= half) return { migration: capacity - guest, guest };
  if (migration <= half) return { migration, guest: capacity - migration };
  return { migration: half, guest: half };
}
