/**
 * A link shared by any number of flows: max-min fair.
 *
 *   nobody gets more than it wants; who gets less than it wants gets as much as anybody
 *
 *   wants    #  ###  #########  #####        level: ####
 *   gets     #  ###  ####       ####
 *
 * Source: progressive filling (Bertsekas and Gallager, Data Networks, 1992, as known). Cost: O(n log n).
 */

/**
 * What each gets; all in one unit.
 *
 * @param wants  at most this; Infinity: as much as there is
 */
export function maxMinFair(capacity: number, wants: readonly number[]): number[] {
  const order = wants.map((_, index) => index).sort((a, b) => wants[a]! - wants[b]! || a - b);
  const gets = wants.map(() => 0);
  let left = capacity;
  for (const [place, index] of order.entries()) {
    const share = left / (order.length - place);
    gets[index] = Math.min(wants[index]!, share);
    left -= gets[index]!;
  }
  return gets;
}
