/** Numbers that look random, for inputs of benches: xorshift32, Marsaglia 2003. The same seed gives the same inputs. */
export function xorshift32(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
