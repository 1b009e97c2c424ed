/** Naive twin of the page compare: look at every byte until two differ. */
export function equalModel(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] !== b[i]) return false;
  }
  return a.length === b.length;
}
