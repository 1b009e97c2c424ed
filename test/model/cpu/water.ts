/**
 * Who is due how much of a host, from the definition and nothing else: in every group one level, raised from break to break.
 *
 *   E = clamp(level × shares, low, high)     VM: low = min(R, D), high = min(L, D, vCPUs × one pCPU)
 *                                            pool: low = max(R, Σ low), high = min(L, Σ high), low at most high
 */

export interface Vessel {
  readonly name: string;
  readonly shares: number;
  /** MHz. */
  readonly reservation?: number;
  readonly limit?: number;
  /** VMs: what it asks for, and what its vCPUs can use. */
  readonly demand?: number;
  readonly width?: number;
  readonly children?: readonly Vessel[];
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

function boundsOf(vessel: Vessel): Bounds {
  const { reservation = 0, limit = Infinity, demand = Infinity, width = Infinity, children } = vessel;
  if (children === undefined) {
    const high = Math.min(limit, demand, width);
    return { low: Math.min(reservation, demand, high), high };
  }
  const own = children.map(boundsOf);
  const high = Math.min(
    limit,
    own.reduce((sum, one) => sum + one.high, 0),
  );
  return {
    low: Math.min(
      high,
      Math.max(
        reservation,
        own.reduce((sum, one) => sum + one.low, 0),
      ),
    ),
    high,
  };
}

/** What each is due of `capacity` MHz, by name. */
export function pour(capacity: number, children: readonly Vessel[], due = new Map<string, number>()) {
  const bounds = children.map(boundsOf);
  const at = (level: number): number[] =>
    children.map(({ shares }, i) => Math.min(bounds[i]!.high, Math.max(bounds[i]!.low, level * shares)));
  const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);
  const breaks = children
    .flatMap(({ shares }, i) => [bounds[i]!.low / shares, bounds[i]!.high / shares])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  let below = 0;
  let above = Infinity;
  for (const level of breaks) {
    if (sum(at(level)) <= capacity) below = level;
    else {
      above = level;
      break;
    }
  }
  // Between two breaks the sum is a line whose slope is the shares of those at neither bound.
  const middle = above === Infinity ? below + 1 : (below + above) / 2;
  const free = children.filter(({ shares }, i) => {
    const { low, high } = bounds[i]!;
    return low < middle * shares && middle * shares < high;
  });
  const slope = sum(free.map(({ shares }) => shares));
  const level = slope === 0 ? below : below + (capacity - sum(at(below))) / slope;
  at(level).forEach((mhz, i) => {
    const { name, children: own } = children[i]!;
    due.set(name, mhz);
    if (own !== undefined) pour(mhz, own, due);
  });
  return due;
}

/** Whether every group gets what its children must have at the least. */
export function fits(capacity: number, children: readonly Vessel[]): boolean {
  const must = children.reduce((sum, child) => sum + boundsOf(child).low, 0);
  if (must > capacity) return false;
  const due = pour(capacity, children);
  return children.every(({ name, children: own }) => own === undefined || fits(due.get(name)!, own));
}
