/**
 * Entitlements twice, the naive way: handed out 1 MHz at a time, as they are defined; and by sorting all breaks of the
 * line that relates level and sum, and sweeping over them.
 */

/** A client, or with children a pool. */
export interface Client {
  readonly shares: number;
  /** min(reservation, demand); of a pool the reservation. */
  readonly low: number;
  /** min(limit, demand); of a pool the limit. */
  readonly high: number;
  readonly children?: readonly Client[];
}

/** What a node must have, and can use. */
function boundsOf(client: Client): { low: number; high: number } {
  if (client.children === undefined) return client;
  const inner = client.children.map(boundsOf);
  const high = inner.reduce((sum, child) => sum + child.high, 0);
  const low = inner.reduce((sum, child) => sum + child.low, 0);
  const most = Math.min(client.high, high);
  return { low: Math.min(most, Math.max(client.low, low)), high: most };
}

/**
 * Everybody starts at what they must have; then 1 MHz after the other goes to the child with the least per share that
 * can use it, from the root down. What is left when less than 1 MHz is left is not handed out.
 *
 * @returns entitlements, children after their pool
 */
export function oneByOne(clients: readonly Client[], capacity: number): number[] {
  const bounds = clients.map(boundsOf);
  const given = bounds.map(({ low }) => low);
  const reserved = given.reduce((sum, low) => sum + low, 0);
  if (reserved > capacity) {
    for (const [i, low] of given.entries()) given[i] = (low * capacity) / reserved;
  }
  let left = capacity - Math.min(reserved, capacity);
  while (left >= 1) {
    let poorest = -1;
    for (let i = 0; i < clients.length; i += 1) {
      if (given[i]! >= bounds[i]!.high) continue;
      if (poorest < 0 || given[i]! / clients[i]!.shares < given[poorest]! / clients[poorest]!.shares)
        poorest = i;
    }
    if (poorest < 0) break;
    const step = Math.min(1, bounds[poorest]!.high - given[poorest]!);
    given[poorest]! += step;
    left -= step;
  }
  return clients.flatMap(({ children }, i) =>
    children === undefined ? [given[i]!] : [given[i]!, ...oneByOne(children, given[i]!)],
  );
}

/** One pool's clients by a sweep over the sorted breaks: 2 n of them. */
export function sweep(
  shares: Float64Array,
  low: Float64Array,
  high: Float64Array,
  capacity: number,
  out: Float64Array,
): void {
  const lowest = low.reduce((sum, value) => sum + value, 0);
  if (high.reduce((sum, value) => sum + value, 0) <= capacity) {
    out.set(high);
  } else if (lowest >= capacity) {
    const factor = lowest > 0 ? capacity / lowest : 0;
    for (const [i, value] of low.entries()) out[i] = value * factor;
  } else {
    const level = levelOf(shares, low, high, lowest, capacity);
    for (const [i, share] of shares.entries()) {
      out[i] = Math.min(high[i]!, Math.max(low[i]!, level * share));
    }
  }
}

function levelOf(
  shares: Float64Array,
  low: Float64Array,
  high: Float64Array,
  lowest: number,
  capacity: number,
): number {
  const leaves = low.map((value, i) => value / shares[i]!);
  const meets = high.map((value, i) => value / shares[i]!);
  const [up, down] = [leaves, meets].map(sortedRows) as [Uint32Array, Uint32Array];
  let [level, given, slope, i, j] = [0, lowest, 0, 0, 0];
  for (;;) {
    const rises = i < up.length && leaves[up[i]!]! <= meets[down[j]!]!;
    const next = rises ? leaves[up[i]!]! : meets[down[j]!]!;
    if (given + slope * (next - level) >= capacity && next > level) break;
    if (next > level) given += slope * (next - level);
    level = next;
    if (rises) {
      slope += shares[up[i]!]!;
      i += 1;
    } else {
      slope -= shares[down[j]!]!;
      j += 1;
    }
  }
  // Added and taken away again, sums have gathered roundings: taken anew for the piece where the sweep stopped.
  let [fixed, active] = [0, 0];
  const met = new Set(down.subarray(0, j));
  const left = new Set(up.subarray(0, i));
  for (const [row, share] of shares.entries()) {
    if (met.has(row)) fixed += high[row]!;
    else if (left.has(row)) active += share;
    else fixed += low[row]!;
  }
  return active > 0 ? (capacity - fixed) / active : level;
}

function sortedRows(keys: Float64Array): Uint32Array {
  return Uint32Array.from(keys.keys()).sort((a, b) =>
    keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0,
  );
}
