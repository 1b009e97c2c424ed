/** Vector instances made by the MINSTD generator, as the published counts were: items row by row, low … high. */
export function minstdItems(
  seed: number,
  items: number,
  dimensions: number,
  low: number,
  high: number,
): number[][] {
  let state = BigInt(seed);
  return Array.from({ length: items }, () =>
    Array.from({ length: dimensions }, () => {
      state = (state * 48271n) % 2147483647n;
      return low + Number(state % BigInt(high - low + 1));
    }),
  );
}
