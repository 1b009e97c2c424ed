/**
 * A link shared by a migration and by the guest's own traffic: max-min fair.
 *
 *   both fit: both get what they want        else: half each, and what one does not want goes to the other
 *
 * Cost: O(1).
 */
import { maxMinFair } from "./max-min.ts";

/** What each gets of a link; all in one unit. */
export function shareLink(
  capacity: number,
  migration: number,
  guest: number,
): { readonly migration: number; readonly guest: number } {
  const [first, second] = maxMinFair(capacity, [migration, guest]);
  return { migration: first!, guest: second! };
}
