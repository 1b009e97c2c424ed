/** The fewest bins that hold all items, by trying everything; for a handful of items. */

/** @returns undefined if they do not all fit */
export function fewestBins(items: readonly number[][], bins: readonly number[][]): number | undefined {
  let best: number | undefined;
  const free = bins.map((bin) => [...bin]);
  const held = bins.map(() => 0);
  const visit = (item: number, used: number): void => {
    if (best !== undefined && used >= best) return;
    if (item === items.length) {
      best = used;
      return;
    }
    const size = items[item]!;
    const tried = new Set<string>();
    for (const [bin, room] of free.entries()) {
      const key = held[bin] === 0 ? room.join() : `used ${bin}`;
      if (tried.has(key) || size.some((value, d) => value > room[d]!)) continue;
      tried.add(key);
      for (const [d, value] of size.entries()) room[d]! -= value;
      held[bin]! += 1;
      visit(item + 1, used + (held[bin] === 1 ? 1 : 0));
      held[bin]! -= 1;
      for (const [d, value] of size.entries()) room[d]! += value;
    }
  };
  visit(0, 0);
  return best;
}
