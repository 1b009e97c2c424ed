/** Naive twin of zero detection: look at every byte until one is not zero. */
export function isZeroModel(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] !== 0) return false;
  }
  return true;
}
