/**
 * The known word nearest to a mistyped one.
 *
 *   distance(i, j) = min( distance(i−1, j) + 1, distance(i, j−1) + 1, distance(i−1, j−1) + [a_i ≠ b_j] )
 *
 * Source: Levenshtein 1965, with swapped neighbours counted as one (Damerau). Cost: O(words · length²).
 */

/** Longer words are no typing errors, and cost time. */
const lengthMax = 40;

function distance(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; ++i) {
    const row = [i];
    for (let j = 1; j <= b.length; ++j) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(old[j]! + 1, row[j - 1]! + 1, old[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, older[j - 2]! + 1);
      row.push(best);
    }
    older = old;
    old = row;
  }
  return old[b.length]!;
}

/**
 * Finds the known word that was probably meant.
 *
 * @param word   what was written
 * @param known  what could have been
 * @returns      the nearest known word, the first of equals, or the only one that begins as it does; undefined if there is none
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > lengthMax) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  // A third of the letters may be wrong, at least one.
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const far = distance(lower, candidate.toLowerCase());
    if (far < bestDistance) [best, bestDistance] = [candidate, far];
  }
  return best ?? begun(lower, known);
}

/** The only known word that begins with these letters. */
function begun(lower: string, known: Iterable<string>): string | undefined {
  if (lower.length < 3) return undefined;
  const longer = [...known].filter((candidate) => candidate.toLowerCase().startsWith(lower));
  return longer.length === 1 ? longer[0] : undefined;
}
